use super::*;
use decide::time::{Duration, Instant};
use host::{Connecting, Endpoint, Listener, Machine, Resolving, Task, Timers};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use wire::http::Method;

/// Sun, 06 Nov 1994 08:49:37 GMT
const MODIFIED: Duration = Duration::from_secs(784_111_777);
const LAST_MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const NOW: Calendar = Calendar(Duration::from_secs(784_111_777 + 86_400));

/// A machine with files and nothing else.
#[derive(Default)]
struct Tree {
    files: BTreeMap<&'static str, (&'static [u8], Calendar)>,
    /// What was asked for, in order.
    opened: RefCell<Vec<String>>,
    /// Names that the machine fails to open.
    broken: BTreeMap<&'static str, io::ErrorKind>,
}

impl Machine for Tree {
    fn now(&self) -> Instant {
        unreachable!("no clock is needed")
    }
    fn calendar(&self) -> Calendar {
        unreachable!("the time of day is an argument")
    }
    fn random(&self) -> u64 {
        0xabcd
    }
    fn unguessable(&self) -> u64 {
        unreachable!("no secret is needed")
    }
    fn datagrams(&self, _: std::net::SocketAddr) -> io::Result<host::Datagrams> {
        unreachable!("no datagram is needed")
    }
    fn listen_for_datagrams(&self, _: std::net::SocketAddr) -> io::Result<host::DatagramListener> {
        unreachable!("no datagram is needed")
    }
    fn connect(&self, _: &Endpoint) -> Connecting {
        unreachable!("no connection is needed")
    }
    fn listen(&self, _: &Endpoint, _: u32) -> io::Result<Listener> {
        unreachable!("no listener is needed")
    }
    fn resolve(&self, _: &str) -> Resolving {
        unreachable!("no name is needed")
    }
    fn spawn(&self, _: Task) {
        unreachable!("no task is needed")
    }
    fn open(&self, root: &str, path: &str) -> io::Result<Opened> {
        assert_eq!(root, "/srv");
        self.opened.borrow_mut().push(path.to_string());
        if let Some(kind) = self.broken.get(path) {
            return Err((*kind).into());
        }
        if let Some((bytes, modified)) = self.files.get(path) {
            return Ok(Opened::File(Found { file: File::Memory((*bytes).into()), size: bytes.len() as u64, modified: *modified }));
        }
        let is_directory = path.is_empty() || self.files.keys().any(|name| name.starts_with(&format!("{path}/")));
        Ok(if is_directory { Opened::Directory } else { Opened::Nothing })
    }
}

fn tree(files: &[(&'static str, &'static [u8])]) -> Tree {
    Tree { files: files.iter().map(|(name, bytes)| (*name, (*bytes, Calendar(MODIFIED)))).collect(), ..Tree::default() }
}

fn config() -> Files {
    Files {
        root: "/srv".into(),
        index: vec!["index.html".into(), "index.txt".into()],
        precompressed: true,
        strip_prefix: String::new(),
        cache_control: String::new(),
    }
}

fn head(method: Method, target: &str, fields: &[(Known, &str)]) -> RequestHead {
    let mut head = RequestHead { method, target: target.into(), ..RequestHead::default() };
    fields.iter().for_each(|(known, value)| head.fields.push_known(*known, value.as_bytes()));
    head
}

/// An answer, as far as tests look at it.
struct Seen {
    status: u16,
    fields: Vec<(String, String)>,
    body: String,
    length: Option<u64>,
    why: Option<&'static str>,
    step: Option<Step>,
    /// What was opened for it.
    opened: Vec<String>,
}

