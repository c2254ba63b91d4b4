//! An application server: which request gets which answer.

use super::live::{self, Live};
use super::nearest::Around;
use super::visit::{self, Refusal, Sender};
use super::visits::{Visit, Visits};
use super::{files, page};
use crate::settings;
use decide::address::Address;
use host::Host;
use node::{Answer, Application};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use wire::http::{Method, RequestHead};

/// Visits told at once.
pub(super) const TOLD: u32 = 10;

/// The database of this process. It lives in memory, and so as long as the process, whatever becomes of a server.
static DATABASE: LazyLock<Arc<Visits>> =
    LazyLock::new(|| Arc::new(Visits::new().expect("an empty database in memory needs nothing but a little memory")));

/// One of the two application servers.
pub struct Demo {
    name: &'static str,
    visits: Arc<Visits>,
    admin: Option<Address>,
    around: Option<Around>,
}

/// What there is besides files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Resource {
    Front,
    Health,
    Visits,
    Live,
    Path,
    File,
}

impl Demo {
    /// An application server of this name, one of [`super::SERVERS`], with the database that all of this process share. Its page says
    /// where the admin side listens, and of the places, if there are any.
    pub fn new(name: &'static str, admin: Option<Address>, around: Option<Around>) -> Demo {
        Demo { admin, around, ..Demo::on(name, DATABASE.clone()) }
    }

    /// An application server with a database of its own.
    pub(super) fn on(name: &'static str, visits: Arc<Visits>) -> Demo {
        Demo { name, visits, admin: settings::admin_defaults(), around: None }
    }

    fn read(&self, resource: Resource, path: &str, request: &RequestHead) -> rusqlite::Result<Answer> {
        Ok(match resource {
            Resource::Front => page::front(self.name, request, &self.visits, self.admin.as_ref(), self.around.as_ref())?,
            Resource::Health => Answer::text(200, "text/plain; charset=utf-8", "ok\n"),
            Resource::Visits => in_json(200, &self.told(None)?),
            Resource::Live => return Ok(self.live(request)),
            Resource::Path => in_json(200, &page::path(self.name, request)),
            Resource::File => files::at(path).expect("it is there, or the resource were none"),
        })
    }

    /// Records a visit. The answer to a program is what GET would tell, and which visit is its own; the form goes back to the page.
    fn record(&self, host: &Host, request: &RequestHead, body: &[u8]) -> rusqlite::Result<Answer> {
        let sender = visit::sender(request);
        let name = match visit::read(request, body) {
            Ok(name) => name,
            Err(refusal) => return Ok(self.refused(refusal, sender)),
        };
        let number = self.visits.record(self.name, &name, host.calendar())?;
        if sender == Sender::Program {
            return Ok(in_json(201, &self.told(Some(number))?));
        }
        // RFC 9110 §15.4.4: reloading the page then does not visit again.
        let location = ("Location", format!("/?visit={number}#visits"));
        Ok(Answer::Made { status: 303, fields: vec![location], body: Vec::new() })
    }

    fn refused(&self, refusal: Refusal, sender: Sender) -> Answer {
        let (status, sentence) = (refusal.status(), refusal.sentence());
        let mut answer = match sender {
            Sender::Program => self.problem(status, sentence),
            Sender::Form => page::problem(self.name, status, "That visit is not recorded", sentence),
        };
        if let (Refusal::MediaType, Answer::Made { fields, .. }) = (refusal, &mut answer) {
            // RFC 9110 §15.5.16
            fields.push(("Accept-Post", "application/json, application/x-www-form-urlencoded".to_string()));
        }
        answer
    }

    /// Tells of every visit as it is recorded, over a WebSocket.
    fn live(&self, request: &RequestHead) -> Answer {
        match live::is_of_this_site(request) {
            true => Answer::Socket(Box::new(Live::new(self.name, self.visits.clone()))),
            // What browsers let other sites' pages not read here, they shall not hear either.
            false => self.problem(403, "Only pages of this site are told of visits as they come."),
        }
    }

    /// What is told of the visits; `recorded` is the one that the request has just made.
    fn told(&self, recorded: Option<i64>) -> rusqlite::Result<Value> {
        let mut told = all(&self.visits)?;
        told["served_by"] = self.name.into();
        if let Some(number) = recorded {
            told["recorded"] = number.into();
        }
        Ok(told)
    }

    /// An error, for a program.
    fn problem(&self, status: u16, sentence: &str) -> Answer {
        in_json(status, &json!({ "served_by": self.name, "status": status, "error": sentence }))
    }

    fn missing(&self, path: &str) -> Answer {
        let sentence = "There is nothing at this address.";
        match path.starts_with("/api/") {
            true => self.problem(404, sentence),
            false => page::problem(self.name, 404, "Nothing here", sentence),
        }
    }
}

impl Application for Demo {
    fn respond(&self, host: &Host, request: &RequestHead, body: &[u8]) -> Answer {
        // A path that is not UTF-8 is no path of this site, and neither is what is left of it here.
        let path = String::from_utf8_lossy(request.path());
        let Some(resource) = Resource::at(&path) else { return self.missing(&path) };
        let answer = match (&request.method, resource) {
            // In HTTP/2, a WebSocket is opened with CONNECT (RFC 8441).
            (Method::Connect, Resource::Live) => Ok(self.live(request)),
            (Method::Get | Method::Head, _) => self.read(resource, &path, request),
            (Method::Post, Resource::Visits) => self.record(host, request, body),
            (Method::Options, _) => Ok(Answer::Made { status: 204, fields: vec![allow(resource)], body: Vec::new() }),
            _ => Ok(not_allowed(resource)),
        };
        answer.unwrap_or_else(|error| self.problem(500, &format!("The database failed: {error}.")))
    }
}

impl Resource {
    fn at(path: &str) -> Option<Resource> {
        match path {
            "/" => Some(Resource::Front),
            "/healthz" => Some(Resource::Health),
            "/api/visits" => Some(Resource::Visits),
            "/api/live" => Some(Resource::Live),
            "/api/path" => Some(Resource::Path),
            path => files::has(path).then_some(Resource::File),
        }
    }
}

fn allow(resource: Resource) -> (&'static str, String) {
    let methods = if resource == Resource::Visits { "GET, HEAD, POST, OPTIONS" } else { "GET, HEAD, OPTIONS" };
    ("Allow", methods.to_string())
}

fn not_allowed(resource: Resource) -> Answer {
    let allowed = allow(resource);
    let text = format!("405: this address takes {} only.\n", allowed.1);
    // RFC 9110 §15.5.6
    let fields = vec![("Content-Type", "text/plain; charset=utf-8".to_string()), allowed];
    Answer::Made { status: 405, fields, body: text.into_bytes() }
}

/// What there is to tell of the visits, whoever tells it.
pub(super) fn all(visits: &Visits) -> rusqlite::Result<Value> {
    let by_server = visits.by_server()?;
    let visit = |visit: Visit| json!({ "number": visit.number, "recorded_by": visit.server, "name": visit.name, "at": visit.at });
    let last: Vec<Value> = visits.last(TOLD)?.into_iter().map(visit).collect();
    let total: i64 = by_server.iter().map(|(_, visits)| visits).sum();
    let by_server: serde_json::Map<String, Value> = by_server.into_iter().map(|(name, visits)| (name, visits.into())).collect();
    Ok(json!({ "total": total, "by_server": by_server, "last": last }))
}

/// Indented: people read it in a terminal.
fn in_json(status: u16, value: &Value) -> Answer {
    Answer::text(status, "application/json", format!("{value:#}\n"))
}
