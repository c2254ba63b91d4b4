//! One client's connection: it waits, holding no buffer; it is handed to an exchange when bytes come; and it is closed so that the last
//! answer is not lost.

use crate::buffer::Buffer;
use crate::proxy::accept::{Counted, Place};
use crate::proxy::exchange::{Exchange, Next};
use crate::server::Worker;
use crate::tls::Secured;
use crate::transport::Transport;
use decide::forward::Peer;
use decide::time::Duration;
use host::{Deadline, Endpoint};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

/// While the process drains, a connection that has been asked before gets this long to ask once more: its client may not know yet, and
/// the answer will tell it.
const LAST_CALL: Duration = Duration::from_secs(1);
/// A connection closed with unread bytes is reset, and a reset can destroy the answer on its way (RFC 9112 §9.6): so what the client still
/// sends is read and dropped, for this long at most,
const LINGER: Duration = Duration::from_secs(2);
/// and up to this many bytes.
const LINGER_BYTES: usize = 1024 * 1024;

/// The client's side of everything.
pub(crate) struct Client {
    pub(crate) stream: Transport,
    pub(crate) input: Buffer,
    pub(crate) deadline: Deadline,
    pub(crate) endpoint: Endpoint,
    /// The endpoint as steps tell it.
    pub(crate) name: Box<str>,
    pub(crate) peer: Peer,
    /// What TLS came to, where the connection has it.
    pub(crate) secured: Option<Box<Secured>>,
    pub(crate) place: Place,
    pub(crate) counted: Counted,
    /// Requests begun on this connection.
    pub(crate) requests: u64,
    /// The client has sent its end of stream.
    pub(crate) half_closed: bool,
}

pub(crate) async fn serve(
    worker: Rc<Worker>,
    counted: Counted,
    stream: Transport,
    secured: Option<Box<Secured>>,
    endpoint: Endpoint,
    place: Place,
) {
    let mut client = Client {
        stream,
        input: Buffer::new(&worker.buffers),
        deadline: worker.host.deadline(),
        peer: Peer::new(endpoint.ip(), if secured.is_some() { "https" } else { "http" }),
        secured,
        name: endpoint.to_string().into_boxed_str(),
        endpoint,
        place,
        counted,
        requests: 0,
        half_closed: false,
    };
    while client.wait(&worker).await {
        client.requests += 1;
        // Boxed, so that a connection that waits is small.
        match Box::pin(Exchange::begin(&worker, &mut client).run()).await {
            Next::Request => {}
            Next::Linger => return client.linger(&worker).await,
            Next::Close => return,
            Next::Reset => return client.stream.reset(),
        }
    }
}

impl Client {
    /// Whether the client has reset its connection, while nothing else is read of it. Its end of stream alone says only that it will not
    /// ask again; what it asks meanwhile is read ahead as far as the buffer has room, because a reset shows only behind it. Wakes the task
    /// when that changes.
    pub(crate) fn is_gone(&mut self, cx: &mut Context<'_>) -> bool {
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
            let draining = worker.server.is_draining() || self.place.get().is_none();
            if limit != Some(draining) {
                limit = Some(draining);
                let idle = worker.snapshot().config.limits.idle_timeout;
                self.deadline.set(worker.host.now() + if draining { idle.min(LAST_CALL) } else { idle });
                worker.open.wake_at_drain(self.counted.number, cx);
            }
            self.deadline.poll_passed(cx).map(|()| false)
        })
        .await
    }

    /// Closes after an answer that came before the request was read to its end.
    async fn linger(mut self, worker: &Worker) {
        self.deadline.set(worker.host.now() + LINGER);
        let mut dropped = 0;
        let mut told = false;
        poll_fn(|cx| {
            if !told {
                match self.stream.poll_shutdown(cx) {
                    Poll::Ready(Err(_)) => return Poll::Ready(()),
                    Poll::Ready(Ok(())) => told = true,
                    Poll::Pending => {}
                }
            }
            loop {
                let unread = self.input.unread().len();
                self.input.consume(unread);
                match self.input.poll_fill(cx, &mut self.stream) {
                    Poll::Ready(Ok(n)) if n > 0 && dropped + n <= LINGER_BYTES => dropped += n,
                    Poll::Ready(_) => return Poll::Ready(()),
                    Poll::Pending => return self.deadline.poll_passed(cx),
                }
            }
        })
        .await;
    }
}
