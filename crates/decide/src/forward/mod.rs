//! Which fields go on to the backend and back to the client (RFC 9110 §7.6), and what we say of ourselves on the way.
//!
//! Order of calls for one exchange: [`max_forwards`] and [`is_loop`] may end it here; [`request_fields`] writes the header section to the
//! backend, [`response_fields`] the one to the client (interim responses too), [`trailer_passes`] says which trailers may go on, in either
//! direction. They write fields straight into the head that is about to be sent, of whatever version; nothing is built in between. Framing
//! (`Content-Length`, `Transfer-Encoding`) and the end of the head are the caller's.
//!
//! [`ProxyError`] names what can go wrong behind us; [`proxy_status`] and [`server_timing`] tell a client, where an owner wants it.

mod cdn_loop;
pub(crate) mod hop_by_hop;
mod max_forwards;
mod origin;
mod proxy_error;
mod proxy_status;
mod request;
mod response;
mod server_timing;
mod trailers;
mod via;

pub use cdn_loop::{Circle, has_passed, may_go_on};
pub use max_forwards::{MaxForwards, max_forwards};
pub use origin::{Peer, shaping_claims};
pub use proxy_error::ProxyError;
pub use proxy_status::proxy_status;
pub use request::{ToBackend, authority, request_fields, takes_trailers, upgrade_passes};
pub use response::{ToClient, response_fields};
pub use server_timing::server_timing;
pub use trailers::trailer_passes;
pub use via::{MOST_PASSES, is_loop};

use crate::config::Forward;
use crate::step::JourneyId;
use wire::http::{Fields, Known, RequestHead, Version};

/// Whether trailers can follow a message: in HTTP/1 only behind the chunked coding (RFC 9110 §6.5).
fn may_have_trailers(version: Version, fields: &Fields) -> bool {
    version >= Version::Http2 || fields.has(Known::TransferEncoding)
}

/// The 32 hexadecimal digits of a journey's identity, as `X-Request-Id` carries them.
pub fn request_id(id: JourneyId) -> [u8; 32] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    core::array::from_fn(|at| DIGITS[(id.0 >> (124 - 4 * at)) as usize & 15])
}

/// The identity of a request in `X-Request-Id`: what a trusted client sent, else our own (in `own`, from [`request_id`]).
pub fn shown_id<'a>(head: &'a RequestHead, forward: &Forward, own: &'a [u8; 32]) -> &'a [u8] {
    let sent = head.fields.get(Known::XRequestId).filter(|id| forward.trust_client && !id.is_empty());
    sent.unwrap_or(own)
}

/// The journey's identity that a trusted client's `X-Request-Id` stands for: 32 hexadecimal digits, with the hyphens of a UUID (RFC 9562
/// §4) or without. Logs then name the request as its other servers do.
pub fn adopted_id(head: &RequestHead, forward: &Forward) -> Option<JourneyId> {
    let sent = head.fields.get(Known::XRequestId).filter(|_| forward.trust_client)?;
    let mut digits = sent.iter().filter(|byte| **byte != b'-');
    let id = digits.try_fold((0u128, 0), |(id, count), byte| Some(((id << 4) | u128::from((*byte as char).to_digit(16)?), count + 1)))?;
    (id.1 == 32).then_some(JourneyId(id.0))
}

#[cfg(test)]
mod tests;
