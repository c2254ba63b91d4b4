use super::*;
use alloc::string::{String, ToString};
use alloc::vec;
use proptest::prelude::*;
use wire::http::TargetForm;

fn head(authority: &[u8], target: &[u8]) -> RequestHead {
    RequestHead { authority: authority.to_vec(), target: target.to_vec(), ..RequestHead::default() }
}

fn rewritten(sent: &str, replacement: &str, matched: usize) -> String {
    let mut out = Vec::new();
    target(&head(b"h", sent.as_bytes()), replacement, matched, &mut out);
    String::from_utf8(out).unwrap()
}

fn sent_to(template: &str, authority: &str, target: &str) -> String {
    let mut out = Vec::new();
    location(template, "https", &head(authority.as_bytes(), target.as_bytes()), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_matched_prefix_is_replaced_and_the_query_kept() {
    for (sent, replacement, matched, expected) in [
        ("/a/b?q=1", "/x", 2, "/x/b?q=1"),
        ("/a", "/x", 2, "/x"),
        ("/a/", "/x", 2, "/x/"),
        ("/a/b", "/", 2, "/b"),
        ("/a", "/", 2, "/"),
        ("/a", "", 2, "/"),
        ("/a/b", "/x/", 3, "/x/b"),
        ("/x/y", "/v2", 1, "/v2/x/y"),
        ("/x/y", "/v2", 0, "/v2/x/y"),
        ("/x/y", "v2", 0, "/v2/x/y"),
        // What was matched is the normal form, so that is what the rest is taken from.
        ("/s/../%61/b%2fc?", "/x", 2, "/x/b%2Fc?"),
        ("/a/b", "/x y\r\n?", 2, "/x%20y%0D%0A%3F/b"),
    ] {
        assert_eq!(rewritten(sent, replacement, matched), expected, "{sent}");
    }
    let mut out = Vec::new();
    target(&RequestHead { form: TargetForm::Asterisk, ..head(b"h", b"*") }, "/x", 0, &mut out);
    assert_eq!(out, b"*");
}

#[test]
fn a_location_is_filled_in() {
    assert_eq!(sent_to("{scheme}://{host}{path}{query}", "a.test:80", "/x?y=1"), "https://a.test/x?y=1");
    assert_eq!(sent_to("https://new.test{path}", "[::1]:80", "/x?y=1"), "https://new.test/x");
    assert_eq!(sent_to("//{host}/{nobody}{", "[::1]:80", "/"), "//[::1]/{nobody}{");
}

#[test]
fn a_redirect_stays_on_the_host_it_names() {
    for target in ["//evil.test", "/\\evil.test", "/x/..//evil.test", "/.//evil.test", "/%2F/evil.test", "https://evil.test", "/../x"] {
        let path = sent_to("{path}", "a.test", target);
        assert!(path.starts_with('/') && !path[1..].starts_with(['/', '\\']), "{target}: {path}");
    }
    assert_eq!(sent_to("https://{host}/", "a@evil.test/x?", "/"), "https://a%40evil.test%2Fx%3F/");
}

#[test]
fn edits_are_made_in_order_and_leave_framing_alone() {
    let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
    let mut fields = Fields::new();
    for (name, value) in [("A", "1"), ("b", "2"), ("Content-Length", "3"), ("B", "4"), ("C", "5")] {
        fields.push(name.as_bytes(), value.as_bytes());
    }
    let edits = FieldEdits {
        remove: vec!["a".to_string(), "content-length".to_string()],
        set: vec![pair("B", "new"), pair("Transfer-Encoding", "chunked")],
        add: vec![pair("C", "more"), pair("X", "a\r\nY: b"), pair("bad name", "")],
    };
    edit(&edits, &mut fields);
    let shown: Vec<(&[u8], &[u8])> = fields.iter().map(|field| (field.name, field.value)).collect();
    let expected: [(&[u8], &[u8]); 4] = [(b"Content-Length", b"3"), (b"C", b"5"), (b"B", b"new"), (b"C", b"more")];
    assert_eq!(shown, expected);
}

proptest! {
    #[test]
    fn nothing_the_client_sends_breaks_a_line(authority: Vec<u8>, sent: Vec<u8>, template in ".{0,20}\\{(path|host|query)\\}.{0,5}") {
        let head = head(&authority, &sent);
        let mut out = Vec::new();
        location(&template, "http", &head, &mut out);
        prop_assert!(out.iter().all(u8::is_ascii_graphic), "{:?}", out);
        let absolute = RequestHead { target: [b"/", &sent[..]].concat(), ..head };
        let mut out = Vec::new();
        target(&absolute, &template, 1, &mut out);
        if super::super::path_of(&absolute, &mut Vec::new()).is_ok() {
            prop_assert!(out.iter().all(u8::is_ascii_graphic), "{:?}", out);
        }
    }
}