impl Seen {
    fn of((reply, step): (Reply, Option<Step>), tree: &Tree) -> Seen {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("ASCII");
        let mut body = Vec::new();
        for segment in &reply.body {
            match segment {
                Segment::Bytes(bytes) => body.extend_from_slice(bytes),
                Segment::File { start, len } => {
                    let mut piece = vec![0; *len as usize];
                    let got = reply.file.as_ref().expect("a file").read_at(*start, &mut piece).expect("in memory");
                    assert_eq!(got as u64, *len, "a segment lies within its file");
                    body.extend_from_slice(&piece);
                }
            }
        }
        let fields = reply.fields.iter().map(|field| (text(field.name), text(field.value))).collect();
        let opened = tree.opened.borrow().clone();
        Seen { status: reply.status, fields, body: text(&body), length: reply.length, why: reply.why, step, opened }
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|field| field.0 == name).map(|field| field.1.as_str());
        let first = values.next();
        assert_eq!(values.next(), None, "{name} twice");
        first
    }

    /// The sentence of step `refused`.
    fn refused(&self) -> &'static str {
        match self.step {
            Some(Step::Refused { status, rule, side }) => {
                assert_eq!(status, self.status);
                assert_eq!(side, if status == 503 { Side::Us } else { Side::Client });
                assert_eq!(self.why, Some("error"));
                rule
            }
            ref other => panic!("{other:?}"),
        }
    }

    /// The fields of step `file-chosen`.
    fn chosen(&self) -> (u64, &'static str, &'static str) {
        match self.step {
            Some(Step::FileChosen { size, why, encoding }) => {
                assert_eq!(self.why, None, "one step tells it");
                (size.0, why, encoding)
            }
            ref other => panic!("{other:?}"),
        }
    }
}

fn ask(tree: Tree, request: &RequestHead) -> Seen {
    ask_with(tree, &config(), request)
}

fn ask_with(tree: Tree, files: &Files, request: &RequestHead) -> Seen {
    let tree = Rc::new(tree);
    let host = Host::new(tree.clone(), Timers::default());
    Seen::of(reply(&host, files, request, NOW), &tree)
}

fn get(tree: Tree, target: &str) -> Seen {
    ask(tree, &head(Method::Get, target, &[]))
}

#[test]
fn a_file_is_sent_with_what_is_known_of_it() {
    let seen = get(tree(&[("a.txt", b"hello")]), "/a.txt?v=1");
    assert_eq!((seen.status, seen.body.as_str(), seen.length), (200, "hello", Some(5)));
    assert_eq!(seen.field("Content-Type"), Some("text/plain; charset=utf-8"));
    assert_eq!(seen.field("Last-Modified"), Some(LAST_MODIFIED));
    assert_eq!(seen.field("Accept-Ranges"), Some("bytes"));
    assert_eq!(seen.chosen(), (5, "whole", "identity"));
    assert_eq!(seen.opened, ["a.txt"], "no coding is accepted, so that no sibling is looked for");
}

#[test]
fn an_empty_file_is_a_whole_answer() {
    let seen = get(tree(&[("empty", b"")]), "/empty");
    assert_eq!((seen.status, seen.body.as_str(), seen.length), (200, "", Some(0)));
}

#[test]
fn a_directory_has_the_first_index_that_is_there() {
    let seen = get(tree(&[("d/index.txt", b"second"), ("d/other", b"")]), "/d/");
    assert_eq!((seen.status, seen.body.as_str()), (200, "second"));
    assert_eq!(seen.field("Content-Type"), Some("text/plain; charset=utf-8"));
    assert_eq!(seen.opened, ["d", "d/index.html", "d/index.txt"]);
    let root = get(tree(&[("index.html", b"first"), ("index.txt", b"second")]), "/");
    assert_eq!((root.body.as_str(), root.field("Content-Type")), ("first", Some("text/html; charset=utf-8")));
}

#[test]
fn a_directory_without_an_index_is_not_listed() {
    // A directory that has an index's name is none.
    let seen = get(tree(&[("d/index.html/x", b""), ("d/secret", b"")]), "/d/");
    assert_eq!((seen.status, seen.refused()), (404, "the directory has no index file"));
    assert_eq!(seen.body, "404 Not Found: there is no such file\n");
}

#[test]
fn a_directory_asked_for_without_its_slash_is_elsewhere() {
    let seen = get(tree(&[("d/index.html", b"")]), "/d?x=1");
    assert_eq!((seen.status, seen.field("Location"), seen.why), (301, Some("/d/?x=1"), Some("redirect")));
    assert!(seen.body.is_empty() && seen.step.is_none());
    let prefixed = Files { strip_prefix: "/docs".into(), ..config() };
    let seen = ask_with(tree(&[("index.html", b"")]), &prefixed, &head(Method::Get, "/docs", &[]));
    assert_eq!((seen.status, seen.field("Location")), (301, Some("/docs/")));
}

