//! From steps to stations and rows. The order of the steps is the order of the path, so this goes through them once.

mod connect;
mod decode;
mod dns;
mod http;
mod origin;
mod packets;
mod page;
mod server;
mod socket;
mod tls;
mod url;

use super::Options;
use crate::text::shown;
use decide::step::{Journey, Step, Text, Value};
use decide::time::{Duration, Instant};

/// A journey, ready to be laid out.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Its legs, in order.
    pub(super) legs: Vec<Leg>,
    /// From the beginning to the last step, or to now.
    pub(super) total: Duration,
    /// How it ended.
    pub(super) end: Option<End>,
}

/// One request and what led to it.
#[derive(Debug, Default)]
pub(super) struct Leg {
    pub(super) title: String,
    pub(super) stations: Vec<Station>,
    /// The server's side, until it gets its place among the stations.
    server: Option<Station>,
}

/// A station of a leg.
#[derive(Debug)]
pub(super) struct Station {
    pub(super) place: Place,
    pub(super) text: String,
    pub(super) span: Span,
    /// Since when it goes on, while it does.
    open: Option<Instant>,
    pub(super) failed: bool,
    pub(super) rows: Vec<Row>,
    /// The steps it was read from, by their numbers in the journey, each with the row that tells of it.
    pub(super) steps: Vec<(usize, Option<usize>)>,
}

/// Which station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Url,
    Name,
    Connect,
    Tls,
    Http,
    Server,
    Socket,
    Decode,
    Page,
}

impl Place {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Place::Url => "URL",
            Place::Name => "Name",
            Place::Connect => "Connect",
            Place::Tls => "TLS",
            Place::Http => "HTTP",
            Place::Server => "Server",
            Place::Socket => "Socket",
            Place::Decode => "Decode",
            Place::Page => "Page",
        }
    }
}

impl Place {
    /// It is about the connection, or before it; what comes behind the answer is not.
    const fn is_of_line(self) -> bool {
        !matches!(self, Place::Decode | Place::Page)
    }
}

impl Station {
    /// It began before the step that tells of it, and still goes on.
    fn begin(&mut self, span: Span, at: Instant, took: Duration) {
        self.span = span;
        self.open = Some(at - took);
    }
}

/// A part of the time since the journey began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: Duration,
    pub(super) end: Duration,
}

/// How a row is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// A fact.
    Plain,
    /// Something that turned out well.
    Good,
    /// Something to know.
    Warning,
    /// Something that failed.
    Bad,
    /// Other people's words: fields and the like.
    Quoted,
}

/// One thing of a station.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) label: &'static str,
    pub(super) text: String,
    pub(super) span: Option<Span>,
    pub(super) tone: Tone,
}

/// How a journey ended.
#[derive(Debug)]
pub(super) struct End {
    pub(super) good: bool,
    pub(super) text: String,
}

/// Reads a journey.
pub(super) fn read(journey: &Journey, options: &Options) -> Read {
    let mut reader = Reader {
        journey,
        options,
        read: Read::default(),
        tls: tls::Flights::default(),
        http: http::Asked::default(),
        dns: dns::Questions::new(),
        found: page::Found::default(),
        packets: packets::Packets::default(),
        touched: None,
        socket: socket::Passed::default(),
    };
    let last = journey.steps().last().map_or(Duration::ZERO, |(at, _)| at.since(journey.began));
    reader.read.total = options.so_far.map_or(last, |(so_far, _)| so_far.max(last));
    for (number, (at, step)) in journey.steps().iter().enumerate() {
        reader.step(number, *at, step);
    }
    reader.finish();
    reader.read
}

struct Reader<'a> {
    journey: &'a Journey,
    options: &'a Options,
    read: Read,
    tls: tls::Flights,
    http: http::Asked,
    dns: dns::Questions,
    found: page::Found,
    packets: packets::Packets,
    /// The row that the present step added to, where that is an older one.
    touched: Option<usize>,
    socket: socket::Passed,
}

