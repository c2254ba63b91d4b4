use super::*;

/// RFC 1034 §6.1, RFC 4592 §2.2.1 and what they leave out, in one zone.
fn example() -> Zones {
    built(vec![
        zone(
            "example",
            "example 3600 SOA ns.example.com admin.example 1 7200 900 604800 600
             example NS ns.example.com
             example NS ns.example.net
             *.example TXT \"this is a wildcard\"
             *.example MX 10 host1.example
             sub.*.example TXT \"this is not a wildcard\"
             host1.example A 192.0.2.1
             _ssh._tcp.host1.example A 192.0.2.22
             _ssh._tcp.host2.example A 192.0.2.23
             subdel.example NS ns.example.com
             subdel.example NS ns.example.net
             glued.example NS ns1.glued.example
             glued.example NS ns1.sibling.example
             ns1.glued.example A 192.0.2.51
             sibling.example NS ns1.sibling.example
             ns1.sibling.example AAAA 2001:db8::52
             www.glued.example A 192.0.2.99
             alias.example CNAME host1.example
             out.example CNAME www.other.test
             away.example CNAME x.glued.example
             nowhere.example CNAME sub.host1.example
             one.example CNAME two.example
             two.example CNAME one.example
             old.example DNAME new.example
             below.old.example A 192.0.2.66
             www.new.example A 192.0.2.80
             svc.example HTTPS 0 web.svc.example
             web.svc.example HTTPS 1 . alpn=h2
             web.svc.example A 192.0.2.81",
        ),
        zone(
            "deep.host1.example",
            "deep.host1.example SOA ns.example admin.example 2 2 3 4 5
             deep.host1.example A 192.0.2.77
             to.deep.host1.example CNAME alias.example",
        ),
    ])
}

const SOA: &str = "au example 600 SOA ns.example.com admin.example 1 7200 900 604800 600";

#[test]
fn what_is_there_is_answered_in_the_case_of_the_question() {
    check_answer(&example(), "Host1.EXAMPLE A", "NOERROR aa exact\nan Host1.EXAMPLE 300 A 192.0.2.1");
    check_answer(&example(), "host1.example AAAA", &format!("NOERROR aa no-data\n{SOA}"));
}

#[test]
fn what_is_not_ours_is_refused() {
    check_answer(&example(), "example.com A", "REFUSED refused");
    check_answer(&example(), ". NS", "REFUSED refused");
}

/// RFC 4592 §2.2.1, sentence by sentence.
#[test]
fn wildcards_stand_for_what_is_not_there() {
    let zones = example();
    check_answer(
        &zones,
        "host3.example MX",
        "NOERROR aa wildcard
         an host3.example 300 MX 10 host1.example
         ad host1.example 300 A 192.0.2.1",
    );
    check_answer(&zones, "host3.example A", &format!("NOERROR aa wildcard-no-data\n{SOA}"));
    check_answer(&zones, "foo.bar.example TXT", "NOERROR aa wildcard\nan foo.bar.example 300 TXT \"this is a wildcard\"");
    check_answer(&zones, "host1.example MX", &format!("NOERROR aa no-data\n{SOA}"));
    check_answer(&zones, "sub.*.example MX", &format!("NOERROR aa no-data\n{SOA}"));
    // `_tcp.host1.example` is there without records, and has no wildcard.
    check_answer(&zones, "_telnet._tcp.host1.example SRV", &format!("NXDOMAIN aa no-name\n{SOA}"));
    check_answer(&zones, "_tcp.host1.example MX", &format!("NOERROR aa no-data\n{SOA}"));
    check_answer(
        &zones,
        "host.subdel.example A",
        "NOERROR delegation
         au subdel.example 300 NS ns.example.com
         au subdel.example 300 NS ns.example.net",
    );
    check_answer(&zones, "ghost.*.example MX", &format!("NXDOMAIN aa no-name\n{SOA}"));
    check_answer(&zones, "*.example TXT", "NOERROR aa exact\nan *.example 300 TXT \"this is a wildcard\"");
}

#[test]
fn delegations_come_with_the_addresses_that_are_needed_to_follow_them() {
    let referral = "NOERROR delegation
         au glued.example 300 NS ns1.glued.example
         au glued.example 300 NS ns1.sibling.example
         ad ns1.glued.example 300 A 192.0.2.51
         ad ns1.sibling.example 300 AAAA 2001:db8::52";
    for question in ["glued.example NS", "www.glued.example A", "ns1.glued.example A", "a.b.c.glued.example DS", "glued.example ANY"] {
        check_answer(&example(), question, referral);
    }
    // RFC 4035 §3.1.4.1: at the cut itself, DS is the parent's.
    check_answer(&example(), "glued.example DS", &format!("NOERROR aa no-data\n{SOA}"));
}

