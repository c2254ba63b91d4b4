use super::*;
use crate::http::TargetForm;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const LIMITS: Limits = Limits { target_bytes: 64, head_bytes: 512, fields: 8 };

fn parse(input: &[u8]) -> Result<(usize, RequestMeta, RequestHead), Option<Rule>> {
    let mut head = RequestHead::default();
    match parse_request(input, &LIMITS, &mut head) {
        Ok(Parsed::Complete { len, meta }) => Ok((len, meta, head)),
        other => {
            assert_eq!(head, RequestHead::default(), "nothing is left of a head that is not whole");
            Err(other.err().map(|rejection| rejection.rule))
        }
    }
}

/// The meta of a valid request with these lines after `Host`.
fn meta(version: &str, lines: &str) -> RequestMeta {
    parse(format!("GET / {version}\r\nHost: a\r\n{lines}\r\n").as_bytes()).expect("valid").1
}

#[test]
fn a_usual_request() {
    let input = b"GET /a/b?c=d HTTP/1.1\r\nHost: a.example:8080\r\nuser-agent:  x y \t\r\nX-Empty:\r\n\r\nnext";
    let (len, meta, head) = parse(input).expect("valid");
    assert_eq!(len, input.len() - 4);
    assert_eq!(meta, RequestMeta { framing: Framing::None, keep_alive: true, expects_continue: false, upgrade: false });
    assert_eq!((head.method.as_str(), head.form, head.version), ("GET", TargetForm::Origin, Version::Http11));
    assert_eq!((&head.authority[..], &head.target[..]), (&b"a.example:8080"[..], &b"/a/b?c=d"[..]));
    let fields: Vec<_> = head.fields.iter().map(|field| (field.name, field.value)).collect();
    assert_eq!(fields, [(&b"Host"[..], &b"a.example:8080"[..]), (b"user-agent", b"x y"), (b"X-Empty", b"")]);
}

#[test]
fn the_authority_of_the_target_goes_before_host() {
    let (_, _, head) = parse(b"OPTIONS http://A.example HTTP/1.1\r\nHost: a.example:80\r\n\r\n").expect("valid");
    assert_eq!((head.form, &head.authority[..], &head.target[..]), (TargetForm::Absolute, &b"A.example"[..], &b"*"[..]));
    let (_, _, head) = parse(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n").expect("valid");
    assert_eq!((&head.authority[..], &head.target[..]), (&b"a.example:443"[..], &b""[..]));
    let (_, _, head) = parse(b"GET / HTTP/1.0\r\n\r\n").expect("valid");
    assert_eq!(&head.authority[..], b"");
}

#[test]
fn what_the_fields_say() {
    assert_eq!(meta("HTTP/1.1", "Content-Length: 12\r\n").framing, Framing::Exact(12));
    assert_eq!(meta("HTTP/1.1", "Transfer-Encoding: Chunked\r\n").framing, Framing::Chunked);
    assert!(!meta("HTTP/1.1", "Connection: x, close\r\n").keep_alive);
    assert!(!meta("HTTP/1.0", "").keep_alive && meta("HTTP/1.0", "Connection: keep-alive\r\n").keep_alive);
    assert!(meta("HTTP/1.9", "").keep_alive);
    assert!(meta("HTTP/1.1", "Expect: 100-Continue\r\n").expects_continue);
    assert!(!meta("HTTP/1.0", "Expect: 100-continue\r\n").expects_continue);
    assert!(meta("HTTP/1.1", "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n").upgrade);
    assert!(!meta("HTTP/1.1", "Upgrade: websocket\r\n").upgrade);
    assert!(!meta("HTTP/1.1", "Connection: upgrade\r\n").upgrade);
    assert!(!meta("HTTP/1.0", "Connection: upgrade\r\nUpgrade: websocket\r\n").upgrade);
}

#[test]
fn every_prefix_of_a_valid_head_waits() {
    let input = b"\r\nPOST http://a/b?c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX: y\tz\r\n\r\n";
    for len in 0..input.len() {
        assert_eq!(parse(&input[..len]).err(), Some(None), "{len}");
    }
    assert_eq!(parse(input).map(|(len, ..)| len), Ok(input.len()));
}

#[test]
fn another_protocol_is_refused_at_its_first_bytes() {
    for (input, rule) in [
        (&b"\x16\x03\x01"[..], Rule::MethodByte),
        (b"\x00", Rule::MethodByte),
        (b"SSH-2.0-x\r\n", Rule::RequestLine),
        (b"PRI * HTTP/2.0", Rule::VersionUnsupported),
        (b"GET / HTTQ", Rule::RequestLine),
        (b"GET / http", Rule::VersionSyntax),
        (b"GET /\xc3", Rule::TargetByte),
    ] {
        assert_eq!(parse(input).err(), Some(Some(rule)), "{input:?}");
    }
}

#[test]
fn limits_hold_at_their_very_byte() {
    let head = |target: usize, fields: usize, fill: usize| {
        let mut text = String::from("GET /") + &"a".repeat(target - 1) + " HTTP/1.1\r\nHost: a\r\n";
        (1..fields).for_each(|_| text.push_str("a:\r\n"));
        text.push_str("\r\n");
        if fill > 0 {
            let more = "b:".len() + "\r\n".len();
            text.insert_str(text.len() - 2, &format!("b:{}\r\n", "x".repeat(fill - text.len() - more)));
        }
        text.into_bytes()
    };
    assert!(parse(&head(64, 8, 0)).is_ok());
    assert_eq!(parse(&head(65, 8, 0)).err(), Some(Some(Rule::TargetTooLong)));
    assert_eq!(parse(&head(65, 8, 0)[..70]).err(), Some(Some(Rule::TargetTooLong)));
    assert_eq!(parse(&head(64, 9, 0)).err(), Some(Some(Rule::TooManyFields)));
    assert_eq!(parse(&head(1, 1, 512)).map(|(len, ..)| len), Ok(512));
    assert_eq!(parse(&head(1, 1, 513)).err(), Some(Some(Rule::HeadTooLarge)));
    assert_eq!(parse(&head(1, 1, 900)[..511]).err(), Some(None));
    assert_eq!(parse(&head(1, 1, 900)[..512]).err(), Some(Some(Rule::HeadTooLarge)));
}

#[test]
fn a_long_head_without_end_is_judged_by_its_lines() {
    let limits = Limits { target_bytes: 64, head_bytes: 1 << 16, fields: 1000 };
    let mut text = String::from("GET / HTTP/1.1\r\nHost: a\r\n");
    (0..1000).for_each(|_| text.push_str("a: bcdefg\r\n"));
    let mut head = RequestHead::default();
    assert_eq!(parse_request(text.as_bytes(), &limits, &mut head), Ok(Parsed::Partial));
    let bare = text.clone() + "a: b\n\n";
    assert_eq!(parse_request(bare.as_bytes(), &limits, &mut head), Err(Rule::BareLf.into()));
    text.push_str("\r\n");
    assert_eq!(parse_request(text.as_bytes(), &limits, &mut head), Err(Rule::TooManyFields.into()));
    let roomy = Limits { fields: 1001, ..limits };
    let Ok(Parsed::Complete { len, .. }) = parse_request(text.as_bytes(), &roomy, &mut head) else { panic!("valid") };
    assert_eq!((len, head.fields.len()), (text.len(), 1001));
}
