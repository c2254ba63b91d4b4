//! This program and its peers in one run: who needs how much processor time for the same work.
//!
//! The server under test has core 0 to itself, with one worker; load and origin share core 1. All servers are started, those not measured
//! stand still (SIGSTOP), and many short rounds go A…Z Z…A, so that whatever the machine does meanwhile meets all of them. Figures
//! compare inside one run only.

mod address;
mod backend;
mod cache;
mod client;
mod h2load;
mod machine;
mod memory;
mod names;
mod peers;
mod report;
mod seam;
mod server;
mod tail;
mod throughput;
mod tls;
mod trace;
mod whole;
mod wrk;

use machine::Folder;
use peers::{Peer, Running};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How much of everything.
struct Plan {
    /// Rounds per server and row: even, for the way there and back.
    rounds: usize,
    /// Of one round under load.
    round: Duration,
    /// In a round of large requests over HTTP/2.
    large_requests: usize,
    /// Rounds per variant of the tail row.
    tail_rounds: usize,
    /// Of one round of the tail row, without its warm-up.
    tail_round: Duration,
    /// Connections of the memory row.
    idle_connections: usize,
    /// Rounds per kind of echo server in the seam's row.
    seam_rounds: usize,
    /// Requests of the row of popular and rare URLs, of which the first half warms the cache up.
    zipf_requests: usize,
    /// Objects of the purge's row.
    purge_objects: u32,
    /// Rounds of the row in which many ask for the same at once.
    crowds: u32,
    /// Runs of `trace` for each figure of its start.
    trace_runs: usize,
    /// Long bodies for each figure of its throughput.
    trace_downloads: usize,
    /// Starts of each name server with a full table.
    table_loads: usize,
}

const FULL: Plan = Plan {
    rounds: 6,
    round: Duration::from_secs(2),
    large_requests: 8,
    tail_rounds: 2,
    tail_round: Duration::from_secs(4),
    idle_connections: 10_000,
    seam_rounds: 200,
    zipf_requests: 400_000,
    purge_objects: 100_000,
    crowds: 9,
    trace_runs: 200,
    trace_downloads: 6,
    table_loads: 5,
};

const QUICK: Plan = Plan {
    rounds: 2,
    round: Duration::from_secs(1),
    large_requests: 4,
    tail_rounds: 1,
    tail_round: Duration::from_secs(2),
    idle_connections: 10_000,
    seam_rounds: 40,
    zipf_requests: 100_000,
    purge_objects: 20_000,
    crowds: 3,
    trace_runs: 40,
    trace_downloads: 2,
    table_loads: 2,
};

const SLOW_BACKEND: &str = "slow-backend";
const SEAM: &str = "seam";

/// What stays the same for all rows of a run.
struct Bench {
    /// Ours.
    binary: PathBuf,
    folder: Folder,
    /// `bench/` in the tree.
    source: PathBuf,
    plan: Plan,
    peers: Vec<Peer>,
    caches: Vec<Peer>,
    tls: tls::Files,
}

/// `cargo xtask bench [--quick] [--list] [--binary PATH] [ROW…]`.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let under_load = throughput::ROWS.iter().map(|row| row.name).chain(memory::ROWS.iter().map(|row| row.name));
    let known: Vec<&str> = under_load.chain([SLOW_BACKEND, SEAM]).chain(cache::rows()).chain(trace::ROWS).chain(names::ROWS).collect();
    let mut plan = FULL;
    let mut binary = machine::release_folder(root).join("throughline");
    let mut wanted = Vec::new();
    let mut arguments = arguments.iter().copied();
    while let Some(argument) = arguments.next() {
        match argument {
            "--quick" => plan = QUICK,
            "--list" => {
                println!("{}", known.join("\n"));
                return Ok(());
            }
            "--binary" => binary = arguments.next().ok_or("--binary: which one?")?.into(),
            row if known.contains(&row) => wanted.push(row),
            other => return Err(format!("bench: no row `{other}`; there are {}", known.join(", "))),
        }
    }
    let rows: Vec<&str> = known.into_iter().filter(|row| wanted.is_empty() || wanted.contains(row)).collect();
    machine::prepare()?;
    let (peers, caches) = (peers::present(&binary), peers::caches(&binary));
    let folder = Folder::new()?;
    let tls = tls::Files::make(&folder.path)?;
    let mut bench = Bench { binary, folder, source: root.join("bench"), plan, peers, caches, tls };
    peers::write_bodies(&bench.bodies())?;
    bench.leave_out_who_does_not_start()?;
    bench.run(&rows, root)
}

