//! The cases as scenarios. They are played on the decisions here, and on the running proxy in the lab.

extern crate alloc;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Required,
    Optimal,
}
use Kind::{Optimal, Required};

pub(super) struct Test {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) scenario: String,
}

pub(super) fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    let groups = [
        ages,
        cache_control,
        expires,
        response_directives,
        statuses,
        vary,
        vary_more,
        conditions,
        fields,
        updates,
        invalidation,
        partial,
        other,
        stale,
        cdn,
    ];
    for group in groups {
        group(&mut tests);
    }
    tests
}

fn test(id: impl Into<String>, kind: Kind, scenario: impl Into<String>) -> Test {
    Test { id: id.into(), kind, scenario: scenario.into() }
}

/// One response, three seconds, and the same request again.
fn twice(id: &str, kind: Kind, response: &str, then: &str) -> Test {
    test(id, kind, format!("> GET\n< 200 | {response}\n+ 3\n> GET\n= {then}"))
}

/// The same without waiting.
fn at_once(id: &str, kind: Kind, response: &str, then: &str) -> Test {
    test(id, kind, format!("> GET\n< 200 | {response}\n> GET\n= {then}"))
}

const FRESH: &str = "Expires: @100000 | Cache-Control: max-age=100000 | Last-Modified: @0";

fn ages(tests: &mut Vec<Test>) {
    for (id, max_age, lines, then) in [
        ("nonnumeric", 3600, &["abc"][..], "cached"),
        ("negative", 3600, &["-7200"], "cached"),
        ("float", 3600, &["7200.0"], "cached"),
        ("large-minus-one", 3600, &["2147483647"], "forwarded"),
        ("large", 3600, &["2147483648"], "forwarded"),
        ("larger", 3600, &["2147483649"], "forwarded"),
        ("suffix", 3600, &["7200, 0"], "forwarded"),
        ("prefix", 3600, &["0, 7200"], "cached"),
        ("suffix-twoline", 3600, &["7200", "0"], "forwarded"),
        ("prefix-twoline", 3600, &["0", "7200"], "cached"),
        ("dup-0", 3600, &["0, 0"], "cached"),
        ("dup-0-twoline", 3600, &["0", "0"], "cached"),
        ("dup-old", 10000, &["3600", "3600"], "cached"),
    ] {
        let ages: String = lines.iter().map(|line| format!(" | Age: {line}")).collect();
        tests.push(twice(&format!("age-parse-{id}"), Required, &format!("Cache-Control: max-age={max_age}{ages}"), then));
    }
}

fn cache_control(tests: &mut Vec<Test>) {
    for (id, kind, response, then) in [
        ("max-age", Optimal, "Cache-Control: max-age=3600", "cached"),
        ("max-age-stale", Required, "Cache-Control: max-age=2", "forwarded"),
        ("max-age-0", Required, "Cache-Control: max-age=0", "forwarded"),
        ("max-age-max-minus-1", Optimal, "Cache-Control: max-age=2147483647", "cached"),
        ("max-age-max", Optimal, "Cache-Control: max-age=2147483648", "cached"),
        ("max-age-max-plus-1", Optimal, "Cache-Control: max-age=2147483649", "cached"),
        ("max-age-max-plus", Optimal, "Cache-Control: max-age=99999999999", "cached"),
        ("max-age-age", Required, "Cache-Control: max-age=3600 | Age: 7200", "forwarded"),
        ("max-age-expires", Optimal, "Cache-Control: max-age=3600 | Expires: @-7200", "cached"),
        ("max-age-expires-invalid", Optimal, "Cache-Control: max-age=3600 | Expires: 0", "cached"),
        ("max-age-0-expires", Required, "Expires: @3600 | Cache-Control: max-age=0", "forwarded"),
        ("max-age-extension", Optimal, "Cache-Control: foobar, max-age=3600", "cached"),
        ("max-age-case-insenstive", Optimal, "Cache-Control: MaX-aGe=3600", "cached"),
        ("max-age-negative", Required, "Cache-Control: max-age=-3600", "forwarded"),
        ("s-maxage-shared", Optimal, "Cache-Control: s-maxage=3600", "cached"),
        ("max-age-s-maxage-shared-longer", Required, "Cache-Control: max-age=3600, s-maxage=1", "forwarded"),
        ("max-age-s-maxage-shared-longer-reversed", Required, "Cache-Control: s-maxage=1, max-age=3600", "forwarded"),
        ("max-age-s-maxage-shared-longer-multiple", Required, "Cache-Control: max-age=3600 | Cache-Control: s-maxage=1", "forwarded"),
        ("max-age-s-maxage-shared-shorter", Optimal, "Cache-Control: max-age=1, s-maxage=3600", "cached"),
        ("max-age-s-maxage-shared-shorter-expires", Optimal, "Expires: @-10 | Cache-Control: max-age=0, s-maxage=3600", "cached"),
        ("max-age-ignore-quoted", Required, "Cache-Control: extension=\"max-age=3600\", max-age=1", "forwarded"),
        ("max-age-ignore-quoted-rev", Required, "Cache-Control: max-age=1, extension=\"max-age=3600\"", "forwarded"),
        ("max-age-leading-zero", Required, "Cache-Control: max-age=003600", "cached"),
        ("max-age-single-quoted", Required, "Cache-Control: max-age='3600'", "forwarded"),
    ] {
        tests.push(twice(&format!("freshness-{id}"), kind, response, then));
    }
}

