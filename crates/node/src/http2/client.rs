//! Connections to backends that carry many requests at once. Those of one thread share them.

use super::pump::{Patience, Pump};
use super::shared::{RequestLine, Shared, StreamHandle};
use crate::buffer::Buffer;
use crate::pool::Pool;
use crate::proxy::wire_limits;
use crate::server::Worker;
use crate::signal::Signal;
use crate::transport::Transport;
use host::Host;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use wire::http::{FieldWriter, Known, RequestHead, ResponseHead};
use wire::http2::{Config, Connection, Role};

/// The connections of one thread, by pool and backend.
#[derive(Default)]
pub(crate) struct Multiplexed(RefCell<BTreeMap<(usize, usize), Rc<Group>>>);

/// The connections to one backend.
#[derive(Default)]
pub(crate) struct Group {
    connections: RefCell<Vec<Rc<Shared>>>,
    /// One is being opened, or its server has not said yet how many requests it takes: those that come meanwhile wait for it rather than
    /// open more.
    opening: Cell<bool>,
    opened: Signal,
}

impl Multiplexed {
    /// The connections to a backend.
    pub(crate) fn group(&self, pool: &Arc<Pool>, backend: usize) -> Rc<Group> {
        let mut groups = self.0.borrow_mut();
        if let Some(group) = groups.get(&key(pool, backend)) {
            return group.clone();
        }
        // Groups whose connections all failed have nobody else to take them out.
        groups.retain(|_, group| Rc::strong_count(group) > 1 || !group.connections.borrow().is_empty());
        groups.entry(key(pool, backend)).or_default().clone()
    }

    fn forget(&self, pool: &Arc<Pool>, backend: usize, connection: &Rc<Shared>) {
        let mut groups = self.0.borrow_mut();
        let Some(group) = groups.get(&key(pool, backend)) else { return };
        let mut connections = group.connections.borrow_mut();
        connections.retain(|known| !Rc::ptr_eq(known, connection));
        let empty = connections.is_empty() && !group.opening.get();
        drop(connections);
        if empty {
            groups.remove(&key(pool, backend));
        }
    }
}

/// A pool that a reload has replaced is another pool: its connections end when they idle. As long as one of them is known here, its task
/// holds the pool, so that no other can have its place in memory.
fn key(pool: &Arc<Pool>, backend: usize) -> (usize, usize) {
    (Arc::as_ptr(pool) as usize, backend)
}

impl Group {
    /// A new stream on a connection that is known to have room for it.
    pub(crate) fn stream(&self) -> Option<StreamHandle> {
        let connections = self.connections.borrow();
        connections.iter().find_map(|shared| {
            let mut machine = shared.machine();
            // What is opened beyond a limit that is still under way would be refused.
            let id = if machine.knows_peer() { machine.open() } else { None }?;
            drop(machine);
            Some(StreamHandle::new(shared.clone(), id))
        })
    }

    /// The right to open a connection; `None` while another request has it.
    pub(crate) fn opening(self: &Rc<Self>) -> Option<Opening> {
        (!self.opening.replace(true)).then(|| Opening(self.clone()))
    }

    /// Changes when a connection was opened, or could not be.
    pub(crate) fn opened(&self) -> &Signal {
        &self.opened
    }
}

/// The right to open a connection, for as long as it is held.
pub(crate) struct Opening(Rc<Group>);

impl Opening {
    /// The connection is there. Its first stream, which every server takes.
    pub(crate) fn done(self, worker: &Rc<Worker>, pool: &Arc<Pool>, backend: usize, transport: Transport) -> StreamHandle {
        let snapshot = worker.snapshot();
        let limits = &snapshot.config.limits;
        let machine = Connection::new(Role::Client, super::config(limits, wire_limits(limits)));
        // An answer to "are you there" is not to wait for megabytes in the kernel.
        transport.limit_unsent(super::UNSENT_BYTES);
        let shared = Shared::new(machine);
        let first = shared.machine().open().expect("a new connection has room");
        let first = StreamHandle::new(shared.clone(), first);
        self.0.connections.borrow_mut().push(shared.clone());
        worker.host.spawn(attend(worker.clone(), pool.clone(), backend, shared, transport, self));
        first
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.opening.set(false);
        self.0.opened.raise();
    }
}

