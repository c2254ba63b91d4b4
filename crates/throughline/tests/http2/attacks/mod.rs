//! Clients that mean harm. Each attack has to be ended or to come to nothing within a bound: of memory, which is watched, and of what
//! others notice, for which a well-behaved client asks all the while.

mod floods;
mod heads;
mod resets;
mod stalls;

use crate::connection::{Connection, Event};
use crate::frames::{self, Code, ENHANCE_YOUR_CALM, Frame};
use crate::support::backend::Backend;
use crate::support::{PATIENCE, resident_kib};
use crate::target::Target;
use std::io::ErrorKind;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a process may grow by under an attack, in KiB.
const GROWTH_KIB: u64 = 32 * 1024;

/// Timers that a test can wait for. No other timer ends anything while it waits.
const TIMERS: &str = "[limits]\nsend-timeout = \"1s\"\nhead-timeout = \"1s\"\nidle-timeout = \"2s\"\nbody-timeout = \"1s\"\n";

/// Whoever asked last longer ago than this, because he or the server had no turn on a slow machine, may find his connection closed for
/// having been idle.
const KEPT: Duration = Duration::from_secs(1);

/// A target, its backend, and a client that is served all the while.
struct Scene {
    target: Target,
    backend: Backend,
    bystander: Bystander,
}

/// A well-behaved client on a connection of its own, which also watches the memory.
struct Bystander {
    stop: Sender<()>,
    thread: JoinHandle<Result<Watched, String>>,
}

struct Watched {
    answers: u32,
    slowest: Duration,
    before_kib: u64,
    most_kib: u64,
}

impl Scene {
    fn set() -> Scene {
        let backend = Backend::start();
        let target = Target::under_test(TIMERS, &backend.at);
        let bystander = Bystander::start(&target);
        Scene { target, backend, bystander }
    }

    fn connect(&self) -> Connection {
        Connection::open(self.target.at, PATIENCE).expect("a connection")
    }

    fn connect_with(&self, settings: &[(u16, u32)]) -> Connection {
        Connection::open_with(self.target.at, PATIENCE, settings).expect("a connection")
    }

    /// Sends rounds of frames until the other side closes, stops reading, or has taken them all; then waits for the end. A reader takes
    /// what comes after every round.
    fn flood(&self, mut with: Connection, reader: bool, rounds: usize, mut round: impl FnMut(&mut Connection)) -> Outcome {
        let mut outcome = Outcome::default();
        with.limit_writes(Duration::from_secs(2));
        while outcome.rounds < rounds && !outcome.closed && outcome.goaway.is_none() {
            round(&mut with);
            match with.try_flush() {
                Ok(()) => outcome.rounds += 1,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    outcome.stalled = true;
                    break;
                }
                Err(_) => outcome.closed = true,
            }
            if reader {
                outcome.note(with.so_far());
            }
        }
        outcome.wait(&mut with, |outcome| outcome.rounds == rounds && !self.target.ours);
        outcome
    }

    /// Ours must have closed the connection, and said why if the attacker was able to hear it.
    fn ended(&self, what: &str, outcome: &Outcome, codes: &[Code]) {
        if self.target.ours {
            let said = outcome.goaway.is_none_or(|code| codes.contains(&code));
            assert!(outcome.closed && said, "{what}: {outcome:?}");
        }
        note(what, outcome);
    }

    /// The bystander was served and the memory stayed in bounds.
    fn survived(self, what: &str) {
        self.survived_within(what, GROWTH_KIB);
    }

    fn survived_within(self, what: &str, growth_kib: u64) {
        drop(self.bystander.stop);
        let watched = self.bystander.thread.join().expect("no panic").unwrap_or_else(|problem| panic!("{what}: the bystander: {problem}"));
        let Watched { answers, slowest, before_kib, most_kib } = watched;
        assert!(answers > 0 && slowest < PATIENCE, "{what}: {answers} answers for the bystander, the slowest in {slowest:?}");
        assert!(most_kib <= before_kib + growth_kib, "{what}: from {before_kib} KiB to {most_kib} KiB");
        let mut after = Connection::open(self.target.at, PATIENCE).expect("a connection afterwards");
        assert_eq!(
            after.get(self.target.fixed).map(|answer| answer.status).map_err(|event| event.to_string()),
            Ok(200),
            "{what}: afterwards"
        );
        note(what, &format!("bystander: {answers} answers, slowest {slowest:?}; {before_kib} KiB, at most {most_kib} KiB"));
    }
}

