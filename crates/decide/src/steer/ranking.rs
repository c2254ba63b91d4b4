//! Which place's router has the better way to a network. It is a matter of topology: how many systems are between, and what the operator
//! prefers. It is never a matter of time; nobody has measured anything.

use super::intern::Index;
use super::places::Places;
use super::rib::Rib;
use super::route::{Route, SourceId};
use crate::balance::hash::mix;
use alloc::vec;
use alloc::vec::Vec;

/// For each row of a table the places that have a way, the best first; places that are equally good stand together. Most rows rank the few
/// places alike, and share what is written here.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranking {
    /// Of each row, which order it is.
    orders: Vec<u32>,
    /// The groups of all orders, each a set of places.
    groups: Vec<u64>,
    /// Where each order begins, and, as the last, where the last one ends.
    begins: Vec<u32>,
}

impl Ranking {
    /// Of all rows of a table.
    pub(super) fn of(rib: &Rib, places: &Places) -> Ranking {
        let (rows, _) = rib.different();
        let mut ranking = Ranking { orders: Vec::with_capacity(rows), groups: Vec::new(), begins: vec![0] };
        let mut known = Index::with_room(64);
        let (mut ways, mut groups) = (Vec::new(), Vec::new());
        // The place of each source, by its number.
        let sources: Vec<Option<u8>> = rib.places().iter().map(|pop| pop.and_then(|pop| places.number(pop))).collect();
        for row in 0..rows as u32 {
            ranked(rib, row, &sources, &mut ways, &mut groups);
            let new = ranking.begins.len() as u32 - 1;
            let same = |order| ranking.order(order) == &groups[..];
            let order = known.number(order_hash(&groups), new, same);
            if order == new {
                ranking.groups.extend_from_slice(&groups);
                ranking.begins.push(ranking.groups.len() as u32);
            }
            ranking.orders.push(order);
        }
        ranking
    }

    fn order(&self, order: u32) -> &[u64] {
        &self.groups[self.begins[order as usize] as usize..self.begins[order as usize + 1] as usize]
    }

    /// The groups of one row, the best first.
    pub(super) fn row(&self, row: u32) -> &[u64] {
        self.order(self.orders[row as usize])
    }

    pub(super) fn bytes(&self) -> usize {
        (self.orders.capacity() + self.begins.capacity()) * 4 + self.groups.capacity() * 8
    }
}

/// By what two routes are compared, as one number: the lower, the better. RFC 4271 §9.1.2.2 a to c; MED is compared between all neighbours,
/// because places seldom have the same ones. What it asks then (the inner way, the router's number) says nothing between places.
pub fn preference(route: &Route) -> u128 {
    u128::from(!route.local_pref) << 56 | u128::from(route.path_len) << 40 | (route.origin as u128) << 32 | u128::from(route.med)
}

fn ranked(rib: &Rib, row: u32, sources: &[Option<u8>], ways: &mut Vec<(u128, u8)>, groups: &mut Vec<u64>) {
    ways.clear();
    let number = |source: &SourceId| sources.get(usize::from(source.0)).copied().flatten();
    ways.extend(rib.row(row).filter_map(|(source, route)| Some((preference(route), number(&source)?))));
    ways.sort_unstable();
    groups.clear();
    let mut ranked = 0;
    for same in ways.chunk_by(|one, other| one.0 == other.0) {
        // Of several routers of a place, the one with the best way counts.
        let group = same.iter().fold(0, |group, (_, number)| group | 1 << number) & !ranked;
        if group != 0 {
            groups.push(group);
            ranked |= group;
        }
    }
}

fn order_hash(groups: &[u64]) -> u64 {
    groups.iter().fold(groups.len() as u64, |hash, group| mix(hash ^ group))
}
