use super::super::tests::{balancer, chi_square, counts, weighing};
use crate::config::Algorithm;
use crate::random::SplitMix;

#[test]
fn draws_are_even_whatever_the_weights() {
    let weights = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100];
    let mut balancer = balancer(&Algorithm::Random, &weights);
    let counts = counts(&mut *balancer, &weighing(&weights), 20_000, &mut SplitMix::new(2));
    // Nine degrees of freedom: 27.88 is passed by chance once in a thousand.
    let statistic = chi_square(&counts, &[1.0; 10]);
    assert!(statistic < 27.88, "{statistic}: {counts:?}");
}

#[test]
fn draws_do_not_follow_each_other() {
    let mut balancer = balancer(&Algorithm::Random, &[1; 3]);
    let (candidates, mut random) = (weighing(&[1; 3]), SplitMix::new(3));
    let mut pairs = [0_u64; 9];
    let mut last = 0;
    for _ in 0..18_000 {
        let next = super::super::tests::pick(&mut *balancer, &candidates, &mut random);
        pairs[last * 3 + next] += 1;
        last = next;
    }
    // Eight degrees of freedom.
    let statistic = chi_square(&pairs, &[1.0; 9]);
    assert!(statistic < 26.12, "{statistic}: {pairs:?}");
}
