//! A connection of a scripted peer: one task that reads and follows its script at the same time.

use super::{Act, Record, Seen};
use crate::VirtualStream;
use host::Host;
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};

pub(super) struct Talk {
    /// Absent once this peer has let go.
    stream: RefCell<Option<Rc<VirtualStream>>>,
    host: Host,
    record: Record,
    number: usize,
    /// What came and was not taken by the script.
    inbox: RefCell<Vec<u8>>,
    reading: Cell<bool>,
    ended: Cell<bool>,
    failed: Cell<bool>,
    body: Cell<Body>,
}

/// What is still to come of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Body {
    #[default]
    Nothing,
    Length(usize),
    Chunked,
}

impl Body {
    fn of(head: &str) -> Body {
        let mut body = Body::Nothing;
        for line in head.to_ascii_lowercase().lines() {
            match line.split_once(':') {
                Some(("content-length", length)) => body = length.trim().parse().map_or(Body::Nothing, Body::Length),
                Some(("transfer-encoding", coding)) if coding.trim() == "chunked" => return Body::Chunked,
                _ => {}
            }
        }
        body
    }
}

impl Talk {
    pub(super) fn new(stream: VirtualStream, host: Host, record: Record, number: usize) -> Talk {
        Talk {
            stream: RefCell::new(Some(Rc::new(stream))),
            host,
            record,
            number,
            inbox: RefCell::default(),
            reading: Cell::new(true),
            ended: Cell::new(false),
            failed: Cell::new(false),
            body: Cell::default(),
        }
    }

    /// Reads whatever comes and follows `script` meanwhile, until the script and the far end have both ended, or this peer has closed, or
    /// the connection has failed. The script's waits for bytes need no waker: it is polled after every read.
    pub(super) async fn read_while(&self, script: impl Future<Output = ()>) {
        let mut script = pin!(script);
        let mut done = false;
        poll_fn(|cx| {
            loop {
                let read = self.reading.get();
                self.poll_inbox(cx);
                if !done && !self.failed.get() {
                    done = script.as_mut().poll(cx).is_ready();
                }
                if self.failed.get() || done && self.ended.get() || self.stream().is_none() {
                    return Poll::Ready(());
                }
                // The script may have begun to read again; then someone has to listen.
                if read || !self.reading.get() {
                    return Poll::Pending;
                }
            }
        })
        .await;
        self.close();
    }

    /// Follows a script; `false` if it ended the connection.
    pub(super) async fn play(&self, acts: Vec<Act>) -> bool {
        for act in acts {
            let goes_on = match act {
                Act::Wait(span) => self.then(self.host.sleep(span)).await,
                Act::WaitUntil(at) => self.then(self.host.sleep_until(at)).await,
                Act::Send(bytes) => self.send(&bytes).await,
                Act::Await(bytes) => self.take_through(&bytes).await.is_some(),
                Act::AwaitEnd => self.then(self.until(|_| self.ended.get().then_some(()))).await,
                Act::TakeBody => self.take_body().await,
                Act::Pause | Act::Resume => {
                    self.reading.set(act == Act::Resume);
                    true
                }
                Act::Finish => {
                    self.stream().inspect(|stream| stream.shutdown());
                    true
                }
                Act::Close => {
                    self.close();
                    false
                }
                Act::Reset => {
                    self.stream().inspect(|stream| stream.reset());
                    self.close();
                    false
                }
                Act::Hang => pending().await,
            };
            if !goes_on {
                return false;
            }
        }
        true
    }

    /// The next request's head; `None` if the far end ended before one was complete.
    pub(super) async fn take_head(&self) -> Option<String> {
        let head = self.take_through(b"\r\n\r\n").await?;
        let head = String::from_utf8_lossy(&head).into_owned();
        self.body.set(Body::of(&head));
        Some(head)
    }

    /// What is still to come of the request; `false` if the far end ended before.
    pub(super) async fn take_body(&self) -> bool {
        match self.body.take() {
            Body::Nothing => true,
            Body::Length(length) => {
                let enough = |inbox: &mut Vec<u8>| (inbox.len() >= length).then(|| drop(inbox.drain(..length)));
                self.until(|inbox| enough(inbox).map(|()| true).or(self.ended.get().then_some(false))).await
            }
            // A scripted client has no trailers and no chunk that looks like the last one.
            Body::Chunked => self.take_through(b"0\r\n\r\n").await.is_some(),
        }
    }

    /// Lets go of the connection.
    pub(super) fn close(&self) {
        if self.stream.take().is_some() {
            self.see(Seen::Closed);
        }
    }

    /// Takes everything up to and with `mark`; `None` if the far end ended before it came.
    async fn take_through(&self, mark: &[u8]) -> Option<Vec<u8>> {
        self.until(|inbox| {
            let found = inbox.windows(mark.len()).position(|window| window == mark);
            match found {
                Some(at) => Some(Some(inbox.drain(..at + mark.len()).collect())),
                None => self.ended.get().then_some(None),
            }
        })
        .await
    }

    /// Waits for something about what came.
    async fn until<T>(&self, mut what: impl FnMut(&mut Vec<u8>) -> Option<T>) -> T {
        poll_fn(|_| what(&mut self.inbox.borrow_mut()).map_or(Poll::Pending, Poll::Ready)).await
    }

    async fn then(&self, wait: impl Future<Output = ()>) -> bool {
        wait.await;
        true
    }

    async fn send(&self, bytes: &[u8]) -> bool {
        let Some(stream) = self.stream() else { return false };
        match stream.write_all(bytes).await {
            Ok(()) => true,
            Err(error) => {
                self.fail(error.kind());
                false
            }
        }
    }

    fn poll_inbox(&self, cx: &mut Context<'_>) {
        let Some(stream) = self.stream() else { return };
        let mut piece = [0; 4096];
        while self.reading.get() && !self.ended.get() && !self.failed.get() {
            match stream.poll_read(cx, &mut piece) {
                Poll::Pending => return,
                Poll::Ready(Ok(0)) => {
                    self.ended.set(true);
                    self.see(Seen::End);
                }
                Poll::Ready(Ok(len)) => {
                    self.inbox.borrow_mut().extend_from_slice(&piece[..len]);
                    self.see(Seen::Bytes(piece[..len].to_vec()));
                }
                Poll::Ready(Err(error)) => self.fail(error.kind()),
            }
        }
    }

    fn fail(&self, error: io::ErrorKind) {
        if !self.failed.replace(true) {
            self.see(Seen::Failed(error));
        }
    }

    fn see(&self, seen: Seen) {
        self.record.add(self.host.now(), self.number, seen);
    }

    fn stream(&self) -> Option<Rc<VirtualStream>> {
        self.stream.borrow().clone()
    }
}