#[test]
fn a_redirect_never_leads_to_another_host() {
    for target in ["//evil", "///evil", "//evil?/.."] {
        let seen = get(tree(&[("evil/x", b"")]), target);
        assert_eq!(seen.status, 301);
        let location = seen.field("Location").expect("a redirect");
        assert!(location.starts_with("/evil/"), "{target} to {location}");
    }
}

#[test]
fn what_is_not_served_all_looks_the_same_to_the_client() {
    let files = || tree(&[("a.txt", b""), (".env", b"key"), ("d/.git/config", b"")]);
    let cases = [
        ("/missing", "there is no such file"),
        ("/a.txt/", "the path ends in a slash and names a file"),
        ("/a.txt/b", "there is no such file"),
        ("/.env", "names with a leading dot are not served"),
        ("/d/.git/config", "names with a leading dot are not served"),
        ("/%2eenv", "names with a leading dot are not served"),
        ("/d/../.env", "the path holds a dot segment"),
        ("/d/%2e%2e/a.txt", "the path holds a dot segment"),
        ("/..%2fa.txt", "the path holds an encoded slash"),
        ("/d%5ca.txt", "the path holds a backslash"),
        ("/a.txt%00", "the path holds a control byte"),
        ("/%ff", "the path is not UTF-8"),
    ];
    for (target, reason) in cases {
        let seen = get(files(), target);
        assert_eq!((seen.status, seen.refused()), (404, reason), "{target}");
        assert_eq!(seen.body, "404 Not Found: there is no such file\n", "{target}");
    }
    let broken = get(files(), "/%zz");
    assert_eq!(broken.status, 400);
    assert!(broken.opened.is_empty(), "what is no path is not looked for");
}

#[test]
fn escapes_are_decoded_once_for_the_name_and_kept_for_the_redirect() {
    assert_eq!(get(tree(&[("a b%20.txt", b"x")]), "/a%20b%2520.txt").body, "x");
    assert_eq!(get(tree(&[("ä/x", b"")]), "/%C3%A4").field("Location"), Some("/%C3%A4/"));
}

#[test]
fn the_best_sibling_that_is_there_is_sent_and_no_other_is_looked_for() {
    let accept = |value| head(Method::Get, "/a.js", &[(Known::AcceptEncoding, value)]);
    let files: &[(&'static str, &'static [u8])] = &[("a.js", b"plain"), ("a.js.gz", b"gzipped"), ("a.js.zst", b"zstd")];
    let seen = ask(tree(files), &accept("gzip, br, zstd"));
    assert_eq!((seen.body.as_str(), seen.length, seen.chosen()), ("zstd", Some(4), (4, "whole", "zstd")));
    assert_eq!(seen.opened, ["a.js", "a.js.br", "a.js.zst"]);
    assert_eq!(seen.field("Content-Encoding"), Some("zstd"));
    assert_eq!(seen.field("Vary"), Some("Accept-Encoding"));
    assert_eq!(seen.field("Content-Type"), Some("text/javascript; charset=utf-8"), "of the file, not of the sibling");

    let plain = ask(tree(files), &accept("identity, gzip;q=0.5"));
    assert_eq!((plain.body.as_str(), plain.field("Content-Encoding")), ("plain", None));
    assert_eq!(plain.field("Vary"), Some("Accept-Encoding"));
    assert_eq!(plain.opened, ["a.js"]);

    let off = ask_with(tree(files), &Files { precompressed: false, ..config() }, &accept("gzip"));
    assert_eq!((off.body.as_str(), off.field("Vary"), off.opened.len()), ("plain", None, 1));

    let none = ask(tree(&[("a.js", b"plain")]), &accept("br, identity;q=0"));
    assert_eq!((none.status, none.field("Vary")), (406, Some("Accept-Encoding")));
    assert!(none.refused().contains("coding") && none.body.contains("RFC 9110 §12.5.3") && none.length.is_none(), "{}", none.body);
}

