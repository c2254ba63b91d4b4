//! A WebSocket whose other end is an application of this process (RFC 6455, RFC 8441): opened, kept alive, and closed in good order.

use crate::channel::Channel;
use crate::conversation::{Conversation, Socket};
use crate::proxy::connection::Client;
use crate::proxy::exchange::{Exchange, Next, STALLED, Stage};
use crate::proxy::reply::Reply;
use crate::server::Worker;
use crate::signal::{Listening, Signal};
use decide::config::Limits;
use decide::step::{Bytes, Side, Step};
use decide::time::{Duration, Instant};
use std::future::poll_fn;
use std::io::IoSlice;
use std::sync::Arc;
use std::task::{Context, Poll};
use wire::http::{Fields, Version};
use wire::websocket::{
    CloseCode, Connection, DeflateParameters, Delivery, Event, HandshakeRule, Kind, Role, Settings, agree_deflate, check_connect,
    check_opening, write_answer,
};

/// A message is gathered whole: the site's cap on bodies holds for it, and this one.
const MESSAGE_BYTES: u64 = 1024 * 1024;

/// While more than this waits to be written, the conversation is not asked for more.
const OUTPUT_BYTES: usize = 64 * 1024;

/// How long a client may take to answer our close.
const FAREWELL: Duration = Duration::from_secs(1);

/// Whatever happens at intervals does not happen more often.
const LEAST_INTERVAL: Duration = Duration::from_millis(1);

/// Rounds of reading and writing before the task yields.
const MOST_ROUNDS: usize = 16;

/// Each message is compressed by itself, so that a WebSocket that rests holds no window.
const COMPRESSION: DeflateParameters = DeflateParameters {
    server_no_context_takeover: true,
    client_no_context_takeover: true,
    server_max_window_bits: None,
    client_max_window_bits: None,
};

/// RFC 6455 §7.1.5: what stands for the code of a close frame without one, and of no close frame. Neither is ever sent.
const NO_CODE: u16 = 1005;
const NO_CLOSE: u16 = 1006;

impl Exchange<'_> {
    /// Answers with a WebSocket, and is its other end until it is closed.
    pub(crate) async fn socket(&mut self, conversation: Box<dyn Conversation>) -> Stage {
        let (reply, deflate) = match self.open_socket() {
            Ok(opened) => opened,
            Err(rule) => return self.refuse_handshake(rule),
        };
        if !self.client.input.is_empty() && matches!(self.client.stream, Channel::Whole(_)) {
            return self.refuse(400, "bytes follow an upgrade request before it was answered", Side::Client);
        }
        self.begin_reply(&reply, true);
        self.end.status = reply.status;
        // Counted before the client hears of it: who asks for the state then finds it there.
        let open = self.worker.server.tunnels.enter(true);
        if let Err(why) = self.flush().await {
            self.broke_off(why, Side::Client);
            return Stage::Log;
        }
        self.step(Step::SocketOpened { compressed: deflate.is_some() });
        let snapshot = self.snapshot.clone();
        let (site, _) = self.site_and_route(&snapshot).expect("a routed request");
        let settings = Settings {
            message_bytes: usize::try_from(site.max_body.min(MESSAGE_BYTES)).expect("a mebibyte at most"),
            output_bytes: OUTPUT_BYTES,
            delivery: Delivery::Whole,
            only: None,
            deflate,
        };
        let mut talk = Talk::boxed(self.worker, self.client, &settings, conversation, &snapshot.config.limits);
        talk.call(|conversation, socket| conversation.opened(socket));
        let next = poll_fn(|cx| talk.poll(cx)).await;
        let Carried { messages_up, messages_down, up, down } = talk.carried;
        let Ended { code, by, rule } = talk.ended.expect("it has ended");
        talk.conversation.closed(code);
        drop((talk, open));
        self.step(Step::SocketClosed { messages_up, messages_down, up: Bytes(up), down: Bytes(down), code, by, rule });
        (self.received, self.end.sent) = (up, down);
        match next {
            Next::Reset(why) => self.broke_off(why, Side::Client),
            next => {
                self.client.stream.finish(&Fields::new());
                self.next = next;
            }
        }
        Stage::Log
    }

    /// Judges the opening. What is agreed on, and the answer that says so.
    fn open_socket(&self) -> Result<(Reply, Option<DeflateParameters>), HandshakeRule> {
        let request = &self.scratch.request;
        let key = match request.version {
            Version::Http2 => check_connect(request).map(|()| None)?,
            Version::Http10 | Version::Http11 => Some(check_opening(request)?),
        };
        let deflate = agree_deflate(&request.fields, &COMPRESSION);
        // RFC 8441 §5: in HTTP/2, success is 200.
        let mut reply = Reply::new(if key.is_some() { 101 } else { 200 }, None);
        reply.opens = true;
        write_answer(key, None, deflate.as_ref(), &mut reply.fields);
        Ok((reply, deflate))
    }
}