fn expires(tests: &mut Vec<Test>) {
    for (id, kind, response, then) in [
        ("future", Optimal, "Expires: @2592000", "cached"),
        ("past", Required, "Expires: @-2592000", "forwarded"),
        ("old-date", Required, "Expires: @300 | Date: @400", "forwarded"),
        ("invalid", Required, "Expires: 0", "forwarded"),
    ] {
        tests.push(twice(&format!("freshness-expires-{id}"), kind, response, then));
    }
    for (id, kind, response, then) in [
        ("present", Required, "Expires: @0", "forwarded"),
        ("invalid-date", Optimal, "Date: foo | Expires: @10", "cached"),
        ("age-slow-date", Required, "Date: @-10 | Expires: @10 | Age: 25", "forwarded"),
        ("age-fast-date", Required, "Date: @10 | Expires: @20 | Age: 15", "forwarded"),
    ] {
        tests.push(at_once(&format!("freshness-expires-{id}"), kind, response, then));
    }
    for (id, kind, date, then) in [
        ("32bit", Optimal, "Tue, 19 Jan 2038 14:14:08 GMT", "cached"),
        ("far-future", Optimal, "Sun, 21 Nov 2286 04:46:39 GMT", "cached"),
        ("rfc850", Optimal, "Thursday, 18-Aug-50 02:01:18 GMT", "cached"),
        ("ansi-c", Optimal, "Thu Aug  8 02:01:18 2050", "cached"),
        ("wrong-case-weekday", Optimal, "THU, 18 Aug 2050 02:01:18 GMT", "cached"),
        ("wrong-case-month", Optimal, "Thu, 18 AUG 2050 02:01:18 GMT", "cached"),
        ("wrong-case-tz", Optimal, "Thu, 18 Aug 2050 02:01:18 gMT", "cached"),
        ("invalid-utc", Required, "Thu, 18 Aug 2050 02:01:18 UTC", "forwarded"),
        ("invalid-aest", Required, "Thu, 18 Aug 2050 02:01:18 AEST", "forwarded"),
        ("invalid-2-digit-year", Required, "Thu, 18 Aug 50 02:01:18 GMT", "forwarded"),
        ("invalid-no-comma", Required, "Thu 18 Aug 2050 02:01:18 GMT", "forwarded"),
        ("invalid-multiple-spaces", Required, "Thu, 18  Aug  2050 02:01:18 GMT", "forwarded"),
        ("invalid-date-dashes", Required, "Thu, 18-Aug-2050 02:01:18 GMT", "forwarded"),
        ("invalid-time-periods", Required, "Thu, 18 Aug 2050 02.01.18 GMT", "forwarded"),
        ("invalid-1-digit-hour", Required, "Thu, 18 Aug 2050 2:01:18 GMT", "forwarded"),
        ("invalid-multiple-lines", Required, "Thu, 18 Aug 2050 2:01:18 GMT | Expires: Thu, 18 Aug 2050 2:01:19 GMT", "forwarded"),
    ] {
        tests.push(at_once(&format!("freshness-expires-{id}"), kind, &format!("Expires: {date}"), then));
    }
}

