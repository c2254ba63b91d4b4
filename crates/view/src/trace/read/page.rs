//! The page, and what it asks for.

use super::{Place, Reader, Row, Tone};
use crate::trace::quantity::{count, size, time};
use decide::step::PageStep;
use decide::time::{Duration, Instant};

/// What was found of a page's resources, by kind.
#[derive(Default)]
pub(super) struct Found {
    kinds: Vec<(&'static str, usize)>,
    blocking: usize,
    /// Where the row is that says so.
    row: Option<usize>,
}

impl Found {
    fn text(&self) -> String {
        let kinds: Vec<String> = self.kinds.iter().map(|(kind, number)| format!("{number} {}", plural(kind, *number))).collect();
        let blocking = match self.blocking {
            0 => String::new(),
            number => format!("; {number} of them before anything is painted"),
        };
        format!("{}{blocking}", kinds.join(", "))
    }
}

impl Reader<'_> {
    pub(super) fn page(&mut self, at: Instant, step: &PageStep) -> bool {
        match *step {
            PageStep::Parsed { title, elements, mistakes, quirks, inline, took, .. } => {
                let title = self.text(title);
                self.open(Place::Page, at);
                let span = self.before(at, took);
                if let Some(station) = self.station() {
                    (station.open, station.span) = (None, span);
                }
                let title = if title.is_empty() { "a page without a title".to_string() } else { format!("“{title}”") };
                let elements = count(usize::try_from(elements).unwrap_or(usize::MAX), "element", "elements");
                self.set_text(format!("{title}, {elements}"));
                let mended = count(usize::try_from(mistakes).unwrap_or(usize::MAX), "mistake", "mistakes");
                let more = if mistakes > 0 && !self.options.verbose { " (-v shows them)" } else { "" };
                let quirks = if quirks { "; no doctype of today: shown as browsers of the last century would" } else { "" };
                let inside = if inline > 0 { format!("; {inline} inside as data:") } else { String::new() };
                let tone = if quirks.is_empty() { Tone::Plain } else { Tone::Warning };
                self.say_at(span, "parser", format!("{mended} mended{more}{quirks}{inside}"), tone);
                self.found = Found::default();
            }
            PageStep::ParseMistake { line, what } => {
                let what = self.text(what);
                if self.options.verbose {
                    self.say("", format!("line {line}: {what}"), Tone::Quoted);
                }
            }
            PageStep::ResourceFound { kind, url, blocks, lazy, .. } => {
                let url = self.text(url);
                self.resource_found(kind, &url, blocks, lazy);
            }
            PageStep::PageConnection { connection, origin, remote, version, kept, took } => {
                let (origin, remote) = (self.text(origin), self.text(remote));
                let what = if kept { ", the page's own".to_string() } else { format!(", {remote}") };
                let text = format!("{connection} to {origin}{what}, {version}");
                self.in_waterfall(at, took, "connect", text, Tone::Plain);
            }
            PageStep::ResourceFetched { .. } => self.resource_fetched(at, step),
            PageStep::ResourcesLeft { resources, why } => {
                let why = match why {
                    "lazy" => "for they come when somebody scrolls or plays",
                    "limit" => "for there are more than --page-limit allows",
                    _ => "for the time was over",
                };
                let many = count(usize::try_from(resources).unwrap_or(usize::MAX), "resource is", "resources are");
                self.say("left", format!("{many} not here, {why}"), if why.contains("scrolls") { Tone::Plain } else { Tone::Warning });
            }
            PageStep::PageFetched { good, bad, size: bytes, took, blocked } => {
                let failed = if bad > 0 { format!(", {bad} failed") } else { String::new() };
                let many = count(usize::try_from(good).unwrap_or(usize::MAX), "resource", "resources");
                let text = self.station().map(|station| station.text.clone()).unwrap_or_default();
                self.set_text(format!("{text}, {many}{failed}, {} in {}", size(bytes.0), time(took)));
                if blocked > Duration::ZERO {
                    let start = (at - took).since(self.journey.began);
                    let span = super::Span { start, end: start + blocked };
                    self.say_at(span, "blocked", format!("nothing is painted for {}", time(blocked)), Tone::Plain);
                }
                let end = at.since(self.journey.began);
                if let Some(station) = self.station() {
                    station.span.end = end;
                }
            }
            _ => return false,
        }
        true
    }

    fn resource_found(&mut self, kind: &'static str, url: &str, blocks: bool, lazy: bool) {
        match self.found.kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, number)) => *number += 1,
            None => self.found.kinds.push((kind, 1)),
        }
        self.found.blocking += usize::from(blocks);
        let text = self.found.text();
        let row = self.found.row;
        match (row, self.station()) {
            (Some(at), Some(station)) if at < station.rows.len() => station.rows[at].text = text,
            (_, Some(station)) => {
                station.rows.push(Row { label: "asks for", text, span: None, tone: Tone::Plain });
                self.found.row = self.station().map(|station| station.rows.len() - 1);
            }
            _ => {}
        }
        if self.options.verbose {
            let blocks = if blocks { ", blocks" } else { "" };
            let lazy = if lazy { ", lazy" } else { "" };
            self.say("", format!("{kind} {url}{blocks}{lazy}"), Tone::Quoted);
        }
    }

    fn resource_fetched(&mut self, at: Instant, step: &PageStep) {
        let PageStep::ResourceFetched { kind, url, blocks, status, version, connection, redirects, size: bytes, took, fault, .. } = *step
        else {
            return;
        };
        let (url, fault) = (self.text(url), self.text(fault));
        let url = self.seen_from_page(&url);
        let blocks = if blocks { ", blocks" } else { "" };
        let redirects = if redirects > 0 {
            format!(", after {}", count(usize::try_from(redirects).unwrap_or(0), "redirect", "redirects"))
        } else {
            String::new()
        };
        let (text, tone) = match fault.is_empty() {
            true => {
                let over = format!("{version} on {connection}");
                let tone = if status < 400 { Tone::Plain } else { Tone::Bad };
                (format!("{status} {url}, {}, {over}{redirects}{blocks}", size(bytes.0)), tone)
            }
            false => (format!("{url}: {fault}{redirects}{blocks}"), Tone::Bad),
        };
        self.in_waterfall(at, took, kind, text, tone);
    }

    /// A row among others in the order in which they began.
    fn in_waterfall(&mut self, at: Instant, took: Duration, label: &'static str, text: String, tone: Tone) {
        let span = self.before(at, took);
        let end = at.since(self.journey.began);
        let Some(station) = self.station() else { return };
        station.span.end = station.span.end.max(end);
        let later = |row: &Row| row.label != "parser" && row.span.is_some_and(|other| other.start > span.start);
        let behind = station.rows.iter().rposition(|row| !later(row)).map_or(0, |at| at + 1);
        station.rows.insert(behind, Row { label, text, span: Some(span), tone });
    }

    /// A URL of the page's own server without the server.
    fn seen_from_page(&self, url: &str) -> String {
        let page = self.read.legs.last().map_or("", |leg| leg.title.as_str());
        let path = page.find("//").and_then(|at| page[at + 2..].find('/').map(|slash| at + 2 + slash)).unwrap_or(page.len());
        match url.strip_prefix(&page[..path]) {
            Some(rest) if !page.is_empty() && rest.starts_with('/') => rest.to_string(),
            _ => url.to_string(),
        }
    }
}

fn plural(kind: &str, number: usize) -> String {
    match (kind, number) {
        ("media", _) | (_, 1) => kind.to_string(),
        _ => format!("{kind}s"),
    }
}
