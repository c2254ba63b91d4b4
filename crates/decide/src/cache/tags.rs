//! Purges by tag: an object has tags, and a purge names one. A purge costs the same whatever is stored: it leaves a mark at the tag, and an
//! object is compared with the marks of its tags when it is next looked up.

use super::policy::Policy;
use crate::time::Calendar;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use wire::http::Fields;

/// The most tags of one object; further ones are dropped, and [`tags`] says so.
pub const MOST_TAGS: usize = 128;

/// The longest tag in bytes; a longer one is dropped likewise.
pub const LONGEST_TAG: usize = 256;

/// A tag: visible bytes without white space or comma, compared exactly.
pub type Tag = Box<[u8]>;

/// Reads the tags of a response from the owner's fields, in order and each once. Both white space and commas part them: `Surrogate-Key`
/// uses the one, `Cache-Tag` the other. The second value: whether some were dropped. An object that lacks tags could not be purged by
/// them, so it is not to be stored.
pub fn tags(fields: &Fields, policy: &Policy) -> (Vec<Tag>, bool) {
    let mut tags: Vec<Tag> = Vec::new();
    let mut dropped = false;
    let values = policy.tag_fields.iter().flat_map(|name| fields.named(name.as_bytes()));
    let words = values.flat_map(|value| value.split(|byte| matches!(byte, b' ' | b'\t' | b',')));
    for word in words.filter(|word| !word.is_empty()) {
        if word.len() > LONGEST_TAG || tags.len() == MOST_TAGS {
            dropped |= !tags.iter().any(|tag| **tag == *word);
        } else if !tags.iter().any(|tag| **tag == *word) {
            tags.push(word.into());
        }
    }
    tags.sort_unstable();
    (tags, dropped)
}

/// A place in the sequence of purges. An object is as old as the purges that had been when its request left for the origin: one that came
/// while the answer was under way must meet it, and may have been made before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence(pub u64);

/// How thorough a purge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purge {
    /// The object is gone.
    Hard,
    /// The object is stale: it can still be validated, and used stale where that is allowed.
    Soft,
}

/// What the purges have made of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// None was about it.
    Current,
    /// Stale since then.
    StaleSince(Calendar),
    /// Gone.
    Gone,
}

/// The mark of a tag.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    hard: Sequence,
    soft: Sequence,
    /// When the last soft purge was.
    soft_at: Calendar,
}

impl Mark {
    fn set(&mut self, purge: Purge, sequence: Sequence, now: Calendar) {
        match purge {
            Purge::Hard => self.hard = sequence,
            Purge::Soft => (self.soft, self.soft_at) = (sequence, now),
        }
    }

    fn last(&self) -> Sequence {
        self.hard.max(self.soft)
    }

    fn standing(&self, born: Sequence) -> Standing {
        match () {
            () if self.hard > born => Standing::Gone,
            () if self.soft > born => Standing::StaleSince(self.soft_at),
            () => Standing::Current,
        }
    }
}

/// The purges there have been.
#[derive(Clone, Debug, Default)]
pub struct Purges {
    now: Sequence,
    marks: BTreeMap<Tag, Mark>,
    /// Of everything, whatever its tags.
    all: Mark,
}

/// Tags with a mark at the most. Beyond, all marks become one mark of everything: too much is purged, never too little.
pub const MOST_MARKS: usize = 1 << 20;

impl Purges {
    /// The place of what is asked of the origin now.
    pub fn sequence(&self) -> Sequence {
        self.now
    }

    /// Purges all objects with a tag.
    pub fn purge(&mut self, tag: &[u8], purge: Purge, now: Calendar) -> Sequence {
        self.now.0 += 1;
        if !self.marks.contains_key(tag) && self.marks.len() >= MOST_MARKS {
            self.marks.clear();
            self.all.set(Purge::Hard, self.now, now);
            return self.now;
        }
        self.marks.entry(tag.into()).or_default().set(purge, self.now, now);
        self.now
    }

    /// Purges everything.
    pub fn purge_all(&mut self, purge: Purge, now: Calendar) -> Sequence {
        self.now.0 += 1;
        self.all.set(purge, self.now, now);
        self.now
    }

    /// Goes on at a place that lies further on: the next purge has the number after it.
    pub fn go_on_at(&mut self, place: Sequence) {
        self.now = self.now.max(place);
    }

    /// The next place, without a purge: what is asked of the origin from now on is told from all before.
    pub fn advance(&mut self) -> Sequence {
        self.now.0 += 1;
        self.now
    }

    /// What they have made of an object that was asked for at `born`.
    pub fn standing(&self, tags: &[Tag], born: Sequence) -> Standing {
        // Most objects are younger than every purge, and most of the rest have few tags.
        if born >= self.now {
            return Standing::Current;
        }
        let marks = tags.iter().filter_map(|tag| self.marks.get(tag)).chain([&self.all]);
        marks.map(|mark| mark.standing(born)).fold(Standing::Current, worse)
    }

    /// Forgets the marks that no object can meet any more, where nothing older than `oldest` is stored or under way.
    pub fn forget_before(&mut self, oldest: Sequence) {
        self.marks.retain(|_, mark| mark.last() > oldest);
    }

    /// Tags with a mark.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether no tag has one.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }
}

/// Gone before stale, and stale for longer before stale for less.
fn worse(one: Standing, other: Standing) -> Standing {
    match (one, other) {
        (Standing::Gone, _) | (_, Standing::Gone) => Standing::Gone,
        (Standing::StaleSince(one), Standing::StaleSince(other)) => Standing::StaleSince(one.min(other)),
        (Standing::Current, other) => other,
        (one, Standing::Current) => one,
    }
}

#[cfg(test)]
mod tests;
