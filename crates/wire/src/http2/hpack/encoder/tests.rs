use super::*;
use crate::http2::hpack::Decoder;

/// Blocks of one connection.
struct Sender {
    encoder: Encoder,
    decoder: Decoder,
}

impl Sender {
    fn new() -> Sender {
        Sender { encoder: Encoder::new(), decoder: Decoder::new(4096) }
    }

    /// The octets of a block with these fields, once the peer has read them from it.
    fn send(&mut self, fields: &[(&str, &str)]) -> Vec<u8> {
        let mut out = Vec::new();
        self.encoder.begin(&mut out);
        for (name, value) in fields {
            self.encoder.field(name.as_bytes(), value.as_bytes(), &mut out);
        }
        let lines = crate::http2::hpack::tests::decode(&mut self.decoder, &out).unwrap();
        assert_eq!(lines.len(), fields.len());
        for ((name, value), line) in fields.iter().zip(lines) {
            assert_eq!((name.to_ascii_lowercase(), value.as_bytes()), (line.0, &line.1[..]));
        }
        out
    }
}

#[test]
fn what_repeats_is_one_octet() {
    let mut sender = Sender::new();
    let fields = [("Server", "throughline"), ("Content-Type", "text/html"), ("alt-svc", "h3=\":443\""), ("Date", "today")];
    sender.send(&fields);
    assert_eq!(sender.send(&fields), [0xc1, 0xc0, 0xbf, 0xbe]);
    assert_eq!(sender.send(&[("DATE", "today")]), [0xbe]);
}

#[test]
fn one_of_the_last_values_is_still_known() {
    let mut sender = Sender::new();
    for kind in ["text/html", "text/css", "image/png", "text/javascript"] {
        assert!(sender.send(&[("content-type", kind)]).len() > 2, "{kind}");
    }
    assert_eq!(sender.send(&[("content-type", "text/html")]), [0xc1]);
    assert_eq!(sender.send(&[("content-type", "text/javascript")]), [0xbe]);
}

#[test]
fn what_differs_goes_into_no_table() {
    let mut sender = Sender::new();
    for _ in 0..2 {
        // Content-length is 28, etag is 34.
        assert_eq!(sender.send(&[("content-length", "17"), ("etag", "\"x\"")]), *b"\x0f\x0d\x0217\x0f\x13\x03\"x\"");
    }
}

#[test]
fn a_name_of_ours_that_is_not_in_the_static_table_is_written_once() {
    let mut sender = Sender::new();
    let first = sender.send(&[("X-Request-Id", "1111111")]);
    assert_eq!(first[..14], *b"\x40\x0cx-request-id");
    assert_eq!(sender.send(&[("X-Request-Id", "2")]), *b"\x0f\x2f\x012");
    assert_eq!(sender.send(&[("X-Request-Id", "3")]), *b"\x0f\x2f\x013");
}

#[test]
fn secrets_are_never_indexed() {
    let mut sender = Sender::new();
    for _ in 0..2 {
        // 23, 32, 49 and 55 in the static table.
        let fields = [("authorization", "a"), ("Cookie", "b"), ("proxy-authorization", "c"), ("Set-Cookie", "d")];
        assert_eq!(sender.send(&fields), *b"\x1f\x08\x01a\x1f\x11\x01b\x1f\x22\x01c\x1f\x28\x01d");
    }
}

#[test]
fn a_name_nobody_knows_is_written_in_lower_case() {
    let mut sender = Sender::new();
    for _ in 0..2 {
        assert_eq!(sender.send(&[("X-Unheard-Of", "A")]), *b"\x00\x0cx-unheard-of\x01A");
    }
}

