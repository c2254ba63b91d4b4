//! Tokens: who has one may do what it is for.
//!
//! A configuration holds the SHA-256 of a token, never the token: the file is read by more people than may do what it is for. A plain hash
//! is enough, without salt and without being slow, because a token is 256 random bits and not a word that somebody could guess.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use decide::config::TokenHash;

/// What is kept of a token.
pub fn hash(token: &[u8]) -> TokenHash {
    TokenHash(digest(&SHA256, token).as_ref().try_into().expect("SHA-256 has 32 bytes"))
}

/// Whether one of these is that of the token. How long it takes says nothing of how much of one is right, nor which it is.
pub fn is_among(hash: &TokenHash, known: &[TokenHash]) -> bool {
    known.iter().fold(false, |found, known| found | verify_slices_are_equal(&known.0, &hash.0).is_ok())
}
