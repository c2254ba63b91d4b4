//! The admin side of a running server: status, metrics, and what an operator may ask of it.
//!
//! `GET` changes nothing. What changes something is a `POST`, and must carry `X-Throughline-Admin: 1`: a page in a browser on this
//! machine cannot send that field to another origin without asking first (Fetch Standard, CORS preflight), and an answer that allows
//! it is never given.
//! Nor can such a page make its own name point here (DNS rebinding): a `POST` is taken only for a `Host` that no stranger can own.
//!
//! With tokens in the configuration nothing is shown or done without one (`who`); what comes with one needs neither the field nor such a
//! `Host`, because no web page has a token.
//!
//! - `cache`: purges. `push`: what the origin says or hands over. `feed`: prefetches. `client`: asks the admin side of another process.
//! - `explain`: `explain`, live and from a file.

mod cache;
pub(crate) mod client;
pub(crate) mod explain;
mod exposition;
mod feed;
mod leading;
mod metrics;
pub(crate) mod parameters;
mod push;
mod status;
mod who;

use crate::journal::Journal;
use crate::process::Reloader;
use decide::pool::Admin as Wanted;
use decide::step::Step;
use host::Host;
use node::steering::Leading;
use node::{Answer, Application, Server, Snapshot};
use parameters::{Parameters, decoded};
use serde_json::json;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use who::{Stranger, Who};
use wire::http::{Method, RequestHead};

/// The field that every `POST` must carry.
pub(crate) const GUARD: (&str, &str) = ("X-Throughline-Admin", "1");

const INDEX: &str = "\
The admin side of throughline.

GET  /                                     this text
GET  /status                               the state, as JSON; ?text for a table
GET  /metrics                              for Prometheus
GET  /explain/route?url=URL                which route serves a request, and why
GET  /explain/balance?url=URL              which backend would get it, and why; or ?pool=NAME
GET  /explain/cache?url=URL                what is stored for it, and what that is good for; with status=N or
                                           response=NAME: VALUE, whether such an answer would be stored
       also: method=, header=NAME: VALUE (as often as needed), listener=ADDR, client=IP
GET  /explain/dns?name=NAME                what the name server answers, and why; also: type=TYPE, client=ADDR or NET
GET  /explain/steer?steering=NAME          how clients are shared out among its places; without=PLACE: what moves if that fails
       also: width=N, colour, verbose, html (a page with a picture); POST with lines of NETWORK WEIGHT counts by those
       json: each but /explain/cache as an object for programs
POST /cache/purge?url=URL                  drop what is stored of a URL; or prefix=URL/, tag=TAG, site=NAME, all
       also: site=NAME (only what is stored for it), soft (stale, and served while it is validated)
POST /cache/push?url=URL                   it has changed: drop what is stored of it, and fetch it; several, or one a line in the body
       also: soft (the old one serves until the new one is there), wait (answer when it is there), header=NAME: VALUE
PUT  /cache/content?url=URL                this is its content, with these fields; also: field=NAME: VALUE, header=NAME: VALUE
POST /cache/prefetch?url=URL               fetch what is not there; several, or one a line in the body, or sitemap=URL
       also: rate=N (URLs a second), simultaneous=N, header=NAME: VALUE, wait; cancel=JOB ends one
GET  /cache/prefetch                       prefetches and pushes under way; id=JOB for one, with what came of its URLs (from=N on)
POST /reload                               read the configuration file again
POST /drain                                end, once what is in flight has ended
POST /backends/POOL/NAME?admin=WORD        ready, drain or maintenance
POST /backends/POOL/NAME?weight=N          0 to 65535, until a reload changes the configured weight

Where the configuration names tokens, each request must show one: Authorization: Bearer TOKEN. A site's own may change
and explain only what is stored for that site. Without tokens, a POST or PUT must carry the field X-Throughline-Admin: 1.
";

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// The admin side, as an application of the server that it shows.
#[derive(Default)]
pub struct Admin {
    shown: OnceLock<Shown>,
}

