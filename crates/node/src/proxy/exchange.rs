//! One request, as an enum of named stages: each does its part and names the next. Entering one adds its step to the journey, so the
//! proxy and what is shown of it cannot disagree.

use crate::application::Answer;
use crate::channel::Channel;
use crate::conversation::Conversation;
use crate::pool::Pool;
use crate::proxy::accept::catch_up;
use crate::proxy::cache::Cached;
use crate::proxy::connection::Client;
use crate::proxy::half::Half;
use crate::proxy::joined::Traced;
use crate::proxy::reply::Reply;
use crate::server::{Held, Snapshot, Worker};
use decide::config::{Action, Limits, Protocol, Route, Site};
use decide::forward::{MaxForwards, ProxyError, adopted_id, is_loop, max_forwards, may_go_on};
use decide::joined::Key;
use decide::route::Verdict;
use decide::step::{Bytes, Journey, JourneyId, ListenerRef, RouteRef, Side, Step};
use decide::time::Instant;
use std::future::{Future, poll_fn};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use wire::http::{Known, Method, RequestHead, ResponseHead, Version};
use wire::http1::{self, Framing, Parsed, Rejection, RequestMeta};

/// What a request needs memory for; kept by the thread from request to request.
pub(crate) struct Scratch {
    pub(crate) request: RequestHead,
    pub(crate) response: ResponseHead,
    pub(crate) up: Half,
    pub(crate) down: Half,
    pub(crate) journey: Journey,
    pub(crate) text: Vec<u8>,
    /// `Cache-Status` of the answer.
    pub(crate) cache_status: Vec<u8>,
    /// For the next request on a route that stores answers.
    pub(crate) cached: Option<Box<Cached>>,
}

/// Why an answer ends that its client does not take.
pub(crate) const STALLED: &str = "the client stopped taking the answer";

/// What a spare scratch keeps of each of its buffers: one long answer must not hold its length in memory for ever.
pub(crate) const SPARE_BYTES: usize = 64 * 1024;

/// Scratches kept per thread: as many as requests are commonly in flight.
const SPARE: usize = 128;

/// What is next on the connection.
pub(crate) enum Next {
    /// Another request.
    Request,
    /// Close, and read what still comes.
    Linger,
    /// Close at once.
    Close,
    /// Break off: the end of stream would pass for the end of the answer.
    Reset(&'static str),
}

/// The stages.
pub(crate) enum Stage {
    /// Read the head.
    Read,
    /// Find the route.
    Route,
    /// Look at what is stored.
    Lookup(Arc<Pool>),
    /// Ask the pool for a backend, and the backend for an answer.
    Proxy(Arc<Pool>),
    /// Make a tunnel to a server that the client named.
    Connect(Arc<Pool>),
    /// Ask code in this process.
    Application,
    /// Look for a file.
    Files,
    /// Let the client measure places.
    Measure(usize),
    /// Send an answer made here.
    Reply(Box<Reply>),
    /// Tell an earlier journey.
    Journey(Box<Key>),
    /// Be the other end of a WebSocket.
    Socket(Box<dyn Conversation>),
    /// Tell the readers.
    Log,
}

impl Stage {
    /// Boxed, as is all that is large: every stage names the next, and hands it up through the calls that it is made of.
    pub(crate) fn reply(reply: Reply) -> Stage {
        Stage::Reply(Box::new(reply))
    }
}

const _: () = assert!(size_of::<Stage>() <= 24, "a stage is copied often");

/// How the delivery ended.
pub(crate) struct End {
    pub(crate) status: u16,
    pub(crate) sent: u64,
    pub(crate) why: &'static str,
    pub(crate) side: Side,
}

/// One request and its answer.
pub(crate) struct Exchange<'c> {
    pub(crate) worker: &'c Rc<Worker>,
    pub(crate) client: &'c mut Client,
    pub(crate) snapshot: Rc<Held>,
    /// Where it came in, as the snapshot numbers it.
    pub(crate) listener: Option<ListenerRef>,
    pub(crate) scratch: Borrowed,
    pub(crate) meta: RequestMeta,
    pub(crate) route: Option<RouteRef>,
    pub(crate) matched: usize,
    /// Bytes of request body received.
    pub(crate) received: u64,
    pub(crate) end: End,
    /// The answer on its way ends with the connection: only a reset tells the client that it broke off.
    pub(crate) ends_by_close: bool,
    /// The route stores answers.
    pub(crate) cached: Option<Box<Cached>>,
    /// Early hints were sent, or there are none.
    pub(crate) hinted: bool,
    /// Whoever made the request is told what becomes of it.
    pub(crate) traced: Traced,
    pub(crate) next: Next,
}

