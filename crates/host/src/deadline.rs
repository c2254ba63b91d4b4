//! Time limits for thousands of connections that are moved with nearly every request and almost never pass.
//!
//! Moving a limit to a later time is one store: the queue keeps the earlier entry, and when that comes up the limit is queued again at
//! its present place. So the cost of a request is a few stores, and each idle connection costs one queue operation per limit's length.

use decide::time::Instant;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The time limits of one thread. The machine drives it: [`Timers::next`], [`Timers::fire`].
#[derive(Clone, Default)]
pub struct Timers(Rc<RefCell<Queue>>);

#[derive(Default)]
struct Queue {
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// Due time, sequence number (so that equal times fire in the order they were queued), slot.
    due: BinaryHeap<Reverse<(Instant, u64, usize)>>,
    sequence: u64,
    driver: Option<Waker>,
    /// The earliest entry changed since the driver looked.
    changed: bool,
}

#[derive(Default)]
struct Slot {
    deadline: Option<Instant>,
    /// The entry of the queue that stands for this slot; others of the same slot are stale.
    queued: Option<(Instant, u64)>,
    passed: bool,
    waker: Option<Waker>,
}

impl Timers {
    /// A new limit, not yet set.
    pub fn deadline(&self) -> Deadline {
        let mut queue = self.0.borrow_mut();
        let slot = queue.free.pop().unwrap_or_else(|| {
            queue.slots.push(Slot::default());
            queue.slots.len() - 1
        });
        Deadline { timers: self.clone(), slot }
    }

    /// When [`Timers::fire`] is to be called next; `None` until a limit is set.
    pub fn next(&self) -> Option<Instant> {
        let mut queue = self.0.borrow_mut();
        while let Some(&Reverse((at, sequence, slot))) = queue.due.peek() {
            if queue.slots[slot].queued == Some((at, sequence)) {
                return Some(at);
            }
            queue.due.pop();
        }
        None
    }

    /// Wakes everyone whose limit lies at or before `now`, in order of time.
    pub fn fire(&self, now: Instant) {
        let mut queue = self.0.borrow_mut();
        let mut woken = Vec::new();
        while let Some(&Reverse((at, sequence, index))) = queue.due.peek() {
            if at > now {
                break;
            }
            queue.due.pop();
            let slot = &mut queue.slots[index];
            if slot.queued != Some((at, sequence)) {
                continue;
            }
            slot.queued = None;
            match slot.deadline {
                Some(deadline) if deadline <= now => {
                    slot.passed = true;
                    woken.extend(slot.waker.take());
                }
                Some(deadline) => queue.push(deadline, index),
                None => {}
            }
        }
        drop(queue);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Resolves when the time that [`Timers::next`] tells may have become earlier.
    pub async fn changed(&self) {
        poll_fn(|cx| {
            let mut queue = self.0.borrow_mut();
            if std::mem::take(&mut queue.changed) {
                return Poll::Ready(());
            }
            queue.driver = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Queue {
    fn push(&mut self, at: Instant, slot: usize) {
        self.sequence += 1;
        let sequence = self.sequence;
        let earliest = self.due.peek().is_none_or(|Reverse((first, ..))| at < *first);
        self.due.push(Reverse((at, sequence, slot)));
        self.slots[slot].queued = Some((at, sequence));
        if self.due.len() > 2 * self.slots.len() + 64 {
            // Entries of limits that were dropped or moved earlier; left alone they would stay until their time.
            let slots = &self.slots;
            self.due.retain(|Reverse((at, sequence, slot))| slots[*slot].queued == Some((*at, *sequence)));
        }
        if earliest {
            self.changed = true;
            if let Some(driver) = self.driver.take() {
                driver.wake();
            }
        }
    }
}

/// One time limit: set, moved, cleared, polled. Dropping it gives its place back.
pub struct Deadline {
    timers: Timers,
    slot: usize,
}

impl Deadline {
    /// Sets or moves the limit. Setting it to where it is changes nothing, not even that it has passed: a future may set the limit that
    /// holds each time it is polled.
    pub fn set(&mut self, at: Instant) {
        let mut queue = self.timers.0.borrow_mut();
        let slot = &mut queue.slots[self.slot];
        if slot.deadline == Some(at) {
            return;
        }
        slot.deadline = Some(at);
        slot.passed = false;
        if slot.queued.is_none_or(|(queued, _)| at < queued) {
            queue.push(at, self.slot);
        }
    }

    /// Takes the limit away.
    pub fn clear(&mut self) {
        let mut queue = self.timers.0.borrow_mut();
        let slot = &mut queue.slots[self.slot];
        slot.deadline = None;
        slot.passed = false;
    }

    /// Ready once the limit has passed; otherwise wakes the task then.
    pub fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.timers.0.borrow_mut();
        let slot = &mut queue.slots[self.slot];
        if slot.passed {
            return Poll::Ready(());
        }
        match &mut slot.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let mut queue = self.timers.0.borrow_mut();
        queue.slots[self.slot] = Slot::default();
        queue.free.push(self.slot);
    }
}

#[cfg(test)]
mod tests;
