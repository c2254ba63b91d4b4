//! Segments (RFC 9293 §3.1), with the options that connections agree on.

use super::{Ip, Unread, checksum};
use alloc::vec::Vec;
use core::fmt;

pub(super) const PROTOCOL: u8 = 6;
/// Bytes of a header without options.
const BYTES: usize = 20;

/// The bits of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// The sender has no more data.
    pub const FIN: Flags = Flags(0x01);
    /// Here its sequence numbers begin.
    pub const SYN: Flags = Flags(0x02);
    /// There is no such connection any more.
    pub const RST: Flags = Flags(0x04);
    /// Give it to the program at once.
    pub const PSH: Flags = Flags(0x08);
    /// The acknowledgement counts.
    pub const ACK: Flags = Flags(0x10);

    /// Whether all of these are set.
    pub const fn has(self, flags: Flags) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// All of both.
    pub const fn with(self, flags: Flags) -> Flags {
        Flags(self.0 | flags.0)
    }
}

/// `SYN ACK`, in the order of the header from its low end.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
        let set = names.iter().enumerate().filter(|(bit, _)| self.0 >> bit & 1 == 1);
        for (index, (_, name)) in set.enumerate() {
            f.write_str(if index == 0 { "" } else { " " })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

/// A segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tcp {
    /// The sender's port.
    pub from: u16,
    /// The receiver's.
    pub to: u16,
    /// The number of its first byte.
    pub seq: u32,
    /// The number of the byte that is expected next, if the flag says so.
    pub ack: u32,
    /// The bits.
    pub flags: Flags,
    /// How much more the sender takes, before scaling.
    pub window: u16,
    /// The largest segment that the sender of a SYN takes.
    pub mss: Option<u16>,
    /// By how many bits the windows of the sender of a SYN are to be shifted (RFC 7323 §2).
    pub scale: Option<u8>,
    /// The sender of a SYN understands selective acknowledgements (RFC 2018).
    pub sack_permitted: bool,
    /// What came beyond a gap: from and to.
    pub sack: Vec<(u32, u32)>,
    /// The sender's clock, and the other's as last seen (RFC 7323 §3).
    pub timestamps: Option<(u32, u32)>,
}

impl Tcp {
    /// The header, what follows it, and the header's length.
    pub(super) fn parse(bytes: &[u8]) -> Result<(Tcp, &[u8], usize), Unread> {
        let head: &[u8; BYTES] = bytes.first_chunk().ok_or(Unread::Short("TCP"))?;
        let header = usize::from(head[12] >> 4) * 4;
        if header < BYTES {
            return Err(Unread::Wrong("TCP"));
        }
        let options = bytes.get(BYTES..header).ok_or(Unread::Short("TCP"))?;
        let two = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
        let four = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let mut tcp =
            Tcp { from: two(0), to: two(2), seq: four(4), ack: four(8), flags: Flags(head[13]), window: two(14), ..Tcp::default() };
        tcp.read_options(options);
        Ok((tcp, &bytes[header..], header))
    }

    /// What is malformed, or not known, is passed over.
    fn read_options(&mut self, options: &[u8]) {
        let mut rest = options;
        while let [kind, after @ ..] = rest {
            if *kind == 0 {
                return;
            }
            if *kind == 1 {
                rest = after;
                continue;
            }
            let Some(len) = after.first().map(|len| usize::from(*len)).filter(|len| (2..=rest.len()).contains(len)) else { return };
            let value = &rest[2..len];
            let four = |at: usize| u32::from_be_bytes(value[at..at + 4].try_into().expect("four bytes"));
            match (kind, value.len()) {
                (2, 2) => self.mss = Some(u16::from_be_bytes([value[0], value[1]])),
                (3, 1) => self.scale = Some(value[0]),
                (4, 0) => self.sack_permitted = true,
                (5, len) if len.is_multiple_of(8) => self.sack = (0..len / 8).map(|at| (four(at * 8), four(at * 8 + 4))).collect(),
                (8, 8) => self.timestamps = Some((four(0), four(4))),
                _ => {}
            }
            rest = &rest[len..];
        }
    }

    pub(super) fn write(&self, ip: &Ip, payload: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend(self.from.to_be_bytes());
        out.extend(self.to.to_be_bytes());
        out.extend(self.seq.to_be_bytes());
        out.extend(self.ack.to_be_bytes());
        out.extend([0, self.flags.0]);
        out.extend(self.window.to_be_bytes());
        out.extend([0; 4]);
        self.write_options(out);
        while !(out.len() - begin).is_multiple_of(4) {
            out.push(0);
        }
        let words = u8::try_from((out.len() - begin) / 4).expect("a header is short");
        assert!(words < 16, "a header holds 40 bytes of options");
        out[begin + 12] = words << 4;
        out.extend_from_slice(payload);
        let check = checksum(ip, PROTOCOL, &out[begin..]);
        out[begin + 16..begin + 18].copy_from_slice(&check.to_be_bytes());
    }

    fn write_options(&self, out: &mut Vec<u8>) {
        if let Some(mss) = self.mss {
            out.extend([2, 4]);
            out.extend(mss.to_be_bytes());
        }
        if let Some(scale) = self.scale {
            out.extend([3, 3, scale]);
        }
        if self.sack_permitted {
            out.extend([4, 2]);
        }
        if let Some((own, seen)) = self.timestamps {
            out.extend([8, 10]);
            out.extend(own.to_be_bytes());
            out.extend(seen.to_be_bytes());
        }
        if !self.sack.is_empty() {
            out.extend([5, u8::try_from(2 + 8 * self.sack.len()).expect("at most four ranges fit")]);
            for (from, to) in &self.sack {
                out.extend(from.to_be_bytes());
                out.extend(to.to_be_bytes());
            }
        }
    }
}
