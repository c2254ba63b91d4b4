//! The header section of a request on its way to a backend.

use super::hop_by_hop::{Nominated, ends_here, is_claim};
use super::{Peer, max_forwards, origin, request_id, shown_id, via};
use crate::config::{FieldEdits, Forward};
use crate::route::rewrite;
use crate::step::JourneyId;
use alloc::string::ToString;
use alloc::vec::Vec;
use wire::http::{Field, Known, RequestHead, Version};
use wire::http1::{write_field, write_line};

/// What [`request_fields`] is told besides the head.
#[derive(Clone, Copy, Debug)]
pub struct ToBackend<'a> {
    /// The client.
    pub peer: &'a Peer,
    /// What the site tells of it.
    pub forward: Forward,
    /// The route's changes, made last: an owner's word on a name replaces ours.
    pub edits: &'a FieldEdits,
    /// Our name in `Via`.
    pub via: &'a str,
    /// The request's identity.
    pub id: JourneyId,
    /// The value of `Host`: the client's authority or the backend's.
    pub host: &'a [u8],
    /// Ask the backend to change the protocol as the client asked us; not done where it asks for another version of HTTP or for TLS.
    pub upgrade: bool,
}

/// Appends the field lines, `Host` first. `Connection` is written where `TE: trailers` or `Upgrade` goes along; a further `Connection`
/// line of the caller's (`close`) may follow.
pub fn request_fields(head: &RequestHead, to: &ToBackend<'_>, out: &mut Vec<u8>) {
    let set_host = to.edits.set.iter().find(|(name, _)| name.eq_ignore_ascii_case("Host"));
    write_field(b"Host", set_host.map_or(to.host, |(_, value)| value.as_bytes()), out);
    let nominated = Nominated::of(&head.fields);
    for field in head.fields.iter() {
        match field.known {
            Known::MaxForwards if max_forwards::counts(&head.method) => one_less(field, out),
            _ if goes_on(field, head, to, &nominated) => write_line(field, out),
            _ => {}
        }
    }
    connection(head, to, out);
    let by_owner = |known: Known| rewrite::replaces(to.edits, known.name().as_bytes());
    via::write(head.version, to.via, out);
    origin::write(head, to.peer, to.forward, by_owner, out);
    if !by_owner(Known::XRequestId) {
        write_field(b"X-Request-Id", shown_id(head, &to.forward, &request_id(to.id)), out);
    }
    for (name, value) in rewrite::added(to.edits).filter(|(name, _)| !name.eq_ignore_ascii_case("Host")) {
        write_field(name.as_bytes(), value.as_bytes(), out);
    }
}

fn goes_on(field: Field<'_>, head: &RequestHead, to: &ToBackend<'_>, nominated: &Nominated<'_>) -> bool {
    let copied = match field.known {
        Known::Host | Known::XRequestId => false,
        known if ends_here(known) || origin::is_written(known, to.forward) => false,
        Known::Upgrade => to.upgrade && upgrade_passes(head, to.edits),
        // Trailers come only with the chunked coding (RFC 9110 §6.5).
        Known::Trailer => head.fields.has(Known::TransferEncoding),
        // RFC 9110 §10.1.1: an expectation of an HTTP/1.0 client is ignored.
        Known::Expect => head.version >= Version::Http11,
        Known::Other => !nominated.has(field.name) && (to.forward.trust_client || !is_claim(field.name)),
        _ => true,
    };
    copied && !rewrite::replaces(to.edits, field.name)
}

/// Whether a wish to change the protocol goes along, if the route's `edits` leave it. RFC 9110 §7.8 lets a recipient ignore any `Upgrade`:
/// through a tunnel of HTTP/2 (`h2c`, RFC 7540 §3.2, withdrawn by RFC 9113) or TLS a client could send requests that no rule here ever
/// sees.
pub fn upgrade_passes(head: &RequestHead, edits: &FieldEdits) -> bool {
    let mut members = head.fields.all(Known::Upgrade).flat_map(|value| value.split(|byte| *byte == b','));
    let evades = |member: &[u8]| {
        let name = member.split(|byte| *byte == b'/').next().unwrap_or_default().trim_ascii();
        [&b"h2c"[..], b"h2", b"HTTP", b"TLS"].iter().any(|evasive| name.eq_ignore_ascii_case(evasive))
    };
    head.fields.has(Known::Upgrade) && !members.any(evades) && !rewrite::replaces(edits, b"Upgrade")
}

// RFC 9110 §7.6.2: the number less one. What is no number stays as it is.
fn one_less(field: Field<'_>, out: &mut Vec<u8>) {
    match max_forwards::number(field.value) {
        Some(number) => write_field(field.name, number.saturating_sub(1).to_string().as_bytes(), out),
        None => write_line(field, out),
    }
}

// RFC 9110 §10.1.4: `TE` goes with a `Connection` that lists it; of its members we can keep our word for `trailers` only. §7.8: so does
// `Upgrade`.
fn connection(head: &RequestHead, to: &ToBackend<'_>, out: &mut Vec<u8>) {
    let mut members = head.fields.all(Known::Te).flat_map(|value| value.split(|byte| *byte == b','));
    let trailers = members.any(|member| member.trim_ascii().eq_ignore_ascii_case(b"trailers"));
    if trailers {
        out.extend_from_slice(b"TE: trailers\r\n");
    }
    out.extend_from_slice(match (to.upgrade && upgrade_passes(head, to.edits), trailers) {
        (true, true) => b"Connection: upgrade, TE\r\n",
        (true, false) => b"Connection: upgrade\r\n",
        (false, true) => b"Connection: TE\r\n",
        (false, false) => b"",
    });
}
