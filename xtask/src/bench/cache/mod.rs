//! The rows of caches: each peer stores what one origin says, and has the same memory for it.

mod crowd;
mod load;
mod origin;
mod purge;
mod zipf;

use super::address::Address;
use super::peers::{self, Peer, Room, Running};
use super::{Bench, client, report, throughput};
use origin::Origin;
use std::fs;
use std::os::unix::fs::MetadataExt;

const CROWD: &str = "cache-collapsed";
const ZIPF: &str = "cache-zipf";
const PURGE: &str = "cache-purge-tag";

/// Of each cache in the rows under full load.
const ROOM: Room = Room { memory: 256, object: 2 << 10 };

pub(super) fn rows() -> impl Iterator<Item = &'static str> {
    throughput::CACHED.iter().map(|row| row.name).chain([CROWD, ZIPF, PURGE])
}

/// Measures those of the rows that are of caches; the report.
pub(super) fn measure(bench: &Bench, rows: &[&str]) -> Result<String, String> {
    let under_load: Vec<_> = throughput::CACHED.iter().filter(|row| rows.contains(&row.name)).collect();
    let mut text = String::new();
    if !rows.iter().any(|row| self::rows().any(|own| own == *row)) {
        return Ok(text);
    }
    let origin = Origin::start()?;
    let caches = who_starts(bench, &origin);
    text += "\nCaches:\n\n";
    caches.iter().for_each(|peer| text += &format!("- {}: {}\n", peer.name, peer.version));
    if !under_load.is_empty() {
        let servers = start_all(bench, &caches, &origin)?;
        for row in under_load {
            eprintln!("bench: {} …", row.name);
            text += &under_full_load(bench, row, &servers, &origin)?;
        }
    }
    let mut row = |name, measure: fn(&Bench, &[&Peer], &Origin) -> Result<String, String>| {
        if rows.contains(&name) {
            eprintln!("bench: {name} …");
            text += &measure(bench, &caches, &origin).map_err(|why| format!("{name}: {why}"))?;
        }
        Ok::<(), String>(())
    };
    row(CROWD, crowd::measure)?;
    row(ZIPF, zipf::measure)?;
    row(PURGE, purge::measure)?;
    Ok(text)
}

fn who_starts<'b>(bench: &'b Bench, origin: &Origin) -> Vec<&'b Peer> {
    let starts = |peer: &&Peer| match peers::start_cache(bench, peer, ROOM, origin.port) {
        Ok(_) => true,
        Err(why) => {
            eprintln!("bench: {why}\nbench: {} is left out of the rows of caches", peer.name);
            false
        }
    };
    bench.caches.iter().filter(starts).collect()
}

/// Every cache, standing still.
fn start_all(bench: &Bench, caches: &[&Peer], origin: &Origin) -> Result<Vec<Running>, String> {
    let start = |peer: &&Peer| {
        let running = peers::start_cache(bench, peer, ROOM, origin.port)?;
        running.server.stand_still()?;
        Ok(running)
    };
    caches.iter().map(start).collect()
}

/// A row whose hits must be hits: a cache that asks its origin does other work.
fn under_full_load(bench: &Bench, row: &throughput::Row, servers: &[Running], origin: &Origin) -> Result<String, String> {
    if let Some(path) = row.only_path() {
        for running in servers {
            running.server.go_on()?;
            // By the host's name that wrk uses. Twice: some bring what they have found into faster memory the second time.
            for _ in 0..2 {
                ask(running, &format!("127.0.0.1:{}", running.server.port), path)?;
            }
            running.server.stand_still()?;
        }
    }
    let before = origin.asked();
    let figures = throughput::measure(bench, row, &servers.iter().collect::<Vec<_>>())?;
    let asked = origin.asked() - before;
    if row.only_path().is_some() && asked > 0 {
        return Err(format!("{}: the origin was asked {asked} times for what was stored", row.name));
    }
    Ok(report::throughput(row, &figures))
}

fn ask(running: &Running, host: &str, path: &str) -> Result<(), String> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    match client::say(Address::clear(running.server.port), &head) {
        Ok(200) => Ok(()),
        Ok(status) => Err(format!("{} answers {path} with {status}", running.server.name)),
        Err(error) => Err(format!("{}, {path}: {error}", running.server.name)),
    }
}

/// Memory that a cache has, in bytes: its processes' own, what it has of the kernel's by a file without a name or one that was
/// removed, and its files, which lie in memory too.
fn memory_of(running: &Running) -> u64 {
    let unnamed: u64 = running.server.ids().iter().map(|id| unnamed_files(*id)).sum();
    running.server.resident_bytes() + unnamed + files(&running.folder)
}

fn unnamed_files(process: u32) -> u64 {
    let open = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let is_unnamed = |to: std::path::PathBuf| {
        let to = to.to_string_lossy();
        to.starts_with("/memfd:") || to.ends_with(" (deleted)")
    };
    let unnamed = open.filter(|entry| fs::read_link(entry.path()).is_ok_and(is_unnamed));
    unnamed.filter_map(|entry| fs::metadata(entry.path()).ok()).map(|file| file.blocks() * 512).sum()
}

fn files(folder: &std::path::Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => files(&entry.path()),
        _ => entry.metadata().map_or(0, |file| file.blocks() * 512),
    };
    entries.map(of).sum()
}