fn response_directives(tests: &mut Vec<Test>) {
    for (id, kind, response, then) in [
        ("private-shared", Required, "Cache-Control: private, max-age=3600", "forwarded"),
        ("no-store", Required, "Cache-Control: no-store", "forwarded"),
        ("no-store-case-insensitive", Required, "Cache-Control: No-StOrE", "forwarded"),
        ("no-store-fresh", Required, "Cache-Control: max-age=10000, no-store | Expires: @10000", "forwarded"),
        ("no-cache", Required, "Cache-Control: max-age=10000, no-cache | Expires: @10000", "forwarded"),
        ("no-cache-case-insensitive", Required, "Cache-Control: max-age=10000, No-CaChE | Expires: @10000", "forwarded"),
        ("must-revalidate-fresh", Optimal, "Cache-Control: max-age=10000, must-revalidate | ETag: \"abcd\"", "cached"),
    ] {
        tests.push(at_once(&format!("cc-resp-{id}"), kind, response, then));
    }
    for (id, response) in [
        ("no-cache-revalidate", "Cache-Control: no-cache | ETag: \"abcd\""),
        ("no-cache-revalidate-fresh", "Cache-Control: max-age=10000, no-cache | Expires: @10000 | ETag: \"abcd\""),
    ] {
        let scenario = format!("> GET\n< 200 | {response}\n> GET\n< 304 | {response}\n= etag | status=200");
        tests.push(test(format!("cc-resp-{id}"), Optimal, scenario));
    }
    let response = "Cache-Control: max-age=2, must-revalidate | ETag: \"abcd\"";
    let scenario = format!("> GET\n< 200 | {response}\n> GET\n= cached\n+ 3\n> GET\n< 304 | {response}\n= etag | status=200");
    tests.push(test("cc-resp-must-revalidate-stale", Required, scenario));
    for (id, newer) in [("no-store-old-new", "no-store"), ("no-store-old-max-age", "no-store, max-age=0")] {
        let older = "> GET\n< 200 | Cache-Control: max-age=10000 | Expires: @10000 | A: 1\n+ 3";
        let scenario = format!("{older}\n> GET\n< 200 | Cache-Control: {newer} | A: 2\n+ 3\n> GET\n= cached | A: 1");
        tests.push(test(format!("cc-resp-{id}"), Required, scenario));
    }
}

fn statuses(tests: &mut Vec<Test>) {
    for status in [200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599] {
        let fresh = format!("> GET\n< {status} | {FRESH}\n+ 3\n> GET\n= cached | status={status}");
        tests.push(test(format!("status-{status}-fresh"), Optimal, fresh));
        let stale = format!("> GET\n< {status} | Expires: @-5000 | Last-Modified: @-100000\n> GET\n= forwarded");
        tests.push(test(format!("status-{status}-stale"), Required, stale));
    }
    for (status, kind, then) in [(599, Required, "forwarded"), (200, Optimal, "cached")] {
        let scenario = format!("> GET\n< {status} | Cache-Control: max-age=3600, no-store, must-understand\n> GET\n= {then}");
        tests.push(test(format!("status-{status}-must-understand"), kind, scenario));
    }
    let heuristic = |id: String, kind: Kind, status: u16, more: &str, then: &str| {
        let scenario = format!("> GET\n< {status} | Last-Modified: @-86400{more}\n> GET\n= {then}");
        test(format!("heuristic-{id}"), kind, scenario)
    };
    for status in [200, 203, 204, 404, 405, 410, 414, 501] {
        tests.push(heuristic(format!("{status}-cached"), Optimal, status, "", "cached"));
    }
    for status in [201, 202, 403, 502, 503, 504, 599] {
        tests.push(heuristic(format!("{status}-not_cached"), Required, status, "", "forwarded"));
    }
    tests.push(heuristic("599-cached".into(), Optimal, 599, " | Cache-Control: public", "cached"));
    tests.push(test(
        "method-POST",
        Optimal,
        "> POST\n< 200 | Expires: @2592000 | Content-Location: https://www.example/page\n+ 3\n> GET\n= cached",
    ));
}