struct Shown {
    server: Arc<Server>,
    reloader: Arc<Reloader>,
    journal: Arc<Journal>,
    /// A comparison of steerings is under way.
    comparing: Arc<AtomicBool>,
}

impl Admin {
    /// From now on it answers for this server. To be called once, before the server's workers start.
    pub fn show(&self, server: Arc<Server>, reloader: Arc<Reloader>, journal: Arc<Journal>) {
        assert!(self.shown.set(Shown { server, reloader, journal, comparing: Arc::default() }).is_ok(), "an admin side shows one server");
    }
}

impl Application for Admin {
    fn respond(&self, host: &Host, request: &RequestHead, body: &[u8]) -> Answer {
        match self.shown.get() {
            Some(shown) => shown.respond(host, request, body),
            None => refusal(503, "the server is starting"),
        }
    }
}

/// What a change of what is stored needs to know.
struct Shared<'s> {
    server: &'s Arc<Server>,
    journal: &'s Arc<Journal>,
    snapshot: &'s Snapshot,
    who: &'s Who,
}

/// What can be asked for.
#[derive(Debug, PartialEq)]
enum Resource {
    Index,
    Status,
    Metrics,
    ExplainRoute,
    ExplainBalance,
    ExplainCache,
    ExplainDns,
    ExplainSteer,
    Purge,
    Push,
    Content,
    Prefetch,
    Reload,
    Drain,
    Backend { pool: String, name: String },
}

impl Resource {
    fn of(path: &[u8]) -> Option<Resource> {
        Some(match path {
            b"/" => Resource::Index,
            b"/status" => Resource::Status,
            b"/metrics" => Resource::Metrics,
            b"/explain/route" => Resource::ExplainRoute,
            b"/explain/balance" => Resource::ExplainBalance,
            b"/explain/cache" => Resource::ExplainCache,
            b"/explain/dns" => Resource::ExplainDns,
            b"/explain/steer" => Resource::ExplainSteer,
            b"/cache/purge" => Resource::Purge,
            b"/cache/push" => Resource::Push,
            b"/cache/content" => Resource::Content,
            b"/cache/prefetch" => Resource::Prefetch,
            b"/reload" => Resource::Reload,
            b"/drain" => Resource::Drain,
            other => {
                let other = other.strip_prefix(b"/backends/")?;
                // The name of a backend may itself hold slashes: `unix:/run/app.sock`.
                let slash = other.iter().position(|byte| *byte == b'/')?;
                Resource::Backend { pool: decoded(&other[..slash])?, name: decoded(&other[slash + 1..])? }
            }
        })
    }

    /// It shows or changes nothing but what is stored for a site: the site's owner may have it, as far as the site goes.
    fn is_for_owners(&self) -> bool {
        matches!(
            self,
            Resource::Index
                | Resource::ExplainRoute
                | Resource::ExplainCache
                | Resource::Purge
                | Resource::Push
                | Resource::Content
                | Resource::Prefetch
        )
    }

    /// How it is asked for: the methods that change nothing, and the one that changes something.
    fn methods(&self) -> (bool, Option<Method>) {
        match self {
            Resource::Purge | Resource::Push | Resource::Reload | Resource::Drain | Resource::Backend { .. } => (false, Some(Method::Post)),
            Resource::Content => (false, Some(Method::Put)),
            Resource::Prefetch | Resource::ExplainSteer => (true, Some(Method::Post)),
            _ => (true, None),
        }
    }
}

