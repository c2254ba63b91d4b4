//! Tasks, on one thread, in the order they became ready.

use crate::network::HostId;
use decide::time::{Duration, Instant};
use host::Task;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

pub(crate) type TaskId = u64;
/// The scenario itself, which [`crate::World::run`] polls.
pub(crate) const ROOT: TaskId = 0;

/// A task that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The name of its host.
    pub host: String,
    /// Tasks are numbered in the order they were spawned; 0 is the scenario.
    pub task: u64,
    /// When it was spawned.
    pub began: Instant,
    /// When it last ran.
    pub last_ran: Instant,
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = |at: Instant| -> Duration { at.since(Instant::ZERO) };
        write!(f, "{}: task {}, began at {:?}, last ran at {:?}", self.host, self.task, span(self.began), span(self.last_ran))
    }
}

/// The tasks of all hosts.
#[derive(Default)]
pub(crate) struct Executor {
    tasks: RefCell<BTreeMap<TaskId, Entry>>,
    spawned: Cell<u64>,
    ready: Arc<Ready>,
    closed: Cell<bool>,
}

struct Entry {
    host: HostId,
    began: Instant,
    last_ran: Instant,
    /// Absent while it is being polled.
    future: Option<Task>,
    signal: Arc<Signal>,
}

#[derive(Default)]
struct Ready(Mutex<VecDeque<TaskId>>);

/// What a waker points to: puts its task into the queue, once until the task runs.
struct Signal {
    task: TaskId,
    queued: AtomicBool,
    ready: Arc<Ready>,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.ready.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(self.task);
        }
    }
}

impl Executor {
    /// Starts a task; it runs when its turn comes.
    pub(crate) fn spawn(&self, host: HostId, now: Instant, task: Task) {
        if self.closed.get() {
            return;
        }
        self.spawned.set(self.spawned.get() + 1);
        let id = self.spawned.get();
        let signal = self.signal(id);
        signal.wake_by_ref();
        self.tasks.borrow_mut().insert(id, Entry { host, began: now, last_ran: now, future: Some(task), signal });
    }

    /// A waker for the scenario, already woken.
    pub(crate) fn root(&self) -> RootWaker {
        let signal = self.signal(ROOT);
        signal.wake_by_ref();
        RootWaker(signal)
    }

    fn signal(&self, task: TaskId) -> Arc<Signal> {
        Arc::new(Signal { task, queued: AtomicBool::new(false), ready: self.ready.clone() })
    }

    /// The next task whose turn it is.
    pub(crate) fn next_ready(&self) -> Option<TaskId> {
        self.ready.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Lets a task run until it waits or ends.
    pub(crate) fn poll(&self, id: TaskId, now: Instant) {
        let (mut future, signal) = {
            let mut tasks = self.tasks.borrow_mut();
            let Some(entry) = tasks.get_mut(&id) else { return };
            entry.last_ran = now;
            // Before the poll: a wake from within it counts.
            entry.signal.queued.store(false, Ordering::Release);
            (entry.future.take().expect("a task does not run inside itself"), entry.signal.clone())
        };
        let ended = future.as_mut().poll(&mut Context::from_waker(&Waker::from(signal))).is_ready();
        let mut tasks = self.tasks.borrow_mut();
        if ended {
            tasks.remove(&id);
        } else if let Some(entry) = tasks.get_mut(&id) {
            entry.future = Some(future);
            return;
        }
        // It ended, or killed its own host. What a future drops may come back to us, so not while the tasks are borrowed.
        drop(tasks);
        drop(future);
    }

    /// Drops all tasks of a host.
    pub(crate) fn kill(&self, host: HostId) {
        let killed: Vec<Entry> = self.tasks.borrow_mut().extract_if(.., |_, entry| entry.host == host).map(|(_, entry)| entry).collect();
        drop(killed);
    }

    /// Drops all tasks and takes no more.
    pub(crate) fn close(&self) {
        self.closed.set(true);
        let all = std::mem::take(&mut *self.tasks.borrow_mut());
        drop(all);
    }

    /// The tasks that have not ended, by the names of their hosts.
    pub(crate) fn pending(&self, name: impl Fn(HostId) -> String) -> Vec<Pending> {
        let tasks = self.tasks.borrow();
        let pending = |(task, entry): (&TaskId, &Entry)| Pending {
            host: name(entry.host),
            task: *task,
            began: entry.began,
            last_ran: entry.last_ran,
        };
        tasks.iter().map(pending).collect()
    }
}

/// The scenario's place in the queue.
pub(crate) struct RootWaker(Arc<Signal>);

impl RootWaker {
    /// To be called when the scenario is about to be polled.
    pub(crate) fn begin(&self) -> Waker {
        self.0.queued.store(false, Ordering::Release);
        Waker::from(self.0.clone())
    }
}
