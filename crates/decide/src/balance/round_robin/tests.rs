use super::super::tests::{balancer, counts, names, pick, weighing};
use super::*;
use crate::config::Algorithm;
use crate::random::SplitMix;

#[test]
fn every_round_holds_every_backend_once_in_order() {
    let mut balancer = balancer(&Algorithm::RoundRobin, &[1, 9, 1]);
    let candidates = weighing(&[1, 9, 1]);
    let picks: Vec<_> = (0..9).map(|_| pick(&mut *balancer, &candidates, &mut SplitMix::new(0))).collect();
    assert_eq!(picks, [0, 1, 2, 0, 1, 2, 0, 1, 2]);
}

#[test]
fn one_that_is_missing_loses_its_turn_and_no_other_gains_more_than_it() {
    let mut balancer = balancer(&Algorithm::RoundRobin, &[1; 4]);
    let all = weighing(&[1; 4]);
    let mut random = SplitMix::new(0);
    assert_eq!(pick(&mut *balancer, &all, &mut random), 0);
    let without_1 = [all[0], all[2], all[3]];
    let picks: Vec<_> = (0..6).map(|_| pick(&mut *balancer, &without_1, &mut random)).collect();
    assert_eq!(picks, [2, 3, 0, 2, 3, 0]);
    assert_eq!(pick(&mut *balancer, &all, &mut random), 1);
}

#[test]
fn slow_start_takes_exactly_its_share_of_the_turns() {
    let mut balancer = balancer(&Algorithm::RoundRobin, &[1; 3]);
    let mut candidates = weighing(&[1; 3]);
    candidates[1].share = 300;
    assert_eq!(counts(&mut *balancer, &candidates, 2300, &mut SplitMix::new(0)), [1000, 300, 1000]);
    candidates.iter_mut().for_each(|candidate| candidate.share = 300);
    assert_eq!(counts(&mut *balancer, &candidates, 300, &mut SplitMix::new(0)), [100, 100, 100], "all in slow start share evenly");
}

#[test]
fn a_rebuild_goes_on_after_the_last_one_picked() {
    let mut balancer = balancer(&Algorithm::RoundRobin, &[1; 3]);
    let candidates = weighing(&[1; 3]);
    let mut random = SplitMix::new(0);
    assert_eq!([(); 2].map(|()| pick(&mut *balancer, &candidates, &mut random)), [0, 1]);
    // A new one comes first: what was 1 is 2 now, so 3 is next.
    let names = names(4);
    let members = [(3, None), (0, Some(0)), (1, Some(1)), (2, Some(2))].map(|(name, was)| Member { name: &names[name], weight: 1, was });
    balancer.rebuild(&members);
    let candidates = weighing(&[1; 4]);
    assert_eq!([(); 5].map(|()| pick(&mut *balancer, &candidates, &mut random)), [3, 0, 1, 2, 3]);
}
