//! The journal: what owners asked for, on disk before they are told that it is accepted.
//!
//! Each record has a number, one higher than the last; numbers go on over restarts. [`Journal::append`] hands records to a thread of the
//! journal's own, which writes all that waits at once and makes sure of it with one `fdatasync`; then it calls what was to be done, in the
//! order of the numbers, and only then whoever waits is told. So what is acknowledged is on disk and holds, and no worker waits for a disk.
//! A restart does again what is still of use ([`Journal::replay`]): what was handed over is stored again, in order with the purges since.
//!
//! Without a directory numbers are counted from 1 at each start, and nothing is kept.
//!
//! - `record`: what is written, and how. `frame`: a record in a file, with what shows that it is whole. `files`: the directory.
//! - `reading`: what a start makes of the files, broken ones too. `keep`: which records are still of use. `writer`: the thread.
//!
//! Order of calls: [`Journal::open`], [`Journal::replay`], then [`Journal::append`] from any thread; [`Journal::close`] at the end.

mod files;
mod frame;
mod keep;
mod reading;
mod record;
mod writer;

pub use record::{Push, Record};

use decide::config;
use decide::time::Calendar;
use frame::{Framed, Frames};
use host::Host;
use node::Server;
use std::collections::BTreeSet;
use std::fs::File;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use tokio::sync::oneshot;
use writer::Writer;

/// Bytes of records that may wait for the disk; further ones are refused until there is room again.
const MOST_WAITING: usize = 64 << 20;
/// Of its size, one record may have one part in so many.
const RECORD_SHARE: u64 = 8;

/// Why records are not accepted. Nothing of them was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The sentence.
    pub why: String,
    /// It can never be accepted, however often it is tried.
    pub too_long: bool,
}

/// What happened on the journal's thread, or before it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The last write of a process that did not end well was not whole: it was never acknowledged, and was cut off.
    Cut { file: String, bytes: u64 },
    /// Records are gone that had been acknowledged.
    Damaged(String),
    /// Nothing can be written, and so nothing is accepted. Told once until it works again.
    Failed(String),
    /// It works again.
    Recovered {
        /// The last number given.
        sequence: u64,
    },
    /// There was no room for so many pushed contents: a restart will not store them again.
    Trimmed(u64),
}

/// Who wants to know of it.
pub type Tell = Arc<dyn Fn(Event) + Send + Sync>;

/// The journal now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Where it is; `None`: in memory.
    pub directory: Option<String>,
    /// The last number given.
    pub accepted: u64,
    /// The last number that is on disk.
    pub durable: u64,
    /// The last number whose record was carried out.
    pub applied: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// The most there may be.
    pub size: u64,
    /// Records refused since the start.
    pub refused: u64,
    /// Nothing can be written.
    pub failing: bool,
}

/// What a start has carried out again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// So many records.
    pub records: u64,
    /// The last number ever given.
    pub last: u64,
}

/// The journal.
pub struct Journal {
    shared: Arc<Shared>,
    settings: Option<config::Journal>,
    /// What a restart does again, until it is done.
    missed: Mutex<Option<Vec<Missed>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A file with records that are to be done again, and where they begin.
struct Missed {
    file: File,
    offsets: BTreeSet<u64>,
}

/// What the thread shares with those who append.
#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    accepted: AtomicU64,
    durable: AtomicU64,
    applied: AtomicU64,
    bytes: AtomicU64,
    refused: AtomicU64,
    failing: AtomicBool,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    bytes: usize,
    /// Nothing is taken any more.
    closed: bool,
}

/// Records that are accepted together or not at all.
struct Waiting {
    records: Vec<Record>,
    bytes: usize,
    at: Calendar,
    /// Carries them out, given the first number. What it gives is called once that is counted.
    done: Box<dyn FnOnce(Result<u64, Refused>) -> Telling + Send>,
}

/// Tells who waits: whatever they were told of, they find in the journal's state.
type Telling = Box<dyn FnOnce() + Send>;

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("no panic while it is held")
    }
}

impl Journal {
    /// Opens the journal, in this directory or in memory, and starts its thread. The error is a sentence: the directory cannot be used.
    pub fn open(settings: Option<config::Journal>, tell: Tell) -> Result<Journal, String> {
        let shared = Arc::new(Shared::default());
        let Some(settings) = settings else {
            return Ok(Journal { shared, settings: None, missed: Mutex::default(), thread: Mutex::default() });
        };
        let (writer, missed) = Writer::open(&settings, shared.clone(), tell)?;
        let thread = std::thread::Builder::new().name("journal".to_string()).spawn(move || writer.run());
        let thread = thread.map_err(|error| format!("cannot start the thread of the journal: {error}"))?;
        Ok(Journal { shared, settings: Some(settings), missed: Mutex::new(Some(missed)), thread: Mutex::new(Some(thread)) })
    }

