//! A client of HTTP/1.1 on a plain socket, no cleverer than these tests need.

use crate::place::Running;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::time::Duration;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads a head, the empty line included.
    pub(crate) fn parse(head: &[u8]) -> Answer {
        let text = std::str::from_utf8(head).expect("an ASCII head");
        let mut lines = text.strip_suffix("\r\n\r\n").expect("an empty line at the end").split("\r\n");
        let status = lines.next().expect("a status line").strip_prefix("HTTP/1.1 ").expect("HTTP/1.1");
        let fields = lines.map(|line| line.split_once(": ").map(|(name, value)| (name.into(), value.into())).expect("a field"));
        Answer { status: status[..3].parse().expect("a status"), fields: fields.collect(), body: Vec::new() }
    }

    /// The value of a field that is there once at most.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|field| field.0 == name).map(|field| field.1.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} twice");
        value
    }
}

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Client {
    pub(crate) fn of(running: &Running) -> Client {
        let stream = TcpStream::connect(running.at).expect("connected");
        // A server that hangs is to fail the test, not to hang it.
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a time limit");
        Client { stream, unread: Vec::new() }
    }

    pub(crate) fn get(&mut self, target: &str, fields: &str) -> Answer {
        self.ask("GET", target, fields, "")
    }

    /// `fields` are whole lines.
    pub(crate) fn ask(&mut self, method: &str, target: &str, fields: &str, body: &str) -> Answer {
        self.send(&format!("{method} {target} HTTP/1.1\r\nHost: files.test\r\n{fields}\r\n{body}"));
        let mut answer = self.head();
        if method != "HEAD" && !matches!(answer.status, 204 | 304) {
            let length = answer.field("Content-Length").expect("a length").parse().expect("a number");
            answer.body = self.body(length);
        }
        answer
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).expect("sent");
    }

    /// Reads the next head.
    pub(crate) fn head(&mut self) -> Answer {
        loop {
            if let Some(at) = find(&self.unread, b"\r\n\r\n") {
                let rest = self.unread.split_off(at + 4);
                return Answer::parse(&std::mem::replace(&mut self.unread, rest));
            }
            let mut piece = [0; 1024];
            let n = self.stream.read(&mut piece).expect("readable");
            assert!(n > 0, "closed within a head: {:?}", String::from_utf8_lossy(&self.unread));
            self.unread.extend_from_slice(&piece[..n]);
        }
    }

    /// Reads this much of a body.
    pub(crate) fn body(&mut self, length: usize) -> Vec<u8> {
        let rest = self.unread.split_off(self.unread.len().min(length));
        let mut body = std::mem::replace(&mut self.unread, rest);
        let had = body.len();
        body.resize(length, 0);
        self.stream.read_exact(&mut body[had..]).expect("the whole body");
        body
    }

    /// Reads to the end of the stream and counts.
    pub(crate) fn rest(mut self) -> usize {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).expect("an end of stream");
        self.unread.len() + rest.len()
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// Reads a `multipart/byteranges` body (RFC 9110 §14.6) and compares its parts with these of the whole.
pub(crate) fn assert_parts(answer: &Answer, whole: &[u8], ranges: &[Range<usize>]) {
    let content_type = answer.field("Content-Type").expect("a type");
    let boundary = content_type.strip_prefix("multipart/byteranges; boundary=").expect("several parts");
    let mut rest = answer.body.as_slice();
    for (number, range) in ranges.iter().enumerate() {
        let delimiter = format!("{}--{boundary}\r\n", if number == 0 { "" } else { "\r\n" });
        rest = rest.strip_prefix(delimiter.as_bytes()).expect("a delimiter");
        let end = find(rest, b"\r\n\r\n").expect("a part's head");
        let head = std::str::from_utf8(&rest[..end]).expect("an ASCII head");
        let content_range = format!("Content-Range: bytes {}-{}/{}", range.start, range.end - 1, whole.len());
        assert!(head.split("\r\n").any(|line| line == content_range), "{head}");
        let (part, after) = rest[end + 4..].split_at(range.len());
        assert!(part == &whole[range.clone()], "part {number} differs from the file");
        rest = after;
    }
    assert_eq!(rest, format!("\r\n--{boundary}--\r\n").as_bytes());
}
