//! A running server: what all its worker threads share, and what each has of its own.

use crate::application::Application;
use crate::buffer::Buffers;
use crate::coder::Places;
use crate::dns;
use crate::feed::Feed;
use crate::hints::Hints;
use crate::http2::Multiplexed;
use crate::journeys::Journeys;
use crate::measure::Measuring;
use crate::metrics::{Index, Metrics};
use crate::pool::Pool;
use crate::proxy::{Connections, Doors, Greetings, Scratch, Tunnels};
use crate::resolver::Resolver;
use crate::signal::Signal;
use crate::steering;
use crate::store::{Purging, Store};
use crate::tls;
use arc_swap::ArcSwap;
use decide::config::Config;
use decide::route::Table;
use decide::step::{Journey, OwnerStep, Step, Texts};
use decide::time::{Calendar, Duration, Instant};
use decide::zone::Mistake;
use host::Host;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Someone who wants to know what happened. Called on the worker's thread: it must be quick and must not wait.
pub trait Reader: Send + Sync {
    /// A request is over. The reader may swap the journey for an empty one, and keep it.
    fn journey(&self, journey: &mut Journey, snapshot: &Arc<Snapshot>);
    /// Something happened that belongs to no request; its step may point to these texts.
    fn event(&self, at: Calendar, step: Step, texts: &Texts, snapshot: &Arc<Snapshot>);
    /// Of so many queries to the name server the reader wants to be told of one, as an event; 0: of none. Asked once, at the start.
    fn queries(&self) -> u32 {
        0
    }
    /// Whether it looks at what the steps of a request say at length; else that may be left out of them. Asked once, at the start.
    fn reads_steps(&self) -> bool {
        true
    }
}

/// One configuration, ready to serve. Requests in flight keep the one they began with.
pub struct Snapshot {
    /// What the owner wants.
    pub config: Config,
    /// Which configuration since the start, from 1.
    pub generation: u64,
    pub(crate) routes: Table,
    pub(crate) pools: Vec<Arc<Pool>>,
    /// The zones that are served.
    pub(crate) zones: Option<dns::Served>,
    /// What keeps zones of the configuration from being served.
    pub(crate) mistaken: Vec<Mistake>,
    pub(crate) tls: tls::Listeners,
    /// What this cache is called in `CDN-Loop`.
    pub(crate) cache_id: String,
    pub(crate) resolver: Option<Arc<Resolver>>,
    /// Of each steering: what clients report, where they do.
    measuring: Vec<Option<Arc<Measuring>>>,
    pub(crate) steerings: Vec<Arc<steering::Live>>,
    counters: Index,
}

impl Snapshot {
    /// The pools, in the order of the configuration.
    pub fn pools(&self) -> &[Arc<Pool>] {
        &self.pools
    }

    /// The counters of what this configuration names.
    pub fn counters(&self) -> &Index {
        &self.counters
    }

    /// A steering (index into [`Config::steerings`]): what clients are led by.
    pub fn steering(&self, steering: usize) -> &Arc<steering::Live> {
        &self.steerings[steering]
    }

    /// The recursive role, if there is one.
    pub fn resolver(&self) -> Option<&Arc<Resolver>> {
        self.resolver.as_ref()
    }

    /// What clients report to a steering (index into [`Config::steerings`]), if they do. Its table goes into the steering's next snapshot.
    pub fn measuring(&self, steering: usize) -> Option<&Arc<Measuring>> {
        self.measuring.get(steering)?.as_ref()
    }

    /// The compiled routes: what `explain route` asks.
    pub fn routes(&self) -> &Table {
        &self.routes
    }
}

