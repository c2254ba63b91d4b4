//! Apache's combined format: `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"`.

use super::facts::{Date, Facts};
use decide::step::Journey;
use std::fmt::Write;

/// Appends one line, line end included. What is missing is `-`. In quoted parts `"` and `\` are written with a backslash before them,
/// and every byte that is not printable ASCII as `\xhh`, so that a line is always one line of nine parts.
pub fn combined(journey: &Journey, out: &mut String) {
    let facts = Facts::of(journey);
    let date = Date::of(journey.calendar);
    out.push_str(&client(facts.peer));
    let _ = write!(out, " - - [{}/{}/{}:{} +0000] \"", date.day(), date.month(), date.year(), date.clock());
    match facts.method {
        [] => out.push('-'),
        method => {
            escaped(method, out);
            out.push(' ');
            escaped(facts.target, out);
            out.extend([" ", facts.version]);
        }
    }
    out.push_str("\" ");
    number_or_dash(u64::from(facts.status), out);
    out.push(' ');
    number_or_dash(facts.sent, out);
    for value in [facts.referer, facts.agent] {
        out.push_str(" \"");
        escaped(if value.is_empty() { b"-" } else { value }, out);
        out.push('"');
    }
    out.push('\n');
}

/// The address without its port: `192.0.2.1:4711`, `[2001:db8::1]:4711`, `unix`.
fn client(peer: &[u8]) -> String {
    let address = match peer.iter().rposition(|byte| *byte == b':') {
        Some(at) => &peer[..at],
        None => peer,
    };
    let address = address.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]")).unwrap_or(address);
    let mut text = String::new();
    escaped(if address.is_empty() { b"-" } else { address }, &mut text);
    text.replace(' ', "\\x20")
}

fn number_or_dash(number: u64, out: &mut String) {
    match number {
        0 => out.push('-'),
        number => out.push_str(&number.to_string()),
    }
}

fn escaped(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => out.push(char::from(*byte)),
            other => {
                let _ = write!(out, "\\x{other:02x}");
            }
        }
    }
}
