//! From a request path to a name below the root.

use super::Refusal;
use alloc::string::String;
use alloc::vec::Vec;

/// The longest name of one directory entry, in bytes.
const MAX_COMPONENT: usize = 255;
/// The one name with a leading dot that is served, and only right below the root (RFC 8615 §3).
const WELL_KNOWN: &str = ".well-known";

/// A name below the root. Joined to the root it stays below it, as far as names go: links are the caller's matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Components joined by single slashes; no slash at either end. Empty: the root itself. No component is empty, begins with a dot
    /// (but for `.well-known` in front), or holds a slash, a backslash or a control byte.
    pub relative: String,
    /// The path ended in a slash: only a directory will do.
    pub directory: bool,
}

/// Reads a request path (as sent, without the query), takes `strip_prefix` off at a component border, and decodes what is left, once.
///
/// Empty components are skipped: `//a///b` is `a/b`. Prefix and path are compared decoded.
pub fn wanted(path: &[u8], strip_prefix: &str) -> Result<Wanted, Refusal> {
    if path.first() != Some(&b'/') {
        return Err(Refusal::NotAbsolute);
    }
    let mut prefix = strip_prefix.split('/').filter(|component| !component.is_empty());
    let mut relative = String::with_capacity(path.len());
    for raw in path.split(|byte| *byte == b'/').filter(|raw| !raw.is_empty()) {
        let component = decode(raw)?;
        match prefix.next() {
            Some(expected) if expected == component => continue,
            Some(_) => return Err(Refusal::OutsidePrefix),
            None => {}
        }
        if component.starts_with('.') && !(relative.is_empty() && component == WELL_KNOWN) {
            return Err(Refusal::Hidden);
        }
        if !relative.is_empty() {
            relative.push('/');
        }
        relative.push_str(&component);
    }
    if prefix.next().is_some() {
        return Err(Refusal::OutsidePrefix);
    }
    Ok(Wanted { relative, directory: path.ends_with(b"/") })
}

/// Decodes one component that is not empty. What comes back is one component still.
fn decode(raw: &[u8]) -> Result<String, Refusal> {
    let mut component = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let byte = if first == b'%' {
            let (digits, after) = rest.split_at_checked(2).ok_or(Refusal::BrokenEscape)?;
            rest = after;
            hexadecimal(digits[0])? << 4 | hexadecimal(digits[1])?
        } else {
            first
        };
        match byte {
            b'/' => return Err(Refusal::EncodedSlash),
            b'\\' => return Err(Refusal::Backslash),
            0..=0x1f | 0x7f => return Err(Refusal::ControlByte),
            _ => component.push(byte),
        }
    }
    if component == b"." || component == b".." {
        return Err(Refusal::DotSegment);
    }
    if component.len() > MAX_COMPONENT {
        return Err(Refusal::LongComponent);
    }
    String::from_utf8(component).map_err(|_| Refusal::NotUtf8)
}

fn hexadecimal(digit: u8) -> Result<u8, Refusal> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(Refusal::BrokenEscape),
    }
}

#[cfg(test)]
mod tests;
