//! Asking for an answer that no client has asked for: the way of a client's request through the store, without the client.

use super::Validating;
use super::fill::{Asker, Errand, fill};
use super::key_of;
use crate::asked::Asked;
use crate::feed::{Fetched, Outcome, routed};
use crate::pool::Pool;
use crate::proxy::connection::Caller;
use crate::server::{Held, Worker};
use crate::store::{Asking, Coming, Joined, Look, Looking, Object, Over, Reader, Told, Writer};
use decide::cache::{self, Policy, Record, Rule, Sequence, Wishes};
use decide::config::Action;
use decide::step::{Journey, JourneyId, RouteRef, Step};
use decide::time::Duration;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use wire::http::RequestHead;

/// So often it is asked, where what came was for another or was made out of date meanwhile.
const ATTEMPTS: usize = 4;

/// What is wanted of an answer that is stored already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errands {
    /// What serves a client is enough.
    Missing,
    /// Nothing but what is asked for now. It replaces everything that was asked for before this place.
    Anew(Sequence),
}

/// Asks for an answer and waits until it is stored, or it is known that it will not be.
pub(crate) async fn ask(worker: &Rc<Worker>, asked: &Asked, wanted: Errands, follows: bool) -> Fetched {
    let began = worker.host.now();
    let snapshot = worker.snapshot();
    let routed = match routed(&snapshot, asked) {
        Ok(routed) => routed,
        Err(nowhere) => return Fetched::without(Outcome::Unserved, nowhere.sentence()),
    };
    let site = &snapshot.config.sites[usize::from(routed.route.site)];
    let route = &site.routes[usize::from(routed.route.route)];
    let (Some(policy), Action::Pool(pool)) = (&route.cache, &route.action) else { unreachable!("it stores answers") };
    let pool = snapshot.pools[*pool].clone();
    let caller = Caller::within(worker, asked.scheme, routed.listener);
    let key = key_of(site, route, &pool.config.name, &asked.head, asked.scheme, policy);
    let mut journey = Journey::default();
    journey.add(began, Step::Routed { route: routed.route, action: "pool" });
    let mut unasked = Unasked {
        worker,
        snapshot: snapshot.clone(),
        pool,
        policy,
        route: routed.route,
        matched: routed.matched,
        request: &asked.head,
        scheme: asked.scheme,
        wishes: Wishes::of(&asked.head.fields, policy),
        key,
        caller,
        follows,
        journey,
    };
    let mut fetched = unasked.run(wanted).await;
    fetched.took = worker.host.now_afresh().since(began);
    snapshot.counters().journey(worker.index, &unasked.journey);
    fetched
}

struct Unasked<'a> {
    worker: &'a Rc<Worker>,
    snapshot: Rc<Held>,
    pool: Arc<Pool>,
    policy: &'a Policy,
    route: RouteRef,
    matched: usize,
    request: &'a RequestHead,
    scheme: &'static str,
    wishes: Wishes,
    key: Vec<u8>,
    caller: Rc<Caller>,
    follows: bool,
    journey: Journey,
}

