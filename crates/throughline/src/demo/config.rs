//! The configuration of the embedded default: the listeners, the pool, and who answers what.

use super::nearest::THROUGH;
use super::{SERVERS, files};
use crate::settings::{
    backend_defaults, cache_defaults, health_defaults, limits_defaults, listener_defaults, match_defaults, policy_defaults, pool_defaults,
    server_defaults, site_defaults, tls_defaults,
};
use decide::address::Address;
use decide::config::{
    Action, Algorithm, Backend, Certificate, Config, FieldEdits, HealthCheck, Listener, Match, PathMatch, Pool, Probe, Rewrite, Route,
    Show, Site, TokenHash, ValueMatch,
};
use decide::time::Duration;
use host::Endpoint;
use host::os::{self, Bound};
use std::net::{Ipv4Addr, SocketAddr};

/// The configuration of the embedded default, with its site at `http`, and with this certificate at `https`, and the application servers on
/// ports that the kernel chose, which are held for this process from then on; who has one of the tokens sees what is done with a request.
pub fn config(http: Address, https: Address, certificate: Certificate, trace_tokens: Vec<TokenHash>, held: &mut Vec<Bound>) -> Config {
    let addresses = addresses(held);
    let servers = || SERVERS.into_iter().zip(addresses);
    let mut sites = vec![Site { trace_tokens, ..public_site() }];
    sites.extend(SERVERS.map(server_site));
    let mut listeners = vec![listener_defaults(http, vec![0]), Listener { tls: true, ..listener_defaults(https, vec![0]) }];
    listeners.extend(servers().enumerate().map(|(index, (_, at))| server_listener(at, 1 + index)));
    let backends: Vec<Backend> =
        servers().map(|(name, at)| Backend { name: name.to_string(), ..backend_defaults(Address::Ip(at)) }).collect();
    Config {
        listeners,
        sites,
        pools: vec![pool(backends.clone()), live_pool(backends)],
        certificates: vec![certificate],
        acme: None,
        tls: tls_defaults(),
        cache: cache_defaults(),
        limits: limits_defaults(),
        server: server_defaults(),
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

/// A loopback address for each application server, with a port that the kernel chose.
///
/// A kernel that gives none gives none either where all listeners are made sure of, on whatever port: that is where the failure is told,
/// and so the ports used then are of no consequence but that they differ.
fn addresses(held: &mut Vec<Bound>) -> [SocketAddr; SERVERS.len()] {
    let mut fallback = 8081..;
    SERVERS.map(|_| match os::bind(&Endpoint::Ip((Ipv4Addr::LOCALHOST, 0).into())) {
        Ok(bound) => {
            let Endpoint::Ip(at) = bound.endpoint else { unreachable!("an IP address was asked for") };
            held.push(bound);
            at
        }
        Err(_) => (Ipv4Addr::LOCALHOST, fallback.next().expect("more ports than servers")).into(),
    })
}

/// What clients ask: everything goes to the application servers.
fn public_site() -> Site {
    Site {
        name: "demo".to_string(),
        routes: public_routes(),
        max_body: MAX_BODY,
        show: Show { server_timing: true, proxy_status: true, request_id: true },
        ..site_defaults()
    }
}

/// Where it all goes, at the site itself and at each place.
pub(super) fn public_routes() -> Vec<Route> {
    let at = |path: &str| Match { path: PathMatch::Exact(path.to_string()), ..match_defaults() };
    // What is the same for everyone comes from the cache, as long as the servers say.
    let file = |path| Route { when: at(path), cache: Some(policy_defaults()), ..route(path, Action::Pool(0), FieldEdits::default()) };
    let mut routes = vec![
        route("app", Action::Pool(0), FieldEdits::default()),
        Route { when: at("/api/live"), ..route("live", Action::Pool(1), FieldEdits::default()) },
    ];
    routes.extend(files::paths().map(file));
    // What a place says of itself, no client says.
    routes.iter_mut().for_each(|route| route.request.fields.remove.push(THROUGH.to_string()));
    routes
}

/// What the balancer asks of one application server: everything is answered by its application, and every answer says by whom.
fn server_site(name: &str) -> Site {
    let application = || Action::Application(name.to_string());
    // The pages name these files with a version, as `/style.css?v=…`. Browsers then keep them without asking, and a page that is loaded
    // again costs one request: its turn is the other server's.
    let versioned = |path: &str| Route {
        when: Match {
            path: PathMatch::Exact(path.to_string()),
            query: vec![ValueMatch { name: "v".to_string(), value: None }],
            ..match_defaults()
        },
        ..route(path, application(), signed(name, "public, max-age=31536000, immutable"))
    };
    // Under an address that stays the same when the file changes, it is stored for as long as one can wait for a change.
    let stored = |path: &str| Route {
        when: Match { path: PathMatch::Exact(path.to_string()), ..match_defaults() },
        ..route(path, application(), signed(name, "public, max-age=10"))
    };
    let mut routes = files::VERSIONED.map(versioned).to_vec();
    routes.extend(files::paths().map(stored));
    routes.push(route("*", application(), signed(name, "no-cache")));
    Site { name: name.to_string(), routes, max_body: MAX_BODY, ..site_defaults() }
}

/// The fields of every answer of this server.
fn signed(name: &str, cache_control: &str) -> FieldEdits {
    let set = [
        ("X-Served-By", name),
        ("Cache-Control", cache_control),
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
    ];
    FieldEdits { set: set.map(|(name, value)| (name.to_string(), value.to_string())).to_vec(), ..FieldEdits::default() }
}

fn server_listener(at: SocketAddr, site: usize) -> Listener {
    listener_defaults(Address::Ip(at), vec![site])
}

pub(super) fn route(name: &str, action: Action, response: FieldEdits) -> Route {
    Route {
        name: name.to_string(),
        when: match_defaults(),
        action,
        request: Rewrite::default(),
        response,
        cache: None,
        compress: None,
        early_hints: None,
        tiers: decide::config::Tiers::default(),
    }
}

fn pool(backends: Vec<Backend>) -> Pool {
    let probe = Probe::Http {
        target: "/healthz".to_string(),
        host: String::new(),
        statuses: vec![(200, 200)],
        contains: "ok".to_string(),
        load_from_body: false,
    };
    // One who tries the demo does not wait long to see a server leave and come back.
    let health = HealthCheck { interval: Duration::from_secs(1), ..health_defaults(probe) };
    Pool { name: "app".to_string(), backends, algorithm: Algorithm::RoundRobin, health: Some(health), ..pool_defaults() }
}

/// The WebSockets of pages that are open: they stay, so that the server with fewer of them has the next. By a pool of their own, they take
/// nobody's turn. Whether the servers are well is seen in the other pool.
fn live_pool(backends: Vec<Backend>) -> Pool {
    let algorithm = Algorithm::LeastConnections { sample_above: SERVERS.len() as u32 };
    Pool { name: "live".to_string(), backends, algorithm, ..pool_defaults() }
}

/// Bytes of a request's body. Enough for every request that the site knows.
const MAX_BODY: u64 = 4096;

/// The pages use nothing from elsewhere, and stand in no other site's frame. The front page has its icon in itself; the picture its styles.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; \
    form-action 'self'; base-uri 'none'";