impl<'c> Exchange<'c> {
    /// The first bytes of a request are in the client's buffer.
    pub(crate) fn begin(worker: &'c Rc<Worker>, client: &'c mut Client) -> Exchange<'c> {
        catch_up(worker);
        let snapshot = worker.snapshot();
        // The place belongs to this snapshot: a reload may move the listener while the head is still coming.
        let listener = client.caller.place.get();
        // Nothing that an earlier request on this connection kept may be read again.
        client.input.let_go();
        let mut scratch = Borrowed::of(worker, &snapshot.config.limits);
        scratch.journey.began = worker.host.now();
        // Until its head is read, a client may send anything.
        let meta = RequestMeta { framing: Framing::None, keep_alive: true, expects_continue: false, upgrade: false };
        let end = End { status: 0, sent: 0, why: "complete", side: Side::Client };
        Exchange {
            worker,
            client,
            snapshot,
            listener,
            scratch,
            meta,
            route: None,
            matched: 0,
            received: 0,
            end,
            ends_by_close: false,
            cached: None,
            hinted: false,
            traced: Traced::default(),
            next: Next::Close,
        }
    }

    /// From the first byte of a request on.
    pub(crate) fn run(self) -> impl Future<Output = Next> {
        self.run_from(Stage::Read)
    }

    #[expect(clippy::manual_async_fn, reason = "an `async fn` has its arguments twice, and copies one to the other")]
    pub(crate) fn run_from(mut self, mut stage: Stage) -> impl Future<Output = Next> {
        async move {
            loop {
                // What is long is boxed, so that the exchanges that have no part in it stay small: each is made, moved and given back with
                // its request.
                stage = match stage {
                    Stage::Read => self.read().await,
                    Stage::Route => self.decide_route(),
                    Stage::Lookup(pool) => self.lookup(pool).await,
                    Stage::Proxy(pool) => Box::pin(self.proxy(pool)).await,
                    Stage::Connect(pool) => Box::pin(self.tunnel_out(pool)).await,
                    Stage::Application => Box::pin(self.application()).await,
                    Stage::Files => self.files(),
                    Stage::Measure(steering) => Box::pin(self.measure(steering)).await,
                    Stage::Journey(key) => Box::pin(self.journey(*key)).await,
                    Stage::Reply(reply) => self.reply(reply).await,
                    Stage::Socket(conversation) => Box::pin(self.socket(conversation)).await,
                    Stage::Log => return self.log(),
                }
            }
        }
    }

    /// Reads the head of the request.
    async fn read(&mut self) -> Stage {
        let limits = wire_limits(&self.snapshot.config.limits);
        let began = self.scratch.journey.began;
        let due = began + self.snapshot.config.limits.head_timeout;
        let mut waiting = false;
        let Exchange { client, scratch, .. } = self;
        let parsed = poll_fn(|cx| {
            loop {
                match http1::parse_request(client.input.unread(), &limits, &mut scratch.request) {
                    Ok(Parsed::Complete { len, meta }) => {
                        client.input.consume(len);
                        return Poll::Ready(Ok(meta));
                    }
                    Ok(Parsed::Partial) => {}
                    Err(rejection) => return Poll::Ready(Err(HeadEnd::Rejected(rejection))),
                }
                match client.input.poll_fill(cx, &mut client.stream) {
                    Poll::Ready(Ok(n)) if n > 0 => continue,
                    Poll::Ready(_) => return Poll::Ready(Err(HeadEnd::Closed)),
                    Poll::Pending => {}
                }
                if !waiting {
                    waiting = true;
                    client.deadline.set(due);
                }
                return client.deadline.poll_passed(cx).map(|()| Err(HeadEnd::TooSlow));
            }
        })
        .await;
        self.accepted();
        match parsed {
            Ok(meta) => {
                self.meta = meta;
                self.asked();
                Stage::Route
            }
            Err(HeadEnd::Rejected(rejection)) => {
                // A status line of 0.9 or 2 says nothing that could be kept; whatever was read of the head stays unused.
                self.scratch.request.clear();
                self.refuse_rejected(rejection)
            }
            Err(HeadEnd::TooSlow) => self.refuse(408, "the request's head took too long", Side::Client),
            Err(HeadEnd::Closed) => {
                self.broke_off("the client closed in the middle of a request's head", Side::Client);
                Stage::Log
            }
        }
    }

    /// The journey has a name from here on, whatever becomes of the request.
    pub(crate) fn accepted(&mut self) {
        let Exchange { scratch, worker, .. } = self;
        let journey = &mut scratch.journey;
        journey.calendar = worker.host.calendar();
        journey.id = JourneyId(worker.next_id());
        let peer = journey.keep(self.client.caller.name.as_bytes());
        let listener = self.listener.unwrap_or_default();
        journey.add(journey.began, Step::Accepted { listener, peer });
        if let Some(secured) = &self.client.caller.secured {
            secured.tell(journey);
        }
    }

    pub(crate) fn asked(&mut self) {
        let now = self.worker.host.now();
        self.traced = Traced::take(&mut self.scratch.request.fields);
        let Scratch { request, journey, .. } = &mut *self.scratch;
        let method = journey.keep(request.method.as_str().as_bytes());
        let host = journey.keep(&request.authority);
        let target = journey.keep(&request.target);
        let agent = journey.keep(request.fields.get(Known::UserAgent).unwrap_or_default());
        let referer = journey.keep(request.fields.get(Known::Referer).unwrap_or_default());
        let version = request.version.name();
        journey.add(now, Step::Asked { method, host, target, version, agent, referer });
    }

    /// Finds the route, and what it does.
    fn decide_route(&mut self) -> Stage {
        let Some(listener) = self.listener else {
            return self.refuse(503, "this listener was closed by a reload", Side::Us);
        };
        let connect = self.scratch.request.method == Method::Connect && self.scratch.request.protocol.is_empty();
        let protocols = &self.snapshot.config.listeners[usize::from(listener.0)].protocols;
        if self.scratch.request.version < Version::Http2 && !protocols.contains(&Protocol::Http1) {
            return self.refuse(505, "this listener speaks HTTP/2 only", Side::Client);
        }
        if let Some(reply) = self.challenge() {
            return Stage::reply(reply);
        }
        if let Some(stage) = self.trace(listener) {
            return stage;
        }
        let verdict = self.snapshot.routes.decide(listener.0, &self.scratch.request, None);
        let snapshot = self.snapshot.clone();
        let action = |route: RouteRef| &snapshot.config.sites[usize::from(route.site)].routes[usize::from(route.route)].action;
        if connect && !matches!(verdict, Verdict::Route { route, .. } if matches!(action(route), Action::Proxy(_))) {
            // RFC 9110 §9.3.6: a server that is no proxy for its clients need not implement it.
            return self.refuse(501, "CONNECT is for forward proxies; this server is none", Side::Client);
        }
        let Verdict::Route { route, matched } = verdict else { return self.unrouted(&verdict) };
        self.route = Some(route);
        self.matched = matched;
        let site = &snapshot.config.sites[usize::from(route.site)];
        if let Some(reply) = self.https_instead(&snapshot, route.site, site) {
            return Stage::reply(reply);
        }
        if matches!(self.meta.framing, Framing::Exact(bytes) if bytes > site.max_body) {
            return self.refuse(413, "the request's body is longer than the site allows", Side::Client);
        }
        if let Some(id) = adopted_id(&self.scratch.request, &site.forward).filter(|_| !self.is_traced()) {
            self.scratch.journey.id = id;
        }
        let route_of = &site.routes[usize::from(route.route)];
        let action = &route_of.action;
        self.step(Step::Routed { route, action: word(action) });
        match action {
            Action::Pool(index) => self.check_forwarding(&snapshot.pools[*index], route_of.cache.is_some()),
            Action::Proxy(proxy) => self.proxy_out(&snapshot, proxy, route_of.cache.is_some()),
            Action::Redirect { status, location } => {
                let Scratch { request, text, .. } = &mut *self.scratch;
                Stage::reply(Reply::redirect(*status, location, self.client.caller.peer.scheme(), request, text))
            }
            Action::Answer { status, content_type, body } => Stage::reply(Reply::fixed(*status, content_type, body)),
            Action::Files(_) => Stage::Files,
            Action::Application(_) => Stage::Application,
            Action::Steer { steering, status } => self.redirect_to_pop(*steering, *status),
            Action::Measure(steering) => Stage::Measure(*steering),
        }
    }

    /// What ends here although its route leads on.
    pub(crate) fn check_forwarding(&mut self, pool: &Arc<Pool>, stores: bool) -> Stage {
        let request = &self.scratch.request;
        if max_forwards(request) == MaxForwards::AnswerHere {
            return Stage::reply(Reply::fixed(200, "text/plain; charset=utf-8", "Max-Forwards came to zero here.\n"));
        }
        if is_loop(request, &self.snapshot.config.server.name) {
            let error = ProxyError::LoopDetected;
            return self.refuse(error.status(), error.sentence(), error.side());
        }
        if stores && let Err(circle) = may_go_on(&request.fields, &self.snapshot.cache_id) {
            return self.refuse_circle(circle);
        }
        self.check_upgrade(pool).unwrap_or_else(|| if stores { Stage::Lookup(pool.clone()) } else { Stage::Proxy(pool.clone()) })
    }

    fn unrouted(&mut self, verdict: &Verdict) -> Stage {
        let (status, why) = (verdict.status(), verdict.sentence());
        self.step(Step::Unrouted { status, why });
        let mut reply = Reply::problem(status, why, "");
        if let Verdict::WrongMethod { allow, .. } = verdict {
            reply.field("Allow", allow.as_str());
        }
        reply.close = matches!(verdict, Verdict::BadPath(_));
        Stage::reply(reply)
    }

    /// Asks the application that the route names.
    async fn application(&mut self) -> Stage {
        let snapshot = self.snapshot.clone();
        let (site, route) = self.site_and_route(&snapshot).expect("a routed request");
        let Action::Application(name) = &route.action else { unreachable!("the route led here") };
        let Some(application) = self.worker.server.applications.get(name).cloned() else {
            return self.refuse(500, "the application that this route names does not exist", Side::Us);
        };
        let mut body = Vec::new();
        if let Err(stage) = self.collect_body(&mut body, site.max_body).await {
            return stage;
        }
        let mut answer = application.respond(&self.worker.host, &self.scratch.request, &body);
        while let Answer::Later(coming) = answer {
            answer = coming.await;
        }
        match answer {
            Answer::Made { status, fields, body } => Stage::reply(Reply::made(status, fields, body)),
            Answer::File { found, name } => {
                let calendar = self.worker.host.calendar();
                let (reply, step) = crate::origin::embedded(&self.worker.host, &self.scratch.request, found, &name, calendar);
                self.step(step);
                Stage::reply(reply)
            }
            Answer::Socket(conversation) => Stage::Socket(conversation),
            Answer::Later(_) => unreachable!("it was waited for"),
        }
    }

    /// Looks for the file that the path names.
    fn files(&mut self) -> Stage {
        let snapshot = self.snapshot.clone();
        let (_, route) = self.site_and_route(&snapshot).expect("a routed request");
        let Action::Files(files) = &route.action else { unreachable!("the route led here") };
        let calendar = self.worker.host.calendar();
        let (reply, step) = crate::origin::reply(&self.worker.host, files, &self.scratch.request, calendar);
        if let Some(step) = step {
            self.step(step);
        }
        Stage::reply(reply)
    }

    /// The request is over: its journey goes to the readers.
    pub(crate) fn log(mut self) -> Next {
        if let Channel::Fill(_) = self.client.stream {
            return self.end_fill();
        }
        if let Some(cached) = self.cached.take() {
            self.scratch.cached = Some(cached.emptied());
        }
        let now = self.worker.host.now_afresh();
        let End { status, sent, why, side } = self.end;
        let took = now.since(self.scratch.journey.began);
        let received = Bytes(self.received);
        self.scratch.journey.add(now, Step::Delivered { status, received, sent: Bytes(sent), took, end: why, side });
        self.keep_journey();
        let server = &self.worker.server;
        self.snapshot.counters().journey(self.worker.index, &self.scratch.journey);
        for reader in &server.readers {
            reader.journey(&mut self.scratch.journey, &self.snapshot);
        }
        self.next
    }

    // What several stages share.

    pub(crate) fn step(&mut self, step: Step) {
        self.scratch.journey.add(self.worker.host.now(), step);
    }

    pub(crate) fn step_at(&mut self, at: Instant, step: Step) {
        self.scratch.journey.add(at, step);
    }

    pub(crate) fn site_and_route<'s>(&self, snapshot: &'s Snapshot) -> Option<(&'s Site, &'s Route)> {
        let route = self.route?;
        let site = &snapshot.config.sites[usize::from(route.site)];
        Some((site, &site.routes[usize::from(route.route)]))
    }

    /// The scheme of what is asked for: the client's own way here, but for what it asks a forward proxy.
    pub(crate) fn scheme(&self) -> &'static str {
        match self.site_and_route(&self.snapshot) {
            Some((_, Route { action: Action::Proxy(_), .. })) => "http",
            _ => self.client.caller.peer.scheme(),
        }
    }

    pub(crate) fn broke_off(&mut self, why: &'static str, side: Side) {
        self.end.why = why;
        self.end.side = side;
        // One that takes nothing would leave what is unsent with the kernel for minutes.
        let must_reset = self.ends_by_close || why == STALLED || matches!(self.client.stream, Channel::Stream(_));
        self.next = if must_reset { Next::Reset(why) } else { Next::Close };
    }

    /// Refuses a request whose bytes broke a rule.
    pub(crate) fn refuse_rejected(&mut self, rejection: Rejection) -> Stage {
        let (status, rule) = (rejection.status(), rejection.sentence());
        self.step(Step::Refused { status, rule, side: Side::Client });
        let mut reply = Reply::problem(status, rule, rejection.section());
        reply.close = true;
        Stage::reply(reply)
    }

    /// Refuses a request for another reason.
    pub(crate) fn refuse(&mut self, status: u16, rule: &'static str, side: Side) -> Stage {
        self.step(Step::Refused { status, rule, side });
        let mut reply = Reply::problem(status, rule, "");
        reply.close = true;
        Stage::reply(reply)
    }

    /// What is next after a whole answer. A client that said it would close sends nothing more: nothing can be lost by closing at once.
    pub(crate) fn after(&self, keep: bool) -> Next {
        let sends_no_more = !self.meta.keep_alive && self.meta.framing == Framing::None && self.client.input.is_empty();
        match keep {
            true => Next::Request,
            false if sends_no_more => Next::Close,
            false => Next::Linger,
        }
    }

    /// Whether the connection may carry another request after this one.
    pub(crate) fn may_keep_alive(&self) -> bool {
        self.meta.keep_alive
            && !(self.client.half_closed && self.client.input.is_empty())
            && self.client.requests < self.snapshot.config.limits.requests_per_connection
            && !self.worker.server.is_draining()
            && self.client.caller.place.get().is_some()
    }
}

