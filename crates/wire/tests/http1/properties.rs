//! What holds for every message, tried on random ones.

use crate::driver::{Body, Outcome, ROOMY, body, request, response};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::http::{Fields, Method, RequestHead, ResponseHead, TargetForm, Version};
use wire::http1::{BodyEncoder, Framing, write_field, write_request, write_response};

/// Names no rule of the codec is about, so that any value goes.
fn a_name() -> impl Strategy<Value = String> {
    prop_oneof!["X-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}", Just("Cookie".into()), Just("accept-encoding".into()), Just("VIA".into())]
}

/// Values as they are stored: without white space around them.
fn a_value() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![8 => 0x20..=0x7eu8, 1 => 0x80..=0xffu8, 1 => Just(b'\t')], 0..80).prop_map(|value| value.trim_ascii().to_vec())
}

fn some_fields() -> impl Strategy<Value = Fields> {
    vec((a_name(), a_value()), 0..12).prop_map(|lines| {
        let mut fields = Fields::new();
        lines.iter().for_each(|(name, value)| fields.push(name.as_bytes(), value));
        fields
    })
}

fn a_request() -> impl Strategy<Value = RequestHead> {
    let method = prop_oneof![Just("GET".to_string()), Just("POST".into()), Just("OPTIONS".into()), "[A-Z!#$%&'*+.^_`|~0-9-]{1,32}"];
    let host = "([a-zA-Z0-9_~-]{1,10}\\.){0,3}[a-z0-9]{1,8}(:[0-9]{1,4})?";
    (method.prop_filter("another form", |method| method != "CONNECT"), "/[!-\"$-~]{0,60}", host, some_fields(), 0usize..12).prop_map(
        |(method, target, host, others, host_at)| {
            let mut fields = Fields::new();
            let place = host_at.min(others.len());
            others.iter().take(place).for_each(|field| fields.push(field.name, field.value));
            fields.push(b"Host", host.as_bytes());
            others.iter().skip(place).for_each(|field| fields.push(field.name, field.value));
            RequestHead {
                method: Method::of(&method),
                form: TargetForm::Origin,
                https: false,
                authority: host.into_bytes(),
                target: target.into_bytes(),
                version: Version::Http11,
                protocol: Vec::new(),
                fields,
            }
        },
    )
}

/// Cuts a message at the given places, counted from wherever they fall.
fn cut<'a>(input: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (input.len() + 1)).chain([0, input.len()]).collect();
    places.sort_unstable();
    places.windows(2).map(|pair| &input[pair[0]..pair[1]]).collect()
}

/// The wire form of a body sent in these pieces.
fn encode(framing: Framing, pieces: &[Vec<u8>], trailers: &Fields) -> Vec<u8> {
    let mut encoder = BodyEncoder::new(framing);
    let mut out = Vec::new();
    for piece in pieces {
        encoder.before(piece.len(), &mut out);
        out.extend_from_slice(piece);
        encoder.after(&mut out);
    }
    encoder.finish(trailers, &mut out);
    assert_eq!(encoder.owed(), 0);
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_written_request_is_read_as_it_was(head in a_request(), tail in vec(any::<u8>(), 0..20)) {
        let mut out = Vec::new();
        write_request(&head, &head.target, head.fields.iter(), &mut out);
        out.extend_from_slice(b"\r\n");
        let len = out.len();
        for part in 0..len {
            prop_assert_eq!(request(&out[..part], ROOMY), Outcome::Unfinished);
        }
        out.extend_from_slice(&tail);
        let Outcome::Whole((read_len, _, read)) = request(&out, ROOMY) else { panic!("refused {:?}", request(&out, ROOMY)) };
        prop_assert_eq!(read_len, len);
        prop_assert_eq!(read, head);
    }

    #[test]
    fn a_written_response_is_read_as_it_was(
        status in prop_oneof![Just(200u16), 100..=999u16],
        reason in vec(prop_oneof![0x20..=0x7eu8, 0x80..=0xffu8], 1..30),
        fields in some_fields(),
    ) {
        let mut head = ResponseHead { version: Version::Http11, status, reason, fields };
        if status == 101 {
            head.fields.push(b"Upgrade", b"x");
        }
        let mut out = Vec::new();
        write_response(&head, head.fields.iter(), &mut out);
        out.extend_from_slice(b"\r\n");
        for part in 0..out.len() {
            prop_assert_eq!(response(&out[..part], &Method::Get, ROOMY), Outcome::Unfinished);
        }
        let Outcome::Whole((len, _, read)) = response(&out, &Method::Get, ROOMY) else { panic!("refused") };
        prop_assert_eq!(len, out.len());
        prop_assert_eq!(read, head);
    }

    #[test]
    fn white_space_around_a_value_and_its_case_in_a_name_change_nothing(before in "[ \t]{0,9}", after in "[ \t]{0,9}", value in a_value()) {
        let text = [b"GET / HTTP/1.1\r\nhOsT: a\r\nX:", before.as_bytes(), &value, after.as_bytes(), b"\r\n\r\n"].concat();
        let Outcome::Whole((_, _, head)) = request(&text, ROOMY) else { panic!("refused") };
        prop_assert_eq!(head.fields.named(b"x").next(), Some(&value[..]));
        prop_assert_eq!(&head.authority[..], b"a");
    }

    #[test]
    fn a_body_comes_back_however_it_is_sent_and_cut(
        pieces in vec(vec(any::<u8>(), 1..200), 0..8),
        places in vec(any::<usize>(), 0..12),
        trailers in some_fields(),
        tail in vec(any::<u8>(), 0..20),
    ) {
        let data = pieces.concat();
        for framing in [Framing::Chunked, Framing::Exact(data.len() as u64)] {
            let mut wire = encode(framing, &pieces, &trailers);
            let len = wire.len();
            wire.extend_from_slice(&tail);
            let trailers = if framing == Framing::Chunked { trailers.clone() } else { Fields::new() };
            let expected = Outcome::Whole(Body { data: data.clone(), trailers, len });
            prop_assert_eq!(body(framing, ROOMY, [&wire[..]]).0, expected.clone());
            prop_assert_eq!(body(framing, ROOMY, cut(&wire, &places)).0, expected.clone());
            prop_assert_eq!(body(framing, ROOMY, wire.chunks(1)).0, expected);
            for part in 0..len {
                prop_assert_eq!(body(framing, ROOMY, [&wire[..part]]).0, Outcome::Unfinished);
            }
        }
    }

    #[test]
    fn any_bytes_are_judged(input in vec(prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(b':'), Just(b' ')], 0..200)) {
        let started = |start: &[u8]| [start, &input].concat();
        let _ = request(&input, ROOMY);
        let _ = request(&started(b"GET / HTTP/1.1\r\n"), ROOMY);
        let _ = response(&input, &Method::Head, ROOMY);
        let _ = response(&started(b"HTTP/1.1 200 OK\r\n"), &Method::Get, ROOMY);
        let _ = body(Framing::Chunked, ROOMY, input.chunks(3));
        let _ = body(Framing::Chunked, ROOMY, [&started(b"0\r\n")[..]]);
    }

    #[test]
    fn a_field_line_is_one_line(name in a_name(), value in a_value()) {
        let mut out = Vec::new();
        write_field(name.as_bytes(), &value, &mut out);
        prop_assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 1);
        prop_assert!(out.ends_with(b"\r\n"));
    }
}
