//! New tables that follow old ones: what moves, what is held back, and for how long.

use super::made::Maker;
use crate::config::{self, Layer};
use crate::steer::{Decision, Moves, Origin, Places, Rib, Route, RouterTable, Settled, SourceId, State, Steering, Tables};
use crate::time::{Duration, Instant};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};
use wire::network::Network;

fn moves(hold: u64, moves_per_minute: u32) -> Moves {
    Moves::new(&config::Steering {
        name: "small".into(),
        pops: vec![1],
        layers: Vec::new(),
        hold: Duration::from_secs(hold),
        moves_per_minute,
        measured_gain: 0,
        measure: None,
    })
}

fn after(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

fn places(count: u64) -> Arc<Places> {
    let mut maker = Maker::new(0);
    maker.places = count;
    Arc::new(maker.places_with(vec![Layer::Topology, Layer::Default]))
}

fn network(index: u32) -> Network {
    Network::of(Ipv4Addr::from_bits(0x0a00_0000 + (index << 8)).into(), 24)
}

/// Two places; the networks with these path lengths to the first one, and 3 to the second.
fn rib(lengths: &[u16]) -> Arc<Rib> {
    let mut rib = Rib::new();
    rib.assign(SourceId(0), 1);
    rib.assign(SourceId(1), 2);
    let route = |path_len| Route { local_pref: 100, path_len, origin: Origin::Igp, med: 0, origin_as: 1 };
    let table = |length: &dyn Fn(u16) -> u16| {
        lengths.iter().enumerate().map(|(index, own)| (network(index as u32), route(length(*own)))).collect::<RouterTable>()
    };
    Arc::new(rib.replace(SourceId(0), &table(&|own| own)).replace(SourceId(1), &table(&|_| 3)))
}

fn tables(rib: &Arc<Rib>) -> Tables {
    Tables { rib: rib.clone(), ..Tables::default() }
}

fn has(steering: &Steering, count: u32) -> Vec<u16> {
    (0..count).map(|index| steering.answer(network(index).address()).pop).collect()
}

#[test]
fn the_first_table_holds_at_once_and_the_next_moves_no_more_than_it_may() {
    let (near, far) = (rib(&[1; 100]), rib(&[5; 100]));
    let mut moves = moves(600, 30);
    let empty = Steering::new(0, places(2), Tables::default(), State::default());
    let (first, settled) = empty.follow(1, tables(&near), State::default(), &mut moves, after(0));
    assert_eq!((has(&first, 100), settled), (vec![1; 100], Settled::default()));
    let mut steering = first;
    let mut last = 0;
    for second in 1..300 {
        let (next, settled) = steering.follow(second, tables(&far), State::default(), &mut moves, after(second));
        let moved = has(&next, 100).iter().filter(|pop| **pop == 2).count();
        assert_eq!(moved - last, settled.moved as usize);
        assert_eq!(moved + settled.deferred as usize, 100);
        assert!(moved <= 30 * (1 + second as usize / 60), "{moved} moved after {second} s");
        (steering, last) = (next, moved);
    }
    assert_eq!(last, 100);
    assert!(steering.tables().held.is_empty());
}

#[test]
fn what_has_moved_stays_for_the_hold() {
    let (near, far) = (rib(&[1]), rib(&[5]));
    let mut moves = moves(600, 1000);
    let start = Steering::new(0, places(2), tables(&near), State::default());
    let (there, settled) = start.follow(1, tables(&far), State::default(), &mut moves, after(100));
    assert_eq!((has(&there, 1), settled.moved), (vec![2], 1));
    let (mut steering, settled) = there.follow(2, tables(&near), State::default(), &mut moves, after(101));
    assert_eq!((has(&steering, 1), settled.deferred), (vec![2], 1));
    let decision = steering.decide(network(0).address());
    assert_eq!((decision.notes.as_slice(), decision.chosen().map(|candidate| candidate.why)), (&["held"][..], Some("held")));
    for (second, pop) in [(699, 2), (700, 1), (701, 1)] {
        steering = steering.follow(second, tables(&near), State::default(), &mut moves, after(second)).0;
        assert_eq!(has(&steering, 1), [pop], "after {second} s");
    }
}

#[test]
fn a_lost_place_does_not_wait_and_neither_does_a_lost_route() {
    let (near, far) = (rib(&[1; 4]), rib(&[5; 4]));
    let mut moves = moves(600, 0);
    let start = Steering::new(0, places(2), tables(&near), State::default());
    let (held, settled) = start.follow(1, tables(&far), State::default(), &mut moves, after(1));
    assert_eq!((has(&held, 4), settled.deferred), (vec![1; 4], 4));
    let (lost, _) = held.follow(2, tables(&far), State::default().without(1), &mut moves, after(2));
    assert_eq!(has(&lost, 4), [2; 4]);
    // It is back, and what was held for it still is.
    let (back, _) = lost.follow(3, tables(&far), State::default(), &mut moves, after(3));
    assert_eq!(has(&back, 4), [1; 4]);
    let gone = Arc::new(far.clear(SourceId(0)));
    let (gone, settled) = back.follow(4, tables(&gone), State::default(), &mut moves, after(4));
    assert_eq!((has(&gone, 4), settled), (vec![2; 4], Settled { moved: 0, lost: 4, deferred: 0 }));
}

/// In a world of many tables, each network's answer changes no more often than the hold lets it, unless the route is lost; and once the
/// tables rest, all comes to what the last one prefers.
#[test]
fn in_the_end_all_is_as_if_nothing_had_been_held_back() {
    for seed in 0..25 {
        let mut maker = Maker::new(seed);
        maker.places = 3;
        let places = places(3);
        let mut rib = Arc::new(maker.rib());
        let mut moves = moves(30, 2 + maker.below(6) as u32);
        let mut steering = Steering::new(0, places.clone(), tables(&rib), State::default());
        let mut counted: Vec<(u64, u32)> = Vec::new();
        for second in 1..40 {
            if second % 3 == 0 {
                rib = Arc::new(rib.apply(&maker.changes(6)));
            }
            let (next, settled) = steering.follow(second, tables(&rib), State::default(), &mut moves, after(second));
            counted.push((second, settled.moved));
            let minute: u32 = counted.iter().filter(|(at, _)| at + 60 > second).map(|(_, moved)| moved).sum();
            assert!(minute <= 7, "seed {seed}");
            moved_only_with_leave(&steering, &next, &maker, settled);
            steering = next;
        }
        let mut second = 40;
        while !steering.tables().held.is_empty() {
            second += 31;
            steering = steering.follow(second, tables(&rib), State::default(), &mut moves, after(second)).0;
            assert!(second < 20_000, "seed {seed}: held for ever");
        }
        let fresh = Steering::new(0, places, tables(&rib), State::default());
        let addresses = maker.addresses(&fresh);
        assert!(addresses.iter().all(|address| fresh.answer(*address) == steering.answer(*address)), "seed {seed}");
    }
}

/// Where nothing moved by leave, lost its route, or came into or out of the tables, every answer is what it was.
fn moved_only_with_leave(before: &Steering, after: &Steering, maker: &Maker, settled: Settled) {
    let mut networks: BTreeMap<IpAddr, (u16, u16)> = BTreeMap::new();
    for into in 0..64 {
        let address = maker.address(into);
        let (old, new) = (before.decide(address), after.decide(address));
        assert_eq!(new.answer, after.answer(address));
        let routed = |decision: &Decision| decision.candidates.iter().any(|candidate| candidate.route.is_some());
        if old.answer.pop != new.answer.pop && routed(&old) && routed(&new) {
            networks.insert(address, (old.answer.pop, new.answer.pop));
        }
    }
    assert!(networks.is_empty() || settled.moved + settled.lost > 0, "{networks:?} moved without leave");
}

#[test]
fn where_too_many_want_to_move_none_waits_for_ever() {
    let (near, far) = (rib(&[1; 40]), rib(&[5; 40]));
    let mut steering = Steering::new(0, places(2), tables(&near), State::default());
    let mut moves = moves(1, 5);
    let mut seen = [false; 40];
    for round in 0..60 {
        // Every minute all want to be elsewhere.
        let rib = if round % 2 == 0 { &far } else { &near };
        let before = has(&steering, 40);
        steering = steering.follow(round, tables(rib), State::default(), &mut moves, after(round * 60)).0;
        has(&steering, 40).iter().zip(before).zip(&mut seen).for_each(|((now, before), seen)| *seen |= *now != before);
    }
    assert!(seen.iter().filter(|seen| **seen).count() > 30, "{seen:?}");
}
