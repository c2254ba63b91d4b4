//! `Via` (RFC 9110 §7.6.3).

use wire::http::{FieldWriter, Fields, Known, RequestHead, Version};

/// A request that has passed us more often than this goes round in a circle. Several of us in a row, under one name, are no circle.
pub const MOST_PASSES: usize = 8;

/// Whether the request has passed `received_by` (the name we write into `Via`) more than [`MOST_PASSES`] times: it is answered with
/// [`super::ProxyError::LoopDetected`].
pub fn is_loop(head: &RequestHead, received_by: &str) -> bool {
    head.fields.has(Known::Via) && passes(&head.fields, received_by) > MOST_PASSES
}

fn passes(fields: &Fields, received_by: &str) -> usize {
    let members = fields.all(Known::Via).flat_map(|value| value.split(|byte| *byte == b','));
    let ours = |member: &&[u8]| {
        let mut words = member.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        words.nth(1).is_some_and(|word| word.eq_ignore_ascii_case(received_by.as_bytes()))
    };
    members.filter(ours).count()
}

/// Appends our own member as a line after those that stand already: the version the message came in, and our name.
pub(super) fn write(version: Version, received_by: &str, out: &mut impl FieldWriter) {
    let version: &[u8] = match version {
        Version::Http10 => b"1.0 ",
        Version::Http11 => b"1.1 ",
        Version::Http2 => b"2.0 ",
    };
    out.joined(Known::Via, &[version, received_by.as_bytes()]);
}
