//! Routing tables of the places' routers, as they come: by BGP sessions, by BMP, from files.
//!
//! [`Collectors::configure`] says what is wanted, at the start and whenever that changes; [`Collectors::run`] does it, on a thread of its
//! own, because a router's whole table is seconds of work that no request should wait for. What comes goes into [`Collectors::queue`], in
//! batches; whoever holds the tables takes it from there, and tells each [`Source`] how large its table has become.
//!
//! The decisions are `decide::collect`'s.

mod door;
mod file;
mod line;
mod outlet;
mod queue;
mod session;
mod source;
mod station;

pub use queue::{Batch, Queue};
pub use source::{Source, SourceStatus};

use crate::server::Server;
use crate::signal::Signal;
use decide::config::{Collector, Pop, RouteSource};
use decide::step::{CollectorStep, Step, Text, Texts};
use decide::time::{Calendar, Duration};
use door::Doors;
use host::Host;
use source::Sources;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;

/// Someone who is told what happens to tables. Called on the collectors' thread.
pub trait Told: Send + Sync {
    /// This happened; the step points to these texts.
    fn told(&self, at: Calendar, step: Step, texts: &Texts);
}

impl Told for Server {
    fn told(&self, at: Calendar, step: Step, texts: &Texts) {
        self.tell_with(at, step, texts);
    }
}

/// All collectors of a process.
pub struct Collectors {
    told: Arc<dyn Told>,
    queue: Queue,
    sources: Sources,
    wanted: Mutex<Vec<Wanted>>,
    standings: Mutex<Vec<Arc<Standing>>>,
    /// What is wanted has changed, or a collector has ended.
    changed: Signal,
    stopped: AtomicBool,
}

/// One collector, as it is wanted. It goes on through reloads that want the same; places are known by their names.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    pop: String,
    source: RouteSource,
    keep: Duration,
    most: usize,
}

/// What is known of one collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorStatus {
    /// Its place.
    pub pop: String,
    /// `mrt FILE`, `bgp ROUTER`, `bmp LISTENER`.
    pub name: String,
    /// Of a session, its state by RFC 4271 §8.2.2; of a station, `listening`; of a file, `read`, `refused`, `absent`.
    pub state: &'static str,
    /// Since when.
    pub since: Calendar,
    /// Why it is not better; empty where all is well.
    pub why: String,
}

/// The same, as its collector keeps it.
struct Standing(Mutex<CollectorStatus>);

impl Standing {
    fn becomes(&self, state: &'static str, why: Option<&str>, now: Calendar) {
        let mut status = self.0.lock().expect("no panic while it is held");
        if status.state != state {
            (status.state, status.since) = (state, now);
        }
        if let Some(why) = why {
            why.clone_into(&mut status.why);
        }
    }
}

impl Collectors {
    /// None yet.
    pub fn new(told: Arc<dyn Told>) -> Arc<Collectors> {
        Arc::new(Collectors {
            told,
            queue: Queue::default(),
            sources: Sources::default(),
            wanted: Mutex::default(),
            standings: Mutex::default(),
            changed: Signal::default(),
            stopped: AtomicBool::new(false),
        })
    }

    /// From now on these are wanted, of these places. Those that were wanted before, just so, go on; the tables of others go.
    pub fn configure(&self, pops: &[Pop], collectors: &[Collector]) {
        let wanted = |collector: &Collector| Wanted {
            pop: pops[collector.pop].name.clone(),
            source: collector.source.clone(),
            keep: collector.keep,
            most: collector.most_prefixes,
        };
        let mut all: Vec<Wanted> = Vec::new();
        for wanted in collectors.iter().map(wanted) {
            if !all.contains(&wanted) {
                all.push(wanted);
            }
        }
        *self.wanted.lock().expect("no panic while it is held") = all;
        self.changed.raise();
    }

