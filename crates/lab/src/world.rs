//! The world: all machines, their network and their time, on one thread.

use crate::clock::Clock;
use crate::executor::{Executor, Pending, ROOT};
use crate::link::Link;
use crate::machine::VirtualHost;
use crate::names::Directory;
use crate::network::{Network, Shared};
use decide::time::{Duration, Instant};
use host::{Host, Timers};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Virtual hosts, their network and their time. Dropping it drops their tasks.
pub struct World {
    seed: u64,
    clock: Arc<Clock>,
    network: Shared,
    executor: Rc<Executor>,
    hosts: RefCell<Vec<(String, Timers)>>,
    /// The host on which scripts run; it has no address.
    director: Host,
    steps: Cell<u64>,
    most_steps: Cell<u64>,
    until: Cell<Instant>,
}

/// Why a scenario did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Every task waits, and nothing will ever happen.
    NothingLeft,
    /// The number of steps that [`World::bound`] allows.
    Steps,
    /// The time that [`World::bound`] allows.
    Time,
}

/// A scenario that did not come to its end. Printing it tells who waits.
#[derive(Clone, PartialEq, Eq)]
pub struct Halted {
    /// The reason.
    pub why: Why,
    /// The world's seed.
    pub seed: u64,
    /// The virtual time.
    pub at: Instant,
    /// The tasks that had not ended, besides the scenario itself.
    pub pending: Vec<Pending>,
}

impl fmt::Display for Halted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            Why::NothingLeft => "nothing is left to happen, and the scenario waits",
            Why::Steps => "too many steps",
            Why::Time => "too much time",
        };
        write!(f, "{why}; seed {}, virtual time {:?}, {} tasks wait", self.seed, self.at.since(Instant::ZERO), self.pending.len())?;
        self.pending.iter().try_for_each(|pending| write!(f, "\n  {pending}"))
    }
}

impl fmt::Debug for Halted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Halted {}

impl World {
    /// An empty world. All its randomness comes from `seed`.
    pub fn new(seed: u64) -> World {
        let clock = Arc::new(Clock::default());
        let network = Shared::new(Network::new(seed, clock.clone()));
        let executor = Rc::new(Executor::default());
        let (director, timers) = VirtualHost::new(("director", &[]), seed, &clock, &network, &executor);
        World {
            seed,
            clock,
            network,
            executor,
            hosts: RefCell::new(vec![("director".to_string(), timers)]),
            director: director.host(),
            steps: Cell::new(0),
            most_steps: Cell::new(20_000_000),
            until: Cell::new(Instant::ZERO + Duration::from_secs(7 * 24 * 3600)),
        }
    }

    /// Runs a scenario in two worlds of one seed, and panics unless both go the same way: the same network events at the same times, the
    /// same result.
    pub fn twice<T: PartialEq + fmt::Debug>(seed: u64, scenario: impl Fn(&World) -> T) -> T {
        let [first, second] = [World::new(seed), World::new(seed)];
        let results = [scenario(&first), scenario(&second)];
        let (one, two) = (first.trace(), second.trace());
        let differs = one.lines().zip(two.lines()).find(|(one, two)| one != two);
        assert_eq!(differs, None, "seed {seed}: the runs part here");
        assert_eq!(one.len(), two.len(), "seed {seed}: one run says more");
        assert_eq!(results[0], results[1], "seed {seed}: two results of the same events");
        let [result, _] = results;
        result
    }

    /// Adds a machine. `addresses` has one or several, separated by spaces: `10.0.0.1 fd00::1`.
    pub fn host(&self, name: &str, addresses: &str) -> VirtualHost {
        let addresses: Vec<IpAddr> = addresses.split_whitespace().map(|text| text.parse().expect("an IP address")).collect();
        let (host, timers) = VirtualHost::new((name, &addresses), self.seed, &self.clock, &self.network, &self.executor);
        self.hosts.borrow_mut().push((name.to_string(), timers));
        host
    }

    /// The way between two machines, or inside one.
    pub fn link(&self, a: &VirtualHost, b: &VirtualHost) -> Link {
        Link::new(self.network.clone(), a.id(), [b.id()])
    }

