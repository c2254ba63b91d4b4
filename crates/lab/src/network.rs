//! The network between the virtual hosts: it moves parcels through pipes and answers what arrives, as TCP would from far away: in order,
//! nothing lost, with the handshake's round trips, a bounded window and resets.
//!
//! A connection costs its three ways: the client may write after one round trip, the server accepts half a round trip later, and what the
//! client wrote at once is there with it.

use crate::clock::Clock;
use crate::connection::{Connection, End, Parcel, Phase, Pipe, Side, Travelling};
use crate::datagrams::Datagrams;
use crate::link::{Links, Reach};
use crate::listener::Waiting;
use crate::names::Table;
use crate::trace::Trace;
use decide::time::{Duration, Instant};
use host::Endpoint;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) type HostId = usize;
pub(crate) type ConnectionId = u64;
pub(crate) type ListenerId = u64;
/// Time, and a number that orders what happens at the same time.
pub(crate) type EventKey = (Instant, u64);

/// How often a request for a connection is sent again: after 1, 3, 7, 15, 31 and 63 seconds (RFC 6298 §5.5, with Linux' six retries).
const RETRIES: u32 = 6;
/// EMFILE.
const TOO_MANY_OPEN_FILES: i32 = 24;

/// The network, as hosts, streams and handles share it. Streams may be handed between threads, so it is behind a lock.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Network>>);

impl Shared {
    pub(crate) fn new(network: Network) -> Shared {
        Shared(Arc::new(Mutex::new(network)))
    }

    /// A panic elsewhere must be reported, not be followed by others about the lock.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Network> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Network {
    pub(crate) clock: Arc<Clock>,
    pub(crate) links: Links,
    pub(crate) names: Table,
    pub(crate) trace: Trace,
    pub(crate) listeners: BTreeMap<ListenerId, Waiting>,
    /// How many listeners there have been.
    pub(crate) listened: ListenerId,
    pub(crate) nodes: Vec<Node>,
    connections: BTreeMap<ConnectionId, Connection>,
    pub(crate) datagrams: Datagrams,
    /// How many connections there have been.
    connected: ConnectionId,
    events: BTreeMap<EventKey, Event>,
    caused: u64,
    happened: u64,
}

/// A host, as far as the network knows it.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) addresses: Vec<IpAddr>,
    /// For listening on port 0, and for connecting.
    pub(crate) next_listening_port: u16,
    next_port: u16,
    /// How many sockets its programs hold, and may hold.
    open: usize,
    pub(crate) descriptors: usize,
}

impl Node {
    /// Counts a socket that a program opens.
    pub(crate) fn open_descriptor(&mut self) -> io::Result<()> {
        if self.open >= self.descriptors {
            return Err(io::Error::from_raw_os_error(TOO_MANY_OPEN_FILES));
        }
        self.open += 1;
        Ok(())
    }

    pub(crate) fn close_descriptor(&mut self) {
        self.open -= 1;
    }

    pub(crate) fn open_descriptors(&self) -> usize {
        self.open
    }
}

#[derive(Clone, Copy)]
enum Event {
    /// The first parcel of the pipe that begins at a side.
    Arrival(ConnectionId, Side),
    /// The client's request had no answer.
    Retry(ConnectionId),
    /// A datagram.
    Datagram(u64),
}

impl Network {
    pub(crate) fn new(seed: u64, clock: Arc<Clock>) -> Network {
        Network {
            clock,
            links: Links::new(seed),
            names: Table::default(),
            trace: Trace::default(),
            listeners: BTreeMap::new(),
            listened: 0,
            nodes: Vec::new(),
            connections: BTreeMap::new(),
            datagrams: Datagrams::default(),
            connected: 0,
            events: BTreeMap::new(),
            caused: 0,
            happened: 0,
        }
    }

    pub(crate) fn add_host(&mut self, name: &str, addresses: &[IpAddr]) -> HostId {
        assert!(self.nodes.iter().all(|node| node.name != name), "{name}: two hosts of this name");
        for address in addresses {
            assert!(self.host_of(*address).is_none(), "{address}: two hosts of this address");
        }
        self.links.add_host(name);
        self.nodes.push(Node {
            name: name.to_string(),
            addresses: addresses.to_vec(),
            next_listening_port: 49152,
            next_port: 32768,
            open: 0,
            descriptors: usize::MAX,
        });
        self.nodes.len() - 1
    }

