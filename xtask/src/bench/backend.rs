//! Backends in threads of this process, for the rows that nginx cannot stand behind: one that answers late, one that takes in a whole body
//! before it answers.

use super::client::content_length;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Starts a backend that answers every request after this long, for as long as the process runs; its port.
pub(super) fn start(takes: Duration) -> Result<u16, String> {
    let broken = |error: io::Error| format!("bench: a backend of its own: {error}");
    let listener = TcpListener::bind("127.0.0.1:0").map_err(broken)?;
    let port = listener.local_addr().map_err(broken)?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A connection that breaks is the peer's way to end it.
            thread::spawn(move || drop(answer_all(stream, takes)));
        }
    });
    Ok(port)
}

/// Answers requests, whose bodies have a `Content-Length`, until the other side closes.
fn answer_all(mut stream: TcpStream, takes: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut pending = Vec::new();
    let mut block = vec![0; 256 << 10];
    loop {
        let Some(end) = pending.windows(4).position(|window| window == b"\r\n\r\n") else {
            match stream.read(&mut block)? {
                0 => return Ok(()),
                len => pending.extend_from_slice(&block[..len]),
            }
            continue;
        };
        let body = content_length(&pending[..end]).unwrap_or(0);
        let here = body.min(pending.len() - (end + 4));
        pending.drain(..end + 4 + here);
        let mut missing = body - here;
        while missing > 0 {
            let most = missing.min(block.len());
            match stream.read(&mut block[..most])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                len => missing -= len,
            }
        }
        thread::sleep(takes);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_taken_in_before_the_answer_and_the_next_request_is_found() {
        let port = start(Duration::ZERO).expect("loopback is there");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the backend listens");
        stream.write_all(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhal").expect("it reads");
        stream.set_read_timeout(Some(Duration::from_millis(50))).expect("not zero");
        assert!(stream.read(&mut [0; 1]).is_err(), "it answered before the body was whole");
        stream.set_read_timeout(None).expect("none is allowed");
        stream.write_all(b"f a bodGET / HTTP/1.1\r\n\r\n").expect("it reads");
        stream.shutdown(std::net::Shutdown::Write).expect("it is open");
        let mut said = String::new();
        stream.read_to_string(&mut said).expect("it answers and closes");
        assert_eq!(said.matches("HTTP/1.1 200 OK").count(), 2);
    }
}
