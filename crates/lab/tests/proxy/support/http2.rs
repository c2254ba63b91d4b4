//! A client that speaks HTTP/2: any number of requests at once on one connection.

use host::{Endpoint, Host, Stream};
use lab::VirtualHost;
use std::cell::RefCell;
use std::future::poll_fn;
use std::io::IoSlice;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wire::http::{FieldWriter, Fields, Method, RequestHead, ResponseHead};
use wire::http1;
use wire::http2::{Config, Connection, ErrorCode, Read, Reason, Role, StreamId, Write};

pub(crate) const WINDOW: u32 = 65_535;

pub(crate) fn settings() -> Config {
    Config {
        header_table_bytes: 4096,
        max_streams: 100,
        stream_window: WINDOW,
        connection_window: WINDOW,
        max_frame_bytes: 16_384,
        limits: http1::Limits { target_bytes: 8192, head_bytes: 32 * 1024, fields: 100 },
        connect_protocol: false,
        output_bytes: 64 * 1024,
    }
}

/// One connection; cloning it gives the same one.
#[derive(Clone)]
pub(crate) struct Http2Client(Rc<RefCell<Inner>>, Host);

struct Inner {
    machine: Connection,
    stream: Option<Stream>,
    input: Vec<u8>,
    waiting: Vec<Waker>,
}

