//! A client's HTTP/2 connection: every request on it becomes an exchange.

use super::pump::{Over, Patience, Pump};
use super::shared::{Shared, StreamHandle};
use crate::buffer::Buffer;
use crate::channel::Channel;
use crate::proxy::{Caller, Opened, linger, on_stream, refused_on_stream, wire_limits};
use crate::server::Worker;
use crate::transport::Transport;
use decide::time::{Duration, Instant};
use host::{Deadline, Task};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use wire::http2::{Connection, Event, Role};

/// After a client was told that the connection ends, it has this long until the last stream that it opens is settled: what it sent before
/// it knew is still answered.
const LAST_CALL: Duration = Duration::from_secs(1);

/// Serves a connection until it is over. `input` holds what was read of it already.
pub(crate) async fn serve(worker: Rc<Worker>, caller: Rc<Caller>, transport: Transport, input: Buffer) {
    transport.limit_unsent(super::UNSENT_BYTES);
    let snapshot = worker.snapshot();
    let limits = &snapshot.config.limits;
    let machine = Connection::new(Role::Server, super::config(limits, wire_limits(limits)));
    let patience = Patience {
        send: limits.send_timeout,
        head: limits.head_timeout,
        idle: limits.idle_timeout,
        least_rate: limits.send_min_rate,
        silence: None,
    };
    let shared = Shared::new(machine);
    let mut pump = Pump::new(shared.clone(), transport, input, patience, worker.host.deadline(), worker.host.now());
    let mut client = Streams { worker, caller, shared, requests: 0, most: limits.requests_per_connection, ending: None };
    drop(snapshot);
    let over = poll_fn(|cx| {
        let now = client.worker.host.now();
        client.end_in_time(cx, now);
        pump.poll(cx, now, &mut |cx, event| client.on_event(cx, event))
    })
    .await;
    if over == Over::Closed {
        let (transport, input) = pump.into_parts();
        linger(&client.worker, transport, input).await;
    }
}

/// The requests of one connection.
struct Streams {
    worker: Rc<Worker>,
    caller: Rc<Caller>,
    shared: Rc<Shared>,
    /// Begun so far.
    requests: u64,
    most: u64,
    ending: Option<Ending>,
}

/// The client was told that the connection ends; at this time it is told which stream was the last.
struct Ending {
    at: Instant,
    deadline: Deadline,
    told: bool,
}

impl Streams {
    /// Begins to end the connection where the process drains, its listener is gone, or it has carried enough.
    fn end_in_time(&mut self, cx: &mut Context<'_>, now: Instant) {
        if let Some(ending) = &mut self.ending {
            if !ending.told && (now >= ending.at || ending.deadline.poll_passed(cx).is_ready()) {
                ending.told = true;
                self.shared.machine().drain();
            }
            return;
        }
        let ends = self.worker.server.is_draining() || self.caller.place.get().is_none() || self.requests >= self.most;
        if !ends {
            return self.worker.open.wake_at_drain(self.caller.counted.number, cx);
        }
        let (at, mut deadline) = (now + LAST_CALL, self.worker.host.deadline());
        deadline.set(at);
        let _ = deadline.poll_passed(cx);
        self.ending = Some(Ending { at, deadline, told: false });
        self.shared.machine().drain();
    }

    fn on_event(&mut self, cx: &mut Context<'_>, event: Event) {
        match event {
            Event::Request { stream, end, length } => {
                self.requests += 1;
                let handle = StreamHandle::new(self.shared.clone(), stream);
                self.begin(cx, Box::pin(on_stream(self.worker.clone(), self.caller.clone(), handle, Opened { end, length })));
            }
            Event::Malformed { stream, rule } => {
                self.requests += 1;
                let stream = Channel::Stream(StreamHandle::new(self.shared.clone(), stream));
                refused_on_stream(&self.worker, &self.caller, stream, rule.status(), rule.sentence());
            }
            _ => {}
        }
    }

    /// Runs an exchange as far as it goes. One that can be answered at once is over then; any other goes on as a task of its own.
    fn begin(&self, cx: &mut Context<'_>, mut exchange: Task) {
        if exchange.as_mut().poll(cx) == Poll::Pending {
            self.worker.host.start(exchange);
        }
    }
}
