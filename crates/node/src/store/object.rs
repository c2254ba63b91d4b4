//! A stored answer.

use super::Gauge;
use super::coded::Coded;
use super::slab::Extent;
use decide::cache::{self, Life, Parts, Policy, Selecting, Sequence, Standing, Tag};
use decide::range::Span;
use decide::time::Calendar;
use host::File;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use wire::http::{Fields, ResponseHead};

/// Some content, where nobody writes any more: it goes to every client from where it is.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// In the program's memory.
    Memory(Arc<[u8]>),
    /// Of an extent, from this byte on so many.
    Slab(Arc<Extent>, u64, u64),
}

impl Piece {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Piece::Memory(bytes) => bytes.len() as u64,
            Piece::Slab(_, _, len) => *len,
        }
    }

    /// From this byte of it on.
    pub(crate) fn from(&self, at: u64) -> Stretch<'_> {
        match self {
            Piece::Memory(bytes) => Stretch::Memory(bytes.get(usize::try_from(at).unwrap_or(usize::MAX)..).unwrap_or_default()),
            Piece::Slab(extent, first, len) => Stretch::File(extent.file(), extent.place(first + at), len.saturating_sub(at)),
        }
    }

    /// Bytes of memory that a piece of so many bytes takes.
    pub(super) fn memory_of(bytes: u64) -> u64 {
        allocated(SHARED_BYTES + usize::try_from(bytes).unwrap_or(usize::MAX / 2)) as u64
    }

    fn memory(&self) -> u64 {
        match self {
            Piece::Memory(bytes) => Piece::memory_of(bytes.len() as u64),
            // All before it is held as well.
            Piece::Slab(extent, first, len) => extent.memory(first + len),
        }
    }

    /// So many bytes of it from this one on; in the program's memory, a part of it is a copy.
    fn slice(&self, from: u64, len: u64) -> Piece {
        match self {
            whole if from == 0 && len == whole.len() => whole.clone(),
            Piece::Memory(bytes) => {
                let place = |at: u64| usize::try_from(at).expect("a place in memory");
                Piece::Memory(bytes[place(from)..place(from + len)].into())
            }
            Piece::Slab(extent, first, _) => Piece::Slab(extent.clone(), first + from, len),
        }
    }
}

/// Bytes that lie together, on their way out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stretch<'a> {
    Memory(&'a [u8]),
    /// Of this file, from this place on so many.
    File(&'a File, u64, u64),
}

impl Stretch<'_> {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Stretch::Memory(bytes) => bytes.len() as u64,
            Stretch::File(_, _, len) => *len,
        }
    }

    /// The first `most` of it.
    pub(crate) fn up_to(self, most: u64) -> Self {
        match self {
            Stretch::Memory(bytes) => Stretch::Memory(&bytes[..bytes.len().min(usize::try_from(most).unwrap_or(usize::MAX))]),
            Stretch::File(file, place, len) => Stretch::File(file, place, len.min(most)),
        }
    }
}

/// Pieces of a long content are this long, whatever the pieces were that it came in.
const PIECE_BYTES: usize = 256 * 1024;
/// What the index takes of memory for one key: the entry itself, its links, its place in the table, and the memory of keys that were
/// pushed out.
pub(crate) const INDEX_BYTES: usize = 256;
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
        self.counted.sub(self.memory());
    }
}

impl Content {
    /// Of pieces as they came: put together anew where they are many and short.
    pub(crate) fn of(pieces: Vec<Piece>, counted: &Arc<Gauge>) -> Content {
        let len: u64 = pieces.iter().map(Piece::len).sum();
        let few = pieces.len() as u64 <= 1 + len / PIECE_BYTES as u64 * 4;
        let pieces = if few { pieces } else { joined(pieces, len) };
        let content = Content { pieces: pieces.into_boxed_slice(), len, counted: counted.clone() };
        counted.add(content.memory());
        content
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The bytes from `at` on, as far as one piece holds them; empty at the end.
    pub(crate) fn from(&self, mut at: u64) -> Stretch<'_> {
        for piece in &self.pieces {
            if at < piece.len() {
                return piece.from(at);
            }
            at -= piece.len();
        }
        Stretch::Memory(&[])
    }

    /// These bytes, in pieces that share their memory where they can.
    pub(crate) fn slice(&self, from: u64, len: u64) -> Vec<Piece> {
        let (mut slices, mut start) = (Vec::new(), 0);
        for piece in &self.pieces {
            let end = start + piece.len();
            let (first, last) = (from.max(start), (from + len).min(end));
            if first < last {
                slices.push(piece.slice(first - start, last - first));
            }
            start = end;
        }
        slices
    }

    pub(super) fn memory(&self) -> u64 {
        allocated(self.pieces.len() * size_of::<Piece>()) as u64 + self.pieces.iter().map(Piece::memory).sum::<u64>()
    }
}

/// The same bytes in pieces of the usual length, as far as they lie in the program's memory.
fn joined(pieces: Vec<Piece>, len: u64) -> Vec<Piece> {
    let usual = usize::try_from(len).unwrap_or(usize::MAX).min(PIECE_BYTES);
    let mut whole = Vec::new();
    let mut next = Vec::with_capacity(usual);
    let end = |next: &mut Vec<u8>, whole: &mut Vec<Piece>| {
        if !next.is_empty() {
            whole.push(Piece::Memory(next[..].into()));
            next.clear();
        }
    };
    for piece in pieces {
        let Piece::Memory(bytes) = &piece else {
            end(&mut next, &mut whole);
            whole.push(piece);
            continue;
        };
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(usual - next.len()));
            next.extend_from_slice(now);
            rest = later;
            if next.len() == usual {
                end(&mut next, &mut whole);
            }
        }
    }
    end(&mut next, &mut whole);
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
    /// The same content in codings made here, where it is the whole: whoever has the content has them too.
    pub(crate) coded: Arc<Coded>,
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

    /// The same with its content, which is there, or has come now. Where it was only in parts before, it is another than was coded.
    pub(crate) fn with_content(&self, content: Arc<Content>, parts: Option<Arc<Parts>>) -> Object {
        let is_same = self.parts.is_none() && parts.is_none();
        Object {
            head: self.head.clone(),
            selecting: self.selecting.clone(),
            life: self.life,
            date: self.date,
            content,
            coded: if is_same { self.coded.clone() } else { Arc::default() },
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
            + usize::try_from(self.content.memory()).unwrap_or(usize::MAX / 2)
            + self.coded.memory()
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
pub(crate) mod tests;
