//! tungstenite as a second opinion, in both roles and both directions. What both understand means the same to both; what it refuses we
//! refuse; what only we refuse is in a table with its reason.

use crate::driver::{CLIENT, SETTINGS, Said, hear, tell};
use crate::fuzz::{WORDS, run, seeds};
use crate::situations::cases;
use proptest::collection::vec;
use proptest::prelude::*;
use std::io::{self, Read, Write};
use tungstenite::protocol::{self, CloseFrame, WebSocket, WebSocketConfig};
use tungstenite::{Error, Message};
use wire::websocket::{CloseCode, Connection, Role, Settings, Violation};

/// The other side of a connection: it has said all of `input`, and keeps what it is told.
#[derive(Debug, Default)]
struct Script {
    input: Vec<u8>,
    at: usize,
    /// Bytes that come at once.
    step: usize,
    output: Vec<u8>,
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.input.len() - self.at).min(self.step);
        if len == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        buffer[..len].copy_from_slice(&self.input[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn socket(input: &[u8], is_server: bool, message_bytes: usize) -> WebSocket<Script> {
    // Its cap on frames holds for control frames too, which have one of their own.
    let frame_bytes = message_bytes.max(125);
    let config = WebSocketConfig::default().max_message_size(Some(message_bytes)).max_frame_size(Some(frame_bytes)).read_buffer_size(4096);
    let role = if is_server { protocol::Role::Server } else { protocol::Role::Client };
    WebSocket::from_raw_socket(Script { input: input.to_vec(), step: 4096, ..Script::default() }, role, Some(config))
}

/// What tungstenite hears up to a close, and the close code that fits its error.
fn opinion(socket: &mut WebSocket<Script>) -> (Vec<Said>, Option<u16>) {
    let mut said = Vec::new();
    loop {
        let broken = match socket.read() {
            Ok(message) => {
                said.push(match message {
                    Message::Text(text) => Said::Text(text.to_string()),
                    Message::Binary(data) => Said::Binary(data.to_vec()),
                    Message::Ping(payload) => Said::Ping(payload.to_vec()),
                    Message::Pong(payload) => Said::Pong(payload.to_vec()),
                    Message::Close(close) => Said::Close(close.map(|close| (close.code.into(), close.reason.to_string()))),
                    Message::Frame(_) => panic!("only for writing"),
                });
                match said.last() {
                    // What follows is wrong for a client, and not read by a server. We do not read it.
                    Some(Said::Close(_)) => None,
                    _ => continue,
                }
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(Error::ConnectionClosed) => None,
            Err(Error::Protocol(_)) => Some(1002),
            Err(Error::Utf8(_)) => Some(1007),
            Err(Error::Capacity(_)) => Some(1009),
            Err(error) => panic!("{error:?}"),
        };
        return (said, broken);
    }
}

/// What it takes and we refuse.
fn stricter(rule: Violation) -> Option<&'static str> {
    Some(match rule {
        Violation::LengthNotMinimal => "it takes a length in any form, against RFC 6455 §5.2",
        Violation::ControlTooLong => "the same: the short length of a control frame in the form of a long one",
        Violation::CloseCodeInvalid => "it takes such a close for one with 1002, and answers so",
        _ => return None,
    })
}

/// What we take and it refuses.
fn looser(said: &[Said]) -> Option<&'static str> {
    match said.last() {
        Some(Said::Close(Some((1014, _)))) => Some("it does not know the code, which the registry has"),
        _ => None,
    }
}

/// Compares the two opinions of an input.
fn compare(input: &[u8], is_server: bool, message_bytes: usize) {
    let role = if is_server { Role::Server } else { CLIENT };
    let settings = Settings { message_bytes, ..SETTINGS };
    let ours = tell(role, &settings, [input]);
    let (said, broken) = opinion(&mut socket(input, is_server, message_bytes));
    if looser(&ours.said).is_some() || ours.broken.and_then(stricter).is_some() {
        let common = ours.said.len().min(said.len()).saturating_sub(1);
        assert_eq!(ours.said[..common], said[..common], "{input:x?}");
        return;
    }
    assert_eq!(ours.said, said, "{input:x?}");
    match (ours.broken, broken) {
        (Some(rule), Some(code)) => {
            // Of a header it judges the length first, and then it asks whether the frame may be there at all.
            let length_first = rule.code() == CloseCode::PROTOCOL_ERROR && code == 1009;
            assert!(rule.code().number() == code || length_first, "{rule:?} or {code}: {input:x?}");
        }
        (None, Some(code)) => panic!("it refuses with {code} what we take: {input:x?}"),
        // It waits for the end of a frame before it judges it; see below.
        (Some(_), None) | (None, None) => {}
    }
}

#[test]
fn situations() {
    for case in cases().iter().filter(|case| case.settings().deflate.is_none()) {
        for is_server in [true, false] {
            compare(&case.input(is_server), is_server, SETTINGS.message_bytes);
        }
    }
}

#[test]
fn mutated_ones() {
    for is_server in [true, false] {
        run(&seeds(is_server), WORDS, 4000, |random, input| compare(input, is_server, [20, 1000][random.below(2)]));
    }
}

/// What was refused early it refuses too, once the frame has come to its end.
#[test]
fn early_refusals() {
    for is_server in [true, false] {
        run(&seeds(is_server), WORDS, 2000, |_, input| {
            let role = if is_server { Role::Server } else { CLIENT };
            let Some(rule) = tell(role, &SETTINGS, [input]).broken else { return };
            // Filled up with what ends any frame of these sizes, unless it announces more than we would wait for.
            let filled = [input, &[0; 70_000]].concat();
            let (_, broken) = opinion(&mut socket(&filled, is_server, 65_000));
            assert!(broken.is_some() || stricter(rule).is_some(), "{rule:?}: {input:x?}");
        });
    }
}

fn a_message() -> impl Strategy<Value = Message> {
    prop_oneof![
        "\\PC{0,200}".prop_map(Message::text),
        vec(any::<u8>(), 0..70_000).prop_map(Message::binary),
        vec(any::<u8>(), 0..=125).prop_map(|payload| Message::Ping(payload.into())),
        vec(any::<u8>(), 0..=125).prop_map(|payload| Message::Pong(payload.into())),
    ]
}

fn heard(message: &Message) -> Said {
    match message {
        Message::Text(text) => Said::Text(text.to_string()),
        Message::Binary(data) => Said::Binary(data.to_vec()),
        Message::Ping(payload) => Said::Ping(payload.to_vec()),
        Message::Pong(payload) => Said::Pong(payload.to_vec()),
        Message::Close(_) | Message::Frame(_) => panic!("not among them"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_it_sends_we_hear(messages in vec(a_message(), 0..6), is_server in any::<bool>(), step in 1..5000usize) {
        let mut socket = socket(b"", is_server, SETTINGS.message_bytes);
        for message in &messages {
            socket.send(message.clone()).expect("open");
        }
        socket.close(Some(CloseFrame { code: 1001.into(), reason: "gone".into() })).expect("open");
        let output = &socket.get_ref().output;
        let told = tell(if is_server { CLIENT } else { Role::Server }, &SETTINGS, output.chunks(step));
        let close = Said::Close(Some((1001, "gone".into())));
        prop_assert_eq!(told.broken, None);
        prop_assert_eq!(told.said, messages.iter().map(heard).chain([close]).collect::<Vec<_>>());
        // And our answers are understood.
        socket.get_mut().input = told.output;
        let (said, broken) = opinion(&mut socket);
        let pongs = messages.iter().filter_map(|message| match message {
            Message::Ping(payload) => Some(Said::Pong(payload.to_vec())),
            _ => None,
        });
        prop_assert_eq!((said, broken), (pongs.chain([Said::Close(Some((1001, "".into())))]).collect::<Vec<_>>(), None));
    }

    #[test]
    fn what_we_send_it_hears(messages in vec(a_message(), 0..6), cut in 1..9usize, is_server in any::<bool>(), step in 1..5000usize) {
        let role = if is_server { Role::Server } else { CLIENT };
        let mut connection = Connection::new(role, &SETTINGS);
        let mut expected = Vec::new();
        for message in &messages {
            match message {
                Message::Text(text) => {
                    let characters: Vec<char> = text.chars().collect();
                    for part in characters.chunks(characters.len() / cut + 1) {
                        connection.text_piece(&part.iter().collect::<String>(), false).expect("open");
                    }
                    connection.text_piece("", true).expect("open");
                }
                Message::Binary(data) => connection.binary(data).expect("open"),
                Message::Ping(payload) => connection.ping(payload).expect("open"),
                _ => continue,
            }
            expected.push(heard(message));
        }
        connection.close(CloseCode::GOING_AWAY, "gone");
        expected.push(Said::Close(Some((1001, "gone".into()))));
        let mut socket = socket(connection.output(), !is_server, SETTINGS.message_bytes);
        socket.get_mut().step = step;
        let (said, broken) = opinion(&mut socket);
        prop_assert_eq!((said, broken), (expected, None));
        // It answers a close when it is read from or written to next; a server that has done so says that the connection is closed.
        prop_assert!(matches!(socket.flush(), Ok(()) | Err(Error::ConnectionClosed)));
        let mut said = Vec::new();
        connection.written(connection.output().len());
        hear(&mut connection, &socket.get_ref().output, &SETTINGS, &mut None, &mut said).expect("valid answers");
        prop_assert!(connection.is_finished());
    }
}
