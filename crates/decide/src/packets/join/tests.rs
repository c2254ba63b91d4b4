use super::{Joined, join, unseen};
use crate::step::{Bytes, DnsStep, Journey, PacketStep, Step};
use crate::time::{Duration, Instant};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::net::SocketAddr;
use wire::dns::{Message, Name, Query, RecordType};
use wire::packet::{Ethernet, Flags, Ip, Packet, Tcp, Transport, Udp};

const LOCAL: &str = "192.0.2.1:50000";
const REMOTE: &str = "192.0.2.2:443";
const SERVER: &str = "192.0.2.53:53";
const ACK: Flags = Flags::ACK;

fn at(micros: u64) -> Instant {
    Instant::ZERO + Duration::from_micros(micros)
}

/// A frame between two ends.
fn frame(from: &str, to: &str, transport: impl FnOnce(u16, u16) -> Transport, payload: &[u8]) -> Vec<u8> {
    let (from, to): (SocketAddr, SocketAddr) = (from.parse().expect("an end"), to.parse().expect("an end"));
    let transport = transport(from.port(), to.port());
    let protocol = if matches!(transport, Transport::Tcp(_)) { 6 } else { 17 };
    let ip = Ip { from: from.ip(), to: to.ip(), ttl: 64, protocol, fragment: 0, more: false, id: 0, whole: true, class: 0, sound: true };
    let link = Ethernet { kind: ip.kind(), ..Ethernet::default() };
    Packet { link, ip, transport, payload, payload_len: payload.len() }.frame()
}

/// Segments of the connection, numbered from its beginning.
fn segment(sent: bool, flags: Flags, seq: u32, ack: u32, len: usize) -> Vec<u8> {
    between(LOCAL, REMOTE, sent, flags, seq, ack, len)
}

fn between(local: &str, remote: &str, sent: bool, flags: Flags, seq: u32, ack: u32, len: usize) -> Vec<u8> {
    let (from, to) = if sent { (local, remote) } else { (remote, local) };
    frame(
        from,
        to,
        |from, to| Transport::Tcp(Tcp { from, to, seq: 7 + seq, ack: 7 + ack, flags, window: 9, ..Tcp::default() }),
        &vec![0; len],
    )
}

fn question(local: &str, sent: bool, name: &str) -> Vec<u8> {
    let query = Query { name: Name::parse(name).expect("a name"), kind: RecordType::parse("A").expect("a type") };
    let bytes = Message::query(1, query, true, None).write().expect("it is short");
    let (from, to) = if sent { (local, SERVER) } else { (SERVER, local) };
    frame(from, to, |from, to| Transport::Udp(Udp { from, to }), &bytes)
}

/// A name, a failed attempt, a connection with TLS, a request.
fn journey() -> Journey {
    let mut j = Journey::default();
    let [url, name, kind, server] = ["https://a.example/", "a.example", "A", SERVER].map(|text| j.keep(text.as_bytes()));
    let (called, zone) = (j.keep(b""), j.keep(b"."));
    let [dead, local, remote] = ["192.0.2.9:443", LOCAL, REMOTE].map(|text| j.keep(text.as_bytes()));
    j.add(at(1), Step::UrlRead { typed: url, url, scheme: "https", host: name, port: 443, port_written: false, leg: 1 });
    j.add(at(10), DnsStep::AskedNameServer { lookup: 1, server, called, zone, name, kind, over: "udp", why: "first" }.into());
    j.add(at(100), Step::ConnectStarted { attempt: 1, address: dead, why: "first" });
    j.add(at(110), Step::ConnectFailed { attempt: 1, address: dead, why: "refused", took: Duration::from_micros(10) });
    j.add(at(120), Step::ConnectStarted { attempt: 2, address: remote, why: "one-failed" });
    j.add(at(130), Step::ConnectionOpened { attempt: 2, local, remote, took: Duration::from_micros(30) });
    j.add(at(140), Step::TlsMessage { from: "client", message: "ClientHello", size: Bytes(200) });
    j.add(at(160), Step::TlsMessage { from: "server", message: "ServerHello", size: Bytes(100) });
    j.add(at(161), Step::TlsMessage { from: "server", message: "sealed", size: Bytes(1000) });
    j.add(at(165), Step::TlsMessage { from: "client", message: "sealed", size: Bytes(50) });
    let (server_name, client) = (name, j.keep(b""));
    let took = Duration::from_micros(30);
    j.add(at(166), Step::Secured { version: "TLSv1.3", group: "", cipher: "", alpn: "h2", server_name, resumed: false, client, took });
    j.add(at(170), Step::RequestSent { method: name, target: name, version: "HTTP/1.1", head: name, body: Bytes(0) });
    j.add(at(200), Step::HeadReceived { status: 200, version: "HTTP/1.1", head: name, interim: false, took });
    j.add(at(300), Step::BodyReceived { size: Bytes(5000), framing: "length", whole: true, took });
    j.add(at(301), Step::ConnectionEnded { by: "us", how: "end-of-tls" });
    j.add(at(302), Step::Arrived { status: 200, size: Bytes(5000), legs: 1, took });
    j
}

