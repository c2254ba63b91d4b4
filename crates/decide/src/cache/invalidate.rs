//! What an unsafe request makes out of date (RFC 9111 §4.4).

use super::key::Uri;
use super::record::{Record, Rule};
use super::reference::within_origin;
use alloc::vec::Vec;
use wire::http::{Known, Method, ResponseHead};

/// The targets (path and query) at the request's own origin whose stored responses are invalid from now on: mark them so, or drop them. It
/// is the request's own target, and those of `Location` and `Content-Location`.
///
/// Other origins are never touched: a response must not be able to empty a cache of what is not its own.
pub fn invalidated(method: &Method, uri: &Uri<'_>, response: &ResponseHead, record: &mut Record) -> Vec<Vec<u8>> {
    // RFC 9111 §4.4: a "non-error response" is one with a 2xx or 3xx status code; methods whose safety is unknown count as unsafe.
    let counts = !method.is_safe() && (200..400).contains(&response.status);
    if !record.ask(Rule::Unsafe, counts) || *method == Method::Connect {
        return Vec::new();
    }
    let mut targets = alloc::vec![uri.target.to_vec()];
    for known in [Known::Location, Known::ContentLocation] {
        let named = response.fields.get(known).and_then(|reference| within_origin(uri, reference));
        targets.extend(named.filter(|target| *target != uri.target));
    }
    targets.dedup();
    targets
}

#[cfg(test)]
mod tests;
