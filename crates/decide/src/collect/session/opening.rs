//! What both sides say of themselves at the beginning, and what they agree on (RFC 4271 §6.2).

use super::Terms;
use super::ending::Ending;
use super::state::{Agreed, Families};
use crate::time::{Duration, Instant};
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use wire::bgp::{Capability, Family, Open};

/// Graceful restart (RFC 4724 §3), without a family and without a time: we keep nothing of our own, and wish to be told when a table is
/// whole.
const GRACEFUL_RESTART: u8 = 64;

/// Networks of IPv4 may come with a next hop of IPv6 (RFC 8950 §4): a router whose session with us is of IPv6 has often no other. Where
/// packets go next is nothing to us.
const NEXT_HOPS_V6: u8 = 5;
/// Of IPv4 unicast, with next hops of IPv6.
const V4_BY_V6: [u8; 6] = [0, 1, 0, 1, 0, 2];

/// What we say.
pub(super) fn ours(terms: &Terms) -> Open {
    Open {
        system: terms.local_as,
        hold_seconds: u16::try_from(terms.hold.as_secs()).unwrap_or(u16::MAX),
        identifier: terms.identifier,
        capabilities: vec![
            Capability::Multiprotocol(Family::IPV4),
            Capability::Multiprotocol(Family::IPV6),
            Capability::RouteRefresh,
            Capability::Other { code: NEXT_HOPS_V6, value: V4_BY_V6.to_vec() },
            Capability::Other { code: GRACEFUL_RESTART, value: vec![0, 0] },
            Capability::FourOctets(terms.local_as),
        ],
    }
}

/// As bytes.
pub(super) fn written(terms: &Terms) -> Vec<u8> {
    let mut bytes = Vec::new();
    ours(terms).write(&mut bytes).expect("a handful of capabilities fits");
    bytes
}

/// Whether the router is the one that is meant, and can do what is needed.
pub(super) fn agree(terms: &Terms, theirs: &Open, began: Instant) -> Result<Agreed, Ending> {
    if theirs.system != terms.router_as {
        return Err(Ending::new(
            2,
            2,
            format!("the router's autonomous system is {}, and {} is configured", theirs.system, terms.router_as),
        ));
    }
    // RFC 6286 §2.2: within one system, no two have the same.
    if theirs.identifier == terms.identifier && terms.local_as == terms.router_as {
        return Err(Ending::new(2, 3, format!("the router has our own identifier, {}", theirs.identifier)));
    }
    let families = Families { v4: theirs.has(Family::IPV4), v6: theirs.has(Family::IPV6) };
    if families == Families::default() {
        return Err(Ending::new(2, 7, "the router tells neither of IPv4 nor of IPv6 unicast"));
    }
    Ok(Agreed {
        began,
        identifier: theirs.identifier,
        hold: terms.hold.min(Duration::from_secs(u64::from(theirs.hold_seconds))),
        wire: wire::bgp::Agreed::of(&ours(terms), theirs),
        families,
        ended: Families::default(),
        silent_at: began,
        keepalive_at: began,
    })
}
