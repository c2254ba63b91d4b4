//! `consistent-hash`: by a value of the request on a ring of virtual nodes, with an optional bound on each backend's load.

use super::hash::{admits, hash_key, mix};
use super::{Ask, Balancer, Candidate, Member, Record, among, random};
use crate::random::Random;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The ring holds no more points than this; beyond it, every backend's number of points is reduced in proportion (but not below one).
pub const MOST_POINTS: u64 = 1 << 18;

/// The ring. A backend has points in proportion to its weight, at places that depend on its name alone: neither the order of the
/// configuration nor the other backends move them. A key belongs to the backend of the first point at or after it, so a backend that
/// leaves gives up its own keys, one that comes takes its share from all, and no key moves between two that stay.
///
/// With a bound of c percent, a backend takes a request only while it has fewer in flight than c/100 of its fair part of all (the new one
/// included, rounded up); the key goes on along the ring otherwise (Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded
/// Loads", 2016).
#[derive(Clone, Debug)]
pub struct ConsistentHash {
    virtual_nodes: u32,
    /// Percent, 100 or more; 0 for none.
    bound: u32,
    /// Place and backend, by rising place.
    ring: Vec<(u64, usize)>,
}

impl ConsistentHash {
    /// An empty ring, `virtual_nodes` per unit of weight. A bound below 100 percent could not be kept by all at once: 100 is the least.
    pub fn new(virtual_nodes: u32, bounded_load: u32) -> Self {
        let bound = if bounded_load == 0 { 0 } else { bounded_load.max(100) };
        Self { virtual_nodes: virtual_nodes.max(1), bound, ring: Vec::new() }
    }

    /// The candidate that gets the key, and why.
    fn walk<'a>(&self, candidates: &'a [Candidate], key: u64) -> Option<(&'a Candidate, &'static str)> {
        let limits = Limits::of(candidates, self.bound);
        let start = self.ring.partition_point(|(place, _)| *place < key);
        let (mut owner, mut within) = (None, None);
        for (_, backend) in self.ring[start..].iter().chain(&self.ring[..start]) {
            let Some(candidate) = among(candidates, *backend) else { continue };
            let owner = *owner.get_or_insert(candidate);
            if !limits.allow(candidate) {
                continue;
            }
            if admits(candidate, key) {
                let same = owner.index == candidate.index;
                return Some((
                    candidate,
                    if same { "first on the ring" } else { "next on the ring: those before are at their bound or in slow start" },
                ));
            }
            within.get_or_insert(candidate);
        }
        // All that are within their bound are in slow start and would rather not: the first of them must.
        within.or(owner).or(candidates.first()).map(|candidate| (candidate, "the only one left on the ring"))
    }
}

/// The bound of each candidate's load, out of the load of all.
struct Limits {
    bound: u64,
    in_flight: u64,
    weight: u64,
}

impl Limits {
    fn of(candidates: &[Candidate], bound: u32) -> Self {
        let in_flight = candidates.iter().map(|candidate| u64::from(candidate.in_flight)).sum();
        let weight = candidates.iter().map(|candidate| u64::from(candidate.weight)).sum();
        Self { bound: u64::from(bound), in_flight, weight }
    }

    /// Requests in flight that a candidate may have, the new one included.
    fn most(&self, candidate: &Candidate) -> u64 {
        let fair = u128::from(self.bound) * u128::from(self.in_flight + 1) * u128::from(candidate.weight);
        u64::try_from(fair.div_ceil(100 * u128::from(self.weight.max(1)))).unwrap_or(u64::MAX)
    }

    fn allow(&self, candidate: &Candidate) -> bool {
        self.bound == 0 || u64::from(candidate.in_flight) < self.most(candidate)
    }
}

impl Balancer for ConsistentHash {
    fn name(&self) -> &'static str {
        "consistent-hash"
    }

    fn pick(&mut self, ask: &Ask<'_>, random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize> {
        let candidates = ask.candidates;
        let Some(key) = ask.key else {
            let why = "the request has no such value: drawn at random by weight";
            return random::pick_by(candidates, Candidate::effective, random, why, record);
        };
        let (chosen, why) = self.walk(candidates, key)?;
        if let Some(record) = record {
            let limits = Limits::of(candidates, self.bound);
            record.fill("distance from the key along the ring, 0 to 1; the lowest that may take it wins", why, candidates, |candidate| {
                let away = self.ring.iter().filter(|(_, backend)| *backend == candidate.index).map(|(place, _)| place.wrapping_sub(key));
                let score = away.min().map_or(1.0, |away| away as f64 / u64::MAX as f64);
                let note = match (limits.allow(candidate), admits(candidate, key)) {
                    (false, _) => "at its bound",
                    (true, false) => "slow start: does not take this key yet",
                    (true, true) => "",
                };
                (score, note)
            });
        }
        Some(chosen.index)
    }

    fn rebuild(&mut self, members: &[Member<'_>]) {
        let nodes = u64::from(self.virtual_nodes);
        let wanted: u64 = members.iter().map(|member| u64::from(member.weight) * nodes).sum();
        self.ring.clear();
        for (backend, member) in members.iter().enumerate().filter(|(_, member)| member.weight > 0) {
            let points = u64::from(member.weight) * nodes;
            let points = if wanted > MOST_POINTS { (points * MOST_POINTS / wanted).max(1) } else { points };
            let name = hash_key(member.name.as_bytes());
            self.ring.extend((0..points).map(|replica| (mix(name ^ mix(replica + 1)), backend)));
        }
        // Two points at one place (one chance in 2^64 per pair) would have to be ordered by name for the order of the configuration not to
        // matter at all.
        self.ring.sort_unstable_by_key(|(place, backend)| (*place, members[*backend].name));
    }

    fn clone_box(&self) -> Box<dyn Balancer> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
