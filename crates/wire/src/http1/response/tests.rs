use super::*;
use crate::http::Version;
use alloc::format;

const LIMITS: Limits = Limits { target_bytes: 64, head_bytes: 512, fields: 8 };

fn parse(method: &Method, input: &[u8]) -> Result<(usize, ResponseMeta, ResponseHead), Option<Rule>> {
    let mut head = ResponseHead::default();
    match parse_response(input, &LIMITS, method, &mut head) {
        Ok(Parsed::Complete { len, meta }) => Ok((len, meta, head)),
        other => Err(other.err().map(|rejection| rejection.rule)),
    }
}

fn meta(method: Method, status: u16, lines: &str) -> Result<(Framing, bool, bool), Option<Rule>> {
    let (_, meta, _) = parse(&method, format!("HTTP/1.1 {status} X\r\n{lines}\r\n").as_bytes())?;
    Ok((meta.framing, meta.keep_alive, meta.upgraded))
}

#[test]
fn a_usual_response() {
    let input = b"HTTP/1.0 404 Not  here\t\xe9\r\nServer: x\r\nContent-Length: 3\r\n\r\nabc";
    let (len, meta, head) = parse(&Method::Get, input).expect("valid");
    assert_eq!((len, meta.framing, meta.keep_alive), (input.len() - 3, Framing::Exact(3), false));
    assert_eq!((head.version, head.status, &head.reason[..]), (Version::Http10, 404, &b"Not  here\t\xe9"[..]));
    assert_eq!(head.fields.len(), 2);
}

#[test]
fn the_reason_may_be_missing_with_its_space() {
    for input in [&b"HTTP/1.1 200\r\n\r\n"[..], b"HTTP/1.1 200 \r\n\r\n"] {
        assert_eq!(parse(&Method::Get, input).map(|(len, _, head)| (len, head.status, head.reason.len())), Ok((input.len(), 200, 0)));
    }
}

#[test]
fn every_prefix_of_a_valid_head_waits() {
    let input = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    for len in 0..input.len() {
        assert_eq!(parse(&Method::Get, &input[..len]).err(), Some(None), "{len}");
    }
}

#[test]
fn framing_by_method_and_status() {
    let chunked = "Transfer-Encoding: chunked\r\n";
    let five = "Content-Length: 5\r\n";
    assert_eq!(meta(Method::Get, 200, five), Ok((Framing::Exact(5), true, false)));
    assert_eq!(meta(Method::Get, 200, chunked), Ok((Framing::Chunked, true, false)));
    assert_eq!(meta(Method::Get, 200, ""), Ok((Framing::UntilClose, false, false)));
    assert_eq!(meta(Method::Head, 200, five), Ok((Framing::None, true, false)));
    assert_eq!(meta(Method::Head, 200, chunked), Ok((Framing::None, true, false)));
    assert_eq!(meta(Method::Head, 200, ""), Ok((Framing::None, true, false)));
    assert_eq!(meta(Method::Get, 304, five), Ok((Framing::None, true, false)));
    assert_eq!(meta(Method::Get, 204, ""), Ok((Framing::None, true, false)));
    assert_eq!(meta(Method::Get, 204, "Content-Length: 0\r\n"), Ok((Framing::None, true, false)));
    assert_eq!(meta(Method::Get, 204, chunked), Ok((Framing::None, false, false)));
    assert_eq!(meta(Method::Get, 103, ""), Ok((Framing::None, true, false)));
    assert_eq!(meta(Method::Get, 103, five), Ok((Framing::None, false, false)));
    assert_eq!(meta(Method::Get, 200, "Content-Length: 5\r\nConnection: close\r\n"), Ok((Framing::Exact(5), false, false)));
}

#[test]
fn tunnels() {
    assert_eq!(meta(Method::Get, 101, "Upgrade: websocket\r\n"), Ok((Framing::None, true, true)));
    assert_eq!(meta(Method::Get, 101, ""), Err(Some(Rule::SwitchWithoutUpgrade)));
    assert_eq!(meta(Method::Get, 200, "Upgrade: h2c\r\nContent-Length: 0\r\n"), Ok((Framing::None, true, false)));
    assert_eq!(meta(Method::Connect, 200, "").map(|meta| (meta.0, meta.2)), Ok((Framing::None, true)));
    assert_eq!(meta(Method::Connect, 502, ""), Ok((Framing::UntilClose, false, false)));
}

#[test]
fn wrong_framing_is_refused_even_without_body() {
    let both = "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n";
    for (method, status) in [(Method::Get, 200), (Method::Head, 200), (Method::Get, 204), (Method::Get, 304)] {
        assert_eq!(meta(method, status, both), Err(Some(Rule::LengthAndCoding)));
    }
}
