use super::*;
use crate::resolve::settings::RootServer;
use alloc::string::ToString;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn what_is_kept_holds_as_long_as_it_says_and_no_longer() {
    let mut cache = Cache::new(10);
    cache.keep(&name("a.example"), RecordType::A, Known::NoData(None), seconds(5), at(1));
    assert_eq!(cache.find(&name("A.example"), RecordType::A, at(3)), Some((&Known::NoData(None), seconds(3))));
    assert_eq!(cache.find(&name("a.example"), RecordType::AAAA, at(3)), None);
    assert_eq!(cache.find(&name("a.example"), RecordType::A, at(6)), None);
}

#[test]
fn a_name_that_is_not_there_has_nothing_of_any_type() {
    let mut cache = Cache::new(10);
    cache.keep(&name("a.example"), RecordType::A, Known::NoName(None), seconds(5), at(0));
    assert_eq!(cache.find(&name("a.example"), RecordType::HTTPS, at(0)).map(|(known, _)| known), Some(&Known::NoName(None)));
}

#[test]
fn what_has_no_time_to_live_is_not_kept_and_nothing_is_kept_for_ever() {
    let mut cache = Cache::new(10);
    cache.keep(&name("a"), RecordType::A, Known::NoData(None), Duration::ZERO, at(0));
    assert!(cache.is_empty());
    cache.keep(&name("a"), RecordType::A, Known::NoData(None), Duration::MAX, at(0));
    assert_eq!(cache.find(&name("a"), RecordType::A, at(0)).map(|(_, left)| left), Some(LONGEST_ABSENCE));
    cache.keep_failure(&name("b"), RecordType::A, "no", at(0));
    assert_eq!(cache.find(&name("b"), RecordType::A, at(0)).map(|(_, left)| left), Some(FAILURE));
}

#[test]
fn a_full_cache_forgets_what_ends_first() {
    let mut cache = Cache::new(2);
    for (label, ttl) in [("a", 30), ("b", 10), ("c", 20)] {
        cache.keep(&name(label), RecordType::A, Known::NoData(None), seconds(ttl), at(0));
    }
    assert_eq!(cache.len(), 2);
    assert!(cache.find(&name("b"), RecordType::A, at(0)).is_none());
    cache.keep(&name("a"), RecordType::A, Known::NoData(None), seconds(40), at(0));
    assert_eq!(cache.len(), 2);
}

#[test]
fn the_nearest_zone_is_found_and_one_that_has_ended_is_not() {
    let mut cache = Cache::new(10);
    let server = RootServer { name: "ns".into(), address: "192.0.2.1:53".parse().expect("an address") };
    for (zone, ttl) in [("org", 100), ("example.org", 10)] {
        cache.keep_zone(&Zone { name: name(zone), ..Zone::root(core::slice::from_ref(&server)) }, seconds(ttl), at(0));
    }
    let nearest = |of: &str, now| cache.zone_above(&name(of), at(now)).map(|zone| zone.name.to_string());
    assert_eq!(nearest("www.example.org", 5).as_deref(), Some("example.org"));
    assert_eq!(nearest("www.example.org", 10).as_deref(), Some("org"));
    assert_eq!(nearest("www.example.net", 5), None);
}

#[test]
fn a_server_has_a_pace() {
    let mut cache = Cache::new(1);
    let [one, other] = ["192.0.2.1:53", "192.0.2.2:53"].map(|at| at.parse().expect("an address"));
    cache.answered(one, seconds(1), at(0));
    cache.answered(one, seconds(9), at(1));
    assert_eq!(cache.server(one, at(3)).pace, Some(seconds(2)));
    cache.was_silent(one, seconds(1), at(2));
    assert_eq!(cache.server(one, at(3)).pace, Some(seconds(4)));
    cache.is_plain(other, at(2));
    assert!(cache.server(other, at(3)).plain && cache.server(one, at(3)).pace.is_none());
}
