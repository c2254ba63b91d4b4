//! What comes in: frames put together to messages (RFC 6455 §5, §6.2).

use super::deflate::Inflater;
use super::extension::Direction;
use super::frame::CONTROL_BYTES;
use super::mask::mask;
use super::utf8::Utf8;
use super::{CloseCode, FrameHeader, Kind, Opcode, Violation};
use alloc::string::String;
use alloc::vec::Vec;

/// How messages are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Gathered: one event for a message.
    Whole,
    /// As they come: what is there of a message, whatever its frames. Nothing is kept.
    Pieces,
}

/// What the peer has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message, or a piece of one.
    Data {
        /// What it holds.
        kind: Kind,
        /// The bytes, inflated. All that was sent of a text so far is valid; a piece of one may end within a character.
        data: Vec<u8>,
        /// The message ends with them. Always so for [`Delivery::Whole`]; the last of several pieces may be empty, and no other is.
        last: bool,
    },
    /// A ping. It has been answered.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// The peer closes, and sends nothing more. It has been answered.
    Close(Option<Close>),
}

/// Why an end closes. Where a close frame gives no reason at all, there is none of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: CloseCode,
    /// For people who look for errors; often empty, at most 123 bytes.
    pub reason: String,
}

/// Inflated bytes of one piece.
const PIECE: usize = 16 * 1024;

/// Bytes that have their mask taken off at once before they are inflated.
const UNMASKED: usize = 4096;

/// The incoming half of a connection.
pub(super) struct Receiver {
    /// The peer is a client.
    masked: bool,
    message_bytes: usize,
    delivery: Delivery,
    only: Option<Kind>,
    deflate: Option<Direction>,
    /// The start of a header whose end has not come yet.
    header: [u8; FrameHeader::MAX_BYTES],
    header_len: usize,
    /// The frame whose payload comes next.
    frame: Option<Frame>,
    /// The message whose last frame has not come to its end.
    message: Option<Message>,
    /// The payload of a control frame so far.
    control: Vec<u8>,
    /// Made for the first compressed message; kept as long as one message may refer to another.
    inflater: Option<Inflater>,
}

#[derive(Clone, Copy)]
struct Frame {
    opcode: Opcode,
    fin: bool,
    mask: Option<[u8; 4]>,
    /// Bytes of payload that have been taken.
    taken: u64,
    /// Bytes of payload still to come.
    left: u64,
}

impl Frame {
    /// How much of `there` belongs to the payload.
    fn share(&self, there: usize) -> usize {
        usize::try_from(self.left).map_or(there, |left| left.min(there))
    }

    fn unmask(&self, data: &mut [u8]) {
        if let Some(key) = self.mask {
            mask(data, key, self.taken);
        }
    }

    fn take(&mut self, bytes: usize) {
        self.taken += bytes as u64;
        self.left -= bytes as u64;
    }
}

struct Message {
    kind: Kind,
    compressed: bool,
    /// Bytes so far, inflated.
    size: usize,
    utf8: Utf8,
    /// What was not handed over yet.
    data: Vec<u8>,
}

impl Message {
    /// Judges what was added from `start` on.
    fn added(&mut self, start: usize, cap: usize) -> Result<(), Violation> {
        self.size += self.data.len() - start;
        if self.size > cap {
            return Err(Violation::MessageTooLarge);
        }
        match self.kind {
            // RFC 6455 §8.1: as soon as it is seen, not at the end of the message.
            Kind::Text => self.utf8.push(&self.data[start..]).map_err(|_| Violation::TextNotUtf8),
            Kind::Binary => Ok(()),
        }
    }
}

/// What came of the payload of a frame.
enum Outcome {
    Event(Event),
    /// The frame is at its end, and there is nothing to tell.
    Next,
    /// More input is needed.
    More,
}

impl Receiver {
    pub(super) fn new(masked: bool, deflate: Option<Direction>, message_bytes: usize, delivery: Delivery, only: Option<Kind>) -> Self {
        Receiver {
            masked,
            message_bytes,
            delivery,
            only,
            deflate,
            header: [0; FrameHeader::MAX_BYTES],
            header_len: 0,
            frame: None,
            message: None,
            control: Vec::new(),
            inflater: None,
        }
    }