/// What all worker threads share.
pub struct Server {
    pub(crate) snapshot: ArcSwap<Snapshot>,
    /// The number of the snapshot that holds.
    generation: AtomicU64,
    /// Raised at every reload and at the drain.
    pub(crate) changed: Signal,
    /// Raised when a connection ends while the server is full, or while it drains.
    pub(crate) room: Signal,
    pub(crate) draining: AtomicBool,
    pub(crate) connections: AtomicUsize,
    /// Listeners, counted per thread, that may still let connections in.
    pub(crate) doors: AtomicUsize,
    pub(crate) accepted: AtomicU64,
    began: Instant,
    pub(crate) requests_in_flight: AtomicUsize,
    pub(crate) tunnels: Arc<Tunnels>,
    pub(crate) applications: BTreeMap<String, Arc<dyn Application>>,
    pub(crate) readers: Vec<Arc<dyn Reader>>,
    pub(crate) metrics: Metrics,
    pub(crate) workers: usize,
    tls: Arc<tls::Store>,
    pub(crate) store: Arc<Store>,
    pub(crate) hints: Hints,
    pub(crate) feed: Feed,
    pub(crate) journeys: Journeys,
    /// What the workers of the name server share.
    pub(crate) names: dns::Shared,
    /// Of so many queries one is told; 0: none.
    pub(crate) told_queries: u32,
    /// Some reader looks at what steps say at length.
    pub(crate) steps_are_read: bool,
}

impl Server {
    /// A server for `config` on `workers` threads. `host` lends its clock and randomness to the pools' beginning.
    pub fn new(
        host: &Host,
        config: Config,
        workers: usize,
        applications: BTreeMap<String, Arc<dyn Application>>,
        readers: Vec<Arc<dyn Reader>>,
    ) -> Arc<Server> {
        let (metrics, tls) = (Metrics::new(workers), tls::Store::new());
        tls.configure(&config.certificates, host.calendar());
        let store = Store::new(host, &config.cache);
        let snapshot = build(host, config, workers, None, &metrics, &tls);
        let names = dns::Shared::new(host, metrics.names());
        let told_queries = readers.iter().map(|reader| reader.queries()).filter(|every| *every > 0).min().unwrap_or(0);
        let steps_are_read = readers.iter().any(|reader| reader.reads_steps());
        let server = Arc::new(Server {
            generation: AtomicU64::new(snapshot.generation),
            snapshot: ArcSwap::from_pointee(snapshot),
            changed: Signal::default(),
            room: Signal::default(),
            draining: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            doors: AtomicUsize::new(0),
            accepted: AtomicU64::new(0),
            began: host.now(),
            requests_in_flight: AtomicUsize::new(0),
            tunnels: Arc::default(),
            applications,
            readers,
            metrics,
            workers,
            tls,
            store,
            hints: Hints::new(host),
            feed: Feed::default(),
            journeys: Journeys::default(),
            names,
            told_queries,
            steps_are_read,
        });
        dns::tell_mistaken(&server, host.calendar(), &server.snapshot().mistaken);
        server
    }

    /// The configuration that holds now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What is presented to clients that come by TLS.
    pub fn tls(&self) -> &Arc<tls::Store> {
        &self.tls
    }

    /// What is stored of answers.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Numbers of purges go on behind this one: as an owner knows them, over restarts.
    pub fn purges_go_on_at(&self, sequence: u64) {
        self.store.go_on_at(decide::cache::Sequence(sequence));
    }

    /// Purges stored answers: for every request that begins after this returns, what is named is gone, or stale where the purge is soft.
    /// Returns its number. `None`: a prefix that does not end with `/`, or is too deep.
    pub fn purge(&self, calendar: Calendar, purging: &Purging) -> Option<u64> {
        let sequence = self.store.purge(purging, calendar)?.0;
        let soft = purging.purge == decide::cache::Purge::Soft;
        self.tell(calendar, Step::Owner(OwnerStep::Purged { by: purging.which.word(), soft, sequence }));
        Some(sequence)
    }

    /// Puts a new configuration in place of the old one, by one swap: what begins after this returns, or was told, begins with it. Backends
    /// that stay keep what is known of them.
    pub fn reload(&self, host: &Host, config: Config) -> u64 {
        let old = self.snapshot();
        self.store.configure(&config.cache);
        self.tls.configure(&config.certificates, host.calendar());
        let new = Arc::new(build(host, config, self.workers, Some(&old), &self.metrics, &self.tls));
        let generation = new.generation;
        self.snapshot.store(new.clone());
        self.generation.store(generation, Ordering::Release);
        self.changed.raise();
        self.tell(host.calendar(), Step::Reloaded { generation });
        dns::tell_mistaken(self, host.calendar(), &new.mistaken);
        generation
    }

