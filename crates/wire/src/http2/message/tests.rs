use super::*;
use alloc::format;
use alloc::string::String;
use alloc::vec;

const LIMITS: Limits = Limits { target_bytes: 40, head_bytes: 600, fields: 8 };

type Line<'a> = (&'a str, &'a str);

const GET: [Line<'_>; 4] = [(":method", "GET"), (":scheme", "https"), (":authority", "a.example"), (":path", "/a?b")];

fn header<'a>((name, value): &'a Line<'a>) -> Header<'a> {
    let name = match *name {
        ":method" => Name::Pseudo(Pseudo::Method),
        ":scheme" => Name::Pseudo(Pseudo::Scheme),
        ":authority" => Name::Pseudo(Pseudo::Authority),
        ":path" => Name::Pseudo(Pseudo::Path),
        ":status" => Name::Pseudo(Pseudo::Status),
        ":protocol" => Name::Pseudo(Pseudo::Protocol),
        _ if name.starts_with(':') => Name::Pseudo(Pseudo::Unknown),
        _ if name.bytes().any(|byte| byte.is_ascii_uppercase()) => Name::Field(Known::Other, name.as_bytes()),
        _ => Name::Field(Known::of(name.as_bytes()), name.as_bytes()),
    };
    Header { name, value: value.as_bytes(), sensitive: false }
}

fn request_under(limits: &Limits, protocols: bool, ends: bool, lines: &[Line<'_>]) -> Result<(RequestFacts, RequestHead), Rule> {
    let (mut head, mut cookie) = (RequestHead::default(), b"old".to_vec());
    let mut reader = RequestReader::new(&mut head, &mut cookie, limits, protocols);
    lines.iter().try_for_each(|line| reader.take(header(line)))?;
    let facts = reader.finish(ends)?;
    Ok((facts, head))
}

fn request(lines: &[Line<'_>]) -> Result<(RequestFacts, RequestHead), Rule> {
    request_under(&LIMITS, true, false, lines)
}

/// A valid GET with these lines behind it.
fn get_and(lines: &[Line<'_>]) -> Result<(RequestFacts, RequestHead), Rule> {
    request(&[&GET, lines].concat())
}

fn shown(fields: &Fields) -> Vec<String> {
    fields.iter().map(|field| format!("{}: {}", field.name.escape_ascii(), field.value.escape_ascii())).collect()
}

#[test]
fn a_usual_request() {
    let (facts, head) = get_and(&[("user-agent", "x y"), ("x-empty", ""), ("content-length", "12"), ("te", "trailers")]).expect("valid");
    assert_eq!(facts, RequestFacts { length: Some(12), priority: Priority::DEFAULT });
    assert_eq!((&head.method, head.form, head.version), (&Method::Get, TargetForm::Origin, Version::Http2));
    assert_eq!((&head.authority[..], &head.target[..], &head.protocol[..]), (&b"a.example"[..], &b"/a?b"[..], &b""[..]));
    assert_eq!(shown(&head.fields), ["user-agent: x y", "x-empty: ", "content-length: 12", "te: trailers"]);
}

#[test]
fn the_host() {
    let (_, head) = get_and(&[("host", "A.example:443")]).expect("the same host, told twice");
    assert!(head.fields.is_empty(), "and kept once");
    let without = [GET[0], GET[1], GET[3]];
    let (_, head) = request(&[&without[..], &[("host", "b:81")]].concat()).expect("valid");
    assert_eq!((&head.authority[..], shown(&head.fields)), (&b"b:81"[..], vec![String::from("host: b:81")]));
    assert_eq!(request(&without), Err(Rule::AuthorityMissing));
    for (host, rule) in [
        ("b.example", Rule::HostDisagrees),
        ("a.example:80", Rule::HostDisagrees),
        ("", Rule::AuthoritySyntax),
        ("a@a.example", Rule::Userinfo),
    ] {
        assert_eq!(get_and(&[("host", host)]), Err(rule), "{host}");
    }
    assert_eq!(get_and(&[("host", "a.example"), ("host", "a.example")]), Err(Rule::HostRepeated));
    for (authority, rule) in
        [("", Rule::AuthoritySyntax), ("a b", Rule::AuthoritySyntax), ("u:p@a", Rule::Userinfo), ("a:b", Rule::AuthoritySyntax)]
    {
        assert_eq!(request(&[GET[0], GET[1], (":authority", authority), GET[3]]), Err(rule), "{authority}");
    }
}

#[test]
fn crumbs_become_one_cookie() {
    let (_, head) = get_and(&[("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("cookie", "c=3")]).expect("valid");
    assert_eq!(shown(&head.fields), ["x: y", "cookie: a=1; b=2; c=3"]);
    let crumbs = vec![("cookie", "a=1"); LIMITS.fields + 1];
    assert_eq!(get_and(&crumbs), Err(Rule::TooManyFields), "each counts");
}

#[test]
fn pseudo_fields() {
    for (lines, rule) in [
        (vec![GET[1], GET[2], GET[3]], Rule::PseudoMissing),
        (vec![GET[0], GET[2], GET[3]], Rule::PseudoMissing),
        (vec![GET[0], GET[1], GET[2]], Rule::PseudoMissing),
        (vec![GET[0], GET[1], GET[2], GET[3], GET[0]], Rule::PseudoRepeated),
        (vec![GET[0], GET[1], GET[2], GET[3], GET[2]], Rule::PseudoRepeated),
        (vec![GET[0], GET[1], GET[2], ("x", "y"), GET[3]], Rule::PseudoLate),
        (vec![GET[0], GET[1], GET[2], GET[3], (":status", "200")], Rule::PseudoUnknown),
        (vec![GET[0], GET[1], GET[2], GET[3], (":x", "")], Rule::PseudoUnknown),
        (vec![GET[0], GET[1], GET[2], GET[3], (":protocol", "websocket")], Rule::Protocol),
        (vec![(":method", "G T"), GET[1], GET[2], GET[3]], Rule::MethodByte),
        (vec![(":method", ""), GET[1], GET[2], GET[3]], Rule::MethodByte),
        (vec![GET[0], (":scheme", "ftp"), GET[2], GET[3]], Rule::Scheme),
        (vec![GET[0], GET[1], GET[2], (":path", "")], Rule::PathForm),
        (vec![GET[0], GET[1], GET[2], (":path", "*")], Rule::PathForm),
        (vec![GET[0], GET[1], GET[2], (":path", "a")], Rule::PathForm),
        (vec![GET[0], GET[1], GET[2], (":path", "https://a/")], Rule::PathForm),
        (vec![GET[0], GET[1], GET[2], (":path", "/a b")], Rule::PathByte),
        (vec![GET[0], GET[1], GET[2], (":path", "/\r\nx: y")], Rule::PathByte),
        (vec![GET[0], GET[1], GET[2], (":path", "/#x")], Rule::PathByte),
        (vec![GET[0], GET[1], GET[2], (":path", "/\u{e4}")], Rule::PathByte),
    ] {
        assert_eq!(request(&lines), Err(rule), "{lines:?}");
    }
    let (_, head) = request(&[(":method", "OPTIONS"), (":path", "*"), (":scheme", "HTTP"), GET[2]]).expect("in any order");
    assert_eq!((head.form, &head.target[..]), (TargetForm::Asterisk, &b"*"[..]));
}

#[test]
fn connect_and_its_extension() {
    let connect = (":method", "CONNECT");
    let (facts, head) = request(&[connect, (":authority", "a:443"), ("content-length", "5")]).expect("valid");
    assert_eq!((head.form, &head.authority[..], &head.target[..]), (TargetForm::Authority, &b"a:443"[..], &b""[..]));
    assert_eq!(facts.length, None, "it has no content");
    for lines in [
        vec![connect, (":authority", "a")],
        vec![connect, (":authority", "a:0")],
        vec![connect],
        vec![connect, ("host", "a:443")],
        vec![connect, (":authority", "a:443"), GET[3]],
        vec![connect, (":authority", "a:443"), GET[1]],
    ] {
        assert_eq!(request(&lines), Err(Rule::Connect), "{lines:?}");
    }
    let extended = [connect, (":protocol", "websocket"), GET[1], GET[2], GET[3]];
    let (_, head) = request(&extended).expect("valid");
    assert_eq!((&head.method, head.form), (&Method::Connect, TargetForm::Origin));
    assert_eq!((&head.protocol[..], &head.target[..]), (&b"websocket"[..], &b"/a?b"[..]));
    assert_eq!(request_under(&LIMITS, false, false, &extended), Err(Rule::Protocol), "not offered");
    assert_eq!(request(&[connect, (":protocol", "web socket"), GET[1], GET[2], GET[3]]), Err(Rule::Protocol));
    assert_eq!(request(&[connect, (":protocol", "websocket"), GET[2]]), Err(Rule::PseudoMissing));
}

#[test]
fn fields() {
    for (name, value, rule) in [
        ("X", "y", Rule::NameByte),
        ("Content-Type", "y", Rule::NameByte),
        ("", "y", Rule::NameByte),
        ("a b", "y", Rule::NameByte),
        ("a:b", "y", Rule::NameByte),
        ("a\u{e4}", "y", Rule::NameByte),
        ("a\0", "y", Rule::NameByte),
        ("a", "b\0", Rule::ValueByte),
        ("a", "b\r\nc: d", Rule::ValueByte),
        ("a", "\n", Rule::ValueByte),
        ("a", "\u{7f}", Rule::ValueByte),
        ("a", " b", Rule::ValueSpace),
        ("a", "b\t", Rule::ValueSpace),
        ("connection", "close", Rule::ConnectionField),
        ("keep-alive", "5", Rule::ConnectionField),
        ("proxy-connection", "close", Rule::ConnectionField),
        ("transfer-encoding", "chunked", Rule::ConnectionField),
        ("upgrade", "h2c", Rule::ConnectionField),
        ("te", "trailers, deflate", Rule::Te),
        ("expect", "200-ok", Rule::Expectation),
        ("content-length", "+1", Rule::LengthSyntax),
        ("content-length", "", Rule::LengthSyntax),
        ("content-length", "1, 1", Rule::LengthSyntax),
        ("content-length", "18446744073709551616", Rule::LengthTooLarge),
    ] {
        assert_eq!(get_and(&[(name, value)]), Err(rule), "{name}: {value}");
    }
    assert_eq!(get_and(&[("content-length", "1"), ("content-length", "1")]), Err(Rule::LengthRepeated));
    assert!(get_and(&[("a", "\u{e4} \t b"), ("expect", "100-Continue"), ("te", "Trailers")]).is_ok());
    assert_eq!(get_and(&[("priority", "u=1, i")]).expect("valid").0.priority, Priority { urgency: 1, incremental: true });
}

#[test]
fn content_that_cannot_come() {
    let told = [&GET[..], &[("content-length", "1")]].concat();
    assert_eq!(request_under(&LIMITS, false, true, &told), Err(Rule::LengthDisagrees));
    let none = [&GET[..], &[("content-length", "0")]].concat();
    assert!(request_under(&LIMITS, false, true, &none).is_ok());
}

#[test]
fn limits_hold_at_their_very_byte() {
    let path = |len: usize| String::from("/") + &"a".repeat(len - 1);
    assert!(request(&[GET[0], GET[1], GET[2], (":path", &path(40))]).is_ok());
    assert_eq!(request(&[GET[0], GET[1], GET[2], (":path", &path(41))]), Err(Rule::PathTooLong));
    let line = ("a", "b");
    assert!(get_and(&vec![line; 8]).is_ok());
    assert_eq!(get_and(&vec![line; 9]), Err(Rule::TooManyFields));
    // RFC 9113 §6.5.2 counts 32 bytes for every line, and we count five for every name of a pseudo-field.
    let used: usize = GET.iter().map(|(_, value)| 5 + value.len() + 32).sum();
    let value = "b".repeat(600 - used - 33);
    assert!(get_and(&[("a", &value)]).is_ok());
    assert_eq!(get_and(&[("aa", &value)]), Err(Rule::HeadTooLarge));
}

fn response(lines: &[Line<'_>]) -> Result<(ResponseFacts, ResponseHead), Rule> {
    let mut head = ResponseHead { reason: b"old".to_vec(), ..ResponseHead::default() };
    let mut reader = ResponseReader::new(&mut head, &LIMITS);
    lines.iter().try_for_each(|line| reader.take(header(line)))?;
    Ok((reader.finish()?, head))
}

#[test]
fn responses() {
    let (facts, head) = response(&[(":status", "203"), ("content-length", "7"), ("x", "y")]).expect("valid");
    assert_eq!((facts.length, head.status, head.version, &head.reason[..]), (Some(7), 203, Version::Http2, &b""[..]));
    assert_eq!(shown(&head.fields), ["content-length: 7", "x: y"]);
    for (lines, rule) in [
        (vec![("x", "y")], Rule::PseudoMissing),
        (vec![(":status", "20")], Rule::StatusSyntax),
        (vec![(":status", "2000")], Rule::StatusSyntax),
        (vec![(":status", "099")], Rule::StatusSyntax),
        (vec![(":status", "2x0")], Rule::StatusSyntax),
        (vec![(":status", "101")], Rule::SwitchingProtocols),
        (vec![(":status", "200"), (":status", "200")], Rule::PseudoRepeated),
        (vec![(":status", "200"), (":path", "/")], Rule::PseudoUnknown),
        (vec![("x", "y"), (":status", "200")], Rule::PseudoLate),
        (vec![(":status", "200"), ("te", "trailers")], Rule::ConnectionField),
        (vec![(":status", "200"), ("transfer-encoding", "chunked")], Rule::ConnectionField),
    ] {
        assert_eq!(response(&lines), Err(rule), "{lines:?}");
    }
}

fn trailers(lines: &[Line<'_>]) -> Result<Fields, Rule> {
    let mut reader = TrailerReader::new(&LIMITS);
    lines.iter().try_for_each(|line| reader.take(header(line)))?;
    Ok(reader.finish())
}

#[test]
fn trailer_sections() {
    assert_eq!(shown(&trailers(&[("grpc-status", "0"), ("x", "y")]).expect("valid")), ["grpc-status: 0", "x: y"]);
    for (line, rule) in [
        ((":path", "/"), Rule::PseudoInTrailers),
        ((":x", "/"), Rule::PseudoInTrailers),
        (("content-length", "1"), Rule::TrailerForbidden),
        (("host", "a"), Rule::TrailerForbidden),
        (("transfer-encoding", "chunked"), Rule::ConnectionField),
        (("te", "trailers"), Rule::ConnectionField),
        (("X", "y"), Rule::NameByte),
    ] {
        assert_eq!(trailers(&[line]), Err(rule), "{line:?}");
    }
    assert_eq!(trailers(&vec![("a", ""); 9]), Err(Rule::TooManyFields));
}
