//! A client over TCP that writes what it is told and reads answers strictly.

use super::PATIENCE;
use super::message::{self, Response};
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// One connection.
pub(crate) struct Client {
    pub(crate) stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(at: SocketAddr) -> Client {
        Client::try_connect(at).unwrap_or_else(|error| panic!("connect to {at}: {error}"))
    }

    pub(crate) fn try_connect(at: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect_timeout(&at, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Client { stream: BufReader::new(stream) })
    }

    /// Writes bytes. That the other side has closed already shows when its answer is read.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.try_send(bytes);
    }

    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// Sends `GET` of a target, and reads the answer.
    pub(crate) fn get(&mut self, target: &str) -> Response {
        self.send(format!("GET {target} HTTP/1.1\r\nHost: test.example\r\n\r\n"));
        self.response().unwrap_or_else(|error| panic!("GET {target}: {error}"))
    }

    pub(crate) fn response(&mut self) -> io::Result<Response> {
        message::response(&mut self.stream, "GET")
    }

    /// All that comes before the other side closes. A reset after that counts as closed.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.stream.read_to_end(&mut bytes) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                panic!("it was not closed: {error}")
            }
            _ => bytes,
        }
    }
}
