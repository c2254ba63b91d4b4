use super::*;
use proptest::prelude::*;
use wire::http::{Known, Method};

const LIMITS: Limits = Limits { target_bytes: 8192, head_bytes: 8192, fields: 100 };

fn get(url: &str) -> Result<Asked, String> {
    of(url, "GET", &[], &LIMITS)
}

#[test]
fn a_url_becomes_what_a_client_would_send() {
    for (url, host, port, target) in [
        ("http://a.test", "a.test", 80, "/"),
        ("https://a.test/", "a.test", 443, "/"),
        ("HTTP://a.test:8080/x/y?z#never", "a.test", 8080, "/x/y?z"),
        ("a.test?q=http://b/", "a.test", 80, "/?q=http://b/"),
        ("a.test:81/x", "a.test", 81, "/x"),
        ("http://[2001:db8::1]/x", "[2001:db8::1]", 80, "/x"),
        ("http://[2001:db8::1]:8080/x", "[2001:db8::1]", 8080, "/x"),
    ] {
        let asked = get(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!((asked.head.host(), asked.port, &*asked.head.target), (host.as_bytes(), port, target.as_bytes()), "{url}");
    }
}

#[test]
fn method_and_fields_are_those_given() {
    let asked = of("http://a.test/", "PURGE", &["X-Beta: 1", "host: b.test"], &LIMITS).expect("a request");
    assert_eq!(asked.head.method, Method::of("PURGE"));
    assert_eq!((asked.head.host(), asked.head.fields.named(b"x-beta").next()), (&b"b.test"[..], Some(&b"1"[..])));
    assert_eq!(asked.head.fields.all(Known::Host).count(), 1);
}

#[test]
fn what_a_server_would_refuse_is_refused_with_its_rule() {
    for (url, why) in [
        ("ftp://a.test/", "no scheme"),
        ("http:///x", "names no host"),
        ("", "names no host"),
        ("/x", "names no host"),
        ("http://a.test/a b", "answered 400"),
        ("http://a.test/\u{e9}", "answered 400"),
        ("http://user@a.test/", "answered 400"),
    ] {
        assert!(get(url).is_err_and(|error| error.contains(why)), "{url}: {:?}", get(url));
    }
    assert!(of("http://a.test/", "GET", &["a: b\r\n\r\nGET / HTTP/1.1"], &LIMITS).is_err(), "one request is no more than one");
    assert!(of("http://a.test/", "GET", &["no colon"], &LIMITS).is_err());
}

proptest! {
    #[test]
    fn any_text_is_a_request_or_a_sentence(url: String, method: String, field: String) {
        if let Err(sentence) = of(&url, &method, &[&field], &LIMITS) {
            prop_assert!(!sentence.is_empty());
        }
    }
}
