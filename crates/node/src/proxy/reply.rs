//! Answers made here: refusals, redirects, fixed answers, applications' answers, files.

use crate::channel::Channel;
use crate::proxy::exchange::{Exchange, STALLED, Stage, wire_limits};
use crate::proxy::half::Broken;
use decide::route::rewrite;
use decide::step::{Side, Step};
use decide::time::Instant;
use host::File;
use std::borrow::Cow;
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use wire::http::{Fields, Known, RequestHead, ResponseHead};
use wire::http1::{self, BodyDecoder, BodyError, Framing};

/// What is left of a request's body after an answer made here is read and dropped up to this; a longer rest closes the connection.
const DRAIN_BYTES: u64 = 64 * 1024;

/// Pieces of a file up to this size are read and sent with the head; a longer one is worth a system call of its own.
const GATHER_BYTES: u64 = 8 * 1024;

/// An answer made here.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Without framing, `Date` and `Connection`.
    pub(crate) fields: Fields,
    pub(crate) body: Vec<Segment>,
    /// What the file segments are of.
    pub(crate) file: Option<File>,
    /// `Content-Length` where it is not the sum of the segments: the length GET would have.
    pub(crate) length: Option<u64>,
    /// The length is not told: nobody has made what it would be of.
    pub(crate) untold: bool,
    /// Close the connection afterwards.
    pub(crate) close: bool,
    /// What follows the head is another protocol, and no body.
    pub(crate) opens: bool,
    /// The word in step `made`; `None` where another step tells it.
    pub(crate) why: Option<&'static str>,
}

/// A piece of a body.
pub(crate) enum Segment {
    Bytes(Vec<u8>),
    File { start: u64, len: u64 },
}

impl Segment {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Segment::Bytes(bytes) => bytes.len() as u64,
            Segment::File { len, .. } => *len,
        }
    }

    /// At the most so many bytes from this place on; `None` where the file cannot be read.
    pub(crate) fn slice(&self, file: Option<&File>, at: u64, most: usize) -> Option<Cow<'_, [u8]>> {
        let wanted = usize::try_from(self.len() - at).unwrap_or(usize::MAX).min(most);
        match self {
            Segment::Bytes(bytes) => Some(Cow::Borrowed(&bytes[usize::try_from(at).ok()?..][..wanted])),
            Segment::File { start, .. } => {
                let mut slice = vec![0; wanted];
                let read = file?.read_at(start + at, &mut slice).ok().filter(|read| *read > 0)?;
                slice.truncate(read);
                Some(Cow::Owned(slice))
            }
        }
    }
}

impl Reply {
    pub(crate) fn new(status: u16, why: Option<&'static str>) -> Reply {
        Reply { status, fields: Fields::new(), body: Vec::new(), file: None, length: None, untold: false, close: false, opens: false, why }
    }

    /// An error, in a line of text that names the rule and its source.
    pub(crate) fn problem(status: u16, rule: &str, section: &str) -> Reply {
        let mut text = format!("{status} {}: {rule}", http1::reason_phrase(status));
        if !section.is_empty() {
            text.push_str(&format!(" ({section})"));
        }
        text.push('\n');
        let mut reply = Reply::text(status, "text/plain; charset=utf-8", text.into_bytes());
        reply.why = Some("error");
        reply
    }

    pub(crate) fn fixed(status: u16, content_type: &str, body: &str) -> Reply {
        let mut reply = Reply::text(status, content_type, body.as_bytes().to_vec());
        reply.why = Some("answer");
        reply
    }

    pub(crate) fn redirect(status: u16, template: &str, scheme: &str, request: &RequestHead, text: &mut Vec<u8>) -> Reply {
        text.clear();
        rewrite::location(template, scheme, request, text);
        let mut reply = Reply::new(status, Some("redirect"));
        reply.fields.push_known(Known::Location, text);
        reply
    }

    pub(crate) fn made(status: u16, fields: Vec<(&'static str, String)>, body: Vec<u8>) -> Reply {
        let mut reply = Reply::new(status, Some("application"));
        fields.iter().for_each(|(name, value)| reply.field(name, value));
        reply.body.push(Segment::Bytes(body));
        reply
    }

    pub(crate) fn field(&mut self, name: &str, value: &str) {
        self.fields.push(name.as_bytes(), value.as_bytes());
    }

    fn text(status: u16, content_type: &str, body: Vec<u8>) -> Reply {
        let mut reply = Reply::new(status, None);
        if !content_type.is_empty() {
            reply.fields.push_known(Known::ContentType, content_type.as_bytes());
        }
        reply.body.push(Segment::Bytes(body));
        reply
    }
}

impl Exchange<'_> {
    /// Sends an answer made here.
    pub(crate) async fn reply(&mut self, mut reply: Box<Reply>) -> Stage {
        if !self.scratch.request.protocol.is_empty() && (200..300).contains(&reply.status) {
            // RFC 9113 §8.5: it would be taken for the success of the CONNECT.
            return self.refuse(501, "this protocol is not spoken here", Side::Us);
        }
        if let Channel::Fill(_) = self.client.stream {
            return self.made_for_fill(*reply);
        }
        if let Some(why) = reply.why {
            self.step(Step::Made { status: reply.status, why });
        }
        if self.compresses() {
            // Boxed, so that the exchanges that have none stay small.
            Box::pin(self.encode_reply(&mut reply)).await;
        }
        let drains = self.body_can_be_drained();
        let keep = !reply.close && drains && self.may_keep_alive();
        let with_body = self.begin_reply(&reply, keep);
        self.end.status = reply.status;
        match self.send_reply(&reply, with_body).await {
            Err((why, side)) => self.broke_off(why, side),
            Ok(()) if keep && self.drain_body().await => self.next = super::exchange::Next::Request,
            Ok(()) => self.next = self.after(false),
        }
        Stage::Log
    }

