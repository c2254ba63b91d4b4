//! What a machine keeps, seen from inside; what it does is tested from outside, in `tests/http2`.

use super::*;
use crate::http1::Limits;
use crate::http2::frame::{FrameHeader, flag};

const CONFIG: Config = Config {
    header_table_bytes: 4096,
    max_streams: 8,
    stream_window: 20_000,
    connection_window: 70_000,
    max_frame_bytes: 16_384,
    limits: Limits { target_bytes: 100, head_bytes: 4000, fields: 20 },
    connect_protocol: true,
    output_bytes: 10_000,
};

/// A generator as simple as it gets.
struct Random(u32);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(0x915f_77f5).wrapping_add(0x7654_3211);
        (self.0 >> 8) % end
    }
}

/// A frame that a peer might send who wants us to keep as much as can be, and not to end the connection. `None`: not just now.
fn some_frame(random: &mut Random, connection: &Connection) -> Option<Vec<u8>> {
    // GET, https, /, with an authority, or also a field for the table; the status 200, or 103; trailers.
    const REQUESTS: [&[u8]; 2] = [b"\x82\x87\x84\x01\x01a", b"\x82\x87\x84\x01\x01a\x40\x02x-\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"];
    const RESPONSES: [&[u8]; 3] = [b"\x88", b"\x08\x03103", b"\x00\x01x\x01y"];
    let client = connection.role == Role::Client;
    let open: Vec<StreamId> =
        connection.streams.iter().filter(|stream| stream.is_open() && !stream.is_idle()).map(|stream| stream.id).collect();
    let one = open.get(random.below(open.len().max(1) as u32) as usize).copied();
    let head = if client { RESPONSES[random.below(3) as usize] } else { REQUESTS[random.below(2) as usize] };
    let begun =
        if client || random.below(8) == 0 { one? } else { connection.streams.last() + if connection.streams.last() == 0 { 1 } else { 2 } };
    let (kind, flags, stream, payload) = match random.below(12) {
        0..=4 => (Kind::Data, 0, one?, alloc::vec![b'x'; random.below(5000) as usize]),
        5 | 6 => (Kind::Headers, flag::END_HEADERS, begun, head.to_vec()),
        7 => (Kind::WindowUpdate, 0, one?, random.below(100).to_be_bytes().to_vec()),
        8 if !client => (Kind::PriorityUpdate, 0, 0, [&(2 * random.below(500) + 1).to_be_bytes()[..], b"u=1"].concat()),
        9 => (Kind::Headers, 0, begun, head.to_vec()),
        10 if random.below(4) == 0 => (Kind::RstStream, 0, one?, alloc::vec![0; 4]),
        11 if random.below(4) == 0 => (Kind::Data, flag::END_STREAM, one?, alloc::vec![b'x'; random.below(5000) as usize]),
        _ => (Kind::Ping, 0, 0, alloc::vec![0; 8]),
    };
    let mut out = FrameHeader { len: payload.len(), kind, flags, stream }.bytes().to_vec();
    out.extend(payload);
    if kind == Kind::Headers && flags & flag::END_HEADERS == 0 {
        for _ in 0..random.below(8) {
            frame::write(Kind::Continuation, 0, stream, &[0, 1, b'z', 1, b'y'].repeat(random.below(150) as usize), &mut out);
        }
        frame::write(Kind::Continuation, flag::END_HEADERS, stream, b"", &mut out);
    }
    Some(out)
}

fn check_bounds(connection: &Connection) {
    let unread: usize = connection.streams.iter().map(|stream| stream.content.len()).sum();
    assert!(unread <= CONFIG.connection_window as usize);
    assert!(connection.streams.iter().all(|stream| stream.content.len() <= DEFAULT_WINDOW as usize));
    assert!(connection.streams.held() <= 2 * CONFIG.max_streams as usize && connection.streams.open() <= CONFIG.max_streams as usize);
    assert!(connection.block.len() <= 16_384 && connection.early.len() <= 16);
    assert!(connection.out.len() <= CONFIG.output_bytes + 2 * HEAD_BYTES);
    let waiting = connection.streams.iter().filter(|stream| stream.waits).count();
    let untold = connection.streams.iter().filter(|stream| stream.untold).count();
    let promised: usize = connection.streams.iter().map(|stream| stream.promise).sum();
    assert_eq!((waiting, untold, promised), (connection.waiting, connection.untold, connection.promised));
    assert_eq!(connection.streams.iter().filter(|stream| stream.is_open()).count(), connection.streams.open());
}

