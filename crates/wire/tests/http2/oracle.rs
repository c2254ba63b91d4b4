//! h2, which much of the world speaks, as the other side: our client with its server, its client with our server.

use crate::frames::CONFIG;
use h2::{Reason as Code, RecvStream, SendStream};
use hyper::body::Bytes;
use hyper::http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use wire::http::{FieldWriter, Fields, Method, RequestHead, ResponseHead};
use wire::http2::{Config, Connection, ErrorCode, Event, Read, Reason, Role, StreamId, Write};

/// Runs on a runtime of one thread, without a clock.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// Windows and an output that are much smaller than what goes through them.
const NARROW: Config = Config { stream_window: 3000, connection_window: 65_535, output_bytes: 2000, max_streams: 20, ..CONFIG };
const WIDE: Config = Config { stream_window: 1 << 20, connection_window: 1 << 21, max_streams: 20, ..CONFIG };

/// A body that is told from others by its length and number.
fn body(len: usize, number: usize) -> Vec<u8> {
    (0..len).map(|at| (at / 3 + number) as u8).collect()
}

/// One of our machines on a pipe.
struct Peer {
    connection: Connection,
    io: DuplexStream,
    input: Vec<u8>,
    /// Heads of requests that were told of.
    heads: BTreeMap<StreamId, RequestHead>,
}

impl Peer {
    fn new(role: Role, config: Config, io: DuplexStream) -> Peer {
        Peer { connection: Connection::new(role, config), io, input: Vec::new(), heads: BTreeMap::new() }
    }

    /// Sends what is to be sent, then waits for bytes and takes them in. `None`: the other side is done.
    async fn turn(&mut self) -> Option<Vec<Event>> {
        while !self.connection.output().is_empty() {
            // A side that has said everything may close before it has heard everything; what it said is still to be read.
            let n = self.io.write(self.connection.output()).await.unwrap_or(self.connection.output().len());
            self.connection.sent(n);
        }
        let mut events: Vec<Event> = std::iter::from_fn(|| self.connection.poll_event()).collect();
        if !events.is_empty() {
            return Some(events);
        }
        if self.connection.is_over() || self.io.read_buf(&mut self.input).await.ok()? == 0 {
            self.connection.closed();
            return None;
        }
        let mut at = 0;
        loop {
            let (n, event) = self.connection.receive(&self.input[at..], Duration::ZERO).expect("h2 breaks no rule");
            at += n;
            if let Some(Event::Request { stream, .. }) = event {
                let mut head = RequestHead::default();
                self.connection.take_request(&mut head);
                self.heads.insert(stream, head);
            }
            events.extend(event);
            if n == 0 {
                break;
            }
        }
        self.input.drain(..at);
        Some(events)
    }
}

/// What our server has to do on a stream.
#[derive(Default)]
struct Work {
    /// What is still to be sent.
    body: Vec<u8>,
    sent: usize,
    trailers: Fields,
    /// What comes is sent back.
    echoes: bool,
    whole: bool,
    finished: bool,
}

/// A server of ours that does what the path says: `/echo`, `/bytes/N`, `/reset`, `/early`, `/quit`.
async fn our_server(config: Config, io: DuplexStream) {
    let mut peer = Peer::new(Role::Server, config, io);
    let mut work: BTreeMap<StreamId, Work> = BTreeMap::new();
    while let Some(events) = peer.turn().await {
        for event in events {
            match event {
                Event::Request { stream, .. } => {
                    let head = peer.heads.remove(&stream).expect("it was told of");
                    if let Some(new) = begin(&mut peer.connection, stream, &head) {
                        work.insert(stream, new);
                    }
                }
                Event::Failed { stream } => {
                    work.remove(&stream);
                    peer.connection.let_go(stream);
                }
                Event::Malformed { rule, .. } => panic!("{rule:?}"),
                _ => {}
            }
        }
        work.retain(|stream, work| {
            let done = serve(&mut peer.connection, *stream, work);
            if done {
                peer.connection.let_go(*stream);
            }
            !done
        });
    }
}

