//! A pool at work: the decisions of [`decide::pool`] behind a lock, the connections kept to its backends, and the requests that wait.

mod destinations;
mod idle;
mod probe;
mod queue;
mod resolve;

use crate::signal::Signal;
use crate::tls::Clients;
use decide::balance::Record;
use decide::config;
use decide::forward::ProxyError;
use decide::pool::{Outcome, Selection};
use decide::step::{BackendRef, Step};
use decide::time::{Duration, Instant};
use decide::zone::Member;
use destinations::Destinations;
use host::{Endpoint, Host};
use idle::IdleConnections;
use queue::Queue;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard};

pub(crate) use probe::start as start_tasks;
pub(crate) use queue::Waiter;

/// A pool at work, shared by all threads.
pub struct Pool {
    pub(crate) index: u16,
    pub(crate) config: config::Pool,
    algorithm: &'static str,
    /// TLS to its backends.
    pub(crate) tls: Option<Clients>,
    state: Mutex<State>,
    pub(crate) idle: IdleConnections,
    /// Its tasks run: probes, names, ejections.
    attended: AtomicBool,
    /// By worker: its kept connections are looked after.
    swept: Vec<AtomicBool>,
    /// Raised when the name service has answered for a backend.
    named: Signal,
    /// Where it stands for whatever servers are asked for: those.
    destinations: Destinations,
}

struct State {
    decide: decide::pool::Pool,
    queue: Queue,
    /// Addresses of backends that are given by name; the first is used next. `None` until the first answer of the name service.
    resolved: Vec<Option<Vec<IpAddr>>>,
    /// The load that each backend reported last, and when.
    reported: Vec<Option<(f64, Instant)>>,
}

impl Pool {
    pub(crate) fn new(index: u16, config: &config::Pool, workers: usize) -> Pool {
        Pool::of(decide::pool::Pool::new(config, index), index, config, workers, vec![None; config.backends.len()])
    }

    /// The same pool under a changed configuration: backends that stay keep their health, their ejection and their addresses.
    pub(crate) fn reconfigured(&self, host: &Host, index: u16, config: &config::Pool, workers: usize) -> Pool {
        let state = self.lock();
        let decide = state.decide.reconfigured(config, index, host.now());
        let resolved = config
            .backends
            .iter()
            .map(|backend| self.config.backends.iter().position(|old| old.at == backend.at).and_then(|at| state.resolved[at].clone()))
            .collect();
        Pool::of(decide, index, config, workers, resolved)
    }

    fn of(decide: decide::pool::Pool, index: u16, config: &config::Pool, workers: usize, resolved: Vec<Option<Vec<IpAddr>>>) -> Pool {
        let idle = IdleConnections::new(workers, config.backends.len(), config.keep_alive_connections);
        let algorithm = decide.algorithm();
        let swept = (0..workers).map(|_| AtomicBool::new(false)).collect();
        let reported = vec![None; config.backends.len()];
        let state = State { decide, queue: Queue::default(), resolved, reported };
        let (state, attended, named) = (Mutex::new(state), AtomicBool::new(false), Signal::default());
        let tls = config.tls.as_ref().map(|tls| Clients::new(tls, config.protocol, workers));
        Pool { index, config: config.clone(), algorithm, tls, state, idle, attended, swept, named, destinations: Destinations::default() }
    }

    /// The pool of one of the servers that this one stands for.
    pub(crate) fn destination(&self, at: decide::address::Address) -> Arc<Pool> {
        let rules = self.config.destinations.as_ref().expect("the pool of a forward proxy");
        self.destinations.pool(self, rules, at)
    }

    /// Closes kept connections that grew old.
    fn sweep(&self, worker: usize, now: Instant) {
        self.idle.sweep(worker, self.config.keep_alive, now);
        self.destinations.sweep(worker, self.config.keep_alive, now);
    }

