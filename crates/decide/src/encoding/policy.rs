//! What an owner wants of compression.

use crate::files::Coding;
use alloc::string::String;
use alloc::vec::Vec;

/// The rules of one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The codings that are made, best first among those that a client likes equally.
    pub codings: Vec<Level>,
    /// Content known to be shorter than so many bytes is sent as it is.
    pub least: u64,
    /// Types that are compressed: `text/html`, `text/*`, `*+json`; in lower case.
    pub types: Vec<String>,
    /// Compress also what may be for one person only.
    pub personal: bool,
}

/// A coding and how thorough it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Which.
    pub coding: Coding,
    /// As its own library counts.
    pub level: u8,
}

impl Policy {
    /// The level of a coding that is made.
    pub fn level(&self, coding: Coding) -> Option<u8> {
        self.codings.iter().find(|level| level.coding == coding).map(|level| level.level)
    }

    /// Whether content of this type is compressed. `value` is the whole field: what follows `;` does not count.
    pub fn takes_type(&self, value: &[u8]) -> bool {
        let essence = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        !essence.is_empty() && self.types.iter().any(|pattern| fits(pattern.as_bytes(), &essence))
    }
}

/// `*` stands for any run of bytes at one end of a pattern.
fn fits(pattern: &[u8], essence: &[u8]) -> bool {
    match (pattern.strip_prefix(b"*"), pattern.strip_suffix(b"*")) {
        (Some(end), _) => essence.ends_with(end),
        (None, Some(begin)) => essence.starts_with(begin),
        (None, None) => essence == pattern,
    }
}