    /// Ends all of them: routers are told, what waits in the queue is dropped, and [`Collectors::run`] returns.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.queue.close();
        self.changed.raise();
    }

    /// What comes of them.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// What is known of each, in the order in which they began.
    pub fn status(&self) -> Vec<CollectorStatus> {
        let standings = self.standings();
        standings.iter().map(|standing| standing.0.lock().expect("no panic while it is held").clone()).collect()
    }

    /// What is known of each source.
    pub fn sources(&self) -> Vec<SourceStatus> {
        self.sources.all().iter().map(|source| source.status()).collect()
    }

    /// Collects, on the calling thread, until [`Collectors::stop`].
    pub async fn run(self: Arc<Self>, host: Host) {
        let all = Rc::new(All { host, doors: Doors::default(), reading: file::Reading::default(), collectors: self });
        let mut running: Vec<Running> = Vec::new();
        loop {
            let seen = all.collectors.changed.number();
            let stopped = all.collectors.stopped.load(Ordering::SeqCst);
            let wanted = if stopped { Vec::new() } else { all.collectors.wanted.lock().expect("no panic while it is held").clone() };
            running.retain(|running| !running.ended());
            running.iter().filter(|running| !wanted.contains(&running.wanted)).for_each(|running| running.end.raise());
            for wanted in wanted {
                // One that is ending may have what the new one needs: it is begun when that is over.
                if !running.iter().any(|running| running.wanted == wanted || running.is_in_the_way(&wanted)) {
                    running.push(all.begin(wanted));
                }
            }
            if stopped && running.is_empty() {
                return;
            }
            all.collectors.changed.after(seen).await;
        }
    }

    fn standings(&self) -> MutexGuard<'_, Vec<Arc<Standing>>> {
        self.standings.lock().expect("no panic while it is held")
    }
}

/// What all collectors share, on their thread.
struct All {
    host: Host,
    doors: Doors,
    reading: file::Reading,
    collectors: Arc<Collectors>,
}

/// A collector at work.
struct Running {
    wanted: Wanted,
    /// Raised when it is to end.
    end: Rc<Signal>,
}

impl Running {
    /// Its task is over.
    fn ended(&self) -> bool {
        Rc::strong_count(&self.end) == 1
    }

    /// It is ending, and the other is about the same router or file.
    fn is_in_the_way(&self, other: &Wanted) -> bool {
        self.end.number() > 0 && self.wanted.name() == other.name()
    }
}

impl Wanted {
    fn name(&self) -> String {
        match &self.source {
            RouteSource::Mrt { path, .. } => format!("mrt {path}"),
            RouteSource::Bmp { at, .. } => format!("bmp {at}"),
            RouteSource::Bgp(session) => format!("bgp {}", session.router),
        }
    }
}

impl All {
    fn begin(self: &Rc<All>, wanted: Wanted) -> Running {
        let end = Rc::new(Signal::default());
        let status = CollectorStatus {
            pop: wanted.pop.clone(),
            name: wanted.name(),
            state: "begins",
            since: self.host.calendar(),
            why: String::new(),
        };
        let standing = Arc::new(Standing(Mutex::new(status)));
        self.collectors.standings().push(standing.clone());
        let one = One { all: self.clone(), wanted: wanted.clone(), standing, end: end.clone() };
        self.host.spawn(Rc::new(one).work());
        Running { wanted, end }
    }
}

/// One collector, as its task has it.
struct One {
    all: Rc<All>,
    wanted: Wanted,
    standing: Arc<Standing>,
    end: Rc<Signal>,
}

impl One {
    async fn work(self: Rc<One>) {
        match &self.wanted.source {
            RouteSource::Bgp(bgp) => session::collect(&self, bgp).await,
            RouteSource::Bmp { at, router } => station::collect(&self, *at, router).await,
            RouteSource::Mrt { path, peer } => file::collect(&self, path, *peer).await,
        }
    }

    /// It is in this state now; `why`: where that is to be known.
    fn becomes(&self, state: &'static str, why: Option<&str>) {
        self.standing.becomes(state, why, self.all.host.calendar());
    }

    /// Tells what happened, with the texts that go with it, the place's name first.
    fn tell(&self, step: impl FnOnce(Text, &mut dyn FnMut(&str) -> Text) -> CollectorStep) {
        self.all.tell(&self.wanted.pop, step);
    }
}

impl Drop for One {
    /// The last of its tasks is over.
    fn drop(&mut self) {
        let collectors = &self.all.collectors;
        collectors.standings().retain(|standing| !Arc::ptr_eq(standing, &self.standing));
        // Who is woken by this looks when this thread has come to the end of the drop.
        collectors.changed.raise();
    }
}

impl All {
    fn tell(&self, pop: &str, step: impl FnOnce(Text, &mut dyn FnMut(&str) -> Text) -> CollectorStep) {
        let mut texts = Texts::default();
        let pop = texts.keep(pop.as_bytes());
        let step = step(pop, &mut |text| texts.keep(text.as_bytes()));
        self.collectors.told.told(self.host.calendar(), Step::Collector(step), &texts);
    }
}

/// Lets the thread's other tasks go first.
pub(crate) async fn give_way() {
    let mut given = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
