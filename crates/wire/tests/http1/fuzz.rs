//! A mutation fuzzer that runs on stable Rust: the corpus, changed at random, against what must hold for every input. The same few thousand
//! inputs in every test run; `FUZZ_SECONDS=600 cargo test …` goes on for that long from a seed that it prints. See `fuzz/README.md`.

use crate::corpus;
use crate::driver::{LIMITS, Outcome, ROOMY, body, request, response};
use crate::mutation::{Random, run};
use wire::http::{Fields, Known, Method, RequestHead, ResponseHead, TargetForm};
use wire::http1::{BodyEncoder, Framing, write_field, write_request, write_response};

/// What is worth putting into a message.
pub(crate) const WORDS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\t",
    b" ",
    b":",
    b",",
    b";",
    b"\x0b",
    b"\x7f",
    b"\xff",
    b"0",
    b"1",
    b"ffffffffffffffff",
    b"18446744073709551615",
    b"\r\n\r\n",
    b"chunked",
    b"Host: b\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"Expect: 100-continue\r\n",
    b"X: y\r\n",
    b" folded\r\n",
    b"0\r\n\r\n",
    b"5;a=b\r\n",
    b"HTTP/1.0",
    b"http://a",
    b"#",
    b"?",
    b"@",
    b"[::1]",
];

