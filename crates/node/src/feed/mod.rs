//! What comes into the cache without a client's asking for it: URLs that are fetched because the origin says that they changed, or ahead
//! of time, and content that the origin hands over.
//!
//! - [`job`]: lists of URLs under way, their pace and what came of each. [`run`]: the task that works on them. [`place`]: which route would
//!   serve a URL. [`content`]: content that is handed over. [`inside`]: a request of our own, for a list of URLs.
//!
//! Order of calls: [`Server::feed`] puts a job in; the task of one worker takes URLs out at their pace and asks for each, as a client
//! would; [`Server::fed`] waits for its end. All of it is bounded by the configuration (`[cache]`).

mod content;
mod inside;
mod job;
mod place;
mod run;

pub use content::{Pushable, Pushed};
pub use job::{Fetched, Listed, Outcome, Plan, Progress, Reason, Refused};
pub use place::Only;
pub(crate) use place::{Routed, routed};
pub(crate) use run::run;

use crate::asked::Asked;
use crate::server::Server;
use crate::signal::Signal;
use decide::config;
use decide::step::{OwnerStep, Step};
use decide::time::{Calendar, Duration, Instant};
use host::Host;
use job::{Job, Task};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

/// Links of answers that wait to be followed, at the most; further ones are let go, because they are worth only what they cost nobody.
const MOST_LINKED: usize = 1024;
/// What a link led to and was not stored is not asked for again for so long: a page that is asked for often would have it asked for as
/// often.
const IN_VAIN: Duration = Duration::from_secs(60);
/// So many such links are remembered; beyond, all are forgotten.
const MOST_IN_VAIN: usize = 4096;

/// All that is under way of it.
#[derive(Default)]
pub struct Feed {
    state: Mutex<State>,
    /// Raised whenever there may be something to do, or something to see.
    changed: Signal,
}

#[derive(Default)]
struct State {
    jobs: BTreeMap<u64, Job>,
    /// The number of the last job.
    last: u64,
    linked: VecDeque<Asked>,
    /// URLs under way of links.
    links_under_way: usize,
    /// Links that led to nothing worth storing, and until when that is believed.
    in_vain: BTreeMap<Link, Instant>,
    /// The server drains: nothing more begins.
    closed: bool,
}

/// What tells one link from another: scheme, authority and target.
type Link = (&'static str, Vec<u8>, Vec<u8>);

fn link(asked: &Asked) -> Link {
    (asked.scheme, asked.head.authority.clone(), asked.head.target.clone())
}

/// What the task does next.
enum Next {
    Begin(Task),
    /// Nothing before then, unless something changes.
    At(Instant),
    Wait,
    Over,
}

impl Feed {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it is held")
    }

    /// What can be seen of a job; `None`: it is not known, or not any more.
    pub fn progress(&self, job: u64) -> Option<Progress> {
        self.lock().jobs.get(&job).map(|known| known.progress(job))
    }

    /// The same of all.
    pub fn jobs(&self) -> Vec<Progress> {
        self.lock().jobs.iter().map(|(id, job)| job.progress(*id)).collect()
    }

    /// URLs of a job from this one on, as many as these at the most, with what came of each that is done.
    pub fn results(&self, job: u64, from: usize, most: usize) -> Vec<(String, Option<Fetched>)> {
        let state = self.lock();
        let Some(job) = state.jobs.get(&job) else { return Vec::new() };
        job.results().skip(from).take(most).map(|(url, fetched)| (url.to_string(), fetched.cloned())).collect()
    }

    /// Follows a link of an answer, if there is room and it was not in vain just now.
    pub(crate) fn follow(&self, linked: Asked, now: Instant) {
        let mut state = self.lock();
        if state.in_vain.get(&link(&linked)).is_some_and(|until| now < *until) {
            return;
        }
        let same = |other: &Asked| {
            (other.scheme, &other.head.authority, &other.head.target) == (linked.scheme, &linked.head.authority, &linked.head.target)
        };
        if state.closed || state.linked.len() >= MOST_LINKED || state.linked.iter().any(same) {
            return;
        }
        state.linked.push_back(linked);
        drop(state);
        self.changed.raise();
    }

    /// A link has been followed.
    fn followed(&self, linked: &Asked, good: bool, now: Instant) {
        let mut state = self.lock();
        state.links_under_way -= 1;
        if good {
            state.in_vain.remove(&link(linked));
            return;
        }
        if state.in_vain.len() >= MOST_IN_VAIN {
            state.in_vain.clear();
        }
        state.in_vain.insert(link(linked), now + IN_VAIN);
    }

    /// Nothing more begins.
    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.linked.clear();
        state.jobs.values_mut().for_each(Job::cancel);
    }

    fn next(&self, now: Instant, bounds: &config::Feed) -> Next {
        self.lock().next(now, bounds)
    }
}

