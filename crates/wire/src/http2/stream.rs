//! Streams, and the table of them (RFC 9113 §5.1).

use super::flow::{ReceiveWindow, SendWindow};
use super::{Priority, Reason, ResponseMeta, StreamId};
use crate::http::{Fields, ResponseHead};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// One direction of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// The head, or the final one of a response, has not come or gone yet.
    Head,
    /// Content may follow.
    Open,
    /// END_STREAM has come or gone.
    Ended,
}

/// What the method of a request says of content (RFC 9110 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// There may be some.
    Content,
    /// HEAD: the response has none.
    Head,
    /// CONNECT: what follows success, and what comes before it from a client, is that of a tunnel. It has no length and no trailers.
    Connect,
}

/// What a stream holds, from its first frame until the exchange lets go of it.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) id: StreamId,
    /// What goes out.
    pub(super) local: Half,
    /// What comes in.
    pub(super) remote: Half,
    /// Why it was over before its end.
    pub(super) failure: Option<Reason>,
    /// There is a failure of which no event has told.
    pub(super) untold: bool,
    /// Neither side has anything more to say: it does not count as open.
    closed: bool,
    /// A write was refused, and nobody has been told since that it would not be now.
    pub(super) waits: bool,
    /// It was told that it may write so much, and has not tried since.
    pub(super) promise: usize,
    /// It has had its turn among streams of one urgency.
    pub(super) served: bool,
    /// The method of the request, as far as content hangs on it.
    pub(super) asked: Asked,
    pub(super) priority: Priority,
    pub(super) send: SendWindow,
    pub(super) receive: ReceiveWindow,
    /// The content that is still to come, if the head told how much there is.
    pub(super) due: Option<u64>,
    pub(super) content: Content,
    /// Where in the output the last frame begins that can carry END_STREAM.
    pub(super) last_frame: u64,
    pub(super) trailers: Option<Box<Fields>>,
    /// Client: heads that were not taken before the next one came.
    pub(super) heads: Option<Box<Untaken>>,
}

impl Stream {
    /// A stream of which no head has come or gone.
    pub(super) fn new(id: StreamId, send: u32, receive: u32) -> Stream {
        Stream {
            id,
            local: Half::Head,
            remote: Half::Head,
            failure: None,
            untold: false,
            closed: false,
            waits: false,
            promise: 0,
            served: false,
            asked: Asked::Content,
            priority: Priority::DEFAULT,
            send: SendWindow::new(send),
            receive: ReceiveWindow::new(receive),
            due: None,
            content: Content::default(),
            last_frame: 0,
            trailers: None,
            heads: None,
        }
    }

    /// A client has its number, and has sent nothing on it.
    pub(super) fn is_idle(&self) -> bool {
        self.local == Half::Head && self.remote == Half::Head
    }

    /// Frames may still come or go.
    pub(super) fn is_open(&self) -> bool {
        !self.closed
    }
}

/// Heads in the order they came.
#[derive(Debug, Default)]
pub(super) struct Untaken(pub(super) VecDeque<(ResponseHead, ResponseMeta)>);

/// Content that has come and was not read. The stream's window bounds it.
#[derive(Debug, Default)]
pub(super) struct Content {
    bytes: Vec<u8>,
    /// Read already, at the front of `bytes`.
    read: usize,
}

impl Content {
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.read
    }

    /// Appends what came. The first bytes get their memory from `spare`.
    pub(super) fn append(&mut self, data: &[u8], spare: &mut Vec<u8>) {
        if self.bytes.capacity() == 0 {
            self.bytes = core::mem::take(spare);
        }
        if self.read > 0 && self.read >= self.len() {
            self.bytes.drain(..self.read);
            self.read = 0;
        }
        self.bytes.extend_from_slice(data);
    }

    /// Moves as much as fits. The memory goes back to `spare` with the last byte.
    pub(super) fn read(&mut self, into: &mut [u8], spare: &mut Vec<u8>) -> usize {
        let n = self.len().min(into.len());
        into[..n].copy_from_slice(&self.bytes[self.read..self.read + n]);
        self.read += n;
        if self.len() == 0 {
            self.discard(spare);
        }
        n
    }

    /// Forgets what was not read; returns how much that was.
    pub(super) fn discard(&mut self, spare: &mut Vec<u8>) -> usize {
        let unread = self.len();
        let mut bytes = core::mem::take(&mut self.bytes);
        self.read = 0;
        bytes.clear();
        if bytes.capacity() > spare.capacity() && bytes.capacity() <= SPARE_BYTES {
            *spare = bytes;
        }
        unread
    }
}

/// Memory larger than this is not kept for the next content.
const SPARE_BYTES: usize = 64 * 1024;

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Never opened.
    Idle,
    /// Open, at this index of the table.
    Open(usize),
    /// Over, whether it is still in the table or not.
    Closed,
}

/// A stream that we have reset while its peer could still send: what was under way then is not held against it (RFC 9113 §5.1).
#[derive(Clone, Copy, Debug)]
struct Recent {
    id: StreamId,
    /// What its window allowed the peer to have under way.
    left: i32,
}

/// So many of them are remembered one by one. What comes on older ones is ignored too, and costs the peer more.
const RECENT: usize = 64;

