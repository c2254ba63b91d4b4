//! What was learned, for as long as it holds: answers, absences, failures, the servers of zones, and how each server behaves.
//!
//! Addresses that came with a referral are kept with the zone and never given as an answer (RFC 2181 §5.4.1).

use super::zone::Zone;
use crate::time::{Duration, Instant};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use wire::dns::{Binding, Data, Name, Record, RecordType};

/// The longest time that anything is kept (RFC 8767 §4 has a week).
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);
/// The longest time that an absence is kept (RFC 2308 §5 has one to three hours).
const LONGEST_ABSENCE: Duration = Duration::from_secs(3 * 3600);
/// How long a failure is kept (RFC 9520 §3.2 has 1 s to 5 min).
const FAILURE: Duration = Duration::from_secs(5);
/// The same where there is something to be given in the meantime (RFC 8767 §5: the failure recheck timer).
const FAILURE_BRIDGED: Duration = Duration::from_secs(30);
/// So long is believed what a server was like: one that was silent, or old, is given another chance.
const SERVER: Duration = Duration::from_secs(15 * 60);
/// What an entry may weigh on average, in bytes: that many times the number of entries is a second bound, so that large answers cannot
/// make a cache of few entries a large one.
const MEAN_WEIGHT: usize = 1024;

/// What holds of a name and a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// These records.
    Records(Vec<Record>),
    /// There is no such name, whatever the type. With the SOA that said so.
    NoName(Option<Record>),
    /// The name is there, and has no such record.
    NoData(Option<Record>),
    /// Nobody could tell; why.
    Failed(String),
}

/// What was learned. Bounded in number and in weight: what ends first goes first.
pub struct Cache {
    most: usize,
    /// Nothing is kept longer.
    longest: Duration,
    /// How long after its end an answer may be given for want of a better one.
    stale: Duration,
    answers: BTreeMap<(Name, Of), Held<Known>>,
    zones: BTreeMap<Name, Held<Zone>>,
    /// What all of that takes, in bytes.
    weight: usize,
    ends: BTreeSet<(Instant, Place)>,
    servers: BTreeMap<SocketAddr, Server>,
}

/// What is kept.
struct Held<T> {
    what: T,
    end: Instant,
    weight: usize,
}

/// Of which records something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    /// Of all.
    All,
    /// Of those of a type.
    Type(RecordType),
    /// That nobody could tell: beside what is out of date, which it must not push out.
    Failure(RecordType),
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
    /// When this began to be learned.
    since: Instant,
}

impl Cache {
    /// An empty cache for so many answers and zones.
    pub fn new(most: usize) -> Cache {
        Cache::for_so_long(most, LONGEST, Duration::ZERO)
    }

    /// One that keeps nothing longer than `longest`, and gives an answer for `stale` after its end where no better one is to be had.
    pub fn for_so_long(most: usize, longest: Duration, stale: Duration) -> Cache {
        Cache {
            most,
            longest: longest.min(LONGEST),
            stale,
            answers: BTreeMap::new(),
            zones: BTreeMap::new(),
            weight: 0,
            ends: BTreeSet::new(),
            servers: BTreeMap::new(),
        }
    }

    /// Whether it has the same bounds as another.
    pub fn is_like(&self, other: &Cache) -> bool {
        (self.most, self.longest, self.stale) == (other.most, other.longest, other.stale)
    }

    /// Nothing is kept longer.
    pub(super) fn longest(&self) -> Duration {
        self.longest
    }

    fn held(&self, name: &Name, of: Of) -> Option<&Held<Known>> {
        self.answers.get(&(name.clone(), of))
    }

    /// What holds of a name and a type, and for how long still. An alias is found as the CNAME that the caller asks for.
    pub(super) fn find(&self, name: &Name, kind: RecordType, now: Instant) -> Option<(&Known, Duration)> {
        let holding = |of: Of| self.held(name, of).filter(|held| held.end > now);
        let held = holding(Of::Type(kind)).or_else(|| holding(Of::All)).or_else(|| holding(Of::Failure(kind)))?;
        Some((&held.what, held.end.since(now)))
    }

    /// What held of a name and a type, if that was not too long ago (RFC 8767 §4); what was learned last, where it differs.
    pub(super) fn find_stale(&self, name: &Name, kind: RecordType, now: Instant) -> Option<&Known> {
        let usable = |of: Of| self.held(name, of).filter(|held| held.end <= now && held.end + self.stale > now);
        let latest = usable(Of::Type(kind)).into_iter().chain(usable(Of::All)).max_by_key(|held| held.end);
        latest.map(|held| &held.what)
    }

    pub(super) fn keep(&mut self, name: &Name, kind: RecordType, known: Known, ttl: Duration, now: Instant) {
        let (of, longest) = match known {
            Known::NoName(_) => (Of::All, LONGEST_ABSENCE),
            Known::NoData(_) => (Of::Type(kind), LONGEST_ABSENCE),
            Known::Records(_) => (Of::Type(kind), LONGEST),
            Known::Failed(_) => (Of::Failure(kind), FAILURE_BRIDGED),
        };
        let Some(end) = end(ttl.min(longest).min(self.longest), now) else { return };
        let weight = known.weight();
        self.weight += weight;
        let before = self.answers.insert((name.clone(), of), Held { what: known, end, weight });
        self.renew(Place::Answer(name.clone(), of), before.map(|held| (held.end, held.weight)), end);
    }

