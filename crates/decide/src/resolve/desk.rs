//! The desk of the recursive role: who may ask what, what is answered without a walk, and what is said where a walk comes to nothing.

use super::cache::Cache;
use super::local::LocalNames;
use super::reply::{Refusal, Reply};
use super::settings::{Limits, Mode, Settings};
use crate::config::Resolver;
use crate::time::{Duration, Instant};
use core::net::IpAddr;
use wire::dns::{Query, ResponseCode};
use wire::network::Network;

/// RFC 8767 §5, the client response timer: a client that would wait longer gets what is out of date.
pub const PATIENCE_OF_CLIENTS: Duration = Duration::from_millis(1800);
/// What a walk for a client may spend: no client waits longer than that, and a hostile zone gets no more queries out of it.
const LIMITS: Limits =
    Limits { time: Duration::from_secs(10), patience: Duration::from_secs(1), queries: 100, aliases: 16, depth: 5, unknown_servers: 5 };
const PORT: u16 = 53;

/// What was asked, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The client.
    pub from: IpAddr,
    /// The question.
    pub query: &'a Query,
    /// RD: the client wants a walk.
    pub recursion_desired: bool,
}

/// What holds for all questions.
#[derive(Clone, Debug)]
pub struct Desk {
    clients: alloc::vec::Vec<Network>,
    local: LocalNames,
    settings: Settings,
}

impl Desk {
    /// From a configuration.
    pub fn new(config: &Resolver) -> Desk {
        let roots = &config.roots;
        let port = roots.first().map_or(PORT, |root| root.address.port());
        let mode = match config.forward.is_empty() {
            true => Mode::Iterative { roots: roots.clone(), port },
            false => Mode::Recursive { servers: config.forward.clone() },
        };
        // What a client says of its own network goes no further (RFC 7871 §7.1.1 has it optional).
        let settings = Settings { mode, subnet: None, service: false, minimise: true, limits: LIMITS };
        let local = LocalNames::new(config.forward.is_empty() && roots.is_empty());
        Desk { clients: config.clients.clone(), local, settings }
    }

    /// An empty cache, as the configuration bounds it.
    pub fn cache(config: &Resolver) -> Cache {
        Cache::for_so_long(config.cache_entries, config.max_ttl, config.serve_stale)
    }

    /// How names are looked up.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The answer that needs no walk; `None` if it needs one.
    pub fn answer(&self, asked: Asked<'_>, cache: &Cache, now: Instant) -> Option<Reply> {
        if let Some(why) = self.refuses(asked) {
            return Some(Reply::refused(why));
        }
        if let Some(reply) = self.local.answer(asked.query) {
            return Some(reply);
        }
        match Reply::known(cache, asked.query, now) {
            Some(reply) if asked.recursion_desired => Some(instead(reply, cache, asked.query, now)),
            Some(reply) => Some(reply),
            None => (!asked.recursion_desired).then(|| Reply::refused(Refusal::NotDesired)),
        }
    }

    fn refuses(&self, asked: Asked<'_>) -> Option<Refusal> {
        if !self.clients.iter().any(|network| network.contains(asked.from)) {
            return Some(Refusal::Stranger);
        }
        // RFC 6895 §3.1: 0 is no type, 128 to 255 are of questions (transfers, ANY), and OPT is of messages.
        matches!(asked.query.kind.0, 0 | 41 | 128..=255).then_some(Refusal::Kind)
    }
}

/// What is said in the place of a failure: what is out of date, if there is anything (RFC 8767 §4).
pub fn instead(reply: Reply, cache: &Cache, query: &Query, now: Instant) -> Reply {
    match reply.code {
        ResponseCode(2) => Reply::stale(cache, query, now).unwrap_or(reply),
        _ => reply,
    }
}

#[cfg(test)]
mod tests;
