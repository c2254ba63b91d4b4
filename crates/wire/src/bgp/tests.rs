use super::*;
use crate::network::Network;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};
use proptest::prelude::*;

const WIDE: Agreed = Agreed { four_octets: true, long: false, paths_v4: false, paths_v6: false, own: false };
const NARROW: Agreed = Agreed { four_octets: false, ..WIDE };

pub(crate) fn prefix(text: &str) -> Prefix {
    Prefix::of(Network::parse(text).expect("a network"))
}

pub(crate) fn sequence(systems: &[u32]) -> Segment {
    Segment { kind: SegmentKind::Sequence, systems: systems.to_vec() }
}

/// An UPDATE around attributes that are written as bytes.
fn update(withdrawn: &[u8], attributes: &[u8], announced: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    frame::write(frame::UPDATE, &mut message, |out| {
        for part in [withdrawn, attributes] {
            out.extend((part.len() as u16).to_be_bytes());
            out.extend_from_slice(part);
        }
        out.extend_from_slice(announced);
    });
    message
}

fn read<'a>(message: &'a [u8], agreed: &Agreed) -> Update<'a> {
    match Message::read(message, agreed) {
        Ok(Message::Update(update)) => update,
        other => panic!("an UPDATE, got {other:?}"),
    }
}

const GOOD: &[u8] = &[0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xE8, 0x40, 3, 4, 192, 0, 2, 1];
const TEN: &[u8] = &[8, 10];

/// What is told of attributes that stand before good ones, with a network of IPv4 behind them.
fn judged(attribute: &[u8]) -> Result<Vec<Fault>, Fault> {
    judged_alone(&[attribute, GOOD].concat(), &WIDE)
}

fn judged_alone(attributes: &[u8], agreed: &Agreed) -> Result<Vec<Fault>, Fault> {
    let message = update(&[], attributes, TEN);
    let Message::Update(update) = Message::read(&message, agreed)? else { panic!("an UPDATE") };
    let withdrawn = update.attributes.treatment() >= Some(Treatment::TreatAsWithdraw);
    let ten = [prefix("10.0.0.0/8")];
    assert_eq!(update.withdrawals().collect::<Vec<_>>(), if withdrawn { &ten[..] } else { &[] });
    assert_eq!(update.announcements().collect::<Vec<_>>(), if withdrawn { &[] } else { &ten[..] });
    Ok(update.faults().to_vec())
}

fn costs(flaw: Flaw, treatment: Treatment) -> Result<Vec<Fault>, Fault> {
    if treatment == Treatment::ResetSession { Err(Fault { flaw, treatment }) } else { Ok(vec![Fault { flaw, treatment }]) }
}

#[test]
fn an_update_byte_by_byte() {
    let message =
        update(&[24, 198, 51, 100, 0], &[GOOD, &[0x80, 4, 4, 0, 0, 0, 7, 0x40, 5, 4, 0, 0, 0, 200]].concat(), &[8, 10, 12, 172, 0x1F]);
    let update = read(&message, &WIDE);
    assert_eq!(update.withdrawn.collect::<Vec<_>>(), [prefix("198.51.100.0/24"), prefix("0.0.0.0/0")]);
    // The last four bits of the second are not its own.
    assert_eq!(update.announcements().collect::<Vec<_>>(), [prefix("10.0.0.0/8"), prefix("172.16.0.0/12")]);
    let attributes = &update.attributes;
    assert_eq!((attributes.origin, attributes.med, attributes.local_pref), (Some(Origin::Igp), Some(7), Some(200)));
    let path = attributes.path.expect("a path");
    assert_eq!((path.len(), path.origin(), path.segments()), (1, Some(65000), vec![sequence(&[65000])]));
    assert_eq!(attributes.next_hop, Some(Ipv4Addr::new(192, 0, 2, 1)));
    assert_eq!(attributes.others().count(), 0);
    assert!(update.faults().is_empty());
}

