//! The life of one source's table: it comes, changes, outlives its source for a while, and goes.

use super::loading::{End, Loaded, Loading};
use crate::steer::{Route, RouterTable};
use crate::time::{Duration, Instant};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;
use wire::network::Network;

/// Changes that are handed on together at the most.
const BATCH: usize = 4096;

/// What becomes of the table that others hold of this source.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// This is the whole of it.
    Whole(RouterTable, Loaded),
    /// These networks change, in order, each once; `None`: withdrawn.
    Changes(Vec<(Network, Option<Route>)>),
    /// It is not to be used any more.
    Gone,
}

/// What an intake waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntakeTimer {
    /// The table that is coming is taken as whole.
    Whole,
    /// The table that outlived its source goes.
    Keep,
}

/// The life of one source's table. Tell it what happens; take what [`Intake::poll`] gives until it gives nothing, after each.
#[derive(Clone, Debug)]
pub struct Intake {
    most: usize,
    keep: Duration,
    stage: Stage,
    /// Others hold a table of this source.
    held: bool,
    /// The source is lost: what they hold goes then, unless a whole table comes before.
    until: Option<Instant>,
    ready: VecDeque<Delivery>,
}

#[derive(Clone, Debug)]
enum Stage {
    /// The source tells nothing.
    Away,
    /// Its whole table is coming.
    Loading(Box<Loading>),
    /// Its table is held; what it tells are changes.
    Live(Vec<(Network, Option<Route>)>),
}

impl Intake {
    /// For a source that has told nothing: of at most so many networks, kept for so long when the source is lost.
    pub fn new(most: usize, keep: Duration) -> Intake {
        Intake { most, keep, stage: Stage::Away, held: false, until: None, ready: VecDeque::new() }
    }

    /// The source is there, and will tell its whole table.
    pub fn up(&mut self, now: Instant) {
        self.hand_on_changes();
        self.stage = Stage::Loading(Box::new(Loading::new(self.most, now)));
    }

    /// From its next table on, so many networks are taken at the most.
    pub fn bound(&mut self, most: usize) {
        self.most = most;
    }

    /// What the source says of a network.
    pub fn take(&mut self, network: Network, route: Option<Route>, now: Instant) {
        match &mut self.stage {
            Stage::Away => {}
            Stage::Loading(loading) => loading.take(network, route, now),
            Stage::Live(changes) => {
                changes.push((network, route));
                if changes.len() >= BATCH {
                    self.hand_on_changes();
                }
            }
        }
    }

    /// The source says that its table is whole.
    pub fn whole(&mut self, now: Instant) {
        self.finish(End::EndOfRib, now);
    }

    /// The source is lost. What is held of it stays for a while, counted from the first loss if it comes back and is lost again before its
    /// table is whole.
    pub fn down(&mut self, now: Instant) {
        self.hand_on_changes();
        self.stage = Stage::Away;
        if self.held {
            self.until.get_or_insert(now + self.keep);
        }
        self.expire(now);
    }

    /// The source will not come back.
    pub fn end(&mut self) {
        self.stage = Stage::Away;
        self.until = None;
        if mem::take(&mut self.held) {
            self.ready.push_back(Delivery::Gone);
        }
    }

    /// Its table is coming, and not whole yet.
    pub fn is_loading(&self) -> bool {
        matches!(self.stage, Stage::Loading(_))
    }

    /// Others hold a table of it, whose source is lost.
    pub fn is_kept(&self) -> bool {
        self.held && self.until.is_some()
    }

    /// Others hold a table of it.
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// Networks beyond the bound, in the table that is coming.
    pub fn beyond(&self) -> u64 {
        if let Stage::Loading(loading) = &self.stage { loading.beyond() } else { 0 }
    }

    /// When [`Intake::timeout`] is to be called, and why.
    pub fn timer(&self) -> Option<(Instant, IntakeTimer)> {
        let whole = if let Stage::Loading(loading) = &self.stage { Some((loading.due().0, IntakeTimer::Whole)) } else { None };
        // While a new table is coming, the old one waits for it.
        let keep = self.until.filter(|_| matches!(self.stage, Stage::Away)).map(|until| (until, IntakeTimer::Keep));
        whole.or(keep)
    }

    /// A time has come; too early does nothing.
    pub fn timeout(&mut self, now: Instant) {
        if let Stage::Loading(loading) = &self.stage {
            let (due, end) = loading.due();
            if due <= now {
                self.finish(end, now);
            }
        }
        self.expire(now);
    }

    /// What others are to be told next. Changes are held back until there are many, or `all` are wanted: at the end of what was read.
    pub fn poll(&mut self, all: bool) -> Option<Delivery> {
        if all {
            self.hand_on_changes();
        }
        self.ready.pop_front()
    }

    fn finish(&mut self, end: End, now: Instant) {
        if !matches!(self.stage, Stage::Loading(_)) {
            return;
        }
        if let Stage::Loading(loading) = mem::replace(&mut self.stage, Stage::Live(Vec::new())) {
            let (whole, loaded) = loading.finish(end, now);
            (self.held, self.until) = (true, None);
            self.ready.push_back(Delivery::Whole(whole, loaded));
        }
    }

    fn expire(&mut self, now: Instant) {
        if matches!(self.stage, Stage::Away) && self.until.is_some_and(|until| until <= now) {
            self.end();
        }
    }

    fn hand_on_changes(&mut self) {
        if let Stage::Live(changes) = &mut self.stage
            && !changes.is_empty()
        {
            let mut changes = mem::take(changes);
            last_words(&mut changes);
            self.ready.push_back(Delivery::Changes(changes));
        }
    }
}

/// Sorts by network, and keeps what was said of each last.
fn last_words(said: &mut Vec<(Network, Option<Route>)>) {
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
