use super::*;

/// Inflates a message that is given in one piece.
fn inflate(inflater: &mut Inflater, message: &[u8]) -> Result<Vec<u8>, Violation> {
    let mut out = Vec::new();
    let (used, full) = inflater.inflate(message, &mut out, usize::MAX)?;
    assert_eq!((used, full), (message.len(), false));
    inflater.finish()?;
    Ok(out)
}

fn deflate(deflater: &mut Deflater, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    deflater.deflate(message, true, &mut out);
    out
}

/// Bytes with little order in them, which find matches at all distances.
fn text(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    let mut out = Vec::new();
    while out.len() < len {
        match next() % 3 {
            0 if out.len() > 3 => {
                let start = next() as usize % out.len();
                let end = (start + 3 + next() as usize % 60).min(out.len());
                out.extend_from_within(start..end);
            }
            _ => out.push(b'a' + (next() % 26) as u8),
        }
    }
    out.truncate(len);
    out
}

#[test]
fn the_examples_of_the_rfc() {
    // RFC 7692 §7.2.3
    let hello: [&[u8]; 4] = [
        &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
        &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
        &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
        &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
    ];
    let mut inflater = Inflater::new(15);
    for message in hello {
        assert_eq!(inflate(&mut inflater, message).as_deref(), Ok(&b"Hello"[..]), "{message:?}");
    }
    // §7.2.3.2: the second message refers to the first.
    let mut inflater = Inflater::new(15);
    assert_eq!(inflate(&mut inflater, hello[0]).as_deref(), Ok(&b"Hello"[..]));
    assert_eq!(inflate(&mut inflater, &[0xf2, 0x00, 0x11, 0x00, 0x00]).as_deref(), Ok(&b"Hello"[..]));
    // §7.2.3.4: it may do so across a block that was marked as the last.
    let mut inflater = Inflater::new(15);
    assert_eq!(inflate(&mut inflater, hello[2]).as_deref(), Ok(&b"Hello"[..]));
    assert_eq!(inflate(&mut inflater, &[0xf2, 0x00, 0x11, 0x00, 0x00]).as_deref(), Ok(&b"Hello"[..]));
    // §7.2.3.6
    assert_eq!(inflate(&mut inflater, &[0x00]).as_deref(), Ok(&b""[..]));
    assert_eq!(inflate(&mut inflater, &[0x02, 0x00]).as_deref(), Ok(&b""[..]));
}

#[test]
fn what_does_not_inflate() {
    let broken: [(&str, &[u8]); 9] = [
        ("nothing at all", &[]),
        ("a reserved kind of block", &[0x06, 0x00]),
        ("a length that its complement contradicts", &[0x00, 0x05, 0x00, 0x05, 0x00, 0x48]),
        ("a reference to before the start", &[0xf2, 0x00, 0x11, 0x00, 0x00]),
        ("half a block", &[0xf2, 0x48, 0xcd]),
        ("a block without compression that lacks its data", &[0x00, 0x04, 0x00, 0xfb, 0xff]),
        ("the tail not taken away, and one byte of it missing", &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff]),
        ("a last block that nothing follows", &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]),
        ("a code table that is none", &[0x04, 0xfe, 0xff, 0xff, 0xff, 0xff]),
    ];
    for (what, message) in broken {
        assert_eq!(inflate(&mut Inflater::new(15), message), Err(Violation::DeflateData), "{what}");
    }
}

#[test]
fn no_reference_reaches_out_of_the_window() {
    // 300 bytes without compression, then three from a distance of 257: fixed codes of length symbol 257 and distance symbol 16.
    let mut message = Vec::from([0x00, 0x2c, 0x01, 0xd3, 0xfe]);
    message.extend_from_slice(&text(300, 5));
    // The block's bits: 0, 10 (from the low end: 0 1 0), 0000001, 10000, extra 0000000, end 0000000; then the empty block's 000.
    let bits = [0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    message.extend(bits.chunks(8).map(|byte| byte.iter().rev().fold(0u8, |sum, bit| sum << 1 | bit)));
    let whole = inflate(&mut Inflater::new(15), &message).expect("valid for a large window");
    assert_eq!(whole[300..], whole[43..46]);
    assert_eq!(inflate(&mut Inflater::new(9), &message).as_ref(), Ok(&whole));
    assert_eq!(inflate(&mut Inflater::new(8), &message), Err(Violation::DeflateData));
}

#[test]
fn the_room_bounds_what_comes_out() {
    // A million zeros in a thousand bytes.
    let bomb = deflate(&mut Deflater::new(15), &[0; 1_000_000]);
    assert!(bomb.len() < 2000);
    let mut inflater = Inflater::new(15);
    let (mut rest, mut total) = (&bomb[..], 0);
    loop {
        let mut out = Vec::new();
        let (used, full) = inflater.inflate(rest, &mut out, 1000).expect("valid");
        assert!(out.len() <= 1000);
        assert_eq!(full, out.len() == 1000);
        (rest, total) = (&rest[used..], total + out.len());
        if !full {
            break;
        }
    }
    assert_eq!((rest.len(), total), (0, 1_000_000));
    assert_eq!(inflater.finish(), Ok(()));
}

#[test]
fn every_window_both_ways() {
    let messages = [text(10, 1), text(0, 2), text(255, 3), text(256, 4), text(257, 5), text(40_000, 6), text(40_000, 6), text(3, 7)];
    for bits in 8..=15 {
        let (mut deflater, mut inflater) = (Deflater::new(bits), Inflater::new(bits));
        let mut size = 0;
        for message in &messages {
            let compressed = deflate(&mut deflater, message);
            size += compressed.len();
            assert_eq!(inflate(&mut inflater, &compressed).as_ref(), Ok(message), "{bits} bits, {} bytes", message.len());
        }
        assert!(size < messages.iter().map(Vec::len).sum::<usize>(), "{bits} bits: {size}");
    }
}

#[test]
fn a_receiver_with_a_smaller_window_than_the_senders_may_fail() {
    // The test above would prove nothing if all references were short.
    let message = text(40_000, 6);
    let compressed = deflate(&mut Deflater::new(15), &message);
    assert_eq!(inflate(&mut Inflater::new(8), &compressed), Err(Violation::DeflateData));
}

#[test]
fn pieces_can_be_inflated_as_they_come() {
    let message = text(5000, 9);
    for bits in [8, 15] {
        let (mut deflater, mut inflater) = (Deflater::new(bits), Inflater::new(bits));
        for (place, piece) in message.chunks(700).enumerate() {
            let (mut compressed, mut out) = (Vec::new(), Vec::new());
            let last = place == 7;
            deflater.deflate(piece, last, &mut compressed);
            inflater.inflate(&compressed, &mut out, usize::MAX).expect("valid");
            assert_eq!(out, piece, "nothing is held back");
            if last {
                assert_eq!(inflater.finish(), Ok(()));
            }
        }
    }
}

#[test]
fn the_same_message_again_is_short() {
    let message = text(2000, 11);
    let mut deflater = Deflater::new(15);
    let first = deflate(&mut deflater, &message);
    let second = deflate(&mut deflater, &message);
    assert!(second.len() * 4 < first.len(), "{} then {}", first.len(), second.len());
}