#[test]
fn faults_cost_what_rfc_7606_says() {
    use Treatment::{DiscardAttribute, ResetSession, TreatAsWithdraw};
    let cases: &[(&[u8], Flaw, Treatment)] = &[
        (&[0x80, 4, 3, 0, 0, 0], Flaw::AttributeLength(4), TreatAsWithdraw),
        (&[0x40, 4, 4, 0, 0, 0, 0], Flaw::Flags(4), TreatAsWithdraw),
        (&[0x40, 5, 0], Flaw::AttributeLength(5), TreatAsWithdraw),
        (&[0x40, 6, 1, 0], Flaw::AttributeLength(6), DiscardAttribute),
        (&[0xC0, 7, 6, 0, 1, 192, 0, 2, 1], Flaw::AttributeLength(7), DiscardAttribute),
        (&[0xC0, 8, 5, 0, 0, 0, 0, 0], Flaw::AttributeLength(8), TreatAsWithdraw),
        (&[0xC0, 8, 0], Flaw::AttributeLength(8), TreatAsWithdraw),
        (&[0x80, 10, 3, 0, 0, 0], Flaw::AttributeLength(10), TreatAsWithdraw),
        (&[0xC0, 16, 4, 0, 0, 0, 0], Flaw::AttributeLength(16), TreatAsWithdraw),
        (&[0xC0, 32, 4, 0, 0, 0, 0], Flaw::AttributeLength(32), TreatAsWithdraw),
        (&[0xC0, 18, 4, 0, 0, 0, 0], Flaw::AttributeLength(18), DiscardAttribute),
        (&[0x40, 99, 0], Flaw::Unrecognized(99), ResetSession),
        // An IPv6 network with 129 bits, a next hop of five bytes, nothing behind the family.
        (&[0x80, 14, 23, 0, 2, 1, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 129, 0], Flaw::Multiprotocol(14), ResetSession),
        (&[0x80, 14, 10, 0, 1, 1, 5, 0, 0, 0, 0, 0, 0], Flaw::Multiprotocol(14), ResetSession),
        (&[0x80, 14, 3, 0, 2, 1], Flaw::Multiprotocol(14), ResetSession),
        (&[0x80, 15, 5, 0, 2, 1, 64, 0], Flaw::Multiprotocol(15), ResetSession),
        (&[0x80, 15, 3, 0, 2, 1, 0x80, 15, 3, 0, 2, 1], Flaw::Twice(15), ResetSession),
        (&[0x80, 4, 4, 0, 0, 0, 0, 0x80, 4, 4, 0, 0, 0, 1], Flaw::Twice(4), DiscardAttribute),
    ];
    for (attribute, flaw, treatment) in cases {
        assert_eq!(judged(attribute), costs(*flaw, *treatment), "{attribute:x?}");
    }
    let alone: &[(&[u8], Flaw, Treatment)] = &[
        (&[0x40, 1, 1, 3, 0x40, 2, 0, 0x40, 3, 4, 0, 0, 0, 0], Flaw::Origin(3), TreatAsWithdraw),
        (&[0x40, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 0, 0, 0, 0], Flaw::AttributeLength(1), TreatAsWithdraw),
        (&[0x40, 2, 0, 0x40, 3, 4, 0, 0, 0, 0], Flaw::Missing(1), TreatAsWithdraw),
        (&[0x40, 1, 1, 0, 0x40, 3, 4, 0, 0, 0, 0], Flaw::Missing(2), TreatAsWithdraw),
        (&[0x40, 1, 1, 0, 0x40, 2, 0], Flaw::Missing(3), TreatAsWithdraw),
        (&[0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 3, 0, 0, 0], Flaw::AttributeLength(3), TreatAsWithdraw),
        // Paths: an unknown kind, a segment without systems, one that is cut off, a byte too much, system 0.
        (&[0x40, 2, 6, 5, 1, 0, 0, 0, 1], Flaw::Path, TreatAsWithdraw),
        (&[0x40, 2, 2, 2, 0], Flaw::Path, TreatAsWithdraw),
        (&[0x40, 2, 5, 2, 1, 0, 0, 1], Flaw::Path, TreatAsWithdraw),
        (&[0x40, 2, 7, 2, 1, 0, 0, 0, 1, 2], Flaw::Path, TreatAsWithdraw),
        (&[0x40, 2, 6, 2, 1, 0, 0, 0, 0], Flaw::Path, TreatAsWithdraw),
        // An attribute that ends behind all of them, and one that has no length.
        (&[0x40, 1, 1, 0, 0x40, 2, 200], Flaw::Overrun, TreatAsWithdraw),
        (&[0x40, 1, 1, 0, 0x40, 2], Flaw::Overrun, TreatAsWithdraw),
        (&[0x50, 1, 1], Flaw::Overrun, TreatAsWithdraw),
    ];
    for (attributes, flaw, treatment) in alone {
        assert_eq!(judged_alone(attributes, &WIDE), costs(*flaw, *treatment), "{attributes:x?}");
    }
    let newer = [GOOD[..4].to_vec(), vec![0x40, 2, 4, 2, 1, 0xFD, 0xE8, 0x40, 3, 4, 0, 0, 0, 0, 0xC0, 17, 3, 2, 1, 0]].concat();
    assert_eq!(judged_alone(&newer, &NARROW), costs(Flaw::NewerPath, DiscardAttribute));
}

