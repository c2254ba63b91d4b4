//! An exchange with a backend, both directions at once: the request goes up while the answer may already come down.

use crate::buffer::BUFFER_BYTES;
use crate::channel::Channel;
use crate::proxy::connection::Client;
use crate::proxy::exchange::STALLED;
use crate::proxy::half::{Broken, Half, SourceError, WaitsFor};
use crate::proxy::reply::body_limit;
use crate::proxy::upstream::Upstream;
use decide::config::{self, Protocol};
use decide::forward::ProxyError;
use decide::time::Instant;
use host::Host;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use wire::http::{Method, ResponseHead, Version};
use wire::http1::{self, BodyError, Framing, Limits, Parsed, Rejection, ResponseMeta, Rule};
use wire::http2::{self, Reason};

/// Interim answers a backend may send before its final one.
const MOST_INTERIM: u32 = 64;

/// The two ends, and all that is needed to move bytes between them.
pub(crate) struct Relay<'r> {
    pub(crate) host: &'r Host,
    pub(crate) client: &'r mut Client,
    pub(crate) upstream: &'r mut Upstream,
    pub(crate) up: &'r mut Half,
    pub(crate) down: &'r mut Half,
    pub(crate) pool: &'r config::Pool,
    pub(crate) limits: &'r config::Limits,
    pub(crate) progress: &'r mut Progress,
}

/// How far the request has come.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    /// When this try began to send it.
    pub(crate) began: Instant,
    /// The backend stopped reading before the request was whole.
    pub(crate) broken: bool,
    /// The backend has said that it did not look at the request.
    pub(crate) refused: bool,
    /// When the request was whole at the backend.
    pub(crate) sent_at: Option<Instant>,
}

/// Why an exchange broke off.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client is gone, or stopped taking the answer.
    ClientGone(&'static str),
    /// The client's request is at fault.
    Request(Fault),
    /// The backend failed.
    Backend(ProxyError),
}

/// What was wrong with a request's body.
#[derive(Debug)]
pub(crate) enum Fault {
    Rejected(Rejection),
    TooLong,
    TooSlow,
}

impl Failure {
    pub(crate) fn of_client(error: SourceError) -> Failure {
        match error {
            SourceError::Io => Failure::ClientGone("the client reset the connection"),
            SourceError::Body(BodyError::Truncated) => Failure::ClientGone("the client closed before the end of its body"),
            SourceError::Body(BodyError::Rejected(rejection)) => Failure::Request(Fault::Rejected(rejection)),
            SourceError::TooLong => Failure::Request(Fault::TooLong),
        }
    }

    fn of_backend(error: SourceError) -> Failure {
        Failure::Backend(match error {
            SourceError::Io | SourceError::Body(BodyError::Truncated) => ProxyError::HttpResponseIncomplete,
            SourceError::Body(BodyError::Rejected(_)) | SourceError::TooLong => ProxyError::HttpProtocolError,
        })
    }
}

/// What happens while the final answer is awaited.
pub(crate) struct Awaiting<'a> {
    pub(crate) method: &'a Method,
    pub(crate) version: Version,
    pub(crate) limits: Limits,
    pub(crate) head: &'a mut ResponseHead,
    /// Writes an interim answer as it goes to the client.
    pub(crate) interim: &'a mut dyn FnMut(&ResponseHead, &mut Channel, &mut Half),
}

