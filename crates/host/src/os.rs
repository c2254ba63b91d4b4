//! The real machine: the kernel's sockets, clocks and files, on one tokio event loop per thread.

mod files;
mod names;
mod packets;
mod sockets;
mod tcp_info;

use crate::datagram_listener::KernelDatagrams;
use crate::datagrams::Udp;
use crate::{Connecting, DatagramListener, Datagrams, Endpoint, Host, Listener, Machine, Opened, Resolving, Slab, Stream, Task, Timers};
use decide::random::{Random, SplitMix};
use decide::time::{Calendar, Duration, Instant};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::{Instant as KernelInstant, SystemTime};
use tokio::task::LocalSet;

pub use packets::{Capture, Captured, Captures};
pub use sockets::{Bound, bind, bind_again, bind_with_datagrams};
pub(crate) use tcp_info::tcp_info;

/// Runs a program on the calling thread until it ends. Every thread that does so has a host of its own; all share one clock.
pub fn run<F: Future>(program: impl FnOnce(Host) -> F) -> io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let timers = Timers::default();
    let seed = std::hash::BuildHasher::hash_one(&std::collections::hash_map::RandomState::new(), std::thread::current().id());
    let clock = Rc::new(Clock::default());
    let kernel = Kernel { random: RefCell::new(SplitMix::new(seed)), clock: clock.clone() };
    let host = Host::new(Rc::new(kernel), timers.clone());
    let local = LocalSet::new();
    Ok(local.block_on(&runtime, async {
        tokio::task::spawn_local(drive(timers));
        Turn { clock, task: Box::pin(program(host)) }.await
    }))
}

/// What the operator tells the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT or SIGTERM.
    Stop,
    /// SIGHUP.
    Reload,
}

/// Waits for the next signal. To be called on a thread that [`run`] started.
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    /// From now on signals are for us.
    pub fn listen() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Signal {
        std::future::poll_fn(|cx| {
            if self.interrupt.poll_recv(cx).is_ready() || self.terminate.poll_recv(cx).is_ready() {
                return Poll::Ready(Signal::Stop);
            }
            self.hangup.poll_recv(cx).map(|_| Signal::Reload)
        })
        .await
    }
}

/// Raises the limit of open descriptors to what the system allows; returns the limit that holds.
pub fn raise_descriptor_limit() -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current < limit.maximum {
        let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            limit = raised;
        }
    }
    limit.current.unwrap_or(u64::MAX)
}

/// Memory of the kernel's, sparse, and a file to sendfile(2). Refused where files of this process may not be long: the kernel would end it
/// with a signal.
pub(crate) fn slab() -> io::Result<Slab> {
    use rustix::fs::{MemfdFlags, memfd_create};
    use rustix::process::{Resource, getrlimit};
    if getrlimit(Resource::Fsize).current.is_some() {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let file = memfd_create("throughline-slab", MemfdFlags::CLOEXEC)?;
    Ok(Slab::of_kernel(file.into(), rustix::param::page_size() as u64))
}

/// Lets limits pass at their time. The event loop's timers count milliseconds: late by up to one, never early.
async fn drive(timers: Timers) {
    loop {
        match timers.next() {
            None => timers.changed().await,
            Some(at) => {
                let span = at.since(now());
                let _ = tokio::time::timeout(span, timers.changed()).await;
                timers.fire(now());
            }
        }
    }
}

/// One clock for all threads, so that spans can be taken across them.
fn now() -> Instant {
    static BEGAN: OnceLock<KernelInstant> = OnceLock::new();
    let began = *BEGAN.get_or_init(KernelInstant::now);
    Instant::from_nanos(u64::try_from(began.elapsed().as_nanos()).expect("the clock lasts 584 years"))
}

/// The clock as tasks see it: it stands still while one task is polled, so that a request that takes a dozen decisions at once reads it
/// once.
#[derive(Default)]
struct Clock {
    now: Cell<Option<Instant>>,
    /// The calendar at that time.
    today: Cell<Option<Calendar>>,
    /// The calendar, and the time it was read at: asked again once a second.
    calendar: Cell<(Calendar, Option<Instant>)>,
}

impl Clock {
    fn now(&self) -> Instant {
        self.now.get().unwrap_or_else(|| {
            let now = now();
            self.now.set(Some(now));
            now
        })
    }

    /// Lets the time go on.
    fn renew(&self) {
        self.now.set(None);
        self.today.set(None);
    }

    fn calendar(&self) -> Calendar {
        self.today.get().unwrap_or_else(|| {
            let today = self.calendar_at(self.now());
            self.today.set(Some(today));
            today
        })
    }

    fn calendar_at(&self, now: Instant) -> Calendar {
        let (calendar, read) = self.calendar.get();
        if let Some(read) = read
            && now.since(read) < Duration::from_secs(1)
        {
            return Calendar(calendar.0 + now.since(read));
        }
        let calendar = Calendar(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
        self.calendar.set((calendar, Some(now)));
        calendar
    }
}

/// A task for which the clock moves on whenever it is polled.
struct Turn<F: ?Sized> {
    clock: Rc<Clock>,
    task: Pin<Box<F>>,
}

impl<F: Future + ?Sized> Future for Turn<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.clock.renew();
        self.task.as_mut().poll(cx)
    }
}

struct Kernel {
    random: RefCell<SplitMix>,
    clock: Rc<Clock>,
}

impl Machine for Kernel {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn renew_clock(&self) {
        self.clock.renew();
    }

    fn calendar(&self) -> Calendar {
        self.clock.calendar()
    }

    fn random(&self) -> u64 {
        self.random.borrow_mut().next()
    }

    fn unguessable(&self) -> u64 {
        let mut bits = [0; 8];
        rustix::rand::getrandom(&mut bits, rustix::rand::GetRandomFlags::empty()).expect("the kernel gives eight random bytes at once");
        u64::from_ne_bytes(bits)
    }

    fn datagrams(&self, far: std::net::SocketAddr) -> io::Result<Datagrams> {
        sockets::datagrams(far).map(|socket| Datagrams::Udp(Udp::new(socket, far)))
    }

    fn connect(&self, to: &Endpoint) -> Connecting {
        let to = to.clone();
        Box::pin(async move {
            Ok(match to {
                Endpoint::Ip(address) => {
                    let stream = tokio::net::TcpStream::connect(address).await?;
                    stream.set_nodelay(true)?;
                    Stream::Tcp(stream)
                }
                Endpoint::Unix(path) => Stream::Unix(tokio::net::UnixStream::connect(path).await?),
            })
        })
    }

    fn listen(&self, at: &Endpoint, backlog: u32) -> io::Result<Listener> {
        sockets::listen(at, backlog)
    }

    fn listen_for_datagrams(&self, at: std::net::SocketAddr) -> io::Result<DatagramListener> {
        Ok(DatagramListener::Udp(Box::new(KernelDatagrams::new(sockets::listen_for_datagrams(at)?)?)))
    }

    fn resolve(&self, name: &str) -> Resolving {
        Box::pin(names::resolve(name.to_string()))
    }

    fn spawn(&self, task: Task) {
        tokio::task::spawn_local(Turn { clock: self.clock.clone(), task });
    }

    fn open(&self, root: &str, path: &str) -> io::Result<Opened> {
        files::open(root, path)
    }

    fn open_named(&self, path: &str) -> io::Result<Opened> {
        files::open_named(path)
    }

    fn slab(&self) -> io::Result<Slab> {
        slab()
    }
}

#[cfg(test)]
mod tests;