    async fn send_reply(&mut self, reply: &Reply, with_body: bool) -> Result<(), (&'static str, Side)> {
        let by_client = |why| (why, Side::Client);
        if with_body {
            for segment in &reply.body {
                match segment {
                    Segment::Bytes(bytes) => {
                        self.scratch.down.append(bytes);
                        self.end.sent += segment.len();
                    }
                    Segment::File { start, len } if *len <= GATHER_BYTES => {
                        self.append_file(reply.file.as_ref().expect("file segments come with their file"), *start, *len)?;
                    }
                    Segment::File { start, len } => {
                        self.flush().await.map_err(by_client)?;
                        let file = reply.file.as_ref().expect("file segments come with their file");
                        self.send_file(file, *start, *len).await?;
                    }
                }
            }
        }
        self.flush().await.map_err(by_client)?;
        if with_body {
            self.client.stream.finish(&Fields::new());
        }
        Ok(())
    }

    /// Puts a short piece of a file behind what is in the outgoing buffer, so that it goes out with the head.
    fn append_file(&mut self, file: &File, start: u64, len: u64) -> Result<(), (&'static str, Side)> {
        let len = usize::try_from(len).expect("a short piece");
        let mut piece = [0; GATHER_BYTES as usize];
        let mut got = 0;
        while got < len {
            match file.read_at(start + got as u64, &mut piece[got..len]) {
                Ok(0) => return Err(("the file became shorter while it was sent", Side::Us)),
                Ok(n) => got += n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Err(("the file could not be read to its end", Side::Us)),
            }
        }
        self.scratch.down.append(&piece[..len]);
        self.end.sent += len as u64;
        Ok(())
    }