impl Relay<'_> {
    /// Sends the request and waits for the head of the final answer; interim ones are passed on.
    pub(crate) async fn head(&mut self, awaiting: &mut Awaiting<'_>) -> Result<ResponseMeta, Failure> {
        let mut interims = 0;
        poll_fn(|cx| self.poll_head(cx, awaiting, &mut interims)).await
    }

    fn poll_head(&mut self, cx: &mut Context<'_>, awaiting: &mut Awaiting<'_>, interims: &mut u32) -> Poll<Result<ResponseMeta, Failure>> {
        let now = self.host.now();
        self.poll_up(cx, now)?;
        loop {
            // A client that takes no interim answers holds back those that follow.
            let full = self.down.is_full();
            if !full && let Some(meta) = self.read_head(cx, awaiting)? {
                if meta.upgraded || awaiting.head.status >= 200 {
                    return Poll::Ready(Ok(meta));
                }
                self.pass_on(awaiting, interims)?;
                continue;
            }
            match self.down.poll_flush(cx, &mut self.upstream.input, &mut self.client.stream, now) {
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Failure::ClientGone("the client closed"))),
                Poll::Ready(Ok(())) if full => {}
                _ => break,
            }
        }
        self.watch_client(cx)?;
        self.poll_head_deadline(cx)
    }

    /// Puts an interim answer on its way to the client.
    fn pass_on(&mut self, awaiting: &mut Awaiting<'_>, interims: &mut u32) -> Result<(), Failure> {
        *interims += 1;
        if *interims > MOST_INTERIM {
            return Err(Failure::Backend(ProxyError::HttpProtocolError));
        }
        // RFC 9110 §15.2: none to an HTTP/1.0 client.
        if awaiting.version >= Version::Http11 {
            (awaiting.interim)(awaiting.head, &mut self.client.stream, self.down);
        }
        Ok(())
    }

    /// Tries to parse a head; `None` where more bytes are awaited.
    fn read_head(&mut self, cx: &mut Context<'_>, awaiting: &mut Awaiting<'_>) -> Result<Option<ResponseMeta>, Failure> {
        if let Channel::Stream(stream) = &mut self.upstream.stream {
            return match stream.poll_response(cx, awaiting.head) {
                Poll::Pending => Ok(None),
                Poll::Ready(Ok(meta)) => Ok(Some(meta_of(meta))),
                Poll::Ready(Err(reason)) => {
                    self.progress.refused = reason == Reason::Refused;
                    Err(Failure::Backend(stream_error(reason)))
                }
            };
        }
        loop {
            if !self.upstream.input.is_empty() {
                let parsed = http1::parse_response(self.upstream.input.unread(), &awaiting.limits, awaiting.method, awaiting.head);
                match parsed.map_err(bad_head)? {
                    Parsed::Complete { len, meta } => {
                        self.upstream.input.consume(len);
                        return Ok(Some(meta));
                    }
                    Parsed::Partial => {}
                }
            }
            match self.upstream.input.poll_fill(cx, &mut self.upstream.stream) {
                Poll::Pending => return Ok(None),
                Poll::Ready(Ok(0)) => return Err(Failure::Backend(self.closed_early())),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Err(Failure::Backend(read_error(&error))),
            }
        }
    }

    fn closed_early(&self) -> ProxyError {
        if self.upstream.input.is_empty() { ProxyError::ConnectionTerminated } else { ProxyError::HttpResponseIncomplete }
    }

    /// Moves the request up. A backend that stops reading may have answered already, so that is no failure yet.
    fn poll_up(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), Failure> {
        if self.progress.broken || self.progress.sent_at.is_some() {
            return Ok(());
        }
        if self.up.remaining().is_some_and(|bytes| bytes > BUFFER_BYTES as u64) {
            // As long as its beginning is held for another try, the buffer stays as it is.
            self.client.input.expect_long_body();
        }
        match self.up.poll_move(cx, &mut self.client.stream, &mut self.client.input, &mut self.upstream.stream, now) {
            Poll::Pending => Ok(()),
            Poll::Ready(Ok(())) => {
                self.progress.sent_at = Some(now);
                Ok(())
            }
            Poll::Ready(Err(Broken::Sink)) => {
                self.progress.broken = true;
                Ok(())
            }
            Poll::Ready(Err(Broken::Source(error))) => Err(Failure::of_client(error)),
        }
    }

    /// While the backend thinks, or is silent in the middle of an answer: a client that is gone frees it.
    fn watch_client(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        if self.progress.sent_at.is_some() && self.client.is_gone(cx) {
            return Err(Failure::ClientGone("the client reset the connection"));
        }
        Ok(())
    }

    /// When the client must have sent more of its body. A pool of HTTP/2 is for calls that stream both ways (gRPC): their client may have
    /// nothing to say for as long as the backend speaks, and need not speak at any rate.
    fn request_limit(&self) -> Instant {
        match self.pool.protocol {
            Protocol::Http1 => body_limit(self.limits, self.progress.began, self.up.since, self.up.moved),
            Protocol::Http2 => self.up.since.max(self.down.since) + self.limits.body_timeout,
        }
    }

    fn poll_head_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Result<ResponseMeta, Failure>> {
        let (due, failure) = match self.progress.sent_at {
            Some(sent) => (sent + self.pool.response_timeout, Failure::Backend(ProxyError::HttpResponseTimeout)),
            None if self.progress.broken => {
                (self.up.since + self.pool.response_timeout, Failure::Backend(ProxyError::ConnectionTerminated))
            }
            None if self.up.waits_for == WaitsFor::Source => (self.request_limit(), Failure::Request(Fault::TooSlow)),
            None => (self.up.since + self.pool.transfer_timeout, Failure::Backend(ProxyError::ConnectionWriteTimeout)),
        };
        self.client.deadline.set(due);
        self.client.deadline.poll_passed(cx).map(|()| Err(failure))
    }

    /// Delivers the answer whose head was begun in `down`; what is left of the request goes on moving up meanwhile.
    pub(crate) async fn deliver(&mut self) -> Result<(), Failure> {
        poll_fn(|cx| self.poll_deliver(cx)).await
    }

    fn poll_deliver(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let now = self.host.now();
        self.poll_up(cx, now)?;
        // What is coded on its way is taken in short pieces: each costs the worker a while.
        if self.down.coded().is_none() && self.down.remaining().is_some_and(|bytes| bytes > BUFFER_BYTES as u64) {
            self.upstream.input.expect_long_body();
        }
        match self.down.poll_move(cx, &mut self.upstream.stream, &mut self.upstream.input, &mut self.client.stream, now) {
            Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
            Poll::Ready(Err(Broken::Source(error))) => return Poll::Ready(Err(Failure::of_backend(error))),
            Poll::Ready(Err(Broken::Sink)) => {
                return Poll::Ready(Err(Failure::ClientGone("the client closed before the end of the answer")));
            }
            Poll::Pending => {}
        }
        self.watch_client(cx)?;
        let (due, failure) = match self.down.waits_for {
            WaitsFor::Source => {
                (self.down.since.max(self.up.since) + self.pool.transfer_timeout, Failure::Backend(ProxyError::ConnectionReadTimeout))
            }
            WaitsFor::Sink => (self.down.since + self.limits.send_timeout, Failure::ClientGone(STALLED)),
        };
        // A body that still goes up is held to its own limits, or one that never ends could keep an answer that waits for it for ever.
        let sending = self.progress.sent_at.is_none() && !self.progress.broken && self.up.waits_for == WaitsFor::Source;
        let (due, failure) = match sending.then(|| self.request_limit()) {
            Some(limit) if limit <= due => (limit, Failure::Request(Fault::TooSlow)),
            _ => (due, failure),
        };
        self.client.deadline.set(due);
        self.client.deadline.poll_passed(cx).map(|()| Err(failure))
    }
}

