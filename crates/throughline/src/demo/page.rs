//! What is made anew for each request: the front page, the pages that tell of a problem, and the path in JSON.

use super::nearest::{self, Around};
use super::places::Place;
use super::server::TOLD;
use super::visits::{Visit, Visits};
use super::{SERVERS, files};
use crate::settings;
use decide::address::Address;
use node::Answer;
use serde_json::{Value, json};
use std::fmt::Write as _;
use wire::http::{Known, RequestHead};

const FRONT: &str = include_str!("site/index.html");
const PROBLEM: &str = include_str!("site/problem.html");

/// What a request says of its way, for people: text that is not yet fit for HTML.
struct Way {
    /// The client's address.
    client: Option<String>,
    /// Which proxies it came through; `None`: straight here.
    via: Option<String>,
    /// Its identity, given by the balancer.
    id: Option<String>,
    /// The host and port that the client asked for.
    host: String,
    /// It was asked for by https.
    secure: bool,
}

impl Way {
    fn of(request: &RequestHead) -> Way {
        let text = |known| request.fields.get(known).map(|value| String::from_utf8_lossy(value).into_owned());
        let host = text(Known::XForwardedHost).unwrap_or_else(|| String::from_utf8_lossy(&request.authority).into_owned());
        let secure = request.fields.get(Known::XForwardedProto).is_some_and(|proto| proto == b"https");
        Way { client: text(Known::XForwardedFor), via: text(Known::Via), id: text(Known::XRequestId), host, secure }
    }

    /// The host, if it may stand in a command that people copy into a shell.
    fn host_for_commands(&self) -> &str {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte);
        if !self.host.is_empty() && self.host.bytes().all(plain) { &self.host } else { "127.0.0.1:8080" }
    }
}

/// The front page.
pub(super) fn front(
    server: &str,
    request: &RequestHead,
    visits: &Visits,
    admin: Option<&Address>,
    around: Option<&Around>,
) -> rusqlite::Result<Answer> {
    let way = Way::of(request);
    let by_server = visits.by_server()?;
    let total: i64 = by_server.iter().map(|(_, visits)| visits).sum();
    let recorded = request.query().and_then(recorded_visit);
    let recorder = recorded.map(|number| visits.recorder(number)).transpose()?.flatten();
    let last = visits.last(TOLD)?;
    // `ctl` knows where the admin side is unless it was moved.
    let moved = admin.filter(|admin| settings::admin_defaults().as_ref() != Some(*admin));
    let ctl = moved.map_or_else(|| "throughline ctl status".to_string(), |admin| format!("throughline ctl --admin {admin} status"));
    let admin = admin.map_or_else(|| "ADMIN".to_string(), Address::to_string);
    let through = around.and_then(|_| nearest::through(request));
    let state = |name: &str| if name == server { "on" } else { "off" };
    let note = |name: &str| if name == server { "answered" } else { "waits its turn" };
    let values = [
        ("server", escaped(server)),
        ("story", story(server, &way, through)),
        // A place is a cache that balances, too.
        ("gate", through.map_or("Balancer", |place| place.name).to_string()),
        ("gate_note", if through.is_some() { "a cache that balances" } else { "takes them in turn" }.to_string()),
        ("places", around.map_or_else(String::new, |around| nearest::section(around, through, way.client.as_deref()))),
        ("client", escaped(way.client.as_deref().unwrap_or("unknown"))),
        ("via", escaped(way.via.as_deref().unwrap_or("nothing: straight here"))),
        ("id", escaped(way.id.as_deref().unwrap_or("none given"))),
        ("app_1_state", state(SERVERS[0]).to_string()),
        ("app_2_state", state(SERVERS[1]).to_string()),
        ("app_1_note", note(SERVERS[0]).to_string()),
        ("app_2_note", note(SERVERS[1]).to_string()),
        // What is drawn last lies on top, and the line in colour must: app-1's is drawn again where it is.
        ("app_1_over", if server == SERVERS[0] { "on" } else { "none" }.to_string()),
        ("notice", recorded.zip(recorder).map_or_else(String::new, |(number, by)| notice(server, number, &by))),
        ("shares", by_server.iter().map(|(name, visits)| share(name, *visits, total)).collect()),
        ("total", total.to_string()),
        ("last", rows(&last, recorded)),
        ("origin", format!("{}://{}", if way.secure { "https" } else { "http" }, escaped(way.host_for_commands()))),
        // curl knows nobody who vouches for a certificate that was made here.
        ("unverified", if way.secure { "-k " } else { "" }.to_string()),
        ("admin", escaped(&admin)),
        ("ctl", escaped(&ctl)),
        ("style_version", files::version("/style.css")),
        ("script_version", files::version("/visit.js")),
    ];
    Ok(Answer::text(200, "text/html; charset=utf-8", filled(FRONT, &values)))
}

