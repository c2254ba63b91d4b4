//! How a pool chooses one of its backends: one file per algorithm.
//!
//! The order of calls: [`new`] once; then per request [`Balancer::pick`] among the [`Candidate`]s that may have it and, when it has ended,
//! [`Balancer::finished`]; [`Balancer::reported`] for each load a backend reports; [`Balancer::rebuild`] when weights or members change.
//! Who may have a request (health, limits, administrative state) is decided in [`crate::pool`], not here.
//!
//! - [`round_robin`], [`random`], [`weighted_round_robin`], [`weighted_random`]: without regard to the request or the backends' state.
//! - [`source_hash`], [`hash`], [`consistent_hash`]: by a value of the request ([`key`]).
//! - [`least_connections`], [`fastest`], [`load_aware`]: by the backends' state.
//!
//! Slow start ([`Candidate::share`]) holds in every algorithm: those that know weights scale them by it, the others take the backend's
//! turns, draws or keys in that share only.

pub mod consistent_hash;
pub mod fastest;
pub mod hash;
pub mod key;
pub mod least_connections;
pub mod load_aware;
mod lowest;
pub mod outcome;
pub mod random;
pub mod round_robin;
pub mod source_hash;
pub mod weighted_random;
pub mod weighted_round_robin;

pub use outcome::Outcome;

use crate::config::Algorithm;
use crate::random::Random;
use crate::time::{Duration, Instant};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt::Debug;

/// The full [`Candidate::share`].
pub const FULL_SHARE: u32 = 1000;

/// A backend that may be picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its index in the pool.
    pub index: usize,
    /// Its configured or administered weight, 1 to 65535.
    pub weight: u32,
    /// The part of its weight it has in slow start, in thousandths: 1 to [`FULL_SHARE`].
    pub share: u32,
    /// Its requests in flight.
    pub in_flight: u32,
}

impl Candidate {
    /// Weight with slow start applied, in thousandths; at least 1.
    pub fn effective(&self) -> u64 {
        u64::from(self.weight) * u64::from(self.share)
    }
}

/// A backend as a balancer's own tables are built from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its weight; 0 takes no requests.
    pub weight: u32,
    /// Its index before the rebuild; `None` if it is new.
    pub was: Option<usize>,
}

/// One request's choice as it is put to a balancer.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Who may be picked, by rising index, each once.
    pub candidates: &'a [Candidate],
    /// The hash of the request's value ([`key::of`]), for the algorithms that hash; `None` if the request has no such value: then they
    /// draw at random.
    pub key: Option<u64>,
    /// When.
    pub now: Instant,
}

/// What one candidate was worth in one choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Its index in the pool.
    pub backend: usize,
    /// In the unit of [`Record::meaning`].
    pub score: f64,
    /// What is special about it; often empty.
    pub note: &'static str,
}

/// A backend that could not be picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its index in the pool.
    pub backend: usize,
    /// Why.
    pub why: &'static str,
}

/// How a choice came about: what `explain balance` prints. Filled by the choice itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// One per candidate, in the order of the pool.
    pub scores: Vec<Score>,
    /// What a score counts and which end of it wins.
    pub meaning: &'static str,
    /// The reason of the choice.
    pub why: &'static str,
    /// The backends that were no candidates.
    pub left_out: Vec<LeftOut>,
}

impl Record {
    /// Writes the scores of a choice.
    fn fill(
        &mut self,
        meaning: &'static str,
        why: &'static str,
        candidates: &[Candidate],
        score: impl Fn(&Candidate) -> (f64, &'static str),
    ) {
        self.meaning = meaning;
        self.why = why;
        self.scores.clear();
        self.scores.extend(candidates.iter().map(|candidate| {
            let (score, note) = score(candidate);
            Score { backend: candidate.index, score, note }
        }));
    }
}

/// An algorithm with its state.
///
/// `pick` allocates nothing unless it is given a record; the record changes nothing about the choice.
pub trait Balancer: Send + Sync + Debug {
    /// The algorithm's name in configuration, logs and steps.
    fn name(&self) -> &'static str;

    /// Picks one of the candidates and returns its index in the pool; `None` only if there is none.
    fn pick(&mut self, ask: &Ask<'_>, random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize>;

    /// A request to `backend` has ended. `latency` runs from the request sent to the answer's head, or to the failure.
    fn finished(&mut self, _backend: usize, _outcome: Outcome, _latency: Duration, _now: Instant) {}

    /// `backend` reported its load: a finite number, 0 or more, where 1 is usually full use.
    fn reported(&mut self, _backend: usize, _load: f64, _now: Instant) {}

    /// Weights or members changed: `members` are all backends of the pool, in its order. What was known of those that stay is kept.
    fn rebuild(&mut self, members: &[Member<'_>]);

    /// A copy with its own state: a choice on it leaves this one as it is.
    fn clone_box(&self) -> Box<dyn Balancer>;
}

impl Clone for Box<dyn Balancer> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

/// The balancer an owner asked for, before any request.
pub fn new(algorithm: &Algorithm, members: &[Member<'_>]) -> Box<dyn Balancer> {
    let mut balancer: Box<dyn Balancer> = match *algorithm {
        Algorithm::RoundRobin => Box::new(round_robin::RoundRobin::default()),
        Algorithm::Random => Box::new(random::UniformRandom),
        Algorithm::WeightedRoundRobin => Box::new(weighted_round_robin::WeightedRoundRobin::default()),
        Algorithm::WeightedRandom => Box::new(weighted_random::WeightedRandom),
        Algorithm::SourceHash => Box::new(source_hash::SourceHash::default()),
        Algorithm::Hash(_) => Box::new(hash::Hash::default()),
        Algorithm::ConsistentHash { virtual_nodes, bounded_load, .. } => {
            Box::new(consistent_hash::ConsistentHash::new(virtual_nodes, bounded_load))
        }
        Algorithm::LeastConnections { sample_above } => Box::new(least_connections::LeastConnections::new(sample_above)),
        Algorithm::Fastest { decay } => Box::new(fastest::Fastest::new(decay)),
        Algorithm::LoadAware { expires } => Box::new(load_aware::LoadAware::new(expires)),
    };
    balancer.rebuild(members);
    balancer
}

/// Moves what was known of each member to its new index; a new member gets the default.
fn carry_over<T: Clone + Default>(known: &mut Vec<T>, members: &[Member<'_>]) {
    *known = members.iter().map(|member| member.was.and_then(|was| known.get(was).cloned()).unwrap_or_default()).collect();
}

/// The candidate with this index, if it is one.
fn among(candidates: &[Candidate], index: usize) -> Option<&Candidate> {
    candidates.binary_search_by_key(&index, |candidate| candidate.index).ok().map(|at| &candidates[at])
}

#[cfg(test)]
pub(crate) mod tests;
