//! The client's end of a WebSocket, for scripts: what it says is made beforehand, what it heard is read afterwards.

use super::ms;
use lab::peer::{Record, Seen};
use wire::websocket::{Connection, DeflateParameters, Delivery, Event, FrameHeader, Kind, Opcode, Role, Settings, mask};

/// A request for a WebSocket at this path, with these field lines besides those that it needs.
pub(crate) fn opening(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

/// A client's frame.
pub(crate) fn frame(fin: bool, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let (key, mut bytes) = ([1, 2, 3, 4], Vec::new());
    FrameHeader { fin, rsv1: false, opcode, mask: Some(key), len: payload.len() as u64 }.write(&mut bytes);
    let start = bytes.len();
    bytes.extend_from_slice(payload);
    mask(&mut bytes[start..], key, 0);
    bytes
}

/// A text of a client.
pub(crate) fn says(text: &str) -> Vec<u8> {
    frame(true, Opcode::Text, text.as_bytes())
}

/// A close frame of a client.
pub(crate) fn closes(code: u16) -> Vec<u8> {
    frame(true, Opcode::Close, &code.to_be_bytes())
}

/// A client's end, with compression as it was agreed on.
pub(crate) fn end(deflate: Option<DeflateParameters>) -> Connection {
    let settings = Settings { message_bytes: 1 << 24, output_bytes: 1 << 24, delivery: Delivery::Whole, only: None, deflate };
    Connection::new(Role::Client { mask_seed: [7; 32] }, &settings)
}

/// One thing that an end has heard, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Text(String),
    Binary(usize),
    Ping,
    Pong(Vec<u8>),
    /// 1005 if there was no code.
    Close(u16),
}

/// What comes of these bytes.
pub(crate) fn hear(end: &mut Connection, mut bytes: &[u8]) -> Vec<Heard> {
    let mut heard = Vec::new();
    loop {
        let (taken, event) = end.receive(bytes).expect("a server keeps to the protocol");
        bytes = &bytes[taken..];
        heard.push(match event {
            None => return heard,
            Some(Event::Data { kind: Kind::Text, data, .. }) => Heard::Text(String::from_utf8(data).expect("a text")),
            Some(Event::Data { kind: Kind::Binary, data, .. }) => Heard::Binary(data.len()),
            Some(Event::Ping(_)) => Heard::Ping,
            Some(Event::Pong(payload)) => Heard::Pong(payload),
            Some(Event::Close(close)) => Heard::Close(close.map_or(1005, |close| close.code.number())),
        });
    }
}

/// What a scripted client heard behind the head of the answer, and when, in milliseconds.
pub(crate) fn heard(client: &Record) -> Vec<(u64, Heard)> {
    heard_by(client, &mut end(None))
}

pub(crate) fn heard_by(client: &Record, end: &mut Connection) -> Vec<(u64, Heard)> {
    let (mut head, mut all, mut open) = (Vec::new(), Vec::new(), false);
    for entry in client.entries() {
        let Seen::Bytes(mut bytes) = entry.seen else { continue };
        if !open {
            head.append(&mut bytes);
            let Some(at) = head.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            bytes = head.split_off(at + 4);
            open = true;
        }
        all.extend(hear(end, &bytes).into_iter().map(|heard| (ms(entry.at), heard)));
    }
    all
}
