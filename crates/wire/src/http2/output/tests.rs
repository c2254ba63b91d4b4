use super::*;
use crate::http2::frame::{self, Kind};

#[test]
fn places_stay_true() {
    let mut out = Output::default();
    frame::write(Kind::Data, 0, 1, b"abc", out.bytes());
    let second = out.place();
    frame::write(Kind::Data, 0, 3, b"d", out.bytes());
    assert_eq!(second, 12);
    out.send(7);
    assert!(!out.set_flag(0, 1), "the flags of the first frame have gone out");
    assert!(out.set_flag(second, 1));
    out.send(5 + 4);
    assert_eq!(out.waiting(), b"\x01\0\0\0\x03d", "up to the flags");
    assert!(out.set_flag(second, 4));
    assert_eq!(out.waiting(), b"\x05\0\0\0\x03d");
    out.send(1);
    assert!(!out.set_flag(second, 8));
    out.send(5);
    assert_eq!((out.len(), out.place()), (0, 22));
    out.release();
    assert_eq!((out.bytes().capacity(), out.place()), (0, 22));
}

#[test]
fn nothing_is_lost_however_it_is_sent() {
    for step in 1..40 {
        let (mut out, mut sent, mut expected) = (Output::default(), Vec::new(), Vec::new());
        for number in 0..200u32 {
            let text = number.to_be_bytes();
            out.bytes().extend_from_slice(&text);
            expected.extend_from_slice(&text);
            let n = out.len().min(if number % 3 == 0 { step } else { 2 });
            sent.extend_from_slice(&out.waiting()[..n]);
            out.send(n);
            assert!(out.bytes().len() < 2 * out.len() + 2, "no more is kept than waits, twice over");
        }
        sent.extend_from_slice(out.waiting());
        assert_eq!(sent, expected, "in steps of {step}");
    }
}

#[test]
fn answers_are_counted_until_they_are_out() {
    let mut out = Output::default();
    out.bytes().extend_from_slice(&[0; 10]);
    out.answer(|bytes| bytes.extend_from_slice(&[0; 6]));
    assert_eq!(out.answers(), 6);
    out.send(9);
    assert_eq!(out.answers(), 6);
    out.send(3);
    assert_eq!((out.answers(), out.len()), (4, 4));
}
