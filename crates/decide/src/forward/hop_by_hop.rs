//! Fields that end at the next hop (RFC 9110 §7.6.1).

use alloc::vec::Vec;
use core::cmp::Ordering;
use wire::http::{Fields, Known};

/// Fields that never go on as they came, listed in `Connection` or not. `Upgrade` and `Trailer` have rules of their own.
/// `Proxy-Authenticate` and `Proxy-Authorization` are between a client and the first proxy that asks for them (RFC 9110 §11.7); this
/// program asks for none.
pub(crate) const fn ends_here(known: Known) -> bool {
    matches!(
        known,
        Known::Connection
            | Known::ContentLength
            | Known::TransferEncoding
            | Known::KeepAlive
            | Known::ProxyConnection
            | Known::ProxyAuthenticate
            | Known::ProxyAuthorization
            | Known::Te
            // Between a client and us: whoever is behind us could ask for journeys with it.
            | Known::TraceToken
    )
}

/// The names that `Connection` lists, of those that may be listed: sorted, without case.
pub(crate) struct Nominated<'a>(Vec<&'a [u8]>);

impl<'a> Nominated<'a> {
    /// Allocates only where an uncommon name is listed.
    ///
    /// A sender must not list a field that is meant for all recipients (RFC 9110 §7.6.1), and one that does could take out what we or
    /// the backend rely on: so the listing counts only for names this program has no rule about, and claims of a proxy are kept.
    pub(crate) fn of(fields: &'a Fields) -> Self {
        let mut names = Vec::new();
        // What nearly all senders write there nominates nothing, and need not be taken apart.
        if fields.all(Known::Connection).all(|value| matches!(value, b"keep-alive" | b"close")) {
            return Self(names);
        }
        for token in fields.all(Known::Connection).flat_map(|value| value.split(|byte| *byte == b',')) {
            let name = token.trim_ascii();
            let option = name.is_empty() || name.eq_ignore_ascii_case(b"close");
            if !option && Known::of(name) == Known::Other && !is_claim(name) {
                names.push(name);
            }
        }
        names.sort_unstable_by(|a, b| order_without_case(a, b));
        Self(names)
    }

    /// Whether a field of this name ends here.
    pub(crate) fn has(&self, name: &[u8]) -> bool {
        !self.0.is_empty() && self.0.binary_search_by(|listed| order_without_case(listed, name)).is_ok()
    }
}

/// Fields by which a proxy tells a backend who the client is; from a client itself they are a mere claim. `_` counts as `-`: gateway
/// interfaces write both as `_`.
pub(super) fn is_claim(name: &[u8]) -> bool {
    let begins = |with: &[u8]| {
        let same = |(have, want): (&u8, &u8)| have.eq_ignore_ascii_case(want) || (*have == b'_' && *want == b'-');
        name.len() >= with.len() && name.iter().zip(with).all(same)
    };
    match name.first() {
        Some(b'x' | b'X') => begins(b"X-Forwarded-") || (name.len() == 9 && begins(b"X-Real-IP")),
        _ => false,
    }
}

fn order_without_case(a: &[u8], b: &[u8]) -> Ordering {
    a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase))
}
