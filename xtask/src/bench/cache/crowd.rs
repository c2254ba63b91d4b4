//! Many clients ask at once for what nobody has: how often the origin is asked, and when all have their answer.

use super::origin::Origin;
use crate::bench::address::Address;
use crate::bench::client::Connection;
use crate::bench::peers::{self, Peer};
use crate::bench::{Bench, report};
use std::io;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

const CLIENTS: usize = 100;
/// Of the origin, for one answer.
const TAKES: Duration = Duration::from_millis(200);

pub(super) fn measure(bench: &Bench, caches: &[&Peer], origin: &Origin) -> Result<String, String> {
    let mut text = format!(
        "\n## cache-collapsed\n\n{CLIENTS} clients ask at once for 100 KiB that are not stored and take the origin {} ms; medians of {} \
         such crowds.\n\n| server | origin asked | the last has its answer after | CPU ms / crowd |\n|---|---:|---:|---:|\n",
        TAKES.as_millis(),
        bench.plan.crowds,
    );
    for peer in caches {
        let running = peers::start_cache(bench, peer, super::ROOM, origin.port)?;
        origin.takes(TAKES);
        let crowds = (0..bench.plan.crowds).map(|number| {
            let (asked, cpu) = (origin.asked(), running.server.cpu_seconds());
            let took = crowd(Address::clear(running.server.port), number)?;
            Ok((origin.asked() - asked, took, running.server.cpu_seconds() - cpu))
        });
        let crowds: io::Result<Vec<(u64, Duration, f64)>> = crowds.collect();
        origin.takes(Duration::ZERO);
        let crowds = crowds.map_err(|error| format!("{}: {error}", peer.name))?;
        let mut asked: Vec<u64> = crowds.iter().map(|(asked, _, _)| *asked).collect();
        let mut took: Vec<Duration> = crowds.iter().map(|(_, took, _)| *took).collect();
        asked.sort_unstable();
        took.sort_unstable();
        let cpu: f64 = crowds.iter().map(|(_, _, cpu)| cpu).sum::<f64>() / f64::from(bench.plan.crowds);
        let (middle, took) = (crowds.len() / 2, report::time(took[crowds.len() / 2].as_secs_f64() * 1e6));
        report::line(&mut text, format_args!("| {} | {} | {took} | {:.1} |", peer.name, asked[middle], cpu * 1e3));
    }
    Ok(text)
}

/// How long the slowest waits.
fn crowd(to: Address, number: u32) -> io::Result<Duration> {
    let path = format!("/102400/crowd/{number}");
    let barrier = Barrier::new(CLIENTS);
    let one = || {
        let connection = Connection::open_large(to, &path, None);
        barrier.wait();
        let begin = Instant::now();
        match connection?.ask()? {
            200 => Ok(begin.elapsed()),
            status => Err(io::Error::other(format!("status {status}"))),
        }
    };
    let outcomes: Vec<io::Result<Duration>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(one)).collect();
        clients.into_iter().map(|client| client.join().expect("no client panics")).collect()
    });
    let outcomes = outcomes.into_iter().collect::<io::Result<Vec<Duration>>>()?;
    Ok(outcomes.into_iter().max().unwrap_or_default())
}
