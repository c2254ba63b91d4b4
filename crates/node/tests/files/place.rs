//! A directory of files, and a server on it.

use decide::address::Address;
use decide::config::{
    Action, Config, FieldEdits, Files, Forward, HostPattern, Limits, Listener, Match, PathMatch, Protocol, Rewrite, Route,
    Server as Process, Show, Site, Tls, TlsVersion,
};
use decide::random::{Random, SplitMix};
use decide::step::{Journey, Step, Texts};
use decide::time::{Calendar, Duration};
use host::Endpoint;
use host::os::Bound;
use node::{Reader, Server, Snapshot};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::SystemTime;

/// Bytes of `/big.bin`: 3 MiB and a few, so that no piece of a round size ends with it.
pub(crate) const BIG: usize = 3 * 1024 * 1024 + 123;
pub(crate) const SCRIPT: &[u8] = b"let answer = 42;";
pub(crate) const STYLE: &[u8] = b"body { margin: 0 }";
pub(crate) const SECRET: &[u8] = b"outside";
/// Sun, 06 Nov 1994 08:49:37 GMT
const MODIFIED: Duration = Duration::from_secs(784_111_777);

/// A directory that goes when it is dropped.
pub(crate) struct Place {
    directory: PathBuf,
    /// What is in `/big.bin`.
    pub(crate) big: Vec<u8>,
}

impl Place {
    pub(crate) fn new(name: &str) -> Place {
        let directory = std::env::temp_dir().join(format!("throughline-files-{}-{name}", std::process::id()));
        fs::create_dir_all(directory.join("root/sub")).expect("directories");
        let mut random = SplitMix::new(1);
        let big: Vec<u8> = std::iter::repeat_with(|| random.next().to_le_bytes()).flatten().take(BIG).collect();
        let place = Place { directory, big };
        let files: &[(&str, &[u8])] = &[
            ("secret", SECRET),
            ("root/big.bin", &place.big),
            ("root/index.html", b"<p>index</p>"),
            ("root/empty", b""),
            ("root/sub/index.html", b"below"),
            ("root/app.js", SCRIPT),
            ("root/app.js.br", b"as if brotli"),
            ("root/app.js.gz", b"as if gzip"),
            ("root/style.css", STYLE),
            ("root/style.css.gz", &gzip(STYLE)),
        ];
        for (name, bytes) in files {
            let path = place.directory.join(name);
            fs::write(&path, bytes).expect("a file");
            File::options().write(true).open(path).and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH + MODIFIED)).expect("a time");
        }
        let links = [
            ("index.html", "inside"),
            ("../secret", "outside"),
            ("..", "outside-directory"),
            ("/etc/passwd", "absolute"),
            ("nowhere", "dangling"),
            ("circle", "circle"),
        ];
        links.iter().for_each(|(to, link)| symlink(to, place.directory.join("root").join(link)).expect("a link"));
        place
    }

    /// A further file of zeros, which takes no room.
    pub(crate) fn sparse(&self, name: &str, size: usize) -> File {
        let file = File::create(self.directory.join("root").join(name)).expect("a file");
        file.set_len(size as u64).expect("a length");
        file
    }

    /// Starts a server on the files, with one worker.
    pub(crate) fn serve(&self) -> Running {
        let any = Endpoint::Ip("127.0.0.1:0".parse().expect("an address"));
        // Held, so that nobody else is given the port before it is listened on.
        let bound = host::os::bind(&any).expect("a free port");
        let Endpoint::Ip(at) = bound.endpoint else { unreachable!("an IP address was bound") };
        let config = config(at, self.directory.join("root").to_str().expect("UTF-8"));
        let seen = Arc::new(Seen::default());
        let reader = seen.clone();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let work = |host: host::Host| async move {
                let server = Server::new(&host, config, 1, BTreeMap::new(), vec![reader as Arc<dyn Reader>]);
                tell.send(server.clone()).expect("the test waits for it");
                server.work(host, 0).await.expect("listening");
            };
            host::os::run(work).expect("an event loop");
        });
        let server = told.recv().expect("a server");
        seen.wait(|seen| seen.listening);
        Running { at, server, seen, thread: Some(thread), _bound: bound }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let removed = fs::remove_dir_all(&self.directory);
        assert!(removed.is_ok() || std::thread::panicking(), "{removed:?}");
    }
}

/// A server at work until it is dropped.
pub(crate) struct Running {
    pub(crate) at: SocketAddr,
    pub(crate) server: Arc<Server>,
    seen: Arc<Seen>,
    thread: Option<JoinHandle<()>>,
    _bound: Bound,
}

impl Running {
    /// The requests for this target that are over; waits until there are so many.
    pub(crate) fn delivered(&self, target: &str, count: usize) -> Vec<Delivered> {
        self.seen.wait(|seen| seen.of(target).len() >= count);
        self.so_far(target)
    }

    /// The requests for this target that are over by now.
    pub(crate) fn so_far(&self, target: &str) -> Vec<Delivered> {
        self.seen.events.lock().expect("no panic while it is held").of(target)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.drain(Calendar::default());
        let ended = self.thread.take().expect("it is taken once").join();
        assert!(ended.is_ok() || std::thread::panicking(), "the worker panicked");
    }
}

/// What is known of a request that is over.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    target: String,
    pub(crate) sent: u64,
    pub(crate) end: &'static str,
    pub(crate) side: &'static str,
    /// Of step `file-chosen`.
    pub(crate) chosen: Option<(u64, &'static str, &'static str)>,
}

