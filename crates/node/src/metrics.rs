//! Counters, read from steps: of every journey when its request is over, and of the steps that belong to no request.
//!
//! What is counted belongs to a name (of a site, a pool, a backend, a listener), so it outlives reloads, which move indices. A snapshot
//! holds an [`Index`] from its own indices to the counters: requests in flight over a reload count where they began. Each worker writes
//! cells that no other thread writes; whoever reads adds them up.

mod cells;
mod counts;
mod led;
mod names;

pub use counts::{
    BackendCounts, CLASSES, Counts, ENCODED, FED_BY, FED_OUTCOMES, HANDSHAKES, HistogramCounts, LATENCY_BOUNDS, LED_BY, ListenerCounts,
    NOTIFIED, PUSHED_BY, PoolCounts, ProcessCounts, REPORTS, SIDES, SiteCounts, TRANSFERS,
};
pub use led::{LED_VIA, LedCounts};

pub use names::{CODES, NameCounts};
pub(crate) use names::{NameCells, NamePart};

use crate::dns::Role;
use cells::{BackendCells, ListenerCells, PoolCells, ProcessCells, SiteCells};
use decide::config::{Config, Layer};
use decide::steer::{Answer, Settled};
use decide::step::{BackendRef, CertificateStep, Journey, ListenerRef, OwnerStep, RouteRef, Side, SiteRef, Step};
use decide::time::Calendar;
use led::{Led, LedCells, LedPlaceCells};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// The counters of a server.
pub struct Metrics {
    workers: usize,
    process: Arc<ProcessCells>,
    /// Of the authority, and of the resolver.
    names: [Arc<NameCells>; 2],
    known: Mutex<Known>,
}

/// Everything that is counted, by name.
#[derive(Default)]
struct Known {
    sites: BTreeMap<String, Arc<SiteCells>>,
    pools: BTreeMap<String, Arc<PoolCells>>,
    /// By pool and backend.
    backends: BTreeMap<(String, String), Arc<BackendCells>>,
    listeners: BTreeMap<String, Arc<ListenerCells>>,
    steerings: BTreeMap<String, Arc<LedCells>>,
    /// By steering and place.
    places: BTreeMap<(String, String), Arc<LedPlaceCells>>,
}

/// The counters that belong to the indices of one configuration.
pub struct Index {
    sites: Vec<Arc<SiteCells>>,
    /// For requests that no site served; its name is empty.
    unrouted: Arc<SiteCells>,
    /// By site and route: the pool that the route leads to.
    routes: Vec<Vec<Option<usize>>>,
    pools: Vec<Arc<PoolCells>>,
    /// By pool and backend.
    backends: Vec<Vec<Arc<BackendCells>>>,
    listeners: Vec<Arc<ListenerCells>>,
    steerings: Vec<Led>,
    process: Arc<ProcessCells>,
}

impl Metrics {
    pub(crate) fn new(workers: usize) -> Metrics {
        let names = [Role::Authority, Role::Resolver].map(|role| Arc::new(NameCells::new(role.word(), workers)));
        Metrics { workers, process: Arc::default(), names, known: Mutex::default() }
    }

    /// The counters for a configuration. What was counted under its names is counted on; what only older configurations named is
    /// forgotten once none of them is in use.
    pub(crate) fn index(&self, config: &Config) -> Index {
        let mut known = self.known.lock().expect("no panic while it is held");
        known.forget_unused();
        let workers = self.workers;
        let Known { sites, pools, backends, listeners, steerings, places } = &mut *known;
        Index {
            sites: config.sites.iter().map(|site| entry(sites, &site.name, || SiteCells::new(workers))).collect(),
            unrouted: entry(sites, "", || SiteCells::new(workers)),
            routes: config.sites.iter().map(|site| site.routes.iter().map(|route| route.action.pool()).collect()).collect(),
            pools: config.pools.iter().map(|pool| entry(pools, &pool.name, || PoolCells::new(workers))).collect(),
            backends: config
                .pools
                .iter()
                .map(|pool| {
                    let name = |backend: &decide::config::Backend| (pool.name.clone(), backend.name.clone());
                    let cells = |backend| backends.entry(name(backend)).or_insert_with(|| Arc::new(BackendCells::new(workers))).clone();
                    pool.backends.iter().map(cells).collect()
                })
                .collect(),
            listeners: config
                .listeners
                .iter()
                .map(|listener| entry(listeners, &listener.at.to_string(), || ListenerCells::new(workers)))
                .collect(),
            steerings: led(config, workers, steerings, places),
            process: self.process.clone(),
        }
    }