    /// Chooses a backend and counts the request as in flight there; where all are full, it has a place in the queue. `place`: it had one,
    /// and was called.
    pub(crate) fn select(
        self: &Arc<Self>,
        host: &Host,
        key: Option<u64>,
        tried: &[usize],
        place: Option<&Waiter>,
        now: Instant,
    ) -> Selected {
        let mut state = self.lock();
        let called = place.is_some();
        if called {
            state.queue.chooses();
        } else if tried.is_empty() {
            state.decide.requested(now);
        }
        if !called && state.queue.has_called() {
            return Selected::Full(state.queue.join(self.config.queue));
        }
        let selection = state.decide.select(key, tried, now, &mut host.rng(), None);
        if called && selection != Selection::Full {
            // There may be room for one more: who came while this one was called has not been looked at.
            state.queue.wake_one();
        }
        match selection {
            Selection::Backend { index, candidates, why } => {
                state.decide.started(index);
                Selected::Backend { ticket: Ticket { pool: self.clone(), backend: index, open: true }, candidates, why }
            }
            // Under the same lock: a backend that is free from now on finds the request in the queue.
            Selection::Full => Selected::Full(match place {
                None => state.queue.join(self.config.queue),
                Some(before) => Some(state.queue.rejoin_behind(before, tried)),
            }),
            Selection::None(why) => Selected::None(why),
        }
    }

    /// What a request would get now, and why; changes nothing.
    pub fn explain(&self, host: &Host, key: Option<u64>) -> (Selection, Record) {
        let mut copy = self.lock().decide.clone();
        let mut record = Record::default();
        let selection = copy.select(key, &[], host.now(), &mut host.rng(), Some(&mut record));
        (selection, record)
    }

    pub(crate) fn leave(&self, waiter: &Waiter) {
        self.lock().queue.leave(waiter);
    }

    /// Whether the retry budget has room for one more.
    pub(crate) fn may_spend_retry(&self, now: Instant) -> bool {
        self.lock().decide.withdraw_retry(now)
    }

    pub(crate) fn reported_load(&self, backend: usize, load: f64, now: Instant) {
        let mut state = self.lock();
        state.decide.reported_load(backend, load, now);
        state.reported[backend] = Some((load, now));
    }

    /// The load that all backends together have reported within this time, in hundredths of the unit that they report it in; `None`:
    /// none has.
    pub(crate) fn load(&self, now: Instant, within: Duration) -> Option<u64> {
        let state = self.lock();
        let loads = state.reported.iter().flatten().filter(|(_, at)| now.since(*at) <= within).map(|(load, _)| *load);
        let sum = loads.reduce(|sum, load| sum + load)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is beyond is the most there is")]
        Some((sum.max(0.0) * 100.0).round() as u64)
    }

    pub(crate) fn probed(&self, backend: usize, result: Result<(), &'static str>, now: Instant) -> Option<Step> {
        let mut state = self.lock();
        let step = state.decide.probed(backend, result, now);
        if step.is_some() {
            state.queue.wake_all();
        }
        step
    }

    /// Ejections that end by now.
    pub(crate) fn expire(&self, now: Instant) -> Vec<Step> {
        let mut state = self.lock();
        let steps: Vec<Step> = std::iter::from_fn(|| state.decide.expire(now)).collect();
        if !steps.is_empty() {
            state.queue.wake_all();
        }
        steps
    }

    /// When [`Pool::expire`] has something to do next.
    pub(crate) fn next_expiry(&self) -> Option<Instant> {
        self.lock().decide.next_deadline()
    }

    /// Whether a backend is probed now: not in maintenance.
    pub(crate) fn is_probed(&self, backend: usize) -> bool {
        self.lock().decide.is_probed(backend)
    }

    /// New addresses for a backend that is given by name. Whether they differ from the old ones, order aside.
    pub(crate) fn set_addresses(&self, backend: usize, addresses: Vec<IpAddr>) -> bool {
        let mut state = self.lock();
        let before = state.resolved[backend].get_or_insert_default();
        let sorted = |of: &[IpAddr]| {
            let mut of = of.to_vec();
            of.sort_unstable();
            of
        };
        let changed = sorted(before) != sorted(&addresses);
        if changed {
            *before = addresses;
        }
        drop(state);
        self.named.raise();
        changed
    }

    /// The name service could not tell the addresses of a backend; earlier ones stay.
    pub(crate) fn not_resolved(&self, backend: usize) {
        self.lock().resolved[backend].get_or_insert_default();
        self.named.raise();
    }

    /// The state of every backend, for `ctl status` and the metrics.
    pub fn status(&self, now: Instant) -> Vec<decide::pool::BackendStatus> {
        self.lock().decide.status(now)
    }

    /// Its backends as the name server sees them: one for each address.
    pub(crate) fn members(&self, now: Instant) -> Vec<Member> {
        let state = self.lock();
        let mut members = Vec::new();
        for (index, (weight, healthy)) in state.decide.standing(now).enumerate() {
            let member = |address| Member { address, weight, healthy };
            match Endpoint::of(&self.config.backends[index].at) {
                Some(endpoint) => members.extend(endpoint.ip().map(member)),
                None => members.extend(state.resolved[index].iter().flatten().copied().map(member)),
            }
        }
        members
    }

