//! How clients are led, live: tables as routers change them, clients' measurements, health and load of the places, made into one version after
//! another, each published by one swap.
//!
//! A [`Snapshot`] has a [`Live`] for each steering of its configuration, from its first moment on. [`Leading::run`] brings them up to date, on
//! a thread of its own: to work out a version of a full table takes longer than a request may wait.

use crate::collector::{Batch, Collectors, Source};
use crate::pool::Pool;
use crate::server::{Server, Snapshot};
use arc_swap::ArcSwap;
use decide::config;
use decide::pool::{Admin, Health};
use decide::steer::{Answer, Capacity, Change, Geography, MeasuredTable, Moves, Places, Rib, Settled, SourceId, State, Steering, Tables};
use decide::step::{SteeringStep, Step, Texts};
use decide::time::{Duration, Instant};
use host::Host;
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

/// Between two looks at health, loads and measurements; and the least between two versions for changes of tables.
const TICK: Duration = Duration::from_secs(1);
/// What is held back is tried again after so long, if nothing else asks for a new version.
const TRY_AGAIN: Duration = Duration::from_secs(10);
/// What clients have measured grows old even if nobody reports: it is looked at again after so long.
const MEASURED_AGAIN: Duration = Duration::from_secs(60);
/// At the start, between two versions, as long as tables are missing: to make one takes as long as to take in a table.
const GATHERING: Duration = Duration::from_secs(5);
/// Tables that have not come after so long are not waited for: what then moves for them is bounded as any other change.
const STARTING: Duration = Duration::from_secs(120);
/// A load that was reported longer ago is not known.
const REPORT_HOLDS: Duration = Duration::from_secs(30);

/// One steering of a configuration, in its present version.
pub struct Live {
    name: String,
    config: config::Steering,
    present: ArcSwap<Steering>,
}

impl Live {
    /// What clients are led by at the moment.
    pub fn present(&self) -> Arc<Steering> {
        self.present.load_full()
    }

    /// Where a client is led: for every query anew, so that nothing is counted.
    pub fn answer(&self, client: IpAddr) -> Answer {
        self.present.load().answer(client)
    }

    /// Another version.
    pub fn publish(&self, version: Arc<Steering>) {
        self.present.store(version);
    }
}

/// Those of a configuration. One whose rules and places are as before goes on; another begins with the tables of before.
pub(crate) fn of(config: &config::Config, old: Option<&Snapshot>) -> Vec<Arc<Live>> {
    let same_places = old.is_some_and(|old| old.config.pops == config.pops);
    let live = |steering: &config::Steering| {
        let before = old.and_then(|old| old.steerings.iter().find(|live| live.name == steering.name));
        if let Some(before) = before.filter(|before| same_places && before.config == *steering) {
            return before.clone();
        }
        let (version, tables) = match (before, old) {
            (Some(before), Some(old)) => {
                let present = before.present();
                let name = |pop: u16| old.config.pops.get(usize::from(pop)).map(|pop| pop.name.as_str());
                let rib = reassigned(&present.tables().rib, |source, pop| place_of(config, source, name(pop)));
                (present.version() + 1, Tables { rib: Arc::new(rib), geography: present.tables().geography.clone(), ..Tables::default() })
            }
            _ => (1, Tables::default()),
        };
        let places = Arc::new(Places::of(steering, &config.pops));
        let first = Steering::new(version, places, tables, State::default());
        Arc::new(Live { name: steering.name.clone(), config: steering.clone(), present: ArcSwap::from_pointee(first) })
    };
    config.steerings.iter().map(live).collect()
}

/// The index of the place of a source, by its name.
fn place_of(config: &config::Config, source: SourceId, name: Option<&str>) -> Option<(SourceId, u16)> {
    let pop = config.pops.iter().position(|pop| Some(pop.name.as_str()) == name)?;
    Some((source, u16::try_from(pop).ok()?))
}

/// The same tables, whose sources belong to places of another configuration; those of places that are gone are taken out.
fn reassigned(rib: &Rib, place: impl Fn(SourceId, u16) -> Option<(SourceId, u16)>) -> Rib {
    let sources: Vec<(SourceId, u16)> = rib.sources().collect();
    let mut new = rib.clone();
    for (source, pop) in sources {
        match place(source, pop) {
            Some((source, pop)) => new.assign(source, pop),
            None => new = new.clear(source),
        }
    }
    new
}

