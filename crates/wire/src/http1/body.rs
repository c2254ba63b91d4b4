//! Bodies: chunked, counted, or until close, in and out.

use super::section::{Line, Stop, read_line};
use super::{Framing, Limits, Rejection, Rule};
use crate::http::{Fields, Known};
use alloc::vec::Vec;

/// Takes the framing off a body, one piece after another, without copying it.
#[derive(Clone, Debug)]
pub struct BodyDecoder {
    state: State,
    limits: Limits,
    /// Bytes of chunk extensions so far, over all chunks.
    extensions: usize,
    /// Bytes of trailer lines so far.
    trailer_bytes: usize,
    /// A trailer line whose end has not come yet. Empty, and without memory, in all but the rarest bodies.
    line: Vec<u8>,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A counted body, with what is left of it.
    Exact(u64),
    UntilClose,
    /// A chunk size, of which so many digits have come.
    Size {
        value: u64,
        digits: u8,
    },
    /// White space after a chunk size: only an extension can follow.
    SizeSpace(u64),
    /// Chunk extensions.
    Extension(u64),
    /// The LF that ends the line of a chunk of this size.
    SizeLf(u64),
    /// The data of a chunk, with what is left of it.
    Data(u64),
    /// The CR behind the data of a chunk.
    DataCr,
    /// The LF behind that.
    DataLf,
    Trailers,
    Done,
}

/// What [`BodyDecoder::decode`] found at the start of its input: first `skip` bytes of framing, then `data` bytes of body. Both are
/// consumed by the caller before it calls again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Bytes of framing before the data.
    pub skip: usize,
    /// Bytes of body after them.
    pub data: usize,
    /// The body ends after this piece; bytes that follow belong to the next message.
    pub done: bool,
}

/// A body that broke off or broke a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// The sender closed before the end that it had announced.
    Truncated,
    /// A framing rule was broken.
    Rejected(Rejection),
}

impl From<Rule> for BodyError {
    fn from(rule: Rule) -> Self {
        BodyError::Rejected(rule.into())
    }
}

/// Sixteen digits count to 2^64 - 1, so the size itself cannot overflow.
const SIZE_DIGITS: u8 = 16;

/// RFC 9112 §7.1.1 wants the extensions of a request limited in total: their bytes are read and thrown away, a cheap way to keep us busy.
const EXTENSION_BYTES: usize = 16 * 1024;

impl BodyDecoder {
    /// A decoder for a body so framed.
    pub fn new(framing: Framing, limits: Limits) -> Self {
        let state = match framing {
            Framing::None | Framing::Exact(0) => State::Done,
            Framing::Exact(length) => State::Exact(length),
            Framing::Chunked => NEXT_SIZE,
            Framing::UntilClose => State::UntilClose,
        };
        BodyDecoder { state, limits, extensions: 0, trailer_bytes: 0, line: Vec::new() }
    }

    /// The end has been seen.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Body bytes still to come, where that is known: for `Exact` framing, and zero once the end of any has been seen.
    pub fn remaining(&self) -> Option<u64> {
        match self.state {
            State::Exact(left) => Some(left),
            State::Done => Some(0),
            _ => None,
        }
    }

    /// Looks at the start of `input`. A piece of nothing (`Piece::default()`) asks for more input, and comes only where `input` is
    /// empty: all that is given is consumed, in one piece or several. Trailers are collected in `trailers`.
    ///
    /// After an error the decoder is of no further use.
    pub fn decode(&mut self, input: &[u8], trailers: &mut Fields) -> Result<Piece, BodyError> {
        let mut at = 0;
        loop {
            match self.state {
                State::Done => return Ok(Piece { skip: at, data: 0, done: true }),
                State::UntilClose => return Ok(Piece { skip: 0, data: input.len(), done: false }),
                State::Exact(left) => {
                    let (data, left) = take(left, input.len());
                    self.state = if left == 0 { State::Done } else { State::Exact(left) };
                    return Ok(Piece { skip: 0, data, done: left == 0 });
                }
                State::Data(left) if at < input.len() => {
                    let (data, left) = take(left, input.len() - at);
                    self.state = if left == 0 { State::DataCr } else { State::Data(left) };
                    return Ok(Piece { skip: at, data, done: false });
                }
                State::Trailers if at < input.len() => at += self.trailer(&input[at..], trailers)?,
                _ => {
                    let Some(byte) = input.get(at) else { return Ok(Piece { skip: at, data: 0, done: false }) };
                    self.state = self.framing_byte(*byte)?;
                    at += 1;
                }
            }
        }
    }

    /// The sender has closed: the end for `UntilClose`, else [`BodyError::Truncated`] unless done.
    pub fn end_of_input(&mut self) -> Result<(), BodyError> {
        match self.state {
            State::Done => Ok(()),
            State::UntilClose => {
                self.state = State::Done;
                Ok(())
            }
            _ => Err(BodyError::Truncated),
        }
    }

