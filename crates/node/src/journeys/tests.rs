use super::*;
use decide::config::TokenHash;
use decide::joined::Parent;
use decide::step::JourneyId;

fn key(request: u64) -> Key {
    Key { token: TokenHash([1; 32]), parent: Parent { trace: JourneyId(7), request } }
}

fn at(secs: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(secs)
}

#[test]
fn a_journey_is_kept_for_a_moment() {
    let journeys = Journeys::default();
    assert_eq!(journeys.get(&key(1), at(0)), Known::Unknown);
    journeys.begin(key(1));
    assert_eq!(journeys.get(&key(1), at(100)), Known::UnderWay);
    journeys.end(key(1), "one".to_string(), at(100));
    assert_eq!(journeys.get(&key(1), at(109)), Known::Whole("one".into()));
    assert_eq!(journeys.get(&key(1), at(110)), Known::Unknown);
}

#[test]
fn only_the_same_token_asks_for_it() {
    let journeys = Journeys::default();
    journeys.begin(key(1));
    journeys.end(key(1), "one".to_string(), at(0));
    let other = Key { token: TokenHash([2; 32]), ..key(1) };
    assert_eq!(journeys.get(&other, at(0)), Known::Unknown);
    assert_eq!(journeys.get(&key(2), at(0)), Known::Unknown);
}

#[test]
fn the_oldest_make_room() {
    let journeys = Journeys::default();
    for request in 0..10_000 {
        journeys.begin(key(request));
        if request % 2 == 0 {
            journeys.end(key(request), "x".repeat(100), at(0));
        }
    }
    let kept = journeys.lock();
    assert_eq!((kept.by_key.len(), kept.bytes), (MOST, MOST / 2 * 100));
    assert!(kept.order.len() <= 4 * MOST);
    drop(kept);
    assert_eq!(journeys.get(&key(9_999), at(0)), Known::UnderWay);
    assert_eq!(journeys.get(&key(5), at(0)), Known::Unknown);
}

#[test]
fn long_ones_make_room_too_and_too_long_ones_stay_out() {
    let journeys = Journeys::default();
    for request in 0..10 {
        journeys.begin(key(request));
        journeys.end(key(request), "x".repeat(1 << 20), at(0));
    }
    assert_eq!(journeys.lock().bytes, MOST_BYTES);
    journeys.begin(key(99));
    journeys.end(key(99), "x".repeat(MOST_BYTES + 1), at(0));
    assert_eq!((journeys.get(&key(99), at(0)), journeys.lock().bytes), (Known::Unknown, MOST_BYTES));
}

#[test]
fn one_key_again_and_again_is_one_journey() {
    let journeys = Journeys::default();
    for round in 0..10_000 {
        journeys.begin(key(1));
        journeys.end(key(1), format!("{round}"), at(0));
    }
    assert_eq!(journeys.get(&key(1), at(0)), Known::Whole("9999".into()));
    let kept = journeys.lock();
    assert!((kept.by_key.len(), kept.bytes) == (1, 4) && kept.order.len() <= 4 * MOST, "{}", kept.order.len());
}
