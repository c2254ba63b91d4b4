//! The built binary as a child.

use super::PATIENCE;
use super::client::Client;
use super::place::Place;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The built binary.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_throughline");

/// A running `throughline serve`, killed when dropped.
pub(crate) struct Edge {
    child: Child,
    /// Lines of standard output as they come; disconnected at its end.
    lines: Receiver<String>,
    /// Every line of standard output so far.
    pub(crate) printed: Vec<String>,
    errors: Arc<Mutex<Vec<String>>>,
    /// Where it listens, as printed: the scheme taken off.
    listening: Vec<String>,
    pub(crate) place: Place,
}

impl Edge {
    /// Serves a configuration; its listeners should have port 0. Without `[admin]` in it there is no admin side.
    pub(crate) fn of(config: &str) -> Edge {
        Edge::with_place(Place::new(), config)
    }

    /// The same, with files of the test's already in place.
    pub(crate) fn with_place(place: Place, config: &str) -> Edge {
        let text = Edge::text(config);
        let listeners = text.matches("[[listener]]").count() + text.matches("[admin]\nat = \"127").count();
        let path = place.file("edge.toml", text);
        Edge::start(place, Command::new(BINARY).args(["serve", &path]), listeners)
    }

    /// A configuration as it is written to the file.
    fn text(config: &str) -> String {
        if config.contains("[admin]") { config.to_string() } else { format!("[admin]\nat = \"off\"\n{config}") }
    }

    /// Runs a command that becomes the binary, and waits until it has said where it listens, `listeners` times.
    pub(crate) fn start(place: Place, command: &mut Command, listeners: usize) -> Edge {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let (send, lines) = channel();
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        std::thread::spawn(move || out.lines().map_while(Result::ok).take_while(|line| send.send(line.clone()).is_ok()).count());
        let errors = Arc::new(Mutex::new(Vec::new()));
        let (err, kept) = (BufReader::new(child.stderr.take().expect("it is piped")), errors.clone());
        std::thread::spawn(move || err.lines().map_while(Result::ok).for_each(|line| kept.lock().expect("no panic").push(line)));
        let mut edge = Edge { child, lines, printed: Vec::new(), errors, listening: Vec::new(), place };
        while edge.listening.len() < listeners {
            let line = edge.line();
            if let Some(rest) = line.strip_prefix("listening on ") {
                let at = rest.split_whitespace().next().expect("an address");
                edge.listening.push(at.trim_start_matches("http://").trim_start_matches("https://").to_string());
            }
        }
        edge
    }

    /// The next line of standard output.
    pub(crate) fn line(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                self.printed.push(line.clone());
                line
            }
            Err(problem) => panic!("no further line ({problem}) after {:?}; standard error: {:?}", self.printed, self.errors()),
        }
    }

    /// Lines of standard error so far.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.errors.lock().expect("no panic while it is held").clone()
    }

    /// Waits for a line of standard error that holds this, from the line `from` on. Gives the number of the next line.
    pub(crate) fn await_error(&self, from: usize, holds: &str) -> usize {
        let began = Instant::now();
        loop {
            if let Some(at) = self.errors().iter().skip(from).position(|line| line.contains(holds)) {
                return from + at + 1;
            }
            assert!(began.elapsed() < PATIENCE, "standard error does not say {holds:?}: {:?}", self.errors());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Where the listener of this number listens.
    pub(crate) fn at(&self, number: usize) -> SocketAddr {
        self.listening[number].parse().expect("an IP address and a port")
    }

    /// The URL of a path on the first listener.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listening[0])
    }

    /// A connection to the first listener.
    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.at(0))
    }

    /// One request on a connection of its own, as a POST to the admin side at `number`.
    pub(crate) fn post_admin(&self, number: usize, target: &str) -> super::message::Response {
        let at = self.at(number);
        let mut client = Client::connect(at);
        client.send(format!("POST {target} HTTP/1.1\r\nHost: {at}\r\nX-Throughline-Admin: 1\r\nContent-Length: 0\r\n\r\n"));
        client.response().expect("an answer of the admin side")
    }

    /// Ends it at once, without a word, and keeps its files for another.
    pub(crate) fn into_place(mut self) -> Place {
        self.kill();
        std::mem::replace(&mut self.place, Place::new())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, by its name without `SIG`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.pid())]).status().expect("sh runs");
        assert!(sent.success(), "kill -{name} {}", self.pid());
    }

    /// Puts another configuration in the file; a reload reads it.
    pub(crate) fn rewrite(&self, config: &str) {
        self.place.replace("edge.toml", &Edge::text(config));
    }

    /// Waits for its end. None: it goes on for longer than `limit`.
    pub(crate) fn ended(&mut self, limit: Duration) -> Option<ExitStatus> {
        let due = Instant::now() + limit;
        loop {
            // Standard output ends with the process.
            match self.lines.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(line) => self.printed.push(line),
                Err(RecvTimeoutError::Disconnected) => return Some(self.child.wait().expect("it is our child")),
                Err(RecvTimeoutError::Timeout) => return None,
            }
        }
    }

    /// Kills it at once, without a word.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is our child");
    }
}

impl Drop for Edge {
    #[expect(clippy::print_stderr, reason = "what the server said explains why the test failed")]
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("standard output: {:?}\nstandard error: {:#?}", self.printed, self.errors());
        }
    }
}
