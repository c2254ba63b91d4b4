//! The field names this program has a rule about, recognised once when a head is parsed.

macro_rules! known {
    ($($variant:ident $name:literal,)*) => {
        /// A field name with a rule of its own somewhere in the program; `Other` for all the rest.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Known { $(#[doc = $name] $variant,)* /// Any other name.
            Other }

        impl Known {
            /// The name as we write it; empty for `Other`.
            pub const fn name(self) -> &'static str {
                match self { $(Known::$variant => $name,)* Known::Other => "" }
            }

            /// Looks a name up, in any case.
            pub fn of(name: &[u8]) -> Known {
                // One comparison per name of the same length: the length sorts out nearly all of them.
                $(if name.len() == $name.len() && name.eq_ignore_ascii_case($name.as_bytes()) { return Known::$variant; })*
                Known::Other
            }
        }
    };
}

known! {
    Host "Host",
    Connection "Connection",
    ContentLength "Content-Length",
    TransferEncoding "Transfer-Encoding",
    ContentType "Content-Type",
    Date "Date",
    Server "Server",
    KeepAlive "Keep-Alive",
    ProxyConnection "Proxy-Connection",
    ProxyAuthenticate "Proxy-Authenticate",
    ProxyAuthorization "Proxy-Authorization",
    Te "TE",
    Trailer "Trailer",
    Upgrade "Upgrade",
    Expect "Expect",
    Via "Via",
    Forwarded "Forwarded",
    XForwardedFor "X-Forwarded-For",
    XForwardedHost "X-Forwarded-Host",
    XForwardedProto "X-Forwarded-Proto",
    XRequestId "X-Request-Id",
    UserAgent "User-Agent",
    Referer "Referer",
    Accept "Accept",
    AcceptEncoding "Accept-Encoding",
    AcceptRanges "Accept-Ranges",
    Allow "Allow",
    CacheControl "Cache-Control",
    ContentEncoding "Content-Encoding",
    ContentRange "Content-Range",
    Cookie "Cookie",
    ETag "ETag",
    EndpointLoadMetrics "endpoint-load-metrics",
    IfMatch "If-Match",
    IfModifiedSince "If-Modified-Since",
    IfNoneMatch "If-None-Match",
    IfRange "If-Range",
    IfUnmodifiedSince "If-Unmodified-Since",
    LastModified "Last-Modified",
    Location "Location",
    MaxForwards "Max-Forwards",
    ProxyStatus "Proxy-Status",
    Range "Range",
    RetryAfter "Retry-After",
    ServerTiming "Server-Timing",
    Vary "Vary",
}
