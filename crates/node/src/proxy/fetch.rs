//! A request to a backend: tried, tried again where that is safe, and its answer delivered.

use crate::channel::Channel;
use crate::pool::{Pool, Ticket};
use crate::proxy::exchange::{Exchange, Next, Scratch, Stage, wire_limits};
use crate::proxy::half::Half;
use crate::proxy::head;
use crate::proxy::relay::{Awaiting, Failure, Fault, Progress, Relay};
use crate::proxy::reply::Reply;
use crate::proxy::tiers::Way;
use crate::proxy::tunnel;
use crate::proxy::upgrade;
use crate::proxy::upstream::{Unselected, Upstream};
use decide::cache::Tier;
use decide::forward::{self, ProxyError};
use decide::pool::retry::{Attempt, Cause, Sent, may_retry};
use decide::pool::{Outcome, orca};
use decide::step::{Bytes, Side, Step};
use decide::time::{Duration, Instant};
use std::sync::Arc;
use wire::http::{Known, Method, ResponseHead};
use wire::http1::{Framing, ResponseMeta};

/// How one try ended.
enum Tried {
    /// The request is over.
    Over(Stage),
    /// The backend failed before its answer began.
    Failed { error: ProxyError, sent: Sent },
    /// The backend answered with a status that the owner wants retried; the answer was not passed on.
    Unwanted { status: u16 },
}

/// What came of asking the backends of a pool.
enum Asked {
    /// The request is over.
    Over(Stage),
    /// None of them could be asked, for this reason: these are next.
    Next(Tier, &'static str),
}

impl Exchange<'_> {
    /// Asks backends until one answers, or nothing more may be tried: those of the route's pool, and before them peers and shields.
    pub(crate) async fn proxy(&mut self, pool: Arc<Pool>) -> Stage {
        self.hint().await;
        let mut way = self.way(pool);
        if self.meta.framing != Framing::None {
            self.client.input.hold();
        }
        loop {
            match self.ask_pool(&way).await {
                Asked::Over(stage) => return stage,
                Asked::Next(tier, why) => way = self.way_on(way, tier, why),
            }
        }
    }

    /// Asks backends of one pool.
    async fn ask_pool(&mut self, way: &Way) -> Asked {
        let pool = &way.pool;
        let mut tried = Vec::new();
        loop {
            let ticket = match (self.select(way, &tried).await, way.next) {
                (Ok(ticket), _) => ticket,
                (Err(Unselected::This), Some(tier)) => return Asked::Next(tier, "this edge keeps it itself"),
                (Err(Unselected::Unavailable(_, why)), Some(tier)) => return Asked::Next(tier, why),
                (Err(unselected), _) => {
                    // The next request must find nothing held of this one.
                    self.client.input.let_go();
                    return Asked::Over(self.unselected(unselected));
                }
            };
            let backend = ticket.backend;
            let tries = u32::try_from(tried.len()).unwrap_or(u32::MAX) + 1;
            let (cause, sent, error) = match self.attempt(ticket, tries).await {
                Tried::Over(stage) => return Asked::Over(stage),
                Tried::Failed { error, sent } => (Cause::Failed(error), sent, error),
                Tried::Unwanted { status } => (Cause::Status(status), Sent::Whole, ProxyError::ProxyInternalResponse),
            };
            // An unwanted status was found worth a retry before its answer was given up.
            let again = matches!(cause, Cause::Status(_)) || self.may_try_again(pool, tries, sent, cause);
            let next = way.next.filter(|_| !again && self.may_repeat(sent));
            let then = match (again, next) {
                (true, _) => "retry",
                (false, Some(_)) => "next-tier",
                (false, None) => "give-up",
            };
            self.step(Step::BackendFailed { backend: pool.backend_ref(backend), error: error.name(), then });
            if !again && next.is_none() {
                return Asked::Over(self.failed(error));
            }
            // What was received lies before us again, to be counted by whoever takes it next.
            self.client.input.rewind();
            self.received = 0;
            if let Some(tier) = next {
                return Asked::Next(tier, error.sentence());
            }
            tried.push(backend);
        }
    }

    fn may_try_again(&self, pool: &Pool, tries: u32, sent: Sent, cause: Cause) -> bool {
        let replayable = self.meta.framing == Framing::None || self.client.input.can_rewind();
        let attempt = Attempt { method: &self.scratch.request.method, tries, sent, replayable, answered: false, cause };
        may_retry(&pool.config.retry, &attempt).is_ok() && pool.may_spend_retry(self.worker.host.now())
    }

