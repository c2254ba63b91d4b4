//! The zones of a configuration, made ready.

use crate::server::Snapshot;
use decide::config::{Config, Dns, Zone};
use decide::zone::Zones;
use std::net::SocketAddr;
use std::sync::Arc;
use wire::dns::Name;

/// What is served, and where.
#[derive(Clone)]
pub(crate) struct Served {
    /// At every listener that is not among the others.
    everywhere: Arc<Zones>,
    /// At listeners of zones that are served at some only; those with the same zones share them.
    apart: Vec<(SocketAddr, Arc<Zones>)>,
}

impl Served {
    /// What is served at a listener.
    pub(crate) fn at(&self, listener: SocketAddr) -> &Arc<Zones> {
        self.apart.iter().find(|(at, _)| *at == listener).map_or(&self.everywhere, |(_, zones)| zones)
    }

    /// Where a name is explained: at the listener that has the zone closest to it, the first of those.
    pub(super) fn about(&self, name: &Name) -> (Option<SocketAddr>, &Arc<Zones>) {
        let depth = |zones: &Zones| zones.zone_of(name).map(|zone| zones.zones()[zone].name.depth());
        let mut best = (None, &self.everywhere);
        for (at, zones) in &self.apart {
            if depth(zones) > depth(best.1) {
                best = (Some(*at), zones);
            }
        }
        best
    }

    /// `None` where a zone is mistaken.
    fn build(dns: &Dns) -> Option<Served> {
        if dns.zones.iter().all(|zone| zone.at.is_empty()) {
            return Some(Served { everywhere: Arc::new(Zones::build(dns).ok()?), apart: Vec::new() });
        }
        let here = |at: &SocketAddr| (0..dns.zones.len()).filter(|zone| is_at(&dns.zones[*zone], at)).collect::<Vec<_>>();
        let mut built: Vec<(Vec<usize>, Arc<Zones>)> = Vec::new();
        let mut apart = Vec::new();
        for at in &dns.listeners {
            let wanted = here(at);
            let known = built.iter().find(|(zones, _)| *zones == wanted).map(|(_, zones)| zones.clone());
            let zones = match known {
                Some(zones) => zones,
                None => {
                    let zones = wanted.iter().map(|zone| dns.zones[*zone].clone()).collect();
                    Arc::new(Zones::build(&Dns { zones, ..dns.clone() }).ok()?)
                }
            };
            built.push((wanted, zones.clone()));
            apart.push((*at, zones));
        }
        let everywhere = Arc::new(Zones::build(&Dns { zones: Vec::new(), ..dns.clone() }).ok()?);
        Some(Served { everywhere, apart })
    }
}

fn is_at(zone: &Zone, at: &SocketAddr) -> bool {
    zone.at.is_empty() || zone.at.contains(at)
}

/// The zones that are served, if any: those before where nothing has changed in them, for a large one takes its time. The settings have
/// checked them; where one is mistaken all the same, what was served before is served on.
pub(crate) fn zones(config: &Config, old: Option<&Snapshot>) -> Option<Served> {
    let dns = config.dns.as_ref()?;
    let before = old.filter(|old| old.zones.is_some());
    let same =
        |before: &Dns| before.zones == dns.zones && (before.listeners == dns.listeners || dns.zones.iter().all(|zone| zone.at.is_empty()));
    if let Some(old) = before.filter(|old| old.config.dns.as_ref().is_some_and(same)) {
        return old.zones.clone();
    }
    Served::build(dns).or_else(|| before.and_then(|old| old.zones.clone()))
}
