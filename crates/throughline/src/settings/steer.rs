//! Routes that lead clients to places, or let them measure: which steering they name.

use super::mistake::Mistakes;
use super::read::{Table, bare};
use decide::config::{Action, Site};

/// Ties each route that names a steering to it: the index is that of its table among all `[steering.NAME]`, in the order written.
pub(super) fn actions(root: &Table, sites: &mut [Site], mistakes: &mut Mistakes<'_>) {
    for (table, site) in root.tables("site").iter().zip(sites) {
        for (table, route) in table.tables("route").iter().zip(&mut site.routes) {
            match &mut route.action {
                Action::Steer { steering, .. } => *steering = index(root, table, "steer", mistakes),
                Action::Measure(steering) => *steering = index(root, table, "measure", mistakes),
                _ => {}
            }
        }
    }
}

/// The steering that an entry of a route names.
fn index(root: &Table, route: &Table, key: &str, mistakes: &mut Mistakes<'_>) -> usize {
    let (Some(name), Some(given)) = (route.text_if(key), route.given(key)) else { return 0 };
    let steerings = root.named("steering");
    let known = || steerings.iter().map(|(name, _)| name.it.as_str());
    known().position(|known| known == name).unwrap_or_else(|| {
        let mistake = mistakes.error(&given.span, format!("unknown steering {name:?}")).nearest(&name, known());
        if mistake.help.is_none() {
            mistake.help(format!("declare it: [steering.{}]", bare(&name)));
        }
        0
    })
}
