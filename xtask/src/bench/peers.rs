//! Who takes part, with what configuration.

use super::address::{Address, Door};
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
    /// Whether a request's body is on its way to the origin before the client has sent all of it.
    pub(super) streams_uploads: bool,
    /// Its file in `bench/peers`.
    config: &'static str,
    /// One backend in that file, `ADDR` for its address and `N` for its number, and what stands between two.
    backend: (&'static str, &'static str),
    /// Its command line; `CONFIG` stands for the configuration.
    command: Vec<String>,
}

/// The name of ours.
pub(super) const OURS: &str = "throughline";

/// The peers that are installed, ours first.
pub(super) fn present(binary: &Path) -> Vec<Peer> {
    installed([ours(binary), nginx(), haproxy(), h2o()])
}

/// The same, as caches.
pub(super) fn caches(binary: &Path) -> Vec<Peer> {
    let cache = |(peer, version): (Peer, Option<String>), config| (Peer { config, ..peer }, version);
    installed([
        cache(ours(binary), "cache-throughline.toml"),
        cache(nginx(), "cache-nginx.conf"),
        cache(haproxy(), "cache-haproxy.conf"),
        varnish(),
        traffic_server(),
    ])
}

/// One that is missing is named and left out.
fn installed<const N: usize>(all: [(Peer, Option<String>); N]) -> Vec<Peer> {
    let mut peers = Vec::new();
    for (peer, version) in all {
        match version {
            Some(version) => peers.push(Peer { version, ..peer }),
            None => eprintln!("bench: {} is not there ({}): left out of this run", peer.name, peer.command[0]),
        }
    }
    peers
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
        streams_uploads: true,
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
        streams_uploads: true,
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
        streams_uploads: true,
        config: "haproxy.conf",
        backend: ("server sN ADDR", "\n    "),
        command: words("haproxy -db -f CONFIG"),
    };
    (peer, machine::first_line("haproxy", &["-v"]).map(|line| line.split(" - ").next().unwrap_or_default().to_string()))
}

/// Debian's 2.2 has one backend per path, hence no algorithm, and stores a request's body whole before it asks.
fn h2o() -> (Peer, Option<String>) {
    let peer = Peer {
        name: "h2o",
        version: String::new(),
        even: "",
        algorithms: &[],
        streams_uploads: false,
        config: "h2o.yaml",
        backend: ("http://ADDR/", ""),
        command: words("h2o -c CONFIG"),
    };
    (peer, machine::first_line("h2o", &["-v"]))
}

fn varnish() -> (Peer, Option<String>) {
    let peer = Peer {
        name: "Varnish",
        version: String::new(),
        even: "",
        algorithms: &[],
        streams_uploads: true,
        config: "cache-varnish.vcl",
        backend: ("", ""),
        command: words("varnishd -F -j none -n FOLDER/work -a 127.0.0.1:PORT -s malloc,MEMORYm -p thread_pools=1 -f CONFIG"),
    };
    (peer, machine::first_line("varnishd", &["-V"]))
}

fn traffic_server() -> (Peer, Option<String>) {
    let peer = Peer {
        name: "ATS",
        version: String::new(),
        even: "",
        algorithms: &[],
        streams_uploads: true,
        config: "ats/runroot.yaml",
        backend: ("", ""),
        command: words("traffic_server --run-root=CONFIG"),
    };
    (peer, machine::first_line("traffic_server", &["-V"]))
}

fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_string).collect()
}

/// A peer that runs, and where it listens.
pub(super) struct Running {
    pub(super) server: Server,
    http2: u16,
    tls: u16,
    pub(super) admin: u16,
    /// Its own, with what it writes.
    pub(super) folder: PathBuf,
}

impl Running {
    pub(super) fn address(&self, door: Door) -> Address {
        match door {
            Door::Clear => Address::clear(self.server.port),
            Door::ClearHttp2 => Address::clear(self.http2),
            Door::Tls => Address { port: self.tls, tls: true },
        }
    }
}

/// Starts a peer on the measured core, in front of these ports of 127.0.0.1, and waits until it answers.
pub(super) fn start(bench: &Bench, peer: &Peer, balance: &str, backends: &[u16]) -> Result<Running, String> {
    let one =
        |(number, port): (usize, &u16)| peer.backend.0.replace("ADDR", &format!("127.0.0.1:{port}")).replace("sN", &format!("s{number}"));
    let servers = backends.iter().enumerate().map(one).collect::<Vec<_>>().join(peer.backend.1);
    let [port, http2, tls, admin] = machine::free_ports()?;
    let (hit, hit_file) = (body(1 << 10), bench.bodies().join("1k"));
    let values = [
        ("balance", balance),
        ("servers", &servers),
        ("http2", &http2.to_string()),
        ("tls", &tls.to_string()),
        ("admin", &admin.to_string()),
        ("hit", &hit),
        ("hit-file", &hit_file.to_string_lossy()),
        ("chain", &bench.tls.chain.to_string_lossy()),
        ("key", &bench.tls.key.to_string_lossy()),
        ("chain-and-key", &bench.tls.both.to_string_lossy()),
    ];
    let (folder, config) = write_config(bench, peer.config, port, &values)?;
    let config = config.to_string_lossy().into_owned();
    let command: Vec<&str> = peer.command.iter().map(|word| if word == "CONFIG" { config.as_str() } else { word }).collect();
    let server = Server::start(peer.name, &command, port, true, serves_files, &folder.join("log"))?;
    Ok(Running { server, http2, tls, admin, folder })
}

