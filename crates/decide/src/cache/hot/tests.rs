use super::*;
use alloc::collections::BTreeMap;
use proptest::prelude::*;

const WINDOW: Duration = Duration::from_secs(60);

fn at(ms: u64) -> Instant {
    Instant::from_nanos(ms * 1_000_000)
}

#[test]
fn it_counts_and_forgets() {
    let mut popularity = Popularity::default();
    for number in 1..=5 {
        assert_eq!(popularity.count(7, at(1000), WINDOW), number);
    }
    assert_eq!(popularity.within(8, at(1000), WINDOW), 0);
    // Half a window later half of the last one is within.
    assert_eq!(popularity.within(7, at(60_000), WINDOW), 5);
    assert_eq!(popularity.within(7, at(90_000), WINDOW), 2);
    assert_eq!(popularity.within(7, at(119_999), WINDOW), 0);
    assert_eq!(popularity.count(7, at(500_000), WINDOW), 1);
}

#[test]
fn a_counter_stays_at_its_end() {
    let mut popularity = Popularity::default();
    for _ in 0..70_000 {
        popularity.count(7, at(0), WINDOW);
    }
    assert_eq!(popularity.within(7, at(0), WINDOW), u64::from(u16::MAX));
}

#[test]
fn ten_thousand_seldom_asked_for_do_not_pass_for_often_asked_for() {
    let mut popularity = Popularity::default();
    let high = (0..10_000_u64).filter(|key| popularity.count(mix(*key), at(0), WINDOW) > 5).count();
    assert!(high < 100, "{high}");
}

proptest! {
    /// Never below what was really counted in the present window.
    #[test]
    fn never_too_low(asked in proptest::collection::vec((0_u64..50, 0_u64..40_000), 0..400)) {
        let mut asked = asked;
        asked.sort_by_key(|(_, when)| *when);
        let (mut popularity, mut true_counts) = (Popularity::default(), BTreeMap::<u64, u64>::new());
        for (key, when) in asked {
            let count = true_counts.entry(key).or_default();
            *count += 1;
            prop_assert!(popularity.count(key, at(when), WINDOW) >= *count);
        }
    }

    /// So few keys share no counter in all rows: the count is exact.
    #[test]
    fn exact_for_few(keys in proptest::collection::vec(0_u64..8, 0..200)) {
        let (mut popularity, mut true_counts) = (Popularity::default(), BTreeMap::<u64, u64>::new());
        for key in keys {
            let count = true_counts.entry(key).or_default();
            *count += 1;
            prop_assert_eq!(popularity.count(key, at(10), WINDOW), *count);
        }
    }
}
