//! Mistakes that no single value shows: the same thing twice, a thing nobody uses, a circle.

use super::acme;
use super::build::{ToText, hosts};
use super::disk::Disk;
use super::dns;
use super::mistake::Mistakes;
use super::owners;
use super::read::{Span, Table};
use super::{steering, tiers, tls};
use decide::address::Address;
use decide::config::{Action, Algorithm, Config, DynamicSet, HostPattern, Match, Pool, Route, Source};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Notes every mistake of a whole configuration. `root` is what it was built from.
pub(super) fn check(root: &Table, config: &Config, admin: Option<&Address>, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) {
    roles(root, config, mistakes);
    listeners(root, config, admin, mistakes);
    dns::check(root, config, mistakes);
    site_names(root, config, mistakes);
    duplicate_hosts(root, config, mistakes);
    unserved_sites(root, config, mistakes);
    for (table, site) in root.tables("site").iter().zip(&config.sites) {
        unreachable_routes(table, site.routes.iter().map(|route| &route.when), mistakes);
        missing_directories(table, disk, mistakes);
    }
    tls::check(root, config, disk, mistakes);
    acme::check(root, config, disk, mistakes);
    owners::check(root, config, admin, mistakes);
    unused_pools(root, config, mistakes);
    steering::check_routes(root, config, mistakes);
    for (index, ((_, table), pool)) in root.named("pool").iter().zip(&config.pools).enumerate() {
        backend_names(table, pool, mistakes);
        weights(table, pool, mistakes);
        loops(table, index, config, mistakes);
    }
}

/// Where an entry's value stands; the section if it is not written.
pub(super) fn place(table: &Table, key: &str) -> Span {
    table.given(key).map_or(table.span.clone(), |given| given.span.clone())
}

fn listeners(root: &Table, config: &Config, admin: Option<&Address>, mistakes: &mut Mistakes<'_>) {
    let mut seen: BTreeMap<&Address, Span> = BTreeMap::new();
    for (table, listener) in root.tables("listener").iter().zip(&config.listeners) {
        // A wrong address has no text, and its mistake is noted already.
        if table.text_if("at").is_none() || is_any_port(&listener.at) {
            continue;
        }
        let span = place(table, "at");
        match seen.get(&listener.at) {
            Some(first) => {
                let message = format!("{} has a listener already, on line {}", listener.at, mistakes.line(first.start));
                mistakes.error(&span, message);
            }
            None => drop(seen.insert(&listener.at, span)),
        }
    }
    if let Some((at, span)) = admin.and_then(|admin| seen.get_key_value(admin)) {
        let written = root.table_if("admin").and_then(|table| table.given("at"));
        let message = format!("{at} is where the admin side listens");
        match written {
            Some(given) => drop(mistakes.error(&given.span, format!("{at} has a listener already, on line {}", mistakes.line(span.start)))),
            None => drop(mistakes.error(span, message).help("write another address under [admin], or at = \"off\"")),
        }
    }
}

fn is_any_port(at: &Address) -> bool {
    matches!(at, Address::Ip(ip) if ip.port() == 0)
}

/// Whether some listener serves both of these sites.
fn together(config: &Config, a: usize, b: usize) -> bool {
    config.listeners.iter().any(|listener| listener.sites.contains(&a) && listener.sites.contains(&b))
}

fn site_names(root: &Table, config: &Config, mistakes: &mut Mistakes<'_>) {
    let tables = root.tables("site");
    for (index, site) in config.sites.iter().enumerate() {
        let Some(first) = config.sites[..index].iter().position(|other| other.name == site.name) else { continue };
        let written = tables[index].given("name").is_some();
        // Two sites named by the same first host: on one listener, that host is the mistake.
        if !written && tables[first].given("name").is_none() && together(config, first, index) {
            continue;
        }
        let message = format!("a site is named {:?} already, on line {}", site.name, mistakes.line(tables[first].span.start));
        mistakes.error(&place(&tables[index], if written { "name" } else { "hosts" }), message).help("give each a name of its own");
    }
}

