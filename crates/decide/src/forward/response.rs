//! The header section of a response on its way to the client.

use super::hop_by_hop::{Nominated, ends_here};
use super::via;
use crate::config::FieldEdits;
use crate::route::rewrite;
use alloc::vec::Vec;
use wire::http::{Field, Known, ResponseHead};
use wire::http1::{write_field, write_line};

/// What [`response_fields`] is told besides the head.
#[derive(Clone, Copy, Debug)]
pub struct ToClient<'a> {
    /// The route's changes, made last; not to interim responses.
    pub edits: &'a FieldEdits,
    /// Our name in `Via`.
    pub via: &'a str,
    /// The value of `Date` if the backend sent none (RFC 9110 §6.6.1).
    pub date: &'a [u8],
    /// The request's identity as `X-Request-Id` writes it, if answers show it.
    pub id: Option<&'a [u8]>,
}

/// Appends the field lines of a response passed on, interim ones (1xx) included. `Upgrade` and its `Connection` go along with 101 and
/// 426, which mean nothing without them, and with no other status. A backend's load report stays with us.
pub fn response_fields(head: &ResponseHead, to: &ToClient<'_>, out: &mut Vec<u8>) {
    let nominated = Nominated::of(&head.fields);
    let interim = head.status < 200 && head.status != 101;
    let upgrade = matches!(head.status, 101 | 426) && head.fields.has(Known::Upgrade);
    let edited = |name: &[u8]| !interim && rewrite::replaces(to.edits, name);
    let goes_on = |field: &Field<'_>| match field.known {
        known if ends_here(known) => false,
        Known::EndpointLoadMetrics => false,
        Known::Upgrade => upgrade,
        Known::Trailer => head.fields.has(Known::TransferEncoding),
        Known::XRequestId => to.id.is_none() || interim,
        Known::Other => !nominated.has(field.name),
        _ => true,
    };
    for field in head.fields.iter().filter(goes_on).filter(|field| !edited(field.name)) {
        write_line(field, out);
    }
    if upgrade {
        out.extend_from_slice(b"Connection: upgrade\r\n");
    }
    via::write(head.version, to.via, out);
    if interim {
        return;
    }
    if !head.fields.has(Known::Date) && !edited(b"Date") {
        write_field(b"Date", to.date, out);
    }
    if let Some(id) = to.id.filter(|_| !edited(b"X-Request-Id")) {
        write_field(b"X-Request-Id", id, out);
    }
    for (name, value) in rewrite::added(to.edits) {
        write_field(name.as_bytes(), value.as_bytes(), out);
    }
}