/// Pumps a connection until it is over. It counts as being opened until its server has said how many streams it takes.
async fn attend(worker: Rc<Worker>, pool: Arc<Pool>, backend: usize, shared: Rc<Shared>, transport: Transport, opening: Opening) {
    let input = Buffer::new(&worker.buffers);
    let mut pump = Pump::new(shared.clone(), transport, input, patience(&pool), worker.host.deadline(), worker.host.now());
    let mut opening = Some(opening);
    poll_fn(|cx| {
        let over = pump.poll(cx, worker.host.now(), &mut |_, _| {});
        if over.is_ready() || shared.machine().knows_peer() {
            opening = None;
        }
        over
    })
    .await;
    worker.multiplexed.forget(&pool, backend, &shared);
}

/// One request on a connection of its own, which ends with it: the status of the final answer, and at most `most` bytes of its body.
pub(crate) async fn ask_once(
    worker: &Rc<Worker>,
    pool: &Arc<Pool>,
    transport: Transport,
    asked: &Asked<'_>,
    most: usize,
) -> Result<(u16, Vec<u8>), &'static str> {
    let snapshot = worker.snapshot();
    let limits = &snapshot.config.limits;
    let config = super::config(limits, wire_limits(limits));
    let lone = Lone::new(&worker.host, Buffer::new(&worker.buffers), transport, config, patience(pool));
    let mut stream = lone.stream().ok_or("the connection takes no request")?;
    let line = RequestLine { target: asked.target, authority: asked.authority, scheme: asked.scheme };
    stream.request(&RequestHead::default(), &line, true, |block| block.known(Known::UserAgent, asked.agent));
    let mut head = ResponseHead::default();
    while head.status < 200 {
        poll_fn(|cx| stream.poll_response(cx, &mut head)).await.map_err(|_| "the connection broke off")?;
    }
    let mut body = vec![0; most];
    let mut have = 0;
    while have < most {
        match poll_fn(|cx| stream.poll_read(cx, &mut body[have..])).await.map_err(|_| "the answer's body broke off")? {
            0 => break,
            n => have += n,
        }
    }
    body.truncate(have);
    Ok((head.status, body))
}

/// What a single request asks for.
pub(crate) struct Asked<'a> {
    pub(crate) target: &'a [u8],
    pub(crate) authority: &'a [u8],
    pub(crate) scheme: &'a [u8],
    pub(crate) agent: &'a [u8],
}

/// A connection that belongs to nobody else, and ends when this is dropped.
pub(crate) struct Lone {
    shared: Rc<Shared>,
    /// Changes when the connection is over.
    over: Rc<Signal>,
}

impl Lone {
    /// Begins to speak HTTP/2 on a transport; a task of this thread pumps it.
    pub(crate) fn new(host: &Host, input: Buffer, transport: Transport, config: Config, patience: Patience) -> Lone {
        let shared = Shared::new(Connection::new(Role::Client, config));
        let mut pump = Pump::new(shared.clone(), transport, input, patience, host.deadline(), host.now());
        let (clock, over) = (host.clone(), Rc::new(Signal::default()));
        let ended = over.clone();
        host.spawn(async move {
            poll_fn(|cx| pump.poll(cx, clock.now(), &mut |_, _| {})).await;
            drop(pump);
            ended.raise();
        });
        Lone { shared, over }
    }

    /// A new stream, if the connection has room for one.
    pub(crate) fn stream(&self) -> Option<StreamHandle> {
        let id = self.shared.machine().open()?;
        Some(StreamHandle::new(self.shared.clone(), id))
    }

    /// Whether another stream could be opened.
    pub(crate) fn takes_another(&self) -> bool {
        self.shared.machine().may_open()
    }

    /// Ends it, and waits until its transport is closed.
    pub(crate) async fn end(self) {
        let over = self.over.clone();
        drop(self);
        over.after(0).await;
    }
}

impl Drop for Lone {
    fn drop(&mut self) {
        // Nothing of the far end's is under way that a first warning could save.
        self.shared.machine().drain();
        self.shared.machine().drain();
        self.shared.wake_pump();
    }
}

fn patience(pool: &Pool) -> Patience {
    let config = &pool.config;
    Patience {
        send: config.transfer_timeout,
        head: config.response_timeout,
        idle: config.keep_alive,
        least_rate: 0,
        // So that a connection which leads nowhere is over when the first request on it has waited in vain.
        silence: Some(config.response_timeout / 2),
    }
}
