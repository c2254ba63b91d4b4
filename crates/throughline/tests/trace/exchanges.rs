//! Servers of HTTP/1.1, good and bad.

use crate::support::{command, json, request, reset, saying, scratch, server, steps, trace, url};
use std::io::Write;

#[test]
fn a_server_that_closes_without_a_word() {
    let port = server(|mut stream, _| drop(request(&mut stream)));
    trace(&[&url("http", port, "/")]).failed(15, &["HTTP failed on the server's side", "closed the connection without an answer", "log"]);
}

#[test]
fn a_server_that_resets() {
    let port = server(|mut stream, _| {
        request(&mut stream);
        reset(stream);
    });
    let ran = trace(&[&url("http", port, "/")]);
    ran.failed(15, &["on the server's side", "reset the connection without an answer"]);
    ran.says("by the server first, with a reset");
}

#[test]
fn what_is_no_http() {
    trace(&[&url("http", saying(b"220 mail.example ESMTP\r\n"), "/")]).failed(15, &["what it sends is no HTTP", "220 mail.example"]);
    trace(&[&url("http", saying(&[0x15, 3, 1, 0, 2, 2, 10]), "/")]).failed(15, &["it answers with TLS", "ask for https"]);
    let folded = b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n";
    trace(&[&url("http", saying(folded), "/")]).failed(15, &["its answer breaks a rule of HTTP", "RFC"]);
}

#[test]
fn a_head_that_breaks_off() {
    let port = saying(b"HTTP/1.1 200 OK\r\nContent-");
    trace(&[&url("http", port, "/")]).failed(15, &["in the middle of the head of its answer"]);
}

#[test]
fn a_body_that_is_too_short() {
    let port = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    let ran = trace(&[&url("http", port, "/")]);
    ran.failed(15, &["the body is cut short", "closed the connection", "91 of 100 bytes are missing", "try again"]);
    ran.says("9 bytes, and there it stops");
    let chunked = saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    trace(&[&url("http", chunked, "/")]).failed(15, &["cut short", "its end is missing after 5 bytes"]);
    let garbled = saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");
    trace(&[&url("http", garbled, "/")]).failed(15, &["its body breaks HTTP", "RFC 9112"]);
}

#[test]
fn a_body_that_stops_and_waits() {
    let port = server(|mut stream, _| {
        request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        // Until the client gives up.
        request(&mut stream);
    });
    trace(&["-m", "3s", &url("http", port, "/")]).failed(15, &["the answer was not whole yet", "3 s of --max-time"]);
}

#[test]
fn interim_answers_and_trailers_and_words() {
    let port = saying(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n\
          HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nAge: 43\r\nVia: 1.1 edge\r\nServer-Timing: db;dur=5\r\n\
          Cache-Status: edge; hit; ttl=17\r\nTrailer: Digest\r\n\r\n5\r\nhello\r\n0\r\nDigest: abc\r\n\r\n",
    );
    let ran = trace(&[&url("http", port, "/")]);
    ran.arrived();
    ran.says("103 Early Hints");
    ran.says("Link: </a.css>; rel=preload");
    ran.says("a cache had it for 43 s");
    ran.says("edge had it, fresh for 17 s more");
    ran.says("the server says: db 5 ms");
    ran.says("Digest: abc");
    ran.says("5 bytes, in chunks");
}

#[test]
fn an_early_answer_to_a_long_request_is_read() {
    let port = server(|mut stream, _| {
        request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        // The rest of the body is read, or the reset could overtake the answer.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let long = scratch("long");
    std::fs::write(&long, vec![b'x'; 8 << 20]).expect("it can be written");
    let ran = trace(&["-d", &format!("@{}", long.display()), &url("http", port, "/")]);
    ran.arrived();
    ran.says("POST / → 413 Content Too Large");
}

#[test]
fn the_body_goes_where_it_is_told_to() {
    let port = saying(b"HTTP/1.1 200 OK\r\n\r\nhello until the end");
    let file = scratch("body");
    let ran = trace(&["-o", &file.display().to_string(), &url("http", port, "/")]);
    ran.arrived();
    ran.says("until the close");
    ran.says("by the server first, with the end of the stream");
    assert_eq!(std::fs::read(&file).expect("it is there"), b"hello until the end");
    let output = command(&["-o", "-", &url("http", port, "/")]);
    assert_eq!(output.stdout, b"hello until the end");
    assert!(String::from_utf8_lossy(&output.stderr).contains("200 OK"));
    let ran = trace(&["-o", "/dev/full", &url("http", port, "/")]);
    ran.failed(1, &["Machine failed on this machine", "the body cannot be written", "room on its disk"]);
}

#[test]
fn fields_of_the_users_own() {
    let port = server(|mut stream, _| {
        let head = request(&mut stream);
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{head}", head.len());
        let _ = stream.write_all(answer.as_bytes());
    });
    let output = command(&[
        "-o",
        "-",
        "-H",
        "Accept: text/plain",
        "-H",
        "User-Agent:",
        "-H",
        "traceparent:",
        "-H",
        "Accept-Encoding:",
        "-H",
        "Host: other",
        "-X",
        "OPTIONS",
        &url("http", port, "/x?y"),
    ]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "OPTIONS /x?y HTTP/1.1\r\nHost: other\r\nAccept: text/plain\r\n\r\n");
}

#[test]
fn who_asks_for_a_head_gets_no_body() {
    let port = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    let (code, journey) = json(&["-X", "HEAD", &url("http", port, "/")]);
    assert_eq!((code, &journey["status"]), (0, &200.into()));
    assert_eq!(steps(&journey, "body-received")[0]["framing"], "none");
}
