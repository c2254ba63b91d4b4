//! Memory of clients that are connected and silent.

use super::client::Connection;
use super::server::Server;
use super::{Bench, machine};

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

/// Opens connections to each server in turn, asks once on each, and leaves them open.
pub(super) fn measure(bench: &Bench, servers: &[Server]) -> Result<Vec<Idle>, String> {
    let connections = bench.plan.idle_connections.min(machine::open_files().saturating_sub(SPARE + WARM_UP));
    servers.iter().map(|server| measure_one(server, connections)).collect()
}

fn measure_one(server: &Server, connections: usize) -> Result<Idle, String> {
    server.go_on()?;
    let warm_up = open(server, WARM_UP)?;
    let before = server.resident_bytes();
    let idle = open(server, connections)?;
    let after = server.resident_bytes();
    drop((warm_up, idle));
    server.stand_still()?;
    #[expect(clippy::cast_precision_loss, reason = "memory of a process is far below 2^52 bytes")]
    let bytes_each = after.saturating_sub(before) as f64 / connections as f64;
    Ok(Idle { name: server.name, connections, bytes_each, bytes_after: after })
}

/// Opens this many connections, a batch at a time, and asks on all of a batch before it reads the first answer: what a server needs while
/// it works is then taken in between what it keeps, as it is on a busy day.
fn open(server: &Server, number: usize) -> Result<Vec<Connection>, String> {
    let mut all = Vec::with_capacity(number);
    let mut open_batch = || {
        let begin = all.len();
        for _ in begin..number.min(begin + BATCH) {
            let mut connection = Connection::open(server.port, "/1k")?;
            connection.send()?;
            all.push(connection);
        }
        for connection in &mut all[begin..] {
            match connection.receive()? {
                200 => {}
                status => return Err(std::io::Error::other(format!("status {status}"))),
            }
        }
        Ok(all.len())
    };
    while open_batch().map_err(|error| format!("idle connections to {}: {error}", server.name))? < number {}
    Ok(all)
}
