//! What a route changes: the path, the fields, the place a client is sent to.

use super::path_of;
use crate::config::FieldEdits;
use alloc::vec::Vec;
use wire::http::{Fields, Known, RequestHead};

/// Appends the target to forward: `replacement` in place of the first `matched` bytes of the path in normal form
/// ([`super::Verdict::Route`] says how many), joined by exactly one slash, and the query as sent. A byte that may not stand in a path is
/// percent-encoded. A target that is no path (`*`) stays as it is.
pub fn target(head: &RequestHead, replacement: &str, matched: usize, out: &mut Vec<u8>) {
    let mut buffer = Vec::new();
    let rest = match path_of(head, &mut buffer) {
        Ok(path) if path.first() == Some(&b'/') => path.get(matched..).unwrap_or_default(),
        _ => return out.extend_from_slice(&head.target),
    };
    let (before, after) = match rest {
        [] => (replacement, rest),
        _ => (replacement.trim_end_matches('/'), rest.strip_prefix(b"/").unwrap_or(rest)),
    };
    if !before.starts_with('/') {
        out.push(b'/');
    }
    encode(before.as_bytes(), in_path, out);
    if !rest.is_empty() {
        if !before.is_empty() {
            out.push(b'/');
        }
        encode(after, in_path, out);
    }
    if let Some(query) = head.query() {
        out.push(b'?');
        encode(query, in_query, out);
    }
}

/// Appends the value of `Location` for a redirect. In `template`, `{scheme}` stands for the client's scheme, `{host}` for the host it
/// asked for (without port), `{path}` for the path in normal form, `{query}` for `?` and the query, or nothing.
///
/// What the client sent cannot leave its place: the host holds only characters of a host, the path begins with exactly one slash and
/// has no backslash (a browser reads both `//elsewhere` and `/\elsewhere` as another host), and no control byte stands anywhere.
pub fn location(template: &str, scheme: &str, head: &RequestHead, out: &mut Vec<u8>) {
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        encode(&rest.as_bytes()[..at], in_reference, out);
        rest = &rest[at..];
        let end = rest.find('}').map_or(rest.len(), |end| end + 1);
        match &rest[..end] {
            "{scheme}" => encode(scheme.as_bytes(), in_host, out),
            "{host}" => encode(head.host(), in_host, out),
            "{path}" => path(head, out),
            "{query}" => {
                if let Some(query) = head.query() {
                    out.push(b'?');
                    encode(query, in_query, out);
                }
            }
            // Not one of ours: it stands for itself.
            other => encode(other.as_bytes(), in_reference, out),
        }
        rest = &rest[end..];
    }
    encode(rest.as_bytes(), in_reference, out);
}

/// Changes the fields of an answer we make ourselves. (A message passed on is edited while it is written: [`crate::forward`].)
/// Framing is not an owner's to change: edits of [`is_framing`] names are left out.
pub fn edit(edits: &FieldEdits, fields: &mut Fields) {
    if takes_out(edits) {
        fields.retain(|field| is_framing(field.known) || !replaces(edits, field.name));
    }
    for (name, value) in added(edits) {
        fields.push(name.as_bytes(), value.as_bytes());
    }
}

/// Whether any fields are taken out or replaced.
pub fn takes_out(edits: &FieldEdits) -> bool {
    !edits.remove.is_empty() || !edits.set.is_empty()
}

/// Whether fields of this name are taken out or replaced.
pub fn replaces(edits: &FieldEdits, name: &[u8]) -> bool {
    // Asked for every field of every message, and most owners edit none.
    if !takes_out(edits) {
        return false;
    }
    let is = |edited: &str| edited.as_bytes().eq_ignore_ascii_case(name);
    edits.remove.iter().any(|removed| is(removed)) || edits.set.iter().any(|(set, _)| is(set))
}

/// The fields that come in: those set, then those added. A pair that is no valid field (RFC 9110 §5.1, §5.5), which a checked
/// configuration does not hold, is left out rather than written.
pub fn added(edits: &FieldEdits) -> impl Iterator<Item = (&str, &str)> {
    let pairs = edits.set.iter().chain(&edits.add).map(|(name, value)| (name.as_str(), value.as_str()));
    pairs.filter(|(name, value)| is_field(name, value) && !is_framing(Known::of(name.as_bytes())))
}

/// The fields that say where a message and its connection end.
pub fn is_framing(known: Known) -> bool {
    matches!(known, Known::Connection | Known::ContentLength | Known::TransferEncoding)
}

fn is_field(name: &str, value: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let text = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    !name.is_empty() && name.bytes().all(token) && value.bytes().all(text)
}

/// The path in normal form, as a path on the same host whatever it holds.
fn path(head: &RequestHead, out: &mut Vec<u8>) {
    let mut buffer = Vec::new();
    match path_of(head, &mut buffer) {
        Ok(path) if path.first() == Some(&b'/') => encode(path, in_path, out),
        _ => out.push(b'/'),
    }
}

fn encode(text: &[u8], keep: fn(u8) -> bool, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text {
        match keep(*byte) {
            true => out.push(*byte),
            false => out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]),
        }
    }
}

fn in_path(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\' | b'"' | b'<' | b'>')
}

fn in_query(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'#' | b'"' | b'<' | b'>')
}

fn in_reference(byte: u8) -> bool {
    byte.is_ascii_graphic()
}

// RFC 3986 §3.2.2, with the brackets and colons of an IPv6 literal.
fn in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=[]:%".contains(&byte)
}

#[cfg(test)]
mod tests;
