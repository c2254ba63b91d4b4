//! A request of our own to a site of our own, over a connection in memory: any route answers it as it would a client.

use super::place::{Only, listener_of};
use crate::asked;
use crate::buffer::Buffer;
use crate::channel::Channel;
use crate::proxy::{Caller, Client, serve_connection, wire_limits};
use crate::server::Worker;
use crate::transport::Transport;
use decide::time::Duration;
use host::{ByteStream, Stream};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use wire::http::{Fields, Method, ResponseHead};
use wire::http1::{self, BodyDecoder, Parsed};

/// Bytes of an answer at the most: what the protocol of sitemaps allows one to have.
const MOST: usize = 50 << 20;
/// For the whole of it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes on their way through the connection.
const WINDOW: usize = 64 << 10;

/// The content of what a URL of ours, of one of these sites, answers to a GET. The error is a sentence.
pub(super) async fn get(worker: &Rc<Worker>, url: &str, only: &Only) -> Result<Vec<u8>, String> {
    let snapshot = worker.snapshot();
    let limits = wire_limits(&snapshot.config.limits);
    let asked = asked::of(url, "GET", &[], &limits)?;
    let listener = listener_of(&snapshot, &asked, only).map_err(|nowhere| nowhere.sentence().to_string())?;
    let (ours, theirs) = pipe();
    let caller = Caller::within(worker, asked.scheme, listener);
    let transport = Transport::Plain(Stream::Virtual(Box::new(theirs)));
    let client = Client::on(worker, caller, Channel::Whole(transport), Buffer::new(&worker.buffers));
    worker.host.spawn(serve_connection(worker.clone(), client));
    let mut request = Vec::new();
    let mut fields = Fields::new();
    fields.push(b"Host", &asked.head.authority);
    fields.push(b"Connection", b"close");
    http1::write_request(&asked.head, &asked.head.target, fields.iter(), &mut request);
    request.extend_from_slice(b"\r\n");
    let mut reading = Reading { stream: ours, input: Vec::new(), ended: false };
    reading.stream.send(&request);
    let mut late = pin!(worker.host.sleep(PATIENCE));
    let mut answer = pin!(reading.answer(limits));
    poll_fn(|cx| {
        if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
            return Poll::Ready(answer);
        }
        late.as_mut().poll(cx).map(|()| Err(format!("it did not come within {} s", PATIENCE.as_secs())))
    })
    .await
}

struct Reading {
    stream: End,
    input: Vec<u8>,
    ended: bool,
}

impl Reading {
    async fn answer(&mut self, limits: http1::Limits) -> Result<Vec<u8>, String> {
        let mut head = ResponseHead::default();
        let meta = loop {
            match http1::parse_response(&self.input, &limits, &Method::Get, &mut head) {
                Ok(Parsed::Complete { len, meta }) => {
                    self.input.drain(..len);
                    if head.status >= 200 {
                        break meta;
                    }
                }
                Ok(Parsed::Partial) if self.ended => return Err("there was no answer".to_string()),
                Ok(Parsed::Partial) => self.fill().await,
                Err(rejection) => return Err(rejection.sentence().to_string()),
            }
        };
        if head.status != 200 {
            return Err(format!("the answer was {}", head.status));
        }
        let (mut decoder, mut content, mut trailers) = (BodyDecoder::new(meta.framing, limits), Vec::new(), Fields::new());
        while !decoder.is_done() {
            if self.input.is_empty() && !self.ended {
                self.fill().await;
                continue;
            }
            if self.input.is_empty() {
                decoder.end_of_input().map_err(|_| "the answer broke off".to_string())?;
                break;
            }
            let piece = decoder.decode(&self.input, &mut trailers).map_err(|_| "the answer broke off".to_string())?;
            content.extend_from_slice(&self.input[piece.skip..piece.skip + piece.data]);
            self.input.drain(..piece.skip + piece.data);
            if content.len() > MOST {
                return Err(format!("it is longer than {} MiB", MOST >> 20));
            }
        }
        Ok(content)
    }

    async fn fill(&mut self) {
        let mut piece = vec![0; WINDOW];
        let read = poll_fn(|cx| self.stream.poll_read(cx, &mut piece)).await.unwrap_or(0);
        self.ended = read == 0;
        self.input.extend_from_slice(&piece[..read]);
    }
}

/// One direction.
#[derive(Default)]
struct Way {
    bytes: VecDeque<u8>,
    closed: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// One end of a connection in memory.
struct End {
    incoming: Arc<Mutex<Way>>,
    outgoing: Arc<Mutex<Way>>,
}

fn pipe() -> (End, End) {
    let (one, other) = (Arc::<Mutex<Way>>::default(), Arc::<Mutex<Way>>::default());
    (End { incoming: one.clone(), outgoing: other.clone() }, End { incoming: other, outgoing: one })
}

impl Way {
    fn wake(waker: &mut Option<Waker>) {
        if let Some(waker) = waker.take() {
            waker.wake();
        }
    }

    fn close(&mut self) {
        self.closed = true;
        Way::wake(&mut self.reader);
        Way::wake(&mut self.writer);
    }
}

fn locked(way: &Mutex<Way>) -> MutexGuard<'_, Way> {
    way.lock().expect("no panic while it is held")
}

impl End {
    /// Sends what surely fits.
    fn send(&self, bytes: &[u8]) {
        let mut way = locked(&self.outgoing);
        way.bytes.extend(bytes);
        Way::wake(&mut way.reader);
    }
}

impl ByteStream for End {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut way = locked(&self.incoming);
        if way.bytes.is_empty() && !way.closed {
            way.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let len = way.bytes.len().min(into.len());
        for (place, byte) in into.iter_mut().zip(way.bytes.drain(..len)) {
            *place = byte;
        }
        Way::wake(&mut way.writer);
        Poll::Ready(Ok(len))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let mut way = locked(&self.outgoing);
        if way.closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = WINDOW.saturating_sub(way.bytes.len());
        if room == 0 {
            way.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let mut written = 0;
        for slice in from {
            let len = slice.len().min(room - written);
            way.bytes.extend(&slice[..len]);
            written += len;
        }
        Way::wake(&mut way.reader);
        Poll::Ready(Ok(written))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        locked(&self.outgoing).close();
        Poll::Ready(Ok(()))
    }

    fn reset(&mut self) {
        locked(&self.outgoing).close();
        locked(&self.incoming).close();
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.reset();
    }
}