/// A scratch that goes back to its thread when the request is over.
pub(crate) struct Borrowed {
    worker: Rc<Worker>,
    scratch: Option<Box<Scratch>>,
}

impl Borrowed {
    fn of(worker: &Rc<Worker>, limits: &Limits) -> Borrowed {
        let spare = worker.scratch.borrow_mut().pop();
        worker.server.requests_in_flight.fetch_add(1, Ordering::Relaxed);
        Borrowed { worker: worker.clone(), scratch: Some(spare.unwrap_or_else(|| Box::new(Scratch::new(limits)))) }
    }
}

impl Deref for Borrowed {
    type Target = Scratch;
    fn deref(&self) -> &Scratch {
        self.scratch.as_ref().expect("it is there until dropped")
    }
}

impl DerefMut for Borrowed {
    fn deref_mut(&mut self) -> &mut Scratch {
        self.scratch.as_mut().expect("it is there until dropped")
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.worker.server.requests_in_flight.fetch_sub(1, Ordering::Relaxed);
        let mut spare = self.worker.scratch.borrow_mut();
        if let Some(mut scratch) = self.scratch.take()
            && spare.len() < SPARE
        {
            scratch.reset();
            spare.push(scratch);
        }
    }
}

enum HeadEnd {
    Rejected(Rejection),
    TooSlow,
    Closed,
}

