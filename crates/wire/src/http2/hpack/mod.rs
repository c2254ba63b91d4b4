//! Header compression (RFC 7541): a header block to fields and back, each way with the dynamic table that its peer keeps in step.
//!
//! [`Decoder::decode`] is given whole blocks, in the order in which they came on the connection, those of refused streams too. For
//! [`Encoder`] a block is [`Encoder::begin`], then pseudo-header fields, then fields, all into one buffer; blocks are sent in the order
//! in which they were begun.

mod decoder;
mod encoder;
mod error;
mod huffman;
mod names;
mod reader;
mod static_table;
mod table;

pub(crate) use decoder::Decoder;
pub(crate) use encoder::Encoder;
pub(crate) use error::HpackError;

use crate::http::Known;

/// One field, borrowed from its block or from where it was decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) value: &'a [u8],
    /// The sender asks that no hop remembers the value in a table (RFC 7541 §7.1.3).
    pub(crate) sensitive: bool,
}

/// A field name, recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    /// A name that begins with a colon.
    Pseudo(Pseudo),
    /// Any other name, as it was sent. Where it is not `Other` it is the known name in lower case to the byte: only the bytes of others
    /// are left to be judged (RFC 9113 §8.2.1).
    Field(Known, &'a [u8]),
}

/// The pseudo-header fields (RFC 9113 §8.3, RFC 8441 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Pseudo {
    Method,
    Scheme,
    Authority,
    Path,
    Status,
    Protocol,
    /// None of ours, though it begins with a colon.
    Unknown,
}

impl Pseudo {
    const ALL: [Pseudo; 6] = [Pseudo::Method, Pseudo::Scheme, Pseudo::Authority, Pseudo::Path, Pseudo::Status, Pseudo::Protocol];

    /// The name with its colon; empty for `Unknown`.
    const fn text(self) -> &'static str {
        match self {
            Pseudo::Method => ":method",
            Pseudo::Scheme => ":scheme",
            Pseudo::Authority => ":authority",
            Pseudo::Path => ":path",
            Pseudo::Status => ":status",
            Pseudo::Protocol => ":protocol",
            Pseudo::Unknown => "",
        }
    }

    fn of(name: &[u8]) -> Pseudo {
        Pseudo::ALL.into_iter().find(|pseudo| pseudo.text().as_bytes() == name).unwrap_or(Pseudo::Unknown)
    }
}

/// What a name was recognised as: what a table keeps besides its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pseudo(Pseudo),
    Field(Known),
}

impl Kind {
    fn of(name: &[u8]) -> Kind {
        if name.first() == Some(&b':') {
            return Kind::Pseudo(Pseudo::of(name));
        }
        let known = Known::of(name);
        // `Known` knows names in any case, HTTP/2 in one only.
        let exact = known == Known::Other || !name.iter().any(u8::is_ascii_uppercase);
        Kind::Field(if exact { known } else { Known::Other })
    }

    #[inline]
    fn name(self, text: &[u8]) -> Name<'_> {
        match self {
            Kind::Pseudo(pseudo) => Name::Pseudo(pseudo),
            Kind::Field(known) => Name::Field(known, text),
        }
    }
}

#[cfg(test)]
mod tests;
