//! Against a name server over real sockets on loopback, whose messages are made by hand.

mod server;

use super::*;
use crate::os::run;
use server::{AAAA, FORMERR, NXDOMAIN, Query, SERVFAIL, Server, TRUNCATED, alias, v4, v6};
use std::cell::Cell;
use std::rc::Rc;

/// Patient enough for a busy machine: no test that gets its answers waits so long.
const PATIENT: Duration = Duration::from_secs(60);
/// So often is asked where a time limit is meant to pass: it may pass now and then on a busy machine where it is not.
const STUBBORN: u8 = 100;

fn settings(servers: &[SocketAddr], timeout: Duration) -> Settings {
    Settings { servers: servers.to_vec(), search: Vec::new(), ndots: 1, timeout, attempts: 2 }
}

/// What becomes of `name` when a server answers so, and what it was asked.
fn look_up_at(name: &str, answer: impl FnMut(&Query) -> Vec<Vec<u8>> + 'static) -> (io::Result<Names>, Vec<Query>) {
    look_up_with(name, |at| settings(&[at], PATIENT), answer)
}

fn look_up_with(
    name: &str,
    settings: impl FnOnce(SocketAddr) -> Settings,
    answer: impl FnMut(&Query) -> Vec<Vec<u8>> + 'static,
) -> (io::Result<Names>, Vec<Query>) {
    run(|_| async move {
        let server = Server::start(answer).await;
        let found = look_up(&settings(server.at), name).await;
        let asked = server.asked.borrow().clone();
        (found, asked)
    })
    .expect("an event loop")
}

fn names(addresses: &[&str], ttl: u64) -> Names {
    Names { addresses: addresses.iter().map(|text| ip(text)).collect(), ttl: Duration::from_secs(ttl) }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn kind(found: io::Result<Names>) -> io::ErrorKind {
    found.expect_err("no addresses").kind()
}

/// One address of the family that is asked for.
fn one(query: &Query) -> Vec<Vec<u8>> {
    let record = if query.kind == AAAA { v6(&query.name, 60, "2001:db8::1") } else { v4(&query.name, 60, "192.0.2.1") };
    vec![query.answer(0, &[record])]
}

#[test]
fn both_families_are_found_and_the_shorter_time_to_live_holds() {
    let (found, asked) = look_up_at("db.example", |query| {
        let a = [v4("db.example", 7, "192.0.2.2"), v4("DB.example", 9, "192.0.2.1"), v4("db.example", 9, "192.0.2.2")];
        let aaaa = [v6("db.example", 60, "2001:db8::1")];
        vec![query.answer(0, if query.kind == AAAA { &aaaa } else { &a })]
    });
    assert_eq!(found.expect("found"), names(&["192.0.2.2", "192.0.2.1", "2001:db8::1"], 7));
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|query| query.recursion && query.edns_size == Some(1232) && !query.tcp), "{asked:?}");
    assert_ne!(asked[0].kind, asked[1].kind);
    assert_ne!(asked[0].from, asked[1].from);
}

#[test]
fn a_truncated_answer_is_fetched_over_tcp() {
    let (found, asked) = look_up_at("many.example", |query| {
        let records: Vec<_> = (1..=250).map(|last| v4("many.example", 30, &format!("192.0.2.{last}"))).collect();
        vec![match (query.kind, query.tcp) {
            (AAAA, _) => query.answer(0, &[]),
            (_, false) => query.answer(TRUNCATED, &records[..1]),
            (_, true) => query.answer(0, &records),
        }]
    });
    let found = found.expect("found");
    assert_eq!((found.addresses.len(), found.ttl), (250, Duration::from_secs(30)));
    assert_eq!(asked.iter().filter(|query| query.tcp).count(), 1);
}

#[test]
fn a_query_that_got_lost_is_sent_again() {
    let lost = Rc::new(Cell::new(0));
    let counted = lost.clone();
    let short = |at| Settings { attempts: STUBBORN, ..settings(&[at], Duration::from_millis(200)) };
    let (found, _) = look_up_with("db.example", short, move |query| {
        if counted.get() < 2 {
            counted.set(counted.get() + 1);
            return Vec::new();
        }
        one(query)
    });
    assert_eq!(found.expect("found"), names(&["192.0.2.1", "2001:db8::1"], 60));
    assert_eq!(lost.get(), 2);
}