/// Answers, up to the body.
fn begin(connection: &mut Connection, stream: StreamId, head: &RequestHead) -> Option<Work> {
    let path = String::from_utf8(head.target.clone()).expect("a path of ours");
    let mut work = Work::default();
    match path.split('/').nth(1) {
        Some("echo") => work.echoes = true,
        Some("bytes") => work.body = body(path["/bytes/".len()..].parse().expect("a length"), stream as usize),
        Some("reset") => {
            connection.reset(stream, ErrorCode::INTERNAL_ERROR);
            connection.let_go(stream);
            return None;
        }
        Some("early") => {
            connection.begin_response(stream, 413).end(true);
            connection.let_go(stream);
            return None;
        }
        Some("quit") => {
            connection.drain();
            connection.drain();
        }
        other => panic!("{other:?}"),
    }
    connection.begin_response(stream, 103).end(false);
    let mut writer = connection.begin_response(stream, 200);
    head.fields.iter().for_each(|field| writer.pass(field));
    writer.field(b"X-Method", head.method.as_str().as_bytes());
    writer.end(false);
    Some(work)
}

/// Goes on with a stream as far as it can. True: it is done.
fn serve(connection: &mut Connection, stream: StreamId, work: &mut Work) -> bool {
    let mut into = [0; 1500];
    // What is not sent yet holds up what comes.
    while work.echoes && !work.whole && work.body.len() - work.sent < 4000 {
        match connection.read(stream, &mut into) {
            Read::Bytes(n) => work.body.extend_from_slice(&into[..n]),
            Read::End => {
                work.trailers = connection.take_trailers(stream).unwrap_or_default();
                work.whole = true;
            }
            _ => break,
        }
    }
    while work.sent < work.body.len() {
        match connection.write(stream, &work.body[work.sent..]) {
            Write::Accepted(n) => work.sent += n,
            Write::Pending => return false,
            Write::Failed(_) => return false,
        }
    }
    if !work.echoes || work.whole {
        work.finished = true;
        connection.finish(stream, &work.trailers);
    }
    work.finished
}

/// Sends a body through h2, in pieces, with trailers.
async fn send_body(mut stream: SendStream<Bytes>, bytes: Vec<u8>, trailers: Option<HeaderMap>) -> Result<(), h2::Error> {
    let mut rest = Bytes::from(bytes);
    while !rest.is_empty() {
        stream.reserve_capacity(rest.len().min(7000));
        let room = match poll_fn(|context| stream.poll_capacity(context)).await {
            Some(room) => room?,
            None => return Ok(()),
        };
        let piece = rest.split_to(room.min(rest.len()));
        stream.send_data(piece, false)?;
    }
    match trailers {
        Some(trailers) => stream.send_trailers(trailers),
        None => stream.send_data(Bytes::new(), true),
    }
}

/// Reads a body out of h2, window by window.
async fn read_body(stream: &mut RecvStream) -> Result<(Vec<u8>, Option<HeaderMap>), h2::Error> {
    let mut got = Vec::new();
    while let Some(piece) = stream.data().await {
        let piece = piece?;
        got.extend_from_slice(&piece);
        stream.flow_control().release_capacity(piece.len())?;
    }
    Ok((got, stream.trailers().await?))
}

fn some_trailers() -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static("x-sum"), HeaderValue::from_static("12"))])
}