#[test]
fn an_update_whose_networks_are_not_certain_ends_the_session() {
    let refused = |message: &[u8]| Message::read(message, &WIDE).expect_err("refused");
    // A network of 33 bits, one that is cut off; withdrawn ones likewise.
    for bad in [&[33, 10, 0, 0, 0, 0][..], &[24, 10, 0]] {
        assert_eq!(refused(&update(&[], GOOD, bad)), Flaw::Network.resets());
        assert_eq!(refused(&update(bad, &[], &[])), Flaw::Network.resets());
    }
    // Parts longer than the message.
    let mut message = update(&[], GOOD, TEN);
    message[20] = 200;
    assert_eq!(refused(&message), Flaw::Lengths.resets());
    let mut message = update(&[], GOOD, &[]);
    message[22] += 1;
    assert_eq!(refused(&message), Flaw::Lengths.resets());
    // RFC 7606 §5.2: what should count as withdrawn may be what could not be read.
    assert_eq!(refused(&update(&[], &[0x40, 1, 1, 9], &[])), Flaw::Origin(9).resets());
}

#[test]
fn headers_that_are_none() {
    let mut keepalive = Vec::new();
    write_keepalive(&mut keepalive);
    let refusal = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut message = keepalive.clone();
        change(&mut message);
        let mut framer = Framer::default();
        framer.push(&message);
        let told = framer.message(&WIDE).expect_err("refused");
        (told.flaw, told.notification())
    };
    let told = |code, subcode, data: &[u8]| Notification { code, subcode, data: data.to_vec() };
    assert_eq!(refusal(&|message| message[3] = 0), (Flaw::Marker, told(1, 1, &[])));
    assert_eq!(refusal(&|message| message[17] = 18), (Flaw::Length(18), told(1, 2, &[0, 18])));
    assert_eq!(refusal(&|message| message[16] = 0x10), (Flaw::Length(0x1013), told(1, 2, &[0x10, 0x13])));
    assert_eq!(refusal(&|message| message[18] = 9), (Flaw::Kind(9), told(1, 3, &[9])));
    // A KEEPALIVE with a body, a NOTIFICATION without one, a ROUTE-REFRESH that is cut off.
    for (kind, body) in [(frame::KEEPALIVE, &[0][..]), (frame::NOTIFICATION, &[6]), (frame::ROUTE_REFRESH, &[0, 1, 0])] {
        let mut message = Vec::new();
        frame::write(kind, &mut message, |out| out.extend_from_slice(body));
        assert_eq!(Message::read(&message, &WIDE), Err(Flaw::Length(message.len() as u16).resets()));
    }
    // Something else than BGP is told by its first byte.
    let mut framer = Framer::default();
    framer.push(b"G");
    assert_eq!(framer.message(&WIDE), Err(Flaw::Marker.resets()));
}

