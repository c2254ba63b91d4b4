use super::*;
use std::net::{SocketAddr, TcpListener};
use std::thread;

/// Asks a server that gives this answer in these pieces, and hangs up; also what the server was asked.
fn asked(method: Method, pieces: &'static [&'static [u8]]) -> (Result<Answer, String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let admin = Address::Ip(listener.local_addr().expect("it is bound"));
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request");
            request.push(byte[0]);
        }
        for piece in pieces {
            stream.write_all(piece).expect("the client reads");
        }
        String::from_utf8(request).expect("text")
    });
    (ask(&admin, Some("t0ken"), method, "/status?x"), server.join().expect("no panic"))
}

#[test]
fn answers_of_every_framing_are_read() {
    let ok = |body: &str| Ok(Answer { status: 200, body: body.to_string() });
    let (answer, request) = asked(Method::Get, &[b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 5\r\n\r\nhe", b"llo"]);
    assert_eq!(answer, ok("hello"));
    assert!(request.starts_with("GET /status?x HTTP/1.1\r\nHost: 127.0.0.1:") && request.contains("Connection: close\r\n"), "{request}");
    assert!(request.contains("\r\nAuthorization: Bearer t0ken\r\n"), "{request}");
    assert!(!request.contains(GUARD.0), "{request}");
    let (answer, request) =
        asked(Method::Post, &[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"]);
    assert_eq!(answer, ok("hello"));
    assert!(request.contains("X-Throughline-Admin: 1\r\n") && request.contains("Content-Length: 0\r\n"), "{request}");
    assert_eq!(asked(Method::Get, &[b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhel", b"lo"]).0, ok("hello"));
}

#[test]
fn what_is_no_answer_is_an_error() {
    const CASES: [(&[&[u8]], &str); 3] = [
        (&[b"SSH-2.0-x\r\n"], "cannot ask"),
        (&[b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"], "broke off"),
        (&[], "before an answer came"),
    ];
    for (pieces, why) in CASES {
        let (answer, _) = asked(Method::Get, pieces);
        assert!(answer.as_ref().is_err_and(|error| error.contains(why)), "{answer:?}");
    }
}

#[test]
fn an_error_status_carries_its_reason() {
    let (answer, _) = asked(Method::Get, &[b"HTTP/1.1 409 Conflict\r\nContent-Length: 4\r\n\r\nno.\n"]);
    assert_eq!(answer.and_then(Answer::into_result), Err("no.".to_string()));
    assert_eq!(Answer { status: 500, body: String::new() }.into_result(), Err("the answer was 500".to_string()));
}

#[test]
fn nobody_there_is_one_plain_sentence() {
    // No port that the kernel gives to anybody who asks for any.
    let at: SocketAddr = "127.0.0.1:1".parse().expect("an address");
    let sentence = |at: String| Err(format!("no throughline answers on {at}; is it running, and is [admin] on?"));
    assert_eq!(ask(&Address::Ip(at), None, Method::Get, "/"), sentence(at.to_string()));
    let missing = Address::Unix("/nonexistent/admin.sock".to_string());
    assert_eq!(ask(&missing, None, Method::Get, "/"), sentence("unix:/nonexistent/admin.sock".to_string()));
}

#[test]
fn a_name_is_asked_by_its_address() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = listener.local_addr().expect("it is bound");
    let (_stream, host) = connect(&Address::Name("localhost".to_string(), at.port())).expect("it listens");
    assert_eq!(host, at.to_string());
}