/// What a WebSocket carried, frames and all.
#[derive(Clone, Copy, Default)]
struct Carried {
    messages_up: u64,
    messages_down: u64,
    up: u64,
    down: u64,
}

/// Why it ended: what came first.
#[derive(Clone, Copy)]
struct Ended {
    code: u16,
    by: &'static str,
    rule: &'static str,
}

/// A WebSocket under way.
struct Talk<'t> {
    worker: &'t Worker,
    client: &'t mut Client,
    connection: Connection,
    conversation: Box<dyn Conversation>,
    limits: &'t Limits,
    /// Raised at the drain, among others.
    server: Listening<&'t Signal>,
    changed: Option<Listening<Arc<Signal>>>,
    /// The interval, and when it is over next.
    tick: Option<(Duration, Instant)>,
    /// When anything last came.
    heard: Instant,
    /// When anything last went out.
    sent: Instant,
    /// When the last ping was due.
    pinged: Instant,
    /// Since when the client takes nothing of what waits.
    blocked: Option<Instant>,
    /// When the client must have answered our close.
    farewell: Option<Instant>,
    carried: Carried,
    ended: Option<Ended>,
}

/// The client's connection has ended or failed.
struct Gone;

impl<'t> Talk<'t> {
    /// Compression in both directions has its memory in here, more than 64 KiB. On the stack of who calls it would be on that of every
    /// request, which then touches all of it.
    #[inline(never)]
    fn boxed(
        worker: &'t Worker,
        client: &'t mut Client,
        settings: &Settings,
        conversation: Box<dyn Conversation>,
        limits: &'t Limits,
    ) -> Box<Talk<'t>> {
        let now = worker.host.now();
        let server = &worker.server.changed;
        let changed = conversation.signal().map(|signal| {
            let seen = signal.number();
            Listening::to(signal, seen)
        });
        let tick = conversation.interval().map(|interval| interval.max(LEAST_INTERVAL)).map(|interval| (interval, now + interval));
        Box::new(Talk {
            worker,
            client,
            connection: Connection::new(Role::Server, settings),
            conversation,
            limits,
            server: Listening::to(server, server.number()),
            changed,
            tick,
            heard: now,
            sent: now,
            pinged: now,
            blocked: None,
            farewell: None,
            carried: Carried::default(),
            ended: None,
        })
    }

    /// Ready when it is over, with what becomes of the transport.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        for _ in 0..MOST_ROUNDS {
            let now = self.worker.host.now();
            let moved = match self.flush(cx, now).and_then(|()| self.take_in(cx, now)) {
                Ok(moved) => moved | self.speak(cx, now),
                Err(Gone) => {
                    self.ends(NO_CLOSE, "client");
                    return Poll::Ready(Next::Close);
                }
            };
            if let Some(next) = self.is_over(now) {
                return Poll::Ready(next);
            }
            if !moved {
                self.client.deadline.set(self.due());
                if self.client.deadline.poll_passed(cx).is_pending() {
                    return Poll::Pending;
                }
            }
        }
        // Other connections have their turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn flush(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), Gone> {
        while !self.connection.output().is_empty() {
            let Poll::Ready(written) = self.client.stream.poll_write(cx, &[IoSlice::new(self.connection.output())]) else {
                self.blocked.get_or_insert(now);
                return Ok(());
            };
            let n = written.map_err(|_| Gone)?;
            self.connection.written(n);
            self.carried.down += n as u64;
            self.sent = now;
            if self.blocked.take().is_some() {
                // It has taken something: that is a sign of life.
                self.heard = now;
            }
        }
        match self.client.stream.poll_flush(cx) {
            Poll::Ready(flushed) => {
                self.blocked = None;
                flushed.map_err(|_| Gone)
            }
            Poll::Pending => {
                self.blocked.get_or_insert(now);
                Ok(())
            }
        }
    }

    /// Takes in what came, as long as there is room for what is said to it. True: something did.
    fn take_in(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Gone> {
        let mut moved = false;
        while self.has_room() && !self.connection.is_finished() {
            match self.connection.receive(self.client.input.unread()) {
                Ok((taken, event)) => {
                    self.client.input.consume(taken);
                    self.carried.up += taken as u64;
                    if let Some(event) = event {
                        self.hear(event);
                        moved = true;
                        continue;
                    }
                }
                Err(violation) => {
                    self.ends(violation.code().number(), "client");
                    self.ended.as_mut().expect("just set").rule = violation.sentence();
                    return Ok(true);
                }
            }
            return match self.client.input.poll_fill(cx, &mut self.client.stream) {
                Poll::Ready(Ok(n)) if n > 0 => {
                    self.heard = now;
                    Ok(true)
                }
                Poll::Ready(_) => Err(Gone),
                Poll::Pending => Ok(moved),
            };
        }
        Ok(moved)
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Data { kind, data, .. } => {
                self.carried.messages_up += 1;
                self.call(|conversation, socket| match kind {
                    Kind::Text => conversation.text(socket, std::str::from_utf8(&data).expect("it was judged as it came")),
                    Kind::Binary => conversation.binary(socket, &data),
                });
            }
            Event::Close(close) => self.ends(close.map_or(NO_CODE, |close| close.code.number()), "client"),
            Event::Ping(_) | Event::Pong(_) => {}
        }
    }

    /// What is said of our own accord. True: something was.
    fn speak(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if !self.connection.is_open() {
            return false;
        }
        // Only waits: a drain is looked for after it, so that none is missed.
        while self.server.poll(cx).is_ready() {}
        if self.worker.server.is_draining() {
            self.close("the server goes away", "drain");
            return true;
        }
        if self.silent_at().is_some_and(|due| now >= due) {
            self.close("nothing was heard for too long", "idle");
            return true;
        }
        if !self.has_room() {
            return false;
        }
        if let Some((interval, due)) = &mut self.tick
            && now >= *due
        {
            *due = now + *interval;
            self.call(|conversation, socket| conversation.tick(socket));
            return true;
        }
        if let Some(changed) = &mut self.changed
            && changed.poll(cx).is_ready()
        {
            self.call(|conversation, socket| conversation.changed(socket));
            return true;
        }
        if now >= self.ping_due() {
            self.pinged = now;
            return self.connection.ping(b"").is_ok();
        }
        false
    }

    fn close(&mut self, reason: &str, by: &'static str) {
        self.connection.close(CloseCode::GOING_AWAY, reason);
        self.ends(CloseCode::GOING_AWAY.number(), by);
    }

    /// Lets the conversation speak, unless all is said.
    fn call(&mut self, speak: impl FnOnce(&mut dyn Conversation, &mut Socket<'_>)) {
        if !self.connection.is_open() {
            return;
        }
        let mut socket = Socket::new(&self.worker.host, &mut self.connection);
        speak(&mut *self.conversation, &mut socket);
        let (said, closed) = (socket.said, socket.closed);
        self.carried.messages_down += said;
        if let Some(code) = closed {
            self.ends(code.number(), "application");
        }
    }

    fn ends(&mut self, code: u16, by: &'static str) {
        self.ended.get_or_insert(Ended { code, by, rule: "" });
    }

    /// Whether it is over, and what becomes of the transport then.
    fn is_over(&mut self, now: Instant) -> Option<Next> {
        if self.blocked.is_some_and(|since| now >= since + self.limits.send_timeout) {
            self.ends(NO_CLOSE, "stalled");
            return Some(Next::Reset(STALLED));
        }
        if self.connection.is_open() {
            return None;
        }
        let all_out = self.connection.output().is_empty() && self.blocked.is_none();
        let late = now >= *self.farewell.get_or_insert(now + FAREWELL);
        match (all_out, self.connection.is_finished() || late) {
            // RFC 6455 §7.1.1: the server closes first; what the client still sends may not destroy our last frame.
            (true, true) => Some(Next::Linger),
            (false, _) if late => Some(Next::Reset(STALLED)),
            _ => None,
        }
    }

    /// Whether whatever is said next will be taken. Who has said all has room for what is thrown away.
    fn has_room(&self) -> bool {
        !self.connection.is_open() || self.connection.output().len() <= OUTPUT_BYTES
    }

    /// When nothing has been heard for too long. A client that is not listened to, because it does not listen, has another limit.
    fn silent_at(&self) -> Option<Instant> {
        self.blocked.is_none().then(|| self.heard + self.limits.tunnel_timeout)
    }

    /// A heartbeat: sent where either direction was silent for a third of what is allowed, so that whatever lies on the way has heard of
    /// both in time, and two pings may be lost.
    fn ping_due(&self) -> Instant {
        self.pinged.max(self.sent.min(self.heard)) + (self.limits.tunnel_timeout / 3).max(LEAST_INTERVAL)
    }

    /// When there is something to do without anything happening.
    fn due(&self) -> Instant {
        let stalled = self.blocked.map(|since| since + self.limits.send_timeout);
        let speaks = self.has_room().then(|| self.tick.map_or(self.ping_due(), |(_, tick)| tick.min(self.ping_due())));
        let open = if self.farewell.is_none() { [self.silent_at(), speaks] } else { [None, None] };
        let due = [stalled, self.farewell].into_iter().chain(open).flatten().min();
        due.expect("what is not blocked may be silent, and what is closing has its farewell")
    }
}
