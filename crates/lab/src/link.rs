//! Links between hosts: how long bytes take, how many fit, and what goes wrong.

use crate::network::{HostId, Shared};
use crate::seed::split;
use decide::random::SplitMix;
use decide::time::{Duration, Instant};
use std::collections::BTreeMap;

/// Whether things pass, in order of severity; where a link and its two hosts differ, the severest holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Everything passes.
    #[default]
    Open,
    /// Existing connections go on; a new one is refused after its round trip.
    Refuse,
    /// Everything freezes where it is and goes the rest of its way later.
    Stall,
    /// Like a stall for what exists; the first packet of a new connection is lost, and sent again as TCP does.
    Blackhole,
}

/// The pieces in which what was written at once travels. Each piece arrives as an event of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// As written.
    Whole,
    /// At most so many bytes each.
    Of(usize),
    /// 1 to so many bytes each, by the seed; and a write takes any part of what would fit.
    Torn(usize),
}

/// One direction between two hosts.
#[derive(Clone)]
pub(crate) struct Direction {
    pub(crate) latency: Duration,
    /// Bytes per second of all connections together.
    pub(crate) bandwidth: Option<u64>,
    /// Bytes of one connection that were written and not yet read.
    pub(crate) window: usize,
    pub(crate) pieces: Pieces,
    pub(crate) reach: Reach,
    /// Until when earlier bytes occupy the line.
    pub(crate) busy_until: Instant,
    pub(crate) random: SplitMix,
}

impl Direction {
    /// When `len` bytes that are sent now arrive.
    pub(crate) fn arrival(&mut self, now: Instant, len: usize) -> Instant {
        let sent = match self.bandwidth {
            Some(rate) if len > 0 => {
                let nanos = u128::from(len as u64) * 1_000_000_000 / u128::from(rate);
                self.busy_until = self.busy_until.max(now) + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
                self.busy_until
            }
            _ => now,
        };
        sent + self.latency
    }
}

/// All directions: those between different hosts begin as `usual`, those inside a host as `inside`.
pub(crate) struct Links {
    seed: u64,
    hosts: Vec<(String, Reach)>,
    usual: Direction,
    inside: Direction,
    directions: BTreeMap<(HostId, HostId), Direction>,
}

impl Links {
    pub(crate) fn new(seed: u64) -> Links {
        let usual = Direction {
            latency: Duration::from_millis(1),
            bandwidth: None,
            window: 64 * 1024,
            pieces: Pieces::Whole,
            reach: Reach::Open,
            busy_until: Instant::ZERO,
            random: SplitMix::new(seed),
        };
        let inside = Direction { latency: Duration::from_micros(10), ..usual.clone() };
        Links { seed, hosts: Vec::new(), usual, inside, directions: BTreeMap::new() }
    }

    pub(crate) fn add_host(&mut self, name: &str) {
        self.hosts.push((name.to_string(), Reach::Open));
    }

    pub(crate) fn direction(&mut self, from: HostId, to: HostId) -> &mut Direction {
        self.directions.entry((from, to)).or_insert_with(|| {
            let like = if from == to { &self.inside } else { &self.usual };
            let random = split(self.seed, &format!("link {} {}", self.hosts[from].0, self.hosts[to].0));
            Direction { random, ..like.clone() }
        })
    }

    pub(crate) fn reach(&mut self, from: HostId, to: HostId) -> Reach {
        let own = self.direction(from, to).reach;
        // A host's own fault does not touch what stays inside it.
        if from == to { own } else { own.max(self.hosts[from].1).max(self.hosts[to].1) }
    }

    pub(crate) fn set_host_reach(&mut self, host: HostId, reach: Reach) {
        self.hosts[host].1 = reach;
    }

    fn name(&self, host: HostId) -> &str {
        &self.hosts[host].0
    }
}

/// The handle by which a scenario changes the way between two hosts, inside one, or between one and all others. Every change holds for
/// both directions, unless the handle was narrowed by [`Link::there`] or [`Link::back`]; what is already on its way keeps its latency and
/// bandwidth.
#[derive(Clone)]
pub struct Link {
    network: Shared,
    there: Vec<(HostId, HostId)>,
    back: Vec<(HostId, HostId)>,
}

impl Link {
    pub(crate) fn new(network: Shared, a: HostId, others: impl IntoIterator<Item = HostId>) -> Link {
        let there: Vec<_> = others.into_iter().map(|b| (a, b)).collect();
        let back = there.iter().map(|&(a, b)| (b, a)).collect();
        Link { network, there, back }
    }

    /// Only the direction from the first host to the second.
    pub fn there(&self) -> Link {
        Link { back: Vec::new(), ..self.clone() }
    }

    /// Only the direction from the second host to the first.
    pub fn back(&self) -> Link {
        Link { there: Vec::new(), ..self.clone() }
    }

    /// How long a byte takes; one millisecond between hosts at first, ten microseconds inside a host.
    pub fn latency(&self, latency: Duration) -> &Link {
        self.change(format_args!("latency {latency:?}"), |direction| direction.latency = latency)
    }

    /// Bytes per second, shared by all connections in the order they write; unlimited at first.
    pub fn bandwidth(&self, bytes_per_second: Option<u64>) -> &Link {
        assert_ne!(bytes_per_second, Some(0), "a link without bandwidth is a stalled one");
        self.change(format_args!("bandwidth {bytes_per_second:?}"), |direction| direction.bandwidth = bytes_per_second)
    }

    /// How many bytes one connection may have written that the far end has not read, or that the writer does not know to be read; for
    /// connections that are opened from now on. 64 KiB at first.
    pub fn window(&self, bytes: usize) -> &Link {
        assert!(bytes > 0, "nothing passes through a window of nothing");
        self.change(format_args!("window {bytes}"), |direction| direction.window = bytes)
    }

    /// In which pieces bytes travel; [`Pieces::Whole`] at first.
    pub fn pieces(&self, pieces: Pieces) -> &Link {
        assert!(!matches!(pieces, Pieces::Of(0) | Pieces::Torn(0)), "a piece has a byte");
        self.change(format_args!("pieces {pieces:?}"), |direction| direction.pieces = pieces)
    }

    /// Whether things pass.
    pub fn reach(&self, reach: Reach) -> &Link {
        self.change(format_args!("{reach:?}"), |direction| direction.reach = reach)
    }

    /// New connections are refused.
    pub fn refuse(&self) -> &Link {
        self.reach(Reach::Refuse)
    }

    /// Everything freezes.
    pub fn stall(&self) -> &Link {
        self.reach(Reach::Stall)
    }

    /// Nothing answers any more.
    pub fn blackhole(&self) -> &Link {
        self.reach(Reach::Blackhole)
    }

    /// Everything passes again.
    pub fn mend(&self) -> &Link {
        self.reach(Reach::Open)
    }

    /// Resets the existing connections, at once and at both ends, whatever was on its way; new ones meet `then`.
    pub fn cut(&self, then: Reach) -> &Link {
        self.network.lock().cut(|from, to| self.directions().any(|direction| direction == (from, to)));
        self.reach(then)
    }

    fn directions(&self) -> impl Iterator<Item = (HostId, HostId)> {
        self.there.iter().chain(&self.back).copied()
    }

    fn change(&self, what: std::fmt::Arguments<'_>, change: impl Fn(&mut Direction)) -> &Link {
        let mut network = self.network.lock();
        for (from, to) in self.directions() {
            let names = format!("{}>{}", network.links.name(from), network.links.name(to));
            network.note(format_args!("link {names} {what}"));
            change(network.links.direction(from, to));
        }
        network.settle();
        drop(network);
        self
    }
}
