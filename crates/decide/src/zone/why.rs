//! Why an answer is as it is.

use super::SetId;
use crate::config::Order;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;
use wire::dns::{Data, Name, RecordType};

/// What decided an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why<'a> {
    /// The rule that ended the lookup.
    pub rule: Rule,
    /// The zone that it ended in; `None` where it is no zone of ours.
    pub zone: Option<&'a Name>,
    /// The name in the zone that decided: the one asked for, the wildcard, the delegation, the DNAME, or what a missing one is below.
    pub at: Option<&'a Name>,
    /// How many aliases were followed.
    pub aliases: usize,
    /// What dynamic sets gave, in the order they were asked.
    pub choices: Vec<Choice>,
    /// What each of those sets had to choose among, but for the places of steerings; empty unless [`super::Given::weighs`].
    pub weighed: Vec<Weighed>,
}

/// All that a dynamic set could have given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// Which set.
    pub set: SetId,
    /// In the order written.
    pub candidates: Vec<Candidate>,
}

/// A record of a dynamic set, or the address of a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What it says.
    pub data: Data,
    /// Its weight.
    pub weight: u32,
    /// Whether it answers; `None` where the set does not ask.
    pub healthy: Option<bool>,
    /// Where it stands in the answer, from 1; `None`: it was left out.
    pub given: Option<usize>,
    /// What decided for it or against it.
    ///
    /// - For it: `as-written`, `in-turn`, `drawn`, `first-healthy`; `none-healthy`: as good as any.
    /// - Against it: `unhealthy`; `other-family`; `not-drawn`, `no-weight`; `not-first`; `one-alias` (a name has no more).
    pub why: &'static str,
}

impl Candidate {
    /// What [`Candidate::why`] means.
    pub fn meaning(&self) -> &'static str {
        match self.why {
            "as-written" => "all are given, as they are written",
            "in-turn" => "all are given, and each is the first in its turn",
            "drawn" => "drawn by weight",
            "first-healthy" => "the first that is healthy",
            "none-healthy" => "none is healthy, and somebody has to be given",
            "unhealthy" => "it does not answer",
            "other-family" => "it is of the other family of addresses",
            "not-drawn" => "another was drawn by weight",
            "no-weight" => "without a weight it is never drawn",
            "not-first" => "one before it is healthy",
            "one-alias" => "a name has one alias at the most",
            _ => "",
        }
    }

    /// How it is, as far as the word does not say it: `healthy, weight 3`.
    pub fn facts(&self) -> String {
        let healthy = match self.healthy {
            Some(true) => "healthy, ",
            Some(false) if self.why != "unhealthy" => "unhealthy, ",
            _ => "",
        };
        format!("{healthy}weight {}", self.weight)
    }

    /// All of it on a line: `192.0.2.1: given as number 1: in-turn, healthy, weight 3`.
    pub fn line(&self) -> String {
        let given = self.given.map_or_else(|| "left out".to_string(), |place| format!("given as number {place}"));
        format!("{}: {given}: {}, {}", self.data, self.why, self.facts())
    }

    /// The word, of one of a set with this order.
    pub(super) fn word(&self, order: Order, none_healthy: bool, of_kind: bool) -> &'static str {
        match (self.given.is_some(), order) {
            (true, Order::First) if self.healthy == Some(false) => "none-healthy",
            (true, Order::First) => "first-healthy",
            (true, Order::Weighted) => "drawn",
            (true, Order::Rotate) => "in-turn",
            (true, Order::Fixed) => "as-written",
            (false, _) if self.healthy == Some(false) && !none_healthy => "unhealthy",
            (false, _) if !of_kind => "other-family",
            (false, Order::Weighted) if self.weight == 0 => "no-weight",
            (false, Order::Weighted) => "not-drawn",
            (false, Order::First) => "not-first",
            (false, Order::Rotate | Order::Fixed) => "one-alias",
        }
    }
}

/// A rule of the lookup (RFC 1034 §4.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The name is in no zone of ours.
    Refused,
    /// The type is none that records have, or only for messages between servers.
    NotAsked,
    /// The name has such records.
    Exact,
    /// The name is not there, and a wildcard stands for it (RFC 4592).
    Wildcard,
    /// An alias leads out of our zones, or is what was asked for.
    Alias,
    /// Aliases lead round in a ring, or there are too many of them.
    AliasLoop,
    /// An alias of a whole tree makes a name that is too long (RFC 6672 §2.2).
    TooLong,
    /// Another server has it.
    Delegation,
    /// The name is there, and has no such records.
    NoData,
    /// The same, by a wildcard.
    WildcardNoData,
    /// There is no such name.
    NoName,
    /// All types were asked for, and this one is given (RFC 8482 §4.1).
    Any(RecordType),
}