    /// Takes from the start of `input`, up to the first thing that is to be told. Without an event all of it is taken.
    pub(super) fn receive(&mut self, input: &[u8]) -> Result<(usize, Option<Event>), Violation> {
        let mut at = 0;
        loop {
            let Some(frame) = self.frame else {
                at += self.read_header(&input[at..])?;
                if self.frame.is_none() {
                    return Ok((at, None));
                }
                continue;
            };
            let (taken, outcome) = if frame.opcode.is_control() { self.control(&input[at..])? } else { self.data(&input[at..])? };
            at += taken;
            match outcome {
                Outcome::Event(event) => return Ok((at, Some(event))),
                Outcome::Next => {}
                Outcome::More => return Ok((at, None)),
            }
        }
    }

    /// Reads a header, or keeps what is there of it. Returns how much was taken.
    fn read_header(&mut self, input: &[u8]) -> Result<usize, Violation> {
        let kept = self.header_len;
        let whole = if kept == 0 {
            FrameHeader::parse(input)?
        } else {
            let taken = input.len().min(FrameHeader::MAX_BYTES - kept);
            self.header[kept..kept + taken].copy_from_slice(&input[..taken]);
            FrameHeader::parse(&self.header[..kept + taken])?
        };
        let Some((header, len)) = whole else {
            // What is too short for a header is shorter than the longest one.
            self.header[kept..kept + input.len()].copy_from_slice(input);
            self.header_len += input.len();
            return Ok(input.len());
        };
        self.header_len = 0;
        self.begin(header)?;
        Ok(len - kept)
    }

    /// Judges a frame by its header and what was before it.
    fn begin(&mut self, header: FrameHeader) -> Result<(), Violation> {
        if header.rsv1 && self.deflate.is_none() {
            return Err(Violation::ReservedBits);
        }
        match (self.masked, header.mask) {
            (true, None) => return Err(Violation::MaskMissing),
            (false, Some(_)) => return Err(Violation::MaskPresent),
            _ => {}
        }
        match header.opcode {
            Opcode::Text => self.begin_message(Kind::Text, header.rsv1)?,
            Opcode::Binary => self.begin_message(Kind::Binary, header.rsv1)?,
            _ if header.rsv1 => return Err(Violation::CompressedBit),
            Opcode::Continuation if self.message.is_none() => return Err(Violation::ContinuationAlone),
            Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong => {}
        }
        if let Some(message) = &self.message
            && !header.opcode.is_control()
            && !message.compressed
            && header.len > (self.message_bytes - message.size) as u64
        {
            return Err(Violation::MessageTooLarge);
        }
        self.frame = Some(Frame { opcode: header.opcode, fin: header.fin, mask: header.mask, taken: 0, left: header.len });
        Ok(())
    }

    fn begin_message(&mut self, kind: Kind, compressed: bool) -> Result<(), Violation> {
        if self.message.is_some() {
            return Err(Violation::MessageInterrupted);
        }
        if self.only.is_some_and(|only| only != kind) {
            return Err(Violation::KindRefused);
        }
        self.message = Some(Message { kind, compressed, size: 0, utf8: Utf8::default(), data: Vec::new() });
        Ok(())
    }

    fn control(&mut self, input: &[u8]) -> Result<(usize, Outcome), Violation> {
        let frame = self.frame.as_mut().expect("a frame was begun");
        let share = frame.share(input.len());
        let start = self.control.len();
        debug_assert!(start + share <= CONTROL_BYTES);
        self.control.extend_from_slice(&input[..share]);
        frame.unmask(&mut self.control[start..]);
        frame.take(share);
        if frame.left > 0 {
            return Ok((share, Outcome::More));
        }
        let payload = core::mem::take(&mut self.control);
        let event = match frame.opcode {
            Opcode::Ping => Event::Ping(payload),
            Opcode::Pong => Event::Pong(payload),
            _ => Event::Close(close(&payload)?),
        };
        self.frame = None;
        Ok((share, Outcome::Event(event)))
    }

