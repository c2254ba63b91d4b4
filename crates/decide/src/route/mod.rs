//! From a request to the route that serves it.
//!
//! Order of calls: [`Table::build`] once per configuration, [`Table::decide`] per request, then [`rewrite`] for what the route changes.
//!
//! The order of decision, which [`Record`] shows: the site by host (an exact name, then the longest wildcard, then any host); in the
//! site the most specific route all of whose conditions hold: exact paths first, then the longest prefix, then any path; among equals
//! the one with more conditions (each header, each query parameter and the list of methods count one), then the one written first.
//!
//! Paths are compared in their normal form ([`normalise`]).

mod host;
mod path;
mod record;
pub mod rewrite;
mod rule;

pub use path::{PathError, normalise};
pub use record::{Considered, Failure, Outcome, Record, SiteConsidered};

use crate::config::Config;
use crate::step::RouteRef;
use alloc::string::String;
use alloc::vec::Vec;
use host::Hosts;
use rule::{Miss, Rule};
use wire::http::{RequestHead, TargetForm};

/// A configuration's sites and routes, compiled.
#[derive(Clone, Debug)]
pub struct Table {
    /// One per listener.
    hosts: Vec<Hosts>,
    /// One per site: its rules, most specific first.
    sites: Vec<Vec<Rule>>,
}

/// What is to be done with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This route holds.
    Route {
        /// Which.
        route: RouteRef,
        /// How many bytes of the normal form of the path its path covers: what a rewrite replaces.
        matched: usize,
    },
    /// No site of the listener answers to the host.
    NoSite,
    /// The site has no route for it.
    NoRoute {
        /// The site.
        site: u16,
    },
    /// The site has a route for it, but not with this method.
    WrongMethod {
        /// The site.
        site: u16,
        /// The value of `Allow` (RFC 9110 §15.5.6 requires it).
        allow: String,
    },
    /// The path breaks a rule.
    BadPath(PathError),
}

impl Verdict {
    /// The status of the refusal; 0 for a route. An unknown host gets 404 rather than 421: 421 invites the client to ask again on
    /// another connection (RFC 9110 §15.5.20), and here no other connection would be answered differently.
    pub const fn status(&self) -> u16 {
        match self {
            Verdict::Route { .. } => 0,
            Verdict::NoSite | Verdict::NoRoute { .. } => 404,
            Verdict::WrongMethod { .. } => 405,
            Verdict::BadPath(_) => 400,
        }
    }

    /// The verdict as a sentence.
    pub const fn sentence(&self) -> &'static str {
        match self {
            Verdict::Route { .. } => "a route holds",
            Verdict::NoSite => "no site answers to this host",
            Verdict::NoRoute { .. } => "the site has no route for this request",
            Verdict::WrongMethod { .. } => "the site has a route for this request, but not with this method",
            Verdict::BadPath(error) => error.sentence(),
        }
    }
}

impl Table {
    /// Compiles a configuration, which has been checked.
    pub fn build(config: &Config) -> Self {
        let number = |index: usize| u16::try_from(index).expect("under 65536 sites and routes");
        let rules = |(site, of): (usize, &crate::config::Site)| {
            let name = |route| RouteRef { site: number(site), route: number(route) };
            let mut rules: Vec<Rule> = of.routes.iter().enumerate().map(|(at, route)| Rule::build(name(at), route)).collect();
            rules.sort_by_key(Rule::rank);
            rules
        };
        Self {
            hosts: config.listeners.iter().map(|listener| Hosts::build(listener, config)).collect(),
            sites: config.sites.iter().enumerate().map(rules).collect(),
        }
    }

    /// Decides. `listener` is an index into the configuration's. With a `record` (cleared first) it also writes down everything it
    /// considered; without one nothing is allocated, but for a path that is not in normal form and for `Allow`.
    pub fn decide(&self, listener: u16, head: &RequestHead, mut record: Option<&mut Record>) -> Verdict {
        let hosts = &self.hosts[usize::from(listener)];
        if let Some(record) = record.as_deref_mut() {
            *record = Record { host: String::from_utf8_lossy(head.host()).into_owned(), ..Record::default() };
            hosts.explain(head.host(), record);
        }
        let verdict = match hosts.find(head.host()) {
            None => Verdict::NoSite,
            Some(site) => self.decide_in(site, head, record.as_deref_mut()),
        };
        if let Some(record) = record {
            self.conclude(&verdict, record);
        }
        verdict
    }

