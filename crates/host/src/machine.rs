//! What a machine must be able to do, and the handle through which programs ask it.

use crate::{DatagramListener, Datagrams, Deadline, Listener, Opened, Slab, Stream, Timers};
use decide::address::Address;
use decide::random::Random;
use decide::time::{Calendar, Duration, Instant};
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;

/// A task of one thread.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;
/// A connection on its way.
pub type Connecting = Pin<Box<dyn Future<Output = io::Result<Stream>>>>;
/// A name being resolved.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Names>>>>;

/// The addresses of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// In the order the answer had them; never empty.
    pub addresses: Vec<IpAddr>,
    /// How long they may be used.
    pub ttl: Duration,
}

/// An address that needs no resolving.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// IP address and port.
    Ip(SocketAddr),
    /// A path; empty for the far end of a Unix connection, which has no name.
    Unix(String),
}

impl Endpoint {
    /// The endpoint an address is, unless it is a name.
    pub fn of(address: &Address) -> Option<Endpoint> {
        match address {
            Address::Ip(ip) => Some(Endpoint::Ip(*ip)),
            Address::Unix(path) => Some(Endpoint::Unix(path.clone())),
            Address::Name(..) => None,
        }
    }

    /// The IP address, if it has one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Endpoint::Ip(ip) => Some(ip.ip()),
            Endpoint::Unix(_) => None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Ip(ip) => ip.fmt(f),
            Endpoint::Unix(path) if path.is_empty() => f.write_str("unix"),
            Endpoint::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

/// A machine, real or virtual, as one of its threads sees it.
pub trait Machine {
    /// The machine's own clock.
    fn now(&self) -> Instant;
    /// Forgets the time that a task sees while it is polled, so that it can tell how long its own work took.
    fn renew_clock(&self) {}
    /// The calendar.
    fn calendar(&self) -> Calendar;
    /// 64 random bits; not for secrets.
    fn random(&self) -> u64;
    /// 64 random bits that nobody can guess from others.
    fn unguessable(&self) -> u64;
    /// Opens a port that nobody can guess, for an exchange of datagrams with `far`.
    fn datagrams(&self, far: SocketAddr) -> io::Result<Datagrams>;
    /// Connects; the caller brings the time limit.
    fn connect(&self, to: &Endpoint) -> Connecting;
    /// Listens; `backlog` is how many connections may wait.
    fn listen(&self, at: &Endpoint, backlog: u32) -> io::Result<Listener>;
    /// Listens for datagrams, at an address that is the machine's own: each thread has a socket of its own, and shares the port.
    fn listen_for_datagrams(&self, at: SocketAddr) -> io::Result<DatagramListener> {
        Err(io::Error::new(io::ErrorKind::Unsupported, format!("this machine has no port for datagrams at {at}")))
    }
    /// Asks the name service.
    fn resolve(&self, name: &str) -> Resolving;
    /// Starts a task on this thread.
    fn spawn(&self, task: Task);
    /// Opens `path` (relative, `/` between components, no `.` or `..`) below `root`; links that lead out of the root are refused.
    fn open(&self, root: &str, path: &str) -> io::Result<Opened>;
    /// Opens the file that an owner has named, wherever links lead.
    fn open_named(&self, path: &str) -> io::Result<Opened> {
        Err(io::Error::new(io::ErrorKind::Unsupported, format!("this machine has no file {path}")))
    }
    /// Makes memory that is sent as a file is.
    fn slab(&self) -> io::Result<Slab> {
        Ok(Slab::in_memory())
    }
}

/// The handle through which programs ask their machine. One per thread; cloning is cheap.
#[derive(Clone)]
pub struct Host {
    machine: Rc<dyn Machine>,
    timers: Timers,
}

impl Host {
    /// A host on a machine that drives `timers`.
    pub fn new(machine: Rc<dyn Machine>, timers: Timers) -> Host {
        Host { machine, timers }
    }

    /// The machine's own clock.
    pub fn now(&self) -> Instant {
        self.machine.now()
    }

    /// The machine's own clock, read anew: [`Host::now`] stands still while one task is polled.
    pub fn now_afresh(&self) -> Instant {
        self.machine.renew_clock();
        self.machine.now()
    }

    /// The calendar.
    pub fn calendar(&self) -> Calendar {
        self.machine.calendar()
    }

    /// Opens a port that nobody can guess, for an exchange of datagrams with `far`.
    pub fn datagrams(&self, far: SocketAddr) -> io::Result<Datagrams> {
        self.machine.datagrams(far)
    }

    /// Connects; set a deadline beside it.
    pub fn connect(&self, to: &Endpoint) -> Connecting {
        self.machine.connect(to)
    }

    /// Listens.
    pub fn listen(&self, at: &Endpoint, backlog: u32) -> io::Result<Listener> {
        self.machine.listen(at, backlog)
    }

    /// Listens for datagrams, at an address that is the machine's own (an answer must leave from the address that was asked).
    pub fn listen_for_datagrams(&self, at: SocketAddr) -> io::Result<DatagramListener> {
        self.machine.listen_for_datagrams(at)
    }

    /// Asks the name service.
    pub fn resolve(&self, name: &str) -> Resolving {
        self.machine.resolve(name)
    }

    /// Starts a task on this thread.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.machine.spawn(Box::pin(task));
    }

    /// Starts a task that is in its box already, and may have been polled.
    pub fn start(&self, task: Task) {
        self.machine.spawn(task);
    }

    /// Opens a file below a root.
    pub fn open(&self, root: &str, path: &str) -> io::Result<Opened> {
        self.machine.open(root, path)
    }

    /// Opens the file that an owner has named, wherever links lead.
    pub fn open_named(&self, path: &str) -> io::Result<Opened> {
        self.machine.open_named(path)
    }

    /// Makes memory that is sent as a file is.
    pub fn slab(&self) -> io::Result<Slab> {
        self.machine.slab()
    }

    /// A time limit, not yet set.
    pub fn deadline(&self) -> Deadline {
        self.timers.deadline()
    }

    /// Waits until `at`.
    pub async fn sleep_until(&self, at: Instant) {
        let mut deadline = self.deadline();
        deadline.set(at);
        poll_fn(|cx| deadline.poll_passed(cx)).await;
    }

    /// Waits for a span of time.
    pub async fn sleep(&self, span: Duration) {
        self.sleep_until(self.now() + span).await;
    }

    /// The machine's randomness where it must not be guessed.
    pub fn unguessable(&self) -> Unguessable<'_> {
        Unguessable(&*self.machine)
    }

    /// The machine's randomness.
    pub fn rng(&self) -> HostRandom<'_> {
        HostRandom(&*self.machine)
    }
}

/// A machine's randomness where it must not be guessed: ids of queries.
pub struct Unguessable<'a>(&'a dyn Machine);

impl Random for Unguessable<'_> {
    fn next(&mut self) -> u64 {
        self.0.unguessable()
    }
}

/// A machine's randomness, as decisions want it.
pub struct HostRandom<'a>(&'a dyn Machine);

impl Random for HostRandom<'_> {
    fn next(&mut self) -> u64 {
        self.0.random()
    }
}
