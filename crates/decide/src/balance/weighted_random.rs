//! `weighted-random`: any, in proportion to their weights.

use super::{Ask, Balancer, Candidate, Member, Record, random};
use crate::random::Random;
use alloc::boxed::Box;

/// No state.
#[derive(Clone, Debug, Default)]
pub struct WeightedRandom;

impl Balancer for WeightedRandom {
    fn name(&self) -> &'static str {
        "weighted-random"
    }

    fn pick(&mut self, ask: &Ask<'_>, random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize> {
        random::pick_by(ask.candidates, Candidate::effective, random, "drawn at random by weight", record)
    }

    fn rebuild(&mut self, _members: &[Member<'_>]) {}

    fn clone_box(&self) -> Box<dyn Balancer> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