async fn ask(sender: &h2::client::SendRequest<Bytes>, method: &str, path: &str, bytes: Vec<u8>, trailers: bool) -> Asked {
    let mut sender = sender.clone().ready().await?;
    let mut request = Request::builder().method(method).uri(format!("http://a.example{path}")).header("x-a", "b").header("cookie", "c=d");
    if method == "PUT" {
        request = request.header("content-length", bytes.len());
    }
    let request = request.body(()).expect("a request");
    let whole = bytes.is_empty() && !trailers;
    let (response, stream) = sender.send_request(request, whole)?;
    let sending = tokio::spawn(async move { if whole { Ok(()) } else { send_body(stream, bytes, trailers.then(some_trailers)).await } });
    let mut response = response.await?;
    let (got, trailers) = read_body(response.body_mut()).await?;
    let _ = sending.await.expect("no panic");
    Ok((response, got, trailers))
}

type Asked = Result<(Response<RecvStream>, Vec<u8>, Option<HeaderMap>), h2::Error>;

fn with_its_client<F: Future<Output = ()>>(config: Config, windows: u32, run: impl FnOnce(h2::client::SendRequest<Bytes>) -> F) {
    block_on(async {
        let (ours, theirs) = tokio::io::duplex(10_000);
        let server = tokio::spawn(our_server(config, ours));
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(windows).initial_connection_window_size(windows.max(65_535)).enable_push(false);
        let (sender, connection) = builder.handshake(theirs).await.expect("a handshake");
        let connection = tokio::spawn(connection);
        run(sender).await;
        let _ = connection.await.expect("no panic");
        server.await.expect("no panic");
    });
}

#[test]
fn its_client_and_our_server() {
    for (config, windows) in [(NARROW, 65_535), (NARROW, 1000), (WIDE, 1 << 20), (WIDE, 2000)] {
        with_its_client(config, windows, |sender| async move {
            let mut asked = Vec::new();
            for number in 0..40 {
                let (sender, bytes) = (sender.clone(), body(number * 997, number));
                asked.push(tokio::spawn(async move {
                    let method = ["POST", "PUT"][number % 2];
                    let (response, got, trailers) = ask(&sender, method, "/echo", bytes.clone(), number % 3 == 0).await.expect("an answer");
                    assert!(response.status() == 200 && got == bytes, "{number}");
                    let told = ["x-method", "x-a", "cookie"].map(|name| response.headers()[name].to_str().expect("text"));
                    assert_eq!(told, [method, "b", "c=d"]);
                    assert_eq!(trailers, (number % 3 == 0).then(some_trailers), "{number}");
                }));
            }
            for asked in asked {
                asked.await.expect("no panic");
            }
            let (_, got, _) = ask(&sender, "GET", "/bytes/200000", Vec::new(), false).await.expect("an answer");
            assert_eq!(got.len(), 200_000);
        });
    }
}

#[test]
fn its_client_and_our_server_in_trouble() {
    with_its_client(NARROW, 3000, |sender| async move {
        let error = ask(&sender, "POST", "/reset", body(9000, 1), false).await.expect_err("it was reset");
        assert_eq!(error.reason(), Some(Code::INTERNAL_ERROR));
        let (response, got, _) = ask(&sender, "POST", "/early", body(90_000, 1), false).await.expect("an answer before the request's end");
        assert_eq!((response.status().as_u16(), got.len()), (413, 0));
        // A response that is not wanted any more in its middle; then one that is.
        let mut ready = sender.clone().ready().await.expect("ready");
        let request = Request::builder().uri("http://a/bytes/100000").body(()).expect("a request");
        let (response, mut stream) = ready.send_request(request, true).expect("sent");
        let mut response = response.await.expect("a head");
        assert!(response.body_mut().data().await.is_some());
        stream.send_reset(Code::CANCEL);
        drop(response);
        let (_, got, _) = ask(&sender, "GET", "/bytes/5000", Vec::new(), false).await.expect("an answer");
        assert_eq!(got.len(), 5000);
        let (response, ..) = ask(&sender, "GET", "/quit", Vec::new(), false).await.expect("an answer behind the farewell");
        assert_eq!(response.status(), 200);
        assert!(ask(&sender, "GET", "/bytes/1", Vec::new(), false).await.is_err(), "and no other");
    });
}

