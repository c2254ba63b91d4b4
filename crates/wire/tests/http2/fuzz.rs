//! Bytes that no peer of ours would send: connections recorded frame by frame, changed at random. Nothing panics, nothing grows without
//! bound, and however the bytes are torn the machine judges them alike. See `fuzz/README.md`.

use crate::frames::*;
use crate::mutation::{Random, run};
use std::time::Duration;
use wire::http::{FieldWriter, Fields, RequestHead, ResponseHead};
use wire::http2::{Config, Connection, ConnectionError, ErrorCode, Event, Read, Role, Write};

/// What is worth putting into a connection.
fn words() -> Vec<Vec<u8>> {
    let mut words = vec![
        request(WHOLE, 1, &GET),
        request(END_HEADERS, 3, &POST),
        request(0, 5, &GET),
        frame(CONTINUATION, END_HEADERS, 5, b""),
        frame(HEADERS, WHOLE | PADDED, 7, &[&[3][..], &block(&GET), &[0; 3]].concat()),
        frame(HEADERS, WHOLE, 1, b"\x88"),
        frame(HEADERS, END_HEADERS, 1, b"\x88"),
        frame(HEADERS, WHOLE, 3, &block(&[("x-trailer", "y")])),
        frame(DATA, 0, 1, b"some data"),
        frame(DATA, END_STREAM, 3, b"the last"),
        frame(DATA, PADDED, 3, b"\x02data\0\0"),
        frame(PING, 0, 0, &[7; 8]),
        frame(GOAWAY, 0, 0, &[0; 8]),
        frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\x03u=1"),
        frame(PRIORITY, 0, 3, &[0, 0, 0, 5, 9]),
        frame(SETTINGS, ACK, 0, b""),
        settings(&[(4, 0)]),
        settings(&[(4, 0x7fff_ffff), (1, 0)]),
        settings(&[(4, 100), (3, 1)]),
        window_update(0, 1000),
        window_update(1, 0x7fff_ffff),
        rst_stream(1, 8),
        rst_stream(3, 7),
    ];
    words.extend([&b"\0"[..], b"\0\0\0", b"\xff", b"\x01", b"\x05", b"\x80", b"\x3f\xe1\x1f", b"\x7f\xff\xff"].map(<[u8]>::to_vec));
    words
}

/// Whole connections of one side.
fn seeds(role: Role) -> Vec<Vec<u8>> {
    let start: &[u8] = if role == Role::Server { PREFACE } else { b"" };
    let words = words();
    let all = |numbers: &[usize]| [start, &settings(&[]), &numbers.iter().flat_map(|at| words[*at].clone()).collect::<Vec<_>>()].concat();
    match role {
        Role::Server => {
            vec![all(&[15, 0, 1, 8, 9, 11, 2, 3, 4]), all(&[1, 10, 19, 7, 20, 21]), all(&[13, 1, 14, 16, 0, 17, 18, 22]), all(&[0, 12])]
        }
        Role::Client => vec![all(&[15, 6, 8, 7, 11]), all(&[5, 13, 19]), all(&[6, 20, 16, 17, 21, 12]), all(&[18, 6, 22])],
    }
}

/// A machine with somebody who uses it in a way that is a function of what it tells.
struct User {
    connection: Connection,
    open: Vec<u32>,
    events: Vec<Event>,
    content: usize,
    error: Option<ConnectionError>,
}

impl User {
    fn new(role: Role) -> User {
        let config = Config { max_streams: 3, stream_window: 5000, ..CONFIG };
        let mut user = User { connection: Connection::new(role, config), open: Vec::new(), events: Vec::new(), content: 0, error: None };
        if role == Role::Client {
            for ends in [true, false] {
                let id = user.connection.open().expect("room");
                user.connection.begin_request(id, &RequestHead::default(), b"/", b"a", b"https").end(ends);
                user.open.push(id);
            }
        }
        user
    }

    /// Takes in what is next of the input; returns how much.
    fn hear(&mut self, input: &[u8]) -> usize {
        if self.error.is_some() {
            return input.len();
        }
        match self.connection.receive(input, Duration::ZERO) {
            Ok((n, event)) => {
                event.into_iter().for_each(|event| self.on_event(event));
                while let Some(event) = self.connection.poll_event() {
                    self.on_event(event);
                }
                self.check_bounds();
                n
            }
            Err(error) => {
                self.error = Some(error);
                let output = self.connection.output();
                assert!(output.windows(4).any(|part| part == error.code().0.to_be_bytes()), "GOAWAY is in the output");
                input.len()
            }
        }
    }

