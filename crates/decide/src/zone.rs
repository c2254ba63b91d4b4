//! Zones and the answers out of them: RFC 1034 §4.3.2, with wildcards (RFC 4592), aliases, whole trees of them (RFC 6672), delegations, and
//! sets whose records are not given alike to everybody.
//!
//! Order of calls: [`check`] says what is wrong with a zone, with [`Zones::build`] all zones of a configuration become one thing that is
//! never changed, [`Zones::answer`] answers a question out of it. What an answer depends on besides the zones is asked of [`Given`]. For
//! questions whose answer is the same for everybody, [`Zones::prepared`] has it as bytes.

mod build;
mod check;
mod dynamic;
mod extra;
mod index;
mod lookup;
mod node;
mod prepared;
mod reply;
mod told;
mod why;

use crate::config::DynamicSet;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::ops::Range;
use index::Index;
use node::Node;
use prepared::Tails;
use wire::dns::{Data, Name, RecordType, Soa};

pub use check::{Level, Mistake, check};
pub use prepared::{MOST_TURNS, Prepared, Tail};
pub use reply::{Reply, Set};
pub use why::{Candidate, Choice, How, Rule, Weighed, Why};

/// Aliases that are followed for one question; what is longer is cut off there, as a loop is.
pub const MOST_ALIASES: usize = 16;

/// All zones of one configuration.
#[derive(Debug)]
pub struct Zones {
    zones: Vec<Zone>,
    nodes: Vec<Node>,
    index: Index,
    dynamic: Vec<DynamicSet>,
    tails: Tails,
}

/// One zone.
#[derive(Debug)]
pub struct Zone {
    /// Its name.
    pub name: Name,
    /// What its SOA says.
    pub soa: Soa,
    /// The time to live of that record.
    pub soa_ttl: u32,
    /// It has signatures (RFC 4033): who asks for them gets them.
    signed: bool,
    /// What is written beforehand of a name without such records, and of a missing name.
    negative: Option<u32>,
    missing: Option<u32>,
    apex: usize,
    /// Its nodes in canonical order: the apex is the first.
    nodes: Range<usize>,
}

impl Zone {
    /// How long an absence may be believed: RFC 2308 §3.
    pub fn negative_ttl(&self) -> u32 {
        self.soa_ttl.min(self.soa.minimum)
    }
}

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// About which name; answers keep its case (RFC 4343 §4.1).
    pub name: &'a Name,
    /// For which records.
    pub kind: RecordType,
    /// Signatures are wanted (RFC 3225).
    pub dnssec_ok: bool,
}

/// A place between two records of a zone; the default is the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    node: usize,
    record: usize,
}

/// Which dynamic set of a [`Zones`]: they are numbered over all zones, in the order of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SetId(pub usize);

/// What an answer may depend on besides the zones.
pub trait Given {
    /// 64 bits that nobody can foretell.
    fn random(&mut self) -> u64;

    /// How many answers this set has already been in: the next one begins that many records later.
    fn turn(&mut self, set: SetId) -> u64;

    /// The backends of a pool (index into [`crate::config::Config::pools`]), in the order written.
    fn pool(&mut self, pool: usize) -> Vec<Member>;

    /// Whether an address answers, as far as is known: `true` where nobody checks it.
    fn is_healthy(&mut self, address: IpAddr) -> bool;

    /// The place nearest to the client (index into [`crate::config::Config::steerings`]).
    fn nearest(&mut self, steering: usize) -> Nearest;

    /// Whether somebody wants to know what else could have been given: [`Why::weighed`].
    fn weighs(&self) -> bool {
        false
    }
}

/// A backend, as the name server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its address.
    pub address: IpAddr,
    /// Its weight.
    pub weight: u32,
    /// It may be given to clients.
    pub healthy: bool,
}

/// Where a steering leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The place (index into [`crate::config::Config::pops`]).
    pub pop: u16,
    /// Its addresses, of both families.
    pub addresses: Vec<IpAddr>,
    /// For how many bits of the client's address the same holds (RFC 7871 §7.2.1).
    pub scope: u8,
}

impl Zones {
    /// The zones, in the order of the configuration.
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// A dynamic set.
    pub fn set(&self, set: SetId) -> &DynamicSet {
        &self.dynamic[set.0]
    }

    /// Which zone a name belongs to: the deepest of ours that has it. An index into [`Zones::zones`].
    pub fn zone_of(&self, name: &Name) -> Option<usize> {
        self.find(name.as_wire()).map(|(node, _)| self.nodes[node].zone)
    }

    /// The whole zone for a transfer (RFC 5936 §2.2): the SOA first and last, between them [`Zones::records_from`] the beginning.
    pub fn transfer(&self, zone: usize) -> impl Iterator<Item = (&Name, u32, &Data)> {
        let ends = move || self.start(zone).into_iter().map(move |(ttl, data)| (&self.zones[zone].name, ttl, data));
        let rest = self.records_from(zone, Cursor::default()).map(|(_, owner, ttl, data)| (owner, ttl, data));
        ends().chain(rest).chain(ends())
    }

    /// The SOA of a zone: its time to live, and what it says.
    pub fn start(&self, zone: usize) -> Option<(u32, &Data)> {
        let apex = &self.nodes[self.zones[zone].apex];
        apex.records(&self.dynamic).find(|(kind, ..)| *kind == RecordType::SOA).map(|(_, ttl, data)| (ttl, data))
    }

    /// All records of a zone from a place on, but for its SOA: in canonical order, with those that are hidden below delegations, and each
    /// with the place behind it. Of dynamic sets there are the values that the configuration has; what depends on health or on the client
    /// is not among them.
    pub fn records_from(&self, zone: usize, from: Cursor) -> impl Iterator<Item = (Cursor, &Name, u32, &Data)> {
        self.nodes[self.zones[zone].nodes.clone()].iter().enumerate().skip(from.node).flat_map(move |(at, node)| {
            let over = if at == from.node { from.record } else { 0 };
            let records = node.records(&self.dynamic).enumerate().skip(over).filter(|(_, (kind, ..))| *kind != RecordType::SOA);
            records.map(move |(number, (_, ttl, data))| (Cursor { node: at, record: number + 1 }, &node.name, ttl, data))
        })
    }

    /// The answer to a question.
    pub fn answer<'a>(&'a self, asked: &Asked<'a>, given: &mut dyn Given) -> Reply<'a> {
        lookup::answer(self, asked, given)
    }

    /// The node of a name, or of the longest end of it that there is, and whether it is the name itself.
    fn find(&self, name: &[u8]) -> Option<(usize, bool)> {
        self.longest(name, |node| !node.hidden)
    }

    /// The same, in one zone, be it hidden by a deeper one or not.
    fn find_in(&self, zone: usize, name: &[u8]) -> Option<(usize, bool)> {
        self.longest(name, |node| node.zone == zone)
    }

    fn longest(&self, name: &[u8], fits: impl Fn(&Node) -> bool) -> Option<(usize, bool)> {
        let mut rest = name;
        loop {
            let same = |node: usize| self.nodes[node].name.as_wire().eq_ignore_ascii_case(rest) && fits(&self.nodes[node]);
            if let Some(node) = self.index.find(rest, same) {
                return Some((node, rest.len() == name.len()));
            }
            let (len, more) = rest.split_first()?;
            rest = more.get(usize::from(*len)..).filter(|_| *len > 0)?;
        }
    }
}

#[cfg(test)]
mod tests;
