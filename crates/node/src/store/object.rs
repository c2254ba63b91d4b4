//! A stored answer.

use super::Gauge;
use decide::cache::{self, Life, Parts, Policy, Selecting, Sequence, Standing, Tag};
use decide::range::Span;
use decide::time::Calendar;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use wire::http::{Fields, ResponseHead};

/// Some content, in memory that nobody writes any more: it goes to every client from where it is.
pub(crate) type Piece = Arc<[u8]>;

/// Pieces of a long content are this long, whatever the pieces were that it came in.
const PIECE_BYTES: usize = 256 * 1024;
/// What the index takes of memory for one key: the entry itself, its links, its place in the table, and the memory of keys that were
/// pushed out.
pub(super) const INDEX_BYTES: usize = 256;
/// The counts in front of what is shared.
const SHARED_BYTES: usize = 2 * size_of::<usize>();

/// The content of an answer, as far as it is stored.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pieces: Box<[Piece]>,
    len: u64,
    /// Where its memory is counted as long as anybody has it, stored or not.
    counted: Arc<Gauge>,
}

impl Drop for Content {
    fn drop(&mut self) {
        self.counted.sub(self.memory() as u64);
    }
}

impl Content {
    /// Of pieces as they came: put together anew where they are many and short.
    pub(crate) fn of(pieces: Vec<Piece>, counted: &Arc<Gauge>) -> Content {
        let len: usize = pieces.iter().map(|piece| piece.len()).sum();
        let few = pieces.len() <= 1 + len / PIECE_BYTES * 4;
        let pieces = if few { pieces } else { joined(&pieces, len) };
        let content = Content { pieces: pieces.into_boxed_slice(), len: len as u64, counted: counted.clone() };
        counted.add(content.memory() as u64);
        content
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The bytes from `at` on, as far as one piece holds them; empty at the end.
    pub(crate) fn from(&self, mut at: u64) -> &[u8] {
        for piece in &self.pieces {
            match piece.get(usize::try_from(at).unwrap_or(usize::MAX)..) {
                Some(rest) if !rest.is_empty() => return rest,
                _ => at -= piece.len() as u64,
            }
        }
        &[]
    }

    /// These bytes, in pieces that share their memory where they lie in one whole.
    pub(crate) fn slice(&self, from: u64, len: u64) -> Vec<Piece> {
        let (mut slices, mut start) = (Vec::new(), 0);
        for piece in &self.pieces {
            let end = start + piece.len() as u64;
            let (first, last) = (from.max(start), (from + len).min(end));
            if first < last {
                let place = |at: u64| usize::try_from(at - start).expect("a place in a piece");
                let whole = first == start && last == end;
                slices.push(if whole { piece.clone() } else { Piece::from(&piece[place(first)..place(last)]) });
            }
            start = end;
        }
        slices
    }

    fn memory(&self) -> usize {
        allocated(self.pieces.len() * size_of::<Piece>())
            + self.pieces.iter().map(|piece| allocated(SHARED_BYTES + piece.len())).sum::<usize>()
    }
}

/// The same bytes in pieces of the usual length.
fn joined(pieces: &[Piece], len: usize) -> Vec<Piece> {
    let mut whole = Vec::with_capacity(len.div_ceil(PIECE_BYTES));
    let mut next = Vec::with_capacity(len.min(PIECE_BYTES));
    for mut rest in pieces.iter().map(|piece| &piece[..]) {
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(PIECE_BYTES - next.len()));
            next.extend_from_slice(now);
            rest = later;
            if next.len() == PIECE_BYTES {
                whole.push(Piece::from(&next[..]));
                next.clear();
            }
        }
    }
    if !next.is_empty() {
        whole.push(Piece::from(next));
    }
    whole
}

/// What purges are told an answer by.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The site that it was stored for.
    pub(crate) site: Box<str>,
    /// `scheme://host/path?query`, the query as it came.
    pub(crate) url: Box<[u8]>,
    /// What the origin calls it.
    pub(crate) tags: Box<[Tag]>,
}

/// A stored answer. It never changes: what freshens it puts another in its place.
#[derive(Debug)]
pub(crate) struct Object {
    /// Status and fields, as they are sent.
    pub(crate) head: ResponseHead,
    pub(crate) selecting: Selecting,
    pub(crate) life: Life,
    /// Its `Date`.
    pub(crate) date: Calendar,
    pub(crate) content: Arc<Content>,
    /// What the content is of the whole, where it is not the whole: these parts, one after the other.
    pub(crate) parts: Option<Arc<Parts>>,
    /// What followed the content, apart from the fields before it (RFC 9111 §3.1).
    pub(crate) trailers: Option<Arc<Fields>>,
    pub(crate) names: Arc<Names>,
    /// The purges there had been when the origin was asked.
    pub(crate) born: Sequence,
    /// Stale since then at the latest, whatever its life says.
    pub(crate) stale_since: Option<Calendar>,
    /// No purge up to this one is about it; 0 to begin with.
    pub(crate) cleared: AtomicU64,
}

