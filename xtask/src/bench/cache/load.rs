//! A sequence of URLs, the same for every cache: asked one after the other, by several clients at once, each to its end.

use crate::bench::address::Address;
use crate::bench::client::Connection;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Asks for all of them. Every answer must be a 200.
pub(super) fn play(to: Address, clients: usize, sequence: &[u32], path: impl Fn(u32) -> String + Sync) -> Result<(), String> {
    let next = AtomicUsize::new(0);
    let ask_on = || -> io::Result<()> {
        let mut connection = Connection::open_large(to, "/", None)?;
        while let Some(number) = sequence.get(next.fetch_add(1, Ordering::Relaxed)) {
            connection.go_to(&path(*number));
            match connection.ask()? {
                200 => {}
                status => return Err(io::Error::other(format!("status {status}"))),
            }
        }
        Ok(())
    };
    let outcomes: Vec<io::Result<()>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(ask_on)).collect();
        clients.into_iter().map(|client| client.join().expect("no client panics")).collect()
    });
    outcomes.into_iter().collect::<io::Result<()>>().map_err(|error| error.to_string())
}
