use super::*;
use decide::config::{DnsLimits, ZoneRecord};
use decide::time::Duration;
use wire::dns::{Data, Soa};

fn dns(zones: &[(&str, u32)]) -> Dns {
    let zone = |(name, serial): &(&str, u32)| {
        let name = Name::parse(name).expect("a name");
        let soa = Soa { primary: name.clone(), mailbox: name.clone(), serial: *serial, refresh: 1, retry: 1, expire: 1, minimum: 1 };
        let records = vec![ZoneRecord { owner: name.clone(), ttl: 1, data: Data::Soa(soa) }];
        Zone { name, at: Vec::new(), records, sets: Vec::new(), transfer: Vec::new(), notify: Vec::new() }
    };
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
    Dns { listeners: Vec::new(), limits, zones: zones.iter().map(zone).collect(), keys: Vec::new(), why: Vec::new() }
}

/// Servers that do not answer, and zones that change at each of many reloads.
#[test]
fn no_more_waits_than_each_zones_servers_once() {
    let waiting = Waiting::default();
    let mut before: Option<Dns> = None;
    for serial in 1..100 {
        // One of three stays as it is, and one is another each time.
        let now = dns(&[("a.test", serial), ("b.test", 1), (&format!("c{serial}.test"), 1)]);
        let changes = transfer::changes(before.as_ref(), &now);
        waiting.keep_to(&now, &changes);
        for (place, _) in changes {
            let zone = now.zones[place].name.clone();
            waiting.due.borrow_mut().push_back(Due { zone, to: "192.0.2.1:53".parse().expect("an address"), serial });
        }
        before = Some(now);
    }
    let names: Vec<String> = waiting.due.borrow().iter().map(|due| format!("{} {}", due.zone, due.serial)).collect();
    assert_eq!(names, ["b.test 1", "a.test 99", "c99.test 99"]);
}
