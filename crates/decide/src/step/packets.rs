//! The steps of a journey's packets, as a capture shows them.

use super::{FieldInfo, FieldType, StepInfo, Text, Value};

steps! {
    /// What a capture shows. These steps are put into their journey at its end: each in its time, and before the last step.
    PacketStep:
    /// The packets of the journey could be seen.
    PacketsSeen "packets-seen" {
        /// How many belong to the journey.
        packets: u64,
        /// Of those, segments that were sent again.
        again: u64,
        /// Packets of others that went to or came from the same servers: left out.
        strangers: u64,
        /// Packets that there was no more room for.
        untaken: u64,
        /// The file they were written into; empty for none.
        file: Text,
    }
    /// The packets of the journey could not be seen: the kernel's figures stand for them.
    PacketsUnseen "packets-unseen" {
        /// Why, and what to do.
        why: Text,
    }
    /// Two ends begin to exchange packets.
    FlowSeen "flow-seen" {
        /// Its number in this journey, from 1.
        flow: u16,
        /// `tcp`, `udp`.
        over: &'static str,
        /// Our address and port.
        local: Text,
        /// The other's.
        remote: Text,
    }
    /// A packet passed.
    PacketSeen "packet-seen" {
        /// The number of its flow.
        flow: u16,
        /// It was sent by us; else it came.
        sent: bool,
        /// What it is to its connection: `syn`, `syn-ack`, `opened`, `data`, `ack`, `duplicate-ack`, `window-full`, `keep-alive`, `fin`,
        /// `reset`; else `datagram`, `fragment`, `other`.
        role: &'static str,
        /// How it comes after those before it: `next`, `retransmission`, `late`, `after-a-gap`.
        order: &'static str,
        /// The name of the step that it belongs to.
        of: &'static str,
        /// When that step was: its `t_us`.
        of_t_us: u64,
        /// Bytes of the whole frame.
        frame: u32,
        /// The sender's link address.
        link_from: Text,
        /// The receiver's.
        link_to: Text,
        /// How many routers it may still pass.
        ttl: u16,
        /// TCP: the number of its first byte, counted from the connection's beginning.
        seq: u32,
        /// TCP: the number of the byte that is expected next, counted likewise.
        ack: u32,
        /// TCP: how many bytes its sender takes still.
        window: u32,
        /// TCP: the bits that are set.
        flags: Text,
        /// TCP: the largest segment that the sender of a SYN takes; 0 where it does not say.
        mss: u16,
        /// TCP: by how many bits the windows of the sender of a SYN are shifted; 0 where it does not say.
        scale: u16,
        /// Bytes of content.
        payload: u32,
    }
}
