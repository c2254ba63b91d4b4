//! The recursive role: names looked up for the clients of an office or a lab. What is decided is in [`decide::resolve`]; here walks are
//! begun, joined and waited for.
//!
//! All workers share one [`Resolver`]: one cache, so that its bound is the memory's, and one table of walks under way, so that a question
//! that many ask at once is walked for once. A walk runs on the worker that began it, and goes on when its clients have been answered with
//! what is out of date. The locks are held for the time of one decision, never while anything is waited for.

mod counts;
mod role;
mod under_way;

pub use counts::{ANSWERS, Counts};
pub(crate) use role::Recursive;

use crate::resolve;
use counts::Counters;
use decide::config;
use decide::resolve::{Asked, Cache, Desk, PATIENCE_OF_CLIENTS, Reply, instead};
use decide::step::{Journey, ResolverStep, Texts};
use decide::time::Instant;
use host::Host;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use under_way::UnderWay;
use wire::dns::{Query, ResponseCode};

const SERVFAIL: ResponseCode = ResponseCode(2);
/// So many clients may wait for each walk that is allowed, all in all.
const CLIENTS_PER_WALK: usize = 8;

/// The role.
pub struct Resolver {
    desk: Desk,
    cache: Mutex<Cache>,
    walks: Mutex<BTreeMap<Query, Arc<UnderWay>>>,
    /// How many walks may be under way.
    most: usize,
    /// How many clients wait.
    waiting: AtomicUsize,
    counters: Arc<Counters>,
}

/// Who is told what happens.
pub type Tell = Rc<dyn Fn(ResolverStep, &Texts)>;

/// An answer that takes time.
pub type Later = Pin<Box<dyn Future<Output = Answered>>>;

/// What is told of an answer, besides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub reply: Reply,
    /// Another client's walk has found it.
    pub joined: bool,
}

impl Resolver {
    /// From a configuration.
    pub fn new(config: &config::Resolver) -> Resolver {
        Resolver {
            desk: Desk::new(config),
            cache: Mutex::new(Desk::cache(config)),
            walks: Mutex::default(),
            most: config.lookups,
            waiting: AtomicUsize::new(0),
            counters: Arc::default(),
        }
    }

    /// The same under another configuration: what is known is kept, where the same servers are asked and it is kept as long.
    pub fn again(&self, config: &config::Resolver) -> Resolver {
        let next = Resolver { counters: self.counters.clone(), ..Resolver::new(config) };
        let same = next.desk.settings() == self.desk.settings();
        if same && next.cache().is_like(&self.cache()) {
            std::mem::swap(&mut *next.cache(), &mut *self.cache());
        }
        next
    }

    /// The answer, if it needs no walk; else the walk is begun or joined, and the answer comes later.
    pub fn ask(self: &Arc<Self>, host: &Host, asked: Asked<'_>, tell: &Tell) -> Result<Answered, Later> {
        let now = host.now();
        let known = self.desk.answer(asked, &self.cache(), now);
        let known = match known {
            Some(reply) => reply,
            None => match self.walk(host, asked.query, tell) {
                Some((walk, joined)) => return Err(Box::pin(Waiting::begin(self).wait(host.clone(), asked.query.clone(), walk, joined))),
                None => {
                    self.tell_full(now, tell);
                    instead(Reply::busy(), &self.cache(), asked.query, now)
                }
            },
        };
        Ok(self.counted(Answered { reply: known, joined: false }))
    }

