//! What the configuration says of one steering, in the form that decisions want.

use super::bits::Bits;
use crate::balance::hash::{hash_key, mix};
use crate::config;
use crate::config::Layer;
use alloc::vec::Vec;

/// The places of one steering, and its rules. Within a steering a place has a small number, its position among the steering's own, so that
/// a set of places is one word; outside it goes by its index in [`config::Config::pops`].
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    pub(super) pops: Vec<Place>,
    /// Without the default, which is always the last.
    pub(super) layers: Vec<Layer>,
    pub(super) measured_gain: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// Index in the configuration.
    pub(super) pop: u16,
    /// What its name is in hashes: a place keeps its prefixes when others come, go or are written in another order.
    pub(super) salt: u64,
    pub(super) location: Option<(i32, i32)>,
    pub(super) capacity: u64,
}

impl Places {
    /// Of one steering. It has one to [`config::Steering::MOST_POPS`] places, all of which there are: the settings see to it.
    pub fn of(steering: &config::Steering, pops: &[config::Pop]) -> Places {
        assert!((1..=config::Steering::MOST_POPS).contains(&steering.pops.len()), "a steering of no place, or of too many");
        let place = |index: &usize| {
            let pop = &pops[*index];
            let number = u16::try_from(*index).expect("settings allow no more than 65,535 places");
            Place { pop: number, salt: hash_key(pop.name.as_bytes()), location: pop.location, capacity: pop.capacity }
        };
        // What stands behind the default is never asked.
        let layers = steering.layers.iter().copied().take_while(|layer| *layer != Layer::Default).collect();
        Places { pops: steering.pops.iter().map(place).collect(), layers, measured_gain: steering.measured_gain }
    }

    /// The places by their index in the configuration, in the order of the steering.
    pub fn pops(&self) -> impl ExactSizeIterator<Item = u16> + '_ {
        self.pops.iter().map(|place| place.pop)
    }

    /// The set of all.
    pub(super) fn all(&self) -> u64 {
        u64::MAX >> (64 - self.pops.len())
    }

    /// The small number of a place, if it is one of these.
    pub(super) fn number(&self, pop: u16) -> Option<u8> {
        self.pops.iter().position(|place| place.pop == pop).map(|number| number as u8)
    }
}

/// A network in hashes.
pub(super) fn prefix_hash<A: Bits>(address: A, bits: u8) -> u64 {
    mix(address.folded() ^ mix(u64::from(A::WIDTH) << 8 | u64::from(bits)))
}

/// Who of several that are equally good has a prefix: the one for which a hash of both is highest (rendezvous hashing), so that the coming
/// or going of a third one moves nothing between two. Lower numbers first, to break what ties are left.
pub(super) fn tie(prefix: u64, salt: u64) -> u64 {
    mix(prefix ^ salt)
}

/// Whether a place sheds a prefix, when it sheds such a share of all: what it sheds at one share it sheds at every larger one.
/// The hash is another than that of ties, or else a place would shed first what it has won by hash.
pub(super) fn sheds(prefix: u64, salt: u64, share: u16) -> bool {
    (mix(mix(prefix) ^ !salt) >> 48) < u64::from(share)
}

/// The numbers in a set of places, ascending.
pub(super) fn numbers(mut set: u64) -> impl Iterator<Item = u8> {
    core::iter::from_fn(move || {
        let number = (set != 0).then(|| set.trailing_zeros() as u8);
        set &= set.wrapping_sub(1);
        number
    })
}
