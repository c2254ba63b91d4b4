//! What the bytes of an answer are: codings, types, characters; and servers that get them wrong.

use crate::support::{command, json, request, saying, scratch, server, steps, trace, url};
use std::io::Write;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(content).expect("a vector takes all");
    writer.finish().expect("a vector takes all")
}

/// A server that answers everything with these fields and this body.
pub(crate) fn answering(fields: &str, body: &[u8]) -> u16 {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{fields}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    saying(answer.leak())
}

const PAGE: &str = "<!doctype html><title>A  page</title><p>Grüße, \u{1b}[31m und so weiter und so fort, bis es lang genug ist.</p>";

#[test]
fn codings_are_undone_one_after_the_other() {
    let content = PAGE.repeat(50);
    let twice = gzip(&gzip(content.as_bytes()));
    let port = answering("Content-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip, gzip", &twice);
    let file = scratch("decoded");
    let (code, journey) = json(&["-o", &file.display().to_string(), &url("http", port, "/")]);
    assert_eq!(code, 0, "{journey}");
    let decoded = steps(&journey, "decoded");
    assert_eq!((decoded.len(), &decoded[0]["coding"]), (2, &"gzip".into()));
    assert_eq!(decoded[0]["before"], twice.len());
    assert_eq!((&decoded[0]["after"], &decoded[1]["after"]), (&decoded[1]["before"], &content.len().into()));
    assert_eq!(std::fs::read(&file).expect("it is there"), content.as_bytes());
    let ran = trace(&[&url("http", port, "/")]);
    ran.arrived().says("text/html in gzip in gzip");
    ran.says("“A page”");
    let raw = command(&["-o", "-", "--raw", &url("http", port, "/")]);
    assert_eq!(raw.stdout, twice, "as it came");
}

#[test]
fn what_is_called_gzip_and_is_none() {
    let port = answering("Content-Type: text/html\r\nContent-Encoding: gzip", b"<!doctype html><p>plain");
    let ran = trace(&[&url("http", port, "/")]);
    ran.failed(16, &["Decode failed on the server's side", "called gzip", "none or is damaged", "--raw"]);
    let mut damaged = gzip(PAGE.repeat(100).as_bytes());
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xFF;
    let port = answering("Content-Type: text/html\r\nContent-Encoding: gzip", &damaged);
    trace(&[&url("http", port, "/")]).failed(16, &["on the server's side", "called gzip", "damaged"]);
}

#[test]
fn a_coding_that_ends_too_early_in_a_body_that_is_whole() {
    let whole = gzip(PAGE.repeat(100).as_bytes());
    let port = answering("Content-Type: text/html\r\nContent-Encoding: gzip", &whole[..whole.len() - 9]);
    let (code, journey) = json(&[&url("http", port, "/")]);
    assert_eq!((code, &journey["station"], &journey["fault"]), (16, &"Decode".into(), &"torn-coding".into()));
    let ran = trace(&["--page", &url("http", port, "/")]);
    ran.failed(16, &["the body is whole, and its gzip ends too early"]);
    // A body that is cut short is the fault of another station.
    let port = saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n\x1F\x8B\x08");
    trace(&[&url("http", port, "/")]).failed(15, &["the body is cut short", "97 of 100 bytes are missing"]);
}

#[test]
fn bytes_behind_a_codings_end_are_told_and_no_failure() {
    let port = answering("Content-Type: text/plain\r\nContent-Encoding: gzip", &[gzip(b"hello"), b"more".to_vec()].concat());
    let ran = trace(&[&url("http", port, "/")]);
    ran.arrived().says("bytes behind its end that mean nothing");
    assert_eq!(command(&["-o", "-", &url("http", port, "/")]).stdout, b"hello");
}

#[test]
fn a_coding_that_nobody_knows_and_a_part_of_one() {
    let port = answering("Content-Type: text/plain\r\nContent-Encoding: utf-8", b"hello");
    let ran = trace(&[&url("http", port, "/")]);
    ran.arrived().says("utf-8 is no coding that anybody knows: the bytes are taken as they are");
    let port = saying(b"HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1F\x8B\x08");
    trace(&[&url("http", port, "/")]).arrived().says("gzip of a part of the content cannot be undone");
}

