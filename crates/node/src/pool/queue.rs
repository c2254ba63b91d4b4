//! Requests that wait until a backend has a place for them, in the order they came.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// The queue of one pool; the pool's lock guards it.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Waiter>,
}

/// One place in the queue.
#[derive(Clone)]
pub(crate) struct Waiter(Arc<Mutex<Called>>);

#[derive(Default)]
struct Called {
    called: bool,
    waker: Option<Waker>,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// A place at the end, unless `most` wait already.
    pub(super) fn join(&mut self, most: u32) -> Option<Waiter> {
        if self.waiting.len() >= most as usize {
            return None;
        }
        let waiter = Waiter(Arc::default());
        self.waiting.push_back(waiter.clone());
        Some(waiter)
    }

    /// Gives a place up. If it had been called, the next in the queue is called instead.
    pub(super) fn leave(&mut self, waiter: &Waiter) {
        let before = self.waiting.len();
        self.waiting.retain(|other| !Arc::ptr_eq(&other.0, &waiter.0));
        if self.waiting.len() == before {
            self.wake_one();
        }
    }

    /// A place is free.
    pub(super) fn wake_one(&mut self) {
        if let Some(waiter) = self.waiting.pop_front() {
            waiter.call();
        }
    }

    /// Places may be free for everyone.
    pub(super) fn wake_all(&mut self) {
        while !self.waiting.is_empty() {
            self.wake_one();
        }
    }
}

impl Waiter {
    /// Ready once called.
    pub(crate) fn poll_called(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().expect("no panic while it is held");
        if state.called {
            return Poll::Ready(());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn call(&self) {
        let mut state = self.0.lock().expect("no panic while it is held");
        state.called = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
