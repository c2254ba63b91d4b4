//! A step as a JSON object, for whoever writes steps.

use crate::access_log::{Date, names};
use crate::text::is_hostile;
use decide::step::{Journey, Step, Value};
use decide::time::{Calendar, Duration, Instant};
use std::fmt::Write;

/// Appends a step: its name, `t_us` (microseconds since the journey began; 0 for what was before) and its fields by the names of the
/// catalogue. `name` knows the things of a server's configuration.
pub(crate) fn object(journey: &Journey, at: Instant, step: &Step, name: &dyn Fn(Value) -> String, out: &mut String) {
    let _ = write!(out, "{{\"step\":\"{}\",\"t_us\":{}", step.name(), at.since(journey.began).as_micros());
    step.fields(|field, value| {
        key(field, out);
        match value {
            Value::Text(text) => string(journey.text(text), out),
            Value::Word(word) => string(word.as_bytes(), out),
            Value::Number(number) | Value::Bytes(number) => out.push_str(&number.to_string()),
            Value::Span(span) => seconds(span, out),
            Value::Flag(flag) => out.push_str(if flag { "true" } else { "false" }),
            Value::Client(address) => string(names::client(address).as_bytes(), out),
            named => string(name(named).as_bytes(), out),
        }
    });
    out.push('}');
}

/// Appends a time in the calendar, to the microsecond.
pub(crate) fn calendar(at: Calendar, out: &mut String) {
    let (date, micros) = (Date::of(at), at.0.subsec_micros());
    let (year, month, day, clock) = (date.year(), date.month_number(), date.day(), date.clock());
    let _ = write!(out, "{year}-{month:02}-{day}T{clock}.{micros:06}Z");
}

/// Appends a comma and a name; names are ours: they need no escape.
pub(crate) fn key(name: &str, out: &mut String) {
    out.extend([",\"", name, "\":"]);
}

/// Appends a span of time.
pub(crate) fn seconds(span: Duration, out: &mut String) {
    let _ = write!(out, "{}.{:06}", span.as_secs(), span.subsec_micros());
}

/// Appends a string (RFC 8259 §7). Bytes that are no UTF-8 become U+FFFD; control characters are escaped.
pub(crate) fn string(bytes: &[u8], out: &mut String) {
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
