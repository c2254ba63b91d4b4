//! Name servers that take part, with what configuration.

use super::queries::{self, Queries, ZONE};
use crate::bench::peers::{OURS, write_config};
use crate::bench::server::Server;
use crate::bench::{Bench, machine};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A name server.
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// Its file in `bench/peers`.
    config: &'static str,
    /// Its command line; `CONFIG` stands for the configuration, `FOLDER` for where it is.
    command: String,
    /// What its zone has besides, where it steers.
    steered: &'static str,
}

/// Those of the plain row that are installed.
pub(super) fn plain(binary: &Path) -> Vec<Peer> {
    let ours = format!("{} serve CONFIG", binary.display());
    let all = [
        (OURS, "names-throughline.toml", ours.as_str()),
        ("NSD", "names-nsd.conf", "nsd -d -c CONFIG"),
        ("Knot", "names-knot.conf", "knotd -c CONFIG"),
        ("gdnsd", "names-gdnsd/config", "gdnsd -c FOLDER start"),
    ];
    let peer =
        |(name, config, command): (&'static str, &'static str, &str)| Peer { name, config, command: command.to_string(), steered: "" };
    all.into_iter().map(peer).filter(is_there).collect()
}

/// Those that steer by a full table.
pub(super) fn steered(binary: &Path) -> Vec<Peer> {
    let ours = Peer { name: OURS, config: "steered-throughline.toml", command: format!("{} serve CONFIG", binary.display()), steered: "" };
    let gdnsd = Peer {
        name: "gdnsd",
        config: "steered-gdnsd/config",
        command: "gdnsd -c FOLDER start".to_string(),
        steered: "www 60 DYNA geoip!www\n",
    };
    [ours, gdnsd].into_iter().filter(is_there).collect()
}

fn is_there(peer: &Peer) -> bool {
    let there = versions().iter().any(|(name, _)| *name == peer.name);
    if !there && peer.name != OURS {
        eprintln!("bench: {} is not there: left out of this row", peer.name);
    }
    there || peer.name == OURS
}

/// The versions of the peers that are installed.
pub(super) fn versions() -> Vec<(&'static str, String)> {
    let all = [("NSD", "nsd", "-v"), ("Knot", "knotd", "--version"), ("gdnsd", "gdnsd", "-V")];
    all.iter().filter_map(|(name, program, option)| Some((*name, version(program, option)?))).collect()
}

/// What it says of its version, on either stream; gdnsd does so because it does not know the option.
fn version(program: &str, option: &str) -> Option<String> {
    let output = Command::new(program).arg(option).output().ok()?;
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    said.lines().find(|line| line.contains("version")).map(str::to_string)
}

/// Starts it on the measured core, and waits until it answers as it should.
pub(super) fn start(bench: &Bench, peer: &Peer, tables: &Path, queries: &Queries, patience: Duration) -> Result<Server, String> {
    start_on(bench, peer, (tables, queries, patience), &machine::SERVER_CORE.to_string())
}

/// The same on all cores that there are.
pub(super) fn start_on_all_cores(
    bench: &Bench,
    peer: &Peer,
    tables: &Path,
    queries: &Queries,
    patience: Duration,
) -> Result<Server, String> {
    let cores = format!("{},{}", machine::SERVER_CORE, machine::LOAD_CORE);
    start_on(bench, peer, (tables, queries, patience), &cores)
}

fn start_on(bench: &Bench, peer: &Peer, with: (&Path, &Queries, Duration), cores: &str) -> Result<Server, String> {
    let (tables, queries, patience) = with;
    let [port] = machine::free_ports()?;
    let nets = tables.join("nets");
    let (folder, config) =
        write_config(bench, peer.config, port, &[("tables", &tables.to_string_lossy()), ("nets", &nets.to_string_lossy())])?;
    // gdnsd looks into a folder of its own.
    let zones = folder.join("zones");
    let written = std::fs::create_dir_all(&zones).and_then(|()| {
        let more = peer.steered;
        let own = if peer.config.contains('/') { &zones } else { &folder };
        queries::write_zone(&own.join(ZONE), more)
    });
    written.map_err(|error| format!("{}: {error}", folder.display()))?;
    let command = peer.command.replace("CONFIG", &config.to_string_lossy()).replace("FOLDER", &folder.to_string_lossy());
    let words: Vec<&str> = ["taskset", "-c", cores].into_iter().chain(command.split(' ')).collect();
    let log = folder.join("log");
    Server::start_within(peer.name, &words, port, false, |port| answers(port, queries), (&log, patience))
}

/// Whether it gives the right answer to one question.
fn answers(port: u16, queries: &Queries) -> bool {
    let query = queries.telling();
    let asked = || -> std::io::Result<bool> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect((Ipv4Addr::LOCALHOST, port))?;
        socket.set_read_timeout(Some(Duration::from_millis(20)))?;
        socket.send(query.bytes())?;
        let mut answer = [0; 512];
        let len = socket.recv(&mut answer)?;
        Ok(query.is_answered_by(&answer[..len]))
    };
    asked().unwrap_or(false)
}
