//! Frames written by hand and read naively, so that the machine is not judged by its own codec.

use std::time::Duration;
use wire::http::{Fields, RequestHead};
use wire::http1::Limits;
use wire::http2::{Config, Connection, ConnectionError, Event, Role};

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const PRIORITY_UPDATE: u8 = 16;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;
pub(crate) const WITH_PRIORITY: u8 = 0x20;
/// A whole request or response in one frame.
pub(crate) const WHOLE: u8 = END_STREAM | END_HEADERS;

/// Small, so that a case at a limit is short.
pub(crate) const CONFIG: Config = Config {
    header_table_bytes: 4096,
    max_streams: 4,
    stream_window: 65_535,
    connection_window: 65_535,
    max_frame_bytes: 16_384,
    limits: Limits { target_bytes: 100, head_bytes: 16_384, fields: 32 },
    connect_protocol: true,
    output_bytes: 65_536,
};

/// One frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32).to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header block that leaves the table alone.
pub(crate) fn block(lines: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in lines {
        // RFC 7541 §6.2.2
        out.push(0);
        for text in [name, value] {
            match text.len() {
                len @ ..127 => out.push(len as u8),
                mut len => {
                    out.push(127);
                    len -= 127;
                    while len >= 128 {
                        out.push((len % 128) as u8 | 128);
                        len /= 128;
                    }
                    out.push(len as u8);
                }
            }
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

pub(crate) const GET: [(&str, &str); 4] = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")];
pub(crate) const POST: [(&str, &str); 4] = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "a")];

/// A request in one frame.
pub(crate) fn request(flags: u8, stream: u32, lines: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, flags, stream, &block(lines))
}

pub(crate) fn settings(values: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> = values.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
    frame(SETTINGS, 0, 0, &payload)
}

pub(crate) fn window_update(stream: u32, increment: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &increment.to_be_bytes())
}

pub(crate) fn rst_stream(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

/// A frame as read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Seen {
    /// The four bytes at `at`, as a number.
    pub(crate) fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.payload[at..at + 4].try_into().expect("four bytes"))
    }
}

/// Takes bytes apart into frames; what is left over must be none.
pub(crate) fn read_frames(mut bytes: &[u8]) -> Vec<Seen> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let len = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]) as usize;
        let stream = u32::from_be_bytes(bytes[5..9].try_into().expect("four bytes"));
        frames.push(Seen { kind: bytes[3], flags: bytes[4], stream, payload: bytes[9..9 + len].to_vec() });
        bytes = &bytes[9 + len..];
    }
    frames
}

/// A machine whose other side is the test.
pub(crate) struct Machine {
    pub(crate) connection: Connection,
    pub(crate) now: Duration,
    /// Everything it said.
    pub(crate) said: Vec<Seen>,
    pub(crate) events: Vec<Event>,
}

impl Machine {
    /// A server that has our preface and settings.
    pub(crate) fn server(config: Config) -> Machine {
        let mut machine = Machine::silent(Role::Server, config);
        machine.hear(PREFACE).expect("the preface");
        machine.greet();
        machine
    }

    /// A client that has our settings.
    pub(crate) fn client(config: Config) -> Machine {
        let mut machine = Machine::silent(Role::Client, config);
        machine.greet();
        machine
    }

    /// A machine that has heard nothing.
    pub(crate) fn silent(role: Role, config: Config) -> Machine {
        Machine { connection: Connection::new(role, config), now: Duration::ZERO, said: Vec::new(), events: Vec::new() }
    }

    fn greet(&mut self) {
        self.hear(&settings(&[])).expect("settings");
        self.hear(&frame(SETTINGS, ACK, 0, b"")).expect("an acknowledgement");
        self.listen();
        self.said.clear();
        self.events.clear();
    }

    /// Gives it bytes, all of which it must take in.
    pub(crate) fn hear(&mut self, bytes: &[u8]) -> Result<(), ConnectionError> {
        let mut at = 0;
        while at < bytes.len() {
            let (n, event) = self.connection.receive(&bytes[at..], self.now)?;
            at += n;
            self.events.extend(event);
            if n == 0 && event.is_none() {
                assert!(self.connection.output_blocked(), "{} bytes are left over", bytes.len() - at);
                self.listen();
            }
        }
        self.events.extend(std::iter::from_fn(|| self.connection.poll_event()));
        Ok(())
    }

    /// Takes what it says.
    pub(crate) fn listen(&mut self) {
        let mut output = self.connection.output();
        if self.said.is_empty() {
            output = output.strip_prefix(PREFACE).unwrap_or(output);
        }
        self.said.extend(read_frames(output));
        let len = self.connection.output().len();
        self.connection.sent(len);
    }

    /// What it has said since the last call.
    pub(crate) fn take_said(&mut self) -> Vec<Seen> {
        self.listen();
        std::mem::take(&mut self.said)
    }

    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Answers a request as the simplest of servers would, with a body if there is one.
    pub(crate) fn answer(&mut self, stream: u32, body: &[u8]) {
        let mut head = RequestHead::default();
        self.connection.take_request(&mut head);
        self.connection.begin_response(stream, 200).end(body.is_empty());
        if !body.is_empty() {
            let _ = self.connection.write(stream, body);
            self.connection.finish(stream, &Fields::new());
        }
        self.connection.let_go(stream);
    }
}
