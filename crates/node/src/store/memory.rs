//! Answers in memory: quick_cache says what is where, and what goes.

use super::object::Variants;
use super::slab::{Growing, Slabs};
use super::storage::{Gone, Storage};
use super::{SHARD_BYTES, Seed};
use decide::cache::Sequence;
use quick_cache::OptionsBuilder;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// Parts of the index with a lock each, at the most.
const MOST_SHARDS: u64 = 16;
/// What a stored answer takes on average, as far as the index must guess.
const USUAL_BYTES: u64 = 16 << 10;

pub(super) struct Memory {
    index: Cache<Box<[u8]>, Variants, Weighter, Seed, Letting>,
    slabs: Arc<Slabs>,
}

impl Memory {
    /// For so many bytes.
    pub(super) fn new(bytes: u64, seed: Seed, slabs: Slabs) -> Memory {
        let items = usize::try_from(bytes / USUAL_BYTES).unwrap_or(usize::MAX).max(1);
        let options = OptionsBuilder::new().shards(shards(bytes)).weight_capacity(bytes).estimated_items_capacity(items).build();
        let options = options.expect("all that is asked for is given");
        Memory { index: Cache::with_options(options, Weighter, seed, Letting), slabs: Arc::new(slabs) }
    }
}

impl Storage for Memory {
    fn get(&self, key: &[u8]) -> Option<Variants> {
        self.index.get(key)
    }

    fn peek(&self, key: &[u8]) -> Option<Variants> {
        self.index.peek(key)
    }

    fn put(&self, key: &[u8], variants: Variants) -> Gone {
        let mut gone = Gone::default();
        self.index.insert_with_lifecycle(key.into(), variants, &mut gone);
        gone
    }

    fn remove(&self, key: &[u8]) -> Gone {
        Gone(self.index.remove(key).into_iter().map(|(_, variants)| variants).collect())
    }

    fn oldest(&self) -> Option<Sequence> {
        self.index.iter().filter_map(|(_, variants)| variants.objects.iter().map(|object| object.born).min()).min()
    }

    fn grow(&self, length: Option<u64>) -> Growing {
        Growing::new(self.slabs.clone(), length)
    }

    fn keys(&self) -> usize {
        self.index.len()
    }

    fn bytes(&self) -> u64 {
        self.index.weight()
    }

    fn resize(&self, bytes: u64) {
        self.index.set_capacity(bytes);
    }
}

/// Parts of the index, and files for long contents: a power of two.
pub(super) fn shards(bytes: u64) -> usize {
    let shards = usize::try_from((bytes / SHARD_BYTES).clamp(1, MOST_SHARDS)).expect("a few");
    1 << shards.ilog2()
}

/// Weighs by memory.
#[derive(Clone)]
struct Weighter;

impl quick_cache::Weighter<Box<[u8]>, Variants> for Weighter {
    fn weight(&self, _: &Box<[u8]>, variants: &Variants) -> u64 {
        variants.weight
    }
}

/// Hands on what goes: under the index's own lock nothing large is dropped.
#[derive(Clone)]
struct Letting;

impl quick_cache::Lifecycle<Box<[u8]>, Variants> for Letting {
    type RequestState = Gone;

    fn on_evict(&self, gone: &mut Gone, _: Box<[u8]>, variants: Variants) {
        gone.0.push(variants);
    }
}