    /// The walk that is under way for this question, or a new one; whether it was there. `None`: there are too many.
    fn walk(self: &Arc<Self>, host: &Host, query: &Query, tell: &Tell) -> Option<(Arc<UnderWay>, bool)> {
        if self.waiting.load(Ordering::Relaxed) >= self.most.saturating_mul(CLIENTS_PER_WALK) {
            return None;
        }
        let mut walks = self.walks();
        if let Some(walk) = walks.get(query) {
            return Some((walk.clone(), true));
        }
        if walks.len() >= self.most {
            return None;
        }
        let walk = Arc::new(UnderWay::default());
        walks.insert(query.clone(), walk.clone());
        drop(walks);
        self.counters.begun();
        let ending = Ending { resolver: self.clone(), query: query.clone(), walk: walk.clone() };
        let (on, tell) = (host.clone(), tell.clone());
        host.spawn(async move {
            let Ending { resolver, query, .. } = &ending;
            // What a walk does in detail is told to nobody: `trace` shows the same walk.
            let mut journey = Journey::default();
            let reply = resolve::ask(&on, resolver.desk.settings(), query.clone(), &resolver.cache, &mut journey).await;
            if reply.code == SERVFAIL {
                resolver.tell_failure(&on, query, &reply, &tell);
            }
            ending.end(reply);
        });
        Some((walk, false))
    }

    fn counted(&self, answered: Answered) -> Answered {
        self.counters.answered(&answered);
        answered
    }

    fn tell_failure(&self, host: &Host, query: &Query, reply: &Reply, tell: &Tell) {
        self.counters.failed();
        let now = host.now();
        let Some(more) = self.counters.unresolved.is_due(now) else { return };
        let told = if Reply::stale(&self.cache(), query, now).is_some() { "stale" } else { "failure" };
        let why = reply.error.as_ref().map_or("", |error| error.text.as_str());
        let mut texts = Texts::default();
        let mut text = |text: &str| texts.keep(text.as_bytes());
        let (name, kind, why) = (text(&query.name.to_string()), text(&query.kind.to_string()), text(why));
        tell(ResolverStep::NameUnresolved { name, kind, why, told, more }, &texts);
    }

    fn tell_full(&self, now: Instant, tell: &Tell) {
        if let Some(more) = self.counters.full.is_due(now) {
            tell(ResolverStep::LookupsFull { most: self.most as u64, more }, &Texts::default());
        }
    }

    fn stale(&self, query: &Query, host: &Host) -> Option<Reply> {
        Reply::stale(&self.cache(), query, host.now())
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        self.counters.counts()
    }

    /// How many walks are under way.
    pub fn under_way(&self) -> usize {
        self.walks().len()
    }

    /// How many answers and zones are known.
    pub fn known(&self) -> usize {
        self.cache().len()
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().expect("no panic while it is held")
    }

    fn walks(&self) -> MutexGuard<'_, BTreeMap<Query, Arc<UnderWay>>> {
        self.walks.lock().expect("no panic while it is held")
    }
}

/// Takes a walk off the table when its task ends, however it does: with its worker, if need be.
struct Ending {
    resolver: Arc<Resolver>,
    query: Query,
    walk: Arc<UnderWay>,
}

impl Ending {
    /// Off the table first: whoever is told finds that it is over, and whoever asks from now on is not given what it came to.
    fn end(&self, reply: Reply) {
        let mut walks = self.resolver.walks();
        if walks.get(&self.query).is_some_and(|there| Arc::ptr_eq(there, &self.walk)) {
            walks.remove(&self.query);
        }
        drop(walks);
        self.walk.end(reply);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.end(Reply::given_up());
    }
}

/// Counts a client that waits.
struct Waiting(Arc<Resolver>);

impl Waiting {
    fn begin(resolver: &Arc<Resolver>) -> Waiting {
        resolver.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(resolver.clone())
    }

    async fn wait(self, host: Host, query: Query, walk: Arc<UnderWay>, joined: bool) -> Answered {
        let resolver = &self.0;
        let reply = match walk.reply_before(&host, host.now() + PATIENCE_OF_CLIENTS).await {
            Some(reply) => reply,
            // RFC 8767 §5: the client gets what there is; the walk goes on, for the next.
            None => match resolver.stale(&query, &host) {
                Some(stale) => stale,
                None => walk.reply().await,
            },
        };
        let reply = instead(reply, &resolver.cache(), &query, host.now());
        resolver.counted(Answered { reply, joined })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
