//! The two directions of permessage-deflate (RFC 7692 §7.2).

use super::Violation;
use alloc::boxed::Box;
use alloc::vec::Vec;
use miniz_oxide::DataFormat;
use miniz_oxide::deflate::CompressionLevel;
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, compress_to_output};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress_with_limit};

/// What ends a flushed run of blocks, and is left out at the end of a message (RFC 7692 §7.2.1): the rest of an empty block without
/// compression.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Inflates messages, one after another.
pub(super) struct Inflater {
    state: Box<DecompressorOxide>,
    /// The last bytes that came out, as a ring: what is still to come may refer to them.
    window: Vec<u8>,
    /// Where in the ring the next byte goes.
    at: usize,
    /// The ring has been full once. Before that it also holds bytes that nobody sent, and no reference may reach them.
    filled: bool,
}

impl Inflater {
    /// For a sender with a window of `2^bits` bytes, `bits` from 8 to 15.
    pub(super) fn new(bits: u8) -> Self {
        Inflater { state: Box::default(), window: alloc::vec![0; 1 << bits], at: 0, filled: false }
    }

    /// Appends to `out` what comes of `input`, at most `room` bytes. Returns how much of the input was used, and whether the room was used
    /// up: then more may follow without further input.
    pub(super) fn inflate(&mut self, input: &[u8], out: &mut Vec<u8>, room: usize) -> Result<(usize, bool), Violation> {
        let mut rest = input;
        let mut left = room;
        loop {
            let (status, used, made) = self.step(rest, left);
            out.extend_from_slice(&self.window[self.at..self.at + made]);
            self.advance(made);
            rest = &rest[used..];
            left -= made;
            match status {
                TINFLStatus::NeedsMoreInput => return Ok((input.len() - rest.len(), false)),
                TINFLStatus::HasMoreOutput if left == 0 => return Ok((input.len() - rest.len(), true)),
                TINFLStatus::HasMoreOutput | TINFLStatus::BlockBoundary => {}
                // RFC 7692 §7.2.3.4: a block may be marked as the last. Others follow it from the next byte on, with the same window.
                TINFLStatus::Done => self.state.init(),
                _ => return Err(Violation::DeflateData),
            }
        }
    }

    /// The message ends here. Everything that was in it must have come out before.
    pub(super) fn finish(&mut self) -> Result<(), Violation> {
        // RFC 7692 §7.2.2: the tail is put back. In a whole message it ends an empty block; in one that breaks off it does something else.
        match self.step(&TAIL, 1) {
            (TINFLStatus::BlockBoundary, 4, 0) => Ok(()),
            _ => Err(Violation::DeflateData),
        }
    }

    fn step(&mut self, input: &[u8], room: usize) -> (TINFLStatus, usize, usize) {
        // Until the ring is filled, distances are measured from its start; then from wherever they are, and the ring's size bounds them.
        let bounded = if self.filled { 0 } else { TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF };
        let flags = TINFL_FLAG_HAS_MORE_INPUT | TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY | bounded;
        decompress_with_limit(&mut self.state, input, &mut self.window, self.at, room, flags)
    }

    fn advance(&mut self, made: usize) {
        self.at += made;
        if self.at == self.window.len() {
            self.at = 0;
            self.filled = true;
        }
    }
}

/// Deflates messages, one after another.
pub(super) struct Deflater {
    state: CompressorOxide,
    /// Bytes that the receiver remembers.
    window: usize,
    /// Bytes that went in since nothing before was forgotten: references reach back so far.
    remembered: usize,
}

/// The window of DEFLATE itself (RFC 1951 §2): a compressor keeps to it unasked.
const FULL_WINDOW: usize = 1 << 15;

impl Deflater {
    /// For a receiver with a window of `2^bits` bytes, `bits` from 8 to 15.
    pub(super) fn new(bits: u8) -> Self {
        let state = CompressorOxide::with_format_and_level(DataFormat::Raw, CompressionLevel::DefaultLevel);
        Deflater { state, window: 1 << bits, remembered: 0 }
    }

    /// Appends what a piece of a message becomes. Nothing is held back: the receiver can inflate all of it. A message's last piece goes
    /// without its tail.
    pub(super) fn deflate(&mut self, piece: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut rest = piece;
        if self.window < FULL_WINDOW {
            // The compressor has no smaller window, but it can be made to forget: where the small window is full, it starts afresh.
            while self.remembered + rest.len() > self.window {
                let (part, after) = rest.split_at(self.window - self.remembered);
                self.push(part, TDEFLFlush::Full, out);
                self.remembered = 0;
                rest = after;
            }
            self.remembered += rest.len();
        }
        self.push(rest, TDEFLFlush::Sync, out);
        if last {
            debug_assert!(out.ends_with(&TAIL), "a flush ends with an empty block");
            out.truncate(out.len() - TAIL.len());
        }
    }

    fn push(&mut self, part: &[u8], flush: TDEFLFlush, out: &mut Vec<u8>) {
        let (_, used) = compress_to_output(&mut self.state, part, flush, |bytes| {
            out.extend_from_slice(bytes);
            true
        });
        assert_eq!(used, part.len(), "a compressor whose output is always taken takes all of its input");
    }
}

#[cfg(test)]
mod tests;
