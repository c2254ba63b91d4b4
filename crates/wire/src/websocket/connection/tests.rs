use super::super::{Close, FrameHeader, Opcode};
use super::*;

const SETTINGS: Settings = Settings { message_bytes: 1000, output_bytes: 500, delivery: Delivery::Whole, only: None, deflate: None };

fn server() -> Connection {
    Connection::new(Role::Server, &SETTINGS)
}

fn client() -> Connection {
    Connection::new(Role::Client { mask_seed: [7; 32] }, &SETTINGS)
}

/// What `from` has to write goes to `to`, and what comes of it there.
fn pass(from: &mut Connection, to: &mut Connection) -> Result<Vec<Event>, Violation> {
    let (mut events, mut at) = (Vec::new(), 0);
    let output = from.output().to_vec();
    from.written(output.len());
    loop {
        let (taken, event) = to.receive(&output[at..])?;
        at += taken;
        match event {
            Some(event) => events.push(event),
            None => return Ok(events),
        }
    }
}

fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    FrameHeader { fin: true, rsv1: false, opcode, mask: None, len: payload.len() as u64 }.write(&mut out);
    out.extend_from_slice(payload);
    out
}

#[test]
fn messages_both_ways() {
    let (mut server, mut client) = (server(), client());
    client.text("hé").expect("open");
    client.binary(&[0, 255]).expect("open");
    client.ping(b"x").expect("open");
    let expected = [
        Event::Data { kind: Kind::Text, data: "hé".into(), last: true },
        Event::Data { kind: Kind::Binary, data: [0, 255].into(), last: true },
        Event::Ping(b"x".to_vec()),
    ];
    assert_eq!(pass(&mut client, &mut server), Ok(expected.into()));
    // RFC 6455 §5.7: the frames of a server as they stand.
    server.text("Hello").expect("open");
    assert_eq!(server.output(), [&[0x8a, 0x01, b'x'][..], &[0x81, 0x05, b'H', b'e', b'l', b'l', b'o']].concat());
    let expected = [Event::Pong(b"x".to_vec()), Event::Data { kind: Kind::Text, data: b"Hello".to_vec(), last: true }];
    assert_eq!(pass(&mut server, &mut client), Ok(expected.into()));
    assert!(server.is_open() && client.is_open() && !server.is_finished());
}

#[test]
fn a_client_masks_each_frame_with_another_key() {
    let mut client = client();
    client.text("a").expect("open");
    client.text("a").expect("open");
    let output = client.output();
    let (first, second) = output.split_at(7);
    assert_eq!((first[..2].to_vec(), second[..2].to_vec()), (Vec::from([0x81, 0x81]), Vec::from([0x81, 0x81])));
    assert_ne!(first[2..6], second[2..6]);
    assert_eq!(first[2] ^ first[6], b'a');
}

#[test]
fn pieces_are_frames() {
    let mut server = server();
    server.text_piece("Hel", false).expect("open");
    server.ping(b"").expect("a control frame may stand between");
    server.text_piece("lo", true).expect("open");
    // RFC 6455 §5.7
    assert_eq!(server.output(), [0x01, 0x03, 0x48, 0x65, 0x6c, 0x89, 0x00, 0x80, 0x02, 0x6c, 0x6f]);
}

#[test]
#[should_panic(expected = "a message is of one kind")]
fn pieces_of_two_kinds() {
    let mut server = server();
    let _ = server.text_piece("a", false);
    let _ = server.binary_piece(b"b", true);
}

#[test]
#[should_panic(expected = "at most 125 bytes")]
fn a_ping_too_long() {
    let _ = server().ping(&[0; 126]);
}

#[test]
fn the_output_is_bounded() {
    let mut server = server();
    let mut taken = 0;
    while server.binary(&[0; 100]).is_ok() {
        taken += 1;
    }
    // The fifth finds 408 bytes waiting, the sixth 510.
    assert_eq!(taken, 5);
    assert_eq!(server.binary(b""), Err(Refused::Full));
    assert_eq!(server.ping(b""), Err(Refused::Full));
    server.written(9);
    assert_eq!(server.output().len(), 501);
    assert_eq!(server.binary(b""), Err(Refused::Full));
    server.written(1);
    assert_eq!(server.binary(b""), Ok(()));
    // A close is always taken.
    server.close(CloseCode::NORMAL, "");
    assert_eq!(server.output().len(), 500 + 2 + 4);
}

#[test]
fn pings_that_are_not_read_are_answered_by_one_pong() {
    let mut client = client();
    for number in 0..10_000u32 {
        let input = frame(Opcode::Ping, &[&number.to_be_bytes()[..], &[0; 121]].concat());
        assert!(client.receive(&input).is_ok());
    }
    assert!(client.output().len() < 4096 + 140, "{}", client.output().len());
    let waiting = client.output().len();
    client.written(waiting);
    // RFC 6455 §5.5.3: the latest is answered.
    let mut server = server();
    let events = pass(&mut client, &mut server).expect("a valid frame");
    assert_eq!(events, [Event::Pong([&9999u32.to_be_bytes()[..], &[0; 121]].concat())]);
    assert!(client.output().is_empty());
}

