//! A connection with a router: what is to be sent, what came, and the end.

use host::Stream;
use std::io::{self, IoSlice};
use std::task::{Context, Poll};

/// Read at a time: a whole table comes in thousands of messages, and other tasks of the thread go in between.
const PIECE: usize = 64 << 10;

/// What may wait to be sent. We say little: a far end that takes nothing of it is left without more.
const MOST_UNSENT: usize = 16 << 10;

/// A connection.
pub(super) struct Line {
    stream: Stream,
    out: Vec<u8>,
    /// It closes once all is sent.
    closing: bool,
    piece: Box<[u8]>,
}

/// What happened on it.
pub(super) enum Heard {
    /// So many bytes came: [`Line::bytes`].
    Bytes(usize),
    /// The far end has gone: how.
    Ended(String),
    /// What was to be sent before it closes is sent.
    Sent,
}

impl Line {
    pub(super) fn new(stream: Stream) -> Line {
        Line { stream, out: Vec::new(), closing: false, piece: vec![0; PIECE].into() }
    }

    /// Sends, as soon as there is room.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        if self.out.len() < MOST_UNSENT {
            self.out.extend_from_slice(bytes);
        }
    }

    /// Reads no more, and is over when all is sent.
    pub(super) fn close(&mut self) {
        self.closing = true;
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing
    }

    /// The first of what came last.
    pub(super) fn bytes(&self, length: usize) -> &[u8] {
        &self.piece[..length]
    }

    /// Sends, and reads if `reading`.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, reading: bool) -> Poll<Heard> {
        while !self.out.is_empty() {
            match self.stream.poll_write(cx, &[IoSlice::new(&self.out)]) {
                Poll::Ready(Ok(sent)) => drop(self.out.drain(..sent)),
                Poll::Ready(Err(error)) => return Poll::Ready(Heard::Ended(words(&error))),
                Poll::Pending => break,
            }
        }
        if self.closing {
            return if self.out.is_empty() { Poll::Ready(Heard::Sent) } else { Poll::Pending };
        }
        if !reading {
            return Poll::Pending;
        }
        self.stream.poll_read(cx, &mut self.piece).map(|read| match read {
            Ok(0) => Heard::Ended("end of stream".to_string()),
            Ok(length) => Heard::Bytes(length),
            Err(error) => Heard::Ended(words(&error)),
        })
    }
}

/// An error of a connection, for people.
pub(super) fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_string(),
        io::ErrorKind::ConnectionReset => "connection reset".to_string(),
        io::ErrorKind::TimedOut => "timed out".to_string(),
        _ => error.to_string(),
    }
}
