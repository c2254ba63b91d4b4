use super::*;
use crate::bgp::tests::{any_open, prefix, sequence};
use crate::bgp::{Family, NewAttributes, Origin, write_update};
use alloc::vec;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};
use proptest::prelude::*;

const PEER: Peer = Peer {
    kind: PeerKind::Global,
    post_policy: false,
    two_octets: false,
    outgoing: false,
    filtered: false,
    distinguisher: 0,
    address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
    system: 65007,
    identifier: Ipv4Addr::new(10, 0, 0, 7),
    at: (1, 500_000),
};

/// The one message in these bytes.
fn read(bytes: &[u8]) -> Message<'_> {
    Message::read(bytes).expect("a message")
}

fn update(four_octets: bool) -> Vec<u8> {
    let attributes = NewAttributes {
        origin: Some(Origin::Igp),
        path: Some(vec![sequence(&[65007, 65001])]),
        next_hop: Some(Ipv4Addr::LOCALHOST),
        ..NewAttributes::default()
    };
    let mut bytes = Vec::new();
    write_update(&[], &attributes, &[prefix("10.0.0.0/8")], &Agreed { four_octets, ..Agreed::default() }, &mut bytes).expect("fits");
    bytes
}

#[test]
fn a_header_byte_by_byte() {
    let mut bytes = Vec::new();
    write_monitoring(&Peer { post_policy: true, two_octets: true, ..PEER }, &[9], &mut bytes);
    let peer = [&[0, 0x60][..], &[0; 8], &[0; 12], &[192, 0, 2, 7, 0, 0, 0xFD, 0xEF, 10, 0, 0, 7, 0, 0, 0, 1, 0, 7, 0xA1, 0x20]].concat();
    assert_eq!(bytes, [&[3, 0, 0, 0, 49, 0][..], &peer, &[9]].concat());
    let own = Peer { kind: PeerKind::OwnTable, filtered: true, address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), ..PEER };
    bytes.clear();
    write_monitoring(&own, &[], &mut bytes);
    // The bit that is IPv6 elsewhere is another here.
    assert_eq!(bytes[6..8], [3, 0x80]);
    assert_eq!(read(&bytes), Message::Monitoring { peer: own, update: &[] });
}

#[test]
fn an_update_is_read_as_the_peer_speaks() {
    for two_octets in [false, true] {
        let (peer, update) = (Peer { two_octets, ..PEER }, update(!two_octets));
        let mut bytes = Vec::new();
        write_monitoring(&peer, &update, &mut bytes);
        let Message::Monitoring { peer, update } = read(&bytes) else { panic!("monitoring") };
        // Whatever was agreed on: the flag counts.
        let agreed = peer.agreed(Agreed { four_octets: two_octets, ..Agreed::default() });
        let Ok(bgp::Message::Update(update)) = bgp::Message::read(update, &agreed) else { panic!("an UPDATE") };
        assert_eq!(update.attributes.path.map(|path| (path.len(), path.origin())), Some((2, Some(65001))));
        assert!(update.announcements().eq([prefix("10.0.0.0/8")]));
    }
}

#[test]
fn a_router_presents_itself_and_closes() {
    let mut bytes = Vec::new();
    write_initiation(&[(Information::DESCRIPTION, b"a router"), (Information::NAME, b"edge1"), (Information::TEXT, b"\xFF")], &mut bytes);
    let Message::Initiation(told) = read(&bytes) else { panic!("initiation") };
    assert_eq!((told.text(Information::DESCRIPTION), told.text(Information::NAME)), (Some("a router"), Some("edge1")));
    assert_eq!((told.text(Information::TEXT), told.count()), (None, 3));
    bytes.clear();
    write_termination(&[(Information::REASON, &[0, 2])], &mut bytes);
    assert!(matches!(read(&bytes), Message::Termination(told) if told.reason() == Some("out of resources")));
}

#[test]
fn counts() {
    let all = [
        Statistic { kind: Statistic::BEFORE_POLICY, family: None, value: 900_000 },
        Statistic { kind: 9, family: Some(Family::IPV6), value: 1 << 40 },
    ];
    let mut bytes = Vec::new();
    write_statistics(&PEER, &all, &mut bytes);
    // A counter of 32 bits, and one whose form is not known.
    let more = [0, 1, 0, 4, 0, 0, 0, 5, 0, 99, 0, 1, 0];
    bytes.extend(more);
    bytes[4] += more.len() as u8;
    bytes[51] = 4;
    let Message::Statistics { statistics, .. } = read(&bytes) else { panic!("statistics") };
    assert!(statistics.eq(all.into_iter().chain([Statistic { kind: 1, family: None, value: 5 }])));
    bytes[51] = 5;
    assert_eq!(Message::read(&bytes), Err(Fault::Malformed("Statistics Report")));
}

#[test]
fn reasons_of_an_end() {
    let notification = Notification::new(6, 2);
    let all = [
        Down::Local(notification.clone()),
        Down::LocalSilent(18),
        Down::Remote(notification),
        Down::RemoteSilent,
        Down::Unmonitored,
        Down::TableGone,
        Down::Unknown(77),
    ];
    for reason in all {
        let mut bytes = Vec::new();
        write_peer_down(&PEER, &reason, &mut bytes);
        assert_eq!(read(&bytes), Message::PeerDown { peer: PEER, reason });
    }
}

