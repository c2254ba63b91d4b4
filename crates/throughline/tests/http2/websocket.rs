//! What passes through a tunnel is what was sent: sequences of frames, right and wrong, put to one server directly, through the product,
//! and through it on a stream of HTTP/2 (RFC 8441), are answered with the same bytes.
//!
//! The sequences are those kinds that the field's suite for WebSocket has: frames of every length, pings, reserved bits and opcodes,
//! fragments, UTF-8, closes, long messages, compression.

use crate::connection::{Connection, request};
use crate::frames::{self, END_HEADERS, END_STREAM, data};
use crate::support::client::Client;
use crate::support::message::request_head;
use crate::support::{PATIENCE, noise};
use crate::target::Target;
use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use wire::http::{Fields, RequestHead};
use wire::http1::FieldLines;
use wire::websocket::{DeflateParameters, Delivery, Event, Kind, Role, Settings, agree_deflate, mask, write_answer};

const MIB: usize = 1024 * 1024;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// An echo on threads, which compresses where that is asked for.
pub(crate) struct Echo(pub(crate) SocketAddr);

impl Echo {
    pub(crate) fn start() -> Echo {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let at = listener.local_addr().expect("it is bound");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that breaks off is a case of the test.
                std::thread::spawn(move || serve(stream).map_or((), drop));
            }
        });
        Echo(at)
    }
}

/// Opens the WebSocket and sends every message back, until one side closes; then reads until the client does, so that nothing that was said
/// is lost to a reset.
fn serve(stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut reader, mut writer) = (BufReader::new(stream.try_clone()?), stream);
    let Some(asked) = request_head(&mut reader)? else { return Ok(()) };
    let mut head = RequestHead { fields: Fields::new(), ..RequestHead::default() };
    asked.fields.iter().for_each(|(name, value)| head.fields.push(name.as_bytes(), value.as_bytes()));
    let deflate = agree_deflate(&head.fields, &DeflateParameters::default());
    let mut answer = b"HTTP/1.1 101 Switching Protocols\r\n".to_vec();
    write_answer(asked.field("sec-websocket-key").map(str::as_bytes), None, deflate.as_ref(), &mut FieldLines(&mut answer));
    answer.extend_from_slice(b"\r\n");
    writer.write_all(&answer)?;
    let settings = Settings { message_bytes: 17 * MIB, output_bytes: 64 * MIB, delivery: Delivery::Whole, only: None, deflate };
    let mut machine = wire::websocket::Connection::new(Role::Server, &settings);
    let mut piece = vec![0; 64 * 1024];
    while !machine.is_finished() {
        let n = reader.read(&mut piece)?;
        if n == 0 {
            break;
        }
        take(&mut machine, &piece[..n]);
        let out = machine.output().len();
        writer.write_all(machine.output())?;
        machine.written(out);
    }
    writer.shutdown(Shutdown::Write)?;
    std::io::copy(&mut reader, &mut std::io::sink()).map(drop)
}

fn take(machine: &mut wire::websocket::Connection, mut input: &[u8]) {
    while let Ok((n, event)) = machine.receive(input) {
        input = &input[n..];
        match event {
            Some(Event::Data { kind: Kind::Text, data, .. }) => {
                machine.text(std::str::from_utf8(&data).expect("it was checked")).expect("there is room");
            }
            Some(Event::Data { data, .. }) => machine.binary(&data).expect("there is room"),
            Some(_) => {}
            None => return,
        }
    }
}

/// A frame of a client with all its bits: FIN and the reserved ones, then the opcode.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask_key = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![first];
    match payload.len() {
        len @ 0..=125 => frame.push(0x80 | u8::try_from(len).expect("it is at most 125")),
        len @ 126..=0xffff => {
            frame.push(0xfe);
            frame.extend_from_slice(&u16::try_from(len).expect("it is at most 65535").to_be_bytes());
        }
        len => {
            frame.push(0xff);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&mask_key);
    let mut payload = payload.to_vec();
    mask(&mut payload, mask_key, 0);
    [frame, payload].concat()
}

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = FIN | 8;
const PING: u8 = FIN | 9;
const PONG: u8 = FIN | 10;

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(CLOSE, &[&code.to_be_bytes()[..], reason].concat())
}

