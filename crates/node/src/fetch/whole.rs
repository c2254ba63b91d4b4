//! An exchange over HTTP/1.1.

use super::fields;
use super::limit::{Limit, Repeated};
use super::line::End;
use super::telling::Telling;
use super::visit::{Asked, Got};
use crate::buffer::Buffer;
use crate::transport::Transport;
use decide::fetch::fault::{Fault, Station, Whose};
use decide::fetch::told::told;
use decide::step::{Bytes, Step};
use decide::time::Instant;
use host::Host;
use std::io::{self, IoSlice};
use std::task::{Context, Poll};
use wire::http::{Fields, Method, ResponseHead};
use wire::http1::{
    BodyDecoder, BodyError, Framing, Limits, Parsed, Rejection, ResponseMeta, Rule, parse_response, write_field, write_request_line,
};

/// What is read of a head: as much as any browser takes.
pub(super) const LIMITS: Limits = Limits { target_bytes: 64 * 1024, head_bytes: 256 * 1024, fields: 1000 };
/// More interim answers are not waited through.
pub(super) const MOST_INTERIM: usize = 32;
/// More than this of an answer that sends us elsewhere is not read.
pub(super) const MOST_ASIDE_BYTES: u64 = 1 << 20;

/// One request and its answer.
pub(super) struct Exchange<'a, 'w> {
    transport: &'a mut Transport,
    input: &'a mut Buffer,
    telling: &'a mut Telling<'w>,
    wait: Repeated,
    /// How the connection has ended, if it has.
    end: End,
}

impl<'a, 'w> Exchange<'a, 'w> {
    pub(super) fn new(
        host: &'a Host,
        transport: &'a mut Transport,
        input: &'a mut Buffer,
        limit: &Limit,
        telling: &'a mut Telling<'w>,
    ) -> Exchange<'a, 'w> {
        Exchange { transport, input, telling, wait: limit.repeated(host), end: End::Ours }
    }

    /// Sends the request, and reads the head of the answer.
    pub(super) async fn ask(&mut self, asked: &Asked<'_>) -> Result<Got, Fault> {
        let mut out = Vec::new();
        write_request_line(&asked.method, asked.path.as_bytes(), &mut out);
        let mut shown = String::from_utf8_lossy(&out).trim_end().to_string();
        for (name, value) in asked.lines() {
            write_field(name.as_bytes(), value.as_bytes(), &mut out);
            shown.push_str(&format!("\n{name}: {}", fields::shown(name, value)));
        }
        out.extend_from_slice(b"\r\n");
        let body = asked.body.unwrap_or_default();
        let (method, target, head) = (self.telling.keep(asked.method.as_str()), self.telling.keep(&asked.path), self.telling.keep(shown));
        self.telling.step(Step::RequestSent { method, target, version: "HTTP/1.1", head, body: Bytes(body.len() as u64) });
        self.send(&out, body).await?;
        let sent = self.telling.now();
        self.answer(asked, sent).await
    }

    /// Writes until all is out, or an answer comes before. A server that takes no more may have said why: that is looked for first.
    async fn send(&mut self, head: &[u8], body: &[u8]) -> Result<(), Fault> {
        let mut sent = 0;
        let all = head.len() + body.len();
        let (transport, input) = (&mut *self.transport, &mut *self.input);
        let silent = || silence("it takes nothing of the request any more");
        loop {
            let step = self.wait.wait(silent, |cx| {
                if sent < all {
                    let head = &head[sent.min(head.len())..];
                    let body = &body[sent.saturating_sub(all - body.len())..];
                    if let Poll::Ready(written) = transport.poll_write(cx, &[IoSlice::new(head), IoSlice::new(body)]) {
                        return Poll::Ready(written.map(|n| sent += n).is_err());
                    }
                } else if transport.poll_flush(cx).is_ready() {
                    return Poll::Ready(true);
                }
                // An early answer.
                input.poll_fill(cx, transport).map(|_| true)
            });
            if step.await? {
                return Ok(());
            }
        }
    }

