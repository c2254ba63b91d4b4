//! A table that is still coming.

use crate::steer::{Route, RouterTable, Said};
use crate::time::{Duration, Instant};
use wire::network::Network;

/// A table that sends nothing for so long has come whole, where its router never says so.
const QUIET: Duration = Duration::from_secs(10);
/// A table that goes on coming for so long is taken as it is; what still comes are changes.
const LONGEST: Duration = Duration::from_secs(120);
/// Entries that are kept before they are sorted for the first time.
const SLACK: usize = 16 << 10;

/// How it was known that a table is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The router said so (RFC 4724 §2).
    EndOfRib,
    /// Nothing more came for a while.
    Quiet,
    /// It took too long.
    Time,
    /// The file ended.
    File,
}

impl End {
    /// The word in logs.
    pub const fn word(self) -> &'static str {
        match self {
            End::EndOfRib => "end-of-rib",
            End::Quiet => "quiet",
            End::Time => "time",
            End::File => "file",
        }
    }
}

/// What a table was like when it had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Networks in it.
    pub networks: usize,
    /// Networks that came beyond the bound, and are not in it; one that came twice may count twice.
    pub beyond: u64,
    /// How its end was known.
    pub end: End,
    /// Since it began to come.
    pub took: Duration,
}

/// A table that is still coming. It is used when it is whole: half a table would draw to its place whatever came first. Where there was an
/// older table of the same source, that one holds until then, and is replaced at once; so nothing needs to be marked and swept.
#[derive(Clone, Debug)]
pub struct Loading {
    began: Instant,
    last: Option<Instant>,
    most: usize,
    said: Said,
    /// Words that were left when it was last put in order.
    settled: usize,
    beyond: u64,
}

impl Loading {
    /// A table of at most so many networks.
    pub fn new(most: usize, now: Instant) -> Loading {
        Loading { began: now, last: None, most, said: Said::default(), settled: 0, beyond: 0 }
    }

    /// What is said of a network; the last word counts.
    pub fn take(&mut self, network: Network, route: Option<Route>, now: Instant) {
        self.last = Some(now);
        self.said.say(network, route);
        // Sorted again each time that it has grown by a quarter: what a flood costs is bounded, in memory and in work.
        if self.said.words() >= self.settled + self.most / 4 + SLACK {
            self.settle();
        }
    }

    /// Networks that came beyond the bound so far.
    pub fn beyond(&self) -> u64 {
        self.beyond
    }

    /// Whether anything was said.
    pub fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// When it is to be taken as it is, and how it is known then.
    pub fn due(&self) -> (Instant, End) {
        let (quiet, time) = (self.last.map(|last| last + QUIET), self.began + LONGEST);
        quiet.filter(|quiet| *quiet < time).map_or((time, End::Time), |quiet| (quiet, End::Quiet))
    }

    /// It has come: its networks in order, each once.
    pub fn finish(mut self, end: End, now: Instant) -> (RouterTable, Loaded) {
        self.settle();
        let whole = self.said.finish();
        let loaded = Loaded { networks: whole.len(), beyond: self.beyond, end, took: now.since(self.began) };
        (whole, loaded)
    }

    /// Keeps the last word on each network, and no more networks than may be kept.
    fn settle(&mut self) {
        self.beyond += self.said.settle(self.most) as u64;
        self.settled = self.said.words();
    }
}

#[cfg(test)]
mod tests;
