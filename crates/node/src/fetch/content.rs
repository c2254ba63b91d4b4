//! The body of the final answer on its way to its meaning, while it comes: codings undone, characters read, the page parsed.

use super::Request;
use super::telling::Telling;
use super::visit::Got;
use crate::decode::{self, Decoder};
use crate::page::{Document, Reading, Seen};
use decide::content::{CharsetRule, Layer};
use decide::fetch::fault::Fault;
use decide::fetch::url::Target;
use decide::step::{Bytes, PageStep};
use decide::time::{Duration, Instant};
use host::Host;
use std::io;
use wire::http::Known;

/// See the module.
pub(super) struct Content {
    host: Host,
    decoder: Option<Decoder>,
    /// Codings that are not undone, and why.
    kept: Option<(String, &'static str)>,
    declared: Vec<u8>,
    reading: Reading,
    reading_took: Duration,
    /// The body is handed on as it came.
    raw: bool,
    came: bool,
}

/// What content was.
pub(super) struct Understood {
    /// What was seen, if there was anything.
    pub(super) seen: Option<Seen>,
    /// What is wrong with it.
    pub(super) fault: Option<Fault>,
    /// It is not whole, for a coding could not be undone.
    pub(super) broken: bool,
}

impl Content {
    /// For an answer of `target`.
    pub(super) fn new(host: &Host, got: &Got, target: &Target, request: &Request) -> Content {
        let fields = &got.head.fields;
        let encodings = || fields.all(Known::ContentEncoding);
        let named = || encodings().map(String::from_utf8_lossy).collect::<Vec<_>>().join(", ");
        let (layers, kept) = match Layer::all(encodings()) {
            // A part of what is coded cannot be decoded by itself (RFC 9110 §14.4).
            Ok(layers) if !layers.is_empty() && got.head.status == 206 => (Vec::new(), Some((named(), "part"))),
            Ok(layers) => (layers, None),
            // Browsers take what they do not know for what it is.
            Err(_) => (Vec::new(), Some((named(), "unknown"))),
        };
        let declared = fields.get(Known::ContentType);
        let nosniff =
            fields.named(b"x-content-type-options").next().is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(b"nosniff"));
        Content {
            host: host.clone(),
            decoder: (!layers.is_empty()).then(|| Decoder::new(&layers)),
            kept,
            declared: declared.unwrap_or_default().to_vec(),
            reading: Reading::new(declared, nosniff, target.url(), request.text),
            reading_took: Duration::ZERO,
            raw: request.raw,
            came: false,
        }
    }

    /// Takes what comes next, and hands on what is wanted of it.
    pub(super) fn take(&mut self, piece: &[u8], sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.came |= !piece.is_empty();
        let (host, reading, took, raw) = (&self.host, &mut self.reading, &mut self.reading_took, self.raw);
        let mut handed = if raw { sink(piece) } else { Ok(()) };
        let clock = || host.now_afresh();
        let mut read = |content: &[u8]| {
            let began: Instant = clock();
            reading.push(content);
            *took += clock().since(began);
            if !raw && handed.is_ok() {
                handed = sink(content);
            }
        };
        match &mut self.decoder {
            Some(decoder) => decoder.push(piece, &clock, &mut read),
            None => read(piece),
        }
        handed
    }

    /// It has ended: tells what it was.
    pub(super) fn finish(self, telling: &mut Telling<'_>) -> Understood {
        let mut understood = Understood { seen: None, fault: None, broken: false };
        if !self.came {
            return understood;
        }
        for undone in self.decoder.map(Decoder::finish).unwrap_or_default() {
            let (coding, fault) = (undone.layer.word(), undone.fault.map_or("", decode::Fault::word));
            let (before, after) = (Bytes(undone.before), Bytes(undone.after));
            telling.step(PageStep::Decoded { coding, before, after, fault, took: undone.took }.into());
            // Bytes behind the end are nobody's loss.
            let wrong = undone.fault.filter(|fault| *fault != decode::Fault::Trailing);
            if let (Some(wrong), None) = (wrong, &understood.fault) {
                let torn = wrong == decode::Fault::Torn;
                (understood.fault, understood.broken) = (Some(Fault::of_coding(coding, torn, undone.before, undone.after)), true);
            }
        }
        if let Some((codings, why)) = self.kept {
            let codings = telling.keep(codings);
            telling.step(PageStep::CodingKept { codings, why }.into());
        }
        let began = telling.now();
        let seen = self.reading.finish();
        let took = self.reading_took + telling.now().since(began);
        if seen.bytes == 0 {
            return understood;
        }
        let (kind, declared) = (telling.keep(seen.kind.to_string()), telling.keep(&self.declared));
        telling.step(PageStep::Sniffed { kind, rule: seen.rule.word(), declared, size: Bytes(seen.bytes) }.into());
        let wrong = tell_charset(&seen, telling);
        understood.fault = understood.fault.or(wrong);
        if let Some(document) = &seen.document {
            tell_document(document, took, telling);
        }
        understood.seen = Some(seen);
        understood
    }
}

fn tell_charset(seen: &Seen, telling: &mut Telling<'_>) -> Option<Fault> {
    let charset = seen.charset?;
    let (malformed, first_malformed) = (seen.malformed.unwrap_or_default(), seen.first_malformed);
    let (name, rule) = (charset.encoding.name(), charset.rule);
    let looked_at = Bytes(seen.guessed.map_or(0, |guessed| guessed.bytes as u64));
    let telling_bytes = Bytes(seen.guessed.map_or(0, |guessed| guessed.telling as u64));
    let confidence = seen.guessed.map_or("", |guessed| guessed.confidence());
    telling.step(
        PageStep::CharsetChosen {
            charset: name,
            rule: rule.word(),
            unknown: charset.unknown,
            confidence,
            looked_at,
            telling: telling_bytes,
            malformed,
            first_malformed,
        }
        .into(),
    );
    // A guess of ours is nobody's fault.
    (malformed > 0 && rule != CharsetRule::Guess).then(|| Fault::of_charset(name, rule, malformed, first_malformed))
}

fn tell_document(document: &Document, took: Duration, telling: &mut Telling<'_>) {
    let title = telling.keep(&document.title);
    let listed = document.resources.len() as u64;
    let blocking = document.resources.iter().filter(|one| one.blocks).count() as u64;
    telling.step(
        PageStep::Parsed {
            title,
            elements: document.elements,
            mistakes: document.mistakes,
            quirks: document.quirks,
            resources: listed + document.unlisted,
            blocking,
            inline: document.inline,
            took,
        }
        .into(),
    );
    for mistake in &document.first_mistakes {
        let what = telling.keep(&mistake.what);
        telling.step(PageStep::ParseMistake { line: mistake.line, what }.into());
    }
    for (resource, number) in document.resources.iter().zip(1..) {
        let url = telling.keep(resource.url.as_str());
        let (kind, blocks, lazy) = (resource.kind.word(), resource.blocks, resource.lazy);
        telling.step(PageStep::ResourceFound { resource: number, kind, url, blocks, lazy }.into());
    }
}
