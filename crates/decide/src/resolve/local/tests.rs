use super::*;
use alloc::string::ToString;

fn answer(public: bool, of: &str, kind: u16) -> Option<(u16, usize)> {
    let query = Query { name: Name::parse(of).expect("a name"), kind: RecordType(kind) };
    LocalNames::new(public).answer(&query).map(|reply| (reply.code.0, reply.answer.len()))
}

#[test]
fn every_zone_of_the_list_is_a_name_and_denies_what_is_below_it() {
    for zone in &LocalNames::new(true).0 {
        let below = alloc::format!("x.{zone}");
        let code = if below == "x.localhost" { 0 } else { 3 };
        assert_eq!(answer(true, &below, 16), Some((code, 0)), "{zone}");
        assert_eq!(answer(true, &zone.to_string(), 6), Some((0, 1)), "{zone}");
    }
}

#[test]
fn private_networks_end_where_they_end() {
    for (inside, outside) in [
        ("1.16.172.in-addr.arpa", "1.15.172.in-addr.arpa"),
        ("1.31.172.in-addr.arpa", "1.32.172.in-addr.arpa"),
        ("64.100.in-addr.arpa", "63.100.in-addr.arpa"),
        ("127.100.in-addr.arpa", "128.100.in-addr.arpa"),
        ("1.10.in-addr.arpa", "1.11.in-addr.arpa"),
        ("1.168.192.in-addr.arpa", "1.167.192.in-addr.arpa"),
        ("a.test", "a.testing"),
    ] {
        assert!(answer(true, inside, 12).is_some() && answer(true, outside, 12).is_none(), "{inside} {outside}");
        assert_eq!(answer(false, inside, 12), None, "whoever is asked instead may know of it");
    }
}

#[test]
fn whoever_walks_this_machine_is_this_machine() {
    assert_eq!(answer(false, "LocalHost", 1), Some((0, 1)));
    assert_eq!(answer(false, "a.b.localhost", 28), Some((0, 1)));
    assert_eq!(answer(false, "localhost.example", 1), None);
    assert_eq!(answer(false, ".", 2), None);
    assert_eq!(answer(true, "test", 43), None, "that is the root's to tell");
}
