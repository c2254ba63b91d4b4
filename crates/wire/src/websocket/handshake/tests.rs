use super::*;
use crate::http1::{FieldLines, Limits, Parsed, parse_request, parse_response};

const LIMITS: Limits = Limits { target_bytes: 1000, head_bytes: 16_000, fields: 64 };

/// The request of RFC 6455 §1.2, `Host` and `Origin` included.
const OPENING: [(&str, &str); 8] = [
    ("Host", "server.example.com"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Origin", "http://example.com"),
    ("Sec-WebSocket-Protocol", "chat, superchat"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits, x-other"),
];

/// And its answer.
const ANSWER: [(&str, &str); 4] = [
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ("Sec-WebSocket-Protocol", "chat"),
];

/// The fields, with these lines in place of those of that name.
fn with(lines: &[(&str, &str)], name: &str, values: &[&str]) -> Fields {
    let mut fields = Fields::new();
    for (field, value) in lines.iter().filter(|(field, _)| *field != name) {
        fields.push(field.as_bytes(), value.as_bytes());
    }
    for value in values {
        fields.push(name.as_bytes(), value.as_bytes());
    }
    fields
}

fn opening(name: &str, values: &[&str]) -> RequestHead {
    RequestHead { fields: with(&OPENING, name, values), ..RequestHead::default() }
}

fn answer(name: &str, values: &[&str]) -> ResponseHead {
    ResponseHead { status: 101, fields: with(&ANSWER, name, values), ..ResponseHead::default() }
}

#[test]
fn an_extended_connect_is_judged_without_what_makes_an_upgrade() {
    let stream = |name: &str, values: &[&str]| {
        let mut fields = with(&OPENING, name, values);
        fields.retain(|field| !matches!(field.name, b"Upgrade" | b"Connection" | b"Sec-WebSocket-Key" | b"Host"));
        let head = RequestHead {
            method: Method::Connect,
            version: Version::Http2,
            protocol: b"websocket".to_vec(),
            fields,
            ..RequestHead::default()
        };
        check_connect(&head)
    };
    assert_eq!(stream("X-Nothing", &[]), Ok(()));
    for versions in [&[][..], &["8"], &["13", "13"]] {
        assert_eq!(stream("Sec-WebSocket-Version", versions), Err(HandshakeRule::Version), "{versions:?}");
    }
    assert_eq!(stream("Sec-WebSocket-Protocol", &["chat", "chat"]), Err(HandshakeRule::ProtocolSyntax));
    assert_eq!(stream("Sec-WebSocket-Extensions", &["; x"]), Err(HandshakeRule::ExtensionSyntax));
}

#[test]
fn the_key_of_the_rfc() {
    // RFC 6455 §1.3
    assert_eq!(&accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let text: [u8; 24] = base64(b"the sample nonce");
    assert_eq!(&text, b"dGhlIHNhbXBsZSBub25jZQ==");
    // RFC 4648 §10
    assert_eq!(&base64::<4>(b"f"), b"Zg==");
    assert_eq!(&base64::<8>(b"fooba"), b"Zm9vYmE=");
    assert_eq!(&base64::<8>(b"foobar"), b"Zm9vYmFy");
}

#[test]
fn openings_that_are_valid() {
    let cases: [(&str, &[&str]); 12] = [
        ("Host", &["other"]),
        ("Upgrade", &["WebSocket"]),
        ("Upgrade", &["h2c, websocket"]),
        ("Upgrade", &["h2c", "websocket"]),
        ("Connection", &["keep-alive, Upgrade"]),
        ("Connection", &["keep-alive", "UPGRADE"]),
        ("Sec-WebSocket-Protocol", &[]),
        ("Sec-WebSocket-Protocol", &["a", "b, A"]),
        ("Sec-WebSocket-Extensions", &[]),
        ("Sec-WebSocket-Extensions", &["a; b=c", "permessage-deflate"]),
        ("Origin", &[]),
        ("Sec-WebSocket-Key", &["++++++++++++++++//////=="]),
    ];
    for (name, values) in cases {
        let head = opening(name, values);
        assert_eq!(check_opening(&head).map(<[u8]>::len), Ok(24), "{name}: {values:?}");
    }
    assert_eq!(check_opening(&opening("", &[])), Ok(&b"dGhlIHNhbXBsZSBub25jZQ=="[..]));
}

#[test]
fn openings_that_are_refused() {
    use HandshakeRule as Rule;
    let many = (0..33).map(|number| alloc::format!("p{number}")).collect::<Vec<_>>().join(",");
    let cases: [(&str, &[&str], Rule); 26] = [
        ("Upgrade", &[], Rule::UpgradeMissing),
        ("Upgrade", &["h2c"], Rule::UpgradeMissing),
        ("Upgrade", &["websocket/13"], Rule::UpgradeMissing),
        ("Connection", &[], Rule::ConnectionMissing),
        ("Connection", &["keep-alive"], Rule::ConnectionMissing),
        ("Sec-WebSocket-Version", &[], Rule::Version),
        ("Sec-WebSocket-Version", &["8"], Rule::Version),
        ("Sec-WebSocket-Version", &["013"], Rule::Version),
        ("Sec-WebSocket-Version", &["13, 8"], Rule::Version),
        ("Sec-WebSocket-Version", &["13", "13"], Rule::Version),
        ("Sec-WebSocket-Key", &[], Rule::KeyMissing),
        ("Sec-WebSocket-Key", &["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="], Rule::KeyRepeated),
        ("Sec-WebSocket-Key", &[""], Rule::KeySyntax),
        ("Sec-WebSocket-Key", &["dGhlIHNhbXBsZSBub25jZQ="], Rule::KeySyntax),
        ("Sec-WebSocket-Key", &["dGhlIHNhbXBsZSBub25jZQ==="], Rule::KeySyntax),
        ("Sec-WebSocket-Key", &["dGhlIHNhbXBsZSBub25jZQAA"], Rule::KeySyntax),
        ("Sec-WebSocket-Key", &["dGhlIHNhbXBsZSBub25jZSE="], Rule::KeySyntax),
        ("Sec-WebSocket-Key", &["dGhlIHNhbXBsZSBub25j-Q=="], Rule::KeySyntax),
        ("Sec-WebSocket-Key", &["dGhlIHNhbXBsZSBub25j=Q=="], Rule::KeySyntax),
        ("Sec-WebSocket-Protocol", &[""], Rule::ProtocolSyntax),
        ("Sec-WebSocket-Protocol", &["a b"], Rule::ProtocolSyntax),
        ("Sec-WebSocket-Protocol", &["a, b, a"], Rule::ProtocolSyntax),
        ("Sec-WebSocket-Protocol", &["a", "a"], Rule::ProtocolSyntax),
        ("Sec-WebSocket-Protocol", &[&many], Rule::TooManyProtocols),
        ("Sec-WebSocket-Extensions", &[""], Rule::ExtensionSyntax),
        ("Sec-WebSocket-Extensions", &["a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a"], Rule::TooManyExtensions),
    ];
    for (name, values, rule) in cases {
        assert_eq!(check_opening(&opening(name, values)), Err(rule), "{name}: {values:?}");
    }
    let post = RequestHead { method: Method::Post, ..opening("", &[]) };
    assert_eq!(check_opening(&post), Err(Rule::Method));
    let old = RequestHead { version: Version::Http10, ..opening("", &[]) };
    assert_eq!(check_opening(&old), Err(Rule::HttpVersion));
}

#[test]
fn an_extended_connect_needs_no_key() {
    use HandshakeRule as Rule;
    let connect = |fields| RequestHead { method: Method::Connect, protocol: b"websocket".to_vec(), fields, ..RequestHead::default() };
    let fields = |name, value: &'static str| connect(with(&OPENING[5..], name, &[value]));
    let version = fields("Sec-WebSocket-Version", "13");
    assert_eq!(check_connect(&version), Ok(()));
    for (name, value, rule) in [
        ("Sec-WebSocket-Version", "12", Rule::Version),
        ("Sec-WebSocket-Protocol", "a, a", Rule::ProtocolSyntax),
        ("Sec-WebSocket-Extensions", "a;;", Rule::ExtensionSyntax),
    ] {
        assert_eq!(check_connect(&fields(name, value)), Err(rule), "{name}: {value}");
    }
    assert_eq!(check_connect(&RequestHead { protocol: b"connect-udp".to_vec(), ..version.clone() }), Err(Rule::ConnectMissing));
    assert_eq!(check_connect(&RequestHead { method: Method::Get, ..version.clone() }), Err(Rule::ConnectMissing));
    assert_eq!(check_connect(&opening("", &[])), Err(Rule::ConnectMissing));

    let mut answer = Fields::new();
    write_answer(None, Some(b"chat"), Some(&DeflateParameters::default()), &mut answer);
    let names: Vec<&[u8]> = answer.iter().map(|field| field.name).collect();
    assert_eq!(names, [PROTOCOL, EXTENSIONS]);
}

#[test]
fn answers() {
    use HandshakeRule as Rule;
    let request = opening("", &[]);
    let accepted = |protocol, deflate| Ok(Accepted { protocol, deflate });
    let chat = Some(&b"chat"[..]);
    assert_eq!(check_answer(&request.fields, &answer("", &[])), accepted(chat, None));
    let cases: [(&str, &[&str], Result<Accepted<'_>, Rule>); 22] = [
        ("Upgrade", &["WEBSOCKET"], accepted(chat, None)),
        ("Connection", &["keep-alive, upgrade"], accepted(chat, None)),
        ("Sec-WebSocket-Protocol", &[], accepted(None, None)),
        ("Sec-WebSocket-Extensions", &["x-other"], accepted(chat, None)),
        ("Sec-WebSocket-Extensions", &["permessage-deflate"], accepted(chat, Some(DeflateParameters::default()))),
        ("Upgrade", &[], Err(Rule::AnswerUpgrade)),
        ("Upgrade", &["h2c"], Err(Rule::AnswerUpgrade)),
        ("Upgrade", &["websocket, h2c"], Err(Rule::AnswerUpgrade)),
        ("Upgrade", &["websocket", "websocket"], Err(Rule::AnswerUpgrade)),
        ("Connection", &[], Err(Rule::AnswerConnection)),
        ("Connection", &["close"], Err(Rule::AnswerConnection)),
        ("Sec-WebSocket-Accept", &[], Err(Rule::AcceptMissing)),
        ("Sec-WebSocket-Accept", &["s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "x"], Err(Rule::AcceptRepeated)),
        ("Sec-WebSocket-Accept", &["s3pPLMBiTxaQ9kYGzzhZRbK+xOO="], Err(Rule::AcceptDiffers)),
        ("Sec-WebSocket-Accept", &["S3PPLMBITXAQ9KYGZZHZRBK+XOO="], Err(Rule::AcceptDiffers)),
        ("Sec-WebSocket-Protocol", &["chat", "superchat"], Err(Rule::ProtocolRepeated)),
        ("Sec-WebSocket-Protocol", &["Chat"], Err(Rule::ProtocolNotOffered)),
        ("Sec-WebSocket-Protocol", &["chat, superchat"], Err(Rule::ProtocolNotOffered)),
        ("Sec-WebSocket-Protocol", &[""], Err(Rule::ProtocolNotOffered)),
        ("Sec-WebSocket-Extensions", &["mux"], Err(Rule::ExtensionNotOffered)),
        ("Sec-WebSocket-Extensions", &["x-other;;"], Err(Rule::AnswerExtensionSyntax)),
        ("Sec-WebSocket-Extensions", &["permessage-deflate; a"], Err(Rule::DeflateAnswer)),
    ];
    for (name, values, result) in cases {
        assert_eq!(check_answer(&request.fields, &answer(name, values)), result, "{name}: {values:?}");
    }
    let ok = ResponseHead { status: 200, ..answer("", &[]) };
    assert_eq!(check_answer(&request.fields, &ok), Err(Rule::AnswerStatus));
    // Without a key nothing is the right answer to it.
    assert_eq!(check_answer(&Fields::new(), &answer("Sec-WebSocket-Protocol", &[])), Err(Rule::AcceptDiffers));
}

#[test]
fn a_handshake_from_end_to_end() {
    let ours = DeflateParameters { client_max_window_bits: Some(12), server_no_context_takeover: true, ..DeflateParameters::default() };
    let mut out = b"GET /events HTTP/1.1\r\nHost: a\r\n".to_vec();
    write_opening(*b"the sample nonce", &[b"steps.v1", b"steps.v2"], Some(&ours), &mut out);
    out.extend_from_slice(b"\r\n");
    let mut request = RequestHead::default();
    let Ok(Parsed::Complete { meta, .. }) = parse_request(&out, &LIMITS, &mut request) else { panic!("a request is written") };
    assert!(meta.upgrade);
    let key = check_opening(&request).expect("a valid opening");
    assert_eq!(key, b"dGhlIHNhbXBsZSBub25jZQ==");
    assert!(offered_protocols(&request.fields).eq([&b"steps.v1"[..], b"steps.v2"]));
    let agreed = super::super::agree_deflate(&request.fields, &DeflateParameters::default()).expect("an offer");
    assert_eq!(agreed, ours);

    let mut out = b"HTTP/1.1 101 Switching Protocols\r\n".to_vec();
    write_answer(Some(key), Some(b"steps.v2"), Some(&agreed), &mut FieldLines(&mut out));
    out.extend_from_slice(b"\r\n");
    let mut response = ResponseHead::default();
    parse_response(&out, &LIMITS, &Method::Get, &mut response).expect("a response is written");
    let accepted = check_answer(&request.fields, &response).expect("a valid answer");
    assert_eq!(accepted, Accepted { protocol: Some(b"steps.v2"), deflate: Some(ours) });

    // Nothing asked for, nothing given.
    let mut out = b"GET / HTTP/1.1\r\nHost: a\r\n".to_vec();
    write_opening([0; 16], &[], None, &mut out);
    out.extend_from_slice(b"\r\n");
    request.clear();
    parse_request(&out, &LIMITS, &mut request).expect("a request is written");
    assert_eq!(check_opening(&request), Ok(&b"AAAAAAAAAAAAAAAAAAAAAA=="[..]));
    assert_eq!(offered_protocols(&request.fields).count(), 0);
}
