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
    AcceptLanguage "Accept-Language",
    AcceptRanges "Accept-Ranges",
    Age "Age",
    Allow "Allow",
    Authorization "Authorization",
    CacheControl "Cache-Control",
    CacheStatus "Cache-Status",
    CdnLoop "CDN-Loop",
    ContentEncoding "Content-Encoding",
    ContentLanguage "Content-Language",
    ContentLocation "Content-Location",
    ContentRange "Content-Range",
    Cookie "Cookie",
    ETag "ETag",
    EndpointLoadMetrics "endpoint-load-metrics",
    Expires "Expires",
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
    SetCookie "Set-Cookie",
    TraceParent "traceparent",
    TraceToken "Throughline-Trace",
    Vary "Vary",
}

impl Known {
    /// Looks a name up, in any case. A name that is not ours costs a hash of its length and ends and, seldom, one comparison.
    #[inline]
    pub fn of(name: &[u8]) -> Known {
        let (&[first, ..], &[.., last]) = (name, name) else { return Known::Other };
        let known = TABLE[slot_of(name.len(), first, last, MULTIPLIER)];
        if PATTERNS[known as usize].fits(name) { known } else { Known::Other }
    }
}

/// Five times the number of names: most other names meet an empty slot.
const SLOTS: usize = 256;

/// A perfect hash table, filled by the compiler: a slot holds one name, or `Other` where it is empty.
static TABLE: [Known; SLOTS] = match table_with(MULTIPLIER) {
    Some(table) => table,
    None => panic!("the multiplier was found by this very test"),
};

/// The first odd number that hashes every name to a slot of its own. Should the compiler find none after a name was added, then two names
/// share length and ends (the hash needs another byte), or there are too many for the slots.
const MULTIPLIER: u32 = {
    let mut multiplier = 0x9e37_79b1;
    while table_with(multiplier).is_none() {
        multiplier += 2;
    }
    multiplier
};

const fn table_with(multiplier: u32) -> Option<[Known; SLOTS]> {
    let mut table = [Known::Other; SLOTS];
    let mut at = 0;
    while at < Known::ALL.len() {
        let name = Known::ALL[at].name().as_bytes();
        let slot = slot_of(name.len(), name[0], name[name.len() - 1], multiplier);
        if !matches!(table[slot], Known::Other) {
            return None;
        }
        table[slot] = Known::ALL[at];
        at += 1;
    }
    Some(table)
}

/// The slot of a name. Bit 5 tells the cases of a letter apart, so it is set in both ends.
const fn slot_of(len: usize, first: u8, last: u8, multiplier: u32) -> usize {
    let key = len as u32 ^ ((first | 0x20) as u32) << 8 ^ ((last | 0x20) as u32) << 16;
    // The top eight bits, on which every bit of the key has worked: 256 slots.
    (key.wrapping_mul(multiplier) >> 24) as usize
}

/// What a name is compared with, eight bytes at a time.
struct Pattern {
    len: usize,
    /// The name in lower case, as [`words_of`] cuts it.
    lower: [u64; 3],
    /// Bit 5 of every letter, cut alike: set in a name before it is compared, it leaves the case of letters out and nothing else.
    letters: [u64; 3],
}

/// One for every known name, in the order of [`Known::ALL`], and one for `Other`, which no name fits.
static PATTERNS: [Pattern; Known::ALL.len() + 1] = {
    let mut patterns = [const { Pattern::of("") }; Known::ALL.len() + 1];
    let mut at = 0;
    while at < Known::ALL.len() {
        patterns[at] = Pattern::of(Known::ALL[at].name());
        at += 1;
    }
    patterns
};

impl Pattern {
    const fn of(name: &str) -> Pattern {
        let name = name.as_bytes();
        assert!(name.len() <= 24, "three words hold every name");
        let mut bits = [0; 24];
        let mut at = 0;
        while at < name.len() {
            bits[at] = if name[at].is_ascii_alphabetic() { 0x20 } else { 0 };
            at += 1;
        }
        let (mut lower, letters) = (words_of(name), words_of(bits.split_at(name.len()).0));
        let mut word = 0;
        while word < lower.len() {
            lower[word] |= letters[word];
            word += 1;
        }
        Pattern { len: name.len(), lower, letters }
    }

    #[inline]
    fn fits(&self, name: &[u8]) -> bool {
        if name.len() != self.len {
            return false;
        }
        let words = words_of(name);
        let differs = |at: usize| (words[at] | self.letters[at]) ^ self.lower[at];
        differs(0) | differs(1) | differs(2) == 0
    }
}

/// All bytes of a name of at most 24, in three words. They overlap rather than be filled up: names of one length are cut alike, and that is
/// all a comparison needs.
#[inline]
const fn words_of(name: &[u8]) -> [u64; 3] {
    if let (Some(first), Some(last)) = (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        let middle = match name.split_at(8).1.first_chunk::<8>() {
            Some(middle) => u64::from_le_bytes(*middle),
            None => 0,
        };
        return [u64::from_le_bytes(*first), middle, u64::from_le_bytes(*last)];
    }
    if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk::<4>()) {
        return [u32::from_le_bytes(*first) as u64, 0, u32::from_le_bytes(*last) as u64];
    }
    match name {
        [a, b, c] => [*a as u64, *b as u64, *c as u64],
        [a, b] => [*a as u64, *b as u64, 0],
        [a] => [*a as u64, 0, 0],
        _ => [0; 3],
    }
}

#[cfg(test)]
mod tests;
