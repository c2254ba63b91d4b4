use super::*;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use proptest::prelude::*;

fn exact(name: &str) -> HostPattern {
    HostPattern::Exact(name.to_string())
}

#[test]
fn the_names_of_a_site_share_one_certificate() {
    let hosts = [exact("www.example.com"), exact("example.com"), exact("www.example.com"), exact("xn--bcher-kva.example.")];
    let (wanted, refused) = wanted("shop", &hosts);
    let names = ["example.com", "www.example.com", "xn--bcher-kva.example"].map(String::from).to_vec();
    assert_eq!(wanted, Some(Wanted { site: "shop".to_string(), names }));
    assert_eq!(refused, []);
}

#[test]
fn a_wildcard_is_left_out_and_told_what_it_needs() {
    let (wanted, refused) = wanted("shop", &[HostPattern::Wildcard(".example.com".to_string()), exact("example.com")]);
    assert_eq!(wanted.expect("one name can have one").names, ["example.com"]);
    assert_eq!(refused, [Refused::Wildcard(".example.com".to_string())]);
    let told = refused[0].to_string();
    assert!(told.starts_with("*.example.com: ") && told.contains("dns-01"), "{told}");
}

#[test]
fn addresses_and_what_dns_cannot_hold_are_left_out() {
    assert_eq!(wanted("any", &[HostPattern::Any]), (None, vec![Refused::Any]));
    for address in ["192.0.2.1", "[2001:db8::1]"] {
        assert_eq!(wanted("bare", &[exact(address)]), (None, vec![Refused::Address(address.to_string())]));
    }
    let long_label = "a".repeat(64);
    let long_name = vec!["a".repeat(50); 5].join(".");
    for name in ["", ".", "a..b", "-a.test", "a-.test", "a_b.test", "bücher.example", "a b.test", &long_label, &long_name] {
        assert_eq!(wanted("odd", &[exact(name)]), (None, vec![Refused::NotAName(name.to_string())]), "{name}");
    }
    assert!(wanted("fits", &[exact(&"a".repeat(63))]).0.is_some());
}

proptest! {
    #[test]
    fn what_is_ordered_is_sorted_and_nothing_is_lost(labels in proptest::collection::vec("[a-z0-9_-]{1,6}", 1..8)) {
        let hosts: Vec<HostPattern> = labels.iter().map(|label| exact(&format!("{label}.test"))).collect();
        let (wanted, refused) = wanted("site", &hosts);
        let names = wanted.map_or_else(Vec::new, |wanted| wanted.names);
        prop_assert!(names.is_sorted_by(|one, next| one < next));
        for host in hosts {
            let HostPattern::Exact(name) = host else { unreachable!() };
            prop_assert_ne!(names.contains(&name), refused.contains(&Refused::NotAName(name)));
        }
    }
}
