//! By TCP (RFC 7766): connections up to a limit, on each of them queries one after another, and answers as they come.

use super::doors::{Ajar, Door};
use super::service::{Outcome, Service, Waiting};
use super::shared::Place;
use super::{Asker, Messages, Transport};
use crate::proxy::catch_up;
use decide::time::Duration;
use host::{Deadline, Endpoint, Listener, Stream};
use std::future::poll_fn;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

/// Accepting pauses this long when the machine has no descriptor left.
const PAUSE: Duration = Duration::from_millis(100);
/// Queries of one connection whose answers take time; further ones wait in the kernel (§6.2.1.1).
const MOST_WAITING: usize = 32;
/// With so much to be written, nothing more is answered until it has gone.
const MOST_UNWRITTEN: usize = 128 * 1024;
/// Queries, pieces and messages of one connection in one turn; then other tasks of the thread have theirs: many a client waits behind one
/// that floods.
const TURNS: usize = 64;
/// Read at once.
const PIECE: usize = 4096;
/// Where a door's tasks wait: this one's place.
const PLACE: u64 = 1;
/// A client that is given more takes this many bytes before it has been silent for too long: one that takes a byte now and then holds a
/// connection, and a transfer the zones of its time, for ever.
const LEAST_TAKEN: usize = 4096;
/// The length before a message (§8).
const LENGTH: usize = 2;

/// Lets connections in until the door is closed.
pub(super) async fn accept(ajar: Ajar, at: SocketAddr, mut listener: Listener, service: Rc<Service>, door: Rc<Door>) {
    loop {
        let accepted = poll_fn(|cx| match listener.poll_accept(cx) {
            Poll::Ready(accepted) => Poll::Ready(Some(accepted)),
            Poll::Pending if door.is_closed() => Poll::Ready(None),
            Poll::Pending => {
                door.wait(PLACE, cx);
                Poll::Pending
            }
        })
        .await;
        match accepted {
            None => break,
            Some(Ok((stream, Endpoint::Ip(from)))) => enter(&service, stream, (at, from), &door),
            Some(Ok(_)) => {}
            Some(Err(error)) if crate::proxy::is_of_connection(&error) => {}
            // Descriptors or memory are exhausted: connections stay in the backlog meanwhile.
            Some(Err(_)) => {
                service.cells().failed.add(1);
                service.worker.host.sleep(PAUSE).await;
            }
        }
    }
    drop(ajar);
}

fn enter(service: &Rc<Service>, stream: Stream, (at, from): (SocketAddr, SocketAddr), door: &Rc<Door>) {
    let Some(place) = service.common.enter(from.ip(), &service.limits()) else {
        service.cells().turned_away.add(1);
        return;
    };
    service.cells().streams.add(1);
    let host = &service.worker.host;
    let mut talk = Talk {
        service: service.clone(),
        stream,
        at,
        from,
        input: Vec::new(),
        output: Vec::new(),
        written: 0,
        taken: 0,
        waiting: Vec::new(),
        messages: None,
        ended: false,
        idle: host.deadline(),
    };
    talk.active();
    let door = door.clone();
    host.spawn(async move {
        let number = door.place();
        let _ = poll_fn(|cx| {
            let polled = talk.poll(cx, &door);
            if polled.is_pending() {
                door.wait(number, cx);
            }
            polled
        })
        .await;
        door.leave(number);
        let worker = talk.service.worker.clone();
        drop(talk);
        leave(place);
        if worker.server.is_draining() {
            worker.server.room.raise();
        }
    });
}

/// Gives a connection's place back.
fn leave(place: Place) {
    drop(place);
}

/// One connection.
struct Talk {
    service: Rc<Service>,
    stream: Stream,
    /// At which listener it came in.
    at: SocketAddr,
    from: SocketAddr,
    /// What has come and is no whole message yet.
    input: Vec<u8>,
    /// What is to be written, and how much of it has been.
    output: Vec<u8>,
    written: usize,
    /// What the client has taken since it was last found active.
    taken: usize,
    waiting: Vec<Waiting>,
    /// An answer of several messages that is under way: what comes after it waits.
    messages: Option<Box<dyn Messages>>,
    /// The client says nothing more.
    ended: bool,
    idle: Deadline,
}

/// The connection is over.
struct Over;

