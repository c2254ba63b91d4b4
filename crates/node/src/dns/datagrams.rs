//! By UDP: one listener's datagrams, many at a time.

use super::doors::{Ajar, Door};
use super::service::{Outcome, Service, Waiting};
use super::{Asker, Transport};
use crate::proxy::catch_up;
use host::{DatagramListener, MOST_DATAGRAMS, Outgoing, Received};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use wire::dns::ResponseCode;

/// Batches in one turn; then other tasks of the thread have theirs.
const BATCHES: usize = 16;
/// Queries of one listener whose answers take time; beyond, the server has failed.
const MOST_WAITING: usize = 10_000;
/// Where a door's tasks wait: this one's place.
const PLACE: u64 = 0;

/// A listener of datagrams at work.
struct Listening {
    service: Rc<Service>,
    at: SocketAddr,
    socket: DatagramListener,
    received: Received,
    outgoing: Outgoing,
    late: Rc<Late>,
}

/// Answers that took time, on their way to the listener's task.
#[derive(Default)]
struct Late {
    answers: RefCell<VecDeque<(Vec<u8>, SocketAddr)>>,
    waiting: Cell<usize>,
    waker: RefCell<Option<Waker>>,
}

/// Answers what comes until the door is closed.
pub(super) async fn serve(ajar: Ajar, at: SocketAddr, socket: DatagramListener, service: Rc<Service>, door: Rc<Door>) {
    let (received, outgoing, late) = (Received::default(), Outgoing::default(), Rc::default());
    let mut listening = Listening { service, at, socket, received, outgoing, late };
    poll_fn(|cx| listening.poll(cx, &door)).await;
    drop(ajar);
}

impl Listening {
    fn poll(&mut self, cx: &mut Context<'_>, door: &Door) -> Poll<()> {
        for _ in 0..BATCHES {
            self.take_late(cx);
            let unsent = ready!(self.socket.poll_send(cx, &mut self.outgoing));
            self.service.cells().unsent.add(unsent as u64);
            match self.socket.poll_receive(cx, &mut self.received) {
                Poll::Ready(Ok(())) => self.answer(),
                // An error is told once; the next call waits again.
                Poll::Ready(Err(_)) => self.service.cells().failed.add(1),
                Poll::Pending if self.outgoing.waiting() > 0 => {}
                Poll::Pending => {
                    // What was asked before the door closed is still answered.
                    if door.is_closed() && self.late.waiting.get() == 0 {
                        return Poll::Ready(());
                    }
                    door.wait(PLACE, cx);
                    return Poll::Pending;
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Answers a batch.
    fn answer(&mut self) {
        catch_up(&self.service.worker);
        let now = self.service.worker.host.now_afresh();
        for index in 0..self.received.count() {
            let (bytes, from) = self.received.get(index);
            // Nothing can be sent to port 0, and what is longer than any query is none.
            let Some(bytes) = bytes.filter(|_| from.port() != 0) else {
                self.service.cells().malformed.add(1);
                continue;
            };
            let asker = Asker { from, at: self.at, transport: Transport::Udp, now };
            let outcome = self.service.respond(bytes, &asker, self.outgoing.buffer());
            self.outgoing.finish(from);
            match outcome {
                Outcome::Done => {}
                Outcome::Later(waiting) => self.wait(waiting, from),
                // Several messages have no room in a datagram.
                Outcome::Stream(_) => {}
            }
        }
    }

    /// Lets an answer take its time.
    fn wait(&mut self, waiting: Waiting, from: SocketAddr) {
        let late = self.late.clone();
        if late.waiting.get() == MOST_WAITING {
            self.service.complete(&waiting, &super::failed(ResponseCode(2)), self.outgoing.buffer());
            return self.outgoing.finish(from);
        }
        late.waiting.set(late.waiting.get() + 1);
        let service = self.service.clone();
        self.service.worker.host.spawn(async move {
            let mut waiting = waiting;
            let message = poll_fn(|cx| waiting.answer.as_mut().poll(cx)).await;
            let mut answer = Vec::new();
            service.complete(&waiting, &message, &mut answer);
            late.waiting.set(late.waiting.get() - 1);
            late.answers.borrow_mut().push_back((answer, from));
            late.waker.take().into_iter().for_each(Waker::wake);
        });
    }

    /// Puts answers that took time among those that go out.
    fn take_late(&mut self, cx: &Context<'_>) {
        let mut answers = self.late.answers.borrow_mut();
        while self.outgoing.waiting() < MOST_DATAGRAMS
            && let Some((answer, to)) = answers.pop_front()
        {
            self.outgoing.buffer().extend_from_slice(&answer);
            self.outgoing.finish(to);
        }
        if self.late.waiting.get() > 0 {
            *self.late.waker.borrow_mut() = Some(cx.waker().clone());
        }
    }
}