/// A page that says what is wrong.
pub(super) fn problem(server: &str, status: u16, title: &str, sentence: &str) -> Answer {
    let values = [
        ("server", escaped(server)),
        ("status", status.to_string()),
        ("title", escaped(title)),
        ("sentence", escaped(sentence)),
        ("style_version", files::version("/style.css")),
    ];
    Answer::text(status, "text/html; charset=utf-8", filled(PROBLEM, &values))
}

/// The path of this request, as far as the server can see it.
pub(super) fn path(server: &str, request: &RequestHead) -> Value {
    let way = Way::of(request);
    let balanced = way.via.is_some();
    json!({
        "served_by": server,
        "request": {
            "method": request.method.as_str(),
            "target": String::from_utf8_lossy(&request.target),
            "host": way.host,
            "client": way.client,
            "via": way.via,
            "id": way.id,
        },
        "stations": [
            { "station": "client", "did": "asked" },
            { "station": "balancer", "did": if balanced { "picked a server that passes its health checks" } else { "was passed by" } },
            { "station": server, "did": "made this answer" },
        ],
    })
}

/// What just happened, in plain words.
fn story(server: &str, way: &Way, through: Option<&Place>) -> String {
    let other = SERVERS.into_iter().find(|name| *name != server).unwrap_or(server);
    if way.via.is_none() {
        return format!(
            "You asked <b>{}</b> directly, on its own port: the balancer had no part in it. Ask at the balancer’s address, and it will \
             choose between the two servers.",
            escaped(server)
        );
    }
    if let Some(place) = through {
        return format!(
            "Your browser asked the cache at <b>{}</b>, one of three places. This page is made anew for each visitor, so the cache asked \
             an application server. It takes them in turn, and this time the turn was <b>{}</b>’s.",
            place.name,
            escaped(server)
        );
    }
    format!(
        "Your browser asked a load balancer. It has two application servers behind it, takes them in turn, and this time the turn was \
         <b>{}</b>’s. Reload, and it should be <b>{}</b>’s, as long as nobody else asks in between and both pass their health checks.",
        escaped(server),
        escaped(other)
    )
}

/// The number in `visit=…`, to which the form's answer leads.
fn recorded_visit(query: &[u8]) -> Option<i64> {
    let value = query.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"visit="))?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn notice(server: &str, number: i64, by: &str) -> String {
    let (server, by) = (escaped(server), escaped(by));
    let told = match server == by {
        true => format!("{by} took visit {number} and wrote it down; {server} made this page too."),
        false => {
            format!("{by} took visit {number} and wrote it down. This page was made by {server}, which read it from the same database.")
        }
    };
    format!("<p class=\"notice\" role=\"status\">{told}</p>\n")
}

fn share(name: &str, visits: i64, total: i64) -> String {
    let (name, most) = (escaped(name), total.max(1));
    format!(
        "<div data-server=\"{name}\"><dt>{name}</dt><dd><progress aria-label=\"Visits recorded by {name}\" max=\"{most}\" \
         value=\"{visits}\"></progress></dd><dd class=\"count\">{visits}</dd></div>\n"
    )
}

fn rows(last: &[Visit], recorded: Option<i64>) -> String {
    if last.is_empty() {
        return "<tr><td colspan=\"4\" class=\"empty\">None yet. Be the first.</td></tr>\n".to_string();
    }
    let mut rows = String::new();
    for visit in last {
        let fresh = if recorded == Some(visit.number) { " class=\"fresh\"" } else { "" };
        let who = if visit.name.is_empty() { "someone" } else { &visit.name };
        // `2026-11-01T00:00:00Z`: the day steps back where there is little room.
        let (day, time) = visit.at.trim_end_matches('Z').split_once('T').unwrap_or(("", &visit.at));
        writeln!(
            rows,
            "<tr{fresh}><td class=\"number\">{}</td><td>{}</td><td>{}</td><td><span class=\"day\">{} </span>{}</td></tr>",
            visit.number,
            escaped(who),
            escaped(&visit.server),
            escaped(day),
            escaped(time)
        )
        .expect("a String takes everything");
    }
    rows
}

/// The template with each `{{name}}` replaced by its value. What is put in is not looked at again.
fn filled(template: &str, values: &[(&str, String)]) -> String {
    let mut pieces = template.split("{{");
    let mut page = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").expect("our own template closes what it opens");
        let (_, value) = values.iter().find(|(known, _)| *known == name).expect("our own template asks for nothing else");
        page.push_str(value);
        page.push_str(rest);
    }
    page
}

/// Text as it stands in HTML, between tags or in a quoted attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
