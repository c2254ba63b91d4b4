//! The state of one pool: who may have a request, and what each request and probe teaches about the backends. No I/O: the proxy asks
//! and tells.
//!
//! The order of calls, per request: [`Pool::requested`] once; [`Pool::select`] per try, then [`Pool::started`] at once (before anything
//! else is selected) and [`Pool::finished`] exactly once per `started`; before a second try [`retry::may_retry`] and, only if it agrees,
//! [`Pool::withdraw_retry`]. Beside them: [`Pool::probed`] per probe, [`Pool::reported_load`] per report, [`Pool::expire`] whenever
//! [`Pool::next_deadline`] has come.
//!
//! Invariants:
//!
//! - Administrative state, weight, health by probes and ejection by traffic are four separate facts of a backend; none changes another.
//!   A backend is *ready* by administration and weight alone, *healthy* by probes and ejection alone; requests go to those that are both.
//! - A backend that is not ready gets no request, in panic neither.
//! - In-flight counts go up only in `started` and down only in `finished`, and never below zero.
//! - Ejection never takes the last healthy backend, and never more of the pool than its ceiling.
//!
//! - [`backend`]: one backend's state.
//! - [`retry`]: whether a failed request may be tried again, and the budget for it.
//! - [`probe`]: when to probe, and what an answer means.
//! - [`orca`]: the load a backend reports.

pub mod backend;
pub mod orca;
pub mod probe;
pub mod retry;

pub use crate::balance::{LeftOut, Outcome, Record, Score};
pub use backend::{Admin, BackendStatus, Health, Totals};

use crate::address::Address;
use crate::balance::{self, Ask, Balancer, Candidate, Member};
use crate::config;
use crate::random::Random;
use crate::step::{BackendRef, Step};
use crate::time::{Duration, Instant};
use alloc::boxed::Box;
use alloc::vec::Vec;
use backend::Backend;
use retry::Budget;

/// Who gets a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// This backend. Call [`Pool::started`] before the next selection.
    Backend {
        /// Its index in the pool.
        index: usize,
        /// How many could have been chosen.
        candidates: u16,
        /// `panic`: health was ignored; `only-left`: all others have failed this request or are out; `retry`: not its first; else `chosen`.
        why: &'static str,
    },
    /// All that could have it are at their limit of requests in flight: wait for one to finish.
    Full,
    /// No backend can have it, and waiting for a place would not help. The sentence says why.
    None(&'static str),
}

/// One pool. A clone is independent: a selection on it leaves the original as it was, which is how `explain` asks.
#[derive(Clone, Debug)]
pub struct Pool {
    config: config::Pool,
    number: u16,
    backends: Vec<Backend>,
    balancer: Box<dyn Balancer>,
    budget: Budget,
    /// Memory of `select`, kept so that it allocates nothing.
    candidates: Vec<Candidate>,
}

impl Pool {
    /// A pool at the start of the process: all backends ready, of unknown health, at full share at once. `number` is its index in the
    /// configuration, which its steps carry.
    pub fn new(config: &config::Pool, number: u16) -> Pool {
        let backends = config.backends.iter().map(Backend::new).collect();
        let members: Vec<_> = config.backends.iter().map(|b| Member { name: &b.name, weight: b.weight, was: None }).collect();
        Pool {
            balancer: balance::new(&config.algorithm, &members),
            budget: Budget::new(&config.retry),
            candidates: Vec::with_capacity(config.backends.len()),
            config: config.clone(),
            number,
            backends,
        }
    }