#[test]
fn a_zone_within_another_of_ours_answers_for_itself() {
    let zones = example();
    check_answer(&zones, "deep.host1.example A", "NOERROR aa exact\nan deep.host1.example 300 A 192.0.2.77");
    let soa = "au deep.host1.example 5 SOA ns.example admin.example 2 2 3 4 5";
    check_answer(&zones, "x.deep.host1.example A", &format!("NXDOMAIN aa no-name\n{soa}"));
    // The parent is asked for DS, and knows nothing of this name.
    check_answer(&zones, "deep.host1.example DS", &format!("NXDOMAIN aa no-name\n{SOA}"));
    check_answer(
        &zones,
        "to.deep.host1.example A",
        "NOERROR aa exact
         an to.deep.host1.example 300 CNAME alias.example
         an alias.example 300 CNAME host1.example
         an host1.example 300 A 192.0.2.1",
    );
}

#[test]
fn aliases_are_followed_as_far_as_they_are_ours() {
    let zones = example();
    check_answer(&zones, "alias.example CNAME", "NOERROR aa exact\nan alias.example 300 CNAME host1.example");
    check_answer(&zones, "out.example A", "NOERROR aa alias\nan out.example 300 CNAME www.other.test");
    check_answer(&zones, "alias.example TXT", &format!("NOERROR aa no-data\nan alias.example 300 CNAME host1.example\n{SOA}"));
    // RFC 6604 §3: the code is that of the last name.
    check_answer(&zones, "nowhere.example A", &format!("NXDOMAIN aa no-name\nan nowhere.example 300 CNAME sub.host1.example\n{SOA}"));
    check_answer(
        &zones,
        "away.example A",
        "NOERROR aa delegation
         an away.example 300 CNAME x.glued.example
         au glued.example 300 NS ns1.glued.example
         au glued.example 300 NS ns1.sibling.example
         ad ns1.glued.example 300 A 192.0.2.51
         ad ns1.sibling.example 300 AAAA 2001:db8::52",
    );
    check_answer(
        &zones,
        "one.example A",
        "NOERROR aa alias-loop
         an one.example 300 CNAME two.example
         an two.example 300 CNAME one.example",
    );
}

/// RFC 6672.
#[test]
fn trees_of_aliases() {
    let zones = example();
    check_answer(
        &zones,
        "www.OLD.example A",
        "NOERROR aa exact
         an old.example 300 DNAME new.example
         an www.OLD.example 300 CNAME www.new.example
         an www.new.example 300 A 192.0.2.80",
    );
    check_answer(&zones, "old.example DNAME", "NOERROR aa exact\nan old.example 300 DNAME new.example");
    check_answer(&zones, "old.example A", &format!("NOERROR aa no-data\n{SOA}"));
    // §2.4: what is below is hidden.
    check_answer(
        &zones,
        "below.old.example A",
        &format!("NXDOMAIN aa no-name\nan old.example 300 DNAME new.example\nan below.old.example 300 CNAME below.new.example\n{SOA}"),
    );
    let long = ["x".repeat(63), "x".repeat(63), "x".repeat(63), "x".repeat(45)].join(".");
    let zones = built(vec![zone("e", &format!("e SOA e e 1 2 3 4 5\no.e DNAME {long}.e"))]);
    check_answer(&zones, "abcdefghi.abcdefghi.o.e A", &format!("{} aa too-long\nan o.e 300 DNAME {long}.e", wire::dns::ResponseCode(6)));
}

/// RFC 6672 §5.3.1 speaks of rings of them.
#[test]
fn a_tree_that_leads_into_itself_ends() {
    let zones = built(vec![zone("e", "e SOA e e 1 2 3 4 5\no.e DNAME a.o.e\ns.e DNAME s.e\nt.e DNAME x.u.e\nu.e DNAME x.t.e")]);
    check_answer(&zones, "x.o.e A", "NOERROR aa alias-loop\nan o.e 300 DNAME a.o.e\nan x.o.e 300 CNAME x.a.o.e");
    check_answer(&zones, "x.s.e A", "NOERROR aa alias-loop\nan s.e 300 DNAME s.e\nan x.s.e 300 CNAME x.s.e");
    let answer = ask(&zones, "x.t.e A");
    assert!(answer.starts_with("NOERROR aa alias-loop"), "{answer}");
    assert_eq!(answer.lines().count(), 3 + MOST_ALIASES + 1, "{answer}");
}

/// RFC 4592 §4.2: named, it delegates; for the names that it stands for, its records are records.
#[test]
fn a_wildcard_of_servers() {
    let zones = built(vec![zone("e", "e SOA e e 1 2 3 4 5\n*.e NS a.x\nb.*.e A 192.0.2.1")]);
    for asked in ["*.e A", "*.e NS", "b.*.e A", "c.b.*.e A"] {
        check_answer(&zones, asked, "NOERROR delegation\nau *.e 300 NS a.x");
    }
    check_answer(&zones, "b.e NS", "NOERROR aa wildcard\nan b.e 300 NS a.x");
    check_answer(&zones, "c.b.e A", "NOERROR aa wildcard-no-data\nau e 5 SOA e e 1 2 3 4 5");
}

