//! TLS, good and bad.

use crate::support::{certificate, json, request, saying, server, steps, trace, url};
use std::io::Write;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

#[test]
fn a_handshake_is_told_message_by_message() {
    let made = certificate(&["localhost"], -1, 30);
    let (code, journey) = json(&["--cacert", &made.file("good").display().to_string(), &url("https", made.saying(OK), "/")]);
    assert_eq!(code, 0, "{journey}");
    let messages: Vec<_> =
        steps(&journey, "tls-message").iter().map(|step| step["message"].as_str().expect("a word").to_string()).collect();
    assert_eq!(messages[..2], ["ClientHello", "ServerHello"], "{journey}");
    let offered = &steps(&journey, "tls-offered")[0];
    assert_eq!((&offered["server_name"], &offered["alpn"]), (&"localhost".into(), &"h2, http/1.1".into()));
    let secured = &steps(&journey, "secured")[0];
    assert_eq!((&secured["version"], &secured["alpn"]), (&"TLSv1.3".into(), &"http/1.1".into()));
    assert_eq!(steps(&journey, "tls-certificate")[0]["names"], "localhost");
    assert_eq!(steps(&journey, "tls-verified")[0]["trusted"], true);
    assert_eq!(steps(&journey, "connection-ended")[0]["how"], "end-of-tls");
}

#[test]
fn an_expired_certificate() {
    let made = certificate(&["localhost"], -60, -3);
    let ran = trace(&["--cacert", &made.file("expired").display().to_string(), &url("https", made.saying(OK), "/")]);
    ran.failed(14, &["TLS failed on the server's side", "it expired on 20", "have it renewed, 3 days late", "--insecure"]);
    ran.says("expired");
}

#[test]
fn a_certificate_for_somebody_else() {
    let made = certificate(&["other.example", "*.more.example"], -1, 30);
    let ran = trace(&["--cacert", &made.file("name").display().to_string(), &url("https", made.saying(OK), "/")]);
    ran.failed(14, &["it is for other.example, *.more.example, not for localhost", "ask for one of its names"]);
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let made = certificate(&["localhost"], -1, 30);
    let other = certificate(&["localhost"], -1, 30).file("other").display().to_string();
    let port = made.saying(OK);
    let ran = trace(&["--cacert", &other, &url("https", port, "/")]);
    ran.failed(14, &["signed by itself", "--cacert"]);
    let ran = trace(&["-k", "--cacert", &other, &url("https", port, "/")]);
    ran.arrived();
    ran.says("no: it is signed by itself, which anybody can do; --insecure goes on");
}

#[test]
fn http_where_tls_is_expected() {
    let port = server(|mut stream, _| {
        let mut some = [0; 16];
        let _ = std::io::Read::read(&mut stream, &mut some);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        request(&mut stream);
    });
    trace(&["-k", &url("https", port, "/")]).failed(14, &["speaks HTTP without TLS", "ask for http in place of https"]);
}

#[test]
fn a_handshake_that_breaks_off() {
    // What was not read would make the end a reset.
    let silent = server(|mut stream, _| drop(std::io::Read::read(&mut stream, &mut [0; 16_384])));
    trace(&["-k", &url("https", silent, "/")]).failed(14, &["closed the connection without a word of TLS"]);
    let alert = server(|mut stream, _| {
        let mut some = [0; 4096];
        let _ = std::io::Read::read(&mut stream, &mut some);
        let mut record = Vec::new();
        wire::tls::write_record(wire::tls::Kind::ALERT, &[2, 112], &mut record);
        let _ = stream.write_all(&record);
    });
    let ran = trace(&["-k", &url("https", alert, "/")]);
    ran.failed(14, &["refused the handshake with the alert UnrecognisedName", "may not know this name"]);
    ran.says("Alert");
}

#[test]
fn a_body_without_the_end_of_tls_is_cut() {
    let made = certificate(&["localhost"], -1, 30);
    let port = made.server(|stream| {
        request(stream);
        // No length, and no close_notify: anybody could have cut it here.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhalf");
    });
    let ran = trace(&["-k", &url("https", port, "/")]);
    ran.failed(15, &["the body is cut short", "its end is missing after 4 bytes"]);
}

#[test]
fn from_https_to_http_is_warned_of() {
    let made = certificate(&["localhost"], -1, 30);
    let plain = saying(OK);
    let location: &'static str =
        Box::leak(format!("HTTP/1.1 302 x\r\nLocation: http://localhost:{plain}/\r\nContent-Length: 0\r\n\r\n").into_boxed_str());
    let ran = trace(&["-k", &url("https", made.saying(location.as_bytes()), "/")]);
    ran.arrived();
    ran.says("it leads from https to http: everybody on the way can read and change what follows");
}