/// What the frames say of an answer, in the words of the pump.
fn meta_of(meta: http2::ResponseMeta) -> ResponseMeta {
    let framing = match meta {
        http2::ResponseMeta { end: true, .. } | http2::ResponseMeta { length: Some(0), .. } => Framing::None,
        http2::ResponseMeta { length: Some(bytes), .. } => Framing::Exact(bytes),
        http2::ResponseMeta { length: None, .. } => Framing::Chunked,
    };
    ResponseMeta { framing, keep_alive: true, upgraded: false }
}

fn stream_error(reason: Reason) -> ProxyError {
    match reason {
        Reason::Malformed(_) => ProxyError::HttpProtocolError,
        Reason::Reset(_) | Reason::Refused | Reason::ConnectionOver => ProxyError::ConnectionTerminated,
    }
}

fn bad_head(rejection: Rejection) -> Failure {
    Failure::Backend(match rejection.rule {
        Rule::HeadTooLarge | Rule::TooManyFields => ProxyError::HttpResponseHeaderSectionSize,
        _ => ProxyError::HttpProtocolError,
    })
}

fn read_error(error: &io::Error) -> ProxyError {
    match error.kind() {
        io::ErrorKind::TimedOut => ProxyError::ConnectionReadTimeout,
        _ => ProxyError::ConnectionTerminated,
    }
}