    /// One try, at one backend. A kept connection that turns out to be closed is replaced by a new one; that is nobody's failure.
    async fn attempt(&mut self, ticket: Ticket, tries: u32) -> Tried {
        let mut kept = true;
        loop {
            let began = self.worker.host.now();
            let mut upstream = match self.connect(&ticket, kept).await {
                Ok(upstream) => upstream,
                Err(error) => {
                    // What this machine lacks (descriptors, memory) says nothing about the backend.
                    let ours = error == ProxyError::ProxyInternalError;
                    self.finish(ticket, if ours { Outcome::ClientGone } else { Outcome::Failure(error) }, began);
                    return Tried::Failed { error, sent: Sent::Nothing };
                }
            };
            let mut progress = Progress { began: self.worker.host.now(), broken: false, refused: false, sent_at: None };
            self.begin_request(&ticket, &mut upstream);
            let failure = match self.ask(&mut upstream, &mut progress, ticket.pool()).await {
                Ok(meta) => return self.answered(ticket, upstream, progress, meta, began, tries).await,
                Err(failure) => failure,
            };
            let sent = match (progress.sent_at, self.scratch.up.written_in_all) {
                // RFC 9113 §8.7: a stream that was refused has not been looked at.
                _ if progress.refused => Sent::Nothing,
                (Some(_), _) => Sent::Whole,
                (None, 0) => Sent::Nothing,
                (None, _) => Sent::Part,
            };
            self.received = self.scratch.up.moved;
            match failure {
                Failure::Backend(ProxyError::ConnectionTerminated) if kept && upstream.requests > 0 && self.may_repeat(sent) => {
                    self.client.input.rewind();
                    kept = false;
                }
                Failure::Backend(error) => {
                    self.finish(ticket, Outcome::Failure(error), began);
                    return Tried::Failed { error, sent };
                }
                Failure::ClientGone(why) => {
                    self.finish(ticket, Outcome::ClientGone, began);
                    self.broke_off(why, Side::Client);
                    return Tried::Over(Stage::Log);
                }
                Failure::Request(fault) => {
                    self.finish(ticket, Outcome::ClientGone, began);
                    return Tried::Over(self.refuse_fault(fault));
                }
            }
        }
    }

    /// Whether the same request may go to the same backend again (RFC 9112 §9.3.1, RFC 9110 §9.2.2).
    fn may_repeat(&self, sent: Sent) -> bool {
        let replayable = self.meta.framing == Framing::None || self.client.input.can_rewind();
        replayable && (sent == Sent::Nothing || self.scratch.request.method.is_idempotent())
    }

    /// Sends the request and waits for the head of the answer.
    async fn ask(&mut self, upstream: &mut Upstream, progress: &mut Progress, pool: &Pool) -> Result<ResponseMeta, Failure> {
        let Exchange { client, scratch, worker, snapshot, .. } = self;
        let Scratch { request, response, up, down, journey, .. } = &mut **scratch;
        let limits = &snapshot.config.limits;
        let via = &snapshot.config.server.name;
        let version = request.version;
        let mut interim = |head: &ResponseHead, client: &mut Channel, down: &mut Half| {
            journey.add(worker.host.now(), Step::Interim { status: head.status });
            head::interim(head, version, via, client, down);
        };
        let mut relay = Relay { host: &worker.host, client, upstream, up, down, pool: &pool.config, limits, progress };
        let mut awaiting = Awaiting {
            method: if request.protocol.is_empty() { &request.method } else { &Method::Get },
            version,
            limits: wire_limits(limits),
            head: response,
            interim: &mut interim,
        };
        relay.head(&mut awaiting).await
    }

