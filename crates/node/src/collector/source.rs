//! The sources of tables: their numbers, and what is known of each.

use decide::steer::SourceId;
use decide::time::Calendar;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Sources at a time, over all collectors.
const MOST: u16 = 1024;

/// One source of a table: a file, a router, or one peer of a router.
#[derive(Debug)]
pub struct Source {
    /// Its number, below all that are free.
    pub id: SourceId,
    /// The place whose router it is.
    pub pop: String,
    /// What it is called in logs, metrics, `explain`: `mrt PATH`, `bgp ROUTER`, `bmp ROUTER PEER`.
    pub name: String,
    networks: AtomicU64,
    status: Mutex<SourceStatus>,
}

/// What is known of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceStatus {
    /// Its place.
    pub pop: String,
    /// What it is called.
    pub name: String,
    /// `loading`, `live`, `kept` (its router is gone, its table still holds), `lost`.
    pub state: &'static str,
    /// Since when.
    pub since: Calendar,
    /// Networks in its table.
    pub networks: u64,
    /// When something in it changed last.
    pub changed: Option<Calendar>,
    /// Of a table that is not live: why; of one that is: what it is taken from.
    pub why: String,
}

impl Source {
    /// Whoever holds the tables tells how many networks are in this one.
    pub fn count(&self, networks: u64) {
        self.networks.store(networks, Ordering::Relaxed);
    }

    /// Networks in its table, as told last.
    pub fn networks(&self) -> u64 {
        self.networks.load(Ordering::Relaxed)
    }

    /// What is known of it.
    pub fn status(&self) -> SourceStatus {
        SourceStatus { networks: self.networks(), ..self.known().clone() }
    }

    /// It is in this state now.
    pub(super) fn becomes(&self, state: &'static str, why: &str, now: Calendar) {
        let mut known = self.known();
        if known.state != state {
            known.since = now;
        }
        known.state = state;
        known.why.clear();
        known.why.push_str(why);
    }

    /// Something in its table has changed.
    pub(super) fn changed(&self, now: Calendar) {
        self.known().changed = Some(now);
    }

    fn known(&self) -> MutexGuard<'_, SourceStatus> {
        self.status.lock().expect("no panic while it is held")
    }
}

/// All sources there are.
#[derive(Default)]
pub(super) struct Sources(Mutex<BTreeMap<SourceId, Arc<Source>>>);

impl Sources {
    /// A new one, with the lowest number that is free; `None` where there are too many.
    pub(super) fn open(&self, pop: &str, name: &str, now: Calendar) -> Option<Arc<Source>> {
        let mut sources = self.0.lock().expect("no panic while it is held");
        let id = (0..MOST).map(SourceId).find(|id| !sources.contains_key(id))?;
        let (pop, name) = (pop.to_string(), name.to_string());
        let status = SourceStatus {
            pop: pop.clone(),
            name: name.clone(),
            state: "loading",
            since: now,
            networks: 0,
            changed: None,
            why: String::new(),
        };
        let source = Arc::new(Source { id, pop, name, networks: AtomicU64::new(0), status: Mutex::new(status) });
        sources.insert(id, source.clone());
        Some(source)
    }

    /// Its number is free.
    pub(super) fn close(&self, source: &Source) {
        self.0.lock().expect("no panic while it is held").remove(&source.id);
    }

    /// Those there are, by number.
    pub(super) fn all(&self) -> Vec<Arc<Source>> {
        self.0.lock().expect("no panic while it is held").values().cloned().collect()
    }
}