/// What to do with a frame on a stream that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// It may have been under way when we reset the stream.
    Ignore,
    /// As [`Late::Ignore`], but the stream is too old to be sure.
    Doubtful,
    /// The peer itself had ended the stream.
    Wrong,
}

/// The streams of a connection, all opened by the one side that opens streams: the client.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// By id. New ones come last, for ids only grow.
    table: VecDeque<Stream>,
    open: usize,
    /// The highest id that was opened.
    last: StreamId,
    /// The highest id under `last` that never was.
    skipped: StreamId,
    recent: VecDeque<Recent>,
    /// The highest id that is no longer in `recent`.
    forgotten: StreamId,
}

impl Streams {
    /// Streams of which neither both sides are ended nor one has reset.
    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// Streams that take memory: those that are open, and those that an exchange still holds.
    pub(super) fn held(&self) -> usize {
        self.table.len()
    }

    /// The highest id that was opened; zero at first.
    pub(super) fn last(&self) -> StreamId {
        self.last
    }

    /// The id was passed over when a higher one was opened.
    pub(super) fn was_skipped(&self, id: StreamId) -> bool {
        id <= self.skipped
    }

    /// Takes note that a stream is opened, whatever becomes of it. `id` is higher than any before.
    pub(super) fn begin(&mut self, id: StreamId) {
        debug_assert!(id > self.last);
        if id > self.last + 2 || (self.last == 0 && id > 1) {
            self.skipped = id - 2;
        }
        self.last = id;
    }

    /// Puts a stream that has begun into the table.
    pub(super) fn push(&mut self, stream: Stream) {
        debug_assert!(self.table.back().is_none_or(|last| last.id < stream.id));
        self.open += 1;
        self.table.push_back(stream);
    }

    /// Where a stream is in the table.
    pub(super) fn find(&self, id: StreamId) -> Option<usize> {
        match self.table.back() {
            Some(last) if last.id == id => Some(self.table.len() - 1),
            _ => self.table.binary_search_by_key(&id, |stream| stream.id).ok(),
        }
    }

    /// Where a stream stands.
    pub(super) fn locate(&self, id: StreamId) -> Place {
        match self.find(id) {
            Some(index) if self.table[index].is_idle() => Place::Idle,
            Some(index) if self.table[index].is_open() => Place::Open(index),
            Some(_) => Place::Closed,
            // Only clients open streams, and only under odd numbers (RFC 9113 §5.1.1).
            None if id > self.last || id.is_multiple_of(2) => Place::Idle,
            None => Place::Closed,
        }
    }

    /// All of them, by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.table.iter()
    }

    /// All of them, by id.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.table.iter_mut()
    }

    /// Counts a stream as closed once it is. True: it has come to its proper end just now.
    pub(super) fn settle(&mut self, index: usize) -> bool {
        let stream = &mut self.table[index];
        let whole = stream.local == Half::Ended && stream.remote == Half::Ended;
        let over = whole || stream.failure.is_some();
        if !over || stream.closed {
            return false;
        }
        stream.closed = true;
        self.open -= 1;
        stream.failure.is_none()
    }

    /// Takes a stream out of the table.
    pub(super) fn remove(&mut self, index: usize) -> Stream {
        let stream = self.table.remove(index).expect("an index that was found");
        if !stream.closed {
            self.open -= 1;
        }
        stream
    }

    /// Remembers that a stream was reset whose peer may have frames under way.
    pub(super) fn remember(&mut self, id: StreamId, left: i32) {
        if self.recent.len() == RECENT
            && let Some(oldest) = self.recent.pop_front()
        {
            self.forgotten = self.forgotten.max(oldest.id);
        }
        self.recent.push_back(Recent { id, left });
    }

    /// Judges a frame with so many bytes of flow-controlled payload on a stream that is over. `ends`: nothing may follow it.
    pub(super) fn late(&mut self, id: StreamId, bytes: usize, ends: bool) -> Late {
        let Some(index) = self.recent.iter().position(|recent| recent.id == id) else {
            return if id <= self.forgotten { Late::Doubtful } else { Late::Wrong };
        };
        if ends {
            self.recent.remove(index);
            return Late::Ignore;
        }
        let recent = &mut self.recent[index];
        match i32::try_from(bytes).ok().and_then(|bytes| recent.left.checked_sub(bytes)) {
            Some(left @ 0..) => recent.left = left,
            // The header block of a stream whose window is used up, and the like.
            _ if bytes == 0 => {}
            _ => return Late::Wrong,
        }
        Late::Ignore
    }

    /// Gives memory back that the table of an idle connection has no use for.
    pub(super) fn release(&mut self) {
        if self.table.is_empty() {
            self.table = VecDeque::new();
        }
        self.recent.shrink_to_fit();
    }
}

impl core::ops::Index<usize> for Streams {
    type Output = Stream;

    fn index(&self, index: usize) -> &Stream {
        &self.table[index]
    }
}

impl core::ops::IndexMut<usize> for Streams {
    fn index_mut(&mut self, index: usize) -> &mut Stream {
        &mut self.table[index]
    }
}

const _: () = assert!(size_of::<Stream>() <= 144, "hundreds of them on a busy connection");

#[cfg(test)]
mod tests;
