use super::*;
use proptest::prelude::*;
use wire::dns::Message;
use wire::dns::server::{AnswerWriter, OptWriter, QueryView, Section, bit};

fn query(asked: &Name, kind: RecordType) -> Vec<u8> {
    let question = wire::dns::Query { name: asked.clone(), kind };
    Message::query(7, question, false, None).write().expect("a query")
}

fn message(query: &[u8], code: wire::dns::ResponseCode, aa: bool, write: impl FnOnce(&mut AnswerWriter<'_>)) -> Message {
    let view = QueryView::read(query).expect("a query");
    let mut out = Vec::new();
    let mut writer = AnswerWriter::new(&mut out, &view, 65_535, OptWriter::default());
    writer.set_code(code);
    writer.set_flags(if aa { bit::AUTHORITATIVE } else { 0 });
    write(&mut writer);
    writer.finish();
    Message::read(&out).expect("a message that can be read")
}

fn written(query: &[u8], reply: &Reply<'_>) -> Message {
    message(query, reply.code, reply.authoritative, |writer| {
        let sections = [(Section::Answer, &reply.answer), (Section::Authority, &reply.authority), (Section::Additional, &reply.additional)];
        for (section, sets) in sections {
            for set in sets {
                for data in &*set.data {
                    assert!(writer.record(section, set.owner.as_wire(), set.kind, set.ttl, |writer| writer.data(data)), "room");
                }
            }
        }
    })
}

/// Holds what is prepared, if it is, against what is answered. Whether it was.
fn held_against(zones: &Zones, asked: &str, kind: RecordType, turn: u64) -> bool {
    let asked = name(asked);
    let given = || Fixed { turn, random: SplitMix::new(turn), ..fixed() };
    let query = query(&asked, kind);
    let reply = zones.answer(&Asked { name: &asked, kind, dnssec_ok: false }, &mut given());
    match zones.prepared(asked.as_wire(), kind, false, &mut given()) {
        Some(Prepared::Tail(tail)) => {
            let ready = message(&query, tail.code, tail.authoritative, |writer| assert!(tail.write(writer), "room"));
            assert_eq!(ready, written(&query, &reply), "{asked} {kind}");
            true
        }
        Some(Prepared::Nearest { .. }) => {
            assert!(reply.scope.is_some());
            true
        }
        None => false,
    }
}

const LINES: &str = "z NS ns.z
    z NS ns.elsewhere
    z MX 10 mail.z
    ns.z A 192.0.2.1
    mail.z A 192.0.2.2
    mail.z AAAA 2001:db8::2
    *.z TXT wild
    *.z MX 10 mail.z
    *.z HTTPS 1 . alpn=h2
    *.z A 192.0.2.3
    a.z MX 10 *.z
    *.a.z CNAME b.z
    b.z CNAME mail.z
    c.z CNAME away.test
    *.c.z CNAME x.c.z
    d.z NS ns.d.z
    d.z NS ns.z
    ns.d.z A 192.0.2.4
    e.z DNAME mail.z
    f.z HTTPS 0 g.z
    *.g.z MX 5 a.g.z
    *.g.z NS x.z
    i.z TXT xxxxxxxxxxxxxxxxxxxxxxxx";

proptest! {
    #[test]
    fn what_is_prepared_is_what_is_answered(
        chosen in proptest::collection::vec(any::<bool>(), LINES.lines().count()),
        asked in proptest::collection::vec("[abcdefghi*]|mail|ns|Xyz", 0..4),
        turn in 0..9_u64,
    ) {
        let lines: Vec<_> = LINES.lines().zip(chosen).filter(|(_, chosen)| *chosen).map(|(line, _)| line).collect();
        let mut one = zone("z", &format!("z SOA ns.z admin.z 1 2 3 4 5\n{}", lines.join("\n")));
        for (place, order) in [Order::Fixed, Order::Rotate, Order::Weighted, Order::First].into_iter().enumerate() {
            let data = |last: u8| (Data::A([192, 0, 2, last].into()), u32::from(last));
            let source = Source::Values { kind: RecordType::A, values: (1..4).map(data).collect(), order };
            one.sets.push(DynamicSet { owner: name(&format!("*.s{place}.z")), ttl: 7, source });
        }
        let zones = built(vec![one]);
        let mut asked: String = asked.iter().map(|label| format!("{label}.")).collect();
        asked.push('z');
        for kind in ["A", "AAAA", "MX", "TXT", "CNAME", "HTTPS", "NS", "DS", "DNAME", "SOA", "ANY", "TYPE0", "TYPE999"] {
            held_against(&zones, &asked, super::kind(kind), turn);
        }
        for place in 0..4 {
            let asked = format!("{turn}.s{place}.z");
            prop_assert!(held_against(&zones, &asked, RecordType::A, turn));
        }
    }
}

#[test]
fn what_is_asked_for_most_is_prepared() {
    let zones = built(vec![zone("z", &format!("z SOA ns.z admin.z 1 2 3 4 5\n{LINES}"))]);
    for question in
        ["z NS", "ns.z A", "Mail.Z AAAA", "mail.z TXT", "b.z A", "c.z A", "d.z A", "x.y.d.z MX", "x.ns.z A", "q.z TXT", "q.z CAA"]
    {
        let (asked, of) = question.split_once(' ').expect("a name and a type");
        assert!(held_against(&zones, asked, kind(of), 0), "{question}");
    }
    for question in ["e.e.z A", "z ANY", "d.z DS"] {
        let (asked, of) = question.split_once(' ').expect("a name and a type");
        assert!(!held_against(&zones, asked, kind(of), 0), "{question}");
    }
}
