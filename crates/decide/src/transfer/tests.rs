use super::*;
use crate::config::{TransferTo, ZoneRecord};
use alloc::vec;
use wire::network::Network;

fn soa(serial: u32) -> Soa {
    let name = Name::parse("ns.example.com").unwrap();
    Soa { primary: name.clone(), mailbox: name, serial, refresh: 1, retry: 2, expire: 3, minimum: 4 }
}

fn zone(name: &str, serial: u32, address: u8) -> Zone {
    let name = Name::parse(name).unwrap();
    let record = |data| ZoneRecord { owner: name.clone(), ttl: 60, data };
    let records = vec![record(Data::A([192, 0, 2, address].into())), record(Data::Soa(soa(serial)))];
    Zone { name, at: vec![], records, sets: vec![], transfer: vec![], notify: vec![] }
}

fn dns(zones: Vec<Zone>) -> Dns {
    let limits = crate::config::DnsLimits {
        datagram: 1232,
        cookies: true,
        cookie_secrets: Vec::new(),
        rate: 0,
        slip: 0,
        connections: 1,
        connections_per_address: 1,
        idle_timeout: Duration::from_secs(1),
    };
    Dns { listeners: vec![], limits, zones, keys: vec![], why: vec![] }
}

#[test]
fn who_may_have_it() {
    let mut zone = zone("example.com", 1, 1);
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let to = |network: &str, key| TransferTo { network: Network::parse(network).unwrap(), key };
    assert_eq!(may(&zone, ip("127.0.0.1"), Some(0)), Err(NotFor::Address), "nobody, if nobody is named");
    zone.transfer = vec![to("192.0.2.0/24", Some(1)), to("192.0.2.7", Some(2)), to("2001:db8::/32", None)];
    assert_eq!(may(&zone, ip("192.0.2.1"), None), Err(NotFor::Key));
    assert_eq!(may(&zone, ip("192.0.2.1"), Some(2)), Err(NotFor::Key));
    assert_eq!(may(&zone, ip("192.0.2.1"), Some(1)), Ok(()));
    assert_eq!(may(&zone, ip("::ffff:192.0.2.7"), Some(2)), Ok(()), "the second line fits as well");
    assert_eq!(may(&zone, ip("192.0.3.1"), Some(1)), Err(NotFor::Address));
    assert_eq!(may(&zone, ip("2001:db8::1"), None), Ok(()));
    assert_eq!(may(&zone, ip("2001:db8::1"), Some(0)), Ok(()), "a key that is not asked for does no harm");
}

#[test]
fn serials_go_round() {
    assert!(is_newer(1, 0) && is_newer(0, u32::MAX) && is_newer(1 << 31, 1) && is_newer((1 << 31) - 1, 0));
    assert!(!is_newer(0, 0) && !is_newer(0, 1) && !is_newer(u32::MAX, 0));
    assert!(!is_newer(1 << 31, 0) && !is_newer(0, 1 << 31), "RFC 1982 §3.2: not defined");
}

#[test]
fn what_changed() {
    let old = dns(vec![zone("a", 5, 1), zone("b", 5, 1), zone("c", 5, 1), zone("d", 5, 1)]);
    let new = dns(vec![zone("D", 5, 1), zone("c", 5, 2), zone("b", 4, 2), zone("a", 6, 1), zone("e", 1, 1)]);
    let found = changes(Some(&old), &new);
    assert_eq!(found, [(1, Change::Stands), (2, Change::Older), (3, Change::Newer), (4, Change::Newer)]);
    assert_eq!(changes(None, &old).len(), 4);
    assert_eq!(changes(Some(&old), &old), []);
}

#[test]
fn a_notice_and_what_comes_of_it() {
    let zone = zone("example.com", 7, 1);
    let message = notice(&zone, 4711).unwrap();
    let sent = Message::read(&message.write().unwrap()).unwrap();
    assert_eq!(sent, message);
    assert_eq!((sent.flags.opcode, sent.flags.authoritative, sent.answer[0].data.kind()), (4, true, RecordType::SOA));
    assert_eq!(heard(&sent, &zone.name, 4711), Heard::Stray, "our own");
    let mut answer = sent;
    answer.flags.response = true;
    assert_eq!(heard(&answer, &zone.name, 4711), Heard::Acknowledged);
    assert_eq!(heard(&answer, &zone.name, 4712), Heard::Stray);
    assert_eq!(heard(&answer, &Name::parse("example.org").unwrap(), 4711), Heard::Stray);
    answer.code = ResponseCode(9);
    assert_eq!(heard(&answer, &zone.name, 4711), Heard::Refused(ResponseCode(9)));
    answer.question = None;
    assert_eq!(heard(&answer, &zone.name, 4711), Heard::Refused(ResponseCode(9)), "who cannot read it has nothing to repeat");
    answer.flags.opcode = 0;
    assert_eq!(heard(&answer, &zone.name, 4711), Heard::Stray);
    assert!(notice(&Zone { records: vec![], ..zone }, 1).is_none());
}
