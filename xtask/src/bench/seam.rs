//! What the seam costs: the same small echo server with and without it, under the same load.
//!
//! The servers are the kinds of `crates/host/examples/seam_echo.rs`, one thread each. The load is one thread that has a message on its
//! way on each connection: it waits for the oldest, and sends the next on the same one.

use super::server::Server;
use super::{Bench, machine};
use crate::cargo;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// A kind of echo server, and what its rounds came to.
pub(super) struct Kind {
    name: &'static str,
    /// What it is, for the report.
    pub(super) says: &'static str,
    /// Processor time per message in microseconds, one entry per round.
    pub(super) rounds: Vec<f64>,
    /// Sums over all rounds, in seconds: their share of each other is what a tick of 10 ms still tells.
    pub(super) user: f64,
    pub(super) system: f64,
}

/// The row's outcome.
pub(super) struct Seam {
    /// The first is what the others are compared with.
    pub(super) kinds: Vec<Kind>,
    /// The machine's load average, before and after.
    pub(super) load: (String, String),
}

const KINDS: &[(&str, &str)] = &[
    ("bare", "tokio alone, no time limit"),
    ("host", "`Host` and `Stream`, a time limit per message"),
    ("boxed", "the same, the stream a trait object"),
    ("bare-limit", "tokio alone, a time limit per message by its `Sleep`"),
];

pub(super) const CONNECTIONS: usize = 64;
pub(super) const MESSAGE: usize = 256;
/// Of one round: short, so that what else runs on the machine meets neighbours alike.
pub(super) const ROUND: Duration = Duration::from_millis(60);
const PATIENCE: Duration = Duration::from_secs(5);

/// Rounds A…Z Z…A; only the one measured runs.
pub(super) fn measure(bench: &Bench, root: &Path) -> Result<Seam, String> {
    let binary = build(root)?;
    let mut servers = Vec::new();
    for &(name, _) in KINDS {
        let [port] = machine::free_ports()?;
        let log = bench.folder.path.join(format!("seam-{name}.log"));
        let server = Server::start(name, &[&binary, name, &port.to_string()], port, true, echoes, &log)?;
        server.stand_still()?;
        servers.push(server);
    }
    let mut kinds: Vec<Kind> = KINDS.iter().map(|&(name, says)| Kind { name, says, rounds: Vec::new(), user: 0.0, system: 0.0 }).collect();
    let before = machine::load_average();
    for round in 0..bench.plan.seam_rounds {
        for step in 0..KINDS.len() {
            let index = if round % 2 == 0 { step } else { KINDS.len() - 1 - step };
            let kind = &mut kinds[index];
            measure_once(&servers[index], kind).map_err(|why| format!("seam, {}: {why}", kind.name))?;
        }
    }
    Ok(Seam { kinds, load: (before, machine::load_average()) })
}

/// Cargo knows whether there is anything to do.
fn build(root: &Path) -> Result<String, String> {
    let built = cargo::command()
        .args(["build", "--quiet", "--release", "--package", "tl-host", "--example", "seam_echo", "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .status();
    match built {
        Ok(status) if status.success() => Ok(machine::release_folder(root).join("examples/seam_echo").to_string_lossy().into_owned()),
        Ok(status) => Err(format!("the echo servers of the seam's row: cargo build ended with {status}")),
        Err(error) => Err(format!("the echo servers of the seam's row: cargo cannot be run: {error}")),
    }
}

fn measure_once(server: &Server, kind: &mut Kind) -> Result<(), String> {
    server.go_on()?;
    let broken = |error: io::Error| error.to_string();
    let mut load = Load::open(server.port).map_err(broken)?;
    load.run(ROUND / 6).map_err(broken)?;
    let (nanos, (user, system)) = (server.idle_nanos()?, server.user_and_system_seconds());
    let messages = load.run(ROUND).map_err(broken)?;
    let (nanos_after, (user_after, system_after)) = (server.idle_nanos()?, server.user_and_system_seconds());
    drop(load);
    server.stand_still()?;
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a round, and the messages of it")]
    kind.rounds.push((nanos_after - nanos) as f64 / 1e3 / messages as f64);
    kind.user += user_after - user;
    kind.system += system_after - system;
    Ok(())
}

fn echoes(port: u16) -> bool {
    Load::open(port).is_ok()
}

/// Connections that take turns.
struct Load(Vec<TcpStream>);

impl Load {
    /// Connects, and sees each connection echo once: connections that only queue are none.
    fn open(port: u16) -> io::Result<Load> {
        let connect = |_| {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            Ok(stream)
        };
        let mut load = Load((0..CONNECTIONS).map(connect).collect::<io::Result<_>>()?);
        load.run(Duration::ZERO)?;
        Ok(load)
    }

    /// Has a message on its way on each connection until the time is over, and waits for the last ones; how many came back.
    fn run(&mut self, length: Duration) -> io::Result<u64> {
        let begin = Instant::now();
        let mut block = [0; MESSAGE];
        let mut messages = 0;
        for stream in &mut self.0 {
            stream.write_all(&block)?;
        }
        loop {
            let over = begin.elapsed() >= length;
            for stream in &mut self.0 {
                stream.read_exact(&mut block)?;
                messages += 1;
                if !over {
                    stream.write_all(&block)?;
                }
            }
            if over {
                return Ok(messages);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn a_message_is_counted_when_it_came_back() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
        let port = listener.local_addr().expect("it is bound").port();
        let server = thread::spawn(move || {
            let echo = |mut stream: TcpStream| {
                let (mut block, mut echoed) = ([0; MESSAGE], 0_u64);
                while stream.read_exact(&mut block).and_then(|()| stream.write_all(&block)).is_ok() {
                    echoed += 1;
                }
                echoed
            };
            let echoes: Vec<_> = (0..CONNECTIONS)
                .map(|_| listener.accept().expect("clients come").0)
                .map(|stream| thread::spawn(move || echo(stream)))
                .collect();
            echoes.into_iter().map(|one| one.join().expect("no echo panics")).sum::<u64>()
        });
        let mut load = Load::open(port).expect("the server echoes");
        let before = CONNECTIONS as u64;
        let (mut length, mut messages, mut all) = (Duration::from_millis(20), 0, before);
        // A busy machine may leave it no turn in so short a time: then it gets more.
        while messages <= 2 * before {
            messages = load.run(length).expect("it goes on echoing");
            all += messages;
            length *= 2;
        }
        drop(load);
        assert_eq!(all, server.join().expect("the server ends with its clients"));
    }
}