/// What a client sends, after its opening.
struct Case {
    name: String,
    bytes: Vec<u8>,
    /// With permessage-deflate.
    deflate: bool,
    /// In pieces of so many bytes.
    chop: usize,
}

fn case(name: impl Into<String>, frames: &[Vec<u8>]) -> Case {
    Case { name: name.into(), bytes: frames.concat(), deflate: false, chop: usize::MAX }
}

/// One that breaks no rule; a close is put behind it.
fn good(name: impl Into<String>, frames: &[Vec<u8>]) -> Case {
    case(name, &[frames.concat(), close(1000, b"")])
}

fn lengths() -> Vec<Case> {
    let sizes = [0, 1, 125, 126, 127, 128, 65_535, 65_536, MIB];
    let whole = sizes.iter().flat_map(|&size| {
        [
            good(format!("a text of {size} bytes"), &[frame(FIN | TEXT, &vec![b'*'; size])]),
            good(format!("{size} bytes"), &[frame(FIN | BINARY, &noise(size))]),
        ]
    });
    let mut all: Vec<_> = whole.collect();
    let long = noise(16 * MIB);
    let last = long.chunks(64 * 1024).count() - 1;
    let parts = long.chunks(64 * 1024).enumerate().map(|(number, part)| {
        let opcode = if number == 0 { BINARY } else { 0 };
        frame(if number == last { FIN | opcode } else { opcode }, part)
    });
    all.push(good("16 MiB in fragments", &parts.collect::<Vec<_>>()));
    all.push(good("a text of 16 MiB", &[frame(FIN | TEXT, &vec![b'*'; 16 * MIB])]));
    all.push(case("more than the server takes", &[frame(FIN | BINARY, &noise(17 * MIB + 1))]));
    all.push(Case { chop: 1, ..good("byte by byte", &[frame(FIN | TEXT, b"grusz"), frame(PING, b"x"), frame(FIN | BINARY, &noise(130))]) });
    all
}

fn controls() -> Vec<Case> {
    let fragments = [frame(TEXT, b"one "), frame(PING, b"between"), frame(0, b"two "), frame(PING, b""), frame(FIN, b"three")];
    let many: Vec<_> = (0..200u8).map(|number| frame(PING, &[number; 3])).collect();
    vec![
        good("pings", &[frame(PING, b""), frame(PING, &[0xff; 125])]),
        case("a ping that is too long", &[frame(PING, &[0; 126])]),
        good("an unasked pong", &[frame(PONG, b"x"), frame(FIN | TEXT, b"after it")]),
        good("two hundred pings", &many),
        good("pings between fragments", &fragments),
        Case { chop: 3, ..good("pings between fragments, in small pieces", &fragments) },
        case("a ping in fragments", &[frame(9, b"x"), frame(FIN, b"y")]),
        case("a close in fragments", &[frame(8, &1000u16.to_be_bytes())]),
    ]
}