    /// This pool under a new configuration. A backend of the same name and address keeps its administrative state, health, ejection, slow
    /// start and totals, and a weight set by [`Pool::set_weight`] unless the configured weight changed; others are new and start slowly.
    /// The balancer keeps what it knows if the algorithm stayed. Nothing is in flight on the new pool: requests in flight finish on the
    /// old one, and what they teach stays there.
    pub fn reconfigured(&self, config: &config::Pool, number: u16, now: Instant) -> Pool {
        let was = |new: &config::Backend| self.backends.iter().position(|old| old.name == new.name && old.at == new.at);
        let backends: Vec<_> = config
            .backends
            .iter()
            .map(|new| match was(new) {
                Some(old) => self.backends[old].reconfigured(new, config),
                None => Backend::new(new).joining(now),
            })
            .collect();
        let same = self.config.algorithm == config.algorithm;
        let members = config.backends.iter().zip(&backends);
        let members: Vec<_> = members
            .map(|(new, state)| Member { name: &state.name, weight: state.weight, was: if same { was(new) } else { None } })
            .collect();
        let balancer = if same {
            let mut balancer = self.balancer.clone();
            balancer.rebuild(&members);
            balancer
        } else {
            balance::new(&config.algorithm, &members)
        };
        drop(members);
        Pool {
            balancer,
            budget: self.budget.reconfigured(&config.retry),
            candidates: Vec::with_capacity(config.backends.len()),
            config: config.clone(),
            number,
            backends,
        }
    }

    /// The configuration it runs under.
    pub fn config(&self) -> &config::Pool {
        &self.config
    }

