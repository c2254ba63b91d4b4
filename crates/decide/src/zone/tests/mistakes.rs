use super::*;

#[track_caller]
fn mistakes(lines: &str, expected: &[(Level, Option<usize>, &str)]) {
    let found = check(&zone("e", lines));
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, (level, record, what)) in found.iter().zip(expected) {
        assert_eq!((found.level, found.record), (*level, *record), "{found:?}");
        assert!(found.what.contains(what), "{found:?}");
    }
}

const SOA: &str = "e SOA ns.x admin.x 1 2 3 4 5\ne NS ns.x\n";

#[test]
fn every_mistake_is_told_with_its_record() {
    use Level::{Error, Warning};
    mistakes("e NS ns.x\na.e A 192.0.2.1", &[(Error, None, "no SOA")]);
    mistakes("e SOA a b 1 2 3 4 5", &[(Warning, None, "no NS record")]);
    mistakes(&format!("{SOA}e SOA a b 1 2 3 4 5"), &[(Error, Some(2), "second SOA")]);
    mistakes(
        &format!("{SOA}a.f A 192.0.2.1\nb.e CNAME c.e\nb.e A 192.0.2.1"),
        &[(Error, Some(2), "not within"), (Error, Some(3), "alias")],
    );
    mistakes(&format!("{SOA}b.e CNAME c.e\nb.e CNAME d.e"), &[(Error, Some(3), "second CNAME")]);
    // Said twice is said once (RFC 2181 §5), whatever the case of its letters.
    mistakes(&format!("{SOA}{SOA}b.e CNAME c.e\nB.e CNAME C.e\nd.e DNAME c.e\nd.e DNAME c.e"), &[]);
    mistakes(&format!("{SOA}d.e DNAME c.e\nd.e DNAME c.e\nd.e DNAME b.e"), &[(Error, Some(4), "second DNAME")]);
    mistakes(
        &format!("{SOA}b.e 1 A 192.0.2.1\nb.e 2 A 192.0.2.2"),
        &[(Warning, Some(3), "different times to live, 1 and 2: all are given 1")],
    );
    mistakes(&format!("{SOA}s.e NS a.s.e"), &[(Warning, Some(2), "glue")]);
    mistakes(&format!("{SOA}o.e DNAME n.e\na.o.e A 192.0.2.1"), &[(Warning, Some(3), "below o.e")]);
    mistakes(&format!("{SOA}s.e NS b\na.s.e A 192.0.2.1\na.s.e TXT x"), &[(Warning, Some(4), "below s.e")]);
    mistakes(&format!("{SOA}s.e NS b.e\nb.e CNAME x"), &[(Warning, Some(2), "an alias")]);
}

#[test]
fn sets_and_plain_records_do_not_mix() {
    let mut one = zone("e", &format!("{SOA}www.e A 192.0.2.1\nb.e CNAME c"));
    for owner in ["www.e", "b.e", "www.f"] {
        one.sets.push(DynamicSet { owner: name(owner), ttl: 1, source: Source::Steering(0) });
    }
    let found: Vec<_> = check(&one).into_iter().map(|mistake| mistake.what).collect();
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found[0].contains("both a set and plain records"));
    assert!(Zones::build(&dns(vec![one])).is_err());
}

#[test]
fn a_zone_is_there_once() {
    let twice = Zones::build(&dns(vec![zone("e", SOA), zone("E", SOA)])).expect_err("twice");
    assert!(twice[0].what.contains("twice"));
}