#[test]
fn an_open_that_cannot_be_read_costs_only_itself() {
    let open = Open { system: 1, hold_seconds: 90, identifier: Ipv4Addr::LOCALHOST, capabilities: vec![] };
    let mut bytes = Vec::new();
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    write_peer_up(&PEER, local, (179, 40_000), (&open, &open), &[(Information::TABLE, b"main")], &mut bytes).expect("fits");
    // The identifier of the first.
    bytes[48 + 20 + 24..][..4].fill(0);
    let Message::PeerUp(up) = read(&bytes) else { panic!("peer up") };
    assert_eq!((up.sent.clone(), up.received.clone()), (Err(bgp::Flaw::Identifier.resets()), Ok(open)));
    assert_eq!((up.local, up.local_port, up.remote_port), (local, 179, 40_000));
    assert_eq!((up.information.text(Information::TABLE), up.agreed()), (Some("main"), Agreed::default()));
    // Its length: what is behind it is lost too.
    bytes[48 + 20 + 17] += 1;
    assert_eq!(Message::read(&bytes), Err(Fault::Malformed("Peer Up")));
}

#[test]
fn streams_that_are_none() {
    let next = |bytes: &[u8]| {
        let mut framer = Framer::new(100);
        framer.push(bytes);
        framer.message().map(|message| message.is_some())
    };
    assert_eq!(next(b"GET / HTTP/1.1\r\n"), Err(Fault::Version(b'G')));
    assert_eq!(next(&[1]), Err(Fault::Version(1)));
    assert_eq!(next(&[3, 0, 0, 0, 5]), Err(Fault::Length(5)));
    // Over the bound: it is not waited for.
    assert_eq!(next(&[3, 0, 0, 0, 101]), Err(Fault::Length(101)));
    assert_eq!(next(&[3, 0xFF, 0xFF, 0xFF, 0xFF, 0]), Err(Fault::Length(u32::MAX)));
    assert_eq!(next(&[3, 0, 0, 0, 6, 200]), Ok(true));
    // Half a message is waited for, and known to be half.
    let mut bytes = Vec::new();
    write_monitoring(&PEER, &update(true), &mut bytes);
    for cut in 0..bytes.len() {
        let mut framer = Framer::new(MESSAGE_BYTES);
        framer.push(&bytes[..cut]);
        assert_eq!(framer.message(), Ok(None), "{cut}");
        assert_eq!(framer.is_inside(), cut > 0);
        framer.push(&bytes[cut..]);
        assert!(matches!(framer.message(), Ok(Some(Message::Monitoring { .. }))));
        assert!(!framer.is_inside());
    }
    // One that says it is shorter than what it has to carry.
    for kind in 0..7 {
        assert!(matches!(Message::read(&[3, 0, 0, 0, 8, kind, 0, 1]), Err(Fault::Malformed(_))), "{kind}");
    }
}

fn any_peer() -> impl Strategy<Value = Peer> {
    let kinds = vec![PeerKind::Global, PeerKind::Distinguished, PeerKind::Local, PeerKind::OwnTable, PeerKind::Other(9)];
    (prop::sample::select(kinds), any::<[bool; 5]>(), any::<u64>(), any::<u128>(), any::<(u32, u32, u32, u32)>()).prop_map(
        |(kind, [v6, post_policy, two_octets, outgoing, filtered], distinguisher, address, (system, identifier, seconds, micros))| {
            let own = kind == PeerKind::OwnTable;
            let v6 = v6 && !own;
            Peer {
                kind,
                post_policy: post_policy && !own,
                two_octets: two_octets && !own,
                outgoing: outgoing && !own,
                filtered: filtered && own,
                distinguisher,
                address: if v6 { IpAddr::V6(Ipv6Addr::from(address)) } else { IpAddr::V4((address as u32).into()) },
                system,
                identifier: identifier.into(),
                at: (seconds, micros),
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        peer in any_peer(),
        sent in any_open(),
        received in any_open(),
        ports in any::<(u16, u16)>(),
        text in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        let mut bytes = Vec::new();
        let information = [(Information::TABLE, &text[..])];
        write_peer_up(&peer, peer.address, ports, (&sent, &received), &information, &mut bytes).expect("fits");
        let Message::PeerUp(up) = read(&bytes) else { panic!("peer up") };
        prop_assert_eq!((up.peer, up.local, up.local_port, up.remote_port), (peer, peer.address, ports.0, ports.1));
        prop_assert_eq!((&up.sent, &up.received), (&Ok(sent.clone()), &Ok(received.clone())));
        prop_assert_eq!(up.agreed(), Agreed::of(&sent, &received));
        prop_assert!(up.information.eq(information));
        bytes.clear();
        write_monitoring(&peer, &text, &mut bytes);
        prop_assert_eq!(read(&bytes), Message::Monitoring { peer, update: &text });
    }

    #[test]
    fn any_bytes_do_no_harm(
        kind in 0u8..8,
        body in prop::collection::vec(any::<u8>(), 0..200),
        peer in any_peer(),
        with_peer: bool,
    ) {
        let mut bytes = vec![VERSION, 0, 0, 0, 0, kind];
        if with_peer {
            peer.write(&mut bytes);
        }
        bytes.extend(body);
        bytes[4] = bytes.len() as u8;
        match Message::read(&bytes) {
            Ok(Message::Statistics { statistics, .. }) => drop(statistics.count()),
            Ok(Message::Initiation(told) | Message::Termination(told)) => drop((told.text(0), told.reason(), told.count())),
            _ => {}
        }
    }

    #[test]
    fn a_damaged_byte_does_no_harm(peer in any_peer(), open in any_open(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = Vec::new();
        write_peer_up(&peer, peer.address, (1, 2), (&open, &open), &[(0, b"x")], &mut bytes).expect("fits");
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let mut framer = Framer::new(MESSAGE_BYTES);
        framer.push(&bytes);
        while let Ok(Some(_)) = framer.message() {}
    }
}
