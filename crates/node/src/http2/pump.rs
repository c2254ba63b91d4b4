//! The task that stands between an HTTP/2 connection and its transport: what came is taken in, frame after frame, and everything that this
//! made goes out in one write.

use super::shared::Shared;
use crate::buffer::Buffer;
use crate::transport::Transport;
use decide::time::{Duration, Instant};
use host::Deadline;
use std::io::IoSlice;
use std::rc::Rc;
use std::task::{Context, Poll};
use wire::http2::{Connection, ErrorCode, Event};

/// Frames that are taken in before other connections have their turn.
const MOST_FRAMES: usize = 512;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// All is said; the far end may not have read it yet.
    Closed,
    /// The far end is gone, or takes nothing.
    Gone,
}

/// How long the far end may take.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    /// To take any byte of what is written.
    pub(crate) send: Duration,
    /// From the first byte of a frame or of a head to its last.
    pub(crate) head: Duration,
    /// Without any stream.
    pub(crate) idle: Duration,
    /// Bytes per second that have to move while streams wait for the far end to open their windows.
    pub(crate) least_rate: u64,
    /// To say anything while streams are open, before it is asked whether it is still there; and then to answer that. `None`: it may be
    /// silent.
    pub(crate) silence: Option<Duration>,
}

pub(super) struct Pump {
    pub(super) shared: Rc<Shared>,
    transport: Transport,
    input: Buffer,
    patience: Patience,
    deadline: Deadline,
    /// Nothing more is read: the connection has failed, and what is left to say is being sent.
    failed: bool,
    /// When output last moved, or there was none.
    sent_at: Instant,
    /// Bytes of it that the transport has taken and not sent.
    unsent: usize,
    /// Since when a frame or a head is incomplete.
    incomplete: Option<Instant>,
    /// Since when there is no stream.
    idle: Option<Instant>,
    /// Since when streams wait for windows, and how many bytes had moved then.
    blocked: Option<(Instant, u64)>,
    silence: Silence,
}

/// A far end that has vanished says nothing, and our system takes what is sent to it for many minutes.
#[derive(Default)]
struct Silence {
    /// Since when streams are open and nothing has come, or the far end was asked.
    since: Option<Instant>,
    /// It was asked whether it is there.
    asked: bool,
}

impl Silence {
    /// When it has lasted too long.
    fn due(&mut self, machine: &Connection, patience: &Patience, now: Instant) -> Option<Instant> {
        let most = patience.silence?;
        if machine.open_streams() == 0 && !self.asked {
            self.since = None;
            return None;
        }
        Some(*self.since.get_or_insert(now) + most)
    }
}

impl Pump {
    pub(super) fn new(
        shared: Rc<Shared>,
        transport: Transport,
        input: Buffer,
        patience: Patience,
        deadline: Deadline,
        now: Instant,
    ) -> Pump {
        let (failed, sent_at, unsent, silence) = (false, now, 0, Silence::default());
        let (incomplete, idle, blocked) = (None, None, None);
        Pump { shared, transport, input, patience, deadline, failed, sent_at, unsent, incomplete, idle, blocked, silence }
    }

