use super::*;

#[test]
fn streams_are_idle_then_open_then_closed() {
    let mut streams = Streams::default();
    assert_eq!(streams.locate(1), Place::Idle);
    for id in [1, 3, 9] {
        streams.begin(id);
        streams.push(Stream { remote: Half::Open, ..Stream::new(id, 1, 1) });
    }
    assert_eq!((streams.locate(3), streams.locate(5), streams.locate(4), streams.locate(11)), {
        (Place::Open(1), Place::Closed, Place::Idle, Place::Idle)
    });
    assert!(streams.was_skipped(5) && streams.was_skipped(7) && !streams.was_skipped(9));
    streams[1].local = Half::Ended;
    assert!(!streams.settle(1));
    streams[1].remote = Half::Ended;
    assert!(streams.settle(1) && !streams.settle(1), "once");
    assert_eq!((streams.locate(3), streams.open(), streams.held()), (Place::Closed, 2, 3));
    streams[0].failure = Some(Reason::Refused);
    assert!(!streams.settle(0), "not a proper end");
    assert_eq!(streams.remove(0).id, 1);
    assert_eq!(streams.remove(1).id, 9);
    assert_eq!((streams.open(), streams.held(), streams.last()), (0, 1, 9));
}

#[test]
fn a_stream_that_was_not_begun_is_idle_to_the_peer() {
    let mut streams = Streams::default();
    streams.begin(1);
    streams.push(Stream::new(1, 1, 1));
    assert_eq!(streams.locate(1), Place::Idle);
    streams[0].local = Half::Open;
    assert_eq!(streams.locate(1), Place::Open(0));
}

#[test]
fn the_first_stream_need_not_be_number_one() {
    let mut streams = Streams::default();
    streams.begin(5);
    assert!(streams.was_skipped(3) && !streams.was_skipped(5));
    let mut streams = Streams::default();
    streams.begin(1);
    streams.begin(3);
    assert!(!streams.was_skipped(1));
}

#[test]
fn what_was_under_way_is_ignored_within_the_window() {
    let mut streams = Streams::default();
    streams.begin(1);
    streams.remember(1, 10);
    assert_eq!((streams.late(1, 10, false), streams.late(1, 0, false)), (Late::Ignore, Late::Ignore));
    assert_eq!(streams.late(1, 1, false), Late::Wrong);
    assert_eq!((streams.late(1, 0, true), streams.late(1, 0, true)), (Late::Ignore, Late::Wrong), "nothing follows an end");
}

#[test]
fn the_oldest_are_forgotten_and_pardoned() {
    let mut streams = Streams::default();
    for id in (1..).step_by(2).take(RECENT + 2) {
        streams.remember(id, 1);
    }
    assert_eq!((streams.late(1, 9, false), streams.late(3, 9, false), streams.late(5, 1, false)), {
        (Late::Doubtful, Late::Doubtful, Late::Ignore)
    });
    assert_eq!(streams.late(1001, 0, false), Late::Wrong);
}

#[test]
fn content_comes_out_as_it_went_in() {
    let (mut content, mut spare, mut out) = (Content::default(), Vec::new(), Vec::new());
    let text: Vec<u8> = (0..=255).cycle().take(5000).collect();
    for (turn, piece) in text.chunks(37).enumerate() {
        content.append(piece, &mut spare);
        let mut into = [0; 64];
        let n = content.read(&mut into[..turn % 60], &mut spare);
        out.extend_from_slice(&into[..n]);
    }
    let mut rest = [0; 5000];
    let n = content.read(&mut rest, &mut spare);
    out.extend_from_slice(&rest[..n]);
    assert_eq!(out, text);
    assert!(content.bytes.capacity() == 0 && spare.capacity() > 0, "the memory is for the next one");
    content.append(b"x", &mut spare);
    assert_eq!((spare.capacity(), content.discard(&mut spare), content.len()), (0, 1, 0));
}
