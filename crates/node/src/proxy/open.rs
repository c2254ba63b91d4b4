//! The connections open on one thread, and the tunnels: how to wake one that waits, for its next request or for anything.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::task::{Context, Waker};

/// The connections and tunnels of one thread, in the order they came.
#[derive(Default)]
pub(crate) struct Connections(RefCell<Open>);

#[derive(Default)]
struct Open {
    next: u64,
    by_number: BTreeMap<u64, Option<Waker>>,
}

impl Connections {
    /// A connection was accepted, or has become a tunnel; the number is its own.
    pub(crate) fn add(&self) -> u64 {
        let mut open = self.0.borrow_mut();
        open.next += 1;
        let number = open.next;
        open.by_number.insert(number, None);
        number
    }

    pub(crate) fn remove(&self, number: u64) {
        self.0.borrow_mut().by_number.remove(&number);
    }

    /// The task of this number wants to hear of a drain.
    pub(crate) fn wake_at_drain(&self, number: u64, cx: &Context<'_>) {
        match self.0.borrow_mut().by_number.get_mut(&number) {
            Some(Some(waker)) => waker.clone_from(cx.waker()),
            Some(none) => *none = Some(cx.waker().clone()),
            None => {}
        }
    }

    /// Wakes everyone who asked for it.
    pub(crate) fn wake_all(&self) {
        for waker in self.0.borrow().by_number.values().flatten() {
            waker.wake_by_ref();
        }
    }
}
