//! What the workers of a name server share.

use super::transfer::Transfers;
use crate::metrics::NameCells;
use decide::config::DnsLimits;
use decide::guard::Rates;
use decide::guard::cookie::{Secret, secret_of};
use host::Host;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use wire::network::Network;

/// What a name server is to its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// It has zones.
    Authority,
    /// It walks for others.
    Resolver,
}

impl Role {
    /// Its name in metrics and steps.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Role::Authority => "authority",
            Role::Resolver => "resolver",
        }
    }
}

/// What the workers share, for each role.
pub(crate) struct Shared {
    authority: Arc<Common>,
    resolver: Arc<Common>,
    /// Zones on their way to other servers.
    pub(super) transfers: Transfers,
}

/// What the workers of one role share.
pub(crate) struct Common {
    /// What cookies' secrets are made of.
    drawn: Secret,
    /// What the places of networks are found by.
    key: [u8; 16],
    /// Made when the first answer is counted.
    rates: OnceLock<Rates>,
    /// TCP connections.
    streams: AtomicUsize,
    by_address: Mutex<BTreeMap<IpAddr, usize>>,
    pub(super) cells: Arc<NameCells>,
}

impl Shared {
    pub(crate) fn new(host: &Host, [authority, resolver]: [Arc<NameCells>; 2]) -> Shared {
        let (authority, resolver) = (Arc::new(Common::new(host, authority)), Arc::new(Common::new(host, resolver)));
        Shared { authority, resolver, transfers: Transfers::default() }
    }

    pub(super) fn of(&self, role: Role) -> &Arc<Common> {
        match role {
            Role::Authority => &self.authority,
            Role::Resolver => &self.resolver,
        }
    }

    /// TCP connections now.
    pub(crate) fn streams(&self) -> usize {
        self.authority.streams() + self.resolver.streams()
    }
}

impl Common {
    fn new(host: &Host, cells: Arc<NameCells>) -> Common {
        use decide::random::Random;
        let sixteen = || {
            let mut unguessable = host.unguessable();
            let halves = [unguessable.next(), unguessable.next()].map(u64::to_ne_bytes);
            std::array::from_fn(|at| halves[at / 8][at % 8])
        };
        let (drawn, key) = (sixteen(), sixteen());
        Common { drawn, key, rates: OnceLock::new(), streams: AtomicUsize::new(0), by_address: Mutex::default(), cells }
    }

    /// The secrets whose cookies are good on a day: the first is the one that new ones are made with.
    pub(super) fn secrets(&self, day: u64) -> [Secret; 2] {
        [secret_of(&self.drawn, day), secret_of(&self.drawn, day.wrapping_sub(1))]
    }

    pub(super) fn rates(&self) -> &Rates {
        self.rates.get_or_init(|| Rates::new(self.key))
    }

    pub(super) fn streams(&self) -> usize {
        self.streams.load(Ordering::SeqCst)
    }

    /// Lets a connection in, if the limits have room for it.
    pub(super) fn enter(self: &Arc<Common>, from: IpAddr, limits: &DnsLimits) -> Option<Place> {
        let from = holder(from);
        let mut by_address = self.by_address.lock().expect("no panic while it is held");
        let own = by_address.get(&from).copied().unwrap_or(0);
        if own >= limits.connections_per_address || self.streams() >= limits.connections {
            return None;
        }
        by_address.insert(from, own + 1);
        self.streams.fetch_add(1, Ordering::SeqCst);
        Some(Place { common: self.clone(), from })
    }
}

/// Whom a connection counts for: an address; of IPv6 a /64, within which a machine takes whatever addresses it likes (RFC 8981).
fn holder(from: IpAddr) -> IpAddr {
    let from = from.to_canonical();
    Network::of(from, if from.is_ipv4() { 32 } else { 64 }).address()
}

/// A connection that counts.
pub(super) struct Place {
    common: Arc<Common>,
    from: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_address = self.common.by_address.lock().expect("no panic while it is held");
        match by_address.get_mut(&self.from) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(by_address.remove(&self.from)),
        }
        self.common.streams.fetch_sub(1, Ordering::SeqCst);
    }
}