/// A response to a request with these fields, then a request with those.
fn varied(id: &str, kind: Kind, first: &str, vary: &str, second: &str, then: &str) -> Test {
    let scenario = format!("> GET{first}\n< 200 | Cache-Control: max-age=5000 | Last-Modified: @-3000 | {vary}\n> GET{second}\n= {then}");
    test(format!("vary-{id}"), kind, scenario)
}

fn vary(tests: &mut Vec<Test>) {
    let (one, two, three) = ("Vary: Foo", "Vary: Foo, Bar", "Vary: Foo, Bar, Baz");
    for (id, kind, first, vary, second, then) in [
        ("match", Optimal, " | Foo: 1", one, " | Foo: 1", "cached"),
        ("no-match", Required, " | Foo: 1", one, " | Foo: 2", "forwarded"),
        ("omit-stored", Required, "", one, " | Foo: 1", "forwarded"),
        ("omit", Required, " | Foo: 1", one, "", "forwarded"),
        ("cache-key", Optimal, " | Foo: 1 | Other: 2", one, " | Foo: 1 | Other: 3", "cached"),
        ("2-match", Optimal, " | Foo: 1 | Bar: abc", two, " | Foo: 1 | Bar: abc", "cached"),
        ("2-no-match", Required, " | Foo: 1 | Bar: abc", two, " | Foo: 2 | Bar: abc", "forwarded"),
        ("2-match-omit", Required, " | Foo: 1 | Bar: abc", two, "", "forwarded"),
        ("3-match", Optimal, " | Foo: 1 | Bar: abc | Baz: 789", three, " | Foo: 1 | Bar: abc | Baz: 789", "cached"),
        ("3-no-match", Required, " | Foo: 1 | Bar: abc | Baz: 789", three, " | Foo: 2 | Bar: abc | Baz: 789", "forwarded"),
        ("3-order", Required, " | Foo: 1 | Bar: abc | Baz: 789", three, " | Foo: 1 | Baz: 789 | Bar: abcde", "forwarded"),
        ("3-omit", Optimal, " | Foo: 1 | Baz: 789", three, " | Foo: 1 | Baz: 789", "cached"),
        ("star", Required, " | Foo: 1 | Baz: 789", "Vary: *", " | Foo: 1 | Baz: 789", "forwarded"),
        ("normalise-combine", Optimal, " | Foo: 1, 2", one, " | Foo: 1 | Foo: 2", "cached"),
        ("normalise-space", Optimal, " | Foo: 1,2", one, " | Foo:  1, 2 ", "cached"),
    ] {
        tests.push(varied(id, kind, first, vary, second, then));
    }
}

