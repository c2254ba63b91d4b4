//! A connection after 101 (RFC 9110 §7.8): bytes both ways until one side has had enough.

use crate::proxy::half::Broken;
use crate::proxy::relay::Relay;
use crate::server::Worker;
use decide::time::Instant;
use host::Deadline;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use wire::http1::{Framing, Limits};

/// What a tunnel carried, and how it ended.
pub(crate) struct Carried {
    pub(crate) up: u64,
    pub(crate) down: u64,
    pub(crate) by: &'static str,
}

/// Carries bytes until both sides have closed, one has failed, nothing moved in either direction for the tunnel's limit, or the
/// process drains.
pub(crate) async fn carry(relay: &mut Relay<'_>, limits: Limits, grace: &mut Grace) -> Carried {
    let now = relay.host.now();
    // A tunnel's bytes have no framing: a body until close, in both directions.
    relay.up.begin(Framing::UntilClose, Framing::UntilClose, limits, now);
    relay.down.begin(Framing::UntilClose, Framing::UntilClose, limits, now);
    let mut closing = Closing::default();
    let by = poll_fn(|cx| {
        let now = relay.host.now();
        if let Some(by) = poll_both(cx, relay, &mut closing, now) {
            return Poll::Ready(by);
        }
        if grace.poll_over(cx, now).is_ready() {
            return Poll::Ready("drain");
        }
        relay.client.deadline.set(relay.up.since.max(relay.down.since) + relay.limits.tunnel_timeout);
        relay.client.deadline.poll_passed(cx).map(|()| "idle")
    })
    .await;
    Carried { up: relay.up.moved, down: relay.down.moved, by }
}

/// A tunnel has no end of its own: while the process drains it is given half of the time that draining may take, and is then closed, so
/// that both sides still get their end of stream.
pub(crate) struct Grace {
    worker: Rc<Worker>,
    connection: u64,
    over: Option<(Instant, Deadline)>,
}

impl Grace {
    pub(crate) fn new(worker: Rc<Worker>, connection: u64) -> Grace {
        Grace { worker, connection, over: None }
    }

    fn poll_over(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        if !self.worker.server.is_draining() {
            self.worker.open.wake_at_drain(self.connection, cx);
            return Poll::Pending;
        }
        let worker = &self.worker;
        let (at, deadline) = self.over.get_or_insert_with(|| {
            let at = now + worker.snapshot().config.server.drain_timeout / 2;
            let mut deadline = worker.host.deadline();
            deadline.set(at);
            (at, deadline)
        });
        if now >= *at { Poll::Ready(()) } else { deadline.poll_passed(cx) }
    }
}

#[derive(Default)]
struct Closing {
    /// The client has sent its end, and it has been passed on.
    client: bool,
    /// The same of the backend.
    backend: bool,
    first: Option<&'static str>,
}

fn poll_both(cx: &mut Context<'_>, relay: &mut Relay<'_>, closing: &mut Closing, now: Instant) -> Option<&'static str> {
    if !closing.client {
        match relay.up.poll_move(cx, &mut relay.client.stream, &mut relay.client.input, &mut relay.upstream.stream, now) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => {
                closing.client = true;
                closing.first.get_or_insert("client");
                // Half-close: the backend may go on sending. Its failure to hear of it shows when it reads or writes next.
                let _ = relay.upstream.stream.poll_shutdown(cx);
            }
            Poll::Ready(Err(Broken::Source(_))) => return Some("client"),
            Poll::Ready(Err(Broken::Sink)) => return Some("backend"),
        }
    }
    if !closing.backend {
        match relay.down.poll_move(cx, &mut relay.upstream.stream, &mut relay.upstream.input, &mut relay.client.stream, now) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => {
                closing.backend = true;
                closing.first.get_or_insert("backend");
                let _ = relay.client.stream.poll_shutdown(cx);
            }
            Poll::Ready(Err(Broken::Source(_))) => return Some("backend"),
            Poll::Ready(Err(Broken::Sink)) => return Some("client"),
        }
    }
    if closing.client && closing.backend { closing.first } else { None }
}