    /// A line of the trace.
    pub(crate) fn note(&mut self, what: fmt::Arguments<'_>) {
        self.trace.line(self.clock.now(), what);
    }

    /// When something happens next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }

    /// How many events have happened.
    pub(crate) fn happened(&self) -> u64 {
        self.happened
    }

    /// How many connections somebody holds an end of, or has something on its way.
    pub(crate) fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Lets the next event happen; the clock has come to it.
    pub(crate) fn happen(&mut self) {
        let Some((_, event)) = self.events.pop_first() else { return };
        self.happened += 1;
        match event {
            Event::Arrival(id, from) => self.arrive(id, from),
            Event::Retry(id) => self.retry(id),
            Event::Datagram(number) => self.datagram_arrives(number),
        }
    }

    pub(crate) fn connection(&mut self, id: ConnectionId) -> &mut Connection {
        self.connections.get_mut(&id).expect("a connection lasts while an end is held or something travels")
    }

    pub(crate) fn end(&mut self, id: ConnectionId, side: Side) -> &mut End {
        self.connection(id).end(side)
    }

    /// Sends the first request of a new connection.
    pub(crate) fn connect(&mut self, host: HostId, to: &Endpoint) -> io::Result<ConnectionId> {
        let (far, from) = self.route(host, to)?;
        self.nodes[host].open_descriptor()?;
        self.connected += 1;
        let id = self.connected;
        let now = self.clock.now();
        self.trace.line(self.clock.now(), format_args!("c{id} {}>{} {from} to {to}", self.nodes[host].name, self.nodes[far].name));
        let client = End::new(host, Phase::Asking, self.links.direction(host, far).window);
        let server = End::new(far, Phase::Unborn, self.links.direction(far, host).window);
        let pipe = |frozen: bool| Pipe { frozen: frozen.then_some(now), ..Pipe::default() };
        let pipes = [pipe(self.links.reach(host, far) >= Reach::Stall), pipe(self.links.reach(far, host) >= Reach::Stall)];
        let (ends, to) = ([client, server], to.clone());
        let connection = Connection { from, to, ends, pipes, listener: None, began: now, retry: None, retries: 0 };
        self.connections.insert(id, connection);
        self.ask(id);
        Ok(id)
    }

    /// The host of an endpoint as seen from `host`, and the near end's address.
    fn route(&mut self, host: HostId, to: &Endpoint) -> io::Result<(HostId, Endpoint)> {
        let Endpoint::Ip(to) = to else { return Ok((host, Endpoint::Unix(String::new()))) };
        let far = if to.ip().is_loopback() { host } else { self.host_of(to.ip()).ok_or(io::ErrorKind::HostUnreachable)? };
        let node = &mut self.nodes[host];
        let own = |address: &&IpAddr| address.is_ipv4() == to.is_ipv4();
        let ip = if far == host { to.ip() } else { *node.addresses.iter().find(own).ok_or(io::ErrorKind::NetworkUnreachable)? };
        let port = node.next_port;
        node.next_port = if port == 60999 { 32768 } else { port + 1 };
        Ok((far, Endpoint::Ip(SocketAddr::new(ip, port))))
    }

    pub(crate) fn host_of(&self, address: IpAddr) -> Option<HostId> {
        self.nodes.iter().position(|node| node.addresses.contains(&address))
    }

    /// Sends a request for a connection, and sets when to do so again.
    fn ask(&mut self, id: ConnectionId) {
        let (from, to) = self.connection(id).way(Side::Client);
        let lost = self.links.reach(from, to) == Reach::Blackhole;
        if lost {
            self.note(format_args!("c{id}> syn lost"));
        } else {
            self.send(id, Side::Client, Parcel::Syn);
        }
        let connection = self.connection(id);
        let again = connection.began + Duration::from_secs((2 << connection.retries) - 1);
        let key = self.plan(again, Event::Retry(id));
        self.connection(id).retry = Some(key);
    }