fn vary_more(tests: &mut Vec<Test>) {
    let first = " | Accept-Language: en, de";
    let vary = "Vary: Accept-Language";
    for (id, second) in [("order", "de, en"), ("case", "eN, De"), ("space", " en ,   de")] {
        let second = format!(" | Accept-Language: {second}");
        tests.push(varied(&format!("normalise-lang-{id}"), Optimal, first, vary, &second, "cached"));
    }
    let second = " | Accept-Language: fr;q=0.5, de;q=1.0";
    let german = format!("{vary} | Content-Language: de");
    tests.push(varied("normalise-lang-select", Optimal, first, &german, second, "cached"));
    for (id, vary) in [
        ("star", "Vary: *"),
        ("star-star", "Vary: *, *"),
        ("star-star-lines", "Vary: * | Vary: *"),
        ("empty-star", "Vary: , *"),
        ("empty-star-lines", "Vary: | Vary: *"),
        ("star-foo", "Vary: *, Foo"),
        ("foo-star", "Vary: Foo, *"),
    ] {
        let request = " | Foo: 1 | Baz: 789";
        tests.push(varied(&format!("syntax-{id}"), Required, request, vary, request, "forwarded"));
    }
    let response = |body: &str| format!("< 200 | Cache-Control: max-age=5000 | Last-Modified: @-3000 | Vary: Foo | body={body}");
    let scenario = format!(
        "> GET | Foo: 1\n{}\n> GET | Foo: 2\n{}\n= forwarded | body=two\n> GET | Foo: 1\n= cached | body=one",
        response("one"),
        response("two")
    );
    tests.push(test("vary-invalidate", Optimal, scenario));
}

fn conditions(tests: &mut Vec<Test>) {
    for (id, kind, tag, request, then) in [
        ("etag-strong-respond", Optimal, "\"abcdef\"", "\"abcdef\"", ""),
        ("304-etag", Required, "\"abcdef\"", "\"abcdef\"", " | ETag: \"abcdef\""),
        ("etag-weak-respond", Optimal, "W/\"abcdef\"", "W/\"abcdef\"", ""),
        ("etag-strong-respond-multiple-first", Optimal, "\"abcdef\"", "\"abcdef\", \"1234\", \"5678\"", ""),
        ("etag-strong-respond-multiple-second", Optimal, "\"abcdef\"", "\"1234\", \"abcdef\", \"5678\"", ""),
        ("etag-strong-respond-multiple-last", Optimal, "\"abcdef\"", "\"1234\", \"5678\", \"abcdef\"", ""),
        ("etag-precedence", Required, "\"abcdef\" | Last-Modified: @-5000", "\"abcdef\" | If-Modified-Since: @@-1", ""),
    ] {
        let scenario = format!(
            "> GET\n< 200 | Cache-Control: max-age=100000 | ETag: {tag}\n+ 3\n> GET | If-None-Match: {request}\n= cached | status=304{then}"
        );
        tests.push(test(format!("conditional-{id}"), kind, scenario));
    }
    for (id, tag) in [("etag-strong-generate", "\"abcdef\""), ("etag-weak-generate-weak", "W/\"abcdef\"")] {
        let response = format!("Cache-Control: max-age=2 | ETag: {tag}");
        let scenario = format!("> GET\n< 200 | {response}\n+ 3\n> GET\n< 304 | {response}\n= etag | saw If-None-Match: {tag} | status=200");
        tests.push(test(format!("conditional-{id}"), Optimal, scenario));
    }
    let response = "Expires: @1 | ETag: \"abcdef\" | Vary: Abc";
    let scenario = format!("> GET | Abc: 123\n< 200 | {response}\n+ 3\n> GET | Abc: 123\n< 304 | {response}\n= etag | saw Abc: 123");
    tests.push(test("conditional-etag-vary-headers", Required, scenario));
    for (id, response, since) in [
        ("fresh", "Cache-Control: max-age=100000 | Last-Modified: @-3000", "@@-3000"),
        ("fresh-earlier", "Cache-Control: max-age=100000 | Last-Modified: @-3000", "@@-2000"),
        ("fresh-no-lm", "Cache-Control: max-age=10000", "@@-3000"),
        // Fifty minutes before the beginning, in the older form.
        ("fresh-rfc850", "Cache-Control: max-age=10000 | Last-Modified: @-3000", "Saturday, 21-Nov-26 23:10:00 GMT"),
    ] {
        let scenario = format!("> GET\n< 200 | {response}\n+ 3\n> GET | If-Modified-Since: {since}\n= cached | status=304");
        tests.push(test(format!("conditional-lm-{id}"), Optimal, scenario));
    }
    let scenario = "> GET\n< 200 | Cache-Control: max-age=2 | Last-Modified: @-3000\n+ 3\n\
                    > GET | If-Modified-Since: @@-3000\n< 304 | Last-Modified: @@-3000\n= lm | status=304";
    tests.push(test("conditional-lm-stale", Optimal, scenario));
}

