use super::super::tests::{balancer, counts, names, pick, weighing};
use super::*;
use crate::config::Algorithm;
use crate::random::SplitMix;
use proptest::prelude::*;

#[test]
fn weights_5_1_1_give_the_smooth_order() {
    let mut balancer = balancer(&Algorithm::WeightedRoundRobin, &[5, 1, 1]);
    let candidates = weighing(&[5, 1, 1]);
    let picks: Vec<_> = (0..14).map(|_| pick(&mut *balancer, &candidates, &mut SplitMix::new(0))).collect();
    assert_eq!(picks, [0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0]);
}

#[test]
fn a_debt_from_far_larger_weights_is_let_go() {
    let mut balancer = balancer(&Algorithm::WeightedRoundRobin, &[60_000, 1, 1]);
    let mut random = SplitMix::new(0);
    for _ in 0..30_001 {
        pick(&mut *balancer, &weighing(&[60_000, 1, 1]), &mut random);
    }
    let names = names(3);
    let members: Vec<_> = (0..3).map(|at| Member { name: &names[at], weight: 1, was: Some(at) }).collect();
    balancer.rebuild(&members);
    let counts = counts(&mut *balancer, &weighing(&[1, 1, 1]), 30, &mut random);
    assert!(counts.iter().all(|count| (8..=12).contains(count)), "{counts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_round_holds_each_exactly_as_often_as_its_weight(weights in proptest::collection::vec(1..60_u32, 1..8)) {
        let mut balancer = balancer(&Algorithm::WeightedRoundRobin, &weights);
        let candidates = weighing(&weights);
        for _ in 0..3 {
            let counts = counts(&mut *balancer, &candidates, weights.iter().sum::<u32>() as usize, &mut SplitMix::new(0));
            prop_assert!(counts.iter().zip(&weights).all(|(count, weight)| *count == u64::from(*weight)), "{:?} for {:?}", counts, weights);
        }
    }
}

#[test]
fn a_round_ends_with_all_debts_paid() {
    let mut smooth = Smooth { credit: alloc::vec![0; 3] };
    let candidates = weighing(&[5, 1, 1]);
    assert!((0..7).all(|_| smooth.pick(candidates.iter()).is_some()));
    assert_eq!(smooth.credit, [0, 0, 0]);
}