    /// Carries out again what is still of use of earlier runs, in order: number, when it was accepted, and the record. Once; before
    /// anything is appended. The error is a sentence: the disk cannot be read.
    pub fn replay(&self, mut apply: impl FnMut(u64, Calendar, Record)) -> Result<Replayed, String> {
        let missed = self.missed.lock().expect("no panic while it is held").take();
        let last = self.shared.accepted.load(Ordering::Acquire);
        let mut replayed = Replayed { records: 0, last };
        for Missed { file, offsets } in missed.into_iter().flatten() {
            let unreadable = |error: io::Error| format!("cannot read the journal: {error}");
            let mut frames = Frames::of(file).map_err(unreadable)?;
            loop {
                while let Some(Framed { stamp, record, offset, .. }) = frames.next().map_err(unreadable)? {
                    if offsets.contains(&offset) {
                        replayed.records += 1;
                        apply(stamp.sequence, stamp.at, record);
                    }
                }
                // A file that is broken is read as it is where there was no room to write it anew.
                if frames.resume().map_err(unreadable)?.is_none() {
                    break;
                }
            }
        }
        self.shared.applied.store(last, Ordering::Release);
        Ok(replayed)
    }

    /// Accepts records, all or none, carries them out once they are on disk, and tells the number of the last. `apply` is called on the
    /// journal's thread with the number of the first (the others follow), after that of every smaller number and before that of any larger
    /// one; what it returns comes with the number. It happens whether anybody still waits or not.
    pub fn append<T: Send + 'static, F: FnOnce(u64) -> T + Send + 'static>(
        &self,
        records: Vec<Record>,
        now: Calendar,
        apply: F,
    ) -> impl Future<Output = Result<(u64, T), Refused>> + use<T, F> {
        assert!(!records.is_empty(), "something is to be accepted");
        let (count, bytes) = (records.len() as u64, records.iter().map(Record::len).sum());
        let (tell, told) = oneshot::channel();
        let done = move |first: Result<u64, Refused>| {
            let outcome = first.map(|first| (first + count - 1, apply(first)));
            // Whoever asked may have left.
            Box::new(move || _ = tell.send(outcome)) as Telling
        };
        self.hand_over(Waiting { records, bytes, at: now, done: Box::new(done) });
        async move { told.await.unwrap_or_else(|_| Err(ended())) }
    }

    fn hand_over(&self, waiting: Waiting) {
        let count = waiting.records.len() as u64;
        let mut queue = self.shared.queue();
        let Some(settings) = &self.settings else {
            // Under the lock: order is that of the numbers here too.
            let last = self.shared.accepted.fetch_add(count, Ordering::AcqRel) + count;
            let told = (waiting.done)(Ok(last + 1 - count));
            self.shared.applied.store(last, Ordering::Release);
            return told();
        };
        let most = (settings.size / RECORD_SHARE).min(u64::from(u32::MAX));
        let refused = match () {
            () if queue.closed => ended(),
            () if waiting.records.iter().any(|record| record.len() as u64 > most) => {
                Refused { why: format!("a record of the journal has at most {most} bytes ([journal] size, an eighth)"), too_long: true }
            }
            () if queue.bytes > 0 && queue.bytes + waiting.bytes > MOST_WAITING => {
                Refused { why: "too much waits for the disk of the journal already; try again soon".to_string(), too_long: false }
            }
            () => {
                queue.bytes += waiting.bytes;
                queue.waiting.push(waiting);
                self.shared.wake.notify_one();
                return;
            }
        };
        drop(queue);
        self.shared.refused.fetch_add(count, Ordering::Relaxed);
        (waiting.done)(Err(refused))();
    }

    /// What these records asked for need not be done again after a restart. Nobody waits for it: at worst it is done again.
    pub fn done(&self, numbers: &[u64], now: Calendar) {
        if self.settings.is_some() && !numbers.is_empty() {
            drop(self.append(numbers.iter().copied().map(|of| Record::Done { of }).collect(), now, |_| ()));
        }
    }

    /// How it is now.
    pub fn state(&self) -> State {
        let of = |count: &AtomicU64| count.load(Ordering::Acquire);
        // In this order: none is ever shown greater than the one before it.
        let (applied, durable) = (of(&self.shared.applied), of(&self.shared.durable));
        State {
            directory: self.settings.as_ref().map(|settings| files::directory(settings).display().to_string()),
            accepted: of(&self.shared.accepted),
            durable,
            applied,
            bytes: of(&self.shared.bytes),
            size: self.settings.as_ref().map_or(0, |settings| settings.size),
            refused: of(&self.shared.refused),
            failing: self.shared.failing.load(Ordering::Relaxed),
        }
    }

    /// Accepts nothing more, and ends once what waits is on disk and done.
    pub fn close(&self) {
        self.shared.queue().closed = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.lock().expect("no panic while it is held").take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

fn ended() -> Refused {
    Refused { why: "the journal takes nothing more: the process ends".to_string(), too_long: false }
}

/// Once a job that fetches what these records are about is over, they need not be done again; but for one that ends with the process.
pub(crate) fn done_with(host: &Host, server: Arc<Server>, journal: Arc<Journal>, job: u64, numbers: Vec<u64>) {
    let own = host.clone();
    host.spawn(async move {
        server.fed(job).await;
        if !server.is_draining() {
            journal.done(&numbers, own.calendar());
        }
    });
}

#[cfg(test)]
mod tests;
