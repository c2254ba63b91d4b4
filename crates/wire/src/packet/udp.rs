//! Datagrams (RFC 768).

use super::{Ip, Unread, checksum};
use alloc::vec::Vec;

pub(super) const PROTOCOL: u8 = 17;
const BYTES: usize = 8;

/// A datagram's header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Udp {
    /// The sender's port.
    pub from: u16,
    /// The receiver's.
    pub to: u16,
}

impl Udp {
    /// The header, what follows it as far as it is there, and how long that is.
    pub(super) fn parse(bytes: &[u8]) -> Result<(Udp, &[u8], usize), Unread> {
        let (head, rest) = bytes.split_first_chunk::<BYTES>().ok_or(Unread::Short("UDP"))?;
        let [a, b, c, d, e, f, _, _] = *head;
        let len = usize::from(u16::from_be_bytes([e, f])).checked_sub(BYTES).ok_or(Unread::Wrong("UDP"))?;
        Ok((Udp { from: u16::from_be_bytes([a, b]), to: u16::from_be_bytes([c, d]) }, &rest[..rest.len().min(len)], len))
    }

    pub(super) fn write(&self, ip: &Ip, payload: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend(self.from.to_be_bytes());
        out.extend(self.to.to_be_bytes());
        out.extend(u16::try_from(BYTES + payload.len()).expect("a datagram is under 64 KiB").to_be_bytes());
        out.extend([0; 2]);
        out.extend_from_slice(payload);
        // Zero would mean that there is no checksum.
        let check = match checksum(ip, PROTOCOL, &out[begin..]) {
            0 => 0xFFFF,
            sum => sum,
        };
        out[begin + 6..begin + 8].copy_from_slice(&check.to_be_bytes());
    }
}