fn joined(journey: &mut Journey, frames: &[(u64, Vec<u8>)]) -> Joined {
    join(journey, frames.iter().map(|(micros, frame)| (at(*micros), frame.as_slice(), frame.len())), 3, "")
}

/// Role, order, and the step that each packet of the journey belongs to, with its time.
fn told(journey: &Journey) -> Vec<(bool, &'static str, &'static str, &'static str, u64)> {
    let packet = |(_, step): &(Instant, Step)| match *step {
        Step::Packets(PacketStep::PacketSeen { sent, role, order, of, of_t_us, .. }) => Some((sent, role, order, of, of_t_us)),
        _ => None,
    };
    journey.steps().iter().filter_map(packet).collect()
}

#[test]
fn each_packet_belongs_to_a_step() {
    let mut journey = journey();
    let psh = ACK.with(Flags::PSH);
    let frames = [
        (12, question("192.0.2.1:40000", true, "a.example.")),
        (90, question("192.0.2.1:40000", false, "a.example.")),
        (101, between("192.0.2.1:49999", "192.0.2.9:443", true, Flags::SYN, 0, 0, 0)),
        (109, between("192.0.2.1:49999", "192.0.2.9:443", false, Flags::RST.with(ACK), 0, 1, 0)),
        (121, segment(true, Flags::SYN, 0, 0, 0)),
        (128, segment(false, Flags::SYN.with(ACK), 0, 1, 0)),
        // Late: the capture is read after the connection is open.
        (139, segment(true, ACK, 1, 1, 0)),
        (141, segment(true, psh, 1, 1, 200)),
        // Later than the step that it belongs to.
        (168, segment(false, psh, 1, 201, 1100)),
        (169, segment(true, ACK, 201, 1101, 0)),
        (171, segment(true, psh, 201, 1101, 50)),
        (172, segment(true, psh, 251, 1101, 300)),
        (173, segment(false, ACK, 1101, 551, 0)),
        // The head comes late too, and is the first of the answer all the same.
        (205, segment(false, psh, 1101, 551, 500)),
        (250, segment(false, psh, 1601, 551, 1400)),
        (260, segment(false, psh, 1601, 551, 1400)),
        (303, segment(true, psh, 551, 3001, 24)),
        (304, segment(true, ACK.with(Flags::FIN), 575, 3001, 0)),
        (305, segment(false, ACK, 3001, 576, 0)),
    ];
    let all = joined(&mut journey, &frames);
    assert_eq!((all.packets.len(), all.again, all.strangers), (frames.len(), 1, 0));
    let expected = [
        (true, "datagram", "next", "asked-name-server", 10),
        (false, "datagram", "next", "asked-name-server", 10),
        (true, "syn", "next", "connect-started", 100),
        (false, "reset", "next", "connect-failed", 110),
        (true, "syn", "next", "connection-opened", 130),
        (false, "syn-ack", "next", "connection-opened", 130),
        (true, "opened", "next", "connection-opened", 130),
        (true, "data", "next", "tls-message", 140),
        (false, "data", "next", "tls-message", 160),
        (true, "ack", "next", "tls-message", 160),
        (true, "data", "next", "tls-message", 165),
        (true, "data", "next", "request-sent", 170),
        (false, "ack", "next", "request-sent", 170),
        (false, "data", "next", "head-received", 200),
        (false, "data", "next", "body-received", 300),
        (false, "data", "retransmission", "body-received", 300),
        (true, "data", "next", "connection-ended", 301),
        (true, "fin", "next", "connection-ended", 301),
        (false, "ack", "next", "connection-ended", 301),
    ];
    assert_eq!(told(&journey), expected);
    assert_eq!(all.packets[15], (15, false, String::from("data (retransmission), of body-received")));
    let steps = journey.steps();
    assert!(matches!(steps.last(), Some((_, Step::Arrived { .. }))), "the last step is the last");
    assert!(matches!(steps[steps.len() - 2].1, Step::Packets(PacketStep::PacketsSeen { packets: 19, again: 1, untaken: 3, .. })));
    assert!(matches!(steps[2].1, Step::Packets(PacketStep::FlowSeen { flow: 1, over: "udp", .. })), "{:?}", steps[2]);
}

