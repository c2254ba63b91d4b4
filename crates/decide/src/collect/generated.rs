//! Routing tables that are made up: as many networks as wanted, with lengths, systems and ways as they are met, the same for the same seed.
//! For benchmarks, demonstrations and tests; nothing in them is true of any network.

use crate::balance::hash::mix;
use crate::steer::{Origin, Route};
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};
use wire::bgp::{self, Agreed, NewAttributes, Prefix, Segment, SegmentKind, write_attributes, write_update};
use wire::mrt::{NewEntry, Peer, write_peers, write_rib};
use wire::network::Network;

/// What is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Another one makes other tables.
    pub seed: u64,
    /// Networks of IPv4; there is room for some millions.
    pub v4: usize,
    /// Networks of IPv6.
    pub v6: usize,
    /// Places whose routers have tables.
    pub pops: u16,
    /// Autonomous systems, at least one; today's net has some 80,000.
    pub systems: u32,
}

/// How many of 1000 networks have how many bits, about as in tables of these years.
const V4_BITS: &[(u8, u16)] = &[
    (24, 600),
    (22, 112),
    (23, 105),
    (21, 52),
    (20, 45),
    (19, 31),
    (16, 16),
    (18, 16),
    (17, 10),
    (15, 3),
    (14, 3),
    (13, 3),
    (12, 2),
    (11, 2),
];
const V6_BITS: &[(u8, u16)] =
    &[(48, 480), (32, 130), (44, 100), (40, 95), (36, 50), (29, 45), (46, 35), (47, 25), (33, 15), (45, 15), (28, 10)];

/// The first of the systems of the places themselves (RFC 6996); those of the others begin with 1.
const OWN_SYSTEM: u32 = 4_200_000_000;
/// When all of this came, in files: the beginning of 2026.
const MADE_AT: u32 = 1_767_225_600;

impl Generated {
    /// A table of today's size.
    pub const fn full(seed: u64, pops: u16) -> Generated {
        Generated { seed, v4: 900_000, v6: 200_000, pops, systems: 80_000 }
    }

