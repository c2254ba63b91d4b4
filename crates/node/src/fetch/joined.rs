//! The server's side of a request: asked for behind the answer, on the same connection where that is possible, and placed in our time.

use super::TraceToken;
use super::exchange::Exchange;
use super::fields::{TRACE_PARENT, TRACE_TOKEN};
use super::line::{End, Line};
use super::telling::Telling;
use super::visit::{Asked, Got, Visit};
use decide::fetch::fault::{Fault, Station};
use decide::fetch::url::Target;
use decide::joined::{Parent, Placing, VERSION, decides};
use decide::random::Random;
use decide::step::Step;
use decide::step::json::is_hostile;
use decide::time::{Duration, Instant};
use serde_json::{Map, Value};
use std::net::SocketAddr;
use wire::http::Method;

/// A journey of a server has no more bytes, and
const MOST_BYTES: usize = 1 << 20;
/// no more steps than this.
const MOST_STEPS: usize = 1000;
/// A server may take so long to tell.
const PATIENCE: Duration = Duration::from_secs(5);
/// No step is later than this after its server's beginning.
const LATEST_MICROS: u64 = 1 << 42;

/// What a server said of its side.
struct Told {
    server: String,
    id: String,
    steps: Vec<ToldStep>,
}

struct ToldStep {
    name: String,
    after: Duration,
    /// As JSON.
    fields: String,
}

impl<'a> Visit<'a> {
    /// What the next request is called: all of one journey have its name in common.
    pub(super) fn next_parent(&self) -> Parent {
        Parent { trace: self.telling.journey.id, request: self.host.rng().next().max(1) }
    }

    /// The token, where it may be shown. As with other credentials, no redirect takes it to another server; and it is not sent where others
    /// on the way could read it, or where nobody knows who the server is.
    pub(super) fn token_for(&self, line: &Line, credentials: bool) -> Option<&'a str> {
        let TraceToken { token, in_clear } = self.request.trace_token.as_ref()?;
        (credentials && (*in_clear || is_private(line, self.request.insecure))).then_some(token.as_str())
    }

    /// Asks for the server's side of the request that was just answered, and tells it.
    pub(super) async fn join(&mut self, asked: &Asked<'_>, target: &Target) {
        if self.request.trace_token.is_none() {
            return;
        }
        let field = |wanted: &str| asked.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
        let Some(token) = field(TRACE_TOKEN) else {
            return self.unjoined("the token is not sent to this server: others could read it on the way (--token-in-clear sends it)");
        };
        let Some(parent) = field(TRACE_PARENT).and_then(|value| Parent::read(value.as_bytes())) else {
            return self.unjoined("the request has no name to ask for it by: leave its traceparent as it is");
        };
        let Some(placing) = self.placing() else { return };
        match self.ask_aside(token, parent, target).await {
            Ok((200, body)) => match told(&body) {
                Some(told) => self.tell(&told, placing),
                None => self.unjoined("what it answers is no journey: it may be no Throughline server"),
            },
            Ok((status, _)) => self.unjoined(&format!(
                "it does not tell ({status}): the token may not be one of trace-tokens of the site there, or it is no Throughline server"
            )),
            Err(fault) => self.unjoined(&format!("asking for it failed: {}", fault.why)),
        }
    }

    /// Asks, and tells nobody of the way. The connection of the request serves if it still can.
    async fn ask_aside(&mut self, token: &str, parent: Parent, target: &Target) -> Result<(u16, Vec<u8>), Fault> {
        let aside = Telling::aside(self.host, MOST_BYTES);
        let telling = std::mem::replace(&mut self.telling, aside);
        let (status, end) = self.ask_for(token, parent, target).await;
        let body = std::mem::replace(&mut self.telling, telling).into_body();
        if let Some(end) = end {
            self.end_kept(end).await;
        }
        Ok((status?, body))
    }

    /// The status, and how the journey's own connection has ended, if it has.
    async fn ask_for(&mut self, token: &str, parent: Parent, target: &Target) -> (Result<u16, Fault>, Option<End>) {
        let reused = self.kept.is_some();
        let mut line = match self.line(target).await {
            Ok(line) => line,
            Err(fault) => return (Err(fault), None),
        };
        let fields = vec![("Accept".to_string(), "application/json".to_string()), (TRACE_TOKEN.to_string(), token.to_string())];
        let asked = Asked { method: Method::Get, path: parent.path(), authority: target.authority(), fields, body: None, upgrade: false };
        let (outcome, end) = self.ask_on(&mut line, &asked, target).await;
        let again = end == End::Ours && matches!(&outcome, Ok((got, true)) if got.keep_alive);
        self.kept = Some(line);
        let outcome = outcome.map(|(got, _)| got.head.status);
        if !reused {
            // A connection that was made for this alone is none of the journey's.
            self.end_kept(end).await;
        }
        (outcome, (reused && !again).then_some(end))
    }

    async fn ask_on(&mut self, line: &mut Line, asked: &Asked<'_>, target: &Target) -> (Result<(Got, bool), Fault>, End) {
        let (_, carrier) = line.parts();
        let mut exchange = match Exchange::on(carrier, self.host, &self.limit, &mut self.telling) {
            Ok(exchange) => exchange,
            Err(fault) => return (Err(fault), End::Ours),
        };
        let run = async {
            let got = exchange.ask(asked, target.scheme()).await?;
            let whole = exchange.body(&got, false).await?;
            Ok((got, whole))
        };
        let late = || Fault::too_long(Station::Http, PATIENCE);
        let outcome = self.limit.within(self.host, Station::Http, PATIENCE, run, late).await.and_then(|outcome| outcome);
        (outcome, exchange.end())
    }

    /// When the last request was sent, and its answer here.
    fn placing(&self) -> Option<Placing> {
        let steps = self.telling.journey.steps();
        let (mut sent, mut answered) = (None, None);
        for (at, step) in steps {
            match step {
                Step::RequestSent { .. } => sent = Some(*at),
                Step::HeadReceived { interim: false, .. } => answered = Some(*at),
                _ => {}
            }
        }
        let body = steps.iter().rev().find_map(|(at, step)| matches!(step, Step::BodyReceived { .. }).then_some(*at));
        Some(Placing { sent: sent?, answered: answered?, ended: body.or(answered)? })
    }

    fn tell(&mut self, told: &Told, placing: Placing) {
        let last = |wanted: &dyn Fn(&str) -> bool| {
            let times = told.steps.iter().filter(|step| wanted(&step.name)).map(|step| step.after);
            times.max().unwrap_or_default()
        };
        let (begin, uncertainty) = placing.begin(last(&decides), last(&|_| true));
        let (server, id) = (self.telling.keep(&told.server), self.telling.keep(&told.id));
        let steps = u16::try_from(told.steps.len()).unwrap_or(u16::MAX);
        self.telling.step(Step::ServerJoined { server, id, steps, uncertainty });
        for step in &told.steps {
            let at: Instant = placing.place(begin, step.after);
            let (name, fields) = (self.telling.keep(&step.name), self.telling.keep(&step.fields));
            self.telling.step_at(at, Step::ServerStep { name, fields });
        }
    }

    fn unjoined(&mut self, why: &str) {
        let why = self.telling.keep(why);
        self.telling.step(Step::ServerUnjoined { why });
    }
}

