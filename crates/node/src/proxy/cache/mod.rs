//! Requests on routes whose answers are stored.
//!
//! - [`lookup`]: what is stored, or comes in, or is to be asked for. [`fill`]: asking the backend, in an exchange of its own that writes
//!   into the store. [`part`]: answers that are one part of the whole. [`deliver`]: the way to the client of what is stored or comes in.
//!   [`encode`]: its codings. [`passed`]: what goes by the store on its way.
//! - [`unasked`]: asking for what no client has asked for. [`links`]: what answers say will be wanted next. [`pushed`]: content.

mod deliver;
mod encode;
mod fill;
mod links;
mod lookup;
mod part;
mod passed;
mod pushed;
mod unasked;

pub use pushed::Pushable;
pub(crate) use pushed::judge;
pub(crate) use unasked::{Errands, ask};

use crate::pool::Pool;
use crate::proxy::exchange::{Exchange, SPARE_BYTES};
use crate::store::{Coming, Names, Object};
use decide::cache::{self, Conditions, KeyRules, Policy, Rest, Rule, Sequence, Status, Tier, Uri, Wishes};
use decide::config::{Route, Site};
use decide::forward;
use decide::step::Step;
use decide::time::{Calendar, Duration};
use std::sync::Arc;
use wire::http::RequestHead;

/// What is known of a request on such a route.
#[derive(Default)]
pub(crate) struct Cached {
    pub(crate) key: Vec<u8>,
    /// What purges tell the answer by; only where one is asked for.
    pub(crate) names: Option<Arc<Names>>,
    pub(crate) wishes: Wishes,
    /// What the client is told.
    pub(crate) status: Status,
    /// An answer that the request waited for and that does not select it: it tells what would.
    pub(crate) like: Option<Arc<Coming>>,
    /// Links in the answer are followed, where the route says so.
    pub(crate) follows: bool,
    /// What is stored already and asked about.
    pub(crate) validating: Validating,
    /// When the backend was asked.
    pub(crate) requested: Calendar,
    /// Who was asked.
    pub(crate) tier: Tier,
    /// The purges there had been then.
    pub(crate) purged: Sequence,
}

impl Cached {
    /// The same memory, for another request: nothing of this one is left in it.
    pub(crate) fn emptied(mut self: Box<Cached>) -> Box<Cached> {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        key.shrink_to(SPARE_BYTES);
        *self = Cached { key, ..Cached::default() };
        self
    }
}

/// Stored answers that the backend is asked about.
#[derive(Clone, Default)]
pub(crate) struct Validating {
    pub(crate) objects: Vec<Arc<Object>>,
    pub(crate) sent: Conditions,
    /// The request selects one of them: the only one there is.
    pub(crate) selected: bool,
    /// It has parts of what the client wants, and only the rest is asked for.
    pub(crate) rest: Option<Rest>,
}

impl Exchange<'_> {
    /// What a request comes to before anything is looked up.
    fn begin_cached(&mut self, site: &Site, route: &Route, pool: &Pool, policy: &Policy) {
        let mut cached = self.scratch.cached.take().unwrap_or_default();
        let request = &self.scratch.request;
        write_key(site, route, &pool.config.name, request, self.scheme(), policy, &mut cached.key);
        cached.follows = true;
        cached.wishes = Wishes::of(&request.fields, policy);
        cached.requested = self.worker.host.calendar();
        cached.purged = self.worker.server.store.sequence();
        self.cached = Some(cached);
    }

    /// The origin must be asked: tells the client and the log.
    fn missed(&mut self, forwarded: cache::Forwarded, rule: Rule, collapsed: bool) {
        self.step(Step::CacheMiss { why: forwarded.word(), rule: rule.word(), collapsed });
        let cached = self.cached.as_mut().expect("a route that stores answers");
        cached.status = Status { forwarded: Some(forwarded), detail: Some(rule), collapsed, ..Status::default() };
    }

    /// What is stored is the answer.
    fn hit(&mut self, object: &Object, rule: Rule, status: Status) {
        let now = self.worker.host.calendar();
        let ttl = object.life.ttl(now);
        let left = Duration::from_secs(ttl.max(0).unsigned_abs());
        self.step(Step::CacheHit { rule: rule.word(), age: object.life.age(now), ttl: left });
        let cached = self.cached.as_mut().expect("a route that stores answers");
        cached.status = Status { ttl: Some(ttl), detail: Some(rule), ..status };
    }

    /// Writes `Cache-Status` (RFC 9211) of this answer into the scratch; empty on a route that stores nothing.
    pub(crate) fn write_cache_status(&mut self) {
        self.scratch.cache_status.clear();
        if let Some(cached) = &self.cached {
            let config = &self.snapshot.config;
            let name = config.cache.id.as_deref().unwrap_or(&config.server.name);
            cache::write_status(name, &cached.status, &mut self.scratch.cache_status);
        }
    }
}

/// `scheme://host/path?query`, as far as the query counts.
pub(crate) fn url_of(scheme: &str, request: &RequestHead, rules: &KeyRules, out: &mut Vec<u8>) {
    cache::url(&Uri { scheme, authority: &request.authority, target: &request.target }, rules, out);
}

/// What purges are told an answer to this request by; its tags come later.
fn names_of(site: &Site, scheme: &str, request: &RequestHead) -> Names {
    let mut url = Vec::new();
    url_of(scheme, request, &KeyRules::default(), &mut url);
    Names { site: site.name.as_str().into(), url: url.into(), tags: Box::default() }
}

/// The key. The protocol's own is only a part of it: one URL may be another site's on another listener, and may lead to another pool by a
/// field of the request. What a trusted proxy says of the client's address for us is in it too, because backends make links of it.
pub(crate) fn key_of(site: &Site, route: &Route, pool: &str, request: &RequestHead, scheme: &str, policy: &Policy) -> Vec<u8> {
    let mut key = Vec::with_capacity(64 + site.name.len() + request.authority.len() + request.target.len());
    write_key(site, route, pool, request, scheme, policy, &mut key);
    key
}

fn write_key(site: &Site, route: &Route, pool: &str, request: &RequestHead, scheme: &str, policy: &Policy, key: &mut Vec<u8>) {
    // No name and no field holds a line break.
    for part in [site.name.as_str(), "\n", route.name.as_str(), "\n", pool, "\n"] {
        key.extend_from_slice(part.as_bytes());
    }
    for condition in &route.when.headers {
        key.extend_from_slice(condition.name.to_ascii_lowercase().as_bytes());
        key.push(b'=');
        key.extend_from_slice(condition.value.as_deref().unwrap_or("*").as_bytes());
        key.push(b'\n');
    }
    url_of(scheme, request, &policy.key, key);
    forward::shaping_claims(request, &site.forward, key);
}