/// Brings the steerings of a server up to date.
pub struct Leading {
    server: Arc<Server>,
    collectors: Arc<Collectors>,
    stopped: AtomicBool,
}

impl Leading {
    /// Of this server, by the tables of these collectors.
    pub fn new(server: Arc<Server>, collectors: Arc<Collectors>) -> Arc<Leading> {
        Arc::new(Leading { server, collectors, stopped: AtomicBool::new(false) })
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

    /// Leads, on the calling thread, until [`Leading::stop`].
    pub async fn run(self: Arc<Self>, host: Host) {
        let mut seen = self.server.changed.number();
        let mut work = Work::new(host.clone(), self.clone());
        while !self.stopped.load(Ordering::SeqCst) {
            let batches = self.wait(&host, !work.each.is_empty(), &mut seen).await;
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

/// One steering, as the work on it goes on.
struct Each {
    live: Arc<Live>,
    moves: Moves,
    measured: Arc<MeasuredTable>,
    measured_version: u64,
    measured_at: Instant,
    /// Something of it has changed since the last version.
    due: bool,
    /// Networks that are held back.
    deferred: u32,
    published_at: Instant,
}

/// One place.
struct Place {
    healthy: bool,
    capacity: Capacity,
    /// The load at the last look, if it was known.
    load: Option<u64>,
}

struct Work {
    host: Host,
    leading: Arc<Leading>,
    snapshot: Arc<Snapshot>,
    rib: Arc<Rib>,
    rib_changed: bool,
    sources: BTreeMap<SourceId, Arc<Source>>,
    geography: Arc<Geography>,
    places: Vec<Place>,
    each: Vec<Each>,
    start: Start,
}

/// The first tables, as they come. Until they are there nobody is used to any place: nothing is held back, or else the place whose table came
/// first would keep the clients of all others. And versions are made no oftener than [`GATHERING`] says.
struct Start {
    began: Instant,
    /// Places whose first tables are still to come.
    missing: BTreeSet<String>,
    /// No version has all of them yet.
    goes_on: bool,
    published_at: Option<Instant>,
}

impl Start {
    fn new(config: &config::Config, now: Instant) -> Start {
        let pop = |collector: &config::Collector| config.pops[collector.pop].name.clone();
        let missing: BTreeSet<String> = config.collectors.iter().map(pop).collect();
        Start { began: now, goes_on: !missing.is_empty(), missing, published_at: None }
    }

    /// Whether it is too early for another version.
    fn waits(&mut self, now: Instant) -> bool {
        if now.since(self.began) >= STARTING {
            self.missing.clear();
        }
        !self.missing.is_empty() && self.published_at.is_some_and(|at| now.since(at) < GATHERING)
    }

    /// There is another version; whether nothing of it is held back.
    fn published(&mut self, now: Instant) -> bool {
        self.published_at = Some(now);
        std::mem::replace(&mut self.goes_on, !self.missing.is_empty())
    }
}

impl Work {
    fn new(host: Host, leading: Arc<Leading>) -> Work {
        let snapshot = leading.server.snapshot();
        let mut work = Work {
            start: Start::new(&snapshot.config, host.now()),
            host,
            leading,
            rib: Arc::default(),
            rib_changed: false,
            sources: BTreeMap::new(),
            geography: Arc::default(),
            places: Vec::new(),
            each: Vec::new(),
            snapshot,
        };
        work.begin(&[]);
        work
    }

    /// Goes over to the server's present configuration.
    fn follow(&mut self) {
        let present = self.leading.server.snapshot();
        if present.generation == self.snapshot.generation {
            return;
        }
        let old = std::mem::replace(&mut self.snapshot, present);
        let config = &self.snapshot.config;
        let sources = &self.sources;
        self.rib =
            Arc::new(reassigned(&self.rib, |source, _| place_of(config, source, sources.get(&source).map(|source| source.pop.as_str()))));
        self.rib_changed = true;
        self.begin(&old.config.pops);
    }

    /// Begins with what the snapshot has; places that were there before are known.
    fn begin(&mut self, before: &[config::Pop]) {
        let mut known: Vec<Option<Place>> = std::mem::take(&mut self.places).into_iter().map(Some).collect();
        let place = |pop: &config::Pop| {
            let at = before.iter().position(|before| before.name == pop.name);
            let known = at.and_then(|at| known.get_mut(at)?.take());
            known.unwrap_or_else(|| Place { healthy: true, capacity: Capacity::new(), load: None })
        };
        self.places = self.snapshot.config.pops.iter().map(place).collect();
        let (now, mut going) = (self.host.now(), std::mem::take(&mut self.each));
        for live in &self.snapshot.steerings {
            let same = going.iter().position(|each| Arc::ptr_eq(&each.live, live));
            self.each.push(match same {
                Some(at) => Each { due: true, ..going.swap_remove(at) },
                None => Each {
                    live: live.clone(),
                    moves: Moves::new(&live.config),
                    measured: Arc::default(),
                    measured_version: 0,
                    measured_at: Instant::ZERO,
                    due: true,
                    deferred: 0,
                    published_at: now,
                },
            });
        }
    }

    /// Takes what the collectors have into the tables.
    fn take(&mut self, batches: Vec<Batch>) {
        let mut changes: Vec<Change> = Vec::new();
        for batch in batches {
            if !matches!(batch, Batch::Changes(_)) {
                self.apply(&mut changes);
            }
            match batch {
                Batch::Opened(source) => self.open(source),
                Batch::Whole(source, whole) => self.put(source, whole),
                Batch::Changes(more) => self.gather(&mut changes, more),
                Batch::Gone(source) => {
                    self.change(|rib| rib.clear(source));
                    self.sources.remove(&source);
                }
            }
        }
        self.apply(&mut changes);
    }

    /// Changes of one source and then another; of one network in one source the last holds, so that whatever comes twice waits for the next.
    fn gather(&mut self, changes: &mut Vec<Change>, more: Vec<Change>) {
        let same = |a: &Change, b: &Change| a.source == b.source;
        if matches!((changes.last(), more.first()), (Some(last), Some(first)) if same(last, first)) {
            self.apply(changes);
        }
        let comes_back = more.first().is_some_and(|first| changes.iter().any(|change| same(change, first)));
        if comes_back {
            self.apply(changes);
        }
        changes.extend(more);
    }

    fn apply(&mut self, changes: &mut Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let changes = std::mem::take(changes);
        self.change(|rib| rib.apply(&changes));
    }

    fn change(&mut self, change: impl FnOnce(&Rib) -> Rib) {
        self.rib = Arc::new(change(&self.rib));
        self.rib_changed = true;
    }

    fn open(&mut self, source: Arc<Source>) {
        if let Some((id, pop)) = place_of(&self.snapshot.config, source.id, Some(&source.pop)) {
            let mut rib = Rib::clone(&self.rib);
            rib.assign(id, pop);
            self.change(|_| rib);
        }
        self.sources.insert(source.id, source);
    }

    fn put(&mut self, source: SourceId, whole: Vec<(wire::network::Network, decide::steer::Route)>) {
        self.change(|rib| rib.replace(source, whole));
        if let Some(source) = self.sources.get(&source) {
            self.start.missing.remove(&source.pop);
        }
    }

    /// Looks at the places, and at what clients have measured.
    fn look(&mut self) {
        let now = self.host.now();
        for index in 0..self.places.len() {
            self.look_at(index, now);
        }
        for (index, each) in self.each.iter_mut().enumerate() {
            let Some(measuring) = self.snapshot.measuring(index) else { continue };
            let version = measuring.version();
            let old = now.since(each.measured_at) >= MEASURED_AGAIN && !each.measured.is_empty();
            if version == each.measured_version && !old {
                continue;
            }
            (each.measured_version, each.measured_at) = (version, now);
            let table = MeasuredTable::new(measuring.table(now));
            if table != *each.measured {
                each.measured = Arc::new(table);
                each.due = true;
            }
        }
    }

    fn look_at(&mut self, index: usize, now: Instant) {
        let pop = &self.snapshot.config.pops[index];
        let Some(pool) = pop.pool.map(|pool| self.snapshot.pools[pool].clone()) else { return };
        let (healthy, load) = (serves(&pool, now), pool.load(now, REPORT_HOLDS));
        let place = &mut self.places[index];
        let before = (place.healthy, place.capacity.share());
        let share = place.capacity.settle(load, pop.capacity, now);
        (place.healthy, place.load) = (healthy, load);
        if before == (healthy, share) {
            return;
        }
        let number = u16::try_from(index).expect("settings allow no more than 65,535 places");
        for each in &mut self.each {
            each.due |= each.live.present().places().pops().any(|pop| pop == number);
        }
        let mut texts = Texts::default();
        let name = texts.keep(pop.name.as_bytes());
        let tell = |step| self.leading.server.tell_with(self.host.calendar(), Step::Steering(step), &texts);
        match (before.0, healthy) {
            (true, false) => tell(SteeringStep::PopLost { pop: name, why: "no edge of it is healthy" }),
            (false, true) => tell(SteeringStep::PopBack { pop: name }),
            _ => {}
        }
        if before.1 != share {
            let (before, share) = (thousandths(before.1), thousandths(share));
            tell(SteeringStep::PopSheds { pop: name, before, share, load: load.unwrap_or(0), capacity: pop.capacity });
        }
    }

    fn publish(&mut self) {
        let now = self.host.now();
        let state = State {
            healthy: self.places.iter().map(|place| place.healthy).collect(),
            shares: self.places.iter().map(|place| place.capacity.share()).collect(),
        };
        let mut free = self.start.goes_on;
        if self.rib_changed && !self.start.waits(now) {
            free = self.start.published(now);
            self.rib_changed = false;
            self.each.iter_mut().for_each(|each| each.due = true);
            self.count();
        }
        for index in 0..self.each.len() {
            let each = &mut self.each[index];
            let again = each.deferred > 0 && now.since(each.published_at) >= TRY_AGAIN;
            if !std::mem::take(&mut each.due) && !again {
                continue;
            }
            let before = self.host.now_afresh();
            let tables =
                Tables { rib: self.rib.clone(), measured: each.measured.clone(), geography: self.geography.clone(), ..Tables::default() };
            let present = each.live.present();
            let number = present.version() + 1;
            let (next, settled) = if free {
                (present.publish(number, tables, state.clone()), Settled::default())
            } else {
                present.follow(number, tables, state.clone(), &mut each.moves, now)
            };
            (each.deferred, each.published_at) = (settled.deferred, now);
            let next = Arc::new(next);
            each.live.publish(next.clone());
            let took = self.host.now_afresh().since(before);
            self.tell(index, &next, settled, took);
        }
    }

    fn tell(&self, index: usize, version: &Steering, settled: Settled, took: Duration) {
        let mut texts = Texts::default();
        let steering = texts.keep(self.each[index].live.name.as_bytes());
        let (ipv4, ipv6) = version.tables().rib.len();
        let step = SteeringStep::SteeringPublished {
            steering,
            version: version.version(),
            ipv4: ipv4 as u64,
            ipv6: ipv6 as u64,
            sources: version.tables().rib.sources().count() as u64,
            moved: settled.moved.into(),
            lost: settled.lost.into(),
            deferred: settled.deferred.into(),
            took,
        };
        self.leading.server.tell_with(self.host.calendar(), Step::Steering(step), &texts);
    }

    /// Tells each source how many networks it has.
    fn count(&self) {
        let mut counts: BTreeMap<SourceId, u64> = self.sources.keys().map(|id| (*id, 0)).collect();
        for (source, networks) in self.rib.counts() {
            counts.insert(source, networks);
        }
        for (id, source) in &self.sources {
            source.count(counts[id]);
        }
    }
}

/// A share in 65,536ths, in thousandths.
fn thousandths(share: u16) -> u16 {
    u16::try_from(u32::from(share) * 1000 / 65_536).expect("less than a thousand")
}

/// Whether any edge of a place takes clients.
fn serves(pool: &Pool, now: Instant) -> bool {
    pool.status(now).iter().any(|edge| edge.admin == Admin::Ready && edge.health != Health::Down && edge.ejected_for.is_none())
}

#[cfg(test)]
mod tests;
