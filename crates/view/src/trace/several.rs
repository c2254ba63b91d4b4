//! Many journeys to one URL: what each phase took, how that spreads, and what failed.
//!
//! Times are of journeys that arrived. The median of an even number is the middle of the two in the middle; p95 is by nearest rank: the
//! least value that 95 of 100 do not exceed, one that was measured.

mod facts;
mod pair;
mod phase;
mod plot;

use super::Options;
use super::quantity::{count, time};
use crate::step_json::{key, seconds, string};
use crate::text::{Align, Columns, shown};
use decide::step::{Journey, Step};
use decide::time::Duration;
use facts::Facts;
pub use pair::{compared, compared_json};
use std::fmt::Write;

const SCHEMA: &str = "throughline.trace.repeat/1";

/// Journeys to one URL, as far as they are needed: not one step is kept.
#[derive(Debug, Default)]
pub struct Runs {
    url: String,
    runs: usize,
    phases: Vec<Phase>,
    failures: Vec<Failure>,
    /// Of the last journey that arrived.
    facts: Facts,
}

/// What one phase took, in the order of the journeys.
#[derive(Debug)]
struct Phase {
    name: &'static str,
    values: Vec<Duration>,
}

/// Journeys that stopped, all with the same sentence.
#[derive(Debug)]
struct Failure {
    sentence: String,
    exit: u16,
    times: usize,
}

/// How values spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spread {
    min: Duration,
    median: Duration,
    p95: Duration,
    max: Duration,
}

impl Spread {
    /// Of one value at least.
    fn of(values: &[Duration]) -> Option<Spread> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let (first, last) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2 };
        let p95 = sorted[(sorted.len() * 95).div_ceil(100) - 1];
        Some(Spread { min: first, median, p95, max: last })
    }
}

impl Runs {
    /// None yet, to this URL.
    pub fn new(url: &str) -> Runs {
        Runs { url: shown(url).into_owned(), ..Runs::default() }
    }

    /// One more.
    pub fn add(&mut self, journey: &Journey) {
        self.runs += 1;
        if let Some((_, Step::Stopped { sentence, exit, .. })) = journey.steps().last() {
            let sentence = shown(&String::from_utf8_lossy(journey.text(*sentence))).into_owned();
            return match self.failures.iter_mut().find(|failure| failure.sentence == sentence) {
                Some(failure) => failure.times += 1,
                None => self.failures.push(Failure { sentence, exit: *exit, times: 1 }),
            };
        }
        for (name, took) in phase::taken(journey) {
            match self.phases.iter_mut().find(|phase| phase.name == name) {
                Some(phase) => phase.values.push(took),
                None => self.phases.push(Phase { name, values: vec![took] }),
            }
        }
        self.facts = facts::of(journey);
    }

    /// How many were made.
    pub fn count(&self) -> usize {
        self.runs
    }

    /// How many of them stopped on the way.
    pub fn failed(&self) -> usize {
        self.failures.iter().map(|failure| failure.times).sum()
    }

    /// The exit code: that of the first that failed.
    pub fn exit(&self) -> u8 {
        self.failures.first().map_or(0, |failure| u8::try_from(failure.exit).unwrap_or(1))
    }

    fn median(&self, phase: &str) -> Option<Duration> {
        let phase = self.phases.iter().find(|known| known.name == phase)?;
        Spread::of(&phase.values).map(|spread| spread.median)
    }

    /// `20 journeys`, and how many failed.
    fn counted(&self) -> String {
        let all = count(self.runs, "journey", "journeys");
        if self.failed() == 0 { all } else { format!("{all}, {} failed", self.failed()) }
    }
}