/// Names, their values before and after, whether a 304 must change them (`Some(true)`), must not, or may.
const NAMES: &[(&str, &str, &str, Option<bool>)] = &[
    ("Test-Header", "one", "two", Some(true)),
    ("X-Test-Header", "one", "two", Some(true)),
    ("Content-Foo", "one", "two", Some(true)),
    ("X-Content-Foo", "one", "two", Some(true)),
    ("Cache-Control", "max-age=1", "max-age=3600", Some(true)),
    ("Content-Encoding", "one", "two", None),
    ("Content-Length", "5", "10", Some(false)),
    ("Content-Location", "/foo", "/bar", None),
    ("Content-MD5", "rL0Y20zC+Fzt72VPzMSk2A==", "N7UdGUp1E+RbVvZSTy1R8g==", None),
    ("Content-Range", "one", "two", None),
    ("Content-Security-Policy", "default-src 'self'", "default-src 'self' cdn.example.com", None),
    ("Content-Type", "text/plain", "text/plain;charset=utf-8", None),
    ("Clear-Site-Data", "cache", "cookies", None),
    ("ETag", "\"abcdef\"", "\"ghijkl\"", None),
    ("Expires", "Fri, 01 Jan 2038 01:01:01 GMT", "Mon, 11 Jan 2038 11:11:11 GMT", None),
    ("Public-Key-Pins", "one", "two", None),
    ("Set-Cookie", "a=b", "a=c", None),
    ("Set-Cookie2", "a=b", "a=c", None),
    ("X-Frame-Options", "deny", "sameorigin", None),
    ("X-XSS-Protection", "1", "1; mode=block", None),
];

fn fields(tests: &mut Vec<Test>) {
    let scenario = format!("> GET\n< 200 | {FRESH} | Connection: a, b | a: 1 | b: 2 | c: 3\n+ 3\n> GET\n= cached | c: 3 | !a | !b");
    tests.push(test("headers-omit-headers-listed-in-Connection", Required, scenario));
    let scenario = |name: &str, value: &str, then: &str| {
        let lifetime = if name == "Cache-Control" { "" } else { " | Cache-Control: max-age=3600" };
        // Ten bytes, which is the length that one of the values says.
        format!("> GET\n< 200 | {name}: {value}{lifetime} | body=0123456789\n+ 3\n> GET\n= cached | {then}{name}: {value}")
    };
    for (name, _, value, _) in NAMES {
        tests.push(test(format!("headers-store-{name}"), Required, scenario(name, value, "")));
    }
    for name in [
        "Connection",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Proxy-Authentication-Info",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Transfer-Encoding",
        "Upgrade",
    ] {
        tests.push(test(format!("headers-store-{name}"), Required, scenario(name, "value", "!")));
    }
}

fn updates(tests: &mut Vec<Test>) {
    let modified = "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT";
    let scenario = format!(
        "> GET\n< 200 | Cache-Control: max-age=2 | {modified} | Test-Header: one\n+ 3\n> GET\n< 304 | {modified}\n= lm | Test-Header: one"
    );
    tests.push(test("304-lm-use-stored-Test-Header", Required, scenario));
    for (name, before, after, must) in NAMES.iter().filter(|(.., must)| must.is_some()) {
        let lifetime = if *name == "Cache-Control" { "" } else { " | Cache-Control: max-age=2" };
        let response = |value: &str| format!("{name}: {value}{lifetime} | ETag: \"one\"");
        let expected = if *must == Some(true) { after } else { before };
        let scenario = format!(
            "> GET\n< 200 | {} | body=01234\n+ 3\n> GET\n< 304 | {}\n= etag | {name}: {expected}\n> GET\n= cached | {name}: {expected}",
            response(before),
            response(after)
        );
        tests.push(test(format!("304-etag-update-response-{name}"), Required, scenario));
    }
}

