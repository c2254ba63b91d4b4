//! How much of a new table takes effect at once. Routes flap, and every change of place costs a client its warm connections and the place
//! that he comes to a cold cache.

use super::Steering;
use super::bits::Bits;
use super::choice::among;
use super::held::Held;
use super::places::{Places, prefix_hash};
use super::prefixes::{PrefixTable, Table};
use super::ranking::Ranking;
use super::rib::Rib;
use crate::balance::hash::mix;
use crate::config;
use crate::time::{Duration, Instant};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// The memory of one steering's moves.
///
/// - A network that moved less than [`config::Steering::hold`] ago stays where it is.
/// - Of the others, no more than [`config::Steering::moves_per_minute`] move within any minute. Where more want to, a draw by hash decides,
///   another one each time, so that none waits for ever behind others.
/// - What stays is [`Held`], and tried again with the next version.
/// - A network whose place has no route to it any more moves at once, and so does one that no place had a route to, or has one now: it lost
///   or found a ground to prefer any. The first counts as a move to the hold, though not to the bound.
#[derive(Clone, Debug)]
pub struct Moves {
    hold: Duration,
    a_minute: u32,
    /// When networks moved last, in whole seconds, as far as the hold goes back.
    moved: Table,
    /// How many moved when, within the last minute.
    counted: VecDeque<(Instant, u32)>,
    /// The number of the draw.
    draw: u64,
}

/// What became of a new table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Networks that moved because another place is preferred.
    pub moved: u32,
    /// Networks that moved because their place has no route any more.
    pub lost: u32,
    /// Networks that stay for now.
    pub deferred: u32,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Moves {
    /// Without any.
    pub fn new(steering: &config::Steering) -> Moves {
        let (moved, counted) = (Table::default(), VecDeque::new());
        Moves { hold: steering.hold, a_minute: steering.moves_per_minute, moved, counted, draw: 0 }
    }

    /// Goes on by other rules; what has moved is remembered.
    pub fn configure(&mut self, steering: &config::Steering) {
        (self.hold, self.a_minute) = (steering.hold, steering.moves_per_minute);
    }

    /// What of a table is held back, now that it follows the version that serves.
    pub(super) fn settle(&mut self, serves: &Steering, rib: &Rib, ranking: &Ranking, now: Instant) -> (Held, Settled) {
        while self.counted.front().is_some_and(|(at, _)| now.since(*at) >= MINUTE) {
            self.counted.pop_front();
        }
        let left = self.a_minute.saturating_sub(self.counted.iter().map(|(_, count)| *count).sum());
        let everything = u64::MAX;
        let mut pass = self.pass(serves, rib, ranking, now, left, everything);
        let wanted = u64::from(pass.settled.moved) + u64::from(pass.beyond);
        if pass.beyond > 0 && left > 0 {
            self.draw += 1;
            pass = self.pass(serves, rib, ranking, now, left, (everything / wanted).saturating_mul(u64::from(left)));
        }
        if pass.settled.moved > 0 {
            self.counted.push_back((now, pass.settled.moved));
        }
        self.moved = pass.moved;
        (Held::new(pass.held), pass.settled)
    }

    fn pass(&self, serves: &Steering, rib: &Rib, ranking: &Ranking, now: Instant, left: u32, odds: u64) -> Pass {
        let mut pass = Pass { settled: Settled::default(), beyond: 0, held: Vec::new(), moved: Table::default() };
        let rules = Rules {
            places: &serves.places,
            old: &serves.ranking,
            new: ranking,
            now: now.since(Instant::ZERO).as_secs() as u32,
            hold: u32::try_from(self.hold.as_secs()).unwrap_or(u32::MAX),
            draw: mix(self.draw),
            left,
            odds,
        };
        let old = serves.tables.rib.table();
        let held = serves.tables.held.table();
        rules.family([&old.v4, &held.v4, &self.moved.v4, &rib.table().v4], &mut pass);
        rules.family([&old.v6, &held.v6, &self.moved.v6, &rib.table().v6], &mut pass);
        pass
    }
}

/// What came of one pass over all networks.
struct Pass {
    settled: Settled,
    /// Of the deferred, those that only the bound holds back.
    beyond: u32,
    held: Vec<(wire::network::Network, u8)>,
    moved: Table,
}

struct Rules<'a> {
    places: &'a Places,
    old: &'a Ranking,
    new: &'a Ranking,
    /// Seconds.
    now: u32,
    hold: u32,
    draw: u64,
    left: u32,
    /// Of 2^64 hashes, those up to this one may move.
    odds: u64,
}