/// Whether only the two ends read what goes over a connection, and the other end is known.
fn is_private(line: &Line, insecure: bool) -> bool {
    let loopback = line.remote.parse::<SocketAddr>().is_ok_and(|remote| remote.ip().to_canonical().is_loopback());
    loopback || (line.origin.is_secure() && !insecure)
}

/// Reads what [`decide::joined::text`] writes, and what later versions may add to it.
fn told(body: &[u8]) -> Option<Told> {
    let value: Value = serde_json::from_slice(body).ok()?;
    if value["schema"] != VERSION {
        return None;
    }
    let text = |value: &Value| value.as_str().map(str::to_string);
    let steps = value["steps"].as_array()?.iter().take(MOST_STEPS).map(told_step).collect::<Option<_>>()?;
    Some(Told { server: text(&value["server"])?, id: text(&value["id"])?, steps })
}

fn told_step(value: &Value) -> Option<ToldStep> {
    let object = value.as_object()?;
    let name = object.get("step")?.as_str()?.to_string();
    let after = Duration::from_micros(object.get("t_us")?.as_u64()?.min(LATEST_MICROS));
    let others = object.iter().filter(|(key, _)| *key != "step" && *key != "t_us");
    let fields: Map<String, Value> = others.map(|(key, value)| (key.clone(), value.clone())).collect();
    // Outside of strings JSON is ASCII: what is escaped here stands in one.
    let escaped = |character: char| match is_hostile(character) {
        true => format!("\\u{:04x}", u32::from(character)),
        false => character.to_string(),
    };
    Some(ToldStep { name, after, fields: Value::Object(fields).to_string().chars().map(escaped).collect() })
}
