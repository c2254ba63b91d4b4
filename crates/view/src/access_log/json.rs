//! One JSON object a line.

use super::facts::Facts;
use crate::step_json::{calendar, fields, key, object, seconds, string};
use decide::config::Config;
use decide::config::names;
use decide::forward::request_id;
use decide::step::{Journey, Step, Texts, Value};
use decide::time::Calendar;
use std::fmt::Write;

/// Appends one line, line end included: the request's facts, then every step with its name, `t_us` (microseconds since the first byte of
/// the request; 0 for what was before) and its fields by the names of the catalogue. Spans of time are numbers of seconds, bytes are
/// numbers, listeners, routes and backends are names. Bytes that are no UTF-8 become U+FFFD; control characters are escaped.
pub fn json(journey: &Journey, config: &Config, out: &mut String) {
    let facts = Facts::of(journey);
    out.push_str("{\"time\":\"");
    calendar(journey.calendar, out);
    out.push('"');
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

/// Appends one line for a step that belongs to no request, with the texts that it points to: its time, its name, and its fields.
pub fn event(at: Calendar, step: &Step, texts: &Texts, config: &Config, out: &mut String) {
    out.push_str("{\"time\":\"");
    calendar(at, out);
    out.push('"');
    key("step", out);
    string(step.name().as_bytes(), out);
    fields(texts, step, &|value| names::of(config, value), out);
    out.push_str("}\n");
}

fn steps(journey: &Journey, config: &Config, out: &mut String) {
    out.push_str(",\"steps\":[");
    let name = |value: Value| names::of(config, value);
    for (number, (at, step)) in journey.steps().iter().enumerate() {
        out.push_str(if number == 0 { "" } else { "," });
        object(journey, *at, step, &name, out);
    }
    out.push(']');
}