/// A line for those who compare servers (`--nocapture`).
#[expect(clippy::print_stderr, reason = "what an attack came to is told where it is asked for")]
fn note(what: &str, outcome: &impl std::fmt::Debug) {
    if std::env::var_os("HTTP2_TARGET").is_some() {
        eprintln!("{what}: {outcome:?}");
    }
}

impl Bystander {
    fn start(target: &Target) -> Bystander {
        let (stop, stopped) = channel::<()>();
        let (at, path, pid) = (target.at, target.fixed, target.pid);
        let mut client = Connection::open(at, PATIENCE).expect("a connection");
        let mut last = Instant::now();
        let first = client.get(path).expect("an answer before the attack");
        assert_eq!(first.status, 200, "{first:?}");
        let before_kib = target.resident_kib();
        let watch = move || {
            let mut watched = Watched { answers: 0, slowest: Duration::ZERO, before_kib, most_kib: before_kib };
            loop {
                let asked = Instant::now();
                match client.get(path) {
                    Ok(answer) if answer.status == 200 => {}
                    Ok(answer) => return Err(format!("{answer:?}")),
                    Err(Event::Closed) if last.elapsed() > KEPT => {
                        client = Connection::open(at, PATIENCE)?;
                        last = Instant::now();
                        continue;
                    }
                    Err(event) => return Err(format!("{event} after {} answers", watched.answers)),
                }
                watched.answers += 1;
                last = asked;
                watched.slowest = watched.slowest.max(asked.elapsed());
                watched.most_kib = watched.most_kib.max(pid.map_or(0, resident_kib));
                if stopped.recv_timeout(Duration::from_millis(10)) != Err(RecvTimeoutError::Timeout) {
                    return Ok(watched);
                }
            }
        };
        Bystander { stop, thread: std::thread::spawn(watch) }
    }
}

/// What came of a flood.
#[derive(Debug, Default)]
struct Outcome {
    /// Rounds that were written.
    rounds: usize,
    /// The other side stopped reading.
    stalled: bool,
    closed: bool,
    goaway: Option<Code>,
    /// Streams that it reset.
    resets: usize,
    last_reset: Option<Code>,
    /// Streams whose answers it ended.
    answers: usize,
}

impl Outcome {
    fn note(&mut self, (frames, closed): (Vec<Frame>, bool)) {
        self.closed |= closed;
        for frame in frames {
            match frame.kind {
                // A notice that the connection will end is none that it has failed.
                frames::GOAWAY if frame.code() != Some(frames::NO_ERROR) => self.goaway = self.goaway.or(frame.code()),
                frames::RST_STREAM => {
                    self.resets += 1;
                    self.last_reset = frame.code();
                }
                _ if frame.ends() => self.answers += 1,
                _ => {}
            }
        }
    }

    /// Reads on until the connection is closed or `enough`.
    fn wait(&mut self, with: &mut Connection, enough: impl Fn(&Outcome) -> bool) {
        let due = Instant::now() + PATIENCE;
        while !self.closed && !enough(self) && Instant::now() < due {
            with.await_bytes(Duration::from_millis(100));
            let came = with.so_far();
            self.note(came);
        }
    }
}

/// What a server says when it has had enough.
const CALM: &[Code] = &[ENHANCE_YOUR_CALM];
