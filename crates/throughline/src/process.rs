//! A server as a process: its listeners bound before any thread starts, a thread per core, signals, reload and drain.

use crate::admin::Admin;
use crate::log;
use crate::settings::{self, Loaded, Mistake};
use decide::address::Address;
use decide::config::{Action, Config, Route, Site};
use decide::step::Step;
use host::os::{self, Bound, Signal, Signals};
use host::{Endpoint, Host};
use node::{Application, Reader, Server};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;

/// The name of the admin side among the applications.
pub const ADMIN: &str = "admin";

/// What a process is to serve.
pub struct Plan {
    /// The configuration, admin side and all.
    pub config: Config,
    /// Where a reload reads the configuration again; `None`: nothing to reload.
    pub source: Option<Source>,
    /// Code in this process that routes may name, beside the admin side.
    pub applications: BTreeMap<String, Arc<dyn Application>>,
    /// Commands to try, printed at the start; made of the configuration once its listeners have their ports.
    pub hints: fn(&Config) -> Vec<String>,
}

/// A config file, and what the command line changed of it.
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// `--admin`, which goes before the file's.
    pub admin: Option<Address>,
}

impl Source {
    /// Reads the file. The error holds every mistake in it.
    pub fn load(&self) -> Result<Loaded, String> {
        let name = self.path.display().to_string();
        let text = std::fs::read_to_string(&self.path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let mut loaded = settings::load_with(&text, &name, &[]).map_err(|found| listed(&found))?;
        let admin = self.admin.clone().or_else(|| loaded.admin.clone());
        add_admin(&mut loaded.config, admin);
        Ok(loaded)
    }
}

/// All mistakes of a file, as one text.
fn listed(found: &[Mistake]) -> String {
    found.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n")
}

/// Adds the admin side to a configuration, if it is to listen anywhere.
pub fn add_admin(config: &mut Config, at: Option<Address>) {
    let Some(at) = at else { return };
    let route = Route {
        name: "*".to_string(),
        when: settings::match_defaults(),
        action: Action::Application(ADMIN.to_string()),
        request: decide::config::Rewrite::default(),
        response: decide::config::FieldEdits::default(),
    };
    config.sites.push(Site { name: ADMIN.to_string(), routes: vec![route], ..settings::site_defaults() });
    config.listeners.push(settings::listener_defaults(at, vec![config.sites.len() - 1]));
}

/// Serves until a signal says otherwise. `print` is given the lines of the start, in order.
pub fn run(mut plan: Plan, print: fn(&str)) -> Result<ExitCode, String> {
    os::raise_descriptor_limit();
    let bound = bind_all(&mut plan.config)?;
    os::run(|host| serve(host, plan, bound, print)).map_err(|error| format!("cannot start the event loop: {error}"))?
}

/// Makes sure of every listener's address. A port 0 is replaced by the one that the kernel chose.
fn bind_all(config: &mut Config) -> Result<Vec<Bound>, String> {
    let bind = |listener: &mut decide::config::Listener| {
        let endpoint =
            Endpoint::of(&listener.at).ok_or_else(|| format!("cannot listen on {}: a listener needs an IP address", listener.at))?;
        let bound = os::bind(&endpoint).map_err(|error| cannot_listen(&listener.at, &error))?;
        if let Endpoint::Ip(chosen) = &bound.endpoint {
            listener.at = Address::Ip(*chosen);
        }
        Ok(bound)
    };
    config.listeners.iter_mut().map(bind).collect()
}

fn cannot_listen(at: &Address, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "cannot listen on {at}: another program is listening there. Stop it, or choose another address (--http ADDR, --admin ADDR, \
                 or the configuration)."
            )
        }
        io::ErrorKind::PermissionDenied => {
            format!("cannot listen on {at}: not allowed. Ports below 1024 need root or CAP_NET_BIND_SERVICE; choose a higher one.")
        }
        io::ErrorKind::AddrNotAvailable => format!("cannot listen on {at}: this machine has no such address."),
        _ => format!("cannot listen on {at}: {error}."),
    }
}

