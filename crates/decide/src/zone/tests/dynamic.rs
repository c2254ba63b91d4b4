use super::*;

fn values(texts: &[(&str, u32)], kind: RecordType, order: Order) -> Source {
    let data = |text: &str| {
        let record = Record::parse(&format!("x {kind} {text}"), Duration::ZERO).expect("a record");
        record.data
    };
    Source::Values { kind, values: texts.iter().map(|(text, weight)| (data(text), *weight)).collect(), order }
}

fn with(source: Source) -> Zones {
    let mut plain = zone("e", "e SOA e e 1 2 3 4 5\nwww.e TXT plain\nalias.e CNAME www.e\na.e A 192.0.2.9");
    plain.sets.push(DynamicSet { owner: name("www.e"), ttl: 20, source });
    built(vec![plain])
}

fn answers(zones: &Zones, given: &mut Fixed, question: &str) -> (Vec<String>, Vec<How>, Option<u8>) {
    let (asked, of) = question.split_once(' ').expect("a name and a type");
    let asked = name(asked);
    let reply = zones.answer(&Asked { name: &asked, kind: kind(of), dnssec_ok: false }, given);
    let sets = reply.answer.iter().filter(|set| set.kind == kind(of));
    let data = sets.flat_map(|set| set.data.iter().map(ToString::to_string)).collect();
    (data, reply.why.choices.into_iter().map(|choice| choice.how).collect(), reply.scope)
}

