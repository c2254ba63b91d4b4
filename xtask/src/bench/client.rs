//! As much of an HTTP/1.1 client as the bench needs: one request over and over on one connection, answers with a `Content-Length`.

use super::address::Address;
use super::tls::{self, Tls};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// One connection.
pub(super) struct Connection {
    stream: Stream,
    head: Vec<u8>,
    /// Bytes of the request's body.
    body: usize,
    block: Vec<u8>,
}

enum Stream {
    Clear(TcpStream),
    Tls(Box<Tls>),
}

/// Nothing in a bench takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is read or written at once: a head and a small body, or a piece of a large one.
const SMALL: usize = 4 << 10;
const LARGE: usize = 256 << 10;

impl Connection {
    /// Connects, to ask for `path` and be kept alive.
    pub(super) fn open(to: Address, path: &str) -> io::Result<Connection> {
        Connection::new(to, format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n"), 0, SMALL)
    }

    /// Connects, to ask for `path` once.
    pub(super) fn open_for_one(to: Address, path: &str) -> io::Result<Connection> {
        Connection::new(to, format!("GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"), 0, SMALL)
    }

    /// Connects, to ask for something large, or to send a body of this many bytes.
    pub(super) fn open_large(to: Address, path: &str, body: Option<usize>) -> io::Result<Connection> {
        let head = match body {
            None => format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n"),
            Some(len) => format!("POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len}\r\n\r\n"),
        };
        Connection::new(to, head, body.unwrap_or(0), LARGE)
    }

    fn new(to: Address, head: String, body: usize, block: usize) -> io::Result<Connection> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, to.port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let stream = if to.tls { Stream::Tls(Box::new(tls::client(stream))) } else { Stream::Clear(stream) };
        Ok(Connection { stream, head: head.into_bytes(), body, block: vec![b'x'; block] })
    }

    /// From now on it is another path that is asked for.
    pub(super) fn go_to(&mut self, path: &str) {
        self.head = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n").into_bytes();
    }

    /// Asks once and reads the whole answer; its status.
    pub(super) fn ask(&mut self) -> io::Result<u16> {
        self.send()?;
        self.receive()
    }

    /// The first half of [`Connection::ask`].
    pub(super) fn send(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.head)?;
        let mut missing = self.body;
        while missing > 0 {
            let most = missing.min(self.block.len());
            self.stream.write_all(&self.block[..most])?;
            missing -= most;
        }
        Ok(())
    }

    /// The second half of [`Connection::ask`]. The body is dropped as it comes.
    pub(super) fn receive(&mut self) -> io::Result<u16> {
        let mut filled = 0;
        let (status, mut missing) = loop {
            filled += read_some(&mut self.stream, &mut self.block[filled..])?;
            if let Some((status, len)) = read_head(&self.block[..filled])? {
                break (status, len.saturating_sub(filled));
            }
        };
        while missing > 0 {
            let most = missing.min(self.block.len());
            missing -= read_some(&mut self.stream, &mut self.block[..most])?;
        }
        Ok(status)
    }
}

impl Read for Stream {
    fn read(&mut self, block: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Clear(stream) => stream.read(block),
            Stream::Tls(stream) => stream.read(block),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, block: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Clear(stream) => stream.write(block),
            Stream::Tls(stream) => stream.write(block),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Clear(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

/// Asks for `path` on a connection of its own.
pub(super) fn ask_once(to: Address, path: &str) -> io::Result<u16> {
    Connection::open_for_one(to, path)?.ask()
}

/// Sends this head on a connection of its own; the status of the answer.
pub(super) fn say(to: Address, head: &str) -> io::Result<u16> {
    Connection::new(to, head.to_string(), 0, SMALL)?.ask()
}

/// At least one byte.
fn read_some(stream: &mut Stream, block: &mut [u8]) -> io::Result<usize> {
    match stream.read(block)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        len => Ok(len),
    }
}

/// Status, and length of head and body together; `None` while the head is not whole.
fn read_head(bytes: &[u8]) -> io::Result<Option<(u16, usize)>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    match (status, content_length(&bytes[..end])) {
        (Some(status), Some(body)) => Ok(Some((status, end + 4 + body))),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, format!("no answer the bench understands: {head}"))),
    }
}

/// The `Content-Length` of a head.
pub(super) fn content_length(head: &[u8]) -> Option<usize> {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    head.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\n\r\nhello";
        assert!(matches!(read_head(&answer[..30]), Ok(None)));
        assert!(matches!(read_head(answer), Ok(Some((200, len))) if len == answer.len()));
        assert!(read_head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