#[test]
fn a_sibling_older_than_its_file_is_passed_over() {
    let mut files = tree(&[("a.css", b"new"), ("a.css.gz", b"same age")]);
    files.files.insert("a.css.br", (b"old", Calendar(MODIFIED - Duration::from_secs(1))));
    let seen = ask(files, &head(Method::Get, "/a.css", &[(Known::AcceptEncoding, "br, gzip")]));
    assert_eq!((seen.body.as_str(), seen.chosen().2), ("same age", "gzip"));
}

#[test]
fn a_siblings_part_is_a_part_of_the_sibling() {
    let files = tree(&[("a.css", b"plain text"), ("a.css.gz", b"0123456789abcdef")]);
    let seen = ask(files, &head(Method::Get, "/a.css", &[(Known::AcceptEncoding, "gzip"), (Known::Range, "bytes=10-")]));
    assert_eq!((seen.status, seen.body.as_str()), (206, "abcdef"));
    assert_eq!(seen.field("Content-Range"), Some("bytes 10-15/16"));
}

#[test]
fn one_range_is_a_part() {
    let seen = ask(tree(&[("n", b"0123456789")]), &head(Method::Get, "/n", &[(Known::Range, "bytes=-3")]));
    assert_eq!((seen.status, seen.body.as_str(), seen.length), (206, "789", Some(3)));
    assert_eq!(seen.field("Content-Range"), Some("bytes 7-9/10"));
    assert_eq!(seen.chosen(), (10, "part", "identity"));
}

#[test]
fn several_ranges_are_framed_and_their_length_is_exact() {
    let seen = ask(tree(&[("n.txt", b"0123456789")]), &head(Method::Get, "/n.txt", &[(Known::Range, "bytes=0-0,-1")]));
    let boundary = "000000000000abcd000000000000abcd";
    assert_eq!((seen.status, seen.chosen()), (206, (10, "parts", "identity")));
    assert_eq!(seen.field("Content-Type"), Some(&*format!("multipart/byteranges; boundary={boundary}")));
    assert_eq!(seen.field("Content-Range"), None);
    let part = |range, byte| {
        format!("--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes {range}/10\r\n\r\n{byte}\r\n")
    };
    assert_eq!(seen.body, format!("{}{}--{boundary}--\r\n", part("0-0", '0'), part("9-9", '9')));
    assert_eq!(seen.length, Some(seen.body.len() as u64));
}

#[test]
fn a_range_past_the_end_gets_the_length_and_a_line_of_text() {
    let seen = ask(tree(&[("n", b"0123456789")]), &head(Method::Get, "/n", &[(Known::Range, "bytes=10-")]));
    assert_eq!((seen.status, seen.field("Content-Range")), (416, Some("bytes */10")));
    assert_eq!(seen.field("Content-Type"), Some("text/plain; charset=utf-8"));
    assert!(seen.body.starts_with("416 ") && seen.length.is_none(), "{}", seen.body);
    assert_eq!(seen.chosen(), (10, "unsatisfiable", "identity"));
}

#[test]
fn conditions_decide_before_any_byte_is_read() {
    let files = || tree(&[("a", b"hello")]);
    let etag = get(files(), "/a").field("ETag").expect("a tag").to_string();
    let unchanged = ask(files(), &head(Method::Get, "/a", &[(Known::IfNoneMatch, &etag)]));
    assert_eq!((unchanged.status, unchanged.length, unchanged.body.as_str()), (304, None, ""));
    assert_eq!((unchanged.field("ETag"), unchanged.chosen()), (Some(&*etag), (5, "not-modified", "identity")));
    let since = ask(files(), &head(Method::Get, "/a", &[(Known::IfModifiedSince, LAST_MODIFIED)]));
    assert_eq!(since.status, 304);
    let failed = ask(files(), &head(Method::Get, "/a", &[(Known::IfMatch, "\"other\"")]));
    assert_eq!((failed.status, failed.chosen().1), (412, "precondition-failed"));
    assert!(failed.body.starts_with("412 ") && failed.length.is_none(), "{}", failed.body);
}

