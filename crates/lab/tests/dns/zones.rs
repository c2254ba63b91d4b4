//! Zones that are served: whole answers, cut ones, and those that depend on more than the zone.

use crate::support::{Rig, Told, dns, limits, query, with, with_option, zone};
use decide::config::{Config, DynamicSet, Order, Pop, Source, Steering};
use decide::time::Duration;
use lab::World;
use std::sync::Arc;
use wire::dns::{Data, Edns, Message, Name, RecordType, ResponseCode};

const NXDOMAIN: ResponseCode = ResponseCode(3);
const REFUSED: ResponseCode = ResponseCode(5);

const LINES: &str = "
    example. SOA ns.example. host.example. 7 3600 600 86400 60
    example. NS ns.example.
    ns.example. A 192.0.2.53
    www.example. A 192.0.2.80
    www.example. AAAA 2001:db8::80
    web.example. CNAME www.example.
    *.wild.example. TXT \"any\"
    sub.example. NS ns.sub.example.
    ns.sub.example. A 192.0.2.54
";

fn served(lines: &str, sets: Vec<DynamicSet>) -> Config {
    let mut config = dns(limits());
    let mut zone = zone("example", lines);
    zone.sets = sets;
    config.dns.as_mut().expect("there is one").zones.push(zone);
    config
}

fn set(owner: &str, source: Source) -> DynamicSet {
    DynamicSet { owner: Name::parse(owner).expect("a name"), ttl: 5, source }
}

fn data(message: &Message) -> Vec<String> {
    message.answer.iter().map(|record| format!("{} {:?}", record.owner, record.data)).collect()
}

/// Three addresses that stand for three servers: the one above refers to the one below, and neither knows what is not its own.
#[test]
fn a_zone_is_served_where_it_says() {
    let world = World::new(1);
    let [above, below, both] = ["10.0.0.2:53", "10.0.0.2:5353", "10.0.0.2:5354"].map(|at| at.parse().expect("an address"));
    let mut config = dns(limits());
    let names = config.dns.as_mut().expect("there is one");
    names.listeners = vec![above, below, both];
    let lines = "example. SOA a.example. host.example. 1 2 3 4 5\nexample. NS a.example.\na.example. A 10.0.0.2\n\
                 sub.example. NS a.sub.example.\na.sub.example. A 10.0.0.2\n";
    let lower = "sub.example. SOA a.sub.example. host.example. 1 2 3 4 5\nsub.example. NS a.sub.example.\na.sub.example. A 10.0.0.2\n";
    let anywhere = "other. SOA a.other. host.example. 1 2 3 4 5\nother. NS a.example.\n";
    let somewhere = |zone, at: &[std::net::SocketAddr]| decide::config::Zone { at: at.to_vec(), ..zone };
    names.zones = vec![
        somewhere(zone("example", lines), &[above, both]),
        somewhere(zone("sub.example", lower), &[below, both]),
        zone("other", anywhere),
    ];
    let rig = Rig::new(&world, config);
    rig.run(async {
        let asked = query("a.sub.example", RecordType::A);
        let ask = async |at, asked: &[u8]| Message::read(&rig.udp_at(at, asked).await.expect("an answer")).expect("a message");
        let referral = ask(above, &asked).await;
        assert!(!referral.flags.authoritative && referral.answer.is_empty() && referral.authority.len() == 1);
        for at in [below, both] {
            assert_eq!(data(&ask(at, &asked).await), ["a.sub.example A(10.0.0.2)"]);
            let mut tcp = rig.connect_at(at).await;
            tcp.send(&asked).await;
            assert_eq!(data(&Message::read(&tcp.receive().await.expect("an answer")).expect("a message")), ["a.sub.example A(10.0.0.2)"]);
        }
        assert_eq!(ask(below, &query("a.example", RecordType::A)).await.code, REFUSED);
        for at in [above, below, both] {
            assert_eq!(ask(at, &query("other", RecordType::NS)).await.answer.len(), 1);
        }
    });
    rig.close();
}

