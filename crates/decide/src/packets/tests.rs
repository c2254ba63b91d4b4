use super::{Flows, Order, Role, Seen};
use alloc::vec;
use alloc::vec::Vec;
use wire::packet::{Ethernet, Flags, Ip, Packet, Tcp, Transport};

const ACK: Flags = Flags::ACK;

/// A connection whose ends begin to count at 1000 and at 2^32 - 10; numbers are given from there.
struct Wire(Flows);

impl Wire {
    fn send(&mut self, upward: bool, flags: Flags, seq: u32, ack: u32, len: usize) -> Seen {
        self.with(upward, Tcp { flags, window: 100, ..Tcp::default() }, seq, ack, len)
    }

    fn with(&mut self, upward: bool, tcp: Tcp, seq: u32, ack: u32, len: usize) -> Seen {
        let (mine, theirs) = if upward { (1000_u32, 0_u32.wrapping_sub(10)) } else { (0_u32.wrapping_sub(10), 1000) };
        let (from, to) = if upward { (50_000, 80) } else { (80, 50_000) };
        let (here, there) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let (source, target) = if upward { (here, there) } else { (there, here) };
        let ack = if tcp.flags.has(ACK) { theirs.wrapping_add(ack) } else { 0 };
        let tcp = Tcp { from, to, seq: mine.wrapping_add(seq), ack, ..tcp };
        let ip = Ip { from: source, to: target, ttl: 64, protocol: 6, fragment: 0, more: false, id: 0, whole: true, class: 0, sound: true };
        let payload = vec![0; len];
        let link = Ethernet { kind: ip.kind(), ..Ethernet::default() };
        let frame = Packet { link, ip, transport: Transport::Tcp(tcp), payload: &payload, payload_len: len }.frame();
        self.0.see(&Packet::parse(&frame).expect("we wrote it"))
    }

    /// Opened, as three segments do.
    fn open(&mut self) -> Vec<Role> {
        let syn = |flags| Tcp { flags, window: 100, scale: Some(2), ..Tcp::default() };
        let first = self.with(true, syn(Flags::SYN), 0, 0, 0).role;
        let second = self.with(false, syn(Flags::SYN.with(ACK)), 0, 1, 0).role;
        vec![first, second, self.send(true, ACK, 1, 1, 0).role]
    }
}

fn wire() -> Wire {
    Wire(Flows::default())
}

#[test]
fn a_connection_from_its_beginning_to_its_end() {
    let mut wire = wire();
    assert_eq!(wire.open(), [Role::Syn, Role::SynAck, Role::Opened]);
    let request = wire.send(true, ACK.with(Flags::PSH), 1, 1, 100);
    assert_eq!(request, Seen { role: Role::Data, order: Order::Next, seq: 1, ack: 1, window: 400 });
    assert_eq!(wire.send(false, ACK, 1, 101, 0), Seen { role: Role::Ack, order: Order::Next, seq: 1, ack: 101, window: 400 });
    // Numbers run over the end of their circle.
    let answer = wire.send(false, ACK, 1, 101, 50);
    assert_eq!((answer.role, answer.seq), (Role::Data, 1));
    assert_eq!(wire.send(false, ACK.with(Flags::FIN), 51, 101, 0).role, Role::Fin);
    assert_eq!(wire.send(true, ACK.with(Flags::FIN), 101, 52, 0).role, Role::Fin);
    assert_eq!(wire.send(false, ACK, 52, 102, 0).role, Role::Ack);
}

#[test]
fn what_is_lost_and_sent_again_is_told() {
    let mut wire = wire();
    wire.open();
    let order = |wire: &mut Wire, seq, len| wire.send(false, ACK, seq, 1, len).order;
    assert_eq!(order(&mut wire, 1, 100), Order::Next);
    assert_eq!(order(&mut wire, 201, 100), Order::Ahead);
    assert_eq!(wire.send(true, ACK, 1, 101, 0).role, Role::Ack);
    assert_eq!(wire.send(true, ACK, 1, 101, 0).role, Role::DuplicateAck);
    assert_eq!(order(&mut wire, 101, 100), Order::Late);
    assert_eq!(order(&mut wire, 101, 100), Order::Again);
    assert_eq!(order(&mut wire, 301, 1), Order::Next);
    // A part of it is new.
    assert_eq!(order(&mut wire, 201, 200), Order::Next);
    assert_eq!(order(&mut wire, 401, 1), Order::Next);
}

#[test]
fn a_syn_sent_again_is_no_other_connection() {
    let mut wire = wire();
    let first = wire.send(true, Flags::SYN, 0, 0, 0);
    let again = wire.send(true, Flags::SYN, 0, 0, 0);
    assert_eq!((first.order, again.order), (Order::Next, Order::Again));
    let other = wire.send(true, Flags::SYN, 5000, 0, 0);
    assert_eq!((other.order, other.seq), (Order::Next, 0));
    assert_eq!(wire.send(false, Flags::RST.with(ACK), 0, 5001, 0).role, Role::Reset);
}

#[test]
fn keep_alives_and_full_windows_are_told() {
    let mut wire = wire();
    wire.open();
    wire.send(true, ACK, 1, 1, 10);
    let probe = wire.send(true, ACK, 10, 1, 0);
    assert_eq!((probe.role, probe.order), (Role::KeepAlive, Order::Next));
    assert_eq!(wire.with(false, Tcp { flags: ACK, window: 0, ..Tcp::default() }, 1, 11, 0).role, Role::WindowFull);
}

#[test]
fn a_capture_may_begin_in_the_middle() {
    let mut wire = wire();
    let data = wire.send(false, ACK, 5000, 7, 10);
    assert_eq!((data.role, data.order, data.seq, data.ack), (Role::Data, Order::Next, 0, 0));
    assert_eq!(wire.send(false, ACK, 5010, 7, 10).order, Order::Next);
}
