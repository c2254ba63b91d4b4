//! A certificate authority: Debian's `pebble`, with a name server that leads every name to this machine; and the side of a server that
//! answers its challenges.

use super::peers::{Curl, Server, find};
use super::place::Place;
use super::ports::free_addresses;
use decide::config::HostPattern;
use node::tls::certificate::{Facts, chain_of_pem};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConnection;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use throughline::acme::{Event, Installer};

/// How the authority behaves.
pub(crate) struct Manners {
    /// How long its certificates hold, in seconds.
    pub(crate) validity: u64,
    /// Of a hundred good nonces, how many it refuses.
    pub(crate) refused_nonces: u32,
    /// Whether it wants an account to be bound to one outside ([`KEY_ID`], [`KEY`]).
    pub(crate) external_account: bool,
}

impl Default for Manners {
    fn default() -> Manners {
        Manners { validity: 90 * 86_400, refused_nonces: 0, external_account: false }
    }
}

pub(crate) const KEY_ID: &str = "kid-1";
pub(crate) const KEY: &str = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

/// A running authority.
pub(crate) struct Authority {
    manners: Manners,
    place: Place,
    at: SocketAddr,
    /// Where it looks for answers: by http-01, by tls-alpn-01.
    looks: (SocketAddr, SocketAddr),
    /// Where it tells of itself.
    management: SocketAddr,
    server: Option<Server>,
    _names: Server,
}

impl Authority {
    /// Starts one that looks for answers at this edge; `None` after one line if it is not installed.
    pub(crate) fn start(manners: Manners, edge: &Edge) -> Option<Authority> {
        Authority::looking_at(manners, edge.addresses())
    }

    /// The same, with its answers by http-01 and by tls-alpn-01 at these addresses.
    pub(crate) fn looking_at(manners: Manners, looks: (SocketAddr, SocketAddr)) -> Option<Authority> {
        let (pebble, names) = (find("pebble")?, find("pebble-challtestsrv")?);
        let [at, names_at, names_management, management] = free_addresses();
        let place = Place::new();
        own_certificate(&place);
        let (names_at, names_management) = (names_at.to_string(), names_management.to_string());
        let arguments = ["-dns01", &names_at, "-http01=", "-https01=", "-tlsalpn01=", "-management", &names_management, "-defaultIPv6="];
        let names = Server::start(&names, &arguments, names_at.parse().expect("an address"));
        place.file("names", names_at);
        let server = run(&pebble, &manners, &place, (at, management), looks);
        Some(Authority { manners, place, at, looks, management, server: Some(server), _names: names })
    }

    /// Another one at the same address, which knows nothing of what the first did.
    pub(crate) fn forget(&mut self) {
        // The first one must have let go of its port.
        self.server = None;
        let pebble = find("pebble").expect("it was found before");
        self.server = Some(run(&pebble, &self.manners, &self.place, (self.at, self.management), self.looks));
    }

    pub(crate) fn directory(&self) -> String {
        format!("https://{}/dir", self.at)
    }

    /// The file of the root that its certificates lead to, made anew at each of its starts.
    pub(crate) fn root(&self, curl: &Curl) -> String {
        let root = curl.text(&["--cacert", &self.ca(), &format!("https://{}/roots/0", self.management)]);
        self.place.file("root.pem", root)
    }

    /// What its own certificate is verified against.
    pub(crate) fn ca(&self) -> String {
        self.place.at("ca.pem")
    }
}

fn run(
    pebble: &std::path::Path,
    manners: &Manners,
    place: &Place,
    (at, management): (SocketAddr, SocketAddr),
    looks: (SocketAddr, SocketAddr),
) -> Server {
    let config = serde_json::json!({ "pebble": {
        "listenAddress": at.to_string(),
        "managementListenAddress": management.to_string(),
        "certificate": place.at("own.pem"),
        "privateKey": place.at("own.key"),
        "httpPort": looks.0.port(),
        "tlsPort": looks.1.port(),
        "externalAccountBindingRequired": manners.external_account,
        "externalAccountMACKeys": { KEY_ID: KEY },
        "certificateValidityPeriod": manners.validity,
    }});
    let config = place.file("pebble.json", config.to_string());
    let names = std::fs::read_to_string(place.at("names")).expect("it was written");
    let refused = manners.refused_nonces.to_string();
    let environment = [("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_WFE_NONCEREJECT", &*refused), ("PEBBLE_AUTHZREUSE", "0")];
    Server::start_with(pebble, &["-config", &config, "-dnsserver", &names], &environment, at)
}

