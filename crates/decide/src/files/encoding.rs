//! Content codings: which of a file's precompressed siblings a client gets (RFC 9110 §12.5.3).

use wire::http::{Fields, Known};

/// How a representation is coded (RFC 9110 §8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coding {
    /// `br` (RFC 7932), beside the file as `name.br`.
    Brotli,
    /// `zstd` (RFC 8878), as `name.zst`.
    Zstd,
    /// `gzip` (RFC 1952), as `name.gz`.
    Gzip,
    /// Not at all: the file itself.
    Identity,
}

impl Coding {
    /// Every coding, in the order of our own preference. Siblings were compressed once, at leisure, so that the smallest is the best,
    /// and that is brotli at its highest level, then zstd; what compresses fastest does not matter here.
    pub const ALL: [Coding; 4] = [Coding::Brotli, Coding::Zstd, Coding::Gzip, Coding::Identity];

    /// The word in `Content-Encoding`.
    pub const fn token(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
            Coding::Gzip => "gzip",
            Coding::Identity => "identity",
        }
    }

    /// What a sibling's name has after the file's; empty for the file itself.
    pub const fn suffix(self) -> &'static str {
        match self {
            Coding::Brotli => ".br",
            Coding::Zstd => ".zst",
            Coding::Gzip => ".gz",
            Coding::Identity => "",
        }
    }

    fn is_named(self, token: &[u8]) -> bool {
        // RFC 9110 §8.4.1: names in any case; §8.4.1.3: `x-gzip` is gzip.
        token.eq_ignore_ascii_case(self.token().as_bytes()) || self == Coding::Gzip && token.eq_ignore_ascii_case(b"x-gzip")
    }
}

/// The codings a client accepts, best first. Iterating needs no look at the files: whoever serves them stops at the first that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preference {
    order: [Coding; 4],
    len: usize,
}

impl Preference {
    /// Reads the `Accept-Encoding` fields of a request. An element that is not well formed is passed over.
    pub fn of(fields: &Fields) -> Preference {
        let mut rated = [(0_u16, Coding::Identity); 4];
        for (place, coding) in rated.iter_mut().zip(Coding::ALL) {
            *place = (rate(fields, coding), coding);
        }
        // Stable: what is rated equal stays in our own order.
        rated.sort_by_key(|(rating, _)| core::cmp::Reverse(*rating));
        Preference { order: rated.map(|(_, coding)| coding), len: rated.iter().take_while(|(rating, _)| *rating > 0).count() }
    }

    /// Best first; without any coding the client refuses. It may be empty: even the file itself can be refused.
    pub fn iter(&self) -> impl Iterator<Item = Coding> {
        self.order.into_iter().take(self.len)
    }
}

/// The file itself where nobody names it: as the least that a client can write, and our own order puts every named coding before it.
const UNNAMED_IDENTITY: u16 = 1;

/// How much the client wants a coding: its quality value in thousandths; 0 for not at all.
pub(crate) fn rate(fields: &Fields, coding: Coding) -> u16 {
    let (mut named, mut any) = (None, None);
    for value in fields.all(Known::AcceptEncoding) {
        for element in value.split(|byte| *byte == b',') {
            let Some((token, quality)) = weighted(element) else { continue };
            if coding.is_named(token) {
                named = named.or(Some(quality));
            } else if token == b"*" {
                any = any.or(Some(quality));
            }
        }
    }
    match named.or(any) {
        Some(quality) => quality,
        // RFC 9110 §12.5.3, rule 2: the file itself is acceptable unless it is refused by name or by `*`. Without the field anything
        // would be (rule 1), but whoever does not say that it can decode gets nothing to decode.
        None if coding == Coding::Identity => UNNAMED_IDENTITY,
        None => 0,
    }
}

/// `token` or `token;q=0.5`, the quality in thousandths (RFC 9110 §12.4.2).
pub(crate) fn weighted(element: &[u8]) -> Option<(&[u8], u16)> {
    let Some(semicolon) = element.iter().position(|byte| *byte == b';') else {
        let token = element.trim_ascii();
        return (!token.is_empty()).then_some((token, 1000));
    };
    let (token, weight) = (element[..semicolon].trim_ascii(), element[semicolon + 1..].trim_ascii());
    let [b'q' | b'Q', b'=', quality @ ..] = weight else { return None };
    let (whole, fraction) = match quality {
        [whole] => (whole, &[][..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let thousandths = (0..3).fold(0, |sum, place| sum * 10 + fraction.get(place).map_or(0, |digit| u16::from(digit - b'0')));
    match whole {
        b'0' => Some((token, thousandths)),
        b'1' if thousandths == 0 => Some((token, 1000)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
