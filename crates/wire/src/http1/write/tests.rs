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
#[cfg(debug_assertions)]
#[should_panic(expected = "a field value on one line")]
fn a_value_of_two_lines_is_our_own_bug() {
    write_field(b"a", b"b\r\nc: d", &mut Vec::new());
}
