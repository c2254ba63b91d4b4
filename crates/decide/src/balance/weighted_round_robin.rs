//! `weighted-round-robin`: one after another in proportion to their weights, spread smoothly: weights 5, 1, 1 give a a b a c a a, never
//! five in a row.

use super::{Ask, Balancer, Candidate, Member, Record, carry_over};
use crate::random::Random;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The state is the credit of each backend.
#[derive(Clone, Debug, Default)]
pub struct WeightedRoundRobin(Smooth);

impl Balancer for WeightedRoundRobin {
    fn name(&self) -> &'static str {
        "weighted-round-robin"
    }

    fn pick(&mut self, ask: &Ask<'_>, _random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize> {
        if let Some(record) = record {
            let total = ask.candidates.iter().map(|candidate| candidate.effective() as i64).sum();
            let credit = |candidate: &Candidate| (self.0.credit_after(candidate, total) as f64 / 1000.0, "");
            record.fill("credit, its weight of this round included; the highest wins", "most credit", ask.candidates, credit);
        }
        self.0.pick(ask.candidates.iter())
    }

    fn rebuild(&mut self, members: &[Member<'_>]) {
        self.0.rebuild(members);
    }

    fn clone_box(&self) -> Box<dyn Balancer> {
        Box::new(self.clone())
    }
}

/// The rule itself, also used to break ties elsewhere: each round every candidate earns its effective weight; the one with the most
/// credit is picked and pays what all have earned. Ties go to the first.
///
/// While the candidates and their weights stay, credits sum to a constant and repeat with the period of the weights.
#[derive(Clone, Debug, Default)]
pub(super) struct Smooth {
    /// Per backend, in thousandths of a unit of weight.
    credit: Vec<i64>,
}

impl Smooth {
    /// Picks and settles the credits.
    pub(super) fn pick<'a>(&mut self, candidates: impl Iterator<Item = &'a Candidate> + Clone) -> Option<usize> {
        let total: i64 = candidates.clone().map(|candidate| candidate.effective() as i64).sum();
        let mut best: Option<usize> = None;
        for candidate in candidates {
            let after = self.credit_after(candidate, total);
            self.credit[candidate.index] = after;
            if best.is_none_or(|best| self.credit[best] < after) {
                best = Some(candidate.index);
            }
        }
        self.credit[best?] -= total;
        best
    }

    /// What a candidate has once it has earned its part of a round of `total`. No one is owed or owes more than one round: a debt from a
    /// time of far larger weights, or of far more candidates, is let go.
    fn credit_after(&self, candidate: &Candidate, total: i64) -> i64 {
        self.credit[candidate.index].clamp(-total, total) + candidate.effective() as i64
    }

    /// Follows a change of members.
    pub(super) fn rebuild(&mut self, members: &[Member<'_>]) {
        carry_over(&mut self.credit, members);
    }
}

#[cfg(test)]
mod tests;
