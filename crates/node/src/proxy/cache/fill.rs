//! Asking the backend for what is stored and for whoever waits: an exchange like any other, whose client is memory.

use super::{Cached, Validating};
use crate::buffer::Buffer;
use crate::channel::Channel;
use crate::pool::Pool;
use crate::proxy::connection::{Caller, Client};
use crate::proxy::exchange::{Exchange, Next, Stage, wire_limits};
use crate::proxy::reply::{Reply, Segment};
use crate::server::{Held, Worker};
use crate::store::{Coming, Made, Names, Object, Storing, Told, Writer};
use decide::cache::{
    self, AcceptEncoding, Conditions, Directives, Life, Outcome, Policy, Record, Reuse, Rule, Selecting, Tier, Times, conditions, date_of,
    freshen, storable, stored_fields, validated,
};
use decide::step::{JourneyId, RouteRef, Step};
use decide::time::Duration;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use wire::http::{Fields, Known, Method, RequestHead, ResponseHead};
use wire::http1::{Framing, ResponseMeta};

/// What is to be asked, and for what.
pub(super) struct Errand {
    snapshot: Rc<Held>,
    pool: Arc<Pool>,
    route: Option<RouteRef>,
    matched: usize,
    id: JourneyId,
    request: RequestHead,
    key: Vec<u8>,
    names: Arc<Names>,
    wishes: cache::Wishes,
    follows: bool,
    validating: Validating,
}

/// What stands for a client where an answer is asked for.
pub(super) struct Asker<'a> {
    pub(super) snapshot: Rc<Held>,
    pub(super) route: RouteRef,
    pub(super) matched: usize,
    pub(super) id: JourneyId,
    pub(super) request: &'a RequestHead,
    pub(super) scheme: &'a str,
    pub(super) key: Vec<u8>,
    pub(super) wishes: cache::Wishes,
    /// Links in the answer are followed, where the route says so.
    pub(super) follows: bool,
}

impl Errand {
    /// The request of a client, without what is only about its own copy.
    pub(super) fn of(exchange: &Exchange<'_>, pool: Arc<Pool>, validating: Validating) -> Errand {
        let cached = exchange.cached.as_ref().expect("a route that stores answers");
        let asker = Asker {
            snapshot: exchange.snapshot.clone(),
            route: exchange.route.expect("a routed request"),
            matched: exchange.matched,
            id: exchange.scratch.journey.id,
            request: &exchange.scratch.request,
            scheme: exchange.client.caller.peer.scheme(),
            key: cached.key.clone(),
            wishes: cached.wishes,
            follows: cached.follows,
        };
        Errand::to(asker, pool, validating)
    }

    /// The same for any who asks.
    pub(super) fn to(asker: Asker<'_>, pool: Arc<Pool>, validating: Validating) -> Errand {
        let Asker { snapshot, route, matched, id, request, scheme, key, wishes, follows } = asker;
        let mut request = request.clone();
        request.method = Method::Get;
        Conditions::default().apply(&mut request.fields);
        request.fields.remove(Known::Expect);
        let site = &snapshot.config.sites[usize::from(route.site)];
        let policy = site.routes[usize::from(route.route)].cache.as_ref().expect("the route leads here because it stores answers");
        ask_for_codings(policy.vary.accept_encoding, &mut request.fields);
        let names = Arc::new(super::names_of(site, scheme, &request));
        Errand { pool, route: Some(route), matched, id, request, key, names, wishes, follows, validating, snapshot }
    }
}

/// What the origin is asked with in place of the client's `Accept-Encoding`. Where codings are made here, it is asked for none: one copy
/// comes over the way and is stored, every client's coding is made of it, and no tag of one names another.
pub(super) fn ask_for_codings(compared: AcceptEncoding, fields: &mut Fields) {
    let asked = match compared {
        AcceptEncoding::Exact | AcceptEncoding::Sorted => return,
        AcceptEncoding::Reduced => cache::forwarded_accept_encoding(fields),
        AcceptEncoding::Unasked => Some(b"identity".to_vec()),
    };
    fields.remove(Known::AcceptEncoding);
    if let Some(asked) = asked {
        fields.push_known(Known::AcceptEncoding, &asked);
    }
}