    async fn answer(&mut self, asked: &Asked<'_>, sent: Instant) -> Result<Got, Fault> {
        let mut head = ResponseHead::default();
        for _ in 0..MOST_INTERIM {
            let (len, meta) = self.head(&asked.method, &mut head).await?;
            let took = self.telling.now().since(sent);
            let text = String::from_utf8_lossy(&self.input.unread()[..len]).replace("\r\n", "\n");
            let interim = (100..200).contains(&head.status) && !meta.upgraded;
            let kept = self.telling.keep(text.trim_end());
            self.telling.step(Step::HeadReceived { status: head.status, version: head.version.name(), head: kept, interim, took });
            self.input.consume(len);
            if meta.upgraded && !asked.upgrade {
                return Err(broken("it switched to another protocol, which nobody asked for"));
            }
            if !interim {
                tell(&head.fields, self.telling);
                return Ok(Got { head, framing: meta.framing, keep_alive: meta.keep_alive });
            }
        }
        Err(broken("it sends interim answers without an end"))
    }

    async fn head(&mut self, method: &Method, head: &mut ResponseHead) -> Result<(usize, ResponseMeta), Fault> {
        loop {
            match parse_response(self.input.unread(), &LIMITS, method, head) {
                Ok(Parsed::Complete { len, meta }) => return Ok((len, meta)),
                Ok(Parsed::Partial) => {}
                Err(rejection) => return Err(self.not_http(rejection)),
            }
            match self.fill(|| silence("it says nothing to the request")).await? {
                Ok(0) => return Err(self.nothing_more(None)),
                Ok(_) => {}
                Err(error) => return Err(self.nothing_more(Some(&error))),
            }
        }
    }

    async fn fill(&mut self, silent: impl Fn() -> Fault) -> Result<io::Result<usize>, Fault> {
        let (transport, input) = (&mut *self.transport, &mut *self.input);
        self.wait.wait(silent, |cx: &mut Context<'_>| input.poll_fill(cx, transport)).await
    }

    /// Reads the body. Of an answer that sends us elsewhere (`aside`) only so much that the connection can be used again. False: it was not
    /// read to its end.
    pub(super) async fn body(&mut self, got: &Got, aside: bool) -> Result<bool, Fault> {
        let (began, mut size, mut trailers) = (self.telling.now(), 0_u64, Fields::new());
        let mut decoder = BodyDecoder::new(got.framing, LIMITS);
        let framing = word(got.framing);
        let read = self.pieces(&mut decoder, &mut size, &mut trailers, aside).await;
        let (whole, took) = (matches!(read, Ok(true)), self.telling.now().since(began));
        self.telling.step(Step::BodyReceived { size: Bytes(size), framing, whole, took });
        tell_trailers(&trailers, self.telling);
        match read {
            Err(Stop::Fault(fault)) => Err(fault),
            Err(Stop::Cut(error)) => Err(self.truncated(&decoder, size, error.as_ref())),
            Err(Stop::Broken(error)) => Err(broken(format!("its body breaks HTTP: {}", body_sentence(&error)))),
            Ok(done) => Ok(done),
        }
    }

    async fn pieces(&mut self, decoder: &mut BodyDecoder, size: &mut u64, trailers: &mut Fields, aside: bool) -> Result<bool, Stop> {
        loop {
            while !self.input.is_empty() || decoder.is_done() {
                if decoder.is_done() {
                    return Ok(true);
                }
                let piece = decoder.decode(self.input.unread(), trailers).map_err(Stop::Broken)?;
                if piece.skip == 0 && piece.data == 0 && !piece.done {
                    break;
                }
                self.input.consume(piece.skip);
                if !aside {
                    self.telling.body(&self.input.unread()[..piece.data]).map_err(|error| Stop::Fault(sink_fault(&error)))?;
                }
                self.input.consume(piece.data);
                *size += piece.data as u64;
                if piece.done {
                    return Ok(true);
                }
            }
            if aside && *size > MOST_ASIDE_BYTES {
                return Ok(false);
            }
            if *size > 0 {
                self.input.expect_long_body();
                self.telling.progress(*size);
            }
            match self.fill(|| silence("its body stopped")).await.map_err(Stop::Fault)? {
                Ok(0) => {
                    self.end = End::Theirs;
                    decoder.end_of_input().map_err(|_| Stop::Cut(None))?;
                    return Ok(true);
                }
                Ok(_) => {}
                Err(error) => return Err(Stop::Cut(Some(error))),
            }
        }
    }

    pub(super) fn telling(&mut self) -> &mut Telling<'w> {
        self.telling
    }

    /// How the connection has ended.
    pub(super) fn end(&self) -> End {
        self.end
    }

