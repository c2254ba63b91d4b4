//! Messages, streams and files of routing that were changed at random, against what must hold for every input. The same few thousand
//! inputs in every test run; `FUZZ_SECONDS=600 cargo test …` goes on for that long from a seed that it prints. See `fuzz/README.md`.

use crate::mutation::{Random, run};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::bgp::{self, Agreed, Capability, Family, NewAttributes, Notification, Open, Origin, Prefix, Segment, SegmentKind, Treatment};
use wire::bmp::{self, Down, Information, Peer, PeerKind, Statistic};
use wire::mrt::{self, Exchange, NewEntry, OldEntry, State};
use wire::network::Network;

const WIDE: Agreed = Agreed { four_octets: true, long: false, paths_v4: false, paths_v6: false, own: false };
const ROUTER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn prefix(text: &str) -> Prefix {
    Prefix::of(Network::parse(text).expect("a network"))
}

fn open() -> Open {
    let capabilities = vec![
        Capability::Multiprotocol(Family::IPV4),
        Capability::Multiprotocol(Family::IPV6),
        Capability::RouteRefresh,
        Capability::FourOctets(70_000),
        Capability::SeveralPaths(vec![(Family::IPV4, bgp::SEVERAL_PATHS_BOTH)]),
        Capability::Other { code: 73, value: b"\x05edge1\x00".to_vec() },
    ];
    Open { system: 70_000, hold_seconds: 90, identifier: Ipv4Addr::new(192, 0, 2, 1), capabilities }
}

fn attributes() -> NewAttributes<'static> {
    let segment = |kind, systems: &[u32]| Segment { kind, systems: systems.to_vec() };
    NewAttributes {
        origin: Some(Origin::Igp),
        path: Some(vec![segment(SegmentKind::Sequence, &[65001, 70_000, 3]), segment(SegmentKind::Set, &[4, 5])]),
        next_hop: Some(Ipv4Addr::new(192, 0, 2, 1)),
        med: Some(10),
        local_pref: Some(200),
        ..NewAttributes::default()
    }
}

fn update(agreed: &Agreed) -> Vec<u8> {
    let mut message = Vec::new();
    bgp::write_update(&[prefix("198.51.100.0/24")], &attributes(), &[prefix("10.0.0.0/8"), prefix("0.0.0.0/0")], agreed, &mut message)
        .expect("fits");
    message
}

fn messages() -> Vec<Vec<u8>> {
    let mut all = vec![update(&WIDE), update(&Agreed::default()), update(&Agreed { paths_v4: true, ..WIDE })];
    let hop = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let reach = Some((Family::IPV6, hop, vec![prefix("2001:db8::/32"), prefix("2001:db8:1::/48")]));
    let v6 = NewAttributes { reach, unreach: Some((Family::IPV6, vec![prefix("2001:db8:2::/48")])), next_hop: None, ..attributes() };
    let mut message = Vec::new();
    bgp::write_update(&[], &v6, &[], &WIDE, &mut message).expect("fits");
    all.push(message);
    let mut row = Vec::new();
    open().write(&mut row).expect("fits");
    bgp::write_keepalive(&mut row);
    Notification { code: 6, subcode: 2, data: b"\x04done".to_vec() }.write(&mut row);
    all.push(row);
    all
}

/// Cuts an input at random, and pushes the parts; after each, `take` takes what there is, until it says that it is over.
fn in_pieces(random: &mut Random, mut input: &[u8], mut take: impl FnMut(&[u8]) -> bool) {
    while !input.is_empty() {
        let (part, rest) = input.split_at(1 + random.below(input.len().min(60)));
        input = rest;
        if take(part) {
            return;
        }
    }
}

/// What becomes of a stream, in words.
fn session(framer: &mut bgp::Framer, part: &[u8], agreed: &Agreed, said: &mut Vec<String>) -> bool {
    framer.push(part);
    loop {
        match framer.message(agreed) {
            Ok(None) => return false,
            Ok(Some(message)) => {
                if let bgp::Message::Update(update) = &message {
                    check_update(update);
                }
                said.push(format!("{message:?}"));
            }
            Err(fault) => {
                assert_eq!(fault.treatment, Treatment::ResetSession);
                said.push(format!("{fault} {}", fault.notification()));
                return true;
            }
        }
    }
}

/// What counts as withdrawn is not announced, and nothing is lost: what an UPDATE names is in one of both.
fn check_update(update: &bgp::Update<'_>) {
    let (came, went) = (update.announcements().count(), update.withdrawals().count());
    let reach = update.attributes.reach.map_or(0, |reach| reach.prefixes.count());
    let unreach = update.attributes.unreach.map_or(0, |unreach| unreach.prefixes.count());
    assert_eq!(came + went, update.announced.count() + update.withdrawn.count() + reach + unreach);
    let withdrawn = update.faults().iter().any(|fault| fault.treatment == Treatment::TreatAsWithdraw);
    assert!(!withdrawn || came == 0);
    if came > 0 {
        let path = update.attributes.path.expect("no network comes without a way");
        let counted = |segment: &Segment| match segment.kind {
            SegmentKind::Sequence => segment.systems.len(),
            SegmentKind::Set => 1,
            SegmentKind::ConfederationSequence | SegmentKind::ConfederationSet => 0,
        };
        assert_eq!(path.len(), path.segments().iter().map(counted).sum::<usize>());
    }
}

