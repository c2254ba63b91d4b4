//! Asking the backend for what is stored and for whoever waits: an exchange like any other, whose client is memory.

use super::{Cached, Validating};
use crate::buffer::Buffer;
use crate::channel::Channel;
use crate::pool::Pool;
use crate::proxy::connection::{Caller, Client};
use crate::proxy::exchange::{Exchange, Next, Stage, wire_limits};
use crate::proxy::reply::{Reply, Segment};
use crate::server::{Held, Worker};
use crate::store::{Around, Coming, Judged, Made, Names, Naming, Object, Storing, Told, Writer, ask_for_codings, exact, judged};
use decide::cache::{
    self, Conditions, Directives, Life, Outcome, Policy, Record, Rest, Rested, Reuse, Rule, Selecting, Tier, Times, Wishes, conditions,
    date_of, freshen, rested, sole_range, stored_fields, validated,
};
use decide::step::{Bytes, JourneyId, RouteRef, Step};
use decide::time::Duration;
use std::rc::Rc;
use std::sync::Arc;
use wire::http::{Fields, Known, Method, RequestHead};
use wire::http1::{Framing, ResponseMeta};

/// What is to be asked, and for what.
pub(super) struct Errand {
    snapshot: Rc<Held>,
    pool: Arc<Pool>,
    route: Option<RouteRef>,
    matched: usize,
    id: JourneyId,
    request: RequestHead,
    /// The client's range, where its part is asked for and not the whole.
    range: Option<Conditions>,
    key: Vec<u8>,
    names: Arc<Names>,
    wishes: Wishes,
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
    pub(super) wishes: Wishes,
    /// Links in the answer are followed, where the route says so.
    pub(super) follows: bool,
}

impl Errand {
    /// The request of a client, without what is only about its own copy.
    pub(super) fn of(exchange: &Exchange<'_>, pool: Arc<Pool>, validating: Validating) -> Errand {
        let cached = exchange.cached.as_ref().expect("a route that stores answers");
        let (snapshot, route) = (exchange.snapshot.clone(), exchange.route.expect("a routed request"));
        let request = &exchange.scratch.request;
        // What is stored whole is to stay whole.
        let is_whole = validating.objects.iter().any(|object| validating.selected && object.parts.is_none());
        let ranged = policy_of(&snapshot, route).partial && !is_whole;
        let range = sole_range(&request.fields).filter(|_| ranged).map(|_| Conditions::default().with_range_of(&request.fields));
        let asker = Asker {
            snapshot,
            route,
            matched: exchange.matched,
            id: exchange.scratch.journey.id,
            request,
            scheme: exchange.scheme(),
            key: cached.key.clone(),
            wishes: cached.wishes,
            follows: cached.follows,
        };
        Errand { range, ..Errand::to(asker, pool, validating) }
    }

    /// The same for any who asks: all of it.
    pub(super) fn to(asker: Asker<'_>, pool: Arc<Pool>, validating: Validating) -> Errand {
        let Asker { snapshot, route, matched, id, request, scheme, key, wishes, follows } = asker;
        let mut request = request.clone();
        request.method = Method::Get;
        Conditions::default().apply(&mut request.fields);
        request.fields.remove(Known::Expect);
        ask_for_codings(policy_of(&snapshot, route).vary.accept_encoding, &mut request.fields);
        let names = Arc::new(super::names_of(&snapshot.config.sites[usize::from(route.site)], scheme, &request));
        Errand { pool, route: Some(route), matched, id, request, range: None, key, names, wishes, follows, validating, snapshot }
    }

    /// What the question is put under.
    fn conditions(&self) -> Conditions {
        let Validating { objects, rest, .. } = &self.validating;
        if let (Some(rest), Some(object)) = (rest, objects.first()) {
            return Conditions::for_rest(rest, &object.head.fields);
        }
        let validators = conditions(&self.request, objects.iter().map(|object| &object.head.fields));
        match &self.range {
            Some(range) => Conditions { range: range.range.clone(), if_range: range.if_range.clone(), ..validators },
            None => validators,
        }
    }
}

