//! Heads out.
use crate::http::{Field, RequestHead, ResponseHead};
use alloc::vec::Vec;

/// Appends the request line and `fields`, without the empty line that ends a head: the caller adds its own fields, then `\r\n`.
/// The target is written in origin form (asterisk and authority forms as they are).
pub fn write_request<'a>(head: &RequestHead, target: &[u8], fields: impl Iterator<Item = Field<'a>>, out: &mut Vec<u8>) {
    let _ = (head, target, out);
    for _ in fields {}
    unimplemented!()
}

/// Appends the status line (`HTTP/1.1`, whatever version the head came in) and `fields`, without the empty line.
pub fn write_response<'a>(head: &ResponseHead, fields: impl Iterator<Item = Field<'a>>, out: &mut Vec<u8>) {
    let _ = (head, out);
    for _ in fields {}
    unimplemented!()
}

/// Appends one field line.
pub fn write_field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// The usual reason phrase of a status; empty for one that has none.
pub fn reason_phrase(status: u16) -> &'static str {
    let _ = status;
    unimplemented!()
}
