//! Connections to backends that are kept for the next request: a stack per thread and backend, and every thread may take from another's.

use crate::transport::Transport;
use decide::time::{Duration, Instant};
use std::sync::Mutex;

/// A connection that nobody uses now.
pub(crate) struct Idle {
    pub(crate) stream: Transport,
    /// How many requests it has carried.
    pub(crate) requests: u64,
    since: Instant,
}

/// The kept connections of one pool.
pub(crate) struct IdleConnections {
    /// By worker, then by backend; the last put in is the first taken out, so that the rest can grow old and go.
    shelves: Vec<Vec<Mutex<Vec<Idle>>>>,
    most: usize,
}

impl IdleConnections {
    pub(super) fn new(workers: usize, backends: usize, most: usize) -> Self {
        let shelf = || (0..backends).map(|_| Mutex::default()).collect();
        Self { shelves: (0..workers).map(|_| shelf()).collect(), most }
    }

    /// Keeps a connection, unless there are enough.
    pub(crate) fn put(&self, worker: usize, backend: usize, stream: Transport, requests: u64, now: Instant) {
        if self.most == 0 {
            return;
        }
        let mut shelf = self.shelves[worker][backend].lock().expect("no panic while it is held");
        if shelf.len() >= self.most {
            // The one that was used least recently makes room.
            shelf.remove(0);
        }
        shelf.push(Idle { stream, requests, since: now });
    }

    /// A connection that is still open as far as this machine knows: of this worker's own, else one that another thread kept. It was used
    /// less than `fresh` ago; what is older is left to others, and closed if it was kept for `keep`.
    pub(crate) fn take(&self, worker: usize, backend: usize, fresh: Duration, keep: Duration, now: Instant) -> Option<Idle> {
        if let Some(own) = self.take_from(worker, backend, fresh, keep, now) {
            return Some(own);
        }
        let others = (1..self.shelves.len()).map(|step| (worker + step) % self.shelves.len());
        for other in others {
            if let Some(mut idle) = self.take_from(other, backend, fresh, keep, now)
                && let Ok(stream) = idle.stream.adopt()
            {
                idle.stream = stream;
                return Some(idle);
            }
        }
        None
    }

    fn take_from(&self, worker: usize, backend: usize, fresh: Duration, keep: Duration, now: Instant) -> Option<Idle> {
        let mut shelf = self.shelves[worker][backend].lock().expect("no panic while it is held");
        loop {
            let age = now.since(shelf.last()?.since);
            if age >= fresh && age < keep {
                // Those below it are older still.
                return None;
            }
            let mut idle = shelf.pop()?;
            if age < keep && idle.stream.is_quiet() {
                return Some(idle);
            }
        }
    }

    /// Closes what is too old, or was closed by the backend.
    pub(crate) fn sweep(&self, worker: usize, keep: Duration, now: Instant) {
        for shelf in &self.shelves[worker] {
            let mut shelf = shelf.lock().expect("no panic while it is held");
            shelf.retain_mut(|idle| now.since(idle.since) < keep && idle.stream.is_quiet());
        }
    }

    /// Connections kept for a backend, by all threads.
    pub(crate) fn count(&self, backend: usize) -> usize {
        self.shelves.iter().map(|shelf| shelf[backend].lock().expect("no panic while it is held").len()).sum()
    }
}
