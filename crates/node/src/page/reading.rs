//! Content on its way to meaning.

use super::document::{Document, Parser};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use decide::content::{Charset, SNIFFED, SniffRule, sniff};
use encoding_rs::{DecoderResult, Encoding};
use url::Url;
use wire::media_type::MediaType;

/// Bytes of text kept for whoever wants to show it; what is longer is shown cut off.
const MOST_TEXT: usize = 4 << 20;
/// Bytes by which an encoding is guessed, where nothing says which it is.
const GUESSED_BY: usize = 64 << 10;

/// By what an encoding was guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guessed {
    /// Bytes that were looked at.
    pub bytes: usize,
    /// Of them, bytes outside ASCII: with none of them nearly any encoding would do, with few the guess is weak.
    pub telling: usize,
}

impl Guessed {
    /// How much the guess is worth, in a word.
    pub const fn confidence(self) -> &'static str {
        match self.telling {
            0 => "all ASCII: any would do",
            1..16 => "weak",
            16..64 => "fair",
            _ => "good",
        }
    }
}

/// What was seen of content.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What it is, by which rule.
    pub kind: MediaType,
    /// The rule.
    pub rule: SniffRule,
    /// Bytes of it.
    pub bytes: u64,
    /// Its encoding, if it is text.
    pub charset: Option<Charset>,
    /// By what the encoding was guessed, if it was.
    pub guessed: Option<Guessed>,
    /// Sequences of its bytes that mean nothing in its encoding, and became U+FFFD. `None`: it is not text.
    pub malformed: Option<u64>,
    /// Where the first of them is.
    pub first_malformed: u64,
    /// What stands in it as text, if it is text; cut off after 4 MiB.
    pub text: Option<String>,
    /// Text was cut off.
    pub cut: bool,
    /// What it asks for, if it is an HTML document.
    pub document: Option<Document>,
}

/// Content that comes.
pub struct Reading {
    declared: Option<Vec<u8>>,
    nosniff: bool,
    base: Url,
    keep_text: bool,
    first: Vec<u8>,
    bytes: u64,
    decided: Option<Decided>,
}

/// What is known once the first bytes are there.
struct Decided {
    kind: MediaType,
    rule: SniffRule,
    text: Option<Text>,
}

struct Text {
    charset: Charset,
    guessed: Option<Guessed>,
    decoder: encoding_rs::Decoder,
    /// Bytes that have gone into it.
    taken: u64,
    malformed: u64,
    first_malformed: u64,
    kept: Option<String>,
    cut: bool,
    parser: Option<Parser>,
}

impl Reading {
    /// For the content of an answer: the value of its `Content-Type`, whether it forbids sniffing, the URL it came from, and whether its
    /// text is wanted.
    pub fn new(content_type: Option<&[u8]>, nosniff: bool, base: &Url, keep_text: bool) -> Reading {
        Reading {
            declared: content_type.map(<[u8]>::to_vec),
            nosniff,
            base: base.clone(),
            keep_text,
            first: Vec::new(),
            bytes: 0,
            decided: None,
        }
    }

    /// Takes what comes next.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        match &mut self.decided {
            Some(decided) => decided.take(bytes, false),
            None => {
                let wanted = self.wanted();
                self.first.extend_from_slice(bytes);
                if self.first.len() >= wanted {
                    self.decide();
                }
            }
        }
    }

    /// How many bytes are awaited before anything is decided: more where there is nothing but a guess to come.
    fn wanted(&self) -> usize {
        let named = self.declared.as_deref().and_then(MediaType::parse).is_some_and(|kind| kind.parameter("charset").is_some());
        if named { SNIFFED } else { GUESSED_BY }
    }

    fn decide(&mut self) {
        let (kind, rule) = sniff(self.declared.as_deref(), self.nosniff, &self.first);
        let text = kind.is_text().then(|| Text::new(&kind, &self.first, &self.base, self.keep_text));
        let mut decided = Decided { kind, rule, text };
        decided.take(&std::mem::take(&mut self.first), false);
        self.decided = Some(decided);
    }

    /// The content has ended.
    pub fn finish(mut self) -> Seen {
        if self.decided.is_none() {
            self.decide();
        }
        let mut decided = self.decided.expect("decided above");
        decided.take(&[], true);
        let Decided { kind, rule, text } = decided;
        let mut seen = Seen {
            kind,
            rule,
            bytes: self.bytes,
            charset: None,
            guessed: None,
            malformed: None,
            first_malformed: 0,
            text: None,
            cut: false,
            document: None,
        };
        if let Some(text) = text {
            (seen.charset, seen.guessed, seen.malformed) = (Some(text.charset), text.guessed, Some(text.malformed));
            seen.first_malformed = text.first_malformed;
            (seen.text, seen.cut) = (text.kept, text.cut);
            seen.document = text.parser.map(|parser| parser.finish());
        }
        seen
    }
}

impl Decided {
    fn take(&mut self, bytes: &[u8], last: bool) {
        if let Some(text) = &mut self.text {
            text.take(bytes, last);
        }
    }
}

impl Text {
    fn new(kind: &MediaType, first: &[u8], base: &Url, keep: bool) -> Text {
        let mut guessed = None;
        let charset = Charset::decide(kind, first, || guess(first, base, kind, &mut guessed));
        Text {
            charset,
            guessed,
            decoder: charset.encoding.new_decoder(),
            taken: 0,
            malformed: 0,
            first_malformed: 0,
            kept: keep.then(String::new),
            cut: false,
            parser: kind.is("text", "html").then(|| Parser::new(base)),
        }
    }

    fn take(&mut self, bytes: &[u8], last: bool) {
        let mut text = String::new();
        let mut rest = bytes;
        loop {
            let room = self.decoder.max_utf8_buffer_length(rest.len().min(GUESSED_BY)).unwrap_or(GUESSED_BY);
            text.clear();
            text.reserve(room + char::REPLACEMENT_CHARACTER.len_utf8());
            let (result, read) = self.decoder.decode_to_string_without_replacement(rest, &mut text, last);
            self.taken += read as u64;
            rest = &rest[read..];
            if let DecoderResult::Malformed(length, behind) = result {
                if self.malformed == 0 {
                    self.first_malformed = self.taken.saturating_sub(u64::from(length) + u64::from(behind));
                }
                self.malformed += 1;
                text.push(char::REPLACEMENT_CHARACTER);
            }
            self.hand_on(&text);
            if result == DecoderResult::InputEmpty {
                return;
            }
        }
    }

    fn hand_on(&mut self, text: &str) {
        if let Some(kept) = &mut self.kept {
            let room = MOST_TEXT - kept.len();
            let end = text.floor_char_boundary(room.min(text.len()));
            kept.push_str(&text[..end]);
            self.cut |= end < text.len();
        }
        if let Some(parser) = &mut self.parser {
            parser.take(text);
        }
    }
}

/// A guess as browsers make it, by the bytes and by where they come from.
fn guess(first: &[u8], base: &Url, kind: &MediaType, guessed: &mut Option<Guessed>) -> Option<&'static Encoding> {
    if kind.is("text", "css") || kind.is_javascript() {
        return None;
    }
    let telling = first.iter().filter(|byte| !byte.is_ascii()).count();
    *guessed = Some(Guessed { bytes: first.len(), telling });
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(first, false);
    let country = base.domain().and_then(|name| name.rsplit('.').next()).filter(|label| !label.is_empty());
    // What is already UTF-8 is told so, where a browser would not: a browser must not let authors rely on it, and here nobody does.
    Some(detector.guess(country.map(str::as_bytes), Utf8Detection::Allow))
}
