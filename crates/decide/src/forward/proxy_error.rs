//! The error types of RFC 9209 §2.3 that occur here.

use crate::step::Side;

macro_rules! errors {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $status:literal $side:ident $sentence:literal,)*) => {
        /// What went wrong between a request and a backend's answer to it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProxyError { $($(#[doc = $doc])* $variant,)* }

        impl ProxyError {
            /// All of them.
            pub const ALL: &'static [ProxyError] = &[$(ProxyError::$variant,)*];

            /// The type's name in `Proxy-Status`, in steps and in metrics.
            pub const fn name(self) -> &'static str {
                match self { $(ProxyError::$variant => $name,)* }
            }

            /// The status answered, as RFC 9209 recommends.
            pub const fn status(self) -> u16 {
                match self { $(ProxyError::$variant => $status,)* }
            }

            /// Whose side it is on.
            pub const fn side(self) -> Side {
                match self { $(ProxyError::$variant => Side::$side,)* }
            }

            /// What to tell whoever asks.
            pub const fn sentence(self) -> &'static str {
                match self { $(ProxyError::$variant => $sentence,)* }
            }
        }
    };
}

errors! {
    /// RFC 9209 §2.3.1
    DnsTimeout "dns_timeout" 504 Us "the backend's name was not resolved in time",
    /// RFC 9209 §2.3.2
    DnsError "dns_error" 502 Us "the backend's name could not be resolved",
    /// RFC 9209 §2.3.4
    DestinationUnavailable "destination_unavailable" 503 Backend "no backend is available",
    /// RFC 9209 §2.3.5. It recommends 502, which would tell the client to blame the destination.
    DestinationIpProhibited "destination_ip_prohibited" 403 Client "the destination is an address that this proxy does not connect to",
    /// RFC 9209 §2.3.6
    DestinationIpUnroutable "destination_ip_unroutable" 502 Us "there is no route to the backend's address",
    /// RFC 9209 §2.3.7
    ConnectionRefused "connection_refused" 502 Backend "the backend refused the connection",
    /// RFC 9209 §2.3.8
    ConnectionTerminated "connection_terminated" 502 Backend "the backend closed the connection before it answered",
    /// RFC 9209 §2.3.9
    ConnectionTimeout "connection_timeout" 504 Backend "the connection to the backend took too long",
    /// RFC 9209 §2.3.10
    ConnectionReadTimeout "connection_read_timeout" 504 Backend "the backend stopped sending",
    /// RFC 9209 §2.3.11
    ConnectionWriteTimeout "connection_write_timeout" 504 Backend "the backend stopped receiving",
    /// RFC 9209 §2.3.12
    ConnectionLimitReached "connection_limit_reached" 503 Us "every backend has as many requests as it may have",
    /// RFC 9209 §2.3.13
    TlsProtocolError "tls_protocol_error" 502 Backend "the TLS handshake with the backend failed",
    /// RFC 9209 §2.3.14
    TlsCertificateError "tls_certificate_error" 502 Backend "the backend's certificate is not one to be trusted",
    /// RFC 9209 §2.3.15
    TlsAlertReceived "tls_alert_received" 502 Backend "the backend broke off the TLS handshake with an alert",
    /// RFC 9209 §2.3.16
    HttpRequestError "http_request_error" 400 Client "the request is not one that can be forwarded",
    /// RFC 9209 §2.3.17
    HttpRequestDenied "http_request_denied" 403 Client "this proxy does not do that for this client",
    /// RFC 9209 §2.3.18
    HttpResponseIncomplete "http_response_incomplete" 502 Backend "the backend's answer ended too early",
    /// RFC 9209 §2.3.19
    HttpResponseHeaderSectionSize "http_response_header_section_size" 502 Backend "the head of the backend's answer is too large",
    /// RFC 9209 §2.3.22
    HttpResponseTrailerSectionSize "http_response_trailer_section_size" 502 Backend "the trailers of the backend's answer are too large",
    /// RFC 9209 §2.3.24
    HttpResponseTransferCoding "http_response_transfer_coding" 502 Backend "the transfer coding of the backend's answer is broken",
    /// RFC 9209 §2.3.26
    HttpResponseTimeout "http_response_timeout" 504 Backend "the backend did not answer in time",
    /// RFC 9209 §2.3.27
    HttpUpgradeFailed "http_upgrade_failed" 502 Backend "the backend did not change the protocol as asked",
    /// RFC 9209 §2.3.28
    HttpProtocolError "http_protocol_error" 502 Backend "the backend's answer is not HTTP",
    /// RFC 9209 §2.3.29
    ProxyInternalResponse "proxy_internal_response" 503 Us "the answer was made here and not by a backend",
    /// RFC 9209 §2.3.30
    ProxyInternalError "proxy_internal_error" 500 Us "something went wrong here",
    /// RFC 9209 §2.3.31
    ProxyConfigurationError "proxy_configuration_error" 500 Us "the configuration here does not allow an answer",
    /// RFC 9209 §2.3.32
    LoopDetected "proxy_loop_detected" 502 Us "the request has passed here too often: it goes round in a circle",
}

impl ProxyError {
    /// Looks a name up.
    pub fn of(name: &str) -> Option<ProxyError> {
        Self::ALL.iter().copied().find(|error| error.name() == name)
    }
}