/// A reader of steps for tests to wait on.
#[derive(Default)]
struct Seen {
    events: Mutex<Events>,
    more: Condvar,
}

#[derive(Default)]
struct Events {
    listening: bool,
    delivered: Vec<Delivered>,
}

impl Events {
    fn of(&self, target: &str) -> Vec<Delivered> {
        self.delivered.iter().filter(|delivered| delivered.target == target).cloned().collect()
    }
}

impl Seen {
    fn wait(&self, until: impl Fn(&Events) -> bool) {
        let events = self.events.lock().expect("no panic while it is held");
        let limit = Duration::from_secs(120);
        let (_events, result) = self.more.wait_timeout_while(events, limit, |events| !until(events)).expect("no panic while it is held");
        assert!(!result.timed_out(), "it did not happen");
    }

    fn change(&self, change: impl FnOnce(&mut Events)) {
        change(&mut self.events.lock().expect("no panic while it is held"));
        self.more.notify_all();
    }
}

impl Reader for Seen {
    fn journey(&self, journey: &mut Journey, _: &Arc<Snapshot>) {
        let mut seen = Delivered { target: String::new(), sent: 0, end: "", side: "", chosen: None };
        for (_, step) in journey.steps() {
            match *step {
                Step::Asked { target, .. } => seen.target = String::from_utf8_lossy(journey.text(target)).into_owned(),
                Step::FileChosen { size, why, encoding } => seen.chosen = Some((size.0, why, encoding)),
                Step::Delivered { sent, end, side, .. } => (seen.sent, seen.end, seen.side) = (sent.0, end, side.word()),
                _ => {}
            }
        }
        self.change(|events| events.delivered.push(seen));
    }

    fn event(&self, _: Calendar, step: Step, _: &Texts, _: &Arc<Snapshot>) {
        if matches!(step, Step::Listening { .. }) {
            self.change(|events| events.listening = true);
        }
    }
}

/// Nothing is fetched here without a client.
const FEED: decide::config::Feed = decide::config::Feed { rate: 1, simultaneous: 1, jobs: 1, urls: 1, content: 1 };

fn cache() -> decide::config::Cache {
    let hot = decide::config::Hot { requests: 5, window: decide::time::Duration::from_secs(60) };
    decide::config::Cache { memory: 64 << 20, feed: FEED, id: None, hot }
}

/// One listener, one site, one route: files below `root`.
fn config(at: SocketAddr, root: &str) -> Config {
    let files = Files {
        root: root.into(),
        index: vec!["index.html".into()],
        precompressed: true,
        strip_prefix: String::new(),
        cache_control: String::new(),
    };
    let route = Route {
        name: "files".into(),
        when: Match { path: PathMatch::Any, methods: Vec::new(), headers: Vec::new(), query: Vec::new() },
        action: Action::Files(files),
        request: Rewrite::default(),
        response: FieldEdits::default(),
        cache: None,
        compress: None,
        early_hints: None,
        tiers: decide::config::Tiers::default(),
    };
    let site = Site {
        name: "files".into(),
        hosts: vec![HostPattern::Any],
        routes: vec![route],
        max_body: 1 << 20,
        show: Show::default(),
        forward: Forward { x_forwarded: false, forwarded: false, trust_client: false, keep_host: true },
        hsts: None,
        https_redirect: false,
        acme: false,
        tokens: Vec::new(),
        trace_tokens: Vec::new(),
    };
    Config {
        listeners: vec![Listener {
            at: Address::Ip(at),
            sites: vec![0],
            backlog: 64,
            tls: false,
            protocols: vec![Protocol::Http2, Protocol::Http1],
        }],
        sites: vec![site],
        pools: Vec::new(),
        certificates: Vec::new(),
        acme: None,
        tls: Tls {
            min_version: TlsVersion::Tls12,
            client_certificates: None,
            tickets: None,
            look_interval: Duration::from_secs(60),
            key_log: false,
        },
        limits: limits(),
        server: Process { workers: 1, drain_timeout: Duration::from_secs(5), name: "throughline".into(), max_connections: 100 },
        cache: cache(),
        access_log: None,
        tokens: Vec::new(),
        journal: None,
        dns: None,
        resolver: None,
        pops: Vec::new(),
        steerings: Vec::new(),
        collectors: Vec::new(),
        geography: None,
    }
}

fn limits() -> Limits {
    Limits {
        head_bytes: 32 * 1024,
        head_fields: 100,
        target_bytes: 8 * 1024,
        head_timeout: Duration::from_secs(120),
        idle_timeout: Duration::from_secs(120),
        body_timeout: Duration::from_secs(120),
        body_min_rate: 0,
        send_timeout: Duration::from_secs(120),
        tunnel_timeout: Duration::from_secs(120),
        send_min_rate: 0,
        http2_streams: 100,
        http2_stream_window: 65_535,
        http2_connection_window: 65_535,
        requests_per_connection: 1000,
        handshake_timeout: Duration::from_secs(120),
        handshakes_per_address: 100,
    }
}

/// A gzip stream (RFC 1952) that holds the text as it is: one stored block (RFC 1951 §3.2.4).
fn gzip(text: &[u8]) -> Vec<u8> {
    let len = u16::try_from(text.len()).expect("one block");
    let mut stream = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    stream.push(1);
    stream.extend_from_slice(&len.to_le_bytes());
    stream.extend_from_slice(&(!len).to_le_bytes());
    stream.extend_from_slice(text);
    let crc = text.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    });
    stream.extend_from_slice(&(!crc).to_le_bytes());
    stream.extend_from_slice(&u32::from(len).to_le_bytes());
    stream
}
