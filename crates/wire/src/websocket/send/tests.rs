use super::*;

#[test]
fn the_memory_of_a_large_message_is_given_back() {
    let mut sender = Sender::new(None, None, 0);
    sender.piece(Kind::Binary, &[1; 1_000_000], true).expect("nothing waits");
    sender.written(sender.output().len());
    assert!(sender.output.capacity() <= KEPT);
    sender.piece(Kind::Text, b"a", true).expect("nothing waits");
    assert_eq!(sender.output(), [0x81, 1, b'a']);
}

#[test]
fn nothing_is_kept_for_compression_without_takeover() {
    for takeover in [false, true] {
        let mut sender = Sender::new(None, Some(Direction { window_bits: 15, takeover }), 1000);
        sender.piece(Kind::Text, b"Hel", false).expect("nothing waits");
        assert!(sender.deflater.is_some(), "one message refers to itself");
        sender.piece(Kind::Text, b"lo", true).expect("little waits");
        assert_eq!(sender.deflater.is_some(), takeover);
        sender.close(b"");
        assert!(sender.deflater.is_none());
    }
}

#[test]
fn no_pong_follows_a_close() {
    let mut sender = Sender::new(None, None, 0);
    sender.piece(Kind::Binary, &[1; 5000], true).expect("nothing waits");
    sender.pong(b"a");
    sender.pong(b"b");
    sender.close(b"");
    assert!(sender.output().ends_with(&[1, 0x88, 0]));
    sender.written(sender.output().len());
    assert!(sender.output().is_empty());
}

#[test]
fn a_pong_that_waited_stands_behind_what_it_waited_for() {
    let mut sender = Sender::new(None, None, 0);
    sender.piece(Kind::Binary, &[1; 5000], true).expect("nothing waits");
    sender.pong(b"a");
    sender.pong(b"b");
    sender.written(900);
    assert_eq!(sender.output().len(), 5004 - 900);
    sender.written(8);
    // There is room again, and the latest ping is the one that is answered.
    assert_eq!(sender.output().len(), 4096 + 3);
    assert!(sender.output().ends_with(&[1, 0x8a, 1, b'b']));
}
