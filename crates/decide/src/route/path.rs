//! The form of a path that rules are compared with, so that no other spelling of a path walks around a rule.
//!
//! The request is forwarded with its target as the client spelled it (a backend may depend on that: signatures are computed over it);
//! only the comparison uses the normal form. Two things are refused rather than guessed, because servers differ in what they make of
//! them: see [`PathError::OverEmpty`] and [`PathError::Ambiguous`].

use alloc::vec::Vec;

/// Why a path is refused: a 400 with this sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// It does not begin with `/`.
    Relative,
    /// Its dot segments lead above the root. RFC 3986 §5.2.4 would stop at the root; nobody honest writes this.
    AboveRoot,
    /// A `..` behind an empty segment (`/a//../b`): a server that merges slashes sees `/b`, one that does not sees `/a/b`.
    OverEmpty,
    /// `%00`, or the byte itself.
    Nul,
    /// A `%` without two hexadecimal digits (RFC 3986 §2.1).
    Encoding,
    /// An encoded slash or a backslash, and taking it for a slash would lead to another route.
    Ambiguous,
}

impl PathError {
    /// The rule broken, as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            PathError::Relative => "the path does not begin with a slash",
            PathError::AboveRoot => "the path climbs above the root",
            PathError::OverEmpty => "the path has a .. after an empty segment",
            PathError::Nul => "the path holds a NUL byte",
            PathError::Encoding => "the path has a percent sign without two hexadecimal digits",
            PathError::Ambiguous => "the path holds an encoded slash or a backslash that would change its route",
        }
    }
}

/// The normal form of `path` (without the query): escapes of unreserved characters decoded and the hexadecimal digits of all others in
/// upper case (RFC 3986 §6.2.2.1, §6.2.2.2), dot segments removed (§6.2.2.3), runs of slashes merged into one. A path that has this form
/// already is returned as it is; `out` is overwritten only otherwise.
pub fn normalise<'a>(path: &'a [u8], out: &'a mut Vec<u8>) -> Result<&'a [u8], PathError> {
    if path.first() != Some(&b'/') {
        return Err(PathError::Relative);
    }
    if is_plain(path) || is_normal(path) {
        return Ok(path);
    }
    out.clear();
    // Where the last empty segment stood: no `..` may reach back over it.
    let mut floor = 0;
    let mut segments = path[1..].split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        let start = out.len();
        out.push(b'/');
        decode_unreserved(segment, out)?;
        match &out[start + 1..] {
            b"" if !last => {
                out.truncate(start);
                floor = start;
            }
            // A dot segment at the end leaves the slash before it: `/a/.` is `/a/`.
            b"." => out.truncate(start + usize::from(last)),
            b".." => {
                let parent = out[..start].iter().rposition(|byte| *byte == b'/').ok_or(PathError::AboveRoot)?;
                if parent < floor {
                    return Err(PathError::OverEmpty);
                }
                out.truncate(parent + usize::from(last));
            }
            _ => {}
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
    Ok(out)
}

/// Whether a server that takes `\`, `%2F` or `%5C` for a slash would see other segments than we do. `path` is in normal form.
pub(super) fn hides_separator(path: &[u8]) -> bool {
    let may = |byte: &u8| matches!(byte, b'\\' | b'%');
    path.iter().any(may) && (path.contains(&b'\\') || path.windows(3).any(|escape| escape == b"%2F" || escape == b"%5C"))
}

/// How such a server would read it: every one of these as a slash, then normalised.
pub(super) fn reveal<'a>(path: &[u8], scratch: &'a mut Vec<u8>, out: &'a mut Vec<u8>) -> Result<&'a [u8], PathError> {
    scratch.clear();
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        let hidden = rest.starts_with(b"%2F") || rest.starts_with(b"%5C");
        scratch.push(if hidden || *first == b'\\' { b'/' } else { *first });
        rest = if hidden { &rest[3..] } else { tail };
    }
    normalise(scratch, out)
}

/// Whether nothing in a path could be written in another way, seen at one glance; most are so.
fn is_plain(path: &[u8]) -> bool {
    let mut before = 0;
    path.iter().all(|byte| {
        // An empty segment, or one that begins with a dot.
        let odd = before == b'/' && matches!(byte, b'/' | b'.');
        before = *byte;
        !odd && !matches!(byte, b'%' | 0)
    })
}

fn is_normal(path: &[u8]) -> bool {
    let mut segments = path[1..].split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        if matches!(segment, b"." | b"..") || (segment.is_empty() && segments.peek().is_some()) {
            return false;
        }
    }
    escapes_are_normal(path) && !path.contains(&0)
}

fn escapes_are_normal(path: &[u8]) -> bool {
    let mut rest = path;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(&[high, low]) if !high.is_ascii_lowercase() && !low.is_ascii_lowercase() => match byte_of(high, low) {
                Some(byte) if byte != 0 && !is_unreserved(byte) => rest = &rest[at + 3..],
                _ => return false,
            },
            _ => return false,
        }
    }
    true
}

fn decode_unreserved(segment: &[u8], out: &mut Vec<u8>) -> Result<(), PathError> {
    let mut bytes = segment.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte == 0 {
            return Err(PathError::Nul);
        }
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let (high, low) = bytes.next().zip(bytes.next()).ok_or(PathError::Encoding)?;
        match byte_of(high, low).ok_or(PathError::Encoding)? {
            0 => return Err(PathError::Nul),
            decoded if is_unreserved(decoded) => out.push(decoded),
            _ => out.extend_from_slice(&[b'%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]),
        }
    }
    Ok(())
}

/// The byte that two hexadecimal digits write.
pub(super) fn byte_of(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

// RFC 3986 §2.3
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests;
