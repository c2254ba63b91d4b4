//! What the recursive role counts, since the process began: it goes on over reloads.

use super::Answered;
use decide::resolve::Source;
use decide::time::{Duration, Instant};
use std::sync::atomic::{AtomicU64, Ordering};

/// The counters, which all workers write.
#[derive(Default)]
pub(super) struct Counters {
    lookups: AtomicU64,
    answers: [AtomicU64; ANSWERS.len()],
    joined: AtomicU64,
    failed: AtomicU64,
    pub(super) unresolved: Rarely,
    pub(super) full: Rarely,
}

/// Where answers are from.
pub const ANSWERS: [&str; 5] = ["walk", "cache", "stale", "local", "refused"];

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Walks that began.
    pub lookups: u64,
    /// Answers to clients, by [`ANSWERS`].
    pub answers: [u64; ANSWERS.len()],
    /// Of those from a walk, or given while one went on: another client's walk.
    pub joined: u64,
    /// Walks that came to nothing.
    pub failed: u64,
}

impl Counters {
    pub(super) fn begun(&self) {
        self.lookups.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answered(&self, answered: &Answered) {
        let place = match answered.reply.source {
            Source::Walk => 0,
            Source::Cache => 1,
            Source::Stale => 2,
            Source::Local => 3,
            Source::Refused => 4,
        };
        self.answers[place].fetch_add(1, Ordering::Relaxed);
        self.joined.fetch_add(u64::from(answered.joined), Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let answers = std::array::from_fn(|place| get(&self.answers[place]));
        Counts { lookups: get(&self.lookups), answers, joined: get(&self.joined), failed: get(&self.failed) }
    }
}

/// What happens often, and is told once in a while.
#[derive(Default)]
pub(super) struct Rarely {
    /// When it may be told again, in nanoseconds.
    next: AtomicU64,
    more: AtomicU64,
}

const SPAN: Duration = Duration::from_secs(10);

impl Rarely {
    /// How many more there were since the last time, if this one is to be told.
    pub(super) fn is_due(&self, now: Instant) -> Option<u64> {
        let next = self.next.load(Ordering::Relaxed);
        let then = (now + SPAN).as_nanos();
        let due = now.as_nanos() >= next && self.next.compare_exchange(next, then, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !due {
            self.more.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.more.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_told_once_in_a_while() {
        let rarely = Rarely::default();
        let at = |seconds| rarely.is_due(Instant::ZERO + Duration::from_secs(seconds));
        assert_eq!([at(0), at(1), at(9), at(10), at(11), at(40), at(41)], [Some(0), None, None, Some(2), None, Some(1), None]);
    }
}