#[test]
fn head_has_the_length_of_get_and_nothing_to_send() {
    let seen = ask(tree(&[("a", b"hello")]), &head(Method::Head, "/a", &[]));
    assert_eq!((seen.status, seen.length, seen.body.as_str()), (200, Some(5), ""));
    assert_eq!(seen.chosen(), (5, "whole", "identity"));
    let missing = ask(tree(&[]), &head(Method::Head, "/a", &[]));
    assert_eq!(missing.body, get(tree(&[]), "/a").body, "the proxy takes the length from it and sends none of it");
}

#[test]
fn other_methods_open_nothing() {
    let post = ask(tree(&[("a", b"hello")]), &head(Method::Post, "/a", &[]));
    assert_eq!((post.status, post.field("Allow")), (405, Some("GET, HEAD, OPTIONS")));
    assert!(post.opened.is_empty() && post.body.starts_with("405 ") && post.length.is_none());
    assert!(post.refused().contains("GET or HEAD"));
    let options = ask(tree(&[("a", b"hello")]), &head(Method::Options, "/a", &[]));
    assert_eq!((options.status, options.field("Allow"), options.why), (204, Some("GET, HEAD, OPTIONS"), Some("answer")));
    assert!(options.opened.is_empty() && options.body.is_empty() && options.step.is_none());
}

#[test]
fn what_the_machine_cannot_open_is_a_failure_of_ours_and_not_an_absence() {
    let cases = [
        (io::ErrorKind::Other, "the machine failed"),
        (io::ErrorKind::NotFound, "does not exist"),
        (io::ErrorKind::PermissionDenied, "is closed to this process"),
    ];
    for (kind, reason) in cases {
        for broken in ["d", "d/index.html", "d/index.txt.br"] {
            let mut files = tree(&[("d/index.txt", b"x")]);
            files.broken.insert(broken, kind);
            let seen = ask(files, &head(Method::Get, "/d/", &[(Known::AcceptEncoding, "br")]));
            assert_eq!((seen.status, &*seen.body), (503, "503 Service Unavailable: files cannot be opened at present\n"), "{broken}");
            assert!(seen.refused().contains(reason), "{}", seen.refused());
        }
    }
}

fn ask_embedded(request: &RequestHead) -> Seen {
    let found = Found { file: File::Memory(b"body{}"[..].into()), size: 6, modified: Calendar(MODIFIED) };
    let tree = Rc::new(Tree::default());
    let (reply, step) = embedded(&Host::new(tree.clone(), Timers::default()), request, found, "style.css", NOW);
    Seen::of((reply, Some(step)), &tree)
}

#[test]
fn a_file_at_hand_is_answered_like_any_other() {
    let whole = ask_embedded(&head(Method::Get, "/anything", &[(Known::AcceptEncoding, "br")]));
    assert_eq!((whole.status, whole.body.as_str(), whole.chosen()), (200, "body{}", (6, "whole", "identity")));
    assert_eq!(whole.field("Content-Type"), Some("text/css; charset=utf-8"));
    assert_eq!((whole.field("Vary"), whole.field("Cache-Control")), (None, None));
    let parts = ask_embedded(&head(Method::Get, "/", &[(Known::Range, "bytes=0-0,5-5")]));
    assert_eq!((parts.status, parts.length), (206, Some(parts.body.len() as u64)));
    let etag = whole.field("ETag").expect("a tag");
    assert_eq!(ask_embedded(&head(Method::Get, "/", &[(Known::IfNoneMatch, etag)])).status, 304);
    assert_eq!(ask_embedded(&head(Method::Head, "/", &[])).length, Some(6));
}

#[test]
fn a_file_at_hand_has_one_step_whatever_the_method() {
    let post = ask_embedded(&head(Method::Post, "/", &[]));
    assert_eq!(post.status, 405);
    assert!(post.refused().contains("GET or HEAD"));
    let options = ask_embedded(&head(Method::Options, "/", &[]));
    assert_eq!((options.status, options.why), (204, None));
    assert_eq!(options.step, Some(Step::Made { status: 204, why: "answer" }));
}
