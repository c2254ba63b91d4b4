//! A number that goes up, and tasks on any thread that wait for it.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::ops::Deref;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

/// Wakes every waiting task when something changed. What changed is elsewhere; a waiter tells which number it has seen, so that no change
/// between its look and its wait is lost.
#[derive(Default)]
pub struct Signal {
    number: AtomicU64,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    by_place: BTreeMap<u64, Waker>,
}

impl Signal {
    /// How many changes there were.
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// Something changed. May be called on any thread.
    pub fn raise(&self) {
        self.number.fetch_add(1, Ordering::AcqRel);
        let waiting = std::mem::take(&mut self.waiting.lock().expect("no panic while it is held").by_place);
        waiting.into_values().for_each(Waker::wake);
    }

    /// Waits for a change after number `seen`; returns the present number.
    pub(crate) async fn after(&self, seen: u64) -> u64 {
        let mut listening = Listening::to(self, seen);
        poll_fn(|cx| listening.poll(cx)).await
    }
}

/// One who waits for a signal again and again. Dropped, it leaves nothing behind in the signal.
pub(crate) struct Listening<S: Deref<Target = Signal>> {
    signal: S,
    seen: u64,
    /// Where it waits, and the task that is woken.
    place: Option<(u64, Waker)>,
}

impl<S: Deref<Target = Signal>> Listening<S> {
    /// For a change after number `seen`.
    pub(crate) fn to(signal: S, seen: u64) -> Listening<S> {
        Listening { signal, seen, place: None }
    }

    /// Ready with the present number, once for all changes since the last time.
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Poll<u64> {
        let number = self.signal.number();
        if number == self.seen && self.place.as_ref().is_some_and(|(_, waker)| waker.will_wake(cx.waker())) {
            // Whoever takes the wakers has raised the number before.
            return Poll::Pending;
        }
        let mut waiting = self.signal.waiting.lock().expect("no panic while it is held");
        let number = self.signal.number();
        if number != self.seen {
            self.seen = number;
            drop(waiting);
            self.leave();
            return Poll::Ready(number);
        }
        let place = self.place.take().map_or_else(
            || {
                waiting.next += 1;
                waiting.next
            },
            |(place, _)| place,
        );
        let before = waiting.by_place.insert(place, cx.waker().clone());
        drop(waiting);
        // No waker is dropped while the lock is held: nobody knows what goes with it.
        drop(before);
        self.place = Some((place, cx.waker().clone()));
        Poll::Pending
    }

    fn leave(&mut self) {
        if let Some((place, _)) = self.place.take() {
            let gone = self.signal.waiting.lock().expect("no panic while it is held").by_place.remove(&place);
            drop(gone);
        }
    }
}

impl<S: Deref<Target = Signal>> Drop for Listening<S> {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests;
