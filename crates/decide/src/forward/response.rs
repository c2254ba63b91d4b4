//! The header section of a response on its way to the client.

use super::hop_by_hop::{Nominated, ends_here};
use super::{may_have_trailers, via};
use crate::config::FieldEdits;
use crate::route::rewrite;
use wire::http::{Field, FieldWriter, Known, Names, ResponseHead, Version};

/// What [`response_fields`] is told besides the head.
#[derive(Clone, Copy, Debug)]
pub struct ToClient<'a> {
    /// What the client speaks: only HTTP/1 has fields about the connection (RFC 9113 §8.2.2).
    pub version: Version,
    /// The route's changes, made last; not to interim responses.
    pub edits: &'a FieldEdits,
    /// Our name in `Via`.
    pub via: &'a str,
    /// The value of `Date` if the backend sent none (RFC 9110 §6.6.1).
    pub date: &'a [u8],
    /// The request's identity as `X-Request-Id` writes it, if answers show it.
    pub id: Option<&'a [u8]>,
}

/// Writes the fields of a response passed on, interim ones (1xx) included. To HTTP/1, `Upgrade` and its `Connection` go along with 101 and
/// 426, which mean nothing without them, and with no other status. A backend's load report stays with us.
pub fn response_fields(head: &ResponseHead, to: &ToClient<'_>, out: &mut impl FieldWriter) {
    let interim = head.status < 200 && head.status != 101;
    if !head.fields.may_have(LOOKED_AT) && !rewrite::takes_out(to.edits) {
        out.pass_but(&head.fields, Known::ContentLength);
        via::write(head.version, to.via, out);
        if !interim {
            own_fields(head, to, |_| false, out);
        }
        return;
    }
    let nominated = Nominated::of(&head.fields);
    let upgrade = to.version < Version::Http2 && matches!(head.status, 101 | 426) && head.fields.has(Known::Upgrade);
    let edited = |name: &[u8]| !interim && rewrite::replaces(to.edits, name);
    let goes_on = |field: &Field<'_>| match field.known {
        known if ends_here(known) => false,
        Known::EndpointLoadMetrics => false,
        Known::Upgrade => upgrade,
        Known::Trailer => may_have_trailers(head.version, &head.fields),
        Known::XRequestId => to.id.is_none() || interim,
        Known::Other => !nominated.has(field.name),
        _ => true,
    };
    for field in head.fields.iter().filter(goes_on).filter(|field| !edited(field.name)) {
        out.pass(field);
    }
    if upgrade {
        out.known(Known::Connection, b"upgrade");
    }
    via::write(head.version, to.via, out);
    if !interim {
        own_fields(head, to, edited, out);
    }
}

/// Names whose fields do not always go on as they are. Where none is there and the route takes none out, nothing is asked of each.
const LOOKED_AT: Names = {
    let mut names = Names::of(&[Known::EndpointLoadMetrics, Known::Upgrade, Known::Trailer, Known::XRequestId]);
    let mut at = 0;
    while at < Known::ALL.len() {
        let known = Known::ALL[at];
        // The length is the caller's: it goes on in no case.
        if ends_here(known) && !matches!(known, Known::ContentLength) {
            names = names.and(known);
        }
        at += 1;
    }
    names
};

/// What is said besides what the backend has said; `edited` says of a name that the route has its own word on it.
fn own_fields(head: &ResponseHead, to: &ToClient<'_>, edited: impl Fn(&[u8]) -> bool, out: &mut impl FieldWriter) {
    if !head.fields.has(Known::Date) && !edited(b"Date") {
        out.known(Known::Date, to.date);
    }
    if let Some(id) = to.id.filter(|_| !edited(b"X-Request-Id")) {
        out.known(Known::XRequestId, id);
    }
    for (name, value) in rewrite::added(to.edits) {
        out.field(name.as_bytes(), value.as_bytes());
    }
}
