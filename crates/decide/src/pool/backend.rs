//! The state of one backend.

use crate::address::Address;
use crate::balance::{Candidate, FULL_SHARE};
use crate::config;
use crate::time::{Duration, Instant};
use alloc::string::String;

/// The share of its weight a backend begins slow start with, in thousandths: never nothing, or it would never show what it can do.
pub const FIRST_SHARE: u32 = 100;

/// What an administrator wants of a backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Admin {
    /// Takes requests.
    #[default]
    Ready,
    /// Takes no new requests; those in flight finish; it is probed on.
    Drain,
    /// Takes no new requests and is not probed.
    Maintenance,
}

impl Admin {
    /// The word in `ctl` and in status tables.
    pub const fn word(self) -> &'static str {
        match self {
            Admin::Ready => "ready",
            Admin::Drain => "drain",
            Admin::Maintenance => "maintenance",
        }
    }
}

/// What the probes say of a backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Not probed often enough to say, or not at all: it is used.
    #[default]
    Unknown,
    /// `rise` probes in a row succeeded.
    Up,
    /// `fall` probes in a row failed.
    Down,
}

impl Health {
    /// The word in `ctl` and in status tables.
    pub const fn word(self) -> &'static str {
        match self {
            Health::Unknown => "unknown",
            Health::Up => "up",
            Health::Down => "down",
        }
    }
}

/// Counts since the process began, reloads included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests given to it, each try counted.
    pub started: u64,
    /// Of those: answered, and not with a failure.
    pub succeeded: u64,
    /// Failed.
    pub failed: u64,
    /// Left by the client.
    pub client_gone: u64,
    /// How often it was ejected.
    pub ejections: u64,
}

/// One line of `ctl status`.
#[derive(Clone, Debug, PartialEq)]
pub struct BackendStatus {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// What the administrator wants.
    pub admin: Admin,
    /// What the probes say.
    pub health: Health,
    /// How much longer it is ejected, if it is.
    pub ejected_for: Option<Duration>,
    /// Its weight without slow start.
    pub weight: u32,
    /// The part of it that slow start leaves it, in thousandths.
    pub share: u32,
    /// Requests in flight.
    pub in_flight: u32,
    /// Failures in a row.
    pub failures: u32,
    /// Counts since the process began.
    pub totals: Totals,
}

/// One backend. Fields are the pool's to read; they change through the methods, except the counts.
#[derive(Clone, Debug)]
pub(super) struct Backend {
    pub(super) name: String,
    pub(super) at: Address,
    pub(super) admin: Admin,
    /// As administered, or else as configured.
    pub(super) weight: u32,
    configured_weight: u32,
    health: Health,
    /// Probes in a row that contradict `health`.
    contrary: Run,
    pub(super) in_flight: u32,
    /// Failures of requests in a row.
    pub(super) failures: u32,
    /// Set while ejected, and until [`Backend::restore`] has seen the end.
    pub(super) ejected_until: Option<Instant>,
    last_ejection: Option<Ejected>,
    /// When it (re)joined; `None` if it was there from the start.
    joined: Option<Instant>,
    pub(super) totals: Totals,
}

/// Results of one kind in a row.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    good: bool,
    length: u32,
}

/// An ejection, over or not.
#[derive(Clone, Copy, Debug)]
struct Ejected {
    until: Instant,
    span: Duration,
    /// How many led to its span.
    doublings: u32,
}

impl Backend {
    pub(super) fn new(config: &config::Backend) -> Self {
        Self {
            name: config.name.clone(),
            at: config.at.clone(),
            admin: Admin::Ready,
            weight: config.weight,
            configured_weight: config.weight,
            health: Health::Unknown,
            contrary: Run::default(),
            in_flight: 0,
            failures: 0,
            ejected_until: None,
            last_ejection: None,
            joined: None,
            totals: Totals::default(),
        }
    }

    /// The same, in slow start from `now`.
    pub(super) fn joining(mut self, now: Instant) -> Self {
        self.joined = Some(now);
        self
    }

    /// This backend's state under a new configuration.
    pub(super) fn reconfigured(&self, backend: &config::Backend, pool: &config::Pool) -> Self {
        let mut new = Self { in_flight: 0, configured_weight: backend.weight, ..self.clone() };
        if backend.weight != self.configured_weight {
            new.weight = backend.weight;
        }
        if pool.health.is_none() {
            (new.health, new.contrary) = (Health::Unknown, Run::default());
        }
        if pool.ejection.failures == 0 {
            (new.failures, new.ejected_until, new.last_ejection) = (0, None, None);
        }
        new
    }