/// Asks, until the answer is there or it is known that there is none.
pub(super) async fn fill(worker: Rc<Worker>, caller: Rc<Caller>, mut writer: Writer, mut errand: Errand) {
    loop {
        errand.validating.sent = conditions(&errand.request, errand.validating.objects.iter().map(|object| &object.head.fields));
        let mut client = Client::on(&worker, caller.clone(), Channel::Fill(writer), Buffer::new(&worker.buffers));
        let mut exchange = Exchange::begin(&worker, &mut client);
        exchange.sent_by(&errand);
        exchange.run_from(Stage::Proxy(errand.pool.clone())).await;
        let Channel::Fill(back) = client.stream else { unreachable!("a channel stays what it is") };
        writer = back;
        if !std::mem::take(&mut writer.asks_again) {
            return;
        }
        errand.validating = Validating::default();
    }
}

impl Exchange<'_> {
    /// Puts everything in place that a request has when it is routed.
    fn sent_by(&mut self, errand: &Errand) {
        self.snapshot = errand.snapshot.clone();
        (self.route, self.matched) = (errand.route, errand.matched);
        self.scratch.journey.id = errand.id;
        self.scratch.request.clone_from(&errand.request);
        if !errand.validating.sent.is_empty() {
            errand.validating.sent.apply(&mut self.scratch.request.fields);
        }
        self.cached = Some(Box::new(Cached {
            key: errand.key.clone(),
            names: Some(errand.names.clone()),
            wishes: errand.wishes,
            status: cache::Status::default(),
            like: None,
            follows: errand.follows,
            validating: errand.validating.clone(),
            requested: self.worker.host.calendar(),
            tier: Tier::Origin,
        }));
    }

    /// The head of the backend's answer has come: decides what becomes of it, and tells all who wait.
    pub(crate) fn begin_fill(&mut self, meta: &ResponseMeta, from: Framing) {
        let told = self.judge(meta);
        let limits = wire_limits(&self.snapshot.config.limits);
        let now = self.worker.host.now();
        let to = self.client.stream.framing(meta.framing);
        self.scratch.down.begin(from, to, limits, now);
        let steps = self.scratch.journey.take_steps();
        let Channel::Fill(writer) = &mut self.client.stream else { unreachable!("a fill writes into the store") };
        match told {
            Some(told) => writer.tell(told, steps),
            None => writer.asks_again = true,
        }
    }

    /// What an answer is. `None`: it is about nothing that is stored, and the backend must be asked without conditions.
    fn judge(&mut self, meta: &ResponseMeta) -> Option<Told> {
        let snapshot = self.snapshot.clone();
        let (_, route) = self.site_and_route(&snapshot).expect("a routed request");
        let policy = route.cache.as_ref().expect("the route leads here because it stores answers");
        let calendar = self.worker.host.calendar();
        let cached = self.cached.take().expect("a route that stores answers");
        let times = Times { requested: cached.requested, received: calendar };
        let Validating { objects, sent, .. } = &cached.validating;
        let stored: Vec<_> = objects.iter().map(|object| object.stored()).collect();
        let response = &self.scratch.response;
        let asked = !sent.is_empty();
        let (outcome, _) = validated(&stored, sent, Reuse::MustValidate, Some(response), calendar, &mut Record::off());
        let told = match outcome {
            Outcome::Freshen(which) if asked => Some(Told::Current(self.freshen(&cached, &which, times, policy))),
            Outcome::AskAgain | Outcome::PassOn if asked => None,
            _ => Some(Told::Coming(Arc::new(self.coming(&cached, meta, times, policy)))),
        };
        self.cached = Some(cached);
        told
    }

    /// The backend says that these stored answers are current. Returns the one for the request.
    fn freshen(&mut self, cached: &Cached, which: &[usize], times: Times, policy: &Policy) -> Arc<Object> {
        let store = self.worker.server.store.clone();
        let Channel::Fill(writer) = &self.client.stream else { unreachable!("a fill writes into the store") };
        let born = writer.born();
        let exchange = cache::Exchange { request: &self.scratch.request, scheme: self.scheme(), response: &self.scratch.response, times };
        let freshened: Vec<Arc<Object>> = which
            .iter()
            .map(|index| {
                let old = &cached.validating.objects[*index];
                let object = Arc::new(Object { born, ..freshened_by(old, &exchange, policy) });
                store.replace(&cached.key, old, object.clone());
                object
            })
            .collect();
        let object = freshened[0].clone();
        let (ttl, rule) = (left(&object.life, times), Rule::NotModified.word());
        self.step(Step::CacheStore { stored: true, rule, ttl });
        if cached.validating.selected {
            return object;
        }
        // RFC 9111 §4.3.4: from now on it is selected by such a request too.
        let Some(selecting) = Selecting::of(&object.head.fields, &self.scratch.request.fields, &policy.vary) else { return object };
        let also = Arc::new(Object { selecting, ..object.with_content(object.content.clone()) });
        store.put(&cached.key, also.clone());
        also
    }

    /// A new answer: whether it is stored, and as what.
    fn coming(&mut self, cached: &Cached, meta: &ResponseMeta, times: Times, policy: &Policy) -> Coming {
        let response = &self.scratch.response;
        let exchange = cache::Exchange { request: &self.scratch.request, scheme: self.scheme(), response, times };
        let names = cached.names.as_ref().expect("what is asked for has names");
        let directives = Directives::of(&response.fields, policy);
        let life = Life::of(response, &response.fields, &directives, times, policy);
        let (storing, mut rule) = storable(&exchange, &directives, &cached.wishes, &life, policy, &mut Record::off());
        let failed = cache::is_failure(response.status);
        let mut object = match storing {
            cache::Storing::Whole => Selecting::of(&response.fields, &self.scratch.request.fields, &policy.vary)
                .map(|selecting| object_of(&exchange, &directives, life, selecting, names.clone(), self.born(), policy)),
            cache::Storing::Part(_) | cache::Storing::Refused => None,
        };
        let (tags, dropped) = cache::tags(&response.fields, policy);
        match &mut object {
            Some(_) if dropped => (object, rule) = (None, Rule::TooManyTags),
            // What is stored may still be of use while the origin fails.
            Some(_) if failed && !cached.validating.objects.is_empty() => (object, rule) = (None, Rule::OriginFailed),
            Some(object) if !tags.is_empty() => {
                object.names = Arc::new(Names { site: names.site.clone(), url: names.url.clone(), tags: tags.into() });
            }
            _ => {}
        }
        self.remember(cached, object.as_ref(), rule, times, policy);
        let keep = cached.tier != Tier::Peers || self.is_hot(&cached.key);
        if object.is_some() && !keep {
            rule = Rule::KeptElsewhere;
        }
        let (stored, ttl) = (object.is_some() && keep, left(&life, times));
        let length = match meta.framing {
            Framing::None => Some(0),
            Framing::Exact(bytes) => Some(bytes),
            Framing::Chunked | Framing::UntilClose => None,
        };
        let head = self.scratch.response.clone();
        self.step(Step::CacheStore { stored, rule: rule.word(), ttl });
        self.follow_links(cached, policy);
        let largest = policy.largest;
        Coming { head, length, stored: object.map(|object| Storing { object, largest, keep }), rule }
    }

    /// Whether what another edge keeps is asked for so often here that it is kept here too.
    fn is_hot(&self, key: &[u8]) -> bool {
        let hot = self.snapshot.config.cache.hot;
        self.worker.server.store.popularity(key, self.worker.host.now(), hot.window) > hot.requests
    }

    fn born(&self) -> cache::Sequence {
        let Channel::Fill(writer) = &self.client.stream else { unreachable!("a fill writes into the store") };
        writer.born()
    }

    /// What later requests need to know of an answer that is not stored, or is of no use to them without asking.
    fn remember(&self, cached: &Cached, object: Option<&Object>, rule: Rule, times: Times, policy: &Policy) {
        let (store, now) = (&self.worker.server.store, self.worker.host.now());
        let shared = object.is_some_and(|object| object.life.is_fresh(times.received) && !object.life.validate_always);
        // What one request alone has said or met is no rule for others.
        let of_one = matches!(rule, Rule::Authorized | Rule::RequestNoStore | Rule::AboutRequest | Rule::OriginFailed);
        let failed = cache::is_failure(self.scratch.response.status);
        match (shared, of_one || failed) {
            (true, _) => store.remember_uncacheable(&cached.key, None, now),
            (false, true) => {}
            (false, false) => store.remember_uncacheable(&cached.key, Some(policy.collapse.uncacheable), now),
        }
        if object.is_none() && !failed {
            cached.validating.objects.iter().filter(|_| cached.validating.selected).for_each(|old| store.discard(&cached.key, old));
        }
    }

    /// No backend gave an answer: this is said to all who wait.
    pub(crate) fn made_for_fill(&mut self, reply: Reply) -> Stage {
        let body = reply.body.into_iter().flat_map(|segment| match segment {
            Segment::Bytes(bytes) => bytes,
            Segment::File { .. } => Vec::new(),
        });
        let made = Made { status: reply.status, fields: reply.fields, body: body.collect() };
        let steps = self.scratch.journey.take_steps();
        let Channel::Fill(writer) = &mut self.client.stream else { unreachable!("a fill writes into the store") };
        writer.tell(Told::Made(Arc::new(made)), steps);
        writer.finish();
        Stage::Log
    }

    /// The exchange is over. What was done and is in no request's journey is counted all the same.
    pub(crate) fn end_fill(mut self) -> Next {
        let steps = self.scratch.journey.take_steps();
        let Channel::Fill(writer) = &mut self.client.stream else { unreachable!("a fill writes into the store") };
        if !writer.asks_again {
            for (at, step) in writer.close(self.end.why, self.end.side, steps) {
                self.scratch.journey.add(at, step);
            }
            self.snapshot.counters().journey(self.worker.index, &self.scratch.journey);
        }
        Next::Close
    }
}

