//! Names that are answered here, and nowhere asked for: this machine itself, networks that everybody has, names that no one may have.
//!
//! RFC 6761 (special names), RFC 6303 and RFC 7793 (reverse zones of such networks), RFC 6762 §22.1 (`local`), RFC 7686 (`onion`),
//! RFC 8375 (`home.arpa`).

use super::reply::{NXDOMAIN, Reply, Source};
use crate::time::Duration;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};
use wire::dns::{Data, Name, Query, Record, RecordType, ResponseCode, Soa};

/// RFC 6303 §3: the times of such a zone.
const TTL: Duration = Duration::from_secs(10_800);

/// Whoever walks, these are answered here.
const ALWAYS: [&str; 4] = ["localhost", "invalid", "127.in-addr.arpa", LOOPBACK6];
const LOOPBACK6: &str = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa";

/// These too, where the walk would begin at the public root, which has nothing of them. A forwarder, or a root of one's own, may well.
const PUBLIC: [&str; 19] = [
    "test",
    "onion",
    "local",
    "home.arpa",
    "0.in-addr.arpa",
    "10.in-addr.arpa",
    "168.192.in-addr.arpa",
    "254.169.in-addr.arpa",
    "2.0.192.in-addr.arpa",
    "100.51.198.in-addr.arpa",
    "113.0.203.in-addr.arpa",
    "255.255.255.255.in-addr.arpa",
    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
    "d.f.ip6.arpa",
    "8.e.f.ip6.arpa",
    "9.e.f.ip6.arpa",
    "a.e.f.ip6.arpa",
    "b.e.f.ip6.arpa",
    "8.b.d.0.1.0.0.2.ip6.arpa",
];

/// The local zones.
#[derive(Clone, Debug)]
pub(super) struct LocalNames(Vec<Name>);

impl LocalNames {
    /// `public`: the walk begins at the public root.
    pub(super) fn new(public: bool) -> LocalNames {
        let name = |text: &str| Name::parse(text).expect("a test reads them all");
        let mut names: Vec<Name> = ALWAYS.into_iter().map(name).collect();
        if public {
            names.extend(PUBLIC.into_iter().map(name));
            // RFC 6303 §4.2 and RFC 7793: 172.16.0.0/12, and 100.64.0.0/10.
            names.extend((16..32).map(|net| name(&alloc::format!("{net}.172.in-addr.arpa"))));
            names.extend((64..128).map(|net| name(&alloc::format!("{net}.100.in-addr.arpa"))));
        }
        names.sort();
        LocalNames(names)
    }

    /// The answer, if it is one of ours to give.
    pub(super) fn answer(&self, query: &Query) -> Option<Reply> {
        // A zone below the name itself has at most so many labels.
        let zone = (1..=query.name.depth()).map(|labels| query.name.last_labels(labels)).find(|part| self.0.binary_search(part).is_ok())?;
        // RFC 4035 §3.1.4.1: of the cut above a zone, it is not for the zone to tell.
        if query.kind == RecordType::DS && query.name == zone {
            return None;
        }
        let mut reply = Reply::of(ResponseCode(0), Source::Local);
        let data = records(&zone, query);
        match data {
            Some(all) => {
                let data = all.into_iter().filter(|data| data.kind() == query.kind);
                reply.answer = data.map(|data| Record { owner: query.name.clone(), ttl: TTL, data }).collect();
            }
            None => reply.code = NXDOMAIN,
        }
        if reply.answer.is_empty() {
            reply.authority.push(Record { owner: zone.clone(), ttl: TTL, data: soa(&zone) });
        }
        Some(reply)
    }
}

/// All that the name has; `None` if there is no such name.
fn records(zone: &Name, query: &Query) -> Option<Vec<Data>> {
    let text = |name: &str| Name::parse(name).expect("a test reads them all");
    let (localhost, apex) = (text("localhost"), query.name == *zone);
    // RFC 6761 §6.3: all names below it are the same machine.
    if *zone == localhost {
        let addresses = alloc::vec![Data::A(Ipv4Addr::LOCALHOST), Data::Aaaa(Ipv6Addr::LOCALHOST)];
        return Some(if apex { [addresses, start(zone)].concat() } else { addresses });
    }
    let v4 = text("1.0.0.127.in-addr.arpa");
    if query.name == v4 || *zone == text(LOOPBACK6) && apex {
        let pointer = alloc::vec![Data::Other(POINTER, localhost_on_the_wire())];
        return Some(if apex { [pointer, start(zone)].concat() } else { pointer });
    }
    if apex {
        return Some(start(zone));
    }
    // An empty name between the zone and the one that it has.
    v4.is_below(&query.name).then(Vec::new)
}

/// PTR.
const POINTER: RecordType = RecordType(12);

fn localhost_on_the_wire() -> Vec<u8> {
    b"\x09localhost\0".to_vec()
}

fn start(zone: &Name) -> Vec<Data> {
    alloc::vec![soa(zone), Data::Ns(zone.clone())]
}

/// RFC 6303 §3.
fn soa(zone: &Name) -> Data {
    let mailbox = Name::parse("nobody.invalid").expect("a test reads them all");
    Data::Soa(Soa { primary: zone.clone(), mailbox, serial: 1, refresh: 3600, retry: 1200, expire: 604_800, minimum: 10_800 })
}

#[cfg(test)]
mod tests;
