//! The beginning: tables that are still to come.

use decide::config;
use decide::time::{Duration, Instant};
use std::collections::BTreeSet;

/// Tables that have not come after so long are not waited for: what then moves for them is bounded as any other change.
const STARTING: Duration = Duration::from_secs(120);

/// The first tables, as they come. Until they are there nobody is used to any place: nothing is held back, or else the place whose table
/// came first would keep the clients of all others.
pub(super) struct Start {
    began: Instant,
    /// Places whose first tables are still to come.
    missing: BTreeSet<String>,
    /// No version has all of them yet.
    goes_on: bool,
}

impl Start {
    pub(super) fn new(config: &config::Config, now: Instant) -> Start {
        let pop = |collector: &config::Collector| config.pops[collector.pop].name.clone();
        let missing: BTreeSet<String> = config.collectors.iter().map(pop).collect();
        Start { began: now, goes_on: !missing.is_empty(), missing }
    }

    /// A table of this place is there.
    pub(super) fn came(&mut self, pop: &str) {
        self.missing.remove(pop);
    }

    /// Whether nothing of the next version is held back; `changed`: it has other tables than the last one.
    pub(super) fn is_free(&mut self, changed: bool, now: Instant) -> bool {
        if now.since(self.began) >= STARTING {
            self.missing.clear();
        }
        if changed { std::mem::replace(&mut self.goes_on, !self.missing.is_empty()) } else { self.goes_on }
    }
}

#[cfg(test)]
mod tests;
