//! A journey as one JSON object, and what it may hold.

use crate::step_json::{calendar, key, object, seconds, string};
use decide::forward::request_id;
use decide::step::{FieldInfo, Journey, Step};
use decide::time::Instant;
use std::fmt::Write;

/// The version of what [`schema`] describes. Fields and steps are added under the same version; nothing is renamed or taken away.
const VERSION: &str = "throughline.trace/1";

/// The whole journey, in one line with a line end.
pub fn json(journey: &Journey) -> String {
    let mut out = format!("{{\"schema\":\"{VERSION}\"");
    key("id", &mut out);
    string(&request_id(journey.id), &mut out);
    key("began", &mut out);
    out.push('"');
    calendar(journey.calendar, &mut out);
    out.push('"');
    key("took", &mut out);
    seconds(journey.steps().last().map(|(at, _)| at.since(journey.began)).unwrap_or_default(), &mut out);
    outcome(journey, &mut out);
    legs(journey, &mut out);
    out.push_str("}\n");
    out
}

/// How it ended, for whoever wants nothing else.
fn outcome(journey: &Journey, out: &mut String) {
    match journey.steps().last() {
        Some((_, Step::Arrived { status, .. })) => {
            let _ = write!(out, ",\"arrived\":true,\"status\":{status},\"exit\":0");
        }
        Some((_, Step::Stopped { station, side, fault, sentence, exit })) => {
            let _ = write!(out, ",\"arrived\":false,\"station\":\"{station}\",\"side\":\"{side}\",\"fault\":\"{fault}\",\"sentence\":");
            string(journey.text(*sentence), out);
            let _ = write!(out, ",\"exit\":{exit}");
        }
        _ => out.push_str(",\"arrived\":false"),
    }
}

/// Steps by leg. The first begins with the first step, whatever it is: a URL may be none.
fn legs(journey: &Journey, out: &mut String) {
    out.push_str(",\"legs\":[");
    let steps = journey.steps();
    let mut start = 0;
    while start < steps.len() {
        let more = steps[start + 1..].iter().position(|(_, step)| matches!(step, Step::UrlRead { .. }));
        let end = more.map_or(steps.len(), |more| start + 1 + more);
        out.push_str(if start == 0 { "" } else { "," });
        leg(journey, &steps[start..end], out);
        start = end;
    }
    out.push(']');
}

fn leg(journey: &Journey, steps: &[(Instant, Step)], out: &mut String) {
    out.push('{');
    if let Some((_, Step::UrlRead { url, .. })) = steps.first() {
        out.push_str("\"url\":");
        string(journey.text(*url), out);
        out.push(',');
    }
    out.push_str("\"steps\":[");
    let mut server = String::new();
    let mut empty = true;
    for (at, step) in steps {
        if let Step::ServerStep { name, fields } = step {
            server_step(journey, *at, (journey.text(*name), journey.text(*fields)), &mut server);
            continue;
        }
        out.push_str(if empty { "" } else { "," });
        object(journey, *at, step, &|_| String::new(), out);
        empty = false;
    }
    out.push(']');
    if !server.is_empty() {
        let _ = write!(out, ",\"server\":[{server}]");
    }
    out.push('}');
}

/// A step of the server's, in our time. Its fields are an object already.
fn server_step(journey: &Journey, at: Instant, (name, fields): (&[u8], &[u8]), out: &mut String) {
    out.push_str(if out.is_empty() { "{\"step\":" } else { ",{\"step\":" });
    string(name, out);
    let _ = write!(out, ",\"t_us\":{}", at.since(journey.began).as_micros());
    let fields = String::from_utf8_lossy(fields);
    let inner = fields.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    let _ = write!(out, "{}{inner}}}", if inner.is_empty() { "" } else { "," });
}

/// The JSON schema (2020-12) of [`json`], made of the catalogue of steps.
pub fn schema() -> String {
    with_steps(HEAD)
}

