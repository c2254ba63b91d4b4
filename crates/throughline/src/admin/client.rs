//! A client of the admin side: one request on a connection of its own, blocking, with our own codec.

use super::GUARD;
use decide::address::Address;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use wire::http::{Fields, Method, RequestHead, ResponseHead};
use wire::http1::{self, BodyDecoder, Limits, Parsed};

/// To connect, and for each read and write.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read at most.
const MOST: usize = 64 * 1024 * 1024;
const LIMITS: Limits = Limits { target_bytes: 64 * 1024, head_bytes: 64 * 1024, fields: 100 };

/// An answer of the admin side.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// The body of a success; of anything else, the body as an error.
    pub(crate) fn into_result(self) -> Result<String, String> {
        match self.status {
            200..=299 => Ok(self.body),
            _ if self.body.is_empty() => Err(format!("the answer was {}", self.status)),
            _ => Err(self.body.trim_end().to_string()),
        }
    }
}

/// What is asked.
pub(crate) struct Sent<'a> {
    pub(crate) method: Method,
    pub(crate) target: &'a str,
    pub(crate) body: &'a [u8],
}

impl Sent<'_> {
    pub(crate) fn post(target: &str) -> Sent<'_> {
        Sent { method: Method::Post, target, body: b"" }
    }
}

/// Asks, and shows a token where there is one. The error is a sentence.
pub(crate) fn ask(admin: &Address, token: Option<&str>, method: Method, target: &str) -> Result<Answer, String> {
    send(admin, token, &Sent { method, target, body: b"" })
}

/// The same, of a request that has a body.
pub(crate) fn send(admin: &Address, token: Option<&str>, sent: &Sent<'_>) -> Result<Answer, String> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
            format!("no throughline answers on {admin}; is it running, and is [admin] on?")
        }
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => format!("{admin} does not answer within {} s", TIMEOUT.as_secs()),
        _ => format!("cannot ask {admin}: {error}"),
    };
    let (mut stream, host) = connect(admin).map_err(failed)?;
    stream.write_all(&request(&host, token, sent)).map_err(failed)?;
    // Who refuses a body may answer and close before all of it is read: then the answer says why.
    let unsent = stream.write_all(sent.body).err();
    let mut reading = Reading { stream: &mut *stream, input: Vec::new(), ended: false };
    reading.answer(&sent.method).map_err(|error| failed(unsent.unwrap_or(error)))
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A connection, and the `Host` to ask for there: an address rather than a name, which the admin side could not know to be its own.
fn connect(admin: &Address) -> io::Result<(Box<dyn Stream>, String)> {
    let addresses = match admin {
        Address::Unix(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            stream.set_write_timeout(Some(TIMEOUT))?;
            return Ok((Box::new(stream), "localhost".to_string()));
        }
        Address::Ip(address) => vec![*address],
        Address::Name(name, port) => (&**name, *port).to_socket_addrs()?.collect(),
    };
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(TIMEOUT))?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                return Ok((Box::new(stream), address.to_string()));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn request(host: &str, token: Option<&str>, sent: &Sent<'_>) -> Vec<u8> {
    let head = RequestHead { method: sent.method.clone(), target: sent.target.as_bytes().to_vec(), ..RequestHead::default() };
    let mut fields = Fields::new();
    fields.push(b"Host", host.as_bytes());
    fields.push(b"User-Agent", concat!("throughline-ctl/", env!("CARGO_PKG_VERSION")).as_bytes());
    fields.push(b"Connection", b"close");
    if let Some(token) = token {
        fields.push(b"Authorization", format!("Bearer {token}").as_bytes());
    }
    if !sent.method.is_safe() {
        fields.push(GUARD.0.as_bytes(), GUARD.1.as_bytes());
        fields.push(b"Content-Length", sent.body.len().to_string().as_bytes());
    }
    let mut out = Vec::new();
    http1::write_request(&head, &head.target, fields.iter(), &mut out);
    out.extend_from_slice(b"\r\n");
    out
}

/// An answer on its way in.
struct Reading<'s> {
    stream: &'s mut dyn Stream,
    /// What has come and was not used yet.
    input: Vec<u8>,
    ended: bool,
}

impl Reading<'_> {
    fn answer(&mut self, method: &Method) -> io::Result<Answer> {
        let nonsense = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_string());
        let mut head = ResponseHead::default();
        let meta = loop {
            match http1::parse_response(&self.input, &LIMITS, method, &mut head) {
                Ok(Parsed::Complete { len, meta }) => {
                    self.input.drain(..len);
                    // Interim answers (RFC 9110 §15.2) come before the one that counts.
                    if head.status >= 200 {
                        break meta;
                    }
                }
                Ok(Parsed::Partial) if self.ended => return Err(nonsense("the connection ended before an answer came")),
                Ok(Parsed::Partial) => self.fill()?,
                Err(rejection) => return Err(nonsense(rejection.sentence())),
            }
        };
        let mut decoder = BodyDecoder::new(meta.framing, LIMITS);
        let (mut body, mut trailers) = (Vec::new(), Fields::new());
        while !decoder.is_done() {
            if self.input.is_empty() {
                if self.ended {
                    decoder.end_of_input().map_err(|_| nonsense("the answer broke off"))?;
                    break;
                }
                self.fill()?;
                continue;
            }
            let piece = decoder.decode(&self.input, &mut trailers).map_err(|_| nonsense("the answer's framing is broken"))?;
            body.extend_from_slice(&self.input[piece.skip..piece.skip + piece.data]);
            self.input.drain(..piece.skip + piece.data);
            if body.len() > MOST {
                return Err(nonsense("the answer is far too long"));
            }
        }
        Ok(Answer { status: head.status, body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut piece = [0; 16 * 1024];
        let read = self.stream.read(&mut piece)?;
        self.ended = read == 0;
        self.input.extend_from_slice(&piece[..read]);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
