//! Which characters bytes mean: the encoding, and the rule that decided (WHATWG HTML §13.2.3, Encoding §6.1).

mod prescan;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use wire::media_type::MediaType;

/// Bytes at the beginning in which an HTML document has to name its encoding.
pub const PRESCANNED: usize = 1024;

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CharsetRule {
    /// The content begins with a byte order mark, which goes before all else.
    ByteOrderMark,
    /// The `charset` of `Content-Type`.
    ContentType,
    /// A `meta` element of the document.
    Meta,
    /// The XML declaration at the document's beginning.
    XmlDeclaration,
    /// The format has one encoding and no other: JSON is UTF-8 (RFC 8259 §8.1).
    Format,
    /// Nothing says; a guess by the bytes themselves.
    Guess,
    /// Nothing says and no guess was made: what the format falls back to.
    Default,
}

impl CharsetRule {
    /// The rule in one word.
    pub const fn word(self) -> &'static str {
        match self {
            CharsetRule::ByteOrderMark => "byte-order-mark",
            CharsetRule::ContentType => "content-type",
            CharsetRule::Meta => "meta",
            CharsetRule::XmlDeclaration => "xml-declaration",
            CharsetRule::Format => "format",
            CharsetRule::Guess => "guess",
            CharsetRule::Default => "default",
        }
    }
}

/// The encoding of a text, and why.
#[derive(Clone, Copy, Debug)]
pub struct Charset {
    /// The encoding.
    pub encoding: &'static Encoding,
    /// What decided.
    pub rule: CharsetRule,
    /// `Content-Type` names one that nobody knows.
    pub unknown: bool,
}

impl PartialEq for Charset {
    fn eq(&self, other: &Charset) -> bool {
        self.encoding == other.encoding && self.rule == other.rule && self.unknown == other.unknown
    }
}

impl Charset {
    /// Decides. `kind` is what the content is, with the parameters of its `Content-Type`; `first` its first [`PRESCANNED`] bytes, or all
    /// of it; `guess` looks at the bytes when nothing says.
    pub fn decide(kind: &MediaType, first: &[u8], guess: impl FnOnce() -> Option<&'static Encoding>) -> Charset {
        let label = kind.parameter("charset");
        let named = label.and_then(|label| Encoding::for_label(label.as_bytes()));
        let unknown = label.is_some() && named.is_none();
        let of = |encoding: &'static Encoding, rule| Charset { encoding, rule, unknown };
        if let Some((encoding, _)) = Encoding::for_bom(first) {
            return of(encoding, CharsetRule::ByteOrderMark);
        }
        // RFC 8259 §11: charset has no meaning here.
        if kind.is_json() {
            return of(UTF_8, CharsetRule::Format);
        }
        if let Some(encoding) = named {
            return of(encoding, CharsetRule::ContentType);
        }
        if let Some((encoding, rule)) = declared(kind, first) {
            return of(encoding, rule);
        }
        if kind.is_xml() {
            // XML 1.0 §4.3.3: without a mark and a declaration it is UTF-8.
            return of(UTF_8, CharsetRule::Default);
        }
        match guess() {
            Some(encoding) => of(encoding, CharsetRule::Guess),
            None if kind.is("text", "css") || kind.is_javascript() => of(UTF_8, CharsetRule::Default),
            None => of(WINDOWS_1252, CharsetRule::Default),
        }
    }
}

/// What a document itself says of its encoding, in its first [`PRESCANNED`] bytes.
pub fn declared(kind: &MediaType, first: &[u8]) -> Option<(&'static Encoding, CharsetRule)> {
    let first = &first[..first.len().min(PRESCANNED)];
    let xml = |first| prescan::xml_declaration(first).map(|encoding| (encoding, CharsetRule::XmlDeclaration));
    if kind.is("text", "html") {
        return prescan::meta(first).map(|encoding| (encoding, CharsetRule::Meta)).or_else(|| xml(first));
    }
    if kind.is_xml() { xml(first) } else { None }
}

/// An encoding that a document names in ASCII cannot be one of those that ASCII is no part of: it is taken for UTF-8 (HTML §13.2.3.2).
fn named(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label)?;
    match encoding {
        _ if encoding == UTF_16BE || encoding == UTF_16LE => Some(UTF_8),
        _ if encoding == encoding_rs::X_USER_DEFINED => Some(WINDOWS_1252),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests;