#[test]
fn answers_come_out_of_the_zone() {
    let world = World::new(1);
    let rig = Rig::new(&world, served(LINES, Vec::new()));
    rig.run(async {
        let ask = async |name: &str, kind| rig.ask(&query(name, kind)).await.expect("an answer");
        let answer = ask("WWW.example", RecordType::A).await;
        assert!(answer.flags.authoritative && answer.code == ResponseCode(0));
        assert_eq!(data(&answer), ["WWW.example A(192.0.2.80)"]);
        let answer = ask("web.example", RecordType::AAAA).await;
        assert_eq!(data(&answer), ["web.example Cname(www.example)", "www.example Aaaa(2001:db8::80)"]);
        assert_eq!(ask("a.wild.example", RecordType::TXT).await.answer.len(), 1);
        let answer = ask("nowhere.example", RecordType::A).await;
        assert_eq!((answer.code, answer.authority[0].data.kind()), (NXDOMAIN, RecordType::SOA));
        let answer = ask("www.sub.example", RecordType::A).await;
        assert!(!answer.flags.authoritative && answer.additional.len() == 1);
        assert_eq!(answer.authority[0].data.kind(), RecordType::NS);
        assert_eq!(ask("elsewhere.test", RecordType::A).await.code, REFUSED);
    });
    let counts = rig.counts();
    assert_eq!((counts.codes[0], counts.codes[3], counts.codes[5]), (4, 1, 1));
    rig.close();
}

#[test]
fn what_does_not_fit_is_cut_and_comes_whole_by_tcp() {
    let many: String = (0..60).map(|number| format!("big.example. TXT \"{number:040}\"\n")).collect();
    let world = World::new(2);
    let rig = Rig::new(&world, served(&format!("{LINES}{many}"), Vec::new()));
    rig.run(async {
        let edns = |size| Some(Edns { size, ..Edns::default() });
        for (edns, most) in [(None, 512), (edns(512), 512), (edns(800), 800), (edns(4096), 1232), (edns(0), 512)] {
            let answer = rig.udp(&with(7, "big.example", RecordType::TXT, edns)).await.expect("an answer");
            assert!(answer.len() <= most, "{} bytes of {most}", answer.len());
            let answer = Message::read(&answer).expect("a message");
            assert!(answer.flags.truncated && answer.answer.is_empty());
        }
        let mut tcp = rig.connect().await;
        tcp.send(&query("big.example", RecordType::TXT)).await;
        let answer = Message::read(&tcp.receive().await.expect("an answer")).expect("a message");
        assert!(!answer.flags.truncated);
        assert_eq!(answer.answer.len(), 60);
    });
    assert_eq!(rig.counts().truncated, 5);
    rig.close();
}

#[test]
fn values_take_turns() {
    let values = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|text| (Data::A(text.parse().expect("an address")), 1));
    let source = Source::Values { kind: RecordType::A, values: values.to_vec(), order: Order::Rotate };
    let world = World::new(3);
    let rig = Rig::new(&world, served(LINES, vec![set("many.example", source)]));
    rig.run(async {
        let mut firsts = Vec::new();
        for _ in 0..4 {
            let answer = rig.ask(&query("many.example", RecordType::A)).await.expect("an answer");
            assert_eq!(answer.answer.len(), 3);
            firsts.push(data(&answer).swap_remove(0));
        }
        let wanted = [1, 2, 3, 1].map(|last| format!("many.example A(192.0.2.{last})"));
        assert_eq!(firsts, wanted);
    });
    rig.close();
}

/// The health that the server measures decides which addresses are given.
#[test]
fn a_pool_gives_its_healthy_backends() {
    let mut config = served(LINES, vec![set("pool.example", Source::Pool { pool: 0, order: Order::Fixed })]);
    config.pools[0].backends.push(crate::support::backend("10.0.1.2:80"));
    let world = World::new(4);
    let rig = Rig::new(&world, config);
    rig.run(async {
        let ask = async || data(&rig.ask(&query("pool.example", RecordType::A)).await.expect("an answer"));
        let both = ["pool.example A(10.0.1.1)", "pool.example A(10.0.1.2)"];
        assert_eq!(ask().await, both);
        let pool = rig.server.snapshot().pools()[0].clone();
        let now = rig.world.now();
        pool.set_admin("10.0.1.1:80", decide::pool::Admin::Drain, now);
        assert_eq!(ask().await, both[1..]);
        pool.set_admin("10.0.1.2:80", decide::pool::Admin::Drain, now);
        assert_eq!(ask().await, both, "where none is healthy, all are given");
    });
    rig.close();
}

