//! `least-connections`: the fewest requests in flight per weight; in a large pool, the better of two drawn at random.

use super::lowest::Lowest;
use super::{Ask, Balancer, Candidate, Member, Record, random};
use crate::random::Random;
use alloc::boxed::Box;

/// The state is the rotation among equals: an idle pool is used in proportion to the weights.
///
/// With more candidates than `sample_above`, two are drawn by weight and the one with fewer in flight per weight is taken (Mitzenmacher,
/// "The Power of Two Choices in Randomized Load Balancing", 2001): several balancers that do not know of each other then do not all run to
/// the same backend.
#[derive(Clone, Debug)]
pub struct LeastConnections {
    sample_above: usize,
    lowest: Lowest,
}

impl LeastConnections {
    /// Before any request.
    pub fn new(sample_above: u32) -> Self {
        Self { sample_above: sample_above as usize, lowest: Lowest::default() }
    }

    fn better_of_two(ask: &Ask<'_>, random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize> {
        let candidates = ask.candidates;
        let first = random::draw(candidates.iter(), Candidate::effective, random)?;
        let others = candidates.iter().filter(|candidate| candidate.index != first.index);
        let second = random::draw(others, Candidate::effective, random).unwrap_or(first);
        // A tie stays with the first drawn: it was drawn by weight.
        let chosen = if load(second) < load(first) { second } else { first };
        if let Some(record) = record {
            record.fill(MEANING, "the better of two drawn at random", candidates, |candidate| {
                let drawn = candidate.index == first.index || candidate.index == second.index;
                (load(candidate), if drawn { "drawn" } else { "" })
            });
        }
        Some(chosen.index)
    }
}

const MEANING: &str = "requests in flight per weight; the lowest wins";

/// In flight per unit of effective weight. Equal ratios are equal numbers: the quotient is the exact ratio, rounded once.
fn load(candidate: &Candidate) -> f64 {
    f64::from(candidate.in_flight) * 1000.0 / candidate.effective() as f64
}

impl Balancer for LeastConnections {
    fn name(&self) -> &'static str {
        "least-connections"
    }

    fn pick(&mut self, ask: &Ask<'_>, random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize> {
        if ask.candidates.len() > self.sample_above {
            return Self::better_of_two(ask, random, record);
        }
        let picked = self.lowest.pick(ask.candidates, load);
        if let Some(record) = record {
            record
                .fill(MEANING, "least loaded; equals take turns by weight", ask.candidates, |candidate| (self.lowest.score(candidate), ""));
        }
        picked
    }

    fn rebuild(&mut self, members: &[Member<'_>]) {
        self.lowest.rebuild(members);
    }

    fn clone_box(&self) -> Box<dyn Balancer> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
