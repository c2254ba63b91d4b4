use super::super::made::Authority;
use super::*;

fn exact(host: &str) -> HostPattern {
    HostPattern::Exact(host.to_string())
}

fn wildcard(suffix: &str) -> HostPattern {
    HostPattern::Wildcard(suffix.to_string())
}

#[test]
fn a_certificate_says_whose_it_is_and_for_how_long() {
    let authority = Authority::new();
    let leaf = authority.sign(&["Example.COM", "*.example.com", "192.0.2.7", "2001:db8::7"], [2026, 2027]);
    let facts = Facts::of(&leaf.chain[0]).unwrap();
    assert_eq!(facts.names, [exact("example.com"), wildcard(".example.com")]);
    assert_eq!(facts.addresses, ["192.0.2.7".parse::<IpAddr>().unwrap(), "2001:db8::7".parse().unwrap()]);
    assert_eq!((facts.subject.as_str(), facts.self_signed), ("CN=Example.COM", false));
    // 2026-01-01 and 2027-01-01
    assert_eq!((facts.not_before.0.as_secs(), facts.not_after.0.as_secs()), (1_767_225_600, 1_798_761_600));
    assert!(Facts::of(&authority.der).unwrap().self_signed);
}

#[test]
fn a_wildcard_stands_for_one_label() {
    let leaf = Authority::new().sign(&["example.com", "*.example.com", "192.0.2.7"], [2026, 2027]);
    let facts = Facts::of(&leaf.chain[0]).unwrap();
    for host in [exact("example.com"), exact("www.example.com"), exact("192.0.2.7"), wildcard(".example.com"), HostPattern::Any] {
        assert!(facts.covers(&host), "{host:?}");
    }
    for host in ["a.b.example.com", ".example.com", "com", "example.org", "wwwexample.com", "192.0.2.8", "[2001:db8::7]"] {
        assert!(!facts.covers(&exact(host)), "{host}");
    }
    assert!(!facts.covers(&wildcard(".b.example.com")));
}

#[test]
fn a_key_that_was_made_for_another_does_not_fit() {
    let authority = Authority::new();
    let (one, other) = (authority.sign(&["a.example"], [2026, 2027]), authority.sign(&["b.example"], [2026, 2027]));
    assert_eq!(check(&one), Ok(()));
    let wrong = Certificate { key: other.key, ..one.clone() };
    assert_eq!(check(&wrong), Err("the key does not belong to the certificate"));
    let nonsense = Certificate { key: Secret(vec![1, 2, 3]), ..one };
    assert_eq!(check(&nonsense), Err("the key is of a kind that is not known here"));
}

#[test]
fn what_is_no_certificate_is_none() {
    let leaf = Authority::new().sign(&["a.example"], [2026, 2027]).chain.remove(0);
    for cut in 0..leaf.len() {
        assert_eq!(Facts::of(&leaf[..cut]), None);
    }
    // Any byte changed: read or not, but never a panic.
    for at in 0..leaf.len() {
        let mut changed = leaf.clone();
        changed[at] = changed[at].wrapping_add(1);
        let _ = Facts::of(&changed);
    }
    assert_eq!(chain_of_pem(b""), Err("there is no certificate in it"));
    assert_eq!(chain_of_pem(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), Err("a certificate in it cannot be read"));
    assert_eq!(key_of_pem(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), Err("there is no private key in it"));
}