    fn hash(&self, what: u64, of: u64) -> u64 {
        mix(mix(self.seed ^ mix(what)).wrapping_add(of.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// The networks, in order.
    pub fn networks(&self) -> Vec<Network> {
        let mut networks = self.family(self.v4, |hash| {
            // Neither 0, 10 and 127 nor what is behind 223 is anybody's.
            let first = [1..=9, 11..=126, 128..=223].into_iter().flatten().nth((hash % 221) as usize).unwrap_or(1);
            let address = first << 24 | (hash >> 32) as u32 >> 8;
            Network::of(IpAddr::V4(address.into()), drawn(V4_BITS, hash >> 8))
        });
        networks.extend(self.family(self.v6, |hash| {
            // 2000::/3 is what is given out (RFC 4291 §2.4), of which a small part is in use.
            let address = u128::from(0x2000 | (hash % 16) as u16 & 0x0C0F) << 112 | u128::from(mix(hash)) << 48;
            Network::of(IpAddr::V6(address.into()), drawn(V6_BITS, hash >> 8))
        }));
        networks
    }

    fn family(&self, count: usize, network: impl Fn(u64) -> Network) -> Vec<Network> {
        let mut networks = Vec::with_capacity(count);
        let mut drawn = 0_u64;
        // Some come twice, and others take their places.
        while networks.len() < count {
            let missing = (count - networks.len()) as u64;
            networks.extend((drawn..drawn + missing).map(|number| network(self.hash(1, number))));
            drawn += missing;
            networks.sort_unstable();
            networks.dedup();
        }
        networks
    }

    /// The system that a network is of. Few have very many networks, most have few; neighbours are often of the same.
    pub fn system(&self, network: &Network) -> u32 {
        let block = match network.address() {
            IpAddr::V4(address) => u64::from(address.to_bits() >> 14),
            IpAddr::V6(address) => (address.to_bits() >> 92) as u64 | 1 << 40,
        };
        let hash = self.hash(2, block);
        let most = self.systems.max(1);
        let reach = 1_u64 << (hash % u64::from(32 - most.leading_zeros()) + 1);
        1 + ((hash >> 8) % reach % u64::from(most)) as u32
    }

    /// The way from a place to a network, the nearest system first; `None` where the place has none: about one network in 200.
    pub fn path(&self, pop: u16, network: &Network) -> Option<Vec<u32>> {
        let number = mix(match network.address() {
            IpAddr::V4(address) => u64::from(address.to_bits()) << 8,
            IpAddr::V6(address) => (address.to_bits() >> 56) as u64 ^ 1,
        } | u64::from(network.bits()));
        if self.hash(3, number ^ u64::from(pop) << 48).is_multiple_of(200) {
            return None;
        }
        let system = self.system(network);
        let pops = u64::from(self.pops.max(1));
        // A system is near to one place, and the farther from others.
        let home = self.hash(4, u64::from(system)) % pops;
        let apart = home.abs_diff(u64::from(pop) % pops);
        let noise = self.hash(5, u64::from(system) << 16 | u64::from(pop));
        let between = 1 + apart.min(pops - apart).min(3) + noise % 2;
        // Some networks are announced in another way than the rest of their system.
        let prepended = if number.is_multiple_of(32) { ((1 + number) >> 8) & 1 } else { 0 };
        let transit = |hop: u64| 1 + (self.hash(6, noise.wrapping_add(hop)) % 64) as u32;
        let mut path: Vec<u32> = (0..between).map(transit).collect();
        path.extend((0..=prepended).map(|_| system));
        Some(path)
    }

    /// What a place's router says of a network.
    pub fn route(&self, pop: u16, network: &Network) -> Option<Route> {
        let path = self.path(pop, network)?;
        Some(Route {
            local_pref: 100,
            path_len: path.len() as u16,
            origin: match self.hash(7, u64::from(self.system(network))) % 16 {
                0 => Origin::Incomplete,
                _ => Origin::Igp,
            },
            med: 0,
            origin_as: path.last().copied().unwrap_or(0),
        })
    }

    /// The table of a place's router, in order.
    pub fn table(&self, pop: u16) -> Vec<(Network, Route)> {
        self.networks().into_iter().filter_map(|network| Some((network, self.route(pop, &network)?))).collect()
    }

    /// The router of a place.
    pub fn router(&self, pop: u16) -> Peer {
        let address = Ipv4Addr::from(0xC612_0000 + u32::from(pop));
        Peer { identifier: address, address: IpAddr::V4(address), system: OWN_SYSTEM + u32::from(pop) }
    }

    /// The table of a place's router as a file (RFC 6396), handed on record by record.
    pub fn mrt(&self, pop: u16, take: &mut dyn FnMut(&[u8])) {
        let mut record = Vec::new();
        let router = self.router(pop);
        write_peers(MADE_AT, router.identifier, &[router], &mut record);
        take(&record);
        let wide = Agreed { four_octets: true, ..Agreed::default() };
        let mut attributes = Vec::new();
        let mut sequence = 0;
        for network in self.networks() {
            let Some(new) = self.attributes(pop, &network) else { continue };
            attributes.clear();
            write_attributes(&new, &wide, &mut attributes);
            record.clear();
            let entry = NewEntry { peer: 0, originated: MADE_AT, path: 0, attributes: &attributes };
            write_rib(MADE_AT, sequence, &network, false, &[entry], &mut record);
            sequence += 1;
            take(&record);
        }
    }

    /// The table of a place's router as UPDATEs, handed on one by one: networks of the same attributes together, as routers send them.
    pub fn updates(&self, pop: u16, agreed: &Agreed, take: &mut dyn FnMut(&[u8])) {
        let mut all: Vec<(NewAttributes<'static>, Network)> =
            self.networks().into_iter().filter_map(|network| Some((self.attributes(pop, &network)?, network))).collect();
        let key = |entry: &(NewAttributes<'static>, Network)| {
            let path = entry.0.path.as_ref().map(|path| path.iter().flat_map(|segment| segment.systems.clone()).collect::<Vec<_>>());
            (entry.1.address().is_ipv6(), path, entry.0.origin)
        };
        all.sort_by_cached_key(key);
        let mut message = Vec::new();
        for group in all.chunk_by(|one, other| one.0 == other.0) {
            // So many fit in a message in any case.
            for part in group.chunks(200) {
                let prefixes: Vec<Prefix> = part.iter().map(|(_, network)| Prefix::of(*network)).collect();
                let mut attributes = part[0].0.clone();
                message.clear();
                let v4 = match &mut attributes.reach {
                    Some((_, _, of)) => {
                        *of = prefixes;
                        &[][..]
                    }
                    None => &prefixes,
                };
                write_update(&[], &attributes, v4, agreed, &mut message).expect("200 networks of 17 bytes, and a short way");
                take(&message);
            }
        }
    }

    fn attributes(&self, pop: u16, network: &Network) -> Option<NewAttributes<'static>> {
        let systems = self.path(pop, network)?;
        let route = self.route(pop, network)?;
        let router = self.router(pop).identifier;
        let v6 = network.address().is_ipv6();
        Some(NewAttributes {
            origin: Some(match route.origin {
                Origin::Igp => bgp::Origin::Igp,
                Origin::Egp => bgp::Origin::Egp,
                Origin::Incomplete => bgp::Origin::Incomplete,
            }),
            path: Some(vec![Segment { kind: SegmentKind::Sequence, systems }]),
            next_hop: (!v6).then_some(router),
            local_pref: Some(route.local_pref),
            reach: v6.then(|| (bgp::Family::IPV6, IpAddr::V6(router.to_ipv6_mapped()), Vec::new())),
            ..NewAttributes::default()
        })
    }
}

/// How many bits, drawn by a table of how many of 1000 have how many.
fn drawn(table: &[(u8, u16)], hash: u64) -> u8 {
    let mut left = (hash % 1000) as u16;
    for (bits, many) in table {
        match left.checked_sub(*many) {
            Some(rest) => left = rest,
            None => return *bits,
        }
    }
    table[0].0
}

#[cfg(test)]
mod tests;
