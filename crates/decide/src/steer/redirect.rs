//! Where a redirect leads: from the places in the order of a decision, and the request, to a `Location`.
//!
//! Only configured places are ever led to: scheme, host and port come from [`Pop::url`], and of the request only what stands behind them. A
//! request that has been led already is not led again; docs/why/redirect-loops.md has the argument.

use super::{Candidate, Decision};
use crate::config::{Forward, Pop};
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use core::str;
use wire::http::{Known, RequestHead};

/// Why a client is not led anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotLed {
    /// It asked for a host that is one of the places already.
    Loop,
    /// Its target is no path: `OPTIONS *`, `CONNECT`.
    NoPath,
    /// No place that could be chosen has a URL.
    Nowhere,
}

impl NotLed {
    /// The answer's status.
    pub const fn status(self) -> u16 {
        match self {
            // RFC 5842 §7.2
            NotLed::Loop => 508,
            NotLed::NoPath => 400,
            NotLed::Nowhere => 503,
        }
    }

    /// What happened and what to do, in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            NotLed::Loop => "this host is one of the places that clients are led to: a route of it must serve, and not lead on",
            NotLed::NoPath => "the request has no path that could be asked for elsewhere",
            NotLed::Nowhere => "none of the places that are left has a url to lead to",
        }
    }

    /// Whether that is the client's doing.
    pub const fn is_clients(self) -> bool {
        matches!(self, NotLed::NoPath)
    }
}

/// Chooses among `order` (indices into `pops`, the best first) the first place that has a URL, and appends the `Location` that leads to it.
///
/// `pops` are all that are configured, and not only those that may be chosen: whoever asked for one of them has been led already.
pub fn location(
    pops: &[Pop],
    order: impl IntoIterator<Item = usize>,
    head: &RequestHead,
    forward: &Forward,
    out: &mut Vec<u8>,
) -> Result<usize, NotLed> {
    if is_led(pops, head, forward) {
        return Err(NotLed::Loop);
    }
    if head.target.first() != Some(&b'/') {
        return Err(NotLed::NoPath);
    }
    let mut known = order.into_iter().filter_map(|index| Some((index, pops.get(index)?.url.as_deref()?)));
    let (pop, url) = known.next().ok_or(NotLed::Nowhere)?;
    // The path begins with a slash behind a whole authority: whatever follows is a path on that host, `//` and `/\` too.
    out.extend_from_slice(url.trim_end_matches('/').as_bytes());
    target(&head.target, out);
    Ok(pop)
}

/// Path and query as they came. What may not stand in a URL is encoded: a control could end the field, a `#` would begin a fragment.
fn target(target: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in target {
        match byte {
            0..=b' ' | 0x7f.. | b'"' | b'#' | b'<' | b'>' | b'\\' => {
                out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
            }
            _ => out.push(*byte),
        }
    }
}

/// The places of a decision, the best first: the one decided on, and then, where that one has no URL, those that could have been, in the
/// order that is written. One that sheds the client comes behind those that do not, and one that does not serve is named only where none
/// does.
pub fn order(decision: &Decision) -> Vec<usize> {
    let rank = |candidate: &Candidate| match candidate {
        Candidate { chosen: true, .. } => 0,
        Candidate { healthy: true, shed: false, .. } => 1,
        Candidate { healthy: true, .. } => 2,
        _ => 3,
    };
    let none_serves = decision.candidates.iter().all(|candidate| !candidate.healthy);
    let able = decision.candidates.iter().filter(|candidate| candidate.healthy || candidate.chosen || none_serves);
    let mut ranked: Vec<(u8, usize)> = able.map(|candidate| (rank(candidate), usize::from(candidate.pop))).collect();
    // Stable: what is equal stays in its order.
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, pop)| pop).collect()
}

/// Whether a request asks for one of the places by its own name: as the client wrote it, or as a trusted proxy says that it did.
fn is_led(pops: &[Pop], head: &RequestHead, forward: &Forward) -> bool {
    let told = head.fields.all(Known::XForwardedHost).filter(|_| forward.trust_client);
    let told = told.flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let asked: Vec<_> = told.chain([&head.authority[..]]).filter(|host| !host.is_empty()).map(authority).collect();
    let own = pops.iter().filter_map(|pop| pop.url.as_deref()).map(|url| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        authority(rest.split(['/', '?', '#']).next().unwrap_or_default().as_bytes())
    });
    own.into_iter().any(|own| asked.contains(&own))
}

/// Host and port so that they compare: without case, the root's dot, and the ports of `http` and `https`. Who takes TLS off in front of
/// us may have changed one of these into the other; a client that was led writes every other port as the URL has it.
fn authority(text: &[u8]) -> (Vec<u8>, Option<u16>) {
    let (host, port) = match text.iter().rposition(|byte| *byte == b':') {
        Some(at) if !text[at..].contains(&b']') => (&text[..at], str::from_utf8(&text[at + 1..]).ok().and_then(|port| port.parse().ok())),
        _ => (text, None),
    };
    let host = host.strip_suffix(b".").unwrap_or(host).to_ascii_lowercase();
    (host, port.filter(|port| ![80, 443].contains(port)))
}

/// The client that a decision is about: who connected, or whom the proxy in front names, where the site trusts it. `None`: nobody knows (a
/// Unix socket).
///
/// A proxy appends who connected to it, so the last member is what it has seen itself; those before it are claims of anybody. Where both
/// fields are there and say different things, one of them is a client's, and neither is believed.
pub fn client(head: &RequestHead, peer: Option<IpAddr>, forward: &Forward) -> Option<IpAddr> {
    let peer = peer.map(|peer| peer.to_canonical());
    if !forward.trust_client {
        return peer;
    }
    let last = |known| head.fields.all(known).last().and_then(|value| value.rsplit(|byte| *byte == b',').next());
    let by_x = last(Known::XForwardedFor).map(|member| address(member.trim_ascii()));
    let by_rfc = last(Known::Forwarded).map(|element| element.split(|byte| *byte == b';').find_map(forwarded_for));
    match (by_x, by_rfc) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(told), _) | (None, Some(told)) => told.or(peer),
        (None, None) => peer,
    }
}

/// The address in a pair `for=…` (RFC 7239 §4).
fn forwarded_for(pair: &[u8]) -> Option<IpAddr> {
    let (name, value) = pair.split_at(pair.iter().position(|byte| *byte == b'=')?);
    let value = &value[1..];
    let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    if name.trim_ascii().eq_ignore_ascii_case(b"for") { address(value.trim_ascii()) } else { None }
}

/// An address, with a port or without (RFC 7239 §6.1).
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?;
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address: IpAddr = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests;
