//! Compression and early hints as curl and Python see them.

use crate::support::edge::Edge;
use crate::support::peers::{Curl, find};
use crate::support::place::Place;
use std::fmt::Write;
use std::process::{Command, Stdio};

fn page() -> String {
    (0..3000).fold(String::new(), |mut page, line| {
        let _ = writeln!(page, "<p>line {line} of the page");
        page
    })
}

/// An origin with this page, which says these fields of it, and an edge before it with these rules for the route.
fn serving(fields: &str, rules: &str) -> (Edge, Edge) {
    let origin = Edge::of(&format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\nanswer = {{ content-type = \"text/html\", body = '''{}''' }}\n\
         response = {{ set = {{ {fields} }} }}\n",
        page()
    ));
    let edge = Edge::of(&format!(
        "[log]\n[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\npool = \"app\"\n{rules}\n[pool.app]\nbackends = [\"{}\"]\n",
        origin.at(0)
    ));
    (origin, edge)
}

/// Every coding, made while it comes, made of what is stored, stored, and made on the way of what passes, is what curl decodes.
#[test]
fn curl_decodes_every_coding() {
    let Some(curl) = Curl::find() else { return };
    for rules in ["cache = true\ncompress = true", "compress = true"] {
        let (_origin, edge) = serving("cache-control = \"max-age=60\", etag = '\"v1\"'", rules);
        for version in ["--http1.1", "--http2-prior-knowledge", "--http1.0"] {
            for coding in ["zstd", "br", "gzip", "gzip;q=0.5, br;q=0.4", "*"] {
                let accepts = format!("Accept-Encoding: {coding}");
                let asked = [version, "--compressed", "-H", &*accepts, "-D", &*edge.place.at("head"), &*edge.url("/a")];
                for _ in 0..2 {
                    assert!(curl.bytes(&asked) == page().into_bytes(), "{rules} {version} {coding}");
                    let head = std::fs::read_to_string(edge.place.at("head")).expect("curl writes it").to_ascii_lowercase();
                    let first = coding.split(';').next().expect("a name").replace('*', "zstd");
                    assert!(head.contains(&format!("content-encoding: {first}\r\n")) && head.contains("etag: w/\"v1\"\r\n"), "{head}");
                }
            }
        }
        if rules.starts_with("cache") {
            let asked = ["-i", "-H", "Accept-Encoding: br", "-H", "If-None-Match: W/\"v1\"", &*edge.url("/a")];
            assert!(curl.text(&asked).starts_with("HTTP/1.1 304 "));
            assert!(curl.bytes(&["--compressed", "-r", "10-19", &edge.url("/a")]) == page().as_bytes()[10..20]);
        }
    }
}

/// Python's own client and its own decoder.
#[test]
fn python_decodes_gzip() {
    let Some(python) = find("python3") else { return };
    let (_origin, edge) = serving("cache-control = \"max-age=60\"", "cache = true\ncompress = true");
    let program = "import sys, gzip, urllib.request as r\n\
                   for n in range(3):\n\
                   \x20 a = r.urlopen(r.Request(sys.argv[1], headers={'Accept-Encoding': 'gzip'}))\n\
                   \x20 assert a.headers['Content-Encoding'] == 'gzip', a.headers\n\
                   \x20 print(len(gzip.decompress(a.read())))\n";
    let output = Command::new(python).args(["-c", program, &edge.url("/a")]).stderr(Stdio::inherit()).output().expect("it runs");
    let length = format!("{}\n", page().len());
    assert_eq!(String::from_utf8_lossy(&output.stdout), length.repeat(3));
}

/// Files are compressed as well, and what has been compressed beforehand goes as it is.
#[test]
fn files_are_compressed_where_nobody_has_done_it_before() {
    let Some(curl) = Curl::find() else { return };
    let place = Place::new();
    std::fs::create_dir(place.at("site")).expect("a directory of our own");
    place.file("site/page.html", page());
    place.file("site/done.html", page());
    place.file("site/done.html.gz", "as it lies there");
    place.file("site/picture.png", page());
    let edge = Edge::of(&format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\ncompress = true\nfiles = {{ root = {:?}, precompressed = true }}\n",
        place.at("site")
    ));
    let ask = |path: &str| curl.text(&["-i", "-H", "Accept-Encoding: gzip", "-H", "Cookie: a=b", "--output", "-", &edge.url(path)]);
    let told = curl.text(&["-I", "-H", "Accept-Encoding: br", &edge.url("/page.html")]);
    assert!(told.contains("Content-Encoding: br\r\n") && told.contains("ETag: W/\"") && !told.contains("Content-Length"), "{told}");
    assert!(ask("/done.html").ends_with("as it lies there"));
    assert!(!ask("/picture.png").contains("Content-Encoding"));
    assert!(curl.bytes(&["--compressed", "-H", "Cookie: a=b", &edge.url("/page.html")]) == page().into_bytes());
    assert!(curl.bytes(&["--compressed", "-r", "0-9", &edge.url("/page.html")]) == page().as_bytes()[..10]);
    let tag = told.lines().find_map(|line| line.strip_prefix("ETag: ")).expect("a tag");
    let condition = format!("If-None-Match: {tag}");
    let same = curl.text(&["-i", "-H", "Accept-Encoding: br", "-H", &condition, &edge.url("/page.html")]);
    assert!(same.starts_with("HTTP/1.1 304 ") && same.contains(&format!("ETag: {tag}\r\n")), "{same}");
}

/// The second request is told what the first answer said, while the backend is asked.
#[test]
fn curl_sees_early_hints() {
    let Some(curl) = Curl::find() else { return };
    let hints = "early-hints = { http1 = true }";
    let (_origin, edge) = serving("link = \"</style.css>; rel=preload; as=style\"", hints);
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let ask = || curl.text(&["-i", version, "-H", "Sec-Fetch-Mode: navigate", &edge.url(&format!("/{version}"))]).to_ascii_lowercase();
        assert!(!ask().lines().next().is_some_and(|line| line.contains(" 103")), "nothing is known yet");
        let told = ask();
        let (hint, rest) = told.split_once("\r\n\r\n").expect("a head");
        assert!(hint.contains(" 103") && hint.contains("link: </style.css>; rel=preload; as=style"), "{told}");
        assert!(rest.contains(" 200") && rest.ends_with(&page()), "the answer follows");
    }
}
