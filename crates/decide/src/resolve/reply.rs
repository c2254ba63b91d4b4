//! What a client of the recursive role is told: a whole answer, made of what a walk found, of what is known, or of what was known.

use super::cache::{Cache, Known};
use super::walk::Outcome;
use super::walker::{holding, target};
use crate::time::{Duration, Instant};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use wire::dns::{ExtendedError, Name, Query, Record, RecordType, ResponseCode};

/// RFC 8767 §4: what is out of date is given for so long.
const STALE_TTL: Duration = Duration::from_secs(30);
/// How many aliases of what is known are followed: as many as a walk follows.
const MOST_ALIASES: usize = 16;

const NOERROR: ResponseCode = ResponseCode(0);
const SERVFAIL: ResponseCode = ResponseCode(2);
pub(super) const NXDOMAIN: ResponseCode = ResponseCode(3);
const REFUSED: ResponseCode = ResponseCode(5);

/// Codes of RFC 8914 §4.
mod more {
    pub(super) const OTHER: u16 = 0;
    pub(super) const STALE: u16 = 3;
    pub(super) const CACHED: u16 = 13;
    pub(super) const PROHIBITED: u16 = 18;
    pub(super) const STALE_ABSENCE: u16 = 19;
    pub(super) const NOT_AUTHORITATIVE: u16 = 20;
    pub(super) const NOT_SUPPORTED: u16 = 21;
    pub(super) const UNREACHABLE: u16 = 22;
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The response code.
    pub code: ResponseCode,
    /// Aliases, from the name asked for on, and the records at their end.
    pub answer: Vec<Record>,
    /// For an absence: the SOA that tells of it (RFC 2308 §3).
    pub authority: Vec<Record>,
    /// Why, more exactly (RFC 8914); for clients that speak EDNS.
    pub error: Option<ExtendedError>,
    /// Where it is from.
    pub source: Source,
}

/// Where an answer is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A walk for it, or for another client who asked the same.
    Walk,
    /// What was learned before, and holds.
    Cache,
    /// What was learned before, and no longer holds (RFC 8767).
    Stale,
    /// Names that are answered here, and nowhere asked for (RFC 6761, RFC 6303).
    Local,
    /// Nobody was asked: the question is not answered here.
    Refused,
}

impl Source {
    /// One word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Source::Walk => "walk",
            Source::Cache => "cache",
            Source::Stale => "stale",
            Source::Local => "local",
            Source::Refused => "refused",
        }
    }
}

/// Why a question is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The asker is not among those who may.
    Stranger,
    /// A type that no walk is for: ANY (RFC 8482), transfers, or no record at all.
    Kind,
    /// It is not to be looked up, and not known.
    NotDesired,
}

impl Refusal {
    /// One word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Refusal::Stranger => "stranger",
            Refusal::Kind => "type",
            Refusal::NotDesired => "recursion-not-desired",
        }
    }
}

impl Reply {
    pub(super) fn of(code: ResponseCode, source: Source) -> Reply {
        Reply { code, answer: Vec::new(), authority: Vec::new(), error: None, source }
    }

    fn because(self, code: u16, text: impl Into<String>) -> Reply {
        Reply { error: Some(ExtendedError { code, text: text.into() }), ..self }
    }

    /// It was not looked up.
    pub fn refused(why: Refusal) -> Reply {
        let (code, text) = match why {
            Refusal::Stranger => (more::PROHIBITED, ""),
            Refusal::Kind => (more::NOT_SUPPORTED, "questions for this type are not answered here"),
            Refusal::NotDesired => (more::NOT_AUTHORITATIVE, "it is not known here, and recursion is not desired"),
        };
        Reply::of(REFUSED, Source::Refused).because(code, text)
    }

    /// There are so many lookups under way that this one cannot begin.
    pub fn busy() -> Reply {
        Reply::of(SERVFAIL, Source::Refused).because(more::OTHER, "too many names are being looked up at once")
    }

    /// The walk has no end: the server that made it is being shut down.
    pub fn given_up() -> Reply {
        Reply::of(SERVFAIL, Source::Walk).because(more::OTHER, "the lookup was given up, because this server ends")
    }