/// Asks, until the answer is there or it is known that there is none.
pub(super) async fn fill(worker: Rc<Worker>, caller: Rc<Caller>, mut writer: Writer, mut errand: Errand) {
    loop {
        errand.validating.sent = errand.conditions();
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
        if let Some(Rest { wanted, missing }) = errand.validating.rest {
            let asked = missing.end.unwrap_or(wanted.span.end()) - missing.start;
            self.step(Step::CacheRest { held: Bytes(wanted.span.len - asked), asked: Bytes(asked) });
        }
        errand.validating.sent.apply(&mut self.scratch.request.fields);
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
            purged: self.born(),
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
        let Validating { objects, sent, rest, .. } = &cached.validating;
        if let (Some(rest), Some(old)) = (rest, objects.first()) {
            let length = length_of(meta);
            match rested(rest, &old.head.fields, &self.scratch.response, length, &mut Record::off()).0 {
                Rested::Joins => {
                    let coming = self.rest_of(&cached, old, rest, times, policy);
                    self.cached = Some(cached);
                    return Some(Told::Coming(Arc::new(coming)));
                }
                Rested::AskAgain => {
                    self.cached = Some(cached);
                    return None;
                }
                Rested::Use => {}
            }
        }
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
        let also = Arc::new(Object { selecting, ..object.same() });
        store.put(&cached.key, also.clone());
        also
    }

    /// A new answer: whether it is stored, and as what.
    fn coming(&mut self, cached: &Cached, meta: &ResponseMeta, times: Times, policy: &Policy) -> Coming {
        let names = cached.names.as_ref().expect("what is asked for has names");
        let Judged { mut object, mut rule, part, life, trailers } = self.judged(&cached.wishes, names, self.born(), times, policy);
        // What is stored may still be of use while the origin fails.
        if object.is_some() && cache::is_failure(self.scratch.response.status) && !cached.validating.objects.is_empty() {
            (object, rule) = (None, Rule::OriginFailed);
        }
        self.remember(cached, object.as_ref(), rule, times, policy);
        let keep = self.keeps(cached);
        if object.is_some() && !keep {
            rule = Rule::KeptElsewhere;
        }
        let (stored, ttl) = (object.is_some() && keep, left(&life, times));
        let head = self.scratch.response.clone();
        self.step(Step::CacheStore { stored, rule: rule.word(), ttl });
        self.follow_links(cached, policy);
        let (largest, partial) = (policy.largest, policy.partial);
        let stored = object.map(|object| Storing { object, largest, keep, partial, trailers });
        Coming { head, length: length_of(meta), stored, rule, part, around: Around::default() }
    }

    /// Whether the answer stays here. What another edge keeps does where it is asked for often enough.
    pub(super) fn keeps(&self, cached: &Cached) -> bool {
        cached.tier != Tier::Peers || self.is_hot(&cached.key)
    }

    fn is_hot(&self, key: &[u8]) -> bool {
        let hot = self.snapshot.config.cache.hot;
        self.worker.server.store.popularity(key, self.worker.host.now(), hot.window) > hot.requests
    }

    /// What an answer would be stored as, but for its content.
    pub(super) fn judged(&self, wishes: &Wishes, names: &Arc<Names>, born: cache::Sequence, times: Times, policy: &Policy) -> Judged {
        let exchange = cache::Exchange { request: &self.scratch.request, scheme: self.scheme(), response: &self.scratch.response, times };
        judged(&exchange, wishes, &Naming { names, born }, policy, &mut Record::off())
    }

    pub(super) fn born(&self) -> cache::Sequence {
        let Channel::Fill(writer) = &self.client.stream else { unreachable!("a fill writes into the store") };
        writer.born()
    }

    /// What later requests need to know of an answer that is not stored, or is of no use to them without asking.
    pub(super) fn remember(&self, cached: &Cached, object: Option<&Object>, rule: Rule, times: Times, policy: &Policy) {
        let (store, now) = (&self.worker.server.store, self.worker.host.now());
        let shared = object.is_some_and(|object| object.life.is_fresh(times.received) && !object.life.validate_always);
        // What one request alone has said or met is no rule for others.
        let of_one = matches!(rule, Rule::Authorized | Rule::RequestNoStore | Rule::AboutRequest | Rule::OriginFailed);
        // A part that is too long does not say that another is.
        let of_one = of_one || self.scratch.response.status == 206 && rule == Rule::TooLarge;
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
        writer.finish(&Fields::new());
        Stage::Log
    }

    /// The exchange is over. What was done and is in no request's journey is counted all the same.
    pub(crate) fn end_fill(mut self) -> Next {
        let Channel::Fill(writer) = &self.client.stream else { unreachable!("a fill writes into the store") };
        if let Some(why) = writer.dropped() {
            self.step(Step::CacheDrop { why });
        }
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

/// A stored answer with the fields of a newer one.
pub(super) fn freshened_by(old: &Object, newer: &cache::Exchange<'_>, policy: &Policy) -> Object {
    let (arrived, times) = (&newer.response.fields, newer.times);
    let mut object = old.same();
    freshen(&mut object.head.fields, &stored_fields(newer, &Directives::of(arrived, policy), policy));
    object.head.fields = exact(&object.head.fields);
    let directives = Directives::of(&object.head.fields, policy);
    object.life = Life::of(&object.head, arrived, &directives, times, policy);
    object.date = date_of(&object.head.fields, times.received);
    object.stale_since = None;
    object
}

/// The rules of a route that stores answers.
fn policy_of(snapshot: &Held, route: RouteRef) -> &Policy {
    let site = &snapshot.config.sites[usize::from(route.site)];
    site.routes[usize::from(route.route)].cache.as_ref().expect("the route leads here because it stores answers")
}

/// Bytes of an answer's content, where they are known before they come.
fn length_of(meta: &ResponseMeta) -> Option<u64> {
    match meta.framing {
        Framing::None => Some(0),
        Framing::Exact(bytes) => Some(bytes),
        Framing::Chunked | Framing::UntilClose => None,
    }
}

pub(super) fn left(life: &Life, times: Times) -> Duration {
    Duration::from_secs(life.ttl(times.received).max(0).unsigned_abs())
}
