use super::super::tests::{balancer, counts, pick, weighing};
use crate::config::Algorithm;
use crate::random::SplitMix;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

#[test]
fn an_idle_pool_is_used_by_weight_and_not_from_its_beginning() {
    let mut balancer = balancer(&Algorithm::LeastConnections { sample_above: 100 }, &[3, 1, 1]);
    assert_eq!(counts(&mut *balancer, &weighing(&[3, 1, 1]), 50, &mut SplitMix::new(0)), [30, 10, 10]);
}

#[test]
fn requests_that_stay_settle_in_proportion_to_the_weights() {
    let mut balancer = balancer(&Algorithm::LeastConnections { sample_above: 100 }, &[4, 2, 1]);
    let mut candidates = weighing(&[4, 2, 1]);
    for _ in 0..700 {
        let picked = pick(&mut *balancer, &candidates, &mut SplitMix::new(0));
        candidates[picked].in_flight += 1;
    }
    assert_eq!(candidates.iter().map(|candidate| candidate.in_flight).collect::<Vec<_>>(), [400, 200, 100]);
}

#[test]
fn in_slow_start_a_backend_holds_its_share_of_requests_at_most() {
    let mut balancer = balancer(&Algorithm::LeastConnections { sample_above: 100 }, &[1, 1]);
    let mut candidates = weighing(&[1, 1]);
    (candidates[0].in_flight, candidates[1].share) = (100, 100);
    for _ in 0..110 {
        let picked = pick(&mut *balancer, &candidates, &mut SplitMix::new(0));
        candidates[picked].in_flight += 1;
    }
    assert!(candidates[1].in_flight.abs_diff(19) <= 1, "a tenth of the other's: {candidates:?}");
}

/// The most in flight anywhere after each of 100 backends could have had ten.
fn crowd(algorithm: &Algorithm) -> u32 {
    let mut balancer = balancer(algorithm, &[1; 100]);
    let mut candidates = weighing(&[1; 100]);
    let mut random = SplitMix::new(6);
    for _ in 0..1000 {
        let picked = pick(&mut *balancer, &candidates, &mut random);
        candidates[picked].in_flight += 1;
    }
    candidates.iter().map(|candidate| candidate.in_flight).max().unwrap()
}

#[test]
fn two_choices_are_far_better_than_one() {
    let two = crowd(&Algorithm::LeastConnections { sample_above: 99 });
    let one = crowd(&Algorithm::Random);
    assert_eq!(crowd(&Algorithm::LeastConnections { sample_above: 100 }), 10, "all compared: exactly even");
    assert!(two <= 13 && one >= 17, "two choices {two}, one {one}");
}

#[test]
fn two_choices_at_rest_follow_the_weights() {
    let mut balancer = balancer(&Algorithm::LeastConnections { sample_above: 0 }, &[6, 3, 1]);
    let counts = counts(&mut *balancer, &weighing(&[6, 3, 1]), 10_000, &mut SplitMix::new(7));
    let statistic = super::super::tests::chi_square(&counts, &[6.0, 3.0, 1.0]);
    assert!(statistic < 13.82, "{statistic}: {counts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn none_has_fewer_in_flight_per_weight(backends in proptest::collection::vec((1..100_u32, 1..=1000_u32, 0..100_u32), 1..10)) {
        let weights: Vec<_> = backends.iter().map(|(weight, ..)| *weight).collect();
        let mut candidates = weighing(&weights);
        for (candidate, (_, share, in_flight)) in candidates.iter_mut().zip(&backends) {
            (candidate.share, candidate.in_flight) = (*share, *in_flight);
        }
        let mut balancer = balancer(&Algorithm::LeastConnections { sample_above: 100 }, &vec![1; weights.len()]);
        let picked = candidates[pick(&mut *balancer, &candidates, &mut SplitMix::new(0))];
        for other in &candidates {
            let (ours, theirs) = (u64::from(picked.in_flight) * other.effective(), u64::from(other.in_flight) * picked.effective());
            prop_assert!(ours <= theirs, "{:?} over {:?}", picked, other);
        }
    }
}