#[test]
fn a_long_message_only_where_it_was_agreed_on() {
    let networks: Vec<Prefix> = (0..2000u32).map(|n| Prefix::of(Network::of(IpAddr::V4((n << 8).into()), 24))).collect();
    let long = Agreed { long: true, ..WIDE };
    let mut message = Vec::new();
    assert_eq!(write_update(&networks, &NewAttributes::default(), &[], &WIDE, &mut message), Err(TooLong));
    assert!(message.is_empty());
    write_update(&networks, &NewAttributes::default(), &[], &long, &mut message).expect("fits");
    let mut framer = Framer::default();
    framer.push(&message);
    assert_eq!(framer.clone().message(&WIDE), Err(Flaw::Length(message.len() as u16).resets()));
    assert!(matches!(framer.message(&long), Ok(Some(Message::Update(update))) if update.withdrawals().eq(networks)));
}

#[test]
fn a_path_of_two_bytes_and_the_newer_one_beside_it() {
    let paths = |old: &[Segment], newer: &[Segment], more: &[u8]| {
        let mut attributes = vec![0x40, 1, 1, 0, 0x40, 3, 4, 0, 0, 0, 0];
        for (flags, kind, segments, wide) in [(0x40, 2, old, false), (0xC0, 17, newer, true)] {
            let mut value = Vec::new();
            path::write(segments, wide, &mut value);
            attributes.extend([flags, kind, value.len() as u8]);
            attributes.extend(value);
        }
        attributes.extend_from_slice(more);
        let message = update(&[], &attributes, TEN);
        let path = read(&message, &NARROW).attributes.path.expect("a path");
        (path.segments(), path.len(), path.origin())
    };
    let trans = u32::from(AS_TRANS);
    let set = |systems: &[u32]| Segment { kind: SegmentKind::Set, systems: systems.to_vec() };
    let inside = |systems: &[u32]| Segment { kind: SegmentKind::ConfederationSequence, systems: systems.to_vec() };
    let old = [sequence(&[1, 2, trans, trans])];
    let newer = [sequence(&[100_000, 200_000])];
    assert_eq!(paths(&old, &newer, &[]), (vec![sequence(&[1, 2]), newer[0].clone()], 4, Some(200_000)));
    // A newer one that is longer is not believed.
    let long = [sequence(&[1, 2, 3, 4, 5])];
    assert_eq!(paths(&old, &long, &[]), (old.to_vec(), 4, Some(trans)));
    // An aggregator who knows two bytes only came after the newer path was written.
    let aggregators: &[u8] = &[0xC0, 7, 6, 0, 9, 0, 0, 0, 0, 0xC0, 18, 8, 0, 1, 0, 0, 0, 0, 0, 0];
    assert_eq!(paths(&old, &newer, aggregators), (old.to_vec(), 4, Some(trans)));
    // Sets count as one; a confederation that leads stays.
    let mixed = [inside(&[65001]), sequence(&[1, trans]), set(&[5, 6])];
    let tail = [sequence(&[100_000]), set(&[5, 6])];
    assert_eq!(paths(&mixed, &tail, &[]).0, [inside(&[65001]), sequence(&[1]), sequence(&[100_000]), set(&[5, 6])]);
    assert_eq!((paths(&mixed, &tail, &[]).1, paths(&mixed, &tail, &[]).2), (3, None));
    // What is written in both forms is read as what it was.
    let mut message = Vec::new();
    let path = vec![sequence(&[1, 70_000, 3])];
    let attributes = NewAttributes {
        origin: Some(Origin::Egp),
        path: Some(path.clone()),
        next_hop: Some(Ipv4Addr::LOCALHOST),
        ..NewAttributes::default()
    };
    write_update(&[], &attributes, &[prefix("10.0.0.0/8")], &NARROW, &mut message).expect("fits");
    assert_eq!(read(&message, &NARROW).attributes.path.expect("a path").segments(), path);
}

#[test]
fn the_end_of_a_table() {
    let end = |attributes: &NewAttributes<'_>| {
        let mut message = Vec::new();
        write_update(&[], attributes, &[], &WIDE, &mut message).expect("fits");
        read(&message, &WIDE).end_of_rib()
    };
    assert_eq!(end(&NewAttributes::default()), Some(Family::IPV4));
    assert_eq!(end(&NewAttributes { unreach: Some((Family::IPV6, vec![])), ..NewAttributes::default() }), Some(Family::IPV6));
    assert_eq!(end(&NewAttributes { unreach: Some((Family::IPV6, vec![prefix("::/0")])), ..NewAttributes::default() }), None);
    assert_eq!(end(&NewAttributes { med: Some(1), ..NewAttributes::default() }), None);
}