impl Object {
    /// The same once more.
    pub(crate) fn same(&self) -> Object {
        let trailers = self.trailers.clone();
        Object { trailers, ..self.with_content(self.content.clone(), self.parts.clone()) }
    }

    /// The same of another content.
    pub(crate) fn with_content(&self, content: Arc<Content>, parts: Option<Arc<Parts>>) -> Object {
        Object {
            head: self.head.clone(),
            selecting: self.selecting.clone(),
            life: self.life,
            date: self.date,
            content,
            parts,
            trailers: None,
            names: self.names.clone(),
            born: self.born,
            stale_since: self.stale_since,
            cleared: AtomicU64::new(0),
        }
    }

    pub(crate) fn stored(&self) -> cache::Stored<'_> {
        let content = match &self.parts {
            Some(parts) => cache::Content::Parts(parts),
            None => cache::Content::Whole(self.content.len()),
        };
        cache::Stored { status: self.head.status, fields: &self.head.fields, received: self.life.received, content }
    }

    /// Where these bytes of the whole lie in the content.
    pub(crate) fn place(&self, span: Span) -> Option<u64> {
        match &self.parts {
            Some(parts) => parts.place(span),
            None => Some(span.start),
        }
    }

    /// Bytes of the whole, if that is known.
    pub(crate) fn complete_length(&self) -> Option<u64> {
        match &self.parts {
            Some(parts) => parts.complete_length(),
            None => Some(self.content.len()),
        }
    }

    /// Whether a request with these fields selects it (RFC 9111 §4.1).
    pub(crate) fn selects(&self, request: &Fields, policy: &Policy) -> bool {
        self.selecting.match_request(request, &self.head.fields, &policy.vary)
    }

    /// Whether it is an answer to such a request, without a question to the backend.
    pub(crate) fn serves(&self, request: &Fields, policy: &Policy, now: Calendar) -> bool {
        self.selects(request, policy) && self.life.is_fresh(now) && !self.life.validate_always
    }

    /// Since when it is stale by what was done to it, a purge's word on it given.
    pub(crate) fn stale_since(&self, standing: Standing) -> Option<Calendar> {
        match (self.stale_since, standing) {
            (Some(one), Standing::StaleSince(other)) => Some(one.min(other)),
            (None, Standing::StaleSince(other)) => Some(other),
            (since, _) => since,
        }
    }

    /// Bytes of memory that it takes, with what allocation wastes.
    pub(super) fn memory(&self) -> usize {
        let names = &self.names;
        let tags: usize = names.tags.iter().map(|tag| size_of::<Tag>() + allocated(tag.len())).sum();
        allocated(SHARED_BYTES + size_of::<Object>())
            + allocated(self.head.fields.memory())
            + allocated(self.selecting.memory())
            + allocated(SHARED_BYTES + size_of::<Names>())
            + allocated(names.site.len())
            + allocated(names.url.len())
            + tags
            + self.trailers.as_ref().map_or(0, |trailers| allocated(SHARED_BYTES + size_of::<Fields>()) + allocated(trailers.memory()))
            + self.parts.as_ref().map_or(0, |parts| allocated(SHARED_BYTES + size_of::<Parts>()) + allocated(parts.memory()))
            + allocated(SHARED_BYTES + size_of::<Content>())
            + self.content.memory()
    }
}

/// The answers under one key.
#[derive(Clone, Debug)]
pub(crate) struct Variants {
    pub(super) objects: Arc<[Arc<Object>]>,
    /// Bytes of memory that all of it takes, the key and its place in the index included.
    pub(super) weight: u64,
}

impl Variants {
    pub(super) fn new(key: &[u8], objects: Vec<Arc<Object>>) -> Variants {
        let list = allocated(SHARED_BYTES + objects.len() * size_of::<Arc<Object>>());
        let memory: usize = objects.iter().map(|object| object.memory()).sum();
        Variants { objects: objects.into(), weight: (INDEX_BYTES + allocated(key.len()) + list + memory) as u64 }
    }

    pub(crate) fn objects(&self) -> &[Arc<Object>] {
        &self.objects
    }
}

/// What an allocation of so many bytes takes: allocators keep classes of sizes, an eighth apart at the most, and some bytes of their own.
pub(super) const fn allocated(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes + bytes / 8 + 16 }
}

#[cfg(test)]
mod tests;
