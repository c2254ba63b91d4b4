//! Two machines, a client and a server, joined by pipes that tear at random places: whatever is exchanged arrives whole and in order, or
//! its failure is told.

use crate::frames::CONFIG;
use crate::mutation::{Random, repeat};
use std::collections::BTreeMap;
use std::time::Duration;
use wire::http::{FieldWriter, Fields, Method, RequestHead, ResponseHead};
use wire::http2::{Config, Connection, ErrorCode, Event, Read, Reason, Role, StreamId, Write};

/// One side's message, as it is to be sent or as it has come.
#[derive(Clone, Debug, Default, PartialEq)]
struct Message {
    fields: Fields,
    body: Vec<u8>,
    trailers: Fields,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Exchange {
    method: Method,
    path: Vec<u8>,
    request: Message,
    /// Interim ones, and the final one.
    statuses: Vec<u16>,
    response: Message,
    /// The client lets go after so many steps of its own; the server resets after so many.
    breaks: (Option<usize>, Option<usize>),
}

impl Exchange {
    fn is_broken(&self) -> bool {
        self.breaks != (None, None)
    }
}

fn some_fields(random: &mut Random, most: usize) -> Fields {
    let mut fields = Fields::new();
    for _ in 0..random.below(most + 1) {
        let name = random.pick(&["x-a", "x-b", "accept", "via", "vary", "x-long-name-of-a-field", "content-type", "etag"]);
        let most = [5, 100][random.below(20) / 19];
        let value = "0123456789 value".repeat(random.below(most));
        fields.push(name.as_bytes(), value.trim().as_bytes());
    }
    fields
}

fn some_message(random: &mut Random, number: usize) -> Message {
    let most = [1, 1, 50, 3000, 70_000][random.below(5)];
    let len = random.below(most);
    let body = (0..len).map(|at| (at * 7 + number) as u8).collect();
    let trailers = if random.below(3) == 0 { some_fields(random, 3) } else { Fields::new() };
    Message { fields: some_fields(random, 6), body, trailers }
}

fn some_exchange(random: &mut Random, number: usize) -> Exchange {
    let mut request = some_message(random, number);
    let mut response = some_message(random, number + 1);
    for message in [&mut request, &mut response] {
        if random.below(2) == 0 {
            message.fields.push(b"content-length", message.body.len().to_string().as_bytes());
        }
    }
    let mut statuses = vec![103; random.below(3)];
    statuses.push([200, 200, 404, 503][random.below(4)]);
    let mut breaks = (None, None);
    match random.below(8) {
        0 => breaks.0 = Some(random.below(12)),
        1 => breaks.1 = Some(random.below(12)),
        _ => {}
    }
    let method = if random.below(2) == 0 { Method::Get } else { Method::Post };
    Exchange { method, path: format!("/{number}").into_bytes(), request, statuses, response, breaks }
}

/// What a side knows of a stream.
#[derive(Debug, Default)]
struct Part {
    /// Which exchange.
    number: usize,
    steps: usize,
    /// Heads begun; the last one is the final one.
    heads: usize,
    written: usize,
    finished: bool,
    statuses: Vec<u16>,
    got: Message,
    whole: bool,
    failure: Option<Reason>,
}

/// One side: its machine, and what it has on its streams.
struct Side {
    connection: Connection,
    parts: BTreeMap<StreamId, Part>,
    /// Parts that were let go.
    done: Vec<Part>,
    /// Bytes on their way to it.
    pipe: Vec<u8>,
}

impl Side {
    fn new(role: Role, config: Config) -> Side {
        Side { connection: Connection::new(role, config), parts: BTreeMap::new(), done: Vec::new(), pipe: Vec::new() }
    }

    /// Takes in some of what has come. True: something happened.
    fn receive(&mut self, random: &mut Random) -> Option<Event> {
        let len = if random.below(3) == 0 { self.pipe.len() } else { random.below(self.pipe.len() + 1).min(1 + random.below(3000)) };
        let (taken, event) = self.connection.receive(&self.pipe[..len], Duration::ZERO).expect("the other side is ours");
        self.pipe.drain(..taken);
        event
    }

