//! Bodies: chunked, counted, or until close, in and out.
use super::{Framing, Limits, Rejection};
use crate::http::Fields;
use alloc::vec::Vec;

/// Takes the framing off a body, one piece after another, without copying it.
pub struct BodyDecoder {}

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

impl BodyDecoder {
    /// A decoder for a body so framed.
    pub fn new(framing: Framing, limits: Limits) -> Self {
        let _ = (framing, limits);
        unimplemented!()
    }

    /// The end has been seen.
    pub fn is_done(&self) -> bool {
        unimplemented!()
    }

    /// Body bytes still to come, where that is known: for `Exact` framing.
    pub fn remaining(&self) -> Option<u64> {
        unimplemented!()
    }

    /// Looks at the start of `input`. A piece of nothing (`Piece::default()`) asks for more input. Trailers are collected in `trailers`.
    pub fn decode(&mut self, input: &[u8], trailers: &mut Fields) -> Result<Piece, BodyError> {
        let _ = (input, trailers);
        unimplemented!()
    }

    /// The sender has closed: the end for `UntilClose`, else [`BodyError::Truncated`] unless done.
    pub fn end_of_input(&mut self) -> Result<(), BodyError> {
        unimplemented!()
    }
}

/// Puts the framing on a body.
pub struct BodyEncoder {}

impl BodyEncoder {
    /// An encoder for a body so framed.
    pub fn new(framing: Framing) -> Self {
        let _ = framing;
        unimplemented!()
    }

    /// Appends to `out` what stands before a piece of `len` bytes (len > 0): the chunk-size line, or nothing.
    /// Panics if an `Exact` body would overrun: that is our own bug.
    pub fn before(&mut self, len: usize, out: &mut Vec<u8>) {
        let _ = (len, out);
        unimplemented!()
    }

    /// Appends to `out` what stands after that piece: CRLF, or nothing.
    pub fn after(&mut self, out: &mut Vec<u8>) {
        let _ = out;
        unimplemented!()
    }

    /// Appends to `out` what ends the body: the last chunk and the trailers (dropped where the framing has no place for them).
    pub fn finish(&mut self, trailers: &Fields, out: &mut Vec<u8>) {
        let _ = (trailers, out);
        unimplemented!()
    }

    /// Body bytes still owed, for `Exact` framing: not zero at the end means the message was cut short.
    pub fn owed(&self) -> u64 {
        unimplemented!()
    }
}
