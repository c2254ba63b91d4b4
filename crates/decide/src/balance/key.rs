//! The value of a request that the hashing algorithms hash.

use super::hash::hash_key;
use crate::config::{Algorithm, HashKey};
use core::net::IpAddr;
use wire::http::{Known, RequestHead};

/// What an algorithm wants hashed; `None` for those that hash nothing.
pub fn wanted(algorithm: &Algorithm) -> Option<&HashKey> {
    match algorithm {
        Algorithm::SourceHash => Some(&HashKey::Source),
        Algorithm::Hash(key) | Algorithm::ConsistentHash { key, .. } => Some(key),
        _ => None,
    }
}

/// The key of a request; `None` if it has no such value. `source` is the client's address, if it has one (a Unix socket has none).
///
/// Values are taken as sent: nothing is decoded and case matters. Of several fields, cookies or parameters of one name the first counts.
pub fn of(wanted: &HashKey, head: &RequestHead, source: Option<IpAddr>) -> Option<u64> {
    match wanted {
        HashKey::Source => source.map(of_source),
        HashKey::Header(name) => head.fields.named(name.as_bytes()).next().map(hash_key),
        HashKey::Cookie(name) => head.fields.all(Known::Cookie).find_map(|value| cookie(value, name.as_bytes())).map(hash_key),
        HashKey::Path => Some(hash_key(head.path())),
        HashKey::Query(name) => head.query().and_then(|query| parameter(query, name.as_bytes())).map(hash_key),
    }
}

/// The key of a client's address, without its port. An IPv4 address means the same in either family (RFC 4291 §2.5.5.2).
pub fn of_source(source: IpAddr) -> u64 {
    match source.to_canonical() {
        IpAddr::V4(address) => hash_key(&address.octets()),
        IpAddr::V6(address) => hash_key(&address.octets()),
    }
}

/// The value of a cookie in a `Cookie` field (RFC 6265 §4.2.1).
fn cookie<'a>(field: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    field.split(|byte| *byte == b';').find_map(|pair| value_of(pair.trim_ascii(), name))
}

/// The value of a parameter in a query written as `a=1&b=2`.
fn parameter<'a>(query: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    query.split(|byte| *byte == b'&').find_map(|pair| value_of(pair, name))
}

/// What follows `name=`.
fn value_of<'a>(pair: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    pair.strip_prefix(name)?.strip_prefix(b"=")
}

#[cfg(test)]
mod tests;
