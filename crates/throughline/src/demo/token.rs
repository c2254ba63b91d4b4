//! The token of the embedded default, for `throughline trace`: drawn on the first start, kept for the next ones beside the certificate.

use super::https::replace;
use crate::token::{draw, hash};
use decide::config::TokenHash;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Where it is kept.
pub fn token_file(directory: &Path) -> Option<String> {
    directory.join("trace.token").to_str().map(str::to_string)
}

/// The hash of the kept token, else of a new one. Where it cannot be kept there is none: nobody would know it.
pub fn token(directory: Option<&Path>) -> Option<TokenHash> {
    let directory = directory?;
    let path = token_file(directory)?;
    let kept = std::fs::read_to_string(&path).map(|text| text.trim().to_string()).unwrap_or_default();
    if kept.len() >= LEAST {
        return Some(hash(kept.as_bytes()));
    }
    let token = draw().ok()?;
    keep(directory, &path, &token).ok()?;
    Some(hash(token.as_bytes()))
}

/// A shorter one is no token, but what somebody wrote there.
const LEAST: usize = 43;

/// Writes it for this user alone; it is there whole, or as it was.
fn keep(directory: &Path, path: &str, token: &str) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    replace(path, format!("{token}\n").as_bytes())
}
