//! The field names this program has a rule about, recognised once when a head is parsed.

macro_rules! known {
    ($($variant:ident $name:literal,)*) => {
        /// A field name with a rule of its own somewhere in the program; `Other` for all the rest.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Known { $(#[doc = $name] $variant,)* /// Any other name.
            Other }

        impl Known {
            /// Every name but `Other`.
            pub const ALL: &[Known] = &[$(Known::$variant),*];

            /// The name as we write it; empty for `Other`.
            pub const fn name(self) -> &'static str {
                match self { $(Known::$variant => $name,)* Known::Other => "" }
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

impl Known {
    /// Looks a name up, in any case. A name that is not ours costs a hash of its ends and, seldom, one comparison.
    pub fn of(name: &[u8]) -> Known {
        let (&[first, ..], &[.., last]) = (name, name) else { return Known::Other };
        let mut slot = slot_of(name.len(), first, last);
        while TABLE[slot] != Known::Other {
            let ours = TABLE[slot].name().as_bytes();
            // Most senders write names as we do: the plain comparison is tried first because it is the cheaper one.
            if ours.len() == name.len() && (ours == name || ours.eq_ignore_ascii_case(name)) {
                return TABLE[slot];
            }
            slot = (slot + 1) % SLOTS;
        }
        Known::Other
    }
}

/// A power of two, more than four times the number of names: most other names then meet an empty slot at once.
const SLOTS: usize = 256;

/// A hash table with open addressing, filled by the compiler. `Other` marks an empty slot.
static TABLE: [Known; SLOTS] = {
    assert!(Known::ALL.len() * 4 < SLOTS, "the table of known names is too full: double SLOTS");
    let mut table = [Known::Other; SLOTS];
    let mut at = 0;
    while at < Known::ALL.len() {
        let name = Known::ALL[at].name().as_bytes();
        let mut slot = slot_of(name.len(), name[0], name[name.len() - 1]);
        while !matches!(table[slot], Known::Other) {
            slot = (slot + 1) % SLOTS;
        }
        table[slot] = Known::ALL[at];
        at += 1;
    }
    table
};

/// Where the search for a name begins. Bit 5 tells the cases of a letter apart, so it is set in both ends.
const fn slot_of(len: usize, first: u8, last: u8) -> usize {
    let (first, last) = ((first | 0x20) as usize, (last | 0x20) as usize);
    (len.wrapping_mul(11) ^ first.wrapping_mul(5) ^ last.wrapping_mul(51)) % SLOTS
}

#[cfg(test)]
mod tests;