    fn retry(&mut self, id: ConnectionId) {
        let connection = self.connection(id);
        connection.retry = None;
        if connection.retries == RETRIES {
            connection.end(Side::Client).die(io::ErrorKind::TimedOut);
            self.note(format_args!("c{id} timed out"));
            return;
        }
        connection.retries += 1;
        self.ask(id);
    }

    fn plan(&mut self, at: Instant, event: Event) -> EventKey {
        self.caused += 1;
        let key = (at, self.caused);
        self.events.insert(key, event);
        key
    }

    /// Makes a datagram arrive at its time.
    pub(crate) fn plan_datagram(&mut self, at: Instant, number: u64) {
        self.plan(at, Event::Datagram(number));
    }

    /// Puts a parcel on its way from `side`.
    pub(crate) fn send(&mut self, id: ConnectionId, side: Side, parcel: Parcel) {
        let now = self.clock.now();
        let (from, to) = self.connection(id).way(side);
        let arrival = self.links.direction(from, to).arrival(now, parcel.len());
        let pipe = self.connection(id).pipe(side);
        let due = arrival.max(pipe.last_due);
        pipe.last_due = due;
        match (&parcel, pipe.travelling.back_mut()) {
            (Parcel::Credit(more), Some(Travelling { parcel: Parcel::Credit(credit), due: with, .. })) if *with == due => *credit += more,
            _ => pipe.travelling.push_back(Travelling { sent: now, due, parcel }),
        }
        self.schedule(id, side);
    }

    /// Makes the first parcel of a pipe arrive at its time.
    fn schedule(&mut self, id: ConnectionId, from: Side) {
        let pipe = self.connection(id).pipe(from);
        if pipe.event.is_some() || pipe.frozen.is_some() {
            return;
        }
        let Some(due) = pipe.travelling.front().map(|first| first.due) else { return };
        let key = self.plan(due, Event::Arrival(id, from));
        self.connection(id).pipe(from).event = Some(key);
    }

    fn arrive(&mut self, id: ConnectionId, from: Side) {
        let pipe = self.connection(id).pipe(from);
        pipe.event = None;
        let parcel = pipe.travelling.pop_front().expect("an arrival has a parcel").parcel;
        self.schedule(id, from);
        let arrow = if from == Side::Client { '>' } else { '<' };
        self.note(format_args!("c{id}{arrow} {parcel}"));
        self.deliver(id, from.other(), parcel);
        self.reap(id);
    }

    fn deliver(&mut self, id: ConnectionId, side: Side, parcel: Parcel) {
        let end = self.end(id, side);
        match parcel {
            Parcel::Syn => self.asked(id),
            Parcel::SynAck => self.answered(id),
            Parcel::Ack => self.confirmed(id),
            Parcel::Data(bytes) if end.phase != Phase::Dead => {
                if end.held {
                    end.received.extend(bytes);
                    end.reader.take().into_iter().for_each(std::task::Waker::wake);
                } else {
                    // Nobody will read it, and the far end should know.
                    end.phase = Phase::Dead;
                    self.send(id, side, Parcel::Reset);
                }
            }
            Parcel::Data(_) => {}
            Parcel::Credit(bytes) => {
                end.room += bytes;
                end.writer.take().into_iter().for_each(std::task::Waker::wake);
            }
            Parcel::Fin => {
                end.ended = true;
                end.reader.take().into_iter().for_each(std::task::Waker::wake);
            }
            Parcel::Reset => self.reset_came(id, side),
        }
    }

