//! What follows from the kind of entry a name led to.

use super::{Refusal, Wanted};
use crate::config;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What the caller found under a name, links followed as far as they stay below the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A socket, a device, a pipe.
    Other,
    /// Nothing, or nothing we may read.
    Missing,
}

/// What is to be done with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Answer with this file: [`super::plan`].
    Serve,
    /// 301 to the same path with a slash ([`with_slash`]): without it, relative links in the index would miss the directory.
    AddSlash,
    /// Try [`index_names`], and [`Refusal::NoIndex`] if none of them is a file.
    TryIndexes,
}

/// Decides what follows from what was found under `wanted.relative`.
pub fn next_step(wanted: &Wanted, entry: Entry) -> Result<Next, Refusal> {
    match (entry, wanted.directory) {
        (Entry::File, false) => Ok(Next::Serve),
        (Entry::File, true) => Err(Refusal::NotADirectory),
        (Entry::Directory, false) => Ok(Next::AddSlash),
        (Entry::Directory, true) => Ok(Next::TryIndexes),
        (Entry::Other, _) => Err(Refusal::NotAFile),
        (Entry::Missing, _) => Err(Refusal::Missing),
    }
}

/// The names of a directory's index files below the root, in the order to try them.
pub fn index_names<'a>(wanted: &'a Wanted, files: &'a config::Files) -> impl Iterator<Item = String> + 'a {
    let directory = wanted.relative.as_str();
    files.index.iter().map(move |name| if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") })
}

/// The `Location` of a directory asked for without its slash: path (as the client sent it) plus `/`, query kept.
///
/// Leading slashes become one, or a client would take the first component for a host (RFC 3986 §4.2), and so would browsers with a
/// backslash. Bytes that no URI has are encoded.
pub fn with_slash(path: &[u8], query: Option<&[u8]>) -> Vec<u8> {
    let separators = path.iter().take_while(|byte| matches!(byte, b'/' | b'\\')).count();
    let mut location = Vec::with_capacity(path.len() + query.map_or(0, <[u8]>::len) + 3);
    location.push(b'/');
    encode(&path[separators..], &mut location);
    if location.last() != Some(&b'/') {
        location.push(b'/');
    }
    if let Some(query) = query {
        location.push(b'?');
        encode(query, &mut location);
    }
    location
}

fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        match byte {
            b'\\' | b'"' | b'<' | b'>' | b'#' | 0..=0x20 | 0x7f.. => {
                out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
            }
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests;
