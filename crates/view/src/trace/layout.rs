//! Stations and rows in columns: the tree, how long each took, and a waterfall of when.

use super::Options;
use super::quantity::time;
use super::read::{End, Leg, Place, Read, Row, Span, Station, Tone};
use decide::time::Duration;
use std::fmt::Write;

/// Columns of the names of stations, and of a time.
const NAME: usize = 9;
const TIME: usize = 8;
/// A narrower screen has no waterfall.
const LEAST_FOR_BARS: usize = 72;

/// The whole tree.
pub(super) fn lines(read: &Read, options: &Options) -> Vec<String> {
    let mut out = Painter { options, bars: bars(options.width), total: read.total, lines: Vec::new() };
    for (index, leg) in read.legs.iter().enumerate() {
        out.leg(leg, index, read.total);
    }
    if let Some(end) = &read.end {
        out.end(end);
    }
    out.lines
}

/// Columns of the waterfall.
fn bars(width: usize) -> usize {
    if width < LEAST_FOR_BARS { 0 } else { (14 + (width - LEAST_FOR_BARS) * 3 / 8).min(48) }
}

struct Painter<'a> {
    options: &'a Options,
    bars: usize,
    total: Duration,
    lines: Vec<String>,
}

/// A piece of a line: what stands in it, and how it is painted.
type Piece<'a> = (&'a str, &'static str);

const PLAIN: &str = "";
const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BOLD_RED: &str = "1;31";
const BOLD_GREEN: &str = "1;32";

