//! URI references in responses (RFC 3986 §5): where `Location` and `Content-Location` point, as far as it is here.

use super::key::{Uri, without_default_port};
use alloc::vec::Vec;

/// Path and query that a reference comes to, if it has the origin of `base` (RFC 9110 §4.3.1: scheme, host and port).
pub(super) fn within_origin(base: &Uri<'_>, reference: &[u8]) -> Option<Vec<u8>> {
    // A fragment is no part of a target URI (RFC 9110 §7.1).
    let reference = reference.split(|byte| *byte == b'#').next()?;
    let rest = match scheme_end(reference) {
        Some(end) if !reference[..end].eq_ignore_ascii_case(base.scheme.as_bytes()) => return None,
        Some(end) => reference[end + 1..].strip_prefix(b"//").map(Target::Network)?,
        None => reference.strip_prefix(b"//").map_or(Target::Path(reference), Target::Network),
    };
    match rest {
        Target::Network(rest) => {
            let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
            let (authority, target) = rest.split_at(end);
            let plain = |authority| without_default_port(base.scheme, authority);
            plain(authority).eq_ignore_ascii_case(plain(base.authority)).then(|| absolute(target))
        }
        Target::Path(path) => Some(merged(base.target, path)),
    }
}

/// What a reference begins with.
enum Target<'a> {
    /// An authority.
    Network(&'a [u8]),
    /// A path, a query, or nothing.
    Path(&'a [u8]),
}

/// Where the colon of a scheme stands (RFC 3986 §3.1).
fn scheme_end(reference: &[u8]) -> Option<usize> {
    let end = reference.iter().position(|byte| matches!(byte, b':' | b'/' | b'?'))?;
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    (reference[end] == b':' && reference[0].is_ascii_alphabetic() && reference[..end].iter().all(is_scheme)).then_some(end)
}

/// RFC 3986 §5.2.2
fn merged(base: &[u8], reference: &[u8]) -> Vec<u8> {
    let base_path = before_query(base);
    match reference.first() {
        None => base.to_vec(),
        Some(b'?') => [base_path, reference].concat(),
        Some(b'/') => absolute(reference),
        Some(_) => {
            // RFC 3986 §5.2.3
            let folder = base_path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
            absolute(&[&base_path[..folder], reference].concat())
        }
    }
}

fn before_query(target: &[u8]) -> &[u8] {
    target.split(|byte| *byte == b'?').next().unwrap_or_default()
}

/// A path without `.` and `..` (RFC 3986 §5.2.4), with its query.
fn absolute(target: &[u8]) -> Vec<u8> {
    let path = before_query(target);
    let mut segments: Vec<&[u8]> = Vec::new();
    let mut rest = path.strip_prefix(b"/").unwrap_or(path).split(|byte| *byte == b'/').peekable();
    while let Some(segment) = rest.next() {
        let is_last = rest.peek().is_none();
        match segment {
            b"." | b".." => {
                if segment == b".." {
                    segments.pop();
                }
                // What ends in dots ends in a slash.
                segments.extend(is_last.then_some(&b""[..]));
            }
            segment => segments.push(segment),
        }
    }
    let mut out = Vec::with_capacity(target.len() + 1);
    for segment in &segments {
        out.push(b'/');
        out.extend_from_slice(segment);
    }
    if segments.is_empty() {
        out.push(b'/');
    }
    out.extend_from_slice(&target[path.len()..]);
    out
}

#[cfg(test)]
mod tests;
