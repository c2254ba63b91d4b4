//! The table, at most 120 columns wide with names of a usual length.

use super::{BackendStatus, CertificateStatus, JournalStatus, NameStatus, PoolStatus, Status};
use crate::text::{Align, Columns, shown, size, span, thousands};
use std::fmt::Write;

/// Whether to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Only characters.
    Plain,
    /// States in green, yellow and red, by the escape sequences of ECMA-48.
    Colour,
}

/// The state as text, line end included.
pub fn table(status: &Status, paint: Paint) -> String {
    let mut out = String::new();
    let draining = if status.draining { ", draining" } else { "" };
    let (name, version) = (shown(&status.name), shown(&status.version));
    let _ = writeln!(out, "{name} {version}, up {}, configuration {}{draining}", span(status.uptime), status.generation);
    let mut facts = Columns::new([Align::Left; 2]);
    for (number, listener) in status.listeners.iter().enumerate() {
        let paused = if listener.paused { ", paused: no descriptors left" } else { "" };
        let label = if number == 0 { "listeners" } else { "" };
        facts.row([label.to_owned(), format!("{} ({}){paused}", shown(&listener.address), shown(&listener.sites.join(", ")))]);
    }
    let (connections, requests) = (&status.connections, &status.requests);
    let [open, limit, total] = [connections.open, connections.limit, connections.total].map(thousands);
    facts.row(["connections".to_owned(), format!("{open} open of at most {limit}, {total} since the start")]);
    let [in_flight, total] = [requests.in_flight, requests.total].map(thousands);
    let [client, server] = [requests.client_errors, requests.server_errors].map(thousands);
    facts.row(["requests".to_owned(), format!("{in_flight} in flight, {total} since the start, 4xx {client}, 5xx {server}")]);
    let [open, websockets] = [status.tunnels.open, status.tunnels.websockets].map(thousands);
    names(&status.names, &mut facts);
    facts.row(["tunnels".to_owned(), format!("{open} open, {websockets} of them WebSockets")]);
    let cache = &status.cache;
    if cache.hits + cache.misses + cache.objects > 0 {
        let [objects, hits, misses, collapsed] = [cache.objects, cache.hits, cache.misses, cache.collapsed].map(thousands);
        let [bytes, memory] = [cache.bytes, cache.memory].map(size);
        let text = format!("{objects} stored in {bytes} of {memory}, hits {hits}, misses {misses}, of them collapsed {collapsed}");
        facts.row(["cache".to_owned(), text]);
    }
    if let Some(text) = journal(&status.journal) {
        facts.row(["journal".to_owned(), text]);
    }
    facts.write_plain("  ", &mut out);
    if !status.certificates.is_empty() {
        out.push('\n');
        write_certificates(&status.certificates, paint, &mut out);
    }
    super::leading::write(status, paint, &mut out);
    for pool in &status.pools {
        out.push('\n');
        write_pool(pool, paint, &mut out);
    }
    out
}

/// The name server: where it is, and what it did.
fn names(roles: &[NameStatus], facts: &mut Columns<2>) {
    for role in roles {
        let zones = if role.role == "authority" { format!(" ({} zones)", thousands(role.zones)) } else { String::new() };
        facts.row([format!("dns {}", role.role), format!("{}{zones}", shown(&role.addresses.join(", ")))]);
        let [queries, tcp, no_name, refused] = [role.queries, role.tcp, role.no_name, role.refused].map(thousands);
        let [failed, malformed, limited] = [role.failed, role.malformed, role.limited].map(thousands);
        let did = format!("{queries} queries, {tcp} by TCP; NXDOMAIN {no_name}, REFUSED {refused}, SERVFAIL {failed}");
        facts.row([String::new(), format!("{did}; malformed {malformed}, limited {limited}")]);
    }
}

/// The journal; nothing where it is in memory and nobody has asked for anything.
fn journal(journal: &JournalStatus) -> Option<String> {
    let [accepted, applied, durable] = [journal.accepted, journal.applied, journal.durable.unwrap_or_default()].map(thousands);
    match &journal.directory {
        None if journal.accepted == 0 => None,
        None => Some(format!("number {applied} applied of {accepted}, in memory only: a restart forgets it")),
        Some(directory) => {
            let (directory, [bytes, size]) = (shown(directory), [journal.bytes, journal.size].map(size));
            let failing = if journal.failing { ", FAILING: purges and pushes are refused" } else { "" };
            Some(format!("number {applied} applied of {accepted}, {durable} on disk, {bytes} of {size} in {directory}{failing}"))
        }
    }
}

/// Below this it is time to look why nobody has renewed it: authorities that give certificates for months are asked a month before.
const SOON_DAYS: u64 = 14;

