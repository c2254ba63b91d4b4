//! The zones of a configuration, made ready.

use crate::server::{Server, Snapshot};
use decide::config::{Config, Dns, Zone};
use decide::step::{Step, Texts, ZoneStep};
use decide::time::Calendar;
use decide::zone::{Mistake, Zones};
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

    /// The error is all that is wrong with zones.
    fn build(dns: &Dns) -> Result<Served, Vec<Mistake>> {
        if dns.zones.iter().all(|zone| zone.at.is_empty()) {
            return Ok(Served { everywhere: Arc::new(Zones::build(dns)?), apart: Vec::new() });
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
                    Arc::new(Zones::build(&Dns { zones, ..dns.clone() })?)
                }
            };
            built.push((wanted, zones.clone()));
            apart.push((*at, zones));
        }
        let everywhere = Arc::new(Zones::build(&Dns { zones: Vec::new(), ..dns.clone() })?);
        Ok(Served { everywhere, apart })
    }
}

fn is_at(zone: &Zone, at: &SocketAddr) -> bool {
    zone.at.is_empty() || zone.at.contains(at)
}

/// The zones that are served, if any, and what keeps others from it: those before where nothing has changed in them, for a large one takes
/// its time. The settings have checked them; where one is mistaken all the same, what was served before is served on, or else the others.
pub(crate) fn zones(config: &Config, old: Option<&Snapshot>) -> (Option<Served>, Vec<Mistake>) {
    let Some(dns) = &config.dns else { return (None, Vec::new()) };
    let before = old.filter(|old| old.zones.is_some());
    let same =
        |before: &Dns| before.zones == dns.zones && (before.listeners == dns.listeners || dns.zones.iter().all(|zone| zone.at.is_empty()));
    let stands = |old: &&Snapshot| old.mistaken.is_empty() || means_the_same(&old.config, config);
    if let Some(old) = before.filter(|old| old.config.dns.as_ref().is_some_and(same)).filter(stands) {
        // What was wrong with them still is.
        return (old.zones.clone(), old.mistaken.clone());
    }
    let mistakes = match Served::build(dns) {
        Ok(zones) => return (Some(zones), Vec::new()),
        Err(mistakes) => mistakes,
    };
    let zones = before.filter(|old| means_the_same(&old.config, config)).and_then(|old| old.zones.clone());
    (zones.or_else(|| others(dns, &mistakes)), mistakes)
}

/// Zones name pools and steerings by their numbers, and these places.
fn means_the_same(old: &Config, new: &Config) -> bool {
    let names = |config: &Config| {
        let pools = config.pools.iter().map(|pool| pool.name.clone());
        pools.chain(config.steerings.iter().map(|steering| steering.name.clone())).collect::<Vec<_>>()
    };
    old.pools.len() == new.pools.len() && names(old) == names(new)
}

/// The zones in which nothing is wrong.
fn others(dns: &Dns, mistakes: &[Mistake]) -> Option<Served> {
    let mut right = dns.clone();
    right.zones.retain(|zone| mistakes.iter().all(|mistake| mistake.zone != zone.name));
    Served::build(&right).ok()
}

/// Tells of what keeps zones from being served.
pub(crate) fn tell_mistaken(server: &Server, at: Calendar, mistakes: &[Mistake]) {
    for mistake in mistakes {
        let mut texts = Texts::default();
        let (zone, why) = (texts.keep(mistake.zone.to_string().as_bytes()), texts.keep(mistake.what.as_bytes()));
        server.tell_with(at, Step::Zone(ZoneStep::ZoneMistaken { zone, why }), &texts);
    }
}
