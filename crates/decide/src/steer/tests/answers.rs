//! Answers: of the map, of the walk through the layers, and what must hold of both.

use super::made::{Maker, number};
use crate::config::Layer;
use crate::steer::{RouterTable, Steering, Tables};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::network::Network;

#[test]
fn the_map_answers_as_the_walk_does_and_as_widely_as_it_may() {
    for seed in 0..100 {
        let mut maker = Maker::new(seed);
        let steering = maker.steering();
        let addresses = maker.addresses(&steering);
        let asked: Vec<(IpAddr, u16, u8)> = addresses
            .iter()
            .map(|address| {
                let (answer, decision) = (steering.answer(*address), steering.decide(*address));
                assert_eq!(answer, decision.answer, "seed {seed}: {address}: {decision:?}");
                assert_eq!(steering.layer(*address), decision.layer, "seed {seed}: {address}: {decision:?}");
                assert_eq!(decision.candidates.iter().filter(|candidate| candidate.chosen).count(), 1);
                assert_eq!(decision.chosen().map(|candidate| candidate.pop), Some(answer.pop));
                (*address, answer.pop, answer.scope)
            })
            .collect();
        // Each address with the number of the stretch of equal answers that it is in.
        let mut stretch = 0;
        let numbered: Vec<(u128, u32)> = (0..asked.len())
            .map(|at| {
                stretch += u32::from(at > 0 && asked[at - 1].1 != asked[at].1);
                (number(asked[at].0), stretch)
            })
            .collect();
        let one_answer = |network: Network| {
            let width: u32 = if maker.v6 { 128 } else { 32 };
            let first = number(network.address());
            let last = first | (u128::MAX >> (128 - width)).checked_shr(u32::from(network.bits())).unwrap_or(0);
            let from = numbered.partition_point(|(address, _)| *address < first);
            let to = numbered.partition_point(|(address, _)| *address <= last);
            numbered[from].1 == numbered[to - 1].1
        };
        // Of the units of shedding of IPv6, only those around the small world are among the addresses.
        let shed = maker.v6 && steering.state().shares.iter().any(|share| *share > 0);
        let known = Network::parse("2000::/12").unwrap();
        for (address, _, scope) in asked {
            assert!(one_answer(Network::of(address, scope)), "seed {seed}: {address} /{scope} is too wide");
            let unknown = shed && !(known.contains(address) && scope > known.bits());
            assert!(unknown || scope == 0 || !one_answer(Network::of(address, scope - 1)), "seed {seed}: {address} /{scope} is too narrow");
        }
    }
}

#[test]
fn a_scope_is_a_promise_that_every_address_keeps() {
    for seed in 0..150 {
        let mut maker = Maker::new(seed);
        let steering = maker.steering();
        for into in 0..64 {
            let address = maker.address(into);
            let answer = steering.answer(address);
            let same = |other: u64| Network::of(address, answer.scope).contains(maker.address(other));
            assert!((0..64).filter(|other| same(*other)).all(|other| steering.answer(maker.address(other)) == answer), "seed {seed}");
        }
    }
}

#[test]
fn an_ipv4_client_is_the_same_in_either_family() {
    let mut maker = Maker::new(4);
    maker.v6 = false;
    let steering = maker.steering();
    for into in 0..64 {
        let IpAddr::V4(address) = maker.address(into) else { panic!() };
        let mapped = address.to_ipv6_mapped().into();
        assert_eq!(steering.answer(mapped), steering.answer(address.into()));
        assert_eq!(steering.decide(mapped), steering.decide(address.into()));
    }
}

#[test]
fn what_a_lost_place_does_not_have_does_not_move() {
    for seed in 0..150 {
        let mut maker = Maker::new(seed);
        let (mut tables, state) = (maker.tables(), Default::default());
        // What is measured is compared with the place that would be chosen otherwise: there the loss of a third one may matter.
        tables.measured = Arc::default();
        let steering = Steering::new(1, maker.places(), tables, state);
        let lost = 1 + maker.below(maker.places) as u16;
        let without = steering.without(lost);
        for address in maker.addresses(&steering) {
            let before = steering.answer(address).pop;
            let after = without.answer(address).pop;
            assert!(if before == lost { maker.places == 1 || after != lost } else { after == before }, "seed {seed}: {address}");
        }
    }
}

#[test]
fn a_larger_share_sheds_more_and_brings_nothing_back() {
    for seed in 0..12 {
        let mut maker = Maker::new(seed);
        let (mut tables, places) = (maker.tables(), maker.places());
        tables.measured = Arc::default();
        let steering = Steering::new(1, places, tables.clone(), Default::default());
        let addresses = maker.addresses(&steering);
        let mut last = vec![true; addresses.len()];
        for share in [0, 1 << 12, 1 << 14, 1 << 15, 50_000, u16::MAX] {
            let state = crate::steer::State { healthy: Vec::new(), shares: vec![0, share] };
            let steering = steering.publish(2, tables.clone(), state);
            let has: Vec<bool> = addresses.iter().map(|address| steering.answer(*address).pop == 1).collect();
            assert!(maker.places == 1 || has.iter().zip(&last).all(|(now, before)| *before || !now), "seed {seed}, share {share}");
            last = has;
        }
    }
}

#[test]
fn reasons_are_told() {
    let mut maker = Maker::new(11);
    maker.places = 3;
    maker.v6 = false;
    let places = Arc::new(maker.places_with(vec![Layer::Topology, Layer::Default]));
    let rib = maker.rib();
    let network = Network::parse("198.51.100.0/24").unwrap();
    let route = |path_len| crate::steer::Route { local_pref: 100, path_len, origin: crate::steer::Origin::Igp, med: 0, origin_as: 64_500 };
    let table = |path_len| [(network, route(path_len))].into_iter().collect::<RouterTable>();
    let rib = rib.replace(crate::steer::SourceId(0), &table(3)).replace(crate::steer::SourceId(1), &table(2));
    let steering = Steering::new(9, places, Tables { rib: Arc::new(rib), ..Tables::default() }, Default::default());
    let client = "198.51.100.7".parse().unwrap();
    let decision = steering.decide(client);
    let whys: Vec<(u16, &str)> = decision.candidates.iter().map(|candidate| (candidate.pop, candidate.why)).collect();
    assert_eq!((decision.layer, decision.prefix, decision.version), (Layer::Topology, Some(network), 9));
    assert_eq!(whys, [(1, "path-length"), (2, "path-length"), (3, "no-route")]);
    assert_eq!(decision.answer.pop, 2);
    let decision = steering.without(2).decide(client);
    let whys: Vec<(u16, &str)> = decision.candidates.iter().map(|candidate| (candidate.pop, candidate.why)).collect();
    assert_eq!(whys, [(1, "only-route"), (2, "unhealthy"), (3, "no-route")]);
    let decision = steering.without(2).without(1).decide(client);
    assert_eq!((decision.layer, decision.answer.pop, decision.passed), (Layer::Default, 3, vec![(Layer::Topology, "no-candidate")]));
    let decision = steering.without(2).without(1).without(3).decide(client);
    assert_eq!((decision.answer.pop, decision.notes), (2, vec!["all-unhealthy"]));
}