#[test]
fn forged_answers_are_not_believed() {
    let (found, asked) = look_up_at("db.example", |query| {
        let forged = |id: u16, name: &str| {
            let told = Query { id, name: name.into(), ..query.clone() };
            told.answer(0, &[v4("db.example", 60, "203.0.113.66"), v6("db.example", 60, "2001:db8::66")])
        };
        let mut messages = vec![forged(query.id ^ 1, "db.example"), forged(query.id, "db.example.org"), b"nonsense".to_vec()];
        messages.extend(one(query));
        messages
    });
    assert_eq!(found.expect("found"), names(&["192.0.2.1", "2001:db8::1"], 60));
    assert_eq!(asked.len(), 2, "nothing was asked twice");
}

#[test]
fn a_name_that_is_not_there_is_asked_for_once() {
    let (found, asked) = look_up_at("no.example", |query| vec![query.answer(NXDOMAIN, &[])]);
    assert_eq!(kind(found), io::ErrorKind::NotFound);
    assert_eq!(asked.len(), 2);
    let (found, asked) = look_up_at("empty.example", |query| vec![query.answer(0, &[])]);
    assert_eq!(kind(found), io::ErrorKind::NotFound);
    assert_eq!(asked.len(), 2);
}

#[test]
fn what_cannot_be_a_name_is_not_asked_for() {
    let (found, asked) = look_up_at(&format!("{}.example", "a".repeat(64)), one);
    assert_eq!((kind(found), asked.len()), (io::ErrorKind::NotFound, 0));
}

#[test]
fn aliases_are_followed() {
    let (found, _) = look_up_at("www.example", |query| {
        let aliases = [alias("www.example", 50, "a.cdn.test"), alias("a.cdn.test", 5, "b.cdn.test")];
        let last = if query.kind == AAAA { Vec::new() } else { vec![v4("b.cdn.test", 70, "192.0.2.3")] };
        vec![query.answer(0, &[&aliases[..], &last].concat())]
    });
    assert_eq!(found.expect("found"), names(&["192.0.2.3"], 5));
}

#[test]
fn a_short_name_is_looked_for_in_each_domain() {
    let searching = |at| Settings { search: vec!["a.example".into(), "b.example".into()], ..settings(&[at], PATIENT) };
    let (found, asked) = look_up_with("db", searching, |query| match query.name.as_str() {
        "db.a.example" => vec![query.answer(SERVFAIL, &[])],
        "db.b.example" => vec![query.answer(NXDOMAIN, &[])],
        _ => one(query),
    });
    assert_eq!(found.expect("found"), names(&["192.0.2.1", "2001:db8::1"], 60));
    let mut order: Vec<_> = asked.iter().map(|query| query.name.as_str()).collect();
    order.dedup();
    assert_eq!(order, ["db.a.example", "db.b.example", "db"]);
    // A server that fails is asked a second time.
    assert_eq!(asked.iter().filter(|query| query.name == "db.a.example").count(), 4);
    assert_eq!(asked.iter().filter(|query| query.name == "db.b.example").count(), 2);
    // Nowhere found, and one of the domains not known: that is not the same as a name that is not there.
    let (found, _) =
        look_up_with("db", searching, |query| vec![query.answer(if query.name == "db.a.example" { SERVFAIL } else { NXDOMAIN }, &[])]);
    assert_eq!(kind(found), io::ErrorKind::Other);
}

#[test]
fn the_next_server_is_asked_where_one_fails() {
    let found = run(|_| async {
        // No port that the kernel gives to anybody who asks for any.
        let closed = "127.0.0.1:1".parse().expect("an address");
        let failing = Server::start(|query| vec![query.answer(SERVFAIL, &[])]).await;
        let garbled = Server::start(|query| {
            let mut message = query.answer(0, &[v4("db.example", 60, "203.0.113.66")]);
            message.truncate(message.len() - 1);
            vec![message]
        })
        .await;
        let good = Server::start(one).await;
        let short = settings(&[closed, failing.at, garbled.at, good.at], PATIENT);
        let found = look_up(&short, "db.example").await;
        let asked = [&failing, &garbled, &good].map(|server| server.asked.borrow().len());
        (found, asked)
    })
    .expect("an event loop");
    assert_eq!(found.0.expect("found"), names(&["192.0.2.1", "2001:db8::1"], 60));
    assert!(found.1.iter().all(|asked| *asked >= 2), "{:?}", found.1);
}

#[test]
fn a_server_without_edns_gets_the_plain_query() {
    let (found, asked) = look_up_at("db.example", |query| match query.edns_size {
        Some(_) => vec![query.failed_without_question(FORMERR)],
        None => one(query),
    });
    assert_eq!(found.expect("found"), names(&["192.0.2.1", "2001:db8::1"], 60));
    assert_eq!(asked.len(), 4);
}

