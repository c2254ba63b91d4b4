//! The server's side: a station of its own behind the request, whose steps came over the wire by their names in the catalogue. Another
//! version may have steps and fields that are not known here: those are shown as they stand.

use super::url::status_text;
use super::{Place, Reader, Row, Span, Station, Tone};
use crate::text::shown;
use crate::trace::quantity::{count, size, time};
use decide::step::{Step, Text};
use decide::time::{Duration, Instant};
use serde_json::Value;
use std::borrow::Cow;

impl Reader<'_> {
    pub(super) fn server(&mut self, at: Instant, step: &Step) -> bool {
        match *step {
            Step::ServerJoined { server, id, steps, uncertainty } => {
                let (server, id) = (self.text(server), self.text(id));
                let steps = count(usize::from(steps), "step", "steps");
                let id = if self.options.verbose { format!(", {id} in its log") } else { String::new() };
                self.begin_server(at, format!("{server}: {steps}, placed to ±{}{id}", time(uncertainty)));
            }
            Step::ServerStep { name, fields } => self.server_step(at, name, fields),
            Step::ServerUnjoined { why } => {
                let why = self.text(why);
                self.begin_server(at, "not joined".to_string());
                self.server_row(Row { label: "", text: why, span: None, tone: Tone::Warning });
            }
            _ => return false,
        }
        true
    }

    fn begin_server(&mut self, at: Instant, text: String) {
        let span = self.point(at);
        if let Some(leg) = self.read.legs.last_mut() {
            leg.server = Some(Station { place: Place::Server, text, span, open: None, failed: false, rows: Vec::new(), steps: Vec::new() });
        }
    }

    fn server_row(&mut self, row: Row) {
        if let Some(server) = self.read.legs.last_mut().and_then(|leg| leg.server.as_mut()) {
            server.rows.push(row);
        }
    }

    fn server_step(&mut self, at: Instant, name: Text, fields: Text) {
        let name = self.text(name);
        let fields = serde_json::from_slice(self.journey.text(fields)).unwrap_or_default();
        let point = self.point(at);
        let first = self.read.legs.last().and_then(|leg| leg.server.as_ref()).is_some_and(|server| server.rows.is_empty());
        let said = say(&name, &Fields(&fields));
        if let Some(server) = self.read.legs.last_mut().and_then(|leg| leg.server.as_mut()) {
            let start = if first { point.start } else { server.span.start.min(point.start) };
            server.span = Span { start, end: if first { point.end } else { server.span.end.max(point.end) } };
        }
        if said.detail && !self.options.verbose {
            return;
        }
        let span = said.took.map_or(point, |took| self.before(at, took));
        self.server_row(Row { label: said.label, text: said.text, span: Some(span), tone: said.tone });
    }
}

/// Puts each leg's server behind its request.
pub(super) fn place(stations: &mut Vec<Station>, server: Option<Station>) {
    if let Some(server) = server {
        let behind = stations.iter().rposition(|station| station.place == Place::Http).map_or(stations.len(), |at| at + 1);
        stations.insert(behind, server);
    }
}

/// A step in words.
struct Said {
    label: &'static str,
    text: String,
    tone: Tone,
    /// It ended at its time, and took so long.
    took: Option<Duration>,
    /// Only for who wants everything.
    detail: bool,
}

/// The fields of a step.
struct Fields<'a>(&'a Value);

impl Fields<'_> {
    fn text(&self, name: &str) -> String {
        match &self.0[name] {
            Value::String(text) => shown(text).into_owned(),
            Value::Null => String::new(),
            other => shown(&other.to_string()).into_owned(),
        }
    }

    fn number(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap_or_default()
    }

    fn flag(&self, name: &str) -> bool {
        self.0[name].as_bool().unwrap_or_default()
    }

    fn span(&self, name: &str) -> Duration {
        self.0[name].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default()
    }

    fn status(&self) -> String {
        status_text(u16::try_from(self.number("status")).unwrap_or_default())
    }
}