/// What the authority shows of itself over TLS: a certificate for this machine, from a root of its own.
pub(crate) fn own_certificate(place: &Place) {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // One with the name of what it signs would pass for its own.
    root.distinguished_name.push(DnType::CommonName, "the authority's own root");
    let root_key = KeyPair::generate().expect("a key");
    let root_certificate = root.self_signed(&root_key).expect("a certificate");
    place.file("ca.pem", root_certificate.pem());
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new(["127.0.0.1".to_string()]).expect("an address");
    let own = own.signed_by(&key, &Issuer::new(root, root_key)).expect("a certificate");
    place.file("own.pem", own.pem());
    place.file("own.key", key.serialize_pem());
}

/// What a server does for ACME, with one listener for http-01 and one for tls-alpn-01; remembers everything that it is told.
pub(crate) struct Edge {
    state: Mutex<State>,
    changed: Condvar,
    http: SocketAddr,
    tls: SocketAddr,
    /// Answers http-01 with something else.
    pub(crate) lies: AtomicBool,
    /// Does not answer http-01 as long as this is set.
    pub(crate) silent: AtomicBool,
    over: AtomicBool,
}

#[derive(Default)]
pub(crate) struct State {
    /// What is shown for (host, token).
    pub(crate) http: BTreeMap<(String, String), String>,
    /// What is shown for a host.
    pub(crate) tls: BTreeMap<String, (Vec<u8>, Vec<u8>)>,
    /// Challenges that the authority has looked at, by kind.
    pub(crate) looked: Vec<&'static str>,
    /// Names on it, chain and key of each certificate, in the order they were installed.
    pub(crate) installed: Vec<(Vec<String>, String, String)>,
    /// What was told.
    pub(crate) events: Vec<Event>,
}

