//! What each packet of a connection is to it: where its numbers are counted from, what was sent before, what is missing. As a capture
//! shows it, which may have missed packets.
//!
//! Order of calls: [`Flows::see`] for each packet, in the order in which they were captured. [`join`] does so for a whole journey: it finds
//! the packets that are the journey's, ties each to the step that it belongs to, and adds them as steps.

mod join;
mod line;
mod owners;

pub use join::{Joined, join, unseen};

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::SocketAddr;
use wire::packet::{Flags, Packet, Tcp, Transport};

/// Connections that are followed at a time; packets of others are told without what was before.
const MOST_FLOWS: usize = 1024;
/// Gaps that are remembered in one direction.
const MOST_GAPS: usize = 64;

/// What a packet is to its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The first of the three that open a connection.
    Syn,
    /// The second.
    SynAck,
    /// The third.
    Opened,
    /// Bytes of content.
    Data,
    /// What came so far has come.
    Ack,
    /// The same was said before: something is missing at whoever says so.
    DuplicateAck,
    /// It takes no more bytes now.
    WindowFull,
    /// Whether the other is still there.
    KeepAlive,
    /// The sender has no more bytes.
    Fin,
    /// There is no such connection, or no more.
    Reset,
    /// A datagram.
    Datagram,
    /// A fragment of a datagram, or of a segment.
    Fragment,
    /// None of these.
    Other,
}

impl Role {
    /// The role in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Role::Syn => "syn",
            Role::SynAck => "syn-ack",
            Role::Opened => "opened",
            Role::Data => "data",
            Role::Ack => "ack",
            Role::DuplicateAck => "duplicate-ack",
            Role::WindowFull => "window-full",
            Role::KeepAlive => "keep-alive",
            Role::Fin => "fin",
            Role::Reset => "reset",
            Role::Datagram => "datagram",
            Role::Fragment => "fragment",
            Role::Other => "other",
        }
    }
}

/// How a packet comes after those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As it should.
    Next,
    /// It was sent before: nothing in it is new.
    Again,
    /// It was sent before something that came earlier.
    Late,
    /// Something before it is missing, so far.
    Ahead,
}

impl Order {
    /// The order in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Order::Next => "next",
            Order::Again => "retransmission",
            Order::Late => "late",
            Order::Ahead => "after-a-gap",
        }
    }
}

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// To its connection.
    pub role: Role,
    /// To those before it.
    pub order: Order,
    /// The number of its first byte, counted from the connection's beginning; 0 where that was not seen.
    pub seq: u32,
    /// What it acknowledges, counted likewise.
    pub ack: u32,
    /// How many bytes the sender takes still, in bytes, the scale applied.
    pub window: u32,
}

/// The connections of a capture.
#[derive(Debug, Default)]
pub struct Flows(BTreeMap<(SocketAddr, SocketAddr), Direction>);

/// One direction of a connection.
#[derive(Clone, Debug, Default)]
struct Direction {
    /// The number of its SYN.
    first: Option<u32>,
    /// The number that follows the highest seen.
    next: Option<u32>,
    /// What is missing below that: from and to.
    gaps: Vec<(u32, u32)>,
    /// The last acknowledgement, and with it the window.
    acked: Option<(u32, u16)>,
    /// By how many bits its windows are shifted.
    scale: Option<u8>,
}

impl Flows {
    /// What a packet is.
    pub fn see(&mut self, packet: &Packet<'_>) -> Seen {
        let plain = |role| Seen { role, order: Order::Next, seq: 0, ack: 0, window: 0 };
        let tcp = match &packet.transport {
            Transport::Tcp(tcp) => tcp,
            Transport::Udp(_) => return plain(Role::Datagram),
            Transport::Fragment(_) => return plain(Role::Fragment),
            Transport::Other(_) => return plain(Role::Other),
        };
        let (from, to) = (SocketAddr::new(packet.ip.from, tcp.from), SocketAddr::new(packet.ip.to, tcp.to));
        let back = self.0.get(&(to, from)).cloned().unwrap_or_default();
        if self.0.len() >= MOST_FLOWS && !self.0.contains_key(&(from, to)) {
            return Direction::default().see(tcp, packet.payload_len, &back);
        }
        self.0.entry((from, to)).or_default().see(tcp, packet.payload_len, &back)
    }
}

