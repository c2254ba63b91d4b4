//! What an UPDATE says of networks, whoever carried it here.

use crate::steer::{Origin, Route};
use alloc::format;
use alloc::string::String;
use wire::bgp::{self, Attributes, Family, Prefix, Update};

/// The degree of preference where a router tells none.
const USUAL_PREFERENCE: u32 = 100;

/// What else was in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// What was wrong, and what was done about it (RFC 7606).
    pub(super) damaged: Option<String>,
    /// All networks of this family have been told.
    pub(super) end: Option<Family>,
}

/// Hands on what it says of each network, or of each path to one (RFC 7911). `internal`: the router is of the system that it tells of, so
/// that its preference counts.
pub(super) fn tell(update: &Update<'_>, internal: bool, take: &mut dyn FnMut(Prefix, Option<Route>)) -> Told {
    // What an update withdraws and announces is announced (RFC 4271 §3.1).
    for prefix in update.withdrawals() {
        take(prefix, None);
    }
    let mut announced = update.announcements().peekable();
    if announced.peek().is_some() {
        let route = route_of(&update.attributes, internal);
        announced.for_each(|prefix| take(prefix, Some(route)));
    }
    let damaged = update.faults().iter().max_by_key(|fault| fault.treatment).map(|fault| format!("{fault}"));
    Told { damaged, end: update.end_of_rib() }
}

/// What the attributes of networks say, as far as it decides between places.
pub fn route_of(attributes: &Attributes<'_>, internal: bool) -> Route {
    Route {
        // RFC 4271 §5.1.5: from another system it means nothing.
        local_pref: attributes.local_pref.filter(|_| internal).unwrap_or(USUAL_PREFERENCE),
        path_len: attributes.path.map_or(0, |path| u16::try_from(path.len()).unwrap_or(u16::MAX)),
        origin: match attributes.origin {
            Some(bgp::Origin::Igp) => Origin::Igp,
            Some(bgp::Origin::Egp) => Origin::Egp,
            Some(bgp::Origin::Incomplete) | None => Origin::Incomplete,
        },
        med: attributes.med.unwrap_or(0),
        origin_as: attributes.path.and_then(|path| path.origin()).unwrap_or(0),
    }
}
