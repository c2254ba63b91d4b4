//! The zones of a configuration, made ready.

use crate::server::Snapshot;
use decide::config::Config;
use decide::zone::Zones;
use std::sync::Arc;

/// The zones that are served, if any: those before where nothing has changed in them, for a large one takes its time. The settings have
/// checked them; where one is mistaken all the same, what was served before is served on.
pub(crate) fn zones(config: &Config, old: Option<&Snapshot>) -> Option<Arc<Zones>> {
    let dns = config.dns.as_ref()?;
    let before = old.filter(|old| old.zones.is_some());
    if let Some(old) = before.filter(|old| old.config.dns.as_ref().is_some_and(|before| before.zones == dns.zones)) {
        return old.zones.clone();
    }
    match Zones::build(dns) {
        Ok(zones) => Some(Arc::new(zones)),
        Err(_) => before.and_then(|old| old.zones.clone()),
    }
}
