use super::*;

/// Every frame, however the bytes are cut.
fn all(bytes: &[u8], piece: usize) -> Vec<Frame> {
    let (mut frames, mut found) = (Frames::default(), Vec::new());
    for mut part in bytes.chunks(piece) {
        while !part.is_empty() {
            let (taken, frame) = frames.next(part);
            assert!(taken > 0, "it goes on");
            found.extend(frame);
            part = &part[taken..];
        }
    }
    found
}

fn frame(opcode: Opcode, size: u64, compressed: bool, last: bool) -> Frame {
    Frame { opcode, size, compressed, last }
}

#[test]
fn frames_end_where_they_end() {
    // A compressed text in two frames with a ping between them, and an empty close.
    let bytes = [0x41, 2, 1, 2, 0x89, 1, 7, 0x80, 1, 3, 0x88, 0];
    for piece in 1..=bytes.len() {
        let expected = [
            frame(Opcode::Text, 2, true, false),
            frame(Opcode::Ping, 1, false, true),
            frame(Opcode::Continuation, 1, true, true),
            frame(Opcode::Close, 0, false, true),
        ];
        assert_eq!(all(&bytes, piece), expected, "in pieces of {piece}");
    }
}

#[test]
fn what_is_no_frame_is_passed_on_whole() {
    assert_eq!(all(b"\x82\x01aHTTP/1.1 200 OK", 4), [frame(Opcode::Binary, 1, false, true)]);
}