fn bits() -> Vec<Case> {
    let mut all: Vec<_> = (1..=7u8)
        .map(|bits| case(format!("reserved bits {bits}"), &[frame(FIN | TEXT, b"before"), frame(FIN | (bits << 4) | TEXT, b"set")]))
        .collect();
    for opcode in [3, 4, 7, 11, 12, 15] {
        all.push(case(format!("opcode {opcode}"), &[frame(FIN | opcode, b""), frame(PING, b"after it")]));
    }
    let mut unmasked = frame(FIN | TEXT, b"");
    unmasked[1] = 0;
    all.push(case("no mask", &[unmasked[..2].to_vec()]));
    all.push(case("a length in more bytes than it needs", &[vec![FIN | TEXT, 0xfe, 0, 5, 0, 0, 0, 0], b"hello".to_vec()]));
    all.push(case("a length with its highest bit", &[vec![FIN | TEXT, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]));
    all
}

fn fragments() -> Vec<Case> {
    vec![
        good("two fragments", &[frame(TEXT, b"one "), frame(FIN, b"two")]),
        good("empty fragments", &[frame(TEXT, b""), frame(0, b""), frame(FIN, b"")]),
        case("a continuation of nothing", &[frame(FIN, b"alone"), frame(FIN | TEXT, b"after it")]),
        case("a fragment that continues nothing", &[frame(0, b"alone")]),
        case("a message within another", &[frame(TEXT, b"begun"), frame(FIN | TEXT, b"whole")]),
        case("a message that is not over when it closes", &[frame(TEXT, b"begun"), close(1000, b"")]),
    ]
}

fn texts() -> Vec<Case> {
    let split = "κόσμε".as_bytes();
    let bad: [&[u8]; 6] = [
        b"\xce",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc0\xaf",
        b"\xfe",
        b"good until here \xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90",
    ];
    let mut all = vec![
        good("characters cut by fragments", &[frame(TEXT, &split[..1]), frame(0, &split[1..4]), frame(FIN, &split[4..])]),
        good("the last code point", &[frame(FIN | TEXT, "\u{10ffff}".as_bytes())]),
    ];
    all.extend(bad.iter().map(|text| case(format!("no UTF-8: {text:x?}"), &[frame(FIN | TEXT, text)])));
    all.push(case("no UTF-8 in the second fragment", &[frame(TEXT, b"good"), frame(0, b"\xff"), frame(FIN, b"never read")]));
    all
}

fn closes() -> Vec<Case> {
    let mut all = vec![
        case("a close without a code", &[frame(CLOSE, b"")]),
        case("a close of one byte", &[frame(CLOSE, b"\x03")]),
        case("a close with a reason", &[close(1000, "grüße".as_bytes())]),
        case("a close with a long reason", &[close(1000, &[b'*'; 123])]),
        case("a close that is too long", &[close(1000, &[b'*'; 124])]),
        case("a reason that is no UTF-8", &[close(1000, b"\xce\xba\xff")]),
        case("frames after a close", &[close(1000, b""), frame(PING, b"ignored"), frame(FIN | TEXT, b"ignored")]),
        case("a close among fragments", &[frame(TEXT, b"begun"), close(1001, b""), frame(FIN, b"")]),
        case("half a frame", &[frame(FIN | TEXT, b"whole"), frame(FIN | TEXT, b"half")[..8].to_vec()]),
    ];
    for code in [1001, 1003, 1007, 1011, 3000, 3999, 4000, 4999] {
        all.push(case(format!("close {code}"), &[close(code, b"")]));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535] {
        all.push(case(format!("close {code}, which is none"), &[close(code, b"")]));
    }
    all
}

fn compressed() -> Vec<Case> {
    // RFC 7692 §7.2.3.1: "Hello".
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let all = vec![
        good("compressed", &[frame(FIN | RSV1 | TEXT, &hello), frame(FIN | RSV1 | TEXT, &hello), frame(FIN | TEXT, b"not this one")]),
        good("compressed in fragments", &[frame(RSV1 | TEXT, &hello[..3]), frame(PING, b"x"), frame(FIN, &hello[3..])]),
        case("a compressed continuation", &[frame(RSV1 | TEXT, &hello[..3]), frame(FIN | RSV1, &hello[3..])]),
        case("a compressed ping", &[frame(RSV1 | PING, b"x")]),
        case("nothing that inflates", &[frame(FIN | RSV1 | BINARY, b"\xff\xff\xff\xff")]),
        case("other reserved bits", &[frame(FIN | 0x20 | BINARY, b"x")]),
    ];
    all.into_iter().map(|case| Case { deflate: true, name: format!("deflate: {}", case.name), ..case }).collect()
}

const OFFER: &str = "permessage-deflate; client_no_context_takeover; server_no_context_takeover";

/// What a server sends behind its answer to an opening, until it closes.
fn reaction(at: SocketAddr, case: &Case) -> Vec<u8> {
    let mut client = Client::connect(at);
    let offer = if case.deflate { format!("Sec-WebSocket-Extensions: {OFFER}\r\n") } else { String::new() };
    client.send(format!(
        "GET /ws HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n{offer}\
         Sec-WebSocket-Version: 13\r\n\r\n"
    ));
    let answer = client.response().expect("an answer");
    assert_eq!((answer.status, answer.field("sec-websocket-extensions").is_some()), (101, case.deflate), "{}", case.name);
    let mut writer = client.stream.get_ref().try_clone().expect("a second handle");
    std::thread::scope(|scope| {
        // The echo of a long message begins to come back before it is all out.
        scope.spawn(move || {
            for piece in case.bytes.chunks(case.chop) {
                // A server that has heard enough may have closed.
                if writer.write_all(piece).is_err() {
                    return;
                }
            }
            let _ = writer.shutdown(Shutdown::Write);
        });
        client.rest()
    })
}

/// The same on a stream.
fn reaction_on_stream(at: SocketAddr, case: &Case) -> Vec<u8> {
    let mut client = Connection::open_with(at, PATIENCE, &[(frames::INITIAL_WINDOW_SIZE, 1 << 24)]).expect("a connection");
    assert_eq!(client.announced.get(&8), Some(&1), "SETTINGS_ENABLE_CONNECT_PROTOCOL");
    let stream = client.stream();
    client.send(&frames::window_update(0, 1 << 30));
    let mut fields = request("CONNECT", "/ws");
    fields.push((":protocol".to_string(), "websocket".to_string()));
    fields.push(("sec-websocket-version".to_string(), "13".to_string()));
    if case.deflate {
        fields.push(("sec-websocket-extensions".to_string(), OFFER.to_string()));
    }
    client.headers(stream, END_HEADERS, &fields);
    let room = i64::from(client.announced[&frames::INITIAL_WINDOW_SIZE]);
    let mut sending = Sending { left: &case.bytes, chop: case.chop, sent: 0, room, ended: false };
    let mut answer = Vec::new();
    loop {
        let frame = client.frame().unwrap_or_else(|event| panic!("{}: {event}: {}", case.name, client.came()));
        match frame.kind {
            frames::HEADERS => {
                let head = client.block(&frame).expect("a head");
                assert_eq!(head[0], (":status".to_string(), "200".to_string()), "{}", case.name);
                assert_eq!(head.iter().any(|(name, _)| name == "sec-websocket-extensions"), case.deflate);
                sending.go_on(&mut client, stream);
            }
            frames::DATA => answer.extend_from_slice(frame.content()),
            frames::WINDOW_UPDATE => {
                let increment = frame.increment().filter(|_| frame.stream == stream);
                sending.room += i64::from(increment.unwrap_or(0));
                sending.go_on(&mut client, stream);
            }
            frames::RST_STREAM => panic!("{}: {frame}", case.name),
            _ => {}
        }
        if frame.ends() {
            return answer;
        }
    }
}

/// What is still to be sent on the only stream of a connection, as far as the windows let it.
struct Sending<'c> {
    left: &'c [u8],
    chop: usize,
    sent: i64,
    /// What the stream's window has let through so far.
    room: i64,
    ended: bool,
}

