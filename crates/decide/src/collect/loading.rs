//! A table that is still coming.

use crate::steer::Route;
use crate::time::{Duration, Instant};
use alloc::vec::Vec;
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
    /// What was said, in the order of the telling behind `sorted`; before it sorted, each network once.
    entries: Vec<(Network, Option<Route>)>,
    sorted: usize,
    beyond: u64,
}

impl Loading {
    /// A table of at most so many networks.
    pub fn new(most: usize, now: Instant) -> Loading {
        Loading { began: now, last: None, most, entries: Vec::new(), sorted: 0, beyond: 0 }
    }

    /// What is said of a network; the last word counts.
    pub fn take(&mut self, network: Network, route: Option<Route>, now: Instant) {
        self.last = Some(now);
        self.entries.push((network, route));
        // Sorted again each time that it has grown by a quarter: what a flood costs is bounded, in memory and in work.
        if self.entries.len() >= self.sorted + self.most / 4 + SLACK {
            self.settle();
        }
    }

    /// Networks that came beyond the bound so far.
    pub fn beyond(&self) -> u64 {
        self.beyond
    }

    /// Whether anything was said.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.last.is_none()
    }

    /// When it is to be taken as it is, and how it is known then.
    pub fn due(&self) -> (Instant, End) {
        let (quiet, time) = (self.last.map(|last| last + QUIET), self.began + LONGEST);
        quiet.filter(|quiet| *quiet < time).map_or((time, End::Time), |quiet| (quiet, End::Quiet))
    }

    /// It has come: its networks in order, each once.
    pub fn finish(mut self, end: End, now: Instant) -> (Vec<(Network, Route)>, Loaded) {
        self.settle();
        let whole: Vec<_> = self.entries.into_iter().filter_map(|(network, route)| Some((network, route?))).collect();
        let loaded = Loaded { networks: whole.len(), beyond: self.beyond, end, took: now.since(self.began) };
        (whole, loaded)
    }

    /// Sorts, keeps the last word on each network, and no more than may be kept.
    fn settle(&mut self) {
        last_words(&mut self.entries);
        self.entries.retain(|(_, route)| route.is_some());
        let over = self.entries.len().saturating_sub(self.most);
        self.beyond += over as u64;
        self.entries.truncate(self.most);
        self.sorted = self.entries.len();
    }
}

/// Sorts by network, and keeps what was said of each last.
pub(super) fn last_words(said: &mut Vec<(Network, Option<Route>)>) {
    // Stable: of one network, the later word stays behind the earlier.
    said.sort_by_key(|(network, _)| *network);
    let mut kept = 0;
    for at in 0..said.len() {
        let last = said.get(at + 1).is_none_or(|(next, _)| *next != said[at].0);
        if last {
            said[kept] = said[at];
            kept += 1;
        }
    }
    said.truncate(kept);
}

#[cfg(test)]
mod tests;
