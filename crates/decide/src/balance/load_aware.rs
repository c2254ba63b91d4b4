//! `load-aware`: the lowest load as the backends report it.

use super::lowest::Lowest;
use super::{Ask, Balancer, Candidate, Member, Record, carry_over};
use crate::random::Random;
use crate::time::{Duration, Instant};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Added to every load: between two idle backends the requests in flight decide, not a difference of nothing.
const IDLE: f64 = 0.01;

/// The state is the last report of each backend.
///
/// - The score is (load + 0.01) × (in flight + 1) / effective weight. Requests in flight stand for the load that the reports do not show
///   yet: without them all requests between two reports would go to one backend. Equals take turns by weight.
/// - A backend with no report, or only one older than `expires`, counts with the mean load of those that have one.
#[derive(Clone, Debug)]
pub struct LoadAware {
    expires: Duration,
    reports: Vec<Option<Report>>,
    lowest: Lowest,
}

#[derive(Clone, Copy, Debug)]
struct Report {
    load: f64,
    at: Instant,
}

impl LoadAware {
    /// Before any report.
    pub fn new(expires: Duration) -> Self {
        Self { expires, reports: Vec::new(), lowest: Lowest::default() }
    }

    fn fresh(&self, backend: usize, now: Instant) -> Option<f64> {
        self.reports[backend].filter(|report| now.since(report.at) <= self.expires).map(|report| report.load)
    }

    /// The mean of the fresh reports; if there is none, any number will do: all are then compared by requests in flight.
    fn mean(&self, ask: &Ask<'_>) -> f64 {
        let fresh = ask.candidates.iter().filter_map(|candidate| self.fresh(candidate.index, ask.now));
        let (sum, count) = fresh.fold((0.0, 0.0), |(sum, count), load| (sum + load, count + 1.0));
        if count > 0.0 { sum / count } else { 1.0 }
    }

    fn score(&self, candidate: &Candidate, mean: f64, now: Instant) -> f64 {
        let load = self.fresh(candidate.index, now).unwrap_or(mean) + IDLE;
        load * f64::from(candidate.in_flight + 1) * 1000.0 / candidate.effective() as f64
    }
}

impl Balancer for LoadAware {
    fn name(&self) -> &'static str {
        "load-aware"
    }

    fn pick(&mut self, ask: &Ask<'_>, _random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize> {
        let mean = self.mean(ask);
        let mut lowest = core::mem::take(&mut self.lowest);
        let picked = lowest.pick(ask.candidates, |candidate| self.score(candidate, mean, ask.now));
        if let Some(record) = record {
            record.fill("(load + 0.01) × (in flight + 1) / weight; the lowest wins", "lowest score", ask.candidates, |candidate| {
                let note = if self.fresh(candidate.index, ask.now).is_none() { "no fresh report: the others' mean" } else { "" };
                (lowest.score(candidate), note)
            });
        }
        self.lowest = lowest;
        picked
    }

    fn reported(&mut self, backend: usize, load: f64, now: Instant) {
        if load.is_finite() && load >= 0.0 {
            self.reports[backend] = Some(Report { load, at: now });
        }
    }

    fn rebuild(&mut self, members: &[Member<'_>]) {
        carry_over(&mut self.reports, members);
        self.lowest.rebuild(members);
    }

    fn clone_box(&self) -> Box<dyn Balancer> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