impl Shown {
    fn respond(&self, host: &Host, request: &RequestHead, body: &[u8]) -> Answer {
        let Some(resource) = Resource::of(request.path()) else {
            return refusal(404, "there is nothing here; GET / lists what there is");
        };
        let (reads, changes) = resource.methods();
        let reading = reads && matches!(request.method, Method::Get | Method::Head);
        if !reading && changes.as_ref() != Some(&request.method) {
            let allow = ["GET, HEAD"].into_iter().filter(|_| reads).chain(changes.as_ref().map(|method| method.as_str()));
            return not_allowed(&allow.collect::<Vec<_>>().join(", "));
        }
        let snapshot = self.server.snapshot();
        let who = match Who::of(request, &snapshot.config) {
            Ok(who) => who,
            // What can be asked for is no secret.
            Err(_) if resource == Resource::Index => Who::Operator { by_token: false },
            Err(stranger) => return stranger_answer(stranger),
        };
        if matches!(who, Who::Owner(_)) && !resource.is_for_owners() {
            return refusal(403, "this token is one of a site's owner; what concerns the whole server needs one of [admin]");
        }
        if !reading
            && !who.by_token()
            && let Err(why) = self.guard(request)
        {
            return refusal(403, why);
        }
        let parameters = match Parameters::of(request.query()) {
            Ok(parameters) => parameters,
            Err(problem) => return refusal(400, &problem),
        };
        let shared = Shared { server: &self.server, journal: &self.journal, snapshot: &snapshot, who: &who };
        let answer = match resource {
            Resource::Index => Ok(plain(INDEX)),
            Resource::Status => self.status(host, &parameters),
            Resource::Metrics => {
                let text = metrics::text(&self.server, self.leading(), &self.journal.state(), host);
                Ok(Answer::text(200, exposition::CONTENT_TYPE, text))
            }
            Resource::ExplainRoute => explain::live_route(&snapshot, &who, &parameters),
            Resource::ExplainBalance => explain::live_balance(&self.server, host, &parameters),
            Resource::ExplainCache => explain::live_cache(&self.server, &who, host, &parameters).map(plain),
            Resource::ExplainDns => explain::names::live(&snapshot, self.reloader.leading(), host, &parameters),
            Resource::ExplainSteer => explain::steer::live(&snapshot, self.reloader.leading(), &self.comparing, &parameters, body),
            Resource::Purge => cache::purge(&shared, host, &parameters),
            Resource::Push => push::notice(&shared, host, &parameters, body),
            Resource::Content => push::content(&shared, host, request, &parameters, body),
            Resource::Prefetch if reading => feed::shown(&shared, &parameters),
            Resource::Prefetch => feed::prefetch(&shared, host, &parameters, body),
            Resource::Reload => self.reload(host),
            Resource::Drain => Ok(self.drain()),
            // A reload meanwhile would carry the backend over as it was before.
            Resource::Backend { pool, name } => self.reloader.between_reloads(|| self.backend(host, &pool, &name, &parameters)),
        };
        answer.unwrap_or_else(Refusal::answer)
    }

    fn guard(&self, request: &RequestHead) -> Result<(), &'static str> {
        if request.fields.named(GUARD.0.as_bytes()).next() != Some(GUARD.1.as_bytes()) {
            return Err("a POST or PUT must carry the field X-Throughline-Admin: 1, which no web page can send from elsewhere");
        }
        let own = &self.server.snapshot().config.server.name;
        if is_own_host(request.host(), own) {
            Ok(())
        } else {
            Err("a POST must be addressed to an IP address, localhost or this server's own name")
        }
    }

    fn leading(&self) -> Option<&Leading> {
        self.reloader.leading().map(|leading| &**leading)
    }

    fn status(&self, host: &Host, parameters: &Parameters) -> Result<Answer, Refusal> {
        parameters.only(&["text"])?;
        let status = status::of(&self.server, &self.reloader.authority, self.leading(), &self.journal.state(), host);
        Ok(match parameters.has("text") {
            true => plain(view::status::table(&status, view::status::Paint::Plain)),
            false => Answer::text(200, JSON, status.to_json() + "\n"),
        })
    }

    fn reload(&self, host: &Host) -> Result<Answer, Refusal> {
        let generation = self.reloader.reload(host).map_err(|why| Refusal { status: 409, why })?;
        Ok(done(&json!({ "ok": true, "generation": generation })))
    }

    fn drain(&self) -> Answer {
        self.reloader.stop();
        done(&json!({ "ok": true, "draining": true, "connections": self.server.connections() }))
    }

    fn backend(&self, host: &Host, pool: &str, name: &str, parameters: &Parameters) -> Result<Answer, Refusal> {
        parameters.only(&["admin", "weight"])?;
        let snapshot = self.server.snapshot();
        let unknown = |why: String| Refusal { status: 404, why };
        let at = snapshot.config.pools.iter().position(|known| known.name == pool);
        let at = at.ok_or_else(|| unknown(format!("there is no pool {pool:?}")))?;
        let backend = snapshot.config.pools[at].backends.iter().position(|known| known.name == name);
        let backend = backend.ok_or_else(|| unknown(format!("pool {pool:?} has no backend {name:?}")))?;
        let held = &snapshot.pools()[at];
        // Both are read before either holds: a request changes all that it asks for, or nothing.
        let wanted = parameters.first("admin").map(wanted).transpose()?;
        let weight = parameters.first("weight").map(weight).transpose()?;
        if wanted.is_none() && weight.is_none() {
            return Err(bad("say what to change: ?admin=ready, ?admin=drain, ?admin=maintenance or ?weight=N".to_string()));
        }
        if let Some(wanted) = wanted {
            held.set_admin(name, wanted, host.now());
        }
        if let Some(weight) = weight {
            held.set_weight(name, weight);
        }
        let now = held.status(host.now()).swap_remove(backend);
        let (admin, weight) = (now.admin.word(), now.weight);
        self.server.tell(host.calendar(), Step::BackendSet { backend: held.backend_ref(backend), admin, weight: u64::from(weight) });
        let in_flight = now.in_flight;
        Ok(done(&json!({ "ok": true, "pool": pool, "backend": name, "admin": admin, "weight": weight, "in_flight": in_flight })))
    }
}

