//! The rows under full load: processor time of the server per request.

use super::address::Door;
use super::client::Connection;
use super::h2load::{self, Until};
use super::peers::Running;
use super::wrk::{self, Round};
use super::{Bench, whole};
use std::sync::atomic::{AtomicU64, Ordering};

/// One row: a request, asked over and over.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What it is, for the report.
    pub(super) says: &'static str,
    door: Door,
    path: &'static str,
    connections: usize,
    /// Of the body, whichever way it goes.
    pub(super) bytes: usize,
    load: Load,
}

/// How a row asks.
#[derive(Clone, Copy)]
enum Load {
    /// wrk, with connections kept alive.
    KeptAlive,
    /// wrk, with a connection for each request.
    Close,
    /// Our own client, which asks for another URL each time.
    New,
    /// Our own client, with a connection for each request.
    Handshake,
    /// Our own client; requests are finished once begun.
    Large(Way),
    /// h2load, with this many streams on each connection.
    Streams(usize),
    /// h2load, one request at a time on each connection, finished once begun.
    LargeStreams(Way),
}

/// Where the body goes.
#[derive(Clone, Copy)]
enum Way {
    Down,
    Up,
}

impl Row {
    /// Whether requests have a body: the origin must then take it in before it answers.
    pub(super) const fn has_body(&self) -> bool {
        matches!(self.load, Load::Large(Way::Up) | Load::LargeStreams(Way::Up))
    }

    /// The URL that all of it is about, where it is one.
    pub(super) fn only_path(&self) -> Option<&'static str> {
        (!matches!(self.load, Load::New)).then_some(self.path)
    }
}

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "pass-1k",
        says: "pass-through, body of 1 KiB, kept alive on both sides, 64 connections",
        door: Door::Clear,
        path: "/1k",
        connections: 64,
        bytes: KIB,
        load: Load::KeptAlive,
    },
    Row {
        name: "new-connection",
        says: "a new client connection for each request, upstream kept alive, body of 1 KiB, 64 at a time",
        door: Door::Clear,
        path: "/1k",
        connections: 64,
        bytes: KIB,
        load: Load::Close,
    },
    Row {
        name: "body-100k",
        says: "pass-through, body of 100 KiB, 64 connections",
        door: Door::Clear,
        path: "/100k",
        connections: 64,
        bytes: 100 * KIB,
        load: Load::KeptAlive,
    },
    Row {
        name: "body-10m",
        says: "pass-through, body of 10 MiB, 8 connections",
        door: Door::Clear,
        path: "/10m",
        connections: 8,
        bytes: 10 * MIB,
        load: Load::Large(Way::Down),
    },
    Row {
        name: "upload-10m",
        says: "request body of 10 MiB, 8 connections",
        door: Door::Clear,
        path: "/",
        connections: 8,
        bytes: 10 * MIB,
        load: Load::Large(Way::Up),
    },
    Row {
        name: "hit-1k",
        says: "an answer of 1 KiB that the server has itself, kept alive, 64 connections",
        door: Door::Clear,
        path: HIT,
        connections: 64,
        bytes: KIB,
        load: Load::KeptAlive,
    },
    Row {
        name: "https-1k",
        says: "an answer of 1 KiB that the server has itself, TLS 1.3, kept alive, 64 connections",
        door: Door::Tls,
        path: HIT,
        connections: 64,
        bytes: KIB,
        load: Load::KeptAlive,
    },
    Row {
        name: "tls-handshake",
        says: "a new connection with a full handshake of TLS 1.3 for each request, certificate on P-256, 16 at a time",
        door: Door::Tls,
        path: HIT,
        connections: 16,
        bytes: KIB,
        load: Load::Handshake,
    },
    Row {
        name: "h2-1k",
        says: "an answer of 1 KiB that the server has itself, HTTP/2 in clear text, 16 connections of 16 streams",
        door: Door::ClearHttp2,
        path: HIT,
        connections: 16,
        bytes: KIB,
        load: Load::Streams(16),
    },
    Row {
        name: "h2-1k-tls",
        says: "an answer of 1 KiB that the server has itself, HTTP/2 in TLS 1.3, 16 connections of 16 streams",
        door: Door::Tls,
        path: HIT,
        connections: 16,
        bytes: KIB,
        load: Load::Streams(16),
    },
    Row {
        name: "h2-pass-1k",
        says: "pass-through of HTTP/2 in clear text to HTTP/1 kept alive, body of 1 KiB, 16 connections of 16 streams",
        door: Door::ClearHttp2,
        path: "/1k",
        connections: 16,
        bytes: KIB,
        load: Load::Streams(16),
    },
    Row {
        name: "https-download-100m",
        says: "pass-through, body of 100 MiB, TLS 1.3 towards the client, 2 connections",
        door: Door::Tls,
        path: "/100m",
        connections: 2,
        bytes: 100 * MIB,
        load: Load::Large(Way::Down),
    },
    Row {
        name: "https-upload-100m",
        says: "request body of 100 MiB, TLS 1.3 towards the client, 2 connections",
        door: Door::Tls,
        path: "/",
        connections: 2,
        bytes: 100 * MIB,
        load: Load::Large(Way::Up),
    },
    Row {
        name: "h2-download-100m",
        says: "pass-through of HTTP/2 in clear text to HTTP/1, body of 100 MiB, 2 connections of one stream",
        door: Door::ClearHttp2,
        path: "/100m",
        connections: 2,
        bytes: 100 * MIB,
        load: Load::LargeStreams(Way::Down),
    },
    Row {
        name: "h2-upload-100m",
        says: "request body of 100 MiB, HTTP/2 in clear text to HTTP/1, 2 connections of one stream",
        door: Door::ClearHttp2,
        path: "/",
        connections: 2,
        bytes: 100 * MIB,
        load: Load::LargeStreams(Way::Up),
    },
];