/// Nobody can ask for it; but a resolver that has no address of a server within what it serves is lost.
#[test]
fn a_wildcard_below_a_delegation_is_glue() {
    let zones = built(vec![zone("e", "e SOA e e 1 2 3 4 5\na.e NS b.a.e\na.e NS b.c.e\n*.a.e A 192.0.2.1\nc.e MX 1 b.a.e")]);
    check_answer(
        &zones,
        "x.a.e A",
        "NOERROR delegation
         au a.e 300 NS b.a.e
         au a.e 300 NS b.c.e
         ad b.a.e 300 A 192.0.2.1",
    );
    check_answer(&zones, "c.e MX", "NOERROR aa exact\nan c.e 300 MX 1 b.a.e");
}

#[test]
fn of_any_type_there_is_one() {
    let zones = example();
    check_answer(&zones, "host1.example ANY", "NOERROR aa any\nan host1.example 300 A 192.0.2.1");
    check_answer(&zones, "alias.example ANY", "NOERROR aa any\nan alias.example 300 CNAME host1.example");
    check_answer(&zones, "new.example ANY", &format!("NOERROR aa no-data\n{SOA}"));
}

#[test]
fn types_that_no_record_has() {
    for (kind, code) in [("TYPE0", 1), ("OPT", 1), ("TYPE128", 1), ("TSIG", 1), ("AXFR", 5), ("MAILB", 4)] {
        let answer = ask(&example(), &format!("host1.example {kind}"));
        assert_eq!(answer, format!("{} not-asked", wire::dns::ResponseCode(code)), "{kind}");
    }
}

/// RFC 9460 §4.1.
#[test]
fn of_an_alias_of_a_service_its_target_comes_along() {
    check_answer(
        &example(),
        "svc.example HTTPS",
        "NOERROR aa exact
         an svc.example 300 HTTPS 0 web.svc.example
         ad web.svc.example 300 HTTPS 1 . alpn=h2
         ad web.svc.example 300 A 192.0.2.81",
    );
    check_answer(
        &example(),
        "web.svc.example HTTPS",
        "NOERROR aa exact
         an web.svc.example 300 HTTPS 1 . alpn=h2
         ad web.svc.example 300 A 192.0.2.81",
    );
}

#[test]
fn the_root_is_a_zone_like_any_other() {
    let zones = built(vec![zone(".", ". SOA a b 1 2 3 4 5\n. NS ns.test\ntest NS ns.test\nns.test A 192.0.2.1")]);
    check_answer(&zones, ". NS", "NOERROR aa exact\nan . 300 NS ns.test\nad ns.test 300 A 192.0.2.1");
    check_answer(&zones, "a.test A", "NOERROR delegation\nau test 300 NS ns.test\nad ns.test 300 A 192.0.2.1");
    check_answer(&zones, "other A", "NXDOMAIN aa no-name\nau . 5 SOA a b 1 2 3 4 5");
}

proptest::proptest! {
    /// Against the plain reading of RFC 1034 and 4592, over small zones of few labels.
    #[test]
    fn what_is_found_is_what_a_slow_search_finds(
        owners in proptest::collection::vec(proptest::collection::vec("[ab*]", 1..4), 0..6),
        asked in proptest::collection::vec("[abc*]", 0..5),
    ) {
        let spelled = |labels: &Vec<String>| labels.iter().map(|label| format!("{label}.")).collect::<String>() + "z";
        let owners: alloc::collections::BTreeSet<String> = owners.iter().map(spelled).collect();
        let lines: String = owners.iter().map(|owner| format!("{owner} TXT {owner}\n")).collect();
        let zones = built(vec![zone("z", &format!("z SOA z z 1 2 3 4 5\n{lines}"))]);
        let asked = spelled(&asked);
        let there = |name: &str| name == "z" || owners.iter().any(|owner| owner == name || owner.ends_with(&format!(".{name}")));
        let mut encloser = asked.as_str();
        while !there(encloser) {
            encloser = encloser.split_once('.').expect("the zone is there").1;
        }
        let from = if encloser == asked { asked.clone() } else { format!("*.{encloser}") };
        let rule = match (encloser == asked, there(&from), owners.contains(&from)) {
            (true, _, true) => "exact",
            (true, _, false) => "no-data",
            (false, _, true) => "wildcard",
            (false, true, false) => "wildcard-no-data",
            (false, false, _) => "no-name",
        };
        let answer = ask(&zones, &format!("{asked} TXT"));
        proptest::prop_assert!(answer.lines().next().expect("a line").ends_with(&format!(" {rule}")), "{answer}");
        proptest::prop_assert_eq!(owners.contains(&from), answer.contains(&format!("TXT \"{from}\"")));
    }
}
