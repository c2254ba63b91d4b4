//! A connection after 101 (RFC 9110 §7.8): bytes both ways until one side has had enough.

use crate::channel::Channel;
use crate::proxy::connection::within_drain;
use crate::proxy::half::Broken;
use crate::proxy::relay::Relay;
use crate::server::Worker;
use decide::random::Random;
use decide::time::{Duration, Instant};
use host::Deadline;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use wire::http::Fields;
use wire::http1::{Framing, Limits};
use wire::http2::ErrorCode;
use wire::websocket::{CloseCode, Follower, close_frame};

/// How long the ends of a tunnel may take to accept the last frame.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a tunnel carried, and how it ended.
pub(crate) struct Carried {
    pub(crate) up: u64,
    pub(crate) down: u64,
    pub(crate) by: &'static str,
}

/// Carries bytes until both sides have closed, one has failed, nothing moved in either direction for the tunnel's limit, or the
/// process drains.
pub(crate) async fn carry(relay: &mut Relay<'_>, limits: Limits, websocket: bool, grace: &mut Grace) -> Carried {
    let now = relay.host.now();
    // A tunnel's bytes have no framing: a body until close, in both directions.
    relay.up.begin(Framing::UntilClose, Framing::UntilClose, limits, now);
    relay.down.begin(Framing::UntilClose, Framing::UntilClose, limits, now);
    if websocket {
        (relay.up.follower, relay.down.follower) = (Some(Follower::default()), Some(Follower::default()));
    }
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
    if by == "drain" {
        say_going_away(relay, &grace.worker).await;
    }
    end_stream(relay, by);
    Carried { up: relay.up.moved, down: relay.down.moved, by }
}

/// Tells both ends of a WebSocket that it closes because the server goes away (RFC 6455 §7.4.1): where one of them stands between two
/// frames, and takes it in time.
async fn say_going_away(relay: &mut Relay<'_>, worker: &Worker) {
    let between = |follower: &Option<Follower>| follower.as_ref().is_some_and(Follower::is_between_frames);
    if between(&relay.down.follower) {
        relay.down.append_last(&close_frame(CloseCode::GOING_AWAY, None));
    }
    if between(&relay.up.follower) {
        // Masked, as it stands among a client's frames.
        let mask = (relay.host.rng().next() as u32).to_be_bytes();
        relay.up.append_last(&close_frame(CloseCode::GOING_AWAY, Some(mask)));
    }
    let due = relay.host.now() + within_drain(worker, FAREWELL);
    relay.client.deadline.set(due);
    poll_fn(|cx| {
        let now = relay.host.now();
        let down = relay.down.poll_flush(cx, &mut relay.upstream.input, &mut relay.client.stream, now);
        let up = relay.up.poll_flush(cx, &mut relay.client.input, &mut relay.upstream.stream, now);
        if down.is_ready() && up.is_ready() {
            return Poll::Ready(());
        }
        relay.client.deadline.poll_passed(cx)
    })
    .await;
}

/// Ends the client's stream, where it is one: in order if all that came for it was said, else as a reset of TCP is told (RFC 8441 §5). One
/// that has come to its end, or was reset by the client, stays as it is.
fn end_stream(relay: &mut Relay<'_>, by: &str) {
    let Channel::Stream(stream) = &mut relay.client.stream else { return };
    match by {
        "idle" | "drain" if !relay.down.has_staged() => stream.finish(&Fields::new()),
        _ => stream.reset(ErrorCode::CANCEL),
    }
}

/// A tunnel has no end of its own: while the process drains it is given half of the time that draining may take, and is then closed, so
/// that both sides still get their end of stream.
pub(crate) struct Grace {
    worker: Rc<Worker>,
    /// Its own among those that are woken at a drain: a connection of HTTP/2 has many tunnels, and a task of its own.
    number: u64,
    over: Option<(Instant, Deadline)>,
}

impl Grace {
    pub(crate) fn new(worker: Rc<Worker>) -> Grace {
        let number = worker.open.add();
        Grace { worker, number, over: None }
    }

    fn poll_over(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        if !self.worker.server.is_draining() {
            self.worker.open.wake_at_drain(self.number, cx);
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

impl Drop for Grace {
    fn drop(&mut self) {
        self.worker.open.remove(self.number);
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

/// The tunnels that are open, over all threads; a WebSocket that ends here is one of them.
#[derive(Debug, Default)]
pub struct Tunnels {
    all: AtomicUsize,
    websockets: AtomicUsize,
}

impl Tunnels {
    /// Open now.
    pub fn open(&self) -> usize {
        self.all.load(Ordering::Relaxed)
    }

    /// Those of them that carry a WebSocket.
    pub fn websockets(&self) -> usize {
        self.websockets.load(Ordering::Relaxed)
    }

    /// One more, until the returned value is dropped.
    pub(crate) fn enter(self: &Arc<Self>, websocket: bool) -> Inside {
        self.all.fetch_add(1, Ordering::Relaxed);
        self.websockets.fetch_add(usize::from(websocket), Ordering::Relaxed);
        Inside { tunnels: self.clone(), websocket }
    }
}

/// A tunnel that counts as open.
pub(crate) struct Inside {
    tunnels: Arc<Tunnels>,
    websocket: bool,
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.tunnels.all.fetch_sub(1, Ordering::Relaxed);
        self.tunnels.websockets.fetch_sub(usize::from(self.websocket), Ordering::Relaxed);
    }
}
