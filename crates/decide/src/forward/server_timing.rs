//! `Server-Timing` (W3C Server Timing §2), read from the steps.

use crate::step::{Journey, Step};
use crate::time::{Duration, Instant};
use alloc::format;
use alloc::vec::Vec;

/// Appends the value of `Server-Timing`: what the cache did, what waiting for a backend, connecting to it and its answer took, each try
/// of its own, and the whole until `now`, in milliseconds.
pub fn server_timing(journey: &Journey, now: Instant, out: &mut Vec<u8>) {
    for (_, step) in journey.steps() {
        match *step {
            Step::CacheHit { rule, .. } => word("cache", "hit", rule, out),
            Step::CacheMiss { why, rule, .. } => word("cache", why, rule, out),
            Step::EncodingChosen { coding, why } => word("encode", coding, why, out),
            Step::Queued { waited, .. } => metric("queue", None, waited, out),
            Step::Connected { reused: true, took, .. } => metric("connect", Some("reused"), took, out),
            Step::Connected { reused: false, took, .. } => metric("connect", None, took, out),
            Step::Answered { took, .. } => metric("backend", None, took, out),
            _ => {}
        }
    }
    metric("total", None, now.since(journey.began), out);
    out.truncate(out.len() - 2);
}

/// RFC 9110 §5.6.4: in quotes, for the space in it.
fn word(name: &str, what: &str, rule: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{name};desc=\"{what}: {rule}\", ").as_bytes());
}

fn metric(name: &str, description: Option<&str>, took: Duration, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    if let Some(description) = description {
        out.extend_from_slice(b";desc=");
        out.extend_from_slice(description.as_bytes());
    }
    let micros = took.as_micros();
    out.extend_from_slice(format!(";dur={}.{:03}, ", micros / 1000, micros % 1000).as_bytes());
}