    /// Sends on what was written of a body, or its end.
    fn send(&mut self, id: StreamId, message: &Message, random: &mut Random) {
        let part = self.parts.get_mut(&id).expect("a stream of ours");
        if part.finished || part.failure.is_some() {
            return;
        }
        if part.written < message.body.len() {
            let len = 1 + random.below(message.body.len() - part.written);
            match self.connection.write(id, &message.body[part.written..part.written + len]) {
                Write::Accepted(n) => part.written += n,
                Write::Pending => {}
                Write::Failed(reason) => part.failure = Some(reason),
            }
        } else {
            self.connection.finish(id, &message.trailers);
            part.finished = true;
        }
    }

    fn read(&mut self, id: StreamId, random: &mut Random) {
        let part = self.parts.get_mut(&id).expect("a stream of ours");
        let mut into = vec![0; 1 + random.below(5000)];
        match self.connection.read(id, &mut into) {
            Read::Bytes(n) => part.got.body.extend_from_slice(&into[..n]),
            Read::End => {
                part.got.trailers = self.connection.take_trailers(id).unwrap_or(std::mem::take(&mut part.got.trailers));
                part.whole = true;
            }
            Read::Pending => {}
            Read::Failed(reason) => part.failure = Some(reason),
        }
    }

    fn let_go(&mut self, id: StreamId) {
        self.connection.let_go(id);
        self.done.extend(self.parts.remove(&id));
    }

    fn some_stream(&self, random: &mut Random) -> Option<StreamId> {
        self.parts.keys().nth(random.below(self.parts.len())).copied()
    }
}

struct World {
    client: Side,
    server: Side,
    exchanges: Vec<Exchange>,
    /// Exchanges begun.
    begun: usize,
    drained: bool,
}

impl World {
    fn client_step(&mut self, random: &mut Random) {
        if self.begun < self.exchanges.len()
            && random.below(3) == 0
            && let Some(id) = self.client.connection.open()
        {
            let exchange = &self.exchanges[self.begun];
            let head = RequestHead { method: exchange.method.clone(), ..RequestHead::default() };
            let mut writer = self.client.connection.begin_request(id, &head, &exchange.path, b"a.example", b"https");
            exchange.request.fields.iter().for_each(|field| writer.pass(field));
            let whole = exchange.request.body.is_empty() && exchange.request.trailers.is_empty() && random.below(2) == 0;
            writer.end(whole);
            self.client.parts.insert(id, Part { number: self.begun, finished: whole, ..Part::default() });
            self.begun += 1;
        }
        let Some(id) = self.client.some_stream(random) else { return };
        let part = self.client.parts.get_mut(&id).expect("a stream of ours");
        let exchange = &self.exchanges[part.number];
        part.steps += 1;
        if exchange.breaks.0.is_some_and(|steps| part.steps > steps) {
            return self.client.let_go(id);
        }
        let mut head = ResponseHead::default();
        if let Some(meta) = self.client.connection.take_response(id, &mut head) {
            part.statuses.push(head.status);
            part.got.fields = head.fields;
            assert!(!meta.end || meta.length == Some(0));
        }
        self.client.send(id, &exchange.request, random);
        if !self.client.parts[&id].statuses.ends_with(&[103]) || self.client.connection.failure(id).is_some() {
            self.client.read(id, random);
        }
        let part = &self.client.parts[&id];
        if part.whole && (part.finished || part.failure.is_some()) || (part.failure.is_some() && !part.whole) {
            self.client.let_go(id);
        }
    }

    fn server_step(&mut self, random: &mut Random) {
        let Some(id) = self.server.some_stream(random) else { return };
        let part = self.server.parts.get_mut(&id).expect("a stream of ours");
        let exchange = &self.exchanges[part.number];
        part.steps += 1;
        if exchange.breaks.1.is_some_and(|steps| part.steps > steps) {
            self.server.connection.reset(id, ErrorCode::INTERNAL_ERROR);
            return self.server.let_go(id);
        }
        if part.failure.is_some() || self.server.connection.failure(id).is_some() {
            return self.server.let_go(id);
        }
        match part.heads {
            heads if heads < exchange.statuses.len() => {
                if random.below(3) == 0 {
                    let mut writer = self.server.connection.begin_response(id, exchange.statuses[heads]);
                    exchange.response.fields.iter().for_each(|field| writer.pass(field));
                    writer.end(false);
                    part.heads += 1;
                }
            }
            _ => self.server.send(id, &exchange.response, random),
        }
        self.server.read(id, random);
        let part = &self.server.parts[&id];
        if part.finished && part.whole {
            self.server.let_go(id);
        }
    }

