use super::*;
use alloc::vec;

fn changes(typed: &str) -> Vec<(&'static str, String, String)> {
    read(typed, None).expect("a URL").changes.into_iter().map(|change| (change.rule, change.before, change.after)).collect()
}

fn one(typed: &str) -> (&'static str, String, String) {
    let all = changes(typed);
    assert_eq!(all.len(), 1, "{typed}: {all:?}");
    all.into_iter().next().expect("one")
}

fn is(typed: &str, rule: &str, before: &str, after: &str) {
    let (said, was, became) = one(typed);
    assert!(said.contains(rule), "{typed}: {said}");
    assert_eq!((was.as_str(), became.as_str()), (before, after), "{typed}");
}

#[test]
fn a_plain_url_is_left_as_it_is() {
    assert_eq!(changes("https://www.example.com/a/b?c=d"), vec![]);
    assert_eq!(changes("http://[2001:db8::1]:8080/"), vec![]);
}

#[test]
fn each_normalisation_has_its_rule() {
    is("HTTPS://example.com/", "scheme", "HTTPS", "https");
    is("https://WWW.Example.com/", "case", "WWW.Example.com", "www.example.com");
    is("https://bücher.example/", "punycode", "bücher.example", "xn--bcher-kva.example");
    is("https://ex%61mple.com/", "decoded", "ex%61mple.com", "example.com");
    is("http://0x7f.1/", "four decimal", "0x7f.1", "127.0.0.1");
    is("http://[2001:DB8:0:0::1]/", "short form", "[2001:DB8:0:0::1]", "[2001:db8::1]");
    is("https://example.com:443/", "own port", ":443", "");
    is("https://example.com:/", "empty port", ":", "");
    is("https://example.com:08443/", "leading zeros", ":08443", ":8443");
    is("https://example.com", "empty path", "", "/");
    is("https://example.com/a/../b/./c", "dot segments", "/a/../b/./c", "/b/c");
    is("https://example.com/a/%2E%2e/..", "dot segments", "/a/%2E%2e/..", "/");
    is("https://example.com/a b", "percent-encoded", "/a b", "/a%20b");
    is("https://example.com/?q=\"é\"", "query", "q=\"é\"", "q=%22%C3%A9%22");
    is("https://example.com\\a\\b", "backslash", "\\a\\b", "/a/b");
    is(" https://example.com/ ", "around", " https://example.com/ ", "https://example.com/");
    is("https://exa\nmple.com/", "line breaks", "https://exa\nmple.com/", "https://example.com/");
    is("example.com/", "without a scheme", "example.com/", "http://example.com/");
    is("localhost:8080/x", "without a scheme", "localhost:8080/x", "http://localhost:8080/x");
    is("https://example.com/#top", "fragment", "#top", "");
}

#[test]
fn passwords_are_not_shown() {
    let read = read("https://me:secret@example.com/", None).expect("a URL");
    assert_eq!(read.target.shown(), "https://me:***@example.com/");
    assert_eq!(typed_redacted("https://me:secret@example.com/a@b"), "https://me:***@example.com/a@b");
    assert_eq!(typed_redacted("https://example.com/a:b@c"), "https://example.com/a:b@c");
    assert!(read.changes.iter().all(|change| !change.before.contains("secret") && !change.after.contains("secret")));
    assert_eq!(read.target.credentials(), Some(("me", "secret")));
}

#[test]
fn what_is_no_url_is_refused_with_a_reason() {
    assert_eq!(read("http://a b/", None), Err(Refused::Grammar("its host has a character that no name may have (IDNA)")));
    assert_eq!(read("http://", None), Err(Refused::Grammar("it has no host")));
    assert_eq!(read("http://a:99999/", None), Err(Refused::Grammar("its port is no number from 0 to 65535")));
    assert_eq!(read("http://[::1/", None), Err(Refused::Grammar("what stands in brackets is no IPv6 address")));
    assert_eq!(read("http://1.2.3.4.5/", None), Err(Refused::Grammar("its host ends in a number and is no IPv4 address")));
    assert_eq!(read("ftp://a/", None), Err(Refused::Scheme("ftp".into())));
    assert_eq!(read("", None), Err(Refused::Grammar("it has no scheme and no host")));
}

#[test]
fn the_parts_that_a_request_needs() {
    let target = read("https://[2001:db8::1]:8443/a?b#c", None).expect("a URL").target;
    assert_eq!((target.host(), target.port(), target.authority().as_str()), ("2001:db8::1", 8443, "[2001:db8::1]:8443"));
    assert_eq!(target.path_and_query(), "/a?b");
    assert_eq!(target.address(), Some("2001:db8::1".parse().expect("an address")));
}

#[test]
fn websockets_have_the_ports_of_http() {
    let of = |typed: &str| read(typed, None).expect("a URL").target;
    let (clear, secure) = (of("ws://a.example/chat?x"), of("WSS://a.example"));
    assert_eq!((clear.scheme(), clear.port(), clear.is_secure(), clear.is_socket()), ("ws", 80, false, true));
    assert_eq!((secure.scheme(), secure.port(), secure.is_secure(), secure.is_socket()), ("wss", 443, true, true));
    assert_eq!(clear.path_and_query(), "/chat?x");
    assert!(!of("https://a.example").is_socket());
}
