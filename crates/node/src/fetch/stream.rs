//! An exchange over HTTP/2.

use super::fields;
use super::limit::{Limit, Repeated, SILENCE};
use super::telling::Telling;
use super::visit::{Asked, Got};
use super::whole::{LIMITS, MOST_ASIDE_BYTES, MOST_INTERIM, broken, lines, silence, sink_fault, tell, tell_trailers};
use crate::buffer::{Buffer, Buffers};
use crate::http2::{Lone, Patience, RequestLine, StreamHandle};
use crate::transport::Transport;
use decide::fetch::fault::{Fault, Station, Whose};
use decide::step::{Bytes, Step};
use decide::time::Instant;
use host::Host;
use std::io::{self, IoSlice};
use wire::http::{FieldWriter, Fields, RequestHead, ResponseHead};
use wire::http1::Framing;
use wire::http2::{Config, ErrorCode, Reason};

/// Bytes that a server may send ahead: enough for a fast body far away, and a bound on memory.
const WINDOW: u32 = 8 << 20;
/// What is read at once.
const READ_BYTES: usize = 128 * 1024;

/// Begins to speak HTTP/2.
pub(super) fn begin(host: &Host, buffers: &Buffers, transport: Transport) -> Lone {
    let config = Config {
        header_table_bytes: 4096,
        max_streams: 1,
        stream_window: WINDOW,
        connection_window: WINDOW,
        max_frame_bytes: 16 * 1024,
        limits: LIMITS,
        connect_protocol: false,
        output_bytes: 64 * 1024,
    };
    // How long the server may take for anything is watched by the exchange.
    let patience = Patience { send: SILENCE * 2, head: SILENCE * 2, idle: SILENCE * 2, least_rate: 0, silence: None };
    Lone::new(host, Buffer::long(buffers), transport, config, patience)
}

/// One request and its answer.
pub(super) struct Exchange<'a, 'w> {
    stream: StreamHandle,
    telling: &'a mut Telling<'w>,
    wait: Repeated,
}

impl<'a, 'w> Exchange<'a, 'w> {
    pub(super) fn new(host: &Host, lone: &Lone, limit: &Limit, telling: &'a mut Telling<'w>) -> Result<Exchange<'a, 'w>, Fault> {
        let stream = lone.stream().ok_or_else(|| broken("its connection takes no request"))?;
        Ok(Exchange { stream, telling, wait: limit.repeated(host) })
    }

    /// Sends the request, and reads the head of the answer.
    pub(super) async fn ask(&mut self, asked: &Asked<'_>, scheme: &'static str) -> Result<Got, Fault> {
        let head = RequestHead { method: asked.method.clone(), ..RequestHead::default() };
        let line = RequestLine { target: asked.path.as_bytes(), authority: asked.host().as_bytes(), scheme: scheme.as_bytes() };
        let body = asked.body.unwrap_or_default();
        let (method, authority) = (asked.method.as_str(), asked.host());
        let mut shown = format!(":method: {method}\n:scheme: {scheme}\n:authority: {authority}\n:path: {}", asked.path);
        for (name, value) in asked.fields() {
            shown.push_str(&format!("\n{}: {}", name.to_ascii_lowercase(), fields::shown(name, value)));
        }
        let (method, target, kept) = (self.telling.keep(method), self.telling.keep(&asked.path), self.telling.keep(shown));
        self.telling.step(Step::RequestSent { method, target, version: "HTTP/2", head: kept, body: Bytes(body.len() as u64) });
        self.stream.request(&head, &line, body.is_empty(), |block| {
            for (name, value) in asked.fields() {
                block.field(name.to_ascii_lowercase().as_bytes(), value.as_bytes());
            }
        });
        let sent = self.telling.now();
        self.send(body).await?;
        self.answer(sent).await
    }