/// The tables side by side: what serves, what of it is held back, what moved lately, what comes.
type Tables<'a, A> = [&'a PrefixTable<A>; 4];

impl Rules<'_> {
    /// Asks every network that is in any of the tables. One comes behind all that it is within; so what its surroundings came to is known.
    fn family<A: Bits>(&self, tables: Tables<'_, A>, pass: &mut Pass) {
        let mut joined = Joined::new(tables);
        // What is held back around the network at hand: last address, bits, place.
        let mut around: Vec<(A, u8, u8)> = Vec::new();
        while let Some((address, bits)) = joined.next() {
            while around.last().is_some_and(|(last, _, _)| *last < address) {
                around.pop();
            }
            let [old, held, moved, new] = joined.here();
            // What moved in the meantime is forgotten with the hold.
            let moved = moved.filter(|index| (tables[2].addresses[*index], tables[2].bits[*index]) == (address, bits));
            let moved = moved.map(|index| tables[2].values[index]).filter(|at| self.now.saturating_sub(*at) < self.hold);
            let mut last = moved;
            if let (Some(old), Some(new)) = (old, new) {
                let route =
                    |table: usize, index: usize| (tables[table].addresses[index], tables[table].bits[index], tables[table].values[index]);
                let (old, new) = (route(0, old), route(3, new));
                let held = held.filter(|index| old.1 <= tables[1].bits[*index]).map(|index| tables[1].values[index] as u8);
                let has = self.best(self.old, old, held);
                let surroundings = around.last().filter(|(_, held, _)| *held >= new.1).map(|(_, _, place)| *place);
                let wants = self.best(self.new, new, surroundings);
                if let (Some(has), Some(wants)) = (has, wants)
                    && has != wants
                {
                    let routed = self.new.row(new.2).iter().any(|group| group & 1 << has != 0);
                    if self.moves(pass, prefix_hash(address, bits), moved, routed) {
                        last = Some(self.now);
                    } else {
                        around.push((address.last(bits), bits, has));
                        pass.held.push((wire::network::Network::of(address.ip(), bits), has));
                    }
                }
            }
            if let Some(at) = last {
                pass.moved.push(wire::network::Network::of(address.ip(), bits), at);
            }
        }
    }

    /// The place of a network by its route, all places being well.
    fn best<A: Bits>(&self, ranking: &Ranking, (address, bits, row): (A, u8, u32), held: Option<u8>) -> Option<u8> {
        let groups = ranking.row(row);
        let held = held.filter(|held| groups.iter().any(|group| group & 1 << held != 0));
        held.or_else(|| groups.first().map(|group| among(self.places, *group, address, bits)))
    }

    /// Whether a network that wants to move does.
    fn moves(&self, pass: &mut Pass, hash: u64, moved: Option<u32>, routed: bool) -> bool {
        if !routed {
            pass.settled.lost += 1;
            return true;
        }
        if moved.is_none() {
            if pass.settled.moved < self.left && mix(hash ^ self.draw) <= self.odds {
                pass.settled.moved += 1;
                return true;
            }
            pass.beyond += 1;
        }
        pass.settled.deferred += 1;
        false
    }
}

/// Several tables read as one: each network that is in any of them, once, in order.
struct Joined<'a, A> {
    tables: Tables<'a, A>,
    next: [usize; 4],
    open: [Vec<(A, usize)>; 4],
}

impl<'a, A: Bits> Joined<'a, A> {
    fn new(tables: Tables<'a, A>) -> Self {
        Joined { tables, next: [0; 4], open: [const { Vec::new() }; 4] }
    }

    fn next(&mut self) -> Option<(A, u8)> {
        let stands = |(table, next): (&&PrefixTable<A>, &usize)| Some((*table.addresses.get(*next)?, table.bits[*next]));
        let (address, bits) = self.tables.iter().zip(&self.next).filter_map(stands).min()?;
        for ((table, next), open) in self.tables.iter().zip(&mut self.next).zip(&mut self.open) {
            while open.last().is_some_and(|(last, _)| *last < address) {
                open.pop();
            }
            if *next < table.len() && (table.addresses[*next], table.bits[*next]) == (address, bits) {
                open.push((address.last(bits), *next));
                *next += 1;
            }
        }
        Some((address, bits))
    }

    /// In each table the longest network around the one at hand, which may be itself.
    fn here(&self) -> [Option<usize>; 4] {
        [0, 1, 2, 3].map(|table: usize| self.open[table].last().map(|(_, index)| *index))
    }
}
