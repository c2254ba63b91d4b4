//! The whole table of one router.

use super::prefixes::Table;
use super::ranking::preference;
use super::route::Route;
use super::said::Said;
use alloc::vec::Vec;
use core::cmp::Ordering;
use wire::network::Network;

/// All networks that one router has a way to, in order, each once; [`Said`] makes it. It takes nine bytes for a network, of IPv6 21: tables
/// of many routers wait for each other.
#[derive(Clone, Debug, Default)]
pub struct RouterTable {
    /// Each with its route's place.
    pub(super) networks: Table,
    pub(super) routes: Vec<Route>,
}

impl RouterTable {
    /// How many networks.
    pub fn len(&self) -> usize {
        self.networks.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The networks in order, IPv4 first, each with its route.
    pub fn iter(&self) -> impl Iterator<Item = (Network, Route)> + '_ {
        self.networks.networks().map(|(network, route)| (network, self.routes[route as usize]))
    }

    /// What two routers say, as if they were one: of a network that both know, the better route (RFC 4271 §9.1.2.2 a to c), or else this
    /// one's.
    pub fn or_better(&self, other: &RouterTable) -> RouterTable {
        let (mut these, mut others) = (self.iter().peekable(), other.iter().peekable());
        let mut both = Said::default();
        loop {
            let order = match (these.peek(), others.peek()) {
                (Some(this), Some(other)) => this.0.cmp(&other.0),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return both.finish(),
            };
            let this = if order.is_le() { these.next() } else { None };
            let other = if order.is_ge() { others.next() } else { None };
            let best = this.into_iter().chain(other).min_by_key(|(_, route)| preference(route));
            best.into_iter().for_each(|(network, route)| both.say(network, Some(route)));
        }
    }
}

/// Of networks in any order; of one that is there twice, the later route counts.
impl FromIterator<(Network, Route)> for RouterTable {
    fn from_iter<T: IntoIterator<Item = (Network, Route)>>(networks: T) -> RouterTable {
        let mut said = Said::default();
        networks.into_iter().for_each(|(network, route)| said.say(network, Some(route)));
        said.finish()
    }
}

/// Equal where they say the same; how routes are numbered is nobody's business.
impl PartialEq for RouterTable {
    fn eq(&self, other: &RouterTable) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}