#[test]
fn statuses_and_pseudo_header_fields() {
    let mut encoder = Encoder::new();
    let mut out = Vec::new();
    for status in [200, 204, 206, 304, 400, 404, 500] {
        encoder.status(status, &mut out);
    }
    assert_eq!(out, [0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e]);
    out.clear();
    encoder.status(503, &mut out);
    encoder.status(503, &mut out);
    assert_eq!(out, b"\x48\x03503\xbe");
    out.clear();
    for (pseudo, value) in [
        (Pseudo::Method, &b"GET"[..]),
        (Pseudo::Method, b"POST"),
        (Pseudo::Path, b"/"),
        (Pseudo::Path, b"/index.html"),
        (Pseudo::Scheme, b"http"),
        (Pseudo::Scheme, b"https"),
        (Pseudo::Path, b"/a"),
    ] {
        encoder.pseudo(pseudo, value, &mut out);
    }
    assert_eq!(out, b"\x82\x83\x84\x85\x86\x87\x04\x02/a");
}

#[test]
fn a_value_that_keeps_changing_does_not_flush_the_table() {
    let mut sender = Sender::new();
    sender.send(&[("server", "throughline")]);
    let agent = |number: usize| alloc::format!("a browser of a name that is rather long, and of version {number}");
    let mut anew = 0;
    for number in 0..1000 {
        sender.send(&[("user-agent", &agent(number))]);
        anew += usize::from(sender.send(&[("server", "throughline")]).len() > 1);
    }
    // An eighth of them is put in, of over a hundred octets each: 1000 / 8 * 110 / 4096.
    assert!(anew <= 4, "{anew}");
    // And when it has settled it is found worth an entry again.
    let settled = (0..100).map(|_| sender.send(&[("user-agent", "one")]).len()).position(|len| len == 1);
    assert!(settled.is_some());
    assert_eq!(sender.send(&[("user-agent", "one")]).len(), 1);
}

#[test]
fn long_values_are_not_put_in() {
    let mut sender = Sender::new();
    let long = "v".repeat(VALUE_BYTES + 1);
    let first = sender.send(&[("vary", "x"), ("via", &long), ("report-to", &long)]);
    assert!(first.len() > 2 * long.len());
    assert_eq!(sender.send(&[("vary", "x")]), [0xbe]);
}

#[test]
fn sizes_are_announced_once_and_the_smallest_too() {
    let mut sender = Sender::new();
    sender.encoder.set_max_table_bytes(65536);
    assert_eq!(sender.send(&[]), []);
    sender.encoder.set_max_table_bytes(100);
    assert_eq!(sender.send(&[]), [0x3f, 69]);
    assert_eq!(sender.send(&[]), []);
    sender.encoder.set_max_table_bytes(4096);
    sender.send(&[("server", "throughline")]);
    sender.encoder.set_max_table_bytes(0);
    sender.encoder.set_max_table_bytes(50);
    sender.encoder.set_max_table_bytes(65536);
    // The entry is gone: 0, then 4096.
    assert_eq!(sender.send(&[("via", "x")]), *b"\x20\x3f\xe1\x1f\x7c\x01x");
    assert_eq!(sender.send(&[("via", "x")]), [0xbe]);
}

#[test]
fn a_table_of_nothing_holds_nothing() {
    let mut sender = Sender::new();
    sender.encoder.set_max_table_bytes(0);
    sender.send(&[]);
    for _ in 0..2 {
        assert_eq!(sender.send(&[("server", "x"), ("x-cache", "y")]), *b"\x0f\x27\x01x\x00\x07x-cache\x01y");
    }
    assert_eq!(sender.encoder.inserted, 0);
}

#[test]
fn evicted_entries_are_written_anew() {
    let mut sender = Sender::new();
    sender.encoder.set_max_table_bytes(100);
    let fields = [("server", "throughline"), ("via", "1.1 throughline"), ("x-cache", "hit")];
    for _ in 0..20 {
        sender.send(&fields);
    }
    assert!(sender.send(&[("x-cache", "hit")]).len() == 1);
}

#[test]
fn the_count_of_entries_may_run_over() {
    let mut sender = Sender::new();
    sender.encoder.inserted = u32::MAX - 1;
    for number in 0..6 {
        sender.send(&[("server", "throughline"), ("via", &alloc::format!("{number}"))]);
    }
    assert_eq!(sender.send(&[("via", "5"), ("via", "2")]), [0xbe, 0xc1]);
}
