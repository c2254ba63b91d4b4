//! What goes by the store on its way: it may make what is stored out of date, or say that it is current.

use super::{Cached, key_of, names_of};
use crate::proxy::exchange::Exchange;
use crate::store::{Around, Coming, Judged, Storing, Told, Writer};
use decide::cache::{
    self, AcceptEncoding, Directives, HeadEffect, Life, Record, Rule, Standing, Times, Uri, Variant, head, invalidated, select, storable,
};
use decide::config::Site;
use decide::route::Verdict;
use decide::step::Step;
use decide::time::{Calendar, Duration};
use std::sync::Arc;
use wire::http::{Known, Method, RequestHead, ResponseHead};

impl Exchange<'_> {
    /// The head of an answer has come that passes from a backend to the client. Returns what takes a copy of it, where it is to be stored.
    pub(crate) fn passed(&mut self) -> Option<Writer> {
        let snapshot = self.snapshot.clone();
        let (site, route) = self.site_and_route(&snapshot).expect("a routed request");
        let policy = route.cache.as_ref().expect("the route leads here because it stores answers");
        let mut cached = self.cached.take().expect("a route that stores answers");
        let calendar = self.worker.host.calendar();
        let (request, response) = (&self.scratch.request, &self.scratch.response);
        let scheme = self.scheme();
        let uri = Uri { scheme, authority: &request.authority, target: &request.target };
        for target in invalidated(&request.method, &uri, response, &mut Record::off()) {
            self.invalidate(target);
        }
        let times = Times { requested: cached.requested, received: calendar };
        let directives = Directives::of(&response.fields, policy);
        let life = Life::of(response, &response.fields, &directives, times, policy);
        let mut copy = None;
        match request.method {
            Method::Post => copy = self.copy_for_get(&mut cached, site, times, policy),
            Method::Head => self.head_passed(&cached.key, times, policy),
            Method::Get if cached.status.detail == Some(Rule::Uncacheable) => {
                let exchange = cache::Exchange { request, scheme, response, times };
                let (storing, _) = storable(&exchange, &directives, &cached.wishes, &life, policy, &mut Record::off());
                if storing != cache::Storing::Refused && life.is_fresh(calendar) {
                    // The next request may have it stored.
                    self.worker.server.store.remember_uncacheable(&cached.key, None, self.worker.host.now());
                }
            }
            _ => {}
        }
        if self.scratch.request.method == Method::Get {
            self.follow_links(&cached, policy);
        }
        self.cached = Some(cached);
        copy
    }

    /// RFC 9110 §9.3.3: an answer to POST that says that it is what GET would get, and for how long.
    fn copy_for_get(&mut self, cached: &mut Cached, site: &Site, times: Times, policy: &cache::Policy) -> Option<Writer> {
        let store = self.worker.server.store.clone();
        let born = store.sequence();
        let names = Arc::new(names_of(site, self.scheme(), &self.scratch.request));
        let Judged { object, life, trailers, .. } = self.judged(&cached.wishes, &names, born, times, policy);
        // What was asked before a purge may be what the purge is about.
        let object = object.filter(|_| cached.purged == born)?;
        // The backend was asked for what this client takes. Where codings are made here, what is stored must be what they are made of.
        let is_coded = object.head.fields.has(Known::ContentEncoding);
        if is_coded && policy.vary.accept_encoding == AcceptEncoding::Unasked {
            return None;
        }
        let ttl = Duration::from_secs(life.ttl(times.received).max(0).unsigned_abs());
        self.step(Step::CacheStore { stored: true, rule: Rule::PostForGet.word(), ttl });
        cached.status.stored = true;
        cached.status.ttl = Some(life.ttl(times.received));
        cached.status.detail = Some(Rule::PostForGet);
        let writer = store.copy(&cached.key);
        let stored = Some(Storing { object, largest: policy.largest, keep: true, partial: false, trailers });
        let head = ResponseHead::default();
        let coming = Coming { head, length: None, stored, rule: Rule::PostForGet, part: None, around: Around::default() };
        writer.tell(Told::Coming(Arc::new(coming)), Vec::new());
        Some(writer)
    }

    /// What is stored of a target at the request's own origin is out of date.
    fn invalidate(&self, target: Vec<u8>) {
        let snapshot = self.snapshot.clone();
        let Some(listener) = self.listener else { return };
        let own = &self.scratch.request;
        let request = RequestHead {
            method: Method::Get,
            authority: own.authority.clone(),
            target,
            fields: own.fields.clone(),
            ..RequestHead::default()
        };
        let Verdict::Route { route, .. } = snapshot.routes.decide(listener.0, &request, None) else { return };
        let site = &snapshot.config.sites[usize::from(route.site)];
        let route = &site.routes[usize::from(route.route)];
        if let (Some(policy), Some(pool)) = (&route.cache, route.action.pool()) {
            let pool = &snapshot.config.pools[pool].name;
            self.worker.server.store.invalidate(&key_of(site, route, pool, &request, self.scheme(), policy));
        }
    }

    /// RFC 9111 §4.3.5
    fn head_passed(&self, key: &[u8], times: Times, policy: &cache::Policy) {
        let store = &self.worker.server.store;
        let Some(found) = store.variants(key) else { return };
        let (request, response) = (&self.scratch.request, &self.scratch.response);
        let live: Vec<_> = found.objects().iter().filter(|object| store.standing(object) != Standing::Gone).collect();
        let variants = live.iter().map(|object| Variant { selecting: &object.selecting, fields: &object.head.fields, date: object.date });
        let Some(index) = select(variants, &request.fields, &policy.vary) else { return };
        let old = live[index];
        let new = match head(&old.stored(), response, &mut Record::off()).0 {
            HeadEffect::Freshen => {
                let scheme = self.scheme();
                let exchange = cache::Exchange { request, scheme, response, times };
                super::fill::freshened_by(old, &exchange, policy)
            }
            HeadEffect::MakeStale => {
                let mut stale = old.same();
                stale.stale_since = Some(stale.stale_since.map_or(times.received, |since: Calendar| since.min(times.received)));
                stale
            }
            HeadEffect::Nothing => return,
        };
        store.replace(key, old, Arc::new(new));
    }
}
