//! gRPC from end to end: a client and a server of its authors, with us between them.

use crate::support::edge::Edge;
use crate::support::peers::{Server, find_python};
use crate::support::place::Place;
use crate::support::ports::free_address;
use crate::support::{PATIENCE, authority::own_certificate};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

const PEER: &str = include_str!("grpc_peer.py");

/// A Python that has gRPC, and our script for it.
struct Python {
    program: PathBuf,
    place: Place,
    script: String,
}

impl Python {
    fn find() -> Option<Python> {
        let (program, place) = (find_python("grpc")?, Place::new());
        let script = place.file("grpc_peer.py", PEER);
        Some(Python { program, place, script })
    }

    fn serve(&self, at: SocketAddr) -> Server {
        Server::start(&self.program, &[&self.script, "serve", &at.port().to_string()], at)
    }

    fn client(&self, arguments: &[&str]) -> Client {
        let mut command = Command::new(&self.program);
        command.arg(&self.script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("Python runs");
        let (input, output) = (child.stdin.take().expect("it is piped"), child.stdout.take().expect("it is piped"));
        Client { child, input, output: BufReader::new(output) }
    }
}

/// A client that runs.
struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Client {
    /// Its next line; empty at its end.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("text");
        line.trim_end().to_string()
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("it listens");
    }

    /// It must end well.
    fn ended(mut self) {
        drop(self.input);
        assert!(self.child.wait().expect("it is our child").success());
    }
}

/// Two listeners, in clear text and with TLS, before a pool that speaks HTTP/2.
fn edge(place: &Path, backend: SocketAddr) -> Edge {
    let place = place.display();
    Edge::of(&format!(
        "[server]\ndrain-timeout = \"1h\"\n[[listener]]\nat = \"127.0.0.1:0\"\n[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n\
         [[certificate]]\nchain = \"{place}/own.pem\"\nkey = \"{place}/own.key\"\n\
         [[site]]\n[[site.route]]\npool = \"app\"\n[pool.app]\nprotocol = \"h2\"\n\
         connect-timeout = \"1h\"\nresponse-timeout = \"1h\"\ntransfer-timeout = \"1h\"\nbackends = [\"{backend}\"]\n"
    ))
}

const KINDS: [&str; 9] = [
    "unary",
    "server_streaming",
    "client_streaming",
    "bidirectional",
    "trailers_only",
    "deadline",
    "cancellation",
    "concurrent",
    "long_messages",
];

/// Every kind of call, over clear text and over TLS at once.
#[test]
fn every_kind_of_call_passes() {
    let Some(python) = Python::find() else { return };
    own_certificate(&python.place);
    let at = free_address();
    let _server = python.serve(at);
    let edge = edge(python.place.path(), at);
    let (clear, secured) = (edge.at(0).to_string(), edge.at(1).to_string());
    let ca = python.place.at("ca.pem");
    for mut client in [python.client(&["calls", &clear]), python.client(&["calls", &secured, &ca])] {
        for kind in KINDS {
            let line = client.line();
            assert!(line.starts_with(kind), "{kind}: {line:?}");
        }
        client.ended();
    }
}

/// A call that is under way when the process drains comes to its end, and the process with it.
#[test]
fn a_call_outlives_the_drain() {
    let Some(python) = Python::find() else { return };
    own_certificate(&python.place);
    let at = free_address();
    let _server = python.serve(at);
    let mut edge = edge(python.place.path(), at);
    let mut client = python.client(&["hold", &edge.at(0).to_string()]);
    assert_eq!(client.line(), "holding");
    edge.signal("TERM");
    assert!(edge.line().starts_with("draining"));
    // Only after the client was told of its last stream does it speak again.
    let asked = Instant::now();
    while std::net::TcpStream::connect(edge.at(0)).is_ok() {
        assert!(asked.elapsed() < PATIENCE, "it still listens");
    }
    client.tell("go on");
    assert_eq!(client.line(), "done");
    client.ended();
    assert_eq!(edge.ended(PATIENCE).expect("it ends when the call has").code(), Some(0));
}

/// A server that was killed fails the calls on it, and nothing else; once it is back, the next call finds it.
#[test]
fn calls_go_on_when_the_server_is_back() {
    let Some(python) = Python::find() else { return };
    own_certificate(&python.place);
    let at = free_address();
    let server = python.serve(at);
    let edge = edge(python.place.path(), at);
    let mut client = python.client(&["again", &edge.at(0).to_string()]);
    assert_eq!(client.line(), "ready");
    for _ in 0..3 {
        client.tell("a call");
        assert_eq!(client.line(), "ok");
    }
    drop(server);
    client.tell("nobody is there");
    assert_eq!(client.line(), "UNAVAILABLE");
    let _server = python.serve(at);
    client.tell("a call");
    assert_eq!(client.line(), "ok");
    client.ended();
}
