//! Names in zone files (RFC 1035 §5.1).

use super::lines::escaped;
use super::{Mistake, Word};
use crate::dns::Name;
use alloc::format;
use alloc::vec::Vec;

/// Reads a name; without a dot at its end it is below `origin`.
pub(super) fn name(word: &Word<'_>, origin: &Name) -> Result<Name, Mistake> {
    if word.raw == b"@" {
        return Ok(origin.clone());
    }
    if word.raw == b"." {
        return Ok(Name::root());
    }
    let raw = if word.quoted { word.raw.trim_ascii().strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\"")) } else { Some(word.raw) };
    let mut rest = raw.unwrap_or_default();
    let mut wire = Vec::with_capacity(rest.len() + 2);
    let mut label = Vec::new();
    let mut absolute = false;
    let end = |label: &mut Vec<u8>, wire: &mut Vec<u8>| {
        let len = match u8::try_from(label.len()) {
            Ok(0) => return Err(word.mistake("a name with an empty label: two dots side by side, or one at its beginning")),
            Ok(len) if len < 64 => len,
            _ => return Err(word.mistake(format!("a label of {} bytes: 63 is the most (RFC 1035 §2.3.4)", label.len()))),
        };
        wire.push(len);
        wire.append(label);
        Ok(())
    };
    while let Some((byte, more)) = rest.split_first() {
        rest = more;
        absolute = false;
        match byte {
            b'.' => {
                end(&mut label, &mut wire)?;
                absolute = true;
            }
            b'\\' => {
                let (byte, more) = escaped(rest);
                label.extend(byte);
                rest = more;
            }
            128.. => return Err(word.mistake("a name with letters beyond ASCII: write it in the form that begins with xn--")),
            byte => label.push(*byte),
        }
    }
    if !absolute {
        end(&mut label, &mut wire)?;
    }
    wire.extend_from_slice(if absolute { &[0] } else { origin.as_wire() });
    Name::from_wire(&wire).ok_or_else(|| word.mistake("a name of more than 255 bytes, with what it is below (RFC 1035 §2.3.4)"))
}
