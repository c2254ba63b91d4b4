//! The work of leading: what comes from the collectors, the places, clients and the geography, made into versions.

use super::geography::Atlas;
use super::places::{Place, thousandths};
use super::start::Start;
use super::{Leading, Live, TICK, place_of, reassigned};
use crate::collector::{Batch, Source};
use crate::server::Snapshot;
use decide::config;
use decide::steer::{Change, MeasuredTable, Moves, Rib, RouterTable, Settled, SourceId, State, Steering, Tables};
use decide::step::{SteeringStep, Step, Texts};
use decide::time::{Duration, Instant};
use host::Host;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// For changes of tables, the work on versions takes no more than one part in so many of the time: a router that flaps without end does not
/// take a core of the machine.
const PARTS: u32 = 4;
/// While the first tables come, a version of some of them is worked out no oftener than this: the next one is worth more.
const BETWEEN_FIRST: Duration = Duration::from_secs(5);
/// Changes that are gathered for one version; when there are more, they are worked into the tables before it is time.
const MOST_GATHERED: usize = 256 << 10;
/// What is held back is tried again after so long, if nothing else asks for a new version.
const TRY_AGAIN: Duration = Duration::from_secs(10);
/// What clients have measured grows old even if nobody reports: it is looked at again after so long.
const MEASURED_AGAIN: Duration = Duration::from_secs(60);

/// One steering, as the work on it goes on.
struct Each {
    live: Arc<Live>,
    moves: Moves,
    measured: Arc<MeasuredTable>,
    measured_version: u64,
    measured_at: Instant,
    /// Something of it has changed since the last version that is not to wait.
    due: bool,
    /// Networks that are held back.
    deferred: u32,
    published_at: Instant,
}

pub(super) struct Work {
    host: Host,
    leading: Arc<Leading>,
    snapshot: Arc<Snapshot>,
    rib: Arc<Rib>,
    /// Changes that are not in the tables yet, in the order in which they came.
    gathered: Vec<Change>,
    /// The tables are others than those of the last versions.
    rib_changed: bool,
    /// Tables with networks in them.
    tables: u64,
    /// Changed tables wait until then.
    tables_at: Instant,
    /// By the number, who told last under it. One whose table is gone may come back without a word.
    sources: BTreeMap<SourceId, Arc<Source>>,
    atlas: Rc<Atlas>,
    places: Vec<Place>,
    each: Vec<Each>,
    start: Start,
}

impl Work {
    pub(super) fn new(host: Host, leading: Arc<Leading>) -> Work {
        let snapshot = leading.server.snapshot();
        let mut work = Work {
            atlas: Atlas::new(&host, &leading),
            start: Start::new(&snapshot.config, host.now()),
            host,
            leading,
            snapshot,
            rib: Arc::default(),
            gathered: Vec::new(),
            rib_changed: false,
            tables: 0,
            tables_at: Instant::ZERO,
            sources: BTreeMap::new(),
            places: Vec::new(),
            each: Vec::new(),
        };
        work.begin(&[]);
        work
    }

    /// Whether there is anything to look at again.
    pub(super) fn ticks(&self) -> bool {
        !self.each.is_empty() || !self.places.is_empty() || !self.gathered.is_empty()
    }

    /// Goes over to the server's present configuration.
    pub(super) fn follow(&mut self) {
        let present = self.leading.server.snapshot();
        if present.generation == self.snapshot.generation {
            return;
        }
        // What was told so far belongs to the places of before.
        self.apply();
        let old = std::mem::replace(&mut self.snapshot, present);
        if old.config.pops != self.snapshot.config.pops {
            let (config, sources) = (&self.snapshot.config, &self.sources);
            let name = |source: SourceId| sources.get(&source).map(|source| source.pop.as_str());
            self.rib = Arc::new(reassigned(&self.rib, |source, _| place_of(config, source, name(source))));
            self.rib_changed = true;
        }
        self.begin(&old.config.pops);
    }

    /// Begins with what the snapshot has; places that were there before are known, and what has moved is remembered.
    fn begin(&mut self, before: &[config::Pop]) {
        let mut known: Vec<Option<Place>> = std::mem::take(&mut self.places).into_iter().map(Some).collect();
        let place = |pop: &config::Pop| {
            let at = before.iter().position(|before| before.name == pop.name);
            at.and_then(|at| known.get_mut(at)?.take()).unwrap_or_else(Place::new)
        };
        self.places = self.snapshot.config.pops.iter().map(place).collect();
        let (now, mut going) = (self.host.now(), std::mem::take(&mut self.each));
        for live in &self.snapshot.steerings {
            let before = going.iter().position(|each| each.live.name == live.name).map(|at| going.swap_remove(at));
            self.each.push(match before {
                Some(each) if Arc::ptr_eq(&each.live, live) => each,
                before => {
                    let mut moves = before.map_or_else(|| Moves::new(&live.config), |before| before.moves);
                    moves.configure(&live.config);
                    let (measured, measured_version, measured_at) = (Arc::default(), 0, Instant::ZERO);
                    let held = live.present().tables().held.len();
                    let deferred = u32::try_from(held).unwrap_or(u32::MAX);
                    Each { live: live.clone(), moves, measured, measured_version, measured_at, due: true, deferred, published_at: now }
                }
            });
        }
        self.atlas.follow(self.snapshot.config.geography.as_ref());
    }

