//! The cache as an owner wants it. What of it is about single answers is a route's own: [`crate::cache::Policy`].

/// What holds for all that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Bytes of memory that stored answers may take, all told: contents, heads, keys, the index, and what allocation wastes.
    pub memory: u64,
    /// What is fetched without a client's asking.
    pub feed: Feed,
}

/// Bounds of what is fetched into the cache without a client's asking for it, and of what is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// URLs a second that a prefetch begins, unless it says less.
    pub rate: u32,
    /// URLs under way at once, of all prefetches; as many again of all notices that URLs have changed.
    pub simultaneous: usize,
    /// Jobs that are remembered, those that are over included.
    pub jobs: usize,
    /// URLs of one job.
    pub urls: usize,
    /// Bytes of one content that is pushed.
    pub content: u64,
}