/// The phases of many journeys as a table with small plots, in lines without line ends. `ascii`: nothing but ASCII.
pub fn repeated(runs: &Runs, options: &Options, ascii: bool) -> Vec<String> {
    let mut lines = vec![bold(&runs.url, options), runs.counted()];
    let mut table = Columns::new([Align::Left, Align::Right, Align::Right, Align::Right, Align::Right, Align::Left]);
    table.row(["", "min", "median", "p95", "max", "from min to max"]);
    let bins = plot::bins(options.width);
    for phase in &runs.phases {
        let Some(Spread { min, median, p95, max }) = Spread::of(&phase.values) else { continue };
        let plot = plot::of(&phase.values, bins, ascii);
        table.row([phase.name.to_string(), time(min), time(median), time(p95), time(max), plot]);
    }
    if !runs.phases.is_empty() {
        let mut text = String::from("\n");
        let paint = |row: usize, column: usize, cell: &str| match (options.colour, row, column) {
            (false, ..) => cell.to_string(),
            (true, 0, _) => format!("\x1b[2m{cell}\x1b[0m"),
            (true, _, 2) => format!("\x1b[1m{cell}\x1b[0m"),
            (true, _, 5) => format!("\x1b[36m{cell}\x1b[0m"),
            _ => cell.to_string(),
        };
        table.write("", &mut text, paint);
        lines.extend(text.lines().map(String::from));
    }
    lines.extend(failures(runs, options));
    if ascii { lines.into_iter().map(|line| plain(&line)).collect() } else { lines }
}

/// One block for each sentence, with how often it was.
fn failures(runs: &Runs, options: &Options) -> Vec<String> {
    let mut lines = Vec::new();
    for failure in &runs.failures {
        lines.push(String::new());
        let lead = format!("✗ {} × ", failure.times);
        let rest = " ".repeat(lead.chars().count());
        let room = options.width.saturating_sub(rest.len()).max(16);
        for (number, piece) in super::layout::wrap(&failure.sentence, room, room).iter().enumerate() {
            let line = format!("{}{piece}", if number == 0 { &lead } else { &rest });
            lines.push(if options.colour { format!("\x1b[31m{line}\x1b[0m") } else { line });
        }
    }
    lines
}

/// For terminals that know ASCII alone.
fn plain(line: &str) -> String {
    line.replace('µ', "u").replace('×', "x").replace('✗', "!").replace('–', "-").replace('≠', "!=").replace('−', "-")
}

fn bold(text: &str, options: &Options) -> String {
    if options.colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_string() }
}

/// The same as one JSON object, in one line with a line end.
pub fn repeated_json(runs: &Runs) -> String {
    let mut out = String::new();
    object(runs, &mut out);
    out.push('\n');
    out
}

fn object(runs: &Runs, out: &mut String) {
    let _ = write!(out, "{{\"schema\":\"{SCHEMA}\",\"url\":");
    string(runs.url.as_bytes(), out);
    let _ = write!(out, ",\"runs\":{},\"arrived\":{},\"exit\":{}", runs.runs, runs.runs - runs.failed(), runs.exit());
    out.push_str(",\"phases\":[");
    for (number, phase) in runs.phases.iter().enumerate() {
        out.push_str(if number == 0 { "" } else { "," });
        let _ = write!(out, "{{\"phase\":\"{}\",\"runs\":{}", phase.name, phase.values.len());
        if let Some(spread) = Spread::of(&phase.values) {
            for (name, span) in [("min", spread.min), ("median", spread.median), ("p95", spread.p95), ("max", spread.max)] {
                key(name, out);
                seconds(span, out);
            }
        }
        out.push_str(",\"values\":[");
        for (number, value) in phase.values.iter().enumerate() {
            out.push_str(if number == 0 { "" } else { "," });
            seconds(*value, out);
        }
        out.push_str("]}");
    }
    out.push_str("],\"failures\":[");
    for (number, failure) in runs.failures.iter().enumerate() {
        out.push_str(if number == 0 { "" } else { "," });
        let _ = write!(out, "{{\"times\":{},\"exit\":{},\"sentence\":", failure.times, failure.exit);
        string(failure.sentence.as_bytes(), out);
        out.push('}');
    }
    out.push_str("]}");
}

#[cfg(test)]
mod tests;
