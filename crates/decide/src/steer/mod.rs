//! Which place a client is led to, and why.
//!
//! - [`Rib`]: what all routers say of all networks. [`MeasuredTable`]: what clients have measured. [`Geography`]: where addresses are said to be.
//! - [`Steering`]: one published version of all that, with the places, their health and the shares they shed, and with the [`Answer`] to every
//!   address there is, worked out. [`Steering::decide`] gives the same answer with its reasons.
//! - [`redirect`]: a decision as an answer to a request. [`reports`]: what clients report, as it becomes a [`MeasuredTable`]; [`leave`]: who may.
//!
//! One version follows another so: `Rib::apply` or `replace`, then [`Steering::publish`]. A version never changes, so that whoever answers
//! holds one and asks nobody.

mod bits;
mod choice;
mod decision;
mod geography;
mod held;
mod intern;
pub mod leave;
mod map;
mod overlay;
mod places;
mod prefixes;
mod ranking;
pub mod redirect;
pub mod reports;
mod rib;
mod route;
mod rows;
mod state;
mod walk;

pub use decision::{Answer, Candidate, Decision};
pub use geography::{Geography, Location};
pub use held::Held;
pub use overlay::MeasuredTable;
pub use places::Places;
pub use rib::Rib;
pub use route::{Change, Origin, Route, SourceId};
pub use state::State;

use alloc::sync::Arc;
use choice::Chooser;
use core::net::IpAddr;
use geography::Nearness;
use map::Map;
use ranking::Ranking;

/// What clients are led by.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// What routers say.
    pub rib: Arc<Rib>,
    /// What clients have measured.
    pub measured: Arc<MeasuredTable>,
    /// Where addresses are said to be.
    pub geography: Arc<Geography>,
    /// Changes of the first that are held back.
    pub held: Arc<Held>,
}

/// One published version of how clients are led.
///
/// The layers are asked in their order, and in each only places that are healthy and do not shed the client's network may be chosen. A layer
/// without data for the client, or without such a place, passes on; the default knows all places.
///
/// A place that sheds does so by whole networks: the one in the routing tables that the client is in, or else the one in the geography, and at
/// least a /12 (IPv4) or a /16 (IPv6) around the client; the same one in all layers, or else one layer would bring back what another has shed.
#[derive(Clone, Debug)]
pub struct Steering {
    version: u64,
    places: Arc<Places>,
    tables: Tables,
    state: State,
    ranking: Arc<Ranking>,
    nearness: Arc<Nearness>,
    map: Map,
}

impl Steering {
    /// The first version: of these tables, in this state.
    pub fn new(version: u64, places: Arc<Places>, tables: Tables, state: State) -> Steering {
        let ranking = Arc::new(Ranking::of(&tables.rib, &places));
        let nearness = Arc::new(Nearness::of(&tables.geography, &places));
        Steering::made(version, places, tables, state, ranking, nearness)
    }

    /// The next version: what has not changed of the tables is not worked out again.
    pub fn publish(&self, version: u64, tables: Tables, state: State) -> Steering {
        let (places, old) = (&self.places, &self.tables);
        let same = Arc::ptr_eq(&tables.rib, &old.rib);
        let ranking = if same { self.ranking.clone() } else { Arc::new(Ranking::of(&tables.rib, places)) };
        let same = Arc::ptr_eq(&tables.geography, &old.geography);
        let nearness = if same { self.nearness.clone() } else { Arc::new(Nearness::of(&tables.geography, places)) };
        Steering::made(version, places.clone(), tables, state, ranking, nearness)
    }

    /// As this one, if a place had failed.
    pub fn without(&self, pop: u16) -> Steering {
        self.publish(self.version, self.tables.clone(), self.state.without(pop))
    }

    fn made(version: u64, places: Arc<Places>, tables: Tables, state: State, ranking: Arc<Ranking>, nearness: Arc<Nearness>) -> Steering {
        let chooser = Chooser::new(&places, &ranking, &tables.measured, &nearness, &state);
        let map = Map::of(&chooser, &tables.rib, &tables.held, &tables.geography);
        Steering { version, places, tables, state, ranking, nearness, map }
    }

    /// Where a client is led: his own address, or that of his network (RFC 7871), or else his resolver's.
    pub fn answer(&self, client: IpAddr) -> Answer {
        let (place, scope) = self.map.lookup(client);
        Answer { pop: self.places.pops[usize::from(place)].pop, scope }
    }

    /// The same, with all reasons.
    pub fn decide(&self, client: IpAddr) -> Decision {
        walk::decide(self, client)
    }

    /// Its number.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The places, and the rules.
    pub fn places(&self) -> &Arc<Places> {
        &self.places
    }

    /// What clients are led by.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// How the places are.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// So much memory it takes, without the tables.
    pub fn bytes(&self) -> usize {
        self.map.bytes() + self.ranking.bytes() + self.nearness.bytes()
    }

    /// Stretches of addresses with one answer each, of IPv4 and of IPv6.
    pub fn stretches(&self) -> (usize, usize) {
        (self.map.v4.starts.len(), self.map.v6.starts.len())
    }
}

#[cfg(test)]
mod tests;