/// What is stored of an answer, without its content.
pub(super) fn object_of(
    exchange: &cache::Exchange<'_>,
    directives: &Directives,
    life: Life,
    selecting: Selecting,
    names: Arc<Names>,
    born: cache::Sequence,
    policy: &Policy,
) -> Object {
    let fields = exact(&stored_fields(exchange, directives, policy));
    Object {
        head: ResponseHead { reason: Vec::new(), fields, ..exchange.response.clone() },
        date: date_of(&exchange.response.fields, exchange.times.received),
        selecting,
        life,
        content: Arc::default(),
        coded: Arc::default(),
        names,
        born,
        stale_since: None,
        cleared: AtomicU64::new(0),
    }
}

/// A stored answer with the fields of a newer one.
pub(super) fn freshened_by(old: &Object, newer: &cache::Exchange<'_>, policy: &Policy) -> Object {
    let (arrived, times) = (&newer.response.fields, newer.times);
    let mut object = old.with_content(old.content.clone());
    freshen(&mut object.head.fields, &stored_fields(newer, &Directives::of(arrived, policy), policy));
    object.head.fields = exact(&object.head.fields);
    let directives = Directives::of(&object.head.fields, policy);
    object.life = Life::of(&object.head, arrived, &directives, times, policy);
    object.date = date_of(&object.head.fields, times.received);
    object.stale_since = None;
    object
}

/// The same fields in no more memory than they need.
pub(super) fn exact(fields: &Fields) -> Fields {
    fields.clone()
}

fn left(life: &Life, times: Times) -> Duration {
    Duration::from_secs(life.ttl(times.received).max(0).unsigned_abs())
}
