//! Which place a client is led to, and why.
//!
//! - [`Said`]: what a router says, word by word; [`RouterTable`]: its whole table. [`Rib`]: what all routers say of all networks.
//! - [`MeasuredTable`]: what clients have measured. [`Geography`]: where addresses are said to be.
//! - [`Steering`]: one published version of all that, with the places, their health and the shares they shed, and with the [`Answer`] to
//!   every address there is, worked out. [`Steering::decide`] gives the same answer with its reasons.
//! - [`Moves`]: what of a new table takes effect at once. [`Capacity`]: how much a place sheds. [`Diff`]: what one version changes of
//!   another.
//! - [`redirect`]: a decision as an answer to a request. [`reports`]: what clients report, as it becomes a [`MeasuredTable`]; [`leave`]:
//!   who may.
//!
//! One version follows another so: `Rib::apply` or `replace`, then [`Steering::follow`]. A version never changes, so that whoever answers
//! holds one and asks nobody.

mod bits;
mod capacity;
mod choice;
mod decision;
mod diff;
mod geography;
mod held;
mod intern;
pub mod leave;
mod map;
mod moves;
mod overlay;
mod places;
mod prefixes;
mod ranking;
pub mod redirect;
mod renewal;
pub mod reports;
mod rib;
mod route;
mod router_table;
mod rows;
mod said;
mod share;
mod state;
mod told;
mod walk;
mod weights;
mod words;

pub use capacity::Capacity;
pub use decision::{Answer, Candidate, Decision};
pub use diff::{Diff, Flow, Load, Move};
pub use geography::{Geography, Location};
pub use held::Held;
pub use moves::{Moves, Settled};
pub use overlay::MeasuredTable;
pub use places::Places;
pub use ranking::preference;
pub use rib::Rib;
pub use route::{Change, Origin, Route, SourceId};
pub use router_table::RouterTable;
pub use said::Said;
pub use share::Share;
pub use state::State;
pub use weights::{BadWeight, Given, Weights};

use crate::config::Layer;
use crate::time::Instant;
use alloc::sync::Arc;
use alloc::vec::Vec;
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
    /// Changes of the first that are held back; [`Steering::follow`] makes it.
    pub held: Arc<Held>,
}

/// One published version of how clients are led.
///
/// The layers are asked in their order, and in each only places that are healthy and do not shed the client's network may be chosen. A
/// layer without data for the client, or without such a place, passes on; the default knows all places.
///
/// A place that sheds does so by whole networks: the one in the routing tables that the client is in, or else the one in the geography, and
/// at least a /12 (IPv4) or a /16 (IPv6) around the client; the same one in all layers, or else one layer would bring back what another has
/// shed.
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

    /// The next version, with everything in it as it is given: what has not changed of the tables is not worked out again.
    pub fn publish(&self, version: u64, tables: Tables, state: State) -> Steering {
        let ranking = self.ranking(&tables.rib);
        self.next(version, tables, state, ranking)
    }

    /// The next version. What is held back of these tables is not theirs to say, but follows from this version and from earlier moves. When
    /// something was deferred, another version is due within the minute, even if no table changes.
    pub fn follow(&self, version: u64, mut tables: Tables, state: State, moves: &mut Moves, now: Instant) -> (Steering, Settled) {
        let ranking = self.ranking(&tables.rib);
        let mut settled = Settled::default();
        tables.held = self.tables.held.clone();
        if !Arc::ptr_eq(&tables.rib, &self.tables.rib) || !tables.held.is_empty() {
            let (held, outcome) = moves.settle(self, &tables.rib, &ranking, now);
            (tables.held, settled) = (Arc::new(held), outcome);
        }
        (self.next(version, tables, state, ranking), settled)
    }

    fn ranking(&self, rib: &Arc<Rib>) -> Arc<Ranking> {
        if Arc::ptr_eq(rib, &self.tables.rib) { self.ranking.clone() } else { Arc::new(Ranking::of(rib, &self.places)) }
    }

    fn next(&self, version: u64, tables: Tables, state: State, ranking: Arc<Ranking>) -> Steering {
        let same = Arc::ptr_eq(&tables.geography, &self.tables.geography);
        let nearness = if same { self.nearness.clone() } else { Arc::new(Nearness::of(&tables.geography, &self.places)) };
        Steering::made(version, self.places.clone(), tables, state, ranking, nearness)
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

    /// The layer by which he is led there.
    pub fn layer(&self, client: IpAddr) -> Layer {
        self.map.layer(client)
    }

    /// The same, with all reasons.
    pub fn decide(&self, client: IpAddr) -> Decision {
        walk::decide(self, client)
    }

    /// How all addresses are shared out among the places, by the layer that decides.
    pub fn shares(&self, weights: &Weights) -> Vec<Share> {
        share::of(self, weights)
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
        (self.map.v4.runs.len(), self.map.v6.runs.len())
    }
}

#[cfg(test)]
mod tests;
