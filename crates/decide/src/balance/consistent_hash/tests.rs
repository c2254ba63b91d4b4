use super::super::tests::{names, pick_key, weighing};
use super::*;
use crate::balance;
use crate::config::{Algorithm, HashKey};
use crate::random::SplitMix;
use alloc::string::String;
use alloc::vec;
use proptest::prelude::*;

fn ring(members: &[(&str, u32)], virtual_nodes: u32, bounded_load: u32) -> Box<dyn Balancer> {
    let members: Vec<_> = members.iter().map(|(name, weight)| Member { name, weight: *weight, was: None }).collect();
    balance::new(&Algorithm::ConsistentHash { key: HashKey::Path, virtual_nodes, bounded_load }, &members)
}

/// The names that keys 0, 1, … belong to.
fn owners<'a>(members: &[(&'a str, u32)], keys: u64) -> Vec<&'a str> {
    let mut ring = ring(members, 100, 0);
    let candidates = weighing(&members.iter().map(|(_, weight)| *weight).collect::<Vec<_>>());
    (0..keys).map(|key| members[pick_key(&mut *ring, &candidates, Some(mix(key)), &mut SplitMix::new(0))].0).collect()
}

#[test]
fn a_backend_that_leaves_moves_its_own_keys_and_no_other() {
    let all = [("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1)];
    let before = owners(&all, 5000);
    let after = owners(&[all[0], all[1], all[3], all[4]], 5000);
    let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert!(before.iter().zip(&after).all(|(before, after)| before == after || *before == "c"));
    assert_eq!(moved, before.iter().filter(|owner| **owner == "c").count());
    assert!((700..1300).contains(&moved), "about a fifth of the keys: {moved}");
}

#[test]
fn a_backend_that_is_out_for_a_while_moves_the_same_keys_as_one_that_leaves() {
    let all = [("a", 1), ("b", 1), ("c", 1), ("d", 1)];
    let mut full = ring(&all, 100, 0);
    let candidates: Vec<_> = weighing(&[1; 4]).into_iter().filter(|candidate| candidate.index != 2).collect();
    let left = owners(&[all[0], all[1], all[3]], 3000);
    for (key, left) in (0..3000).zip(left) {
        let out = pick_key(&mut *full, &candidates, Some(mix(key)), &mut SplitMix::new(0));
        assert_eq!(all[out].0, left);
    }
}

#[test]
fn the_order_of_the_configuration_does_not_matter() {
    assert_eq!(owners(&[("a", 1), ("b", 2), ("c", 1)], 2000), owners(&[("c", 1), ("a", 1), ("b", 2)], 2000));
}

#[test]
fn keys_follow_the_weights() {
    let owners = owners(&[("a", 1), ("b", 2), ("c", 5)], 16_000);
    for (name, expected) in [("a", 2000.0), ("b", 4000.0), ("c", 10_000.0)] {
        let count = owners.iter().filter(|owner| **owner == name).count() as f64;
        // A share made of 100 random arcs per unit of weight deviates by about a tenth.
        assert!((0.7..1.3).contains(&(count / expected)), "{name} has {count}");
    }
}

#[test]
fn a_point_owns_the_keys_up_to_its_own_place() {
    let ring = ConsistentHash { virtual_nodes: 1, bound: 0, ring: vec![(100, 1), (200, 0)] };
    let candidates = weighing(&[1, 1]);
    let owners = [0, 100, 101, 200, 201].map(|key| ring.walk(&candidates, key).unwrap().0.index);
    assert_eq!(owners, [1, 1, 0, 0, 1]);
}

#[test]
fn a_ring_of_huge_weights_stays_within_its_cap() {
    let mut ring = ConsistentHash::new(1000, 0);
    let names = names(20);
    let members: Vec<_> =
        names.iter().enumerate().map(|(at, name)| Member { name, weight: if at == 0 { 1 } else { 65_535 }, was: None }).collect();
    ring.rebuild(&members);
    assert!(ring.ring.len() as u64 <= MOST_POINTS + 20, "{}", ring.ring.len());
    assert!((0..20).all(|backend| ring.ring.iter().any(|(_, at)| *at == backend)), "each has a point");
}

#[test]
fn a_hot_key_is_spread_by_the_bound_and_comes_home_when_it_cools() {
    let mut balancer = ring(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)], 100, 125);
    let mut candidates = weighing(&[1; 4]);
    let mut random = SplitMix::new(0);
    let home = pick_key(&mut *balancer, &candidates, Some(mix(42)), &mut random);
    for sent in 0..400_u32 {
        let picked = pick_key(&mut *balancer, &candidates, Some(mix(42)), &mut random);
        candidates[picked].in_flight += 1;
        // ceil(1.25 × sent / 4), in whole numbers.
        let most = (5 * (sent + 1)).div_ceil(16);
        assert!(candidates.iter().all(|candidate| candidate.in_flight <= most), "{candidates:?} of {} over {most}", sent + 1);
    }
    assert_eq!(candidates[home].in_flight, 125, "its own backend is at the bound");
    candidates.iter_mut().for_each(|candidate| candidate.in_flight = 0);
    assert_eq!(pick_key(&mut *balancer, &candidates, Some(mix(42)), &mut random), home);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the weights, keys and order of requests, none has more in flight than its bound at the time it was picked.
    #[test]
    fn no_backend_ever_passes_its_bound(
        weights in proptest::collection::vec(1..9_u32, 1..7),
        bound in 100..300_u32,
        moves in proptest::collection::vec((0..6_u64, 0..3_u8, any::<u16>()), 1..150),
    ) {
        let names = names(weights.len());
        let members: Vec<(&str, u32)> = names.iter().map(String::as_str).zip(weights.iter().copied()).collect();
        let mut balancer = ring(&members, 10, bound);
        let mut candidates = weighing(&weights);
        let whole: u32 = weights.iter().sum();
        let mut running = vec![];
        for (key, kind, which) in moves {
            if kind == 0 && !running.is_empty() {
                let done: usize = running.swap_remove(usize::from(which) % running.len());
                candidates[done].in_flight -= 1;
                continue;
            }
            let picked = pick_key(&mut *balancer, &candidates, Some(mix(key)), &mut SplitMix::new(0));
            candidates[picked].in_flight += 1;
            running.push(picked);
            let fair = f64::from(bound) / 100.0 * running.len() as f64 * f64::from(weights[picked]) / f64::from(whole);
            prop_assert!(f64::from(candidates[picked].in_flight) < fair + 1.0, "{:?}: {} is over {}", candidates, picked, fair);
        }
    }
}
