//! What was learned, for as long as it holds: answers, absences, failures, the servers of zones, and how each server behaves.
//!
//! Addresses that came with a referral are kept with the zone and never given as an answer (RFC 2181 §5.4.1).

use super::zone::Zone;
use crate::time::{Duration, Instant};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use wire::dns::{Name, Record, RecordType};

/// The longest time that anything is kept (RFC 8767 §4 has a week).
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);
/// The longest time that an absence is kept (RFC 2308 §5 has one to three hours).
const LONGEST_ABSENCE: Duration = Duration::from_secs(3 * 3600);
/// How long a failure is kept (RFC 9520 §3.2 has 1 s to 5 min).
const FAILURE: Duration = Duration::from_secs(5);

/// What holds of a name and a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// These records.
    Records(Vec<Record>),
    /// There is no such name, whatever the type.
    NoName,
    /// The name is there, and has no such record.
    NoData,
    /// Nobody could tell; why.
    Failed(String),
}

/// What was learned. Bounded: what ends first goes first.
pub struct Cache {
    most: usize,
    answers: BTreeMap<(Name, Of), (Known, Instant)>,
    zones: BTreeMap<Name, (Zone, Instant)>,
    ends: BTreeSet<(Instant, Place)>,
    servers: BTreeMap<SocketAddr, Server>,
}

/// Of which records something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    /// Of all.
    All,
    /// Of those of a type.
    Type(RecordType),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Answer(Name, Of),
    Zone(Name),
}

/// How a server behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Server {
    /// How long it takes, smoothed (RFC 6298 §2).
    pub(super) pace: Option<Duration>,
    /// It does not understand EDNS.
    pub(super) plain: bool,
}

impl Cache {
    /// An empty cache for so many answers and zones.
    pub fn new(most: usize) -> Cache {
        Cache { most, answers: BTreeMap::new(), zones: BTreeMap::new(), ends: BTreeSet::new(), servers: BTreeMap::new() }
    }

    /// What holds of a name and a type, and for how long still. An alias is found as the CNAME that the caller asks for.
    pub(super) fn find(&self, name: &Name, kind: RecordType, now: Instant) -> Option<(&Known, Duration)> {
        let held = |of: Of| self.answers.get(&(name.clone(), of)).filter(|(_, end)| *end > now);
        let (known, end) = held(Of::Type(kind)).or_else(|| held(Of::All))?;
        Some((known, end.since(now)))
    }

    pub(super) fn keep(&mut self, name: &Name, kind: RecordType, known: Known, ttl: Duration, now: Instant) {
        let (of, longest) = match known {
            Known::NoName => (Of::All, LONGEST_ABSENCE),
            Known::NoData => (Of::Type(kind), LONGEST_ABSENCE),
            Known::Records(_) => (Of::Type(kind), LONGEST),
            Known::Failed(_) => (Of::Type(kind), FAILURE),
        };
        let Some(end) = end(ttl.min(longest), now) else { return };
        let before = self.answers.insert((name.clone(), of), (known, end));
        self.renew(Place::Answer(name.clone(), of), before.map(|(_, end)| end), end);
    }

    /// A failure, for a moment.
    pub(super) fn keep_failure(&mut self, name: &Name, kind: RecordType, why: &str, now: Instant) {
        self.keep(name, kind, Known::Failed(why.into()), FAILURE, now);
    }

    /// The zone nearest to `name` whose servers are known.
    pub(super) fn zone_above(&self, name: &Name, now: Instant) -> Option<&Zone> {
        let mut at = Some(name.clone());
        while let Some(name) = at {
            match self.zones.get(&name) {
                Some((zone, end)) if *end > now => return Some(zone),
                _ => at = name.parent(),
            }
        }
        None
    }

    pub(super) fn keep_zone(&mut self, zone: &Zone, ttl: Duration, now: Instant) {
        let Some(end) = end(ttl.min(LONGEST), now) else { return };
        let before = self.zones.insert(zone.name.clone(), (zone.clone(), end));
        self.renew(Place::Zone(zone.name.clone()), before.map(|(_, end)| end), end);
    }

    fn renew(&mut self, place: Place, before: Option<Instant>, end: Instant) {
        if let Some(before) = before {
            self.ends.remove(&(before, place.clone()));
        }
        self.ends.insert((end, place));
        while self.ends.len() > self.most {
            match self.ends.pop_first() {
                Some((_, Place::Answer(name, of))) => drop(self.answers.remove(&(name, of))),
                Some((_, Place::Zone(name))) => drop(self.zones.remove(&name)),
                None => return,
            }
        }
    }

    pub(super) fn server(&self, at: SocketAddr) -> Server {
        self.servers.get(&at).copied().unwrap_or_default()
    }

    fn server_mut(&mut self, at: SocketAddr) -> &mut Server {
        while self.servers.len() >= self.most.max(1) && !self.servers.contains_key(&at) {
            self.servers.pop_first();
        }
        self.servers.entry(at).or_default()
    }

    /// A server answered after `took`.
    pub(super) fn answered(&mut self, at: SocketAddr, took: Duration) {
        let server = self.server_mut(at);
        server.pace = Some(server.pace.map_or(took, |pace| (pace * 7 + took) / 8));
    }

    /// A server did not answer for `waited`.
    pub(super) fn was_silent(&mut self, at: SocketAddr, waited: Duration) {
        let server = self.server_mut(at);
        server.pace = Some(server.pace.map_or(waited, |pace| (pace * 2).max(waited)).min(Duration::from_secs(120)));
    }

    /// A server does not understand EDNS.
    pub(super) fn is_plain(&mut self, at: SocketAddr) {
        self.server_mut(at).plain = true;
    }

    /// How many answers and zones it holds.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// What has no time to live is used once, and not kept (RFC 1035 §3.2.1).
fn end(ttl: Duration, now: Instant) -> Option<Instant> {
    (!ttl.is_zero()).then(|| now + ttl)
}

#[cfg(test)]
mod tests;
