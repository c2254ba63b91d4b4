//! `random`: any, evenly, whatever their weights.

use super::{Ask, Balancer, Candidate, Member, Record};
use crate::random::Random;
use alloc::boxed::Box;

/// No state.
#[derive(Clone, Debug, Default)]
pub struct UniformRandom;

impl Balancer for UniformRandom {
    fn name(&self) -> &'static str {
        "random"
    }

    fn pick(&mut self, ask: &Ask<'_>, random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize> {
        pick_evenly(ask.candidates, random, "drawn at random", record)
    }

    fn rebuild(&mut self, _members: &[Member<'_>]) {}

    fn clone_box(&self) -> Box<dyn Balancer> {
        Box::new(self.clone())
    }
}

/// Draws evenly, slow start applied: also what the hashes do with a request that has nothing to hash.
pub(super) fn pick_evenly(
    candidates: &[Candidate],
    random: &mut dyn Random,
    why: &'static str,
    record: Option<&mut Record>,
) -> Option<usize> {
    pick_by(candidates, |candidate| u64::from(candidate.share), random, why, record)
}

/// Draws each in proportion to its `part`, and records the parts.
pub(super) fn pick_by(
    candidates: &[Candidate],
    part: impl Fn(&Candidate) -> u64,
    random: &mut dyn Random,
    why: &'static str,
    record: Option<&mut Record>,
) -> Option<usize> {
    if let Some(record) = record {
        let total = candidates.iter().map(&part).sum::<u64>() as f64;
        record.fill("chance of being drawn", why, candidates, |candidate| (part(candidate) as f64 / total, ""));
    }
    draw(candidates.iter(), part, random).map(|drawn| drawn.index)
}

/// Draws each in proportion to its `part`.
pub(super) fn draw<'a>(
    candidates: impl Iterator<Item = &'a Candidate> + Clone,
    part: impl Fn(&Candidate) -> u64,
    random: &mut dyn Random,
) -> Option<&'a Candidate> {
    let total: u64 = candidates.clone().map(&part).sum();
    if total == 0 {
        return None;
    }
    let mut left = random.below(total);
    candidates.into_iter().find(|candidate| {
        let part = part(candidate);
        let found = left < part;
        left = left.saturating_sub(part);
        found
    })
}

#[cfg(test)]
mod tests;