    fn truncated(&mut self, decoder: &BodyDecoder, size: u64, error: Option<&io::Error>) -> Fault {
        self.end = if error.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionReset) { End::Reset } else { End::Theirs };
        let how = if self.end == End::Reset { "reset the connection" } else { "closed the connection" };
        let missing = match decoder.remaining() {
            Some(left) => format!("{left} of {} bytes are missing", size + left),
            None => format!("its end is missing after {size} bytes"),
        };
        let why = format!("the body is cut short: the server {how} and {missing}");
        let remedy = "try again; if it stays so, look at the server's log, and at the time limits of whatever stands between";
        Fault::new(Station::Http, Whose::Server, "truncated", why, remedy)
    }

    /// The connection is over before the head of an answer.
    fn nothing_more(&mut self, error: Option<&io::Error>) -> Fault {
        let reset = error.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionReset);
        self.end = if reset { End::Reset } else { End::Theirs };
        let how = if reset { "reset the connection" } else { "closed the connection" };
        let (word, what) = if self.input.is_empty() {
            ("no-answer", "without an answer")
        } else {
            ("truncated", "in the middle of the head of its answer")
        };
        let word = if reset { "reset" } else { word };
        let why = format!("the server {how} {what}");
        Fault::new(
            Station::Http,
            Whose::Server,
            word,
            why,
            "look at the server's log: it may have crashed on the request, or may want TLS here (https)",
        )
    }

    fn not_http(&self, rejection: Rejection) -> Fault {
        match self.input.unread() {
            // A record of TLS: an alert, or the beginning of a handshake.
            [0x15 | 0x16, 0x03, ..] => {
                let why = "it answers with TLS, and was asked without";
                Fault::new(Station::Http, Whose::You, "wants-tls", why, "ask for https in place of http")
            }
            // A SETTINGS frame begins the server's side of HTTP/2 (RFC 9113 §3.4).
            [0, _, _, 4, ..] => broken("it speaks HTTP/2 without being asked"),
            start if rejection.rule == Rule::StatusLine => {
                let start = String::from_utf8_lossy(&start[..start.len().min(24)]).into_owned();
                broken(format!("what it sends is no HTTP; it begins with {start:?}"))
            }
            _ => broken(format!("its answer breaks a rule of HTTP: {} ({})", rejection.sentence(), rejection.section())),
        }
    }
}

enum Stop {
    Fault(Fault),
    /// The connection is over before the body.
    Cut(Option<io::Error>),
    Broken(BodyError),
}

/// What the fields say, in words.
pub(super) fn tell(fields: &Fields, telling: &mut Telling<'_>) {
    for told in told(fields) {
        let says = telling.keep(told.says);
        telling.step(Step::Told { field: told.field, says });
    }
}

/// What came behind the body.
pub(super) fn tell_trailers(trailers: &Fields, telling: &mut Telling<'_>) {
    if !trailers.is_empty() {
        let fields = telling.keep(lines(trailers));
        telling.step(Step::TrailersReceived { fields });
        tell(trailers, telling);
    }
}

/// Fields as lines.
pub(super) fn lines(fields: &Fields) -> String {
    let line = |(name, value): (&[u8], &[u8])| format!("{}: {}", String::from_utf8_lossy(name), String::from_utf8_lossy(value));
    let all: Vec<String> = fields.iter().map(|field| line((field.name, field.value))).collect();
    all.join("\n")
}

/// The server breaks the protocol.
pub(super) fn broken(why: impl Into<String>) -> Fault {
    let remedy = "tell whoever runs it; something between may have changed it too";
    Fault::new(Station::Http, Whose::Server, "broken-http", why, remedy)
}

/// The server is silent.
pub(super) fn silence(what: &str) -> Fault {
    let why = format!("{what}, for {} s", super::limit::SILENCE.as_secs());
    Fault::new(
        Station::Http,
        Whose::Server,
        "timeout",
        why,
        "look at the server's log: what it does for this request takes too long, or hangs",
    )
}

/// The body cannot be put where it was to go.
pub(super) fn sink_fault(error: &io::Error) -> Fault {
    let why = format!("the body cannot be written: {error}");
    Fault::new(Station::Machine, Whose::Machine, "output", why, "look at the file of -o, and at the room on its disk")
}

fn word(framing: Framing) -> &'static str {
    match framing {
        Framing::None => "none",
        Framing::Exact(_) => "length",
        Framing::Chunked => "chunked",
        Framing::UntilClose => "close",
    }
}

fn body_sentence(error: &BodyError) -> String {
    match error {
        BodyError::Rejected(rejection) => format!("{} ({})", rejection.sentence(), rejection.section()),
        BodyError::Truncated => "it ends too early".to_string(),
    }
}