    /// The ways between a machine and each other one that there is by now; [`Link::there`] leads away from it.
    pub fn links(&self, of: &VirtualHost) -> Link {
        // The first is the director, which has no links.
        let others = (1..self.hosts.borrow().len()).filter(|other| *other != of.id());
        Link::new(self.network.clone(), of.id(), others)
    }

    /// The name service.
    pub fn names(&self) -> Directory {
        Directory(self.network.clone())
    }

    /// Virtual time.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Waits for a span of virtual time.
    pub async fn sleep(&self, span: Duration) {
        self.director.sleep(span).await;
    }

    /// Does something at a time.
    pub fn at(&self, at: Instant, act: impl FnOnce() + 'static) {
        let director = self.director.clone();
        self.director.spawn(async move {
            director.sleep_until(at).await;
            act();
        });
    }

    /// Sets how many steps (a task that runs, an event, a limit that passes) and until what time [`World::run`] goes on: 20 million and a
    /// week at first.
    pub fn bound(&self, steps: u64, until: Instant) {
        self.most_steps.set(steps);
        self.until.set(until);
    }

    /// What happened on the network so far: lines of the time in nanoseconds and the event (the first 16 MiB of
    /// them), and a last line with the number and a sum of all.
    pub fn trace(&self) -> String {
        self.network.lock().trace.text()
    }

    /// How many lines [`World::trace`] stands for.
    pub fn trace_lines(&self) -> u64 {
        self.network.lock().trace.lines()
    }

    /// How many events have happened on the network.
    pub fn events(&self) -> u64 {
        self.network.lock().happened()
    }

    /// How many connections there are: those of which somebody holds an end, or on which something is on its way.
    pub fn connections(&self) -> usize {
        self.network.lock().connections()
    }

    /// Runs until `scenario` ends. What it leaves behind stays, and goes on in the next run.
    pub fn run<F: Future>(&self, scenario: F) -> Result<F::Output, Halted> {
        let _report = Report(self);
        let mut scenario = pin!(scenario);
        let root = self.executor.root();
        loop {
            while let Some(task) = self.executor.next_ready() {
                self.step()?;
                if task != ROOT {
                    self.executor.poll(task, self.now());
                } else if let Poll::Ready(output) = scenario.as_mut().poll(&mut Context::from_waker(&root.begin())) {
                    return Ok(output);
                }
            }
            self.step()?;
            self.advance()?;
        }
    }

    fn step(&self) -> Result<(), Halted> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > self.most_steps.get() { Err(self.halted(Why::Steps)) } else { Ok(()) }
    }

    /// Goes on to whatever happens next.
    fn advance(&self) -> Result<(), Halted> {
        let event = self.network.lock().next();
        let hosts = self.hosts.borrow();
        let limits = hosts.iter().filter_map(|(_, timers)| Some((timers.next()?, timers)));
        // The first of equal ones.
        let limit = limits.min_by_key(|(at, _)| *at);
        let (at, timers) = match (event, limit) {
            (None, None) => return Err(self.halted(Why::NothingLeft)),
            (Some(event), Some((at, timers))) if at < event => (at, Some(timers)),
            (Some(event), _) => (event, None),
            (None, Some((at, timers))) => (at, Some(timers)),
        };
        // A limit may have been set in the past.
        let at = at.max(self.now());
        if at > self.until.get() {
            return Err(self.halted(Why::Time));
        }
        self.clock.advance(at);
        match timers {
            Some(timers) => timers.fire(at),
            None => self.network.lock().happen(),
        }
        Ok(())
    }

    fn halted(&self, why: Why) -> Halted {
        let hosts = self.hosts.borrow();
        Halted { why, seed: self.seed, at: self.now(), pending: self.executor.pending(|host| hosts[host].0.clone()) }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.executor.close();
    }
}

/// Tells the seed when a scenario panics.
struct Report<'a>(&'a World);

impl Drop for Report<'_> {
    #[expect(clippy::print_stderr, reason = "the seed of a failure must be seen, and there is no error to carry it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the scenario panicked: seed {}, virtual time {:?}", self.0.seed, self.0.now().since(Instant::ZERO));
        }
    }
}