fn duplicate_hosts(root: &Table, config: &Config, mistakes: &mut Mistakes<'_>) {
    let mut seen: BTreeMap<HostPattern, Vec<(usize, Span)>> = BTreeMap::new();
    for (site, table) in root.tables("site").iter().enumerate() {
        for host in hosts(table) {
            let span = if host.span.is_empty() { table.span.clone() } else { host.span };
            let earlier = seen.entry(host.it.clone()).or_default();
            if let Some((_, first)) = earlier.iter().find(|(other, _)| *other == site || together(config, *other, site)) {
                let message = format!("host {:?} is served by the site on line {} already", host.it.to_text(), mistakes.line(first.start));
                mistakes.error(&span, message);
            }
            earlier.push((site, span));
        }
    }
}

fn unserved_sites(root: &Table, config: &Config, mistakes: &mut Mistakes<'_>) {
    if config.listeners.is_empty() {
        return;
    }
    // A name that is no site's stands for one of them: which, nobody knows.
    if root.tables("listener").iter().zip(&config.listeners).any(|(table, listener)| table.texts("sites").len() > listener.sites.len()) {
        return;
    }
    for (index, table) in root.tables("site").iter().enumerate() {
        if !config.listeners.iter().any(|listener| listener.sites.contains(&index)) {
            mistakes.warning(&table.span, format!("no listener serves site {:?}", config.sites[index].name));
        }
    }
}

fn unreachable_routes<'c>(site: &Table, matches: impl Iterator<Item = &'c Match>, mistakes: &mut Mistakes<'_>) {
    let mut seen: Vec<(Match, Span)> = Vec::new();
    for (table, when) in site.tables("route").iter().zip(matches) {
        let wrong = |key: &&str| table.given(key).is_some_and(|given| matches!(given.value, super::read::Value::Wrong));
        if ["path", "methods", "headers", "query"].iter().any(wrong) {
            continue;
        }
        let when = in_one_order(when);
        match seen.iter().find(|(earlier, _)| *earlier == when) {
            Some((_, first)) => {
                let message =
                    format!("this route is never reached: the one on line {} has the same conditions", mistakes.line(first.start));
                mistakes.error(&table.span, message);
            }
            None => seen.push((when, table.span.clone())),
        }
    }
}

/// The same condition, written one way.
fn in_one_order(when: &Match) -> Match {
    let mut when = when.clone();
    when.methods.sort();
    when.methods.dedup();
    when.headers.iter_mut().for_each(|header| header.name.make_ascii_lowercase());
    let key = |value: &decide::config::ValueMatch| (value.name.clone(), value.value.clone());
    when.headers.sort_by_key(key);
    when.query.sort_by_key(key);
    when
}

fn missing_directories(site: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) {
    for files in site.tables("route").iter().filter_map(|route| route.table_if("files")) {
        if let Some(root) = files.text_if("root")
            && !disk.is_directory(&root)
        {
            mistakes.warning(&place(files, "root"), format!("there is no directory {root:?}"));
        }
    }
}

/// A program that does nothing.
fn roles(root: &Table, config: &Config, mistakes: &mut Mistakes<'_>) {
    let web = (root.given("listener").is_some(), root.given("site").is_some());
    if config.dns.is_some() || config.resolver.is_some() || web == (true, true) {
        return;
    }
    let lacks = if web.0 { "[[site]]" } else { "[[listener]]" };
    mistakes.error(&root.span, format!("{} has no {lacks}", root.header)).help("a name server needs none: write [dns] or [resolver]");
}