impl Rule {
    /// Its name in logs and steps.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Refused => "refused",
            Rule::NotAsked => "not-asked",
            Rule::Exact => "exact",
            Rule::Wildcard => "wildcard",
            Rule::Alias => "alias",
            Rule::AliasLoop => "alias-loop",
            Rule::TooLong => "too-long",
            Rule::Delegation => "delegation",
            Rule::NoData => "no-data",
            Rule::WildcardNoData => "wildcard-no-data",
            Rule::NoName => "no-name",
            Rule::Any(_) => "any",
        }
    }
}

/// What a dynamic set gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which set.
    pub set: SetId,
    /// How it came to that.
    pub how: How,
}

/// How a dynamic set came to what it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// All, as they are written.
    AsWritten,
    /// All, beginning with this one.
    Rotated {
        /// The first, from 0.
        first: usize,
        /// How many there are.
        of: usize,
    },
    /// One, drawn by weight.
    Drawn {
        /// Which, from 0.
        place: usize,
        /// Its weight.
        weight: u32,
        /// The weights of all.
        total: u64,
    },
    /// The first healthy one.
    First {
        /// Which, from 0: those before it are not healthy.
        place: usize,
    },
    /// None is healthy: they are given as if all were.
    NoneHealthy,
    /// Those of a pool that are healthy.
    Healthy {
        /// How many are.
        healthy: usize,
        /// Of how many.
        of: usize,
    },
    /// The place nearest to the client.
    Nearest {
        /// The place (index into the configuration's).
        pop: u16,
        /// What of it is of the family that was asked for.
        addresses: Vec<IpAddr>,
        /// For how many bits of the client's address the same holds.
        scope: u8,
    },
}

impl How {
    /// Its name in logs and steps.
    pub fn word(&self) -> &'static str {
        match self {
            How::AsWritten => "as-written",
            How::Rotated { .. } => "rotated",
            How::Drawn { .. } => "drawn",
            How::First { .. } => "first-healthy",
            How::NoneHealthy => "none-healthy",
            How::Healthy { .. } => "healthy",
            How::Nearest { .. } => "nearest",
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            How::AsWritten => f.write_str("all, as written"),
            How::Rotated { first, of } => write!(f, "all {of}, from number {} on", first + 1),
            How::Drawn { place, weight, total } => write!(f, "number {}, drawn by its weight of {weight} in {total}", place + 1),
            How::First { place } => write!(f, "number {}, the first that is healthy", place + 1),
            How::NoneHealthy => f.write_str("none is healthy, so that all count as if they were"),
            How::Healthy { healthy, of } => write!(f, "{healthy} of {of} are healthy"),
            How::Nearest { addresses, scope, .. } => {
                write!(f, "the place nearest to the client (the same for its /{scope}), with {} such addresses", addresses.len())
            }
        }
    }
}

impl fmt::Display for Why<'_> {
    /// As a sentence without its dot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Rule::Refused => f.write_str("the name is in no zone that is served here")?,
            Rule::NotAsked => f.write_str("no record has this type")?,
            Rule::Exact => f.write_str("the name has such records")?,
            Rule::Wildcard => f.write_str("a wildcard stands for the name")?,
            Rule::Alias => f.write_str("the name is an alias")?,
            Rule::AliasLoop => f.write_str("the aliases do not end")?,
            Rule::TooLong => f.write_str("the alias of the tree makes too long a name")?,
            Rule::Delegation => f.write_str("the name is delegated")?,
            Rule::NoData => f.write_str("the name is there, and has no such records")?,
            Rule::WildcardNoData => f.write_str("a wildcard stands for the name, and has no such records")?,
            Rule::NoName => f.write_str("there is no such name")?,
            Rule::Any(kind) => write!(f, "of all its records, those of one type are given: {kind}")?,
        }
        if let Some(at) = self.at {
            write!(f, "; decided at {at}")?;
        }
        if let Some(zone) = self.zone {
            write!(f, " in zone {zone}")?;
        }
        if self.aliases > 0 {
            write!(f, ", after {} aliases", self.aliases)?;
        }
        self.choices.iter().try_for_each(|choice| write!(f, "; {}", choice.how))
    }
}