#[test]
fn packets_of_others_stay_out() {
    let mut journey = journey();
    let frames = [
        // Another program asks the same server for something else, and goes to the same web server.
        (12, question("192.0.2.1:40001", true, "b.example.")),
        (13, question("192.0.2.1:40001", false, "b.example.")),
        (150, between("192.0.2.1:50001", REMOTE, true, Flags::SYN, 0, 0, 0)),
        (151, between("192.0.2.1:50001", REMOTE, false, Flags::SYN.with(ACK), 0, 1, 0)),
        (152, b"no packet".to_vec()),
    ];
    let all = joined(&mut journey, &frames);
    assert_eq!((all.packets.len(), all.strangers), (0, 5));
    assert_eq!(told(&journey), []);
}

#[test]
fn what_a_server_says_unasked_is_of_no_request() {
    let mut journey = journey();
    let psh = ACK.with(Flags::PSH);
    let frames = [
        (121, segment(true, Flags::SYN, 0, 0, 0)),
        (122, segment(false, Flags::SYN.with(ACK), 0, 1, 0)),
        // Behind its handshake, before the request.
        (168, segment(false, psh, 1101, 251, 70)),
        // It ends the connection in the middle of the answer, and says so before we do.
        (250, segment(false, Flags::RST, 1171, 0, 0)),
    ];
    joined(&mut journey, &frames);
    let of: Vec<_> = told(&journey).iter().map(|(_, _, _, of, _)| *of).skip(2).collect();
    assert_eq!(of, ["secured", "connection-ended"]);
}

#[test]
fn a_capture_that_is_read_late_says_the_same() {
    let psh = ACK.with(Flags::PSH);
    let all = [
        segment(true, Flags::SYN, 0, 0, 0),
        segment(false, Flags::SYN.with(ACK), 0, 1, 0),
        segment(true, ACK, 1, 1, 0),
        segment(true, psh, 1, 1, 200),
        segment(false, psh, 1, 201, 1100),
        segment(true, psh, 201, 1101, 50),
        segment(true, psh, 251, 1101, 300),
        segment(false, psh, 1101, 551, 500),
        segment(false, psh, 1601, 551, 1400),
        segment(true, psh, 551, 3001, 24),
        segment(true, ACK.with(Flags::FIN), 575, 3001, 0),
    ];
    let expected = [
        "connection-opened",
        "connection-opened",
        "connection-opened",
        "tls-message",
        "tls-message",
        "tls-message",
        "request-sent",
        "head-received",
        "body-received",
        "connection-ended",
        "connection-ended",
    ];
    // After everything is over.
    let mut journey = journey();
    let late: Vec<_> = all.into_iter().map(|frame| (900, frame)).collect();
    joined(&mut journey, &late);
    let of: Vec<_> = told(&journey).iter().map(|(_, _, _, of, _)| *of).collect();
    assert_eq!(of, expected);
}

#[test]
fn a_connection_of_two_legs() {
    let mut journey = journey();
    let own = journey.take_steps();
    let name = journey.keep(b"/");
    let took = Duration::ZERO;
    let (ends, before): (Vec<_>, Vec<_>) =
        own.into_iter().partition(|(_, step)| matches!(step, Step::ConnectionEnded { .. } | Step::Arrived { .. }));
    before.into_iter().for_each(|(at, step)| journey.add(at, step));
    journey.add(at(400), Step::UrlRead { typed: name, url: name, scheme: "https", host: name, port: 443, port_written: false, leg: 2 });
    journey.add(at(401), Step::ConnectionReused { remote: name });
    journey.add(at(402), Step::RequestSent { method: name, target: name, version: "HTTP/1.1", head: name, body: Bytes(0) });
    journey.add(at(450), Step::HeadReceived { status: 200, version: "HTTP/1.1", head: name, interim: false, took });
    ends.into_iter().for_each(|(when, step)| journey.add(when + Duration::from_micros(200), step));
    let psh = ACK.with(Flags::PSH);
    let frames = [
        (121, segment(true, Flags::SYN, 0, 0, 0)),
        (122, segment(false, Flags::SYN.with(ACK), 0, 1, 0)),
        (172, segment(true, psh, 251, 1101, 300)),
        (190, segment(false, psh, 1101, 551, 300)),
        (405, segment(true, psh, 551, 1401, 300)),
        (440, segment(false, psh, 1401, 851, 300)),
    ];
    joined(&mut journey, &frames);
    let of: Vec<_> = told(&journey).iter().map(|(_, _, _, of, when)| (*of, *when)).skip(2).collect();
    assert_eq!(of, [("request-sent", 170), ("head-received", 200), ("request-sent", 402), ("head-received", 450)]);
}

#[test]
fn what_cannot_be_seen_is_said_before_the_end() {
    let mut journey = journey();
    unseen(&mut journey, "it takes more rights");
    let steps = journey.steps();
    let (Some((_, Step::Arrived { .. })), (_, Step::Packets(PacketStep::PacketsUnseen { why }))) = (steps.last(), steps[steps.len() - 2])
    else {
        panic!("{steps:?}")
    };
    assert_eq!(journey.text(why), b"it takes more rights");
}
