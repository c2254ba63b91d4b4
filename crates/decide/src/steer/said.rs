//! What a router says of networks, word by word, until it is a whole table.

use super::bits::Bits;
use super::intern::Index;
use super::prefixes::{PrefixTable, Table};
use super::ranking::preference;
use super::route::Route;
use super::router_table::RouterTable;
use crate::balance::hash::mix;
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::network::Network;

/// Stands for the route of a network that was withdrawn.
const WITHDRAWN: u32 = u32::MAX;
/// Routes that are found without a search.
const NEAR: usize = 1 << 11;

/// What a router has said so far. As long as it tells networks in order and each once, as files do, nothing is ever sorted. A word takes
/// nine bytes, of an IPv6 network 21, and each different route is kept once.
#[derive(Clone, Debug, Default)]
pub struct Said {
    words: Table,
    routes: Vec<Route>,
    known: Index,
    /// Numbers of routes that were told before, by their systems: most come again soon.
    near: Vec<u32>,
    /// Something was said out of order, or twice, or was withdrawn.
    unsettled: bool,
}

impl Said {
    /// Takes a word on a network; `None`: it is withdrawn. Of several words, the last counts.
    pub fn say(&mut self, network: Network, route: Option<Route>) {
        let value = route.map_or(WITHDRAWN, |route| self.number(route));
        let bits = network.bits();
        let in_order = match network.address() {
            IpAddr::V4(address) => say(&mut self.words.v4, address.to_bits(), bits, value),
            IpAddr::V6(address) => say(&mut self.words.v6, address.to_bits(), bits, value),
        };
        self.unsettled |= !in_order || value == WITHDRAWN;
    }

    /// Of several ways to a network that are told together, the best counts. False, and nothing is taken, where the last word of
    /// this family gave no way to this network.
    pub fn say_also(&mut self, network: Network, route: &Route) -> bool {
        let bits = network.bits();
        let before = match network.address() {
            IpAddr::V4(address) => last(&self.words.v4, address.to_bits(), bits),
            IpAddr::V6(address) => last(&self.words.v6, address.to_bits(), bits),
        };
        let Some(before) = before.filter(|before| *before != WITHDRAWN) else { return false };
        if preference(route) < preference(&self.routes[before as usize]) {
            let number = self.number(*route);
            let values = if network.address().is_ipv4() { &mut self.words.v4.values } else { &mut self.words.v6.values };
            values.pop();
            values.push(number);
        }
        true
    }

    /// Words that are kept.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = Said::default();
    }

    /// Puts them in order: of each network the last word, nothing of those that are withdrawn, and no more networks than `most`. How many
    /// were left out for that.
    pub fn settle(&mut self, most: usize) -> usize {
        if core::mem::take(&mut self.unsettled) {
            self.words.v4.last_words();
            self.words.v6.last_words();
        }
        let over = self.words.len().saturating_sub(most);
        self.words.v6.truncate(self.words.v6.len().saturating_sub(over));
        self.words.v4.truncate(most);
        // Then there are routes that no network has.
        if self.routes.len() > self.words.len() {
            self.compact();
        }
        over
    }

    /// The table: what was said, settled, with no more networks than there are.
    pub fn finish(mut self) -> RouterTable {
        self.settle(usize::MAX);
        RouterTable { networks: self.words, routes: self.routes }
    }

    fn number(&mut self, route: Route) -> u32 {
        let Said { routes, known, near, .. } = self;
        if near.is_empty() {
            near.resize(NEAR, 0);
        }
        let near = &mut near[route.origin_as as usize % NEAR];
        if routes.get(*near as usize) != Some(&route) {
            let new = routes.len() as u32;
            *near = known.number(route_hash(&route), new, |number| routes[number as usize] == route);
            if *near == new {
                routes.push(route);
            }
        }
        *near
    }

    fn compact(&mut self) {
        let routes = core::mem::take(&mut self.routes);
        (self.known, self.near) = (Index::default(), Vec::new());
        let mut words = core::mem::take(&mut self.words);
        for value in words.v4.values.iter_mut().chain(&mut words.v6.values) {
            *value = self.number(routes[*value as usize]);
        }
        self.words = words;
    }
}

/// Whether it is behind all others.
fn say<A: Bits>(words: &mut PrefixTable<A>, address: A, bits: u8, value: u32) -> bool {
    let in_order = words.addresses.last().is_none_or(|before| match before.cmp(&address) {
        core::cmp::Ordering::Less => true,
        core::cmp::Ordering::Equal => words.bits.last() < Some(&bits),
        core::cmp::Ordering::Greater => false,
    });
    words.push(address, bits, value);
    in_order
}

/// The last word, if it is on this network.
fn last<A: Bits>(words: &PrefixTable<A>, address: A, bits: u8) -> Option<u32> {
    let same = words.addresses.last() == Some(&address) && words.bits.last() == Some(&bits);
    words.values.last().copied().filter(|_| same)
}

impl<A: Bits> PrefixTable<A> {
    /// Words in order, of each network the last, without those that are withdrawn.
    fn last_words(&mut self) {
        let words = self.addresses.drain(..).zip(self.bits.drain(..)).zip(self.values.drain(..));
        let mut words: Vec<(A, u8, u32)> = words.map(|((address, bits), value)| (address, bits, value)).collect();
        // Stable: of one network, the later word stays behind the earlier.
        words.sort_by_key(|(address, bits, _)| (*address, *bits));
        for (at, (address, bits, value)) in words.iter().enumerate() {
            let last = words.get(at + 1).is_none_or(|next| (next.0, next.1) != (*address, *bits));
            if last && *value != WITHDRAWN {
                self.push(*address, *bits, *value);
            }
        }
    }

    fn truncate(&mut self, most: usize) {
        self.addresses.truncate(most);
        self.bits.truncate(most);
        self.values.truncate(most);
    }
}

fn route_hash(route: &Route) -> u64 {
    let first = u64::from(route.origin_as) << 32 | u64::from(route.med);
    let second = u64::from(route.local_pref) << 32 | u64::from(route.path_len) << 16 | route.origin as u64;
    mix(first.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ second)
}

#[cfg(test)]
mod tests;