impl Edge {
    pub(crate) fn start() -> Arc<Edge> {
        let listen = || TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let (http, tls) = (listen(), listen());
        let at = |listener: &TcpListener| listener.local_addr().expect("it is bound");
        let edge = Arc::new(Edge {
            state: Mutex::default(),
            changed: Condvar::new(),
            http: at(&http),
            tls: at(&tls),
            lies: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            over: AtomicBool::new(false),
        });
        for (listener, serve) in [(http, Edge::serve_http as fn(&Arc<Edge>, TcpStream)), (tls, Edge::serve_tls)] {
            let edge = edge.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    if edge.over.load(Ordering::Relaxed) {
                        return;
                    }
                    let _ = stream.set_read_timeout(Some(super::PATIENCE));
                    serve(&edge, stream);
                }
            });
        }
        edge
    }

    fn addresses(&self) -> (SocketAddr, SocketAddr) {
        (self.http, self.tls)
    }

    /// Waits until something holds of the state, and gives what it found.
    pub(crate) fn wait<T>(&self, what: &str, found: impl Fn(&State) -> Option<T>) -> T {
        let began = std::time::Instant::now();
        let mut state = self.state.lock().expect("no panic while it is held");
        loop {
            if let Some(found) = found(&state) {
                return found;
            }
            let left = super::PATIENCE.saturating_sub(began.elapsed());
            assert!(!left.is_zero(), "{what} did not happen; this did: {:#?}", state.events);
            state = self.changed.wait_timeout(state, left).expect("no panic while it is held").0;
        }
    }

    /// Waits for the first event that `found` takes.
    pub(crate) fn event<T>(&self, what: &str, found: impl Fn(&Event) -> Option<T>) -> T {
        self.wait(what, |state| state.events.iter().find_map(&found))
    }

    /// Waits until this site's certificate has been issued.
    pub(crate) fn issued(&self, site: &str) {
        self.event(&format!("a certificate of {site}"), |event| {
            matches!(event, Event::Issued { site: of, .. } if of == site).then_some(())
        });
    }

    /// What has been told so far, and forgets it.
    pub(crate) fn take(&self) -> State {
        std::mem::take(&mut self.state.lock().expect("no panic while it is held"))
    }

    /// Answers again.
    pub(crate) fn speak(&self) {
        self.change(|_| self.silent.store(false, Ordering::Relaxed));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().expect("no panic while it is held"));
        self.changed.notify_all();
    }

    /// One request, one answer.
    fn serve_http(self: &Arc<Edge>, mut stream: TcpStream) {
        let mut lines = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        let first = lines.next().unwrap_or_default();
        let host = lines.find_map(|line| line.strip_prefix("Host: ").map(str::to_string)).unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default().to_string();
        let token = first.strip_prefix("GET /.well-known/acme-challenge/").and_then(|rest| rest.split(' ').next()).unwrap_or("-");
        let mut answer = None;
        self.change(|state| {
            state.looked.push("http-01");
            answer = state.http.get(&(host, token.to_string())).cloned();
        });
        let state = self.state.lock().expect("no panic while it is held");
        let silent = |_: &mut State| self.silent.load(Ordering::Relaxed);
        drop(self.changed.wait_timeout_while(state, super::PATIENCE, silent));
        let lies = self.lies.load(Ordering::Relaxed);
        let answer = answer.map(|answer| if lies { "something else".to_string() } else { answer });
        let answer = match answer {
            Some(body) => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()),
            None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_string(),
        };
        let _ = stream.write_all(answer.as_bytes());
    }

    /// One handshake.
    fn serve_tls(self: &Arc<Edge>, mut stream: TcpStream) {
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has them");
        let mut config = config.with_no_client_auth().with_cert_resolver(Arc::new(Resolver(self.clone())));
        config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
        let Ok(mut connection) = ServerConnection::new(Arc::new(config)) else { return };
        while connection.is_handshaking() {
            if connection.complete_io(&mut stream).is_err() {
                return;
            }
        }
        connection.send_close_notify();
        let _ = connection.complete_io(&mut stream);
    }

    /// Lets its threads end.
    pub(crate) fn close(&self) {
        self.over.store(true, Ordering::Relaxed);
        for at in [self.http, self.tls] {
            let _ = TcpStream::connect(at);
        }
    }
}

impl Installer for Edge {
    fn http_challenge(&self, host: &str, token: &str, key_authorization: Option<&str>) {
        let key = (host.to_string(), token.to_string());
        self.change(|state| match key_authorization {
            Some(authorization) => drop(state.http.insert(key, authorization.to_string())),
            None => drop(state.http.remove(&key).expect("it was shown before")),
        });
    }

    fn tls_challenge(&self, host: &str, certificate: Option<(Vec<u8>, Vec<u8>)>) {
        self.change(|state| match certificate {
            Some(certificate) => drop(state.tls.insert(host.to_string(), certificate)),
            None => drop(state.tls.remove(host).expect("it was shown before")),
        });
    }

    fn install(&self, _site: &str, chain_pem: &str, key_pem: &str) {
        let chain = chain_of_pem(chain_pem.as_bytes()).expect("a chain");
        let facts = Facts::of(&chain[0]).expect("a certificate");
        let name = |name: &HostPattern| match name {
            HostPattern::Exact(name) => name.clone(),
            other => panic!("{other:?} was not ordered"),
        };
        let names = facts.names.iter().map(name).collect();
        self.change(|state| state.installed.push((names, chain_pem.to_string(), key_pem.to_string())));
    }

    fn tell(&self, event: Event) {
        self.change(|state| state.events.push(event));
    }
}

/// Shows the certificate of the challenge, and none else.
struct Resolver(Arc<Edge>);

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resolver")
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if !hello.alpn()?.eq([b"acme-tls/1".as_slice()]) {
            return None;
        }
        let mut shown = None;
        self.0.change(|state| {
            state.looked.push("tls-alpn-01");
            shown = hello.server_name().and_then(|name| state.tls.get(name).cloned());
        });
        let (certificate, key) = shown?;
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&PrivateKeyDer::Pkcs8(key.into())).expect("a key");
        // `CertifiedKey::from_der` would refuse it, for its critical extension.
        Some(Arc::new(CertifiedKey::new(vec![CertificateDer::from(certificate)], key)))
    }
}
