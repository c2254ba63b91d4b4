//! A scripted HTTP/1.1 server on threads, which remembers what it was asked. What it does is in the path of a request.

use super::message::{self, Request};
use super::{PATIENCE, checksum, shared_noise, websocket};
use socket2::SockRef;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

/// A running backend. Its threads end with their connections.
pub(crate) struct Backend {
    /// Where it listens, as a configuration writes it.
    pub(crate) at: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    connections: AtomicUsize,
    /// Heads read.
    begun: AtomicUsize,
    closed: AtomicBool,
    /// Requests read whole; a backend under load keeps the first ones only.
    seen: Mutex<Vec<Request>>,
    changed: Condvar,
    /// `/hold` answers once this is set.
    released: AtomicBool,
}

/// Requests kept.
const KEPT: usize = 1000;

/// What becomes of the connection.
#[derive(PartialEq, Eq)]
enum After {
    Keep,
    Close,
}

impl Backend {
    /// On an address such as `127.0.0.1:0` or `[::1]:0`.
    pub(crate) fn tcp(at: &str) -> Backend {
        let listener = TcpListener::bind(at).expect("a free port on loopback");
        // A thousand requests at once are a thousand connections; the standard library lets 128 wait.
        SockRef::from(&listener).listen(1024).expect("it listens already");
        let at = listener.local_addr().expect("it is bound").to_string();
        Backend::accepting(at, move || listener.accept().map(|(stream, _)| Socket::Tcp(stream)))
    }

    /// On a Unix socket.
    pub(crate) fn unix(path: &str) -> Backend {
        let listener = UnixListener::bind(path).expect("a path in a directory of our own");
        Backend::accepting(format!("unix:{path}"), move || listener.accept().map(|(stream, _)| Socket::Unix(stream)))
    }

    /// On a free port of 127.0.0.1.
    pub(crate) fn start() -> Backend {
        Backend::tcp("127.0.0.1:0")
    }

    fn accepting(at: String, accept: impl Fn() -> io::Result<Socket> + Send + 'static) -> Backend {
        let state = Arc::new(State::default());
        let shared = state.clone();
        std::thread::spawn(move || {
            while let Ok(socket) = accept() {
                if shared.closed.load(Ordering::SeqCst) {
                    return;
                }
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let shared = shared.clone();
                std::thread::spawn(move || serve(socket, &shared));
            }
        });
        Backend { at, state }
    }

    /// Connections accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Requests whose head arrived.
    pub(crate) fn begun(&self) -> usize {
        self.state.begun.load(Ordering::SeqCst)
    }

    /// The requests that arrived whole, in order.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.state.seen.lock().expect("no panic while it is held").clone()
    }

    /// The last of them.
    pub(crate) fn last(&self) -> Request {
        self.seen().pop().expect("the backend was asked")
    }

    /// Waits until so many requests have arrived whole.
    pub(crate) fn await_seen(&self, count: usize) {
        let seen = self.state.seen.lock().expect("no panic while it is held");
        let (seen, late) = self.state.changed.wait_timeout_while(seen, PATIENCE, |seen| seen.len() < count).expect("no panic");
        let came = seen.len();
        // The backend is released when it is dropped, also in a test that fails here.
        drop(seen);
        assert!(!late.timed_out(), "the backend saw {came} requests and not {count}");
    }

    /// Lets every `/hold` answer.
    pub(crate) fn release(&self) {
        let _held = self.state.seen.lock().expect("no panic while it is held");
        self.state.released.store(true, Ordering::SeqCst);
        self.state.changed.notify_all();
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.state.closed.store(true, Ordering::SeqCst);
        self.release();
        // One more connection wakes the thread that accepts.
        match self.at.strip_prefix("unix:") {
            Some(path) => drop(UnixStream::connect(path)),
            None => drop(TcpStream::connect(self.at.parse::<SocketAddr>().expect("its own address"))),
        }
    }
}

fn serve(socket: Socket, state: &State) {
    let Ok(twin) = socket.twin() else { return };
    let (mut reader, mut writer) = (BufReader::new(twin), socket);
    while let Ok(Some(mut request)) = message::request_head(&mut reader) {
        state.begun.fetch_add(1, Ordering::SeqCst);
        if request.path() != "/early" {
            if request.field("expect").is_some() && writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_err() {
                return;
            }
            if message::request_body(&mut reader, &mut request).is_err() {
                return;
            }
        }
        let mut seen = state.seen.lock().expect("no panic while it is held");
        if seen.len() < KEPT {
            seen.push(request.clone());
        }
        drop(seen);
        state.changed.notify_all();
        match answer(&request, &mut reader, &mut writer, state) {
            Ok(After::Keep) => {}
            Ok(After::Close) | Err(_) => return,
        }
    }
}