/// So many names of a certificate are shown.
const NAMES: usize = 3;

fn write_certificates(certificates: &[CertificateStatus], paint: Paint, out: &mut String) {
    let mut rows = Columns::new([Align::Left; 4]);
    rows.row(["certificate", "names", "holds for", "ordered"]);
    for certificate in certificates {
        let ordered = match &certificate.order {
            None => String::new(),
            Some(order) => match order.wait {
                None => format!("now: {}", shown(&order.why)),
                Some(wait) => format!("in {}: {}", span(wait), shown(&order.why)),
            },
        };
        let names = shown(&few(&certificate.names)).into_owned();
        rows.row([shown(&certificate.name).into_owned(), names, state_of(certificate).0, ordered]);
    }
    rows.write("  ", out, |row, column, cell| match (paint, row, column) {
        (Paint::Colour, 1.., 2) => format!("\x1b[{}m{cell}\x1b[0m", state_of(&certificates[row - 1]).1.colour()),
        _ => cell.to_owned(),
    });
}

/// The first of many.
fn few(names: &[String]) -> String {
    match names.get(NAMES..) {
        None | Some([]) => names.join(", "),
        Some(more) => format!("{} and {} more", names[..NAMES].join(", "), more.len()),
    }
}

fn state_of(certificate: &CertificateStatus) -> (String, Tone) {
    match certificate.left {
        None => ("none yet".to_owned(), Tone::Bad),
        Some(0) => ("expired".to_owned(), Tone::Bad),
        Some(left) if left < SOON_DAYS * 86_400 => (span(left), Tone::Middling),
        Some(left) => (span(left), Tone::Good),
    }
}

fn write_pool(pool: &PoolStatus, paint: Paint, out: &mut String) {
    let usable = pool.backends.iter().filter(|backend| state(backend).1 != Tone::Bad).count();
    let _ = write!(out, "pool {}, {}, {usable} of {} available", shown(&pool.name), shown(&pool.algorithm), pool.backends.len());
    for (count, what) in [(pool.queued, "waiting"), (pool.retries, "retries")] {
        if count > 0 {
            let _ = write!(out, ", {what} {}", thousands(count));
        }
    }
    out.push_str(if pool.panic { ", PANIC: too few are healthy, health is ignored\n" } else { "\n" });
    let (left, right) = (Align::Left, Align::Right);
    let mut rows = Columns::new([left, left, left, right, right, right, right, right]);
    rows.row(["backend", "address", "state", "weight", "in flight", "requests", "failures", "ejections"]);
    for backend in &pool.backends {
        let counts = [backend.in_flight, backend.requests, backend.failures, backend.ejections].map(thousands);
        let [in_flight, requests, failures, ejections] = counts;
        let weight = match backend.share {
            100 => backend.weight.to_string(),
            share => format!("{} at {share}%", backend.weight),
        };
        // A backend is often named by its address.
        let address = if backend.address == backend.name { "".into() } else { shown(&backend.address) };
        let (name, state) = (shown(&backend.name).into_owned(), state(backend).0);
        rows.row([name, address.into_owned(), state, weight, in_flight, requests, failures, ejections]);
    }
    rows.write("  ", out, |row, column, cell| match (paint, row, column) {
        (Paint::Colour, 1.., 2) => format!("\x1b[{}m{cell}\x1b[0m", state(&pool.backends[row - 1]).1.colour()),
        _ => cell.to_owned(),
    });
}

/// How a state is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Middling,
    Bad,
}

impl Tone {
    /// The number of the colour: green, yellow, red.
    pub(super) const fn colour(self) -> u8 {
        match self {
            Tone::Good => 32,
            Tone::Middling => 33,
            Tone::Bad => 31,
        }
    }
}

/// What decides whether a backend gets requests, the strongest first: the administrator, its weight, the probes, its failures.
fn state(backend: &BackendStatus) -> (String, Tone) {
    match (backend.admin.as_str(), backend.health.as_str(), backend.ejected) {
        (admin @ ("drain" | "maintenance"), ..) => (admin.to_owned(), Tone::Bad),
        _ if backend.weight == 0 => ("weight 0".to_owned(), Tone::Bad),
        (_, "down", _) => ("down".to_owned(), Tone::Bad),
        (.., Some(seconds)) => (format!("ejected {}", span(seconds)), Tone::Bad),
        (_, "up", _) if backend.share < 100 => ("up, slow start".to_owned(), Tone::Middling),
        (_, "up", _) => ("up".to_owned(), Tone::Good),
        (_, other, _) => (shown(other).into_owned(), Tone::Middling),
    }
}