    /// What the name server counts, in both roles.
    pub(crate) fn names(&self) -> [Arc<NameCells>; 2] {
        self.names.clone()
    }

    /// What was counted so far. Counters are read one after another, while requests go on: their sums may differ by those requests.
    pub fn counts(&self) -> Counts {
        let known = self.known.lock().expect("no panic while it is held");
        Counts {
            sites: known.sites.iter().map(|(name, cells)| cells.counts(name)).collect(),
            pools: known.pools.iter().map(|(name, cells)| cells.counts(name)).collect(),
            backends: known.backends.iter().map(|((pool, name), cells)| cells.counts(pool, name)).collect(),
            listeners: known.listeners.iter().map(|(name, cells)| cells.counts(name)).collect(),
            process: self.process.counts(),
            names: self.names.iter().map(|cells| cells.counts()).collect(),
            led: known.led(),
        }
    }
}

fn entry<T>(of: &mut BTreeMap<String, Arc<T>>, name: &str, new: impl Fn() -> T) -> Arc<T> {
    of.entry(name.to_string()).or_insert_with(|| Arc::new(new())).clone()
}

fn led(
    config: &Config,
    workers: usize,
    steerings: &mut BTreeMap<String, Arc<LedCells>>,
    places: &mut BTreeMap<(String, String), Arc<LedPlaceCells>>,
) -> Vec<Led> {
    let one = |steering: &decide::config::Steering| {
        let cells = entry(steerings, &steering.name, || LedCells::new(workers));
        let place = |(index, pop): (usize, &decide::config::Pop)| {
            let name = || (steering.name.clone(), pop.name.clone());
            let cells = |name| places.entry(name).or_insert_with(|| Arc::new(LedPlaceCells::new(workers))).clone();
            steering.pops.contains(&index).then(name).map(cells)
        };
        Led { cells, places: config.pops.iter().enumerate().map(place).collect() }
    };
    config.steerings.iter().map(one).collect()
}

impl Known {
    fn led(&self) -> Vec<LedCounts> {
        let mut all: Vec<LedCounts> = self.steerings.iter().map(|(name, cells)| cells.counts(name)).collect();
        for ((steering, place), cells) in &self.places {
            if let Some(counts) = all.iter_mut().find(|counts| counts.steering == *steering) {
                counts.places.push((place.clone(), cells.counts()));
            }
        }
        all
    }

    fn forget_unused(&mut self) {
        self.sites.retain(|_, cells| Arc::strong_count(cells) > 1);
        self.pools.retain(|_, cells| Arc::strong_count(cells) > 1);
        self.backends.retain(|_, cells| Arc::strong_count(cells) > 1);
        self.listeners.retain(|_, cells| Arc::strong_count(cells) > 1);
        self.steerings.retain(|_, cells| Arc::strong_count(cells) > 1);
        self.places.retain(|_, cells| Arc::strong_count(cells) > 1);
    }
}

/// Steps of a journey that this process makes as a client, which nobody counts.
macro_rules! steps_of_a_client {
    () => {
        Step::UrlRead { .. }
            | Step::UrlNormalised { .. }
            | Step::NameResolved { .. }
            | Step::ConnectStarted { .. }
            | Step::ConnectFailed { .. }
            | Step::ConnectionOpened { .. }
            | Step::ConnectionReused { .. }
            | Step::TcpMeasured { .. }
            | Step::ConnectionEnded { .. }
            | Step::TlsPrepared { .. }
            | Step::TlsOffered { .. }
            | Step::TlsMessage { .. }
            | Step::TlsCertificate { .. }
            | Step::TlsVerified { .. }
            | Step::RequestSent { .. }
            | Step::HeadReceived { .. }
            | Step::Told { .. }
            | Step::BodyReceived { .. }
            | Step::TrailersReceived { .. }
            | Step::ServerJoined { .. }
            | Step::ServerStep { .. }
            | Step::ServerUnjoined { .. }
            | Step::Redirected { .. }
            | Step::Stopped { .. }
            | Step::Arrived { .. }
            | Step::Dns(_)
            | Step::Packets(_)
            | Step::Socket(_)
            | Step::Page(_)
    };
}

