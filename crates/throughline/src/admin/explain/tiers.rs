//! Whom a miss asks, in order: for `explain cache`.

use decide::balance::key;
use decide::cache::{Tier, first_tier, ring_key};
use decide::config::{Action, Config, Route};
use decide::pool::Selection;
use decide::step::RouteRef;
use std::fmt::Write;
use wire::http::RequestHead;

/// One line for each tier of the route, and none where it has only its pool. `select` tells whom a pool would choose for a hash.
pub(super) fn way(
    config: &Config,
    route: RouteRef,
    request: &RequestHead,
    mut select: impl FnMut(usize, Option<u64>) -> Selection,
) -> String {
    let mut out = String::new();
    let route = route_of(config, route);
    let (tiers, Action::Pool(origin), Some(policy)) = (&route.tiers, &route.action, &route.cache) else { return out };
    if tiers.peers.is_none() && tiers.shield.is_none() {
        return out;
    }
    let others = tiers.peers.iter().flat_map(|peers| peers.others(&config.pools));
    let (mut tier, mut why) = first_tier(request, true, tiers, others);
    loop {
        let pool = match (tier, tiers.peers, tiers.shield) {
            (Tier::Peers, Some(peers), _) => peers.pool,
            (Tier::Shield, _, Some(shield)) => shield,
            _ => *origin,
        };
        let wanted = key::wanted(&config.pools[pool].algorithm);
        let hash = match tier {
            Tier::Peers => Some(ring_key(request, &policy.key)),
            Tier::Shield | Tier::Origin => wanted.and_then(|wanted| key::of(wanted, request, None)),
        };
        let of = &config.pools[pool];
        let (who, next) = match select(pool, hash) {
            Selection::Backend { index, .. } if tier == Tier::Peers && tiers.peers.is_some_and(|peers| peers.this == index) => {
                (format!("{}, this one itself", of.backends[index].name), "this edge keeps it itself")
            }
            Selection::Backend { index, .. } => (of.backends[index].name.clone(), "only if the one before cannot be asked"),
            Selection::Full => ("all are at their limit".to_string(), "every backend and the queue are full"),
            Selection::None(none) => (none.to_string(), none),
        };
        let _ = writeln!(out, "{:<10} pool {}: {who} ({why})", tier.word(), of.name);
        let Some(after) = tier.next(tiers) else { return out };
        (tier, why) = (after, next);
    }
}

/// Whether an object of another edge is stored here too, on a route with peers.
pub(super) fn popularity(config: &Config, route: RouteRef, asked_for: u64) -> String {
    if route_of(config, route).tiers.peers.is_none() {
        return String::new();
    }
    let hot = config.cache.hot;
    let window = hot.window.as_secs();
    let word = if asked_for > hot.requests {
        "often: what another edge keeps is stored here too"
    } else {
        "stored here only if it is this edge's"
    };
    format!("popularity {asked_for} misses in the last {window} s, {word} (more than {} are often)\n", hot.requests)
}

fn route_of(config: &Config, route: RouteRef) -> &Route {
    &config.sites[usize::from(route.site)].routes[usize::from(route.route)]
}
