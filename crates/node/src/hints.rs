//! What is remembered of answers for early hints: the links of each, by the key of its request.

use host::Host;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// The links of one answer.
pub(crate) type Links = Arc<[Box<[u8]>]>;

/// Bytes that all that is remembered may take, keys included. What has not been asked for the longest goes first.
const MOST_BYTES: u64 = 4 << 20;
/// What one answer takes on average, as far as the table must guess.
const USUAL_BYTES: u64 = 512;

/// The memory that all workers share.
pub(crate) struct Hints(Cache<Box<[u8]>, Links, Weighter, crate::store::Seed>);

impl Hints {
    pub(crate) fn new(host: &Host) -> Hints {
        let items = usize::try_from(MOST_BYTES / USUAL_BYTES).unwrap_or(usize::MAX);
        Hints(Cache::with(items, MOST_BYTES, Weighter, crate::store::Seed::of(host), Default::default()))
    }

    /// What was learnt the last time.
    pub(crate) fn known(&self, key: &[u8]) -> Option<Links> {
        self.0.get(key)
    }

    /// What is to be told from now on; with no links nothing is.
    pub(crate) fn learn(&self, key: &[u8], links: Vec<Box<[u8]>>) {
        match links.is_empty() {
            true => drop(self.0.remove(key)),
            false if self.0.peek(key).is_some_and(|known| *known == *links) => {}
            false => self.0.insert(key.into(), links.into()),
        }
    }
}

#[derive(Clone)]
struct Weighter;

impl quick_cache::Weighter<Box<[u8]>, Links> for Weighter {
    fn weight(&self, key: &Box<[u8]>, links: &Links) -> u64 {
        let links: usize = links.iter().map(|link| size_of::<Box<[u8]>>() + link.len()).sum();
        (crate::store::INDEX_BYTES + key.len() + links) as u64
    }
}