fn open(capabilities: Vec<Capability>) -> Open {
    Open { system: 65000, hold_seconds: 90, identifier: Ipv4Addr::new(192, 0, 2, 1), capabilities }
}

#[test]
fn opens_that_are_refused() {
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut message = Vec::new();
        open(vec![Capability::RouteRefresh]).write(&mut message).expect("fits");
        change(&mut message);
        let length = (message.len() as u16).to_be_bytes();
        message[16..18].copy_from_slice(&length);
        let fault = Message::read(&message, &WIDE).expect_err("refused");
        (fault.flaw, fault.notification().code, fault.notification().subcode)
    };
    assert_eq!(refused(&|open| open[19] = 3), (Flaw::Version(3), 2, 1));
    assert_eq!(refused(&|open| open[20..22].fill(0)), (Flaw::SystemZero, 2, 2));
    assert_eq!(refused(&|open| open[22..24].copy_from_slice(&[0, 2])), (Flaw::HoldTime(2), 2, 6));
    assert_eq!(refused(&|open| open[24..28].fill(0)), (Flaw::Identifier, 2, 3));
    assert_eq!(refused(&|open| open[29] = 1), (Flaw::Parameter(1), 2, 4));
    assert_eq!(refused(&|open| open[28] += 1), (Flaw::OpenLength, 2, 0));
    assert_eq!(refused(&|open| open[32] = 9), (Flaw::OpenLength, 2, 0));
    assert_eq!(refused(&|open| open.truncate(25)), (Flaw::OpenLength, 2, 0));
}

#[test]
fn what_both_sides_can() {
    let both = |can| vec![(Family::IPV4, can), (Family::IPV6, SEVERAL_PATHS_BOTH)];
    let four = Capability::FourOctets(70_000);
    let ours = open(vec![four.clone(), Capability::LongMessages, Capability::SeveralPaths(both(SEVERAL_PATHS_SEND))]);
    let theirs = open(vec![four, Capability::SeveralPaths(both(SEVERAL_PATHS_BOTH))]);
    assert_eq!(Agreed::of(&ours, &theirs), Agreed { four_octets: true, long: true, paths_v4: false, paths_v6: true, own: false });
    assert_eq!(Agreed::of(&theirs, &ours), Agreed { four_octets: true, long: false, paths_v4: true, paths_v6: true, own: false });
    assert_eq!(Agreed::of(&open(vec![]), &theirs), Agreed::default());
    assert!(open(vec![]).has(Family::IPV4) && !open(vec![]).has(Family::IPV6));
    let only_v6 = open(vec![Capability::Multiprotocol(Family::IPV6)]);
    assert!(only_v6.has(Family::IPV6) && !only_v6.has(Family::IPV4));
}

#[test]
fn notifications_in_words() {
    let words = |code, subcode| Notification::new(code, subcode).to_string();
    assert_eq!(words(6, 2), "cease: administrative shutdown (6/2)");
    assert_eq!(words(4, 0), "hold timer expired (4/0)");
    assert_eq!(words(3, 11), "UPDATE message error: malformed AS_PATH (3/11)");
    assert_eq!(words(9, 9), "unknown error (9/9)");
    let told = Notification { code: 6, subcode: 2, data: b"\x08down\x1b[2J rest".to_vec() };
    assert_eq!(told.communication(), Some("down\u{1b}[2J"));
    assert_eq!(told.to_string(), "cease: administrative shutdown (6/2): “down\\u{1b}[2J”");
    assert_eq!(
        Flaw::Missing(2).costs(Treatment::TreatAsWithdraw).to_string(),
        "networks without the attribute AS_PATH: its networks count as withdrawn"
    );
}

