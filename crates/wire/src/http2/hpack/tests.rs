//! The whole of it: against the examples of the RFC, against itself, against another implementation.

use super::*;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::convert::Infallible;

mod appendix_c;
mod oracle;
mod round_trip;

/// A field as tests compare it: name, value, sensitive.
pub(super) type Line = (String, Vec<u8>, bool);

/// Names and values.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn line(header: Header<'_>) -> Line {
    let name = match header.name {
        Name::Pseudo(Pseudo::Unknown) => ":".to_string(),
        Name::Pseudo(pseudo) => pseudo.text().to_string(),
        Name::Field(known, name) => {
            let name = String::from_utf8_lossy(name).into_owned();
            assert!(known == Known::Other || known.name().to_ascii_lowercase() == name, "{known:?} is not {name}");
            name
        }
    };
    (name, header.value.to_vec(), header.sensitive)
}

/// Decodes a block for one who takes everything.
pub(super) fn decode(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<Line>, HpackError> {
    let mut lines = Vec::new();
    let all = |header: Header<'_>| {
        lines.push(line(header));
        Ok::<(), Infallible>(())
    };
    let Ok(()) = decoder.decode(block, all)?;
    Ok(lines)
}
