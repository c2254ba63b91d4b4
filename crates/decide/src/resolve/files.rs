//! What the files of a machine say of a name.

use super::context::Context;
use super::settings::{Mode, Resolved};
use crate::step::DnsStep;
use crate::time::Duration;
use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use wire::dns::Name;
use wire::resolver_files::{self, ResolvConf, lines_in_hosts};

/// How long an answer holds that came from a file: an edit is to be seen soon.
const FILE_TTL: Duration = Duration::from_secs(5);
const PORT: u16 = 53;

/// The answer for which nobody has to be asked: a name that is an address, or is in the hosts file.
pub(super) fn without_asking(hosts: &[u8], name: &str, cx: &mut Context<'_>) -> Option<Resolved> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let found = |addresses: Vec<IpAddr>| Resolved { name: name.to_string(), addresses, ttl: FILE_TTL, services: Vec::new() };
    if let Ok(address) = name.parse() {
        return Some(found(alloc::vec![address]));
    }
    let mut lines = lines_in_hosts(hosts, name);
    // RFC 6761 §6.3: these names are never asked for.
    let last = name.rsplit('.').next().unwrap_or(name);
    if lines.is_empty() && last.eq_ignore_ascii_case("localhost") {
        lines = alloc::vec![(0, Ipv4Addr::LOCALHOST.into()), (0, Ipv6Addr::LOCALHOST.into())];
    }
    for (line, address) in &lines {
        let (name, address) = (cx.text(&name), cx.text(address));
        cx.tell(DnsStep::HostsFileNamed { name, line: *line as u64, address });
    }
    lines.sort_by_key(|(_, address)| address.is_ipv6());
    (!lines.is_empty()).then(|| found(lines.into_iter().map(|(_, address)| address).collect()))
}

/// The names that a name may stand for. The search list is a matter of the machine's own resolver; a walk begins with a whole name.
pub(super) fn candidates(name: &str, conf: &ResolvConf, mode: &Mode) -> VecDeque<Name> {
    match mode {
        Mode::Iterative { .. } => Name::parse(name).filter(|name| !name.is_root()).into_iter().collect(),
        Mode::Recursive { .. } => resolver_files::candidates(name, &conf.search, conf.ndots)
            .iter()
            .filter_map(|name| Name::parse(name))
            .filter(|name| !name.is_root())
            .collect(),
    }
}

/// The resolvers that can be asked. One behind an interface that has only a name cannot: its number is not ours to know.
pub(super) fn servers(conf: &ResolvConf) -> Vec<SocketAddr> {
    let address = |server: &resolver_files::NameServer| match (server.address, &server.zone) {
        (IpAddr::V6(v6), Some(zone)) => Some(SocketAddrV6::new(v6, PORT, 0, zone.parse().ok()?).into()),
        (address, _) => Some(SocketAddr::new(address, PORT)),
    };
    conf.servers.iter().filter_map(address).collect()
}
