use super::super::tests::{balancer, chi_square, counts, weighing};
use crate::config::Algorithm;
use crate::random::SplitMix;

#[test]
fn draws_are_in_proportion_to_effective_weight() {
    let weights = [1, 2, 3, 10, 40];
    let mut balancer = balancer(&Algorithm::WeightedRandom, &weights);
    let mut candidates = weighing(&weights);
    candidates[4].share = 500;
    let counts = counts(&mut *balancer, &candidates, 36_000, &mut SplitMix::new(4));
    // Four degrees of freedom.
    let statistic = chi_square(&counts, &[1.0, 2.0, 3.0, 10.0, 20.0]);
    assert!(statistic < 18.47, "{statistic}: {counts:?}");
}
