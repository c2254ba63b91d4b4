//! The border behind which stored answers are kept.

use super::object::Variants;
use super::slab::Growing;
use decide::cache::Sequence;

/// Keeps answers by key, and has the room for them: which go when it is full is its own affair. The store above it knows freshness,
/// purges and who waits; what is behind it knows none of that. All workers call at once, and nobody waits: a tier with a disk must have
/// its heads in memory, and says of contents in what file they lie, as slabs do.
pub(super) trait Storage {
    /// What a request finds under a key; it counts as used.
    fn get(&self, key: &[u8]) -> Option<Variants>;

    /// The same, and nothing counts.
    fn peek(&self, key: &[u8]) -> Option<Variants>;

    /// Puts answers under a key, in place of all that was there. What is larger than it can keep is not there afterwards.
    fn put(&self, key: &[u8], variants: Variants) -> Gone;

    fn remove(&self, key: &[u8]) -> Gone;

    /// Where in the sequence of purges the oldest of all answers stands.
    fn oldest(&self) -> Option<Sequence>;

    /// Takes in a content, of this length if it is known, that is to be of an answer here.
    fn grow(&self, length: Option<u64>) -> Growing;

    /// Keys under which there is something.
    fn keys(&self) -> usize;

    /// Bytes of memory that all of it takes.
    fn bytes(&self) -> u64;

    /// It may take so many bytes from now on.
    fn resize(&self, bytes: u64);
}

/// What is stored no longer. To be dropped where no lock is held: giving its memory back may be a call into the kernel.
#[must_use = "it is dropped where no lock is held"]
#[derive(Debug, Default)]
pub(super) struct Gone(pub(super) Vec<Variants>);

#[cfg(test)]
mod tests;
