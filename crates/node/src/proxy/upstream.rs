//! The way to a backend: choose one, wait for a place if all are full, take a kept connection or open one.

use crate::buffer::Buffer;
use crate::channel::Channel;
use crate::pool::{Pool, Selected, Ticket, Waiter};
use crate::proxy::exchange::{Exchange, Stage};
use crate::proxy::reply::Reply;
use crate::proxy::tiers::Way;
use crate::tls;
use crate::transport::Transport;
use decide::balance::key;
use decide::config::Protocol;
use decide::forward::ProxyError;
use decide::step::{Side, Step};
use decide::time::{Duration, Instant};
use host::{Endpoint, Stream};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

/// A kept connection may be closed by the backend in the very moment it is used again. A request that must not be sent twice takes only one
/// that was used this recently.
const FRESH: Duration = Duration::from_millis(500);
/// Seconds a client is asked to wait before it comes back to a pool that had no backend for it.
const RETRY_AFTER_SECONDS: &str = "5";

/// A connection to a backend.
pub(crate) struct Upstream {
    pub(crate) stream: Channel,
    pub(crate) input: Buffer,
    /// Requests it carried before this one.
    pub(crate) requests: u64,
}

impl Exchange<'_> {
    /// The request's hash key, if the pool's algorithm wants one.
    pub(crate) fn balance_key(&self, pool: &Pool) -> Option<u64> {
        let wanted = key::wanted(&pool.config.algorithm)?;
        key::of(wanted, &self.scratch.request, self.client.caller.endpoint.ip())
    }

    /// Chooses a backend; waits in the pool's queue if it must.
    pub(crate) async fn select(&mut self, way: &Way, tried: &[usize]) -> Result<Ticket, Unselected> {
        let (pool, key) = (&way.pool, way.key);
        let began = self.worker.host.now();
        let mut place = None;
        loop {
            let now = self.worker.host.now();
            match pool.select(&self.worker.host, key, tried, place.as_ref(), now) {
                Selected::Backend { ticket, .. } if way.this == Some(ticket.backend) => {
                    ticket.withdraw();
                    return Err(Unselected::This);
                }
                Selected::Backend { ticket, candidates, why } => {
                    let backend = pool.backend_ref(ticket.backend);
                    if place.is_some() {
                        self.step_at(now, Step::Queued { backend, waited: now.since(began) });
                    }
                    self.step_at(now, Step::Picked { backend, algorithm: pool.algorithm(), candidates, why });
                    return Ok(ticket);
                }
                Selected::None(why) => return Err(Unselected::Unavailable(ProxyError::DestinationUnavailable, why)),
                Selected::Full(None) => {
                    return Err(Unselected::Unavailable(ProxyError::ConnectionLimitReached, "every backend and the queue are full"));
                }
                Selected::Full(Some(waiter)) => {
                    place = Some(waiter.clone());
                    self.called(pool, waiter, began + pool.config.queue_timeout).await?;
                }
            }
        }
    }

    /// The stage to go on with where there is nobody to ask.
    pub(crate) fn unselected(&mut self, unselected: Unselected) -> Stage {
        match unselected {
            Unselected::Unavailable(error, why) => self.unavailable(error, why),
            Unselected::ClientGone => {
                self.broke_off("the client reset the connection", Side::Client);
                Stage::Log
            }
            Unselected::This => unreachable!("behind the peers there is always the origin"),
        }
    }

    /// Waits in the queue until called.
    async fn called(&mut self, pool: &Arc<Pool>, waiter: Waiter, due: Instant) -> Result<(), Unselected> {
        let mut place = Place { pool, waiter: Some(waiter) };
        let client = &mut *self.client;
        client.deadline.set(due);
        let ended = poll_fn(|cx| {
            if place.waiter.as_ref().is_some_and(|waiter| waiter.poll_called(cx).is_ready()) {
                return Poll::Ready(Waited::Called);
            }
            if client.is_gone(cx) {
                return Poll::Ready(Waited::ClientGone);
            }
            client.deadline.poll_passed(cx).map(|()| Waited::TooLong)
        })
        .await;
        match ended {
            Waited::Called => {
                // The place is used up: giving it back would call another for the same room.
                place.waiter = None;
                Ok(())
            }
            Waited::TooLong => {
                Err(Unselected::Unavailable(ProxyError::ConnectionLimitReached, "no backend had a place for the request in time"))
            }
            Waited::ClientGone => Err(Unselected::ClientGone),
        }
    }

    fn unavailable(&mut self, error: ProxyError, why: &'static str) -> Stage {
        self.step(Step::Refused {
            status: 503,
            rule: why,
            side: if error == ProxyError::ConnectionLimitReached { Side::Us } else { Side::Backend },
        });
        let mut reply = Reply::problem(503, why, "");
        reply.field("Retry-After", RETRY_AFTER_SECONDS);
        self.show_proxy_status(error, &mut reply);
        Stage::reply(reply)
    }

    /// A connection to the chosen backend: a kept one, else a new one.
    pub(crate) async fn connect(&mut self, ticket: &Ticket, kept: bool) -> Result<Upstream, ProxyError> {
        let pool = ticket.pool().clone();
        if pool.config.protocol == Protocol::Http2 {
            return self.join(&pool, ticket.backend, kept).await;
        }
        let backend = pool.backend_ref(ticket.backend);
        let began = self.worker.host.now();
        if kept {
            let keep = pool.config.keep_alive;
            let fresh = if self.scratch.request.method.is_idempotent() { keep } else { keep.min(FRESH) };
            if let Some(idle) = pool.idle.take(self.worker.index, ticket.backend, fresh, keep, began) {
                self.step_at(began, Step::Connected { backend, reused: true, took: Duration::ZERO });
                let input = Buffer::new(&self.worker.buffers);
                return Ok(Upstream { stream: Channel::Whole(idle.stream), input, requests: idle.requests });
            }
        }
        let due = began + pool.config.connect_timeout;
        let stream = self.open(&pool, ticket.backend, due).await?;
        let now = self.worker.host.now();
        self.step_at(now, Step::Connected { backend, reused: false, took: now.since(began) });
        Ok(Upstream { stream: Channel::Whole(stream), input: Buffer::new(&self.worker.buffers), requests: 0 })
    }

    /// A stream on a connection that other requests use too: on one that is there, if `kept` allows it, else on a new one.
    async fn join(&mut self, pool: &Arc<Pool>, index: usize, mut kept: bool) -> Result<Upstream, ProxyError> {
        let backend = pool.backend_ref(index);
        let began = self.worker.host.now();
        let due = began + pool.config.connect_timeout;
        let group = self.worker.multiplexed.group(pool, index);
        let (stream, reused) = loop {
            let seen = group.opened().number();
            if kept && let Some(stream) = group.stream() {
                break (stream, true);
            }
            kept = true;
            match group.opening() {
                Some(opening) => {
                    let transport = self.open(pool, index, due).await?;
                    break (opening.done(self.worker, pool, index, transport), false);
                }
                // Whoever opens it may fail; then this request tries for itself.
                None => self.until_opened(group.opened().after(seen), due).await?,
            }
        };
        let now = self.worker.host.now();
        self.step_at(now, Step::Connected { backend, reused, took: now.since(began) });
        let input = Buffer::new(&self.worker.buffers);
        Ok(Upstream { stream: Channel::Stream(stream), input, requests: u64::from(reused) })
    }

    /// Waits for another request to open a connection.
    async fn until_opened(&mut self, opened: impl Future<Output = u64>, due: Instant) -> Result<(), ProxyError> {
        let mut opened = pin!(opened);
        let deadline = &mut self.client.deadline;
        deadline.set(due);
        poll_fn(|cx| {
            if opened.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            deadline.poll_passed(cx).map(|()| Err(ProxyError::ConnectionTimeout))
        })
        .await
    }

    /// Connects; the addresses of a name are tried one after another, because one that refuses (`localhost` on ::1, an instance that went)
    /// says nothing about the others.
    async fn open(&mut self, pool: &Arc<Pool>, backend: usize, due: Instant) -> Result<Transport, ProxyError> {
        if let Some(rules) = &pool.config.destinations {
            return Box::pin(self.open_destination(&pool.config.backends[backend].at, rules, due)).await;
        }
        let mut tried = 0;
        loop {
            let endpoint = match pool.known_endpoint(backend) {
                Some(known) => known?,
                None => self.resolved(pool, backend, due).await?,
            };
            tried += 1;
            match self.open_at(&endpoint, due).await {
                Err(ProxyError::ConnectionRefused | ProxyError::DestinationIpUnroutable) if tried < pool.addresses(backend) => {}
                Err(error) => return Err(error),
                Ok(stream) => return self.secure(pool, backend, stream, due).await,
            }
        }
    }

    /// Puts TLS on a new connection, if the pool has it.
    async fn secure(&mut self, pool: &Pool, backend: usize, stream: Stream, due: Instant) -> Result<Transport, ProxyError> {
        let worker = self.worker;
        let mut secured = pin!(tls::to_backend(&worker.host, worker.index, pool, backend, stream));
        let deadline = &mut self.client.deadline;
        deadline.set(due);
        poll_fn(|cx| {
            if let Poll::Ready(result) = secured.as_mut().poll(cx) {
                return Poll::Ready(result);
            }
            deadline.poll_passed(cx).map(|()| Err(ProxyError::ConnectionTimeout))
        })
        .await
    }

    pub(crate) async fn open_at(&mut self, endpoint: &Endpoint, due: Instant) -> Result<Stream, ProxyError> {
        let mut connecting = self.worker.host.connect(endpoint);
        let deadline = &mut self.client.deadline;
        deadline.set(due);
        poll_fn(|cx| {
            if let Poll::Ready(result) = connecting.as_mut().poll(cx) {
                return Poll::Ready(result.map_err(|error| connect_error(&error)));
            }
            deadline.poll_passed(cx).map(|()| Err(ProxyError::ConnectionTimeout))
        })
        .await
    }

    /// Waits for the first answer of the name service.
    async fn resolved(&mut self, pool: &Pool, backend: usize, due: Instant) -> Result<Endpoint, ProxyError> {
        let mut answered = pin!(pool.endpoint(backend));
        let deadline = &mut self.client.deadline;
        deadline.set(due);
        poll_fn(|cx| {
            if let Poll::Ready(result) = answered.as_mut().poll(cx) {
                return Poll::Ready(result);
            }
            deadline.poll_passed(cx).map(|()| Err(ProxyError::DnsTimeout))
        })
        .await
    }
}

/// Why there is no backend.
pub(crate) enum Unselected {
    /// None of the pool can have the request.
    Unavailable(ProxyError, &'static str),
    /// The one chosen among the peers is this cache itself.
    This,
    ClientGone,
}

/// How a wait in the queue ended.
enum Waited {
    Called,
    TooLong,
    ClientGone,
}

/// A place in a pool's queue, given back if the wait is given up.
struct Place<'p> {
    pool: &'p Arc<Pool>,
    waiter: Option<Waiter>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(waiter) = &self.waiter {
            self.pool.leave(waiter);
        }
    }
}

fn connect_error(error: &io::Error) -> ProxyError {
    match error.kind() {
        io::ErrorKind::TimedOut => ProxyError::ConnectionTimeout,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => ProxyError::DestinationIpUnroutable,
        // A Unix socket whose path is not there is as good as a port nobody listens on.
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => ProxyError::ConnectionRefused,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => ProxyError::ConnectionTerminated,
        _ => ProxyError::ProxyInternalError,
    }
}
