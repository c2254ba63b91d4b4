//! Name servers of others, each on a port of its own, with files in a directory of the test's.

use crate::support::peers::{Server, find};
use crate::support::place::Place;
use crate::support::ports::free_address;
use std::net::SocketAddr;
use std::path::Path;

/// One that runs, until it is dropped.
pub(crate) struct NameServer {
    pub(crate) at: SocketAddr,
    _server: Server,
    _place: Place,
}

impl NameServer {
    fn start(program: &Path, arguments: &[&str], at: SocketAddr, place: Place) -> NameServer {
        NameServer { at, _server: Server::start(program, arguments, at), _place: place }
    }
}

/// A zone of NSD or of Knot: its name, and the rest of its part of the configuration.
pub(crate) type Served = (String, String);

/// NSD at `at`, with these zones; `keys` are whole parts of its configuration.
pub(crate) fn nsd(at: SocketAddr, keys: &str, zones: &[Served]) -> Option<NameServer> {
    let program = find("nsd")?;
    let place = Place::new();
    let folder = place.path().display().to_string();
    let mut config = format!(
        "server:\n ip-address: {ip}@{port}\n username: \"\"\n database: \"\"\n chroot: \"\"\n \
         zonesdir: \"{folder}\"\n \
         pidfile: \"{folder}/pid\"\n xfrdfile: \"{folder}/xfrd\"\n zonelistfile: \"{folder}/list\"\n xfrdir: \"{folder}\"\n \
         server-count: 1\n rrl-ratelimit: 0\n \
         refuse-any: no\n minimal-responses: no\n round-robin: no\n verbosity: 2\nremote-control:\n control-enable: no\n{keys}",
        ip = at.ip(),
        port = at.port()
    );
    for (name, rest) in zones {
        config += &format!("zone:\n name: \"{name}\"\n{rest}");
    }
    let config = place.file("nsd.conf", config);
    Some(NameServer::start(&program, &["-d", "-c", &config], at, place))
}

/// Knot at `at`; `sections` are whole parts of its configuration: keys, remotes, rights.
pub(crate) fn knot(at: SocketAddr, sections: &str, zones: &[Served]) -> Option<NameServer> {
    let program = find("knotd")?;
    let place = Place::new();
    let folder = place.path().display().to_string();
    let mut config = format!(
        "server:\n    rundir: {folder}\n    listen: {ip}@{port}\n    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n\
         log:\n  - target: stderr\n    any: info\ndatabase:\n    storage: {folder}\n{sections}\
         template:\n  - id: default\n    storage: {folder}\n    semantic-checks: off\nzone:\n",
        ip = at.ip(),
        port = at.port()
    );
    for (name, rest) in zones {
        config += &format!("  - domain: {name}\n{rest}");
    }
    let config = place.file("knot.conf", config);
    Some(NameServer::start(&program, &["-c", &config], at, place))
}

/// BIND at `at`, with these zones.
pub(crate) fn bind(at: SocketAddr, zones: &[Served]) -> Option<NameServer> {
    let program = find("named")?;
    let place = Place::new();
    let folder = place.path().display().to_string();
    let mut config = format!(
        "options {{ directory \"{folder}\"; pid-file \"{folder}/pid\"; session-keyfile \"{folder}/session\"; recursion no; \
         listen-on port {port} {{ {ip}; }}; listen-on-v6 {{ none; }}; minimal-responses no; notify no; }};\ncontrols {{ }};\n\
         logging {{ category default {{ null; }}; }};\n",
        ip = at.ip(),
        port = at.port()
    );
    for (name, rest) in zones {
        config += &format!("zone \"{name}\" {{ type primary; check-names ignore; {rest} }};\n");
    }
    let config = place.file("named.conf", config);
    Some(NameServer::start(&program, &["-f", "-n", "1", "-c", &config], at, place))
}

/// Where one may listen.
pub(crate) fn somewhere() -> SocketAddr {
    free_address()
}
