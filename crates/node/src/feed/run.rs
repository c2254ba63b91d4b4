//! The task that takes URLs at their pace, and what it does with each.

use super::inside;
use super::job::{Fetched, Outcome, Reason, Task};
use super::place::Only;
use super::{Next, place};
use crate::asked::{self, Asked};
use crate::proxy::{Errands, ask, wire_limits};
use crate::server::Worker;
use crate::store::{Purged, Purging};
use decide::cache::{KeyRules, Policy, Purge, Uri, is_failure, key};
use decide::config::Action;
use decide::step::{Bytes, OwnerStep, Step, Texts};
use decide::time::Instant;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

/// Works on jobs and links until the server drains. One worker does, for all.
pub(crate) async fn run(worker: Rc<Worker>) {
    let feed = &worker.server.feed;
    loop {
        let seen = feed.changed.number();
        let bounds = worker.snapshot().config.cache.feed;
        match feed.next(worker.host.now(), &bounds) {
            Next::Begin(task) => worker.host.spawn(work(worker.clone(), task)),
            Next::At(due) => changed_or_due(&worker, seen, due).await,
            Next::Wait => drop(feed.changed.after(seen).await),
            Next::Over => return,
        }
    }
}

async fn changed_or_due(worker: &Worker, seen: u64, due: Instant) {
    let mut changed = pin!(worker.server.feed.changed.after(seen));
    let mut due = pin!(worker.host.sleep_until(due));
    poll_fn(|cx| match changed.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending => due.as_mut().poll(cx),
    })
    .await;
}

async fn work(worker: Rc<Worker>, task: Task) {
    let server = &worker.server;
    match task {
        Task::Url { job, index, url, reason, fields, only } => {
            let fetched = fetch(&worker, &url, reason, &fields, &only).await;
            tell(&worker, reason.word(), &url, &fetched);
            if let Some(job) = server.feed.lock().jobs.get_mut(&job) {
                job.fetched(index, fetched);
            }
            server.end_feed(worker.host.calendar(), job);
        }
        Task::List { job, url, depth, read, only } => {
            let listed = match inside::get(&worker, &url, &only).await {
                Ok(content) => read(&content),
                Err(why) => Err(why),
            };
            if let Some(job) = server.feed.lock().jobs.get_mut(&job) {
                job.listed(&url, depth, listed);
            }
            server.end_feed(worker.host.calendar(), job);
        }
        Task::Link(asked) => {
            let fetched = ask(&worker, &asked, Errands::Missing, false).await;
            // What is there already is no news, and neither is what nobody stores.
            if !matches!(fetched.outcome, Outcome::Fresh | Outcome::Unserved) {
                tell(&worker, "link", &url_of(&asked), &fetched);
            }
            server.feed.followed(&asked, fetched.is_good(), worker.host.now());
        }
    }
    server.feed.changed.raise();
}

fn tell(worker: &Worker, by: &'static str, url: &str, fetched: &Fetched) {
    let mut texts = Texts::default();
    let url = texts.keep(url.as_bytes());
    let Fetched { outcome, status, bytes, took, .. } = *fetched;
    let step = Step::Owner(OwnerStep::Fed { by, url, outcome: outcome.word(), status, bytes: Bytes(bytes), took });
    worker.server.tell_with(worker.host.calendar(), step, &texts);
}