/// Whether a number comes before another, in a circle of 2^32 (RFC 9293 §3.4).
fn before(one: u32, other: u32) -> bool {
    one != other && other.wrapping_sub(one) < 1 << 31
}

impl Direction {
    fn see(&mut self, tcp: &Tcp, payload: usize, back: &Direction) -> Seen {
        let payload = u32::try_from(payload).unwrap_or(u32::MAX);
        let is_syn = tcp.flags.has(Flags::SYN);
        let is_fin = tcp.flags.has(Flags::FIN);
        if is_syn && self.first != Some(tcp.seq) {
            // The four numbers were used before: this is another connection.
            *self = Direction { first: Some(tcp.seq), scale: tcp.scale, ..Direction::default() };
        }
        let order = self.place(tcp.seq, payload.wrapping_add(u32::from(is_syn)).wrapping_add(u32::from(is_fin)));
        let role = self.role(tcp, payload, order, back);
        let acked = tcp.flags.has(Flags::ACK).then_some((tcp.ack, tcp.window));
        self.acked = acked.or(self.acked);
        // RFC 7323 §2.2: shifted only if both have said so, and never in a SYN.
        let shift = if is_syn || back.scale.is_none() { 0 } else { self.scale.unwrap_or(0).min(14) };
        Seen {
            order: if role == Role::KeepAlive { Order::Next } else { order },
            role,
            seq: self.first.map_or(0, |first| tcp.seq.wrapping_sub(first)),
            ack: acked.map_or(0, |(ack, _)| back.first.map_or(0, |first| ack.wrapping_sub(first))),
            window: u32::from(tcp.window) << shift,
        }
    }

    fn role(&self, tcp: &Tcp, payload: u32, order: Order, back: &Direction) -> Role {
        let has = |flags| tcp.flags.has(flags);
        let says_again = self.acked == Some((tcp.ack, tcp.window)) && back.next.is_some_and(|next| before(tcp.ack, next));
        match () {
            () if has(Flags::RST) => Role::Reset,
            () if has(Flags::SYN) => {
                if has(Flags::ACK) {
                    Role::SynAck
                } else {
                    Role::Syn
                }
            }
            () if has(Flags::FIN) => Role::Fin,
            // RFC 9293 §3.8.4: one byte, or none, of those that were acknowledged already.
            () if payload <= 1 && order != Order::Ahead && self.next.is_some_and(|next| tcp.seq == next.wrapping_sub(1)) => Role::KeepAlive,
            () if payload > 0 => Role::Data,
            () if tcp.window == 0 => Role::WindowFull,
            () if self.acked.is_none() && back.first.is_some() => Role::Opened,
            () if says_again => Role::DuplicateAck,
            () => Role::Ack,
        }
    }

    /// Where in the row of bytes these stand.
    fn place(&mut self, seq: u32, len: u32) -> Order {
        let end = seq.wrapping_add(len);
        let Some(next) = self.next else {
            self.next = Some(end);
            return Order::Next;
        };
        if len == 0 {
            return Order::Next;
        }
        if seq == next {
            self.next = Some(end);
            return Order::Next;
        }
        if before(next, seq) {
            if self.gaps.len() < MOST_GAPS {
                self.gaps.push((next, seq));
            }
            self.next = Some(end);
            return Order::Ahead;
        }
        if before(next, end) {
            // It repeats something and goes on.
            self.next = Some(end);
            return Order::Next;
        }
        if self.fills(seq, end) { Order::Late } else { Order::Again }
    }

    /// Takes these bytes out of what is missing; whether any were.
    fn fills(&mut self, seq: u32, end: u32) -> bool {
        let mut filled = false;
        let mut left = Vec::new();
        for (from, to) in self.gaps.drain(..) {
            if !before(from, end) || !before(seq, to) {
                left.push((from, to));
                continue;
            }
            filled = true;
            if before(from, seq) {
                left.push((from, seq));
            }
            if before(end, to) {
                left.push((end, to));
            }
        }
        left.truncate(MOST_GAPS);
        self.gaps = left;
        filled
    }
}

#[cfg(test)]
mod tests;
