//! What the collectors have for whoever holds the tables: a queue with a bound, between threads.

use super::source::Source;
use crate::signal::Signal;
use decide::steer::{Change, RouterTable, SourceId};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

/// Networks that may wait. A whole table is more than this alone, and waits only until it is first in line: routers are then not read.
const MOST_WAITING: usize = 256 << 10;

/// One thing that becomes of the tables. Of one source, they come in the order in which they happened.
#[derive(Clone, Debug)]
pub enum Batch {
    /// There is a table of this source from now on, empty still.
    Opened(Arc<Source>),
    /// This is the whole table of a source. It replaces what was there.
    Whole(SourceId, RouterTable),
    /// Networks of one source that change, in order, each once.
    Changes(Vec<Change>),
    /// The source's table is not used any more. Its number may be another's in what follows.
    Gone(SourceId),
}

impl Batch {
    /// Networks in it.
    fn weight(&self) -> usize {
        match self {
            Batch::Opened(_) | Batch::Gone(_) => 1,
            Batch::Whole(_, whole) => whole.len().max(1),
            Batch::Changes(changes) => changes.len().max(1),
        }
    }
}

/// The queue. One takes, any number give.
#[derive(Default)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    /// Something was given.
    came: Signal,
    /// Something was taken.
    went: Signal,
}

#[derive(Default)]
struct Waiting {
    batches: VecDeque<Batch>,
    weight: usize,
    /// Nobody takes any more.
    closed: bool,
}

impl Queue {
    /// Gives a batch; waits while there is no room for it. Once the queue is closed, what is given is dropped.
    pub async fn give(&self, batch: Batch) {
        let weight = batch.weight();
        let mut batch = Some(batch);
        loop {
            let seen = self.went.number();
            {
                let mut waiting = self.waiting();
                if waiting.closed {
                    return;
                }
                if waiting.weight == 0 || waiting.weight + weight <= MOST_WAITING {
                    waiting.batches.extend(batch.take());
                    waiting.weight += weight;
                    break;
                }
            }
            self.went.after(seen).await;
        }
        self.came.raise();
    }

    /// Nobody takes any more: whoever waits to give goes on.
    pub fn close(&self) {
        let dropped = {
            let mut waiting = self.waiting();
            waiting.closed = true;
            std::mem::take(&mut waiting.batches)
        };
        drop(dropped);
        self.went.raise();
    }

    /// Takes all that waits, in order; waits until there is something. To be called by one task.
    pub async fn take(&self) -> Vec<Batch> {
        loop {
            let seen = self.came.number();
            let batches = self.take_now();
            if !batches.is_empty() {
                return batches;
            }
            self.came.after(seen).await;
        }
    }

    /// Takes what waits now.
    pub fn take_now(&self) -> Vec<Batch> {
        let batches = {
            let mut waiting = self.waiting();
            waiting.weight = 0;
            std::mem::take(&mut waiting.batches)
        };
        if !batches.is_empty() {
            self.went.raise();
        }
        batches.into()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("no panic while it is held")
    }
}
