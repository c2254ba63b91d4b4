//! Routers that tell of their peers by BMP.

use crate::rig::{Rig, SECOND, update};
use decide::config::{Collector, RouteSource};
use decide::time::Duration;
use lab::World;
use std::future::pending;
use std::net::Ipv4Addr;
use wire::bgp::{Capability, Family, Open};
use wire::bmp::{self, Down, Information, Peer, PeerKind};
use wire::network::Network;

const PORT: u16 = 11_019;

fn station() -> Collector {
    let source = RouteSource::Bmp { at: ([10, 0, 0, 2], PORT).into(), router: vec![Network::parse("10.0.0.9").expect("an address")] };
    Collector { pop: 1, source, keep: Duration::from_secs(300), most_prefixes: 1_000_000 }
}

fn peer(last: u8) -> Peer {
    Peer {
        kind: PeerKind::Global,
        post_policy: false,
        two_octets: false,
        outgoing: false,
        filtered: false,
        distinguisher: 0,
        address: Ipv4Addr::new(192, 0, 2, last).into(),
        system: 65_001,
        identifier: Ipv4Addr::new(192, 0, 2, last),
        at: (0, 0),
    }
}

fn initiation() -> Vec<u8> {
    let mut bytes = Vec::new();
    bmp::write_initiation(&[(Information::NAME, b"ams-r1"), (Information::DESCRIPTION, b"scripted")], &mut bytes);
    bytes
}

fn up(peer: &Peer) -> Vec<u8> {
    let capabilities = vec![Capability::Multiprotocol(Family::IPV4), Capability::FourOctets(65_001)];
    let open = Open { system: 65_001, hold_seconds: 90, identifier: peer.identifier, capabilities };
    let mut bytes = Vec::new();
    bmp::write_peer_up(peer, Ipv4Addr::LOCALHOST.into(), (179, 179), (&open, &open), &[], &mut bytes).expect("it fits");
    bytes
}

fn routes(peer: &Peer, withdrawn: &[&str], announced: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bmp::write_monitoring(peer, &update(withdrawn, announced), &mut bytes);
    bytes
}

/// A peer that is up, with these networks, and all of them told.
fn whole(peer: &Peer, networks: &[&str]) -> Vec<u8> {
    [up(peer), routes(peer, &[], networks), routes(peer, &[], &[])].concat()
}

#[test]
fn a_router_its_peers_and_their_ends() {
    World::twice(1, |world| {
        let rig = Rig::new(world, &[station()]);
        let (machine, host, edge) = (rig.router.clone(), rig.router.host(), rig.edge.at(PORT));
        machine.clone().spawn(async move {
            host.sleep(SECOND).await;
            let stream = machine.connect(&edge).await.expect("connected");
            let said = [initiation(), whole(&peer(1), &["10.1.0.0/16"]), whole(&peer(2), &["10.2.0.0/16", "10.3.0.0/16"])].concat();
            // Torn anywhere.
            for piece in said.chunks(7) {
                stream.write_all(piece).await.expect("sent");
            }
            host.sleep(10 * SECOND).await;
            stream.write_all(&routes(&peer(2), &["10.2.0.0/16"], &["10.4.0.0/16"])).await.expect("sent");
            let mut down = Vec::new();
            bmp::write_peer_down(&peer(1), &Down::RemoteSilent, &mut down);
            stream.write_all(&down).await.expect("sent");
            pending::<()>().await;
        });
        rig.until(5);
        let sources = rig.collectors.sources();
        assert_eq!(
            sources.iter().map(|source| source.name.as_str()).collect::<Vec<_>>(),
            ["bmp 10.0.0.9 192.0.2.1", "bmp 10.0.0.9 192.0.2.2"]
        );
        assert!(sources.iter().all(|source| source.state == "live" && source.pop == "ams"));
        assert_eq!(rig.log.steps("routing-station-up"), ["1 routing-station-up ams 10.0.0.9 ams-r1 scripted"]);
        rig.until(20);
        let sources = rig.collectors.sources();
        assert_eq!((sources[0].state, sources[0].why.as_str(), sources[1].state), ("kept", "the connection broke off", "live"));
        rig.until(320);
        // What is left of the first peer is nothing, not even its number.
        assert_eq!(rig.collectors.sources().len(), 1);
        let tables = rig.tables.borrow();
        let sizes: Vec<usize> = tables.of.values().map(|(_, table)| table.len()).collect();
        assert_eq!((sizes, tables.taken.last().map(String::as_str)), (vec![0, 2], Some("311 gone")));
    });
}

