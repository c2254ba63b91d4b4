//! The cache as an owner wants it. What of it is about single answers is a route's own: [`crate::cache::Policy`].

use super::Pool;
use crate::time::Duration;
use alloc::string::String;

/// What holds for all that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Bytes of memory that stored answers may take, all told: contents, heads, keys, the index, and what allocation wastes.
    pub memory: u64,
    /// What is fetched without a client's asking.
    pub feed: Feed,
    /// What this cache is called in `CDN-Loop`, and among the peers of a route; `None`: a name that is drawn at every start.
    pub id: Option<String>,
    /// What of the other edges' objects is stored here too.
    pub hot: Hot,
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

/// Objects that are asked for so often that the way to the edge that keeps them is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hot {
    /// Asked for more often than this within the window.
    pub requests: u64,
    /// The window.
    pub window: Duration,
}

/// Who is asked before the pool of a route that stores answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tiers {
    /// The edges of this POP, each of which keeps its part of the objects.
    pub peers: Option<Peers>,
    /// The caches in front of the origin (index into [`super::Config::pools`]).
    pub shield: Option<usize>,
}

/// The edges of a POP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peers {
    /// Their pool (index into [`super::Config::pools`]); it is one of `consistent-hash`.
    pub pool: usize,
    /// Which of its backends is this cache itself.
    pub this: usize,
}

impl Peers {
    /// The names of the other edges.
    pub fn others<'c>(&self, pools: &'c [Pool]) -> impl Iterator<Item = &'c str> {
        let this = self.this;
        let backends = pools[self.pool].backends.iter().enumerate();
        backends.filter(move |(index, _)| *index != this).map(|(_, backend)| &*backend.name)
    }
}