    /// The site that answers to a host (without port) on a listener, whatever the request.
    pub fn site_of(&self, listener: u16, host: &[u8]) -> Option<u16> {
        self.hosts.get(usize::from(listener))?.find(host)
    }

    fn decide_in(&self, site: u16, head: &RequestHead, mut record: Option<&mut Record>) -> Verdict {
        if let Some(record) = record.as_deref_mut() {
            record.site = Some(site);
        }
        let mut buffer = Vec::new();
        let path = match path_of(head, &mut buffer) {
            Ok(path) => path,
            Err(error) => return Verdict::BadPath(error),
        };
        if let Some(record) = record.as_deref_mut() {
            record.path = String::from_utf8_lossy(path).into_owned();
        }
        let verdict = self.find(site, path, head, record);
        if !path::hides_separator(path) {
            return verdict;
        }
        // The backend may take an encoded slash or a backslash for a slash. That is its affair where both readings have one route.
        let (mut scratch, mut out) = (Vec::new(), Vec::new());
        match path::reveal(path, &mut scratch, &mut out) {
            Ok(revealed) if same_route(&self.find(site, revealed, head, None), &verdict) => verdict,
            _ => Verdict::BadPath(PathError::Ambiguous),
        }
    }

    fn find(&self, site: u16, path: &[u8], head: &RequestHead, mut record: Option<&mut Record>) -> Verdict {
        let rules = &self.sites[usize::from(site)];
        let mut chosen = None;
        for rule in rules {
            let outcome = match rule.holds(path, head) {
                _ if chosen.is_some() => Outcome::NotReached,
                Ok(matched) => {
                    chosen = Some(Verdict::Route { route: rule.route, matched });
                    Outcome::Holds
                }
                Err(_) if record.is_none() => continue,
                Err(miss) => Outcome::Fails(miss.describe()),
            };
            match record.as_deref_mut() {
                None => break,
                Some(record) => {
                    let (name, rank) = (rule.name.clone(), rule.rank_in_words());
                    record.rules.push(Considered { route: rule.route, name, rank, outcome });
                }
            }
        }
        chosen.unwrap_or_else(|| {
            let allowed = |rule| match Rule::holds(rule, path, head) {
                Err(Miss::Method(methods)) => methods,
                _ => &[],
            };
            match rule::list(rules.iter().flat_map(allowed)) {
                none if none.is_empty() => Verdict::NoRoute { site },
                allow => Verdict::WrongMethod { site, allow },
            }
        })
    }

    fn conclude(&self, verdict: &Verdict, record: &mut Record) {
        record.verdict = match verdict {
            Verdict::Route { route, .. } => {
                let rules = &self.sites[usize::from(route.site)];
                let name = rules.iter().find(|rule| rule.route == *route).map_or("", |rule| &rule.name);
                alloc::format!("route {name}")
            }
            Verdict::WrongMethod { allow, .. } => alloc::format!("405: {} (allowed: {allow})", verdict.sentence()),
            other => alloc::format!("{}: {}", other.status(), other.sentence()),
        };
    }
}

/// The path in normal form. `*` and CONNECT's empty path are no paths: only a rule for any path holds for them.
pub(crate) fn path_of<'a>(head: &'a RequestHead, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], PathError> {
    match head.form {
        TargetForm::Origin | TargetForm::Absolute => normalise(head.path(), buffer),
        TargetForm::Asterisk | TargetForm::Authority => Ok(head.path()),
    }
}

fn same_route(one: &Verdict, other: &Verdict) -> bool {
    match (one, other) {
        (Verdict::Route { route: a, .. }, Verdict::Route { route: b, .. }) => a == b,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests;
