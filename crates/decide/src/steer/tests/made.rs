//! Small worlds, made from a seed: tables that fit into a few bits, so that every address can be asked.

use crate::config;
use crate::config::Layer;
use crate::random::{Random, SplitMix};
use crate::steer::{Change, Geography, Held, MeasuredTable, Origin, Places, Rib, Route, SourceId, State, Steering, Tables};
use crate::time::Duration;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::network::Network;

pub(super) struct Maker {
    pub(super) random: SplitMix,
    pub(super) v6: bool,
    pub(super) places: u64,
}

impl Maker {
    pub(super) fn new(seed: u64) -> Maker {
        let mut random = SplitMix::new(seed);
        let (v6, places) = (random.below(2) == 1, 1 + random.below(5));
        Maker { random, v6, places }
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    /// The address so far into the small world, whose last six bits are free.
    pub(super) fn address(&self, into: u64) -> IpAddr {
        if self.v6 {
            Ipv6Addr::from_bits(0x2001_0db8_0000_0000_0000_0000_0000_0000 + u128::from(into)).into()
        } else {
            Ipv4Addr::from_bits(0xc000_0200 + into as u32).into()
        }
    }

    /// A network in the small world; seldom one that is around it or elsewhere.
    pub(super) fn network(&mut self) -> Network {
        let width: u8 = if self.v6 { 128 } else { 32 };
        let into = self.below(64);
        let near = width - self.below(8) as u8;
        match self.below(12) {
            0 => Network::of(self.address(into), self.random.below(u64::from(width)) as u8),
            1 if self.v6 => Network::of(Ipv6Addr::from_bits(u128::MAX << self.random.below(128)).into(), near),
            1 => Network::of(Ipv4Addr::from_bits(u32::MAX << self.random.below(32)).into(), near),
            _ => Network::of(self.address(into), near),
        }
    }

    pub(super) fn route(&mut self) -> Route {
        let origin = [Origin::Igp, Origin::Egp, Origin::Incomplete][self.below(3) as usize];
        let (local_pref, path_len) = (100 + self.below(2) as u32, 1 + self.below(2) as u16);
        Route { local_pref, path_len, origin, med: self.below(2) as u32, origin_as: self.below(2) as u32 }
    }

    pub(super) fn changes(&mut self, count: u64) -> Vec<Change> {
        let change = |maker: &mut Maker| {
            let route = (maker.below(4) > 0).then(|| maker.route());
            Change { source: SourceId(maker.below(maker.places + 2) as u16), network: maker.network(), route }
        };
        (0..self.below(count + 1)).map(|_| change(self)).collect()
    }

    /// A table of as many sources as places and two more: one of the first place, one of none.
    pub(super) fn rib(&mut self) -> Rib {
        let mut rib = Rib::new();
        (0..self.places as u16).for_each(|pop| rib.assign(SourceId(pop), pop + 1));
        rib.assign(SourceId(self.places as u16), 1);
        rib.apply(&self.changes(24))
    }

    pub(super) fn places(&mut self) -> Arc<Places> {
        let mut layers = vec![Layer::Measured, Layer::Topology, Layer::Geography];
        layers.swap(0, self.below(3) as usize);
        layers.swap(1, self.random.below(3) as usize);
        layers.truncate(1 + self.random.below(3) as usize);
        layers.push(Layer::Default);
        Arc::new(self.places_with(layers))
    }

    /// The configuration has one place more than the steering: the first is not of it.
    pub(super) fn places_with(&mut self, layers: Vec<Layer>) -> Places {
        let pop = |number: u64| config::Pop {
            name: format!("pop{number}"),
            addresses: Vec::new(),
            pool: None,
            capacity: 100,
            location: (number != 2).then_some((number as i32 * 100_000, -300_000)),
            url: None,
        };
        let pops: Vec<config::Pop> = (0..=self.places).map(pop).collect();
        let steering = config::Steering {
            name: "small".into(),
            pops: (1..=self.places as usize).collect(),
            layers,
            hold: Duration::from_secs(60),
            moves_per_minute: 1000,
            measured_gain: self.below(3) as u32 * 20,
            measure: None,
        };
        Places::of(&steering, &pops)
    }

    pub(super) fn tables(&mut self) -> Tables {
        let times = |maker: &mut Maker| {
            let time = |maker: &mut Maker| (maker.below(6) as u16, Duration::from_millis(10 + maker.below(4) * 10));
            (maker.network(), (0..maker.below(6)).map(|_| time(maker)).collect())
        };
        let measured = (0..self.below(6)).map(|_| times(self)).collect();
        let located = (0..self.below(8)).map(|_| (self.network(), self.random.below(5) as u32)).collect();
        let held = (0..self.below(4)).map(|_| (self.network(), self.random.below(self.places) as u8)).collect();
        let locations = (0..4).map(|place| (place * 120_000, -310_000)).collect();
        Tables {
            rib: Arc::new(self.rib()),
            measured: Arc::new(MeasuredTable::new(measured)),
            geography: Arc::new(Geography::new(located, locations)),
            held: Arc::new(Held::new(held)),
        }
    }

    /// Mostly well; now and then all at once are not.
    pub(super) fn state(&mut self) -> State {
        let (ill, shed) = (self.below(4), self.below(3));
        let share = |maker: &mut Maker| match shed {
            0 if maker.below(2) == 0 => maker.random.below(65_536) as u16,
            1 if maker.below(8) == 0 => u16::MAX,
            _ => 0,
        };
        State { healthy: (0..6).map(|_| ill == 0 || self.below(3) >= ill).collect(), shares: (0..6).map(|_| share(self)).collect() }
    }

    pub(super) fn steering(&mut self) -> Steering {
        let (places, tables, state) = (self.places(), self.tables(), self.state());
        Steering::new(7, places, tables, state)
    }

    /// All addresses of the small world, and those on both sides of every border that any table or any rule can draw.
    pub(super) fn addresses(&self, steering: &Steering) -> Vec<IpAddr> {
        let mut numbers: Vec<u128> = (0..64).map(|into| number(self.address(into))).collect();
        let Tables { rib, measured, geography, held } = steering.tables();
        let tables = [rib.table(), measured.table(), geography.table(), held.table()];
        let last: u128 = if self.v6 { u128::MAX } else { u128::from(u32::MAX) };
        let width: u32 = if self.v6 { 128 } else { 32 };
        for network in tables.iter().flat_map(|table| table.networks()).map(|(network, _)| network) {
            let first = number(network.address());
            let end = first | last.checked_shr(u32::from(network.bits())).unwrap_or(0);
            numbers.extend([first.saturating_sub(1), first, end, end.saturating_add(1).min(last)]);
        }
        if steering.state().shares.iter().any(|share| *share > 0) {
            // Units of shedding: of IPv4 all, of IPv6 those around what the tables know.
            let (bits, units) = if self.v6 { (16, 0x2000..0x2010) } else { (12, 0..1 << 12) };
            let unit = |index: u128| index << (width - bits);
            numbers.extend(units.flat_map(|index| [unit(index), unit(index) | last >> bits]));
        }
        numbers.extend([0, last]);
        numbers.sort_unstable();
        numbers.dedup();
        let address =
            |number: u128| if self.v6 { IpAddr::from(Ipv6Addr::from_bits(number)) } else { Ipv4Addr::from_bits(number as u32).into() };
        numbers.into_iter().map(address).collect()
    }
}

pub(super) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}