#[test]
fn closing_from_either_side() {
    for server_first in [true, false] {
        let (mut server, mut client) = (server(), client());
        let (first, second) = if server_first { (&mut server, &mut client) } else { (&mut client, &mut server) };
        first.close(CloseCode::GOING_AWAY, "done");
        first.close(CloseCode::NORMAL, "a second time");
        assert!(!first.is_open() && !first.is_finished());
        assert_eq!(
            (first.text("a"), first.binary(b"a"), first.ping(b"a")),
            (Err(Refused::Closed), Err(Refused::Closed), Err(Refused::Closed))
        );
        // What was on its way comes still.
        second.text("late").expect("open");
        assert_eq!(pass(second, first), Ok([Event::Data { kind: Kind::Text, data: b"late".to_vec(), last: true }].into()));
        let close = Close { code: CloseCode::GOING_AWAY, reason: "done".into() };
        assert_eq!(pass(first, second), Ok([Event::Close(Some(close))].into()));
        assert!(second.is_finished() && !second.is_open());
        assert_eq!(second.text("a"), Err(Refused::Closed));
        // RFC 6455 §5.5.1: the code is sent back.
        let close = Close { code: CloseCode::GOING_AWAY, reason: "".into() };
        assert_eq!(pass(second, first), Ok([Event::Close(Some(close))].into()));
        assert!(first.is_finished() && first.output().is_empty());
    }
}

#[test]
fn both_close_at_once() {
    let (mut server, mut client) = (server(), client());
    server.close(CloseCode::NORMAL, "");
    client.close(CloseCode::NORMAL, "");
    assert!(matches!(pass(&mut client, &mut server).as_deref(), Ok([Event::Close(Some(_))])));
    assert!(server.is_finished());
    assert!(matches!(pass(&mut server, &mut client).as_deref(), Ok([Event::Close(Some(_))])));
    assert!(client.is_finished());
    assert!(server.output().is_empty() && client.output().is_empty());
}

#[test]
fn nothing_follows_a_close() {
    let mut client = client();
    client.close(CloseCode::NORMAL, "");
    let sent = client.output().to_vec();
    // RFC 6455 §5.5.1; a ping is told, but not answered.
    assert_eq!(client.receive(&frame(Opcode::Ping, b"a")), Ok((3, Some(Event::Ping(b"a".to_vec())))));
    // A wrong frame makes no second close.
    assert_eq!(client.receive(&[0x83]), Err(Violation::Opcode));
    assert_eq!(client.output(), sent);
    assert!(client.is_finished());
}

#[test]
fn nothing_is_read_after_a_close() {
    let mut client = client();
    let input = [frame(Opcode::Close, b""), frame(Opcode::Text, b"a"), [0xff; 100].to_vec()].concat();
    assert_eq!(client.receive(&input), Ok((2, Some(Event::Close(None)))));
    assert_eq!(client.receive(&input[2..]), Ok((input.len() - 2, None)));
    assert_eq!(client.output().len(), 6, "a close without a code is answered by one");
}

#[test]
fn a_violation_closes() {
    for (input, violation) in [(&[0x83, 0][..], Violation::Opcode), (&[0x81, 1, 0xff], Violation::TextNotUtf8)] {
        let (mut server, mut client) = (server(), client());
        server.text("before").expect("open");
        assert_eq!(client.receive(input), Err(violation));
        assert!(client.is_finished() && !client.is_open());
        assert_eq!(client.text("a"), Err(Refused::Closed));
        assert_eq!(pass(&mut server, &mut client), Ok(Vec::new()), "what follows is thrown away");
        let close = Close { code: violation.code(), reason: violation.sentence().into() };
        assert_eq!(pass(&mut client, &mut server), Ok([Event::Close(Some(close))].into()));
    }
}

#[test]
fn a_reason_too_long_is_cut_between_characters() {
    let (mut server, mut client) = (server(), client());
    server.close(CloseCode::INTERNAL_ERROR, &"ü".repeat(100));
    let close = Close { code: CloseCode::INTERNAL_ERROR, reason: "ü".repeat(61) };
    assert_eq!(pass(&mut server, &mut client), Ok([Event::Close(Some(close))].into()));
}

#[test]
fn an_empty_input_is_not_an_end() {
    let mut client = client();
    assert_eq!(client.receive(b""), Ok((0, None)));
    assert_eq!(client.receive(&frame(Opcode::Binary, b"ab")[..3]), Ok((3, None)));
    assert_eq!(client.receive(b""), Ok((0, None)));
    assert_eq!(client.receive(b"b"), Ok((1, Some(Event::Data { kind: Kind::Binary, data: b"ab".to_vec(), last: true }))));
}
