use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::Write;

fn pages(all: &[&str]) -> Result<Vec<Listed>, String> {
    Ok(all.iter().map(|page| Listed::Page(page.to_string())).collect())
}

fn packed(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

const SET: &str = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- made by hand -->
<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:image=\"http://www.google.com/schemas/sitemap-image/1.1\">
  <url><loc>http://shop.example/a?x=1&amp;y=&#x32;</loc><lastmod>2026-01-01</lastmod>
    <image:image><image:loc>http://shop.example/picture</image:loc></image:image></url>
  <url><lastmod/><loc> <![CDATA[http://shop.example/b]]> </loc></url>
  <url><loc></loc></url>
</urlset>\n";

#[test]
fn urls_are_read_and_nothing_else() {
    let expected = pages(&["http://shop.example/a?x=1&y=2", "http://shop.example/b"]);
    assert_eq!(read(SET.as_bytes()), expected);
    assert_eq!(read(&packed(SET.as_bytes())), expected);
    let index = "<s:sitemapindex xmlns:s='x'><s:sitemap><s:loc>http://shop.example/1.xml.gz</s:loc></s:sitemap></s:sitemapindex>";
    assert_eq!(read(index.as_bytes()), Ok(vec![Listed::List("http://shop.example/1.xml.gz".to_string())]));
    assert_eq!(
        read(b"\xef\xbb\xbfhttp://shop.example/a\r\n\r\n  http://shop.example/b\n"),
        pages(&["http://shop.example/a", "http://shop.example/b"])
    );
    assert_eq!(read(b"<urlset/>"), pages(&[]));
}

#[test]
fn what_is_hostile_or_broken_is_refused() {
    let bomb = "<!DOCTYPE urlset [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><urlset><url><loc>&b;</loc></url></urlset>";
    let outside = "<!DOCTYPE urlset [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><urlset><url><loc>&x;</loc></url></urlset>";
    let deep = "<a>".repeat(100_000);
    let long = format!("<urlset><url><loc>{}</loc></url></urlset>", "a".repeat(LONGEST + 1));
    for (content, why) in [
        (bomb, "refers to \"b\""),
        (outside, "refers to \"x\""),
        (&*deep, "more than 32 deep"),
        (&*long, "a URL of more than 16 KiB"),
        ("<html><body>404</body></html>", "no sitemap"),
        ("<urlset><url></urlset>", "no well-formed XML"),
        ("<urlset><url><loc>http://a/", "in the middle"),
        ("<urlset><url><loc>&#0;&#xD800;</loc></url></urlset>", "refers to"),
        ("<urlset><url><loc>a & b</loc></url></urlset>", "no well-formed XML"),
    ] {
        let error = read(content.as_bytes()).expect_err(content);
        assert!(error.contains(why), "{error}");
    }
    assert!(read("<urlset/>".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>().as_slice()).is_err());
    assert!(read(&packed(&vec![b' '; MOST as usize + 1])).expect_err("too long").contains("longer than 50 MiB"));
    assert!(read(&packed(SET.as_bytes())[..100]).expect_err("cut off").contains("compression is broken"));
}

/// What documents are made of, and broken with.
const PIECES: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "urlset",
    "url",
    "loc",
    "&",
    ";",
    "#x41",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?",
    "?>",
    "<!DOCTYPE",
    "[",
    "]",
    "\"",
    "=",
    " ",
    "é",
];

proptest! {
    #[test]
    fn what_is_written_is_read(
        urls in prop::collection::vec(prop::collection::vec(prop::char::range('!', 'é'), 1..30), 0..20),
        compress: bool,
    ) {
        let is_sent = |char: &char| char.is_alphanumeric() || char.is_ascii_graphic();
        let urls = urls.into_iter().map(|url| url.into_iter().filter(is_sent).collect());
        let urls: Vec<String> = urls.filter(|url: &String| !url.is_empty()).collect();
        let escaped = |url: &str| url.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&#62;");
        let locs: String = urls.iter().map(|url| format!("<url><loc>{}</loc></url>", escaped(url))).collect();
        let text = format!("<urlset>{locs}</urlset>").into_bytes();
        let read = read(&if compress { packed(&text) } else { text });
        prop_assert_eq!(read, Ok(urls.into_iter().map(Listed::Page).collect()));
    }

    #[test]
    fn nothing_makes_it_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        let _ = read(pieces.concat().as_bytes());
    }
}