impl Bench {
    /// A peer of another version may not know a setting: the others are measured all the same.
    fn leave_out_who_does_not_start(&mut self) -> Result<(), String> {
        let origin = backend::start(Duration::ZERO)?;
        for peer in std::mem::take(&mut self.peers) {
            match peers::start(self, &peer, peer.even, &[origin]) {
                Ok(_) => self.peers.push(peer),
                Err(why) => eprintln!("bench: {why}\nbench: {} is left out of this run", peer.name),
            }
        }
        if self.peers.is_empty() { Err("bench: nobody to measure".to_string()) } else { Ok(()) }
    }

    fn run(&self, rows: &[&str], root: &Path) -> Result<(), String> {
        let begin = Instant::now();
        let mut text = report::heading(&self.peers, &self.plan);
        let under_load: Vec<_> = throughput::ROWS.iter().filter(|row| rows.contains(&row.name)).collect();
        let of_memory: Vec<_> = memory::ROWS.iter().filter(|row| rows.contains(&row.name)).collect();
        if !under_load.is_empty() || !of_memory.is_empty() {
            let origin = peers::start_origin(self)?;
            text += &self.under_load(&under_load, origin.port)?;
            for row in of_memory {
                eprintln!("bench: {} …", row.name);
                text += &report::memory(row, &memory::measure(self, row, origin.port)?);
            }
        }
        if rows.contains(&SLOW_BACKEND) {
            eprintln!("bench: {SLOW_BACKEND} …");
            text += &report::tail(&tail::measure(self)?);
        }
        if rows.contains(&SEAM) {
            eprintln!("bench: {SEAM} …");
            text += &report::seam(&seam::measure(self, root)?);
        }
        text += &cache::measure(self, rows)?;
        text += &trace::measure(self, rows)?;
        text += &names::measure(self, root, rows)?;
        text += &format!("\nThe run took {:.0} s.\n", begin.elapsed().as_secs_f64());
        print!("{text}");
        let results = root.join("bench/results");
        let written = std::fs::create_dir_all(&results).and_then(|()| std::fs::write(results.join("latest.md"), &text));
        written.map_err(|error| format!("bench/results/latest.md: {error}"))
    }

    fn under_load(&self, rows: &[&throughput::Row], origin: u16) -> Result<String, String> {
        if rows.is_empty() {
            return Ok(String::new());
        }
        let mut text = String::new();
        let (before_files, before_sink) = (self.start_all(origin)?, self.start_all(backend::start(Duration::ZERO)?)?);
        for row in rows {
            eprintln!("bench: {} …", row.name);
            let all = if row.has_body() { &before_sink } else { &before_files };
            let takes_part = |(peer, _): &&(&Peer, Running)| peer.streams_uploads || !row.has_body();
            let servers: Vec<&Running> = all.iter().filter(takes_part).map(|(_, running)| running).collect();
            text += &report::throughput(row, &throughput::measure(self, row, &servers)?);
        }
        Ok(text)
    }

    /// Every peer in front of the origin at this port, standing still.
    fn start_all(&self, origin: u16) -> Result<Vec<(&Peer, Running)>, String> {
        let mut servers = Vec::new();
        for peer in &self.peers {
            let running = peers::start(self, peer, peer.even, &[origin])?;
            running.server.stand_still()?;
            servers.push((peer, running));
        }
        Ok(servers)
    }

    /// Where the bodies of the rows are, each a file with the name that it is asked for by.
    fn bodies(&self) -> PathBuf {
        self.folder.path.join("bodies")
    }
}
