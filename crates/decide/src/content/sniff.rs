//! What content is, whatever it is called (WHATWG MIME Sniffing §7).

use alloc::string::ToString;
use wire::media_type::MediaType;

/// Bytes at the beginning that are looked at (§5.2).
pub const SNIFFED: usize = 1445;

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SniffRule {
    /// `Content-Type` says so, and is believed.
    Declared,
    /// `X-Content-Type-Options: nosniff` forbids to look.
    NoSniff,
    /// Nothing was declared; the first bytes are those of this type.
    Pattern,
    /// An image, which its first bytes tell better than the server.
    Image,
    /// Audio or video, likewise.
    Media,
    /// `text/plain` as old servers send it for everything; nothing in the first bytes is binary.
    TextAfterAll,
    /// `text/plain` as old servers send it for everything; the first bytes are binary.
    BinaryAfterAll,
    /// Nothing was declared and nothing fits; no byte is binary.
    Text,
    /// Nothing was declared and nothing fits.
    Binary,
}

impl SniffRule {
    /// The rule in one word.
    pub const fn word(self) -> &'static str {
        match self {
            SniffRule::Declared => "content-type",
            SniffRule::NoSniff => "nosniff",
            SniffRule::Pattern => "pattern",
            SniffRule::Image => "image-pattern",
            SniffRule::Media => "media-pattern",
            SniffRule::TextAfterAll => "text-by-bytes",
            SniffRule::BinaryAfterAll => "binary-by-bytes",
            SniffRule::Text => "no-pattern-text",
            SniffRule::Binary => "no-pattern-binary",
        }
    }
}

/// What content is: `declared` is the value of `Content-Type`, `first` the content's first [`SNIFFED`] bytes, or all of it.
pub fn sniff(declared: Option<&[u8]>, nosniff: bool, first: &[u8]) -> (MediaType, SniffRule) {
    let first = &first[..first.len().min(SNIFFED)];
    let supplied = declared.and_then(MediaType::parse);
    let is_unknown = |kind: &MediaType| kind.is("unknown", "unknown") || kind.is("application", "unknown") || kind.is("*", "*");
    let supplied = match supplied {
        Some(kind) if !is_unknown(&kind) => kind,
        _ => return unknown(first, !nosniff),
    };
    if supplied.is_xml() || supplied.is("text", "html") {
        return (supplied, SniffRule::Declared);
    }
    if nosniff {
        return (supplied, SniffRule::NoSniff);
    }
    if declared.is_some_and(is_careless) {
        return text_or_binary(supplied, first);
    }
    let better = |table: &[Pattern], rule| matched(table, first).map(|kind| (kind, rule));
    match &*supplied.main {
        "image" => better(IMAGES, SniffRule::Image),
        "audio" | "video" => media(first).map(|kind| (kind, SniffRule::Media)),
        _ if supplied.is("application", "ogg") => media(first).map(|kind| (kind, SniffRule::Media)),
        _ => None,
    }
    .filter(|(kind, _)| kind.main != supplied.main || kind.sub != supplied.sub)
    .unwrap_or((supplied, SniffRule::Declared))
}

/// The four values that old servers send for whatever they do not know (§4.7, the check for the Apache bug): byte for byte.
fn is_careless(declared: &[u8]) -> bool {
    [b"text/plain".as_slice(), b"text/plain; charset=ISO-8859-1", b"text/plain; charset=iso-8859-1", b"text/plain; charset=UTF-8"]
        .contains(&declared)
}

/// §7.2.
fn text_or_binary(supplied: MediaType, first: &[u8]) -> (MediaType, SniffRule) {
    let marked = [b"\xFE\xFF".as_slice(), b"\xFF\xFE", b"\xEF\xBB\xBF"].iter().any(|mark| first.starts_with(mark));
    match marked || !first.iter().any(|byte| is_binary(*byte)) {
        true => (supplied, SniffRule::TextAfterAll),
        false => (MediaType::new("application", "octet-stream"), SniffRule::BinaryAfterAll),
    }
}

/// §7.1. What can run scripts is found only where that is `scriptable`.
fn unknown(first: &[u8], scriptable: bool) -> (MediaType, SniffRule) {
    let found = scriptable.then(|| matched(SCRIPTABLE, first)).flatten();
    let found = found.or_else(|| matched(MARKED, first)).or_else(|| matched(IMAGES, first)).or_else(|| media(first));
    match found.or_else(|| matched(ARCHIVES, first)) {
        Some(kind) => (kind, SniffRule::Pattern),
        None if first.iter().any(|byte| is_binary(*byte)) => (MediaType::new("application", "octet-stream"), SniffRule::Binary),
        None => (MediaType::new("text", "plain"), SniffRule::Text),
    }
}

