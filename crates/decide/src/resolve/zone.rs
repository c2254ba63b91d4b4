//! A zone and its servers, and which of them is asked next.

use super::cache::Cache;
use super::settings::RootServer;
use crate::random::Random;
use crate::time::{Duration, Instant};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::SocketAddr;
use wire::dns::Name;

/// Servers that are slower than the fastest by no more than this are as good: asking always the same one would teach nothing about the
/// others, and make it easy to guess whom an answer must be forged for.
const BAND: Duration = Duration::from_millis(400);

/// A zone, as far as it is known whom to ask about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Zone {
    pub(super) name: Name,
    pub(super) servers: Vec<NameServer>,
}

/// One of its servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NameServer {
    /// `None`: a resolver, of which only the address is known.
    pub(super) name: Option<Name>,
    /// Empty until they are known.
    pub(super) addresses: Vec<SocketAddr>,
}

impl Zone {
    /// The root.
    pub(super) fn root(servers: &[RootServer]) -> Zone {
        let mut root = Zone { name: Name::root(), servers: Vec::new() };
        for server in servers {
            let name = Name::parse(&server.name);
            match root.servers.iter_mut().find(|known| known.name == name) {
                Some(known) => known.addresses.push(server.address),
                None => root.servers.push(NameServer { name, addresses: alloc::vec![server.address] }),
            }
        }
        root
    }

    /// Resolvers, which know of everything.
    pub(super) fn resolvers(servers: &[SocketAddr]) -> Zone {
        let servers = servers.iter().map(|address| NameServer { name: None, addresses: alloc::vec![*address] });
        Zone { name: Name::root(), servers: servers.collect() }
    }

    pub(super) fn called(&self, address: SocketAddr) -> Option<&Name> {
        self.servers.iter().find(|server| server.addresses.contains(&address))?.name.as_ref()
    }

    fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.servers.iter().flat_map(|server| server.addresses.iter().copied())
    }
}

/// How often each server was asked one question; `None`: it is no use to ask it again.
pub(super) type Tries = BTreeMap<SocketAddr, Option<u8>>;

/// The server to ask next: of those asked least, in order for resolvers, and else one of the fastest, by chance. `None` if all were asked
/// `most` times, or are no use.
pub(super) fn choose(
    zone: &Zone,
    tries: &Tries,
    most: u8,
    in_order: bool,
    usable: impl Fn(SocketAddr) -> bool,
    (cache, now, random): (&Cache, Instant, &mut dyn Random),
) -> Option<SocketAddr> {
    let count = |address: SocketAddr| tries.get(&address).copied().unwrap_or(Some(0));
    let open: Vec<(SocketAddr, u8)> = zone
        .addresses()
        .filter_map(|address| count(address).map(|count| (address, count)))
        .filter(|(address, count)| *count < most && usable(*address))
        .collect();
    let least = open.iter().map(|(_, count)| *count).min()?;
    let least_asked: Vec<SocketAddr> = open.iter().filter(|(_, count)| *count == least).map(|(address, _)| *address).collect();
    if in_order {
        return least_asked.first().copied();
    }
    let pace = |address: SocketAddr| cache.server(address, now).pace.unwrap_or_default();
    let fastest = least_asked.iter().map(|address| pace(*address)).min()?;
    let good: Vec<SocketAddr> = least_asked.into_iter().filter(|address| pace(*address) <= fastest + BAND).collect();
    let place = random.below(good.len() as u64);
    good.get(usize::try_from(place).ok()?).copied()
}
