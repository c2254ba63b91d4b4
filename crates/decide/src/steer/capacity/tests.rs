use super::Capacity;
use crate::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

fn at(minutes: u32) -> Instant {
    Instant::ZERO + MINUTE * minutes
}

/// A place whose load is its demand, less what it sheds.
fn load(demand: u64, capacity: &Capacity) -> Option<u64> {
    Some(demand * (65_536 - u64::from(capacity.share())) / 65_536)
}

#[test]
fn a_place_within_its_capacity_sheds_nothing() {
    let mut capacity = Capacity::new();
    for minute in 0..10 {
        assert_eq!(capacity.settle(Some(100), 100, at(minute)), 0);
    }
}

#[test]
fn what_is_too_much_is_shed_at_once_and_stays_so_without_swinging() {
    let mut capacity = Capacity::new();
    let first = capacity.settle(load(200, &capacity), 100, at(0));
    assert_eq!(first, 36_045); // 45 of 100 are kept
    for minute in 1..60 {
        let share = capacity.settle(load(200, &capacity), 100, at(minute));
        assert!(share.abs_diff(first) < 700, "{share} in minute {minute}");
    }
}

#[test]
fn a_raise_is_given_time_to_take_effect() {
    let mut capacity = Capacity::new();
    let first = capacity.settle(Some(150), 100, at(0));
    // Clients still have the old answer.
    assert_eq!(capacity.settle(Some(150), 100, Instant::ZERO + Duration::from_secs(59)), first);
    assert!(capacity.settle(Some(150), 100, at(1)) > first);
}

#[test]
fn the_share_goes_down_slowly_and_all_the_way() {
    let mut capacity = Capacity::new();
    capacity.settle(Some(1000), 100, at(0));
    let mut last = capacity.share();
    for minute in 1..40 {
        let share = capacity.settle(load(20, &capacity), 100, at(minute));
        assert!(share <= last && last - share <= 2048);
        assert_eq!(capacity.settle(load(20, &capacity), 100, at(minute) + Duration::from_secs(1)), share);
        last = share;
    }
    assert_eq!(last, 0);
}

#[test]
fn a_load_that_nobody_knows_changes_nothing_and_no_capacity_sheds_nothing() {
    let mut capacity = Capacity::new();
    let share = capacity.settle(Some(300), 100, at(0));
    assert_eq!(capacity.settle(None, 100, at(5)), share);
    assert_eq!(capacity.settle(Some(300), 0, at(6)), 0);
}

#[test]
fn the_largest_numbers_are_shares_too() {
    let mut capacity = Capacity::new();
    assert_eq!(capacity.settle(Some(u64::MAX), 1, at(0)), u16::MAX);
    let share = capacity.settle(Some(u64::MAX), u64::MAX, at(1));
    assert!(capacity.settle(Some(0), u64::MAX, at(9)) <= share);
}
