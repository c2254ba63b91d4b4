use super::*;
use crate::steer::Origin;
use alloc::vec::Vec;

fn route(med: u32) -> Route {
    Route { local_pref: 100, path_len: 1, origin: Origin::Igp, med, origin_as: 65_001 }
}

fn network(text: &str) -> Network {
    Network::parse(text).expect("a network")
}

#[test]
fn the_last_word_on_a_network_counts() {
    let now = Instant::ZERO;
    let mut loading = Loading::new(10, now);
    assert!(loading.is_empty());
    for (text, med) in
        [("10.1.0.0/16", Some(1)), ("10.0.0.0/8", Some(2)), ("2001:db8::/32", Some(3)), ("10.1.0.0/16", Some(4)), ("10.0.0.0/8", None)]
    {
        loading.take(network(text), med.map(route), now);
    }
    let (whole, loaded) = loading.finish(End::EndOfRib, now + Duration::from_secs(2));
    assert_eq!(whole.iter().collect::<Vec<_>>(), [(network("10.1.0.0/16"), route(4)), (network("2001:db8::/32"), route(3))]);
    assert_eq!(loaded, Loaded { networks: 2, beyond: 0, end: End::EndOfRib, took: Duration::from_secs(2) });
}

#[test]
fn what_is_beyond_the_bound_is_counted_and_not_kept() {
    let now = Instant::ZERO;
    let mut loading = Loading::new(1000, now);
    for number in 0..50_000u32 {
        loading.take(Network::of(core::net::Ipv4Addr::from_bits(number << 8).into(), 24), Some(route(0)), now);
        assert!(loading.said.words() < 1 << 16);
    }
    let (whole, loaded) = loading.finish(End::Quiet, now);
    assert_eq!((whole.len(), loaded.beyond), (1000, 49_000));
}

#[test]
fn it_is_whole_when_nothing_comes_for_a_while_or_after_two_minutes() {
    let at = |secs| Instant::ZERO + Duration::from_secs(secs);
    let mut loading = Loading::new(10, at(0));
    // As long as nothing came at all, silence says nothing.
    assert_eq!(loading.due(), (at(120), End::Time));
    loading.take(network("10.0.0.0/8"), Some(route(1)), at(20));
    assert_eq!(loading.due(), (at(30), End::Quiet));
    loading.take(network("10.0.0.0/8"), Some(route(1)), at(115));
    assert_eq!(loading.due(), (at(120), End::Time));
}
