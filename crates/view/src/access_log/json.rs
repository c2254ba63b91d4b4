//! One JSON object a line.

use super::facts::{Date, Facts};
use super::names;
use crate::text::is_hostile;
use decide::config::Config;
use decide::forward::request_id;
use decide::step::{Journey, Value};
use decide::time::Duration;
use std::fmt::Write;

/// Appends one line, line end included: the request's facts, then every step with its name, `t_us` (microseconds since the first byte of
/// the request; 0 for what was before) and its fields by the names of the catalogue. Spans of time are numbers of seconds, bytes are
/// numbers, listeners, routes and backends are names. Bytes that are no UTF-8 become U+FFFD; control characters are escaped.
pub fn json(journey: &Journey, config: &Config, out: &mut String) {
    let facts = Facts::of(journey);
    let date = Date::of(journey.calendar);
    let micros = journey.calendar.0.subsec_micros();
    let (year, month, day, clock) = (date.year(), date.month_number(), date.day(), date.clock());
    let _ = write!(out, "{{\"time\":\"{year}-{month:02}-{day}T{clock}.{micros:06}Z\"");
    key("id", out);
    string(&request_id(journey.id), out);
    for (name, value) in [
        ("client", facts.peer),
        ("method", facts.method),
        ("host", facts.host),
        ("target", facts.target),
        ("version", facts.version.as_bytes()),
    ] {
        if !value.is_empty() {
            key(name, out);
            string(value, out);
        }
    }
    let names = [
        ("route", facts.route.map(|route| names::route(config, route))),
        ("backend", facts.backend.map(|backend| names::backend(config, backend))),
    ];
    for (name, value) in names.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        key(name, out);
        string(value.as_bytes(), out);
    }
    let _ = write!(out, ",\"status\":{},\"received\":{},\"sent\":{},\"took\":", facts.status, facts.received, facts.sent);
    seconds(facts.took, out);
    if !facts.encoding.is_empty() {
        key("encoding", out);
        string(facts.encoding.as_bytes(), out);
    }
    steps(journey, config, out);
    out.push_str("}\n");
}

fn steps(journey: &Journey, config: &Config, out: &mut String) {
    out.push_str(",\"steps\":[");
    for (number, (at, step)) in journey.steps().iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(out, "{comma}{{\"step\":\"{}\",\"t_us\":{}", step.name(), at.since(journey.began).as_micros());
        step.fields(|name, value| {
            key(name, out);
            field(journey, config, value, out);
        });
        out.push('}');
    }
    out.push(']');
}

fn field(journey: &Journey, config: &Config, value: Value, out: &mut String) {
    match value {
        Value::Text(text) => string(journey.text(text), out),
        Value::Word(word) => string(word.as_bytes(), out),
        Value::Number(number) | Value::Bytes(number) => out.push_str(&number.to_string()),
        Value::Span(span) => seconds(span, out),
        Value::Flag(flag) => out.push_str(if flag { "true" } else { "false" }),
        Value::Listener(at) => string(names::listener(config, at).as_bytes(), out),
        Value::Route(at) => string(names::route(config, at).as_bytes(), out),
        Value::Backend(at) => string(names::backend(config, at).as_bytes(), out),
        Value::Site(at) => string(names::site(config, at).as_bytes(), out),
        Value::Certificate(at) => string(names::certificate(config, at).as_bytes(), out),
        Value::Client(address) => string(names::client(address).as_bytes(), out),
    }
}

/// Names are ours: they need no escape.
fn key(name: &str, out: &mut String) {
    out.extend([",\"", name, "\":"]);
}

fn seconds(span: Duration, out: &mut String) {
    let _ = write!(out, "{}.{:06}", span.as_secs(), span.subsec_micros());
}

// RFC 8259 §7
fn string(bytes: &[u8], out: &mut String) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                hostile if is_hostile(hostile) => {
                    let _ = write!(out, "\\u{:04x}", u32::from(hostile));
                }
                plain => out.push(plain),
            }
        }
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
    out.push('"');
}
