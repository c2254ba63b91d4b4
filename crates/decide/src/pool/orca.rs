//! The load a backend reports: the `endpoint-load-metrics` response field of ORCA (Open Request Cost Aggregation, xDS) in its text and
//! JSON forms, and a number in a health answer.
//!
//! Only two of ORCA's members are read: `application_utilization` where it is more than 0, else `cpu_utilization`. Both are 0 or more, and
//! 1 is full use. JSON may have the names of the protobuf mapping (`cpuUtilization`) as well. The binary form is not read.

use alloc::string::String;
use core::fmt::Write;

/// The load in a field value such as `TEXT cpu_utilization=0.3, mem_utilization=0.8` or `JSON {"cpu_utilization": 0.3}`; `None` if it holds
/// none or is not understood.
pub fn load_from_field(value: &[u8]) -> Option<f64> {
    let value = value.trim_ascii();
    let end = value.iter().position(|byte| byte.is_ascii_whitespace())?;
    let (form, rest) = (&value[..end], value[end..].trim_ascii());
    let mut loads = Loads::default();
    match form {
        b"TEXT" => text(rest, &mut loads)?,
        b"JSON" => json(rest, &mut loads)?,
        _ => return None,
    }
    loads.application.filter(|load| *load > 0.0).or(loads.cpu)
}

/// Writes a load as a field value that [`load_from_field`] reads.
pub fn write_field(load: f64, out: &mut String) {
    write!(out, "TEXT application_utilization={load},cpu_utilization={load}").expect("writing to a string does not fail");
}

/// The load in a body that is nothing but one number, as health answers give it.
pub fn load_from_text(body: &[u8]) -> Option<f64> {
    number(body.trim_ascii())
}

/// The members that matter.
#[derive(Default)]
struct Loads {
    application: Option<f64>,
    cpu: Option<f64>,
}

impl Loads {
    /// Takes a member in, if it is one that matters; `None` if it then is not a load.
    fn see(&mut self, name: &[u8], value: &[u8]) -> Option<()> {
        match name {
            b"application_utilization" | b"applicationUtilization" => self.application = Some(number(value)?),
            b"cpu_utilization" | b"cpuUtilization" => self.cpu = Some(number(value)?),
            _ => {}
        }
        Some(())
    }
}

/// A decimal number, 0 or more.
fn number(text: &[u8]) -> Option<f64> {
    let decimal = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'+' | b'-' | b'e' | b'E');
    if text.len() > 64 || !text.iter().all(decimal) {
        return None;
    }
    let number: f64 = core::str::from_utf8(text).ok()?.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// `name=value` pairs with commas between.
fn text(pairs: &[u8], loads: &mut Loads) -> Option<()> {
    for pair in pairs.split(|byte| *byte == b',') {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        loads.see(pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii())?;
    }
    Some(())
}

/// An object (RFC 8259 §4). What it nests is stepped over by its brackets and strings, and judged no further.
fn json(object: &[u8], loads: &mut Loads) -> Option<()> {
    let mut rest = object.strip_prefix(b"{")?.strip_suffix(b"}")?.trim_ascii();
    while !rest.is_empty() {
        let name_end = string_end(rest)?;
        let name = &rest[1..name_end - 1];
        let after = rest[name_end..].trim_ascii_start().strip_prefix(b":")?;
        let value_end = value_end(after)?;
        loads.see(name, after[..value_end].trim_ascii())?;
        let Some(next) = after[value_end..].strip_prefix(b",") else { break };
        rest = next.trim_ascii();
        if rest.is_empty() {
            return None;
        }
    }
    Some(())
}

/// Where the string at the beginning ends, its closing quote included.
fn string_end(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Where the value at the beginning ends: at the comma after it, or at the end.
fn value_end(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    while at < text.len() {
        match text[at] {
            b'"' => {
                at += string_end(&text[at..])?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => break,
            _ => {}
        }
        at += 1;
    }
    (depth == 0).then_some(at)
}

#[cfg(test)]
mod tests;
