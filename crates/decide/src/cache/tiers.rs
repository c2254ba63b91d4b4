//! Who is asked before the origin: the edge of this POP that keeps the object, then the shield.
//!
//! A request goes at most client → edge → its owner among the peers → shield → origin, and each step down has one way on: who was asked by
//! a peer asks no peer. So edges that disagree about the ring, as they do while one after the other is reloaded, make no circle; at worst
//! two keep one object for a while.

use super::key::{KeyRules, Uri, key as cache_key};
use crate::balance::hash::hash_key;
use crate::config::Tiers;
use crate::forward::has_passed;
use alloc::vec::Vec;
use wire::http::{Known, RequestHead};

/// One of those who may have the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// The other edges of the POP.
    Peers,
    /// The caches in front of the origin.
    Shield,
    /// The pool of the route.
    #[default]
    Origin,
}

impl Tier {
    /// The word in steps and in `explain`.
    pub const fn word(self) -> &'static str {
        match self {
            Tier::Peers => "peers",
            Tier::Shield => "shield",
            Tier::Origin => "origin",
        }
    }

    /// Who is asked if this one cannot answer.
    pub const fn next(self, tiers: &Tiers) -> Option<Tier> {
        match self {
            Tier::Peers if tiers.shield.is_some() => Some(Tier::Shield),
            Tier::Peers | Tier::Shield => Some(Tier::Origin),
            Tier::Origin => None,
        }
    }
}

/// Who is asked first, and why not an earlier one. `fill`: the answer is asked for on behalf of all who want it, and not passed through for
/// one client. `peers`: the names of the other edges.
pub fn first<'a>(request: &RequestHead, fill: bool, tiers: &Tiers, peers: impl Iterator<Item = &'a str>) -> (Tier, &'static str) {
    if request.fields.has(Known::Upgrade) || !request.protocol.is_empty() {
        return (Tier::Origin, "a tunnel is nothing that a cache can answer");
    }
    let why = match tiers.peers {
        None => "there are no peers",
        Some(_) if !fill => "only what may be stored is asked of a peer",
        Some(_) if request.fields.has(Known::Authorization) => "what has credentials is not asked of a peer",
        Some(_) if has_passed(&request.fields, peers) => "a peer has asked: it is not passed to another",
        Some(_) => return (Tier::Peers, "the answer belongs to one edge of this POP"),
    };
    (if tiers.shield.is_some() { Tier::Shield } else { Tier::Origin }, why)
}

/// The place of a request's object on the ring of the peers. The scheme has no part in it: peers may be asked by another one.
pub fn ring_key(request: &RequestHead, rules: &KeyRules) -> u64 {
    let mut text = Vec::new();
    cache_key(&Uri { scheme: "http", authority: &request.authority, target: &request.target }, rules, &mut text);
    hash_key(&text)
}

#[cfg(test)]
mod tests;
