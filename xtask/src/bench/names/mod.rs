//! The rows of name servers: answers by UDP, plain and steered by the client's subnet, and how long a full table takes to load.

mod dnsperf;
mod load;
mod peers;
mod queries;

use super::server::Server;
use super::throughput::{Figure, Figures};
use super::wrk::Round;
use super::{Bench, machine, report};
use crate::cargo;
use queries::Queries;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PLAIN: &str = "dns-plain";
const STEERED: &str = "dns-steered";
const LOAD: &str = "dns-load";
pub(super) const ROWS: [&str; 3] = [PLAIN, STEERED, LOAD];

/// Networks of the tables, as of these years.
const NETWORKS: [&str; 2] = ["900000", "200000"];
const POPS: &str = "8";
/// How long a server may take to read them.
const LOADING: Duration = Duration::from_secs(60);

/// How long a server took until it answered out of its tables, and what it held then.
pub(super) struct Loaded {
    pub(super) name: &'static str,
    pub(super) seconds: Vec<f64>,
    pub(super) cpu_seconds: Vec<f64>,
    pub(super) bytes: Vec<u64>,
    /// The most at any time.
    pub(super) peak: Vec<u64>,
}

/// Measures those of the rows that are of name servers; the report.
pub(super) fn measure(bench: &Bench, root: &Path, rows: &[&str]) -> Result<String, String> {
    let mut text = String::new();
    if !ROWS.iter().any(|row| rows.contains(row)) {
        return Ok(text);
    }
    text += "\nName servers:\n\n";
    peers::versions().into_iter().for_each(|(name, version)| text += &format!("- {name}: {version}\n"));
    if rows.contains(&PLAIN) {
        eprintln!("bench: {PLAIN} …");
        text += &plain(bench).map_err(|why| format!("{PLAIN}: {why}"))?;
    }
    if rows.contains(&STEERED) || rows.contains(&LOAD) {
        let tables = tables(bench, root)?;
        let queries = Queries::of_subnets(&tables.join("subnets"))?;
        if rows.contains(&LOAD) {
            eprintln!("bench: {LOAD} …");
            text += &report::loaded(LOAD, &loads(bench, &tables, &queries).map_err(|why| format!("{LOAD}: {why}"))?);
        }
        if rows.contains(&STEERED) {
            eprintln!("bench: {STEERED} …");
            text += &steered(bench, &tables, &queries).map_err(|why| format!("{STEERED}: {why}"))?;
        }
    }
    Ok(text)
}

fn plain(bench: &Bench) -> Result<String, String> {
    let queries = Queries::of_names();
    let mut servers = Vec::new();
    for peer in peers::plain(&bench.binary) {
        match peers::start(bench, &peer, Path::new(""), &queries, LOADING) {
            Ok(server) => servers.push(server),
            Err(why) => eprintln!("bench: {why}\nbench: {} is left out of this row", peer.name),
        }
    }
    let questions = bench.folder.path.join("questions");
    queries.write_names(&questions).map_err(|error| format!("{}: {error}", questions.display()))?;
    let says = "10,000 names of one zone, asked in random order for A by UDP, 100 questions on their way from 4 clients";
    Ok(report::under_load(PLAIN, says, 0, &rounds(bench, &servers, |port, length| dnsperf::run(port, &questions, length))?))
}

fn steered(bench: &Bench, tables: &Path, queries: &Queries) -> Result<String, String> {
    let mut servers = Vec::new();
    for peer in peers::steered(&bench.binary) {
        servers.push(peers::start(bench, &peer, tables, queries, LOADING)?);
    }
    let says = "one name, steered by the client subnet of each question (100,000 of them, random order) over 900,000 networks of IPv4 and \
                200,000 of IPv6 to 8 places, by UDP, 100 questions on their way from 4 clients";
    Ok(report::under_load(STEERED, says, 0, &rounds(bench, &servers, |port, length| load::run(port, queries, length))?))
}

/// Rounds A…Z Z…A; only the one measured runs.
fn rounds(bench: &Bench, servers: &[Server], ask: impl Fn(u16, Duration) -> Result<Round, String>) -> Result<Vec<Figures>, String> {
    servers.iter().try_for_each(Server::stand_still)?;
    let mut all: Vec<Figures> = servers.iter().map(|server| Figures { name: server.name, rounds: Vec::new() }).collect();
    for round in 0..bench.plan.rounds {
        for step in 0..servers.len() {
            let index = if round % 2 == 0 { step } else { servers.len() - 1 - step };
            let server = &servers[index];
            all[index].rounds.push(measure_once(bench, server, &ask).map_err(|why| format!("{}: {why}", server.name))?);
        }
    }
    Ok(all)
}

fn measure_once(bench: &Bench, server: &Server, ask: impl Fn(u16, Duration) -> Result<Round, String>) -> Result<Figure, String> {
    server.go_on()?;
    let before = server.cpu_seconds();
    let round = ask(server.port, bench.plan.round);
    let cpu = server.cpu_seconds() - before;
    server.stand_still()?;
    let Round { requests, seconds, latency } = round?;
    Ok(Figure { cpu_us: cpu * 1e6 / requests, per_second: requests / seconds, latency })
}

/// Starts each server with the tables, in turn, on all cores, until it leads a client by them.
fn loads(bench: &Bench, tables: &Path, queries: &Queries) -> Result<Vec<Loaded>, String> {
    let peers = peers::steered(&bench.binary);
    let none = |peer: &peers::Peer| Loaded { name: peer.name, seconds: vec![], cpu_seconds: vec![], bytes: vec![], peak: vec![] };
    let mut all: Vec<Loaded> = peers.iter().map(none).collect();
    for _ in 0..bench.plan.table_loads {
        for (peer, loaded) in peers.iter().zip(&mut all) {
            let begin = Instant::now();
            let server = peers::start_on_all_cores(bench, peer, tables, queries, LOADING)?;
            loaded.seconds.push(begin.elapsed().as_secs_f64());
            loaded.cpu_seconds.push(server.cpu_seconds());
            loaded.bytes.push(server.resident_bytes());
            loaded.peak.push(server.peak_bytes());
        }
    }
    Ok(all)
}

/// The tables as files, made by an example. Cargo knows whether there is anything to build.
fn tables(bench: &Bench, root: &Path) -> Result<PathBuf, String> {
    let folder = bench.folder.path.join("tables");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let failed = |what: String| format!("routing tables: {what}");
    let built = cargo::command()
        .args(["build", "--quiet", "--release", "--package", "xtask", "--example", "routing_tables", "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .status();
    if !built.as_ref().is_ok_and(std::process::ExitStatus::success) {
        return Err(failed(format!("cargo build: {built:?}")));
    }
    let program = machine::release_folder(root).join("examples/routing_tables");
    eprintln!("bench: making routing tables …");
    let ran = std::process::Command::new(&program).arg(&folder).args(NETWORKS).arg(POPS).status();
    if !ran.as_ref().is_ok_and(std::process::ExitStatus::success) {
        return Err(failed(format!("{}: {ran:?}", program.display())));
    }
    Ok(folder)
}