/// The JSON schema of what a server tells of its side: [`decide::joined::text`].
pub fn wire_schema() -> String {
    with_steps(WIRE_HEAD)
}

/// A schema whose last definition is that of all steps.
fn with_steps(head: &str) -> String {
    let mut out = String::from(head);
    for (number, info) in Step::catalogue().enumerate() {
        out.push_str(if number == 0 { "" } else { "," });
        let _ = write!(out, "\n        {{\n          \"description\": ");
        string(info.doc.trim().as_bytes(), &mut out);
        let _ = write!(out, ",\n          \"properties\": {{\n            \"step\": {{ \"const\": \"{}\" }},", info.name);
        out.push_str("\n            \"t_us\": { \"type\": \"integer\", \"minimum\": 0 }");
        info.fields.iter().for_each(|field| property(field, &mut out));
        let required: Vec<String> = info.fields.iter().map(|field| format!(", \"{}\"", field.name)).collect();
        let _ = write!(out, "\n          }},\n          \"required\": [\"step\", \"t_us\"{}]\n        }}", required.concat());
    }
    out.push_str("\n      ]\n    }\n  }\n}\n");
    out
}

fn property(field: &FieldInfo, out: &mut String) {
    let kind = match field.unit {
        "number" | "bytes" => "\"integer\", \"minimum\": 0",
        "seconds" => "\"number\", \"minimum\": 0",
        "flag" => "\"boolean\"",
        "list" => "\"array\", \"items\": { \"type\": \"object\" }",
        _ => "\"string\"",
    };
    let _ = write!(out, ",\n            \"{}\": {{ \"type\": {kind}, \"description\": ", field.name);
    string(field.doc.trim().as_bytes(), out);
    out.push_str(" }");
}

const HEAD: &str = r##"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "A journey, as `throughline trace --json` tells it",
  "type": "object",
  "properties": {
    "schema": { "const": "throughline.trace/1" },
    "id": { "type": "string", "description": "128 random bits in hexadecimal" },
    "began": { "type": "string", "description": "when, in UTC" },
    "took": { "type": "number", "description": "seconds, all in all" },
    "arrived": { "type": "boolean", "description": "an answer came, and is whole" },
    "status": { "type": "integer", "description": "of the answer, if it arrived" },
    "station": { "type": "string", "description": "where it stopped, if it did; so too side, fault and sentence" },
    "side": { "enum": ["you", "machine", "names", "network", "server"] },
    "fault": { "type": "string", "description": "one word" },
    "sentence": { "type": "string", "description": "station, side, cause and remedy" },
    "exit": { "type": "integer", "description": "the exit code of the command" },
    "legs": {
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "url": { "type": "string" },
          "steps": { "type": "array", "items": { "$ref": "#/$defs/step" } },
          "server": {
            "type": "array",
            "description": "the server's side, in our time; another version's may have more than this catalogue",
            "items": {
              "type": "object",
              "properties": { "step": { "type": "string" }, "t_us": { "type": "integer", "minimum": 0 } },
              "required": ["step", "t_us"]
            }
          }
        },
        "required": ["steps"]
      }
    }
  },
  "required": ["schema", "id", "began", "took", "arrived", "legs"],
  "$defs": {
    "step": {
      "type": "object",
      "oneOf": ["##;

const WIRE_HEAD: &str = r##"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "A server's side of a request, as it is told to who has a token",
  "type": "object",
  "properties": {
    "schema": { "const": "throughline.journey/1" },
    "server": { "type": "string", "description": "its name: server.name of its configuration" },
    "id": { "type": "string", "description": "what the request is called in its log: the trace id of traceparent" },
    "began_us": { "type": "integer", "minimum": 0, "description": "by its clock: microseconds since 1970 in UTC" },
    "steps": { "type": "array", "items": { "$ref": "#/$defs/step" } }
  },
  "required": ["schema", "server", "id", "began_us", "steps"],
  "$defs": {
    "step": {
      "type": "object",
      "oneOf": ["##;