/// What a request came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, String)>,
    /// The interim answers before it.
    pub(crate) interim: Vec<u16>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text")
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl Http2Client {
    pub(crate) async fn connect(machine: &VirtualHost, to: &Endpoint, config: Config) -> Http2Client {
        let host = machine.host();
        let stream = host.connect(to).await.expect("the edge listens");
        let inner = Inner { machine: Connection::new(Role::Client, config), stream: Some(stream), input: Vec::new(), waiting: Vec::new() };
        Http2Client(Rc::new(RefCell::new(inner)), host)
    }

    /// Opens a stream with this head. `end`: nothing follows.
    pub(crate) fn begin(&self, head: &RequestHead, end: bool) -> StreamId {
        let mut inner = self.0.borrow_mut();
        let id = inner.machine.open().expect("room for a stream");
        let mut writer = inner.machine.begin_request(id, head, &head.target, &head.authority, b"http");
        head.fields.iter().for_each(|field| writer.pass(field));
        writer.end(end);
        inner.wake();
        id
    }

    /// Waits until something holds of the machine, driving the connection meanwhile.
    pub(crate) async fn until<T>(&self, mut look: impl FnMut(&mut Connection) -> Option<T>) -> T {
        poll_fn(|cx| {
            let mut inner = self.0.borrow_mut();
            loop {
                let moved = inner.drive(cx, &self.1);
                if let Some(found) = look(&mut inner.machine) {
                    // What the look has made goes out.
                    inner.drive(cx, &self.1);
                    inner.wake();
                    return Poll::Ready(found);
                }
                if !moved {
                    inner.waiting.push(cx.waker().clone());
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    pub(crate) async fn send(&self, id: StreamId, mut body: &[u8]) -> Result<(), Reason> {
        while !body.is_empty() {
            let n = self
                .until(|machine| match machine.write(id, body) {
                    Write::Accepted(n) => Some(Ok(n)),
                    Write::Pending => None,
                    Write::Failed(reason) => Some(Err(reason)),
                })
                .await?;
            body = &body[n..];
        }
        Ok(())
    }

    pub(crate) fn finish(&self, id: StreamId, trailers: &Fields) {
        let mut inner = self.0.borrow_mut();
        inner.machine.finish(id, trailers);
        inner.wake();
    }

    pub(crate) fn reset(&self, id: StreamId, code: ErrorCode) {
        let mut inner = self.0.borrow_mut();
        inner.machine.reset(id, code);
        inner.wake();
    }

    /// The head of the final answer.
    pub(crate) async fn head(&self, id: StreamId) -> Result<Answer, Reason> {
        let mut answer = Answer::default();
        loop {
            let mut head = ResponseHead::default();
            let failure = self
                .until(|machine| match machine.take_response(id, &mut head) {
                    Some(_) => Some(None),
                    None => machine.failure(id).map(Some),
                })
                .await;
            if let Some(reason) = failure {
                return Err(reason);
            }
            if head.status < 200 {
                answer.interim.push(head.status);
                continue;
            }
            answer.status = head.status;
            answer.fields = pairs(&head.fields);
            return Ok(answer);
        }
    }

    /// Some more of the body; empty at its end.
    pub(crate) async fn piece(&self, id: StreamId) -> Result<Vec<u8>, Reason> {
        let mut piece = vec![0; 16 * 1024];
        let n = self
            .until(|machine| match machine.read(id, &mut piece) {
                Read::Bytes(n) => Some(Ok(n)),
                Read::End => Some(Ok(0)),
                Read::Pending => None,
                Read::Failed(reason) => Some(Err(reason)),
            })
            .await?;
        piece.truncate(n);
        Ok(piece)
    }

    /// The whole answer.
    pub(crate) async fn answer(&self, id: StreamId) -> Result<Answer, Reason> {
        let mut answer = self.head(id).await?;
        loop {
            let piece = self.piece(id).await?;
            if piece.is_empty() {
                break;
            }
            answer.body.extend(piece);
        }
        let mut inner = self.0.borrow_mut();
        answer.trailers = inner.machine.take_trailers(id).map(|fields| pairs(&fields)).unwrap_or_default();
        inner.machine.let_go(id);
        inner.wake();
        Ok(answer)
    }

    /// A GET.
    pub(crate) async fn get(&self, target: &str) -> Result<Answer, Reason> {
        let id = self.begin(&head(Method::Get, target), true);
        self.answer(id).await
    }

    /// Drives the connection until the far end has closed it.
    pub(crate) async fn closed(&self) {
        poll_fn(|cx| {
            let mut inner = self.0.borrow_mut();
            while inner.drive(cx, &self.1) {}
            if inner.stream.is_none() {
                return Poll::Ready(());
            }
            inner.waiting.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Inner {
    /// Sends what there is to send and takes in what came. Whether anything moved.
    fn drive(&mut self, cx: &mut Context<'_>, host: &Host) -> bool {
        let mut moved = false;
        let mut ended = false;
        let Some(stream) = &mut self.stream else { return false };
        while !self.machine.output().is_empty() {
            match stream.poll_write(cx, &[IoSlice::new(self.machine.output())]) {
                Poll::Ready(Ok(n)) => {
                    self.machine.sent(n);
                    moved = true;
                }
                Poll::Ready(Err(_)) => {
                    ended = true;
                    break;
                }
                Poll::Pending => break,
            }
        }
        let mut piece = [0; 4096];
        while !ended {
            match stream.poll_read(cx, &mut piece) {
                Poll::Ready(Ok(n)) if n > 0 => {
                    self.input.extend_from_slice(&piece[..n]);
                    moved = true;
                }
                Poll::Ready(_) => ended = true,
                Poll::Pending => break,
            }
        }
        let now = host.now().since(decide::time::Instant::ZERO);
        while let Ok((n, event)) = self.machine.receive(&self.input, now) {
            self.input.drain(..n);
            if n == 0 && event.is_none() {
                break;
            }
        }
        while self.machine.poll_event().is_some() {}
        if ended {
            self.machine.closed();
            self.stream = None;
            moved = true;
        }
        if moved {
            self.wake();
        }
        moved
    }

    fn wake(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
    }
}

/// A request's head for `a.example`.
pub(crate) fn head(method: Method, target: &str) -> RequestHead {
    RequestHead { method, authority: b"a.example".to_vec(), target: target.as_bytes().to_vec(), ..RequestHead::default() }
}

fn pairs(fields: &Fields) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("a text");
    fields.iter().map(|field| (text(field.name), text(field.value))).collect()
}
