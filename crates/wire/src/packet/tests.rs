use super::{Ethernet, Flags, Ip, Mac, Packet, Tcp, Transport, Udp, Unread};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
use proptest::prelude::*;

fn ip(from: &str, to: &str, protocol: u8) -> Ip {
    Ip {
        from: from.parse().expect("an address"),
        to: to.parse().expect("an address"),
        ttl: 64,
        protocol,
        fragment: 0,
        more: false,
        id: 7,
        whole: true,
        class: 0,
        sound: true,
    }
}

fn packet(ip: Ip, transport: Transport, payload: &[u8]) -> Packet<'_> {
    let link = Ethernet { to: Mac([1; 6]), from: Mac([2, 3, 4, 5, 6, 0xab]), tags: Vec::new(), kind: ip.kind() };
    Packet { link, ip, transport, payload, payload_len: payload.len() }
}

#[test]
fn a_syn_as_the_kernel_sends_it_is_read() {
    // As Linux begins a connection on loopback.
    let frame = b"\0\0\0\0\0\0\0\0\0\0\0\0\x08\0E\0\0<\xe6\x80@\0@\x06V9\x7f\0\0\x01\x7f\0\0\x01\xc3P\x1f\x90\x12\x34\x56\x78\0\0\0\0\
                  \xa0\x02\xff\xd7\xfe0\0\0\x02\x04\xff\xd7\x04\x02\x08\x0a\x01\x02\x03\x04\0\0\0\0\x01\x03\x03\x07";
    let packet = Packet::parse(frame).expect("a packet");
    let Transport::Tcp(tcp) = &packet.transport else { panic!("TCP") };
    assert_eq!((tcp.from, tcp.to, tcp.flags, tcp.seq), (50000, 8080, Flags::SYN, 0x1234_5678));
    assert_eq!((tcp.mss, tcp.scale, tcp.sack_permitted, tcp.timestamps), (Some(65495), Some(7), true, Some((0x0102_0304, 0))));
    assert_eq!((packet.ip.ttl, packet.ip.whole, packet.ip.sound, packet.payload_len), (64, true, true, 0));
    assert_eq!(packet.ports(), Some((50000, 8080)));
}

#[test]
fn checksums_are_those_of_the_standard() {
    // The header of the example in RFC 1071's errata: its sum folds to 0xddf2.
    assert_eq!(super::sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), 0xddf2);
    let segment = packet(ip("192.0.2.1", "192.0.2.2", 6), Transport::Tcp(Tcp { from: 1, to: 2, ..Tcp::default() }), b"odd");
    let frame = segment.frame();
    let (header, inside) = frame[14..].split_at(20);
    assert_eq!(super::fold(super::sum(header)), 0xFFFF);
    // A checksum put into its place makes the sum come to nothing.
    assert_eq!(super::checksum(&segment.ip, 6, inside), 0);
}

#[test]
fn what_is_not_understood_is_named() {
    let frame = packet(ip("::1", "::2", 17), Transport::Udp(Udp { from: 53, to: 1 }), b"x").frame();
    for cut in 0..frame.len() - 1 {
        assert!(matches!(Packet::parse(&frame[..cut]), Err(Unread::Short(_))), "cut at {cut}");
    }
    let mut arp = frame.clone();
    arp[12..14].copy_from_slice(&[0x08, 0x06]);
    assert_eq!(Packet::parse(&arp), Err(Unread::OtherKind(0x0806)));
    let mut wrong = frame;
    wrong[14] = 0x40;
    assert_eq!(Packet::parse(&wrong), Err(Unread::Wrong("IPv6")));
    assert_eq!(Flags::SYN.with(Flags::ACK).to_string(), "SYN ACK");
    assert_eq!(Mac([0, 1, 2, 3, 4, 0xff]).to_string(), "00:01:02:03:04:ff");
}

#[test]
fn a_capture_that_was_cut_off_still_tells_lengths() {
    let segment = packet(ip("192.0.2.1", "192.0.2.2", 6), Transport::Tcp(Tcp::default()), &[7; 1000]);
    let frame = segment.frame();
    let cut = Packet::parse(&frame[..100]).expect("the headers are there");
    assert_eq!((cut.payload.len(), cut.payload_len), (100 - 54, 1000));
    // And one that was filled up tells no more than it has.
    let short = packet(ip("192.0.2.1", "192.0.2.2", 6), Transport::Tcp(Tcp::default()), b"").frame();
    let filled = [short, vec![0; 6]].concat();
    assert_eq!(Packet::parse(&filled).expect("a packet").payload_len, 0);
}

#[test]
fn later_fragments_have_no_ports() {
    let mut later = ip("2001:db8::1", "2001:db8::2", 17);
    (later.fragment, later.more, later.whole, later.id) = (1480, true, false, 99);
    let frame = packet(later, Transport::Fragment(17), b"rest").frame();
    let read = Packet::parse(&frame).expect("a packet");
    assert_eq!((read.transport.clone(), read.ip.fragment, read.ip.more, read.ip.id), (Transport::Fragment(17), 1480, true, 99));
    assert_eq!((read.ports(), read.payload), (None, b"rest".as_slice()));
}

fn transports() -> impl Strategy<Value = Transport> {
    let tcp = (any::<[u16; 3]>(), any::<[u32; 2]>(), any::<u8>(), any::<Option<u16>>(), any::<Option<u8>>(), any::<bool>());
    let more = (any::<Option<(u32, u32)>>(), proptest::collection::vec(any::<(u32, u32)>(), 0..2));
    prop_oneof![
        (tcp, more).prop_map(|(([from, to, window], [seq, ack], flags, mss, scale, sack_permitted), (timestamps, sack))| {
            Transport::Tcp(Tcp { from, to, seq, ack, flags: Flags(flags), window, mss, scale, sack_permitted, sack, timestamps })
        }),
        any::<[u16; 2]>().prop_map(|[from, to]| Transport::Udp(Udp { from, to })),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        transport in transports(),
        addresses in any::<([u8; 4], [u8; 4], [u8; 16], [u8; 16], bool)>(),
        (ttl, class, id, tags) in (any::<u8>(), any::<u8>(), any::<u16>(), proptest::collection::vec(0..0x1000_u16, 0..3)),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let (a, b, c, d, is_v6) = addresses;
        let (from, to): (IpAddr, IpAddr) = if is_v6 { (c.into(), d.into()) } else { (a.into(), b.into()) };
        let protocol = if matches!(transport, Transport::Tcp(_)) { 6 } else { 17 };
        let id = if is_v6 { 0 } else { u32::from(id) };
        let ip = Ip { from, to, ttl, protocol, fragment: 0, more: false, id, whole: true, class, sound: true };
        let mut sent = packet(ip, transport, &payload);
        sent.link.tags = tags;
        let frame = sent.frame();
        prop_assert_eq!(Packet::parse(&frame), Ok(sent));
    }

    #[test]
    fn arbitrary_frames_do_not_panic(
        kind in prop::sample::select(vec![[0x08_u8, 0], [0x86, 0xdd], [0x81, 0]]),
        rest in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let frame = [&[0; 12], kind.as_slice(), &rest].concat();
        if let Ok(packet) = Packet::parse(&frame) {
            prop_assert!(packet.payload.len() <= rest.len());
        }
    }
}
