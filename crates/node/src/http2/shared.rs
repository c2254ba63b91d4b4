//! One connection as its streams see it, and one stream as an exchange sees it.

use host::File;
use std::cell::{Cell, RefCell, RefMut};
use std::collections::BTreeMap;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wire::http::{Fields, RequestHead, ResponseHead};
use wire::http2::{Connection, ErrorCode, HeadWriter, Read, Reason, ResponseMeta, StreamId, Write};

/// A piece of a file is read into the thread's memory before it is cut into frames.
const FILE_PIECE_BYTES: usize = 16 * 1024;

/// One HTTP/2 connection, shared by the task that pumps it and the exchanges of its streams. All are tasks of one thread.
pub(crate) struct Shared {
    machine: RefCell<Connection>,
    /// The exchange that waits for something of its stream.
    waiting: RefCell<BTreeMap<StreamId, Waker>>,
    pump: RefCell<Option<Waker>>,
    /// The pump is at work, and looks for output before it rests.
    pumping: Cell<bool>,
}

impl Shared {
    pub(super) fn new(machine: Connection) -> Rc<Shared> {
        let (machine, waiting) = (RefCell::new(machine), RefCell::default());
        Rc::new(Shared { machine, waiting, pump: RefCell::default(), pumping: Cell::new(false) })
    }

    pub(super) fn machine(&self) -> RefMut<'_, Connection> {
        self.machine.borrow_mut()
    }

    /// The pump begins or ends a round of work.
    pub(super) fn set_pumping(&self, pumping: bool) {
        self.pumping.set(pumping);
    }

    /// The pump rests: it is woken when there is something to send.
    pub(super) fn rest(&self, cx: &Context<'_>) {
        let mut pump = self.pump.borrow_mut();
        match &mut *pump {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }

    /// There may be something to send, or nothing more to wait for.
    pub(super) fn wake_pump(&self) {
        if !self.pumping.get()
            && let Some(pump) = &*self.pump.borrow()
        {
            pump.wake_by_ref();
        }
    }

    /// Something happened to a stream.
    pub(super) fn wake(&self, id: StreamId) {
        if let Some(waker) = self.waiting.borrow_mut().remove(&id) {
            waker.wake();
        }
    }

    /// Something happened to all of them.
    pub(super) fn wake_all(&self) {
        let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
        waiting.into_values().for_each(Waker::wake);
    }

    fn wait(&self, id: StreamId, cx: &Context<'_>) {
        self.waiting.borrow_mut().insert(id, cx.waker().clone());
    }
}

/// One stream, held by the exchange that it carries. Dropped before both sides have ended it, it is reset.
pub(crate) struct StreamHandle {
    shared: Rc<Shared>,
    id: StreamId,
    /// What the far end sent behind the body. Kept, because a body that is read again for a second try has them again.
    trailers: Option<Fields>,
    /// Our side has ended.
    finished: bool,
}

impl StreamHandle {
    pub(super) fn new(shared: Rc<Shared>, id: StreamId) -> StreamHandle {
        StreamHandle { shared, id, trailers: None, finished: false }
    }

    /// Takes over the head of the request that opened the stream; only at once after it came.
    pub(crate) fn take_request(&self, into: &mut RequestHead) {
        self.shared.machine().take_request(into);
    }

