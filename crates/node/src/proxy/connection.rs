//! One client's connection: it waits, holding no buffer; it is handed to an exchange when bytes come; and it is closed so that the last
//! answer is not lost.

use crate::buffer::Buffer;
use crate::channel::Channel;
use crate::http2;
use crate::proxy::accept::{Counted, Place};
use crate::proxy::exchange::{Exchange, Next};
use crate::server::Worker;
use crate::tls::Secured;
use crate::transport::Transport;
use decide::config::Protocol;
use decide::forward::Peer;
use decide::step::ListenerRef;
use decide::time::Duration;
use host::{Deadline, Endpoint};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::{Context, Poll};

/// While the process drains, a connection that has been asked before gets this long to ask once more: its client may not know yet, and
/// the answer will tell it.
const LAST_CALL: Duration = Duration::from_secs(1);
/// A connection closed with unread bytes is reset, and a reset can destroy the answer on its way (RFC 9112 §9.6): so what the client still
/// sends is read and dropped, for this long at most,
pub(crate) const LINGER: Duration = Duration::from_secs(2);
/// and up to this many bytes.
pub(crate) const LINGER_BYTES: usize = 1024 * 1024;

/// Who connected, and where.
pub(crate) struct Caller {
    pub(crate) endpoint: Endpoint,
    /// The endpoint as steps tell it.
    pub(crate) name: Box<str>,
    pub(crate) peer: Peer,
    /// What TLS came to, where the connection has it.
    pub(crate) secured: Option<Box<Secured>>,
    /// HTTP/2 may be spoken without having been agreed.
    pub(crate) http2_unasked: bool,
    pub(crate) place: Place,
    pub(crate) counted: Counted,
}

impl Caller {
    pub(crate) fn new(worker: &Worker, endpoint: Endpoint, secured: Option<Box<Secured>>, place: Place, counted: Counted) -> Rc<Caller> {
        let snapshot = worker.snapshot();
        let protocols = place.get().map(|at| &snapshot.config.listeners[usize::from(at.0)].protocols);
        let http2_unasked = secured.is_none() && protocols.is_some_and(|spoken| spoken.contains(&Protocol::Http2));
        let peer = Peer::new(endpoint.ip(), if secured.is_some() { "https" } else { "http" });
        let name = endpoint.to_string().into_boxed_str();
        Rc::new(Caller { endpoint, name, peer, secured, http2_unasked, place, counted })
    }
}

impl Caller {
    /// For what is asked in this process itself: it counts as a connection, so that a drain waits for it.
    pub(crate) fn within(worker: &Rc<Worker>, scheme: &'static str, listener: ListenerRef) -> Rc<Caller> {
        let endpoint = Endpoint::Unix(String::new());
        Rc::new(Caller {
            peer: Peer::new(None, scheme),
            name: "cache".into(),
            endpoint,
            secured: None,
            http2_unasked: false,
            place: Rc::new(Cell::new(Some(listener))),
            counted: Counted::within(worker),
        })
    }
}

/// The client's side of everything.
pub(crate) struct Client {
    pub(crate) stream: Channel,
    pub(crate) input: Buffer,
    pub(crate) deadline: Deadline,
    pub(crate) caller: Rc<Caller>,
    /// Requests begun on this connection.
    pub(crate) requests: u64,
    /// The client has sent its end of stream.
    pub(crate) half_closed: bool,
    /// Its task, which is the same all along, is woken at a drain.
    hears_of_drain: bool,
}

/// Serves a connection that speaks HTTP/1.
#[expect(clippy::manual_async_fn, reason = "an `async fn` has its arguments twice, and most connections only wait")]
pub(crate) fn serve(worker: Rc<Worker>, mut client: Client) -> impl Future<Output = ()> {
    async move {
        while client.wait(&worker).await {
            if client.requests == 0 && client.caller.http2_unasked && client.begins_http2(&worker).await {
                let Channel::Whole(transport) = client.stream else { unreachable!("a connection that was just accepted") };
                return worker.host.spawn(http2::server::serve(worker.clone(), client.caller, transport, client.input));
            }
            client.requests += 1;
            // Boxed, so that a connection that waits is small.
            let next = Box::pin(Exchange::begin(&worker, &mut client).run()).await;
            match next {
                Next::Request => {}
                Next::Close => return,
                Next::Linger | Next::Reset(_) => match (next, client.stream) {
                    (Next::Reset(_), Channel::Whole(transport)) => return transport.reset(),
                    (_, Channel::Whole(transport)) => {
                        return worker.host.spawn(part(worker.clone(), client.caller, transport, client.input));
                    }
                    (_, Channel::Stream(_) | Channel::Fill(_)) => unreachable!("a connection of HTTP/1"),
                },
            }
        }
    }
}

