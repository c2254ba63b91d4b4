use super::*;
use alloc::vec;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::bgp::{Capability, NewAttributes, Notification, Open, Prefix, Segment, SegmentKind};
use wire::bmp::{self, Down};
use wire::network::Network;

fn at(secs: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(secs)
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

fn own() -> Peer {
    Peer { kind: PeerKind::OwnTable, address: Ipv4Addr::UNSPECIFIED.into(), ..peer(0) }
}

fn post(last: u8) -> Peer {
    Peer { post_policy: true, ..peer(last) }
}

fn up(peer: &Peer) -> Vec<u8> {
    let open = Open {
        system: 65_001,
        hold_seconds: 90,
        identifier: peer.identifier,
        capabilities: vec![Capability::Multiprotocol(Family::IPV4), Capability::FourOctets(65_001)],
    };
    let open = Open { identifier: Ipv4Addr::new(192, 0, 2, 99), ..open };
    let mut bytes = vec![];
    bmp::write_peer_up(peer, Ipv4Addr::LOCALHOST.into(), (179, 179), (&open, &open), &[], &mut bytes).expect("it fits");
    bytes
}

fn down(peer: &Peer) -> Vec<u8> {
    let mut bytes = vec![];
    bmp::write_peer_down(peer, &Down::Remote(Notification::new(6, 2)), &mut bytes);
    bytes
}

fn routes(peer: &Peer, withdrawn: &[&str], announced: &[&str]) -> Vec<u8> {
    let prefixes = |texts: &[&str]| texts.iter().map(|text| Prefix::of(Network::parse(text).expect("a network"))).collect::<Vec<_>>();
    let attributes = NewAttributes {
        origin: Some(bgp::Origin::Igp),
        path: Some(vec![Segment { kind: SegmentKind::Sequence, systems: vec![65_001] }]),
        next_hop: Some(Ipv4Addr::LOCALHOST),
        local_pref: Some(200),
        ..NewAttributes::default()
    };
    let attributes = if announced.is_empty() { NewAttributes::default() } else { attributes };
    let mut update = vec![];
    let agreed = bgp::Agreed { four_octets: true, ..bgp::Agreed::default() };
    bgp::write_update(&prefixes(withdrawn), &attributes, &prefixes(announced), &agreed, &mut update).expect("it fits");
    let mut bytes = vec![];
    bmp::write_monitoring(peer, &update, &mut bytes);
    bytes
}

fn end(peer: &Peer) -> Vec<u8> {
    routes(peer, &[], &[])
}

fn station() -> Station {
    let mut station = Station::new(100, Duration::from_secs(300));
    station.connected(at(0));
    station
}

/// All that it wants and delivers, in words.
fn heard(station: &mut Station) -> String {
    let mut words = Vec::new();
    loop {
        words.extend(core::iter::from_fn(|| station.poll()).map(wanted));
        let Some((name, delivery)) = station.delivery() else { break };
        words.push(match delivery {
            Delivery::Whole(whole, loaded) => {
                station.counted(name, whole.len() as u64);
                format!("{name} whole {} {}", whole.len(), loaded.end.word())
            }
            Delivery::Changes(changes) => format!("{name} changes {}", changes.len()),
            Delivery::Gone => format!("{name} gone"),
        });
    }
    // Those of which nothing is left.
    words.extend(core::iter::from_fn(|| station.poll()).map(wanted));
    words.join("; ")
}

fn wanted(output: Output) -> String {
    match output {
        Output::Presented { name, description } => format!("it is {name}, {description}"),
        Output::PeerUp(name, rib) => format!("{name} up {}", rib.word()),
        Output::PeerDown(name, why) => format!("{name} down: {why}"),
        Output::Forgotten(name) => format!("{name} forgotten"),
        Output::Damaged(name, what) => format!("{name} damaged: {what}"),
        Output::Beyond(name) => format!("{name} beyond"),
        Output::Close(why) => format!("close: {why}"),
    }
}

/// What is said, and what comes of it.
fn plays(station: &mut Station, secs: u64, bytes: &[Vec<u8>], expected: &str) {
    station.received(&bytes.concat(), at(secs));
    assert_eq!(heard(station), expected, "at {secs} s");
}

#[test]
fn a_peer_from_its_beginning_to_its_end() {
    let mut station = station();
    let one = peer(1);
    let mut initiation = vec![];
    bmp::write_initiation(&[(Information::NAME, b"fra-r1\x07"), (Information::DESCRIPTION, b"a router")], &mut initiation);
    plays(&mut station, 0, &[initiation], "it is fra-r1, a router");
    plays(&mut station, 1, &[up(&one)], "192.0.2.1 up pre-policy");
    plays(&mut station, 1, &[routes(&one, &[], &["10.0.0.0/8", "10.1.0.0/16"])], "");
    plays(&mut station, 2, &[end(&one)], "192.0.2.1 whole 2 end-of-rib");
    plays(&mut station, 3, &[routes(&one, &["10.0.0.0/8"], &[])], "192.0.2.1 changes 1");
    plays(&mut station, 4, &[down(&one)], "192.0.2.1 down: closed by the peer: cease: administrative shutdown (6/2)");
    assert_eq!(station.timer(), Some(at(304)));
    station.timeout(at(304));
    assert_eq!(heard(&mut station), "192.0.2.1 gone; 192.0.2.1 forgotten");
}

#[test]
fn the_table_behind_the_policy_is_taken_where_it_is_told() {
    let mut station = station();
    plays(
        &mut station,
        0,
        &[up(&peer(1)), routes(&peer(1), &[], &["10.0.0.0/8"]), end(&peer(1))],
        "192.0.2.1 up pre-policy; 192.0.2.1 whole 1 end-of-rib",
    );
    let told = [up(&post(1)), routes(&post(1), &[], &["10.1.0.0/16", "10.2.0.0/16"]), end(&post(1))];
    plays(&mut station, 1, &told, "192.0.2.1 up post-policy; 192.0.2.1 whole 2 end-of-rib");
    plays(&mut station, 2, &[routes(&peer(1), &[], &["10.9.0.0/16"])], "");
    // What it sends on is nothing to us.
    let out = Peer { outgoing: true, ..post(1) };
    plays(&mut station, 2, &[up(&out), routes(&out, &[], &["10.9.0.0/16"]), down(&out)], "");
}

#[test]
fn the_routers_own_table_takes_the_place_of_all_others() {
    let mut station = station();
    plays(
        &mut station,
        0,
        &[up(&peer(1)), routes(&peer(1), &[], &["10.0.0.0/8"]), end(&peer(1))],
        "192.0.2.1 up pre-policy; 192.0.2.1 whole 1 end-of-rib",
    );
    station.received(&[up(&own()), routes(&own(), &[], &["10.1.0.0/16"]), end(&own())].concat(), at(1));
    let words = heard(&mut station);
    for part in ["192.0.2.1 gone", "192.0.2.1 forgotten", "loc-rib up loc-rib", "loc-rib whole 1 end-of-rib"] {
        assert!(words.contains(part), "{words}");
    }
    plays(&mut station, 2, &[up(&peer(2)), routes(&peer(2), &[], &["10.9.0.0/16"]), routes(&post(1), &[], &["10.9.0.0/16"])], "");
}

#[test]
fn a_routers_own_table_may_come_unannounced() {
    let mut station = station();
    plays(&mut station, 0, &[routes(&own(), &[], &["10.1.0.0/16"])], "loc-rib up loc-rib");
    station.timeout(at(10));
    assert_eq!(heard(&mut station), "loc-rib whole 1 quiet");
}

#[test]
fn a_router_that_disappears_and_comes_back() {
    let mut station = station();
    plays(
        &mut station,
        0,
        &[up(&peer(1)), routes(&peer(1), &[], &["10.0.0.0/8"]), end(&peer(1))],
        "192.0.2.1 up pre-policy; 192.0.2.1 whole 1 end-of-rib",
    );
    station.closed(at(10));
    assert!(!station.is_over() && station.is_kept(PeerName::of(&peer(1))));
    station.connected(at(20));
    plays(&mut station, 20, &[up(&peer(1)), routes(&peer(1), &[], &["10.1.0.0/16"])], "192.0.2.1 up pre-policy");
    plays(&mut station, 20, &[end(&peer(1))], "192.0.2.1 whole 1 end-of-rib");
    station.closed(at(30));
    station.timeout(at(330));
    assert_eq!(heard(&mut station), "192.0.2.1 gone; 192.0.2.1 forgotten");
    assert!(station.is_over());
}

#[test]
fn bounds_on_networks_and_peers() {
    let mut station = Station::new(3, Duration::from_secs(300));
    station.connected(at(0));
    let networks: Vec<String> = (0..5).map(|number| format!("10.{number}.0.0/16")).collect();
    let networks: Vec<&str> = networks.iter().map(String::as_str).collect();
    plays(
        &mut station,
        0,
        &[up(&peer(1)), routes(&peer(1), &[], &networks[..2]), end(&peer(1))],
        "192.0.2.1 up pre-policy; 192.0.2.1 whole 2 end-of-rib",
    );
    // Of the second, one is left.
    plays(
        &mut station,
        0,
        &[up(&peer(2)), routes(&peer(2), &[], &networks), end(&peer(2))],
        "192.0.2.2 up pre-policy; 192.0.2.2 whole 1 end-of-rib",
    );
    // With the bound reached, what makes it more is not heeded, and what makes it fewer is.
    station.counted(PeerName::of(&peer(1)), 2);
    plays(&mut station, 1, &[routes(&peer(1), &["10.0.0.0/16"], &["10.7.0.0/16"])], "192.0.2.1 changes 1");
    let many: Vec<Vec<u8>> = (0..300u16).map(|number| up(&Peer { distinguisher: u64::from(number) + 1, ..peer(3) })).collect();
    station.received(&many.concat(), at(2));
    let words = heard(&mut station);
    assert_eq!((words.matches(" up ").count(), words.matches(" beyond").count()), (254, 46));
}

#[test]
fn what_is_wrong_costs_no_more_than_it_must() {
    let mut station = station();
    plays(
        &mut station,
        0,
        &[routes(&peer(1), &[], &["10.0.0.0/8"])],
        "192.0.2.1 damaged: routes of a peer that is not up, which are passed over",
    );
    let mut wrong = vec![];
    bmp::write_monitoring(&peer(1), &[0; 19], &mut wrong);
    plays(
        &mut station,
        1,
        &[up(&peer(1)), wrong],
        "192.0.2.1 up pre-policy; 192.0.2.1 damaged: no marker where a message should begin: the message is passed over",
    );
    plays(&mut station, 2, &[routes(&peer(1), &[], &["10.0.0.0/8"]), end(&peer(1))], "192.0.2.1 whole 1 end-of-rib");
    plays(&mut station, 3, &[b"GET / HTTP/1.1\r\n".to_vec()], "close: it sent version 71 of BMP, where only 3 is read");
    assert!(station.is_kept(PeerName::of(&peer(1))));
    // After that, nothing is heard until it connects again.
    plays(&mut station, 4, &[up(&peer(2))], "");
    station.connected(at(5));
    let mut termination = vec![];
    bmp::write_termination(&[(Information::REASON, &[0, 2])], &mut termination);
    plays(&mut station, 5, &[termination], "close: the router ended it: out of resources");
}

/// Whatever comes, in whatever pieces, nothing panics.
#[test]
fn garbage() {
    use crate::random::{Random, SplitMix};
    let mut random = SplitMix::new(5);
    let good = [up(&peer(1)), routes(&peer(1), &["10.1.0.0/16"], &["10.0.0.0/8"]), end(&peer(1)), up(&own()), down(&peer(1))].concat();
    for _ in 0..2_000 {
        let mut station = station();
        let mut bytes = good.clone();
        for _ in 0..random.below(4) {
            let place = usize::try_from(random.below(bytes.len() as u64)).expect("small");
            bytes[place] = random.next() as u8;
        }
        while !bytes.is_empty() {
            let piece = usize::try_from(random.below(bytes.len() as u64 + 1)).expect("small");
            station.received(&bytes.drain(..piece).collect::<Vec<_>>(), at(1));
            heard(&mut station);
        }
        station.timeout(at(1000));
        heard(&mut station);
    }
}

/// A message about networks, written by hand: `paths` before each network, and perhaps no way.
fn told(peer: &Peer, agreed: &bgp::Agreed, withdrawn: &[(u32, &str)], announced: Option<(u32, &str, Option<Vec<u32>>)>) -> Vec<u8> {
    let prefix = |path, text| Prefix { network: Network::parse(text).expect("a network"), path };
    let (mut attributes, mut prefixes) = (NewAttributes::default(), vec![]);
    if let Some((path, network, way)) = announced {
        (attributes.origin, attributes.next_hop) = (Some(bgp::Origin::Igp), Some(Ipv4Addr::LOCALHOST));
        attributes.path = way.map(|systems| vec![Segment { kind: SegmentKind::Sequence, systems }]);
        prefixes.push(prefix(path, network));
    }
    let withdrawn: Vec<Prefix> = withdrawn.iter().map(|(path, network)| prefix(*path, network)).collect();
    let (mut update, mut bytes) = (vec![], vec![]);
    bgp::write_update(&withdrawn, &attributes, &prefixes, agreed, &mut update).expect("it fits");
    bmp::write_monitoring(peer, &update, &mut bytes);
    bytes
}

/// RFC 7911: the best of several paths counts, and one that goes leaves the others.
#[test]
fn several_paths_of_one_peer_to_a_network() {
    let mut station = station();
    let open = |direction| Open {
        system: 65_001,
        hold_seconds: 90,
        identifier: Ipv4Addr::new(192, 0, 2, 99),
        capabilities: vec![Capability::FourOctets(65_001), Capability::SeveralPaths(vec![(Family::IPV4, direction)])],
    };
    let (one, mut up) = (peer(1), vec![]);
    bmp::write_peer_up(&one, Ipv4Addr::LOCALHOST.into(), (179, 179), (&open(1), &open(2)), &[], &mut up).expect("it fits");
    let agreed = bgp::Agreed { four_octets: true, paths_v4: true, ..bgp::Agreed::default() };
    let says = |withdrawn: &[(u32, &str)], announced| told(&one, &agreed, withdrawn, announced);
    let network = "10.0.0.0/8";
    station.received(&up, at(0));
    station.received(&says(&[], Some((7, network, Some(vec![1, 2, 3])))), at(0));
    station.received(&says(&[], Some((8, network, Some(vec![1])))), at(0));
    station.received(&says(&[], Some((9, network, Some(vec![1, 2])))), at(0));
    station.received(&says(&[], None), at(0));
    let length = |station: &mut Station| match station.delivery() {
        Some((_, Delivery::Whole(whole, _))) => whole.iter().map(|(_, route)| Some(route.path_len)).collect::<Vec<_>>(),
        Some((_, Delivery::Changes(changes))) => changes.iter().map(|(_, route)| Some(route.as_ref()?.path_len)).collect(),
        other => panic!("{other:?}"),
    };
    assert_eq!(length(&mut station), [Some(1)]);
    station.received(&says(&[(8, network)], None), at(1));
    assert_eq!(length(&mut station), [Some(2)], "the next best");
    station.received(&says(&[(7, network)], None), at(1));
    assert_eq!(length(&mut station), [Some(2)]);
    station.received(&says(&[(9, network)], None), at(1));
    assert_eq!(length(&mut station), [None], "the last");
}

/// GoBGP 3.10 tells so of what it has of its own.
#[test]
fn the_routers_own_networks_may_come_without_a_way() {
    let agreed = bgp::Agreed { four_octets: true, ..bgp::Agreed::default() };
    let mut station = station();
    plays(&mut station, 0, &[told(&own(), &agreed, &[], Some((0, "10.1.0.0/16", None)))], "loc-rib up loc-rib");
    plays(&mut station, 0, &[end(&own())], "");
    station.timeout(at(10));
    assert_eq!(heard(&mut station), "loc-rib whole 1 quiet");
    // What a peer sent must have one (RFC 7606 §3 d).
    station.connected(at(20));
    station.received(&up(&peer(1)), at(20));
    heard(&mut station);
    let expected = "192.0.2.1 damaged: networks without the attribute AS_PATH: its networks count as withdrawn";
    plays(&mut station, 20, &[told(&peer(1), &agreed, &[], Some((0, "10.1.0.0/16", None)))], expected);
}

#[test]
fn a_router_that_never_stops_telling_is_used_in_the_end() {
    let mut station = station();
    station.received(&up(&peer(1)), at(0));
    heard(&mut station);
    let mut words = String::new();
    for secs in 1..=121 {
        station.received(&routes(&peer(1), &[], &["10.0.0.0/8"]), at(secs));
        words.push_str(&heard(&mut station));
    }
    assert!(words.contains("192.0.2.1 whole 1 time"), "{words}");
}