#[test]
fn silence_is_a_time_out() {
    let silent = |at| Settings { attempts: STUBBORN, ..settings(&[at], Duration::from_millis(10)) };
    let (found, asked) = look_up_with("db.example", silent, |_| Vec::new());
    assert_eq!(kind(found), io::ErrorKind::TimedOut);
    assert!(asked.len() > 2, "asked again: {asked:?}");
    // A TCP connection that is closed before the answer is no silence.
    let (found, _) = look_up_at("db.example", |query| if query.tcp { Vec::new() } else { vec![query.answer(TRUNCATED, &[])] });
    assert_eq!(kind(found), io::ErrorKind::UnexpectedEof);
    // Nor is having nobody to ask.
    let (found, _) = look_up_with("db.example", |_| settings(&[], PATIENT), one);
    assert_eq!(kind(found), io::ErrorKind::Other);
}

#[test]
fn what_two_answers_say_of_a_name() {
    let found = |address: &str, ttl| Ok(Answer::Addresses { addresses: vec![ip(address)], ttl: Duration::from_secs(ttl) });
    let no_name = || Ok(Answer::NoName { ttl: None });
    let no_data = || Ok(Answer::NoData { ttl: Some(Duration::from_secs(1)) });
    let failed = || Err(io::Error::from(io::ErrorKind::TimedOut));
    for other in [no_name(), no_data(), failed()] {
        assert_eq!(together(found("192.0.2.1", 9), other).expect("found"), names(&["192.0.2.1"], 9));
    }
    for other in [no_name(), no_data(), failed()] {
        assert_eq!(together(other, found("::1", 9)).expect("found"), names(&["::1"], 9));
    }
    assert_eq!(kind(together(no_name(), failed())), io::ErrorKind::NotFound);
    assert_eq!(kind(together(failed(), no_name())), io::ErrorKind::NotFound);
    assert_eq!(kind(together(no_data(), no_data())), io::ErrorKind::NotFound);
    // The addresses may be those that were not told.
    assert_eq!(kind(together(no_data(), failed())), io::ErrorKind::TimedOut);
    assert_eq!(kind(together(failed(), no_data())), io::ErrorKind::TimedOut);
}

#[test]
fn files_and_loopback_come_before_any_server() {
    let hosts = b"192.0.2.5 db.example db\n192.0.2.6 moved.localhost\n";
    let of = |name| without_asking(hosts, name);
    assert_eq!(of("DB.example."), Some(names(&["192.0.2.5"], 5)));
    assert_eq!(of("moved.localhost"), Some(names(&["192.0.2.6"], 5)));
    for name in ["localhost", "LocalHost.", "a.localhost"] {
        assert_eq!(of(name), Some(names(&["127.0.0.1", "::1"], 5)), "{name}");
    }
    assert_eq!(of("2001:db8::7"), Some(names(&["2001:db8::7"], 5)));
    assert_eq!((of("example"), of("notlocalhost"), of("localhost.example")), (None, None, None));
}

#[test]
fn this_machines_loopback_is_resolved_without_asking() {
    let found = run(|host| async move { host.resolve("localhost").await }).expect("an event loop").expect("found");
    assert!(!found.addresses.is_empty() && found.addresses.iter().all(IpAddr::is_loopback), "{found:?}");
}

#[test]
fn addresses_without_a_route_are_left_out_unless_all_are() {
    // A plain socket may not send to the address of a broadcast, so that stands for what cannot be reached.
    assert_eq!(routed(names(&["255.255.255.255", "127.0.0.1"], 60)), names(&["127.0.0.1"], 60));
    assert_eq!(routed(names(&["255.255.255.255"], 60)), names(&["255.255.255.255"], 60));
}

#[test]
fn servers_behind_an_interface() {
    let file =
        b"nameserver 192.0.2.1\nnameserver fe80::1%7\nnameserver fe80::2%no-such-interface\noptions timeout:3 attempts:4 ndots:2\nsearch a";
    let settings = Settings::of(ResolvConf::parse(file));
    let wanted: [SocketAddr; 2] = [(ip("192.0.2.1"), 53).into(), SocketAddrV6::new("fe80::1".parse().expect("IPv6"), 53, 0, 7).into()];
    assert_eq!(settings.servers, wanted);
    assert_eq!((settings.search.as_slice(), settings.ndots), (&["a".to_string()][..], 2));
    assert_eq!(settings.limit(), Duration::from_secs(3 * 4 * 2));
}