fn wanted(word: &str) -> Result<Wanted, Refusal> {
    let known = [Wanted::Ready, Wanted::Drain, Wanted::Maintenance];
    let unknown = || bad(format!("admin is ready, drain or maintenance, not {word:?}"));
    known.into_iter().find(|wanted| wanted.word() == word).ok_or_else(unknown)
}

fn weight(text: &str) -> Result<u32, Refusal> {
    let weight = text.parse().ok().filter(|weight| *weight <= 65_535);
    weight.ok_or_else(|| bad(format!("a weight is a number from 0 to 65535, not {text:?}")))
}

/// A name that only its owner can make point here: an address, this machine, our own name. HTTP/1.0 may name none.
fn is_own_host(host: &[u8], own: &str) -> bool {
    let Ok(host) = std::str::from_utf8(host) else { return false };
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    host.is_empty()
        || host.eq_ignore_ascii_case("localhost")
        || host.eq_ignore_ascii_case(own)
        || host.parse::<Ipv4Addr>().is_ok()
        || literal.is_some_and(|literal| literal.parse::<Ipv6Addr>().is_ok())
}

/// Why something is not done.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal {
    status: u16,
    why: String,
}

impl Refusal {
    fn answer(self) -> Answer {
        refusal(self.status, &self.why)
    }
}

/// The request makes no sense.
fn bad(why: String) -> Refusal {
    Refusal { status: 400, why }
}

/// It is not theirs.
fn forbidden(why: String) -> Refusal {
    Refusal { status: 403, why }
}

fn stranger_answer(stranger: Stranger) -> Answer {
    let fields = vec![("Content-Type", TEXT.to_string()), ("WWW-Authenticate", stranger.challenge())];
    Answer::Made { status: 401, fields, body: format!("{}\n", stranger.sentence()).into_bytes() }
}

fn refusal(status: u16, why: &str) -> Answer {
    Answer::text(status, TEXT, format!("{why}\n"))
}

fn not_allowed(allow: &str) -> Answer {
    let fields = vec![("Content-Type", TEXT.to_string()), ("Allow", allow.to_string())];
    Answer::Made { status: 405, fields, body: format!("use {allow}\n").into_bytes() }
}

fn plain(text: impl Into<Vec<u8>>) -> Answer {
    Answer::text(200, TEXT, text)
}

fn done(what: &serde_json::Value) -> Answer {
    Answer::text(200, JSON, format!("{what}\n"))
}

#[cfg(test)]
mod tests;