fn answer(request: &Request, reader: &mut impl io::BufRead, writer: &mut impl Write, state: &State) -> io::Result<After> {
    let (first, number) = split(request.path());
    match first {
        "/echo" => {
            let trailers: Vec<String> = request.trailers.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let text = format!("{} {:016x} {}\n", request.body.len(), checksum(&request.body), trailers.join(","));
            plain(writer, request, 200, "", text.as_bytes())
        }
        "/body" => plain(writer, request, 200, "", &request.body),
        "/bytes" => bytes(writer, request, number),
        "/chunked" => chunked(writer, number),
        "/until-close" => {
            write!(writer, "HTTP/1.1 200 OK\r\n\r\n")?;
            writer.write_all(&shared_noise(number)[..number]).map(|()| After::Close)
        }
        "/status" => plain(writer, request, number, "X-From: backend\r\n", b"so it is\n"),
        "/empty" => {
            // RFC 9110 §8.6: with 304, the length is that of what was not sent.
            let length = if number == 304 { "Content-Length: 1234\r\n" } else { "" };
            write!(writer, "HTTP/1.1 {number} Whatever\r\nETag: \"x\"\r\n{length}\r\n").map(|()| After::Keep)
        }
        "/hop" => {
            let fields = "Connection: X-Private, keep-alive\r\nKeep-Alive: timeout=5\r\nX-Private: secret\r\n\
                          Proxy-Connection: keep-alive\r\nX-Public: kept\r\n";
            plain(writer, request, 200, fields, b"hop\n")
        }
        "/interim" => {
            writer.write_all(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")?;
            plain(writer, request, 200, "", b"after the hint\n")
        }
        "/early" => {
            plain(writer, request, 403, "Connection: close\r\n", b"not that\n")?;
            // Closed with unread bytes, the answer could be lost; so all is read, as RFC 9112 §9.6 asks of servers.
            io::copy(reader, &mut io::sink()).map(|_| After::Close)
        }
        "/hang" => io::copy(reader, &mut io::sink()).map(|_| After::Close),
        "/reset" => Ok(After::Close),
        "/hinted" => {
            writer.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n")?;
            io::copy(reader, &mut io::sink()).map(|_| After::Close)
        }
        "/nonsense" => writer.write_all(b"220 mail.example ESMTP\r\n\r\n").map(|()| After::Close),
        "/both" => {
            writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")?;
            Ok(After::Close)
        }
        "/switch" => {
            writer.write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n").map(|()| After::Close)
        }
        "/wide" => plain(writer, request, 200, &format!("X-Wide: {}\r\n", "w".repeat(number)), b"wide\n"),
        "/extra" => {
            let twice = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngoodHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
            writer.write_all(twice).map(|()| After::Keep)
        }
        "/bye" => plain(writer, request, 200, "", b"bye\n").map(|_| After::Close),
        "/old" => writer.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nold\n").map(|()| After::Close),
        "/short" => {
            writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")?;
            Ok(After::Close)
        }
        "/hold" => {
            let seen = state.seen.lock().expect("no panic while it is held");
            drop(state.changed.wait_while(seen, |_| !state.released.load(Ordering::SeqCst)).expect("no panic"));
            plain(writer, request, 200, "", b"held\n")
        }
        "/ws" => websocket::serve(request, reader, writer).map(|()| After::Close),
        _ => plain(writer, request, 200, "Content-Type: text/plain\r\n", request.head.as_bytes()),
    }
}

/// `/bytes/10` is `/bytes` and 10.
fn split(path: &str) -> (&str, usize) {
    let (first, number) = path.rsplit_once('/').unwrap_or((path, ""));
    number.parse().map_or((path, 0), |number| (first, number))
}

fn plain(writer: &mut impl Write, request: &Request, status: usize, fields: &str, body: &[u8]) -> io::Result<After> {
    let mut out = format!("HTTP/1.1 {status} Whatever\r\n{fields}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    if request.method == "HEAD" {
        return writer.write_all(&out).map(|()| After::Keep);
    }
    // What is short goes out in one piece, and what is long is not copied.
    let (first, rest) = body.split_at(body.len().min(64 * 1024));
    out.extend_from_slice(first);
    writer.write_all(&out)?;
    writer.write_all(rest).map(|()| After::Keep)
}

/// Bytes by length, or a range of them.
fn bytes(writer: &mut impl Write, request: &Request, len: usize) -> io::Result<After> {
    let all = shared_noise(len);
    let all = &all[..len];
    let range = request.field("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let Some((first, last)) = range.and_then(|(first, last)| Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?))) else {
        return plain(writer, request, 200, "Accept-Ranges: bytes\r\n", all);
    };
    let fields = format!("Content-Range: bytes {first}-{last}/{len}\r\n");
    plain(writer, request, 206, &fields, &all[first..=last])
}

/// The same bytes in chunks of many sizes, with an extension and a trailer.
fn chunked(writer: &mut impl Write, len: usize) -> io::Result<After> {
    let all = shared_noise(len);
    let all = &all[..len];
    let mut out = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Checksum\r\n\r\n".to_vec();
    let (mut rest, mut size) = (all, 1);
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        write!(out, "{:x};n=1\r\n", chunk.len())?;
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
        (rest, size) = (after, size * 3 % 70_001);
    }
    write!(out, "0\r\nX-Checksum: {:016x}\r\n\r\n", checksum(all))?;
    writer.write_all(&out).map(|()| After::Keep)
}

/// Either kind of stream.
enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    fn twin(&self) -> io::Result<Socket> {
        Ok(match self {
            Socket::Tcp(stream) => Socket::Tcp(stream.try_clone()?),
            Socket::Unix(stream) => Socket::Unix(stream.try_clone()?),
        })
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.read(into),
            Socket::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.write(from),
            Socket::Unix(stream) => stream.write(from),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