    /// Takes what the collectors have.
    pub(super) fn take(&mut self, batches: Vec<Batch>) {
        for batch in batches {
            match batch {
                Batch::Opened(source) => self.open(source),
                Batch::Whole(source, whole) => self.put(source, whole),
                Batch::Changes(more) => {
                    self.gathered.extend(more);
                    if self.gathered.len() > MOST_GATHERED {
                        self.apply();
                    }
                }
                Batch::Gone(source) => self.change(|rib| rib.clear(source)),
            }
        }
    }

    /// Works what was gathered into the tables; of two changes of one network of one source, the later one holds.
    fn apply(&mut self) {
        if !self.gathered.is_empty() {
            let changes = std::mem::take(&mut self.gathered);
            self.rib = Arc::new(self.rib.apply(&changes));
            self.rib_changed = true;
        }
    }

    fn change(&mut self, change: impl FnOnce(&Rib) -> Rib) {
        self.apply();
        self.rib = Arc::new(change(&self.rib));
        self.rib_changed = true;
    }

    fn open(&mut self, source: Arc<Source>) {
        let place = place_of(&self.snapshot.config, source.id, Some(&source.pop));
        self.apply();
        // Copied only where a version has it.
        let rib = Arc::make_mut(&mut self.rib);
        match place {
            Some((id, pop)) => rib.assign(id, pop),
            None => rib.unassign(source.id),
        }
        self.rib_changed = true;
        self.sources.insert(source.id, source);
    }

    fn put(&mut self, source: SourceId, whole: RouterTable) {
        self.change(|rib| rib.replace(source, &whole));
        if let Some(source) = self.sources.get(&source) {
            self.start.came(&source.pop);
            if !self.start.goes_on() {
                self.tables_at = Instant::ZERO;
            }
        }
    }

    /// Looks at the places, and at what clients have measured.
    pub(super) fn look(&mut self) {
        let now = self.host.now();
        for index in 0..self.places.len() {
            self.look_at(index, now);
        }
        let places = self.places.iter().zip(&self.snapshot.config.pops).map(|(place, pop)| place.status(pop)).collect();
        *self.leading.places.lock().expect("no panic while it is held") = places;
        let read = self.atlas.has_changed();
        for (index, each) in self.each.iter_mut().enumerate() {
            each.due |= read;
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
        let (pop, place) = (&self.snapshot.config.pops[index], &mut self.places[index]);
        let before = (place.healthy, place.capacity.share());
        place.look(pop, &self.snapshot, now);
        let (healthy, share, load) = (place.healthy, place.capacity.share(), place.load);
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

    /// Publishes what is due: what clients measured and how the places are at once, changed tables when it is their time.
    pub(super) fn publish(&mut self) {
        let now = self.host.now();
        let began = self.host.now_afresh();
        let mut changed = false;
        if now >= self.tables_at {
            self.apply();
            changed = std::mem::take(&mut self.rib_changed);
            if changed {
                self.each.iter_mut().for_each(|each| each.due = true);
                self.count();
                self.tables_at = now + if self.start.goes_on() { BETWEEN_FIRST } else { TICK };
            }
        }
        let state = State {
            healthy: self.places.iter().map(|place| place.healthy).collect(),
            shares: self.places.iter().map(|place| place.capacity.share()).collect(),
        };
        let free = self.start.is_free(changed, now);
        for index in 0..self.each.len() {
            let each = &mut self.each[index];
            let again = each.deferred > 0 && now.since(each.published_at) >= TRY_AGAIN;
            if std::mem::take(&mut each.due) || again {
                self.publish_one(index, state.clone(), free, now);
            }
        }
        let ended = self.host.now_afresh();
        self.tables_at = self.tables_at.max(ended + ended.since(began) * (PARTS - 1));
    }

    fn publish_one(&mut self, index: usize, state: State, free: bool, now: Instant) {
        let each = &mut self.each[index];
        let before = self.host.now_afresh();
        let (rib, measured, geography) = (self.rib.clone(), each.measured.clone(), self.atlas.geography());
        let tables = Tables { rib, measured, geography, ..Tables::default() };
        let present = each.live.present();
        let number = present.version() + 1;
        let (next, settled) = if free {
            (present.publish(number, tables, state), Settled::default())
        } else {
            present.follow(number, tables, state, &mut each.moves, now)
        };
        (each.deferred, each.published_at) = (settled.deferred, now);
        each.live.deferred.store(settled.deferred, Ordering::Relaxed);
        let next = Arc::new(next);
        each.live.publish(next.clone());
        let took = self.host.now_afresh().since(before);
        self.snapshot.counters().moved(index, &settled);
        self.tell(index, &next, settled, took);
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
            sources: self.tables,
            moved: settled.moved.into(),
            lost: settled.lost.into(),
            deferred: settled.deferred.into(),
            took,
        };
        self.leading.server.tell_with(self.host.calendar(), Step::Steering(step), &texts);
    }

    /// Tells each source how many networks it has.
    fn count(&mut self) {
        let mut counts: BTreeMap<SourceId, u64> = self.sources.keys().map(|id| (*id, 0)).collect();
        counts.extend(self.rib.counts());
        self.tables = counts.values().filter(|networks| **networks > 0).count() as u64;
        for (id, source) in &self.sources {
            source.count(counts[id]);
        }
    }
}
