//! Steps of the process, one line each, for whoever reads standard error: `2026-11-22T14:13:35.042Z backend-down backend=app/a1 probes=3
//! why="the connection was refused"`.

use crate::access_log::Date;
use crate::text::is_hostile;
use decide::config::Config;
use decide::config::names;
use decide::step::{List, Step, Texts, Value};
use decide::time::{Calendar, Duration};
use std::fmt::Write;

/// A time of the calendar as RFC 3339 writes it, in UTC with milliseconds.
pub fn timestamp(at: Calendar) -> String {
    let date = Date::of(at);
    let (year, month, day, clock) = (date.year(), date.month_number(), date.day(), date.clock());
    format!("{year}-{month:02}-{day}T{clock}.{:03}Z", at.0.subsec_millis())
}

/// One step, without a line end: the time, the step's name, and its fields by the names of the catalogue. Listeners, routes and backends
/// are named as in `config`. For steps that belong to no request, with the texts that they point to.
pub fn line(at: Calendar, step: &Step, texts: &Texts, config: &Config) -> String {
    let mut out = format!("{} {}", timestamp(at), step.name());
    step.fields(|name, value| {
        let _ = write!(out, " {name}=");
        write_value(&shown(value, texts, config), &mut out);
    });
    out
}

fn shown(value: Value, texts: &Texts, config: &Config) -> String {
    match value {
        Value::Text(text) => String::from_utf8_lossy(texts.get(text)).into_owned(),
        Value::Word(word) => word.to_owned(),
        Value::Number(number) | Value::Bytes(number) => number.to_string(),
        Value::Span(span) => seconds(span),
        Value::Flag(flag) => flag.to_string(),
        Value::Client(address) => names::client(address),
        Value::List(list) => words(list, texts, &|value| shown(value, texts, config)),
        named => names::of(config, named),
    }
}

/// A list in words: `place fra, chosen, why med; place sin, not chosen, why med`. A list within stands in brackets.
pub(crate) fn words(list: List, texts: &Texts, shown: &dyn Fn(Value) -> String) -> String {
    let field = |(name, value): &(&str, Value)| {
        let name = name.replace('_', "-");
        match value {
            Value::Flag(true) => name,
            Value::Flag(false) => format!("not {name}"),
            Value::List(_) => format!("{name} [{}]", shown(*value)),
            _ => format!("{name} {}", shown(*value)),
        }
    };
    let row = |row: &[(&str, Value)]| row.iter().map(field).collect::<Vec<_>>().join(", ");
    texts.rows(list).map(row).collect::<Vec<_>>().join("; ")
}

/// Seconds with at most three digits after the point: `30s`, `0.1s`.
fn seconds(span: Duration) -> String {
    let text = format!("{}.{:03}", span.as_secs(), span.subsec_millis());
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// In quotes where it could be taken for more than one value.
fn write_value(value: &str, out: &mut String) {
    let plain = |character: char| !is_hostile(character) && !character.is_whitespace() && !matches!(character, '"' | '=' | '\\');
    if !value.is_empty() && value.chars().all(plain) {
        return out.push_str(value);
    }
    out.push('"');
    for character in value.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            hostile if is_hostile(hostile) => out.extend(hostile.escape_default()),
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests;
