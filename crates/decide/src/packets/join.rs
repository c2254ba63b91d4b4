//! A capture joined to its journey.

use super::owners::{Ends, Known, Owner};
use super::{Flows, Order, Role, Seen};
use crate::step::{Journey, PacketStep, Step};
use crate::time::Instant;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use wire::packet::{Packet, Transport};

/// What became of a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Of each packet that belongs to the journey: its place in the capture, whether we sent it, and what there is to say about it.
    pub packets: Vec<(usize, bool, String)>,
    /// Segments that were sent again.
    pub again: u64,
    /// Packets that belong to nobody here.
    pub strangers: u64,
}

/// Adds the packets of a capture that are the journey's to it, as steps: each in its time, the last step of the journey staying the last.
/// Frames come in the order in which they were taken, each with the bytes that it had, however many were kept. `untaken` are those that
/// there was no room for; `file` is where the packets will be, if anywhere.
pub fn join<'a>(journey: &mut Journey, frames: impl Iterator<Item = (Instant, &'a [u8], usize)>, untaken: u64, file: &str) -> Joined {
    let mut joined = Joined::default();
    let mut found = Vec::new();
    let mut search = Search { known: Known::of(journey), flows: Vec::new(), by_ends: BTreeMap::new(), seen: Flows::default() };
    for (place, (at, frame, length)) in frames.enumerate() {
        let packet = Packet::parse(frame).ok().and_then(|packet| Some((search.find(journey, at, &packet)?, packet)));
        match packet {
            Some((tie, packet)) => found.push((place, at, length, tie, packet)),
            None => joined.strangers += 1,
        }
    }
    let ends: Vec<Ends> = search.flows.into_iter().map(|(ends, _)| ends).collect();
    let mut told = alloc::vec![false; ends.len()];
    let mut added = Vec::new();
    for (place, at, length, tie, packet) in found {
        if !core::mem::replace(&mut told[tie.flow], true) {
            added.push((at, flow(journey, tie.flow, &ends[tie.flow])));
        }
        joined.again += u64::from(tie.seen.order == Order::Again);
        joined.packets.push((place, tie.sent, comment(journey, &tie)));
        added.push((at, step(journey, length, &tie, &packet)));
    }
    let (packets, file) = (joined.packets.len() as u64, journey.keep(file.as_bytes()));
    let step = PacketStep::PacketsSeen { packets, again: joined.again, strangers: joined.strangers, untaken, file };
    added.push((end(journey), step.into()));
    put(journey, added);
    joined
}

/// Adds that the packets could not be seen, and why.
pub fn unseen(journey: &mut Journey, why: &str) {
    let step = PacketStep::PacketsUnseen { why: journey.keep(why.as_bytes()) };
    put(journey, alloc::vec![(end(journey), step.into())]);
}

/// When the last step was.
fn end(journey: &Journey) -> Instant {
    journey.steps().last().map_or(journey.began, |(at, _)| *at)
}

/// What a packet is tied to.
struct Tie {
    flow: usize,
    sent: bool,
    seen: Seen,
    /// The step, by its place in the journey as it was.
    of: usize,
}

struct Search<'a> {
    known: Known<'a>,
    flows: Vec<(Ends, Owner)>,
    by_ends: BTreeMap<Ends, usize>,
    seen: Flows,
}

impl Search<'_> {
    fn find(&mut self, journey: &Journey, at: Instant, packet: &Packet<'_>) -> Option<Tie> {
        let tcp = matches!(packet.transport, Transport::Tcp(_));
        let (from, to) = packet.ports()?;
        let (from, to) = (core::net::SocketAddr::new(packet.ip.from, from), core::net::SocketAddr::new(packet.ip.to, to));
        let ways = [Ends { tcp, local: from, remote: to }, Ends { tcp, local: to, remote: from }];
        let flow = match ways.iter().find_map(|ends| self.by_ends.get(ends)) {
            Some(flow) => *flow,
            None => {
                let (ends, owner) = self.known.owner(at, packet)?;
                self.flows.push((ends, owner));
                self.by_ends.insert(ends, self.flows.len() - 1);
                self.flows.len() - 1
            }
        };
        let seen = self.seen.see(packet);
        let (ends, owner) = &mut self.flows[flow];
        let sent = ends.local == from;
        let of = owner.of(journey, ends, at, packet, sent, &seen);
        Some(Tie { flow, sent, seen, of })
    }
}

fn number(flow: usize) -> u16 {
    u16::try_from(flow + 1).unwrap_or(u16::MAX)
}

fn flow(journey: &mut Journey, flow: usize, ends: &Ends) -> Step {
    let (local, remote) = (journey.keep(ends.local.to_string().as_bytes()), journey.keep(ends.remote.to_string().as_bytes()));
    PacketStep::FlowSeen { flow: number(flow), over: if ends.tcp { "tcp" } else { "udp" }, local, remote }.into()
}

fn step(journey: &mut Journey, length: usize, tie: &Tie, packet: &Packet<'_>) -> Step {
    let plain = wire::packet::Tcp::default();
    let tcp = if let Transport::Tcp(tcp) = &packet.transport { tcp } else { &plain };
    let (link_from, link_to) = (journey.keep(packet.link.from.to_string().as_bytes()), journey.keep(packet.link.to.to_string().as_bytes()));
    let flags = journey.keep(tcp.flags.to_string().as_bytes());
    let (when, of) = &journey.steps()[tie.of];
    PacketStep::PacketSeen {
        flow: number(tie.flow),
        sent: tie.sent,
        role: tie.seen.role.word(),
        order: tie.seen.order.word(),
        of: of.name(),
        of_t_us: u64::try_from(when.since(journey.began).as_micros()).unwrap_or(u64::MAX),
        frame: bytes(length),
        link_from,
        link_to,
        ttl: packet.ip.ttl.into(),
        seq: tie.seen.seq,
        ack: tie.seen.ack,
        window: tie.seen.window,
        flags,
        mss: tcp.mss.unwrap_or(0),
        scale: tcp.scale.unwrap_or(0).into(),
        payload: bytes(packet.payload_len),
    }
    .into()
}

fn bytes(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// For whoever opens the capture elsewhere.
fn comment(journey: &Journey, tie: &Tie) -> String {
    let order = if tie.seen.order == Order::Next { String::new() } else { format!(" ({})", tie.seen.order.word()) };
    let role = if tie.seen.role == Role::Opened { "ack of the opening" } else { tie.seen.role.word() };
    format!("{role}{order}, of {}", journey.steps()[tie.of].1.name())
}

/// Puts steps, which are in the order of time, between those of the journey. What comes after the last is put before it all the same: how a
/// journey ended is its last step.
fn put(journey: &mut Journey, added: Vec<(Instant, Step)>) {
    let mut own = journey.take_steps();
    let last = own.pop();
    let mut added = added.into_iter().peekable();
    for (place, (at, step)) in own.into_iter().enumerate() {
        while let Some((when, packet)) = added.next_if(|(when, _)| place > 0 && *when < at) {
            journey.add(when, packet);
        }
        journey.add(at, step);
    }
    added.chain(last).for_each(|(at, step)| journey.add(at, step));
}

#[cfg(test)]
mod tests;
