//! URL and name.

use crate::ports::free_at;
use crate::support::{json, saying, scratch, steps, trace};
use std::net::{Ipv4Addr, UdpSocket};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// A resolver that answers every question with a code; with none, it is silent.
pub(crate) fn resolver(code: Option<u8>) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        let mut message = [0; 2048];
        while let Ok((len, from)) = socket.recv_from(&mut message) {
            let Some(code) = code else { continue };
            let question = 12 + message[12..len].iter().position(|byte| *byte == 0).expect("a name") + 5;
            // An answer with recursion; no record but the question.
            message[2..4].copy_from_slice(&[0x81, 0x80 | code]);
            message[4..12].copy_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0]);
            socket.send_to(&message[..question], from).expect("it is sent");
        }
    });
    address
}

/// A name server that says this behind every question: the bytes of the flags, how many records in the last two sections, and those.
fn name_server(socket: UdpSocket, flags: [u8; 2], records: &'static [&'static [u8]]) {
    std::thread::spawn(move || {
        let mut message = [0; 2048];
        while let Ok((len, from)) = socket.recv_from(&mut message) {
            let question = 12 + message[12..len].iter().position(|byte| *byte == 0).expect("a name") + 5;
            message[2..4].copy_from_slice(&flags);
            let each = u8::from(!records.is_empty());
            message[4..12].copy_from_slice(&[0, 1, 0, 0, 0, each, 0, each]);
            socket.send_to(&[&message[..question], &records.concat()].concat(), from).expect("it is sent");
        }
    });
}

#[test]
fn a_lame_delegation() {
    // The root says that `example` is at 127.0.0.2, and the server there was never told that it serves it.
    const NS: &[u8] = b"\x07example\0\0\x02\0\x01\0\0\x0e\x10\0\x0c\x02ns\x07example\0";
    const GLUE: &[u8] = b"\x02ns\x07example\0\0\x01\0\x01\0\0\x0e\x10\0\x04\x7f\0\0\x02";
    let port = free_at(&[Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)]).port();
    let [root, lame] = ["127.0.0.1", "127.0.0.2"].map(|ip| UdpSocket::bind((ip, port)).expect("it is free"));
    let port = port.to_string();
    name_server(root, [0x80, 0x00], &[NS, GLUE]);
    name_server(lame, [0x80, 0x05], &[]);
    let hints = scratch("root.hints");
    std::fs::write(&hints, format!(". NS a.root\na.root A 127.0.0.1#{port}\n")).expect("a file of our own");
    let ran = trace(&["--dns-root", hints.to_str().expect("UTF-8"), "--dns-port", &port, "http://www.example./"]);
    ran.failed(12, &["Name failed in the name service", "REFUSED", "example"]);
    assert!(ran.out.contains("127.0.0.2"), "who is lame stands there: {}", ran.out);
}

#[test]
fn a_name_that_is_not_there() {
    let resolver = resolver(Some(3));
    let ran = trace(&["--dns-server", &resolver, "http://nowhere.example./"]);
    ran.failed(12, &["Name failed in the name service", "there is no name nowhere.example", "NXDOMAIN", "spelling"]);
    assert!(ran.out.contains("ask  nowhere.example A at"), "who was asked stands there: {}", ran.out);
}

#[test]
fn a_resolver_that_fails_and_one_that_is_silent() {
    let failing = resolver(Some(2));
    trace(&["--dns-server", &failing, "http://a.example./"]).failed(12, &["in the name service", "SERVFAIL", "another resolver"]);
    let silent = resolver(None);
    let ran = trace(&["--dns-server", &silent, "--max-time", "2s", "http://a.example./"]);
    ran.failed(12, &["Name failed", "still being looked up", "2 s of --max-time"]);
}

#[test]
fn a_name_without_an_address() {
    let resolver = resolver(Some(0));
    trace(&["--dns-server", &resolver, "http://a.example./"]).failed(12, &["is there, but has no address", "ask the owner"]);
}

#[test]
fn what_is_no_url() {
    trace(&["http://a b/"])
        .failed(11, &["URL failed by what was asked for", "is no URL", "a character that no name may have", "write it as"]);
    trace(&["gopher://a/"]).failed(11, &["the scheme gopher", "use http, https, ws or wss"]);
    assert_eq!(trace(&[]).code, 2);
    assert_eq!(trace(&["-H", "no colon", "http://a/"]).code, 2);
    assert_eq!(trace(&["-H", "a: b\r\nc: d", "http://a/"]).code, 2);
}

#[test]
fn what_a_url_becomes_is_told() {
    let port = saying(OK);
    let ran = trace(&[&format!("HTTP://LOCALHOST:{port}/a/../b c#d")]);
    ran.arrived();
    ran.says("a scheme is written small: HTTP → http");
    ran.says("the case of a name does not matter: LOCALHOST → localhost");
    ran.says("dot segments are resolved: /a/../b c → /b c");
    ran.says("percent-encoded: /b c → /b%20c");
    ran.says("a fragment stays here and is not sent: #d");
    ran.says("GET /b%20c → 200 OK");
}

#[test]
fn a_password_is_shown_nowhere() {
    let port = saying(OK);
    let url = format!("http://me:secret@localhost:{port}/");
    let ran = trace(&["-v", "-H", "Cookie: sweet", &url]);
    ran.arrived();
    ran.says("Authorization: …");
    let (_, journey) = json(&["-H", "Cookie: sweet", &url]);
    for text in [ran.out, journey.to_string()] {
        assert!(!text.contains("secret") && !text.contains("sweet") && !text.contains("bWU6c2VjcmV0"), "{text}");
    }
}

#[test]
fn an_address_may_be_given() {
    let port = saying(OK);
    let given = format!("www.example:{port}:127.0.0.1");
    let (code, journey) = json(&["--resolve", &given, &format!("http://www.example:{port}/")]);
    assert_eq!(code, 0, "{journey}");
    assert_eq!(steps(&journey, "name-resolved")[0]["source"], "given");
    let ran = trace(&["--connect", &format!("127.0.0.1:{port}"), "http://www.example/"]);
    ran.arrived();
}