/// The rows of caches.
pub(super) const CACHED: &[Row] = &[
    Row {
        name: "cache-hit-1k",
        says: "a stored answer of 1 KiB, kept alive, 64 connections",
        door: Door::Clear,
        path: "/1024/hit",
        connections: 64,
        bytes: KIB,
        load: Load::KeptAlive,
    },
    Row {
        name: "cache-hit-100k",
        says: "a stored answer of 100 KiB, kept alive, 64 connections",
        door: Door::Clear,
        path: "/102400/hit",
        connections: 64,
        bytes: 100 * KIB,
        load: Load::KeptAlive,
    },
    Row {
        name: "cache-new-connection",
        says: "a stored answer of 1 KiB, a new connection for each request, 64 at a time",
        door: Door::Clear,
        path: "/1024/hit",
        connections: 64,
        bytes: KIB,
        load: Load::Close,
    },
    Row {
        name: "cache-miss",
        says: "an answer of 1 KiB that is fetched and stored, another URL each time, kept alive on both sides, 32 connections",
        door: Door::Clear,
        path: "/1024/miss",
        connections: 32,
        bytes: KIB,
        load: Load::New,
    },
];

/// What the servers answer to themselves.
const HIT: &str = "/hit-1k";

/// What a row found about one server, one entry per round.
pub(super) struct Figures {
    pub(super) name: &'static str,
    pub(super) rounds: Vec<Figure>,
}

/// One round.
pub(super) struct Figure {
    pub(super) cpu_us: f64,
    pub(super) per_second: f64,
    pub(super) latency: Option<(f64, f64)>,
}

/// Rounds A…Z Z…A over all servers; only the one measured runs.
pub(super) fn measure(bench: &Bench, row: &Row, servers: &[&Running]) -> Result<Vec<Figures>, String> {
    let mut all: Vec<Figures> = servers.iter().map(|running| Figures { name: running.server.name, rounds: Vec::new() }).collect();
    for round in 0..bench.plan.rounds {
        for step in 0..servers.len() {
            let index = if round % 2 == 0 { step } else { servers.len() - 1 - step };
            let figure =
                measure_once(bench, row, servers[index]).map_err(|why| format!("{}, {}: {why}", row.name, servers[index].server.name))?;
            all[index].rounds.push(figure);
        }
    }
    Ok(all)
}

fn measure_once(bench: &Bench, row: &Row, running: &Running) -> Result<Figure, String> {
    let server = &running.server;
    server.go_on()?;
    let before = server.cpu_seconds();
    let round = ask(bench, row, running);
    let cpu = server.cpu_seconds() - before;
    server.stand_still()?;
    let round = round?;
    if round.requests < 1.0 {
        return Err("not one request in a whole round".to_string());
    }
    Ok(Figure { cpu_us: cpu * 1e6 / round.requests, per_second: round.requests / round.seconds, latency: round.latency })
}

/// No URL is asked for twice, whoever is measured.
static NEXT: AtomicU64 = AtomicU64::new(0);

fn ask(bench: &Bench, row: &Row, running: &Running) -> Result<Round, String> {
    let (to, path, length) = (running.address(row.door), row.path, bench.plan.round);
    match row.load {
        Load::KeptAlive => wrk::run(to, path, row.connections, length, &bench.tls.openssl, &[]),
        Load::Close => wrk::run(to, path, row.connections, length, &bench.tls.openssl, &["-H", "Connection: close"]),
        Load::New => whole::run(row.connections, length, || {
            let mut connection = Connection::open(to, path)?;
            Ok(move || {
                connection.go_to(&format!("{path}/{}", NEXT.fetch_add(1, Ordering::Relaxed)));
                connection.ask()
            })
        }),
        Load::Handshake => whole::run(row.connections, length, || Ok(|| Connection::open_for_one(to, path)?.ask())),
        Load::Large(way) => whole::run(row.connections, length, || {
            let body = matches!(way, Way::Up).then_some(row.bytes);
            let mut connection = Connection::open_large(to, path, body)?;
            Ok(move || connection.ask())
        }),
        Load::Streams(streams) => h2load::run(to, path, (row.connections, streams), Until::Time(length), None),
        Load::LargeStreams(way) => {
            let body = matches!(way, Way::Up).then(|| bench.bodies().join("100m"));
            let requests = bench.plan.large_requests;
            h2load::run(to, path, (row.connections, 1), Until::Requests(requests), body.as_deref())
        }
    }
}
