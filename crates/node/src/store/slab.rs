//! Where long contents lie: in memory that the kernel sends from by itself.
//!
//! Many contents share a few files, so that their number is bounded however many are stored. Offsets are never given twice: a file has
//! 2^63 of them and takes memory only where something lies, so that there is nothing to search for and nothing fragments. It also must be
//! so: what was handed to the kernel to be sent goes out from these very pages, perhaps long after they were given back here.

use super::object::Piece;
use host::{File, Host, Slab};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Contents of so many bytes and more lie here: for less, the system call of its own costs more than the copy that it saves.
pub(super) const LONG_BYTES: u64 = 64 << 10;
/// Of a content whose length nobody knows, so many bytes lie together.
const CHUNK_BYTES: u64 = 1 << 20;
/// What the kernel and an extent take beside the pages.
const EXTENT_BYTES: u64 = 1 << 10;

/// The files.
#[derive(Debug, Default)]
pub(super) struct Slabs {
    all: Box<[Arc<Room>]>,
    /// Whose turn it is: the kernel lets one at a time write into each.
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Room {
    slab: Slab,
    /// Nothing was given from here on.
    next: AtomicU64,
}

impl Slabs {
    /// So many; none at all where the machine gives none, and everything lies with the rest of the program's memory.
    pub(super) fn new(host: &Host, number: usize) -> Slabs {
        let room = || Ok(Arc::new(Room { slab: host.slab()?, next: AtomicU64::new(0) }));
        let all: io::Result<Vec<_>> = (0..number).map(|_| room()).collect();
        Slabs { all: all.unwrap_or_default().into(), turn: AtomicUsize::new(0) }
    }

    /// Whether long contents can lie here.
    pub(super) fn are_there(&self) -> bool {
        !self.all.is_empty()
    }

    fn page(&self) -> u64 {
        self.all.first().map_or(0, |room| room.slab.page())
    }

    /// Room for a content of this length, or for a part of one whose length nobody knows.
    fn take(&self, length: Option<u64>) -> Option<Open> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let room = self.all.get(turn.checked_rem(self.all.len())?)?.clone();
        let page = room.slab.page();
        let len = length.unwrap_or(CHUNK_BYTES).next_multiple_of(page);
        let offset = room.next.fetch_add(len, Ordering::Relaxed);
        Some(Open { extent: Arc::new(Extent { room, offset, len }), written: 0 })
    }

    /// In the program's own memory.
    #[cfg(test)]
    pub(super) fn in_memory(number: usize) -> Slabs {
        let room = |_| Arc::new(Room { slab: Slab::in_memory(), next: AtomicU64::new(0) });
        Slabs { all: (0..number).map(room).collect(), turn: AtomicUsize::new(0) }
    }

    /// Bytes of memory that lie here now.
    #[cfg(test)]
    pub(super) fn taken(&self) -> u64 {
        self.all.iter().map(|room| room.slab.taken().expect("it tells")).sum()
    }
}

/// Room for one content, or for a part of it. Given back when nobody has it any more.
#[derive(Debug)]
pub(crate) struct Extent {
    room: Arc<Room>,
    offset: u64,
    len: u64,
}

impl Extent {
    pub(crate) fn file(&self) -> &File {
        self.room.slab.file()
    }

    /// Where its byte number `at` lies in the file.
    pub(crate) fn place(&self, at: u64) -> u64 {
        self.offset + at
    }

    /// Bytes of memory that so many of it take.
    pub(super) fn memory(&self, written: u64) -> u64 {
        written.next_multiple_of(self.room.slab.page()) + EXTENT_BYTES
    }
}

impl Drop for Extent {
    fn drop(&mut self) {
        self.room.slab.free(self.offset, self.len);
    }
}

/// An extent that is being written.
struct Open {
    extent: Arc<Extent>,
    written: u64,
}

/// A content that comes in to be stored, in the hands of who writes it. Short at first, it lies with the rest of the program's memory, and
/// goes over when it has become long; where its length is known to be, it goes there from the beginning, so that no byte is copied twice.
pub(super) struct Growing {
    slabs: Arc<Slabs>,
    length: Option<u64>,
    pieces: Vec<Piece>,
    len: u64,
    open: Option<Open>,
    has_gone_over: bool,
}

impl Growing {
    /// Of this length, if it is known.
    pub(super) fn new(slabs: Arc<Slabs>, length: Option<u64>) -> Growing {
        Growing { slabs, length, pieces: Vec::new(), len: 0, open: None, has_gone_over: false }
    }

    fn becomes_long(&self, bytes: u64) -> bool {
        self.slabs.are_there() && self.length.unwrap_or(self.len + bytes) >= LONG_BYTES
    }

    /// Bytes of memory that so many more take, at the most.
    pub(super) fn cost(&self, bytes: u64) -> u64 {
        match &self.open {
            Some(open) if open.written + bytes <= open.extent.len => bytes,
            _ if self.becomes_long(bytes) => {
                // What was there before is there twice while it goes over.
                let before = if self.has_gone_over { 0 } else { self.len };
                before + bytes + (bytes / CHUNK_BYTES + 1) * (self.slabs.page() + EXTENT_BYTES)
            }
            _ => Piece::memory_of(bytes),
        }
    }

    /// Takes bytes in. From the returned number on, its pieces are others than before.
    pub(super) fn push(&mut self, bytes: &[u8]) -> usize {
        let mut first = self.pieces.len();
        if self.open.is_none() && self.becomes_long(bytes.len() as u64) {
            self.open = self.slabs.take(self.length);
            if !std::mem::replace(&mut self.has_gone_over, true) {
                first = 0;
                self.len = 0;
                for piece in std::mem::take(&mut self.pieces) {
                    if let Piece::Memory(before) = piece {
                        self.append(&before, &mut first);
                    }
                }
            }
        }
        self.append(bytes, &mut first);
        first
    }

    fn append(&mut self, mut bytes: &[u8], first: &mut usize) {
        self.len += bytes.len() as u64;
        while !bytes.is_empty()
            && let Some(open) = &mut self.open
        {
            let room = usize::try_from(open.extent.len - open.written).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(bytes.len().min(room));
            if open.extent.room.slab.write_at(open.extent.place(open.written), now).is_err() {
                // The machine has no more of this memory: the rest lies with the program's own.
                (self.open, self.slabs) = (None, Arc::default());
                break;
            }
            if open.written > 0 {
                self.pieces.pop();
                *first = (*first).min(self.pieces.len());
            }
            open.written += now.len() as u64;
            self.pieces.push(Piece::Slab(open.extent.clone(), 0, open.written));
            bytes = later;
            if open.written == open.extent.len {
                self.open = if bytes.is_empty() { None } else { self.slabs.take(None) };
            }
        }
        if !bytes.is_empty() {
            self.pieces.push(Piece::Memory(bytes.into()));
        }
    }

    /// All that has come, piece by piece.
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }
}

#[cfg(test)]
mod tests;
