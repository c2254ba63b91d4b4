use super::*;
use alloc::vec;
use proptest::prelude::*;
use wire::dns::Flags;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn record(line: &str) -> Record {
    Record::parse(line, Duration::from_secs(60)).expect("a record")
}

fn message(authoritative: bool, answer: &[&str], authority: &[&str], additional: &[&str]) -> Message {
    let lines = |lines: &[&str]| lines.iter().map(|line| record(line)).collect();
    let mut message = Message::query(1, query("www.example.org"), false, None);
    message.flags = Flags { response: true, authoritative, ..Flags::default() };
    (message.answer, message.authority, message.additional) = (lines(answer), lines(authority), lines(additional));
    message
}

fn query(of: &str) -> Query {
    Query { name: name(of), kind: RecordType::A }
}

fn judged(zone: &str, message: &Message) -> Judged {
    of_server(message, &query("www.example.org"), &name(zone), 53)
}

const SOA: &str = "example.org 300 SOA ns.example.org admin.example.org 1 1 1 1 30";

#[test]
fn a_referral_has_its_servers_and_the_least_time_of_them_and_their_addresses() {
    let message = message(
        false,
        &[],
        &["example.org 50 NS a.example.org", "example.org 50 NS b.net"],
        &["a.example.org 9 A 192.0.2.1", "b.net A 192.0.2.2"],
    );
    let judged = judged("org", &message);
    let Verdict::Referral { zone, ttl } = judged.verdict else { panic!("a referral") };
    assert_eq!((zone.name, ttl), (name("example.org"), Duration::from_secs(9)));
    assert_eq!(zone.servers[0].addresses, ["192.0.2.1:53".parse().expect("an address")]);
    assert!(zone.servers[1].addresses.is_empty(), "net is not for org to speak of");
    assert_eq!(judged.rejected_glue, [(record("b.net A 192.0.2.2"), OUTSIDE)]);
}

#[test]
fn a_referral_that_leads_no_closer_is_lame() {
    for to in ["example.org", "org", ".", "net", "other.example.org"] {
        let verdict = judged("example.org", &message(false, &[], &[&alloc::format!("{to} NS ns.x")], &[])).verdict;
        assert!(matches!(verdict, Verdict::Lame(_)), "{to}: {verdict:?}");
    }
}

#[test]
fn absence_holds_as_long_as_the_lesser_of_two_times_and_only_its_own_zone_can_say_so() {
    assert_eq!(judged("example.org", &message(true, &[], &[SOA], &[])).verdict, Verdict::NoData(Some(record(&SOA.replace("300", "30")))));
    let foreign = SOA.replace("example.org 300", "example.net 300");
    assert_eq!(judged("example.org", &message(true, &[], &[&foreign], &[])).verdict, Verdict::NoData(None));
    let mut denied = message(true, &[], &[SOA], &[]);
    denied.code = NXDOMAIN;
    assert_eq!(judged("example.org", &denied).verdict, Verdict::NoName(Some(record(&SOA.replace("300", "30")))));
    denied.flags.authoritative = false;
    assert!(matches!(judged("example.org", &denied).verdict, Verdict::Lame(_)));
}

#[test]
fn what_an_alias_stands_for_is_believed_only_inside_the_zone() {
    let inside = message(true, &["www.example.org CNAME b.example.org", "b.example.org A 192.0.2.1"], &[], &[]);
    assert_eq!(judged("example.org", &inside).verdict, Verdict::Records(vec![record("b.example.org A 192.0.2.1")]));
    let absent = message(true, &["www.example.org CNAME b.example.org"], &[SOA], &[]);
    assert!(matches!(judged("example.org", &absent).verdict, Verdict::NoData(Some(_))));
    let outside = message(true, &["www.example.org CNAME b.net", "b.net A 192.0.2.66"], &[], &[]);
    let judged = judged("example.org", &outside);
    assert_eq!((judged.verdict, judged.rejected.len()), (Verdict::Alias, 1));
}

#[test]
fn a_chain_in_any_order_is_followed_and_a_circle_ends() {
    let chain =
        message(true, &["c.example.org A 192.0.2.1", "b.example.org CNAME c.example.org", "www.example.org CNAME b.example.org"], &[], &[]);
    assert_eq!(judged("example.org", &chain).aliases.len(), 2);
    let circle = message(true, &["www.example.org CNAME b.example.org", "b.example.org CNAME www.example.org"], &[], &[]);
    assert_eq!(judged("example.org", &circle).aliases.len(), 2);
    assert_eq!(of_resolver(&circle, &query("www.example.org")).verdict, Verdict::Alias);
}

fn any_record() -> impl Strategy<Value = Record> {
    let owners = prop::sample::select(vec!["www.example.org", "example.org", "org", ".", "b.example.org", "net", "ns.net"]);
    let data = prop::sample::select(vec![
        "A 192.0.2.1",
        "AAAA ::1",
        "NS ns.net",
        "NS b.example.org",
        "CNAME b.example.org",
        "CNAME www.example.org",
        "CNAME ns.net",
        "DNAME net",
        "SOA a b 1 2 3 4 5",
    ]);
    (owners, data).prop_map(|(owner, data)| record(&alloc::format!("{owner} {data}")))
}

proptest! {
    /// Whatever a server says: what is taken from it is inside its zone, and leads closer.
    #[test]
    fn nothing_outside_a_zone_is_taken_from_its_servers(
        answer in prop::collection::vec(any_record(), 0..6),
        authority in prop::collection::vec(any_record(), 0..4),
        additional in prop::collection::vec(any_record(), 0..4),
        authoritative in any::<bool>(),
        denied in any::<bool>(),
    ) {
        let mut message = message(authoritative, &[], &[], &[]);
        (message.answer, message.authority, message.additional) = (answer, authority, additional);
        message.code = if denied { NXDOMAIN } else { ResponseCode(0) };
        let zone = name("example.org");
        let judged = of_server(&message, &query("www.example.org"), &zone, 53);
        prop_assert!(judged.aliases.iter().all(|alias| alias.from.is_within(&zone)));
        match judged.verdict {
            Verdict::Records(records) => prop_assert!(authoritative && records.iter().all(|record| record.owner.is_within(&zone))),
            Verdict::Referral { zone: to, .. } => {
                prop_assert!(to.name.is_below(&zone) && name("www.example.org").is_within(&to.name));
                let glued = to.servers.iter().filter(|server| !server.addresses.is_empty());
                prop_assert!(glued.map(|server| server.name.as_ref()).all(|name| name.is_some_and(|name| name.is_within(&zone))));
            }
            _ => {}
        }
    }
}
