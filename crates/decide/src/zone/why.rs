//! Why an answer is as it is.

use super::SetId;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;
use wire::dns::{Name, RecordType};

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
