//! What a dynamic set gives this time.

use super::{Choice, Given, How, Nearest, SetId};
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
    pub(super) scope: Option<u8>,
}

/// One of the records that are to be given in some order.
struct Candidate {
    data: Data,
    weight: u32,
    healthy: bool,
}

/// The records of `kind` that `set` gives.
pub(super) fn draw<'a>(set: &DynamicSet, id: SetId, kind: RecordType, given: &mut dyn Given) -> Draw<'a> {
    let mut ways = Vec::new();
    let mut scope = None;
    let data = match &set.source {
        Source::Values { values, order, .. } => {
            let candidate = |(data, weight): &(Data, u32)| Candidate { data: data.clone(), weight: *weight, healthy: true };
            let mut candidates: Vec<_> = values.iter().map(candidate).collect();
            if *order == Order::First {
                for candidate in &mut candidates {
                    candidate.healthy = candidate.data.address().is_none_or(|address| given.is_healthy(address));
                }
            }
            in_order(candidates, *order, kind, id, given, &mut ways)
        }
        Source::Pool { pool, order } => {
            let members = given.pool(*pool);
            let healthy = members.iter().filter(|member| member.healthy).count();
            ways.push(if healthy == 0 { How::NoneHealthy } else { How::Healthy { healthy, of: members.len() } });
            let given_out = members.into_iter().filter(|member| member.healthy || healthy == 0);
            let of_kind = given_out.filter(|member| kind_of(member.address) == kind);
            let candidate = of_kind.map(|member| Candidate { data: record(member.address), weight: member.weight, healthy: true });
            in_order(candidate.collect(), *order, kind, id, given, &mut ways)
        }
        Source::Steering(steering) => {
            let Nearest { pop, addresses, scope: bits } = given.nearest(*steering);
            scope = Some(bits);
            let addresses: Vec<_> = addresses.into_iter().filter(|address| kind_of(*address) == kind).collect();
            let data = addresses.iter().copied().map(record).collect();
            ways.push(How::Nearest { pop, addresses, scope: bits });
            data
        }
    };
    let choices = ways.into_iter().map(|how| Choice { set: id, how }).collect();
    Draw { data: Cow::Owned(data), choices, scope }
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

fn in_order(
    mut candidates: Vec<Candidate>,
    order: Order,
    kind: RecordType,
    id: SetId,
    given: &mut dyn Given,
    ways: &mut Vec<How>,
) -> Vec<Data> {
    if candidates.is_empty() {
        return Vec::new();
    }
    let of = candidates.len();
    match order {
        Order::Fixed => ways.push(How::AsWritten),
        Order::Rotate => {
            let first = usize::try_from(given.turn(id) % of as u64).unwrap_or(0);
            ways.push(How::Rotated { first, of });
            candidates.rotate_left(first);
        }
        Order::Weighted => {
            let weights = candidates.iter().map(|candidate| candidate.weight);
            let total = weights.clone().map(u64::from).sum();
            let place = by_weight(weights, given);
            ways.push(How::Drawn { place, weight: candidates[place].weight, total });
            return vec![candidates.swap_remove(place).data];
        }
        Order::First => {
            let place = candidates.iter().position(|candidate| candidate.healthy);
            ways.push(place.map_or(How::NoneHealthy, |place| How::First { place }));
            return vec![candidates.swap_remove(place.unwrap_or(0)).data];
        }
    }
    // RFC 2181 §10.1: a name has one alias at the most.
    if kind == RecordType::CNAME {
        candidates.truncate(1);
    }
    candidates.into_iter().map(|candidate| candidate.data).collect()
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