impl Painter<'_> {
    fn leg(&mut self, leg: &Leg, index: usize, total: Duration) {
        if index > 0 {
            self.lines.push(String::new());
        }
        let scale = (index == 0 && self.bars > 0).then(|| time(total));
        // The axis of the waterfall stands beside the first URL, if there is room.
        let before = self.options.width.saturating_sub(self.bars);
        let title = leg.title.chars().count();
        match scale {
            Some(scale) if title < before && !leg.title.is_empty() => {
                let gap = " ".repeat(before - title);
                let axis = self.bars.saturating_sub(1 + scale.chars().count());
                let axis = format!("0{}{scale}", " ".repeat(axis));
                self.put(&[(&leg.title, BOLD), (&gap, PLAIN), (&axis, DIM)]);
            }
            _ if leg.title.is_empty() => {}
            _ => self.wrapped(&leg.title, BOLD, "", ""),
        }
        for station in &leg.stations {
            self.station(station);
        }
    }

    fn station(&mut self, station: &Station) {
        let name = format!("{:<NAME$}", station.place.name());
        let tone = if station.failed { BOLD_RED } else { BOLD };
        let head = [("├─ ", DIM), (name.as_str(), tone)];
        let colour = if station.failed { RED } else { colour(station.place) };
        self.row(&head, &format!("│  {:NAME$}", ""), &station.text, PLAIN, Some((station.span, colour)));
        let last = station.rows.len().saturating_sub(1);
        let labels = station.rows.iter().map(|row| row.label.len()).max().unwrap_or(0);
        for (index, row) in station.rows.iter().enumerate() {
            self.detail(row, labels, station.place, index == last);
        }
    }

    fn detail(&mut self, row: &Row, labels: usize, place: Place, last: bool) {
        let (tone, mark) = match row.tone {
            Tone::Plain => (PLAIN, ""),
            Tone::Good => (GREEN, ""),
            Tone::Warning => (YELLOW, "! "),
            Tone::Bad => (RED, "✗ "),
            Tone::Quoted => (DIM, ""),
        };
        // A row without a label goes on with the one before, where others have labels.
        let branch = match (row.label.is_empty() && labels > 0, last) {
            (true, true) => "╵  ",
            (true, false) => "│  ",
            (false, true) => "└─ ",
            (false, false) => "├─ ",
        };
        let label = if labels == 0 { String::new() } else { format!("{:<labels$}  ", row.label) };
        let head = [("│  ", DIM), (branch, DIM), (label.as_str(), DIM), (mark, tone)];
        let colour = if row.tone == Tone::Bad { RED } else { colour(place) };
        let rest = format!("│  {}  {}", if last { " " } else { "│" }, " ".repeat(label.len()));
        self.row(&head, &rest, &row.text, tone, row.span.map(|span| (span, colour)));
    }

    /// A row of a head and a text, which goes on below where it is too long, and the time and the bar of its span.
    fn row(&mut self, head: &[Piece<'_>], rest: &str, text: &str, tone: &'static str, span: Option<(Span, &'static str)>) {
        let indent: usize = head.iter().map(|(piece, _)| piece.chars().count()).sum();
        let beside = if span.is_some() { TIME + 2 + if self.bars > 0 { self.bars + 1 } else { 0 } } else { 0 };
        let room = self.options.width.saturating_sub(indent + beside).max(16);
        let hang = self.options.width.saturating_sub(rest.chars().count() + beside).max(16);
        let pieces = wrap(text, room, hang);
        for (index, piece) in pieces.iter().enumerate() {
            let mut line: Vec<Piece<'_>> = if index == 0 { head.to_vec() } else { vec![(rest, DIM)] };
            line.push((piece, tone));
            if let (0, Some((span, colour))) = (index, span) {
                let gap = " ".repeat(room.saturating_sub(piece.chars().count()));
                let lasted = span.end.saturating_sub(span.start);
                let lasted = if lasted.as_micros() == 0 { String::new() } else { time(lasted) };
                let lasted = format!("  {lasted:>TIME$}");
                let bar = if self.bars > 0 { format!(" {}", self.bar(span)) } else { String::new() };
                line.extend([(gap.as_str(), PLAIN), (lasted.as_str(), DIM), (bar.as_str(), colour)]);
                self.put(&line);
            } else {
                self.put(&line);
            }
        }
    }

    /// The span among all of the time. What is shorter than an eighth of a column is drawn as one.
    fn bar(&self, span: Span) -> String {
        const RIGHT: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
        let eighths = self.bars * 8;
        let place = |at: Duration| match self.total.as_nanos() {
            0 => 0,
            total => usize::try_from(at.as_nanos() * eighths as u128 / total).unwrap_or(eighths).min(eighths),
        };
        let start = place(span.start).min(eighths - 1);
        let end = place(span.end).max(start + 1);
        let (first, last) = (start / 8, (end - 1) / 8);
        let mut bar = " ".repeat(first);
        if first == last {
            // Only the left end of a cell can be drawn exactly; a short piece at its right is half of it.
            bar.push(if start % 8 >= 4 { '▐' } else { RIGHT[(end - 1) % 8] });
            return bar;
        }
        bar.push(if start % 8 >= 4 { '▐' } else { '█' });
        bar.extend(std::iter::repeat_n('█', last - first - 1));
        bar.push(RIGHT[(end - 1) % 8]);
        bar
    }

    fn end(&mut self, end: &End) {
        let tone = if end.good { BOLD_GREEN } else { BOLD_RED };
        let mark = if end.good { "└─ ✓ " } else { "└─ ✗ " };
        self.wrapped(&end.text, tone, mark, "     ");
    }

    fn wrapped(&mut self, text: &str, tone: &'static str, first: &str, rest: &str) {
        let room = self.options.width.saturating_sub(first.chars().count()).max(16);
        for (index, piece) in wrap(text, room, room).iter().enumerate() {
            let lead = if index == 0 { first } else { rest };
            self.put(&[(lead, if index == 0 { tone } else { PLAIN }), (piece, tone)]);
        }
    }

    fn put(&mut self, pieces: &[Piece<'_>]) {
        let mut line = String::new();
        let used = pieces.iter().rposition(|(text, _)| !text.trim_end().is_empty()).map_or(0, |at| at + 1);
        for (index, (text, paint)) in pieces[..used].iter().enumerate() {
            let text = if index + 1 == used { text.trim_end() } else { text };
            match self.options.colour && !paint.is_empty() && !text.is_empty() {
                true => drop(write!(line, "\x1b[{paint}m{text}\x1b[0m")),
                false => line.push_str(text),
            }
        }
        self.lines.push(line);
    }
}

const fn colour(place: Place) -> &'static str {
    match place {
        Place::Url => "37",
        Place::Name => "34",
        Place::Connect => "36",
        Place::Tls => "35",
        Place::Http => "32",
        Place::Server => "33",
        Place::Socket => "36",
        Place::Decode => "33",
        Place::Page => "94",
    }
}

/// Cuts a text at blanks, the first piece for `first` columns and the others for `rest`; a word that is longer than a piece is cut too.
pub(super) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut len = 0;
    for word in text.split(' ') {
        let room = if pieces.is_empty() { first } else { rest };
        let word_len = word.chars().count();
        if len > 0 && len + 1 + word_len > room {
            pieces.push(std::mem::take(&mut piece));
            len = 0;
        } else if len > 0 {
            piece.push(' ');
            len += 1;
        }
        for character in word.chars() {
            let room = if pieces.is_empty() { first } else { rest };
            if len == room {
                pieces.push(std::mem::take(&mut piece));
                len = 0;
            }
            piece.push(character);
            len += 1;
        }
    }
    pieces.push(piece);
    pieces
}
