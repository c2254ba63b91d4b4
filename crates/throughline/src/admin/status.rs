//! The state of a server, gathered for `ctl status`.

use super::leading;
use crate::journal::State;
use crate::process::authority::{Authority, certificate_name};
use decide::config::HostPattern;
use decide::time::Calendar;
use host::Host;
use node::metrics::{CODES, Counts, SiteCounts};
use node::steering::Leading;
use node::tls::Presented;
use node::{Pool, Server, Snapshot};
use view::status::{
    CacheStatus, CertificateStatus, Connections, JournalStatus, ListenerStatus, NameStatus, OrderStatus, PoolStatus, Requests, Status,
    TunnelStatus,
};

/// The state now.
pub(super) fn of(server: &Server, authority: &Authority, leading: Option<&Leading>, journal: &State, host: &Host) -> Status {
    let snapshot = server.snapshot();
    let counts = server.metrics().counts();
    let config = &snapshot.config;
    let now = host.now();
    Status {
        name: config.server.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        generation: snapshot.generation,
        uptime: now.since(server.began()).as_secs(),
        draining: server.is_draining(),
        listeners: listeners(&snapshot, &counts, host),
        connections: Connections {
            open: server.connections() as u64,
            limit: config.server.max_connections as u64,
            total: server.accepted(),
        },
        requests: requests(&counts.sites, server.requests_in_flight() as u64),
        tunnels: TunnelStatus { open: server.tunnels().open() as u64, websockets: server.tunnels().websockets() as u64 },
        certificates: certificates(server, authority, host.calendar()),
        cache: cache(server, &counts.sites),
        journal: self::journal(journal),
        names: names(&snapshot, &counts),
        leading: leading.map(|leading| leading::status(server, leading, host.calendar())).unwrap_or_default(),
        pools: snapshot.pools().iter().map(|held| pool(held, &counts, host)).collect(),
    }
}

/// The name server, in the roles that the configuration has.
fn names(snapshot: &Snapshot, counts: &Counts) -> Vec<NameStatus> {
    let config = &snapshot.config;
    let authority = config.dns.as_ref().map(|dns| ("authority", &dns.listeners, dns.zones.len()));
    let resolver = config.resolver.as_ref().map(|resolver| ("resolver", &resolver.listeners, 0));
    let status = |(role, listeners, zones): (&str, &Vec<std::net::SocketAddr>, usize)| {
        let counted = counts.names.iter().find(|counted| counted.role == role).cloned().unwrap_or_default();
        let code = |word: &str| CODES.iter().position(|code| *code == word).map_or(0, |at| counted.codes[at]);
        NameStatus {
            role: role.to_string(),
            addresses: listeners.iter().map(ToString::to_string).collect(),
            zones: zones as u64,
            queries: counted.udp + counted.tcp,
            tcp: counted.tcp,
            no_name: code("nxdomain"),
            refused: code("refused"),
            failed: code("servfail"),
            malformed: counted.malformed,
            limited: counted.limited + counted.slipped,
        }
    };
    authority.into_iter().chain(resolver).map(status).collect()
}

fn listeners(snapshot: &Snapshot, counts: &Counts, host: &Host) -> Vec<ListenerStatus> {
    let config = &snapshot.config;
    let status = |listener: &decide::config::Listener| {
        let address = listener.at.to_string();
        let paused = counts.listeners.iter().any(|counted| counted.address == address && counted.paused_until > host.calendar());
        let sites = listener.sites.iter().map(|site| config.sites[*site].name.clone()).collect();
        ListenerStatus { address, sites, paused }
    };
    config.listeners.iter().map(status).collect()
}

/// What is presented, and what an authority has been asked for and not given yet.
fn certificates(server: &Server, authority: &Authority, now: Calendar) -> Vec<CertificateStatus> {
    let mut all: Vec<CertificateStatus> = server.tls().presented().iter().map(|presented| certificate(presented, now)).collect();
    let snapshot = server.snapshot();
    for plan in authority.plans() {
        let wait = plan.until.map(|until| until.0.saturating_sub(now.0).as_secs());
        let (name, order) = (certificate_name(&plan.site), Some(OrderStatus { wait, why: plan.reason.to_string() }));
        match all.iter_mut().find(|certificate| certificate.name == name) {
            Some(presented) => presented.order = order,
            None => {
                let site = snapshot.config.sites.iter().find(|site| site.name == plan.site);
                let names = site.map(|site| site.hosts.iter().map(host_text).collect()).unwrap_or_default();
                all.push(CertificateStatus { name, names, left: None, order });
            }
        }
    }
    all
}

fn certificate(presented: &Presented, now: Calendar) -> CertificateStatus {
    let facts = &presented.facts;
    let names = facts.names.iter().map(host_text).chain(facts.addresses.iter().map(ToString::to_string)).collect();
    let left = facts.not_after.0.saturating_sub(now.0).as_secs();
    CertificateStatus { name: presented.name.clone(), names, left: Some(left), order: None }
}

fn host_text(host: &HostPattern) -> String {
    match host {
        HostPattern::Exact(host) => host.clone(),
        HostPattern::Wildcard(suffix) => format!("*{suffix}"),
        HostPattern::Any => "*".to_string(),
    }
}

fn requests(sites: &[SiteCounts], in_flight: u64) -> Requests {
    let class = |at: usize| sites.iter().map(|site| site.requests[at]).sum();
    let total = sites.iter().flat_map(|site| site.requests).sum();
    Requests { in_flight, total, client_errors: class(4), server_errors: class(5) }
}

fn cache(server: &Server, sites: &[SiteCounts]) -> CacheStatus {
    let store = server.store();
    CacheStatus {
        objects: store.objects() as u64,
        bytes: store.bytes(),
        memory: store.memory(),
        hits: sites.iter().map(|site| site.cache_hits).sum(),
        misses: sites.iter().map(|site| site.cache_misses).sum(),
        collapsed: sites.iter().map(|site| site.collapsed).sum(),
    }
}

fn journal(journal: &State) -> JournalStatus {
    JournalStatus {
        directory: journal.directory.clone(),
        accepted: journal.accepted,
        durable: journal.directory.is_some().then_some(journal.durable),
        applied: journal.applied,
        bytes: journal.bytes,
        size: journal.size,
        failing: journal.failing,
    }
}

fn pool(pool: &Pool, counts: &Counts, host: &Host) -> PoolStatus {
    let name = &pool.config().name;
    let now = host.now();
    PoolStatus {
        name: name.clone(),
        algorithm: pool.algorithm().to_string(),
        panic: pool.panics(now),
        queued: pool.queued() as u64,
        retries: counts.pools.iter().find(|counted| counted.name == *name).map_or(0, |counted| counted.retries),
        backends: pool.status(now).iter().map(Into::into).collect(),
    }
}
