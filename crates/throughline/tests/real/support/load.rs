//! Load: clients on threads that keep their connections and check every answer.

use super::client::Client;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Clients at work until [`Load::stop`].
pub(crate) struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    at: SocketAddr,
    target: &'static str,
    /// What every answer must be.
    body: Vec<u8>,
    /// Fields of every request, with their line ends.
    fields: &'static str,
    stop: AtomicBool,
    /// From now on an answer may be the connection's last, and a new connection may be refused: the server ends.
    ending: AtomicBool,
    answered: AtomicU64,
    failed: Mutex<Vec<String>>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) answered: u64,
    /// One line for each request that did not get the right answer.
    pub(crate) failed: Vec<String>,
}

impl Load {
    /// `clients` connections that ask for `target` one request after the other; every answer must be 200 with this body.
    pub(crate) fn start(clients: usize, at: SocketAddr, target: &'static str, body: Vec<u8>) -> Load {
        Load::with_fields(clients, at, target, body, "")
    }

    /// The same with a new connection for every request.
    pub(crate) fn start_afresh(clients: usize, at: SocketAddr, target: &'static str, body: Vec<u8>) -> Load {
        Load::with_fields(clients, at, target, body, "Connection: close\r\n")
    }

    fn with_fields(clients: usize, at: SocketAddr, target: &'static str, body: Vec<u8>, fields: &'static str) -> Load {
        let (stop, ending) = (AtomicBool::new(false), AtomicBool::new(false));
        let shared = Shared { at, target, body, fields, stop, ending, answered: AtomicU64::new(0), failed: Mutex::default() };
        let shared = Arc::new(shared);
        let client = |_| {
            let shared = shared.clone();
            std::thread::spawn(move || shared.client())
        };
        Load { threads: (0..clients).map(client).collect(), shared }
    }

    pub(crate) fn answered(&self) -> u64 {
        self.shared.answered.load(Ordering::SeqCst)
    }

    /// Waits until so many more requests have been answered.
    pub(crate) fn await_answers(&self, more: u64) {
        let (from, began) = (self.answered(), Instant::now());
        while self.answered() < from + more && self.shared.failed.lock().expect("no panic").is_empty() {
            assert!(began.elapsed() < super::PATIENCE, "only {} answers came", self.answered() - from);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The server is about to be told to end: see `Shared::ending`.
    pub(crate) fn expect_end(&self) {
        self.shared.ending.store(true, Ordering::SeqCst);
    }

    pub(crate) fn stop(self) -> Tally {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.join()
    }

    /// Waits for the clients, which end by themselves where the server does.
    pub(crate) fn join(self) -> Tally {
        self.threads.into_iter().for_each(|thread| thread.join().expect("a client does not panic"));
        let failed = std::mem::take(&mut *self.shared.failed.lock().expect("no panic"));
        Tally { answered: self.shared.answered.load(Ordering::SeqCst), failed }
    }
}

impl Tally {
    /// No request failed, and enough were asked for that to mean something.
    pub(crate) fn check(&self, least: u64) {
        assert!(
            self.failed.is_empty(),
            "{} failed beside {} answered: {:#?}",
            self.failed.len(),
            self.answered,
            &self.failed[..self.failed.len().min(5)]
        );
        assert!(self.answered >= least, "only {} requests were answered", self.answered);
    }
}

impl Shared {
    fn client(&self) {
        while !self.stop.load(Ordering::SeqCst) {
            match Client::try_connect(self.at) {
                Ok(client) => {
                    if !self.converse(client) {
                        return;
                    }
                }
                Err(_) if self.ending.load(Ordering::SeqCst) => return,
                Err(error) => return self.fail(format!("connect: {error}")),
            }
        }
    }

    /// Asks on one connection until the server says that it closes it. False: no other connection is to follow.
    fn converse(&self, mut client: Client) -> bool {
        let request = format!("GET {} HTTP/1.1\r\nHost: load.example\r\n{}\r\n", self.target, self.fields);
        for asked in 0.. {
            if self.stop.load(Ordering::SeqCst) {
                return false;
            }
            match self.ask(&mut client, &request) {
                Ok(true) => break,
                Ok(false) => {}
                // While the server ends, a connection that it never took up is cut: no request of it was begun.
                Err(_) if asked == 0 && self.ending.load(Ordering::SeqCst) => return false,
                Err(problem) => {
                    self.fail(format!("request {asked} of a connection: {problem}"));
                    return false;
                }
            }
        }
        true
    }

    /// One request. Whether the server closes the connection after it.
    fn ask(&self, client: &mut Client, request: &str) -> Result<bool, String> {
        client.try_send(request).map_err(|error| format!("send: {error}"))?;
        let response = client.response().map_err(|error| format!("receive: {error}"))?;
        if response.status != 200 || response.body != self.body {
            return Err(format!("{} {:?} {}", response.status, response.fields, response.text()));
        }
        self.answered.fetch_add(1, Ordering::SeqCst);
        Ok(response.closes())
    }

    fn fail(&self, problem: String) {
        self.failed.lock().expect("no panic").push(problem);
    }
}
