//! A step as a JSON object, for whoever writes steps.

use super::{Journey, List, Step, Texts, Value};
use crate::config::names;
use crate::time::{Duration, Instant};
use alloc::string::{String, ToString};
use core::fmt::Write;

/// Appends a step: its name, `t_us` (microseconds since the journey began; 0 for what was before) and its fields by the names of the
/// catalogue. `name` knows the things of a server's configuration.
pub fn object(journey: &Journey, at: Instant, step: &Step, name: &dyn Fn(Value) -> String, out: &mut String) {
    let _ = write!(out, "{{\"step\":\"{}\",\"t_us\":{}", step.name(), at.since(journey.began).as_micros());
    fields(journey.texts(), step, name, out);
    out.push('}');
}

/// Appends a comma and the fields of a step, for each the same again. `texts` has what the step points to.
pub fn fields(texts: &Texts, step: &Step, name: &dyn Fn(Value) -> String, out: &mut String) {
    step.fields(|field, of| {
        key(field, out);
        value(texts, of, name, out);
    });
}

/// Appends a list: an array of objects.
pub fn list(texts: &Texts, list: List, name: &dyn Fn(Value) -> String, out: &mut String) {
    out.push('[');
    for (number, row) in texts.rows(list).enumerate() {
        out.push_str(if number == 0 { "{" } else { ",{" });
        for (number, (field, of)) in row.iter().enumerate() {
            out.push_str(if number == 0 { "" } else { "," });
            out.extend(["\"", field, "\":"]);
            value(texts, *of, name, out);
        }
        out.push('}');
    }
    out.push(']');
}

fn value(texts: &Texts, value: Value, name: &dyn Fn(Value) -> String, out: &mut String) {
    match value {
        Value::Text(kept) => string(texts.get(kept), out),
        Value::Word(word) => string(word.as_bytes(), out),
        Value::Number(number) | Value::Bytes(number) => out.push_str(&number.to_string()),
        Value::Span(span) => seconds(span, out),
        Value::Flag(flag) => out.push_str(if flag { "true" } else { "false" }),
        Value::Client(address) => string(names::client(address).as_bytes(), out),
        Value::List(rows) => list(texts, rows, name, out),
        named => string(name(named).as_bytes(), out),
    }
}

/// Appends a comma and a name; names are ours: they need no escape.
pub fn key(name: &str, out: &mut String) {
    out.extend([",\"", name, "\":"]);
}

/// Appends a span of time.
pub fn seconds(span: Duration, out: &mut String) {
    let _ = write!(out, "{}.{:06}", span.as_secs(), span.subsec_micros());
}

/// Appends a string (RFC 8259 §7). Bytes that are no UTF-8 become U+FFFD; control characters are escaped.
pub fn string(bytes: &[u8], out: &mut String) {
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

/// Whether a character may change what a terminal or a reader of lines sees: the controls of ASCII and of Latin-1, the two separators of
/// Unicode, and the marks that turn the direction of writing.
pub fn is_hostile(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