    /// A request for a connection came to the server's machine.
    fn asked(&mut self, id: ConnectionId) {
        let connection = self.connection(id);
        if connection.end(Side::Server).phase != Phase::Unborn {
            return;
        }
        let (client, server) = connection.way(Side::Client);
        let to = connection.to.clone();
        let refuses = self.links.reach(client, server) == Reach::Refuse;
        let candidates: Vec<ListenerId> =
            self.listeners.iter().filter(|(_, waiting)| waiting.takes(server, &to)).map(|(listener, _)| *listener).collect();
        if refuses || candidates.is_empty() {
            return self.send(id, Side::Server, Parcel::Reset);
        }
        // Several listeners of one address (a program's threads) share the connections.
        let listener = candidates[usize::try_from(id).expect("64 bits") % candidates.len()];
        let waiting = self.listeners.get_mut(&listener).expect("just found");
        if waiting.half_open + waiting.complete.len() >= waiting.backlog {
            return self.note(format_args!("c{id}> backlog full"));
        }
        waiting.half_open += 1;
        let connection = self.connection(id);
        connection.listener = Some(listener);
        let end = connection.end(Side::Server);
        end.phase = Phase::HalfOpen;
        end.held = true;
        self.send(id, Side::Server, Parcel::SynAck);
    }

    /// The server's answer came to the client's machine.
    fn answered(&mut self, id: ConnectionId) {
        self.no_more_retries(id);
        let end = self.end(id, Side::Client);
        if end.phase == Phase::Asking {
            end.phase = Phase::Open;
            end.wake();
            self.send(id, Side::Client, Parcel::Ack);
        } else {
            self.send(id, Side::Client, Parcel::Reset);
        }
    }

    /// The client's confirmation came to the server's machine.
    fn confirmed(&mut self, id: ConnectionId) {
        let connection = self.connection(id);
        if connection.end(Side::Server).phase != Phase::HalfOpen {
            return;
        }
        connection.end(Side::Server).phase = Phase::Open;
        let listener = connection.listener.expect("a half-open connection has a listener");
        let waiting = self.listeners.get_mut(&listener).expect("a listener takes its connections along");
        waiting.half_open -= 1;
        waiting.complete.push_back(id);
        waiting.acceptor.take().into_iter().for_each(std::task::Waker::wake);
    }

    fn reset_came(&mut self, id: ConnectionId, side: Side) {
        let end = self.end(id, side);
        match end.phase {
            Phase::Asking => {
                end.die(io::ErrorKind::ConnectionRefused);
                self.no_more_retries(id);
            }
            Phase::HalfOpen => {
                self.leave_listener(id);
                self.end(id, side).phase = Phase::Dead;
            }
            Phase::Open => end.die(if end.ended { io::ErrorKind::BrokenPipe } else { io::ErrorKind::ConnectionReset }),
            Phase::Unborn | Phase::Dead => {}
        }
    }

    /// The program lets go of an end.
    pub(crate) fn close(&mut self, id: ConnectionId, side: Side) {
        let end = self.end(id, side);
        end.held = false;
        (end.reader, end.writer) = (None, None);
        let unread = !std::mem::take(&mut end.received).is_empty();
        match end.phase {
            Phase::Asking => {
                end.phase = Phase::Dead;
                self.no_more_retries(id);
            }
            // RFC 1122 §4.2.2.13: what was not read is lost, and the far end is told so.
            Phase::Open if unread => {
                end.phase = Phase::Dead;
                self.send(id, side, Parcel::Reset);
            }
            Phase::Open if !end.shut => {
                end.shut = true;
                self.send(id, side, Parcel::Fin);
            }
            _ => {}
        }
        self.reap(id);
    }

    /// Resets a connection from one end; `error` is what a program that still holds this end is told.
    pub(crate) fn abort(&mut self, id: ConnectionId, side: Side, error: io::ErrorKind) {
        let end = self.end(id, side);
        match end.phase {
            Phase::Unborn | Phase::Dead => return,
            Phase::Asking => self.no_more_retries(id),
            Phase::HalfOpen => self.leave_listener(id),
            Phase::Open if side == Side::Server => self.leave_listener(id),
            Phase::Open => {}
        }
        let end = self.end(id, side);
        end.received.clear();
        end.die(error);
        self.send(id, side, Parcel::Reset);
    }

    /// Takes a connection that was not accepted yet out of its listener.
    fn leave_listener(&mut self, id: ConnectionId) {
        let connection = self.connection(id);
        let Some(listener) = connection.listener.take() else { return };
        let half_open = connection.end(Side::Server).phase == Phase::HalfOpen;
        connection.end(Side::Server).held = false;
        let Some(waiting) = self.listeners.get_mut(&listener) else { return };
        if half_open {
            waiting.half_open -= 1;
        } else {
            waiting.complete.retain(|waits| *waits != id);
        }
    }

