use super::*;

#[test]
fn the_table_is_sorted_lower_case_and_fits() {
    assert!(TYPES.is_sorted_by(|one, next| one.0 < next.0));
    assert!(TYPES.iter().all(|(extension, _)| extension.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())));
    assert_eq!(TYPES.iter().map(|(extension, _)| extension.len()).max(), Some(LONGEST));
}

#[test]
fn every_entry_is_found_and_is_a_media_type() {
    for (extension, expected) in TYPES {
        assert_eq!(media_type(&alloc::format!("a.{extension}")), *expected);
        let (kind, _) = expected.split_once('/').expect("type/subtype");
        assert!(["application", "audio", "font", "image", "model", "text", "video"].contains(&kind), "{expected}");
    }
}

#[test]
fn text_names_its_charset_and_the_rest_does_not() {
    for (name, expected) in [
        ("index.html", "text/html; charset=utf-8"),
        ("INDEX.HTM", "text/html; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("app.min.mjs", "text/javascript; charset=utf-8"),
        ("site.css", "text/css; charset=utf-8"),
        ("README.md", "text/markdown; charset=utf-8"),
        ("robots.txt", "text/plain; charset=utf-8"),
        ("data.json", "application/json"),
        ("logo.svg", "image/svg+xml"),
        ("feed.xml", "text/xml"),
        ("photo.JPeG", "image/jpeg"),
        ("favicon.ico", "image/x-icon"),
        ("module.wasm", "application/wasm"),
        ("font.woff2", "font/woff2"),
        ("archive.tar.gz", "application/gzip"),
        ("app.webmanifest", "application/manifest+json"),
    ] {
        assert_eq!(media_type(name), expected, "{name}");
    }
}

#[test]
fn a_name_that_says_nothing_is_bytes() {
    for name in ["LICENSE", "", "a.", "a.unknown", "html", "a.webmanifestx", "a.extension-without-end", "a.b/c", "a.grün"] {
        assert_eq!(media_type(name), UNKNOWN, "{name}");
    }
}
