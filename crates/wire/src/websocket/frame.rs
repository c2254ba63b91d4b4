//! The header of a frame, in and out (RFC 6455 §5.2).

use super::Violation;
use alloc::vec::Vec;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// A further frame of a message.
    Continuation,
    /// The first frame of a text message.
    Text,
    /// The first frame of a binary message.
    Binary,
    /// The sender sends nothing more.
    Close,
    /// Asks for a pong.
    Ping,
    /// The answer to a ping, or a sign of life that nobody asked for.
    Pong,
}

impl Opcode {
    /// The opcode of this number, if it is none of the reserved ones.
    const fn of(number: u8) -> Option<Opcode> {
        Some(match number {
            0 => Opcode::Continuation,
            1 => Opcode::Text,
            2 => Opcode::Binary,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            _ => return None,
        })
    }

    const fn number(self) -> u8 {
        match self {
            Opcode::Continuation => 0,
            Opcode::Text => 1,
            Opcode::Binary => 2,
            Opcode::Close => 8,
            Opcode::Ping => 9,
            Opcode::Pong => 10,
        }
    }

    /// Close, ping and pong: short, never fragmented, allowed between the frames of a message (RFC 6455 §5.5).
    pub const fn is_control(self) -> bool {
        matches!(self, Opcode::Close | Opcode::Ping | Opcode::Pong)
    }
}

/// What stands before the payload of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// The last frame of its message.
    pub fin: bool,
    /// The first reserved bit: with permessage-deflate, the message is compressed. The other two are never set: no extension that we know
    /// of gives them a meaning.
    pub rsv1: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// The key that the payload is masked with.
    pub mask: Option<[u8; 4]>,
    /// Bytes of payload; under 2^63.
    pub len: u64,
}

/// Bytes of payload that a control frame may have (RFC 6455 §5.5).
pub(super) const CONTROL_BYTES: usize = 125;

impl FrameHeader {
    /// Bytes of the longest header.
    pub const MAX_BYTES: usize = 14;

    /// Reads the header at the start of `input`: it and the bytes it takes, or `None` where more bytes are needed. What is there is judged
    /// as soon as it is: a wrong first byte needs no second. Whether the peer has to mask is for the caller to know.
    pub fn parse(input: &[u8]) -> Result<Option<(FrameHeader, usize)>, Violation> {
        let Some(&first) = input.first() else { return Ok(None) };
        if first & 0x30 != 0 {
            return Err(Violation::ReservedBits);
        }
        let (fin, rsv1) = (first & 0x80 != 0, first & 0x40 != 0);
        let opcode = Opcode::of(first & 0x0f).ok_or(Violation::Opcode)?;
        if opcode.is_control() && !fin {
            return Err(Violation::ControlFragmented);
        }
        let Some(&second) = input.get(1) else { return Ok(None) };
        let short = second & 0x7f;
        if opcode.is_control() && usize::from(short) > CONTROL_BYTES {
            return Err(Violation::ControlTooLong);
        }
        let Some((len, at)) = length(short, &input[2..])? else { return Ok(None) };
        let (mask, at) = match second & 0x80 {
            0 => (None, at),
            _ => match input[at..].first_chunk::<4>() {
                Some(key) => (Some(*key), at + 4),
                None => return Ok(None),
            },
        };
        Ok(Some((FrameHeader { fin, rsv1, opcode, mask, len }, at)))
    }

    /// Appends the header, its length in as few bytes as there can be.
    pub fn write(&self, out: &mut Vec<u8>) {
        debug_assert!(!self.opcode.is_control() || (self.fin && self.len <= CONTROL_BYTES as u64), "a valid control frame");
        debug_assert!(self.len < 1 << 63, "a length of 63 bits");
        out.push(u8::from(self.fin) << 7 | u8::from(self.rsv1) << 6 | self.opcode.number());
        let masked = u8::from(self.mask.is_some()) << 7;
        match self.len {
            0..=125 => out.push(masked | self.len as u8),
            126..=0xffff => {
                out.push(masked | 126);
                out.extend_from_slice(&(self.len as u16).to_be_bytes());
            }
            _ => {
                out.push(masked | 127);
                out.extend_from_slice(&self.len.to_be_bytes());
            }
        }
        if let Some(key) = self.mask {
            out.extend_from_slice(&key);
        }
    }
}

/// The length that the seven bits of the second byte stand for, and where in the frame it ends. `rest` follows the second byte.
fn length(short: u8, rest: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    let (len, end, least) = match short {
        0..=125 => return Ok(Some((u64::from(short), 2))),
        126 => match rest.first_chunk() {
            Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 4, 126),
            None => return Ok(None),
        },
        _ => match rest.first_chunk() {
            Some(bytes) => (u64::from_be_bytes(*bytes), 10, 1 << 16),
            None => return Ok(None),
        },
    };
    if len >> 63 != 0 {
        return Err(Violation::LengthTopBit);
    }
    // RFC 6455 §5.2: "the minimal number of bytes MUST be used".
    if len < least {
        return Err(Violation::LengthNotMinimal);
    }
    Ok(Some((len, end)))
}

#[cfg(test)]
mod tests;
