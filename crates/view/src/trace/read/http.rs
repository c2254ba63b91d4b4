//! Request and answer.

use super::url::status_text;
use super::{Place, Reader, Span, Tone};
use crate::trace::quantity::{count, rate, size};
use decide::step::{Bytes, Step, Text};
use decide::time::{Duration, Instant};

/// The request under way.
#[derive(Default)]
pub(super) struct Asked {
    line: String,
    answered: Option<Instant>,
}

impl Reader<'_> {
    pub(super) fn http(&mut self, at: Instant, step: &Step) -> bool {
        match *step {
            Step::RequestSent { method, target, version, head, body } => self.sent(at, (method, target), version, head, body),
            Step::HeadReceived { status, version, head, interim, took } => self.head(at, status, version, head, (interim, took)),
            Step::Told { field, says } => {
                let says = self.text(says);
                self.say(field, says, Tone::Plain);
            }
            Step::BodyReceived { size: bytes, framing, whole, took } => self.body(at, bytes.0, framing, whole, took),
            Step::TrailersReceived { fields } => {
                let lines = self.text_lines(fields);
                self.say("trailers", count(lines.len(), "field", "fields"), Tone::Plain);
                lines.into_iter().for_each(|line| self.say("", line, Tone::Quoted));
            }
            Step::Redirected { location, method, followed, why, .. } => {
                let (location, method, why) = (self.text(location), self.text(method), self.text(why));
                let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
                let goes = if followed { "goes on" } else { "does not go on" };
                let tone = if followed && !why.contains("https to http") { Tone::Plain } else { Tone::Warning };
                self.say("redirect", format!("{goes} to {location} by {method}{why}"), tone);
            }
            _ => return false,
        }
        true
    }

    fn sent(&mut self, at: Instant, (method, target): (Text, Text), version: &str, head: Text, body: Bytes) {
        let lines = self.text_lines(head);
        self.open(Place::Http, at);
        self.http = Asked { line: format!("{} {}", self.text(method), self.text(target)), answered: None };
        let line = self.http.line.clone();
        self.set_text(format!("{line} …"));
        let fields = lines.iter().filter(|line| line.contains(": ") && !line.starts_with(':')).count();
        let body = if body.0 > 0 { format!(" and {}", size(body.0)) } else { String::new() };
        self.say_at(self.point(at), "request", format!("{version}, {}{body}", count(fields, "field", "fields")), Tone::Plain);
        self.quote(lines);
    }

    fn head(&mut self, at: Instant, status: u16, version: &str, head: Text, (interim, took): (bool, Duration)) {
        let lines = self.text_lines(head);
        let fields = count(lines.len().saturating_sub(1), "field", "fields");
        let (label, tone) = match (interim, status) {
            (true, _) => ("interim", Tone::Plain),
            (_, ..400) => ("answer", Tone::Good),
            _ => ("answer", Tone::Bad),
        };
        let said = status_text(status);
        self.say_at(self.before(at, took), label, format!("{said}, {version}, {fields}"), tone);
        // What comes before the answer is short, and seldom seen.
        if interim && !self.options.verbose {
            lines.iter().skip(1).for_each(|line| self.say("", line.clone(), Tone::Quoted));
        }
        self.quote(lines);
        if !interim {
            let text = format!("{} → {said}", self.http.line);
            self.http.answered = Some(at);
            self.set_text(text);
            if let Some(station) = self.station() {
                station.failed = status >= 400;
            }
        }
    }

    fn body(&mut self, at: Instant, bytes: u64, framing: &str, whole: bool, took: Duration) {
        let span: Span = self.before(at, took);
        let rate = rate(bytes, took).map(|rate| format!(" at {rate}")).unwrap_or_default();
        let ended = match (whole, framing) {
            (false, _) => ", and there it stops",
            (_, "chunked") => ", in chunks",
            (_, "close") => ", until the close",
            (_, "none") => return self.close(at),
            _ => "",
        };
        self.say_at(span, "body", format!("{}{rate}{ended}", size(bytes)), if whole { Tone::Plain } else { Tone::Bad });
        self.close(at);
    }

    /// What is here of a body that still comes.
    pub(super) fn body_so_far(&mut self) {
        let going = self.station().is_some_and(|station| station.place == Place::Http && station.open.is_some());
        if let (true, Some(_), Some((now, bytes @ 1..))) = (going, self.http.answered, self.options.so_far) {
            let start = self.http.answered.map_or(now, |at| at.since(self.journey.began));
            let rate = rate(bytes, now.saturating_sub(start)).map(|rate| format!(" at {rate}")).unwrap_or_default();
            self.say_at(Span { start, end: now }, "body", format!("{} so far{rate}", size(bytes)), Tone::Plain);
        }
    }

    fn quote(&mut self, lines: Vec<String>) {
        if self.options.verbose {
            lines.into_iter().for_each(|line| self.say("", line, Tone::Quoted));
        }
    }
}