    /// Takes no new connections, ends idle ones, and lets requests in flight end.
    pub fn drain(&self, calendar: Calendar) {
        if !self.draining.swap(true, Ordering::SeqCst) {
            let connections = self.connections.load(Ordering::SeqCst) as u64;
            self.tell(calendar, Step::Draining { connections });
            self.close_feed(calendar);
            self.changed.raise();
        }
    }

    /// Whether [`Server::drain`] was called.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Resolves when the last connection has ended.
    pub async fn drained(&self) {
        loop {
            let seen = self.room.number();
            if self.doors.load(Ordering::SeqCst) == 0 && self.connections() == 0 && self.names.streams() == 0 {
                return;
            }
            self.room.after(seen).await;
        }
    }

    /// Client connections open now.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// When it began, on its host's clock.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Client connections accepted since the start.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Requests being answered now.
    pub fn requests_in_flight(&self) -> usize {
        self.requests_in_flight.load(Ordering::Relaxed)
    }

    /// Connections that have become tunnels, or WebSockets that end here.
    pub fn tunnels(&self) -> &Tunnels {
        &self.tunnels
    }

    /// Tells every reader of something that belongs to no request.
    pub fn tell(&self, at: Calendar, step: Step) {
        self.tell_under(&self.snapshot(), at, step);
    }

    /// The same, for a step that points to these texts.
    pub fn tell_with(&self, at: Calendar, step: Step, texts: &Texts) {
        self.tell_all(&self.snapshot(), at, step, texts);
    }

    /// The same, for a step whose indices are those of a certain snapshot.
    pub(crate) fn tell_under(&self, snapshot: &Arc<Snapshot>, at: Calendar, step: Step) {
        self.tell_all(snapshot, at, step, &Texts::default());
    }

    fn tell_all(&self, snapshot: &Arc<Snapshot>, at: Calendar, step: Step, texts: &Texts) {
        snapshot.counters.event(at, &step);
        for reader in &self.readers {
            reader.event(at, step, texts, snapshot);
        }
    }
}

/// A configuration made ready.
fn build(host: &Host, config: Config, workers: usize, old: Option<&Snapshot>, metrics: &Metrics, store: &Arc<tls::Store>) -> Snapshot {
    let pools = (0u16..)
        .zip(&config.pools)
        .map(|(index, pool)| {
            let before = old.and_then(|old| old.pools.iter().find(|before| before.config.name == pool.name));
            match before {
                // The same pool at the same place goes on as it is, with its connections.
                Some(before) if before.config == *pool && before.index == index => before.clone(),
                Some(before) => Arc::new(before.reconfigured(host, index, pool, workers)),
                None => Arc::new(Pool::new(index, pool, workers)),
            }
        })
        .collect();
    let routes = Table::build(&config);
    let (zones, mistaken) = dns::zones(&config, old);
    let (counters, tls) = (metrics.index(&config), tls::Listeners::new(&config, store));
    let cache_id = cache_id(host, &config, old);
    let before = old.and_then(|old| old.resolver.as_ref());
    let resolver = config.resolver.as_ref().map(|role| Arc::new(before.map_or_else(|| Resolver::new(role), |before| before.again(role))));
    let measuring = (0..config.steerings.len()).map(|index| Measuring::of(host, &config, index, old)).collect();
    let steerings = steering::of(&config, old);
    let generation = old.map_or(1, |old| old.generation + 1);
    Snapshot { cache_id, resolver, measuring, steerings, generation, config, routes, pools, zones, mistaken, tls, counters }
}