impl Sending<'_> {
    fn go_on(&mut self, client: &mut Connection, stream: u32) {
        while !self.ended {
            let room = usize::try_from(self.room.min(client.window) - self.sent).unwrap_or(0);
            let n = self.left.len().min(self.chop).min(room).min(16_384);
            if n == 0 && !self.left.is_empty() {
                return;
            }
            let (piece, left) = self.left.split_at(n);
            self.left = left;
            self.ended = left.is_empty();
            self.sent += i64::try_from(n).expect("a small number");
            client.send(&data(stream, if self.ended { END_STREAM } else { 0 }, piece));
        }
    }
}

/// Where two answers differ, for people.
fn difference(name: &str, direct: &[u8], through: &[u8]) -> String {
    let at = direct.iter().zip(through).position(|(a, b)| a != b).unwrap_or(direct.len().min(through.len()));
    let part = |bytes: &[u8]| format!("{:x?}", &bytes[at.saturating_sub(4)..bytes.len().min(at + 16)]);
    format!("{name}: {} and {} bytes, from {at} on {} and {}", direct.len(), through.len(), part(direct), part(through))
}

#[test]
fn every_sequence_of_frames_is_answered_as_without_us() {
    let echo = Echo::start();
    let target = Target::under_test("", &echo.0.to_string());
    let cases: Vec<_> = [lengths(), controls(), bits(), fragments(), texts(), closes(), compressed()].into_iter().flatten().collect();
    assert!(cases.len() > 80, "{}", cases.len());
    for case in &cases {
        let direct = reaction(echo.0, case);
        assert!(!direct.is_empty() || case.name == "half a frame", "{}: the server says something", case.name);
        let through = reaction(target.at, case);
        assert!(direct == through, "{}", difference(&case.name, &direct, &through));
        if target.ours {
            let on_stream = reaction_on_stream(target.at, case);
            assert!(direct == on_stream, "on a stream: {}", difference(&case.name, &direct, &on_stream));
        }
    }
}
