//! What was considered on the way to a verdict, for `explain`.

use crate::step::RouteRef;
use alloc::string::String;
use alloc::vec::Vec;

/// Everything [`super::Table::decide`] looked at, in the order it looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The host asked for, without port, as sent.
    pub host: String,
    /// The path the rules were compared with: the normal form; empty if there is none.
    pub path: String,
    /// Every host pattern of the listener, in the order written.
    pub sites: Vec<SiteConsidered>,
    /// The site that holds, by index.
    pub site: Option<u16>,
    /// Every rule of that site, most specific first.
    pub rules: Vec<Considered>,
    /// The verdict in one sentence.
    pub verdict: String,
}

/// One host pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteConsidered {
    /// Index of the site.
    pub site: u16,
    /// Its name.
    pub name: String,
    /// The pattern as an owner writes it.
    pub pattern: String,
    /// Whether it fits the host. Of several that do, an exact name wins, then the longest wildcard, then any host.
    pub holds: bool,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// Which.
    pub route: RouteRef,
    /// Its name.
    pub name: String,
    /// Its conditions in short, which also is why it stands where it stands: `prefix /api, 2 conditions`.
    pub rank: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of its conditions hold: it is chosen.
    Holds,
    /// This condition fails, the first in the order path, header, query, method.
    Fails(Failure),
    /// A more specific rule held before.
    NotReached,
}

/// A condition that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong, to be followed by the names.
    pub sentence: &'static str,
    /// The path, method list, field or parameter that the condition names.
    pub wanted: String,
    /// The value it asks for, where it asks for one.
    pub value: Option<String>,
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {}", self.sentence, self.wanted)?;
        match &self.value {
            Some(value) => write!(f, ": {value}"),
            None => Ok(()),
        }
    }
}