fn say(name: &str, fields: &Fields<'_>) -> Said {
    let plain = |label, text: String| Said { label, text, tone: Tone::Plain, took: None, detail: false };
    let text = |name| fields.text(name);
    match name {
        "accepted" => Said { detail: true, ..plain("accepted", format!("{} at {}", text("peer"), text("listener"))) },
        "secured" => Said { detail: true, ..plain("TLS", format!("{}, {}", text("version"), text("alpn"))) },
        "asked" => Said { detail: true, ..plain("request", format!("{} {}{}", text("method"), text("host"), text("target"))) },
        "routed" => plain("route", format!("{}: {}", text("route"), action(&text("action")))),
        "unrouted" => Said { tone: Tone::Bad, ..plain("route", format!("none, {}: {}", fields.status(), text("why"))) },
        "refused" => Said { tone: Tone::Bad, ..plain("refused", format!("{}: {}", fields.status(), text("rule"))) },
        "cache-hit" => cache_hit(fields),
        "cache-miss" => plain("cache", cache_miss(fields)),
        "cache-store" => plain("cache", cache_store(fields)),
        "tier" => plain("tier", format!("{} ({})", text("tier"), text("why"))),
        "queued" => {
            let waited = fields.span("waited");
            let said = plain("queue", format!("{} for a place at {}", time(waited), text("backend")));
            Said { took: Some(waited), tone: Tone::Warning, ..said }
        }
        "picked" => plain("backend", picked(fields)),
        "connected" if fields.flag("reused") => plain("connect", format!("to {}: kept from an earlier request", text("backend"))),
        "connected" => Said { took: Some(fields.span("took")), ..plain("connect", format!("to {}: a new connection", text("backend"))) },
        "answered" => {
            let tone = if fields.number("status") < 500 { Tone::Plain } else { Tone::Bad };
            Said { tone, took: Some(fields.span("took")), ..plain("answer", format!("{} by {}", fields.status(), text("backend"))) }
        }
        "backend-failed" => {
            let then = if text("then") == "retry" { "another is asked" } else { "nobody else is asked" };
            Said { tone: Tone::Bad, ..plain("backend", format!("{} failed ({}): {then}", text("backend"), text("error"))) }
        }
        "redirected-to-pop" => plain("nearest", redirected_to_pop(fields)),
        "report-taken" => plain("measured", format!("of {}, in ms: {}", text("network"), text("times"))),
        "report-refused" => Said { tone: Tone::Bad, ..plain("measured", format!("refused, {}: {}", fields.status(), text("why"))) },
        "made" => plain("answer", format!("{}, made by the server itself ({})", fields.status(), text("why"))),
        "delivered" => delivered(fields),
        other => unknown(other, fields),
    }
}

fn action(word: &str) -> Cow<'_, str> {
    match word {
        "pool" => "a pool of backends".into(),
        "proxy" => "whatever server the client names".into(),
        "redirect" => "a redirect".into(),
        "answer" => "a fixed answer".into(),
        "files" => "files".into(),
        "application" => "an application in the same process".into(),
        "steer" => "the nearest place".into(),
        "measure" => "what clients measure places with".into(),
        other => other.to_string().into(),
    }
}

fn cache_hit(fields: &Fields<'_>) -> Said {
    let age = time(fields.span("age"));
    let ttl = fields.span("ttl");
    let text = match fields.text("rule").as_str() {
        "fresh" => format!("hit: {age} old, and fresh for {} still", time(ttl)),
        "stale-while-revalidate" => {
            format!("hit: {age} old and stale; the origin is asked anew in the background, which is not shown here")
        }
        "stale-if-error" => format!("hit: {age} old and stale, because the origin fails"),
        "not-modified" => format!("hit: {age} old, and current, as the origin says"),
        other => format!("hit ({other}): {age} old"),
    };
    Said { label: "cache", text, tone: Tone::Good, took: None, detail: false }
}

