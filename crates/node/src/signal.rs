//! A number that goes up, and tasks on any thread that wait for it.

use std::future::poll_fn;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, Waker};

/// Wakes every waiting task when something changed. What changed is elsewhere; a waiter tells which number it has seen, so that no change
/// between its look and its wait is lost.
#[derive(Default)]
pub(crate) struct Signal {
    number: AtomicU64,
    waiting: Mutex<Vec<Waker>>,
}

impl Signal {
    /// How many changes there were.
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// Something changed.
    pub(crate) fn raise(&self) {
        self.number.fetch_add(1, Ordering::AcqRel);
        let waiting = std::mem::take(&mut *self.waiting.lock().expect("no panic while it is held"));
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits for a change after number `seen`; returns the present number.
    pub(crate) async fn after(&self, seen: u64) -> u64 {
        poll_fn(|cx| {
            let mut waiting = self.waiting.lock().expect("no panic while it is held");
            let number = self.number();
            if number != seen {
                return Poll::Ready(number);
            }
            if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}