    /// The head of the answer is here.
    async fn answered(
        &mut self,
        ticket: Ticket,
        upstream: Upstream,
        progress: Progress,
        meta: ResponseMeta,
        began: Instant,
        tries: u32,
    ) -> Tried {
        let now = self.worker.host.now();
        let pool = ticket.pool().clone();
        let status = self.scratch.response.status;
        let latency = now.since(progress.sent_at.unwrap_or(began));
        self.step_at(now, Step::Answered { backend: pool.backend_ref(ticket.backend), status, took: latency });
        if let Some(load) = self.scratch.response.fields.get(Known::EndpointLoadMetrics).and_then(orca::load_from_field) {
            pool.reported_load(ticket.backend, load, now);
        }
        if pool.config.retry.statuses.contains(&status) && self.may_try_again(&pool, tries, Sent::Whole, Cause::Status(status)) {
            self.finish_after(ticket, Outcome::Success { status }, latency, now);
            return Tried::Unwanted { status };
        }
        self.client.input.let_go();
        // RFC 9110 §7.8: only to a protocol that was asked for, and only once the whole request is there.
        if meta.upgraded && (!self.meta.upgrade || progress.sent_at.is_none()) {
            let error = ProxyError::HttpProtocolError;
            self.finish_after(ticket, Outcome::Failure(error), latency, now);
            return Tried::Failed { error, sent: Sent::Whole };
        }
        if meta.upgraded && self.upgrade_is_ambiguous() {
            self.finish_after(ticket, Outcome::ClientGone, latency, now);
            return Tried::Over(self.refuse(400, "bytes follow an upgrade request before it was answered", Side::Client));
        }
        let keep = !meta.upgraded && progress.sent_at.is_some() && !self.upgrade_is_ambiguous() && self.may_keep_alive();
        if let Err(error) = self.settle_upgrade(&meta) {
            self.finish_after(ticket, Outcome::Failure(error), latency, now);
            return Tried::Failed { error, sent: Sent::Whole };
        }
        self.learn_hints();
        let mut copy = None;
        if self.cached.is_some() {
            if let Channel::Fill(_) = self.client.stream {
                self.begin_fill(&meta, upstream.stream.framing(meta.framing));
                self.end.status = self.scratch.response.status;
                self.deliver(ticket, upstream, progress, &meta, false, latency).await;
                return Tried::Over(Stage::Log);
            }
            copy = self.passed();
        }
        let (shown, coder) = self.encode_passed(&meta);
        let keep = self.begin_answer(&shown, upstream.stream.framing(meta.framing), keep);
        self.scratch.down.copy = copy;
        if let Some(coder) = coder {
            self.scratch.down.code(coder);
        }
        self.end.status = self.scratch.response.status;
        if meta.upgraded {
            return Tried::Over(self.tunnel(ticket, upstream, progress, latency).await);
        }
        self.deliver(ticket, upstream, progress, &meta, keep, latency).await;
        Tried::Over(Stage::Log)
    }

    /// Delivers the answer's body, and keeps what can be kept.
    async fn deliver(
        &mut self,
        ticket: Ticket,
        mut upstream: Upstream,
        mut progress: Progress,
        meta: &ResponseMeta,
        keep: bool,
        latency: Duration,
    ) {
        let pool = ticket.pool().clone();
        let result = self.relay(&mut upstream, &mut progress, &pool, async |relay| relay.deliver().await).await;
        let now = self.worker.host.now();
        if let Some(why) = self.scratch.down.copy.take().and_then(|copy| copy.dropped()) {
            self.step(Step::CacheDrop { why });
        }
        (self.received, self.end.sent) = (self.scratch.up.moved, self.scratch.down.moved);
        if let Some(work) = self.scratch.down.coded() {
            self.end.sent = work.after;
            self.step_at(now, work.step("made"));
        }
        let (status, backend) = (self.scratch.response.status, ticket.backend);
        match result {
            Ok(()) => {
                let whole = progress.sent_at.is_some();
                if let Channel::Whole(transport) = upstream.stream
                    && meta.keep_alive
                    && whole
                    && meta.framing != Framing::UntilClose
                    && upstream.input.is_empty()
                {
                    pool.idle.put(self.worker.index, backend, transport, upstream.requests + 1, now);
                }
                self.next = self.after(keep);
                self.finish_after(ticket, Outcome::Success { status }, latency, now);
            }
            Err(Failure::Backend(error)) => {
                self.step_at(now, Step::BackendFailed { backend: pool.backend_ref(backend), error: error.name(), then: "give-up" });
                self.finish_after(ticket, Outcome::Failure(error), latency, now);
                self.broke_off(error.sentence(), error.side());
            }
            Err(Failure::ClientGone(why)) => {
                self.finish_after(ticket, Outcome::ClientGone, latency, now);
                self.broke_off(why, Side::Client);
            }
            Err(Failure::Request(fault)) => {
                self.finish_after(ticket, Outcome::ClientGone, latency, now);
                self.broke_off(fault.sentence(), Side::Client);
            }
        }
    }

