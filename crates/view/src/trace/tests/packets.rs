//! Packets under their stations.

use super::{at, journey};
use crate::trace::{Options, tree};
use decide::step::{Journey, PacketStep, Step};

/// A packet of flow 1: when, which way, what it is, how it comes, the step it belongs to, and how many bytes it has.
type Short = (u64, bool, &'static str, &'static str, (&'static str, u64), u32);

fn add(journey: &mut Journey, packets: &[Short]) {
    let [local, remote, link_from, link_to, flags, file] =
        ["198.51.100.7:40312", "192.0.2.1:443", "02:00:00:00:00:01", "02:00:00:00:00:02", "ACK", ""]
            .map(|text| journey.keep(text.as_bytes()));
    let mut all = vec![(at(12_300), PacketStep::FlowSeen { flow: 1, over: "tcp", local, remote })];
    for (when, sent, role, order, (of, of_t_us), payload) in packets.iter().copied() {
        let mss = if role == "syn" { 1460 } else { 0 };
        let (frame, ttl, seq, ack, window) = (66 + payload, 64, 1, 1449, 65_536);
        let step = PacketStep::PacketSeen {
            flow: 1,
            sent,
            role,
            order,
            of,
            of_t_us,
            frame,
            link_from,
            link_to,
            ttl,
            seq,
            ack,
            window,
            flags,
            mss,
            scale: 7,
            payload,
        };
        all.push((at(when), step));
    }
    all.push((at(91_300), PacketStep::PacketsSeen { packets: packets.len() as u64, again: 1, strangers: 2, untaken: 0, file }));
    // They need not stand where they belong to.
    all.into_iter().for_each(|(at, step)| journey.add(at, Step::Packets(step)));
}

/// The rows of a station that are about packets, without the waterfall.
fn rows(journey: &Journey, verbose: bool, station: &str) -> Vec<String> {
    let lines = tree(journey, &Options { width: 71, colour: false, verbose, so_far: None });
    let inside = lines.iter().skip_while(|line| !line.contains(&format!("├─ {station}"))).skip(1);
    let inside = inside.take_while(|line| line.starts_with('│')).skip_while(|line| !line.contains("packets"));
    inside.map(|line| line.trim_end().to_string()).collect()
}

const BODY: (&str, u64) = ("body-received", 91_200);

#[test]
fn what_is_lost_and_sent_again_stands_out() {
    let mut journey = journey();
    let opened = ("connection-opened", 23_000);
    let mut packets: Vec<Short> = vec![
        (12_960, true, "syn", "next", opened, 0),
        (22_900, false, "syn-ack", "next", opened, 0),
        (22_990, true, "opened", "next", opened, 0),
    ];
    for number in 0..400 {
        packets.push((67_000 + number * 50, false, "data", "next", BODY, 1448));
        packets.push((67_010 + number * 50, true, "ack", "next", BODY, 0));
    }
    packets.push((88_000, false, "data", "retransmission", BODY, 1448));
    packets.push((91_260, false, "reset", "next", ("connection-ended", 91_250), 0));
    add(&mut journey, &packets);
    let expected = "\
│  ├─ packets  ! 805 packets of this journey, 1 sent again
│  │           → SYN, segments of up to 1,460 bytes, windows
│  │           × 128
│  │           ← SYN ACK
│  ╵           → ACK: the connection is open";
    assert_eq!(rows(&journey, false, "Connect").join("\n"), expected);
    let expected = "\
│  ├─ packets  ! ← 401 segments, 567 KiB, 1 sent again          21.0 ms
│  │           → 400 acknowledgements                           19.9 ms
│  │           ! ← 1,448 bytes from byte 1, sent again
│  ╵           ✗ ← RST: the connection is no more";
    assert_eq!(rows(&journey, false, "HTTP").join("\n"), expected);
}

#[test]
fn a_packet_layer_by_layer() {
    let mut journey = journey();
    add(&mut journey, &[(67_000, false, "data", "next", BODY, 1448)]);
    let expected = "\
│  ├─ packets  ← 1,448 bytes
│  │           · Ethernet 02:00:00:00:00:01 → 02:00:00:00:00:02, 1,514
│  │           bytes
│  │           · IPv4 192.0.2.1 → 198.51.100.7, TTL 64
│  ╵           · TCP 443 → 40312, ACK, seq 1, ack 1,449, window 65,536,
│              1,448 bytes";
    assert_eq!(rows(&journey, true, "HTTP").join("\n"), expected);
}

#[test]
fn the_kernels_figures_stand_where_no_packets_do() {
    let mut journey = journey();
    let why = journey.keep(b"it takes more rights");
    journey.add(at(91_300), Step::Packets(PacketStep::PacketsUnseen { why }));
    let lines = tree(&journey, &Options { width: 140, colour: false, verbose: false, so_far: None }).join("\n");
    assert!(lines.contains("packets  ! not seen, so the kernel's figures stand for them: it takes more rights"), "{lines}");
    assert!(lines.contains("round trip 10.0 ms"), "{lines}");
}
