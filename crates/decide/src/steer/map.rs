//! The compiled answer to every address there is.

use super::bits::Bits;
use super::choice::{Chooser, Ground};
use super::geography::Geography;
use super::held::Held;
use super::prefixes::Cursor;
use super::rib::Rib;
use crate::config::Layer;
use alloc::vec::Vec;
use core::net::IpAddr;

/// For each family, where the answer changes. It is made by one sweep over all tables at once.
#[derive(Clone, Debug)]
pub(super) struct Map {
    pub(super) v4: Runs<u32>,
    pub(super) v6: Runs<u128>,
    /// Where the layer that decides changes, which is elsewhere: stretches of places would be cut up by it, and scopes be narrower.
    layers: (Runs<u32>, Runs<u128>),
}

impl Map {
    pub(super) fn of(chooser: &Chooser<'_>, rib: &Rib, held: &Held, geography: &Geography) -> Map {
        let (v4, layers_v4) = swept(chooser, rib, held, geography);
        let (v6, layers_v6) = swept(chooser, rib, held, geography);
        Map { v4, v6, layers: (layers_v4, layers_v6) }
    }

    /// The place of an address, by its small number, and the length of the widest network around it that has no other answer in it.
    pub(super) fn lookup(&self, address: IpAddr) -> (u8, u8) {
        match address {
            IpAddr::V4(address) => self.v4.lookup(address.to_bits()),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(mapped) => self.v4.lookup(mapped.to_bits()),
                None => self.v6.lookup(address.to_bits()),
            },
        }
    }

    /// The layer that decides for an address.
    pub(super) fn layer(&self, address: IpAddr) -> Layer {
        let (v4, v6) = &self.layers;
        let layer = match address.to_canonical() {
            IpAddr::V4(address) => v4.runs[v4.run(address.to_bits())].place,
            IpAddr::V6(address) => v6.runs[v6.run(address.to_bits())].place,
        };
        Layer::ALL[usize::from(layer)]
    }

    pub(super) fn bytes(&self) -> usize {
        self.v4.bytes() + self.v6.bytes() + self.layers.0.bytes() + self.layers.1.bytes()
    }
}

/// Addresses with one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run<A> {
    /// The first of them; they end before the next run.
    pub(super) start: A,
    /// Their answer: a place by its small number, or a layer by its position in [`Layer::ALL`].
    pub(super) place: u8,
}

/// All addresses of a family, as runs; neighbours differ. Of what a lookup reads hardly anything is near the processor, so that it costs
/// what it reads in different places: one of the slots, and a run with its neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Runs<A> {
    /// The first run starts at the first address.
    pub(super) runs: Vec<Run<A>>,
    /// For each value of the leading bits, how many runs start before the first address with it.
    slots: Vec<u32>,
    /// How many bits lead to a slot.
    bits: u8,
}

impl<A: Bits> Runs<A> {
    /// So many runs share a slot, were they spread evenly; and slots have no more bits.
    const SHARE: usize = 4;
    const MOST_BITS: u32 = 18;

    /// Without any; more are added behind with [`Runs::add`], and it is ready after [`Runs::done`].
    fn with_room(runs: usize) -> Runs<A> {
        Runs { runs: Vec::with_capacity(runs), slots: Vec::new(), bits: 0 }
    }

    /// From this address on it is this.
    fn add(&mut self, start: A, place: u8) {
        if self.runs.last().is_none_or(|run| run.place != place) {
            self.runs.push(Run { start, place });
        }
    }

    fn done(self) -> Runs<A> {
        let Runs { mut runs, .. } = self;
        runs.shrink_to_fit();
        let bits = (runs.len() / Self::SHARE).max(1).ilog2().min(Self::MOST_BITS) as u8;
        let mut slots = Vec::with_capacity((1 << bits) + 1);
        let mut before = 0;
        for slot in 0..1 << bits {
            while runs.get(before).is_some_and(|run| run.start.leading(bits) < slot) {
                before += 1;
            }
            slots.push(before as u32);
        }
        slots.push(runs.len() as u32);
        Runs { runs, slots, bits }
    }