    /// The answer was 101: carries bytes until the tunnel ends.
    pub(crate) async fn tunnel(&mut self, ticket: Ticket, mut upstream: Upstream, mut progress: Progress, latency: Duration) -> Stage {
        let pool = ticket.pool().clone();
        let limits = wire_limits(&self.snapshot.config.limits);
        let websocket = upgrade::is_websocket(&self.scratch.request);
        // Counted before the client hears of it: who asks for the state then finds it there.
        let open = self.worker.server.tunnels.enter(websocket);
        if let Err(why) = self.flush().await {
            self.finish(ticket, Outcome::ClientGone, self.worker.host.now());
            self.broke_off(why, Side::Client);
            return Stage::Log;
        }
        self.step(Step::Tunnelled { backend: pool.backend_ref(ticket.backend) });
        let mut grace = tunnel::Grace::new(self.worker.clone());
        let carried =
            self.relay(&mut upstream, &mut progress, &pool, async |relay| tunnel::carry(relay, limits, websocket, &mut grace).await).await;
        drop(open);
        if carried.by == "drain" || (carried.by == "idle" && matches!(self.client.stream, Channel::Stream(_))) {
            // What its client still sends may not destroy the last frame to it, nor may a reset at the heels of a stream's end.
            self.next = Next::Linger;
        }
        let now = self.worker.host.now();
        self.step_at(now, Step::TunnelClosed { up: Bytes(carried.up), down: Bytes(carried.down), by: carried.by });
        (self.received, self.end.sent) = (carried.up, carried.down);
        self.finish_after(ticket, Outcome::Success { status: 101 }, latency, now);
        Stage::Log
    }

    async fn relay<T>(
        &mut self,
        upstream: &mut Upstream,
        progress: &mut Progress,
        pool: &Pool,
        work: impl AsyncFnOnce(&mut Relay<'_>) -> T,
    ) -> T {
        let Exchange { client, scratch, worker, snapshot, .. } = self;
        let Scratch { up, down, .. } = &mut **scratch;
        let limits = &snapshot.config.limits;
        work(&mut Relay { host: &worker.host, client, upstream, up, down, pool: &pool.config, limits, progress }).await
    }

    pub(crate) fn finish(&mut self, ticket: Ticket, outcome: Outcome, began: Instant) {
        let now = self.worker.host.now();
        self.finish_after(ticket, outcome, now.since(began), now);
    }

    fn finish_after(&mut self, ticket: Ticket, outcome: Outcome, latency: Duration, now: Instant) {
        if let Some(step) = ticket.finish(outcome, latency, now) {
            self.worker.server.tell_under(&self.snapshot, self.worker.host.calendar(), step);
        }
    }

    /// No backend could answer.
    pub(crate) fn failed(&mut self, error: ProxyError) -> Stage {
        let mut reply = Reply::problem(error.status(), error.sentence(), "");
        // A part of the body may have gone to the backend. Either all of it lies before us again, or nobody can tell here where the next
        // request begins.
        reply.close = self.meta.framing != Framing::None && !self.client.input.rewind();
        if !reply.close {
            self.received = 0;
        }
        self.client.input.let_go();
        self.show_proxy_status(error, &mut reply);
        Stage::reply(reply)
    }

    /// Adds `Proxy-Status` (RFC 9209) where the site shows it.
    pub(crate) fn show_proxy_status(&mut self, error: ProxyError, reply: &mut Reply) {
        let snapshot = self.snapshot.clone();
        if !self.site_and_route(&snapshot).is_some_and(|(site, _)| site.show.proxy_status) {
            return;
        }
        let Scratch { journey, text, .. } = &mut *self.scratch;
        text.clear();
        let pools = &snapshot.config.pools;
        let name = |of: decide::step::BackendRef| &*pools[usize::from(of.pool)].backends[usize::from(of.backend)].name;
        forward::proxy_status(journey, &snapshot.config.server.name, Some(error), name, text);
        reply.fields.push_known(Known::ProxyStatus, text);
    }

    fn refuse_fault(&mut self, fault: Fault) -> Stage {
        match fault {
            Fault::Rejected(rejection) => self.refuse_rejected(rejection),
            Fault::TooLong => self.refuse(413, fault.sentence(), Side::Client),
            Fault::TooSlow => self.refuse(408, fault.sentence(), Side::Client),
        }
    }
}

impl Fault {
    fn sentence(&self) -> &'static str {
        match self {
            Fault::Rejected(rejection) => rejection.sentence(),
            Fault::TooLong => "the request's body is longer than the site allows",
            Fault::TooSlow => "the request's body took too long",
        }
    }
}
