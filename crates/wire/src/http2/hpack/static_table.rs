//! The static table (RFC 7541 appendix A).

use super::{Kind, Pseudo};
use crate::http::Known;

/// One entry, its name recognised by the compiler.
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) name: &'static [u8],
    pub(super) value: &'static [u8],
}

/// The number of entries; the dynamic table is counted on from there.
pub(super) const LEN: usize = ROWS.len();

/// The entry of an index, which begin at one.
#[inline]
pub(super) fn entry(index: usize) -> Option<&'static Entry> {
    TABLE.get(index.wrapping_sub(1))
}

/// The lowest index of a name in lower case; zero where it has none.
pub(super) const fn index_of(name: &[u8]) -> u8 {
    let mut at = 0;
    while at < LEN {
        if is_same(ROWS[at].0.as_bytes(), name) {
            return at as u8 + 1;
        }
        at += 1;
    }
    0
}

/// `==` for the compiler.
const fn is_same(left: &[u8], right: &[u8]) -> bool {
    // None of them holds a capital letter.
    left.eq_ignore_ascii_case(right)
}

static TABLE: [Entry; LEN] = {
    let mut table = [const { Entry { kind: Kind::Pseudo(Pseudo::Unknown), name: b"", value: b"" } }; LEN];
    let mut at = 0;
    while at < LEN {
        let (name, value) = (ROWS[at].0.as_bytes(), ROWS[at].1.as_bytes());
        table[at] = Entry { kind: kind_of(name), name, value };
        at += 1;
    }
    table
};

/// [`Kind::of`] for the compiler.
const fn kind_of(name: &[u8]) -> Kind {
    let mut at = 0;
    while at < Pseudo::ALL.len() {
        if is_same(Pseudo::ALL[at].text().as_bytes(), name) {
            return Kind::Pseudo(Pseudo::ALL[at]);
        }
        at += 1;
    }
    at = 0;
    while at < Known::ALL.len() {
        if Known::ALL[at].name().as_bytes().eq_ignore_ascii_case(name) {
            return Kind::Field(Known::ALL[at]);
        }
        at += 1;
    }
    Kind::Field(Known::Other)
}

const ROWS: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
mod tests;
