use super::super::tests::{balancer, chi_square, pick_key, weighing};
use super::*;
use crate::config::{Algorithm, HashKey};
use crate::random::SplitMix;
use alloc::vec::Vec;

fn keys(count: u32) -> impl Iterator<Item = u64> {
    (0..count).map(|number| hash_key(alloc::format!("/item/{number}").as_bytes()))
}

fn owners(backends: usize, offered: &[usize], keys: impl Iterator<Item = u64>) -> Vec<usize> {
    let weights = alloc::vec![1; backends];
    let candidates: Vec<_> = weighing(&weights).into_iter().filter(|candidate| offered.contains(&candidate.index)).collect();
    let mut balancer = balancer(&Algorithm::Hash(HashKey::Path), &weights);
    keys.map(|key| pick_key(&mut *balancer, &candidates, Some(key), &mut SplitMix::new(0))).collect()
}

#[test]
fn the_hash_is_the_same_for_ever() {
    // The values are part of what users rely on: a change here moves every key of every pool. They were computed by another program.
    assert_eq!(
        [hash_key(b"a"), hash_key(b"foobar"), hash_key(b"/index.html")],
        [0x02C0_BDBF_4814_20F8, 0x404D_A9E3_B740_78C2, 0xF6AD_651C_57D6_4427]
    );
    // FNV-1a's published value of "foobar", before the last round.
    assert_eq!(hash_key(b"foobar"), mix(0x8594_4171_F739_67E8));
}

#[test]
fn keys_that_differ_little_spread_evenly() {
    let mut counts = [0_u64; 100];
    for owner in owners(100, &(0..100).collect::<Vec<_>>(), keys(20_000)) {
        counts[owner] += 1;
    }
    // 99 degrees of freedom.
    let statistic = chi_square(&counts, &[1.0; 100]);
    assert!(statistic < 148.23, "{statistic}");
}

#[test]
fn every_bit_of_the_hash_is_used() {
    let ones = keys(4096).fold([0_u64; 64], |mut ones, key| {
        (0..64).for_each(|bit| ones[bit] += key >> bit & 1);
        ones
    });
    assert!(ones.iter().all(|ones| (1850..=2246).contains(ones)), "a bit is set half the time, give or take six deviations: {ones:?}");
}

#[test]
fn while_a_backend_is_out_only_its_keys_move_and_they_spread() {
    let all: Vec<_> = (0..5).collect();
    let before = owners(5, &all, keys(5000));
    let after = owners(5, &[0, 1, 3, 4], keys(5000));
    let mut taken = [0_u64; 5];
    for (before, after) in before.iter().zip(&after) {
        if *before == 2 {
            taken[*after] += 1;
        } else {
            assert_eq!(before, after);
        }
    }
    let statistic = chi_square(&[taken[0], taken[1], taken[3], taken[4]], &[1.0; 4]);
    assert!(taken[2] == 0 && statistic < 16.27, "{statistic}: {taken:?}");
    // A second one goes: again only its keys move, those it had taken over included.
    let later = owners(5, &[0, 1, 4], keys(5000));
    assert!(after.iter().zip(&later).all(|(after, later)| after == later || *after == 3));
}

#[test]
fn a_pool_of_another_size_moves_nearly_all_keys() {
    let before = owners(5, &[0, 1, 2, 3, 4], keys(5000));
    let after = owners(4, &[0, 1, 2, 3], keys(5000));
    let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count() as f64 / 5000.0;
    assert!((0.77..0.83).contains(&moved), "modulo moves all but 1 of 5: {moved}");
}

#[test]
fn in_slow_start_keys_come_and_none_goes_again() {
    let mut balancer = balancer(&Algorithm::Hash(HashKey::Path), &[1; 4]);
    let mut candidates = weighing(&[1; 4]);
    let mut before: Vec<bool> = alloc::vec![false; 4000];
    for (share, expected) in [(100, 100), (400, 400), (700, 700), (1000, 1000)] {
        candidates[1].share = share;
        let here: Vec<_> = keys(4000).map(|key| pick_key(&mut *balancer, &candidates, Some(key), &mut SplitMix::new(0)) == 1).collect();
        assert!(before.iter().zip(&here).all(|(before, here)| !before || *here), "a key left again at share {share}");
        let count = here.iter().filter(|here| **here).count();
        assert!(count.abs_diff(expected) < 90, "{count} keys at share {share}");
        before = here;
    }
}

#[test]
fn the_record_says_whether_a_key_is_at_home() {
    let mut balancer = balancer(&Algorithm::Hash(HashKey::Path), &[1; 4]);
    let mut candidates = weighing(&[1; 4]);
    let key = keys(100).find(|key| key % 4 == 1 && !admits(&Candidate { share: 100, ..candidates[1] }, *key)).expect("one of a hundred");
    let mut explain = |candidates: &[Candidate]| {
        let mut record = Record::default();
        let ask = Ask { candidates, key: Some(key), now: crate::time::Instant::ZERO };
        let picked = balancer.pick(&ask, &mut SplitMix::new(0), Some(&mut record)).unwrap();
        let highest = record.scores.iter().max_by(|a, b| a.score.total_cmp(&b.score)).unwrap();
        (picked, highest.backend, record.why)
    };
    assert_eq!(explain(&candidates), (1, 1, "the key's own backend"));
    candidates[1].share = 100;
    let (picked, _, why) = explain(&candidates);
    assert!(picked != 1 && why.starts_with("the key's own backend cannot have it"), "{picked}: {why}");
    candidates.remove(1);
    let (again, highest, _) = explain(&candidates);
    assert_eq!((again, highest), (picked, picked), "slow start and absence send a key to the same backend");
}

#[test]
fn without_a_value_the_draw_is_even() {
    let mut balancer = balancer(&Algorithm::SourceHash, &[1; 4]);
    let counts = super::super::tests::counts(&mut *balancer, &weighing(&[1; 4]), 8000, &mut SplitMix::new(5));
    let statistic = chi_square(&counts, &[1.0; 4]);
    assert!(statistic < 16.27, "{statistic}: {counts:?}");
}
