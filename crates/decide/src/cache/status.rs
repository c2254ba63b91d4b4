//! `Cache-Status` (RFC 9211): what this cache did with a request, in one member.

use super::record::Rule;
use alloc::string::String;
use alloc::vec::Vec;
use wire::http::structured::{Bare, write_parameter, write_token};

/// Why a request went on to the origin (RFC 9211 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarded {
    /// The cache was not asked to handle it.
    Bypass,
    /// Its method.
    Method,
    /// Nothing is stored under the URI.
    UriMiss,
    /// What is stored is for other requests.
    VaryMiss,
    /// One of the last two; it cannot be told which.
    Miss,
    /// Something fresh is stored, and the request's directives do not take it.
    Request,
    /// What is stored is stale, or must be validated.
    Stale,
    /// Not all of what is asked for is stored.
    Partial,
}

impl Forwarded {
    /// The token.
    pub const fn word(self) -> &'static str {
        match self {
            Forwarded::Bypass => "bypass",
            Forwarded::Method => "method",
            Forwarded::UriMiss => "uri-miss",
            Forwarded::VaryMiss => "vary-miss",
            Forwarded::Miss => "miss",
            Forwarded::Request => "request",
            Forwarded::Stale => "stale",
            Forwarded::Partial => "partial",
        }
    }

    /// What the rule comes to by which [`super::freshness::reuse`] sent a request on.
    pub const fn by(rule: Rule) -> Forwarded {
        match rule {
            Rule::RequestNoCache | Rule::RequestMaxAge | Rule::RequestMinFresh | Rule::OriginsCondition | Rule::UpgradeAsked => {
                Forwarded::Request
            }
            Rule::WithContent => Forwarded::Bypass,
            Rule::Method => Forwarded::Method,
            Rule::Found => Forwarded::UriMiss,
            Rule::Matches => Forwarded::VaryMiss,
            Rule::Purged => Forwarded::Miss,
            Rule::Partial => Forwarded::Partial,
            _ => Forwarded::Stale,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Why the origin was asked; `None`: it was not, and this is a hit.
    pub forwarded: Option<Forwarded>,
    /// The origin's status, where the client got another.
    pub forwarded_status: Option<u16>,
    /// Seconds for which the response is fresh still; negative, if it is stale.
    pub ttl: Option<i64>,
    /// The response was stored.
    pub stored: bool,
    /// The request waited for another's.
    pub collapsed: bool,
    /// The key, where the owner shows it: it may tell what only the origin should know (RFC 9211 §6).
    pub key: Option<String>,
    /// The rule that decided.
    pub detail: Option<Rule>,
}

/// Appends the member. `name` is that of this cache, and goes behind those of the caches before it (RFC 9211 §2).
pub fn write(name: &str, status: &Status, out: &mut Vec<u8>) {
    write_token(name, out);
    let truth = |key: &str, out: &mut Vec<u8>| write_parameter(key, &Bare::Boolean(true), out);
    match status.forwarded {
        // RFC 9211 §2.1: hit and fwd exclude each other.
        None => truth("hit", out),
        Some(forwarded) => {
            word("fwd", forwarded.word(), out);
            if let Some(code) = status.forwarded_status {
                write_parameter("fwd-status", &Bare::Integer(code.into()), out);
            }
        }
    }
    if let Some(ttl) = status.ttl {
        write_parameter("ttl", &Bare::Integer(ttl), out);
    }
    // RFC 9211 §2.5, §2.6: only where something was forwarded.
    if status.forwarded.is_some() && status.stored {
        truth("stored", out);
    }
    if status.forwarded.is_some() && status.collapsed {
        truth("collapsed", out);
    }
    if let Some(key) = &status.key {
        write_parameter("key", &Bare::String(key.clone()), out);
    }
    if let Some(rule) = status.detail {
        word("detail", rule.word(), out);
    }
}

/// A parameter whose value is one of our own words: tokens, all of them (a test sees to it), because every answer has some.
fn word(key: &str, word: &str, out: &mut Vec<u8>) {
    for part in ["; ", key, "=", word] {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests;