/// Asks for a URL as each kind of client does that its route names, and says the worst of what came of it.
async fn fetch(worker: &Rc<Worker>, url: &str, reason: Reason, fields: &[(String, String)], only: &Only) -> Fetched {
    let snapshot = worker.snapshot();
    let limits = wire_limits(&snapshot.config.limits);
    let read = |fields: &[(String, String)]| {
        let lines: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        asked::of(url, "GET", &lines.iter().map(String::as_str).collect::<Vec<_>>(), &limits)
    };
    let plain = match read(&[]) {
        Ok(plain) => plain,
        Err(why) => return Fetched::without(Outcome::Unserved, why),
    };
    let policy = match place::routed_at(&snapshot, &plain, only) {
        Ok(routed) => {
            let route = &snapshot.config.sites[usize::from(routed.route.site)].routes[usize::from(routed.route.route)];
            debug_assert!(matches!(route.action, Action::Pool(_)));
            route.cache.as_ref().expect("it stores answers")
        }
        Err(nowhere) => return Fetched::without(Outcome::Unserved, nowhere.sentence()),
    };
    let mut all: Option<Fetched> = None;
    for variant in variants(policy, fields) {
        // The first time has done away with all that is old: where its answer serves the others too, it is not asked for again.
        let wanted = if all.is_none() { wanted(reason) } else { Errands::Missing };
        let one = match read(&variant) {
            // Fields may lead elsewhere.
            Ok(asked) => match place::routed_at(&snapshot, &asked, only) {
                Ok(_) => ask(worker, &asked, wanted, true).await,
                Err(nowhere) => Fetched::without(Outcome::Unserved, nowhere.sentence()),
            },
            Err(why) => Fetched::without(Outcome::Unserved, why),
        };
        let failed = one.outcome == Outcome::Failed;
        all = Some(match all.take() {
            Some(before) => both(before, one),
            None => one,
        });
        if failed {
            break;
        }
    }
    let fetched = all.expect("a URL is asked for at least once");
    if let Reason::Notice { soft: true, .. } = reason {
        after_soft(worker, &plain, &fetched, only);
    }
    fetched
}

fn wanted(reason: Reason) -> Errands {
    match reason {
        Reason::Notice { since, soft: true } => Errands::Anew(since),
        // After a hard notice nothing serves but what was asked for since.
        Reason::Notice { .. } | Reason::Prefetch => Errands::Missing,
    }
}

/// What a route's clients ask with, or what the job says.
fn variants(policy: &Policy, fields: &[(String, String)]) -> Vec<Vec<(String, String)>> {
    if fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("Accept-Encoding")) || policy.encodings.is_empty() {
        return vec![fields.to_vec()];
    }
    let with = |encoding: &String| fields.iter().cloned().chain([("Accept-Encoding".to_string(), encoding.clone())]).collect();
    policy.encodings.iter().map(with).collect()
}

/// What is told of a URL that was asked for twice: the worse outcome, and of two alike the one that has brought something.
fn both(one: Fetched, other: Fetched) -> Fetched {
    let (bytes, took) = (one.bytes + other.bytes, one.took + other.took);
    let rank = |fetched: &Fetched| (!fetched.is_good(), fetched.outcome);
    let worst = if rank(&other) > rank(&one) { other } else { one };
    Fetched { bytes, took, ..worst }
}

/// The old answer has served until now. If no new one has come in its place, it is only good until it has been validated; if the new one is
/// not for storing, it is gone.
fn after_soft(worker: &Worker, asked: &Asked, fetched: &Fetched, only: &Only) {
    let purge = match fetched.outcome {
        Outcome::Failed => Purge::Soft,
        // An error says nothing about what it is an error of.
        Outcome::NotStored if is_failure(fetched.status) => Purge::Soft,
        Outcome::NotStored => Purge::Hard,
        _ => return,
    };
    let sites = only.as_ref().map_or(vec![None], |only| only.iter().cloned().map(Some).collect());
    for site in sites {
        let purging = Purging { which: Purged::Url(url_of(asked)), site, purge };
        worker.server.purge(worker.host.calendar(), &purging);
    }
}

/// As purges name it.
fn url_of(asked: &Asked) -> String {
    let mut out = Vec::new();
    key(&Uri { scheme: asked.scheme, authority: &asked.head.authority, target: &asked.head.target }, &KeyRules::default(), &mut out);
    String::from_utf8_lossy(&out[b"GET ".len()..]).into_owned()
}
