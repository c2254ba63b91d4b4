//! Backends of HTTP/2 that refuse, say goodbye, are killed and come back; and reloads under a connection.

use crate::connection::{Connection, PREFACE, request};
use crate::frames::{self, CANCEL, Code, END_HEADERS, END_STREAM, Frame, NO_ERROR, REFUSED_STREAM, WHOLE, data, goaway, rst_stream};
use crate::hpack::literals;
use crate::support::PATIENCE;
use crate::support::edge::Edge;
use crate::support::peers::{Server, find};
use crate::support::place::Place;
use crate::support::ports::free_address;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const INTERNAL_ERROR: Code = Code(2);

/// A head that came: on which connection, on which stream, and how many came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Came {
    connection: usize,
    stream: u32,
    before: usize,
}

/// A server that answers each head with frames, as soon as it is there. Remembers all that came.
struct Scripted {
    at: SocketAddr,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Scripted {
    fn start(settings: &'static [(u16, u32)], answer: impl Fn(Came) -> Vec<Frame> + Send + Sync + 'static) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let at = listener.local_addr().expect("it is bound");
        let came = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (came.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let (kept, answer) = (kept.clone(), answer.clone());
                // Its client may be gone at any time.
                std::thread::spawn(move || serve(stream, connection, settings, &kept, &*answer).map_or((), drop));
            }
        });
        Scripted { at, came }
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().expect("no panic while it is held").clone()
    }
}

fn serve(
    mut stream: TcpStream,
    connection: usize,
    settings: &[(u16, u32)],
    kept: &Mutex<Vec<Came>>,
    answer: &dyn Fn(Came) -> Vec<Frame>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut preface = [0; PREFACE.len()];
    stream.read_exact(&mut preface)?;
    let mut out = Vec::new();
    frames::settings(settings).write(&mut out);
    let (mut input, mut bytes) = (Vec::new(), [0; 16 * 1024]);
    loop {
        stream.write_all(&std::mem::take(&mut out))?;
        let n = stream.read(&mut bytes)?;
        if n == 0 {
            return Ok(());
        }
        input.extend_from_slice(&bytes[..n]);
        while let Some(frame) = Frame::take(&mut input) {
            match frame.kind {
                frames::SETTINGS if !frame.has(frames::ACK) => Frame::new(frames::SETTINGS, frames::ACK, 0, []).write(&mut out),
                frames::HEADERS if frame.has(END_HEADERS) => {
                    let came = {
                        let mut kept = kept.lock().expect("no panic while it is held");
                        let came = Came { connection, stream: frame.stream, before: kept.len() };
                        kept.push(came);
                        came
                    };
                    answer(came).iter().for_each(|frame| frame.write(&mut out));
                }
                _ => {}
            }
        }
    }
}

/// A whole answer of 200.
fn good(stream: u32) -> Vec<Frame> {
    let head = literals(&vec![(":status".to_string(), "200".to_string()), ("content-length".to_string(), "4".to_string())]);
    vec![Frame::new(frames::HEADERS, END_HEADERS, stream, head), data(stream, END_STREAM, *b"good")]
}

fn before(backends: &[SocketAddr]) -> Edge {
    let backends: Vec<_> = backends.iter().map(|at| format!("\"{at}\"")).collect();
    Edge::of(&format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\nshow = {{ proxy-status = true }}\n[[site.route]]\npool = \"app\"\n\
         [pool.app]\nprotocol = \"h2\"\nconnect-timeout = \"1h\"\nbackends = [{}]\n",
        backends.join(", ")
    ))
}

/// A status, and the body of a request with one.
fn post(client: &mut Connection) -> (u16, String) {
    let stream = client.stream();
    client.headers(stream, END_HEADERS, &request("POST", "/"));
    client.send(&data(stream, END_STREAM, *b"a body"));
    let answer = client.answer(stream).unwrap_or_else(|event| panic!("{event}: {}", client.came()));
    (answer.status, answer.text())
}

/// RFC 9113 §8.7: what was refused was not looked at, so that even a POST is sent again, on a connection of its own or on the same.
#[test]
fn a_refused_stream_is_asked_for_again() {
    let backend = Scripted::start(&[], |came| match came.before {
        0 | 2 => vec![rst_stream(came.stream, REFUSED_STREAM)],
        _ => good(came.stream),
    });
    let edge = before(&[backend.at]);
    let mut client = Connection::open(edge.at(0), PATIENCE).expect("a connection");
    for _ in 0..3 {
        assert_eq!(post(&mut client), (200, "good".to_string()));
    }
    assert_eq!(backend.came().len(), 5);
}

