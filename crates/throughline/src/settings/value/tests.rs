use super::*;
use proptest::prelude::*;

fn help(flaw: Flaw) -> String {
    flaw.help.unwrap_or_default()
}

#[test]
fn durations() {
    let right = [("0s", 0), ("250ms", 250), ("2s", 2000), ("60 s", 60_000), ("5m", 300_000), ("1h", 3_600_000), ("3650d", 315_360_000_000)];
    for (text, millis) in right {
        assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
    }
    let wrong = [("60", "write \"60s\""), ("2 min", "write \"2m\""), ("1 Hour", "write \"1h\""), ("5S", "write \"5s\""), ("1h30m", "")];
    for (text, expected) in wrong {
        assert_eq!(duration(text).map_err(help), Err(expected.to_string()), "{text}");
    }
    for text in ["", "s", "-1s", "1.5s", "+1s", "99999999999999999999s", "18446744073709551615d", "3651d", "1\u{a0}s"] {
        assert!(duration(text).is_err(), "{text}");
    }
}

#[test]
fn sizes() {
    let right = [("0", 0), ("0 B", 0), ("512 B", 512), ("64 KiB", 65_536), ("64KiB", 65_536), ("10 MiB", 10 << 20), ("1 GiB", 1 << 30)];
    for (text, bytes) in right {
        assert_eq!(size(text), Ok(bytes), "{text}");
    }
    let wrong = [
        ("65536", "write \"64 KiB\""),
        ("1000", "write \"1000 B\""),
        ("64k", "write \"64 KiB\""),
        ("10 MB", "write \"10 MiB\""),
        ("10mib", "write \"10 MiB\""),
        ("1 G", "write \"1 GiB\""),
        ("1 furlong", ""),
    ];
    for (text, expected) in wrong {
        assert_eq!(size(text).map_err(help), Err(expected.to_string()), "{text}");
    }
    assert!(size("99999999999 TiB").is_err(), "more than 64 bits of bytes");
}

#[test]
fn hosts_become_what_requests_are_compared_with() {
    let exact = |host: &str| Ok(HostPattern::Exact(host.to_string()));
    assert_eq!(host_pattern("Example.COM."), exact("example.com"));
    assert_eq!(host_pattern("[::1]"), exact("[::1]"));
    assert_eq!(host_pattern("127.0.0.1"), exact("127.0.0.1"));
    assert_eq!(host_pattern("*.Example.com"), Ok(HostPattern::Wildcard(".example.com".to_string())));
    assert_eq!(host_pattern("*"), Ok(HostPattern::Any));
    for wrong in ["", ".", "a..b", "*.", "a.*", "*a.b", "a/b", "[::1", "exämple.com", &"a".repeat(64)] {
        assert!(host_pattern(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_an_authority_is_told() {
    let holds = |shape: Shape, text: &str| shape.check(text).is_ok();
    for text in ["https://ca.example/directory", "https://ca.example:14000/dir", "https://127.0.0.1:1/", "https://[::1]:1/dir?x"] {
        assert!(holds(Shape::HttpsUrl, text), "{text}");
    }
    for text in
        ["", "https://", "https:///dir", "ca.example/dir", "https://a b/", "https://me:pw@ca.example/", "https://*.a/", "https://ä.b/"]
    {
        assert!(!holds(Shape::HttpsUrl, text), "{text}");
    }
    for text in ["a@b.example", "first.last+tag@example.com"] {
        assert!(holds(Shape::Mail, text), "{text}");
    }
    // RFC 8555 §7.3: one address each, and no header fields.
    for text in ["", "a", "@b.example", "a@", "a@b@c", "a b@c", "a@b,c@d", "a@b?subject=c", "<a@b>", "a@*.b", "\u{e4}@b.example"] {
        assert!(!holds(Shape::Mail, text), "{text}");
    }
    for text in ["ab", "abc", "abcd", "ab==", "abc=", "a-_9"] {
        assert!(holds(Shape::Base64Url, text), "{text}");
    }
    for text in ["", "a", "abcde", "a+b/", "a b", "=", "ab=c"] {
        assert!(!holds(Shape::Base64Url, text), "{text}");
    }
}

#[test]
fn paths_become_exact_or_prefix() {
    assert_eq!(path_pattern("/"), Ok(PathMatch::Exact("/".to_string())));
    assert_eq!(path_pattern("/*"), Ok(PathMatch::Any));
    assert_eq!(path_pattern("/a/*"), Ok(PathMatch::Prefix("/a".to_string())));
    assert_eq!(path_pattern("/a/"), Ok(PathMatch::Exact("/a/".to_string())));
    for wrong in ["", "a", "*", "/a*", "/*/a", "/a b", "/a?b", "/a#b", "/%4", "/%zz", "/./a", "/a/..", "/é"] {
        assert!(path_pattern(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn places_to_redirect_to() {
    for right in ["/", "/new{path}", "https://{host}{path}{query}", "{scheme}://{host}/", "https://example.com/?a=b#c"] {
        assert_eq!(Shape::Location.check(right), Ok(()), "{right}");
    }
    for wrong in ["", "example.com", "https://", "/a b", "/{", "/}", "/{path", "/{nothing}", "/\u{e9}", "/\r\n"] {
        assert!(Shape::Location.check(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn field_values_cannot_end_a_line() {
    for right in ["", "a", "a b", "a\tb", "text/html; charset=\"utf-8\""] {
        assert!(is_field_value(right), "{right}");
    }
    for wrong in [" a", "a ", "a\r\nb", "a\nb", "a\0", "\u{7f}", "é"] {
        assert!(!is_field_value(wrong), "{wrong:?}");
    }
}

#[test]
fn hash_keys() {
    assert_eq!(hash_key("header:X-User"), Ok(HashKey::Header("X-User".to_string())));
    assert_eq!(hash_key("query:a b"), Ok(HashKey::Query("a b".to_string())));
    assert_eq!(hash_key("cookie").map_err(|flaw| flaw.why), Err(Some("it lacks the name: \"cookie:NAME\"".to_string())));
    assert_eq!(hash_key("soruce").map_err(help), Err("write \"source\"".to_string()));
    assert_eq!(hash_key("hedaer:x").map_err(help), Err("write \"header:x\"".to_string()));
    assert!(hash_key("header:").is_err() && hash_key("cookie:a b").is_err());
}

proptest! {
    #[test]
    fn what_is_written_as_a_size_is_read_as_it(bytes in any::<u64>(), shift in 0u32..50) {
        let bytes = (bytes >> 14) >> shift << shift;
        prop_assert_eq!(size(&size_text(bytes)), Ok(bytes));
    }

    #[test]
    fn what_is_written_as_a_duration_is_read_as_it(millis in 0u64..315_360_000_000) {
        let whole = Duration::from_millis(millis);
        prop_assert_eq!(duration(&duration_text(whole)), Ok(whole));
    }

    #[test]
    fn a_listener_takes_no_name_and_a_backend_no_port_0(text in "[a-z0-9:.\\[\\]/]{0,24}") {
        if let Ok(at) = listen_address(&text, "0.0.0.0") {
            prop_assert!(!matches!(at, Address::Name(..)));
        }
        if let Ok(at) = backend_address(&text) {
            prop_assert!(!at.to_string().ends_with(":0") || matches!(at, Address::Unix(_)));
        }
    }
}