#[test]
fn a_steered_name_has_the_addresses_of_a_place_and_a_scope() {
    let mut config = served(LINES, vec![set("cdn.example", Source::Steering(0))]);
    let pop = |name: &str, addresses: &[&str]| Pop {
        name: name.to_string(),
        addresses: addresses.iter().map(|text| text.parse().expect("an address")).collect(),
        pool: None,
        capacity: 0,
        location: None,
        url: None,
    };
    config.pops = vec![pop("one", &["192.0.2.11", "2001:db8::11"]), pop("two", &["192.0.2.12"])];
    config.steerings = vec![Steering {
        name: "cdn".to_string(),
        pops: vec![1, 0],
        layers: Vec::new(),
        hold: Duration::ZERO,
        moves_per_minute: 100,
        measured_gain: 10,
        measure: None,
    }];
    let world = World::new(5);
    let rig = Rig::new(&world, config);
    rig.run(async {
        let answer = rig.ask(&with_option("cdn.example", 8, &[0, 1, 24, 0, 198, 51, 100])).await.expect("an answer");
        assert_eq!(data(&answer), ["cdn.example A(192.0.2.12)"]);
        let subnet = answer.edns.expect("EDNS").subnet.expect("a subnet");
        assert_eq!((subnet.source, subnet.scope), (24, 0));
        // This place has no such address.
        let answer = rig.ask(&query("cdn.example", RecordType::AAAA)).await.expect("an answer");
        assert_eq!((answer.code, answer.answer.len(), answer.authority.len()), (ResponseCode(0), 0, 1));
    });
    rig.close();
}

#[test]
fn a_reload_swaps_the_zones() {
    let world = World::new(6);
    let rig = Rig::new(&world, served(LINES, Vec::new()));
    rig.run(async {
        let ask = async || data(&rig.ask(&query("www.example", RecordType::A)).await.expect("an answer"));
        assert_eq!(ask().await, ["www.example A(192.0.2.80)"]);
        rig.server.reload(&rig.edge.host(), served(&LINES.replace("192.0.2.80", "192.0.2.81"), Vec::new()));
        rig.world.sleep(Duration::from_millis(1)).await;
        assert_eq!(ask().await, ["www.example A(192.0.2.81)"]);
        // A zone without its SOA: what was served before is served on.
        rig.server.reload(&rig.edge.host(), served("www.example. A 192.0.2.1", Vec::new()));
        rig.world.sleep(Duration::from_millis(1)).await;
        assert_eq!(ask().await, ["www.example A(192.0.2.81)"]);
    });
    rig.close();
}

/// The settings find what is wrong with a zone. Should one come through all the same, the others are served, and it is told.
#[test]
fn a_zone_with_a_mistake_keeps_no_other_from_being_served() {
    let mut config = served(LINES, Vec::new());
    let mistaken = zone("other.test", "other.test. NS ns.example.");
    config.dns.as_mut().expect("there is one").zones.push(mistaken);
    let (world, told) = (World::new(12), Arc::new(Told::default()));
    let rig = Rig::read(&world, config.clone(), vec![told.clone()]);
    let found = || told.lines().into_iter().filter(|line| line.contains("zone-mistaken")).collect::<Vec<_>>();
    for reloads in 0..3 {
        rig.run(async {
            let answer = rig.ask(&query("www.example", RecordType::A)).await.expect("an answer");
            assert_eq!(data(&answer), ["www.example A(192.0.2.80)"]);
            assert_eq!(rig.ask(&query("other.test", RecordType::NS)).await.expect("an answer").code, REFUSED);
        });
        // As often as it is read.
        assert_eq!(found().len(), 1 + reloads, "{:?}", found());
        rig.server.reload(&rig.edge.host(), config.clone());
    }
    let found = found();
    assert!(found[0].contains("zone=other.test why=zone other.test has no SOA record"), "{found:?}");
    rig.close();
}

/// Whoever forges a source gains little: no answer without proof of the address is longer than the limit says.
#[test]
fn no_question_has_an_answer_that_is_long() {
    let many: String = (0..200).map(|number| format!("any.example. A 10.0.{}.{}\n", number / 100, number % 100)).collect();
    let world = World::new(7);
    let rig = Rig::new(&world, served(&format!("{LINES}{many}"), Vec::new()));
    rig.run(async {
        for kind in (0..300).chain([32_768, 65_535]) {
            for name in ["any.example", "example", "x.wild.example", "y.sub.example"] {
                let edns = Some(Edns { size: 65_535, dnssec_ok: true, ..Edns::default() });
                let asked = with(7, name, RecordType(kind), edns);
                if let Some(answer) = rig.udp(&asked).await {
                    assert!(answer.len() <= 1232, "{name} {kind}: {} bytes", answer.len());
                }
            }
        }
    });
    rig.close();
}

