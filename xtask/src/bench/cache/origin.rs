//! The origin of the caches: in threads of this process, it answers `/LENGTH/…` with a body of so many bytes that may be stored, and
//! counts.

use std::io::{self, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// The longest body.
const LONGEST: usize = 1 << 20;

pub(super) struct Origin {
    pub(super) port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    asked: AtomicU64,
    takes_ms: AtomicU64,
    body: Vec<u8>,
}

impl Origin {
    pub(super) fn start() -> Result<Origin, String> {
        let broken = |error: io::Error| format!("bench: the origin of the caches: {error}");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(broken)?;
        let port = listener.local_addr().map_err(broken)?.port();
        let shared = Arc::new(Shared { body: vec![b'x'; LONGEST], ..Shared::default() });
        let of_threads = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = of_threads.clone();
                // A connection that breaks is the cache's way to end it.
                thread::spawn(move || drop(shared.answer_all(stream)));
            }
        });
        Ok(Origin { port, shared })
    }

    /// Requests so far.
    pub(super) fn asked(&self) -> u64 {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// From now on each answer takes so long.
    pub(super) fn takes(&self, long: Duration) {
        self.shared.takes_ms.store(u64::try_from(long.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}

impl Shared {
    fn answer_all(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut pending = Vec::new();
        let mut block = [0; 4096];
        loop {
            let Some(end) = pending.windows(4).position(|window| window == b"\r\n\r\n") else {
                match stream.read(&mut block)? {
                    0 => return Ok(()),
                    len => pending.extend_from_slice(&block[..len]),
                }
                continue;
            };
            let len = body_len(&pending[..end]).min(LONGEST);
            pending.drain(..end + 4);
            self.asked.fetch_add(1, Ordering::SeqCst);
            match self.takes_ms.load(Ordering::SeqCst) {
                0 => {}
                millis => thread::sleep(Duration::from_millis(millis)),
            }
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=3600\r\nCache-Tag: all\r\nETag: \"{len}\"\r\n\
                 Content-Length: {len}\r\n\r\n"
            );
            let sent = stream.write_vectored(&[IoSlice::new(head.as_bytes()), IoSlice::new(&self.body[..len])])?;
            let of_head = sent.min(head.len());
            stream.write_all(&head.as_bytes()[of_head..])?;
            stream.write_all(&self.body[sent - of_head..len])?;
        }
    }
}

/// `GET /LENGTH/… HTTP/1.1`
fn body_len(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head);
    let first = head.split_once('/').and_then(|(_, rest)| rest.split(['/', ' ']).next());
    first.and_then(|len| len.parse().ok()).unwrap_or(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_says_how_long() {
        assert_eq!(body_len(b"GET /1024/a/b HTTP/1.1\r\nHost: bench"), 1024);
        assert_eq!(body_len(b"GET /7 HTTP/1.1\r\nHost: bench"), 7);
        assert_eq!(body_len(b"GET /1k HTTP/1.1\r\nHost: bench"), 3);
    }

    #[test]
    fn every_request_is_counted_and_its_body_is_whole() {
        let origin = Origin::start().expect("loopback is there");
        let to = crate::bench::address::Address::clear(origin.port);
        let mut connection = crate::bench::client::Connection::open_large(to, "/1000000/x", None).expect("it listens");
        for _ in 0..3 {
            assert_eq!(connection.ask().expect("it answers"), 200);
        }
        assert_eq!(origin.asked(), 3);
    }
}
