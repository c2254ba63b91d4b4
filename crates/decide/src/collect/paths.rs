//! Several paths of one peer to a network (RFC 7911): the best of those that are there counts, and one that goes leaves the others.

use crate::steer::{Route, preference};
use alloc::collections::BTreeMap;
use wire::bgp::Prefix;
use wire::network::Network;

/// So many paths are remembered for each network that may be taken; routers send as many as they have neighbours, and few of them count.
const FOR_EACH: usize = 4;

/// The paths of one table. Of a table in which networks have one path only, nothing needs to be remembered.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    known: BTreeMap<(Network, u32), Route>,
    most: usize,
    beyond: bool,
}

impl Paths {
    /// None yet, of a table of so many networks at the most.
    pub(super) fn new(networks: usize) -> Paths {
        Paths { known: BTreeMap::new(), most: networks.saturating_mul(FOR_EACH), beyond: false }
    }

    /// What is said of one path: the best that there is now to its network. A new path beyond the bound is not taken.
    pub(super) fn say(&mut self, prefix: &Prefix, route: Option<Route>) -> Option<Route> {
        let key = (prefix.network, prefix.path);
        match route {
            None => drop(self.known.remove(&key)),
            Some(route) if self.known.len() < self.most || self.known.contains_key(&key) => drop(self.known.insert(key, route)),
            Some(_) => self.beyond = true,
        }
        let all = self.known.range((prefix.network, 0)..=(prefix.network, u32::MAX));
        all.map(|(_, route)| *route).min_by_key(preference)
    }

    /// Whether paths came that were not taken.
    pub(super) fn beyond(&self) -> bool {
        self.beyond
    }
}