    /// Why administration or weight keep requests from it; `None` if they do not.
    pub(super) fn unready(&self) -> Option<&'static str> {
        match self.admin {
            Admin::Drain => Some("drained"),
            Admin::Maintenance => Some("in maintenance"),
            Admin::Ready if self.weight == 0 => Some("weight 0"),
            Admin::Ready => None,
        }
    }

    /// Why its health keeps requests from it; `None` if it does not.
    pub(super) fn unhealthy(&self, now: Instant) -> Option<&'static str> {
        match self.health {
            Health::Down => Some("fails its probes"),
            _ if self.is_ejected(now) => Some("ejected for its failures"),
            _ => None,
        }
    }

    pub(super) fn is_ejected(&self, now: Instant) -> bool {
        self.ejected_until.is_some_and(|until| now < until)
    }

    /// As a balancer sees it.
    pub(super) fn candidate(&self, index: usize, slow_start: Duration, now: Instant) -> Candidate {
        Candidate { index, weight: self.weight, share: self.share(slow_start, now), in_flight: self.in_flight }
    }

    /// The part of its weight it has, in thousandths: from [`FIRST_SHARE`] when it joined, in a straight line to all after `slow_start`.
    fn share(&self, slow_start: Duration, now: Instant) -> u32 {
        // An ejection that is over counts from its end, whether or not anyone has written that down.
        let Some(joined) = self.joined.max(self.ejected_until.filter(|until| *until <= now)) else { return FULL_SHARE };
        let elapsed = now.since(joined);
        if elapsed >= slow_start {
            return FULL_SHARE;
        }
        let risen = u128::from(FULL_SHARE - FIRST_SHARE) * elapsed.as_nanos() / slow_start.as_nanos();
        FIRST_SHARE + u32::try_from(risen).expect("less than the full share, because less than the whole time has passed")
    }

    /// Counts a failure of a request begun at `began` and returns how many there were in a row. `None` if it teaches nothing new: the
    /// backend is ejected, or the request is from before its return.
    pub(super) fn failed(&mut self, began: Instant) -> Option<u32> {
        if self.last_ejection.is_some_and(|last| began < last.until) {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        Some(self.failures)
    }

    /// Ejects it and returns for how long: `base` doubled once for each ejection before, at most `max`. For each stretch as long as its
    /// last ejection that it has stayed in since, one doubling is forgiven.
    pub(super) fn eject(&mut self, config: &config::Ejection, now: Instant) -> Duration {
        let level = self.last_ejection.map_or(0, |last| {
            let well = now.since(last.until).as_nanos() / last.span.as_nanos().max(1);
            (last.doublings + 1).saturating_sub(u32::try_from(well).unwrap_or(u32::MAX))
        });
        // Doublings beyond the longest span are not counted: they would only take longer to forgive.
        let (mut span, mut doublings) = (config.base, 0);
        while doublings < level && span < config.max {
            span = span.saturating_mul(2);
            doublings += 1;
        }
        let span = span.min(config.max);
        let until = now + span;
        self.last_ejection = Some(Ejected { until, span, doublings });
        self.ejected_until = Some(until);
        self.failures = 0;
        self.totals.ejections += 1;
        span
    }

    /// Writes down that its ejection is over; whether it was.
    pub(super) fn restore(&mut self, now: Instant) -> bool {
        let over = self.ejected_until.filter(|until| *until <= now);
        if over.is_some() {
            self.joined = self.joined.max(over);
            self.ejected_until = None;
        }
        over.is_some()
    }

    /// Takes in a probe's result and returns the length of the run that changed its health, if it did.
    pub(super) fn probed(&mut self, good: bool, rise: u32, fall: u32, now: Instant) -> Option<u32> {
        if self.contrary.good != good {
            self.contrary = Run { good, length: 0 };
        }
        let (settled, needed) = if good { (Health::Up, rise) } else { (Health::Down, fall) };
        if self.health == settled {
            return None;
        }
        self.contrary.length = self.contrary.length.saturating_add(1);
        if self.contrary.length < needed {
            return None;
        }
        if self.health == Health::Down {
            self.joined = Some(now);
            // What it failed before it was down says nothing about it now: neither its failures nor an ejection for them.
            self.failures = 0;
            self.ejected_until = self.ejected_until.map(|until| until.min(now));
        }
        self.health = settled;
        Some(core::mem::take(&mut self.contrary).length)
    }

    /// Sets what the administrator wants.
    pub(super) fn set_admin(&mut self, admin: Admin, now: Instant) {
        if self.admin == Admin::Maintenance && admin != Admin::Maintenance {
            (self.health, self.contrary) = (Health::Unknown, Run::default());
        }
        if self.admin != Admin::Ready && admin == Admin::Ready {
            self.joined = Some(now);
        }
        self.admin = admin;
    }

    pub(super) fn status(&self, slow_start: Duration, now: Instant) -> BackendStatus {
        BackendStatus {
            name: self.name.clone(),
            address: self.at.clone(),
            admin: self.admin,
            health: self.health,
            ejected_for: self.ejected_until.filter(|until| now < *until).map(|until| until.since(now)),
            weight: self.weight,
            share: self.share(slow_start, now),
            in_flight: self.in_flight,
            failures: self.failures,
            totals: self.totals,
        }
    }
}