/// The steps that belong to no request; [`Index::event`] counts them. Written out, so that a new step does not go uncounted by oversight.
macro_rules! steps_of_the_process {
    () => {
        Step::Listening { .. }
            | Step::AcceptPaused { .. }
            | Step::HandshakeFailed { .. }
            | Step::Certificate(CertificateStep::CertificateRenewed { .. })
            | Step::Certificate(CertificateStep::CertificateRefused { .. })
            | Step::Certificate(CertificateStep::CertificateExpires { .. })
            | Step::Certificate(CertificateStep::CertificateMissing { .. })
            | Step::Certificate(CertificateStep::CertificateFound { .. })
            | Step::Certificate(CertificateStep::AccountRegistered { .. })
            | Step::Certificate(CertificateStep::CertificateOrdered { .. })
            | Step::Certificate(CertificateStep::CertificateIssued { .. })
            | Step::Certificate(CertificateStep::CertificateFailed { .. })
            | Step::Certificate(CertificateStep::CertificateStoreFailed { .. })
            | Step::Collector(_)
            | Step::Resolver(_)
            | Step::Steering(_)
            | Step::BackendUp { .. }
            | Step::BackendDown { .. }
            | Step::BackendEjected { .. }
            | Step::BackendRestored { .. }
            | Step::BackendSet { .. }
            | Step::Resolved { .. }
            | Step::ResolveFailed { .. }
            | Step::Owner(OwnerStep::Purged { .. })
            | Step::Owner(OwnerStep::JournalReplayed { .. })
            | Step::Owner(OwnerStep::JournalCut { .. })
            | Step::Owner(OwnerStep::JournalDamaged { .. })
            | Step::Owner(OwnerStep::JournalFailed { .. })
            | Step::Owner(OwnerStep::JournalRecovered { .. })
            | Step::Owner(OwnerStep::JournalTrimmed { .. })
            | Step::Owner(OwnerStep::PushAccepted { .. })
            | Step::Owner(OwnerStep::FeedBegan { .. })
            | Step::Owner(OwnerStep::Fed { .. })
            | Step::Owner(OwnerStep::FeedEnded { .. })
            | Step::Transfer(_)
            | Step::Reloaded { .. }
            | Step::ReloadRefused { .. }
            | Step::Draining { .. }
            | Step::Zone(_)
    };
}

/// The steps of a request; [`Index::journey`] counts them.
macro_rules! steps_of_a_request {
    () => {
        Step::Accepted { .. }
            | Step::Secured { .. }
            | Step::Asked { .. }
            | Step::Refused { .. }
            | Step::Routed { .. }
            | Step::CacheHit { .. }
            | Step::CacheMiss { .. }
            | Step::CacheRest { .. }
            | Step::CacheStore { .. }
            | Step::CacheDrop { .. }
            | Step::Unrouted { .. }
            | Step::Queued { .. }
            | Step::Picked { .. }
            | Step::Connected { .. }
            | Step::BackendFailed { .. }
            | Step::Interim { .. }
            | Step::Tier { .. }
            | Step::Answered { .. }
            | Step::FileChosen { .. }
            | Step::EncodingChosen { .. }
            | Step::Encoded { .. }
            | Step::Hinted { .. }
            | Step::Nearest(_)
            | Step::Made { .. }
            | Step::Tunnelled { .. }
            | Step::TunnelClosed { .. }
            | Step::SocketOpened { .. }
            | Step::SocketClosed { .. }
            | Step::Delivered { .. }
    };
}