impl Unasked<'_> {
    async fn run(&mut self, wanted: Errands) -> Fetched {
        let mut last = Fetched::without(Outcome::NotStored, "it was made out of date again and again while it came in");
        for _ in 0..ATTEMPTS {
            let (leads, reader) = match self.join(wanted) {
                Ok(Some(joined)) => joined,
                Ok(None) => continue,
                Err(fetched) => return fetched,
            };
            match self.wait(reader).await {
                Ok(None) => continue,
                // It may be another variant that has come: what is stored now tells.
                Ok(_) if !leads => continue,
                Ok(Some(fetched)) => {
                    if let (Errands::Anew(than), Outcome::Stored) = (wanted, fetched.outcome) {
                        self.worker.server.store.discard_older(&self.key, than);
                    }
                    return fetched;
                }
                // Its answer is not for others: this one has its own.
                Err(fetched) if !leads => last = fetched,
                Err(fetched) => return fetched,
            }
        }
        last
    }

    /// Finds what is under way, or sends for it; whether it was this one that asked. `None`: look again.
    fn join(&self, wanted: Errands) -> Result<Option<(bool, Reader)>, Fetched> {
        let store = &self.worker.server.store;
        if let Errands::Anew(_) = wanted {
            let (writer, reader) = store.ask_anew(&self.key);
            self.send(writer, Validating::default());
            return Ok(Some((true, reader)));
        }
        let calendar = self.worker.host.calendar();
        let Unasked { request, policy, wishes, key, .. } = self;
        let looking = Looking { request, with_content: false, key, wishes, policy, now: calendar };
        let ask = match store.look(&looking, &mut Record::off()) {
            Look::Serve { object, revalidate: false, .. } => return Err(self.found(&object, Outcome::Fresh)),
            // Clients get it, and have it validated; so does this one.
            Look::Serve { object, .. } => {
                let (writer, reader) = store.ask_alone(key);
                self.send(writer, Validating { objects: vec![object], selected: true, ..Validating::default() });
                return Ok(Some((true, reader)));
            }
            Look::Pass(_, rule) => return Err(Fetched::without(Outcome::NotStored, rule.sentence())),
            Look::Ask(ask) => ask,
        };
        let like = ask.selected.as_ref().or(ask.live.first()).map(|object| &**object);
        let asking = Asking { key, request, policy, like, found: ask.found.as_ref(), now: self.worker.host.now(), calendar };
        let (writer, reader) = match store.join(&asking, &mut Record::off()) {
            Joined::Again => return Ok(None),
            Joined::Read(reader, _) | Joined::Wait(reader, _) => return Ok(Some((false, reader))),
            Joined::Lead(writer, reader) => (writer, reader),
            Joined::Alone(_) => store.ask_alone(key),
        };
        self.send(writer, Validating::of(&ask));
        Ok(Some((true, reader)))
    }

    fn send(&self, writer: Writer, validating: Validating) {
        let asker = Asker {
            snapshot: self.snapshot.clone(),
            route: self.route,
            matched: self.matched,
            id: JourneyId(self.worker.next_id()),
            request: self.request,
            scheme: self.scheme,
            key: self.key.clone(),
            wishes: self.wishes,
            follows: self.follows,
        };
        let errand = Errand::to(asker, self.pool.clone(), validating);
        self.worker.host.spawn(fill(self.worker.clone(), self.caller.clone(), writer, errand));
    }

    /// Waits for what comes; nothing where that is only parts, which are to be completed. The error is an answer that may be stored for
    /// nobody, or none.
    async fn wait(&mut self, mut reader: Reader) -> Result<Option<Fetched>, Fetched> {
        let told = poll_fn(|cx| reader.poll_told(cx)).await;
        self.take_steps(&reader);
        let coming = match told {
            None => return Err(Fetched::without(Outcome::Failed, "the exchange with the backend was given up")),
            Some(Told::Made(made)) => {
                return Err(Fetched { status: made.status, ..Fetched::without(Outcome::Failed, self.trouble()) });
            }
            Some(Told::Current(object)) => return Ok(object.parts.is_none().then(|| self.found(&object, Outcome::Current))),
            Some(Told::Coming(coming)) => coming,
        };
        let status = coming.head.status;
        let Some(storing) = &coming.stored else {
            let why = if coming.rule == Rule::Storable { Rule::VaryAny } else { coming.rule };
            return Err(Fetched { status, ..Fetched::without(Outcome::NotStored, said(why)) });
        };
        let over = poll_fn(|cx| reader.poll_over(cx)).await;
        self.take_steps(&reader);
        match over {
            Over::Broken(why) => Err(Fetched { status, ..Fetched::without(Outcome::Failed, why) }),
            Over::Passes => Err(Fetched { status, ..Fetched::without(Outcome::NotStored, said(Rule::TooLarge)) }),
            Over::Whole(bytes) => match self.stored(&coming, &storing.object) {
                Some(object) => Ok(Some(Fetched { bytes, ..self.found(&object, Outcome::Stored) })),
                None => {
                    let why = "it was made out of date while it came in, or the cache had no room for it";
                    Err(Fetched { status, bytes, ..Fetched::without(Outcome::NotStored, why) })
                }
            },
        }
    }

    /// What has been stored of it.
    fn stored(&self, coming: &Coming, storing: &Object) -> Option<Arc<Object>> {
        let found = self.worker.server.store.variants(&self.key)?;
        let same = |object: &&Arc<Object>| {
            object.parts.is_none()
                && object.selecting == storing.selecting
                && object.life.received >= storing.life.received
                && object.head.status == coming.head.status
        };
        let object = found.objects().iter().find(same)?.clone();
        (self.worker.server.store.standing(&object) != cache::Standing::Gone).then_some(object)
    }

    fn found(&self, object: &Object, outcome: Outcome) -> Fetched {
        let now = self.worker.host.calendar();
        Fetched {
            status: object.head.status,
            bytes: if outcome == Outcome::Stored { object.content.len() } else { 0 },
            age: object.life.age(now).as_secs(),
            ttl: object.life.ttl(now),
            took: Duration::ZERO,
            ..Fetched::without(outcome, outcome.word())
        }
    }

    fn take_steps(&mut self, reader: &Reader) {
        for (at, step) in reader.take_steps() {
            self.journey.add(at, step);
        }
    }

    /// Why no backend gave an answer.
    fn trouble(&self) -> &'static str {
        let mut steps = self.journey.steps().iter().rev();
        let told = steps.find_map(|(_, step)| match step {
            Step::BackendFailed { error, .. } => Some(*error),
            Step::Refused { rule, .. } => Some(*rule),
            _ => None,
        });
        told.unwrap_or("no backend gave an answer")
    }
}

/// A rule that forbids storing, as a reason. What decides by not holding says in its word what is so then.
pub(super) fn said(rule: Rule) -> String {
    let section = if rule.section().is_empty() { String::new() } else { format!(" ({})", rule.section()) };
    let sentence = match rule {
        Rule::Storable => "it does not say that it may be stored, nor for how long",
        Rule::StatusUnderstood => "its status code is not one whose rules are followed here",
        Rule::MethodStored => "the method is none whose responses are stored",
        Rule::PartStored | Rule::PostForGet | Rule::StatusFinal => "it is no whole answer to a GET",
        other => other.sentence(),
    };
    format!("{}: {sentence}{section}", rule.word())
}