impl State {
    fn next(&mut self, now: Instant, bounds: &config::Feed) -> Next {
        if self.closed {
            return Next::Over;
        }
        // What the origin says has changed goes before what may be wanted some time, and has places of its own.
        for notices in [true, false] {
            let under_way: usize = self.jobs.values().filter(|job| job.is_notice() == notices).map(Job::under_way).sum();
            let under_way = under_way + if notices { 0 } else { self.links_under_way };
            if under_way >= bounds.simultaneous {
                continue;
            }
            // A list may be long: one is in memory at a time.
            let may_read = !self.jobs.values().any(Job::is_reading);
            let mut of_kind = self.jobs.iter_mut().filter(|(_, job)| job.is_notice() == notices);
            if let Some(task) = of_kind.find_map(|(id, job)| job.begin(*id, now, may_read)) {
                return Next::Begin(task);
            }
            if !notices && let Some(linked) = self.linked.pop_front() {
                self.links_under_way += 1;
                return Next::Begin(Task::Link(linked));
            }
        }
        // Who has no place now is looked for again when one is over.
        self.jobs.values().filter_map(|job| job.due(now)).min().map_or(Next::Wait, Next::At)
    }
}

impl Server {
    /// Has URLs fetched. Returns the number of the job.
    pub fn feed(&self, host: &Host, plan: Plan) -> Result<u64, Refused> {
        let bounds = self.snapshot().config.cache.feed;
        let (by, urls) = (plan.reason.word(), plan.urls.len() as u64);
        let mut state = self.feed.lock();
        let job = Job::new(plan, &bounds, host.now(), host.calendar())?;
        if state.closed {
            return Err(Refused::Draining);
        }
        while state.jobs.len() >= bounds.jobs {
            let over = state.jobs.iter().find(|(_, job)| job.is_over()).map(|(id, _)| *id);
            let over = over.ok_or(Refused::Busy { jobs: bounds.jobs })?;
            state.jobs.remove(&over);
        }
        state.last += 1;
        let id = state.last;
        state.jobs.insert(id, job);
        drop(state);
        self.tell(host.calendar(), Step::Owner(OwnerStep::FeedBegan { by, job: id, urls }));
        self.end_feed(host.calendar(), id);
        self.feed.changed.raise();
        Ok(id)
    }

    /// What is fetched without a client's asking.
    pub fn fetching(&self) -> &Feed {
        &self.feed
    }

    /// Begins nothing more of a job; what is under way comes to its end. False: there is no such job, or it is over.
    pub fn cancel_feed(&self, calendar: Calendar, id: u64) -> bool {
        let mut state = self.feed.lock();
        let Some(job) = state.jobs.get_mut(&id).filter(|job| !job.is_over()) else { return false };
        job.cancel();
        drop(state);
        self.end_feed(calendar, id);
        self.feed.changed.raise();
        true
    }

    /// Resolves when a job is over, or no longer known.
    pub async fn fed(&self, id: u64) {
        loop {
            let seen = self.feed.changed.number();
            if self.feed.lock().jobs.get(&id).is_none_or(Job::is_over) {
                return;
            }
            self.feed.changed.after(seen).await;
        }
    }

    /// Ends a job that has nothing more to do, and tells of it once.
    fn end_feed(&self, calendar: Calendar, id: u64) {
        let step = self.feed.lock().jobs.get_mut(&id).and_then(|job| job.end(id, calendar));
        if let Some(step) = step {
            self.tell(calendar, step);
        }
    }

    /// The server drains: what has not begun does not begin any more.
    pub(crate) fn close_feed(&self, calendar: Calendar) {
        self.feed.close();
        let jobs: Vec<u64> = self.feed.lock().jobs.keys().copied().collect();
        jobs.into_iter().for_each(|id| self.end_feed(calendar, id));
        self.feed.changed.raise();
    }
}
