//! Looking up: what is stored serves, or is validated, or nothing is there; then another request's answer may serve, or this one asks.

use super::Validating;
use super::fill::Errand;
use crate::pool::Pool;
use crate::proxy::exchange::{Exchange, Stage};
use crate::proxy::head;
use crate::proxy::reply::{Reply, Segment};
use crate::store::{Ask, Asking, Joined, Look, Looking, Made, Object, Reader, Told, Writer, ask_for_codings};
use decide::cache::{
    self, AcceptEncoding, Answer, Forwarded, Policy, Progress, Record, Release, Reuse, Rule, Status, answer, refuses_origin, release,
    sole_range,
};
use decide::step::{Side, Step};
use decide::time::Instant;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use wire::http::{Known, Method, ResponseHead, Version};
use wire::http1::Framing;

/// How a wait for another's answer ended.
enum Waited {
    Told(Told),
    /// There is none.
    Nothing,
    TooLong,
    ClientGone,
}

impl Exchange<'_> {
    /// Answers from the store, or asks for what is to be there.
    pub(crate) async fn lookup(&mut self, pool: Arc<Pool>) -> Stage {
        let snapshot = self.snapshot.clone();
        let (site, route) = self.site_and_route(&snapshot).expect("a routed request");
        let policy = route.cache.as_ref().expect("the route leads here because it stores answers");
        self.begin_cached(site, route, &pool, policy);
        loop {
            let ask = match self.look(policy) {
                Look::Serve { object, rule, revalidate } => {
                    self.hit(&object, rule, Status::default());
                    if revalidate {
                        self.revalidate(&pool, &object);
                    }
                    return self.serve(&object).await;
                }
                Look::Pass(forwarded, rule) => return self.pass(pool, forwarded, rule),
                Look::Ask(ask) => ask,
            };
            // Boxed, so that a hit, which has no part in it, is small.
            if let Some(stage) = Box::pin(self.ask_origin(&pool, policy, ask)).await {
                return stage;
            }
        }
    }

    /// Sends the request on as it is.
    fn pass(&mut self, pool: Arc<Pool>, forwarded: Forwarded, rule: Rule) -> Stage {
        let wishes = &self.cached.as_ref().expect("a route that stores answers").wishes;
        if refuses_origin(wishes, None, &mut Record::off()) {
            return self.refuse_origin();
        }
        self.missed(forwarded, rule, false);
        if self.scratch.request.method == Method::Head && self.compresses() {
            // Its answer is compared with what is stored, which is not coded.
            ask_for_codings(AcceptEncoding::Unasked, &mut self.scratch.request.fields);
        }
        Stage::Proxy(pool)
    }

    /// RFC 9111 §5.2.1.7
    fn refuse_origin(&mut self) -> Stage {
        let cached = self.cached.as_mut().expect("a route that stores answers");
        cached.status = Status { detail: Some(Rule::OnlyIfCached), ..Status::default() };
        Stage::reply(Reply::problem(
            504,
            "the client wants nothing from the origin, and nothing stored serves",
            Rule::OnlyIfCached.section(),
        ))
    }

    fn look(&self, policy: &Policy) -> Look {
        let cached = self.cached.as_ref().expect("a route that stores answers");
        let looking = Looking {
            request: &self.scratch.request,
            with_content: self.meta.framing != Framing::None,
            key: &cached.key,
            wishes: &cached.wishes,
            policy,
            now: self.worker.host.calendar(),
        };
        self.worker.server.store.look(&looking, &mut Record::off())
    }

    /// Has a stale answer validated for those who come later.
    fn revalidate(&mut self, pool: &Arc<Pool>, object: &Arc<Object>) {
        let key = &self.cached.as_ref().expect("a route that stores answers").key;
        if let Some(writer) = self.worker.server.store.revalidate(key, object) {
            let validating = Validating { objects: vec![object.clone()], selected: true, ..Validating::default() };
            self.send_for(pool, writer, validating);
        }
    }

    /// Starts the exchange that asks.
    fn send_for(&mut self, pool: &Arc<Pool>, writer: Writer, validating: Validating) {
        let errand = Errand::of(self, pool.clone(), validating);
        self.worker.host.spawn(super::fill::fill(self.worker.clone(), self.client.caller.clone(), writer, errand));
    }

    /// Asks, or waits for one who has asked. `None`: look again.
    async fn ask_origin(&mut self, pool: &Arc<Pool>, policy: &Policy, ask: Ask) -> Option<Stage> {
        let record = &mut Record::off();
        let cached = self.cached.as_ref().expect("a route that stores answers");
        if refuses_origin(&cached.wishes, Some(ask.good), record) {
            return Some(self.refuse_origin());
        }
        if self.scratch.request.method == Method::Head {
            return Some(self.pass(pool.clone(), ask.forwarded, ask.rule));
        }
        let (now, calendar) = (self.worker.host.now(), self.worker.host.calendar());
        if self.site_and_route(&self.snapshot).is_some_and(|(_, route)| route.tiers.peers.is_some()) {
            self.worker.server.store.asked_for(&cached.key, now, self.snapshot.config.cache.hot.window);
        }
        let request = &self.scratch.request;
        let told = cached.like.as_ref().and_then(|coming| coming.stored.as_ref()).map(|storing| &storing.object);
        let like = ask.selected.as_ref().or(ask.live.first()).map(|object| &**object).or(told);
        let asking = Asking { key: &cached.key, request, policy, like, found: ask.found.as_ref(), now, calendar };
        let store = &self.worker.server.store;
        // Who wants it from the origin does not want what was asked for before.
        let own = matches!(ask.rule, Rule::RequestNoCache | Rule::RequestMaxAge | Rule::RequestMinFresh);
        let joined = if own { Joined::Alone(ask.rule) } else { store.join(&asking, record) };
        let (mut reader, until) = match joined {
            Joined::Again => return None,
            Joined::Read(reader, coming) => {
                self.missed(ask.forwarded, ask.rule, true);
                return Some(self.serve_coming(reader, &coming).await);
            }
            Joined::Wait(reader, until) => (reader, Some(until)),
            Joined::Lead(writer, reader) => {
                self.send_for(pool, writer, Validating::of(&ask));
                (reader, None)
            }
            Joined::Alone(rule) => {
                let ranged = request.fields.has(Known::Range);
                // What lacks something and cannot be completed is no use to this request, nor this request to what is stored.
                let passes = ranged && ask.lacking && sole_range(&request.fields).is_none();
                let part = ranged && policy.partial && rule == Rule::SafeToWait && sole_range(&request.fields).is_some();
                let stored = ask.selected.is_some() || own || part || (!ranged && rule == Rule::SafeToWait);
                if !stored || passes {
                    return Some(self.pass(pool.clone(), ask.forwarded, rule));
                }
                let (writer, reader) = store.ask_alone(&cached.key);
                self.send_for(pool, writer, Validating::of(&ask));
                (reader, None)
            }
        };
        if until.is_none() {
            self.missed(ask.forwarded, ask.rule, false);
        }
        self.hint().await;
        let waited = self.wait_for(&mut reader, until).await;
        self.told(pool, policy, ask, reader, waited).await
    }

    /// Another has been asked, or this request's own exchange: what came of it.
    async fn told(&mut self, pool: &Arc<Pool>, policy: &Policy, ask: Ask, reader: Reader, waited: Waited) -> Option<Stage> {
        let steps = reader.take_steps();
        for (at, step) in steps {
            self.step_at(at, step);
        }
        let told = match waited {
            Waited::Told(told) => told,
            Waited::TooLong => return Some(self.pass(pool.clone(), ask.forwarded, Rule::WaitedLongEnough)),
            Waited::ClientGone => {
                self.broke_off("the client reset the connection", Side::Client);
                return Some(Stage::Log);
            }
            Waited::Nothing => return Some(self.refuse(502, "the exchange with the backend was given up", Side::Us)),
        };
        if let Some((object, status)) = ask.stale_for(&told) {
            self.served_by(&ask, &reader);
            drop(reader);
            let said = self.cached.as_ref().expect("a route that stores answers").status.clone();
            self.hit(&object, Rule::StaleIfError, Status { forwarded_status: status, ..said });
            return Some(self.serve(&object).await);
        }
        match told {
            Told::Made(made) => {
                self.served_by(&ask, &reader);
                Some(self.tell_made(&made))
            }
            Told::Current(object) => {
                // It may be in parts that do not have what this request asks for.
                if object.parts.is_some() && self.answer_from(&object) == Answer::Missing {
                    return None;
                }
                if !reader.is_first() && !object.selects(&self.scratch.request.fields, policy) {
                    return None;
                }
                self.served_by(&ask, &reader);
                Some(self.serve_current(&object).await)
            }
            Told::Coming(coming) if reader.is_first() => Some(self.serve_coming(reader, &coming).await),
            Told::Coming(coming) => {
                let now = self.worker.host.calendar();
                let fields = &self.scratch.request.fields;
                let stored = coming.stored.as_ref().map(|storing| &storing.object);
                match stored {
                    Some(object) if object.serves(fields, policy, now) => {
                        self.served_by(&ask, &reader);
                        Some(self.serve_coming(reader, &coming).await)
                    }
                    // It is another's variant: this request's own may be there, or asked for by one that is like it.
                    Some(object) if !object.selects(fields, policy) => {
                        self.cached.as_mut().expect("a route that stores answers").like = Some(coming);
                        None
                    }
                    _ => Some(self.pass(pool.clone(), ask.forwarded, Rule::Uncacheable)),
                }
            }
        }
    }

    fn answer_from(&self, object: &Object) -> Answer {
        answer(&self.scratch.request, &object.stored(), self.worker.host.calendar())
    }

    /// The answer to another request is this one's too, if it was another's.
    fn served_by(&mut self, ask: &Ask, reader: &Reader) {
        if !reader.is_first() {
            self.missed(ask.forwarded, ask.rule, true);
        }
    }

    /// The origin says that what is stored is current.
    async fn serve_current(&mut self, object: &Arc<Object>) -> Stage {
        let said = self.cached.as_ref().expect("a route that stores answers").status.clone();
        self.hit(object, Rule::NotModified, Status { forwarded_status: Some(304), stored: true, ..said });
        self.serve(object).await
    }

    /// No backend could answer: what is said in its place holds for everyone who waited.
    fn tell_made(&mut self, made: &Made) -> Stage {
        let mut reply = Reply::new(made.status, Some("error"));
        reply.fields = made.fields.clone();
        reply.body.push(Segment::Bytes(made.body.clone()));
        Stage::reply(reply)
    }

    /// Waits until it is known what came of asking; interim answers are passed on meanwhile.
    async fn wait_for(&mut self, reader: &mut Reader, until: Option<Instant>) -> Waited {
        let mut record = Record::off();
        loop {
            let Exchange { client, worker, .. } = self;
            if let Some(until) = until {
                client.deadline.set(until);
            }
            let seen = poll_fn(|cx| {
                if let Some(head) = reader.interim() {
                    return Poll::Ready(Err(head));
                }
                let now = worker.host.now();
                let progress = match reader.poll_told(cx) {
                    Poll::Ready(None) => return Poll::Ready(Ok(Waited::Nothing)),
                    Poll::Ready(Some(told)) => return Poll::Ready(Ok(Waited::Told(told))),
                    Poll::Pending => Progress::Asked,
                };
                if let Some(until) = until
                    && let (Release::Alone, _) = release(progress, until, now, &mut record)
                {
                    return Poll::Ready(Ok(Waited::TooLong));
                }
                if client.is_gone(cx) {
                    return Poll::Ready(Ok(Waited::ClientGone));
                }
                match until {
                    Some(_) => client.deadline.poll_passed(cx).map(|()| Ok(Waited::TooLong)),
                    None => Poll::Pending,
                }
            })
            .await;
            match seen {
                Ok(waited) => return waited,
                Err(head) if self.pass_interim(&head).await.is_err() => return Waited::ClientGone,
                Err(_) => {}
            }
        }
    }

    async fn pass_interim(&mut self, interim: &ResponseHead) -> Result<(), &'static str> {
        let version = self.scratch.request.version;
        // RFC 9110 §15.2: none to an HTTP/1.0 client.
        if version < Version::Http11 {
            return Ok(());
        }
        self.step(Step::Interim { status: interim.status });
        let snapshot = self.snapshot.clone();
        let Exchange { client, scratch, .. } = self;
        head::interim(interim, version, &snapshot.config.server.name, &mut client.stream, &mut scratch.down);
        self.flush().await
    }
}

impl Ask {
    /// The stale answer to give, if what came of asking is a failure and it may be used then (RFC 5861 §4), and what the origin said.
    fn stale_for(&self, told: &Told) -> Option<(Arc<Object>, Option<u16>)> {
        let (failed, status) = match told {
            Told::Coming(coming) => (cache::is_failure(coming.head.status), Some(coming.head.status)),
            Told::Made(made) => (cache::is_failure(made.status), None),
            Told::Current(_) => (false, None),
        };
        let object = self.selected.clone().filter(|_| failed && self.good == Reuse::StaleIfError)?;
        Some((object, status))
    }
}

impl Validating {
    pub(super) fn of(ask: &Ask) -> Validating {
        match &ask.selected {
            // That what is stored is current would be no answer.
            Some(_) if ask.lacking && ask.rest.is_none() => Validating::default(),
            Some(object) if ask.lacking => {
                Validating { objects: vec![object.clone()], selected: true, rest: ask.rest, ..Validating::default() }
            }
            Some(object) => Validating { objects: vec![object.clone()], selected: true, ..Validating::default() },
            None => Validating { objects: ask.live.clone(), selected: false, ..Validating::default() },
        }
    }
}
