//! Which route would serve a URL that no client has asked for.

use crate::asked::Asked;
use crate::server::Snapshot;
use decide::address::Address;
use decide::config::{Action, Listener};
use decide::route::Verdict;
use decide::step::{ListenerRef, RouteRef};

/// Why none would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nowhere {
    Scheme,
    Site,
    Redirected,
    Uncached,
    Foreign,
}

impl Nowhere {
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Nowhere::Scheme => "no listener here serves this scheme",
            Nowhere::Site => "no site here serves this URL",
            Nowhere::Redirected => "its site sends clients that come by http to https",
            Nowhere::Foreign => "it is another site's",
            Nowhere::Uncached => "its route stores nothing: it has no `cache`",
        }
    }
}

/// The names of the sites that a job is confined to; `None`: to none.
pub type Only = Option<std::sync::Arc<[String]>>;

/// Whether a route is of one of these sites.
fn allows(only: &Only, snapshot: &Snapshot, route: RouteRef) -> bool {
    let name = &snapshot.config.sites[usize::from(route.site)].name;
    only.as_ref().is_none_or(|only| only.contains(name))
}

/// Where a request comes in for one URL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routed {
    pub(crate) listener: ListenerRef,
    pub(crate) route: RouteRef,
    pub(crate) matched: usize,
}

/// The route that serves and stores it. The listeners of the URL's scheme are tried, first those on its port: what stands in front of us
/// may have moved the others.
pub(crate) fn routed(snapshot: &Snapshot, asked: &Asked) -> Result<Routed, Nowhere> {
    let mut why = Nowhere::Scheme;
    for (listener, verdict) in verdicts(snapshot, asked) {
        let Verdict::Route { route, matched } = verdict else {
            why = why.max(Nowhere::Site);
            continue;
        };
        let site = &snapshot.config.sites[usize::from(route.site)];
        let serves = &site.routes[usize::from(route.route)];
        if site.https_redirect && asked.scheme == "http" {
            why = why.max(Nowhere::Redirected);
            continue;
        }
        match (&serves.cache, &serves.action) {
            (Some(_), Action::Pool(_)) => return Ok(Routed { listener, route, matched }),
            _ => why = why.max(Nowhere::Uncached),
        }
    }
    Err(why)
}

/// The same, if it is of one of these sites.
pub(super) fn routed_at(snapshot: &Snapshot, asked: &Asked, only: &Only) -> Result<Routed, Nowhere> {
    let routed = routed(snapshot, asked)?;
    if allows(only, snapshot, routed.route) { Ok(routed) } else { Err(Nowhere::Foreign) }
}

/// The listener at which any route serves it, of these sites.
pub(super) fn listener_of(snapshot: &Snapshot, asked: &Asked, only: &Only) -> Result<ListenerRef, Nowhere> {
    let mut why = Nowhere::Scheme;
    for (listener, verdict) in verdicts(snapshot, asked) {
        match verdict {
            Verdict::Route { route, .. } if !allows(only, snapshot, route) => why = why.max(Nowhere::Foreign),
            Verdict::Route { .. } => return Ok(listener),
            _ => why = why.max(Nowhere::Site),
        }
    }
    Err(why)
}

fn verdicts<'s>(snapshot: &'s Snapshot, asked: &'s Asked) -> impl Iterator<Item = (ListenerRef, Verdict)> + 's {
    let on_port = |listener: &Listener| matches!(&listener.at, Address::Ip(ip) if ip.port() == asked.port);
    let of_scheme = (0u16..).zip(&snapshot.config.listeners).filter(|(_, listener)| listener.tls == (asked.scheme == "https"));
    let (mut first, others): (Vec<_>, Vec<_>) = of_scheme.partition(|(_, listener)| on_port(listener));
    first.extend(others);
    first.into_iter().map(|(number, _)| (ListenerRef(number), snapshot.routes.decide(number, &asked.head, None)))
}