    /// The algorithm's name.
    pub fn algorithm(&self) -> &'static str {
        self.balancer.name()
    }

    /// The number of backends, of every state.
    pub fn len(&self) -> usize {
        self.backends.len()
    }

    /// Whether it has no backend at all.
    pub fn is_empty(&self) -> bool {
        self.backends.is_empty()
    }

    /// A backend's address.
    pub fn address(&self, index: usize) -> &Address {
        &self.backends[index].at
    }

    /// A backend's requests in flight.
    pub fn in_flight(&self, index: usize) -> u32 {
        self.backends[index].in_flight
    }

    /// Whether a backend is probed at all: not in maintenance.
    pub fn is_probed(&self, index: usize) -> bool {
        self.config.health.is_some() && self.backends[index].admin != Admin::Maintenance
    }

    /// Chooses a backend for a request.
    ///
    /// - `key`: the request's hash ([`balance::key::of`]), if the algorithm wants one.
    /// - `tried`: the backends that have failed this request already; they are chosen again only if no other is left.
    /// - `record`: filled with the reasons, for `explain`; it changes nothing about the choice. Without it nothing is allocated.
    ///
    /// With fewer healthy backends than the panic threshold (percent of those ready), health is ignored: the few that are left would only
    /// fall under the load of all.
    pub fn select(
        &mut self,
        key: Option<u64>,
        tried: &[usize],
        now: Instant,
        random: &mut dyn Random,
        mut record: Option<&mut Record>,
    ) -> Selection {
        let panic = self.panics(now);
        let open = |backend: &Backend| backend.unready().is_none() && (panic || backend.unhealthy(now).is_none());
        let (mut any, mut untried) = (false, false);
        for (index, backend) in self.backends.iter().enumerate() {
            let open = open(backend);
            any |= open;
            untried |= open && !tried.contains(&index);
        }
        let limit = if self.config.max_in_flight == 0 { u32::MAX } else { self.config.max_in_flight };
        let door = Door { panic, again: !untried, tried, limit, now };
        if let Some(record) = record.as_deref_mut() {
            let closed = self.backends.iter().enumerate().map(|(backend, state)| (backend, door.closed_to(backend, state)));
            (record.meaning, record.why) = ("", "");
            record.scores.clear();
            record.left_out.clear();
            record.left_out.extend(closed.filter_map(|(backend, why)| why.map(|why| LeftOut { backend, why })));
        }
        if !any {
            return Selection::None(self.why_none());
        }
        let mut candidates = core::mem::take(&mut self.candidates);
        candidates.clear();
        let open = self.backends.iter().enumerate().filter(|(index, backend)| door.closed_to(*index, backend).is_none());
        candidates.extend(open.map(|(index, backend)| backend.candidate(index, self.config.slow_start, now)));
        let picked = self.balancer.pick(&Ask { candidates: &candidates, key, now }, random, record);
        let count = u16::try_from(candidates.len()).unwrap_or(u16::MAX);
        self.candidates = candidates;
        picked.map_or(Selection::Full, |index| Selection::Backend { index, candidates: count, why: door.why() })
    }

    /// A request was given to a backend.
    pub fn started(&mut self, index: usize) {
        let backend = &mut self.backends[index];
        backend.in_flight += 1;
        backend.totals.started += 1;
    }

    /// A request that was given to a backend is not sent after all: as if it had not been.
    pub fn withdrawn(&mut self, index: usize) {
        let backend = &mut self.backends[index];
        backend.in_flight = backend.in_flight.checked_sub(1).expect("it was given before");
        backend.totals.started -= 1;
        self.balancer.finished(index, Outcome::ClientGone, Duration::ZERO, Instant::ZERO);
    }

    /// A request given to a backend has ended; once per [`Pool::started`]. `latency` runs from the request sent (or the attempt to connect)
    /// to the answer's head, or to the failure. The step, if any, is `BackendEjected`.
    pub fn finished(&mut self, index: usize, outcome: Outcome, latency: Duration, now: Instant) -> Option<Step> {
        let backend = &mut self.backends[index];
        backend.in_flight = backend.in_flight.checked_sub(1).expect("finished comes once per started");
        self.balancer.finished(index, outcome, latency, now);
        let failed = match outcome {
            Outcome::ClientGone => {
                backend.totals.client_gone += 1;
                return None;
            }
            Outcome::Failure(_) => true,
            Outcome::Success { status } => status >= 500 && self.config.ejection.count_5xx,
        };
        if !failed {
            backend.totals.succeeded += 1;
            backend.failures = 0;
            return None;
        }
        backend.totals.failed += 1;
        let failures = backend.failed(now - latency)?;
        if self.config.ejection.failures == 0 || failures < self.config.ejection.failures || !self.may_eject(index, now) {
            return None;
        }
        let span = self.backends[index].eject(&self.config.ejection, now);
        Some(Step::BackendEjected { backend: self.reference(index), failures: u64::from(failures), span })
    }

    /// A backend was probed: with what result, by [`probe::judge`] or because no answer came. The step, if any, is `BackendUp` or
    /// `BackendDown`. A backend that comes up again is no longer ejected for what it did before: [`Pool::expire`] says so.
    pub fn probed(&mut self, index: usize, result: Result<(), &'static str>, now: Instant) -> Option<Step> {
        let health = self.config.health.as_ref()?;
        let probes = self.backends[index].probed(result.is_ok(), health.rise, health.fall, now)?;
        let (backend, probes) = (self.reference(index), u64::from(probes));
        Some(match result {
            Ok(()) => Step::BackendUp { backend, probes },
            Err(why) => Step::BackendDown { backend, probes, why },
        })
    }

    /// A backend reported its load ([`orca`]).
    pub fn reported_load(&mut self, index: usize, load: f64, now: Instant) {
        self.balancer.reported(index, load, now);
    }

    /// Writes down one ejection that has ended; call until it returns `None`. Selections do not wait for it: an ejection ends at its time.
    /// The step is `BackendRestored`.
    pub fn expire(&mut self, now: Instant) -> Option<Step> {
        let index = self.backends.iter_mut().position(|backend| backend.restore(now))?;
        Some(Step::BackendRestored { backend: self.reference(index) })
    }

    /// When [`Pool::expire`] has something to say next, if nothing else happens; it may have passed.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.backends.iter().filter_map(|backend| backend.ejected_until).min()
    }

    /// Sets the administrative state of a backend. One that is made ready again starts slowly; one that leaves maintenance is of unknown
    /// health, because it was not probed there.
    pub fn set_admin(&mut self, index: usize, admin: Admin, now: Instant) {
        self.backends[index].set_admin(admin, now);
    }

    /// Sets the weight of a backend, 0 to 65535, until the configured one changes.
    pub fn set_weight(&mut self, index: usize, weight: u32) {
        self.backends[index].weight = weight.min(65_535);
        let members = self.backends.iter().enumerate();
        let members: Vec<_> = members.map(|(at, b)| Member { name: &b.name, weight: b.weight, was: Some(at) }).collect();
        self.balancer.rebuild(&members);
    }

    /// A request for this pool has come: it earns the retry budget its percentage.
    pub fn requested(&mut self, now: Instant) {
        self.budget.deposit(now);
    }

    /// Takes one retry out of the budget, if it holds one. A retry that gets `false` must not happen.
    pub fn withdraw_retry(&mut self, now: Instant) -> bool {
        self.budget.withdraw(now)
    }

    /// The state of each backend, in the order of the pool, for `ctl status`.
    pub fn status(&self, now: Instant) -> Vec<BackendStatus> {
        self.backends.iter().map(|backend| backend.status(self.config.slow_start, now)).collect()
    }

    /// Of each backend, in the order of the pool: its weight, and whether it would be given a request as far as it is known.
    pub fn standing(&self, now: Instant) -> impl Iterator<Item = (u32, bool)> {
        self.backends.iter().map(move |backend| (backend.weight, backend.unready().is_none() && backend.unhealthy(now).is_none()))
    }

    /// Whether so few of the ready backends are healthy that health is ignored.
    pub fn panics(&self, now: Instant) -> bool {
        let (mut ready, mut healthy) = (0, 0);
        for backend in self.backends.iter().filter(|backend| backend.unready().is_none()) {
            ready += 1;
            healthy += u64::from(backend.unhealthy(now).is_none());
        }
        ready > 0 && healthy * 100 < ready * u64::from(self.config.panic_percent)
    }

    /// Whether one more backend may be ejected: within the ceiling (a percentage of the backends with a weight, rounded down but at least
    /// one unless it is 0), and only if another one that is ready and healthy remains.
    fn may_eject(&self, index: usize, now: Instant) -> bool {
        let weighted = self.backends.iter().filter(|backend| backend.weight > 0).count() as u64;
        let percent = u64::from(self.config.ejection.max_percent);
        let ceiling = if percent == 0 { 0 } else { (weighted * percent / 100).max(1) };
        let ejected = self.backends.iter().filter(|backend| backend.is_ejected(now)).count() as u64;
        let mut others = self.backends.iter().enumerate().filter(|(other, _)| *other != index);
        ejected < ceiling && others.any(|(_, other)| other.unready().is_none() && other.unhealthy(now).is_none())
    }

    fn why_none(&self) -> &'static str {
        if self.backends.is_empty() {
            "the pool has no backend"
        } else if self.backends.iter().all(|backend| backend.unready().is_some()) {
            "every backend is drained, in maintenance or of weight 0"
        } else {
            "no backend is healthy"
        }
    }

    fn reference(&self, index: usize) -> BackendRef {
        BackendRef { pool: self.number, backend: u16::try_from(index).expect("a pool has fewer than 65536 backends") }
    }
}

/// Who gets past it to be a candidate in one selection.
struct Door<'a> {
    /// Health is ignored.
    panic: bool,
    /// All that are open were tried: they may be tried again.
    again: bool,
    tried: &'a [usize],
    limit: u32,
    now: Instant,
}

impl Door<'_> {
    /// Why a backend is no candidate; `None` if it is one.
    fn closed_to(&self, index: usize, backend: &Backend) -> Option<&'static str> {
        let health = if self.panic { None } else { backend.unhealthy(self.now) };
        backend.unready().or(health).or_else(|| match () {
            () if !self.again && self.tried.contains(&index) => Some("has failed this request"),
            () if backend.in_flight >= self.limit => Some("at its limit of requests in flight"),
            () => None,
        })
    }

    /// Why not simply the algorithm's choice among all.
    fn why(&self) -> &'static str {
        match (self.panic, self.again, self.tried.is_empty()) {
            (true, _, _) => "panic",
            (false, true, _) => "only-left",
            (false, false, false) => "retry",
            (false, false, true) => "chosen",
        }
    }
}

#[cfg(test)]
mod tests;