/// A binary data byte (§3).
fn is_binary(byte: u8) -> bool {
    matches!(byte, 0x00..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F)
}

/// How the first bytes of a type look.
struct Pattern {
    /// What they are; a `?` of [`Match::Any`] patterns stands for any byte.
    bytes: &'static [u8],
    how: Match,
    kind: (&'static str, &'static str),
}

enum Match {
    /// Exactly.
    Exact,
    /// But for places that hold a `?`.
    Any,
    /// Behind white space, in upper or lower case, and a `>` or a space follows.
    Tag,
    /// Behind white space.
    Spaced,
}

impl Pattern {
    const fn exact(bytes: &'static [u8], main: &'static str, sub: &'static str) -> Pattern {
        Pattern { bytes, how: Match::Exact, kind: (main, sub) }
    }

    const fn any(bytes: &'static [u8], main: &'static str, sub: &'static str) -> Pattern {
        Pattern { bytes, how: Match::Any, kind: (main, sub) }
    }

    const fn tag(bytes: &'static [u8]) -> Pattern {
        Pattern { bytes, how: Match::Tag, kind: ("text", "html") }
    }

    fn fits(&self, first: &[u8]) -> bool {
        let behind_space = || {
            let start = first.iter().position(|byte| !matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | b' ')).unwrap_or(first.len());
            &first[start..]
        };
        let length = self.bytes.len();
        match self.how {
            Match::Exact => first.starts_with(self.bytes),
            Match::Any => first.len() >= length && self.bytes.iter().zip(first).all(|(want, byte)| *want == b'?' || want == byte),
            Match::Tag => {
                let tag = behind_space();
                tag.len() > length && tag[..length].eq_ignore_ascii_case(self.bytes) && matches!(tag[length], b' ' | b'>')
            }
            Match::Spaced => behind_space().starts_with(self.bytes),
        }
    }
}

fn matched(table: &[Pattern], first: &[u8]) -> Option<MediaType> {
    table.iter().find(|pattern| pattern.fits(first)).map(|pattern| MediaType::new(pattern.kind.0, pattern.kind.1))
}

const SCRIPTABLE: &[Pattern] = &[
    Pattern::tag(b"<!DOCTYPE HTML"),
    Pattern::tag(b"<HTML"),
    Pattern::tag(b"<HEAD"),
    Pattern::tag(b"<SCRIPT"),
    Pattern::tag(b"<IFRAME"),
    Pattern::tag(b"<H1"),
    Pattern::tag(b"<DIV"),
    Pattern::tag(b"<FONT"),
    Pattern::tag(b"<TABLE"),
    Pattern::tag(b"<A"),
    Pattern::tag(b"<STYLE"),
    Pattern::tag(b"<TITLE"),
    Pattern::tag(b"<B"),
    Pattern::tag(b"<BODY"),
    Pattern::tag(b"<BR"),
    Pattern::tag(b"<P"),
    Pattern::tag(b"<!--"),
    Pattern { bytes: b"<?xml", how: Match::Spaced, kind: ("text", "xml") },
    Pattern::exact(b"%PDF-", "application", "pdf"),
];

/// Text that says so by a byte order mark, which `?` bytes follow, and PostScript.
const MARKED: &[Pattern] = &[
    Pattern::exact(b"%!PS-Adobe-", "application", "postscript"),
    Pattern::any(b"\xFE\xFF??", "text", "plain"),
    Pattern::any(b"\xFF\xFE??", "text", "plain"),
    Pattern::any(b"\xEF\xBB\xBF?", "text", "plain"),
];

/// §6.1.
const IMAGES: &[Pattern] = &[
    Pattern::exact(b"\x00\x00\x01\x00", "image", "x-icon"),
    Pattern::exact(b"\x00\x00\x02\x00", "image", "x-icon"),
    Pattern::exact(b"BM", "image", "bmp"),
    Pattern::exact(b"GIF87a", "image", "gif"),
    Pattern::exact(b"GIF89a", "image", "gif"),
    Pattern::any(b"RIFF????WEBPVP", "image", "webp"),
    Pattern::exact(b"\x89PNG\r\n\x1A\n", "image", "png"),
    Pattern::exact(b"\xFF\xD8\xFF", "image", "jpeg"),
];

/// §6.2, before the formats that need more than a pattern.
const MEDIA: &[Pattern] = &[
    Pattern::any(b"FORM????AIFF", "audio", "aiff"),
    Pattern::exact(b"ID3", "audio", "mpeg"),
    Pattern::exact(b"OggS\x00", "application", "ogg"),
    Pattern::exact(b"MThd\x00\x00\x00\x06", "audio", "midi"),
    Pattern::any(b"RIFF????AVI ", "video", "avi"),
    Pattern::any(b"RIFF????WAVE", "audio", "wave"),
];