/// RFC 9113 §6.8: streams above the last one of GOAWAY were not looked at either; those up to it are still answered.
#[test]
fn a_goodbye_moves_what_it_does_not_answer() {
    let backend = Scripted::start(&[], |came| match (came.connection, came.stream) {
        // The second request on the first connection: it is not answered.
        (0, 3) => vec![goaway(1, NO_ERROR, b"")],
        // On the next, the answer comes behind the goodbye.
        (1, 1) => [vec![goaway(1, NO_ERROR, b"")], good(1)].concat(),
        _ => good(came.stream),
    });
    let edge = before(&[backend.at]);
    let mut client = Connection::open(edge.at(0), PATIENCE).expect("a connection");
    for _ in 0..4 {
        assert_eq!(post(&mut client), (200, "good".to_string()));
    }
    let connections: Vec<_> = backend.came().iter().map(|came| came.connection).collect();
    assert_eq!(connections, [0, 0, 1, 2, 2]);
}

/// A stream that a backend breaks off may have been looked at: only what may be repeated is.
#[test]
fn a_broken_stream_is_not_repeated_unless_it_may_be() {
    let backend = Scripted::start(&[], |came| match came.before % 2 {
        0 => vec![rst_stream(came.stream, INTERNAL_ERROR)],
        _ => good(came.stream),
    });
    let edge = before(&[backend.at]);
    let mut client = Connection::open(edge.at(0), PATIENCE).expect("a connection");
    let answer = client.get("/").expect("an answer");
    assert_eq!((answer.status, answer.text()), (200, "good".to_string()));
    assert_eq!(post(&mut client).0, 502);
    assert_eq!(backend.came().len(), 3);
    assert_eq!(post(&mut client).0, 200, "the connection is none the worse for it");
}

/// A backend that takes one request at a time gets one at a time on each connection, and all are answered.
#[test]
fn streams_that_a_backend_does_not_take_wait_or_go_elsewhere() {
    let open = Arc::new(AtomicUsize::new(0));
    let counted = open.clone();
    let backend = Scripted::start(&[(frames::MAX_CONCURRENT_STREAMS, 1)], move |came| {
        counted.fetch_add(1, Ordering::SeqCst);
        good(came.stream)
    });
    let edge = before(&[backend.at]);
    let mut client = Connection::open(edge.at(0), PATIENCE).expect("a connection");
    let mut left: Vec<u32> = (0..50).map(|_| client.stream()).collect();
    for stream in &left {
        client.headers(*stream, WHOLE, &request("GET", "/"));
    }
    while !left.is_empty() {
        let frame = client.frame().unwrap_or_else(|event| panic!("{event} while {left:?} wait: {}", client.came()));
        assert_ne!(frame.kind, frames::RST_STREAM, "{frame}");
        if frame.kind == frames::HEADERS {
            assert_eq!(client.block(&frame).expect("a head")[0].1, "200");
        }
        if frame.ends() {
            left.retain(|stream| *stream != frame.stream);
        }
    }
    assert!(open.load(Ordering::SeqCst) >= 50);
}

/// nghttpd with one small file.
fn nghttpd(program: &std::path::Path, place: &Place, at: SocketAddr) -> Server {
    let folder = place.path().display().to_string();
    Server::start(program, &["--no-tls", "-a", "127.0.0.1", "-d", &folder, &at.port().to_string()], at)
}

