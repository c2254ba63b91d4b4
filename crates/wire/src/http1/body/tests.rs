use super::*;

const LIMITS: Limits = Limits { target_bytes: 64, head_bytes: 128, fields: 2 };

/// Decodes `input` given in pieces of `step` bytes. Returns the body, the trailers and how much was consumed.
fn decode(framing: Framing, limits: Limits, input: &[u8], step: usize) -> Result<(Vec<u8>, Fields, usize, bool), BodyError> {
    let mut decoder = BodyDecoder::new(framing, limits);
    let (mut body, mut trailers, mut consumed) = (Vec::new(), Fields::new(), 0);
    for part in input.chunks(step) {
        let mut at = 0;
        loop {
            let piece = decoder.decode(&part[at..], &mut trailers)?;
            let start = at + piece.skip;
            at = start + piece.data;
            body.extend_from_slice(&part[start..at]);
            assert_eq!(piece.done, decoder.is_done());
            if piece.done || piece == Piece::default() {
                assert!(piece.done || at == part.len(), "all is consumed before more is asked for");
                break;
            }
        }
        consumed += at;
        if decoder.is_done() {
            break;
        }
    }
    Ok((body, trailers, consumed, decoder.is_done()))
}

#[test]
fn chunked_in_steps_of_any_size() {
    let input = b"4\r\nWiki\r\n00a ; n=\"v\";m\r\n0123456789\r\n0\r\nX: y \r\nZ:\r\n\r\nGET /";
    for step in 1..=input.len() {
        let (body, trailers, consumed, done) = decode(Framing::Chunked, LIMITS, input, step).expect("valid");
        assert_eq!((&body[..], consumed, done), (&b"Wiki0123456789"[..], input.len() - 5, true), "{step}");
        let fields: Vec<_> = trailers.iter().map(|field| (field.name, field.value)).collect();
        assert_eq!(fields, [(&b"X"[..], &b"y"[..]), (b"Z", b"")]);
    }
}

#[test]
fn counted_and_until_close() {
    for step in 1..8 {
        let (body, _, consumed, done) = decode(Framing::Exact(5), LIMITS, b"abcdefg", step).expect("valid");
        assert_eq!((&body[..], consumed, done), (&b"abcde"[..], 5, true));
        let (body, _, _, done) = decode(Framing::UntilClose, LIMITS, b"abcdefg", step).expect("valid");
        assert_eq!((&body[..], done), (&b"abcdefg"[..], false));
        let (_, _, consumed, done) = decode(Framing::None, LIMITS, b"abcdefg", step).expect("valid");
        assert_eq!((consumed, done), (0, true));
    }
    let mut decoder = BodyDecoder::new(Framing::None, LIMITS);
    assert_eq!(decoder.decode(b"", &mut Fields::new()), Ok(Piece { skip: 0, data: 0, done: true }));
}

#[test]
fn the_end_of_input() {
    let after = |framing, input: &[u8]| {
        let mut decoder = BodyDecoder::new(framing, LIMITS);
        decoder.decode(input, &mut Fields::new()).expect("valid so far");
        (decoder.remaining(), decoder.end_of_input(), decoder.is_done())
    };
    assert_eq!(after(Framing::UntilClose, b"a"), (None, Ok(()), true));
    assert_eq!(after(Framing::Exact(2), b"a"), (Some(1), Err(BodyError::Truncated), false));
    assert_eq!(after(Framing::Exact(1), b"a"), (Some(0), Ok(()), true));
    assert_eq!(after(Framing::Chunked, b"1\r\na"), (None, Err(BodyError::Truncated), false));
    assert_eq!(after(Framing::Chunked, b"0\r\n\r\n"), (Some(0), Ok(()), true));
}