/// What the peer may still send, and what of it is kept, never come to more or less than the window.
fn check_window(connection: &Connection) {
    let unread: usize = connection.streams.iter().map(|stream| stream.content.len()).sum();
    let coming = connection.incoming.map_or(0, |incoming| incoming.unaccounted());
    let accounted = i64::from(connection.receive.left()) + i64::from(connection.receive.unannounced()) + (unread + coming) as i64;
    assert_eq!(accounted, i64::from(CONFIG.connection_window), "the connection's window leaks");
}

#[test]
fn bounds_hold_and_windows_do_not_leak() {
    for seed in 0..400 {
        let mut random = Random(seed * 7919);
        let role = if seed % 2 == 0 { Role::Server } else { Role::Client };
        let mut connection = Connection::new(role, CONFIG);
        let start: &[u8] = if role == Role::Server { PREFACE } else { b"" };
        let mut input = [start, b"\0\0\0\x04\0\0\0\0\0"].concat();
        for _ in 0..300 {
            if role == Role::Client
                && random.below(3) == 0
                && let Some(id) = connection.open().filter(|_| connection.streams.held() < 8)
            {
                connection.begin_request(id, &RequestHead::default(), b"/", b"a", b"http").end(random.below(2) == 0);
            }
            input.extend(some_frame(&mut random, &connection).unwrap_or_default());
            let mut at = 0;
            while let Ok((n @ 1.., event)) = connection.receive(&input[at..], Duration::ZERO) {
                at += n;
                react(&mut connection, &mut random, event);
                check_bounds(&connection);
                check_window(&connection);
                if random.below(2) == 0 {
                    let waiting = connection.out.len();
                    connection.sent(random.below(waiting as u32 + 1) as usize);
                }
            }
            input.drain(..at);
            if connection.error.is_some() {
                check_bounds(&connection);
                break;
            }
            let ids: Vec<StreamId> = connection.streams.iter().map(|stream| stream.id).collect();
            if let Some(id) = ids.get(random.below(12) as usize) {
                connection.let_go(*id);
            }
            check_bounds(&connection);
            check_window(&connection);
        }
    }
}

/// Somebody who reads little and answers at leisure.
fn react(connection: &mut Connection, random: &mut Random, event: Option<Event>) {
    match event {
        Some(Event::Request { stream, .. }) if random.below(2) == 0 => {
            connection.begin_response(stream, 200).end(false);
            let _ = connection.write(stream, &[b'x'; 9000]);
        }
        Some(Event::Readable { stream }) if random.below(3) == 0 => {
            let _ = connection.read(stream, &mut [0; 3000]);
        }
        _ => {}
    }
    if random.below(4) == 0 {
        let _ = connection.poll_event();
    }
}

#[test]
fn an_idle_connection_holds_no_buffers() {
    let mut connection = Connection::new(Role::Server, CONFIG);
    let mut input = PREFACE.to_vec();
    input.extend(b"\0\0\0\x04\0\0\0\0\0");
    frame::write(Kind::Headers, flag::END_HEADERS, 1, b"\x82\x87\x84\x01\x01a", &mut input);
    frame::write(Kind::Data, flag::END_STREAM, 1, &[1; 9000], &mut input);
    let mut at = 0;
    while let Ok((n @ 1.., _)) = connection.receive(&input[at..], Duration::ZERO) {
        at += n;
    }
    while let super::super::Read::Bytes(_) = connection.read(1, &mut [0; 5000]) {}
    connection.begin_response(1, 200).end(true);
    connection.let_go(1);
    connection.sent(connection.output().len());
    connection.release();
    assert_eq!((connection.out.bytes().capacity(), connection.spare.capacity(), connection.block.capacity()), (0, 0, 0));
    assert_eq!((connection.streams.held(), connection.request.target.capacity(), connection.early.capacity()), (0, 0, 0));
}
