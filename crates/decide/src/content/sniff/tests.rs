use super::{SniffRule, sniff};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

#[track_caller]
fn is(declared: Option<&str>, first: &[u8], want: &str, rule: SniffRule) {
    let (kind, by) = sniff(declared.map(str::as_bytes), false, first);
    assert_eq!((&*kind.to_string(), by), (want, rule));
}

#[test]
fn html_is_told_by_a_whole_tag() {
    is(None, b" \r\n\t<!doctype html>", "text/html", SniffRule::Pattern);
    is(None, b"<p>", "text/html", SniffRule::Pattern);
    is(None, b"<p", "text/plain", SniffRule::Text);
    is(None, b"<pre>", "text/plain", SniffRule::Text);
    is(None, b"<!-- x", "text/html", SniffRule::Pattern);
    is(None, b"\n<?xml version", "text/xml", SniffRule::Pattern);
    is(Some("*/*"), b"<a >", "text/html", SniffRule::Pattern);
    is(Some("nonsense"), b"<a >", "text/html", SniffRule::Pattern);
}

#[test]
fn nosniff_lets_nothing_become_a_script() {
    let of = |declared: Option<&[u8]>, first: &[u8]| {
        let (kind, rule) = sniff(declared, true, first);
        (kind.to_string(), rule)
    };
    assert_eq!(of(None, b"<html>"), ("text/plain".into(), SniffRule::Text));
    assert_eq!(of(None, b"GIF89a"), ("image/gif".into(), SniffRule::Pattern));
    assert_eq!(of(Some(b"image/png"), b"GIF89a"), ("image/png".into(), SniffRule::NoSniff));
    assert_eq!(of(Some(b"text/plain"), b"\0\x01"), ("text/plain".into(), SniffRule::NoSniff));
}

#[test]
fn what_is_declared_is_believed_but_for_pictures_and_sound() {
    is(Some("text/html; charset=x"), b"GIF89a", "text/html;charset=x", SniffRule::Declared);
    is(Some("application/json"), b"GIF89a", "application/json", SniffRule::Declared);
    is(Some("image/png"), b"\xFF\xD8\xFF\xE0", "image/jpeg", SniffRule::Image);
    is(Some("image/png"), b"\x89PNG\r\n\x1A\n", "image/png", SniffRule::Declared);
    is(Some("image/svg+xml"), b"GIF89a", "image/svg+xml", SniffRule::Declared);
    is(Some("video/webm"), b"OggS\0..", "application/ogg", SniffRule::Media);
}

#[test]
fn careless_text_is_looked_into() {
    is(Some("text/plain"), b"plain", "text/plain", SniffRule::TextAfterAll);
    is(Some("text/plain; charset=UTF-8"), b"\x7FELF\x02\x01", "application/octet-stream", SniffRule::BinaryAfterAll);
    is(Some("text/plain; charset=utf-8"), b"\x7FELF\x02\x01", "text/plain;charset=utf-8", SniffRule::Declared);
    is(Some("text/plain"), b"\xFF\xFE\0\0", "text/plain", SniffRule::TextAfterAll);
    is(Some("text/plain"), b"<html>", "text/plain", SniffRule::TextAfterAll);
}

#[test]
fn other_formats_are_told_by_their_first_bytes() {
    for (first, want) in [
        (b"%PDF-1.7".as_slice(), "application/pdf"),
        (b"%!PS-Adobe-3", "application/postscript"),
        (b"\xEF\xBB\xBFx", "text/plain"),
        (b"RIFF\x01\x02\x03\x04WEBPVP8 ", "image/webp"),
        (b"RIFF\x01\x02\x03\x04WAVEfmt ", "audio/wave"),
        (b"RIFF\x01\x02\x03\x04AVI LIST", "video/avi"),
        (b"\x1F\x8B\x08\0", "application/x-gzip"),
        (b"PK\x03\x04", "application/zip"),
        (b"Rar!\x1A\x07\x00", "application/x-rar-compressed"),
        (b"\0\0\0\x14ftypisom\0\0\0\0mp42", "video/mp4"),
        (b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
    ] {
        is(None, first, want, SniffRule::Pattern);
    }
    is(None, b"\0\0\0\x14ftypisom\0\0\0\0avc1", "application/octet-stream", SniffRule::Binary);
    is(None, b"", "text/plain", SniffRule::Text);
}

#[test]
fn mp3_is_told_by_its_second_frame() {
    // MPEG 1, layer 3, 128 kbit/s at 44.1 kHz: frames of 417 bytes.
    let mut frames = vec![0xFF, 0xFB, 0x90, 0x00];
    frames.resize(417, 0);
    is(None, &frames, "application/octet-stream", SniffRule::Binary);
    frames.extend([0xFF, 0xFB, 0x90, 0x00]);
    is(None, &frames, "audio/mpeg", SniffRule::Pattern);
}

#[test]
fn no_bytes_panic() {
    let seeds: [&[u8]; 4] = [b"\x1A\x45\xDF\xA3\x42\x82\x01", b"\0\0\0\x0Cftypmp4", b"\xFF\xFB\x90\x00", b"RIFF"];
    for seed in seeds {
        for length in 0..=seed.len() {
            for byte in 0..=255 {
                let bytes: Vec<u8> = seed[..length].iter().copied().chain([byte; 3]).collect();
                assert!(!sniff(None, false, &bytes).0.main.is_empty());
            }
        }
    }
}