/// An h2 server that does what the path says.
async fn its_server(windows: u32, io: DuplexStream) {
    let mut builder = h2::server::Builder::new();
    builder.initial_window_size(windows).initial_connection_window_size(windows.max(65_535)).max_concurrent_streams(5);
    let mut connection = builder.handshake::<_, Bytes>(io).await.expect("a handshake");
    while let Some(accepted) = connection.accept().await {
        let (request, respond) = accepted.expect("we break no rule");
        let quits = request.uri().path() == "/quit";
        tokio::spawn(its_answer(request, respond));
        if quits {
            connection.graceful_shutdown();
        }
    }
}

async fn its_answer(mut request: Request<RecvStream>, mut respond: h2::server::SendResponse<Bytes>) {
    let path = request.uri().path().to_string();
    let mut response = Response::builder().header("x-path", &path);
    for (name, value) in request.headers() {
        response = response.header(name, value);
    }
    match path.as_str() {
        "/echo" => {
            let Ok((got, trailers)) = read_body(request.body_mut()).await else { return };
            let stream = respond.send_response(response.body(()).expect("a response"), false).expect("sent");
            let _ = send_body(stream, got, trailers).await;
        }
        "/reset" => respond.send_reset(Code::INTERNAL_ERROR),
        "/refuse" => respond.send_reset(Code::REFUSED_STREAM),
        "/head" => {
            let response = response.header("content-length", "77").body(()).expect("a response");
            respond.send_response(response, true).expect("sent");
        }
        "/early" => {
            // It resets, without an error, when the rest of the request is dropped.
            respond.send_response(response.status(413).body(()).expect("a response"), true).expect("sent");
        }
        _ => {
            let stream = respond.send_response(response.body(()).expect("a response"), false).expect("sent");
            let _ = send_body(stream, body(50_000, 1), None).await;
        }
    }
}

/// What our client wants, and what came of it.
#[derive(Debug, Default)]
struct Wish {
    method: Method,
    path: &'static str,
    body: Vec<u8>,
    trailers: Fields,
    sent: usize,
    finished: bool,
    head: ResponseHead,
    got: Vec<u8>,
    got_trailers: Fields,
    failure: Option<Reason>,
    done: bool,
    /// Lets go after so many bytes.
    leaves: Option<usize>,
}

impl Wish {
    fn of(path: &'static str, body: Vec<u8>) -> Wish {
        let method = if body.is_empty() { Method::Get } else { Method::Post };
        Wish { method, path, body, ..Wish::default() }
    }

    /// Goes on as far as it can.
    fn step(&mut self, connection: &mut Connection, stream: StreamId) {
        if connection.take_response(stream, &mut self.head).is_some() {
            assert!(self.head.status >= 200);
        }
        while self.sent < self.body.len() && self.failure.is_none() {
            match connection.write(stream, &self.body[self.sent..]) {
                Write::Accepted(n) => self.sent += n,
                Write::Pending => break,
                Write::Failed(reason) => self.failure = Some(reason),
            }
        }
        if self.sent == self.body.len() && !self.finished {
            connection.finish(stream, &self.trailers);
            self.finished = true;
        }
        let mut into = [0; 1000];
        loop {
            match connection.read(stream, &mut into) {
                Read::Bytes(n) => self.got.extend_from_slice(&into[..n]),
                Read::End => {
                    self.got_trailers = connection.take_trailers(stream).unwrap_or_default();
                    self.done = self.finished || self.failure.is_some();
                    break;
                }
                Read::Pending => break,
                Read::Failed(reason) => {
                    self.failure = Some(reason);
                    self.done = true;
                    break;
                }
            }
        }
        self.done |= self.leaves.is_some_and(|most| self.got.len() > most);
    }
}

