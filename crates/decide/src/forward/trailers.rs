//! Trailer sections, in either direction.

use super::hop_by_hop::is_claim;
use wire::http::{Field, Known};

/// Whether a trailer field may go on. A recipient may merge trailers into the header section, so whatever frames, routes, authenticates or
/// qualifies a message is left out (RFC 9110 §6.5.1): every name this program has a rule about, except `ETag` and `Server-Timing`, which
/// are often known only at the end; and the client's claims and credentials.
pub fn trailer_passes(field: Field<'_>) -> bool {
    match field.known {
        Known::ETag | Known::ServerTiming => true,
        Known::Other => !is_claim(field.name) && !is_credential(field.name),
        _ => false,
    }
}

fn is_credential(name: &[u8]) -> bool {
    let names: [&[u8]; 3] = [b"Authorization", b"WWW-Authenticate", b"Set-Cookie"];
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}
