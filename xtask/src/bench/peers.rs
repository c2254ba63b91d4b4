//! Who takes part, with what configuration.

use super::server::Server;
use super::{Bench, client, machine};
use std::fs;
use std::path::{Path, PathBuf};

/// A server that takes part.
pub(super) struct Peer {
    pub(super) name: &'static str,
    pub(super) version: String,
    /// What it calls one after another, evenly.
    pub(super) even: &'static str,
    /// Its algorithms in the tail row: our name for each, and what its configuration calls it.
    pub(super) algorithms: &'static [(&'static str, &'static str)],
    /// Its file in `bench/peers`.
    config: &'static str,
    /// One backend in that file, `ADDR` for its address and `N` for its number, and what stands between two.
    backend: (&'static str, &'static str),
    /// Its command line; `CONFIG` stands for the configuration.
    command: Vec<String>,
}

/// The name of ours.
pub(super) const OURS: &str = "throughline";

/// The peers that are installed, ours first. One that is missing is named and left out.
pub(super) fn present(binary: &Path) -> Result<Vec<Peer>, String> {
    let mut peers = Vec::new();
    for (peer, version) in [ours(binary), nginx(), haproxy()] {
        match version {
            Some(version) => peers.push(Peer { version, ..peer }),
            None => eprintln!("bench: {} is not there ({}): left out of this run", peer.name, peer.command[0]),
        }
    }
    if peers.is_empty() { Err("bench: nobody to measure".to_string()) } else { Ok(peers) }
}

fn ours(binary: &Path) -> (Peer, Option<String>) {
    let path = binary.to_string_lossy().into_owned();
    let version = machine::first_line(&path, &["--version"]);
    let peer = Peer {
        name: OURS,
        version: String::new(),
        even: "round-robin",
        algorithms: &[
            ("round-robin", "round-robin"),
            ("least-connections", "least-connections"),
            ("fastest", "fastest"),
            ("random", "random"),
        ],
        config: "throughline.toml",
        backend: ("\"ADDR\"", ", "),
        command: vec![path, "serve".to_string(), "CONFIG".to_string()],
    };
    (peer, version)
}

fn nginx() -> (Peer, Option<String>) {
    let version = machine::first_line("nginx", &["-v"]).map(|line| line.trim_start_matches("nginx version: ").to_string());
    let peer = Peer {
        name: "nginx",
        version: String::new(),
        even: "",
        algorithms: &[("round-robin", ""), ("least-connections", "least_conn;")],
        config: "nginx.conf",
        backend: ("server ADDR;", "\n        "),
        command: words("nginx -e stderr -c CONFIG"),
    };
    (peer, version)
}

fn haproxy() -> (Peer, Option<String>) {
    let peer = Peer {
        name: "HAProxy",
        version: String::new(),
        even: "roundrobin",
        algorithms: &[("round-robin", "roundrobin"), ("least-connections", "leastconn"), ("random of two", "random(2)")],
        config: "haproxy.conf",
        backend: ("server sN ADDR", "\n    "),
        command: words("haproxy -db -f CONFIG"),
    };
    (peer, machine::first_line("haproxy", &["-v"]).map(|line| line.split(" - ").next().unwrap_or_default().to_string()))
}

fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_string).collect()
}

/// Starts a peer on the measured core, in front of these ports of 127.0.0.1, and waits until it answers.
pub(super) fn start(bench: &Bench, peer: &Peer, balance: &str, backends: &[u16]) -> Result<Server, String> {
    let one =
        |(number, port): (usize, &u16)| peer.backend.0.replace("ADDR", &format!("127.0.0.1:{port}")).replace("sN", &format!("s{number}"));
    let servers = backends.iter().enumerate().map(one).collect::<Vec<_>>().join(peer.backend.1);
    let (port, admin) = (machine::free_port()?, machine::free_port()?);
    let (folder, config) =
        write_config(bench, peer.config, port, &[("balance", balance), ("servers", &servers), ("admin", &admin.to_string())])?;
    let config = config.to_string_lossy().into_owned();
    let command: Vec<&str> = peer.command.iter().map(|word| if word == "CONFIG" { config.as_str() } else { word }).collect();
    Server::start(peer.name, &command, port, true, serves_files, &folder.join("log"))
}

/// Starts the origin, with the bodies of the rows in memory.
pub(super) fn start_origin(bench: &Bench) -> Result<Server, String> {
    let port = machine::free_port()?;
    let (folder, config) = write_config(bench, "origin.conf", port, &[])?;
    let files = folder.join("files");
    fs::create_dir_all(&files).map_err(|error| format!("{}: {error}", files.display()))?;
    for (name, len) in [("1k", 1 << 10), ("100k", 100 << 10), ("10m", 10 << 20)] {
        fs::write(files.join(name), vec![b'x'; len]).map_err(|error| format!("{name}: {error}"))?;
    }
    let config = config.to_string_lossy().into_owned();
    Server::start("the origin", &["nginx", "-e", "stderr", "-c", &config], port, false, serves_files, &folder.join("log"))
}

fn serves_files(port: u16) -> bool {
    client::ask_once(port, "/1k").is_ok_and(|status| status == 200)
}

/// A folder for one server, and its configuration in there, made from a file of `bench/peers`.
fn write_config(bench: &Bench, template: &str, port: u16, values: &[(&str, &str)]) -> Result<(PathBuf, PathBuf), String> {
    let source = bench.source.join("peers").join(template);
    let text = fs::read_to_string(&source).map_err(|error| format!("{}: {error}", source.display()))?;
    let folder = bench.folder.path.join(format!("{template}-{port}"));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let (port, files, user) = (port.to_string(), machine::open_files().to_string(), machine::user());
    let place = folder.to_string_lossy();
    let general = [("port", port.as_str()), ("files", &files), ("user", &user), ("folder", &place)];
    let text = general.iter().chain(values).fold(text, |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
    let config = folder.join(template);
    fs::write(&config, text).map_err(|error| format!("{}: {error}", config.display()))?;
    Ok((folder, config))
}
