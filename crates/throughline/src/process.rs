//! A server as a process: its listeners bound before any thread starts, a thread per core, signals, reload and drain.

pub(crate) mod authority;
mod certificates;
mod leading;
mod missed;
mod reload;
mod workers;

pub use reload::Reloader;

use crate::admin::Admin;
use crate::log;
use crate::settings::{self, Loaded, Mistake, Severity};
use decide::address::Address;
use decide::config::{Action, Config, Dns, Route, Site};
use host::os::{self, Bound, Signal, Signals};
use host::{Endpoint, Host};
use node::{Application, Reader, Server};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;
use workers::Told;

/// The name of the admin side among the applications.
pub const ADMIN: &str = "admin";

/// Bytes of a list of URLs that the admin side takes at the most, and of anything else but content.
const LONGEST_LIST: u64 = 16 << 20;

/// What a process is to serve.
pub struct Plan {
    /// The configuration, admin side and all.
    pub config: Config,
    /// Where a reload reads the configuration again; `None`: nothing to reload.
    pub source: Option<Source>,
    /// Code in this process that routes may name, beside the admin side.
    pub applications: BTreeMap<String, Arc<dyn Application>>,
    /// Addresses of the configuration that are held for this process already.
    pub held: Vec<Bound>,
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
    pub fn load(&self) -> Result<Loaded, Refused> {
        let name = self.path.display().to_string();
        let text = std::fs::read_to_string(&self.path)
            .map_err(|error| Refused::one(format!("cannot read {name}: {}", settings::unreadable(&error))))?;
        let mut loaded = settings::load_with(&text, &name, &[]).map_err(|found| Refused::listed(&found))?;
        let admin = self.admin.clone().or_else(|| loaded.admin.clone());
        add_admin(&mut loaded.config, admin).map_err(Refused::one)?;
        Ok(loaded)
    }
}

/// Why a configuration was refused.
pub struct Refused {
    /// Every mistake in it.
    pub text: String,
    /// How many they are.
    pub mistakes: u64,
}

impl Refused {
    fn one(text: String) -> Refused {
        Refused { text, mistakes: 1 }
    }

    fn listed(found: &[Mistake]) -> Refused {
        let errors = found.iter().filter(|mistake| mistake.severity == Severity::Error).count();
        Refused { text: found.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n"), mistakes: errors as u64 }
    }
}

/// Adds the admin side to a configuration, if it is to listen anywhere. The error is a sentence: strangers could reach it there.
pub fn add_admin(config: &mut Config, at: Option<Address>) -> Result<(), String> {
    let Some(at) = at else { return Ok(()) };
    if let Some(why) = settings::exposed(&at, config) {
        return Err(format!("{why}. {}", settings::EXPOSED_HELP));
    }
    let route = Route {
        name: "*".to_string(),
        when: settings::match_defaults(),
        action: Action::Application(ADMIN.to_string()),
        request: decide::config::Rewrite::default(),
        response: decide::config::FieldEdits::default(),
        cache: None,
        compress: None,
        early_hints: None,
        tiers: decide::config::Tiers::default(),
    };
    let max_body = config.cache.feed.content.max(LONGEST_LIST);
    config.sites.push(Site { name: ADMIN.to_string(), routes: vec![route], max_body, ..settings::site_defaults() });
    config.listeners.push(settings::listener_defaults(at, vec![config.sites.len() - 1]));
    Ok(())
}

/// Serves until a signal says otherwise. `print` is given the lines of the start, in order.
pub fn run(mut plan: Plan, print: fn(&str)) -> Result<ExitCode, String> {
    os::raise_descriptor_limit();
    let bound = bind_all(&mut plan.config, std::mem::take(&mut plan.held))?;
    if let Some(source) = &mut plan.source
        && let (Some(admin), Some(last)) = (&mut source.admin, plan.config.listeners.last())
    {
        // The admin side is the last listener. A reload must ask for the port it got, not for any.
        *admin = last.at.clone();
    }
    os::run(|host| serve(host, plan, bound, print)).map_err(|error| format!("cannot start the event loop: {error}"))?
}

/// Makes sure of every listener's address that is not held already. A port 0 is replaced by the one that the kernel chose.
fn bind_all(config: &mut Config, mut held: Vec<Bound>) -> Result<Vec<Bound>, String> {
    let mut taken = |endpoint: &Endpoint| held.iter().position(|held| held.endpoint == *endpoint).map(|at| held.swap_remove(at));
    let bind = |listener: &mut decide::config::Listener| {
        let endpoint =
            Endpoint::of(&listener.at).ok_or_else(|| format!("cannot listen on {}: a listener needs an IP address", listener.at))?;
        let bound = match taken(&endpoint) {
            Some(held) => held,
            None => os::bind(&endpoint).map_err(|error| cannot_listen(&listener.at, &error))?,
        };
        if let Endpoint::Ip(chosen) = &bound.endpoint {
            listener.at = Address::Ip(*chosen);
        }
        Ok(bound)
    };
    let mut bound: Vec<Bound> = config.listeners.iter_mut().map(bind).collect::<Result<_, String>>()?;
    for at in name_listeners_mut(config) {
        let names = taken(&Endpoint::Ip(*at)).map_or_else(|| bind_names(*at), Ok)?;
        if let Endpoint::Ip(chosen) = &names.endpoint {
            *at = *chosen;
        }
        bound.push(names);
    }
    Ok(bound)
}

/// Where the name server listens, in both roles.
fn name_listeners_mut(config: &mut Config) -> impl Iterator<Item = &mut SocketAddr> {
    let authority = config.dns.iter_mut().flat_map(|dns| &mut dns.listeners);
    authority.chain(config.resolver.iter_mut().flat_map(|resolver| &mut resolver.listeners))
}

/// Makes sure of an address of the name server, by TCP and UDP.
fn bind_names(at: SocketAddr) -> Result<Bound, String> {
    if at.ip().is_unspecified() {
        return Err(format!(
            "cannot listen for names on {at}: an answer must leave from the address that was asked, so write each address of this machine \
             in [dns] at, or [resolver] at."
        ));
    }
    os::bind_with_datagrams(at).map_err(|error| cannot_listen(&Address::Ip(at), &error))
}

fn cannot_listen(at: &Address, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "cannot listen on {at}: another program is listening there. Stop it, or choose another address (--from, --http, --https, \
                 --dns or --admin ADDR, or the configuration)."
            )
        }
        io::ErrorKind::PermissionDenied => {
            format!("cannot listen on {at}: not allowed. Ports below 1024 need root or CAP_NET_BIND_SERVICE; choose a higher one.")
        }
        io::ErrorKind::AddrNotAvailable => format!("cannot listen on {at}: this machine has no such address."),
        _ => format!("cannot listen on {at}: {error}."),
    }
}