#[test]
fn rules_of_chunks() {
    let rule = |input: &[u8]| {
        let whole = decode(Framing::Chunked, LIMITS, input, input.len()).err();
        assert_eq!(whole, decode(Framing::Chunked, LIMITS, input, 1).err(), "however it is cut");
        whole
    };
    let broken = |rule: Rule| Some(BodyError::from(rule));
    assert_eq!(rule(b"ffffffffffffffff\r\n"), None);
    assert_eq!(rule(b"00000000000000001\r\n"), broken(Rule::ChunkSizeTooLong));
    for bad in [&b"\r\n"[..], b"-1", b"+1", b" 1", b"x", b";a", b"\n"] {
        assert_eq!(rule(bad), broken(Rule::ChunkSize), "{bad:?}");
    }
    for bad in [&b"1\0"[..], b"0x1", b"1 \r\n", b"1;a\0", b"1;\x7f", b"1 1"] {
        assert_eq!(rule(bad), broken(Rule::ChunkExtension), "{bad:?}");
    }
    for bad in [&b"1\n"[..], b"1;a\n", b"1 \n", b"0\r\n\n"] {
        assert_eq!(rule(bad), broken(Rule::BareLf), "{bad:?}");
    }
    assert_eq!(rule(b"1\rx"), broken(Rule::BareCr));
    assert_eq!(rule(b"1\r\nab"), broken(Rule::ChunkEnd));
    assert_eq!(rule(b"1\r\na\n"), broken(Rule::ChunkEnd));
    assert_eq!(rule(b"1\r\na\r1"), broken(Rule::ChunkEnd));
    assert_eq!(rule(b"0\r\ncontent-length: 1\r\n"), broken(Rule::TrailerForbidden));
    assert_eq!(rule(b"0\r\n a: b\r\n"), broken(Rule::ObsFold));
    assert_eq!(rule(b"0\r\na:\r\nb:\r\nc:\r\n"), broken(Rule::TooManyFields));
    assert_eq!(rule(&[&b"0\r\na: "[..], &[b'b'; 126]].concat()), broken(Rule::TrailersTooLarge));
}

#[test]
fn extensions_are_capped_over_the_whole_body() {
    let mut input = Vec::new();
    for _ in 0..EXTENSION_BYTES / 8 {
        input.extend_from_slice(b"1;1234567\r\nx\r\n");
    }
    assert!(decode(Framing::Chunked, LIMITS, &input, 1000).is_ok());
    input.extend_from_slice(b"1;");
    assert_eq!(decode(Framing::Chunked, LIMITS, &input, 1000).err(), Some(Rule::ChunkExtensionsTooLarge.into()));
}

#[test]
fn sizes_are_written_in_hexadecimal() {
    for (len, text) in [(1, "1\r\n"), (15, "f\r\n"), (16, "10\r\n"), (0xabc, "abc\r\n"), (usize::MAX, "ffffffffffffffff\r\n")] {
        let mut out = Vec::new();
        write_size(len, &mut out);
        assert_eq!(out, text.as_bytes());
    }
}

#[test]
fn encoding() {
    let encode = |framing, pieces: &[&[u8]]| {
        let mut encoder = BodyEncoder::new(framing);
        let mut trailers = Fields::new();
        trailers.push(b"X", b"y");
        let mut out = Vec::new();
        for piece in pieces {
            encoder.before(piece.len(), &mut out);
            out.extend_from_slice(piece);
            encoder.after(&mut out);
        }
        encoder.finish(&trailers, &mut out);
        (out, encoder.owed())
    };
    assert_eq!(encode(Framing::Chunked, &[b"ab", b"c"]), (b"2\r\nab\r\n1\r\nc\r\n0\r\nX: y\r\n\r\n".to_vec(), 0));
    assert_eq!(encode(Framing::Exact(4), &[b"ab", b"c"]), (b"abc".to_vec(), 1));
    assert_eq!(encode(Framing::UntilClose, &[b"ab", b"c"]), (b"abc".to_vec(), 0));
    assert_eq!(encode(Framing::None, &[]), (Vec::new(), 0));
}

#[test]
#[should_panic(expected = "no more body than its head announced")]
fn an_overrun_is_our_own_bug() {
    BodyEncoder::new(Framing::Exact(2)).before(3, &mut Vec::new());
}
