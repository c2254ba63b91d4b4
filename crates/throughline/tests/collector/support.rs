//! Collectors on a thread of their own, what comes of them, and children that end with their test.

use decide::config::{BgpSession, Collector, Pop, RouteSource};
use decide::steer::{Route, SourceId};
use decide::step::{Step, Texts, Value};
use decide::time::Calendar;
use node::collector::{Batch, Collectors, Told};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wire::network::Network;

/// How long a router may take to do what it ought to do soon.
pub(crate) const PATIENCE: Duration = crate::real::PATIENCE;

/// What was told.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Told for Log {
    fn told(&self, _: Calendar, step: Step, texts: &Texts) {
        let mut words = step.name().to_string();
        step.fields(|_, value| {
            words.push(' ');
            words.push_str(&match value {
                Value::Text(text) => String::from_utf8_lossy(texts.get(text)).into_owned(),
                Value::Word(word) => word.to_string(),
                Value::Number(number) => number.to_string(),
                other => format!("{other:?}"),
            });
        });
        self.0.lock().expect("no panic while it is held").push(words);
    }
}

type Tables = BTreeMap<SourceId, (String, BTreeMap<Network, Route>)>;

/// Collectors at work.
pub(crate) struct Rig {
    pub(crate) collectors: Arc<Collectors>,
    log: Arc<Log>,
    tables: Tables,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Rig {
    pub(crate) fn new(wanted: &[Collector]) -> Rig {
        let log = Arc::new(Log::default());
        let collectors = Collectors::new(log.clone());
        let pop = Pop { name: "fra".to_string(), addresses: vec![], pool: None, capacity: 0, location: None, url: None };
        collectors.configure(&[pop], wanted);
        let working = collectors.clone();
        let thread = std::thread::spawn(move || host::os::run(|host| working.run(host)).expect("an event loop"));
        Rig { collectors, log, tables: Tables::new(), thread: Some(thread) }
    }

    /// Waits until the tables are as they ought to be.
    pub(crate) fn until(&mut self, what: &str, is_so: impl Fn(&Tables) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            for batch in self.collectors.queue().take_now() {
                take(&mut self.tables, batch);
            }
            if is_so(&self.tables) {
                return;
            }
            let told = self.log.0.lock().expect("no panic while it is held");
            assert!(Instant::now() < end, "{what} did not come: {told:#?} {:?}", self.collectors.status());
            drop(told);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What was told by this name.
    pub(crate) fn steps(&self, name: &str) -> Vec<String> {
        let log = self.log.0.lock().expect("no panic while it is held");
        log.iter().filter(|words| words.split(' ').next() == Some(name)).cloned().collect()
    }

    /// Waits until something was told.
    pub(crate) fn until_told(&mut self, name: &str, part: &str) {
        let log = self.log.clone();
        self.until(name, |_| {
            let log = log.0.lock().expect("no panic while it is held");
            log.iter().any(|words| words.starts_with(name) && words.contains(part))
        });
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.collectors.stop();
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        if !std::thread::panicking() {
            assert!(matches!(ended, Some(Ok(()))), "the collectors ended well");
        }
    }
}

fn take(tables: &mut Tables, batch: Batch) {
    match batch {
        Batch::Opened(source) => drop(tables.insert(source.id, (source.name.clone(), BTreeMap::new()))),
        Batch::Whole(id, whole) => tables.get_mut(&id).expect("it was opened").1 = whole.iter().collect(),
        Batch::Changes(changes) => {
            for change in changes {
                let table = &mut tables.get_mut(&change.source).expect("it was opened").1;
                match change.route {
                    Some(route) => drop(table.insert(change.network, route)),
                    None => drop(table.remove(&change.network)),
                }
            }
        }
        Batch::Gone(id) => tables.get_mut(&id).expect("it was opened").1.clear(),
    }
}

/// The way to a network in a table whose name has this in it.
pub(crate) fn route(tables: &Tables, source: &str, network: &str) -> Option<Route> {
    let network = Network::parse(network).expect("a network");
    tables.values().filter(|(name, _)| name.contains(source)).find_map(|(_, table)| table.get(&network).copied())
}

/// A session that we open, or wait for at `listen`.
pub(crate) fn bgp(router: SocketAddr, listen: Option<SocketAddr>) -> Collector {
    let session = BgpSession {
        router,
        listen,
        local_as: 65_000,
        router_as: 65_001,
        identifier: Ipv4Addr::new(192, 0, 2, 1),
        hold_time: Duration::from_secs(30),
    };
    Collector { pop: 0, source: RouteSource::Bgp(session), keep: Duration::from_secs(300), most_prefixes: 2_000_000 }
}

/// A station for routers of this machine.
pub(crate) fn bmp(at: SocketAddr) -> Collector {
    let router = vec![Network::parse("127.0.0.0/8").expect("a network")];
    Collector { pop: 0, source: RouteSource::Bmp { at, router }, keep: Duration::from_secs(300), most_prefixes: 2_000_000 }
}

/// An address of this machine where nobody listens; routers do not say which one they took.
pub(crate) fn free(address: &str) -> SocketAddr {
    crate::real::ports::free_at(&[address.parse().expect("a loopback address")])
}

/// Connects as soon as somebody listens.
pub(crate) fn connect(at: SocketAddr) -> TcpStream {
    let end = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(at) {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < end, "{at}: {error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Where a program is, or `None` after one line that says what is skipped.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&paths).chain(["/usr/sbin", "/usr/lib/frr"].map(PathBuf::from));
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        assert!(std::env::var("THROUGHLINE_REAL_PEERS").as_deref() != Ok("required"), "{name} is not installed, and required here");
        eprintln!("skipped: {name} is not installed");
    }
    found
}

/// A folder of a test's own, gone with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("throughline-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A program that ends with its test.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(program: &Path, arguments: &[&str]) -> Running {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Running(command.spawn().expect("it starts"))
    }

    /// Ends it at once, without a word to anybody.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}
