use super::{Reading, ResourceKind, Seen, rendered};
use decide::content::{CharsetRule, SniffRule};
use url::Url;

fn read(content_type: Option<&str>, content: &[u8], step: usize) -> Seen {
    let base = Url::parse("http://example.com/shop/page").expect("a URL");
    let mut reading = Reading::new(content_type.map(str::as_bytes), false, &base, true);
    for piece in content.chunks(step) {
        reading.push(piece);
    }
    reading.finish()
}

const PAGE: &str = "<!doctype html><html><head><title> A  page\n here </title>
<link rel='stylesheet' href='a.css'><link rel=stylesheet media=print href=print.css><link rel='shortcut icon' href=/icon.ico>
<script src=//cdn.example.net/s.js></script><script defer src=d.js></script><script>inline()</script>
<link rel=preload as=font href=f.woff2></head>
<body><img src='x.png#f'><img src=x.png><img loading=lazy srcset='y.png 1x, z.png 2x'><img src='data:image/png;base64,AA'>
<svg><title>not this</title></svg><iframe src='https://other.example/'></iframe><a href=elsewhere>link</a>
<video src=v.mp4 poster=p.jpg></video><img src='javascript:x'></b></body></html>";

#[test]
fn a_page_tells_what_it_asks_for() {
    let seen = read(Some("text/html; charset=utf-8"), PAGE.as_bytes(), 1 << 20);
    let document = seen.document.expect("HTML");
    assert_eq!((&*document.title, document.quirks, document.inline), ("A page here", false, 1));
    let found: Vec<_> = document.resources.iter().map(|one| (one.kind.word(), one.url.as_str(), one.blocks, one.lazy)).collect();
    assert_eq!(
        found,
        [
            ("style", "http://example.com/shop/a.css", true, false),
            ("style", "http://example.com/shop/print.css", false, false),
            ("icon", "http://example.com/icon.ico", false, false),
            ("script", "http://cdn.example.net/s.js", true, false),
            ("script", "http://example.com/shop/d.js", false, false),
            ("preload", "http://example.com/shop/f.woff2", false, false),
            ("image", "http://example.com/shop/x.png", false, false),
            ("image", "http://example.com/shop/y.png", false, true),
            ("frame", "https://other.example/", false, false),
            ("image", "http://example.com/shop/p.jpg", false, false),
            ("media", "http://example.com/shop/v.mp4", false, false),
        ]
    );
    assert_eq!(document.mistakes, 1, "{:?}", document.first_mistakes);
    assert_eq!(document.first_mistakes[0].line, 8);
}

#[test]
fn pieces_make_no_difference() {
    let whole = read(None, PAGE.as_bytes(), 1 << 20);
    assert_eq!((whole.rule, whole.kind.to_string().as_str()), (SniffRule::Pattern, "text/html"));
    for step in [1, 2, 100] {
        let pieces = read(None, PAGE.as_bytes(), step);
        assert_eq!(pieces.document, whole.document, "by {step}");
        assert_eq!(pieces.text, whole.text, "by {step}");
    }
}

#[test]
fn base_moves_what_follows_it() {
    let html = "<link rel=icon href=a><base href='/b/'><base href='/c/'><img src=d>";
    let document = read(Some("text/html"), html.as_bytes(), 7).document.expect("HTML");
    let urls: Vec<_> = document.resources.iter().map(|one| one.url.path()).collect();
    assert_eq!(urls, ["/shop/a", "/b/d"]);
    assert!(document.quirks);
}

#[test]
fn characters_are_those_of_the_encoding_that_was_decided() {
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode("<meta charset=windows-1251><p>Привет");
    let seen = read(Some("text/html"), &bytes, 3);
    assert_eq!(seen.charset.map(|one| (one.encoding.name(), one.rule)), Some(("windows-1251", CharsetRule::Meta)));
    assert!(seen.text.expect("text").ends_with("Привет"));
    assert_eq!(seen.malformed, Some(0));

    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode("これは日本語で書かれた長い文章です。文字コードは推測されます。");
    let seen = read(Some("text/plain"), &bytes, 1000);
    assert_eq!(seen.charset.map(|one| (one.encoding.name(), one.rule)), Some(("Shift_JIS", CharsetRule::Guess)));
    let guessed = seen.guessed.expect("it was a guess");
    assert!(guessed.telling > 20 && guessed.bytes == bytes.len(), "{guessed:?}");

    let seen = read(Some("text/html; charset=utf-8"), b"a\xFFb\xC3", 2);
    assert_eq!((seen.text.as_deref(), seen.malformed), (Some("a\u{FFFD}b\u{FFFD}"), Some(2)));
    assert_eq!(seen.first_malformed, 1);
}

#[test]
fn what_is_no_text_is_only_counted() {
    let seen = read(Some("image/png"), b"\x89PNG\r\n\x1A\n0000", 5);
    assert_eq!((seen.bytes, seen.charset, seen.text, seen.document), (12, None, None, None));
    let seen = read(None, b"", 1);
    assert_eq!((seen.kind.to_string().as_str(), seen.text.as_deref()), ("text/plain", Some("")));
}

#[test]
fn hostile_documents_fill_no_list_beyond_its_bound() {
    let deep = "<div>".repeat(2000);
    let document = read(Some("text/html"), deep.as_bytes(), 1 << 16).document.expect("HTML");
    assert_eq!(document.elements, 2003);
    let many: String = (0..5000).map(|at| format!("<img src={at}>")).collect();
    let document = read(Some("text/html"), many.as_bytes(), 1 << 16).document.expect("HTML");
    assert_eq!((document.resources.len(), document.unlisted), (1000, 4000));
    let long = format!("<title>{}</title>", "ä".repeat(1000));
    assert!(read(Some("text/html"), long.as_bytes(), 9).document.expect("HTML").title.len() <= 300);
    let wrong = "</x>".repeat(1000);
    let document = read(Some("text/html"), wrong.as_bytes(), 9).document.expect("HTML");
    assert!(document.mistakes >= 1000 && document.first_mistakes.len() == 20);
}

#[test]
fn a_document_is_shown_as_text() {
    let shown =
        rendered("<h1>Shop</h1><p>Two <b>words</b> and a <a href=x>link</a>.<ul><li>one<li>two</ul>", 40).expect("it can be laid out");
    assert!(shown.contains("# Shop") && shown.contains("* one"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 40), "{shown}");
    assert_eq!(ResourceKind::Style.word(), "style");
}
