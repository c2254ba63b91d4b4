//! What a backend is told of the client: `X-Forwarded-*` and `Forwarded` (RFC 7239).

use super::hop_by_hop::is_claim;
use crate::config::Forward;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::http::{FieldWriter, Known, RequestHead};

/// Who connected, written once per connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The address in text; `None` for a Unix socket.
    address: Option<String>,
    is_ipv6: bool,
    scheme: &'static str,
}

impl Peer {
    /// `ip` is `None` for a client on a Unix socket; `scheme` is `http` or `https`. An IPv4 address inside an IPv6 one is written as IPv4.
    pub fn new(ip: Option<IpAddr>, scheme: &'static str) -> Self {
        let ip = ip.map(|ip| ip.to_canonical());
        Self { address: ip.map(|ip| ip.to_string()), is_ipv6: ip.is_some_and(|ip| ip.is_ipv6()), scheme }
    }

    /// `http` or `https`.
    pub const fn scheme(&self) -> &'static str {
        self.scheme
    }
}

/// Whether this is one of the fields written by [`write`] where `forward` says so, and so is not copied.
pub(super) fn is_written(known: Known, forward: Forward) -> bool {
    match known {
        Known::XForwardedFor | Known::XForwardedHost | Known::XForwardedProto => forward.x_forwarded || !forward.trust_client,
        Known::Forwarded => forward.forwarded || !forward.trust_client,
        _ => false,
    }
}

/// Appends the fields. `by_owner` says of a name that the owner edits it: it is left out here.
pub(super) fn write(head: &RequestHead, peer: &Peer, forward: Forward, by_owner: impl Fn(Known) -> bool, out: &mut impl FieldWriter) {
    if forward.x_forwarded {
        x_forwarded(head, peer, forward.trust_client, &by_owner, out);
    }
    if forward.forwarded && !by_owner(Known::Forwarded) {
        let mut value = Vec::new();
        earlier(head, Known::Forwarded, forward.trust_client, &mut value);
        element(head, peer, &mut value);
        out.known(Known::Forwarded, &value);
    }
}

fn x_forwarded(head: &RequestHead, peer: &Peer, trust: bool, by_owner: &impl Fn(Known) -> bool, out: &mut impl FieldWriter) {
    if !by_owner(Known::XForwardedFor) {
        let mut before = Vec::new();
        earlier(head, Known::XForwardedFor, trust, &mut before);
        let address = peer.address.as_ref().map_or(&b"unknown"[..], |address| address.as_bytes());
        out.joined(Known::XForwardedFor, &[&before, address]);
    }
    for (known, ours) in [(Known::XForwardedHost, &head.authority[..]), (Known::XForwardedProto, peer.scheme.as_bytes())] {
        // What a trusted proxy says of the first hop stands; one value, not a list.
        let value = head.fields.get(known).filter(|_| trust).unwrap_or(ours);
        if !value.is_empty() && !by_owner(known) {
            out.known(known, value);
        }
    }
}

/// What stood before, if the client is trusted, in one line and ready for the next member: backends tend to read one line only.
fn earlier(head: &RequestHead, known: Known, trust: bool, out: &mut Vec<u8>) {
    for value in head.fields.all(known).filter(|value| trust && !value.is_empty()) {
        out.extend_from_slice(value);
        out.extend_from_slice(b", ");
    }
}

// RFC 7239 §4
fn element(head: &RequestHead, peer: &Peer, out: &mut Vec<u8>) {
    out.extend_from_slice(b"for=");
    match &peer.address {
        // RFC 7239 §6: an IPv6 address in brackets and quoted, as it holds colons.
        Some(address) if peer.is_ipv6 => {
            out.extend_from_slice(b"\"[");
            out.extend_from_slice(address.as_bytes());
            out.extend_from_slice(b"]\"");
        }
        Some(address) => out.extend_from_slice(address.as_bytes()),
        // RFC 7239 §6.3: an obfuscated identifier, as there is no address.
        None => out.extend_from_slice(b"_unix"),
    }
    if !head.authority.is_empty() {
        out.extend_from_slice(b";host=");
        token_or_quoted(&head.authority, out);
    }
    out.extend_from_slice(b";proto=");
    out.extend_from_slice(peer.scheme.as_bytes());
}

fn token_or_quoted(value: &[u8], out: &mut Vec<u8>) {
    if value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)) {
        return out.extend_from_slice(value);
    }
    out.push(b'"');
    for byte in value {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// Appends what a trusted client says of the address that it was itself asked under, in one unambiguous piece of bytes: a backend may make
/// links of it, so that an answer is only for requests that say the same. What it says of who asked is left out.
pub fn shaping_claims(head: &RequestHead, forward: &Forward, out: &mut Vec<u8>) {
    if !forward.trust_client {
        return;
    }
    for field in head.fields.iter() {
        let shapes = match field.known {
            Known::XForwardedHost | Known::XForwardedProto => true,
            Known::Other => is_claim(field.name) && !field.name.eq_ignore_ascii_case(b"X-Real-IP"),
            _ => false,
        };
        if shapes {
            out.push(b'\n');
            out.extend(field.name.iter().map(u8::to_ascii_lowercase));
            out.push(b':');
            out.extend_from_slice(field.value);
        }
        if field.known == Known::Forwarded {
            // RFC 7239 §5: `for` and `by` are the ends of the connection, `host` and `proto` what was asked.
            let pairs = field.value.split(|byte| matches!(byte, b',' | b';')).map(<[u8]>::trim_ascii);
            for pair in pairs.filter(|pair| !begins_without_case(pair, b"for=") && !begins_without_case(pair, b"by=")) {
                out.push(b'\n');
                out.extend_from_slice(pair);
            }
        }
    }
}

fn begins_without_case(text: &[u8], with: &[u8]) -> bool {
    text.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with))
}
