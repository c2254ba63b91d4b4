//! What a dynamic set gives this time.

use super::{Candidate, Choice, Given, How, Member, Nearest, SetId, Weighed};
use crate::config::{DynamicSet, Order, Source};
use crate::random::Random;
use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::dns::{Data, RecordType};

/// What it gives, and why.
pub(super) struct Draw<'a> {
    pub(super) data: Cow<'a, [Data]>,
    pub(super) choices: Vec<Choice>,
    pub(super) weighed: Option<Weighed>,
    pub(super) scope: Option<u8>,
}

/// One of the records that are to be given in some order.
struct Entry {
    /// Its place among all.
    number: usize,
    data: Data,
    weight: u32,
    healthy: bool,
}

/// The records of `kind` that `set` gives.
pub(super) fn draw<'a>(set: &DynamicSet, id: SetId, kind: RecordType, given: &mut dyn Given) -> Draw<'a> {
    let (mut ways, mut all) = (Vec::new(), given.weighs().then(Vec::new));
    let entries = match &set.source {
        Source::Values { values, order, .. } => {
            let entry =
                |(number, (data, weight)): (usize, &(Data, u32))| Entry { number, data: data.clone(), weight: *weight, healthy: true };
            let mut entries: Vec<_> = values.iter().enumerate().map(entry).collect();
            if *order == Order::First {
                for entry in &mut entries {
                    entry.healthy = entry.data.address().is_none_or(|address| given.is_healthy(address));
                }
            }
            if let Some(all) = &mut all {
                all.extend(entries.iter().map(|entry| candidate(entry, (*order == Order::First).then_some(entry.healthy))));
            }
            in_order(entries, *order, kind, id, given, &mut ways)
        }
        Source::Pool { pool, order } => {
            let members = given.pool(*pool);
            let (healthy, of) = (members.iter().filter(|member| member.healthy).count(), members.len());
            ways.push(if healthy == 0 { How::NoneHealthy } else { How::Healthy { healthy, of } });
            let entry = |(number, member): (usize, &Member)| Entry {
                number,
                data: record(member.address),
                weight: member.weight,
                healthy: member.healthy,
            };
            if let Some(all) = &mut all {
                all.extend(members.iter().enumerate().map(entry).map(|entry| candidate(&entry, Some(entry.healthy))));
            }
            let given_out = members.iter().enumerate().filter(|(_, member)| member.healthy || healthy == 0);
            let of_kind = given_out.filter(|(_, member)| kind_of(member.address) == kind);
            // Of what is left, each is as good as any.
            let entries = of_kind.map(|member| Entry { healthy: true, ..entry(member) }).collect();
            in_order(entries, *order, kind, id, given, &mut ways)
        }
        Source::Steering(steering) => {
            let Nearest { pop, addresses, scope: bits } = given.nearest(*steering);
            let addresses: Vec<_> = addresses.into_iter().filter(|address| kind_of(*address) == kind).collect();
            let data = addresses.iter().copied().map(record).collect();
            let choices = vec![Choice { set: id, how: How::Nearest { pop, addresses, scope: bits } }];
            return Draw { data: Cow::Owned(data), choices, weighed: None, scope: Some(bits) };
        }
    };
    let weighed = all.map(|all| Weighed { set: id, candidates: judged(all, &entries, set.order(), kind, &ways) });
    let choices = ways.into_iter().map(|how| Choice { set: id, how }).collect();
    let data = entries.into_iter().map(|entry| entry.data).collect();
    Draw { data: Cow::Owned(data), choices, weighed, scope: None }
}

fn candidate(entry: &Entry, healthy: Option<bool>) -> Candidate {
    Candidate { data: entry.data.clone(), weight: entry.weight, healthy, given: None, why: "" }
}

/// What became of each.
fn judged(mut all: Vec<Candidate>, given: &[Entry], order: Order, kind: RecordType, ways: &[How]) -> Vec<Candidate> {
    let none_healthy = ways.contains(&How::NoneHealthy);
    for (number, candidate) in all.iter_mut().enumerate() {
        candidate.given = given.iter().position(|entry| entry.number == number).map(|place| place + 1);
        candidate.why = candidate.word(order, none_healthy, candidate.data.kind() == kind);
    }
    all
}

fn kind_of(address: IpAddr) -> RecordType {
    if address.is_ipv4() { RecordType::A } else { RecordType::AAAA }
}

fn record(address: IpAddr) -> Data {
    match address {
        IpAddr::V4(address) => Data::A(address),
        IpAddr::V6(address) => Data::Aaaa(address),
    }
}

fn in_order(mut entries: Vec<Entry>, order: Order, kind: RecordType, id: SetId, given: &mut dyn Given, ways: &mut Vec<How>) -> Vec<Entry> {
    if entries.is_empty() {
        return Vec::new();
    }
    let of = entries.len();
    match order {
        Order::Fixed => ways.push(How::AsWritten),
        Order::Rotate => {
            let first = usize::try_from(given.turn(id) % of as u64).unwrap_or(0);
            ways.push(How::Rotated { first, of });
            entries.rotate_left(first);
        }
        Order::Weighted => {
            let weights = entries.iter().map(|entry| entry.weight);
            let total = weights.clone().map(u64::from).sum();
            let place = by_weight(weights, given);
            ways.push(How::Drawn { place, weight: entries[place].weight, total });
            return vec![entries.swap_remove(place)];
        }
        Order::First => {
            let place = entries.iter().position(|entry| entry.healthy);
            ways.push(place.map_or(How::NoneHealthy, |place| How::First { place }));
            return vec![entries.swap_remove(place.unwrap_or(0))];
        }
    }
    // RFC 2181 §10.1: a name has one alias at the most.
    if kind == RecordType::CNAME {
        entries.truncate(1);
    }
    entries
}

/// Which of them, each as often as its weight says; where none has a weight, all alike.
pub(super) fn by_weight(weights: impl Iterator<Item = u32> + Clone, given: &mut dyn Given) -> usize {
    let mut bits = Bits(given);
    let total: u64 = weights.clone().map(u64::from).sum();
    if total == 0 {
        return usize::try_from(bits.below(weights.count() as u64)).unwrap_or(0);
    }
    let mut left = bits.below(total);
    let hit = weights.map(u64::from).position(|weight| {
        let hit = left < weight;
        left = left.saturating_sub(weight);
        hit
    });
    hit.expect("the number is below the sum of the weights")
}

struct Bits<'g>(&'g mut dyn Given);

impl Random for Bits<'_> {
    fn next(&mut self) -> u64 {
        self.0.random()
    }
}
