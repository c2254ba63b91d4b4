use super::super::deflate::Deflater;
use super::*;

/// Without masks, as from a server.
fn receiver(message_bytes: usize, delivery: Delivery, takeover: bool) -> Receiver {
    Receiver::new(false, Some(Direction { window_bits: 15, takeover }), message_bytes, delivery, None)
}

fn frame(fin: bool, rsv1: bool, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    FrameHeader { fin, rsv1, opcode, mask: None, len: payload.len() as u64 }.write(&mut out);
    out.extend_from_slice(payload);
    out
}

fn compressed(deflater: &mut Deflater, message: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    deflater.deflate(message, true, &mut payload);
    frame(true, true, Opcode::Binary, &payload)
}

/// All events of an input, and that all of it was taken.
fn events(receiver: &mut Receiver, input: &[u8]) -> Result<Vec<Event>, Violation> {
    let (mut events, mut at) = (Vec::new(), 0);
    loop {
        let (taken, event) = receiver.receive(&input[at..])?;
        at += taken;
        match event {
            Some(event) => events.push(event),
            None => break,
        }
    }
    assert_eq!(at, input.len(), "without an event all is taken");
    Ok(events)
}

fn binary(data: &[u8], last: bool) -> Event {
    Event::Data { kind: Kind::Binary, data: data.to_vec(), last }
}

#[test]
fn pieces_come_as_soon_as_they_can() {
    let mut receiver = receiver(100, Delivery::Pieces, true);
    let message = frame(true, false, Opcode::Binary, b"abcdef");
    assert_eq!(events(&mut receiver, &message[..2]), Ok(Vec::new()));
    assert_eq!(events(&mut receiver, &message[2..5]), Ok([binary(b"abc", false)].into()));
    assert_eq!(events(&mut receiver, &message[5..7]), Ok([binary(b"de", false)].into()));
    assert_eq!(events(&mut receiver, &message[7..]), Ok([binary(b"f", true)].into()));
    // Frames are not seen; an empty one adds nothing, but the last.
    let mut input = frame(false, false, Opcode::Binary, b"a");
    input.extend(frame(false, false, Opcode::Continuation, b""));
    input.extend(frame(true, false, Opcode::Ping, b"p"));
    input.extend(frame(true, false, Opcode::Continuation, b""));
    let expected = [binary(b"a", false), Event::Ping(b"p".to_vec()), binary(b"", true)];
    assert_eq!(events(&mut receiver, &input), Ok(expected.into()));
}

#[test]
fn a_large_inflated_message_comes_in_bounded_pieces() {
    let message: Vec<u8> = (0..100_000u32).map(|place| (place / 999) as u8).collect();
    let input = compressed(&mut Deflater::new(15), &message);
    assert!(input.len() < 2000);
    let mut receiver = receiver(100_000, Delivery::Pieces, true);
    let mut whole = Vec::new();
    for (place, event) in events(&mut receiver, &input).expect("valid").into_iter().enumerate() {
        let Event::Data { data, last, .. } = event else { panic!("{event:?}") };
        assert!(data.len() <= PIECE && data.capacity() <= 2 * PIECE);
        assert_eq!(last, place == 100_000 / PIECE);
        whole.extend_from_slice(&data);
    }
    assert_eq!(whole, message);
}

#[test]
fn the_cap_holds_for_what_comes_of_a_message() {
    for delivery in [Delivery::Whole, Delivery::Pieces] {
        for size in [0, 1, 999, 1000] {
            let data = alloc::vec![7; size];
            let mut deflater = Deflater::new(15);
            let mut receiver = receiver(1000, delivery, true);
            for _ in 0..3 {
                assert!(events(&mut receiver, &frame(true, false, Opcode::Binary, &data)).is_ok(), "{size}");
                assert!(events(&mut receiver, &compressed(&mut deflater, &data)).is_ok(), "{size}");
            }
        }
        let data = alloc::vec![7; 1001];
        let too_large = Err(Violation::MessageTooLarge);
        assert_eq!(events(&mut receiver(1000, delivery, true), &compressed(&mut Deflater::new(15), &data)), too_large);
        // The header is enough to know.
        assert_eq!(events(&mut receiver(1000, delivery, true), &frame(true, false, Opcode::Binary, &data)[..4]), too_large);
        let mut parts = frame(false, false, Opcode::Binary, &data[..600]);
        parts.extend_from_slice(&frame(true, false, Opcode::Continuation, &data[..401])[..4]);
        assert_eq!(events(&mut receiver(1000, delivery, true), &parts).err(), Some(Violation::MessageTooLarge));
    }
}

#[test]
fn a_bomb_is_not_inflated_beyond_the_cap() {
    let bomb = compressed(&mut Deflater::new(15), &alloc::vec![0; 10_000_000]);
    let mut receiver = receiver(5000, Delivery::Whole, true);
    assert_eq!(receiver.receive(&bomb), Err(Violation::MessageTooLarge));
    let message = receiver.message.expect("it is where it was stopped");
    assert_eq!((message.size, message.data.len()), (5001, 5001));
}

#[test]
fn memory_is_not_taken_on_announcement() {
    let mut receiver = receiver(usize::MAX, Delivery::Whole, true);
    let mut input = Vec::new();
    FrameHeader { fin: true, rsv1: false, opcode: Opcode::Binary, mask: None, len: 1 << 62 }.write(&mut input);
    input.push(1);
    assert_eq!(receiver.receive(&input), Ok((input.len(), None)));
    assert!(receiver.message.expect("begun").data.capacity() < 100);
}

#[test]
fn without_takeover_nothing_is_kept() {
    let mut kept = receiver(1000, Delivery::Whole, true);
    let mut dropped = receiver(1000, Delivery::Whole, false);
    let first = compressed(&mut Deflater::new(15), b"Hello");
    // RFC 7692 §7.2.3.2: it refers to the first.
    let second = frame(true, true, Opcode::Binary, &[0xf2, 0x00, 0x11, 0x00, 0x00]);
    assert_eq!(events(&mut kept, &first), Ok([binary(b"Hello", true)].into()));
    assert_eq!(events(&mut kept, &second), Ok([binary(b"Hello", true)].into()));
    assert_eq!(events(&mut dropped, &first), Ok([binary(b"Hello", true)].into()));
    assert!(dropped.inflater.is_none());
    assert_eq!(events(&mut dropped, &second), Err(Violation::DeflateData));
}

#[test]
fn one_kind_only() {
    let mut receiver = Receiver::new(false, None, 10, Delivery::Whole, Some(Kind::Text));
    assert!(events(&mut receiver, &frame(true, false, Opcode::Text, b"a")).is_ok());
    assert_eq!(events(&mut receiver, &frame(true, false, Opcode::Binary, b"a")), Err(Violation::KindRefused));
}
