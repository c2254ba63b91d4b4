use super::super::cache::Known;
use super::*;
use crate::config::DnsLimits;
use crate::resolve::RootServer;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use wire::dns::{Name, Record, RecordType};

fn config(forward: &[&str]) -> Resolver {
    let limits = DnsLimits {
        datagram: 1232,
        cookies: true,
        cookie_secrets: Vec::new(),
        rate: 0,
        slip: 0,
        connections: 1,
        connections_per_address: 1,
        idle_timeout: Duration::from_secs(1),
    };
    Resolver {
        listeners: Vec::new(),
        limits,
        clients: vec![Network::parse("10.0.0.0/8").expect("a network"), Network::parse("2001:db8::/32").expect("a network")],
        forward: forward.iter().map(|at| at.parse().expect("an address")).collect(),
        roots: Vec::new(),
        cache_entries: 100,
        max_ttl: Duration::from_secs(100),
        serve_stale: Duration::from_secs(1000),
        lookups: 10,
    }
}

fn query(of: &str, kind: RecordType) -> Query {
    Query { name: Name::parse(of).expect("a name"), kind }
}

#[test]
fn nobody_but_a_client_learns_anything() {
    let desk = Desk::new(&config(&[]));
    let mut cache = Desk::cache(&config(&[]));
    let known = Record::parse("known 60 A 192.0.2.1", Duration::ZERO).expect("a record");
    cache.keep(&known.owner.clone(), RecordType::A, Known::Records(vec![known]), Duration::from_secs(60), Instant::ZERO);
    let code = |from: &str, of: &str| {
        let (from, query) = (from.parse().expect("an address"), query(of, RecordType::A));
        desk.answer(Asked { from, query: &query, recursion_desired: true }, &cache, Instant::ZERO).map(|reply| reply.code.to_string())
    };
    for of in ["known", "unknown", "localhost"] {
        assert_eq!(code("192.0.2.1", of).as_deref(), Some("REFUSED"), "{of}");
        assert_eq!(code("::1", of).as_deref(), Some("REFUSED"), "{of}");
    }
    assert_eq!(code("10.255.0.1", "known").as_deref(), Some("NOERROR"));
    assert_eq!(code("2001:db8::1", "known").as_deref(), Some("NOERROR"));
    assert_eq!(code("10.255.0.1", "unknown"), None, "that needs a walk");
}

#[test]
fn servers_listen_where_the_root_does() {
    let port = |settings: &Settings| match settings.mode {
        Mode::Iterative { port, .. } => Some(port),
        Mode::Recursive { .. } => None,
    };
    let root = RootServer { name: "a.root".into(), address: "127.0.0.1:5301".parse().expect("an address") };
    assert_eq!(port(Desk::new(&Resolver { roots: vec![root], ..config(&[]) }).settings()), Some(5301));
    assert_eq!(port(Desk::new(&config(&[])).settings()), Some(53));
    assert_eq!(port(Desk::new(&config(&["192.0.2.1:53"])).settings()), None);
}
