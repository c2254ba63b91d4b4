//! The access log: journeys go through a bounded channel to a thread that writes them.
//!
//! A worker's part is a swap and a send: it takes no lock that it would have to wait for, formats nothing, and once the log has seen its
//! busiest moment it allocates nothing, because empty journeys come back. A log that cannot keep up loses lines, which are counted, and
//! never holds a request up.

use crate::log::note;
use decide::config::{AccessLog, LogFormat};
use decide::step::{Journey, Step, Texts, ZoneStep};
use decide::time::Calendar;
use node::{Reader, Snapshot};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// After each batch the writer rests this long: waking it for every single request would cost more than writing its line.
const REST: Duration = Duration::from_millis(5);
/// Bytes of lines that are written at once.
const BATCH: usize = 64 * 1024;
/// Empty journeys kept for the workers, at most.
const SPARE: usize = 1024;

/// Writes the access log.
pub struct Access {
    lines: SyncSender<Message>,
    /// Of so many queries to the name server one is written; 0: none.
    queries: u32,
    /// The format shows the steps of a request.
    steps: bool,
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What the workers and the writer share beside the channel.
#[derive(Default)]
struct Shared {
    /// Journeys that were written and emptied.
    spare: Mutex<Vec<Journey>>,
    /// The file is to be opened again under its name: it may have been moved away.
    reopen: AtomicBool,
}

enum Message {
    Over(Journey, Arc<Snapshot>),
    /// A step that belongs to no request.
    Event(Calendar, Step, Texts, Arc<Snapshot>),
    /// Nothing but a reason to look at what is shared.
    Wake,
    /// Nothing comes after this.
    Close,
}

impl Access {
    /// Opens the log: a file is appended to, and `-` is standard output. The error is a sentence.
    pub fn open(log: &AccessLog) -> Result<Access, String> {
        let output = Output::open(&log.to).map_err(|error| format!("cannot open the access log {}: {error}", log.to))?;
        Access::to(output, log)
    }

    fn to(output: Output, log: &AccessLog) -> Result<Access, String> {
        let (lines, queue) = sync_channel(log.queue.max(1));
        let shared = Arc::new(Shared::default());
        let writer = Writer { output, format: log.format, text: String::with_capacity(BATCH), shared: shared.clone(), failing: false };
        let thread = thread::Builder::new().name("access-log".to_string()).spawn(move || writer.run(&queue));
        let thread = thread.map_err(|error| format!("cannot start the thread of the access log: {error}"))?;
        let steps = log.format == LogFormat::Json;
        Ok(Access { lines, queries: log.queries, steps, shared, writer: Mutex::new(Some(thread)) })
    }

    /// Writes what is still queued, and ends. To be called when the last request is over; what comes later is counted as dropped.
    pub fn close(&self) {
        let writer = self.writer.lock().expect("no panic while it is held").take();
        if let Some(writer) = writer {
            let _ = self.lines.send(Message::Close);
            let _ = writer.join();
        }
    }
}

impl Reader for Access {
    fn journey(&self, journey: &mut Journey, snapshot: &Arc<Snapshot>) {
        let spare = self.shared.spare.try_lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default();
        let full = mem::replace(journey, spare);
        if let Err(TrySendError::Full(Message::Over(back, _)) | TrySendError::Disconnected(Message::Over(back, _))) =
            self.lines.try_send(Message::Over(full, snapshot.clone()))
        {
            snapshot.counters().dropped_log_line();
            *journey = back;
        }
    }

    fn event(&self, at: Calendar, step: Step, texts: &Texts, snapshot: &Arc<Snapshot>) {
        if self.queries > 0 && matches!(step, Step::Zone(ZoneStep::QueryAnswered { .. })) {
            let message = Message::Event(at, step, texts.clone(), snapshot.clone());
            if self.lines.try_send(message).is_err() {
                snapshot.counters().dropped_log_line();
            }
        }
        if matches!(step, Step::Reloaded { .. }) {
            self.shared.reopen.store(true, Ordering::Release);
            // A full queue keeps the writer awake without it.
            let _ = self.lines.try_send(Message::Wake);
        }
    }

    fn queries(&self) -> u32 {
        self.queries
    }

    fn reads_steps(&self) -> bool {
        self.steps
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        self.close();
    }
}

/// The thread's side.
struct Writer {
    output: Output,
    format: LogFormat,
    text: String,
    shared: Arc<Shared>,
    /// The last write failed, and that was said.
    failing: bool,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Message>) {
        while let Ok(first) = queue.recv() {
            let mut open = true;
            for message in std::iter::once(first).chain(queue.try_iter()) {
                match message {
                    Message::Over(journey, snapshot) => self.over(journey, &snapshot),
                    Message::Event(at, step, texts, snapshot) => self.event(at, &step, &texts, &snapshot),
                    Message::Wake => {}
                    Message::Close => open = false,
                }
            }
            self.write_out();
            if !open {
                return;
            }
            thread::sleep(REST);
        }
    }

    fn over(&mut self, mut journey: Journey, snapshot: &Snapshot) {
        match self.format {
            LogFormat::Json => view::access_log::json(&journey, &snapshot.config, &mut self.text),
            LogFormat::Combined => view::access_log::combined(&journey, &mut self.text),
        }
        journey.clear();
        let mut spare = self.shared.spare.lock().expect("no panic while it is held");
        if spare.len() < SPARE {
            spare.push(journey);
        }
        drop(spare);
        self.write_if_much();
    }

    /// There is no form of Apache's for what is no request.
    fn event(&mut self, at: Calendar, step: &Step, texts: &Texts, snapshot: &Snapshot) {
        match self.format {
            LogFormat::Json => view::access_log::event(at, step, texts, &snapshot.config, &mut self.text),
            LogFormat::Combined => {
                self.text.push_str(&view::event::line(at, step, texts, &snapshot.config));
                self.text.push('\n');
            }
        }
        self.write_if_much();
    }

    fn write_if_much(&mut self) {
        if self.text.len() >= BATCH {
            self.write_out();
        }
    }

    fn write_out(&mut self) {
        let written = if self.text.is_empty() { Ok(()) } else { self.output.write(self.text.as_bytes()) };
        self.text.clear();
        if self.shared.reopen.swap(false, Ordering::AcqRel) {
            self.reopen();
        }
        match written {
            Ok(()) => self.failing = false,
            Err(error) if !self.failing => {
                self.failing = true;
                note(&format!("cannot write the access log: {error}; lines are lost until it works again"));
            }
            Err(_) => {}
        }
    }

    fn reopen(&mut self) {
        if let Output::File { path, .. } = &self.output {
            match Output::open(path) {
                Ok(output) => self.output = output,
                Err(error) => note(&format!("cannot open the access log {path} again: {error}; the old file is written on")),
            }
        }
    }
}

/// Where the lines go.
enum Output {
    File { path: String, file: std::fs::File },
    Standard,
}

impl Output {
    fn open(to: &str) -> io::Result<Output> {
        if to == "-" {
            return Ok(Output::Standard);
        }
        let file = OpenOptions::new().append(true).create(true).open(to)?;
        Ok(Output::File { path: to.to_string(), file })
    }

    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        match self {
            Output::File { file, .. } => file.write_all(lines),
            Output::Standard => {
                let mut out = io::stdout().lock();
                out.write_all(lines)?;
                out.flush()
            }
        }
    }
}

#[cfg(test)]
mod tests;
