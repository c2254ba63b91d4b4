//! Where frames begin and end in what passes, so that each can be told.

use wire::websocket::{FrameHeader, Opcode};

/// Follows one direction, frame by frame.
#[derive(Default)]
pub(super) struct Frames {
    head: [u8; FrameHeader::MAX_BYTES],
    have: usize,
    frame: Option<FrameHeader>,
    /// Bytes of payload still to come.
    left: u64,
    /// The message under way is compressed: its first frame said so (RFC 7692 §6.1).
    compressed: bool,
    /// What comes is no frame: somebody else judges that.
    broken: bool,
}

/// A frame that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) opcode: Opcode,
    pub(super) size: u64,
    pub(super) compressed: bool,
    pub(super) last: bool,
}

impl Frames {
    /// How many of the bytes belong to the frame under way, and it, if it ends with them.
    pub(super) fn next(&mut self, bytes: &[u8]) -> (usize, Option<Frame>) {
        let mut at = 0;
        while self.frame.is_none() && !self.broken {
            let Some(byte) = bytes.get(at) else { return (at, None) };
            self.head[self.have] = *byte;
            self.have += 1;
            at += 1;
            match FrameHeader::parse(&self.head[..self.have]) {
                Ok(None) => {}
                Ok(Some((header, _))) => self.begin(header),
                Err(_) => self.broken = true,
            }
        }
        let Some(frame) = self.frame.filter(|_| !self.broken) else { return (bytes.len(), None) };
        let there = bytes.len() - at;
        let share = usize::try_from(self.left).map_or(there, |left| left.min(there));
        self.left -= share as u64;
        if self.left > 0 {
            return (at + share, None);
        }
        self.frame = None;
        let compressed = self.compressed && !frame.opcode.is_control();
        (at + share, Some(Frame { opcode: frame.opcode, size: frame.len, compressed, last: frame.fin }))
    }

    fn begin(&mut self, header: FrameHeader) {
        if matches!(header.opcode, Opcode::Text | Opcode::Binary) {
            self.compressed = header.rsv1;
        }
        (self.have, self.left, self.frame) = (0, header.len, Some(header));
    }
}

#[cfg(test)]
mod tests;