#[test]
fn the_reasons_of_an_answer_are_told_to_who_may_ask() {
    let mut config = served(LINES, vec![set("cdn.example", Source::Pool { pool: 0, order: Order::Fixed })]);
    config.dns.as_mut().expect("there is one").why = vec![wire::network::Network::parse("10.0.0.1/32").expect("a network")];
    let world = World::new(8);
    let rig = Rig::new(&world, config);
    let other = world.host("other", "10.0.0.3");
    rig.run(async {
        let asked = query("_why.cdn.example", RecordType::TXT);
        let answer = rig.ask(&asked).await.expect("an answer");
        let [Data::Txt(texts), Data::Txt(backend)] = &*answer.answer.iter().map(|record| record.data.clone()).collect::<Vec<_>>() else {
            panic!("{:?}", answer.answer)
        };
        let text = String::from_utf8_lossy(&texts[0]).into_owned();
        let wanted = "A for 10.0.0.1: the name has such records; decided at cdn.example in zone example; 1 of 1 are healthy; \
                      all, as written";
        assert_eq!(text, wanted);
        let backend = String::from_utf8_lossy(&backend[0]).into_owned();
        assert_eq!(backend, "cdn.example 10.0.1.1: given as number 1: as-written, healthy, weight 1");
        // Of what is not ours nothing is said, not even the reason, in its name.
        let other_name = rig.ask(&query("_why.www.elsewhere.test", RecordType::TXT)).await.expect("an answer");
        assert!(other_name.code == REFUSED && !other_name.flags.authoritative, "{other_name:?}");
        let stranger = other.datagrams_at("10.0.0.3:0".parse().expect("an address")).expect("a free port");
        stranger.send_to(&asked, crate::support::at()).expect("sent");
        let (bytes, _) = stranger.receive().await.expect("an answer");
        assert_eq!(Message::read(&bytes).expect("a message").code, NXDOMAIN);
    });
    rig.close();
}

/// Who asked, what was answered, by which rule: the step that the log has of a query.
#[test]
fn every_query_can_be_told() {
    let (world, told) = (World::new(13), Arc::new(Told::default()));
    let rig = Rig::read(&world, served(LINES, Vec::new()), vec![told.clone()]);
    rig.run(async {
        rig.ask(&query("WWW.example", RecordType::A)).await.expect("an answer");
        rig.ask(&with_option("nowhere.example", 8, &[0, 1, 24, 0, 192, 0, 2])).await.expect("an answer");
    });
    let mut lines = told.lines();
    lines.retain(|line| line.starts_with("query-answered"));
    let [first, second] = &lines[..] else { panic!("{lines:?}") };
    assert!(
        first.starts_with("query-answered client=10.0.0.1:") && first.contains(" over=udp name=WWW.example kind=A code=NOERROR"),
        "{first}"
    );
    assert!(second.contains(" code=NXDOMAIN ") && second.ends_with(" subnet=192.0.2.0/24 scope=0 choices=[]"), "{second}");
    assert!(first.contains(" rule=exact ") && second.contains(" rule=no-name "), "{first} {second}");
    rig.close();
}

/// What is told of an answer is how that very answer came about, although it was written beforehand.
#[test]
fn what_a_set_gave_is_told_with_what_it_left_out() {
    let values = |order| {
        let data = |last: u8| (Data::A([192, 0, 2, last].into()), u32::from(last));
        Source::Values { kind: RecordType::A, values: (1..=3).map(data).collect(), order }
    };
    let sets = vec![set("turn.example", values(Order::Rotate)), set("drawn.example", values(Order::Weighted))];
    let (world, told) = (World::new(14), Arc::new(Told::default()));
    let rig = Rig::read(&world, served(LINES, sets), vec![told.clone()]);
    let given: Vec<Vec<String>> = rig.run(async {
        let mut given = Vec::new();
        for name in ["turn.example", "turn.example", "drawn.example", "drawn.example", "drawn.example"] {
            let answer = rig.ask(&query(name, RecordType::A)).await.expect("an answer");
            given.push(answer.answer.iter().map(|record| record.data.to_string()).collect());
        }
        given
    });
    let lines = told.lines();
    let lines: Vec<_> = lines.iter().filter(|line| line.starts_with("query-answered")).collect();
    assert_eq!(lines.len(), given.len());
    for (line, given) in lines.iter().zip(&given) {
        assert!(line.contains(" rule=exact ") && line.contains("\"candidates\":["), "{line}");
        for (place, address) in given.iter().enumerate() {
            assert!(line.contains(&format!("{{\"value\":\"{address}\",\"given\":{},", place + 1)), "{address} {line}");
        }
        assert_eq!(line.matches("\"given\":").count(), given.len(), "{line}");
        assert_eq!(line.matches("\"why\":\"not-drawn\"").count(), 3 - given.len(), "{line}");
    }
    assert!(given[0] != given[1], "each has its turn: {given:?}");
    rig.close();
}
