//! The catalogue's defaults as parts of the model, for configurations built in code.
//!
//! Each is what an empty section of a file means. Use them with struct update syntax, which leaves no default written twice:
//! `Pool { name, backends, ..pool_defaults() }`.

use super::build;
use super::catalogue::ROOT;
use super::disk::Nowhere;
use super::mistake::Mistakes;
use super::read::Table;
use super::tls;
use decide::address::Address;
use decide::cache::Policy;
use decide::config::{
    AccessLog, Backend, Cache, Ejection, Files, Forward, HealthCheck, Limits, Listener, Match, PathMatch, Pool, Probe, Retry, Server, Show,
    Site, Tls,
};

/// `[server]`.
pub fn server_defaults() -> Server {
    build::server(&empty(&["server"]))
}

/// `[admin]`: where the admin side listens unless it is told otherwise.
pub fn admin_defaults() -> Option<Address> {
    build::admin(&empty(&["admin"]))
}

/// `[limits]`.
pub fn limits_defaults() -> Limits {
    build::limits(&empty(&["limits"]))
}

/// `[cache]`.
pub fn cache_defaults() -> Cache {
    super::cache::cache(&empty(&["cache"]))
}

/// `[site.route.cache]`.
pub fn policy_defaults() -> Policy {
    super::cache::policy(&empty(&["site", "route", "cache"]), &cache_defaults(), &mut Mistakes::new("", ""))
}

/// `[log]`, turned on.
pub fn access_log_defaults() -> AccessLog {
    build::access_log(&empty(&["log"]))
}

/// `[tls]`.
pub fn tls_defaults() -> Tls {
    tls::tls(&empty(&["tls"]), &Nowhere, &mut Mistakes::new("", ""))
}

/// `[[listener]]` at this address, serving these sites.
pub fn listener_defaults(at: Address, sites: Vec<usize>) -> Listener {
    build::empty_listener(at, sites, &empty(&["listener"]))
}

/// `[[site]]`: for any host, without routes.
pub fn site_defaults() -> Site {
    build::empty_site(&empty(&["site"]))
}

/// `[site.show]`.
pub fn show_defaults() -> Show {
    build::show(&empty(&["site", "show"]))
}

/// `[site.forward]`.
pub fn forward_defaults() -> Forward {
    build::forward(&empty(&["site", "forward"]))
}

/// The condition of a `[[site.route]]` that holds for every request.
pub fn match_defaults() -> Match {
    Match { path: PathMatch::Any, methods: Vec::new(), headers: Vec::new(), query: Vec::new() }
}

/// `[site.route.files]`, with an empty `root`: it has no default.
pub fn files_defaults() -> Files {
    build::files(&empty(&["site", "route", "files"]))
}

/// `[pool.NAME]`, with an empty name and no backends: they have no default.
pub fn pool_defaults() -> Pool {
    build::pool("", &empty(&["pool"]), &Nowhere, &mut Mistakes::new("", ""))
}

/// An item of `backends`: this address alone.
pub fn backend_defaults(at: Address) -> Backend {
    Backend { name: at.to_string(), at, weight: empty(&["pool", "backends"]).number("weight") }
}

/// `[pool.NAME.health]` with this probe.
pub fn health_defaults(probe: Probe) -> HealthCheck {
    build::empty_health(probe, &empty(&["pool", "health"]))
}

/// `[pool.NAME.ejection]`.
pub fn ejection_defaults() -> Ejection {
    build::ejection(&empty(&["pool", "ejection"]), &mut Mistakes::new("", ""))
}

/// `[pool.NAME.retry]`.
pub fn retry_defaults() -> Retry {
    build::retry(&empty(&["pool", "retry"]))
}

/// The section at this path of the catalogue, with nothing written in it.
fn empty(path: &[&str]) -> Table {
    let section = path.iter().fold(&ROOT, |section, key| {
        let entry = section.entries.iter().find(|entry| entry.key == *key).expect("a path of the catalogue");
        entry.kind.section().expect("a path of sections")
    });
    Table::empty(section)
}
