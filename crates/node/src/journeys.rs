//! Journeys of requests that came with a token, kept for a moment: whoever showed it asks for them when the answer is here, because a
//! journey ends behind its answer.

use crate::signal::Signal;
use decide::joined::Key;
use decide::time::{Duration, Instant};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// So many are known at once, those of requests under way included. The oldest makes room.
const MOST: usize = 256;
/// So many bytes of them.
const MOST_BYTES: usize = 4 << 20;
/// How long one is kept.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// What is kept, for all threads of a server.
#[derive(Default)]
pub(crate) struct Journeys {
    kept: Mutex<Kept>,
    /// Raised when a request is over whose journey is kept.
    pub(crate) ended: Signal,
}

/// What is known of a journey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing, or nothing any more.
    Unknown,
    /// Its request is under way.
    UnderWay,
    /// All of it.
    Whole(Arc<str>),
}

#[derive(Default)]
struct Kept {
    by_key: BTreeMap<Key, Entry>,
    /// The oldest first. A key that came again stands here twice, and counts by its number.
    order: VecDeque<(Key, u64)>,
    bytes: usize,
    next: u64,
}

struct Entry {
    number: u64,
    text: Option<(Instant, Arc<str>)>,
}

impl Journeys {
    /// A request begins whose journey will be kept. One that was kept by the same key gives way.
    pub(crate) fn begin(&self, key: Key) {
        let mut kept = self.lock();
        kept.put(key, None);
        kept.shrink();
    }

    /// The request is over. What nobody waits for, because it had to make room, is let go.
    pub(crate) fn end(&self, key: Key, text: String, now: Instant) {
        {
            let mut kept = self.lock();
            if kept.by_key.get(&key).is_none_or(|entry| entry.text.is_some()) || text.len() > MOST_BYTES {
                kept.remove(&key);
            } else {
                kept.put(key, Some((now + KEPT_FOR, text.into())));
                kept.shrink();
            }
        }
        self.ended.raise();
    }

    /// What is known of one.
    pub(crate) fn get(&self, key: &Key, now: Instant) -> Known {
        match self.lock().by_key.get(key) {
            None => Known::Unknown,
            Some(Entry { text: None, .. }) => Known::UnderWay,
            Some(Entry { text: Some((until, text)), .. }) if *until > now => Known::Whole(text.clone()),
            Some(_) => Known::Unknown,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().expect("no panic while it is held")
    }
}

impl Kept {
    fn put(&mut self, key: Key, text: Option<(Instant, Arc<str>)>) {
        self.remove(&key);
        self.bytes += text.as_ref().map_or(0, |(_, text)| text.len());
        self.next += 1;
        self.by_key.insert(key, Entry { number: self.next, text });
        self.order.push_back((key, self.next));
    }

    fn remove(&mut self, key: &Key) {
        if let Some(Entry { text: Some((_, text)), .. }) = self.by_key.remove(key) {
            self.bytes -= text.len();
        }
    }

    fn shrink(&mut self) {
        while self.by_key.len() > MOST || self.bytes > MOST_BYTES || self.order.len() > 4 * MOST {
            let Some((key, number)) = self.order.pop_front() else { return };
            if self.by_key.get(&key).is_some_and(|entry| entry.number == number) {
                self.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
