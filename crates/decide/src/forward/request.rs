//! The header section of a request on its way to a backend.

use super::hop_by_hop::{Nominated, ends_here, is_claim};
use super::{Peer, cdn_loop, max_forwards, may_have_trailers, origin, request_id, shown_id, via};
use crate::config::{FieldEdits, Forward};
use crate::route::rewrite;
use crate::step::JourneyId;
use alloc::string::ToString;
use wire::http::{Field, FieldWriter, Fields, Known, RequestHead, Version};

/// What [`request_fields`] is told besides the head.
#[derive(Clone, Copy, Debug)]
pub struct ToBackend<'a> {
    /// What the backend speaks: only HTTP/1 has `Host` and fields about the connection (RFC 9113 §8.2.2, §8.3.1).
    pub version: Version,
    /// The client.
    pub peer: &'a Peer,
    /// What the site tells of it.
    pub forward: Forward,
    /// The route's changes, made last: an owner's word on a name replaces ours.
    pub edits: &'a FieldEdits,
    /// Our name in `Via`.
    pub via: &'a str,
    /// What this cache is called in `CDN-Loop`, on a route that stores answers.
    pub cdn_loop: Option<&'a str>,
    /// The request's identity.
    pub id: JourneyId,
    /// The value of `Host`: the client's authority or the backend's.
    pub host: &'a [u8],
    /// Ask the backend to change the protocol as the client asked us; not done where it asks for another version of HTTP or for TLS.
    pub upgrade: bool,
}

/// The authority that the backend is asked under: what an owner sets as `Host`, else the one given.
pub fn authority<'a>(to: &ToBackend<'a>) -> &'a [u8] {
    let set = to.edits.set.iter().find(|(name, _)| name.eq_ignore_ascii_case("Host"));
    set.map_or(to.host, |(_, value)| value.as_bytes())
}

/// Writes the fields; to HTTP/1, `Host` first, and `Connection` where `TE: trailers` or `Upgrade` goes along; a further `Connection`
/// line of the caller's (`close`) may follow.
pub fn request_fields(head: &RequestHead, to: &ToBackend<'_>, out: &mut impl FieldWriter) {
    if to.version < Version::Http2 {
        out.known(Known::Host, authority(to));
    }
    let nominated = Nominated::of(&head.fields);
    for field in head.fields.iter() {
        match field.known {
            Known::MaxForwards if max_forwards::counts(&head.method) => one_less(field, out),
            _ if goes_on(field, head, to, &nominated) => out.pass(field),
            _ => {}
        }
    }
    connection(head, to, out);
    let by_owner = |known: Known| rewrite::replaces(to.edits, known.name().as_bytes());
    via::write(head.version, to.via, out);
    if let Some(id) = to.cdn_loop {
        cdn_loop::write(id, out);
    }
    origin::write(head, to.peer, to.forward, by_owner, out);
    if !by_owner(Known::XRequestId) {
        out.known(Known::XRequestId, shown_id(head, &to.forward, &request_id(to.id)));
    }
    for (name, value) in rewrite::added(to.edits).filter(|(name, _)| !name.eq_ignore_ascii_case("Host")) {
        out.field(name.as_bytes(), value.as_bytes());
    }
}

fn goes_on(field: Field<'_>, head: &RequestHead, to: &ToBackend<'_>, nominated: &Nominated<'_>) -> bool {
    let copied = match field.known {
        Known::Host | Known::XRequestId => false,
        known if ends_here(known) || origin::is_written(known, to.forward) => false,
        Known::Upgrade => to.upgrade && upgrade_passes(head, to.edits),
        // Trailers come only with the chunked coding (RFC 9110 §6.5).
        Known::Trailer => may_have_trailers(head.version, &head.fields),
        // RFC 9110 §10.1.1: an expectation of an HTTP/1.0 client is ignored.
        Known::Expect => head.version >= Version::Http11,
        // RFC 8586 §2: nobody takes it out, or a circle is not found. Who sends on what no cache had a part in leaves it as it came.
        Known::CdnLoop => return true,
        Known::Other => !nominated.has(field.name) && (to.forward.trust_client || !is_claim(field.name)),
        _ => true,
    };
    copied && !rewrite::replaces(to.edits, field.name)
}

/// Whether a wish to change the protocol goes along, if the route's `edits` leave it. RFC 9110 §7.8 lets a recipient ignore any `Upgrade`:
/// through a tunnel of HTTP/2 (`h2c`, RFC 7540 §3.2, withdrawn by RFC 9113) or TLS a client could send requests that no rule here ever
/// sees.
pub fn upgrade_passes(head: &RequestHead, edits: &FieldEdits) -> bool {
    let asked = head.fields.all(Known::Upgrade).chain((!head.protocol.is_empty()).then_some(&head.protocol[..]));
    let mut members = asked.flat_map(|value| value.split(|byte| *byte == b','));
    let evades = |member: &[u8]| {
        let name = member.split(|byte| *byte == b'/').next().unwrap_or_default().trim_ascii();
        [&b"h2c"[..], b"h2", b"HTTP", b"TLS"].iter().any(|evasive| name.eq_ignore_ascii_case(evasive))
    };
    let asked = head.fields.has(Known::Upgrade) || !head.protocol.is_empty();
    asked && !members.any(evades) && !rewrite::replaces(edits, b"Upgrade")
}

// RFC 9110 §7.6.2: the number less one. What is no number stays as it is.
fn one_less(field: Field<'_>, out: &mut impl FieldWriter) {
    match max_forwards::number(field.value) {
        Some(number) => out.known(Known::MaxForwards, number.saturating_sub(1).to_string().as_bytes()),
        None => out.pass(field),
    }
}

/// Whether who sends these fields says that it takes trailers (RFC 9110 §10.1.4).
pub fn takes_trailers(request: &Fields) -> bool {
    let mut members = request.all(Known::Te).flat_map(|value| value.split(|byte| *byte == b','));
    members.any(|member| member.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

// RFC 9110 §10.1.4: `TE` goes with a `Connection` that lists it; of its members we can keep our word for `trailers` only. §7.8: so does
// `Upgrade`.
fn connection(head: &RequestHead, to: &ToBackend<'_>, out: &mut impl FieldWriter) {
    let trailers = takes_trailers(&head.fields);
    if trailers {
        out.known(Known::Te, b"trailers");
    }
    if to.version >= Version::Http2 {
        return;
    }
    let upgrade = to.upgrade && upgrade_passes(head, to.edits);
    // RFC 8441 §5: an extended CONNECT goes on as the upgrade that it stands for.
    if upgrade && !head.protocol.is_empty() {
        out.known(Known::Upgrade, &head.protocol);
    }
    match (upgrade, trailers) {
        (true, true) => out.known(Known::Connection, b"upgrade, TE"),
        (true, false) => out.known(Known::Connection, b"upgrade"),
        (false, true) => out.known(Known::Connection, b"TE"),
        (false, false) => {}
    }
}
