//! Packets, layer by layer: Ethernet, IP, TCP and UDP as they lie in a frame, and frames made of them.
//!
//! [`Packet::parse`] takes a frame apart, the outer layer first, and stops where it does not understand; [`Packet::frame`] puts one
//! together. A frame that was captured may be cut off: what is missing is told by its lengths.

mod ethernet;
mod ip;
mod tcp;
mod udp;

pub use ethernet::{ETHERNET_BYTES, Ethernet, Mac};
pub use ip::Ip;
pub use tcp::{Flags, Tcp};
pub use udp::Udp;

use alloc::vec::Vec;
use core::net::IpAddr;

/// What is inside IP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A segment.
    Tcp(Tcp),
    /// A datagram.
    Udp(Udp),
    /// A protocol that is not taken apart, by its number (RFC 5237).
    Other(u8),
    /// Not the first fragment of a datagram: its ports are in the first.
    Fragment(u8),
}

/// A frame taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The frame's own header.
    pub link: Ethernet,
    /// The layer of addresses.
    pub ip: Ip,
    /// The layer of ports.
    pub transport: Transport,
    /// What is carried: as much of it as is in the frame.
    pub payload: &'a [u8],
    /// How long what is carried is, whether it is all in the frame or not.
    pub payload_len: usize,
}

/// Why a frame was not taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It ends inside a header, which is this layer's.
    Short(&'static str),
    /// A header says something that cannot be, in this layer.
    Wrong(&'static str),
    /// What is in it is no IP, by its type (IEEE 802's list of Ethertypes).
    OtherKind(u16),
}

impl<'a> Packet<'a> {
    /// Takes a frame apart.
    pub fn parse(frame: &'a [u8]) -> Result<Packet<'a>, Unread> {
        let (link, rest) = Ethernet::parse(frame)?;
        let (ip, rest, len) = Ip::parse(link.kind, rest)?;
        if ip.fragment > 0 {
            return Ok(Packet { link, transport: Transport::Fragment(ip.protocol), ip, payload: rest, payload_len: len });
        }
        let (transport, payload, payload_len) = match ip.protocol {
            tcp::PROTOCOL => {
                let (tcp, payload, header) = Tcp::parse(rest)?;
                (Transport::Tcp(tcp), payload, len.checked_sub(header).ok_or(Unread::Wrong("TCP"))?)
            }
            udp::PROTOCOL => {
                let (udp, payload, payload_len) = Udp::parse(rest)?;
                (Transport::Udp(udp), payload, payload_len)
            }
            other => (Transport::Other(other), rest, len),
        };
        Ok(Packet { link, ip, transport, payload, payload_len })
    }

    /// The frame, with all lengths and checksums right. Fragments and other protocols carry the payload as it is.
    pub fn frame(&self) -> Vec<u8> {
        let mut segment = Vec::new();
        match &self.transport {
            Transport::Tcp(tcp) => tcp.write(&self.ip, self.payload, &mut segment),
            Transport::Udp(udp) => udp.write(&self.ip, self.payload, &mut segment),
            Transport::Other(_) | Transport::Fragment(_) => segment.extend_from_slice(self.payload),
        }
        let mut frame = Vec::new();
        self.link.write(&mut frame);
        self.ip.write(&segment, &mut frame);
        frame
    }

    /// Ports of either end, the sender's first.
    pub fn ports(&self) -> Option<(u16, u16)> {
        match &self.transport {
            Transport::Tcp(tcp) => Some((tcp.from, tcp.to)),
            Transport::Udp(udp) => Some((udp.from, udp.to)),
            Transport::Other(_) | Transport::Fragment(_) => None,
        }
    }
}

/// The sum of 16-bit words in ones' complement (RFC 1071), not yet complemented.
fn sum(bytes: &[u8]) -> u32 {
    let words = bytes.chunks(2).map(|two| u32::from(two[0]) << 8 | two.get(1).map_or(0, |low| u32::from(*low)));
    words.fold(0, |sum, word| fold(sum + word))
}

fn fold(sum: u32) -> u32 {
    (sum & 0xFFFF) + (sum >> 16)
}

/// A checksum over a segment and the addresses it goes between (RFC 9293 §3.1, RFC 8200 §8.1).
fn checksum(ip: &Ip, protocol: u8, segment: &[u8]) -> u16 {
    let addresses = match (ip.from, ip.to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => sum(&from.octets()) + sum(&to.octets()),
        (IpAddr::V6(from), IpAddr::V6(to)) => sum(&from.octets()) + sum(&to.octets()),
        _ => 0,
    };
    let len = u32::try_from(segment.len()).expect("a segment is under 64 KiB");
    let total = fold(addresses) + u32::from(protocol) + fold(len) + sum(segment);
    !u16::try_from(fold(fold(total))).expect("folded to 16 bits")
}

#[cfg(test)]
mod tests;