    fn no_more_retries(&mut self, id: ConnectionId) {
        if let Some(key) = self.connection(id).retry.take() {
            self.events.remove(&key);
        }
    }

    /// Forgets a connection that nobody will ask about any more.
    fn reap(&mut self, id: ConnectionId) {
        if self.connections.get(&id).is_some_and(Connection::is_over) {
            self.connections.remove(&id);
        }
    }

    /// Stops listening: what was not accepted is reset.
    pub(crate) fn unlisten(&mut self, listener: ListenerId) {
        let Some(waiting) = self.listeners.get(&listener) else { return };
        let (host, at) = (waiting.host, waiting.at.clone());
        self.trace.line(self.clock.now(), format_args!("{} no longer listens at {at}", self.nodes[host].name));
        let waits = |connection: &Connection| connection.listener == Some(listener);
        let ids: Vec<_> = self.connections.iter().filter(|(_, connection)| waits(connection)).map(|(id, _)| *id).collect();
        for id in ids {
            self.abort(id, Side::Server, io::ErrorKind::ConnectionAborted);
            self.reap(id);
        }
        if let Some(waker) = self.listeners.remove(&listener).and_then(|waiting| waiting.acceptor) {
            waker.wake();
        }
    }

    /// Resets everything a host has.
    pub(crate) fn kill(&mut self, host: HostId) {
        self.trace.line(self.clock.now(), format_args!("{} killed", self.nodes[host].name));
        let listeners: Vec<_> = self.listeners.iter().filter(|(_, waiting)| waiting.host == host).map(|(id, _)| *id).collect();
        listeners.into_iter().for_each(|listener| self.unlisten(listener));
        self.each(|network, id| {
            for side in Side::BOTH {
                if network.end(id, side).host == host {
                    network.abort(id, side, io::ErrorKind::ConnectionAborted);
                }
            }
        });
    }

    /// Resets the connections whose way from client to server, or back, is a chosen one, at both ends.
    pub(crate) fn cut(&mut self, chosen: impl Fn(HostId, HostId) -> bool) {
        self.each(|network, id| {
            let (client, server) = network.connection(id).way(Side::Client);
            if !chosen(client, server) && !chosen(server, client) {
                return;
            }
            for side in Side::BOTH {
                let pipe = network.connection(id).pipe(side);
                pipe.travelling.clear();
                pipe.last_due = Instant::ZERO;
                if let Some(key) = pipe.event.take() {
                    network.events.remove(&key);
                }
                let end = network.end(id, side);
                match end.phase {
                    Phase::Open => end.die(io::ErrorKind::ConnectionReset),
                    Phase::HalfOpen => {
                        network.leave_listener(id);
                        network.end(id, side).phase = Phase::Unborn;
                    }
                    // Its request is lost; it asks again.
                    Phase::Asking | Phase::Unborn | Phase::Dead => {}
                }
            }
            network.note(format_args!("c{id} cut"));
        });
    }

    /// Freezes and thaws pipes as links and hosts now are.
    pub(crate) fn settle(&mut self) {
        let now = self.clock.now();
        self.each(|network, id| {
            for side in Side::BOTH {
                let (from, to) = network.connection(id).way(side);
                let stalled = network.links.reach(from, to) >= Reach::Stall;
                let pipe = network.connection(id).pipe(side);
                if stalled && pipe.frozen.is_none() {
                    pipe.frozen = Some(now);
                    if let Some(key) = pipe.event.take() {
                        network.events.remove(&key);
                    }
                } else if !stalled {
                    pipe.thaw(now);
                    network.schedule(id, side);
                }
            }
        });
    }

    /// Does something to every connection, in the order they were opened.
    fn each(&mut self, mut act: impl FnMut(&mut Network, ConnectionId)) {
        let ids: Vec<_> = self.connections.keys().copied().collect();
        for id in ids {
            act(self, id);
            self.reap(id);
        }
    }
}