fn cache_miss(fields: &Fields<'_>) -> String {
    let why = match fields.text("why").as_str() {
        "uri-miss" => "nothing is stored for the URL".to_string(),
        "vary-miss" => "what is stored is for other requests (Vary)".to_string(),
        "stale" => "what is stored is stale".to_string(),
        "request" => "the request wants it from the origin".to_string(),
        "method" => "the method is not one that the cache answers".to_string(),
        "bypass" => "the cache is left out".to_string(),
        other => other.to_string(),
    };
    let rule = fields.text("rule");
    let rule = if rule.is_empty() || rule == fields.text("why") { String::new() } else { format!(" ({rule})") };
    let collapsed = if fields.flag("collapsed") { "; another request has asked already, and its answer serves this one too" } else { "" };
    format!("miss: {why}{rule}{collapsed}")
}

fn cache_store(fields: &Fields<'_>) -> String {
    match fields.flag("stored") {
        true => format!("stored ({}), fresh for {}", fields.text("rule"), time(fields.span("ttl"))),
        false => format!("not stored ({})", fields.text("rule")),
    }
}

fn picked(fields: &Fields<'_>) -> String {
    let why = match fields.text("why").as_str() {
        "chosen" => String::new(),
        "panic" => "; so few are well that all are taken".to_string(),
        "only-left" => "; it was the only one left".to_string(),
        "retry" => "; after another failed".to_string(),
        other => format!("; {other}"),
    };
    let among = usize::try_from(fields.number("candidates")).unwrap_or(usize::MAX);
    format!("{} by {}, of {}{why}", fields.text("backend"), fields.text("algorithm"), count(among, "candidate", "candidates"))
}

fn redirected_to_pop(fields: &Fields<'_>) -> String {
    let version = fields.number("version");
    let prefix = fields.text("prefix");
    let of = if prefix.is_empty() { String::new() } else { format!(" of {prefix}") };
    let by = match fields.text("layer").as_str() {
        "measured" => format!("by what clients{of} have measured"),
        "topology" => format!("by the topology{of}"),
        "geography" => format!("by the location{of}"),
        "default" => "by default".to_string(),
        "next-best" => "the one decided on has no url".to_string(),
        other => other.to_string(),
    };
    let client = fields.text("client");
    let client = if client.is_empty() { "a client without an address".to_string() } else { client };
    format!("{} for {client}, {by} (tables version {version}){}", fields.text("pop"), not_chosen(fields))
}

/// The places that it was not, as many as fit on a line, each with its word.
fn not_chosen(fields: &Fields<'_>) -> String {
    const MOST: usize = 4;
    let Value::Array(places) = &fields.0["candidates"] else { return String::new() };
    let others: Vec<Fields<'_>> = places.iter().map(Fields).filter(|place| place.text("place") != fields.text("pop")).collect();
    let said: Vec<String> = others.iter().take(MOST).map(|place| format!("{} ({})", place.text("place"), place.text("why"))).collect();
    match (said.as_slice(), others.len().saturating_sub(MOST)) {
        ([], _) => String::new(),
        (_, 0) => format!("; not {}", said.join(", ")),
        (_, more) => format!("; not {}, nor {more} more", said.join(", ")),
    }
}

fn delivered(fields: &Fields<'_>) -> Said {
    let end = fields.text("end");
    let (tone, end) = if end == "complete" { (Tone::Plain, String::new()) } else { (Tone::Bad, format!("; broken off: {end}")) };
    let text = format!("{}, {} of body{end}", fields.status(), size(fields.number("sent")));
    Said { label: "sent", text, tone, took: Some(Duration::ZERO), detail: false }
}

fn unknown(name: &str, fields: &Fields<'_>) -> Said {
    let known = Step::catalogue().find(|info| info.name == name);
    let mut parts: Vec<String> = known.is_none().then(|| name.to_string()).into_iter().collect();
    if let Value::Object(object) = fields.0 {
        let some = object.iter().filter(|(_, value)| !matches!(value, Value::Null) && **value != "");
        parts.extend(some.map(|(key, _)| format!("{} {}", shown(key), fields.text(key))));
    }
    Said { label: known.map_or("step", |info| info.name), text: parts.join(", "), tone: Tone::Plain, took: None, detail: false }
}

#[cfg(test)]
mod tests;
