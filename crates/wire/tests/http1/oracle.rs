//! hyper as a second opinion. What both accept must mean the same to both; what hyper refuses we refuse too, but for [`LOOSER`]. That we
//! refuse much that hyper accepts is the purpose of a parser of our own.

use crate::corpus::{self, Kind};
use crate::driver::{Outcome, ROOMY, body, request, response};
use crate::fuzz::WORDS;
use crate::mutation::run;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wire::http::{Fields, Method, TargetForm};

/// A message as both parsers tell it. Field names in lower case, values of one name in order.
#[derive(Clone, Debug, Default, PartialEq)]
struct Told {
    /// Method, authority where the target has one, and path; or the status.
    start: String,
    fields: BTreeMap<String, Vec<Vec<u8>>>,
    body: Vec<u8>,
    trailers: BTreeMap<String, Vec<Vec<u8>>>,
}

/// The other side of a connection: it has said all of `input` and then closes.
struct Script {
    input: Vec<u8>,
    at: usize,
    /// A server speaks only when it was spoken to.
    silent: bool,
}

impl Read for Script {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, mut buffer: ReadBufCursor<'_>) -> Poll<std::io::Result<()>> {
        if self.silent {
            return Poll::Pending;
        }
        let len = buffer.remaining().min(self.input.len() - self.at);
        buffer.put_slice(&self.input[self.at..self.at + len]);
        self.at += len;
        Poll::Ready(Ok(()))
    }
}

impl Write for Script {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.silent = false;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

struct NoBody;

impl Body for NoBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}

/// What hyper made of a message: `None` where it broke off, `Err` where hyper refused it.
type Opinion = Option<Result<Told, String>>;

/// Polls until both are done or nothing moves any more: the script is always ready, so no waking is needed.
fn drive<A: Future, B: Future>(first: A, second: B) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let mut context = Context::from_waker(Waker::noop());
    let (mut first_done, mut second_done) = (false, false);
    for _ in 0..64 {
        first_done = first_done || first.as_mut().poll(&mut context).is_ready();
        second_done = second_done || second.as_mut().poll(&mut context).is_ready();
        if first_done && second_done {
            return;
        }
    }
}

fn told_by_hyper(headers: &hyper::HeaderMap) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut told = BTreeMap::<String, Vec<Vec<u8>>>::new();
    for (name, value) in headers {
        told.entry(name.as_str().to_owned()).or_default().push(value.as_bytes().to_vec());
    }
    told
}

fn told_by_us(fields: &Fields) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut told = BTreeMap::<String, Vec<Vec<u8>>>::new();
    for field in fields.iter() {
        told.entry(String::from_utf8_lossy(field.name).to_ascii_lowercase()).or_default().push(field.value.to_vec());
    }
    told
}

/// Reads a body to its end.
async fn collect(mut incoming: Incoming, mut told: Told) -> Opinion {
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut incoming).poll_frame(context)).await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => told.body.extend_from_slice(&data),
            Ok(Err(frame)) => told.trailers = frame.trailers_ref().map(told_by_hyper).unwrap_or_default(),
            Err(error) => return judge(&error),
        }
    }
    Some(Ok(told))
}

/// Tells a message that broke a rule from one that broke off.
fn judge(error: &hyper::Error) -> Opinion {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    let broke_off = error.is_incomplete_message()
        || error.is_canceled()
        || error.is_closed()
        || cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::UnexpectedEof);
    if broke_off { None } else { Some(Err(error.to_string())) }
}

fn request_by_hyper(input: &[u8]) -> Opinion {
    let opinion: Rc<RefCell<Opinion>> = Rc::default();
    let first = opinion.clone();
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let first = first.clone();
        async move {
            let (parts, incoming) = request.into_parts();
            let uri = &parts.uri;
            let authority = uri.authority().map_or("", |authority| authority.as_str());
            let path = uri.path_and_query().map_or(String::new(), |path| path.to_string());
            // RFC 9112 §3.2.1: an empty path is `/`; hyper leaves that to its caller.
            let path = if path.starts_with('?') { format!("/{path}") } else { path };
            let told =
                Told { start: format!("{} {authority} {path}", parts.method), fields: told_by_hyper(&parts.headers), ..Told::default() };
            let collected = collect(incoming, told).await;
            // Later requests are another matter: the first one is asked for.
            let mut first = first.borrow_mut();
            if first.is_none() {
                *first = Some(collected.unwrap_or(Err(String::from(BROKEN_OFF))));
            }
            Ok::<_, Infallible>(hyper::Response::new(NoBody))
        }
    });
    let script = Script { input: input.to_vec(), at: 0, silent: false };
    let end = Rc::new(RefCell::new(None));
    let ended = end.clone();
    let mut server = hyper::server::conn::http1::Builder::new();
    server.half_close(true).max_buf_size(1 << 20).max_headers(1000);
    let connection = server.serve_connection(script, service);
    drive(async move { *ended.borrow_mut() = connection.await.err() }, async {});
    let told = opinion.borrow_mut().take();
    match told {
        Some(Err(text)) if text == BROKEN_OFF => None,
        Some(told) => Some(told),
        None => end.borrow().as_ref().and_then(judge),
    }
}

const BROKEN_OFF: &str = "broken off";