    /// Takes in what came and sends what there is to send. Ready when the connection is over.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Instant, on_event: &mut dyn FnMut(&mut Context<'_>, Event)) -> Poll<Over> {
        self.shared.set_pumping(true);
        let over = self.turn(cx, now, on_event);
        self.shared.set_pumping(false);
        let over = match over {
            Some(over) => over,
            None => {
                self.shared.rest(cx);
                std::task::ready!(self.poll_patience(cx, now))
            }
        };
        self.shared.machine().closed();
        self.shared.wake_all();
        Poll::Ready(over)
    }

    fn turn(&mut self, cx: &mut Context<'_>, now: Instant, on_event: &mut dyn FnMut(&mut Context<'_>, Event)) -> Option<Over> {
        loop {
            let mut frames = 0;
            let gone = !self.failed && self.take_in(cx, now, &mut frames, on_event);
            self.pass_all(cx, on_event);
            let blocked = self.shared.machine().output_blocked();
            if gone || self.flush(cx, now).is_err() {
                return Some(Over::Gone);
            }
            // What has been sent has made room for streams that wait for it.
            self.pass_all(cx, on_event);
            let machine = self.shared.machine();
            let flushed = machine.output().is_empty() && self.unsent == 0;
            if flushed && (self.failed || machine.is_over()) {
                return Some(Over::Closed);
            }
            if frames >= MOST_FRAMES {
                cx.waker().wake_by_ref();
                return None;
            }
            // What was not taken in while too much waited to be sent is looked at again.
            if !blocked || machine.output_blocked() {
                return None;
            }
        }
    }

    /// Takes in frames until there are no more. True: the far end is gone.
    fn take_in(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        frames: &mut usize,
        on_event: &mut dyn FnMut(&mut Context<'_>, Event),
    ) -> bool {
        while *frames < MOST_FRAMES {
            let taken = self.shared.machine().receive(self.input.unread(), now.since(Instant::ZERO));
            match taken {
                Err(_) => {
                    // The machine has said why in its last frame; its streams end here.
                    self.failed = true;
                    self.shared.wake_all();
                    return false;
                }
                Ok((0, None)) => {
                    if self.shared.machine().output_blocked() {
                        return false;
                    }
                    match self.input.poll_fill(cx, &mut self.transport) {
                        Poll::Ready(Ok(n)) if n > 0 => self.silence = Silence::default(),
                        Poll::Ready(_) => return true,
                        Poll::Pending => break,
                    }
                }
                Ok((n, event)) => {
                    self.input.consume(n);
                    self.incomplete = None;
                    *frames += 1;
                    if let Some(event) = event {
                        self.pass(cx, event, on_event);
                    }
                }
            }
        }
        if self.input.is_empty() && !self.shared.machine().mid_head() {
            self.incomplete = None;
        } else {
            self.incomplete.get_or_insert(now);
        }
        false
    }

    fn pass_all(&mut self, cx: &mut Context<'_>, on_event: &mut dyn FnMut(&mut Context<'_>, Event)) {
        loop {
            let event = self.shared.machine().poll_event();
            let Some(event) = event else { return };
            self.pass(cx, event, on_event);
        }
    }

    fn pass(&mut self, cx: &mut Context<'_>, event: Event, on_event: &mut dyn FnMut(&mut Context<'_>, Event)) {
        match event {
            Event::Response { stream } | Event::Readable { stream } | Event::Writable { stream } | Event::Failed { stream } => {
                self.shared.wake(stream);
            }
            Event::Request { .. } | Event::Malformed { .. } | Event::GoingAway => {
                // A request may be answered and over before anyone looks whether there is one.
                self.idle = None;
                on_event(cx, event);
            }
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), ()> {
        let mut machine = self.shared.machine();
        while !machine.output().is_empty() {
            match self.transport.poll_write(cx, &[IoSlice::new(machine.output())]) {
                Poll::Ready(Ok(n)) => {
                    machine.sent(n);
                    self.sent_at = now;
                }
                Poll::Ready(Err(_)) => return Err(()),
                Poll::Pending => break,
            }
        }
        if let Poll::Ready(Err(_)) = self.transport.poll_flush(cx) {
            return Err(());
        }
        let before = std::mem::replace(&mut self.unsent, self.transport.unsent());
        if self.unsent < before || (self.unsent == 0 && machine.output().is_empty()) {
            self.sent_at = now;
        }
        Ok(())
    }

    /// What the far end may take time for, and no longer.
    fn poll_patience(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<Over> {
        let mut machine = self.shared.machine();
        let was_over = self.failed || machine.is_over();
        let streams = machine.open_streams();
        if streams == 0 {
            self.idle.get_or_insert(now);
            if machine.output().is_empty() {
                machine.release();
            }
        } else {
            self.idle = None;
        }
        self.blocked = match self.blocked {
            _ if !machine.is_blocked() => None,
            None => Some((now, machine.progress())),
            // Another span begins with what has moved by then.
            Some((since, before)) if now >= since + self.patience.send => {
                let least = self.patience.least_rate.saturating_mul(self.patience.send.as_secs());
                if machine.progress() - before < least {
                    machine.fail(ErrorCode::ENHANCE_YOUR_CALM);
                    self.failed = true;
                }
                Some((now, machine.progress()))
            }
            still => still,
        };
        let sending = (!machine.output().is_empty() || self.unsent > 0).then(|| self.sent_at + self.patience.send);
        let heading = self.incomplete.map(|since| since + self.patience.head);
        let idling = self.idle.map(|since| since + self.patience.idle);
        let waiting = self.blocked.map(|(since, _)| since + self.patience.send);
        let silent = self.silence.due(&machine, &self.patience, now);
        let asks = silent.is_some_and(|due| now >= due);
        if sending.is_some_and(|due| now >= due) || (asks && self.silence.asked) {
            return Poll::Ready(Over::Gone);
        }
        if asks {
            self.silence = Silence { since: Some(now), asked: true };
            machine.ping();
            cx.waker().wake_by_ref();
        }
        if heading.is_some_and(|due| now >= due) && !self.failed {
            machine.fail(ErrorCode::ENHANCE_YOUR_CALM);
            self.failed = true;
        }
        if idling.is_some_and(|due| now >= due) {
            // Nothing is under way that a first warning could save.
            machine.drain();
            machine.drain();
        }
        drop(machine);
        let due = [sending, heading.filter(|_| !self.failed), idling, waiting, silent].into_iter().flatten().filter(|due| *due > now).min();
        if !was_over && (self.failed || self.shared.machine().is_over()) {
            // What there is to say of it goes out. Once: the rest is sent when the far end takes it, or not.
            self.shared.wake_all();
            cx.waker().wake_by_ref();
        }
        match due {
            Some(due) => self.deadline.set(due),
            None => self.deadline.clear(),
        }
        if self.deadline.poll_passed(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// The transport, to be closed, and what was read of it.
    pub(super) fn into_parts(self) -> (Transport, Buffer) {
        (self.transport, self.input)
    }
}