    /// One byte of what stands around the data of chunks (RFC 9112 §7.1).
    fn framing_byte(&mut self, byte: u8) -> Result<State, Rule> {
        Ok(match (self.state, byte) {
            (State::Size { digits: SIZE_DIGITS, .. }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => return Err(Rule::ChunkSizeTooLong),
            (State::Size { value, digits }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = (byte as char).to_digit(16).expect("matched as a digit");
                State::Size { value: value << 4 | u64::from(digit), digits: digits + 1 }
            }
            (State::Size { digits: 0, .. }, _) => return Err(Rule::ChunkSize),
            // A chunk extension ends with CRLF and nothing else: an LF alone that one parser takes as an end and another does not
            // is how chunked bodies have been used to smuggle.
            (State::Size { .. } | State::SizeSpace(_) | State::Extension(_), b'\n') => return Err(Rule::BareLf),
            (State::Size { value, .. } | State::Extension(value), b'\r') => State::SizeLf(value),
            (State::Size { value, .. } | State::SizeSpace(value), b';') => self.extension(value)?,
            (State::Size { value, .. } | State::SizeSpace(value), b' ' | b'\t') => {
                self.extension(value)?;
                State::SizeSpace(value)
            }
            (State::Extension(value), b'\t' | 0x20..=0x7e | 0x80..) => self.extension(value)?,
            (State::Size { .. } | State::SizeSpace(_) | State::Extension(_), _) => return Err(Rule::ChunkExtension),
            (State::SizeLf(0), b'\n') => State::Trailers,
            (State::SizeLf(size), b'\n') => State::Data(size),
            (State::SizeLf(_), _) => return Err(Rule::BareCr),
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => NEXT_SIZE,
            (State::DataCr | State::DataLf, _) => return Err(Rule::ChunkEnd),
            (State::Exact(_) | State::UntilClose | State::Data(_) | State::Trailers | State::Done, _) => {
                unreachable!("decode handles these states")
            }
        })
    }

    /// Counts one byte of an extension.
    fn extension(&mut self, value: u64) -> Result<State, Rule> {
        self.extensions += 1;
        if self.extensions > EXTENSION_BYTES { Err(Rule::ChunkExtensionsTooLarge) } else { Ok(State::Extension(value)) }
    }

    /// Takes trailer bytes up to the end of a line (RFC 9112 §7.1.2), and the line apart when it is whole. Returns how many.
    fn trailer(&mut self, input: &[u8], trailers: &mut Fields) -> Result<usize, Rule> {
        let (taken, whole) = match memchr::memchr(b'\n', input) {
            Some(at) => (at + 1, true),
            None => (input.len(), false),
        };
        self.trailer_bytes = self.trailer_bytes.saturating_add(taken);
        if self.trailer_bytes > self.limits.head_bytes {
            return Err(Rule::TrailersTooLarge);
        }
        self.line.extend_from_slice(&input[..taken]);
        if whole {
            self.trailer_line(trailers)?;
            self.line.clear();
        }
        Ok(taken)
    }

    fn trailer_line(&mut self, trailers: &mut Fields) -> Result<(), Rule> {
        let line = &self.line[..];
        match read_line(line, 0) {
            Ok(Line::End { .. }) => self.state = State::Done,
            Ok(Line::Field { name, value, .. }) => {
                let known = Known::of(&line[name.clone()]);
                // RFC 9110 §6.5.1: what frames or routes a message comes before its body or not at all.
                if matches!(known, Known::ContentLength | Known::TransferEncoding | Known::Host) {
                    return Err(Rule::TrailerForbidden);
                }
                if trailers.len() >= self.limits.fields {
                    return Err(Rule::TooManyFields);
                }
                trailers.push_as(known, &line[name], &line[value]);
            }
            Err(Stop::Broken(rule)) => return Err(rule),
            Err(Stop::More) => unreachable!("a line that ends with LF is whole or broken"),
        }
        Ok(())
    }
}

const NEXT_SIZE: State = State::Size { value: 0, digits: 0 };

/// How much of `there` belongs to a body that has `left` bytes to come, and what is left then.
fn take(left: u64, there: usize) -> (usize, u64) {
    let data = usize::try_from(left).map_or(there, |left| left.min(there));
    (data, left - data as u64)
}

/// Puts the framing on a body.
#[derive(Clone, Debug)]
pub struct BodyEncoder {
    framing: Framing,
    owed: u64,
}

impl BodyEncoder {
    /// An encoder for a body so framed.
    pub fn new(framing: Framing) -> Self {
        BodyEncoder { framing, owed: if let Framing::Exact(length) = framing { length } else { 0 } }
    }

    /// Appends to `out` what stands before a piece of `len` bytes (len > 0): the chunk-size line, or nothing.
    /// Panics if an `Exact` body would overrun, or a message without body got one: that is our own bug.
    pub fn before(&mut self, len: usize, out: &mut Vec<u8>) {
        match self.framing {
            Framing::UntilClose => {}
            Framing::Chunked => {
                // A chunk of nothing would end the body.
                assert!(len > 0, "an empty piece of a chunked body");
                write_size(len, out);
            }
            Framing::None | Framing::Exact(_) => {
                self.owed = self.owed.checked_sub(len as u64).expect("no more body than its head announced");
            }
        }
    }

    /// Appends to `out` what stands after that piece: CRLF, or nothing.
    pub fn after(&mut self, out: &mut Vec<u8>) {
        if self.framing == Framing::Chunked {
            out.extend_from_slice(b"\r\n");
        }
    }

    /// Appends to `out` what ends the body: the last chunk and the trailers (dropped where the framing has no place for them).
    pub fn finish(&mut self, trailers: &Fields, out: &mut Vec<u8>) {
        if self.framing == Framing::Chunked {
            out.extend_from_slice(b"0\r\n");
            for field in trailers.iter() {
                super::write_field(field.name, field.value, out);
            }
            out.extend_from_slice(b"\r\n");
        }
    }

    /// Body bytes still owed, for `Exact` framing: not zero at the end means the message was cut short.
    pub fn owed(&self) -> u64 {
        self.owed
    }
}

/// A chunk-size line without extensions.
fn write_size(len: usize, out: &mut Vec<u8>) {
    let nibbles = (usize::BITS - len.leading_zeros()).div_ceil(4);
    for place in (0..nibbles).rev() {
        out.push(b"0123456789abcdef"[(len >> (place * 4)) & 15]);
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests;
