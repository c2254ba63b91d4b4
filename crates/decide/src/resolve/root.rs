//! The servers of the root, as a file tells them.

use super::settings::RootServer;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use wire::dns::{Name, Record, RecordType};

/// The public root, as IANA publishes it (2026-01).
pub const PUBLIC_ROOT: &str = include_str!("root/hints.zone");

/// Why a file does not tell the servers of a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRootHints {
    /// Its line, from 1 on; 0: the file as a whole.
    pub line: usize,
    /// Why.
    pub why: &'static str,
}

impl fmt::Display for NotRootHints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(self.why),
            line => write!(f, "line {line}: {}", self.why),
        }
    }
}

/// Reads such a file: lines of a zone file, each with absolute names; `NS` records of the root, and addresses of those names. An address
/// may have a port behind a `#`, for servers that are not the world's: `a.root. A 127.0.0.1#5301`.
pub fn root_servers(file: &str) -> Result<Vec<RootServer>, NotRootHints> {
    let mut names: Vec<Name> = Vec::new();
    let mut addresses: Vec<(Name, SocketAddr)> = Vec::new();
    for (line, text) in (1..).zip(file.lines()) {
        let text = text.split(';').next().unwrap_or_default().trim();
        if text.is_empty() {
            continue;
        }
        let (text, port) = match text.rsplit_once('#') {
            Some((text, port)) => (text, port.parse().map_err(|_| NotRootHints { line, why: "behind the # there is no port" })?),
            None => (text, 53),
        };
        let record = Record::parse(text, Duration::ZERO).ok_or(NotRootHints { line, why: "this is not a record: owner, type, data" })?;
        match (record.data.address(), record.data.kind(), &record.data) {
            (Some(address), ..) => addresses.push((record.owner, SocketAddr::new(address, port))),
            (None, RecordType::NS, wire::dns::Data::Ns(server)) if record.owner.is_root() => names.push(server.clone()),
            (None, RecordType::NS, _) => return Err(NotRootHints { line, why: "its owner is not the root, which is written as a dot" }),
            _ => return Err(NotRootHints { line, why: "only records of type NS, A and AAAA are of use here" }),
        }
    }
    let servers: Vec<RootServer> = addresses
        .into_iter()
        .filter(|(name, _)| names.contains(name))
        .map(|(name, address)| RootServer { name: name.to_string(), address })
        .collect();
    if servers.is_empty() {
        return Err(NotRootHints {
            line: 0,
            why: "it names no server of the root that has an address: lines `. NS name` and `name A address`",
        });
    }
    Ok(servers)
}

/// Writes such a file.
pub fn write_root_servers(servers: &[RootServer]) -> String {
    let mut file = String::new();
    for server in servers {
        let kind = if server.address.is_ipv4() { "A" } else { "AAAA" };
        let port = if server.address.port() == 53 { String::new() } else { alloc::format!("#{}", server.address.port()) };
        let address: IpAddr = server.address.ip();
        file += &alloc::format!(". NS {name}.\n{name}. {kind} {address}{port}\n", name = server.name);
    }
    file
}

#[cfg(test)]
mod tests;