#[test]
fn a_router_that_disappears_and_one_that_talks_nonsense() {
    World::twice(2, |world| {
        let rig = Rig::new(world, &[station()]);
        let (machine, host, edge) = (rig.router.clone(), rig.router.host(), rig.edge.at(PORT));
        machine.clone().spawn(async move {
            host.sleep(SECOND).await;
            let stream = machine.connect(&edge).await.expect("connected");
            stream.write_all(&[initiation(), whole(&peer(1), &["10.1.0.0/16"])].concat()).await.expect("sent");
            host.sleep(SECOND).await;
            stream.reset();
            host.sleep(SECOND).await;
            // Half a message, and the end.
            let stream = machine.connect(&edge).await.expect("connected");
            let said = whole(&peer(1), &["10.6.0.0/16"]);
            stream.write_all(&said[..said.len() / 3]).await.expect("sent");
            drop(stream);
            host.sleep(SECOND).await;
            let stream = machine.connect(&edge).await.expect("connected");
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
            host.sleep(SECOND).await;
            // Nothing at all.
            let silent = machine.connect(&edge).await.expect("connected");
            host.sleep(40 * SECOND).await;
            drop(silent);
            // And back.
            let stream = machine.connect(&edge).await.expect("connected");
            stream.write_all(&[initiation(), whole(&peer(1), &["10.7.0.0/16"])].concat()).await.expect("sent");
            pending::<()>().await;
        });
        rig.until(40);
        assert_eq!((rig.networks(), rig.collectors.sources()[0].state), (vec!["10.1.0.0/16".to_string()], "kept"));
        rig.until(60);
        assert_eq!((rig.networks(), rig.collectors.sources()[0].state), (vec!["10.7.0.0/16".to_string()], "live"));
        let downs = rig.log.steps("routing-station-down");
        let whys = ["connection reset", "end of stream", "version 71 of BMP", "it said nothing"];
        assert!(downs.len() == 4 && downs.iter().zip(whys).all(|(down, why)| down.contains(why)), "{downs:?}");
        assert!(!rig.tables.borrow().taken.iter().any(|taken| taken.contains("gone")));
    });
}

#[test]
fn a_storm_of_peers_and_the_end_of_the_collector() {
    World::twice(3, |world| {
        let rig = Rig::new(world, &[station()]);
        let (machine, edge) = (rig.router.clone(), rig.edge.at(PORT));
        machine.clone().spawn(async move {
            let stream = machine.connect(&edge).await.expect("connected");
            for round in 0..20 {
                for number in 1..=50 {
                    let said =
                        if round == 0 { whole(&peer(number), &["10.1.0.0/16"]) } else { routes(&peer(number), &[], &["10.1.0.0/16"]) };
                    stream.write_all(&said).await.expect("sent");
                }
            }
            pending::<()>().await;
        });
        rig.until(10);
        assert_eq!(rig.collectors.sources().len(), 50);
        rig.collectors.configure(&[], &[]);
        rig.until(20);
        assert!(rig.collectors.sources().is_empty() && rig.collectors.status().is_empty());
        assert!(rig.tables.borrow().of.values().all(|(_, table)| table.is_empty()));
        assert_eq!(rig.edge.open_descriptors(), 0);
    });
}
