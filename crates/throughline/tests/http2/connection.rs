//! A client of HTTP/2 over TCP that sends what it is told, right or wrong, and says what came back.

use crate::frames::{self, Frame};
use crate::hpack::{self, Fields};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// What a client says first (RFC 9113 §3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// One connection. Frames are collected and go out in one write when something is waited for: no case depends on how fast they come.
pub(crate) struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    input: Vec<u8>,
    /// How long [`Connection::event`] waits.
    pub(crate) patience: Duration,
    /// What the other side has announced.
    pub(crate) announced: BTreeMap<u16, u32>,
    /// Bytes that the other side has let us send on all streams together, those included that are sent.
    pub(crate) window: i64,
    decoder: hpack::Decoder,
    /// The last of what came, for messages.
    came: Vec<String>,
    next: u32,
}

/// Something that came, or did not.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Frame(Frame),
    /// The other side closed or reset the connection.
    Closed,
    /// Nothing for as long as one waits.
    Silence,
    /// What came is HTTP/1.1.
    Http1,
    /// A block that does not decode.
    Undecodable(String),
}

/// A whole answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The statuses of the interim answers before it.
    pub(crate) interim: Vec<u16>,
    pub(crate) fields: Fields,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Fields,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Frame(frame) => frame.fmt(f),
            Event::Closed => f.write_str("closed"),
            Event::Silence => f.write_str("silence"),
            Event::Http1 => f.write_str("an answer of HTTP/1.1"),
            Event::Undecodable(why) => write!(f, "a block that does not decode: {why}"),
        }
    }
}

