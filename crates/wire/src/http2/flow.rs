//! Flow control (RFC 9113 §5.2, §6.9).

use super::settings::MAX_WINDOW;

/// What we may send. Negative after the peer has made its initial window smaller (RFC 9113 §6.9.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SendWindow(i32);

/// A window grew over 2^31 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overflow;

impl SendWindow {
    pub(super) const fn new(bytes: u32) -> SendWindow {
        SendWindow(bytes as i32)
    }

    /// Bytes that may go out now.
    pub(super) fn room(self) -> usize {
        usize::try_from(self.0).unwrap_or(0)
    }

    /// So many bytes, no more than there is room for, were sent.
    pub(super) fn spend(&mut self, bytes: usize) {
        debug_assert!(bytes <= self.room());
        self.0 -= bytes as i32;
    }

    /// A WINDOW_UPDATE, or a change of the initial window by so much.
    pub(super) fn shift(&mut self, by: i64) -> Result<(), Overflow> {
        // RFC 9113 §6.9.1. It cannot fall under -(2^31 - 1): it was never over 2^31 - 1, nor is the initial window.
        self.0 = i32::try_from(i64::from(self.0) + by).map_err(|_| Overflow)?;
        Ok(())
    }
}

/// What the peer may send.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReceiveWindow {
    /// Announced and not yet used.
    left: i32,
    /// Used, and read or dropped since, so that it can be announced anew.
    unannounced: u32,
}

impl ReceiveWindow {
    pub(super) const fn new(bytes: u32) -> ReceiveWindow {
        ReceiveWindow { left: bytes as i32, unannounced: 0 }
    }

    /// Bytes that the peer may still send.
    pub(super) fn left(self) -> i32 {
        self.left
    }

    #[cfg(test)]
    pub(super) fn unannounced(self) -> u32 {
        self.unannounced
    }

    /// The peer has sent so much. False: it may not.
    #[must_use]
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let fits = bytes <= usize::try_from(self.left).unwrap_or(0);
        if fits {
            self.left -= bytes as i32;
        }
        fits
    }

    /// So many of the bytes taken hold no memory any more. Returns the increment to announce, once half of the window is free again.
    #[must_use]
    pub(super) fn give_back(&mut self, bytes: usize, size: u32) -> Option<u32> {
        self.unannounced += bytes as u32;
        let due = self.unannounced > 0 && self.unannounced >= size / 2;
        due.then(|| {
            let increment = core::mem::take(&mut self.unannounced);
            self.left += increment as i32;
            increment
        })
    }

    /// The peer has learnt of a window that is smaller than the one it could assume (RFC 9113 §6.5.3).
    pub(super) fn shrink(&mut self, by: u32) {
        self.left -= by as i32;
    }
}

const _: () = assert!(MAX_WINDOW == i32::MAX as u32, "a window fits 32 bits with sign");

#[cfg(test)]
mod tests;
