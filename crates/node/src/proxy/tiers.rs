//! Whom a request is sent to on a route with peers or a shield: one after the other, until one can be asked. What decides is in
//! [`decide::cache::Tier`].

use crate::channel::Channel;
use crate::pool::Pool;
use crate::proxy::exchange::Exchange;
use crate::proxy::exchange::Stage;
use crate::proxy::reply::Reply;
use decide::cache::{Tier, first_tier, ring_key};
use decide::config::Route;
use decide::forward::{Circle, ProxyError};
use decide::step::{Side, Step};
use std::sync::Arc;

/// Whom a request is sent to.
pub(crate) struct Way {
    /// The pool that is asked now.
    pub(crate) pool: Arc<Pool>,
    /// The request's hash, where that pool wants one.
    pub(crate) key: Option<u64>,
    /// The backend of that pool that is this cache itself.
    pub(crate) this: Option<usize>,
    /// Whom it may be sent to if this pool cannot be asked.
    pub(crate) next: Option<Tier>,
    /// The pool of the route.
    origin: Arc<Pool>,
}

impl Way {
    /// This pool and no other.
    pub(crate) fn only(pool: Arc<Pool>) -> Way {
        Way { pool: pool.clone(), key: None, this: None, next: None, origin: pool }
    }
}

impl Exchange<'_> {
    /// Whom a request is sent to first.
    pub(crate) fn way(&mut self, origin: Arc<Pool>) -> Way {
        let snapshot = self.snapshot.clone();
        let (_, route) = self.site_and_route(&snapshot).expect("a routed request");
        let tiers = &route.tiers;
        if self.cached.is_none() || (tiers.peers.is_none() && tiers.shield.is_none()) {
            let key = self.balance_key(&origin);
            return Way { pool: origin.clone(), key, this: None, next: None, origin };
        }
        let fill = matches!(self.client.stream, Channel::Fill(_));
        let others = tiers.peers.iter().flat_map(|peers| peers.others(&snapshot.config.pools));
        let (tier, why) = first_tier(&self.scratch.request, fill, tiers, others);
        self.enter(route, tier, why, origin)
    }

    /// Whom it is sent to next, because the one before could not be asked.
    pub(crate) fn way_on(&mut self, way: Way, tier: Tier, why: &'static str) -> Way {
        let snapshot = self.snapshot.clone();
        let (_, route) = self.site_and_route(&snapshot).expect("a routed request");
        self.enter(route, tier, why, way.origin)
    }

    fn enter(&mut self, route: &Route, tier: Tier, why: &'static str, origin: Arc<Pool>) -> Way {
        self.step(Step::Tier { tier: tier.word(), why });
        let cached = self.cached.as_mut().expect("a route that stores answers");
        cached.tier = tier;
        let tiers = &route.tiers;
        let (index, this) = match (tier, tiers.peers, tiers.shield) {
            (Tier::Peers, Some(peers), _) => (Some(peers.pool), Some(peers.this)),
            (Tier::Shield, _, shield) => (shield, None),
            _ => (None, None),
        };
        let pool = index.map_or_else(|| origin.clone(), |index| self.snapshot.pools[index].clone());
        let policy = route.cache.as_ref().expect("a route with tiers stores answers");
        let key = if tier == Tier::Peers { Some(ring_key(&self.scratch.request, &policy.key)) } else { self.balance_key(&pool) };
        Way { pool, key, this, next: tier.next(tiers), origin }
    }

    /// Whether it is a cache that is asked, and not the origin.
    pub(crate) fn asks_a_cache(&self) -> bool {
        self.cached.as_ref().is_some_and(|cached| cached.tier != Tier::Origin)
    }

    /// Refuses a request that goes round in a circle.
    pub(crate) fn refuse_circle(&mut self, circle: Circle) -> Stage {
        let (status, rule) = (circle.status(), circle.sentence());
        self.step(Step::Refused { status, rule, side: Side::Client });
        let mut reply = Reply::problem(status, rule, "RFC 8586 §2");
        reply.close = true;
        let error = if circle == Circle::Malformed { ProxyError::HttpRequestError } else { ProxyError::LoopDetected };
        self.show_proxy_status(error, &mut reply);
        Stage::reply(reply)
    }
}