    fn on_event(&mut self, event: Event) {
        if !matches!(event, Event::Readable { .. }) {
            self.events.push(event);
        }
        match event {
            Event::Request { stream, .. } => {
                let mut head = RequestHead::default();
                self.connection.take_request(&mut head);
                assert!(!head.method.as_str().is_empty() && !head.authority.is_empty());
                assert!(head.target.starts_with(b"/") || head.target == b"*" || head.target.is_empty());
                for field in head.fields.iter() {
                    assert!(!field.name.is_empty() && !field.name.iter().any(|byte| byte.is_ascii_uppercase() || *byte <= b' '));
                    assert!(!field.value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
                }
                let mut writer = self.connection.begin_response(stream, 200);
                head.fields.iter().for_each(|field| writer.pass(field));
                writer.end(false);
                let _ = self.connection.write(stream, &[b'x'; 3000]);
                self.open.push(stream);
                if stream % 3 == 0 {
                    self.connection.finish(stream, &Fields::new());
                    self.let_go(stream);
                }
            }
            Event::Response { stream } => {
                let mut head = ResponseHead::default();
                while self.connection.take_response(stream, &mut head).is_some() {
                    assert!((100..1000).contains(&head.status));
                }
            }
            Event::Readable { stream } => {
                let mut into = [0; 700];
                loop {
                    match self.connection.read(stream, &mut into) {
                        Read::Bytes(n) => self.content += n,
                        Read::End => {
                            let _ = self.connection.take_trailers(stream);
                            return self.let_go(stream);
                        }
                        Read::Pending | Read::Failed(_) => return,
                    }
                }
            }
            Event::Writable { stream } => {
                if let Write::Accepted(_) = self.connection.write(stream, &[b'y'; 100]) {
                    self.connection.finish(stream, &Fields::new());
                    self.let_go(stream);
                }
            }
            Event::Failed { stream } => self.let_go(stream),
            Event::Malformed { .. } | Event::GoingAway => {}
        }
    }

    fn let_go(&mut self, stream: u32) {
        assert!(self.open.contains(&stream), "an event of a stream that is not there");
        self.open.retain(|open| *open != stream);
        self.connection.let_go(stream);
    }

    fn check_bounds(&self) {
        assert!(self.connection.open_streams() <= self.open.len());
        assert!(self.open.len() <= 6);
        assert!(self.connection.output().len() < 512 * 1024);
    }
}

/// How a machine judges bytes that come in parts of at most this size.
fn judge(role: Role, input: &[u8], mut part: impl FnMut() -> usize) -> User {
    let mut user = User::new(role);
    let (mut at, mut shown) = (0, 0);
    while at < input.len() {
        shown = (shown + 1 + part()).min(input.len()).max(at);
        loop {
            let n = user.hear(&input[at..shown]);
            at += n;
            if n == 0 && user.connection.output_blocked() {
                let len = user.connection.output().len();
                user.connection.sent(len);
                continue;
            }
            if n == 0 || at == shown {
                break;
            }
        }
        if shown == input.len() {
            break;
        }
    }
    user.connection.closed();
    while let Some(event) = user.connection.poll_event() {
        user.on_event(event);
    }
    assert_eq!(user.connection.open_streams(), 0);
    user.open.clone().into_iter().for_each(|stream| user.let_go(stream));
    user.connection.release();
    user
}

fn fuzz(role: Role) {
    let (seeds, words) = (seeds(role), words());
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    run(&seeds, &words, 6000, |random: &mut Random, input| {
        let whole = judge(role, input, || input.len());
        let step = [0, 5, 50][random.below(3)];
        let torn = judge(role, input, || random.below(step + 1));
        assert_eq!((torn.error, &torn.events, torn.content), (whole.error, &whole.events, whole.content), "{input:?}");
    });
}

#[test]
fn servers() {
    fuzz(Role::Server);
}

#[test]
fn clients() {
    fuzz(Role::Client);
}

#[test]
fn noise() {
    crate::mutation::repeat(2000, |random| {
        let role = if random.below(2) == 0 { Role::Server } else { Role::Client };
        let mut input = if role == Role::Server { PREFACE.to_vec() } else { Vec::new() };
        input.extend(settings(&[]));
        for _ in 0..random.below(60) {
            let kind = random.below(18) as u8;
            let payload: Vec<u8> = (0..random.below(30)).map(|_| random.below(256) as u8).collect();
            input.extend(frame(kind, random.below(256) as u8, random.below(8) as u32, &payload));
        }
        let _ = judge(role, &input, || random.below(40));
    });
}

#[test]
fn the_seeds_are_connections_that_live() {
    for role in [Role::Server, Role::Client] {
        let lived = seeds(role).iter().filter(|seed| judge(role, seed, || 9).error.is_none()).count();
        assert!(lived >= 3, "{role:?}: {lived}");
    }
    assert_eq!(ErrorCode::NO_ERROR.0, 0);
}