    pub(super) fn telling(&mut self) -> &mut Telling<'w> {
        self.telling
    }

    async fn send(&mut self, mut body: &[u8]) -> Result<(), Fault> {
        if body.is_empty() {
            return Ok(());
        }
        while !body.is_empty() {
            let stream = &mut self.stream;
            let silent = || silence("it takes nothing of the request any more");
            match self.wait.wait(silent, |cx| stream.poll_write(cx, &[IoSlice::new(body)])).await? {
                Ok(n) => body = &body[n..],
                // It may have answered before: the head will tell.
                Err(_) => return Ok(()),
            }
        }
        self.stream.finish(&Fields::new());
        Ok(())
    }

    async fn answer(&mut self, sent: Instant) -> Result<Got, Fault> {
        let mut head = ResponseHead::default();
        for _ in 0..MOST_INTERIM {
            let stream = &mut self.stream;
            let silent = || silence("it says nothing to the request");
            let meta = self.wait.wait(silent, |cx| stream.poll_response(cx, &mut head)).await?.map_err(refused)?;
            let took = self.telling.now().since(sent);
            let interim = (100..200).contains(&head.status);
            let text = self.telling.keep(format!(":status: {}\n{}", head.status, lines(&head.fields)).trim_end());
            self.telling.step(Step::HeadReceived { status: head.status, version: "HTTP/2", head: text, interim, took });
            if !interim {
                tell(&head.fields, self.telling);
                let framing = match meta.length {
                    _ if meta.end => Framing::None,
                    Some(length) => Framing::Exact(length),
                    None => Framing::UntilClose,
                };
                return Ok(Got { head, framing, keep_alive: true });
            }
        }
        Err(broken("it sends interim answers without an end"))
    }

    /// Reads the body; see its twin in `whole`.
    pub(super) async fn body(&mut self, got: &Got, aside: bool) -> Result<bool, Fault> {
        let (began, mut size) = (self.telling.now(), 0_u64);
        let framing = match got.framing {
            Framing::None => "none",
            Framing::Exact(_) => "length",
            _ => "stream",
        };
        let read = self.pieces(&mut size, aside).await;
        let (whole, took) = (matches!(read, Ok(true)), self.telling.now().since(began));
        self.telling.step(Step::BodyReceived { size: Bytes(size), framing, whole, took });
        if let Some(trailers) = self.stream.trailers() {
            tell_trailers(trailers, self.telling);
        }
        read.map_err(|stop| match stop {
            Stop::Fault(fault) => fault,
            Stop::Cut(error) => cut(&error, size, got.framing),
        })
    }

    async fn pieces(&mut self, size: &mut u64, aside: bool) -> Result<bool, Stop> {
        let mut room = vec![0; READ_BYTES];
        loop {
            let stream = &mut self.stream;
            let silent = || silence("its body stopped");
            let read = self.wait.wait(silent, |cx| stream.poll_read(cx, &mut room)).await.map_err(Stop::Fault)?;
            let n = read.map_err(Stop::Cut)?;
            if n == 0 {
                return Ok(true);
            }
            *size += n as u64;
            if aside {
                if *size > MOST_ASIDE_BYTES {
                    return Ok(false);
                }
                continue;
            }
            self.telling.body(&room[..n]).map_err(|error| Stop::Fault(sink_fault(&error)))?;
            self.telling.progress(*size);
        }
    }
}

enum Stop {
    Fault(Fault),
    Cut(io::Error),
}

fn cut(error: &io::Error, size: u64, framing: Framing) -> Fault {
    if error.kind() == io::ErrorKind::InvalidData {
        return broken("its body breaks a rule of HTTP/2");
    }
    let how = if error.kind() == io::ErrorKind::ConnectionReset { "reset the stream" } else { "closed the connection" };
    let missing = match framing {
        Framing::Exact(length) => format!("{} of {length} bytes are missing", length.saturating_sub(size)),
        _ => format!("its end is missing after {size} bytes"),
    };
    let remedy = "try again; if it stays so, look at the server's log, and at the time limits of whatever stands between";
    Fault::new(Station::Http, Whose::Server, "truncated", format!("the body is cut short: the server {how} and {missing}"), remedy)
}

/// No head came.
fn refused(reason: Reason) -> Fault {
    let remedy = "look at the server's log; --http1 shows whether it does better without HTTP/2";
    let fault = |word, why: String| Fault::new(Station::Http, Whose::Server, word, why, remedy);
    match reason {
        Reason::Malformed(rule) => broken(format!("its answer breaks a rule of HTTP/2: {} ({})", rule.sentence(), rule.section())),
        Reason::Refused | Reason::Reset(ErrorCode::REFUSED_STREAM) => {
            fault("refused-stream", "the server refused the request before it looked at it".to_string())
        }
        Reason::Reset(code) => fault("reset", format!("the server reset the stream in place of an answer ({})", code.name())),
        Reason::ConnectionOver => fault("no-answer", "the server closed the connection without an answer".to_string()),
    }
}