    /// Requests waiting for a backend.
    pub fn queued(&self) -> usize {
        self.lock().queue.len()
    }

    /// Sets what the operator wants of a backend. False if there is none of this name.
    pub fn set_admin(&self, name: &str, admin: decide::pool::Admin, now: Instant) -> bool {
        let Some(at) = self.config.backends.iter().position(|backend| backend.name == name) else { return false };
        let mut state = self.lock();
        state.decide.set_admin(at, admin, now);
        state.queue.wake_all();
        true
    }

    /// Sets a backend's weight until the next reload. False if there is none of this name.
    pub fn set_weight(&self, name: &str, weight: u32) -> bool {
        let Some(at) = self.config.backends.iter().position(|backend| backend.name == name) else { return false };
        let mut state = self.lock();
        state.decide.set_weight(at, weight);
        state.queue.wake_all();
        true
    }

    /// What the owner wants of it.
    pub fn config(&self) -> &config::Pool {
        &self.config
    }

    /// Whether so few of its backends are healthy that health is ignored.
    pub fn panics(&self, now: Instant) -> bool {
        self.lock().decide.panics(now)
    }

    /// Connections kept for a backend, by all threads.
    pub fn kept_connections(&self, backend: usize) -> usize {
        self.idle.count(backend)
    }

    /// The name of its algorithm.
    pub fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    /// By which its backends are asked: `http` or `https`.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// How steps refer to a backend, by its index in the pool.
    pub fn backend_ref(&self, backend: usize) -> BackendRef {
        BackendRef { pool: self.index, backend: u16::try_from(backend).expect("the settings cap the number of backends") }
    }

    /// Where to connect next for a backend: the addresses of a name take turns. `None` where the name service has not answered yet.
    pub(crate) fn known_endpoint(&self, backend: usize) -> Option<Result<Endpoint, ProxyError>> {
        let address = &self.config.backends[backend].at;
        if let Some(endpoint) = Endpoint::of(address) {
            return Some(Ok(endpoint));
        }
        let decide::address::Address::Name(_, port) = address else { unreachable!("only a name is no endpoint") };
        let mut state = self.lock();
        let resolved = state.resolved[backend].as_mut()?;
        let Some(first) = resolved.first().copied() else { return Some(Err(ProxyError::DnsError)) };
        resolved.rotate_left(1);
        Some(Ok(Endpoint::Ip(SocketAddr::new(first, *port))))
    }

    /// How many addresses a backend is known by.
    pub(crate) fn addresses(&self, backend: usize) -> usize {
        self.lock().resolved[backend].as_ref().map_or(1, Vec::len)
    }

    /// The same, once the name service has answered; the caller brings the time limit.
    pub(crate) async fn endpoint(&self, backend: usize) -> Result<Endpoint, ProxyError> {
        loop {
            let seen = self.named.number();
            if let Some(known) = self.known_endpoint(backend) {
                return known;
            }
            self.named.after(seen).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no decision panics")
    }
}

/// What [`Pool::select`] came to.
pub(crate) enum Selected {
    Backend {
        ticket: Ticket,
        candidates: u16,
        why: &'static str,
    },
    /// The place in the queue, unless that is full too.
    Full(Option<Waiter>),
    None(&'static str),
}

/// One request in flight at a backend. Dropped before its end was told, it counts as given up by the client.
pub(crate) struct Ticket {
    pool: Arc<Pool>,
    pub(crate) backend: usize,
    open: bool,
}

impl Ticket {
    /// The request is over at this backend.
    pub(crate) fn finish(mut self, outcome: Outcome, latency: Duration, now: Instant) -> Option<Step> {
        self.open = false;
        self.end(outcome, latency, now)
    }

    /// There was no request after all.
    pub(crate) fn withdraw(mut self) {
        self.open = false;
        let mut state = self.pool.lock();
        state.decide.withdrawn(self.backend);
        state.queue.wake_one();
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    fn end(&self, outcome: Outcome, latency: Duration, now: Instant) -> Option<Step> {
        let mut state = self.pool.lock();
        let step = state.decide.finished(self.backend, outcome, latency, now);
        state.queue.wake_one();
        step
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.open {
            // No clock is at hand here, and a client that left needs none: it teaches nothing about the backend.
            self.end(Outcome::ClientGone, Duration::ZERO, Instant::ZERO);
        }
    }
}

#[cfg(test)]
mod tests;
