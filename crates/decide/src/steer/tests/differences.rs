//! Versions compared: against asking every address.

use super::made::{Maker, number};
use crate::steer::{Diff, Steering, Weights};
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::network::Network;

fn addresses(network: Network) -> f64 {
    let width = if network.address().is_ipv4() { 32 } else { 128 };
    libm::exp2(f64::from(width - i32::from(network.bits())))
}

#[test]
fn what_moves_is_what_every_address_says() {
    for seed in 0..80 {
        let mut maker = Maker::new(seed);
        let steering = maker.steering();
        let (tables, state) = (maker.tables(), maker.state());
        let next = steering.publish(8, tables, state);
        let diff = Diff::between(&steering, &next, &Weights::Blocks, &[]);
        assert!(
            diff.moves.is_sorted_by(|one, next| { one.network.address() < next.network.address() && !one.network.covers(&next.network) })
        );
        let known = |steering: &Steering, address: IpAddr| steering.tables().rib.lookup(address).is_some();
        let nothing = steering.tables().rib.is_empty() && next.tables().rib.is_empty();
        let mut asked = maker.addresses(&steering);
        asked.extend(maker.addresses(&next));
        for address in asked {
            let (from, to) = (steering.answer(address).pop, next.answer(address).pop);
            let told = diff.moves.iter().find(|moved| moved.network.contains(address));
            let expected = from != to && (nothing || known(&steering, address) || known(&next, address));
            assert_eq!(told.map(|moved| (moved.from, moved.to)), expected.then_some((from, to)), "seed {seed}: {address}");
        }
        for moved in &diff.moves {
            let one = addresses(Network::of(moved.network.address(), if moved.network.address().is_ipv4() { 24 } else { 48 }));
            assert!((moved.weight - addresses(moved.network) / one).abs() <= moved.weight * 1e-9);
        }
        balances(&diff);
    }
}

/// What comes goes: the weights of all places are the same before and after, but for what moves between them.
fn balances(diff: &Diff) {
    let near = |one: f64, other: f64| (one - other).abs() <= 1e-6 * one.abs().max(other.abs()).max(1e-30);
    for family in 0..2 {
        let sum = |after: bool| diff.loads.iter().map(|load| if after { load.after[family] } else { load.before[family] }).sum::<f64>();
        assert!(near(sum(false), sum(true)));
    }
    let moved: f64 = diff.moves.iter().map(|moved| moved.weight).sum();
    assert!(near(moved, diff.moved()));
}

#[test]
fn weights_that_are_given_count_where_they_are() {
    let mut maker = Maker::new(5);
    (maker.places, maker.v6) = (2, false);
    let steering = super::made_steering(&mut maker, &[("192.0.2.0/25", 1), ("192.0.2.128/25", 2)]);
    let text = "# requests a second\n192.0.2.0/24 80 # both halves\n192.0.2.0/26  30\n\n198.51.100.0/24 7\n192.0.2.0/26 10\n";
    let weights = Weights::parse(text).unwrap();
    let diff = Diff::between(&steering, &steering.without(1), &weights, &[]);
    let moves: Vec<_> = diff.moves.iter().map(|moved| (moved.network.to_string(), moved.from, moved.to, moved.weight)).collect();
    // What nobody has a route to is the default's, and that is the place that is lost.
    let expected = [("192.0.2.0/26", 60.0), ("192.0.2.64/26", 20.0), ("198.51.100.0/24", 7.0)];
    assert_eq!(moves, expected.map(|(network, weight)| (network.to_string(), 1, 2, weight)));
    let loads: Vec<_> = diff.loads.iter().map(|load| (load.pop, load.load, load.expected, load.overloads())).collect();
    assert_eq!(loads, [(1, Some(87.0), Some(0.0), false), (2, Some(40.0), Some(127.0), true)]);
    assert_eq!(diff.overloaded().map(|load| load.pop).collect::<Vec<_>>(), [2]);
}

#[test]
fn loads_go_with_the_weight() {
    let mut maker = Maker::new(5);
    (maker.places, maker.v6) = (3, false);
    let networks = [("192.0.2.0/24", 1), ("198.51.100.0/24", 1), ("203.0.113.0/24", 2), ("10.0.0.0/24", 3)];
    let steering = super::made_steering(&mut maker, &networks);
    let next = super::made_steering(&mut maker, &[networks[0], ("198.51.100.0/24", 3), networks[2], networks[3]]);
    let diff = Diff::between(&steering, &next, &Weights::Blocks, &[None, Some(80), Some(50), Some(70)]);
    let loads: Vec<_> = diff.loads.iter().map(|load| (load.pop, load.expected, load.overloads())).collect();
    assert_eq!(loads, [(1, Some(40.0), false), (2, Some(50.0), false), (3, Some(110.0), true)]);
    assert_eq!(diff.moves.iter().map(|moved| moved.network.to_string()).collect::<Vec<_>>(), ["198.51.100.0/24"]);
    let unknown = Diff::between(&steering, &next, &Weights::Blocks, &[]);
    assert!(unknown.loads.iter().all(|load| load.expected.is_none() && !load.overloads()));
}

#[test]
fn a_bad_line_of_weights_is_named() {
    let bad = |text: &str| Weights::parse(text).map(drop).map_err(|bad| (bad.line, bad.text));
    assert_eq!(bad("192.0.2.0/24 1\n192.0.2.1/24 1"), Err((2, "192.0.2.1/24".into())));
    assert_eq!(bad("192.0.2.0/24 -1"), Err((1, "-1".into())));
    assert_eq!(bad("192.0.2.0/24 NaN"), Err((1, "NaN".into())));
    assert_eq!(bad("192.0.2.0/24"), Err((1, "".into())));
    assert_eq!(bad("\n\n2001:db8::/32 1 2"), Err((3, "2".into())));
    assert_eq!(bad(""), Ok(()));
    assert!(number(Network::parse("0.0.0.1").unwrap().address()) == 1);
}