async fn serve(host: Host, plan: Plan, bound: Vec<Bound>, print: fn(&str)) -> Result<ExitCode, String> {
    let mut signals = Signals::listen().map_err(|error| format!("cannot listen for signals: {error}"))?;
    let workers = match plan.config.server.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        set => set,
    };
    let admin = Arc::new(Admin::default());
    let mut applications = plan.applications;
    applications.insert(ADMIN.to_string(), admin.clone());
    let access = plan.config.access_log.as_ref().map(|log| log::Access::open(log).map(Arc::new)).transpose()?;
    let server = Server::new(&host, plan.config, workers, applications, readers(access.as_ref()));
    let reloader = Arc::new(Reloader::new(server.clone(), plan.source, bound));
    admin.show(server.clone(), reloader.clone());
    let failed = start_workers(&server, workers)?;
    welcome(&server, plan.hints, print);
    let ended = loop {
        match next(&mut signals, &reloader.stop, &failed).await {
            Some(Signal::Reload) => {
                if let Err(problem) = reloader.reload(&host) {
                    log::note(&problem);
                }
            }
            Some(Signal::Stop) => break Ok(stop(&host, &server, signals, print).await),
            None => break Err("a worker thread ended before its time; see the message above".to_string()),
        }
    };
    if let Some(access) = access {
        access.close();
    }
    ended
}

/// Lets requests in flight end, for as long as the configuration allows; a second signal ends it at once.
async fn stop(host: &Host, server: &Arc<Server>, mut signals: Signals, print: fn(&str)) -> ExitCode {
    let limit = server.snapshot().config.server.drain_timeout;
    print(&format!("draining {} connections; again to stop at once", server.connections()));
    server.drain(host.calendar());
    let mut drained = Box::pin(server.drained());
    let mut late = Box::pin(host.sleep(limit));
    let mut again = Box::pin(signals.next());
    poll_fn(|cx| {
        if drained.as_mut().poll(cx).is_ready() {
            return Poll::Ready(ExitCode::SUCCESS);
        }
        if late.as_mut().poll(cx).is_ready() || again.as_mut().poll(cx).is_ready() {
            return Poll::Ready(ExitCode::from(2));
        }
        Poll::Pending
    })
    .await
}

fn readers(access: Option<&Arc<log::Access>>) -> Vec<Arc<dyn Reader>> {
    let mut readers: Vec<Arc<dyn Reader>> = vec![Arc::new(log::Events)];
    readers.extend(access.map(|access| access.clone() as Arc<dyn Reader>));
    readers
}

/// A thread per worker. The result is told if one of them ends although the server does not drain.
fn start_workers(server: &Arc<Server>, workers: usize) -> Result<Arc<Told>, String> {
    let (ready, wait) = mpsc::channel();
    let failed = Arc::new(Told::default());
    for index in 0..workers {
        let (server, ready, failed) = (server.clone(), ready.clone(), failed.clone());
        let work = move || {
            if let Err(error) = work(server, index, &ready) {
                log::note(&format!("worker {index}: {error}"));
                failed.tell();
                let _ = ready.send(false);
            }
        };
        std::thread::Builder::new()
            .name(format!("worker-{index}"))
            .spawn(work)
            .map_err(|error| format!("cannot start a thread: {error}"))?;
    }
    if wait.iter().take(workers).any(|ready| !ready) {
        return Err("a worker thread could not start; see the message above".to_string());
    }
    Ok(failed)
}

/// One worker, on the calling thread. `ready` is told when its listeners are open: only then may anyone be told that they are.
fn work(server: Arc<Server>, index: usize, ready: &mpsc::Sender<bool>) -> io::Result<()> {
    os::run(|host| async move {
        let mut work = std::pin::pin!(server.work(host, index));
        // The work opens the listeners before it waits for the first time.
        if let Poll::Ready(ended) = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await {
            return ended;
        }
        let _ = ready.send(true);
        work.await
    })?
}

/// Something that one thread tells another, once.
#[derive(Default)]
struct Told(Mutex<(bool, Option<std::task::Waker>)>);

