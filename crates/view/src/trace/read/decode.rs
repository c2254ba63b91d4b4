//! What the bytes of the answer are.

use super::{Place, Reader, Span, Tone};
use crate::text::thousands;
use crate::trace::quantity::size;
use decide::step::{Bytes, PageStep, Text};
use decide::time::{Duration, Instant};

impl Reader<'_> {
    pub(super) fn decode(&mut self, at: Instant, step: &PageStep) -> bool {
        match *step {
            PageStep::Decoded { coding, before, after, fault, took } => self.decoded(at, coding, (before.0, after.0), fault, took),
            PageStep::CodingKept { codings, why } => {
                let codings = self.text(codings);
                self.decode_station(at);
                let why = match why {
                    "part" => "of a part of the content cannot be undone",
                    _ => "is no coding that anybody knows: the bytes are taken as they are",
                };
                self.say("coding", format!("{codings} {why}"), Tone::Warning);
            }
            PageStep::Sniffed { kind, rule, declared, size } => self.sniffed(at, kind, rule, declared, size),
            PageStep::CharsetChosen { charset, rule, unknown, confidence, looked_at, telling, malformed, first_malformed } => {
                let text = self.station().map(|station| station.text.clone()).unwrap_or_default();
                self.set_text(format!("{text}, {charset}"));
                let why = charset_rule(rule, unknown);
                let guess = match (rule, telling.0) {
                    ("guess", 0) => format!(": all of {} is ASCII, and nearly any would do", size(looked_at.0)),
                    ("guess", bytes) => format!(" ({confidence}: by {} outside ASCII of {})", size(bytes), size(looked_at.0)),
                    _ => String::new(),
                };
                let tone = if unknown { Tone::Warning } else { Tone::Plain };
                self.say("charset", format!("{charset}, {why}{guess}"), tone);
                if malformed > 0 {
                    let places = if malformed == 1 { "1 place is".to_string() } else { format!("{} places are", thousands(malformed)) };
                    let tone = if rule == "guess" { Tone::Warning } else { Tone::Bad };
                    let text = format!("{places} not {charset}, the first at byte {}", thousands(first_malformed));
                    self.say("", text, tone);
                }
            }
            _ => return false,
        }
        true
    }

    /// The station, begun if it is not there; it stands for no time of its own but that of its codings.
    fn decode_station(&mut self, at: Instant) {
        if let Some(station) = self.at(Place::Decode, at) {
            station.open = None;
        }
    }

    fn decoded(&mut self, at: Instant, coding: &'static str, (before, after): (u64, u64), fault: &str, took: Duration) {
        self.decode_station(at);
        let span: Span = self.before(at, took);
        let times = match (before, after) {
            (1.., 1..) => format!(" ({:.1} times)", after as f64 / before as f64),
            _ => String::new(),
        };
        let (wrong, tone) = match fault {
            "" => ("", Tone::Plain),
            "trailing" => (", and bytes behind its end that mean nothing", Tone::Warning),
            "torn" => (", and there it ends too early", Tone::Bad),
            _ => (", and there it is none", Tone::Bad),
        };
        let text = format!("{} → {}{times}{wrong}", size(before), size(after));
        if let Some(station) = self.station() {
            station.span = if station.rows.is_empty() { span } else { Span { start: station.span.start.min(span.start), ..station.span } };
            station.failed |= tone == Tone::Bad;
            if station.text.is_empty() {
                station.text = coding.to_string();
            } else {
                station.text = format!("{} in {coding}", station.text);
            }
        }
        self.say_at(span, coding, text, tone);
    }

    fn sniffed(&mut self, at: Instant, kind: Text, rule: &str, declared: Text, bytes: Bytes) {
        let (kind, declared) = (self.text(kind), self.text(declared));
        self.decode_station(at);
        let (why, tone) = match rule {
            "content-type" => ("as Content-Type says".to_string(), Tone::Plain),
            "nosniff" => ("as Content-Type says, and X-Content-Type-Options forbids to look".to_string(), Tone::Plain),
            "image-pattern" | "media-pattern" => (format!("by its first bytes, though Content-Type says {declared}"), Tone::Warning),
            "text-by-bytes" => (format!("by its bytes: {declared:?} is what old servers say of everything"), Tone::Plain),
            "binary-by-bytes" => (format!("by its bytes, though Content-Type says {declared}"), Tone::Warning),
            "pattern" => ("by its first bytes; there is no Content-Type".to_string(), Tone::Plain),
            "no-pattern-text" => ("by its first bytes: nothing in them is binary; there is no Content-Type".to_string(), Tone::Warning),
            _ => ("by its first bytes: some of them are binary; there is no Content-Type".to_string(), Tone::Warning),
        };
        let essence = kind.split(';').next().unwrap_or_default().trim().to_string();
        if let Some(station) = self.station() {
            let codings = std::mem::take(&mut station.text);
            let inside = if codings.is_empty() { String::new() } else { format!(" in {codings}") };
            station.text = format!("{essence}{inside}, {}", size(bytes.0));
        }
        self.say("type", format!("{kind}, {why}"), tone);
    }
}

fn charset_rule(rule: &str, unknown: bool) -> String {
    let why = match rule {
        "byte-order-mark" => "by the byte order mark at its beginning",
        "content-type" => "as Content-Type says",
        "meta" => "as a meta element says",
        "xml-declaration" => "as its XML declaration says",
        "format" => "which the format always is",
        "guess" => "a guess",
        _ => "which the format is where nothing is said",
    };
    match unknown {
        true => format!("{why}; the one that Content-Type names is known to nobody"),
        false => why.to_string(),
    }
}
