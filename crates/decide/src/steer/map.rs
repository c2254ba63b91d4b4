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
            IpAddr::V4(address) => v4.places[v4.run(address.to_bits())],
            IpAddr::V6(address) => v6.places[v6.run(address.to_bits())],
        };
        Layer::ALL[usize::from(layer)]
    }

    pub(super) fn bytes(&self) -> usize {
        self.v4.bytes() + self.v6.bytes() + self.layers.0.bytes() + self.layers.1.bytes()
    }
}

/// Stretches of addresses with one answer each; neighbours differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Runs<A> {
    /// The first address of each; the first of all is the first there is.
    pub(super) starts: Vec<A>,
    /// Their answers: places by their small numbers, or layers by their positions in [`Layer::ALL`].
    pub(super) places: Vec<u8>,
    /// For each value of the leading 16 bits, how many runs start before the first address with it.
    slots: Vec<u32>,
}

impl<A: Bits> Runs<A> {
    /// Without any; more are added behind with [`Runs::add`], and it is ready after [`Runs::done`].
    fn with_room(runs: usize) -> Runs<A> {
        Runs { starts: Vec::with_capacity(runs), places: Vec::with_capacity(runs), slots: Vec::new() }
    }

    /// From this address on it is this.
    fn add(&mut self, start: A, place: u8) {
        if self.places.last() != Some(&place) {
            self.starts.push(start);
            self.places.push(place);
        }
    }

    fn done(self) -> Runs<A> {
        let Runs { mut starts, mut places, .. } = self;
        starts.shrink_to_fit();
        places.shrink_to_fit();
        let mut slots = Vec::with_capacity((1 << 16) + 1);
        let mut before = 0;
        for slot in 0..1 << 16 {
            while starts.get(before).is_some_and(|start| start.slot() < slot) {
                before += 1;
            }
            slots.push(before as u32);
        }
        slots.push(starts.len() as u32);
        Runs { starts, places, slots }
    }

    /// Which run an address is in.
    pub(super) fn run(&self, address: A) -> usize {
        let slot = address.slot();
        let (from, to) = (self.slots[slot] as usize, self.slots[slot + 1] as usize);
        // The first run starts at the first address: there is always one that starts no later.
        from + self.starts[from..to].partition_point(|start| *start <= address) - 1
    }

    fn lookup(&self, address: A) -> (u8, u8) {
        let run = self.run(address);
        (self.places[run], self.scope(run, address))
    }

    /// The widest network around the address stops short of the last address before the run, and of the first behind it: it has one bit
    /// more than the address shares with the nearer of them.
    fn scope(&self, run: usize, address: A) -> u8 {
        let before = self.starts[run].previous().map_or(0, |before| address.shared(before) + 1);
        let behind = self.starts.get(run + 1).map_or(0, |behind| address.shared(*behind) + 1);
        before.max(behind)
    }

    fn bytes(&self) -> usize {
        self.starts.capacity() * size_of::<A>() + self.places.capacity() + self.slots.capacity() * 4
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
    let mut at = A::FIRST;
    loop {
        cursors.iter_mut().for_each(|cursor| cursor.go(at));
        let [found, hold, time, location] = [0, 1, 2, 3].map(|cursor: usize| cursors[cursor].here());
        let route = found.map(|index| (routes.addresses[index], routes.bits[index], routes.values[index]));
        let ground = Ground {
            at,
            route,
            held: hold.filter(|index| route.is_some_and(|(_, bits, _)| bits <= holds.bits[*index])).map(|index| holds.values[index] as u8),
            measured: time.map(|index| times.values[index]),
            location: location.map(|index| (locations.bits[index], locations.values[index])),
        };
        let unit = chooser.unit(&ground).and_then(|bits| at.last(bits).next());
        let border = cursors.iter().map(Cursor::border).chain([unit]).flatten().min();
        let last = border.and_then(Bits::previous).unwrap_or(A::LAST);
        each(&Stretch { ground, last, found: [found, time, location] });
        match border {
            Some(border) => at = border,
            None => break,
        }
    }
}
