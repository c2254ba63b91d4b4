//! The rows under full load: processor time of the server per request.

use super::server::Server;
use super::{Bench, whole, wrk};

/// One row: a request, asked over and over.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What it is, for the report.
    pub(super) says: &'static str,
    path: &'static str,
    connections: usize,
    pub(super) load: Load,
}

/// How a row asks.
#[derive(Clone, Copy)]
pub(super) enum Load {
    /// wrk, with connections kept alive.
    KeptAlive,
    /// wrk, with a connection for each request.
    Close,
    /// Requests that are finished once begun, each with a body of this many bytes, if any.
    Whole(Option<usize>),
}

impl Load {
    /// Whether the request has a body: the origin must then take it in before it answers.
    pub(super) const fn has_body(self) -> bool {
        matches!(self, Load::Whole(Some(_)))
    }
}

const LARGE: usize = 10 << 20;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "pass-1k",
        says: "pass-through, body of 1 KiB, kept alive on both sides, 64 connections",
        path: "/1k",
        connections: 64,
        load: Load::KeptAlive,
    },
    Row {
        name: "new-connection",
        says: "a new client connection for each request, upstream kept alive, body of 1 KiB, 64 at a time",
        path: "/1k",
        connections: 64,
        load: Load::Close,
    },
    Row { name: "body-100k", says: "pass-through, body of 100 KiB, 64 connections", path: "/100k", connections: 64, load: Load::KeptAlive },
    Row { name: "body-10m", says: "pass-through, body of 10 MiB, 8 connections", path: "/10m", connections: 8, load: Load::Whole(None) },
    Row { name: "upload-10m", says: "request body of 10 MiB, 8 connections", path: "/", connections: 8, load: Load::Whole(Some(LARGE)) },
];

/// What a row found about one server, one entry per round.
pub(super) struct Figures {
    pub(super) name: &'static str,
    pub(super) rounds: Vec<Figure>,
}

/// One round.
pub(super) struct Figure {
    pub(super) cpu_us: f64,
    pub(super) per_second: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
}

/// Rounds A…Z Z…A over all servers; only the one measured runs.
pub(super) fn measure(bench: &Bench, row: &Row, servers: &[Server]) -> Result<Vec<Figures>, String> {
    let mut all: Vec<Figures> = servers.iter().map(|server| Figures { name: server.name, rounds: Vec::new() }).collect();
    for round in 0..bench.plan.rounds {
        for step in 0..servers.len() {
            let index = if round % 2 == 0 { step } else { servers.len() - 1 - step };
            let figure =
                measure_once(bench, row, &servers[index]).map_err(|why| format!("{}, {}: {why}", row.name, servers[index].name))?;
            all[index].rounds.push(figure);
        }
    }
    Ok(all)
}

fn measure_once(bench: &Bench, row: &Row, server: &Server) -> Result<Figure, String> {
    server.go_on()?;
    let before = server.cpu_seconds();
    let round = match row.load {
        Load::KeptAlive => wrk::run(server.port, row.path, row.connections, bench.plan.round, &[]),
        Load::Close => wrk::run(server.port, row.path, row.connections, bench.plan.round, &["-H", "Connection: close"]),
        Load::Whole(body) => whole::run(server.port, row.path, body, row.connections, bench.plan.round),
    };
    let cpu = server.cpu_seconds() - before;
    server.stand_still()?;
    let round = round?;
    if round.requests < 1.0 {
        return Err("not one request in a whole round".to_string());
    }
    Ok(Figure {
        cpu_us: cpu * 1e6 / round.requests,
        per_second: round.requests / round.seconds,
        p50_us: round.p50_us,
        p99_us: round.p99_us,
    })
}
