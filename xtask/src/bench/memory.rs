//! Memory of clients that are connected and silent.

use super::address::{Address, Door};
use super::client::Connection;
use super::{Bench, machine, peers};
use std::io;

/// One row: the clients come in by one door.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What it is, for the report; how many connections comes after it.
    pub(super) says: &'static str,
    door: Door,
}

pub(super) const ROWS: &[Row] = &[
    Row { name: "idle-memory", says: "resident memory per connection that is kept alive and idle", door: Door::Clear },
    Row { name: "idle-memory-tls", says: "resident memory per connection in TLS 1.3 that is kept alive and idle", door: Door::Tls },
];

/// What one server holds per idle connection.
pub(super) struct Idle {
    pub(super) name: &'static str,
    pub(super) connections: usize,
    pub(super) bytes_each: f64,
    /// Of the whole server, with all of them open.
    pub(super) bytes_after: u64,
}

/// Connections opened before the first look, so that what a server allocates once is not counted.
const WARM_UP: usize = 200;

/// Requests in flight at once.
const BATCH: usize = 100;

/// Descriptors left for everything else.
const SPARE: usize = 500;

/// Starts each server afresh, so that it has nothing left over from what it served before, opens connections to it, asks once on each, and
/// leaves them open.
pub(super) fn measure(bench: &Bench, row: &Row, origin: u16) -> Result<Vec<Idle>, String> {
    let connections = bench.plan.idle_connections.min(machine::open_files().saturating_sub(SPARE + WARM_UP));
    let mut all = Vec::new();
    for peer in &bench.peers {
        let running = peers::start(bench, peer, peer.even, &[origin])?;
        let open = |number| open(running.address(row.door), number).map_err(|error| format!("{}, {}: {error}", row.name, peer.name));
        let warm_up = open(WARM_UP)?;
        let before = running.server.resident_bytes();
        let idle = open(connections)?;
        let after = running.server.resident_bytes();
        drop((warm_up, idle));
        #[expect(clippy::cast_precision_loss, reason = "memory of a process is far below 2^52 bytes")]
        let bytes_each = after.saturating_sub(before) as f64 / connections as f64;
        all.push(Idle { name: peer.name, connections, bytes_each, bytes_after: after });
    }
    Ok(all)
}

/// Opens this many connections, a batch at a time, and asks on all of a batch before it reads the first answer: what a server needs while
/// it works is then taken in between what it keeps, as it is on a busy day.
fn open(to: Address, number: usize) -> io::Result<Vec<Connection>> {
    let mut all = Vec::with_capacity(number);
    let mut open_batch = || {
        let begin = all.len();
        for _ in begin..number.min(begin + BATCH) {
            let mut connection = Connection::open(to, "/1k")?;
            connection.send()?;
            all.push(connection);
        }
        for connection in &mut all[begin..] {
            match connection.receive()? {
                200 => {}
                status => return Err(io::Error::other(format!("status {status}"))),
            }
        }
        Ok(all.len())
    };
    while open_batch()? < number {}
    Ok(all)
}