    /// Which run an address is in.
    pub(super) fn run(&self, address: A) -> usize {
        let slot = address.leading(self.bits);
        let (from, to) = (self.slots[slot] as usize, self.slots[slot + 1] as usize);
        // The first run starts at the first address: there is always one that starts no later.
        from + self.runs[from..to].partition_point(|run| run.start <= address) - 1
    }

    fn lookup(&self, address: A) -> (u8, u8) {
        let run = self.run(address);
        (self.runs[run].place, self.scope(run, address))
    }

    /// The widest network around the address stops short of the last address before the run, and of the first behind it: it has one bit
    /// more than the address shares with the nearer of them.
    fn scope(&self, run: usize, address: A) -> u8 {
        let before = self.runs[run].start.previous().map_or(0, |before| address.shared(before) + 1);
        let behind = self.runs.get(run + 1).map_or(0, |behind| address.shared(behind.start) + 1);
        before.max(behind)
    }

    fn bytes(&self) -> usize {
        self.runs.capacity() * size_of::<Run<A>>() + self.slots.capacity() * 4
    }
}

fn swept<A: Bits>(chooser: &Chooser<'_>, rib: &Rib, held: &Held, geography: &Geography) -> (Runs<A>, Runs<A>) {
    let (mut places, mut layers) = (Runs::with_room(A::of(rib.table()).len()), Runs::with_room(0));
    sweep(chooser, (rib, held, geography), |stretch| {
        let (place, layer) = chooser.choose(&stretch.ground);
        places.add(stretch.ground.at, place);
        layers.add(stretch.ground.at, layer.number());
    });
    (places.done(), layers.done())
}

/// Addresses that lie alike in all tables.
pub(super) struct Stretch<A> {
    /// What the tables say of them; they begin at its address.
    pub(super) ground: Ground<A>,
    /// The last one.
    pub(super) last: A,
    /// Where their network stands in the tables: of routes, of times, of locations.
    pub(super) found: [Option<usize>; 3],
}

/// All addresses of a family, stretch by stretch.
pub(super) fn sweep<A: Bits>(chooser: &Chooser<'_>, (rib, held, geography): (&Rib, &Held, &Geography), mut each: impl FnMut(&Stretch<A>)) {
    let tables = (A::of(rib.table()), A::of(held.table()), A::of(chooser.measured.table()), A::of(geography.table()));
    let (routes, holds, times, locations) = tables;
    let mut cursors = [routes, holds, times, locations].map(Cursor::new);
    // As a rule most clients are led by routes alone: then nothing else is asked.
    let asked = if [holds, times, locations].iter().all(|table| table.len() == 0) { 1 } else { cursors.len() };
    let cursors = &mut cursors[..asked];
    let mut at = A::FIRST;
    loop {
        cursors.iter_mut().for_each(|cursor| cursor.go(at));
        let [found, hold, time, location] = [0, 1, 2, 3].map(|cursor: usize| cursors.get(cursor)?.here());
        let route = found.map(|index| (routes.addresses[index], routes.bits[index], routes.values[index]));
        let ground = Ground {
            at,
            route,
            held: hold.filter(|index| route.is_some_and(|(_, bits, _)| bits <= holds.bits[*index])).map(|index| holds.values[index] as u8),
            measured: time.map(|index| times.values[index]),
            location: location.map(|index| (locations.bits[index], locations.values[index])),
        };
        let unit = chooser.unit(&ground).and_then(|bits| at.last(bits).next());
        let border = cursors.iter().filter_map(Cursor::border).chain(unit).min();
        let last = border.and_then(Bits::previous).unwrap_or(A::LAST);
        each(&Stretch { ground, last, found: [found, time, location] });
        match border {
            Some(border) => at = border,
            None => break,
        }
    }
}