#[test]
fn a_charset_that_is_not_the_contents() {
    let port = answering("Content-Type: text/html; charset=utf-8", b"<!doctype html><title>Gr\xFC\xDFe</title>");
    let ran = trace(&[&url("http", port, "/")]);
    ran.failed(
        16,
        &["Decode failed on the server's side", "read as UTF-8, for Content-Type says so", "2 places are none of it", "at byte 24"],
    );
    ran.says("“Gr\u{FFFD}\u{FFFD}e”");
    let port = answering("Content-Type: text/html", b"<!doctype html><meta charset=utf-8><title>Gr\xFC\xDFe</title>");
    trace(&[&url("http", port, "/")]).failed(16, &["its meta element says so", "name in the meta element"]);
    let port = answering("Content-Type: application/json", b"{\"a\": \"\xFC\"}");
    trace(&[&url("http", port, "/")]).failed(16, &["its format says so", "1 place is none of it"]);
}

#[test]
fn a_charset_by_mark_guess_and_unknown_name() {
    let port = answering("Content-Type: text/plain; charset=iso-8859-1", b"\xEF\xBB\xBFhello");
    trace(&[&url("http", port, "/")]).arrived().says("UTF-8, by the byte order mark");
    let port = answering("Content-Type: text/html; charset=nonsense", b"<!doctype html>hello");
    trace(&[&url("http", port, "/")]).arrived().says("the one that Content-Type names is known to nobody");
    let port = answering("Content-Type: text/html", "<!doctype html>Grüße".as_bytes());
    let (code, journey) = json(&[&url("http", port, "/")]);
    let chosen = &steps(&journey, "charset-chosen")[0];
    assert_eq!((code, &chosen["rule"], &chosen["charset"]), (0, &"guess".into(), &"UTF-8".into()));
    assert_eq!((&chosen["confidence"], &chosen["telling"]), (&"weak".into(), &4.into()));
}

#[test]
fn a_type_by_the_first_bytes() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    trace(&[&url("http", answering("Content-Type: image/jpeg", png), "/")])
        .arrived()
        .says("image/png, by its first bytes, though Content-Type says image/jpeg");
    trace(&[&url("http", answering("X: y", png), "/")]).arrived().says("image/png, by its first bytes; there is no Content-Type");
    let fields = "Content-Type: image/jpeg\r\nX-Content-Type-Options: nosniff";
    trace(&[&url("http", answering(fields, png), "/")]).arrived().says("X-Content-Type-Options forbids to look");
    let nothing = trace(&[&url("http", answering("Content-Encoding: gzip", b""), "/")]);
    assert!(!nothing.arrived().out.contains("Decode"), "of nothing there is nothing to say:\n{}", nothing.out);
}

#[test]
fn mistakes_of_a_page_with_their_lines() {
    let port = answering("Content-Type: text/html; charset=utf-8", b"<!doctype html>\n<p>one\n</b>\n<p>two</i>");
    trace(&[&url("http", port, "/")]).arrived().says("2 mistakes mended (-v shows them)");
    let ran = trace(&["-v", &url("http", port, "/")]);
    ran.arrived().says("line 3: ");
    ran.says("line 4: ");
    let port = answering("Content-Type: text/html", b"<p>no doctype");
    trace(&[&url("http", port, "/")]).arrived().says("browsers of the last century");
}

#[test]
fn the_text_of_a_page_stands_behind_the_tree() {
    let port = answering("Content-Type: text/html; charset=utf-8", PAGE.as_bytes());
    let ran = trace(&["--render", &url("http", port, "/")]);
    let text = ran.arrived().out.split_once("✓").expect("an end").1;
    assert!(text.contains("Grüße, ") && !text.contains('\u{1b}') && !text.contains("<p>"), "{text}");
    let plain = answering("Content-Type: text/plain; charset=utf-8", b"one\ttwo\r\nthree\x07");
    let ran = trace(&["--render", &url("http", plain, "/")]);
    assert!(ran.arrived().out.ends_with("\n\none    two\nthree\\u{7}"), "{}", ran.out);
}

#[test]
fn codings_that_are_undone_are_asked_for_unless_the_user_asks() {
    let port = server(|mut stream, _| {
        let head = request(&mut stream);
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{head}", head.len());
        let _ = stream.write_all(answer.as_bytes());
    });
    let asked = |arguments: &[&str]| String::from_utf8_lossy(&command(&[&["-o", "-"], arguments].concat()).stdout).into_owned();
    let target = url("http", port, "/");
    assert!(asked(&[&target]).contains("\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"));
    assert!(asked(&["-H", "accept-encoding: identity", &target]).contains("\r\naccept-encoding: identity\r\n"));
    assert!(!asked(&["-H", "Accept-Encoding:", &target]).to_lowercase().contains("accept-encoding"));
}
