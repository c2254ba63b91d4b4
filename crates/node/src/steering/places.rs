//! The places: whether each serves, what it has to bear, and what it sheds for that.

use crate::pool::Pool;
use crate::server::Snapshot;
use decide::config;
use decide::pool::{Admin, Health};
use decide::steer::Capacity;
use decide::time::{Duration, Instant};

/// A load that was reported longer ago is not known.
const REPORT_HOLDS: Duration = Duration::from_secs(30);

/// One place.
pub(super) struct Place {
    pub(super) healthy: bool,
    pub(super) capacity: Capacity,
    /// The load at the last look, if it was known.
    pub(super) load: Option<u64>,
}

/// What is known of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceStatus {
    /// Its name.
    pub name: String,
    /// Clients are led there.
    pub healthy: bool,
    /// What its edges have reported, times 100, if they have of late.
    pub load: Option<u64>,
    /// What it can bear, in the same unit; 0: no bound.
    pub capacity: u64,
    /// The share of the networks that it sheds, in thousandths.
    pub shed: u16,
}

impl Place {
    /// One of which nothing is known.
    pub(super) fn new() -> Place {
        Place { healthy: true, capacity: Capacity::new(), load: None }
    }

    /// Looks at its edges. One that has none any more is as one that never had any.
    pub(super) fn look(&mut self, pop: &config::Pop, snapshot: &Snapshot, now: Instant) {
        let Some(pool) = pop.pool.map(|pool| &snapshot.pools()[pool]) else {
            *self = Place::new();
            return;
        };
        (self.healthy, self.load) = (serves(pool, now), pool.load(now, REPORT_HOLDS));
        self.capacity.settle(self.load, pop.capacity, now);
    }

    pub(super) fn status(&self, pop: &config::Pop) -> PlaceStatus {
        let (name, shed) = (pop.name.clone(), thousandths(self.capacity.share()));
        PlaceStatus { name, healthy: self.healthy, load: self.load, capacity: pop.capacity, shed }
    }
}

/// A share in 65,536ths, in thousandths.
pub(super) fn thousandths(share: u16) -> u16 {
    u16::try_from(u32::from(share) * 1000 / 65_536).expect("less than a thousand")
}

/// Whether any edge of a place takes clients.
fn serves(pool: &Pool, now: Instant) -> bool {
    pool.status(now).iter().any(|edge| edge.admin == Admin::Ready && edge.health != Health::Down && edge.ejected_for.is_none())
}
