//! What is answered.

use super::Why;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use wire::dns::{Data, Name, RecordType, ResponseCode};

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply<'a> {
    /// How it went.
    pub code: ResponseCode,
    /// AA: of the first name, these zones say the last word (RFC 1035 §4.1.1).
    pub authoritative: bool,
    /// What was asked for, with the aliases that led there.
    pub answer: Vec<Set<'a>>,
    /// Who knows more, or how long an absence holds.
    pub authority: Vec<Set<'a>>,
    /// Addresses of names in the other sections. They may be left out, except below a delegation's own name (RFC 9471).
    pub additional: Vec<Set<'a>>,
    /// A steering was asked: for how many bits of the client's address the same holds (RFC 7871 §7.2.1).
    pub scope: Option<u8>,
    /// What decided.
    pub why: Why<'a>,
}

/// Records of one name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set<'a> {
    /// Whose.
    pub owner: Cow<'a, Name>,
    /// Their type.
    pub kind: RecordType,
    /// How long they may be kept, in seconds.
    pub ttl: u32,
    /// What they say; never empty.
    pub data: Cow<'a, [Data]>,
    /// Without it the additional section would not do its work: addresses of name servers that are within what they serve (RFC 9471 §3).
    pub needed: bool,
}
