//! What owners may do with what is theirs, and what is kept of it.

use alloc::string::String;

/// A token as far as it is kept: the SHA-256 of its bytes. Who reads it cannot make the token of it, where the token was drawn at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenHash(pub [u8; 32]);

/// The log of what owners asked for, which is on disk before they are told that it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The directory that survives a restart; the log is in a directory of it.
    pub state: String,
    /// Bytes that it may take.
    pub size: u64,
}
