//! The cache as an owner wants it. What of it is about single answers is a route's own: [`crate::cache::Policy`].

/// What holds for all that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Bytes of memory that stored answers may take, all told: contents, heads, keys, the index, and what allocation wastes.
    pub memory: u64,
}