    fn server_event(&mut self, event: Event) {
        match event {
            Event::Request { stream, end, length } => {
                let mut head = RequestHead::default();
                self.server.connection.take_request(&mut head);
                let number: usize = std::str::from_utf8(&head.target[1..]).expect("a path of ours").parse().expect("a path of ours");
                assert_eq!((&head.method, &head.authority[..]), (&self.exchanges[number].method, &b"a.example"[..]));
                let told = head.fields.get(wire::http::Known::ContentLength).map(|text| text.to_vec());
                assert_eq!(length.filter(|_| !end).map(|length| length.to_string().into_bytes()), told.filter(|_| !end));
                let got = Message { fields: head.fields, ..Message::default() };
                self.server.parts.insert(stream, Part { number, got, ..Part::default() });
            }
            Event::Malformed { rule, .. } => panic!("{rule:?}"),
            _ => {}
        }
    }

    fn run(&mut self, random: &mut Random) {
        for step in 0.. {
            let over = self.begun == self.exchanges.len() || self.drained;
            if over && self.client.parts.is_empty() && self.server.parts.is_empty() {
                return;
            }
            assert!(step < 3_000_000, "nothing moves any more: {:?} {:?}", self.client.parts, self.server.parts);
            match random.below(8) {
                0 => pump(&mut self.client.connection, &mut self.server.pipe, random),
                1 => pump(&mut self.server.connection, &mut self.client.pipe, random),
                2 => drop(self.client.receive(random)),
                3 => {
                    if let Some(event) = self.server.receive(random) {
                        self.server_event(event);
                    }
                }
                4 | 5 => self.client_step(random),
                6 => self.server_step(random),
                _ => {
                    while self.client.connection.poll_event().is_some() {}
                    while self.server.connection.poll_event().is_some() {}
                    if random.below(20_000) == 0 {
                        self.server.connection.drain();
                        self.drained |= !self.client.connection.may_open();
                    }
                    self.drained |= self.client.connection.is_over();
                }
            }
        }
    }
}

/// Moves some of the output into a pipe.
fn pump(connection: &mut Connection, pipe: &mut Vec<u8>, random: &mut Random) {
    let len = connection.output().len();
    let n = if random.below(2) == 0 { len } else { random.below(len + 1) };
    pipe.extend_from_slice(&connection.output()[..n]);
    connection.sent(n);
    if random.below(4) == 0 {
        connection.release();
    }
}

fn check(world: &World) {
    let mut judged = 0;
    for (side, is_client) in [(&world.client, true), (&world.server, false)] {
        for part in &side.done {
            let exchange = &world.exchanges[part.number];
            let sent = if is_client { &exchange.response } else { &exchange.request };
            judged += 1;
            // A client may open more than the server allows, as long as it does not know.
            if !exchange.is_broken() && part.failure != Some(Reason::Refused) {
                assert!(part.whole && part.finished, "{part:?}");
                assert_eq!(part.got, *sent);
            }
            assert!(sent.body.starts_with(&part.got.body));
            if is_client {
                assert!(exchange.statuses.starts_with(&part.statuses));
            }
        }
    }
    assert!(judged > 0 || world.drained);
}

fn some_config(random: &mut Random) -> Config {
    let window = |random: &mut Random| {
        let most = [100, 5000, 100_000][random.below(3)];
        300 + random.below(most) as u32
    };
    Config {
        max_streams: 1 + random.below(6) as u32,
        stream_window: window(random),
        connection_window: window(random),
        output_bytes: 1 + random.below(40_000),
        header_table_bytes: 4096 + random.below(2) as u32 * 4096,
        max_frame_bytes: 16_384 + random.below(2) as u32 * 5000,
        ..CONFIG
    }
}

#[test]
fn everything_arrives_whole_and_in_order() {
    repeat(60, |random| {
        let exchanges = (0..1 + random.below(12)).map(|number| some_exchange(random, number)).collect();
        let (client, server) = (some_config(random), some_config(random));
        let (client, server) = (Side::new(Role::Client, client), Side::new(Role::Server, server));
        let mut world = World { client, server, exchanges, begun: 0, drained: false };
        world.run(random);
        check(&world);
    });
}
