//! `Proxy-Status` (RFC 9209), read from the steps.

use super::ProxyError;
use crate::step::{BackendRef, Journey, Step};
use alloc::string::ToString;
use alloc::vec::Vec;

/// Appends the value of `Proxy-Status` for an answer made here: our `name`, the error, the backend it came from by the name that `names`
/// knows it by, and the status that backend had sent, if it had. `error` is what ended the request; `None` takes the last failure of a
/// backend in the journey.
pub fn proxy_status<'n>(
    journey: &Journey,
    name: &str,
    error: Option<ProxyError>,
    names: impl Fn(BackendRef) -> &'n str,
    out: &mut Vec<u8>,
) {
    let mut failed = None;
    let mut received = None;
    for (_, step) in journey.steps() {
        match *step {
            Step::Picked { .. } => received = None,
            Step::Answered { status, .. } => received = Some(status),
            Step::BackendFailed { backend, error, .. } => failed = Some((backend, error)),
            _ => {}
        }
    }
    identifier(name, out);
    if let Some(error) = error.map(ProxyError::name).or(failed.map(|(_, error)| error)) {
        out.extend_from_slice(b"; error=");
        out.extend_from_slice(error.as_bytes());
    }
    if let Some((backend, _)) = failed {
        out.extend_from_slice(b"; next-hop=");
        string(names(backend), out);
    }
    if let Some(status) = received {
        out.extend_from_slice(b"; received-status=");
        out.extend_from_slice(status.to_string().as_bytes());
    }
}

/// RFC 9209 §2: a token or a string (RFC 8941 §3.3.4, §3.3.3).
fn identifier(name: &str, out: &mut Vec<u8>) {
    let starts = name.as_bytes().first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'*');
    match starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte)) {
        true => out.extend_from_slice(name.as_bytes()),
        false => string(name, out),
    }
}

/// RFC 8941 §3.3.3: printable ASCII in quotes; any other character becomes `?`.
fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend_from_slice(&[b'\\', character as u8]),
            ' '..='~' => out.push(character as u8),
            _ => out.push(b'?'),
        }
    }
    out.push(b'"');
}