impl Connection {
    /// A connection on which nothing was said yet.
    pub(crate) fn bare(at: SocketAddr, patience: Duration) -> io::Result<Connection> {
        let stream = TcpStream::connect_timeout(&at, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        stream.set_nodelay(true)?;
        let (out, input, came) = (Vec::new(), Vec::new(), Vec::new());
        let (announced, decoder) = (BTreeMap::new(), hpack::Decoder::default());
        Ok(Connection { stream, out, input, patience, announced, window: 65_535, decoder, came, next: 1 })
    }

    /// A connection after the prefaces of both sides and their acknowledgements.
    pub(crate) fn open(at: SocketAddr, patience: Duration) -> Result<Connection, String> {
        Connection::open_with(at, patience, &[(frames::INITIAL_WINDOW_SIZE, 65_535)])
    }

    /// The same with settings of ours.
    pub(crate) fn open_with(at: SocketAddr, patience: Duration, settings: &[(u16, u32)]) -> Result<Connection, String> {
        let mut connection = Connection::bare(at, patience).map_err(|error| format!("connect to {at}: {error}"))?;
        connection.raw(PREFACE);
        connection.send(&frames::settings(settings));
        let (mut theirs, mut ours) = (false, false);
        while !(theirs && ours) {
            match connection.event() {
                Event::Frame(frame) if frame.kind == frames::SETTINGS => match frame.has(frames::ACK) {
                    true => ours = true,
                    false => theirs = true,
                },
                Event::Frame(_) => {}
                _ => return Err(format!("no handshake: {}", connection.came())),
            }
        }
        connection.flush();
        Ok(connection)
    }

    /// Queues a frame.
    pub(crate) fn send(&mut self, frame: &Frame) {
        frame.write(&mut self.out);
    }

    /// Queues HEADERS with a block of literals.
    pub(crate) fn headers(&mut self, stream: u32, flags: u8, fields: &Fields) {
        self.send(&Frame::new(frames::HEADERS, flags, stream, hpack::literals(fields)));
    }

    /// Queues bytes.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Writes what is queued. That the other side has closed already shows when one reads.
    pub(crate) fn flush(&mut self) {
        let _ = self.try_flush();
    }

    pub(crate) fn try_flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&std::mem::take(&mut self.out))
    }

    /// How long a write may wait for the other side to read.
    pub(crate) fn limit_writes(&self, to: Duration) {
        self.stream.set_write_timeout(Some(to)).expect("a timeout above zero");
    }

    /// Waits until something can be read, but no longer than so.
    pub(crate) fn await_bytes(&self, limit: Duration) {
        self.stream.set_read_timeout(Some(limit)).expect("a timeout above zero");
        let _ = self.stream.peek(&mut [0]);
    }

    /// The number of a stream that was not used yet, if all are taken from here.
    pub(crate) fn stream(&mut self) -> u32 {
        self.next += 2;
        self.next - 2
    }

    /// What came last, in one line.
    pub(crate) fn came(&self) -> String {
        let from = self.came.len().saturating_sub(8);
        let more = if from > 0 { "..., " } else { "" };
        if self.came.is_empty() { "nothing".to_string() } else { format!("{more}{}", self.came[from..].join(", ")) }
    }

    /// The next frame, or that none comes. Settings of the other side are noted and acknowledged.
    pub(crate) fn event(&mut self) -> Event {
        self.flush();
        let event = self.read();
        self.came.push(event.to_string());
        if let Event::Frame(frame) = &event
            && frame.kind == frames::SETTINGS
            && !frame.has(frames::ACK)
        {
            let pairs = frame.payload.chunks_exact(6).map(|pair| {
                let (key, value) = pair.split_at(2);
                (u16::from_be_bytes(key.try_into().expect("two bytes")), u32::from_be_bytes(value.try_into().expect("four bytes")))
            });
            self.announced.extend(pairs);
            self.send(&Frame::new(frames::SETTINGS, frames::ACK, 0, []));
        }
        if let Event::Frame(frame) = &event
            && let Some(increment) = frame.increment()
            && frame.stream == 0
        {
            self.window += i64::from(increment);
        }
        event
    }

    fn read(&mut self) -> Event {
        let due = Instant::now() + self.patience;
        loop {
            if self.input.starts_with(b"HTTP/1.") {
                return Event::Http1;
            }
            if let Some(frame) = Frame::take(&mut self.input) {
                return Event::Frame(frame);
            }
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Event::Silence;
            }
            self.stream.set_read_timeout(Some(left)).expect("a timeout above zero");
            let mut bytes = [0; 16 * 1024];
            match self.stream.read(&mut bytes) {
                Ok(0) => return Event::Closed,
                Ok(read) => self.input.extend_from_slice(&bytes[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Event::Silence,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Event::Closed,
            }
        }
    }

    /// Whatever else comes, the other side closes.
    pub(crate) fn is_closed(&mut self) -> bool {
        let due = Instant::now() + self.patience;
        while Instant::now() < due {
            self.input.clear();
            match self.read() {
                Event::Closed => return true,
                Event::Silence => return false,
                _ => {}
            }
        }
        false
    }

    /// The frames that are here already, and whether the other side has closed after them. Does not wait.
    pub(crate) fn so_far(&mut self) -> (Vec<Frame>, bool) {
        self.stream.set_nonblocking(true).expect("it is open");
        let mut bytes = vec![0; 64 * 1024];
        let closed = loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => break true,
                Ok(read) => self.input.extend_from_slice(&bytes[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break true,
            }
        };
        self.stream.set_nonblocking(false).expect("it is open");
        (std::iter::from_fn(|| Frame::take(&mut self.input)).collect(), closed)
    }

    /// Asks for a path and reads the answer; whatever else comes meanwhile is passed over.
    pub(crate) fn get(&mut self, path: &str) -> Result<Answer, Event> {
        let stream = self.stream();
        self.headers(stream, frames::WHOLE, &request("GET", path));
        self.answer(stream)
    }

    /// The rest of a stream, or the event that says that there is none. Windows are opened as bytes come.
    pub(crate) fn answer(&mut self, stream: u32) -> Result<Answer, Event> {
        let mut answer = Answer::default();
        loop {
            let frame = self.frame()?;
            if frame.stream != stream {
                continue;
            }
            match frame.kind {
                frames::RST_STREAM => return Err(Event::Frame(frame)),
                frames::HEADERS => {
                    let block = self.block(&frame)?;
                    answer.add(block);
                }
                frames::DATA => answer.body.extend_from_slice(frame.content()),
                _ => {}
            }
            if frame.ends() {
                return Ok(answer);
            }
        }
    }

    /// The next frame of a connection that goes on; for DATA the windows are opened again.
    pub(crate) fn frame(&mut self) -> Result<Frame, Event> {
        match self.event() {
            Event::Frame(frame) if frame.kind == frames::GOAWAY && frame.code() != Some(frames::NO_ERROR) => Err(Event::Frame(frame)),
            Event::Frame(frame) => {
                if let (frames::DATA, Ok(taken @ 1..)) = (frame.kind, u32::try_from(frame.payload.len())) {
                    self.send(&frames::window_update(0, taken));
                    self.send(&frames::window_update(frame.stream, taken));
                }
                Ok(frame)
            }
            other => Err(other),
        }
    }

    /// The fields that begin with this HEADERS frame.
    pub(crate) fn block(&mut self, headers: &Frame) -> Result<Fields, Event> {
        let (mut block, mut ended) = (headers.content().to_vec(), headers.has(frames::END_HEADERS));
        while !ended {
            let frame = self.frame()?;
            ended = frame.has(frames::END_HEADERS);
            block.extend_from_slice(&frame.payload);
        }
        self.decoder.decode(&block).map_err(Event::Undecodable)
    }
}

impl Answer {
    /// A section: interim, final or trailers.
    fn add(&mut self, fields: Fields) {
        match fields.iter().find(|(name, _)| name == ":status") {
            Some((_, status)) => {
                if self.status != 0 {
                    self.interim.push(self.status);
                }
                self.status = status.parse().unwrap_or_default();
                self.fields = fields;
            }
            None => self.trailers = fields,
        }
    }
}

/// The host that tests ask for.
pub(crate) const AUTHORITY: &str = "a.example";

/// The fields of a well-formed request.
pub(crate) fn request(method: &str, path: &str) -> Fields {
    let fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", AUTHORITY)];
    fields.map(|(name, value)| (name.to_string(), value.to_string())).to_vec()
}

/// The same with more fields behind.
pub(crate) fn request_with(method: &str, path: &str, more: &[(&str, &str)]) -> Fields {
    let mut fields = request(method, path);
    fields.extend(more.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    fields
}