impl Index {
    /// A request is over: which step moves which counter. Called by the worker `worker` and no other thread.
    ///
    /// A connection may have moved to another place of the configuration since its request began, so no index is taken on trust.
    pub(crate) fn journey(&self, worker: usize, journey: &Journey) {
        let (mut site, mut pool, mut tunnelled, mut missed) = (self.unrouted.of(worker), None, false, false);
        for (_, step) in journey.steps() {
            match *step {
                Step::Accepted { listener, .. } => self.at_listener(listener, |cells| cells.of(worker).requests.add(1)),
                Step::Routed { route, .. } => {
                    site = self.sites.get(usize::from(route.site)).unwrap_or(&self.unrouted).of(worker);
                    pool = self.pool_of(route);
                }
                Step::Refused { status, side, .. } => {
                    site.refused[side_index(side)].add(1);
                    // The pool's own refusal: no backend is available, or none had a place in time.
                    if let (503, Some(pool)) = (status, pool) {
                        pool.of(worker).no_backend.add(1);
                    }
                }
                Step::Queued { backend, waited } => self.at_pool(backend, |cells| cells.of(worker).queue_wait.observe(waited)),
                Step::Picked { backend, .. } => self.at_backend(backend, |cells| cells.of(worker).requests.add(1)),
                Step::Connected { backend, reused: true, .. } => self.at_backend(backend, |cells| cells.of(worker).reused.add(1)),
                Step::Connected { backend, reused: false, took } => {
                    self.at_backend(backend, |cells| cells.of(worker).connect.observe(took))
                }
                Step::Answered { backend, status, took } => self.at_backend(backend, |cells| {
                    cells.of(worker).answers[class_index(status)].add(1);
                    cells.of(worker).answer_time.observe(took);
                }),
                Step::BackendFailed { backend, error, then } => {
                    self.at_backend(backend, |cells| cells.of(worker).failed(error));
                    if then == "retry" {
                        self.at_pool(backend, |cells| cells.of(worker).retries.add(1));
                    }
                }
                Step::Tunnelled { .. } | Step::SocketOpened { .. } => {
                    tunnelled = true;
                    site.tunnels.add(1);
                }
                Step::Delivered { status, received, sent, took, end, side } => {
                    site.requests[class_index(status)].add(1);
                    site.received.add(received.0);
                    site.sent.add(sent.0);
                    if end != "complete" {
                        site.broken_off[side_index(side)].add(1);
                    }
                    // How long people talk through a tunnel says nothing about how long an answer takes.
                    if !tunnelled {
                        site.duration.observe(took);
                    }
                }
                // After a question to the origin, what was stored was the answer all the same: no hit.
                Step::CacheHit { .. } => site.cache_hits.add(u64::from(!missed)),
                Step::CacheMiss { collapsed, .. } => {
                    missed = true;
                    site.cache_misses.add(1);
                    site.collapsed.add(u64::from(collapsed));
                }
                Step::CacheStore { stored, .. } => site.cache_stored.add(u64::from(stored)),
                Step::Encoded { before, after, took, how, .. } => site.encoded(before, after, took, how),
                Step::Hinted { .. } => site.hinted.add(1),
                Step::Nearest(ref step) => site.nearest(step),
                // Facts for the log; what they lead to is counted above.
                Step::Secured { .. }
                | Step::Asked { .. }
                | Step::Unrouted { .. }
                | Step::Interim { .. }
                | Step::Tier { .. }
                | Step::FileChosen { .. }
                | Step::EncodingChosen { .. }
                | Step::CacheRest { .. }
                | Step::CacheDrop { .. }
                | Step::Made { .. }
                | Step::TunnelClosed { .. }
                | Step::SocketClosed { .. } => {}
                steps_of_the_process!() | steps_of_a_client!() => debug_assert!(false, "{} is no step of a request", step.name()),
            }
        }
    }

    /// Something happened that belongs to no request: which step moves which counter. Called from any thread.
    pub(crate) fn event(&self, at: Calendar, step: &Step) {
        match *step {
            Step::AcceptPaused { listener, pause } => self.at_listener(listener, |cells| cells.paused(at, pause)),
            Step::BackendUp { backend, .. } => self.at_backend(backend, |cells| cells.went_up.add(1)),
            Step::BackendDown { backend, .. } => self.at_backend(backend, |cells| cells.went_down.add(1)),
            Step::BackendEjected { backend, .. } => self.at_backend(backend, |cells| cells.ejections.add(1)),
            Step::ResolveFailed { backend, .. } => self.at_backend(backend, |cells| cells.resolve_failures.add(1)),
            Step::Certificate(CertificateStep::CertificateIssued { site, .. }) => {
                self.at_site(site, |cells| cells.certificates_issued.add(1))
            }
            Step::Certificate(CertificateStep::CertificateFailed { site, .. }) => {
                self.at_site(site, |cells| cells.certificates_failed.add(1))
            }
            Step::Certificate(CertificateStep::CertificateStoreFailed { .. }) => self.process.store_failures.add(1),
            Step::Reloaded { .. } => self.process.reloads.add(1),
            Step::ReloadRefused { .. } => self.process.refused_reloads.add(1),
            // Counted where they happen, one by one: not all are told.
            Step::HandshakeFailed { .. } => {}
            // States, which are read where they are kept.
            Step::Certificate(CertificateStep::CertificateRenewed { .. })
            | Step::Certificate(CertificateStep::CertificateRefused { .. }) => {}
            Step::Certificate(CertificateStep::CertificateExpires { .. })
            | Step::Certificate(CertificateStep::CertificateMissing { .. })
            | Step::Certificate(CertificateStep::CertificateFound { .. }) => {}
            // What comes of an order is counted.
            Step::Certificate(CertificateStep::AccountRegistered { .. })
            | Step::Certificate(CertificateStep::CertificateOrdered { .. }) => {}
            // Queries, and lookups for clients, are counted where they are answered: few are told.
            Step::Zone(_) | Step::Resolver(_) => {}
            // What the steerings and places themselves tell.
            Step::Steering(_) => {}
            Step::Listening { .. } | Step::BackendRestored { .. } | Step::BackendSet { .. } => {}
            Step::Owner(OwnerStep::PushAccepted { by, .. }) => self.process.pushed(by),
            Step::Owner(OwnerStep::Fed { by, outcome, .. }) => self.process.fed(by, outcome),
            Step::Resolved { .. } | Step::Owner(OwnerStep::Purged { .. }) | Step::Draining { .. } => {}
            // The journal itself tells its numbers.
            Step::Owner(OwnerStep::JournalReplayed { .. })
            | Step::Owner(OwnerStep::JournalCut { .. })
            | Step::Owner(OwnerStep::JournalDamaged { .. }) => {}
            Step::Owner(OwnerStep::JournalFailed { .. })
            | Step::Owner(OwnerStep::JournalRecovered { .. })
            | Step::Owner(OwnerStep::JournalTrimmed { .. }) => {}
            // The sources themselves tell how large and how old they are.
            Step::Collector(_) => {}
            Step::Owner(OwnerStep::FeedBegan { .. }) | Step::Owner(OwnerStep::FeedEnded { .. }) => {}
            Step::Transfer(ref step) => self.process.transfer(step),
            steps_of_a_request!() | steps_of_a_client!() => debug_assert!(false, "{} comes in a journey", step.name()),
        }
    }