impl Reader<'_> {
    fn step(&mut self, number: usize, at: Instant, step: &Step) {
        let before = self.size();
        if self.packet(at, step) {
            self.originate(number, before);
            return;
        }
        if !matches!(step, Step::TlsMessage { .. } | Step::TlsOffered { .. }) {
            self.end_flight();
        }
        let before = self.size();
        let known = self.url(at, step)
            || self.dns(at, step)
            || self.connect(at, step)
            || self.tls(at, step)
            || self.http(at, step)
            || self.server(at, step)
            || self.socket(at, step)
            || matches!(step, Step::Page(inner) if self.decode(at, inner) || self.page(at, inner));
        if !known {
            self.unknown(at, step);
        }
        self.originate(number, before);
        self.place(at, step);
    }

    /// A step that nobody here has words for, shown as it stands in the catalogue. Whatever comes between URL and connection is about the
    /// name.
    fn unknown(&mut self, at: Instant, step: &Step) {
        if self.read.legs.last().and_then(|leg| leg.stations.last()).is_some_and(|station| station.place == Place::Url) {
            self.open(Place::Name, at);
        }
        let mut text = String::new();
        step.fields(|name, value| {
            let value = match value {
                Value::Text(text) => self.text(text),
                Value::Word(word) => word.to_string(),
                Value::Number(number) => number.to_string(),
                Value::Bytes(bytes) => super::quantity::size(bytes),
                Value::Span(span) => super::quantity::time(span),
                Value::Flag(flag) => if flag { "yes" } else { "no" }.to_string(),
                // Things of a server's configuration, which a client has none of.
                _ => return,
            };
            if !value.is_empty() {
                let gap = if text.is_empty() { "" } else { ", " };
                text.push_str(&format!("{gap}{name} {value}"));
            }
        });
        self.row(Row { label: step.name(), text, span: Some(self.point(at)), tone: Tone::Plain });
    }

    /// Ends what is open: it goes on still, or has failed.
    fn finish(&mut self) {
        self.end_flight();
        self.body_so_far();
        for leg in &mut self.read.legs {
            server::place(&mut leg.stations, leg.server.take());
        }
        self.socket_ended();
        let total = self.read.total;
        let began = self.journey.began;
        for station in self.read.legs.iter_mut().flat_map(|leg| &mut leg.stations) {
            if let Some(since) = station.open.take() {
                station.span = Span { start: since.since(began), end: total };
            }
        }
        self.packets();
    }

    /// Begins a station, which lasts until [`Reader::close`].
    fn open(&mut self, place: Place, at: Instant) {
        let point = self.point(at);
        if let Some(leg) = self.read.legs.last_mut() {
            let (rows, steps) = (Vec::new(), Vec::new());
            leg.stations.push(Station { place, text: String::new(), span: point, open: Some(at), failed: false, rows, steps });
        }
    }

    /// The present station, begun if it is another.
    fn at(&mut self, place: Place, at: Instant) -> Option<&mut Station> {
        if self.station().is_none_or(|station| station.place != place) {
            self.open(place, at);
        }
        self.station()
    }

    fn close(&mut self, at: Instant) {
        let end = at.since(self.journey.began);
        let began = self.journey.began;
        if let Some(station) = self.station()
            && let Some(since) = station.open.take()
        {
            station.span = Span { start: since.since(began), end };
        }
    }

    fn station(&mut self) -> Option<&mut Station> {
        self.read.legs.last_mut()?.stations.last_mut()
    }

    /// The station that what is told of the connection belongs to: what comes behind the answer has none of its own.
    fn line_station(&mut self) -> Option<&mut Station> {
        let stations = &mut self.read.legs.last_mut()?.stations;
        stations.iter_mut().rfind(|station| station.place.is_of_line())
    }

    fn row(&mut self, row: Row) {
        if let Some(station) = self.station() {
            station.rows.push(row);
        }
    }

    fn say(&mut self, label: &'static str, text: impl Into<String>, tone: Tone) {
        self.row(Row { label, text: text.into(), span: None, tone });
    }

    fn say_at(&mut self, span: Span, label: &'static str, text: impl Into<String>, tone: Tone) {
        self.row(Row { label, text: text.into(), span: Some(span), tone });
    }

    /// A text of a step, safe to be shown.
    fn text(&self, text: Text) -> String {
        shown(&String::from_utf8_lossy(self.journey.text(text))).into_owned()
    }

    /// A text of several lines, each safe to be shown.
    fn text_lines(&self, text: Text) -> Vec<String> {
        String::from_utf8_lossy(self.journey.text(text)).lines().map(|line| shown(line).into_owned()).collect()
    }

    fn point(&self, at: Instant) -> Span {
        let at = at.since(self.journey.began);
        Span { start: at, end: at }
    }

    /// What ended now and took so long.
    fn before(&self, at: Instant, took: Duration) -> Span {
        let end = at.since(self.journey.began);
        Span { start: end.saturating_sub(took), end }
    }
}