#[test]
fn sessions() {
    let seeds = messages();
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    let words: &[&[u8]] =
        &[&[0x40, 1, 1, 0], &[0x40, 2, 0], &[0x80, 14], &[0x80, 15, 3, 0, 1, 1], &[0xC0, 17], &[2, 1], &[0xFF; 16], &[32], &[0]];
    run(&seeds, words, 20_000, |random, input| {
        let agreed = Agreed {
            four_octets: random.below(2) == 0,
            long: false,
            paths_v4: random.below(4) == 0,
            paths_v6: random.below(4) == 0,
            own: random.below(4) == 0,
        };
        let mut whole = Vec::new();
        session(&mut bgp::Framer::default(), input, &agreed, &mut whole);
        let (mut framer, mut cut) = (bgp::Framer::default(), Vec::new());
        in_pieces(random, input, |part| session(&mut framer, part, &agreed, &mut cut));
        assert_eq!(cut, whole);
    });
}

fn station_seeds() -> Vec<Vec<u8>> {
    let peer = Peer {
        kind: PeerKind::Global,
        post_policy: true,
        two_octets: false,
        outgoing: false,
        filtered: false,
        distinguisher: 1,
        address: ROUTER,
        system: 70_000,
        identifier: Ipv4Addr::LOCALHOST,
        at: (1, 2),
    };
    let mut up = Vec::new();
    bmp::write_initiation(&[(Information::NAME, b"edge1")], &mut up);
    bmp::write_peer_up(&peer, ROUTER, (179, 40_000), (&open(), &open()), &[(Information::TABLE, b"main")], &mut up).expect("fits");
    let mut row = Vec::new();
    bmp::write_monitoring(&peer, &update(&WIDE), &mut row);
    bmp::write_statistics(&peer, &[Statistic { kind: 9, family: Some(Family::IPV4), value: 7 }], &mut row);
    let mut down = Vec::new();
    bmp::write_peer_down(&Peer { kind: PeerKind::OwnTable, post_policy: false, ..peer }, &Down::Remote(Notification::new(6, 2)), &mut down);
    bmp::write_termination(&[(Information::REASON, &[0, 1])], &mut down);
    vec![up, row, down]
}

fn station(framer: &mut bmp::Framer, part: &[u8], said: &mut Vec<String>) -> bool {
    framer.push(part);
    loop {
        match framer.message() {
            Ok(None) => return false,
            Ok(Some(message)) => {
                if let bmp::Message::Monitoring { peer, update } = &message
                    && let Ok(bgp::Message::Update(update)) = bgp::Message::read(update, &peer.agreed(Agreed::default()))
                {
                    check_update(&update);
                }
                said.push(format!("{message:?}"));
            }
            Err(fault) => {
                said.push(fault.to_string());
                return true;
            }
        }
    }
}

#[test]
fn stations() {
    let seeds = station_seeds();
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    run(&seeds, &[&[3, 0, 0, 0, 6, 4], &[0, 0, 0, 0], &[0xFF; 16], &[0, 2, 0, 1], &[3, 0x80]], 10_000, |random, input| {
        let mut whole = Vec::new();
        station(&mut bmp::Framer::new(4096), input, &mut whole);
        let (mut framer, mut cut) = (bmp::Framer::new(4096), Vec::new());
        in_pieces(random, input, |part| station(&mut framer, part, &mut cut));
        assert_eq!(cut, whole);
    });
}

fn file_seeds() -> Vec<Vec<u8>> {
    let mut bytes = Vec::new();
    bgp::write_attributes(&attributes(), &WIDE, &mut bytes);
    let mut table = Vec::new();
    let peer = mrt::Peer { identifier: Ipv4Addr::LOCALHOST, address: ROUTER, system: 70_000 };
    mrt::write_peers(1, Ipv4Addr::LOCALHOST, &[peer, peer], &mut table);
    let entry = |peer| NewEntry { peer, originated: 1, path: 2, attributes: &bytes };
    for (text, paths) in [("10.0.0.0/8", false), ("2001:db8::/32", false), ("10.1.0.0/16", true)] {
        mrt::write_rib(1, 0, &prefix(text).network, paths, &[entry(0), entry(1)], &mut table);
    }
    let mut old = Vec::new();
    let entry = OldEntry { network: prefix("10.0.0.0/8").network, originated: 1, peer: ROUTER, system: 1, attributes: &bytes };
    mrt::write_old_entries(1, 1, false, &[entry, entry], &mut old);
    let mut changes = Vec::new();
    let (peer, local) = (ROUTER, ROUTER);
    let message = update(&WIDE);
    let exchange =
        Exchange { peer, system: 1, local, local_system: 2, sent: false, agreed: Agreed { long: true, ..WIDE }, message: &message };
    mrt::write_message(1, Some(5), &exchange, &mut changes);
    mrt::write_message(1, None, &exchange, &mut changes);
    mrt::write_state(1, &State { peer, system: 1, local, local_system: 2, old: 6, new: 1 }, &mut changes);
    vec![table, old, changes]
}

fn file(reader: &mut mrt::Reader, part: &[u8], said: &mut Vec<String>) -> bool {
    reader.push(part);
    loop {
        match reader.record() {
            Ok(None) => return false,
            Ok(Some(record)) => said.push(format!("{:?}", record.read())),
            Err(fault) => {
                said.push(fault.to_string());
                return true;
            }
        }
    }
}

#[test]
fn files() {
    let seeds = file_seeds();
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    run(&seeds, &[&[0, 13, 0, 2], &[0, 12, 0, 1], &[0, 17, 0, 4], &[0, 0, 0, 0], &[0x40, 2, 0]], 10_000, |random, input| {
        let (mut reader, mut whole) = (mrt::Reader::new(4096), Vec::new());
        file(&mut reader, input, &mut whole);
        let (mut pieces, mut cut) = (mrt::Reader::new(4096), Vec::new());
        in_pieces(random, input, |part| file(&mut pieces, part, &mut cut));
        assert_eq!((cut, pieces.offset()), (whole, reader.offset()));
    });
}
