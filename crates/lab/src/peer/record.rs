//! What a peer saw.

use decide::time::Instant;
use host::Endpoint;
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// One thing a peer saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Instant,
    /// On which connection; a client has one, 0.
    pub connection: usize,
    /// What.
    pub seen: Seen,
}

/// What can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A client's connection was established.
    Connected,
    /// A server's connection came in.
    Accepted(Endpoint),
    /// Bytes came; those of one moment are one entry.
    Bytes(Vec<u8>),
    /// A server's request is there up to its empty line.
    Request(String),
    /// The far end's end of stream came.
    End,
    /// The connection failed, or was never made.
    Failed(io::ErrorKind),
    /// This peer let go of the connection.
    Closed,
}

/// What a peer saw, in order. It can be read while the peer goes on; cloning it gives the same one.
#[derive(Clone, Default)]
pub struct Record(Rc<RefCell<Log>>);

#[derive(Default)]
struct Log {
    entries: Vec<Entry>,
    waiting: Vec<Waker>,
}

impl Record {
    pub(super) fn add(&self, at: Instant, connection: usize, seen: Seen) {
        let mut log = self.0.borrow_mut();
        match (log.entries.last_mut(), seen) {
            (Some(Entry { at: last, connection: same, seen: Seen::Bytes(bytes) }), Seen::Bytes(more))
                if *last == at && *same == connection =>
            {
                bytes.extend(more);
            }
            (_, seen) => log.entries.push(Entry { at, connection, seen }),
        }
        log.waiting.drain(..).for_each(Waker::wake);
    }

    /// Everything so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.borrow().entries.clone()
    }

    /// What was seen on one connection, with the times.
    pub fn of(&self, connection: usize) -> Vec<(Instant, Seen)> {
        let log = self.0.borrow();
        log.entries.iter().filter(|entry| entry.connection == connection).map(|entry| (entry.at, entry.seen.clone())).collect()
    }

    /// All bytes that came, on all connections.
    pub fn bytes(&self) -> Vec<u8> {
        let bytes = |entry: &Entry| if let Seen::Bytes(bytes) = &entry.seen { bytes.clone() } else { Vec::new() };
        self.0.borrow().entries.iter().flat_map(bytes).collect()
    }

    /// All bytes that came, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// The requests that came, with the times.
    pub fn requests(&self) -> Vec<(Instant, String)> {
        let request = |entry: &Entry| if let Seen::Request(head) = &entry.seen { Some((entry.at, head.clone())) } else { None };
        self.0.borrow().entries.iter().filter_map(request).collect()
    }

    /// When something was first seen.
    pub fn when(&self, what: impl Fn(&Seen) -> bool) -> Option<Instant> {
        self.0.borrow().entries.iter().find(|entry| what(&entry.seen)).map(|entry| entry.at)
    }

    /// Waits until something has been seen; when it was.
    pub async fn until(&self, what: impl Fn(&Seen) -> bool) -> Instant {
        poll_fn(|cx| match self.when(&what) {
            Some(at) => Poll::Ready(at),
            None => {
                self.0.borrow_mut().waiting.push(cx.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// Waits until the far end ended its stream or the connection failed; when that was.
    pub async fn over(&self) -> Instant {
        self.until(|seen| matches!(seen, Seen::End | Seen::Failed(_))).await
    }
}
