//! How clients are led, live: tables as routers change them, clients' measurements, health and load of the places, made into one version
//! after another, each published by one swap.
//!
//! A [`Snapshot`] has a [`Live`] for each steering of its configuration, from its first moment on. [`Leading::run`] brings them up to
//! date, on a thread of its own: to work out a version of a full table takes longer than a request may wait.

mod geography;
mod places;
mod rehearsal;
mod start;
mod work;

pub use geography::GeographyStatus;
pub use places::PlaceStatus;
pub use rehearsal::rehearse;

use crate::collector::{Batch, Collectors};
use crate::server::{Server, Snapshot};
use arc_swap::ArcSwap;
use decide::config::{self, Layer};
use decide::steer::{Answer, Places, Rib, SourceId, State, Steering, Tables};
use decide::time::Duration;
use host::Host;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use work::Work;

/// Between two looks at health, loads and measurements; and the least between two versions for changes of tables.
const TICK: Duration = Duration::from_secs(1);
/// One steering of a configuration, in its present version.
pub struct Live {
    name: String,
    config: config::Steering,
    present: ArcSwap<Steering>,
    deferred: AtomicU32,
}

impl Live {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Networks of which a change is held back for now.
    pub fn deferred(&self) -> u32 {
        self.deferred.load(Ordering::Relaxed)
    }

    /// What clients are led by at the moment.
    pub fn present(&self) -> Arc<Steering> {
        self.present.load_full()
    }

    /// Where a client is led, and by which layer: for every query anew, so that no count of who holds the version is touched.
    pub fn answer(&self, client: IpAddr) -> (Answer, Layer) {
        let present = self.present.load();
        (present.answer(client), present.layer(client))
    }

    /// Another version.
    pub fn publish(&self, version: Arc<Steering>) {
        self.present.store(version);
    }
}

/// Those of a configuration. One whose rules and places are as before goes on; another begins with the tables of before, and with what is
/// known of the places, or else a reload would lead clients to a place that is lost.
pub(crate) fn of(config: &config::Config, old: Option<&Snapshot>) -> Vec<Arc<Live>> {
    let live = |steering: &config::Steering| {
        let before = old.and_then(|old| old.steerings.iter().find(|live| live.name == steering.name));
        let same_places = old.is_some_and(|old| old.config.pops == config.pops);
        if let Some(before) = before.filter(|before| same_places && before.config == *steering) {
            return before.clone();
        }
        let version = before.map_or(1, |before| before.present().version() + 1);
        // One that is new begins with what another one knows: the routing tables are the same for all.
        let known = before.or(old.and_then(|old| old.steerings.first()));
        let (tables, state) = match (known, old) {
            (Some(known), Some(old)) => carried(&known.present(), steering, config, &old.config),
            _ => Default::default(),
        };
        let first = Steering::new(version, Arc::new(Places::of(steering, &config.pops)), tables, state);
        Arc::new(Live {
            name: steering.name.clone(),
            config: steering.clone(),
            present: ArcSwap::from_pointee(first),
            deferred: AtomicU32::new(0),
        })
    };
    config.steerings.iter().map(live).collect()
}

/// What of a version holds under another configuration: places are known by their names.
fn carried(present: &Steering, steering: &config::Steering, new: &config::Config, old: &config::Config) -> (Tables, State) {
    let name = |pop: u16| old.pops.get(usize::from(pop)).map(|pop| pop.name.as_str());
    let rib = reassigned(&present.tables().rib, |source, pop| place_of(new, source, name(pop)));
    let before: Vec<Option<u16>> =
        new.pops.iter().map(|pop| (0..).zip(&old.pops).find(|(_, old)| old.name == pop.name)).map(|found| Some(found?.0)).collect();
    let state = State {
        healthy: before.iter().map(|pop| pop.is_none_or(|pop| present.state().is_healthy(pop))).collect(),
        shares: before.iter().map(|pop| pop.map_or(0, |pop| present.state().share(pop))).collect(),
    };
    // What is held back is known by the order of the places.
    let same = present.places().pops().map(name).eq(steering.pops.iter().map(|pop| Some(new.pops[*pop].name.as_str())));
    let held = if same { present.tables().held.clone() } else { Arc::default() };
    (Tables { rib: Arc::new(rib), geography: present.tables().geography.clone(), held, ..Tables::default() }, state)
}