impl Talk {
    fn poll(&mut self, cx: &mut Context<'_>, door: &Door) -> Poll<Over> {
        for _ in 0..TURNS {
            self.complete(cx);
            self.fill();
            if self.poll_write(cx).is_err() {
                return Poll::Ready(Over);
            }
            let busy = !self.waiting.is_empty() || self.messages.is_some() || self.unwritten() > 0;
            if (self.ended || door.is_closed()) && !busy && !self.has_message() {
                return Poll::Ready(Over);
            }
            if !self.waiting.is_empty() && self.unwritten() == 0 {
                // It is we who take the time.
                self.active();
            }
            if self.idle.poll_passed(cx).is_ready() {
                return Poll::Ready(Over);
            }
            if self.has_room() && self.answer_next() {
                continue;
            }
            if self.messages.is_some() && self.unwritten() < MOST_UNWRITTEN {
                continue;
            }
            if self.ended || !self.has_room() || self.has_message() {
                return Poll::Pending;
            }
            match ready!(self.poll_read(cx)) {
                Ok(()) => {}
                Err(Over) => return Poll::Ready(Over),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn active(&mut self) {
        self.taken = 0;
        let until = self.service.worker.host.now() + self.service.limits().idle_timeout;
        self.idle.set(until);
    }

    fn unwritten(&self) -> usize {
        self.output.len() - self.written
    }

    /// Whether one more query may be answered.
    fn has_room(&self) -> bool {
        self.messages.is_none() && self.waiting.len() < MOST_WAITING && self.unwritten() < MOST_UNWRITTEN
    }

    /// The length of the first message of the input, if it is whole.
    fn first(&self) -> Option<usize> {
        let length: &[u8; LENGTH] = self.input.first_chunk()?;
        let len = usize::from(u16::from_be_bytes(*length));
        (self.input.len() >= LENGTH + len).then_some(len)
    }

    fn has_message(&self) -> bool {
        self.first().is_some()
    }

    /// Answers the next query, if it is whole.
    fn answer_next(&mut self) -> bool {
        let Some(len) = self.first() else { return false };
        catch_up(&self.service.worker);
        let left = self.unwritten();
        let now = self.service.worker.host.now();
        let asker = Asker { from: self.from, at: self.at, transport: Transport::Tcp, now };
        let begun = self.output.len();
        self.output.extend_from_slice(&[0; LENGTH]);
        match self.service.respond(&self.input[LENGTH..LENGTH + len], &asker, &mut self.output) {
            Outcome::Done => {}
            Outcome::Later(waiting) => self.waiting.push(waiting),
            Outcome::Stream(messages) => self.messages = Some(messages),
        }
        end_message(&mut self.output, begun);
        // What is not even worth an answer is no reason to keep a connection, nor is asking for more before what there is was taken: either
        // would hold it for ever.
        if left == 0 && (self.output.len() > begun || !self.waiting.is_empty() || self.messages.is_some()) {
            self.active();
        }
        self.input.drain(..LENGTH + len);
        if self.input.is_empty() {
            // A connection that idles holds no memory.
            self.input = Vec::new();
        }
        true
    }

    /// Writes down answers that are ready by now, in whichever order (§6.2.1.1).
    fn complete(&mut self, cx: &mut Context<'_>) {
        let mut index = 0;
        while let Some(waiting) = self.waiting.get_mut(index) {
            match waiting.answer.as_mut().poll(cx) {
                Poll::Pending => index += 1,
                Poll::Ready(message) => {
                    let waiting = self.waiting.swap_remove(index);
                    let (begun, left) = (self.output.len(), self.unwritten());
                    self.output.extend_from_slice(&[0; LENGTH]);
                    self.service.complete(&waiting, &message, &mut self.output);
                    end_message(&mut self.output, begun);
                    if left == 0 {
                        self.active();
                    }
                }
            }
        }
    }

    /// Takes the next messages of an answer that has several.
    fn fill(&mut self) {
        while self.unwritten() < MOST_UNWRITTEN
            && let Some(messages) = &mut self.messages
        {
            let begun = self.output.len();
            self.output.extend_from_slice(&[0; LENGTH]);
            if !messages.next(&mut self.output) {
                self.messages = None;
                self.active();
            }
            end_message(&mut self.output, begun);
        }
    }

    /// Writes what it can; an error ends the connection.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), Over> {
        while self.unwritten() > 0 {
            match self.stream.poll_write(cx, &[IoSlice::new(&self.output[self.written..])]) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(count)) => {
                    self.written += count;
                    self.taken += count;
                    if self.taken >= LEAST_TAKEN || self.unwritten() == 0 {
                        self.active();
                    }
                }
                Poll::Ready(Err(_)) => return Err(Over),
            }
        }
        self.output = Vec::new();
        self.written = 0;
        Ok(())
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Over>> {
        let mut piece = [0; PIECE];
        match ready!(self.stream.poll_read(cx, &mut piece)) {
            Ok(0) => self.ended = true,
            Ok(count) => self.input.extend_from_slice(&piece[..count]),
            Err(_) => return Poll::Ready(Err(Over)),
        }
        Poll::Ready(Ok(()))
    }
}

/// Writes the length of the message that begins at `begun`; one that is empty is none.
fn end_message(output: &mut Vec<u8>, begun: usize) {
    let len = output.len() - begun - LENGTH;
    match u16::try_from(len) {
        Ok(0) => output.truncate(begun),
        Ok(len) => output[begun..begun + LENGTH].copy_from_slice(&len.to_be_bytes()),
        Err(_) => unreachable!("a message has 65,535 bytes at the most"),
    }
}
