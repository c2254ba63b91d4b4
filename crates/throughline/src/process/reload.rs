//! A changed configuration file put into force, or refused as a whole.

use super::authority::Authority;
use super::workers::Told;
use super::{Refused, Source, cannot_listen};
use crate::log;
use decide::address::Address;
use decide::config::Config;
use decide::step::Step;
use decide::time::{Duration, Instant};
use host::os::{self, Bound};
use host::{Endpoint, Host};
use node::Server;
use node::steering::Leading;
use std::sync::{Arc, Mutex, OnceLock};

/// What the admin side may ask of the process: to put a changed configuration file into force, and to end.
pub struct Reloader {
    server: Arc<Server>,
    source: Option<Source>,
    bound: Mutex<Held>,
    /// Held by a reload from its first look at the file to its end.
    turn: Mutex<()>,
    pub(crate) authority: Authority,
    pub(super) stop: Told,
    leading: OnceLock<Arc<Leading>>,
}

/// Addresses of this process.
struct Held {
    bound: Vec<Bound>,
    /// Given up at that time: the threads may have listeners there still.
    released: Vec<(Endpoint, Instant)>,
}

/// By then every thread has closed what a configuration does not have any more.
const CLOSED_BY: Duration = Duration::from_secs(10);

impl Held {
    fn has(&self, endpoint: &Endpoint) -> bool {
        self.bound.iter().any(|held| held.endpoint == *endpoint)
    }

    /// Whether it was held until a moment ago.
    fn had(&self, endpoint: &Endpoint) -> bool {
        self.released.iter().any(|(released, _)| released == endpoint)
    }

    /// Keeps those that are wanted, and what was added.
    fn keep(&mut self, wanted: impl Fn(&Endpoint) -> bool, mut added: Vec<Bound>, now: Instant) {
        self.released.retain(|(_, at)| now.since(*at) < CLOSED_BY);
        let gone = self.bound.iter().map(|held| &held.endpoint).filter(|endpoint| !wanted(endpoint));
        self.released.extend(gone.map(|endpoint| (endpoint.clone(), now)));
        self.bound.retain(|held| wanted(&held.endpoint));
        self.bound.append(&mut added);
    }
}

/// Makes sure of the addresses of a configuration that are not held. The error is a sentence.
fn missing(config: &Config, held: &Held) -> Result<Vec<Bound>, String> {
    let mut added: Vec<Bound> = Vec::new();
    for listener in &config.listeners {
        let endpoint = Endpoint::of(&listener.at).ok_or_else(|| format!("cannot listen on {}", listener.at))?;
        if matches!(&endpoint, Endpoint::Ip(ip) if ip.port() == 0) {
            return Err(format!(
                "cannot reload with a listener at {}: name the port, or which of them stays is anybody's guess",
                listener.at
            ));
        }
        if !held.has(&endpoint) {
            let bound = if held.had(&endpoint) { os::bind_again(&endpoint) } else { os::bind(&endpoint) };
            added.push(bound.map_err(|error| cannot_listen(&listener.at, &error))?);
        }
    }
    for (at, _) in super::name_listeners(config) {
        let endpoint = Endpoint::Ip(at);
        if !held.has(&endpoint) && !added.iter().any(|added| added.endpoint == endpoint) {
            added.push(match held.had(&endpoint) {
                true => os::bind_again(&endpoint).map_err(|error| cannot_listen(&Address::Ip(at), &error))?,
                false => super::bind_names(at)?,
            });
        }
    }
    Ok(added)
}

impl Reloader {
    /// For a server that listens on `bound`.
    pub(crate) fn new(server: Arc<Server>, source: Option<Source>, bound: Vec<Bound>) -> Reloader {
        let authority = Authority::new(server.clone());
        Reloader {
            server,
            source,
            bound: Mutex::new(Held { bound, released: Vec::new() }),
            turn: Mutex::new(()),
            authority,
            stop: Told::default(),
            leading: OnceLock::new(),
        }
    }

    /// Who leads clients to places, and is told of new configurations.
    pub(super) fn led_by(&self, leading: Arc<Leading>) {
        assert!(self.leading.set(leading).is_ok(), "a process has one");
    }

    /// The same, once it works.
    pub(crate) fn leading(&self) -> Option<&Arc<Leading>> {
        self.leading.get()
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
        let refused = |refused: Refused| {
            self.server.tell(host.calendar(), Step::ReloadRefused { mistakes: refused.mistakes });
            refused.text
        };
        // Whoever reads the file last is the last to put it into force, too.
        let _turn = self.turn.lock().expect("no panic while it is held");
        if std::fs::metadata(&source.path).is_ok_and(|found| !found.is_file()) {
            let name = source.path.display();
            return Err(refused(Refused::one(format!(
                "cannot reload {name}: it is no file, and what came out of it once does not come again"
            ))));
        }
        let mut config = source.load().map_err(refused)?.config;
        let old = self.server.snapshot();
        if config.server.workers != old.config.server.workers || config.access_log != old.config.access_log {
            log::note("reload: [server] workers and [log] change only with a restart; the old ones hold");
            config.server.workers = old.config.server.workers;
            config.access_log = old.config.access_log.clone();
        }
        if config.journal != old.config.journal {
            log::note("reload: [journal] changes only with a restart; the old one holds");
            config.journal.clone_from(&old.config.journal);
        }
        let mut held = self.bound.lock().expect("no panic while it is held");
        let added = missing(&config, &held).map_err(|why| refused(Refused::one(why)))?;
        self.authority.prepare(&config).map_err(|why| refused(Refused::one(why)))?;
        let names: Vec<Endpoint> = super::name_listeners(&config).map(|(at, _)| Endpoint::Ip(at)).collect();
        let served = |endpoint: &Endpoint| config.listeners.iter().any(|listener| Endpoint::of(&listener.at).as_ref() == Some(endpoint));
        held.keep(|endpoint| served(endpoint) || names.contains(endpoint), added, host.now());
        let generation = self.server.reload(host, config);
        if let Some(leading) = self.leading.get() {
            let config = &self.server.snapshot().config;
            leading.collectors().configure(&config.pops, &config.collectors);
        }
        if let Err(problem) = self.authority.follow(&self.server.snapshot().config) {
            log::note(&problem);
        }
        Ok(generation)
    }
}