/// The index of the place of a source, by its name.
fn place_of(config: &config::Config, source: SourceId, name: Option<&str>) -> Option<(SourceId, u16)> {
    let pop = config.pops.iter().position(|pop| Some(pop.name.as_str()) == name)?;
    Some((source, u16::try_from(pop).ok()?))
}

/// The same tables, whose sources belong to places of another configuration. What sources of places that are gone have told is taken out,
/// and what they may tell yet counts for nobody.
fn reassigned(rib: &Rib, place: impl Fn(SourceId, u16) -> Option<(SourceId, u16)>) -> Rib {
    let sources: Vec<(SourceId, u16)> = rib.sources().collect();
    let mut new = rib.clone();
    for (source, pop) in sources {
        match place(source, pop) {
            Some((source, pop)) => new.assign(source, pop),
            None => {
                new = new.clear(source);
                new.unassign(source);
            }
        }
    }
    new
}

/// Brings the steerings of a server up to date.
pub struct Leading {
    server: Arc<Server>,
    collectors: Arc<Collectors>,
    stopped: AtomicBool,
    /// As they were at the last look, for whoever asks.
    places: Mutex<Vec<PlaceStatus>>,
    geography: Mutex<Option<GeographyStatus>>,
}

impl Leading {
    /// Of this server, by the tables of these collectors.
    pub fn new(server: Arc<Server>, collectors: Arc<Collectors>) -> Arc<Leading> {
        Arc::new(Leading { server, collectors, stopped: AtomicBool::new(false), places: Mutex::default(), geography: Mutex::default() })
    }

    /// Ends [`Leading::run`], and the collectors.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.collectors.stop();
        self.server.changed.raise();
    }

    /// Where its tables come from.
    pub fn collectors(&self) -> &Arc<Collectors> {
        &self.collectors
    }

    /// The places, in the order of the configuration, as they were at the last look.
    pub fn places(&self) -> Vec<PlaceStatus> {
        self.places.lock().expect("no panic while it is held").clone()
    }

    /// The file that says where addresses are, if there is one.
    pub fn geography(&self) -> Option<GeographyStatus> {
        self.geography.lock().expect("no panic while it is held").clone()
    }

    /// Leads, on the calling thread, until [`Leading::stop`].
    pub async fn run(self: Arc<Self>, host: Host) {
        let mut seen = self.server.changed.number();
        let mut work = Work::new(host.clone(), self.clone());
        while !self.stopped.load(Ordering::SeqCst) {
            let batches = self.wait(&host, work.ticks(), &mut seen).await;
            work.follow();
            work.take(batches);
            work.look();
            work.publish();
        }
    }

    /// What the collectors have; or nothing, after a tick, if there is anything to look at, or because the configuration has changed.
    async fn wait(&self, host: &Host, ticks: bool, seen: &mut u64) -> Vec<Batch> {
        let mut take = pin!(self.collectors.queue().take());
        let mut changed = pin!(self.server.changed.after(*seen));
        let mut tick = host.deadline();
        if ticks {
            tick.set(host.now() + TICK);
        }
        poll_fn(|cx| {
            if let Poll::Ready(batches) = take.as_mut().poll(cx) {
                return Poll::Ready(batches);
            }
            if let Poll::Ready(number) = changed.as_mut().poll(cx) {
                *seen = number;
                return Poll::Ready(Vec::new());
            }
            if ticks { tick.poll_passed(cx).map(|()| Vec::new()) } else { Poll::Pending }
        })
        .await
    }
}
