//! What an owner wants of the cache, as data.

use super::key::KeyRules;
use super::vary::Normalise;
use crate::time::Duration;
use alloc::string::String;
use alloc::vec::Vec;

/// The rules of one route. What the protocol says comes first: these say how far to go where it leaves a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What a key is made of.
    pub key: KeyRules,
    /// How the fields that `Vary` names are compared.
    pub vary: Normalise,
    /// The target list of RFC 9213 §2.2, first in rank first: `CDN-Cache-Control` and the owner's own names.
    pub targeted: Vec<String>,
    /// Percent of the time since `Last-Modified` for which an answer without any word of its own is fresh; 0 for never.
    pub heuristic_percent: u8,
    /// The most that comes to.
    pub heuristic_most: Duration,
    /// How long an answer is fresh that says nothing and has no `Last-Modified` either; zero for not at all.
    pub assumed: Duration,
    /// `stale-while-revalidate` of answers that do not say it themselves and do not forbid it.
    pub stale_while_revalidate: Duration,
    /// `stale-if-error`, likewise.
    pub stale_if_error: Duration,
    /// Obey an answer's own `stale-while-revalidate` and `stale-if-error` beside `s-maxage`, which by the letter forbids both (RFC 9111
    /// §5.2.2.10): origins that write them together mean them.
    pub stale_beside_s_maxage: bool,
    /// Obey the `Cache-Control` of requests. It is advice (RFC 9111 §5.2.1), and in front of an origin it lets any client send all of its
    /// requests through.
    pub obey_requests: bool,
    /// Answers with `Set-Cookie`.
    pub set_cookie: SetCookie,
    /// Store single parts (206) and answer from them.
    pub partial: bool,
    /// Refuse what a path disguises: HTML under a name that ends like a picture or a script, unless the answer says itself that it is for
    /// shared caches.
    pub refuse_disguised: bool,
    /// Bytes of the largest content that is stored.
    pub largest: u64,
    /// Fields whose values are tags for purges, as `Surrogate-Key` or `Cache-Tag`.
    pub tag_fields: Vec<String>,
    /// Fetch ahead of time what answers name in `Link` as wanted next.
    pub follow_links: bool,
    /// What no client has asked for is asked with each of these values of `Accept-Encoding` in turn, as clients ask.
    pub encodings: Vec<String>,
    /// Requests that wait for another's answer.
    pub collapse: Collapse,
}

/// What becomes of `Set-Cookie`. The protocol lets it be stored (RFC 9111 §7.3) and leaves it to the origin to prevent that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetCookie {
    /// The answer is stored with it where the origin says explicitly how long it is fresh, and not at all where that would be our guess.
    StoreExplicit,
    /// The answer is stored without it.
    Strip,
    /// The answer is not stored.
    Refuse,
}

/// Bounds of waiting for another's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collapse {
    /// Whether to wait at all.
    pub enabled: bool,
    /// The longest wait. Whoever has waited that long asks the origin itself.
    pub longest: Duration,
    /// The most that wait for one answer.
    pub most: usize,
    /// For how long it is remembered that the answers under a key cannot be stored: nobody waits for them.
    pub uncacheable: Duration,
}