fn invalidation(tests: &mut Vec<Test>) {
    for method in ["POST", "PUT", "DELETE", "M-SEARCH"] {
        for (id, kind, status, then) in [("", Required, 200, "forwarded"), ("-failed", Optimal, 500, "cached")] {
            let scenario = format!("> GET\n< 200 | {FRESH}\n+ 3\n> {method}\n< {status}\n> GET\n= {then}");
            tests.push(test(format!("invalidate-{method}{id}"), kind, scenario));
        }
    }
}

fn partial(tests: &mut Vec<Test>) {
    for (id, range, body) in
        [("reuse-partial", "0-1", "01"), ("reuse-partial-no-last", "1-", "1234567890"), ("reuse-partial-suffix", "-1", "0")]
    {
        let whole = "< 200 | Cache-Control: max-age=3600 | body=01234567890";
        let scenario = format!("> GET\n{whole}\n> GET | Range: bytes={range}\n= cached | status=206 | body={body}");
        tests.push(test(format!("partial-store-complete-{id}"), Optimal, scenario));
    }
    for (id, range, body) in [("", "-5", "01234"), ("-byterange", "6-8", "234"), ("-absent", "6-", "234"), ("-suffix", "-1", "4")] {
        let part = "< 206 | Cache-Control: max-age=3600 | Content-Range: bytes 4-9/10 | body=01234";
        let scenario = format!("> GET | Range: bytes=-5\n{part}\n> GET | Range: bytes={range}\n= cached | status=206 | body={body}");
        tests.push(test(format!("partial-store-partial-reuse-partial{id}"), Optimal, scenario));
    }
    let part = "< 206 | Cache-Control: max-age=3600 | Content-Range: bytes 0-4/10 | body=01234";
    let scenario = format!("> GET | Range: bytes=-5\n{part}\n> GET\n= forwarded | saw Range: bytes=5-");
    tests.push(test("partial-store-partial-complete", Optimal, scenario));
    let whole = "> GET\n< 200 | Cache-Control: max-age=3600 | A: 1 | body=01234567890";
    // The answer comes from what is stored, and so do its fields, whatever the origin has by now.
    let scenario = format!("{whole}\n> GET | Range: bytes=0-1\n< 206 | A: 2\n= cached | status=206 | body=01 | A: 1");
    tests.push(test("partial-use-headers", Required, scenario.clone()));
    tests.push(test("partial-use-stored-headers", Required, scenario));
}

fn other(tests: &mut Vec<Test>) {
    for (id, response, then) in [
        ("age-gen", FRESH, "Age > 2"),
        ("age-update-expires", "Expires: @2592000 | Age: 30", "Age > 32"),
        ("age-update-max-age", "Cache-Control: max-age=100000 | Age: 30", "Age > 32"),
        ("date-update", FRESH, "Date: @@0"),
        ("date-update-expires", "Expires: @2592000", "Date: @@0"),
    ] {
        tests.push(twice(&format!("other-{id}"), Required, response, &format!("cached | {then}")));
    }
    tests.push(twice("other-set-cookie", Optimal, &format!("{FRESH} | Set-Cookie: a=b"), "cached"));
    for (id, kind, first, second, then) in [
        ("other-cookie", Optimal, "/page", "/page | Cookie: a=b", "cached"),
        ("query-args-same", Optimal, "/page?test=1", "/page?test=1", "cached"),
        ("query-args-different", Required, "/page?test=1", "/page?test=2", "forwarded"),
    ] {
        tests.push(test(id, kind, format!("> GET {first}\n< 200 | {FRESH}\n+ 3\n> GET {second}\n= {then}")));
    }
    for (id, kind, response, then) in [
        ("", Required, FRESH, "forwarded"),
        ("-public", Optimal, "Cache-Control: max-age=3600, public", "cached"),
        ("-must-revalidate", Optimal, "Cache-Control: max-age=3600, must-revalidate", "cached"),
        ("-smaxage", Optimal, "Cache-Control: s-maxage=3600", "cached"),
    ] {
        let scenario = format!("> GET | Authorization: FOO\n< 200 | {response}\n= saw Authorization: FOO\n+ 3\n> GET\n= {then}");
        tests.push(test(format!("other-authorization{id}"), kind, scenario));
    }
}

