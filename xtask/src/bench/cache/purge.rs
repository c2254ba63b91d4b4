//! A tag that very many stored answers have is purged: how long until that holds, and what the next requests cost.

use super::load::play;
use super::origin::Origin;
use crate::bench::address::Address;
use crate::bench::client;
use crate::bench::peers::{self, OURS, Peer, Room, Running};
use crate::bench::{Bench, report};
use std::time::{Duration, Instant};

/// Enough for all of them.
const ROOM: Room = Room { memory: 1024, object: 4 << 10 };
const CLIENTS: usize = 32;
/// One object in so many is asked for again.
const AGAIN: u32 = 10;

/// Who can, and by what.
fn way(peer: &str) -> Option<&'static str> {
    match peer {
        OURS => Some("purge by tag"),
        "Varnish" => Some("ban"),
        _ => None,
    }
}

fn purge(running: &Running) -> std::io::Result<u16> {
    if running.server.name == OURS {
        let head = "POST /cache/purge?tag=all HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Throughline-Admin: 1\r\n\
                    Content-Length: 0\r\nConnection: close\r\n\r\n";
        client::say(Address::clear(running.admin), head)
    } else {
        let head = "BAN / HTTP/1.1\r\nHost: bench\r\nX-Tag: all\r\nConnection: close\r\n\r\n";
        client::say(Address::clear(running.server.port), head)
    }
}

pub(super) fn measure(bench: &Bench, caches: &[&Peer], origin: &Origin) -> Result<String, String> {
    let objects = bench.plan.purge_objects;
    let mut text = format!(
        "\n## cache-purge-tag\n\n{objects} stored answers of 100 bytes that all have one tag, which is purged; then one in {AGAIN} of them \
         is asked for again.\n\n| server | by | until it holds | first request after it | CPU µs / hit before | CPU µs / request after | \
         memory, MiB |\n|---|---|---:|---:|---:|---:|---:|\n",
    );
    for peer in caches {
        let Some(way) = way(peer.name) else {
            report::line(&mut text, format_args!("| {} | has none | – | – | – | – | – |", peer.name));
            continue;
        };
        let running = peers::start_cache(bench, peer, ROOM, origin.port)?;
        let row = one(&running, objects, origin).map_err(|why| format!("{}: {why}", peer.name))?;
        report::line(&mut text, format_args!("| {} | {way} | {row} |", peer.name));
    }
    Ok(text)
}

fn one(running: &Running, objects: u32, origin: &Origin) -> Result<String, String> {
    let to = Address::clear(running.server.port);
    let path = |number: u32| format!("/100/purge/{number}");
    let all: Vec<u32> = (0..objects).collect();
    let some: Vec<u32> = (0..objects).step_by(AGAIN as usize).collect();
    play(to, CLIENTS, &all, path)?;
    let memory = super::memory_of(running) >> 20;
    let before = cost(running, &some, origin, false)?;
    let begin = Instant::now();
    match purge(running).map_err(|error| error.to_string())? {
        200 => {}
        status => return Err(format!("the purge is answered with {status}")),
    }
    let held = begin.elapsed();
    // A URL that is asked for only here.
    let begin = Instant::now();
    let asked = origin.asked();
    super::ask(running, "bench", &path(1))?;
    let first = begin.elapsed();
    if origin.asked() == asked {
        return Err("it was purged and is served all the same".to_string());
    }
    let after = cost(running, &some, origin, true)?;
    let micros = |time: Duration| report::time(time.as_secs_f64() * 1e6);
    Ok(format!("{} | {} | {before:.1} | {after:.1} | {memory}", micros(held), micros(first)))
}

/// Of one request in microseconds. All of them must have come to the origin, or none.
fn cost(running: &Running, numbers: &[u32], origin: &Origin, to_origin: bool) -> Result<f64, String> {
    let (asked, cpu) = (origin.asked(), running.server.cpu_seconds());
    play(Address::clear(running.server.port), CLIENTS, numbers, |number| format!("/100/purge/{number}"))?;
    let (asked, cpu) = (origin.asked() - asked, running.server.cpu_seconds() - cpu);
    let expected = if to_origin { numbers.len() as u64 } else { 0 };
    if asked != expected {
        return Err(format!("the origin was asked {asked} times, and not {expected}"));
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
    let requests = numbers.len() as f64;
    Ok(cpu * 1e6 / requests)
}