/// What this cache is called in `CDN-Loop`: as the owner says, else by a name that no other installation has (RFC 8586 §2), which stays
/// through reloads.
fn cache_id(host: &Host, config: &Config, old: Option<&Snapshot>) -> String {
    use decide::random::Random;
    let name = &config.server.name;
    match (&config.cache.id, old) {
        (Some(id), _) => id.clone(),
        (None, Some(old)) if old.config.cache.id.is_none() && old.config.server.name == *name => old.cache_id.clone(),
        (None, _) => {
            let name = if wire::http::cdn_loop::is_id(name.as_bytes()) && !name.contains([':', '[']) { name } else { "throughline" };
            format!("{name}-{:016x}", host.rng().next())
        }
    }
}

/// A snapshot as one thread holds it: requests count here, because cores would contend for the counter that they share.
pub(crate) struct Held(Arc<Snapshot>);

impl Deref for Held {
    type Target = Arc<Snapshot>;
    fn deref(&self) -> &Arc<Snapshot> {
        &self.0
    }
}

/// What one thread has of its own.
pub(crate) struct Worker {
    pub(crate) host: Host,
    pub(crate) server: Arc<Server>,
    /// Which of the server's workers, from 0.
    pub(crate) index: usize,
    pub(crate) buffers: Buffers,
    #[expect(clippy::vec_box, reason = "a scratch is large, and moves between here and its request")]
    pub(crate) scratch: RefCell<Vec<Box<Scratch>>>,
    pub(crate) open: Connections,
    pub(crate) multiplexed: Multiplexed,
    pub(crate) greetings: Greetings,
    pub(crate) coders: Places,
    /// The snapshot that requests on this thread begin with.
    current: RefCell<Rc<Held>>,
    /// What is open on this thread, while it works.
    pub(crate) doors: RefCell<Weak<RefCell<Doors>>>,
    date: Cell<(Option<Instant>, [u8; 29])>,
}

impl Worker {
    pub(crate) fn new(host: Host, server: Arc<Server>, index: usize) -> Rc<Worker> {
        let current = RefCell::new(Rc::new(Held(server.snapshot())));
        let buffers = Buffers::default();
        Rc::new(Worker {
            host,
            server,
            index,
            buffers,
            scratch: RefCell::default(),
            open: Connections::default(),
            multiplexed: Multiplexed::default(),
            greetings: Greetings::default(),
            coders: Places::default(),
            current,
            doors: RefCell::default(),
            date: Cell::new((None, [0; 29])),
        })
    }

    /// The snapshot that requests of this thread begin with.
    pub(crate) fn snapshot(&self) -> Rc<Held> {
        self.current.borrow().clone()
    }

    /// Whether the server has another snapshot than this thread.
    pub(crate) fn is_behind(&self) -> bool {
        self.current.borrow().generation != self.server.generation.load(Ordering::Acquire)
    }

    /// Goes over to the server's present snapshot.
    pub(crate) fn follow(&self) {
        *self.current.borrow_mut() = Rc::new(Held(self.server.snapshot()));
    }

    /// The value of `Date` (RFC 9110 §6.6.1), made anew once a second.
    pub(crate) fn date(&self) -> [u8; 29] {
        let now = self.host.now();
        let (made, text) = self.date.get();
        if made.is_some_and(|made: Instant| now.since(made) < Duration::from_secs(1)) {
            return text;
        }
        let calendar = self.host.calendar();
        let text = decide::date::format_imf(calendar);
        // From the beginning of the second, so that the text changes with it.
        self.date.set((Some(now - Duration::from_nanos(u64::from(calendar.0.subsec_nanos()))), text));
        text
    }

    /// A journey's identity.
    pub(crate) fn next_id(&self) -> u128 {
        use decide::random::Random;
        let mut host = self.host.rng();
        (u128::from(host.next()) << 64) | u128::from(host.next())
    }

    pub(crate) fn tell(&self, step: Step) {
        self.server.tell(self.host.calendar(), step);
    }

    /// Tells a step of a pool's. What still happens in a pool that a reload has replaced is no news.
    pub(crate) fn tell_of(&self, pool: &Pool, step: Step) {
        let snapshot = self.server.snapshot();
        if snapshot.pools.get(usize::from(pool.index)).is_some_and(|present| std::ptr::eq(&**present, pool)) {
            self.server.tell_under(&snapshot, self.host.calendar(), step);
        }
    }
}
