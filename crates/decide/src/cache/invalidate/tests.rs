use super::super::tests::{response, text};
use super::*;
use alloc::string::String;

const URI: Uri<'static> = Uri { scheme: "https", authority: b"www.example", target: b"/a/b?c" };

fn targets(method: &Method, status: u16, lines: &[&str]) -> Vec<String> {
    invalidated(method, &URI, &response(status, lines), &mut Record::off()).iter().map(|target| text(target)).collect()
}

#[test]
fn an_unsafe_method_without_an_error_invalidates_its_target() {
    for method in [Method::Post, Method::Put, Method::Delete, Method::Patch, Method::of("M-SEARCH")] {
        for status in [200, 201, 204, 301, 303, 304] {
            assert_eq!(targets(&method, status, &[]), ["/a/b?c"], "{method:?} {status}");
        }
        for status in [100, 400, 404, 409, 500, 503] {
            assert!(targets(&method, status, &[]).is_empty(), "{method:?} {status}");
        }
    }
    for method in [Method::Get, Method::Head, Method::Options, Method::Trace, Method::Connect] {
        assert!(targets(&method, 200, &[]).is_empty(), "{method:?}");
    }
}

#[test]
fn and_what_its_response_points_at_within_its_origin() {
    assert_eq!(
        targets(&Method::Post, 201, &["Location: /new", "Content-Location: https://WWW.example:443/state"]),
        ["/a/b?c", "/new", "/state"]
    );
    assert_eq!(targets(&Method::Put, 200, &["Location: ?c", "Content-Location: b?c"]), ["/a/b?c"], "the target itself counts once");
    assert_eq!(targets(&Method::Put, 200, &["Location: /x", "Content-Location: /x"]), ["/a/b?c", "/x"]);
    // MUST NOT where the origin differs.
    assert_eq!(targets(&Method::Post, 201, &["Location: https://other.example/x", "Content-Location: http://www.example/x"]), ["/a/b?c"]);
}