/// How large a cache is.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// MiB of memory.
    pub(super) memory: u64,
    /// Bytes of the usual object.
    pub(super) object: u64,
}

/// nginx has room for so many keys in a KiB of their zone.
const KEYS_PER_KIB: u64 = 8;

/// Starts a peer as a cache in front of the origin at this port.
pub(super) fn start_cache(bench: &Bench, peer: &Peer, room: Room, origin: u16) -> Result<Running, String> {
    let [port, admin] = machine::free_ports()?;
    let memory = room.memory;
    let keys = (memory << 20) / room.object / KEYS_PER_KIB;
    let values = [
        ("origin", origin.to_string()),
        ("admin", admin.to_string()),
        ("memory", memory.to_string()),
        ("keys", keys.to_string()),
        ("rest", (memory - (keys >> 10)).to_string()),
        ("eighth-bytes", ((memory << 20) / 8).to_string()),
        ("seven-eighths", (memory - memory / 8).to_string()),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (folder, config) = write_config(bench, peer.config, port, &values)?;
    let (config, place) = (config.to_string_lossy(), folder.to_string_lossy());
    let word = |word: &String| {
        let word = word.replace("CONFIG", &config).replace("FOLDER", &place);
        word.replace("PORT", &port.to_string()).replace("MEMORY", &memory.to_string())
    };
    let command: Vec<String> = peer.command.iter().map(word).collect();
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let server = Server::start(peer.name, &command, port, true, serves_files, &folder.join("log"))?;
    Ok(Running { server, http2: port, tls: port, admin, folder })
}

/// Writes the bodies of the rows into memory.
pub(super) fn write_bodies(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (name, len) in [("1k", 1 << 10), ("100k", 100 << 10), ("10m", 10 << 20), ("100m", 100 << 20)] {
        machine::write(&folder.join(name), body(len))?;
    }
    Ok(())
}

fn body(len: usize) -> String {
    "x".repeat(len)
}

/// Starts the origin, with the bodies of the rows in memory.
pub(super) fn start_origin(bench: &Bench) -> Result<Server, String> {
    let [port] = machine::free_ports()?;
    let (folder, config) = write_config(bench, "origin.conf", port, &[("bodies", &bench.bodies().to_string_lossy())])?;
    let config = config.to_string_lossy().into_owned();
    Server::start("the origin", &["nginx", "-e", "stderr", "-c", &config], port, false, serves_files, &folder.join("log"))
}

/// What `trace` asks, in clear and in TLS.
pub(super) struct TraceOrigin {
    pub(super) server: Server,
    /// Its other port.
    pub(super) tls: u16,
}

pub(super) fn start_trace_origin(bench: &Bench, chain: &Path, key: &Path) -> Result<TraceOrigin, String> {
    let [port, tls] = machine::free_ports()?;
    let [bodies, chain, key] = [&*bench.bodies(), chain, key].map(|path| path.to_string_lossy().into_owned());
    let values = [("bodies", bodies.as_str()), ("chain", &chain), ("key", &key), ("tls", &tls.to_string())];
    let (folder, config) = write_config(bench, "trace.conf", port, &values)?;
    let config = config.to_string_lossy().into_owned();
    let command = ["nginx", "-e", "stderr", "-c", &config];
    let server = Server::start("the origin of trace", &command, port, false, serves_files, &folder.join("log"))?;
    Ok(TraceOrigin { server, tls })
}

fn serves_files(port: u16) -> bool {
    client::ask_once(Address::clear(port), "/1k").is_ok_and(|status| status == 200)
}

/// A folder for one server, and its configuration in there, made from a file of `bench/peers`. One that lies in a folder there comes with
/// all that is beside it.
pub(super) fn write_config(bench: &Bench, template: &str, port: u16, values: &[(&str, &str)]) -> Result<(PathBuf, PathBuf), String> {
    let source = bench.source.join("peers").join(template);
    let folder = bench.folder.path.join(format!("{}-{port}", template.replace('/', "-")));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let (port, files, user) = (port.to_string(), machine::open_files().to_string(), machine::user());
    let place = folder.to_string_lossy();
    let general = [("port", port.as_str()), ("files", &files), ("user", &user), ("folder", &place)];
    let fill_in = |text: String| {
        let values = general.iter().chain(values);
        values.fold(text, |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
    };
    let mut templates = vec![source.clone()];
    if let Some(group) = source.parent().filter(|_| template.contains('/')) {
        let entries = fs::read_dir(group).map_err(|error| format!("{}: {error}", group.display()))?;
        templates.extend(entries.flatten().map(|entry| entry.path()));
    }
    let name = |path: &Path| path.file_name().map(|name| folder.join(name)).unwrap_or_default();
    for path in &templates {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        machine::write(&name(path), fill_in(text))?;
    }
    let config = name(&source);
    Ok((folder, config))
}