#[test]
fn each_answer_begins_with_the_next_one() {
    let zones = with(values(&[("192.0.2.1", 1), ("192.0.2.2", 1), ("192.0.2.3", 1)], RecordType::A, Order::Rotate));
    let mut given = fixed();
    let mut firsts = Vec::new();
    for _ in 0..4 {
        let (data, how, scope) = answers(&zones, &mut given, "www.e A");
        assert_eq!((data.len(), scope), (3, None));
        assert!(matches!(how[..], [How::Rotated { of: 3, .. }]));
        firsts.push(data[0].clone());
    }
    assert_eq!(firsts, ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1"]);
    // An alias leads there too, and what else the name has is as it was.
    assert_eq!(answers(&zones, &mut given, "alias.e A").0.len(), 3);
    assert_eq!(answers(&zones, &mut given, "www.e TXT").0, ["\"plain\""]);
    assert!(ask(&zones, "www.e AAAA").starts_with("NOERROR aa no-data"));
}

#[test]
fn a_weight_is_how_often() {
    let zones = with(values(&[("192.0.2.1", 1), ("192.0.2.2", 0), ("192.0.2.3", 3)], RecordType::A, Order::Weighted));
    let mut given = fixed();
    let drawn: Vec<_> = (0..4000).flat_map(|_| answers(&zones, &mut given, "www.e A").0).collect();
    let count = |of: &str| drawn.iter().filter(|address| *address == of).count();
    assert_eq!((drawn.len(), count("192.0.2.2")), (4000, 0));
    assert!((900..1100).contains(&count("192.0.2.1")), "{}", count("192.0.2.1"));
    // No weight at all is the same weight for all.
    let zones = with(values(&[("192.0.2.1", 0), ("192.0.2.2", 0)], RecordType::A, Order::Weighted));
    assert!((0..100).any(|_| answers(&zones, &mut given, "www.e A").0 == ["192.0.2.2"]));
}

#[test]
fn the_first_healthy_one_is_given_and_if_none_is_the_first() {
    let zones = with(values(&[("192.0.2.1", 1), ("192.0.2.2", 1)], RecordType::A, Order::First));
    let mut given = fixed();
    assert_eq!(answers(&zones, &mut given, "www.e A"), (vec!["192.0.2.1".to_string()], vec![How::First { place: 0 }], None));
    given.ill = vec![[192, 0, 2, 1].into()];
    assert_eq!(answers(&zones, &mut given, "www.e A"), (vec!["192.0.2.2".to_string()], vec![How::First { place: 1 }], None));
    given.ill.push([192, 0, 2, 2].into());
    assert_eq!(answers(&zones, &mut given, "www.e A"), (vec!["192.0.2.1".to_string()], vec![How::NoneHealthy], None));
}

#[test]
fn an_alias_by_weight_is_one_and_is_followed() {
    let mut plain = zone("e", "e SOA e e 1 2 3 4 5\na.e A 192.0.2.1\nb.e A 192.0.2.2");
    let source = values(&[("a.e", 1), ("b.e", 0)], RecordType::CNAME, Order::Weighted);
    plain.sets.push(DynamicSet { owner: name("*.e"), ttl: 20, source });
    let zones = built(vec![plain]);
    check_answer(&zones, "x.e A", "NOERROR aa exact\nan x.e 20 CNAME a.e\nan a.e 300 A 192.0.2.1");
}

#[test]
fn of_a_pool_the_healthy_addresses_of_the_family() {
    let zones = with(Source::Pool { pool: 0, order: Order::Fixed });
    let mut given = fixed();
    let member = |address: &str, healthy| Member { address: address.parse().expect("an address"), weight: 1, healthy };
    given.members = vec![member("192.0.2.1", false), member("192.0.2.2", true), member("2001:db8::1", true)];
    let (data, how, _) = answers(&zones, &mut given, "www.e A");
    assert_eq!((data, &how[0]), (vec!["192.0.2.2".to_string()], &How::Healthy { healthy: 2, of: 3 }));
    assert_eq!(answers(&zones, &mut given, "www.e AAAA").0, ["2001:db8::1"]);
    given.members.iter_mut().for_each(|member| member.healthy = false);
    let (data, how, _) = answers(&zones, &mut given, "www.e A");
    assert_eq!((data.len(), &how[0]), (2, &How::NoneHealthy));
}

/// Everything that could have been given, with the word for it or against it.
#[test]
fn what_is_left_out_has_its_reason() {
    let said = |source: Source, given: &mut Fixed, kind: RecordType| -> Vec<String> {
        let (zones, asked) = (with(source), name("www.e"));
        let reply = zones.answer(&Asked { name: &asked, kind, dnssec_ok: false }, given);
        reply.why.weighed.iter().flat_map(|weighed| weighed.candidates.iter().map(Candidate::line)).collect()
    };
    let two = |order| values(&[("192.0.2.1", 0), ("192.0.2.2", 3)], RecordType::A, order);
    let mut given = fixed();
    assert!(said(two(Order::Rotate), &mut given, RecordType::A).is_empty(), "nobody wants to know");
    given.weighs = true;
    let turned = ["192.0.2.1: given as number 2: in-turn, weight 0", "192.0.2.2: given as number 1: in-turn, weight 3"];
    assert_eq!(said(two(Order::Rotate), &mut given, RecordType::A), turned);
    let drawn = ["192.0.2.1: left out: no-weight, weight 0", "192.0.2.2: given as number 1: drawn, weight 3"];
    assert_eq!(said(two(Order::Weighted), &mut given, RecordType::A), drawn);
    let first = ["192.0.2.1: given as number 1: first-healthy, healthy, weight 0", "192.0.2.2: left out: not-first, healthy, weight 3"];
    assert_eq!(said(two(Order::First), &mut given, RecordType::A), first);
    given.ill = vec![[192, 0, 2, 1].into()];
    let second = ["192.0.2.1: left out: unhealthy, weight 0", "192.0.2.2: given as number 1: first-healthy, healthy, weight 3"];
    assert_eq!(said(two(Order::First), &mut given, RecordType::A), second);
    given.ill.push([192, 0, 2, 2].into());
    let none = ["192.0.2.1: given as number 1: none-healthy, unhealthy, weight 0", "192.0.2.2: left out: not-first, unhealthy, weight 3"];
    assert_eq!(said(two(Order::First), &mut given, RecordType::A), none);
    let member = |address: &str, healthy| Member { address: address.parse().expect("an address"), weight: 1, healthy };
    given.members = vec![member("192.0.2.1", false), member("192.0.2.2", true), member("2001:db8::1", true)];
    let of_pool = [
        "192.0.2.1: left out: unhealthy, weight 1",
        "192.0.2.2: given as number 1: as-written, healthy, weight 1",
        "2001:db8::1: left out: other-family, healthy, weight 1",
    ];
    assert_eq!(said(Source::Pool { pool: 0, order: Order::Fixed }, &mut given, RecordType::A), of_pool);
    let aliases = values(&[("a.e", 1), ("b.e", 1)], RecordType::CNAME, Order::Fixed);
    let one = said(aliases, &mut given, RecordType::CNAME);
    assert_eq!(one, ["a.e: given as number 1: as-written, weight 1", "b.e: left out: one-alias, weight 1"]);
}

#[test]
fn a_steering_tells_its_scope_even_where_it_has_nothing() {
    let zones = with(Source::Steering(0));
    let mut given = fixed();
    given.nearest = Nearest { pop: 2, addresses: vec!["192.0.2.7".parse().expect("an address")], scope: 21 };
    let (data, how, scope) = answers(&zones, &mut given, "alias.e A");
    assert_eq!((data, scope), (vec!["192.0.2.7".to_string()], Some(21)));
    assert!(matches!(how[..], [How::Nearest { pop: 2, scope: 21, .. }]));
    let (data, _, scope) = answers(&zones, &mut given, "www.e AAAA");
    assert_eq!((data.len(), scope), (0, Some(21)));
}

/// The next place, or the next minute, may have what this one lacks.
#[test]
fn what_a_set_lacks_now_is_believed_absent_no_longer_than_its_records_last() {
    let mut plain = zone("e", "e SOA e e 1 2 3 4 200");
    plain.sets.push(DynamicSet { owner: name("www.e"), ttl: 20, source: Source::Steering(0) });
    let zones = built(vec![plain]);
    let mut given = fixed();
    given.nearest = Nearest { pop: 2, addresses: vec!["192.0.2.7".parse().expect("an address")], scope: 21 };
    let mut ttl = |kind| {
        let asked = Asked { name: &name("www.e"), kind, dnssec_ok: false };
        let reply = zones.answer(&asked, &mut given);
        assert!(reply.answer.is_empty());
        reply.authority[0].ttl
    };
    assert_eq!([ttl(RecordType::AAAA), ttl(RecordType::MX)], [20, 200]);
}

/// Whoever follows a referral cannot ask for the addresses first: a server with several of them has them given in turn by default.
#[test]
fn glue_is_given_whatever_its_order() {
    let mut plain = zone("e", "e SOA e e 1 2 3 4 5\nsub.e NS ns.sub.e\ne MX 1 mx.e\nmx.e AAAA 2001:db8::1");
    for (owner, order) in [("ns.sub.e", Order::Rotate), ("mx.e", Order::Rotate)] {
        let source = values(&[("192.0.2.1", 1), ("192.0.2.2", 1)], RecordType::A, order);
        plain.sets.push(DynamicSet { owner: name(owner), ttl: 20, source });
    }
    let glue = "ad ns.sub.e 20 A 192.0.2.1\nad ns.sub.e 20 A 192.0.2.2";
    let referral = format!("NOERROR delegation\nau sub.e 300 NS ns.sub.e\n{glue}");
    let zones = built(vec![plain.clone()]);
    check_answer(&zones, "x.sub.e A", &referral);
    let mail = "an e 300 MX 1 mx.e\nad mx.e 20 A 192.0.2.1\nad mx.e 20 A 192.0.2.2\nad mx.e 300 AAAA 2001:db8::1";
    check_answer(&zones, "e MX", &format!("NOERROR aa exact\n{mail}"));
    // What is drawn is given only to who asks for it, but for glue.
    for set in &mut plain.sets {
        let Source::Values { order, .. } = &mut set.source else { unreachable!() };
        *order = Order::Weighted;
    }
    let zones = built(vec![plain]);
    check_answer(&zones, "x.sub.e A", &referral);
    check_answer(&zones, "e MX", "NOERROR aa exact\nan e 300 MX 1 mx.e\nad mx.e 300 AAAA 2001:db8::1");
}
