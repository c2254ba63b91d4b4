//! What goes out: frames in a queue (RFC 6455 §6.1).

use super::deflate::Deflater;
use super::extension::Direction;
use super::frame::CONTROL_BYTES;
use super::mask::{MaskKeys, mask};
use super::{FrameHeader, Kind, Opcode};
use alloc::vec::Vec;

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// More waits to be written than the settings let wait: try again when it is.
    Full,
    /// One end has closed the connection, or it has failed: nothing is sent any more.
    Closed,
}

/// The outgoing half of a connection.
pub(super) struct Sender {
    /// A client's keys.
    keys: Option<MaskKeys>,
    output_bytes: usize,
    deflate: Option<Direction>,
    /// Made for the first message; kept as long as one message may refer to another.
    deflater: Option<Deflater>,
    /// The message that is being sent in pieces.
    begun: Option<Kind>,
    /// Whole frames, of which the first bytes may have been written.
    output: Vec<u8>,
    written: usize,
    /// The answer to the latest ping, where there was no room for it.
    pong: Option<Vec<u8>>,
}

/// While more than this waits to be written, pongs wait too.
const PONG_ROOM: usize = 4096;

/// Memory of the queue that is kept when it is empty.
const KEPT: usize = 64 * 1024;

impl Sender {
    pub(super) fn new(keys: Option<MaskKeys>, deflate: Option<Direction>, output_bytes: usize) -> Self {
        Sender { keys, output_bytes, deflate, deflater: None, begun: None, output: Vec::new(), written: 0, pong: None }
    }

    pub(super) fn output(&self) -> &[u8] {
        &self.output[self.written..]
    }

    pub(super) fn written(&mut self, bytes: usize) {
        assert!(bytes <= self.output().len(), "no more was written than there is");
        self.written += bytes;
        if self.output().is_empty() {
            self.output.clear();
            self.output.shrink_to(KEPT);
            self.written = 0;
        }
        if self.output().len() <= PONG_ROOM
            && let Some(payload) = self.pong.take()
        {
            self.frame(true, false, Opcode::Pong, &payload);
        }
    }

    /// Appends a piece of a message.
    pub(super) fn piece(&mut self, kind: Kind, data: &[u8], last: bool) -> Result<(), Refused> {
        if self.output().len() > self.output_bytes {
            return Err(Refused::Full);
        }
        assert!(self.begun.is_none_or(|begun| begun == kind), "a message is of one kind");
        let first = self.begun.is_none();
        let opcode = match kind {
            _ if !first => Opcode::Continuation,
            Kind::Text => Opcode::Text,
            Kind::Binary => Opcode::Binary,
        };
        self.begun = if last { None } else { Some(kind) };
        let Some(deflate) = self.deflate else {
            self.frame(last, false, opcode, data);
            return Ok(());
        };
        let deflater = self.deflater.get_or_insert_with(|| Deflater::new(deflate.window_bits));
        let mut compressed = Vec::new();
        deflater.deflate(data, last, &mut compressed);
        if last && !deflate.takeover {
            self.deflater = None;
        }
        // RFC 7692 §6.1: the first frame marks the message.
        self.frame(last, first, opcode, &compressed);
        Ok(())
    }

    pub(super) fn ping(&mut self, payload: &[u8]) -> Result<(), Refused> {
        if self.output().len() > self.output_bytes {
            return Err(Refused::Full);
        }
        self.frame(true, false, Opcode::Ping, payload);
        Ok(())
    }

    /// Answers a ping. RFC 6455 §5.5.3: of several pings only the latest needs to be answered, so that a peer that sends them and does not
    /// read makes us keep one answer.
    pub(super) fn pong(&mut self, payload: &[u8]) {
        if self.output().len() > PONG_ROOM {
            self.pong = Some(payload.to_vec());
        } else {
            self.frame(true, false, Opcode::Pong, payload);
        }
    }

    /// Appends the last frame.
    pub(super) fn close(&mut self, payload: &[u8]) {
        self.pong = None;
        self.deflater = None;
        self.frame(true, false, Opcode::Close, payload);
    }

    fn frame(&mut self, fin: bool, rsv1: bool, opcode: Opcode, payload: &[u8]) {
        assert!(!opcode.is_control() || payload.len() <= CONTROL_BYTES, "a control frame has at most 125 bytes");
        let key = self.keys.as_mut().map(MaskKeys::next);
        self.output.reserve(FrameHeader::MAX_BYTES + payload.len());
        FrameHeader { fin, rsv1, opcode, mask: key, len: payload.len() as u64 }.write(&mut self.output);
        let start = self.output.len();
        self.output.extend_from_slice(payload);
        if let Some(key) = key {
            mask(&mut self.output[start..], key, 0);
        }
    }
}

#[cfg(test)]
mod tests;