/// Where the name server listens, and as what.
fn name_listeners(config: &Config) -> impl Iterator<Item = (SocketAddr, &'static str)> {
    let authority = config.dns.iter().flat_map(|dns| dns.listeners.iter().map(|at| (*at, "zones")));
    authority.chain(config.resolver.iter().flat_map(|resolver| resolver.listeners.iter().map(|at| (*at, "resolver"))))
}

/// The zones that are served there, by name if they are few.
fn zones_at(dns: &Dns, at: SocketAddr) -> String {
    const FEW: usize = 3;
    let names: Vec<String> =
        dns.zones.iter().filter(|zone| zone.at.is_empty() || zone.at.contains(&at)).map(|zone| zone.name.to_string()).collect();
    if (1..=FEW).contains(&names.len()) { names.join(", ") } else { format!("{} zones", names.len()) }
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
    let (journal, missed) = missed::open(&server, &host)?;
    admin.show(server.clone(), reloader.clone(), journal.clone());
    let config = &server.snapshot().config;
    reloader.authority.prepare(config)?;
    let failed = workers::start(&server, workers)?;
    let leading = leading::start(&server, &failed)?;
    reloader.led_by(leading.clone());
    reloader.authority.follow(config)?;
    missed.fetch(&server, &host, &journal);
    welcome(&server, plan.hints, print);
    host.spawn(certificates::look_after(host.clone(), server.clone(), reloader.clone()));
    let ended = loop {
        match next(&mut signals, &reloader.stop, &failed).await {
            Some(Signal::Reload) => {
                if let Err(problem) = reloader.reload(&host) {
                    log::note(&problem);
                }
            }
            Some(Signal::Stop) => {
                reloader.authority.stop();
                leading.stop();
                break Ok(stop(&host, &server, signals, print).await);
            }
            None => break Err("a worker thread ended before its time; see the message above".to_string()),
        }
    };
    journal.close();
    if let Some(access) = access {
        access.close();
    }
    ended
}

/// Lets requests in flight end, for as long as the configuration allows; a second signal ends it at once.
async fn stop(host: &Host, server: &Arc<Server>, mut signals: Signals, print: fn(&str)) -> ExitCode {
    let limit = server.snapshot().config.server.drain_timeout;
    let connections = server.connections();
    server.drain(host.calendar());
    print(&format!("draining {connections} connections; a second signal ends it at once"));
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
            Address::Ip(ip) => format!("{}://{ip}", if listener.tls { "https" } else { "http" }),
            other => other.to_string(),
        };
        print(&format!("listening on {at:<28} {}", sites.join(", ")));
    }
    for (at, role) in name_listeners(&snapshot.config) {
        let what = snapshot.config.dns.as_ref().filter(|dns| dns.listeners.contains(&at)).map_or(role.to_string(), |dns| zones_at(dns, at));
        let at = format!("dns://{at}");
        print(&format!("listening on {at:<28} {what}"));
    }
    let hints = hints(&snapshot.config);
    if !hints.is_empty() {
        print("try:");
        hints.iter().for_each(|hint| print(&format!("  {hint}")));
    }
}
