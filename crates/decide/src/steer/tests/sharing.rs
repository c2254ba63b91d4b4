//! How the addresses are shared out.

use super::made::Maker;
use crate::config::Layer;
use crate::steer::{Diff, Share, Weights};
use alloc::vec;
use alloc::vec::Vec;

/// What the shares add up to is what a comparison says that each place has.
#[test]
fn shares_add_up() {
    let mut layers = 0;
    for seed in 0..60 {
        let mut maker = Maker::new(seed);
        let steering = maker.steering();
        let text = "192.0.2.0/26 10\n192.0.2.8/29 5\n2001:db8::/122 10\n2001:db8::8/125 5\n0.0.0.0/1 3\n";
        for weights in [Weights::Blocks, Weights::parse(text).expect("weights")] {
            let (shares, diff) = (steering.shares(&weights), Diff::between(&steering, &steering, &weights, &[]));
            for load in &diff.loads {
                for family in 0..2 {
                    let sum: f64 = shares.iter().filter(|share| share.pop == load.pop).map(|share| share.weight[family]).sum();
                    assert!((sum - load.before[family]).abs() <= 1e-6 * sum.abs().max(1e-30), "seed {seed}: {sum} {:?}", load);
                }
            }
            layers += shares.iter().filter(|share| share.layer != Layer::Default).count();
        }
    }
    assert!(layers > 0);
}

/// The layer of a share is the one that a decision names, and each network counts once.
#[test]
fn shares_are_of_the_layer_that_decides() {
    let mut maker = Maker::new(5);
    (maker.places, maker.v6) = (2, false);
    let networks = [("192.0.2.0/24", 1), ("192.0.2.64/26", 2), ("198.51.100.0/24", 2), ("203.0.113.0/24", 2)];
    let shares = super::made_steering(&mut maker, &networks).shares(&Weights::Blocks);
    let share = |pop, layer, networks, weight| Share { pop, layer, networks, weight: [weight, 0.0] };
    let expected = vec![share(1, Layer::Topology, 1, 0.75), share(2, Layer::Topology, 3, 2.25)];
    assert_eq!(shares.iter().filter(|share| share.layer == Layer::Topology).copied().collect::<Vec<_>>(), expected);
    assert!(shares.iter().all(|share| share.layer == Layer::Topology || share.networks == 0));
}
