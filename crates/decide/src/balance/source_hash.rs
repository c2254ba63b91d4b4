//! `source-hash`: by the client's address, modulo the number of backends: `hash` with the key fixed ([`super::key::of_source`]).

use super::hash::Modulo;
use super::{Ask, Balancer, Member, Record};
use crate::random::Random;
use alloc::boxed::Box;

/// The state: how many backends there are.
#[derive(Clone, Debug, Default)]
pub struct SourceHash(Modulo);

impl Balancer for SourceHash {
    fn name(&self) -> &'static str {
        "source-hash"
    }

    fn pick(&mut self, ask: &Ask<'_>, random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize> {
        self.0.pick(ask, random, record)
    }

    fn rebuild(&mut self, members: &[Member<'_>]) {
        self.0.rebuild(members);
    }

    fn clone_box(&self) -> Box<dyn Balancer> {
        Box::new(self.clone())
    }
}