/// Our client asks for all of it, as many at once as it may.
async fn our_client(config: Config, io: DuplexStream, wishes: &mut [Wish]) {
    let mut peer = Peer::new(Role::Client, config, io);
    let mut open: BTreeMap<StreamId, usize> = BTreeMap::new();
    let mut unasked: Vec<usize> = (0..wishes.len()).rev().collect();
    loop {
        while !unasked.is_empty()
            && let Some(id) = peer.connection.open()
        {
            let number = unasked.pop().expect("there is one");
            let wish = &wishes[number];
            let head = RequestHead { method: wish.method.clone(), ..RequestHead::default() };
            let mut writer = peer.connection.begin_request(id, &head, wish.path.as_bytes(), b"a.example", b"http");
            writer.field(b"X-Number", number.to_string().as_bytes());
            writer.end(false);
            open.insert(id, number);
        }
        open.retain(|id, number| {
            let wish = &mut wishes[*number];
            wish.step(&mut peer.connection, *id);
            if wish.done {
                peer.connection.let_go(*id);
            }
            // More were opened than the server allows, before it had said so.
            let again = wish.failure == Some(Reason::Refused) && wish.path != "/refuse";
            if again {
                *wish = Wish { trailers: wish.trailers.clone(), ..Wish::of(wish.path, std::mem::take(&mut wish.body)) };
                unasked.push(*number);
            }
            !wish.done && !again
        });
        if open.is_empty() && (unasked.is_empty() || !peer.connection.may_open()) {
            peer.connection.drain();
        }
        if peer.turn().await.is_none() {
            return;
        }
    }
}

fn with_its_server(config: Config, windows: u32, wishes: &mut [Wish]) {
    block_on(async {
        let (ours, theirs) = tokio::io::duplex(10_000);
        let server = tokio::spawn(its_server(windows, theirs));
        our_client(config, ours, wishes).await;
        server.await.expect("no panic");
    });
}

#[test]
fn our_client_and_its_server() {
    for (config, windows) in [(NARROW, 65_535), (NARROW, 1000), (WIDE, 1 << 20), (WIDE, 2000)] {
        let mut wishes: Vec<Wish> = (0..40).map(|number| Wish::of("/echo", body(number * 997, number))).collect();
        for wish in wishes.iter_mut().step_by(3) {
            wish.trailers.push(b"x-sum", b"12");
        }
        with_its_server(config, windows, &mut wishes);
        for (number, wish) in wishes.iter().enumerate() {
            assert_eq!((wish.failure, wish.head.status, wish.got == wish.body), (None, 200, true), "{number}");
            assert_eq!(wish.got_trailers, wish.trailers, "{number}");
            let told = wish.head.fields.named(b"x-number").next().map(<[u8]>::to_vec);
            assert_eq!(told, Some(number.to_string().into_bytes()));
        }
    }
}

#[test]
fn our_client_and_its_server_in_trouble() {
    let mut wishes = vec![
        Wish::of("/reset", body(9000, 1)),
        Wish::of("/refuse", Vec::new()),
        Wish { method: Method::Head, ..Wish::of("/head", Vec::new()) },
        Wish::of("/early", body(90_000, 1)),
        Wish { leaves: Some(1000), ..Wish::of("/bytes", Vec::new()) },
        Wish::of("/bytes", Vec::new()),
        Wish::of("/quit", Vec::new()),
    ];
    with_its_server(NARROW, 3000, &mut wishes);
    let came: Vec<_> = wishes.iter().map(|wish| (wish.failure, wish.head.status, wish.got.len())).collect();
    assert_eq!(came[0].0, Some(Reason::Reset(ErrorCode::INTERNAL_ERROR)));
    assert_eq!(came[1].0, Some(Reason::Refused));
    assert_eq!(came[2], (None, 200, 0));
    assert_eq!(came[3], (Some(Reason::Reset(ErrorCode::NO_ERROR)), 413, 0));
    assert!(came[4].2 > 1000 && came[4].2 < 50_000);
    assert_eq!((came[5], came[6]), ((None, 200, 50_000), (None, 200, 50_000)));
}
