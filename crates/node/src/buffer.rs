//! Input buffers that belong to the thread: a connection holds one only while it has bytes that nobody has taken yet.

use crate::channel::Incoming;
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

/// The size of one buffer, and of one read.
pub(crate) const BUFFER_BYTES: usize = 16 * 1024;
/// The size once a body turns out to be long: fewer system calls for each of its bytes.
pub(crate) const LONG_BODY_BUFFER_BYTES: usize = 128 * 1024;
/// Spare buffers kept per thread, a quarter as many of the long ones; more go back to the allocator. Few requests hold one at any moment:
/// while a backend thinks, neither side does.
const SPARE: usize = 64;

/// The spare buffers of one thread.
#[derive(Clone, Default)]
pub(crate) struct Buffers(Rc<RefCell<Spare>>);

#[derive(Default)]
struct Spare {
    short: Vec<Box<[u8]>>,
    long: Vec<Box<[u8]>>,
}

impl Buffers {
    fn take(&self, bytes: usize) -> Box<[u8]> {
        let mut spare = self.0.borrow_mut();
        let of_size = if bytes == LONG_BODY_BUFFER_BYTES { &mut spare.long } else { &mut spare.short };
        of_size.pop().filter(|buffer| buffer.len() == bytes).unwrap_or_else(|| vec![0; bytes].into_boxed_slice())
    }

    fn give(&self, buffer: Box<[u8]>) {
        let mut spare = self.0.borrow_mut();
        let (of_size, most) = match buffer.len() {
            BUFFER_BYTES => (&mut spare.short, SPARE),
            LONG_BODY_BUFFER_BYTES => (&mut spare.long, SPARE / 4),
            _ => return,
        };
        if of_size.len() < most {
            of_size.push(buffer);
        }
    }
}

/// Bytes read from a stream and not yet consumed.
pub(crate) struct Buffer {
    spare: Buffers,
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
    /// Consumed bytes from here on are kept, so that they can be read again: see [`Buffer::hold`].
    held: Option<usize>,
    /// What it takes when it is filled.
    size: usize,
}

impl Buffer {
    /// An empty buffer; takes its memory when it is filled.
    pub(crate) fn new(spare: &Buffers) -> Self {
        Self { spare: spare.clone(), bytes: Box::default(), start: 0, end: 0, held: None, size: BUFFER_BYTES }
    }

    /// One that has the long size from the beginning.
    pub(crate) fn long(spare: &Buffers) -> Self {
        let mut buffer = Self::new(spare);
        buffer.size = LONG_BODY_BUFFER_BYTES;
        buffer
    }

    /// What was read and not consumed.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Nothing is left to consume.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// More can only be read if bytes are moved, or no longer held, or the buffer grows.
    pub(crate) fn is_full(&self) -> bool {
        let occupied = !self.is_empty() || self.held.is_some();
        occupied && !self.bytes.is_empty() && self.end == self.bytes.len()
    }

    /// Takes `n` bytes off the front.
    pub(crate) fn consume(&mut self, n: usize) {
        assert!(n <= self.end - self.start, "consumed more than was read");
        self.start += n;
    }

    /// From now on consumed bytes are kept for [`Buffer::rewind`], until more must be read than there is room for.
    pub(crate) fn hold(&mut self) {
        self.held = Some(self.start);
    }

    /// Makes the bytes consumed since [`Buffer::hold`] unread again. False if they had to be given up.
    pub(crate) fn rewind(&mut self) -> bool {
        let Some(held) = self.held else { return false };
        self.start = held;
        true
    }

    /// Whether [`Buffer::rewind`] would succeed.
    pub(crate) fn can_rewind(&self) -> bool {
        self.held.is_some()
    }

    /// Consumed bytes need no longer be kept.
    pub(crate) fn let_go(&mut self) {
        self.held = None;
    }

    /// Gives the memory back if nothing is in it.
    pub(crate) fn release(&mut self) {
        if self.is_empty() && self.held.is_none() && !self.bytes.is_empty() {
            self.spare.give(std::mem::take(&mut self.bytes));
            (self.start, self.end) = (0, 0);
        }
    }

    /// Uses the long size from now on, if that is worth a copy of what is unread.
    pub(crate) fn expect_long_body(&mut self) {
        if self.bytes.len() < LONG_BODY_BUFFER_BYTES && self.held.is_none() {
            self.resize(LONG_BODY_BUFFER_BYTES);
        }
    }

    /// Reads once. Ready with 0 at the end of stream. While pending with nothing unread, the memory is back with the thread.
    pub(crate) fn poll_fill(&mut self, cx: &mut Context<'_>, stream: &mut impl Incoming) -> Poll<io::Result<usize>> {
        self.make_room();
        let read = stream.poll_read(cx, &mut self.bytes[self.end..]);
        if read.is_pending() {
            self.release();
        }
        let n = ready!(read)?;
        self.end += n;
        Poll::Ready(Ok(n))
    }

    /// There is at least one free byte after `end`: from the thread's spares, by moving what is unread to the front, or by growing. Heads
    /// are the only thing that stays unread while more is read, and their length is capped by a setting.
    fn make_room(&mut self) {
        if self.bytes.is_empty() {
            self.bytes = self.spare.take(self.size);
        }
        if self.start == self.end && self.held.is_none() {
            (self.start, self.end) = (0, 0);
        }
        if self.end < self.bytes.len() {
            return;
        }
        self.held = None;
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        } else {
            self.resize(self.bytes.len() * 2);
        }
    }

    fn resize(&mut self, bytes: usize) {
        let mut larger = self.spare.take(bytes);
        let unread = self.end - self.start;
        larger[..unread].copy_from_slice(&self.bytes[self.start..self.end]);
        self.spare.give(std::mem::replace(&mut self.bytes, larger));
        (self.start, self.end) = (0, unread);
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.spare.give(std::mem::take(&mut self.bytes));
    }
}