fn stale(tests: &mut Vec<Test>) {
    for directive in ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=2"] {
        let scenario = format!("> GET\n< 200 | Cache-Control: max-age=2, {directive}\n+ 3\n> GET\n< gone\n= forwarded | status=502");
        tests.push(test(format!("stale-close-{directive}"), Required, scenario));
    }
    let response = "Cache-Control: max-age=1, stale-while-revalidate=3600 | ETag: \"abc\"";
    tests.push(twice("stale-while-revalidate", Optimal, response, "cached | validated later"));
    let scenario = "> GET\n< 200 | Cache-Control: max-age=1, stale-while-revalidate=4 | ETag: \"abc\"\n+ 3\n\
                    > GET\n< 200 | Cache-Control: no-cache | ETag: \"def\"\n= cached | validated later\n+ 3\n> GET\n= forwarded";
    tests.push(test("stale-while-revalidate-window", Required, scenario));
    for (id, stored, asked) in
        [("response-expired", "max-age=0, stale-if-error=1", ""), ("request-expired", "max-age=0", " | Cache-Control: stale-if-error=1")]
    {
        let scenario = format!("> GET\n< 200 | Cache-Control: {stored}\n+ 3\n> GET{asked}\n< 500\n= forwarded | status=500");
        tests.push(test(format!("stale-if-error-cc-{id}"), Required, scenario));
    }
}

fn cdn(tests: &mut Vec<Test>) {
    for (id, kind, response, then) in [
        ("max-age", Optimal, "CDN-Cache-Control: max-age=3600", "cached"),
        ("max-age-max", Optimal, "CDN-Cache-Control: max-age=2147483648", "cached"),
        ("max-age-max-plus", Optimal, "CDN-Cache-Control: max-age=99999999999", "cached"),
        ("max-age-age", Required, "CDN-Cache-Control: max-age=3600 | Age: 7200", "forwarded"),
        ("max-age-0", Required, "CDN-Cache-Control: max-age=0", "forwarded"),
        ("max-age-extension", Optimal, "CDN-Cache-Control: foobar, max-age=3600", "cached"),
        ("max-age-expires", Optimal, "CDN-Cache-Control: max-age=3600 | Expires: @-10000", "cached"),
        ("max-age-cc-max-age-invalid-expires", Optimal, "CDN-Cache-Control: max-age=3600 | Expires: 0", "cached"),
        ("max-age-0-expires", Required, "CDN-Cache-Control: max-age=0 | Expires: @10000", "forwarded"),
        ("max-age-short-cc-max-age", Optimal, "Cache-Control: max-age=1 | CDN-Cache-Control: max-age=3600", "cached"),
        ("max-age-long-cc-max-age", Required, "Cache-Control: max-age=3600 | CDN-Cache-Control: max-age=1", "forwarded"),
        ("no-store-cc-fresh", Required, "Cache-Control: max-age=10000 | CDN-Cache-Control: no-store | Expires: @10000", "forwarded"),
        ("fresh-cc-nostore", Required, "Cache-Control: no-store | CDN-Cache-Control: max-age=10000", "cached"),
        ("cc-invalid-sh-type-unknown", Required, "CDN-Cache-Control: max-age=10000, &&&&& | Cache-Control: no-store", "forwarded"),
        ("cc-invalid-sh-type-wrong", Required, "CDN-Cache-Control: max-age=\"10000\" | Cache-Control: no-store", "forwarded"),
    ] {
        tests.push(twice(&format!("cdn-{id}"), kind, response, then));
    }
    for directive in ["private", "no-cache"] {
        let response = format!("CDN-Cache-Control: {directive} | Cache-Control: max-age=10000 | Expires: @10000");
        tests.push(at_once(&format!("cdn-{directive}"), Required, &response, "forwarded"));
    }
}
