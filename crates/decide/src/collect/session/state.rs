//! The states of a session (RFC 4271 §8.2.2), each with what holds in it.

use super::Timer;
use crate::random::Random;
use crate::time::{Duration, Instant};
use core::net::Ipv4Addr;
use wire::bgp::Family;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing is tried until the wait is over.
    Idle { until: Instant },
    /// We are connecting.
    Connect { until: Instant },
    /// The router is waited for.
    Active,
    /// We have said who we are.
    OpenSent { began: Instant, hold: Instant },
    /// The router has said who it is, and we agree.
    OpenConfirm { agreed: Agreed },
    /// The router agrees, too.
    Established { agreed: Agreed, since: Instant },
}

/// What was agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    /// When there was a connection.
    pub(super) began: Instant,
    /// The router's identifier.
    pub(super) identifier: Ipv4Addr,
    /// The hold time; zero: none, and no keepalives either.
    pub(super) hold: Duration,
    /// How the router's messages are read.
    pub(super) wire: wire::bgp::Agreed,
    /// What the router tells.
    pub(super) families: Families,
    /// Of those, what it has told the whole of.
    pub(super) ended: Families,
    /// When its silence is too long.
    pub(super) silent_at: Instant,
    /// When ours would be.
    pub(super) keepalive_at: Instant,
}

/// Kinds of networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Families {
    pub(super) v4: bool,
    pub(super) v6: bool,
}

impl Families {
    /// These, and one more.
    pub(super) fn with(self, family: Family) -> Families {
        Families { v4: self.v4 || family == Family::IPV4, v6: self.v6 || family == Family::IPV6 }
    }

    /// Whether all of the others are among these.
    pub(super) fn cover(self, others: Families) -> bool {
        self.v4 >= others.v4 && self.v6 >= others.v6
    }

    /// As it is told.
    pub(super) const fn words(self) -> &'static str {
        match (self.v4, self.v6) {
            (true, true) => "ipv4 ipv6",
            (true, false) => "ipv4",
            (false, true) => "ipv6",
            (false, false) => "",
        }
    }
}

impl Agreed {
    /// Both clocks start.
    pub(super) fn start(&mut self, now: Instant, random: &mut dyn Random) {
        self.silent_at = now + self.hold;
        self.told(now, random);
    }

    /// We have given a sign of life. The next is due after a third of the hold time, less up to a quarter (RFC 4271 §4.4, §10).
    fn told(&mut self, now: Instant, random: &mut dyn Random) {
        let third = self.hold / 3;
        let quarter = u64::try_from(third.as_nanos() / 4).expect("a hold time in nanoseconds");
        self.keepalive_at = now + third - Duration::from_nanos(random.below(quarter + 1));
    }

    fn timer(&self) -> Option<(Instant, Timer)> {
        let timers = [(self.silent_at, Timer::Hold), (self.keepalive_at, Timer::Keepalive)];
        timers.into_iter().min().filter(|_| !self.hold.is_zero())
    }
}

impl State {
    /// The state's name.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            State::Idle { .. } => "Idle",
            State::Connect { .. } => "Connect",
            State::Active => "Active",
            State::OpenSent { .. } => "OpenSent",
            State::OpenConfirm { .. } => "OpenConfirm",
            State::Established { .. } => "Established",
        }
    }

    /// What it waits for.
    pub(super) fn timer(&self) -> Option<(Instant, Timer)> {
        match self {
            State::Idle { until } => Some((*until, Timer::Retry)),
            State::Connect { until } => Some((*until, Timer::Connect)),
            State::Active => None,
            State::OpenSent { hold, .. } => Some((*hold, Timer::Hold)),
            State::OpenConfirm { agreed } | State::Established { agreed, .. } => agreed.timer(),
        }
    }

    /// How the router's messages are read.
    pub(super) fn wire(&self) -> wire::bgp::Agreed {
        match self {
            State::OpenConfirm { agreed } | State::Established { agreed, .. } => agreed.wire,
            _ => wire::bgp::Agreed::default(),
        }
    }

    /// The router has given a sign of life.
    pub(super) fn heard(&mut self, now: Instant) {
        if let State::OpenConfirm { agreed } | State::Established { agreed, .. } = self {
            agreed.silent_at = now + agreed.hold;
        }
    }

    /// We have given one.
    pub(super) fn told(&mut self, now: Instant, random: &mut dyn Random) {
        if let State::OpenConfirm { agreed } | State::Established { agreed, .. } = self {
            agreed.told(now, random);
        }
    }
}
