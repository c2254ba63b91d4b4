use super::*;
use crate::http::{Fields, Method, Version};

#[test]
fn requests() {
    let mut head = RequestHead { version: Version::Http10, ..RequestHead::default() };
    head.fields.push(b"host", b"a");
    let mut out = Vec::new();
    write_request(&head, b"/x?y", head.fields.iter(), &mut out);
    assert_eq!(out, b"GET /x?y HTTP/1.1\r\nhost: a\r\n");
    let head = RequestHead { method: Method::Connect, form: TargetForm::Authority, authority: b"a:1".to_vec(), ..RequestHead::default() };
    out.clear();
    write_request(&head, b"", head.fields.iter(), &mut out);
    assert_eq!(out, b"CONNECT a:1 HTTP/1.1\r\n");
}

#[test]
fn responses() {
    let write = |status, reason: &[u8]| {
        let mut out = Vec::new();
        let head = ResponseHead { status, reason: reason.to_vec(), fields: Fields::new(), version: Version::Http10 };
        write_response(&head, head.fields.iter(), &mut out);
        out
    };
    assert_eq!(write(205, b"Mine"), b"HTTP/1.1 205 Mine\r\n");
    assert_eq!(write(404, b""), b"HTTP/1.1 404 Not Found\r\n");
    assert_eq!(write(999, b""), b"HTTP/1.1 999 \r\n");
}

#[test]
fn lengths() {
    let written = |length| {
        let mut out = Vec::new();
        write_length(length, &mut out);
        out
    };
    for length in [0, 1, 9, 10, 99, 100, 1024, 9_999_999_999, 10_000_000_000, u64::MAX - 1, u64::MAX] {
        assert_eq!(written(length), alloc::format!("Content-Length: {length}\r\n").into_bytes());
    }
}

#[test]
fn a_line_is_written_the_same_however_it_came() {
    let input = b"HTTP/1.1 200 OK\r\nA: b\r\nC:d\r\nE:\tf\r\nG:  h\r\nI: j \r\nK:\r\nL: \r\nM:  \r\nN: o: p\r\n\r\n";
    let mut head = ResponseHead::default();
    let limits = crate::http1::Limits { target_bytes: 100, head_bytes: 1000, fields: 100 };
    crate::http1::parse_response(input, &limits, &Method::Get, &mut head).expect("a valid head");
    head.fields.push(b"Q", b"r");
    let (mut out, mut apart) = (Vec::new(), Vec::new());
    for field in head.fields.iter() {
        write_line(field, &mut out);
        write_field(field.name, field.value, &mut apart);
    }
    assert_eq!(out, b"A: b\r\nC: d\r\nE: f\r\nG: h\r\nI: j\r\nK: \r\nL: \r\nM: \r\nN: o: p\r\nQ: r\r\n");
    assert_eq!(out, apart);
    // Those that came as they are written, and the one put in here, go out in one piece.
    let whole = head.fields.iter().map(|field| field.line().is_some()).collect::<Vec<_>>();
    assert_eq!(whole, [true, false, false, false, false, false, true, false, true, true]);
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "a field value on one line")]
fn a_value_of_two_lines_is_our_own_bug() {
    write_field(b"a", b"b\r\nc: d", &mut Vec::new());
}
