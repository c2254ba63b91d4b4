//! Tokens: who has one may do what it is for, over the admin side.
//!
//! A configuration holds the SHA-256 of a token, never the token: the file is read by more people than may purge. A plain hash is enough,
//! without salt and without being slow, because a token is 256 random bits ([`draw`]) and not a word that somebody could guess.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use decide::config::TokenHash;

/// A new token. The error is a sentence.
pub(crate) fn draw() -> Result<String, String> {
    let mut bits = [0; 32];
    aws_lc_rs::rand::fill(&mut bits).map_err(|_| "the system gives no random numbers".to_string())?;
    Ok(URL_SAFE_NO_PAD.encode(bits))
}

/// What is kept of a token.
pub(crate) fn hash(token: &[u8]) -> TokenHash {
    TokenHash(digest(&SHA256, token).as_ref().try_into().expect("SHA-256 has 32 bytes"))
}

/// A hash as the configuration has it.
pub(crate) fn text(hash: &TokenHash) -> String {
    let digits: String = hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// Whether one of these is that of the token. How long it takes says nothing of how much of one is right, nor which it is.
pub(crate) fn is_among(hash: &TokenHash, known: &[TokenHash]) -> bool {
    known.iter().fold(false, |found, known| found | verify_slices_are_equal(&known.0, &hash.0).is_ok())
}

#[cfg(test)]
mod tests;
