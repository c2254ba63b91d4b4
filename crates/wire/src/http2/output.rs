//! What is to be sent, in one buffer.

use super::frame::{FrameHeader, HEADER_BYTES};
use alloc::vec::Vec;

/// Bytes to be sent, from all streams, in order. Places are counted from the connection's first byte on, so that they stay true when
/// bytes have gone out.
#[derive(Debug, Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    /// Sent already, at the front of `bytes`.
    sent: usize,
    /// The place of `bytes[0]`.
    base: u64,
    /// How much of what waits may be answers to control frames.
    answers: usize,
}

impl Output {
    /// What waits to be sent.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// How much that is.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// At most so much of it answers control frames.
    pub(super) fn answers(&self) -> usize {
        self.answers
    }

    /// Where frames are appended.
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Appends frames that nobody but the peer asked for.
    pub(super) fn answer(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let before = self.bytes.len();
        write(&mut self.bytes);
        self.answers += self.bytes.len() - before;
    }

    /// The place of the next byte.
    pub(super) fn place(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// The place of an index of [`Output::bytes`].
    pub(super) fn place_of(&self, at: usize) -> u64 {
        self.base + at as u64
    }

    /// So many bytes, from the front of [`Output::waiting`], have gone out.
    pub(super) fn send(&mut self, bytes: usize) {
        self.sent += bytes;
        assert!(self.sent <= self.bytes.len(), "no more can be sent than there is");
        let rest = self.bytes.len() - self.sent;
        // Moved only when that is cheaper than what was sent, so that all the moving together stays within what goes out.
        if rest <= self.sent {
            self.base += self.sent as u64;
            self.bytes.copy_within(self.sent.., 0);
            self.bytes.truncate(rest);
            self.sent = 0;
        }
        self.answers = self.answers.min(rest);
    }

    /// Sets a flag of the frame that begins at `place`, unless that part of it has gone out.
    pub(super) fn set_flag(&mut self, place: u64, flag: u8) -> bool {
        const FLAGS: u64 = 4;
        let first_unsent = self.base + self.sent as u64;
        if place + FLAGS < first_unsent {
            return false;
        }
        self.bytes[(place + FLAGS - self.base) as usize] |= flag;
        true
    }

    /// Writes a frame's header where room was left for it, at an index of [`Output::bytes`].
    pub(super) fn set_header(&mut self, at: usize, header: FrameHeader) {
        self.bytes[at..at + HEADER_BYTES].copy_from_slice(&header.bytes());
    }

    /// Gives the memory back, if nothing waits.
    pub(super) fn release(&mut self) {
        if self.len() == 0 {
            self.base = self.place();
            self.bytes = Vec::new();
            self.sent = 0;
        }
    }
}

#[cfg(test)]
mod tests;