pub(crate) fn any_network(v6: bool) -> impl Strategy<Value = Network> {
    let most: u8 = if v6 { 128 } else { 32 };
    (any::<u128>(), 0..=most).prop_map(move |(address, bits)| {
        Network::of(if v6 { IpAddr::V6(address.into()) } else { IpAddr::V4((address as u32).into()) }, bits)
    })
}

fn any_prefixes(v6: bool) -> impl Strategy<Value = Vec<Prefix>> {
    prop::collection::vec((any_network(v6), any::<u32>()).prop_map(|(network, path)| Prefix { network, path }), 0..8)
}

fn any_segments() -> impl Strategy<Value = Vec<Segment>> {
    let kind = prop::sample::select(vec![
        SegmentKind::Sequence,
        SegmentKind::Set,
        SegmentKind::ConfederationSequence,
        SegmentKind::ConfederationSet,
    ]);
    let systems = prop::collection::vec(prop_oneof![1..60_000u32, 1..=u32::MAX], 1..6);
    prop::collection::vec((kind, systems).prop_map(|(kind, systems)| Segment { kind, systems }), 0..4)
}

fn any_agreed() -> impl Strategy<Value = Agreed> {
    any::<[bool; 3]>().prop_map(|[four_octets, paths_v4, paths_v6]| Agreed { four_octets, long: false, paths_v4, paths_v6, own: false })
}

fn any_capability() -> impl Strategy<Value = Capability> {
    let family = (any::<u16>(), any::<u8>()).prop_map(|(address, subsequent)| Family { address, subsequent }).boxed();
    prop_oneof![
        family.clone().prop_map(Capability::Multiprotocol),
        Just(Capability::RouteRefresh),
        Just(Capability::LongMessages),
        prop::collection::vec((family, any::<u8>()), 0..3).prop_map(Capability::SeveralPaths),
        (128u8.., prop::collection::vec(any::<u8>(), 0..200)).prop_map(|(code, value)| Capability::Other { code, value }),
    ]
}

pub(crate) fn any_open() -> impl Strategy<Value = Open> {
    (1u32.., 3u16.., 1u32.., prop::collection::vec(any_capability(), 0..6)).prop_map(
        |(system, hold_seconds, identifier, mut capabilities)| {
            capabilities.push(Capability::FourOctets(system));
            Open { system, hold_seconds, identifier: identifier.into(), capabilities }
        },
    )
}

fn any_attributes() -> impl Strategy<Value = NewAttributes<'static>> {
    let reach = prop::option::of((any::<u128>(), any_prefixes(true)));
    let others = prop::option::of((100u8.., prop::collection::vec(any::<u8>(), 0..300)));
    (any_segments(), any::<Option<u32>>(), any::<Option<u32>>(), reach, prop::option::of(any_prefixes(true)), others).prop_map(
        |(path, med, local_pref, reach, unreach, other)| NewAttributes {
            origin: Some(Origin::Incomplete),
            path: Some(path),
            next_hop: Some(Ipv4Addr::LOCALHOST),
            med,
            local_pref,
            reach: reach.map(|(hop, prefixes)| (Family::IPV6, IpAddr::V6(hop.into()), prefixes)),
            unreach: unreach.map(|prefixes| (Family::IPV6, prefixes)),
            others: other.map(|(kind, value)| Other { flags: 0xC0, kind, value: value.leak() }).into_iter().collect(),
        },
    )
}

/// What is read of networks where paths were not agreed on.
fn as_agreed(prefixes: &[Prefix], paths: bool) -> Vec<Prefix> {
    prefixes.iter().map(|prefix| Prefix { path: if paths { prefix.path } else { 0 }, ..*prefix }).collect()
}

/// Any way of taking messages in: must not panic, and must not go on for ever.
fn take_in(bytes: &[u8], agreed: &Agreed) -> usize {
    let mut framer = Framer::default();
    framer.push(bytes);
    let mut messages = 0;
    while let Ok(Some(message)) = framer.message(agreed) {
        messages += 1;
        if let Message::Update(update) = message {
            messages += update.announcements().count() + update.withdrawals().count() + update.attributes.others().count();
            messages += update.attributes.path.map_or(0, |path| path.segments().len());
            messages += update.faults().iter().map(|fault| fault.to_string().len()).sum::<usize>();
        }
    }
    messages
}