    fn data(&mut self, input: &[u8]) -> Result<(usize, Outcome), Violation> {
        let compressed = self.message.as_ref().expect("a data frame is part of a message").compressed;
        let (taken, full) = if compressed { self.take_compressed(input)? } else { (self.take_plain(input)?, false) };
        let (Some(frame), Some(message)) = (self.frame, &mut self.message) else { unreachable!("both were there before") };
        let at_end = frame.left == 0 && !full;
        if at_end {
            self.frame = None;
        }
        if at_end && frame.fin {
            return Ok((taken, Outcome::Event(self.end_message()?)));
        }
        if self.delivery == Delivery::Pieces && !message.data.is_empty() {
            let data = core::mem::take(&mut message.data);
            return Ok((taken, Outcome::Event(Event::Data { kind: message.kind, data, last: false })));
        }
        Ok((taken, if at_end { Outcome::Next } else { Outcome::More }))
    }

    fn take_plain(&mut self, input: &[u8]) -> Result<usize, Violation> {
        let (Some(frame), Some(message)) = (&mut self.frame, &mut self.message) else { unreachable!("both were there before") };
        let share = frame.share(input.len());
        let start = message.data.len();
        message.data.extend_from_slice(&input[..share]);
        frame.unmask(&mut message.data[start..]);
        frame.take(share);
        message.added(start, self.message_bytes)?;
        Ok(share)
    }

    /// Inflates. Returns also whether a piece is full: there may be more to come of the input that was taken.
    fn take_compressed(&mut self, input: &[u8]) -> Result<(usize, bool), Violation> {
        let (Some(frame), Some(message)) = (&mut self.frame, &mut self.message) else { unreachable!("both were there before") };
        let bits = self.deflate.expect("nothing is compressed unless that was agreed").window_bits;
        let inflater = self.inflater.get_or_insert_with(|| Inflater::new(bits));
        let mut taken = 0;
        loop {
            let mut unmasked = [0; UNMASKED];
            let there = &input[taken..];
            let part = &mut unmasked[..frame.share(there.len().min(UNMASKED))];
            part.copy_from_slice(&there[..part.len()]);
            frame.unmask(part);
            // One byte over the cap is enough to know; a bomb is not inflated any further.
            let over = (self.message_bytes - message.size).saturating_add(1);
            let room = if self.delivery == Delivery::Pieces { over.min(PIECE - message.data.len()) } else { over };
            let start = message.data.len();
            let (used, full) = inflater.inflate(part, &mut message.data, room)?;
            frame.take(used);
            taken += used;
            message.added(start, self.message_bytes)?;
            if full || frame.left == 0 || taken == input.len() {
                return Ok((taken, full));
            }
        }
    }

    /// What is left to be handed over of a message that is whole.
    fn end_message(&mut self) -> Result<Event, Violation> {
        let message = self.message.take().expect("a message ends that was begun");
        if message.compressed
            && let (Some(inflater), Some(deflate)) = (&mut self.inflater, self.deflate)
        {
            inflater.finish()?;
            if !deflate.takeover {
                self.inflater = None;
            }
        }
        message.utf8.finish().map_err(|_| Violation::TextNotUtf8)?;
        Ok(Event::Data { kind: message.kind, data: message.data, last: true })
    }
}

/// Reads the payload of a close frame (RFC 6455 §5.5.1).
fn close(payload: &[u8]) -> Result<Option<Close>, Violation> {
    let Some((number, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(Violation::CloseLength) };
    };
    let code = CloseCode::new(u16::from_be_bytes(*number)).ok_or(Violation::CloseCodeInvalid)?;
    let reason = core::str::from_utf8(reason).map_err(|_| Violation::CloseReasonNotUtf8)?;
    Ok(Some(Close { code, reason: reason.into() }))
}

#[cfg(test)]
mod tests;
