//! Frames: the nine bytes before each, and the frames that are written whole (RFC 9113 §4.1, §6).

use super::{Breach, ErrorCode, StreamId};
use alloc::vec::Vec;

/// The bytes before the payload of a frame.
pub(super) const HEADER_BYTES: usize = 9;

/// What a client says first (RFC 9113 §3.4).
pub(super) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Headers,
    Priority,
    RstStream,
    Settings,
    PushPromise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    /// RFC 9218 §7.1
    PriorityUpdate,
    /// RFC 9113 §5.5: ignored.
    Unknown,
}

impl Kind {
    const fn of(code: u8) -> Kind {
        match code {
            0x0 => Kind::Data,
            0x1 => Kind::Headers,
            0x2 => Kind::Priority,
            0x3 => Kind::RstStream,
            0x4 => Kind::Settings,
            0x5 => Kind::PushPromise,
            0x6 => Kind::Ping,
            0x7 => Kind::GoAway,
            0x8 => Kind::WindowUpdate,
            0x9 => Kind::Continuation,
            0x10 => Kind::PriorityUpdate,
            _ => Kind::Unknown,
        }
    }

    const fn code(self) -> u8 {
        match self {
            Kind::Data => 0x0,
            Kind::Headers => 0x1,
            Kind::Priority => 0x2,
            Kind::RstStream => 0x3,
            Kind::Settings => 0x4,
            Kind::PushPromise => 0x5,
            Kind::Ping => 0x6,
            Kind::GoAway => 0x7,
            Kind::WindowUpdate => 0x8,
            Kind::Continuation => 0x9,
            Kind::PriorityUpdate => 0x10,
            Kind::Unknown => 0xff,
        }
    }
}

/// The flags of a frame; which of them mean anything depends on its kind.
pub(super) mod flag {
    /// DATA, HEADERS
    pub(in crate::http2) const END_STREAM: u8 = 0x1;
    /// SETTINGS, PING
    pub(in crate::http2) const ACK: u8 = 0x1;
    /// HEADERS, CONTINUATION
    pub(in crate::http2) const END_HEADERS: u8 = 0x4;
    /// DATA, HEADERS
    pub(in crate::http2) const PADDED: u8 = 0x8;
    /// HEADERS
    pub(in crate::http2) const PRIORITY: u8 = 0x20;
}

/// The bytes before a payload, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// Bytes of the payload, under 2^24.
    pub(super) len: usize,
    pub(super) kind: Kind,
    pub(super) flags: u8,
    /// Zero: the connection.
    pub(super) stream: StreamId,
}

impl FrameHeader {
    pub(super) fn parse(bytes: &[u8; HEADER_BYTES]) -> FrameHeader {
        let [len @ .., kind, flags, s0, s1, s2, s3] = *bytes;
        let len = u32::from_be_bytes([0, len[0], len[1], len[2]]) as usize;
        // RFC 9113 §4.1: the reserved bit is ignored.
        FrameHeader { len, kind: Kind::of(kind), flags, stream: number([s0, s1, s2, s3]) }
    }

    pub(super) fn bytes(self) -> [u8; HEADER_BYTES] {
        let [_, l0, l1, l2] = (self.len as u32).to_be_bytes();
        let [s0, s1, s2, s3] = self.stream.to_be_bytes();
        [l0, l1, l2, self.kind.code(), self.flags, s0, s1, s2, s3]
    }

    pub(super) const fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The payload without its padding (RFC 9113 §6.1, §6.2).
    pub(super) fn unpad(self, payload: &[u8]) -> Result<&[u8], Breach> {
        if !self.has(flag::PADDED) {
            return Ok(payload);
        }
        let (&pad, rest) = payload.split_first().ok_or(Breach::FrameLength)?;
        let len = rest.len().checked_sub(usize::from(pad)).ok_or(Breach::Padding)?;
        Ok(&rest[..len])
    }
}

/// A stream identifier or a window increment: 31 bits.
pub(super) fn number(bytes: [u8; 4]) -> u32 {
    u32::from_be_bytes(bytes) & 0x7fff_ffff
}

/// A payload of exactly so many bytes.
pub(super) fn exactly<const N: usize>(payload: &[u8]) -> Result<[u8; N], Breach> {
    payload.try_into().map_err(|_| Breach::FrameLength)
}

/// Appends a frame.
pub(super) fn write(kind: Kind, flags: u8, stream: StreamId, payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&FrameHeader { len: payload.len(), kind, flags, stream }.bytes());
    out.extend_from_slice(payload);
}

pub(super) fn write_rst_stream(stream: StreamId, code: ErrorCode, out: &mut Vec<u8>) {
    write(Kind::RstStream, 0, stream, &code.0.to_be_bytes(), out);
}

pub(super) fn write_window_update(stream: StreamId, increment: u32, out: &mut Vec<u8>) {
    debug_assert!((1..1 << 31).contains(&increment));
    write(Kind::WindowUpdate, 0, stream, &increment.to_be_bytes(), out);
}

/// `debug` is for a person who reads it on the other side.
pub(super) fn write_goaway(last: StreamId, code: ErrorCode, debug: &str, out: &mut Vec<u8>) {
    let len = 8 + debug.len();
    out.extend_from_slice(&FrameHeader { len, kind: Kind::GoAway, flags: 0, stream: 0 }.bytes());
    out.extend_from_slice(&last.to_be_bytes());
    out.extend_from_slice(&code.0.to_be_bytes());
    out.extend_from_slice(debug.as_bytes());
}

#[cfg(test)]
mod tests;