    /// Sends what is in the outgoing buffer.
    pub(crate) async fn flush(&mut self) -> Result<(), &'static str> {
        let send = self.snapshot.config.limits.send_timeout;
        let Exchange { client, scratch, worker, .. } = self;
        poll_fn(|cx| {
            let now = worker.host.now();
            match scratch.down.poll_flush(cx, &mut client.input, &mut client.stream, now) {
                Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
                Poll::Ready(Err(Broken::Sink | Broken::Source(_))) => {
                    return Poll::Ready(Err("the client closed before the end of the answer"));
                }
                Poll::Pending => {}
            }
            client.deadline.set(scratch.down.since + send);
            client.deadline.poll_passed(cx).map(|()| Err(STALLED))
        })
        .await
    }

    async fn send_file(&mut self, file: &File, start: u64, len: u64) -> Result<(), (&'static str, Side)> {
        let send = self.snapshot.config.limits.send_timeout;
        let Exchange { client, worker, scratch, end: so_far, .. } = self;
        let end = start + len;
        let mut at = start;
        // What TLS still holds of the file is flushed behind it, and is held to the time of its last piece.
        let since = &mut scratch.down.since;
        *since = worker.host.now();
        poll_fn(|cx| {
            while at < end {
                let piece = usize::try_from(end - at).unwrap_or(usize::MAX).min(1 << 20);
                let before = client.stream.unsent();
                match client.stream.poll_send_file(cx, file, at, piece) {
                    // The length was promised; all that is left is to break off.
                    Poll::Ready(Ok(0)) => return Poll::Ready(Err(("the file became shorter while it was sent", Side::Us))),
                    Poll::Ready(Ok(n)) => {
                        at += n as u64;
                        so_far.sent += n as u64;
                        *since = worker.host.now();
                    }
                    Poll::Ready(Err(error)) if is_of_client(&error) => {
                        return Poll::Ready(Err(("the client closed before the end of the answer", Side::Client)));
                    }
                    Poll::Ready(Err(_)) => return Poll::Ready(Err(("the file could not be read to its end", Side::Us))),
                    Poll::Pending => {
                        if client.stream.unsent() < before {
                            *since = worker.host.now();
                        }
                        client.deadline.set(*since + send);
                        return client.deadline.poll_passed(cx).map(|()| Err((STALLED, Side::Client)));
                    }
                }
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Whether the rest of the request's body is short enough to be read for the sake of the connection. A client that still waits for a
    /// 100 may send the body or not: nobody can tell its bytes from the next request.
    fn body_can_be_drained(&self) -> bool {
        match self.meta.framing {
            Framing::None => true,
            Framing::Exact(bytes) => bytes <= DRAIN_BYTES && (!self.meta.expects_continue || !self.client.input.is_empty()),
            Framing::Chunked => !self.meta.expects_continue,
            Framing::UntilClose => false,
        }
    }

    /// Reads the rest of the request's body and drops it. False: it did not end in time or in bounds.
    async fn drain_body(&mut self) -> bool {
        self.meta.framing == Framing::None || self.read_body(&mut |_: &[u8]| {}, DRAIN_BYTES).await.is_ok()
    }

    /// Reads the whole body into `body`. The error is the stage to go on with.
    pub(crate) async fn collect_body(&mut self, body: &mut Vec<u8>, most: u64) -> Result<(), Stage> {
        if self.meta.framing == Framing::None {
            return Ok(());
        }
        if self.meta.expects_continue {
            let head = ResponseHead { status: 100, ..ResponseHead::default() };
            let version = self.scratch.request.version;
            super::head::interim(&head, version, "", &mut self.client.stream, &mut self.scratch.down);
            if let Err(why) = self.flush().await {
                self.broke_off(why, Side::Client);
                return Err(Stage::Log);
            }
        }
        match self.read_body(&mut |piece| body.extend_from_slice(piece), most).await {
            Ok(()) => {
                self.meta.framing = Framing::None;
                Ok(())
            }
            Err(BodyEnd::Rejected(rejection)) => Err(self.refuse_rejected(rejection)),
            Err(BodyEnd::TooLong) => Err(self.refuse(413, "the request's body is longer than the site allows", Side::Client)),
            Err(BodyEnd::TooSlow) => Err(self.refuse(408, "the request's body took too long", Side::Client)),
            Err(BodyEnd::Closed) => {
                self.broke_off("the client closed before the end of its body", Side::Client);
                Err(Stage::Log)
            }
        }
    }

    async fn read_body(&mut self, take: &mut dyn FnMut(&[u8]), most: u64) -> Result<(), BodyEnd> {
        let limits = self.snapshot.config.limits.clone();
        let mut decoder = BodyDecoder::new(self.client.stream.framing(self.meta.framing), wire_limits(&limits));
        let mut trailers = Fields::new();
        let mut since = self.worker.host.now();
        let began = since;
        let Exchange { client, worker, received, .. } = self;
        poll_fn(|cx| {
            loop {
                let piece = match decoder.decode(client.input.unread(), &mut trailers) {
                    Ok(piece) => piece,
                    Err(BodyError::Rejected(rejection)) => return Poll::Ready(Err(BodyEnd::Rejected(rejection))),
                    Err(BodyError::Truncated) => return Poll::Ready(Err(BodyEnd::Closed)),
                };
                client.input.consume(piece.skip);
                *received += piece.data as u64;
                if *received > most {
                    return Poll::Ready(Err(BodyEnd::TooLong));
                }
                take(&client.input.unread()[..piece.data]);
                client.input.consume(piece.data);
                if piece.done || decoder.is_done() {
                    return Poll::Ready(Ok(()));
                }
                if piece.skip + piece.data > 0 {
                    continue;
                }
                match client.input.poll_fill(cx, &mut client.stream) {
                    Poll::Ready(Ok(n)) if n > 0 => since = worker.host.now(),
                    Poll::Ready(Ok(_)) if decoder.end_of_input().is_ok() => return Poll::Ready(Ok(())),
                    Poll::Ready(_) => return Poll::Ready(Err(BodyEnd::Closed)),
                    Poll::Pending => {
                        client.deadline.set(body_limit(&limits, began, since, *received));
                        return client.deadline.poll_passed(cx).map(|()| Err(BodyEnd::TooSlow));
                    }
                }
            }
        })
        .await
    }
}

/// sendfile(2) reads and writes: what its error says of the connection is the client's, all else is the file's.
fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, HostUnreachable, NetworkUnreachable, NotConnected, TimedOut};
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionReset | HostUnreachable | NetworkUnreachable | NotConnected | TimedOut
    )
}

enum BodyEnd {
    Rejected(http1::Rejection),
    TooLong,
    TooSlow,
    Closed,
}

/// When a client that sends a body must have sent more of it: after a pause of `body_timeout`, or when its rate since `began` has
/// fallen below the least one.
pub(crate) fn body_limit(limits: &decide::config::Limits, began: Instant, since: Instant, received: u64) -> Instant {
    let pause = since + limits.body_timeout;
    match (received.saturating_mul(1000)).checked_div(limits.body_min_rate) {
        Some(millis) => pause.min(began + limits.body_timeout + std::time::Duration::from_millis(millis)),
        None => pause,
    }
}