/// The malformed and the valid messages of one kind.
fn seeds<'a>(malformed: &'a [corpus::Case], kind: corpus::Kind, valid: &[&'a [u8]]) -> Vec<&'a [u8]> {
    // The long ones would spend the time on their filling.
    let short = malformed.iter().filter(|case| case.kind == kind && case.input.len() < 2000).map(|case| &case.input[..]);
    short.chain(valid.iter().copied()).collect()
}

/// A second opinion on an accepted head, with none of the parser's cleverness: lines end with CRLF, hold no control characters, and are
/// fields with a name before the colon.
fn is_plain(head: &[u8]) {
    let text = head.strip_prefix(b"\r\n").unwrap_or(head);
    let text = text.strip_suffix(b"\r\n\r\n").expect("a head ends with an empty line");
    let shown = String::from_utf8_lossy(head);
    let lines: Vec<Vec<u8>> = String::from_utf8_lossy(text).split("\r\n").map(|line| line.as_bytes().to_vec()).collect();
    for (number, line) in lines.iter().enumerate() {
        assert!(!line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t'), "{shown:?}");
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let named = !name.is_empty() && name.len() < line.len() && !name.iter().any(|byte| b" \t\"(),/;<=>?@[\\]{}".contains(byte));
        assert!(number == 0 || (named && name.is_ascii()), "{shown:?}");
    }
}

/// What was judged in part must stay so in whole.
fn parts_agree<T: PartialEq + core::fmt::Debug>(random: &mut Random, input: &[u8], judge: impl Fn(&[u8]) -> Outcome<T>) {
    let whole = judge(input);
    for _ in 0..4 {
        let part = &input[..random.below(input.len() + 1)];
        match judge(part) {
            Outcome::Unfinished => {}
            Outcome::Refused(_) => assert!(matches!(whole, Outcome::Refused(_)), "{part:?} of {input:?}"),
            outcome => assert_eq!(outcome, whole, "{part:?} of {input:?}"),
        }
    }
}

#[test]
fn requests() {
    let malformed = corpus::malformed();
    run(&seeds(&malformed, corpus::Kind::Request, corpus::REQUESTS), WORDS, 4000, |random, input| {
        let limits = if random.below(4) == 0 { LIMITS } else { ROOMY };
        parts_agree(random, input, |part| request(part, limits));
        let Outcome::Whole((len, meta, head)) = request(input, limits) else { return };
        is_plain(&input[..len]);
        request_again(&head, meta.framing);
        check_body(random, meta.framing, &input[len..]);
    });
}

/// Writes a head that was read and reads that.
fn request_again(head: &RequestHead, framing: Framing) {
    let mut out = Vec::new();
    write_request(head, &head.target, head.fields.iter(), &mut out);
    if !head.fields.has(Known::Host) {
        // HTTP/1.0 may leave it out, and we write HTTP/1.1.
        let host: &[u8] = if head.authority.is_empty() { b"a" } else { &head.authority };
        write_field(b"Host", host, &mut out);
    }
    out.extend_from_slice(b"\r\n");
    let Outcome::Whole((len, meta, again)) = request(&out, ROOMY) else { panic!("{:?} is refused", String::from_utf8_lossy(&out)) };
    let named = |head: &RequestHead| head.fields.iter().map(|field| field.value.to_vec()).collect::<Vec<_>>();
    assert_eq!((len, meta.framing), (out.len(), framing));
    assert_eq!((&again.method, &again.target), (&head.method, &head.target));
    assert!(named(&again).starts_with(&named(head)));
    assert_eq!(again.form == TargetForm::Authority, head.form == TargetForm::Authority);
}

#[test]
fn responses() {
    let malformed = corpus::malformed();
    run(&seeds(&malformed, corpus::Kind::Response, corpus::RESPONSES), WORDS, 4000, |random, input| {
        let method = [Method::Get, Method::Head, Method::Connect][random.below(3)].clone();
        let limits = if random.below(4) == 0 { LIMITS } else { ROOMY };
        parts_agree(random, input, |part| response(part, &method, limits));
        let Outcome::Whole((len, meta, head)) = response(input, &method, limits) else { return };
        is_plain(&input[..len]);
        response_again(&head, &method, meta.framing);
        check_body(random, meta.framing, &input[len..]);
    });
}

fn response_again(head: &ResponseHead, method: &Method, framing: Framing) {
    let mut out = Vec::new();
    write_response(head, head.fields.iter(), &mut out);
    out.extend_from_slice(b"\r\n");
    let Outcome::Whole((len, meta, again)) = response(&out, method, ROOMY) else {
        panic!("{:?} is refused", String::from_utf8_lossy(&out))
    };
    assert_eq!((len, meta.framing), (out.len(), framing));
    assert_eq!((again.status, &again.fields), (head.status, &head.fields));
    assert!(again.reason == head.reason || head.reason.is_empty());
}

#[test]
fn chunked_bodies() {
    let malformed = corpus::malformed();
    run(&seeds(&malformed, corpus::Kind::Chunked, corpus::CHUNKED), WORDS, 4000, |random, input| {
        check_body(random, Framing::Chunked, input)
    });
}

/// However a body is cut, the same comes of it; and what was taken can be sent again.
fn check_body(random: &mut Random, framing: Framing, input: &[u8]) {
    let (whole, data) = body(framing, LIMITS, [input]);
    let mut parts = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let (part, after) = rest.split_at(1 + random.below(rest.len().min(9)));
        parts.push(part);
        rest = after;
    }
    let (cut, cut_data) = body(framing, LIMITS, parts);
    assert_eq!(cut_data, data, "{input:?}");
    match (&cut, &whole) {
        // A cap on bytes is met sooner or later by how they come.
        (Outcome::Refused(_), Outcome::Refused(_)) => {}
        _ => assert_eq!(cut, whole, "{input:?}"),
    }
    let Outcome::Whole(taken) = whole else { return };
    assert!(taken.len <= input.len());
    if framing != Framing::Chunked {
        return;
    }
    let again = encode(&taken.data, &taken.trailers, 1 + random.below(7));
    let Outcome::Whole(back) = body(Framing::Chunked, ROOMY, [&again[..]]).0 else { panic!("{again:?} is refused") };
    assert_eq!((&back.data, &back.trailers, back.len), (&taken.data, &taken.trailers, again.len()));
}

fn encode(data: &[u8], trailers: &Fields, step: usize) -> Vec<u8> {
    let mut encoder = BodyEncoder::new(Framing::Chunked);
    let mut out = Vec::new();
    for piece in data.chunks(step) {
        encoder.before(piece.len(), &mut out);
        out.extend_from_slice(piece);
        encoder.after(&mut out);
    }
    encoder.finish(trailers, &mut out);
    out
}
