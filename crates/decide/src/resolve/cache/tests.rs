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

fn text(owner: &str, len: usize) -> (Name, Known) {
    let data = wire::dns::Data::Other(RecordType::TXT, alloc::vec![0; len]);
    (name(owner), Known::Records(alloc::vec![Record { owner: name(owner), ttl: seconds(60), data }]))
}

#[test]
fn large_answers_cannot_make_a_cache_of_few_entries_a_large_one() {
    let mut cache = Cache::new(100);
    for number in 0..200 {
        let (owner, known) = text(&alloc::format!("n{number}"), 60_000);
        cache.keep(&owner, RecordType::TXT, known, seconds(60 + number), at(0));
        assert!(cache.weight <= 100 * MEAN_WEIGHT);
    }
    assert_eq!(cache.len(), 1, "one of them is there, and it is the one that ends last");
    assert!(cache.find(&name("n199"), RecordType::TXT, at(0)).is_some());
    let (owner, known) = text("huge", 200_000);
    cache.keep(&owner, RecordType::TXT, known, seconds(1000), at(0));
    assert_eq!((cache.len(), cache.weight), (0, 0), "what is larger than all of it is not kept");
}

#[test]
fn what_is_weighed_is_what_is_held() {
    let mut cache = Cache::new(5);
    let mut random = crate::random::SplitMix::new(1);
    for now in 0..500 {
        use crate::random::Random;
        let (owner, known) = text(&alloc::format!("n{}", random.below(12)), random.below(3000) as usize);
        cache.keep(&owner, RecordType::TXT, known, seconds(1 + random.below(50)), at(now));
        let server = RootServer { name: "ns".into(), address: "192.0.2.1:53".parse().expect("an address") };
        let zone = Zone { name: name(&alloc::format!("z{}", random.below(4))), ..Zone::root(&[server]) };
        cache.keep_zone(&zone, seconds(1 + random.below(50)), at(now));
        let held = cache.answers.values().map(|held| held.weight).chain(cache.zones.values().map(|held| held.weight));
        assert_eq!(held.sum::<usize>(), cache.weight);
        assert_eq!(cache.answers.len() + cache.zones.len(), cache.ends.len());
        assert!(cache.len() <= 5 && cache.weight <= 5 * MEAN_WEIGHT);
    }
}

#[test]
fn a_failure_lies_beside_what_is_out_of_date_and_is_kept_longer_there() {
    let mut cache = Cache::for_so_long(10, seconds(1000), seconds(100));
    let (owner, known) = text("a", 1);
    cache.keep(&owner, RecordType::TXT, known.clone(), seconds(10), at(0));
    cache.keep_failure(&owner, RecordType::TXT, "no", at(20));
    let left = cache.find(&owner, RecordType::TXT, at(20)).map(|(known, left)| (known.clone(), left));
    assert_eq!(left, Some((Known::Failed("no".into()), FAILURE_BRIDGED)));
    assert_eq!(cache.find_stale(&owner, RecordType::TXT, at(20)), Some(&known));
    assert_eq!(cache.find_stale(&owner, RecordType::TXT, at(110)), None, "that was too long ago");
    cache.keep(&owner, RecordType::TXT, known.clone(), seconds(10), at(21));
    assert_eq!(cache.find(&owner, RecordType::TXT, at(21)).map(|(known, _)| known), Some(&known), "news is better than a failure");
}

#[test]
fn a_server_gets_another_chance() {
    let mut cache = Cache::new(10);
    let server = "192.0.2.1:53".parse().expect("an address");
    cache.was_silent(server, seconds(3), at(0));
    assert_eq!(cache.server(server, at(1)).pace, Some(seconds(3)));
    assert_eq!(cache.server(server, Instant::ZERO + SERVER).pace, None);
    cache.answered(server, seconds(1), Instant::ZERO + SERVER);
    assert_eq!(cache.server(server, Instant::ZERO + SERVER).pace, Some(seconds(1)));
}