    /// What a walk came to.
    pub(super) fn walked(chain: Vec<Record>, outcome: &Outcome, longest: Duration) -> Reply {
        let bounded = |records: Vec<Record>| records.into_iter().map(move |record| Record { ttl: record.ttl.min(longest), ..record });
        let absent = |code: ResponseCode, soa: &Option<Record>| Reply {
            answer: bounded(chain.clone()).collect(),
            authority: bounded(soa.iter().cloned().collect()).collect(),
            ..Reply::of(code, Source::Walk)
        };
        match outcome {
            Outcome::Records { records, .. } => {
                Reply { answer: bounded([chain, records.clone()].concat()).collect(), ..Reply::of(NOERROR, Source::Walk) }
            }
            Outcome::NoName(soa) => absent(NXDOMAIN, soa),
            Outcome::NoData(soa) => absent(NOERROR, soa),
            Outcome::Failed(why) => Reply::of(SERVFAIL, Source::Walk).because(more::UNREACHABLE, why.clone()),
            Outcome::TooMuch(why) => Reply::of(SERVFAIL, Source::Walk).because(more::OTHER, *why),
        }
    }

    /// What is known and holds; a failure of a moment ago too.
    pub fn known(cache: &Cache, query: &Query, now: Instant) -> Option<Reply> {
        let fresh = |name: &Name, kind| cache.find(name, kind, now).map(|(known, left)| (known.clone(), left));
        Reply::remembered(query, |name| at(name, query.kind, fresh).map(|(known, left)| (known, left, Source::Cache)))
    }

    /// What was known, for want of anything better (RFC 8767); of each alias and record what holds still, where it does.
    pub fn stale(cache: &Cache, query: &Query, now: Instant) -> Option<Reply> {
        let fresh = |name: &Name, kind| {
            let found = cache.find(name, kind, now).filter(|(known, _)| !matches!(known, Known::Failed(_)));
            found.map(|(known, left)| (known.clone(), left))
        };
        let stale = |name: &Name, kind| cache.find_stale(name, kind, now).map(|known| (known.clone(), STALE_TTL));
        let reply = Reply::remembered(query, |name| {
            let fresh = at(name, query.kind, fresh).map(|(known, left)| (known, left, Source::Cache));
            fresh.or_else(|| at(name, query.kind, stale).map(|(known, ttl)| (known, ttl, Source::Stale)))
        })?;
        let code = if reply.code == NXDOMAIN { more::STALE_ABSENCE } else { more::STALE };
        let is_stale = reply.source == Source::Stale;
        Some(if is_stale { reply.because(code, "the servers that could tell do not answer") } else { reply })
    }

    /// Follows what is kept from alias to alias. `None` if that leads to nothing.
    fn remembered(query: &Query, find: impl Fn(&Name) -> Option<(Known, Duration, Source)>) -> Option<Reply> {
        let mut reply = Reply::of(NOERROR, Source::Cache);
        let mut seen: BTreeSet<Name> = BTreeSet::new();
        let mut name = query.name.clone();
        while seen.len() <= MOST_ALIASES && seen.insert(name.clone()) {
            let (known, left, source) = find(&name)?;
            if source == Source::Stale {
                reply.source = source;
            }
            match known {
                Known::Records(records) => {
                    let wanted = records.iter().any(|record| record.data.kind() == query.kind);
                    let to = target(&records).filter(|_| !wanted).cloned();
                    reply.answer.extend(holding(records, left));
                    match to {
                        Some(to) => name = to,
                        None => return Some(reply),
                    }
                }
                Known::NoName(soa) => return Some(reply.absent(NXDOMAIN, soa, left)),
                Known::NoData(soa) => return Some(reply.absent(NOERROR, soa, left)),
                Known::Failed(why) => return Some(Reply::of(SERVFAIL, Source::Cache).because(more::CACHED, why)),
            }
        }
        None
    }

    fn absent(mut self, code: ResponseCode, soa: Option<Record>, left: Duration) -> Reply {
        self.code = code;
        self.authority.extend(soa.map(|soa| Record { ttl: left, ..soa }));
        self
    }
}

/// What `find` has of a name: the records wanted, or that there are none, or the alias in their place.
fn at(name: &Name, kind: RecordType, find: impl Fn(&Name, RecordType) -> Option<(Known, Duration)>) -> Option<(Known, Duration)> {
    find(name, kind).or_else(|| find(name, RecordType::CNAME).filter(|(known, _)| matches!(known, Known::Records(_))))
}

#[cfg(test)]
mod tests;
