//! `hash`: by a value of the request, modulo the number of backends; and the hash function of everything that hashes.

use super::{Ask, Balancer, Candidate, FULL_SHARE, Member, Record, among, random};
use crate::random::Random;
use alloc::boxed::Box;

/// A 64-bit hash of a text that is the same on every machine, in every run and in every version of this program: keys stay with their
/// backends across restarts and between balancers that share a configuration. It is FNV-1a (Fowler, Noll, Vo: offset basis
/// 0xcbf29ce484222325, prime 0x100000001b3) with [`mix`] as its last round, because FNV alone leaves the high bits of short texts alike.
/// It is no defence against a client that chooses its key so as to reach a certain backend.
pub fn hash_key(text: &[u8]) -> u64 {
    let fnv = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    mix(fnv)
}

/// A bijection of 64-bit numbers in which every bit of the input moves half the bits of the output (the last steps of SplitMix64).
pub const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// Whether a candidate in slow start takes this key already: as its share grows, keys come to it and none goes away again.
pub(super) fn admits(candidate: &Candidate, key: u64) -> bool {
    candidate.share >= FULL_SHARE || mix(!key) % u64::from(FULL_SHARE) < u64::from(candidate.share)
}

/// The modulo rule of `hash` and `source-hash`. Weights are not looked at.
///
/// - A key belongs to backend `key mod n`, where n counts all configured backends, whatever their state.
/// - While that one cannot be picked, the key goes to the candidate for which a hash of key and index is highest: the keys of a backend
///   that fails spread over all others, and no other key moves.
/// - When n itself changes, nearly all keys move (all but about one in n): `consistent-hash` is for that.
#[derive(Clone, Debug, Default)]
pub(super) struct Modulo {
    backends: u64,
}

impl Modulo {
    pub(super) fn pick(&self, ask: &Ask<'_>, random: &mut dyn Random, record: Option<&mut Record>) -> Option<usize> {
        let candidates = ask.candidates;
        let Some(key) = ask.key else {
            return random::pick_evenly(candidates, random, "the request has no such value: drawn at random", record);
        };
        let owner = (key % self.backends.max(1)) as usize;
        let stays = among(candidates, owner).is_some_and(|candidate| admits(candidate, key));
        let rank = |candidate: &Candidate| match candidate.index {
            index if stays && index == owner => u64::MAX,
            index => mix(key ^ mix(index as u64 + 1)) >> 1,
        };
        if let Some(record) = record {
            let why = if stays { "the key's own backend" } else { "the key's own backend cannot have it: highest hash of key and backend" };
            record.fill("hash of key and backend, 0 to 1; the highest wins", why, candidates, |candidate| {
                let score = rank(candidate) as f64 / u64::MAX as f64;
                (score, if candidate.index == owner { "the key's own" } else { "" })
            });
        }
        // A backend in slow start that does not take the key yet stands behind all others.
        candidates.iter().max_by_key(|candidate| (admits(candidate, key), rank(candidate))).map(|candidate| candidate.index)
    }

    pub(super) fn rebuild(&mut self, members: &[Member<'_>]) {
        self.backends = members.len() as u64;
    }
}

/// The state: how many backends there are.
#[derive(Clone, Debug, Default)]
pub struct Hash(Modulo);

impl Balancer for Hash {
    fn name(&self) -> &'static str {
        "hash"
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

#[cfg(test)]
mod tests;
