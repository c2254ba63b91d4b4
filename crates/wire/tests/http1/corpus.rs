//! Messages written from the sentences of the RFCs: malformed ones, each with the sentence and the rule it breaks, and valid ones.
//! Judged under [`crate::driver::LIMITS`].

use std::borrow::Cow;
use wire::http1::Rule;

/// What a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A request head.
    Request,
    /// The head of a response to GET.
    Response,
    /// A chunked body.
    Chunked,
}

/// One malformed message.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) kind: Kind,
    /// Where the sentence stands.
    pub(crate) section: &'static str,
    /// The sentence, in our words.
    pub(crate) sentence: &'static str,
    pub(crate) input: Cow<'static, [u8]>,
    pub(crate) rule: Rule,
}

/// Section, sentence, input, rule.
type Row = (&'static str, &'static str, &'static [u8], Rule);

/// All of them.
pub(crate) fn malformed() -> Vec<Case> {
    let of = |kind, rows: &[Row]| -> Vec<Case> {
        let case = |(section, sentence, input, rule): &Row| Case { kind, section, sentence, input: Cow::Borrowed(*input), rule: *rule };
        rows.iter().map(case).collect()
    };
    let mut cases = of(Kind::Request, LINES);
    cases.extend(of(Kind::Request, TARGETS));
    cases.extend(of(Kind::Request, FIELDS));
    cases.extend(of(Kind::Response, RESPONSE_HEADS));
    cases.extend(of(Kind::Chunked, CHUNKS));
    cases.extend(large());
    cases
}

/// Those that are too large to be written out.
fn large() -> Vec<Case> {
    let case = |kind, section, sentence, input: Vec<u8>, rule| Case { kind, section, sentence, input: Cow::Owned(input), rule };
    let long = [b'a'; 600];
    let head = |start: &[u8], end: &[u8]| [start, &long, end].concat();
    vec![
        case(
            Kind::Request,
            "RFC 6585 §5",
            "a head larger than is read gets 431",
            head(b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"\r\n\r\n"),
            Rule::HeadTooLarge,
        ),
        case(
            Kind::Request,
            "RFC 6585 §5",
            "also where it has no end yet",
            head(b"GET / HTTP/1.1\r\nHost: a\r\nX", b""),
            Rule::HeadTooLarge,
        ),
        case(Kind::Response, "RFC 6585 §5", "a response head has its cap too", head(b"HTTP/1.1 200 ", b"\r\n\r\n"), Rule::HeadTooLarge),
        case(Kind::Chunked, "RFC 6585 §5", "a trailer section has its cap too", head(b"0\r\nX: ", b"\r\n\r\n"), Rule::TrailersTooLarge),
        case(
            Kind::Chunked,
            "RFC 9112 §7.1.1",
            "the extensions of one chunk have a cap",
            [&b"1;"[..], &[b'a'; 16 * 1024], b"\r\na\r\n0\r\n\r\n"].concat(),
            Rule::ChunkExtensionsTooLarge,
        ),
        case(
            Kind::Chunked,
            "RFC 9112 §7.1.1",
            "the extensions of all chunks together have a cap",
            b"1;abcdefg\r\na\r\n".repeat(2049),
            Rule::ChunkExtensionsTooLarge,
        ),
    ]
}

/// Valid requests; a body, where there is one, is whole.
pub(crate) const REQUESTS: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\r\nGET /a/b?c=d&e HTTP/1.1\r\nhost:a.example:8080\r\nUser-Agent: x/1 (y)\r\nAccept: */*\r\nX-Empty:\r\n\r\n",
    b"HEAD //a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"POST /p HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    b"PUT /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5;a=\"b\"\r\nhello\r\n00\r\nX: y\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"OPTIONS http://a HTTP/1.1\r\nHost: A:80\r\n\r\n",
    b"GET https://a.example/x?y HTTP/1.1\r\nHost: a.example:443\r\nCookie: a=b; c=\"d\"\r\n\r\n",
    b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
    b"BREW /%7Epot;x=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \t tab\tin \xe9 \t\r\nConnection: close\r\n\r\n",
    b"DELETE /a HTTP/1.7\r\nHost: a.\r\nContent-Length: 0\r\n\r\n",
];

/// Valid responses to GET.
pub(crate) const RESPONSES: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
    b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    b"HTTP/1.1 404 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    b"HTTP/1.0 200 Fine\r\nServer: x\r\n\r\nuntil the end",
    b"HTTP/1.1 204 No Content\r\nVary: a\r\nVary: b\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 99\r\n\r\n",
    b"HTTP/1.1 500 \xe9t\xe9\r\nContent-Length: 1\r\n\r\n!",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
];

/// Valid chunked bodies.
pub(crate) const CHUNKED: &[&[u8]] = &[
    b"0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"0000000000000005\r\nhello\r\n000\r\n\r\n",
    b"a\r\n0123456789\r\nB;x\r\n0123456789a\r\n0;last\r\nX: y\r\nZ:\r\n\r\n",
    b"1 \t; a = \"b;c\" ;d\r\nx\r\n1\r\n\n\r\n0\r\n\r\n",
];

/// Line ends and request lines.
const LINES: &[Row] = &[
    ("RFC 9112 §2.2", "a request line ends with CRLF, not LF", b"GET / HTTP/1.1\nHost: a\n\n", Rule::BareLf),
    ("RFC 9112 §2.2", "a field line ends with CRLF, not LF", b"GET / HTTP/1.1\r\nHost: a\n\r\n", Rule::BareLf),
    ("RFC 9112 §2.2", "the empty line is CRLF, not LF", b"GET / HTTP/1.1\r\nHost: a\r\n\n", Rule::BareLf),
    ("RFC 9112 §2.2", "the empty line before a request is CRLF too", b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Rule::BareLf),
    ("RFC 9112 §2.2", "a bare CR does not end a request line", b"GET / HTTP/1.1\rHost: a\r\n\r\n", Rule::BareCr),
    ("RFC 9112 §2.2", "a bare CR does not end a field line", b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", Rule::BareCr),
    ("RFC 9112 §2.2", "a CR before CRLF is bare", b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", Rule::BareCr),
    ("RFC 9112 §2.2", "a bare CR does not end a head", b"GET / HTTP/1.1\r\nHost: a\r\n\rX", Rule::BareCr),
    ("RFC 9112 §2.2", "a bare CR is no empty line before a request", b"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", Rule::BareCr),
    ("RFC 9112 §2.2", "a CR does not part a target from a version", b"GET /\rHTTP/1.1\r\nHost: a\r\n\r\n", Rule::BareCr),
    (
        "RFC 9112 §2.2",
        "one empty line before a request is ignored, not two",
        b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        Rule::EmptyLines,
    ),
    ("RFC 9112 §2.2", "nor a second that ends with LF", b"\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Rule::EmptyLines),
    (
        "RFC 9112 §2.2",
        "no white space between the request line and the first field",
        b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        Rule::LeadingSpace,
    ),
    ("RFC 9112 §2.2", "nor a tab", b"GET / HTTP/1.1\r\n\tX: b\r\nHost: a\r\n\r\n", Rule::LeadingSpace),
    ("RFC 9112 §2.2", "nor a line of white space alone", b"GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", Rule::LeadingSpace),
    ("RFC 9112 §3", "a request line does not begin with a space", b" GET / HTTP/1.1\r\nHost: a\r\n\r\n", Rule::MethodByte),
    ("RFC 9112 §3", "a tab does not part method and target", b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", Rule::MethodByte),
    ("RFC 9110 §9.1", "a method is a token: no brackets", b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", Rule::MethodByte),
    ("RFC 9110 §9.1", "a method is a token: no colon", b"GET: / HTTP/1.1\r\nHost: a\r\n\r\n", Rule::MethodByte),
    ("RFC 9110 §9.1", "a method is a token: no NUL", b"G\0T / HTTP/1.1\r\nHost: a\r\n\r\n", Rule::MethodByte),
    ("RFC 9110 §9.1", "a method is a token: no byte above ASCII", b"G\xc9T / HTTP/1.1\r\nHost: a\r\n\r\n", Rule::MethodByte),
    ("RFC 9110 §9.1", "the first bytes of TLS are no method", b"\x16\x03\x01\x02\0\x01", Rule::MethodByte),
    (
        "RFC 9112 §3",
        "a method longer than any known is not implemented",
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGH / HTTP/1.1\r\nHost: a\r\n\r\n",
        Rule::MethodTooLong,
    ),
    ("RFC 9112 §3", "one space, not two, before the target", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Rule::RequestLine),
    ("RFC 9112 §3", "one space, not two, before the version", b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", Rule::RequestLine),
    ("RFC 9112 §3.2", "no white space in a target", b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", Rule::RequestLine),
    ("RFC 9112 §3", "a request line has a version", b"GET /\r\nHost: a\r\n\r\n", Rule::RequestLine),
    ("RFC 9112 §3", "a request line has a version after its last space", b"GET / \r\nHost: a\r\n\r\n", Rule::RequestLine),
    ("RFC 9112 §3", "a request line has a target", b"GET\r\nHost: a\r\n\r\n", Rule::RequestLine),
    ("RFC 9112 §3", "a request line has a target before its version", b"GET HTTP/1.1\r\nHost: a\r\n\r\n", Rule::RequestLine),
    ("RFC 9112 §3", "nothing follows the version but CRLF: no space", b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §3", "nothing follows the version but CRLF: no word", b"GET / HTTP/1.1 x\r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §3.2", "no control character in a target", b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetByte),
    ("RFC 9112 §3.2", "no NUL in a target", b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetByte),
    ("RFC 9112 §3.2", "no DEL in a target", b"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetByte),
    ("RFC 9112 §3.2", "no tab in a target", b"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetByte),
    ("RFC 3986 §2", "a target is ASCII", b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetByte),
    ("RFC 3986 §2", "a query is ASCII", b"GET /?\x80 HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetByte),
    ("RFC 9112 §3.2.1", "a target has no fragment", b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetFragment),
    ("RFC 9112 §3.2.1", "a target has no empty fragment", b"GET /# HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetFragment),
    ("RFC 9112 §3.2.2", "an absolute target has no fragment", b"GET http://a/#b HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetFragment),
    (
        "RFC 9112 §3",
        "a longer target than is read gets 414",
        b"GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: a\r\n\r\n",
        Rule::TargetTooLong,
    ),
    ("RFC 9112 §3", "also where it has no end yet", b"GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Rule::TargetTooLong),
    ("RFC 9112 §2.3", "HTTP is written in capitals", b"GET / http/1.1\r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §2.3", "in all its letters", b"GET / HTTp/1.1\r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §2.3", "the version has a minor digit", b"GET / HTTP/1\r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §2.3", "the minor version is one digit", b"GET / HTTP/1.10\r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §2.3", "the major version is one digit", b"GET / HTTP/11.1\r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §2.3", "a dot stands between the digits", b"GET / HTTP/1,1\r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §2.3", "the version has digits", b"GET / HTTP/a.b\r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §2.3", "no space in the version", b"GET / HTTP/ 1.1\r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §2.3", "no sign in the version", b"GET / HTTP/+1.1\r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §2.3", "no third part", b"GET / HTTP/1.1.1\r\nHost: a\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §2.3", "the name of the protocol is HTTP", b"GET / HTP/1.1\r\nHost: a\r\n\r\n", Rule::RequestLine),
    ("RFC 9112 §2.3", "the name of the protocol is not another", b"GET / ICAP/1.0\r\nHost: a\r\n\r\n", Rule::RequestLine),
    (
        "RFC 9110 §15.6.6",
        "a major version not spoken here gets 505: HTTP/2.0",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        Rule::VersionUnsupported,
    ),
    (
        "RFC 9110 §15.6.6",
        "a major version not spoken here gets 505: HTTP/3.0",
        b"GET / HTTP/3.0\r\nHost: a\r\n\r\n",
        Rule::VersionUnsupported,
    ),
    (
        "RFC 9110 §15.6.6",
        "a major version not spoken here gets 505: HTTP/0.9",
        b"GET / HTTP/0.9\r\nHost: a\r\n\r\n",
        Rule::VersionUnsupported,
    ),
    (
        "RFC 9110 §15.6.6",
        "a major version not spoken here gets 505: HTTP/9.9",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        Rule::VersionUnsupported,
    ),
    ("RFC 9113 §3.4", "the preface of HTTP/2 is no request of HTTP/1", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Rule::VersionUnsupported),
];

/// Targets and Host.
const TARGETS: &[Row] = &[
    ("RFC 9112 §3.2.1", "a path begins with a slash", b"GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetForm),
    ("RFC 9112 §3.2.1", "a query alone is no path", b"GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetForm),
    ("RFC 9112 §3.2.2", "a scheme is followed by two slashes", b"GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetForm),
    ("RFC 9112 §3.2.2", "a scheme is not empty", b"GET ://a/ HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetForm),
    ("RFC 3986 §3.1", "a scheme begins with a letter", b"GET 1http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetForm),
    ("RFC 9112 §3.2.3", "the authority form goes with CONNECT only", b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", Rule::AuthorityForm),
    ("RFC 9112 §3.2.3", "CONNECT takes no path", b"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", Rule::AuthorityForm),
    ("RFC 9112 §3.2.3", "CONNECT takes no absolute target", b"CONNECT http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", Rule::AuthorityForm),
    ("RFC 9112 §3.2.3", "CONNECT takes no query", b"CONNECT a:80?b HTTP/1.1\r\nHost: a\r\n\r\n", Rule::AuthorityForm),
    ("RFC 9112 §3.2.4", "the asterisk goes with OPTIONS only", b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", Rule::AsteriskForm),
    ("RFC 9112 §3.2.4", "the asterisk does not go with CONNECT", b"CONNECT * HTTP/1.1\r\nHost: a\r\n\r\n", Rule::AsteriskForm),
    ("RFC 9112 §3.2.4", "the asterisk stands alone", b"OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetForm),
    ("RFC 9110 §4.2", "a scheme that is not served", b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetScheme),
    ("RFC 9110 §4.2", "nor files", b"GET file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetScheme),
    ("RFC 9110 §4.2.4", "a user name in a target is an error", b"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetUserinfo),
    ("RFC 9110 §4.2.4", "a user name and password too", b"GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetUserinfo),
    ("RFC 9112 §3.2.3", "no user name before the host of CONNECT", b"CONNECT u@a:443 HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetUserinfo),
    ("RFC 9110 §4.2.1", "an http target has a host", b"GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetAuthority),
    (
        "RFC 9110 §4.2.1",
        "an http target has a host before its port",
        b"GET http://:80/a HTTP/1.1\r\nHost: a\r\n\r\n",
        Rule::TargetAuthority,
    ),
    ("RFC 3986 §3.2.3", "a port is digits", b"GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetAuthority),
    ("RFC 3986 §3.2.2", "an address in brackets is closed", b"GET http://[::1/ HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetAuthority),
    ("RFC 9110 §9.3.6", "CONNECT names a port", b"CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetAuthority),
    ("RFC 9110 §9.3.6", "CONNECT names a port that is not empty", b"CONNECT a: HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetAuthority),
    ("RFC 9110 §9.3.6", "CONNECT names a port that can be", b"CONNECT a:65536 HTTP/1.1\r\nHost: a\r\n\r\n", Rule::TargetAuthority),
    ("RFC 9112 §3.2", "an HTTP/1.1 request has Host", b"GET / HTTP/1.1\r\n\r\n", Rule::HostMissing),
    ("RFC 9112 §3.2", "also with an absolute target", b"GET http://a/ HTTP/1.1\r\nX: Host\r\n\r\n", Rule::HostMissing),
    ("RFC 9110 §2.5", "a later minor version has the same duty", b"GET / HTTP/1.2\r\n\r\n", Rule::HostMissing),
    ("RFC 9112 §3.2", "Host comes once", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Rule::HostRepeated),
    ("RFC 9112 §3.2", "Host comes once even with one value", b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nhost: a\r\n\r\n", Rule::HostRepeated),
    ("RFC 9112 §3.2", "Host comes at most once in HTTP/1.0", b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", Rule::HostRepeated),
    ("RFC 9112 §3.2", "Host is not empty where a host is needed", b"GET / HTTP/1.1\r\nHost: \r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "Host is one host", b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "Host is no list without spaces", b"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "Host has no path", b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "Host has no user name", b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "Host has no scheme", b"GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "the port of Host is digits", b"GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "the port of Host has no sign", b"GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "the port of Host fits 16 bits", b"GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "Host has one port", b"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "Host has a host before its port", b"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "an IPv6 address stands in brackets", b"GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "brackets hold an address", b"GET / HTTP/1.1\r\nHost: [a]\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "brackets are closed", b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "nothing but a port follows brackets", b"GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "no zone in an address on the wire", b"GET / HTTP/1.1\r\nHost: [fe80::1%25lo]\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "no white space in Host", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "no empty label in a name", b"GET / HTTP/1.1\r\nHost: a..b\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "no dot before a name", b"GET / HTTP/1.1\r\nHost: .a\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "no query in Host", b"GET / HTTP/1.1\r\nHost: a?b\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "no escapes in a name that DNS is to know", b"GET / HTTP/1.1\r\nHost: a%2fb\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "no byte above ASCII in Host", b"GET / HTTP/1.1\r\nHost: \xe9\r\n\r\n", Rule::HostSyntax),
    ("RFC 9112 §3.2", "no backslash in Host", b"GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n", Rule::HostSyntax),
    (
        "RFC 9112 §3.2",
        "Host is valid even where the target goes before it",
        b"GET http://a/ HTTP/1.1\r\nHost: b c\r\n\r\n",
        Rule::HostSyntax,
    ),
    ("RFC 9112 §3.2", "Host names the host of the target", b"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", Rule::HostDisagrees),
    ("RFC 9112 §3.2", "Host names the port of the target", b"GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", Rule::HostDisagrees),
    ("RFC 9112 §3.2", "the default port is that of the scheme", b"GET https://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n", Rule::HostDisagrees),
    ("RFC 9112 §3.2", "Host names what CONNECT asks for", b"CONNECT a:443 HTTP/1.1\r\nHost: b:443\r\n\r\n", Rule::HostDisagrees),
    ("RFC 9112 §3.2", "Host names the port that CONNECT asks for", b"CONNECT a:443 HTTP/1.1\r\nHost: a:80\r\n\r\n", Rule::HostDisagrees),
];

/// Field lines, and the fields that frame a message or demand something.
const FIELDS: &[Row] = &[
    ("RFC 9112 §5.2", "a value is not folded", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", Rule::ObsFold),
    ("RFC 9112 §5.2", "a value is not folded with a tab", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n", Rule::ObsFold),
    ("RFC 9112 §5.2", "a fold of white space alone is one too", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n \r\n\r\n", Rule::ObsFold),
    (
        "RFC 9112 §5.2",
        "a length is not hidden in a fold",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n Content-Length: 5\r\n\r\n",
        Rule::ObsFold,
    ),
    ("RFC 9112 §5.1", "no space between name and colon", b"GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n", Rule::SpaceBeforeColon),
    ("RFC 9112 §5.1", "no tab between name and colon", b"GET / HTTP/1.1\r\nHost: a\r\nX\t: a\r\n\r\n", Rule::SpaceBeforeColon),
    (
        "RFC 9112 §5.1",
        "no space before the colon of a framing field",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
        Rule::SpaceBeforeColon,
    ),
    ("RFC 9112 §5.1", "no space in a name", b"GET / HTTP/1.1\r\nHost: a\r\nX Y: a\r\n\r\n", Rule::SpaceBeforeColon),
    ("RFC 9112 §5", "a name is not empty", b"GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n", Rule::FieldNameEmpty),
    ("RFC 9112 §5", "a line of a colon alone is no field", b"GET / HTTP/1.1\r\nHost: a\r\n:\r\n\r\n", Rule::FieldNameEmpty),
    ("RFC 9112 §5", "a field has a colon", b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", Rule::FieldNoColon),
    ("RFC 9110 §5.1", "a name holds no NUL", b"GET / HTTP/1.1\r\nHost: a\r\nX\0: a\r\n\r\n", Rule::FieldNameByte),
    ("RFC 9110 §5.1", "a name holds no slash", b"GET / HTTP/1.1\r\nHost: a\r\nX/Y: a\r\n\r\n", Rule::FieldNameByte),
    ("RFC 9110 §5.1", "a name holds no quotes", b"GET / HTTP/1.1\r\nHost: a\r\n\"X\": a\r\n\r\n", Rule::FieldNameByte),
    ("RFC 9110 §5.1", "a name holds no brackets", b"GET / HTTP/1.1\r\nHost: a\r\nX(Y): a\r\n\r\n", Rule::FieldNameByte),
    ("RFC 9110 §5.1", "a name holds no equals sign", b"GET / HTTP/1.1\r\nHost: a\r\nX=Y: a\r\n\r\n", Rule::FieldNameByte),
    ("RFC 9110 §5.1", "a name holds no byte above ASCII", b"GET / HTTP/1.1\r\nHost: a\r\nX\xe9: a\r\n\r\n", Rule::FieldNameByte),
    ("RFC 9110 §5.1", "a name holds no DEL", b"GET / HTTP/1.1\r\nHost: a\r\nX\x7f: a\r\n\r\n", Rule::FieldNameByte),
    (
        "RFC 9110 §5.1",
        "a vertical tab is no part of a framing name",
        b"GET / HTTP/1.1\r\nHost: a\r\n\x0bTransfer-Encoding: chunked\r\n\r\n",
        Rule::FieldNameByte,
    ),
    ("RFC 9110 §5.5", "a value holds no NUL", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", Rule::FieldValueByte),
    ("RFC 9110 §5.5", "a value holds no bell", b"GET / HTTP/1.1\r\nHost: a\r\nX: \x07\r\n\r\n", Rule::FieldValueByte),
    ("RFC 9110 §5.5", "a value holds no DEL", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n", Rule::FieldValueByte),
    ("RFC 9110 §5.5", "a value holds no escape", b"GET / HTTP/1.1\r\nHost: a\r\nX: aaaaaaaaaaaaaaaa\x1b[0m\r\n\r\n", Rule::FieldValueByte),
    (
        "RFC 9110 §5.5",
        "a vertical tab is no white space around a value",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
        Rule::FieldValueByte,
    ),
    (
        "RFC 9110 §5.5",
        "a form feed is no white space around a value",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\x0c\r\n\r\n",
        Rule::FieldValueByte,
    ),
    ("RFC 9110 §5.5", "a value holds no bare CR", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", Rule::BareCr),
    ("RFC 9110 §5.5", "a value holds no bare LF", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n", Rule::BareLf),
    ("RFC 9112 §2.2", "a name is not cut by LF", b"GET / HTTP/1.1\r\nHost: a\r\nX\n: b\r\n\r\n", Rule::BareLf),
    ("RFC 9112 §2.2", "a name is not cut by CR", b"GET / HTTP/1.1\r\nHost: a\r\nX\r: b\r\n\r\n", Rule::BareCr),
    (
        "RFC 6585 §5",
        "more fields than are read get 431",
        b"GET / HTTP/1.1\r\nHost: a\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\n\r\n",
        Rule::TooManyFields,
    ),
    ("RFC 9110 §8.6", "a length is not empty", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n", Rule::LengthSyntax),
    ("RFC 9110 §8.6", "a length has no plus", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", Rule::LengthSyntax),
    ("RFC 9110 §8.6", "a length has no minus", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", Rule::LengthSyntax),
    (
        "RFC 9110 §8.6",
        "a length has no sign even for nothing",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -0\r\n\r\n",
        Rule::LengthSyntax,
    ),
    ("RFC 9110 §8.6", "a length is no list", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", Rule::LengthSyntax),
    (
        "RFC 9110 §8.6",
        "a length is no list of different numbers",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\n",
        Rule::LengthSyntax,
    ),
    ("RFC 9110 §8.6", "a length is not hexadecimal", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", Rule::LengthSyntax),
    ("RFC 9110 §8.6", "a length has no letters", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5a\r\n\r\n", Rule::LengthSyntax),
    ("RFC 9110 §8.6", "a length has no fraction", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5.0\r\n\r\n", Rule::LengthSyntax),
    ("RFC 9110 §8.6", "a length has no white space", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\n", Rule::LengthSyntax),
    ("RFC 9110 §8.6", "a length has no quotes", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: \"5\"\r\n\r\n", Rule::LengthSyntax),
    ("RFC 9110 §8.6", "a length has no underscore", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1_000\r\n\r\n", Rule::LengthSyntax),
    ("RFC 9110 §8.6", "a length has no exponent", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1e3\r\n\r\n", Rule::LengthSyntax),
    ("RFC 9110 §8.6", "a length is ASCII digits", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: \xb2\r\n\r\n", Rule::LengthSyntax),
    (
        "RFC 9110 §8.6",
        "a length that overflows 64 bits",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n",
        Rule::LengthTooLarge,
    ),
    (
        "RFC 9110 §8.6",
        "a length that wraps around to a small one",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 36893488147419103247\r\n\r\n",
        Rule::LengthTooLarge,
    ),
    (
        "RFC 9112 §6.3",
        "two different lengths",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        Rule::LengthRepeated,
    ),
    (
        "RFC 9112 §6.3",
        "two equal lengths, which may be folded, are not",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\ncontent-length: 5\r\n\r\n",
        Rule::LengthRepeated,
    ),
    (
        "RFC 9112 §6.1",
        "a length and a coding",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        Rule::LengthAndCoding,
    ),
    (
        "RFC 9112 §6.1",
        "a coding and a length",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX: y\r\nContent-Length: 5\r\n\r\n",
        Rule::LengthAndCoding,
    ),
    (
        "RFC 9112 §6.1",
        "a length and any coding",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: identity\r\n\r\n",
        Rule::LengthAndCoding,
    ),
    (
        "RFC 9112 §6.3",
        "chunked is the last coding",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        Rule::CodingNotLast,
    ),
    (
        "RFC 9112 §6.3",
        "a request without chunked has no end",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        Rule::CodingNotLast,
    ),
    (
        "RFC 9112 §6.3",
        "identity is no coding any more",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
        Rule::CodingNotLast,
    ),
    (
        "RFC 9112 §6.3",
        "chunked, but as one word with another",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        Rule::CodingNotLast,
    ),
    (
        "RFC 9112 §6.1",
        "chunked is applied once",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
        Rule::CodingRepeated,
    ),
    (
        "RFC 9112 §6.1",
        "chunked is applied once over all lines",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        Rule::CodingRepeated,
    ),
    (
        "RFC 9112 §6.1",
        "a coding not known gets 501",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        Rule::CodingUnknown,
    ),
    (
        "RFC 9112 §6.1",
        "a coding not known on its own line",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        Rule::CodingUnknown,
    ),
    (
        "RFC 9112 §6.1",
        "identity before chunked is not known either",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked\r\n\r\n",
        Rule::CodingUnknown,
    ),
    ("RFC 9112 §6.1", "the list of codings is not empty", b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n\r\n", Rule::CodingSyntax),
    ("RFC 9112 §6.1", "no empty member in it", b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n", Rule::CodingSyntax),
    (
        "RFC 9112 §7.1",
        "chunked takes no parameters",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;a=b\r\n\r\n",
        Rule::CodingSyntax,
    ),
    ("RFC 9112 §7", "a coding is a token", b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", Rule::CodingSyntax),
    ("RFC 9112 §7", "a coding is one token", b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked foo\r\n\r\n", Rule::CodingSyntax),
    ("RFC 9112 §7", "a coding is ASCII", b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\xa0\r\n\r\n", Rule::CodingSyntax),
    ("RFC 9112 §6.1", "HTTP/1.0 has no transfer codings", b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", Rule::CodingInHttp10),
    (
        "RFC 9112 §6.1",
        "not with keep-alive either",
        b"POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n",
        Rule::CodingInHttp10,
    ),
    (
        "RFC 9110 §10.1.1",
        "an expectation other than 100-continue gets 417",
        b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n",
        Rule::Expectation,
    ),
    ("RFC 9110 §10.1.1", "also beside 100-continue", b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, x\r\n\r\n", Rule::Expectation),
    ("RFC 9110 §10.1.1", "an empty expectation is another", b"GET / HTTP/1.1\r\nHost: a\r\nExpect:\r\n\r\n", Rule::Expectation),
];

/// Responses to GET.
const RESPONSE_HEADS: &[Row] = &[
    ("RFC 9112 §4", "a status line begins with the version", b"200 OK\r\n\r\n", Rule::StatusLine),
    ("RFC 9112 §4", "another protocol is no response", b"SSH-2.0-x\r\n\r\n", Rule::StatusLine),
    ("RFC 9112 §4", "a page without a head is no response", b"<html>", Rule::StatusLine),
    ("RFC 9112 §4", "no empty line before a status line", b"\r\nHTTP/1.1 200 OK\r\n\r\n", Rule::StatusLine),
    ("RFC 9112 §4", "one space before the status", b"HTTP/1.1  200 OK\r\n\r\n", Rule::StatusLine),
    ("RFC 9112 §4", "a space, not a tab, before the status", b"HTTP/1.1\t200 OK\r\n\r\n", Rule::StatusLine),
    ("RFC 9112 §4", "a status line has a status", b"HTTP/1.1\r\n\r\n", Rule::StatusLine),
    ("RFC 9112 §4", "a status has three digits, not two", b"HTTP/1.1 20 OK\r\n\r\n", Rule::StatusLine),
    ("RFC 9112 §4", "a status has three digits, not four", b"HTTP/1.1 2000 OK\r\n\r\n", Rule::StatusLine),
    ("RFC 9112 §4", "a status is digits", b"HTTP/1.1 2xx OK\r\n\r\n", Rule::StatusLine),
    ("RFC 9112 §4", "a status has no sign", b"HTTP/1.1 -20 OK\r\n\r\n", Rule::StatusLine),
    ("RFC 9112 §4", "a space parts status and reason", b"HTTP/1.1 200OK\r\n\r\n", Rule::StatusLine),
    ("RFC 9110 §15", "a status is 100 or more", b"HTTP/1.1 099 X\r\n\r\n", Rule::StatusCode),
    ("RFC 9110 §15", "a status is not nothing", b"HTTP/1.1 000 X\r\n\r\n", Rule::StatusCode),
    ("RFC 9112 §4", "no NUL in a reason", b"HTTP/1.1 200 O\0K\r\n\r\n", Rule::ReasonByte),
    ("RFC 9112 §4", "no escape in a reason", b"HTTP/1.1 200 \x1b[0m\r\n\r\n", Rule::ReasonByte),
    ("RFC 9112 §2.2", "a status line ends with CRLF, not LF", b"HTTP/1.1 200 OK\n\n", Rule::BareLf),
    ("RFC 9112 §2.2", "a status line without reason too", b"HTTP/1.1 200\n\n", Rule::BareLf),
    ("RFC 9112 §2.2", "a bare CR does not end a status line", b"HTTP/1.1 200 OK\rX: y\r\n\r\n", Rule::BareCr),
    (
        "RFC 9112 §2.2",
        "no white space between the status line and the first field",
        b"HTTP/1.1 200 OK\r\n X: y\r\n\r\n",
        Rule::LeadingSpace,
    ),
    ("RFC 9112 §2.3", "the version of a response has capitals", b"http/1.1 200 OK\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9112 §2.3", "the version of a response has a minor digit", b"HTTP/1 200 OK\r\n\r\n", Rule::VersionSyntax),
    ("RFC 9110 §6.2", "a response of another major version", b"HTTP/2.0 200 OK\r\n\r\n", Rule::VersionUnsupported),
    (
        "RFC 9112 §5.1",
        "a proxy could remove a space before the colon; ours refuses",
        b"HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
        Rule::SpaceBeforeColon,
    ),
    ("RFC 9112 §5.2", "a proxy could unfold a value; ours refuses", b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", Rule::ObsFold),
    ("RFC 9110 §5.5", "a value of a response holds no NUL", b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", Rule::FieldValueByte),
    ("RFC 9112 §5", "a field of a response has a colon", b"HTTP/1.1 200 OK\r\nX\r\n\r\n", Rule::FieldNoColon),
    (
        "RFC 9112 §6.3",
        "a response of two lengths cannot be used",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        Rule::LengthRepeated,
    ),
    ("RFC 9112 §6.3", "nor one of a list of lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", Rule::LengthSyntax),
    (
        "RFC 9112 §6.1",
        "a length and a coding from a server",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        Rule::LengthAndCoding,
    ),
    ("RFC 9112 §6.3", "a coding that does not end a response", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", Rule::CodingNotLast),
    ("RFC 9112 §6.1", "a coding nobody asked for", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", Rule::CodingUnknown),
    (
        "RFC 9112 §6.1",
        "HTTP/1.0 servers have no transfer codings",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        Rule::CodingInHttp10,
    ),
    (
        "RFC 9110 §15.2.2",
        "a 101 names the protocol",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n\r\n",
        Rule::SwitchWithoutUpgrade,
    ),
];

/// Chunked bodies.
const CHUNKS: &[Row] = &[
    ("RFC 9112 §7.1", "a chunk has a size", b"\r\n", Rule::ChunkSize),
    ("RFC 9112 §7.1", "a size is not negative", b"-1\r\n", Rule::ChunkSize),
    ("RFC 9112 §7.1", "a size has no plus", b"+1\r\na\r\n0\r\n\r\n", Rule::ChunkSize),
    ("RFC 9112 §7.1", "no white space before a size", b" 1\r\na\r\n0\r\n\r\n", Rule::ChunkSize),
    ("RFC 9112 §7.1", "a size is hexadecimal", b"g\r\n", Rule::ChunkSize),
    ("RFC 9112 §7.1", "an extension does not come without size", b";a\r\n", Rule::ChunkSize),
    ("RFC 9112 §7.1", "the next chunk has a size too", b"1\r\na\r\n\r\n", Rule::ChunkSize),
    ("RFC 9112 §7.1", "a size is not quoted", b"\"1\"\r\na\r\n0\r\n\r\n", Rule::ChunkSize),
    ("RFC 9112 §7.1", "a size that overflows 64 bits", b"10000000000000000\r\n", Rule::ChunkSizeTooLong),
    ("RFC 9112 §7.1", "zeros before a size are counted", b"00000000000000001\r\na\r\n0\r\n\r\n", Rule::ChunkSizeTooLong),
    ("RFC 9112 §7.1.1", "a size has no prefix", b"0x1\r\na\r\n0\r\n\r\n", Rule::ChunkExtension),
    ("RFC 9112 §7.1.1", "white space alone is no extension", b"1 \r\na\r\n0\r\n\r\n", Rule::ChunkExtension),
    ("RFC 9112 §7.1.1", "a second number is no extension", b"1 1\r\na\r\n0\r\n\r\n", Rule::ChunkExtension),
    ("RFC 9112 §7.1.1", "a size has no fraction", b"1.0\r\na\r\n0\r\n\r\n", Rule::ChunkExtension),
    ("RFC 9112 §7.1.1", "no NUL in an extension", b"1;\0\r\na\r\n0\r\n\r\n", Rule::ChunkExtension),
    ("RFC 9112 §7.1.1", "no DEL in an extension", b"1;\x7f\r\na\r\n0\r\n\r\n", Rule::ChunkExtension),
    ("RFC 9112 §7.1.1", "a size ends where its digits end", b"1\0\r\na\r\n0\r\n\r\n", Rule::ChunkExtension),
    ("RFC 9112 §7.1", "a size line ends with CRLF, not LF", b"1\na\r\n0\r\n\r\n", Rule::BareLf),
    ("RFC 9112 §7.1", "an extension ends with CRLF, not LF", b"1;a\na\r\n0\r\n\r\n", Rule::BareLf),
    ("RFC 9112 §7.1", "a last chunk ends with CRLF, not LF", b"0\n\r\n", Rule::BareLf),
    ("RFC 9112 §7.1", "a trailer ends with CRLF, not LF", b"0\r\nX: y\n\r\n", Rule::BareLf),
    ("RFC 9112 §7.1", "a body ends with CRLF, not LF", b"0\r\n\n", Rule::BareLf),
    ("RFC 9112 §7.1", "a size line does not end with CR", b"1\ra\r\n0\r\n\r\n", Rule::BareCr),
    ("RFC 9112 §7.1.1", "an extension does not end with CR", b"1;a\ra\r\n0\r\n\r\n", Rule::BareCr),
    ("RFC 9112 §7.1", "a trailer does not end with CR", b"0\r\nX: y\rZ: z\r\n\r\n", Rule::BareCr),
    ("RFC 9112 §7.1", "data is as long as its size", b"1\r\nab\r\n0\r\n\r\n", Rule::ChunkEnd),
    ("RFC 9112 §7.1", "data is followed by CRLF, not LF", b"1\r\na\n0\r\n\r\n", Rule::ChunkEnd),
    ("RFC 9112 §7.1", "data is followed by CRLF, not CR", b"1\r\na\r0\r\n\r\n", Rule::ChunkEnd),
    ("RFC 9112 §7.1", "data is followed by CRLF, not the next size", b"1\r\na0\r\n\r\n", Rule::ChunkEnd),
    ("RFC 9110 §6.5.1", "no Content-Length among trailers", b"0\r\nX: y\r\nContent-Length: 1\r\n\r\n", Rule::TrailerForbidden),
    ("RFC 9110 §6.5.1", "no transfer-encoding among trailers", b"0\r\nX: y\r\ntransfer-encoding: chunked\r\n\r\n", Rule::TrailerForbidden),
    ("RFC 9110 §6.5.1", "no Host among trailers", b"0\r\nX: y\r\nHost: a\r\n\r\n", Rule::TrailerForbidden),
    ("RFC 9112 §7.1.2", "a trailer is not folded", b"0\r\nX: y\r\n z\r\n\r\n", Rule::ObsFold),
    ("RFC 9112 §7.1.2", "a trailer has a colon", b"0\r\nX\r\n\r\n", Rule::FieldNoColon),
    ("RFC 9112 §7.1.2", "a trailer has a name", b"0\r\n: x\r\n\r\n", Rule::FieldNameEmpty),
    ("RFC 9112 §7.1.2", "no space before the colon of a trailer", b"0\r\nX : y\r\n\r\n", Rule::SpaceBeforeColon),
    ("RFC 9112 §7.1.2", "no NUL in a trailer", b"0\r\nX: \0\r\n\r\n", Rule::FieldValueByte),
    ("RFC 9112 §7.1.2", "no control character in the name of a trailer", b"0\r\n\x01: y\r\n\r\n", Rule::FieldNameByte),
    ("RFC 6585 §5", "more trailers than are read", b"0\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\n\r\n", Rule::TooManyFields),
];
