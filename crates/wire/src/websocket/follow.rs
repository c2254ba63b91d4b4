//! Where frames end in bytes that only pass through.

use super::{CloseCode, FrameHeader, Opcode, mask};
use alloc::vec::Vec;

/// Follows the frames of one direction without looking into them, so that a proxy knows where a frame of its own can stand.
#[derive(Clone, Debug)]
pub struct Follower {
    /// The beginning of a header whose end is awaited.
    head: [u8; FrameHeader::MAX_BYTES],
    have: usize,
    /// Bytes of payload still to come.
    left: u64,
    /// No frame may follow: the sender has closed, or what it sends is no WebSocket.
    over: bool,
}

impl Default for Follower {
    fn default() -> Self {
        Self { head: [0; FrameHeader::MAX_BYTES], have: 0, left: 0, over: false }
    }
}

impl Follower {
    /// These bytes have passed.
    pub fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.over {
            if self.left > 0 {
                let skip = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                self.left -= skip as u64;
                bytes = &bytes[skip..];
                continue;
            }
            self.head[self.have] = bytes[0];
            self.have += 1;
            bytes = &bytes[1..];
            match FrameHeader::parse(&self.head[..self.have]) {
                Ok(None) => {}
                Ok(Some((header, _))) => {
                    self.have = 0;
                    self.left = header.len;
                    // RFC 6455 §5.5.1: after a Close, nothing is sent.
                    self.over = header.opcode == Opcode::Close;
                }
                Err(_) => self.over = true,
            }
        }
    }

    /// Whether a control frame may stand here: between two frames, also those of one message (RFC 6455 §5.4).
    pub fn is_between_frames(&self) -> bool {
        self.have == 0 && self.left == 0 && !self.over
    }
}

/// A whole Close frame without a reason, for a proxy that ends a WebSocket between two others: masked with `key` where it stands among a
/// client's frames (RFC 6455 §5.1).
pub fn close_frame(code: CloseCode, key: Option<[u8; 4]>) -> Vec<u8> {
    let mut frame = Vec::with_capacity(8);
    FrameHeader { fin: true, rsv1: false, opcode: Opcode::Close, mask: key, len: 2 }.write(&mut frame);
    let mut payload = code.number().to_be_bytes();
    if let Some(key) = key {
        mask(&mut payload, key, 0);
    }
    frame.extend_from_slice(&payload);
    frame
}

#[cfg(test)]
mod tests;