fn response_by_hyper(input: &[u8]) -> Opinion {
    let opinion: RefCell<Opinion> = RefCell::default();
    let script = Script { input: input.to_vec(), at: 0, silent: true };
    drive(
        async {
            let mut handshake = pin!(hyper::client::conn::http1::Builder::new().max_headers(1000).handshake::<_, NoBody>(script));
            let (mut sender, connection) = handshake.as_mut().await.expect("a handshake of HTTP/1 says nothing");
            let exchange = async {
                let request = hyper::Request::builder().uri("/").header("host", "a").body(NoBody).expect("a valid request");
                let answer = match sender.send_request(request).await {
                    Ok(answer) => {
                        let (parts, incoming) = answer.into_parts();
                        let told =
                            Told { start: parts.status.as_u16().to_string(), fields: told_by_hyper(&parts.headers), ..Told::default() };
                        collect(incoming, told).await
                    }
                    Err(error) => judge(&error),
                };
                *opinion.borrow_mut() = answer;
            };
            drive_both(exchange, connection).await;
        },
        async {},
    );
    opinion.into_inner()
}

/// Polls the second whenever the first waits.
async fn drive_both(first: impl Future, second: impl Future) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let mut second_done = false;
    std::future::poll_fn(|context| {
        if first.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        second_done = second_done || second.as_mut().poll(context).is_ready();
        Poll::Pending
    })
    .await;
}

fn request_by_us(input: &[u8]) -> Outcome<Told> {
    request(input, ROOMY).then(|(len, meta, head)| {
        body(meta.framing, ROOMY, [&input[len..]]).0.then(|body| {
            let authority = if matches!(head.form, TargetForm::Absolute | TargetForm::Authority) { &head.authority[..] } else { b"" };
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            // hyper knows no path of an absolute target but `/`.
            let path = if head.form == TargetForm::Absolute && head.target == b"*" { "/".into() } else { text(&head.target) };
            let start = format!("{} {} {path}", head.method.as_str(), text(authority));
            Outcome::Whole(Told { start, fields: told_by_us(&head.fields), body: body.data, trailers: told_by_us(&body.trailers) })
        })
    })
}

/// The first final response, as hyper's client gives it.
fn response_by_us(input: &[u8]) -> Outcome<Told> {
    response(input, &Method::Get, ROOMY).then(|(len, meta, head)| {
        if head.status < 200 && head.status != 101 {
            return response_by_us(&input[len..]);
        }
        body(meta.framing, ROOMY, [&input[len..]]).0.then(|body| {
            let fields = told_by_us(&head.fields);
            Outcome::Whole(Told { start: head.status.to_string(), fields, body: body.data, trailers: told_by_us(&body.trailers) })
        })
    })
}

/// Where we accept what hyper refuses: why, and which messages.
const LOOSER: &[(&str, Covers)] = &[
    ("RFC 9110 §2.5: a higher minor version is read as the highest known; hyper reads 1.0 and 1.1 only", |_, input| {
        let text = input.trim_ascii_start();
        let line = &text[..memchr::memchr(b'\r', text).unwrap_or(text.len())];
        let version = if line.starts_with(b"HTTP/") { line } else { &line[line.len().saturating_sub(8)..] };
        matches!(version, [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'2'..=b'9', ..])
    }),
    ("browsers send these characters in targets as they are", |told, _| {
        told.start.bytes().any(|byte| matches!(byte, b'<' | b'>' | b'"' | b'`' | b'^' | b'{' | b'|' | b'}'))
    }),
];

type Covers = fn(&Told, &[u8]) -> bool;

/// What comes of comparing the opinions on many messages.
#[derive(Default)]
struct Tally {
    agreed: usize,
    disagreements: Vec<String>,
}

impl Tally {
    fn compare(&mut self, ours: &Outcome<Told>, hypers: &Opinion, input: &[u8]) {
        let Outcome::Whole(told) = ours else { return };
        let shown = String::from_utf8_lossy(input);
        match hypers {
            Some(Ok(other)) if told == other => self.agreed += 1,
            Some(Ok(other)) => self.disagreements.push(format!("{shown:?}: {told:?} to us, {other:?} to hyper")),
            _ if LOOSER.iter().any(|(_, covers)| covers(told, input)) => {}
            refused => self.disagreements.push(format!("{shown:?}: taken by us, {refused:?} by hyper")),
        }
    }

    /// Panics with the first disagreements, and where too little was accepted for the comparison to say anything.
    fn check(self, least: usize) {
        assert!(
            self.disagreements.is_empty(),
            "{} of them: {:#?}",
            self.disagreements.len(),
            &self.disagreements[..self.disagreements.len().min(20)]
        );
        assert!(self.agreed >= least, "only {} messages were accepted by both", self.agreed);
    }
}

#[test]
fn valid_messages_mean_the_same_to_hyper() {
    let mut tally = Tally::default();
    for input in corpus::REQUESTS {
        tally.compare(&request_by_us(input), &request_by_hyper(input), input);
    }
    for input in corpus::RESPONSES {
        tally.compare(&response_by_us(input), &response_by_hyper(input), input);
    }
    tally.check(17);
}

#[test]
fn mutated_requests_mean_the_same_to_hyper_or_are_refused() {
    let malformed = corpus::malformed();
    let broken = malformed.iter().filter(|case| case.kind == Kind::Request && case.input.len() < 2000).map(|case| &case.input[..]);
    // More of the valid ones, so that enough stay valid.
    let seeds: Vec<&[u8]> = corpus::REQUESTS.repeat(20).into_iter().chain(broken).collect();
    let mut tally = Tally::default();
    run(&seeds, WORDS, 6000, |_, input| tally.compare(&request_by_us(input), &request_by_hyper(input), input));
    tally.check(300);
}

#[test]
fn mutated_responses_mean_the_same_to_hyper_or_are_refused() {
    let mut tally = Tally::default();
    run(corpus::RESPONSES, WORDS, 6000, |_, input| tally.compare(&response_by_us(input), &response_by_hyper(input), input));
    tally.check(300);
}