/// One of two backends is killed under load and comes back: what had begun to be answered may break off, everything else is answered.
#[test]
fn a_killed_backend_costs_nothing_but_what_it_was_answering() {
    let Some(program) = find("nghttpd") else { return };
    let place = Place::new();
    place.file("index.html", "hello");
    let (first_at, second_at) = (free_address(), free_address());
    let (first, _second) = (nghttpd(&program, &place, first_at), nghttpd(&program, &place, second_at));
    let edge = before(&[first_at, second_at]);
    let (at, answered, stop) = (edge.at(0), AtomicUsize::new(0), AtomicBool::new(false));
    let until = |more: usize| {
        let (began, from) = (Instant::now(), answered.load(Ordering::SeqCst));
        while answered.load(Ordering::SeqCst) < from + more {
            assert!(began.elapsed() < PATIENCE, "no further answers");
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    let broken: Vec<String> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = Connection::open(at, PATIENCE).expect("a connection");
                    let mut broken = Vec::new();
                    while !stop.load(Ordering::SeqCst) {
                        match client.get("/index.html") {
                            Ok(answer) => {
                                assert_eq!((answer.status, answer.text()), (200, "hello".to_string()));
                                answered.fetch_add(1, Ordering::SeqCst);
                            }
                            Err(event) => broken.push(event.to_string()),
                        }
                    }
                    broken
                })
            })
            .collect();
        until(200);
        // SIGKILL.
        drop(first);
        until(400);
        let again = nghttpd(&program, &place, first_at);
        until(200);
        stop.store(true, Ordering::SeqCst);
        let broken = callers.into_iter().flat_map(|caller| caller.join().expect("only 200 is answered")).collect();
        drop(again);
        broken
    });
    // One request of each caller can have been at the killed backend.
    assert!(broken.len() <= 4 && broken.iter().all(|event| event.starts_with("RST_STREAM")), "{broken:?}");
}

/// A thousand requests on one connection while the configuration, the pool in it too, is replaced again and again.
#[test]
fn reloads_under_a_connection_fail_nothing() {
    let backend = Scripted::start(&[], |came| good(came.stream));
    let edge = before(&[backend.at]);
    let config = |seconds: usize| {
        format!(
            "[[listener]]\nat = \"{}\"\n[[site]]\n[[site.route]]\npool = \"app\"\n\
             [pool.app]\nprotocol = \"h2\"\nresponse-timeout = \"{seconds}s\"\nbackends = [\"{}\"]\n",
            edge.at(0),
            backend.at
        )
    };
    let mut client = Connection::open(edge.at(0), PATIENCE).expect("a connection");
    let reloaded = || edge.errors().iter().filter(|line| line.contains("reloaded")).count();
    let (began, mut reloads, mut count) = (Instant::now(), 0, 0);
    while count < 1000 || reloaded() < 5 {
        assert!(began.elapsed() < PATIENCE, "{count} answers, {} of {reloads} reloads", reloaded());
        // Every hundredth request, and where the one before is through: signals that come too fast are one.
        if count % 100 == 0 && reloaded() == reloads {
            reloads += 1;
            edge.rewrite(&config(200 + reloads));
            edge.signal("HUP");
        }
        let answer = client.get("/").unwrap_or_else(|event| panic!("request {count}: {event}: {}", client.came()));
        assert_eq!((answer.status, answer.text()), (200, "good".to_string()), "request {count}");
        count += 1;
    }
    assert_eq!(edge.errors().iter().filter(|line| line.contains("reload-refused")).count(), 0);
}

/// A client that gives a stream up cancels it at the backend.
#[test]
fn a_cancelled_stream_is_cancelled_behind_us() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
    let edge = before(&[listener.local_addr().expect("it is bound")]);
    let mut client = Connection::open(edge.at(0), PATIENCE).expect("a connection");
    let stream = client.stream();
    client.headers(stream, WHOLE, &request("GET", "/"));
    client.flush();
    let (mut behind, _) = listener.accept().expect("a connection");
    behind.set_read_timeout(Some(PATIENCE)).expect("a timeout above zero");
    let mut preface = [0; PREFACE.len()];
    behind.read_exact(&mut preface).expect("a preface");
    let mut settings = Vec::new();
    frames::settings(&[]).write(&mut settings);
    behind.write_all(&settings).expect("it is read");
    let (mut input, mut bytes, mut codes) = (Vec::new(), [0; 4096], Vec::new());
    while codes.is_empty() {
        let n = behind.read(&mut bytes).expect("frames");
        assert_ne!(n, 0, "it goes on");
        input.extend_from_slice(&bytes[..n]);
        while let Some(frame) = Frame::take(&mut input) {
            match frame.kind {
                frames::HEADERS => {
                    client.send(&rst_stream(stream, CANCEL));
                    client.flush();
                }
                frames::RST_STREAM => codes.extend(frame.code()),
                _ => {}
            }
        }
    }
    assert_eq!(codes, [CANCEL]);
}
