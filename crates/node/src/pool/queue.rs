//! Requests that wait until a backend has a place for them, in the order they came.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// The queue of one pool; the pool's lock guards it.
#[derive(Default)]
pub(crate) struct Queue {
    /// By rising number.
    waiting: VecDeque<Waiter>,
    joined: u64,
    /// Requests that were called and have not chosen a backend yet: what is free is theirs before it is a newcomer's.
    called: usize,
}

/// One place in the queue.
#[derive(Clone)]
pub(crate) struct Waiter {
    /// In the order of joining.
    number: u64,
    state: Arc<Mutex<Called>>,
}

#[derive(Default)]
struct Called {
    called: bool,
    waker: Option<Waker>,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether a request that was not called has to stand behind those that were.
    pub(super) fn has_called(&self) -> bool {
        self.called > 0
    }

    /// A place at the end, unless `most` wait already.
    pub(super) fn join(&mut self, most: u32) -> Option<Waiter> {
        if self.waiting.len() >= most as usize {
            return None;
        }
        self.joined += 1;
        let waiter = Waiter { number: self.joined, state: Arc::default() };
        self.waiting.push_back(waiter.clone());
        Some(waiter)
    }

    /// A request that was called chooses now.
    pub(super) fn chooses(&mut self) {
        self.called -= 1;
    }

    /// A request that was called found nothing that it could use, and takes its old place again. Where that was because of the backends it
    /// has tried, the next one behind it is called.
    pub(super) fn rejoin_behind(&mut self, before: &Waiter, tried: &[usize]) -> Waiter {
        let waiter = self.rejoin(before);
        if !tried.is_empty() {
            self.wake_behind(&waiter);
        }
        waiter
    }

    fn rejoin(&mut self, before: &Waiter) -> Waiter {
        let waiter = Waiter { number: before.number, state: Arc::default() };
        let at = self.waiting.partition_point(|other| other.number < waiter.number);
        self.waiting.insert(at, waiter.clone());
        waiter
    }

    /// Gives a place up. If it had been called, the next in the queue is called instead.
    pub(super) fn leave(&mut self, waiter: &Waiter) {
        let before = self.waiting.len();
        self.waiting.retain(|other| other.number != waiter.number);
        if self.waiting.len() == before {
            self.called -= 1;
            self.wake_one();
        }
    }

    /// A place is free.
    pub(super) fn wake_one(&mut self) {
        if let Some(waiter) = self.waiting.pop_front() {
            self.called += 1;
            waiter.call();
        }
    }

    /// A place is free that this one cannot use: it is the next one's behind it.
    fn wake_behind(&mut self, waiter: &Waiter) {
        let at = self.waiting.partition_point(|other| other.number <= waiter.number);
        if let Some(next) = self.waiting.remove(at) {
            self.called += 1;
            next.call();
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
        let mut state = self.state.lock().expect("no panic while it is held");
        if state.called {
            return Poll::Ready(());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn call(&self) {
        let mut state = self.state.lock().expect("no panic while it is held");
        state.called = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
