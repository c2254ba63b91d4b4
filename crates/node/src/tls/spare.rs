//! Buffers for records, kept by the thread: a connection holds one only while it has bytes on their way. The stream itself moves between
//! threads, so it cannot keep a handle to the thread's buffers as [`crate::buffer::Buffer`] does.

use std::cell::RefCell;

/// A record of the largest kind and its framing, and a little more: what most reads need.
pub(super) const RECORD_BYTES: usize = 17 * 1024;
/// Four of them, for long bodies.
pub(super) const LONG_BYTES: usize = 4 * RECORD_BYTES;
/// Spare buffers of each size kept per thread; more go back to the allocator.
const SPARE: usize = 32;

thread_local! {
    static SHORT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    static LONG: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer of one of the two lengths, filled with anything.
pub(super) fn take(long: bool) -> Vec<u8> {
    let (spare, bytes) = if long { (&LONG, LONG_BYTES) } else { (&SHORT, RECORD_BYTES) };
    spare.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; bytes])
}

/// Gives a buffer back; one of another length goes to the allocator.
pub(super) fn give(buffer: Vec<u8>) {
    let spare = match buffer.len() {
        RECORD_BYTES => &SHORT,
        LONG_BYTES => &LONG,
        _ => return,
    };
    // A thread that ends drops its connections after its buffers.
    let _ = spare.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        if spare.len() < SPARE {
            spare.push(buffer);
        }
    });
}