/// §6.4.
const ARCHIVES: &[Pattern] = &[
    Pattern::exact(b"\x1F\x8B\x08", "application", "x-gzip"),
    Pattern::exact(b"PK\x03\x04", "application", "zip"),
    // As archives begin; the standard's table has a space for the `!`.
    Pattern::exact(b"Rar!\x1A\x07\x00", "application", "x-rar-compressed"),
];

/// §6.2.
fn media(first: &[u8]) -> Option<MediaType> {
    let found = |main, sub| Some(MediaType::new(main, sub));
    match matched(MEDIA, first) {
        Some(kind) => Some(kind),
        None if is_mp4(first) => found("video", "mp4"),
        None if is_webm(first) => found("video", "webm"),
        None if is_mp3(first) => found("audio", "mpeg"),
        None => None,
    }
}

/// §6.2.1: the first box is `ftyp`, and one of its brands begins with `mp4`.
fn is_mp4(first: &[u8]) -> bool {
    let Some((head, _)) = first.split_first_chunk::<4>() else { return false };
    let size = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
    if first.len() < 12 || first.len() < size || size % 4 != 0 || &first[4..8] != b"ftyp" {
        return false;
    }
    // The bytes from 12 to 16 are the version of the first brand.
    &first[8..11] == b"mp4" || first[..size].chunks_exact(4).skip(4).any(|brand| brand.starts_with(b"mp4"))
}

/// §6.2.2: an EBML head whose document type is `webm`.
fn is_webm(first: &[u8]) -> bool {
    if !first.starts_with(b"\x1A\x45\xDF\xA3") {
        return false;
    }
    let mut at = 4;
    while at < first.len() && at < 38 {
        if first[at..].starts_with(b"\x42\x82") {
            at += 2;
            let Some(length) = first.get(at) else { return false };
            // How many bytes a number has is told by the zeros it begins with.
            at += (length.leading_zeros() as usize + 1).min(8);
            let name = first.get(at..).unwrap_or_default();
            let name = &name[name.iter().position(|byte| *byte != 0).unwrap_or(name.len())..];
            return name.starts_with(b"webm");
        }
        at += 1;
    }
    false
}

/// §6.2.3: two frames of MPEG audio, layer 3, one behind the other.
fn is_mp3(first: &[u8]) -> bool {
    let frame = |at: usize| -> Option<usize> {
        let head: &[u8; 4] = first.get(at..)?.first_chunk()?;
        let (version, layer) = (head[1] & 0x18, head[1] & 0x06);
        let (rate, frequency) = (usize::from(head[2] >> 4), usize::from(head[2] >> 2 & 3));
        // Layer 3 is written as 1; 15 as rate and 3 as frequency are forbidden.
        let sound = head[0] == 0xFF && head[1] & 0xE0 == 0xE0 && layer == 0x02 && rate != 15 && frequency != 3;
        if !sound {
            return None;
        }
        let is_first_version = version == 0x18;
        let (kilobits, hertz) = match is_first_version {
            true => (MP3_RATES[rate], MP3_FREQUENCIES[frequency]),
            false => (MP25_RATES[rate], MP3_FREQUENCIES[frequency] / if version == 0 { 4 } else { 2 }),
        };
        let slots = if is_first_version { 144 } else { 72 };
        Some(slots * kilobits * 1000 / hertz + usize::from(head[2] >> 1 & 1))
    };
    frame(0).is_some_and(|size| size >= 4 && frame(size).is_some())
}

const MP3_FREQUENCIES: [usize; 3] = [44_100, 48_000, 32_000];
const MP3_RATES: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MP25_RATES: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// For people: what was declared and what it is, where they differ.
impl SniffRule {
    /// One sentence, `kind` being what the content is.
    pub fn sentence(self, kind: &MediaType) -> alloc::string::String {
        let kind = MediaType::new(&kind.main, &kind.sub).to_string();
        match self {
            SniffRule::Declared => alloc::format!("{kind}, as Content-Type says"),
            SniffRule::NoSniff => alloc::format!("{kind}, as Content-Type says; nosniff forbids to look closer"),
            SniffRule::Pattern => alloc::format!("{kind}, by its first bytes: no Content-Type was sent that says anything"),
            SniffRule::Image | SniffRule::Media => alloc::format!("{kind}, by its first bytes, whatever Content-Type says"),
            SniffRule::TextAfterAll => alloc::format!("{kind}: old servers call everything so, but no byte is binary"),
            SniffRule::BinaryAfterAll => alloc::format!("{kind}: old servers call everything text/plain, and these bytes are binary"),
            SniffRule::Text => alloc::format!("{kind}: no Content-Type, no known first bytes, and no binary ones"),
            SniffRule::Binary => alloc::format!("{kind}: no Content-Type, and no known first bytes"),
        }
    }
}

#[cfg(test)]
mod tests;