    /// A failure, for a moment.
    pub(super) fn keep_failure(&mut self, name: &Name, kind: RecordType, why: &str, now: Instant) {
        let bridged = self.find_stale(name, kind, now).is_some() || self.find_stale(name, RecordType::CNAME, now).is_some();
        self.keep(name, kind, Known::Failed(why.into()), if bridged { FAILURE_BRIDGED } else { FAILURE }, now);
    }

    /// The zone nearest to `name` whose servers are known.
    pub(super) fn zone_above(&self, name: &Name, now: Instant) -> Option<&Zone> {
        let mut at = Some(name.clone());
        while let Some(name) = at {
            match self.zones.get(&name) {
                Some(held) if held.end > now => return Some(&held.what),
                _ => at = name.parent(),
            }
        }
        None
    }

    pub(super) fn keep_zone(&mut self, zone: &Zone, ttl: Duration, now: Instant) {
        let Some(end) = end(ttl.min(self.longest), now) else { return };
        let weight = zone.weight();
        self.weight += weight;
        let before = self.zones.insert(zone.name.clone(), Held { what: zone.clone(), end, weight });
        self.renew(Place::Zone(zone.name.clone()), before.map(|held| (held.end, held.weight)), end);
    }

    fn renew(&mut self, place: Place, before: Option<(Instant, usize)>, end: Instant) {
        if let Some((before, weight)) = before {
            self.ends.remove(&(before, place.clone()));
            self.weight -= weight;
        }
        self.ends.insert((end, place));
        while self.ends.len() > self.most || self.weight > self.most.saturating_mul(MEAN_WEIGHT) {
            let weight = match self.ends.pop_first() {
                Some((_, Place::Answer(name, of))) => self.answers.remove(&(name, of)).map(|held| held.weight),
                Some((_, Place::Zone(name))) => self.zones.remove(&name).map(|held| held.weight),
                None => return,
            };
            self.weight -= weight.unwrap_or_default();
        }
    }

    pub(super) fn server(&self, at: SocketAddr, now: Instant) -> Server {
        self.servers.get(&at).filter(|server| now.since(server.since) < SERVER).copied().unwrap_or_default()
    }

    fn server_mut(&mut self, at: SocketAddr, now: Instant) -> &mut Server {
        while self.servers.len() >= self.most.max(1) && !self.servers.contains_key(&at) {
            self.servers.pop_first();
        }
        let server = self.servers.entry(at).or_default();
        if now.since(server.since) >= SERVER {
            *server = Server { since: now, ..Server::default() };
        }
        server
    }

    /// A server answered after `took`.
    pub(super) fn answered(&mut self, at: SocketAddr, took: Duration, now: Instant) {
        let server = self.server_mut(at, now);
        server.pace = Some(server.pace.map_or(took, |pace| (pace * 7 + took) / 8));
    }

    /// A server did not answer for `waited`.
    pub(super) fn was_silent(&mut self, at: SocketAddr, waited: Duration, now: Instant) {
        let server = self.server_mut(at, now);
        server.pace = Some(server.pace.map_or(waited, |pace| (pace * 2).max(waited)).min(Duration::from_secs(120)));
    }

    /// A server does not understand EDNS.
    pub(super) fn is_plain(&mut self, at: SocketAddr, now: Instant) {
        self.server_mut(at, now).plain = true;
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

impl Known {
    /// About how many bytes it takes.
    fn weight(&self) -> usize {
        ENTRY
            + match self {
                Known::Records(records) => records.iter().map(weight).sum(),
                Known::NoName(soa) | Known::NoData(soa) => soa.as_ref().map_or(0, weight),
                Known::Failed(why) => why.len(),
            }
    }
}

impl Zone {
    fn weight(&self) -> usize {
        ENTRY + self.servers.iter().map(|server| NAME + server.addresses.len() * size_of::<SocketAddr>()).sum::<usize>()
    }
}

/// A name, with what the memory for it costs; longer ones are rare.
const NAME: usize = 64;
/// What an entry takes besides what it says: its name, in two places.
const ENTRY: usize = 4 * NAME;

fn weight(record: &Record) -> usize {
    let binding = |binding: &Binding| NAME + binding.params.iter().map(|(_, value)| 32 + value.len()).sum::<usize>();
    let data = match &record.data {
        Data::Txt(texts) => texts.iter().map(|text| 24 + text.len()).sum(),
        Data::Svcb(service) | Data::Https(service) => binding(service),
        Data::Other(_, bytes) => bytes.len(),
        Data::Soa(_) => 2 * NAME,
        _ => NAME,
    };
    size_of::<Record>() + NAME + data
}

/// What has no time to live is used once, and not kept (RFC 1035 §3.2.1).
fn end(ttl: Duration, now: Instant) -> Option<Instant> {
    (!ttl.is_zero()).then(|| now + ttl)
}

#[cfg(test)]
mod tests;
