//! `round-robin`: one after another, in the order of the pool, whatever their weights.

use super::{Ask, Balancer, Candidate, Member, Record, carry_over};
use crate::random::Random;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The state: whose turn is next. A backend that cannot be picked when its turn comes loses it. In slow start a backend saves up its
/// share at each of its turns and takes the turn once it has saved a whole one.
#[derive(Clone, Debug, Default)]
pub struct RoundRobin {
    next: usize,
    /// Per backend, in thousandths of a turn; below the largest share offered.
    saved: Vec<u32>,
}

impl Balancer for RoundRobin {
    fn name(&self) -> &'static str {
        "round-robin"
    }

    fn pick(&mut self, ask: &Ask<'_>, _random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize> {
        let candidates = ask.candidates;
        // A whole turn is the largest share there is: where all are in slow start, they share evenly again.
        let whole = candidates.iter().map(|candidate| candidate.share).max()?;
        let start = candidates.partition_point(|candidate| candidate.index < self.next);
        if let Some(record) = record {
            let turns = |candidate: &Candidate| {
                let at = candidates.partition_point(|other| other.index < candidate.index);
                let turns = (at + candidates.len() - start) % candidates.len();
                (turns as f64, if candidate.share < whole { "slow start: takes some of its turns" } else { "" })
            };
            record.fill("turns until its own; the lowest that takes its turn wins", "its turn", candidates, turns);
        }
        for candidate in candidates[start..].iter().chain(&candidates[..start]) {
            let saved = &mut self.saved[candidate.index];
            *saved += candidate.share;
            if *saved >= whole {
                // Nothing is carried on from a full turn: a backend that leaves slow start owes no one anything.
                *saved = if candidate.share == whole { 0 } else { *saved - whole };
                self.next = candidate.index + 1;
                return Some(candidate.index);
            }
        }
        unreachable!("the candidate with the largest share always takes its turn")
    }

    fn rebuild(&mut self, members: &[Member<'_>]) {
        carry_over(&mut self.saved, members);
        // The turn goes on after the member that had the last one, if it stays.
        let last = self.next.checked_sub(1).and_then(|last| members.iter().position(|member| member.was == Some(last)));
        self.next = last.map_or(self.next.min(members.len()), |last| last + 1);
    }

    fn clone_box(&self) -> Box<dyn Balancer> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
