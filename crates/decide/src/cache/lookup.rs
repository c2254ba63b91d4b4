//! Whether a request is the cache's business at all (RFC 9111 §4).

use super::directives::Wishes;
use super::freshness::Reuse;
use super::record::{Record, Rule};
use wire::http::{Known, Method, RequestHead};

/// What is done with a request before anything is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Look it up.
    Lookup,
    /// Send it on; nothing that is stored can answer it. What comes back may be stored, or invalidate.
    Forward,
}

/// Decides that, and names the rule.
pub fn admission(request: &RequestHead, record: &mut Record) -> (Admission, Rule) {
    let method = matches!(request.method, Method::Get | Method::Head);
    if !record.ask_with(Rule::Method, method, || request.method.as_str().into()) {
        return (Admission::Forward, Rule::Method);
    }
    // RFC 9111 §4.3.2: a cache does not evaluate them; whoever sends them means the origin.
    let origins = request.fields.has(Known::IfMatch) || request.fields.has(Known::IfUnmodifiedSince);
    if record.ask(Rule::OriginsCondition, origins) {
        return (Admission::Forward, Rule::OriginsCondition);
    }
    if record.ask(Rule::UpgradeAsked, request.fields.has(Known::Upgrade)) {
        return (Admission::Forward, Rule::UpgradeAsked);
    }
    (Admission::Lookup, Rule::Method)
}

/// Whether the answer is 504 because the client wants nothing from the origin (RFC 9111 §5.2.1.7). `found` is what was found, if anything.
pub fn refuses_origin(wishes: &Wishes, found: Option<Reuse>, record: &mut Record) -> bool {
    record.ask(Rule::OnlyIfCached, wishes.only_if_cached && !found.is_some_and(Reuse::is_hit))
}

#[cfg(test)]
mod tests;
