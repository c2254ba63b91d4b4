//! How a request to a backend ended.

/// How a request to a backend ended, as the backend's doing or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The backend answered, with this status.
    Success {
        /// 100 to 999; 500 and above may count as failures (`Ejection::count_5xx`).
        status: u16,
    },
    /// The backend failed.
    Failure(FailureKind),
    /// The client left, or broke a rule, before the backend was done: it says nothing about the backend.
    ClientGone,
}

macro_rules! failures {
    ($($(#[doc = $doc:literal])* $kind:ident $word:literal $status:literal,)*) => {
        /// How a backend failed, in the terms of RFC 9209 §2.3.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FailureKind { $($(#[doc = $doc])* $kind,)* }

        impl FailureKind {
            /// Every kind.
            pub const ALL: &'static [FailureKind] = &[$(FailureKind::$kind,)*];

            /// The error type as `Proxy-Status` writes it (RFC 9209 §2.3).
            pub const fn word(self) -> &'static str {
                match self { $(FailureKind::$kind => $word,)* }
            }

            /// The status a client is answered with, if nothing better came: 502 or 504, as RFC 9209 §2.3 recommends per error type.
            pub const fn status(self) -> u16 {
                match self { $(FailureKind::$kind => $status,)* }
            }
        }
    };
}

failures! {
    /// The backend's name has no address.
    NameError "dns_error" 502,
    /// The resolver did not answer in time.
    NameTimeout "dns_timeout" 504,
    /// The connection was refused.
    Refused "connection_refused" 502,
    /// No route to the backend.
    Unroutable "destination_ip_unroutable" 502,
    /// No connection in time.
    ConnectTimeout "connection_timeout" 504,
    /// The connection was closed or reset before the answer's head was whole.
    Terminated "connection_terminated" 502,
    /// No answer's head in time.
    ResponseTimeout "http_response_timeout" 504,
    /// The answer's body paused too long.
    ReadTimeout "connection_read_timeout" 504,
    /// The backend took no byte of the request for too long.
    WriteTimeout "connection_write_timeout" 504,
    /// The connection closed in the middle of the answer's body.
    Incomplete "http_response_incomplete" 502,
    /// The answer's head is larger than allowed.
    HeadTooLarge "http_response_header_section_size" 502,
    /// The answer is not HTTP, or breaks its rules.
    Protocol "http_protocol_error" 502,
}