impl Scratch {
    fn new(limits: &Limits) -> Scratch {
        let limits = wire_limits(limits);
        Scratch {
            request: RequestHead::default(),
            response: ResponseHead::default(),
            up: Half::idle(limits),
            down: Half::idle(limits),
            journey: Journey::default(),
            text: Vec::new(),
            cache_status: Vec::new(),
            cached: None,
        }
    }
}

impl Scratch {
    /// Nothing of one request may reach the next.
    fn reset(&mut self) {
        self.request.clear();
        self.response.clear();
        self.up.reset();
        self.down.reset();
        self.journey.clear();
        self.text.clear();
        self.text.shrink_to(SPARE_BYTES);
    }
}

/// The caps on heads, as the codec wants them.
pub(crate) fn wire_limits(limits: &Limits) -> http1::Limits {
    http1::Limits { target_bytes: limits.target_bytes, head_bytes: limits.head_bytes, fields: limits.head_fields }
}

fn word(action: &Action) -> &'static str {
    match action {
        Action::Pool(_) => "pool",
        Action::Proxy(_) => "proxy",
        Action::Redirect { .. } => "redirect",
        Action::Answer { .. } => "answer",
        Action::Files(_) => "files",
        Action::Application(_) => "application",
        Action::Steer { .. } => "steer",
        Action::Measure(_) => "measure",
    }
}