fn unused_pools(root: &Table, config: &Config, mistakes: &mut Mistakes<'_>) {
    let uses = |action: &Action, index: usize| matches!(action, Action::Pool(pool) if *pool == index);
    let routes = root.tables("site").iter().flat_map(|site| site.tables("route"));
    // A name that is no pool's stands for one of them: which, nobody knows.
    let named = |route| ["pool", "peers", "shield"].into_iter().filter_map(move |key| Table::text_if(route, key));
    if routes.flat_map(named).any(|name| config.pools.iter().all(|pool| pool.name != name)) {
        return;
    }
    for (index, (name, _)) in root.named("pool").iter().enumerate() {
        let by_route = |route: &Route| uses(&route.action, index) || tiers::uses(&route.tiers, index);
        if !config.sites.iter().flat_map(|site| &site.routes).any(by_route) && !by_name(config, index) {
            mistakes.warning(&name.span, format!("nothing uses pool {:?}", name.it));
        }
    }
}

/// Whether a place or a record has its addresses or its health from this pool.
fn by_name(config: &Config, index: usize) -> bool {
    let sets = config.dns.iter().flat_map(|dns| &dns.zones).flat_map(|zone| &zone.sets);
    let by_set = |set: &DynamicSet| matches!(set.source, Source::Pool { pool, .. } if pool == index);
    sets.into_iter().any(by_set) || config.pops.iter().any(|pop| pop.pool == Some(index))
}

fn backend_names(table: &Table, pool: &Pool, mistakes: &mut Mistakes<'_>) {
    let tables = table.tables("backends");
    for (index, backend) in pool.backends.iter().enumerate() {
        if tables[index].text_if("at").is_none() {
            continue;
        }
        if pool.backends[..index].iter().any(|other| other.name == backend.name) {
            let key = if tables[index].given("name").is_some() { "name" } else { "at" };
            let help = "give each a name of its own, or one of them a weight";
            mistakes
                .error(&place(&tables[index], key), format!("pool {:?} has a backend {:?} already", pool.name, backend.name))
                .help(help);
        }
    }
}

fn weights(table: &Table, pool: &Pool, mistakes: &mut Mistakes<'_>) {
    if !pool.backends.is_empty() && pool.backends.iter().all(|backend| backend.weight == 0) {
        mistakes.warning(&place(table, "backends"), format!("every backend of pool {:?} has weight 0: it takes no requests", pool.name));
    }
    let (now, better) = match pool.algorithm {
        Algorithm::RoundRobin => ("round-robin", "weighted-round-robin"),
        Algorithm::Random => ("random", "weighted-random"),
        _ => return,
    };
    for backend in table.tables("backends") {
        if let Some(given) = backend.given("weight")
            && backend.number::<u32>("weight") > 1
        {
            mistakes
                .warning(&given.span, format!("{now} gives every backend the same share"))
                .help(format!("write algorithm = {better:?}"));
        }
    }
}

fn loops(table: &Table, pool: usize, config: &Config, mistakes: &mut Mistakes<'_>) {
    for (index, (table, backend)) in table.tables("backends").iter().zip(&config.pools[pool].backends).enumerate() {
        if table.text_if("at").is_none() || tiers::is_this(config, pool, index) {
            continue;
        }
        if let Some(listener) = config.listeners.iter().find(|listener| reaches(&backend.at, &listener.at)) {
            let message = format!("{} is our own listener {}: requests would go round in circles", backend.at, listener.at);
            mistakes.error(&place(table, "at"), message);
        }
    }
}

/// Whether a connection to `to` arrives at a listener at `at`, as far as the addresses alone show.
fn reaches(to: &Address, at: &Address) -> bool {
    // On the way out, the unspecified address is this machine too.
    let here = |ip: &SocketAddr| ip.ip().is_loopback() || ip.ip().is_unspecified();
    match (to, at) {
        (Address::Ip(to), Address::Ip(at)) => {
            let same_family = to.is_ipv4() == at.is_ipv4();
            to == at || (to.port() == at.port() && here(to) && at.ip().is_unspecified() && (same_family || at.is_ipv6()))
        }
        (Address::Name(name, port), Address::Ip(at)) => name == "localhost" && *port == at.port() && here(at),
        (to, at) => to == at,
    }
}
