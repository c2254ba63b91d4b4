//! The zones of a configuration, made ready.

use crate::server::{Server, Snapshot};
use decide::config::{self, Config};
use decide::step::{Step, Texts, ZoneStep};
use decide::time::Calendar;
use decide::zone::{Mistake, Zones};
use std::sync::Arc;

/// The zones that are served, if any, and what keeps others from it: those before where nothing has changed in them, for a large one takes
/// its time. The settings have checked them; where one is mistaken all the same, what was served before is served on, or else the others.
pub(crate) fn zones(config: &Config, old: Option<&Snapshot>) -> (Option<Arc<Zones>>, Vec<Mistake>) {
    let Some(dns) = &config.dns else { return (None, Vec::new()) };
    let before = old.filter(|old| old.zones.is_some());
    if let Some(old) = before.filter(|old| old.config.dns.as_ref().is_some_and(|before| before.zones == dns.zones)) {
        return (old.zones.clone(), Vec::new());
    }
    let mistakes = match Zones::build(dns) {
        Ok(zones) => return (Some(Arc::new(zones)), Vec::new()),
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
fn others(dns: &config::Dns, mistakes: &[Mistake]) -> Option<Arc<Zones>> {
    let mut right = dns.clone();
    right.zones.retain(|zone| mistakes.iter().all(|mistake| mistake.zone != zone.name));
    Zones::build(&right).ok().map(Arc::new)
}

/// Tells of what keeps zones from being served.
pub(crate) fn tell_mistaken(server: &Server, at: Calendar, mistakes: &[Mistake]) {
    for mistake in mistakes {
        let mut texts = Texts::default();
        let (zone, why) = (texts.keep(mistake.zone.to_string().as_bytes()), texts.keep(mistake.what.as_bytes()));
        server.tell_with(at, Step::Zone(ZoneStep::ZoneMistaken { zone, why }), &texts);
    }
}