    /// Reads body; `Ok(0)` is its end.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let read = self.shared.machine().read(self.id, into);
        match read {
            Read::Bytes(n) => {
                // A window may have been opened.
                self.shared.wake_pump();
                Poll::Ready(Ok(n))
            }
            Read::End => {
                if self.trailers.is_none() {
                    self.trailers = self.shared.machine().take_trailers(self.id);
                }
                Poll::Ready(Ok(0))
            }
            Read::Pending => {
                self.shared.wait(self.id, cx);
                Poll::Pending
            }
            Read::Failed(reason) => Poll::Ready(Err(error_of(reason))),
        }
    }

    /// The trailers, once the body was read to its end.
    pub(crate) fn trailers(&self) -> Option<&Fields> {
        self.trailers.as_ref()
    }

    /// Writes body, as much of `from` as fits now.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let mut written = 0;
        for slice in from.iter().filter(|slice| !slice.is_empty()) {
            let accepted = self.shared.machine().write(self.id, slice);
            match accepted {
                Write::Accepted(n) => {
                    written += n;
                    if n < slice.len() {
                        break;
                    }
                }
                Write::Pending if written > 0 => break,
                Write::Pending => {
                    self.shared.wait(self.id, cx);
                    if self.shared.machine().may_wake() {
                        // Its turn is another's now, which only the pump can tell.
                        self.shared.wake_pump();
                    }
                    return Poll::Pending;
                }
                Write::Failed(reason) => return Poll::Ready(Err(error_of(reason))),
            }
        }
        self.shared.wake_pump();
        Poll::Ready(Ok(written))
    }

    /// Writes a piece of a file. Returns how much of it went; 0 where the file is shorter than asked.
    pub(crate) fn poll_send_file(&mut self, cx: &mut Context<'_>, file: &File, offset: u64, len: usize) -> Poll<io::Result<usize>> {
        let mut piece = [0; FILE_PIECE_BYTES];
        let want = len.min(piece.len());
        let got = file.read_at(offset, &mut piece[..want])?;
        if got == 0 {
            return Poll::Ready(Ok(0));
        }
        self.poll_write(cx, &[IoSlice::new(&piece[..got])])
    }

    /// The body is whole; `trailers` follow it. Says nothing where the head has said that there is none.
    pub(crate) fn finish(&mut self, trailers: &Fields) {
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        self.shared.machine().finish(self.id, trailers);
        self.shared.wake_pump();
    }

    /// Writes the head of a response. `end`: nothing follows it.
    pub(crate) fn respond(&mut self, status: u16, end: bool, fields: impl FnOnce(&mut HeadWriter<'_>)) {
        let mut machine = self.shared.machine();
        let mut head = machine.begin_response(self.id, status);
        fields(&mut head);
        head.end(end);
        drop(machine);
        self.finished = end;
        self.shared.wake_pump();
    }

    /// Writes the head of a request. `end`: nothing follows it.
    pub(crate) fn request(&mut self, head: &RequestHead, to: &RequestLine<'_>, end: bool, fields: impl FnOnce(&mut HeadWriter<'_>)) {
        let mut machine = self.shared.machine();
        let mut writer = machine.begin_request(self.id, head, to.target, to.authority, to.scheme);
        fields(&mut writer);
        writer.end(end);
        drop(machine);
        self.finished = end;
        self.shared.wake_pump();
    }

    /// The head of the next response on the stream, interim ones included.
    pub(crate) fn poll_response(&mut self, cx: &mut Context<'_>, into: &mut ResponseHead) -> Poll<Result<ResponseMeta, Reason>> {
        let mut machine = self.shared.machine();
        if let Some(meta) = machine.take_response(self.id, into) {
            return Poll::Ready(Ok(meta));
        }
        if let Some(reason) = machine.failure(self.id) {
            return Poll::Ready(Err(reason));
        }
        drop(machine);
        self.shared.wait(self.id, cx);
        Poll::Pending
    }

    /// Whether the far end has given the stream up; wakes the task when it does.
    pub(crate) fn is_gone(&mut self, cx: &mut Context<'_>) -> bool {
        if self.shared.machine().failure(self.id).is_some() {
            return true;
        }
        self.shared.wait(self.id, cx);
        false
    }

    /// Breaks the stream off.
    pub(crate) fn reset(&mut self, code: ErrorCode) {
        self.shared.machine().reset(self.id, code);
        self.shared.wake_pump();
    }
}

impl Drop for StreamHandle {
    fn drop(&mut self) {
        self.shared.waiting.borrow_mut().remove(&self.id);
        self.shared.machine().let_go(self.id);
        self.shared.wake_pump();
    }
}

/// Where a request goes, in the words of HTTP/2 (RFC 9113 §8.3.1).
pub(crate) struct RequestLine<'a> {
    pub(crate) target: &'a [u8],
    pub(crate) authority: &'a [u8],
    pub(crate) scheme: &'a [u8],
}

fn error_of(reason: Reason) -> io::Error {
    match reason {
        Reason::Malformed(_) => io::ErrorKind::InvalidData.into(),
        Reason::Reset(_) | Reason::Refused => io::ErrorKind::ConnectionReset.into(),
        Reason::ConnectionOver => io::ErrorKind::ConnectionAborted.into(),
    }
}

#[cfg(test)]
mod tests;