proptest! {
    #[test]
    fn an_open_written_is_read(open in any_open()) {
        let mut bytes = Vec::new();
        open.write(&mut bytes).expect("fits");
        prop_assert_eq!(Message::read(&bytes, &WIDE), Ok(Message::Open(open)));
    }

    #[test]
    fn an_update_written_is_read(
        withdrawn in any_prefixes(false),
        attributes in any_attributes(),
        announced in any_prefixes(false),
        agreed in any_agreed(),
    ) {
        let mut bytes = Vec::new();
        write_update(&withdrawn, &attributes, &announced, &agreed, &mut bytes).expect("fits");
        let update = read(&bytes, &agreed);
        prop_assert_eq!(update.faults(), &[]);
        prop_assert_eq!(update.withdrawn.collect::<Vec<_>>(), as_agreed(&withdrawn, agreed.paths_v4));
        prop_assert_eq!(update.announced.collect::<Vec<_>>(), as_agreed(&announced, agreed.paths_v4));
        let told = &update.attributes;
        let written = (attributes.origin, attributes.next_hop, attributes.med, attributes.local_pref);
        prop_assert_eq!((told.origin, told.next_hop, told.med, told.local_pref), written);
        let reach = told.reach.map(|reach| (reach.family, reach.next_hop, reach.prefixes.collect::<Vec<_>>()));
        prop_assert_eq!(reach, attributes.reach.map(|(family, hop, prefixes)| (family, hop, as_agreed(&prefixes, agreed.paths_v6))));
        let unreach = told.unreach.map(|unreach| (unreach.family, unreach.prefixes.collect::<Vec<_>>()));
        prop_assert_eq!(unreach, attributes.unreach.map(|(family, prefixes)| (family, as_agreed(&prefixes, agreed.paths_v6))));
        let others = attributes.others.iter().map(|other| (other.kind, other.value));
        prop_assert!(told.others().map(|other| (other.kind, other.value)).eq(others));
        // Without a count of four bytes, what lies within a confederation keeps two.
        let path = told.path.expect("a path");
        let written = attributes.path.expect("a path");
        prop_assert_eq!(path.segments().iter().map(|segment| segment.systems.len()).sum::<usize>() > 0, !written.is_empty());
        if agreed.four_octets {
            prop_assert_eq!(path.segments(), written);
        }
    }

    #[test]
    fn however_a_stream_is_cut_the_same_messages_come(
        attributes in any_attributes(),
        announced in any_prefixes(false),
        step in 1usize..40,
    ) {
        let mut bytes = Vec::new();
        write_update(&[], &attributes, &announced, &WIDE, &mut bytes).expect("fits");
        write_keepalive(&mut bytes);
        Notification::new(6, 4).write(&mut bytes);
        let mut framer = Framer::default();
        let mut names = Vec::new();
        for part in bytes.chunks(step) {
            framer.push(part);
            while let Some(message) = framer.message(&WIDE).expect("good") {
                names.push(message.name());
            }
        }
        prop_assert_eq!(names, ["UPDATE", "KEEPALIVE", "NOTIFICATION"]);
        prop_assert!(!framer.is_inside());
    }

    #[test]
    fn any_bytes_do_no_harm(kind in 0u8..7, body in prop::collection::vec(any::<u8>(), 0..200), agreed in any_agreed()) {
        let mut message = Vec::new();
        frame::write(kind, &mut message, |out| out.extend_from_slice(&body));
        take_in(&message, &agreed);
        take_in(&body, &agreed);
        let _ = Attributes::read_stored(&body, agreed.four_octets);
    }

    #[test]
    fn a_damaged_byte_does_no_harm(
        attributes in any_attributes(),
        announced in any_prefixes(false),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = Vec::new();
        write_update(&announced, &attributes, &announced, &WIDE, &mut bytes).expect("fits");
        let at = at.index(bytes.len());
        bytes[at] = byte;
        take_in(&bytes, &WIDE);
        take_in(&bytes, &NARROW);
    }
}
