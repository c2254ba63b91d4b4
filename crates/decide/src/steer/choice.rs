//! The choice for one stretch of addresses: the layers in their order, as fast as a sweep over all networks wants it. [`super::walk`] makes
//! the same choice for one address, with all reasons; a test holds the two together.

use super::bits::Bits;
use super::geography::Nearness;
use super::overlay::{MeasuredTable, gains};
use super::places::{Places, numbers, prefix_hash, sheds, tie};
use super::ranking::Ranking;
use super::state::State;
use crate::config::Layer;
use alloc::vec::Vec;

/// What the tables say of a stretch of addresses that all lie alike in them.
pub(super) struct Ground<A> {
    /// One of the addresses.
    pub(super) at: A,
    /// The network in the routing tables: address, bits, row.
    pub(super) route: Option<(A, u8, u32)>,
    /// The place that a change is held back for.
    pub(super) held: Option<u8>,
    /// The row of the times that were measured.
    pub(super) measured: Option<u32>,
    /// The network's length and its location.
    pub(super) location: Option<(u8, u32)>,
}

pub(super) struct Chooser<'a> {
    pub(super) places: &'a Places,
    pub(super) ranking: &'a Ranking,
    pub(super) measured: &'a MeasuredTable,
    pub(super) nearness: &'a Nearness,
    /// Who may be chosen at all: the healthy, or, where none is, everybody.
    healthy: u64,
    /// Who sheds: set, salt and share.
    shedding: Vec<(u64, u64, u16)>,
    routes: bool,
    locations: bool,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(
        places: &'a Places,
        ranking: &'a Ranking,
        measured: &'a MeasuredTable,
        nearness: &'a Nearness,
        state: &State,
    ) -> Chooser<'a> {
        let well = |(number, place): (usize, &super::places::Place)| u64::from(state.is_healthy(place.pop)) << number;
        let healthy = places.pops.iter().enumerate().map(well).fold(0, |set, place| set | place);
        let shedding = places.pops.iter().enumerate().map(|(number, place)| (1 << number, place.salt, state.share(place.pop)));
        Chooser {
            places,
            ranking,
            measured,
            nearness,
            healthy: if healthy == 0 { places.all() } else { healthy },
            shedding: shedding.filter(|(_, _, share)| *share > 0).collect(),
            routes: places.layers.contains(&Layer::Topology),
            locations: places.layers.contains(&Layer::Geography),
        }
    }

    /// By how many bits clients are parted for shedding here, if any place sheds: as long as the network in the first of the tables that
    /// has one, but at least [`Bits::UNIT`].
    pub(super) fn unit<A: Bits>(&self, ground: &Ground<A>) -> Option<u8> {
        let route = ground.route.filter(|_| self.routes).map(|(_, bits, _)| bits);
        let location = ground.location.filter(|_| self.locations).map(|(bits, _)| bits);
        (!self.shedding.is_empty()).then(|| route.or(location).unwrap_or(0).max(A::UNIT))
    }

    /// The place, by its small number, and the layer that decides.
    pub(super) fn choose<A: Bits>(&self, ground: &Ground<A>) -> (u8, Layer) {
        let mut able = self.healthy;
        if let Some(unit) = self.unit(ground) {
            let hash = prefix_hash(ground.at.first(unit), unit);
            let shed = self.shedding.iter().filter(|(_, salt, share)| sheds(hash, *salt, *share));
            able &= !shed.fold(0, |set, (place, _, _)| set | place);
            // Where all shed, none does: somebody must serve the client.
            able = if able == 0 { self.healthy } else { able };
        }
        self.layers(&self.places.layers, ground, able)
    }

    fn layers<A: Bits>(&self, layers: &[Layer], ground: &Ground<A>, able: u64) -> (u8, Layer) {
        let Some((layer, behind)) = layers.split_first() else { return (able.trailing_zeros() as u8, Layer::Default) };
        let found = match layer {
            Layer::Measured => ground.measured.and_then(|row| self.measured(row, self.layers(behind, ground, able).0, able)),
            Layer::Topology => ground.route.and_then(|route| self.topology(route, ground.held, able)),
            Layer::Geography => ground
                .location
                .and_then(|(_, location)| self.nearness.order(location).iter().copied().find(|number| able & 1 << number != 0)),
            Layer::Default => Some(able.trailing_zeros() as u8),
        };
        found.map_or_else(|| self.layers(behind, ground, able), |place| (place, *layer))
    }

    /// The place with the shortest time, if that is shorter by enough than the time to the place that would be chosen otherwise.
    fn measured(&self, row: u32, otherwise: u8, able: u64) -> Option<u8> {
        let times = self.measured.times(row);
        let place = |(pop, time): &(u16, u32)| Some((*time, self.places.number(*pop)?));
        let (shortest, best) = times.iter().filter_map(place).filter(|(_, number)| able & 1 << number != 0).min()?;
        let (time, _) = times.iter().filter_map(place).find(|(_, number)| *number == otherwise)?;
        (best != otherwise && gains(shortest, time, self.places.measured_gain)).then_some(best)
    }

    fn topology<A: Bits>(&self, (address, bits, row): (A, u8, u32), held: Option<u8>, able: u64) -> Option<u8> {
        let groups = self.ranking.row(row);
        if let Some(held) = held
            && able & 1 << held != 0
            && groups.iter().any(|group| group & 1 << held != 0)
        {
            return Some(held);
        }
        let best = groups.iter().map(|group| group & able).find(|group| *group != 0)?;
        Some(self.among(best, address, bits))
    }

    /// Of several that are equally good, one.
    pub(super) fn among<A: Bits>(&self, group: u64, address: A, bits: u8) -> u8 {
        among(self.places, group, address, bits)
    }
}

/// Of several places that are equally good for a network, one.
pub(super) fn among<A: Bits>(places: &Places, group: u64, address: A, bits: u8) -> u8 {
    if group.is_power_of_two() {
        return group.trailing_zeros() as u8;
    }
    let hash = prefix_hash(address, bits);
    let rank = |number: &u8| (tie(hash, places.pops[usize::from(*number)].salt), core::cmp::Reverse(*number));
    numbers(group).max_by_key(rank).unwrap_or(0)
}
