//! `fastest`: the lowest peak-EWMA of response time, times requests in flight.

use super::lowest::Lowest;
use super::{Ask, Balancer, Candidate, Member, Outcome, Record, carry_over};
use crate::random::Random;
use crate::time::{Duration, Instant};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A failure counts as a response at least this slow, in seconds: a backend that fails fast must not look fast.
const FAILURE_SECONDS: f64 = 1.0;

/// The score of a backend to be explored: below every other.
const UNSEEN: f64 = -1.0;

/// The state is an estimate of each backend's response time.
///
/// - A response slower than the estimate replaces it (the peak); a faster one pulls it down by 1 - e^(-t/decay), where t is the time since
///   the observation before.
/// - An estimate fades by e^(-t/decay) as it ages: a backend that was slow is tried again, and its next response decides.
/// - The score is estimate × (in flight + 1) / effective weight. Equals take turns by weight.
/// - A backend not seen yet is explored first, with one request; while that is in flight it counts as the slowest of those seen.
#[derive(Clone, Debug)]
pub struct Fastest {
    decay_seconds: f64,
    seen: Vec<Option<Estimate>>,
    lowest: Lowest,
}

#[derive(Clone, Copy, Debug)]
struct Estimate {
    seconds: f64,
    at: Instant,
}

impl Estimate {
    fn faded(&self, decay_seconds: f64, now: Instant) -> f64 {
        self.seconds * weight_left(now.since(self.at), decay_seconds)
    }
}

/// e^(-age/decay): what an observation still weighs.
fn weight_left(age: Duration, decay_seconds: f64) -> f64 {
    libm::exp(-age.as_secs_f64() / decay_seconds)
}

impl Fastest {
    /// Before any request. After `decay` an observation weighs 1/e.
    pub fn new(decay: Duration) -> Self {
        // A decay of zero would divide by zero; a nanosecond forgets just as fast.
        Self { decay_seconds: decay.as_secs_f64().max(1e-9), seen: Vec::new(), lowest: Lowest::default() }
    }

    fn score(&self, candidate: &Candidate, slowest: f64, now: Instant) -> f64 {
        let seconds = match self.seen[candidate.index] {
            Some(estimate) => estimate.faded(self.decay_seconds, now),
            None if candidate.in_flight == 0 => return UNSEEN,
            None => slowest,
        };
        seconds * f64::from(candidate.in_flight + 1) * 1000.0 / candidate.effective() as f64
    }

    /// What a backend not seen yet counts with: the slowest estimate among those seen. If all are seen or none is, any number will do: it
    /// is not asked for, or all are then compared by requests in flight.
    fn slowest(&self, ask: &Ask<'_>) -> f64 {
        let seen = || ask.candidates.iter().map(|candidate| self.seen[candidate.index]);
        if seen().all(|estimate| estimate.is_some()) {
            return 1.0;
        }
        seen().flatten().map(|estimate| estimate.faded(self.decay_seconds, ask.now)).reduce(f64::max).unwrap_or(1.0)
    }
}

impl Balancer for Fastest {
    fn name(&self) -> &'static str {
        "fastest"
    }

    fn pick(&mut self, ask: &Ask<'_>, _random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize> {
        let slowest = self.slowest(ask);
        let mut lowest = core::mem::take(&mut self.lowest);
        let picked = lowest.pick(ask.candidates, |candidate| self.score(candidate, slowest, ask.now));
        if let Some(record) = record {
            let explored = ask.candidates.iter().any(|candidate| lowest.score(candidate) == UNSEEN);
            let why = if explored { "not seen yet: explored first" } else { "lowest score" };
            record.fill("seconds of response time × (in flight + 1) / weight; the lowest wins", why, ask.candidates, |candidate| {
                let note = if self.seen[candidate.index].is_none() { "not seen yet" } else { "" };
                (lowest.score(candidate), note)
            });
        }
        self.lowest = lowest;
        picked
    }

    fn finished(&mut self, backend: usize, outcome: Outcome, latency: Duration, now: Instant) {
        let latency = latency.as_secs_f64();
        let before = self.seen[backend];
        let observed = match outcome {
            // Whoever left early did not see how long it would have taken.
            Outcome::ClientGone => return,
            Outcome::Success { status } if status < 500 => latency,
            // An error answered at once is no sign of speed.
            Outcome::Success { .. } => before.map_or(latency, |before| before.seconds.max(latency)),
            Outcome::Failure(_) => latency.max(FAILURE_SECONDS),
        };
        let seconds = match before {
            Some(before) if observed < before.seconds => {
                let left = weight_left(now.since(before.at), self.decay_seconds);
                before.seconds * left + observed * (1.0 - left)
            }
            _ => observed,
        };
        self.seen[backend] = Some(Estimate { seconds, at: now });
    }

    fn rebuild(&mut self, members: &[Member<'_>]) {
        carry_over(&mut self.seen, members);
        self.lowest.rebuild(members);
    }

    fn clone_box(&self) -> Box<dyn Balancer> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