/// Closes a connection in time; until then it counts as open. A task of its own, so that a connection that waits is small.
async fn part(worker: Rc<Worker>, caller: Rc<Caller>, transport: Transport, input: Buffer) {
    linger(&worker, transport, input).await;
    drop(caller);
}

impl Client {
    pub(crate) fn on(worker: &Worker, caller: Rc<Caller>, stream: Channel, input: Buffer) -> Client {
        Client { stream, input, deadline: worker.host.deadline(), caller, requests: 0, half_closed: false, hears_of_drain: false }
    }

    /// Whether the client has reset its connection, while nothing else is read of it. Its end of stream alone says only that it will not
    /// ask again; what it asks meanwhile is read ahead as far as the buffer has room, because a reset shows only behind it. Wakes the task
    /// when that changes.
    pub(crate) fn is_gone(&mut self, cx: &mut Context<'_>) -> bool {
        match &mut self.stream {
            Channel::Stream(stream) => return stream.is_gone(cx),
            Channel::Fill(writer) => return writer.is_abandoned(cx),
            Channel::Whole(_) => {}
        }
        while !self.half_closed && !self.input.is_full() {
            match self.input.poll_fill(cx, &mut self.stream) {
                Poll::Ready(Ok(0)) => self.half_closed = true,
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return true,
                Poll::Pending => return false,
            }
        }
        false
    }

    /// Waits for the first bytes of a request. False: there will be none.
    async fn wait(&mut self, worker: &Worker) -> bool {
        if !self.input.is_empty() {
            return true;
        }
        if self.half_closed {
            return false;
        }
        self.input.release();
        let mut limit = None;
        poll_fn(|cx| {
            if let Poll::Ready(read) = self.input.poll_fill(cx, &mut self.stream) {
                return Poll::Ready(matches!(read, Ok(n) if n > 0));
            }
            let draining = worker.server.is_draining() || self.caller.place.get().is_none();
            if limit != Some(draining) {
                limit = Some(draining);
                let idle = worker.snapshot().config.limits.idle_timeout;
                self.deadline.set(worker.host.now() + if draining { idle.min(LAST_CALL) } else { idle });
                if !std::mem::replace(&mut self.hears_of_drain, true) {
                    worker.open.wake_at_drain(self.caller.counted.number, cx);
                }
            }
            self.deadline.poll_passed(cx).map(|()| false)
        })
        .await
    }

    /// Whether a connection begins with the preface of HTTP/2 (RFC 9113 §3.3): a client that knows may speak it without asking first.
    async fn begins_http2(&mut self, worker: &Worker) -> bool {
        // No method of HTTP/1 begins with these three bytes; fewer of them say nothing yet.
        let undecided = |input: &[u8]| input.len() < 3 && http2::PREFACE.starts_with(input);
        if undecided(self.input.unread()) {
            self.deadline.set(worker.host.now() + worker.snapshot().config.limits.head_timeout);
            poll_fn(|cx| {
                while undecided(self.input.unread()) {
                    match self.input.poll_fill(cx, &mut self.stream) {
                        Poll::Ready(Ok(n)) if n > 0 => {}
                        Poll::Ready(_) => break,
                        Poll::Pending => return self.deadline.poll_passed(cx),
                    }
                }
                Poll::Ready(())
            })
            .await;
        }
        self.input.unread().starts_with(&http2::PREFACE[..3])
    }
}

/// A time that something may take at its end. While the process drains it is a small part of what that may take, so that a stream, its
/// connection and a tunnel's last words fit into it one after the other.
pub(crate) fn within_drain(worker: &Worker, time: Duration) -> Duration {
    if worker.server.is_draining() { time.min(worker.snapshot().config.server.drain_timeout / 8) } else { time }
}

/// Closes a connection so that what was said last is not lost: after an answer that came before the request was read to its end, or after
/// the last frame of an HTTP/2 connection.
pub(crate) async fn linger(worker: &Worker, mut transport: Transport, mut input: Buffer) {
    let mut deadline = worker.host.deadline();
    deadline.set(worker.host.now() + within_drain(worker, LINGER));
    let mut dropped = 0;
    let mut told = false;
    poll_fn(|cx| {
        if !told {
            match transport.poll_shutdown(cx) {
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(())) => told = true,
                Poll::Pending => {}
            }
        }
        loop {
            let unread = input.unread().len();
            input.consume(unread);
            match input.poll_fill(cx, &mut transport) {
                Poll::Ready(Ok(n)) if n > 0 && dropped + n <= LINGER_BYTES => dropped += n,
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return deadline.poll_passed(cx),
            }
        }
    })
    .await;
}