impl Told {
    fn tell(&self) {
        let mut state = self.0.lock().expect("no panic while it is held");
        state.0 = true;
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }

    fn poll(&self, cx: &mut std::task::Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().expect("no panic while it is held");
        if state.0 {
            return Poll::Ready(());
        }
        state.1 = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// The next signal, or `None` if a worker failed first. To be told to stop is as good as the signal.
async fn next(signals: &mut Signals, stop: &Told, failed: &Told) -> Option<Signal> {
    let mut signal = Box::pin(signals.next());
    poll_fn(|cx| {
        if let Poll::Ready(signal) = signal.as_mut().poll(cx) {
            return Poll::Ready(Some(signal));
        }
        if stop.poll(cx).is_ready() {
            return Poll::Ready(Some(Signal::Stop));
        }
        failed.poll(cx).map(|()| None)
    })
    .await
}

fn welcome(server: &Server, hints: fn(&Config) -> Vec<String>, print: fn(&str)) {
    let snapshot = server.snapshot();
    for listener in &snapshot.config.listeners {
        let sites: Vec<&str> = listener.sites.iter().map(|site| &*snapshot.config.sites[*site].name).collect();
        let at = match &listener.at {
            Address::Ip(ip) => format!("http://{ip}"),
            other => other.to_string(),
        };
        print(&format!("listening on {at:<28} {}", sites.join(", ")));
    }
    let hints = hints(&snapshot.config);
    if !hints.is_empty() {
        print("try:");
        hints.iter().for_each(|hint| print(&format!("  {hint}")));
    }
}

/// What the admin side may ask of the process: to put a changed configuration file into force, and to end.
pub struct Reloader {
    server: Arc<Server>,
    source: Option<Source>,
    bound: Mutex<Vec<Bound>>,
    stop: Told,
}

impl Reloader {
    /// For a server that listens on `bound`.
    pub(crate) fn new(server: Arc<Server>, source: Option<Source>, bound: Vec<Bound>) -> Reloader {
        Reloader { server, source, bound: Mutex::new(bound), stop: Told::default() }
    }

    /// Does something while no configuration is being replaced.
    pub(crate) fn between_reloads<T>(&self, work: impl FnOnce() -> T) -> T {
        let _held = self.bound.lock().expect("no panic while it is held");
        work()
    }

    /// Ends the process as SIGTERM does: what is in flight ends first.
    pub fn stop(&self) {
        self.stop.tell();
    }

    /// Reads the file again. Its number if it holds now; else why not, and nothing has changed.
    pub fn reload(&self, host: &Host) -> Result<u64, String> {
        let Some(source) = &self.source else { return Err("there is no configuration file to reload".to_string()) };
        let refused = |problem: String| {
            self.server.tell(host.calendar(), Step::ReloadRefused { mistakes: problem.lines().count() as u64 });
            problem
        };
        let mut config = source.load().map_err(refused)?.config;
        let old = self.server.snapshot();
        if config.server.workers != old.config.server.workers || config.access_log != old.config.access_log {
            log::note("reload: [server] workers and [log] change only with a restart; the old ones hold");
            config.server.workers = old.config.server.workers;
            config.access_log = old.config.access_log.clone();
        }
        let mut bound = self.bound.lock().expect("no panic while it is held");
        let mut added = Vec::new();
        for listener in &config.listeners {
            let endpoint = Endpoint::of(&listener.at).ok_or_else(|| refused(format!("cannot listen on {}", listener.at)))?;
            if !bound.iter().any(|held| held.endpoint == endpoint) {
                added.push(os::bind(&endpoint).map_err(|error| refused(cannot_listen(&listener.at, &error)))?);
            }
        }
        let wanted = |endpoint: &Endpoint| config.listeners.iter().any(|listener| Endpoint::of(&listener.at).as_ref() == Some(endpoint));
        bound.retain(|held| wanted(&held.endpoint));
        bound.append(&mut added);
        Ok(self.server.reload(host, config))
    }
}
