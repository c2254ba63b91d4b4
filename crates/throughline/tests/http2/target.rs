//! What the tests are put to: the built binary, or a server of others.

use crate::support::edge::Edge;
use crate::support::peers::{Server, find};
use crate::support::place::Place;
use crate::support::ports::free_address;
use crate::support::resident_kib;
use std::net::SocketAddr;

/// A server of HTTP/2 in clear text.
pub(crate) struct Target {
    pub(crate) at: SocketAddr,
    pub(crate) pid: Option<u32>,
    /// The built binary, of which more is asked than of others.
    pub(crate) ours: bool,
    /// A path whose answer the server makes itself, at once.
    pub(crate) fixed: &'static str,
    _running: Running,
}

/// What ends with the test.
enum Running {
    Edge { _edge: Edge },
    Peer { _server: Server, _place: Place },
    Elsewhere,
}

impl Target {
    /// The built binary in front of a backend, with lines of configuration before all others; or what `HTTP2_TARGET` names.
    pub(crate) fn under_test(settings: &str, backend: &str) -> Target {
        match std::env::var("HTTP2_TARGET").as_deref() {
            Ok("haproxy") => return Target::haproxy(backend).expect("HAProxy is installed"),
            Ok("nghttpd") => return Target::nghttpd().expect("nghttpd is installed"),
            Ok(at) => return Target::elsewhere(at),
            Err(_) => {}
        }
        let edge = Edge::of(&format!(
            "{settings}\n[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\nhosts = [\"*\"]\n\
             [[site.route]]\npath = \"/fixed\"\nanswer = {{ body = \"hello\" }}\n\
             [[site.route]]\npool = \"app\"\n[pool.app]\nbackends = [\"{backend}\"]\n\
             connect-timeout = \"1h\"\nresponse-timeout = \"1h\"\ntransfer-timeout = \"1h\"\n"
        ));
        Target { at: edge.at(0), pid: Some(edge.pid()), ours: true, fixed: "/fixed", _running: Running::Edge { _edge: edge } }
    }

    /// A server that runs already; its path `/` must answer.
    fn elsewhere(at: &str) -> Target {
        let pid = std::env::var("HTTP2_TARGET_PID").ok().map(|pid| pid.parse().expect("HTTP2_TARGET_PID is a number"));
        let at = at.parse().expect("HTTP2_TARGET is an IP address and a port, or haproxy, or nghttpd");
        Target { at, pid, ours: false, fixed: "/", _running: Running::Elsewhere }
    }

    /// Its memory in KiB; 0 where the machine does not tell.
    pub(crate) fn resident_kib(&self) -> u64 {
        self.pid.map_or(0, resident_kib)
    }

    /// HAProxy in front of a backend.
    pub(crate) fn haproxy(backend: &str) -> Option<Target> {
        let (program, place, at) = (find("haproxy")?, Place::new(), free_address());
        let config = format!(
            "global\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 3s\n  timeout server 10s\n\
             \x20 option http-no-delay\n\
             frontend front\n  bind {at} proto h2\n\
             \x20 http-request return status 200 content-type text/plain string hello if {{ path /fixed }}\n\
             \x20 default_backend back\nbackend back\n  server next {backend}\n"
        );
        let path = place.file("haproxy.cfg", config);
        let server = Server::start(&program, &["-db", "-f", &path], at);
        Some(Target::peer(server, place, at, "/fixed"))
    }

    /// nghttpd, which serves files.
    pub(crate) fn nghttpd() -> Option<Target> {
        let (program, place, at) = (find("nghttpd")?, Place::new(), free_address());
        place.file("index.html", "hello");
        let folder = place.path().display().to_string();
        let server = Server::start(&program, &["--no-tls", "-a", "127.0.0.1", "-d", &folder, &at.port().to_string()], at);
        Some(Target::peer(server, place, at, "/"))
    }

    fn peer(server: Server, place: Place, at: SocketAddr, fixed: &'static str) -> Target {
        Target { at, pid: Some(server.child.id()), ours: false, fixed, _running: Running::Peer { _server: server, _place: place } }
    }
}