    /// The name server leads a client by a steering (index into the configuration's). Called by the worker `worker` and no other thread.
    pub(crate) fn led_by_dns(&self, worker: usize, steering: usize, client: IpAddr, (answer, layer): (Answer, Layer)) {
        if let Some(led) = self.steerings.get(steering) {
            led.by_dns(worker, client, answer, layer.number());
        }
    }

    /// A redirect does, to this place (index into the configuration's) by this word of [`LED_BY`]. Called as above.
    pub(crate) fn led_by_redirect(&self, worker: usize, steering: usize, pop: usize, layer: &str) {
        if let Some(led) = self.steerings.get(steering) {
            led.by_redirect(worker, pop, layer);
        }
    }

    /// A new version of a steering serves, and moves networks. Called from any thread.
    pub(crate) fn moved(&self, steering: usize, settled: &Settled) {
        if let Some(led) = self.steerings.get(steering) {
            led.cells.moved(settled);
        }
    }

    /// A TLS handshake at this listener is over. Called by the worker `worker` and no other thread.
    pub(crate) fn handshake(&self, worker: usize, listener: ListenerRef, version: &str, resumed: bool) {
        self.at_listener(listener, |cells| cells.of(worker).handshakes[handshake_index(version, resumed)].add(1));
    }

    /// A TLS handshake at this listener came to nothing. Called by the worker `worker` and no other thread.
    pub(crate) fn handshake_failed(&self, worker: usize, listener: ListenerRef, side: Side) {
        self.at_listener(listener, |cells| cells.of(worker).failed_handshakes[side_index(side)].add(1));
    }

    /// A line of the access log was dropped, because its writer did not keep up.
    pub fn dropped_log_line(&self) {
        self.process.dropped_log_lines.add(1);
    }

    fn pool_of(&self, route: RouteRef) -> Option<&PoolCells> {
        let pool = *self.routes.get(usize::from(route.site))?.get(usize::from(route.route))?;
        self.pools.get(pool?).map(|cells| &**cells)
    }

    fn at_site(&self, at: SiteRef, count: impl FnOnce(&SiteCells)) {
        if let Some(cells) = self.sites.get(usize::from(at.0)) {
            count(cells);
        }
    }

    fn at_listener(&self, at: ListenerRef, count: impl FnOnce(&ListenerCells)) {
        if let Some(cells) = self.listeners.get(usize::from(at.0)) {
            count(cells);
        }
    }

    fn at_pool(&self, at: BackendRef, count: impl FnOnce(&PoolCells)) {
        if let Some(cells) = self.pools.get(usize::from(at.pool)) {
            count(cells);
        }
    }

    fn at_backend(&self, at: BackendRef, count: impl FnOnce(&BackendCells)) {
        if let Some(cells) = self.backends.get(usize::from(at.pool)).and_then(|pool| pool.get(usize::from(at.backend))) {
            count(cells);
        }
    }
}

/// Into [`CLASSES`].
fn class_index(status: u16) -> usize {
    match status {
        100..=599 => usize::from(status / 100),
        _ => 0,
    }
}

/// Into [`HANDSHAKES`].
fn handshake_index(version: &str, resumed: bool) -> usize {
    HANDSHAKES.iter().position(|kind| *kind == (version, resumed)).expect("every version that is spoken stands there")
}

/// Into [`SIDES`].
fn side_index(side: Side) -> usize {
    match side {
        Side::Client => 0,
        Side::Us => 1,
        Side::Backend => 2,
    }
}

#[cfg(test)]
mod tests;
