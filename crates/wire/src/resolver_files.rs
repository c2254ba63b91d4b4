//! The two files by which a machine is told what names mean: `/etc/resolv.conf` and `/etc/hosts`. Their format is as old as their readers
//! are lenient: what cannot be read is passed over, as resolv.conf(5) and hosts(5) have it, and nothing here fails.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

/// What `/etc/resolv.conf` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvConf {
    /// Whom to ask, in this order; never empty.
    pub servers: Vec<NameServer>,
    /// The domains that a name may be short for, in the order of trying.
    pub search: Vec<String>,
    /// A name with at least so many dots is tried as it is before `search`; at most 15.
    pub ndots: u8,
    /// How long one server may take for one answer; 1 s to 30 s.
    pub timeout: Duration,
    /// How often the row of servers is gone through; 1 to 5.
    pub attempts: u8,
}

/// The address of a name server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameServer {
    /// The address.
    pub address: IpAddr,
    /// The interface, by name or number, of an address that says nothing without it: the `eth0` of `fe80::1%eth0` (RFC 4007 §11).
    pub zone: Option<String>,
}

impl ResolvConf {
    /// Reads the file.
    pub fn parse(file: &[u8]) -> ResolvConf {
        let mut conf = ResolvConf { servers: Vec::new(), search: Vec::new(), ndots: 1, timeout: Duration::from_secs(5), attempts: 2 };
        for line in file.split(|byte| *byte == b'\n') {
            // A keyword begins its line.
            if !line.first().is_some_and(u8::is_ascii_alphabetic) {
                continue;
            }
            let mut words = words(line);
            match words.next() {
                Some("nameserver") => conf.servers.extend(words.next().and_then(NameServer::parse)),
                // The last of these lines holds.
                Some("domain") => conf.search = words.take(1).map(str::to_string).collect(),
                Some("search") => conf.search = words.map(str::to_string).collect(),
                Some("options") => words.for_each(|option| conf.set(option)),
                _ => {}
            }
        }
        if conf.servers.is_empty() {
            // resolv.conf(5): without one, it is this machine's.
            conf.servers.push(NameServer { address: Ipv4Addr::LOCALHOST.into(), zone: None });
        }
        conf
    }

    fn set(&mut self, option: &str) {
        let Some((name, Ok(value))) = option.split_once(':').map(|(name, value)| (name, value.parse::<u32>())) else { return };
        let within = |least: u8, most: u8| u8::try_from(value).unwrap_or(most).clamp(least, most);
        match name {
            "ndots" => self.ndots = within(0, 15),
            "timeout" => self.timeout = Duration::from_secs(within(1, 30).into()),
            "attempts" => self.attempts = within(1, 5),
            _ => {}
        }
    }
}

impl NameServer {
    fn parse(word: &str) -> Option<NameServer> {
        let (address, zone) = match word.split_once('%') {
            Some((address, zone)) => (address, Some(zone.to_string())),
            None => (word, None),
        };
        Some(NameServer { address: address.parse().ok()?, zone })
    }
}

/// The addresses that `/etc/hosts` gives a name, of both families, in the order of the file. `name` has no dot at its end.
pub fn addresses_in_hosts(file: &[u8], name: &str) -> Vec<IpAddr> {
    lines_in_hosts(file, name).into_iter().map(|(_, address)| address).collect()
}

/// The same, each address with the number of the line that gives it first, from 1 on.
pub fn lines_in_hosts(file: &[u8], name: &str) -> Vec<(usize, IpAddr)> {
    let mut found: Vec<(usize, IpAddr)> = Vec::new();
    for (number, line) in (1..).zip(file.split(|byte| *byte == b'\n')) {
        let mut words = words(line);
        // An address with a zone is passed over: the addresses of a name have no place for one.
        let Some(address) = words.next().and_then(|word| word.parse().ok()) else { continue };
        if words.any(|alias| alias.eq_ignore_ascii_case(name)) && found.iter().all(|(_, other)| *other != address) {
            found.push((number, address));
        }
    }
    found
}

/// The absolute names that `name` may stand for, in the order of trying, without the dot at their end. A name with a dot at its end
/// stands for itself alone; one with at least `ndots` dots is tried as it is first, any other last (resolv.conf(5)).
pub fn candidates(name: &str, search: &[String], ndots: u8) -> Vec<String> {
    if let Some(absolute) = name.strip_suffix('.') {
        return vec![absolute.to_string()];
    }
    let within = |domain: &String| match domain.trim_end_matches('.') {
        "" => name.to_string(),
        domain => format!("{name}.{domain}"),
    };
    let mut names: Vec<String> = search.iter().map(within).collect();
    let dots = name.bytes().filter(|byte| *byte == b'.').count();
    let place = if dots >= usize::from(ndots) { 0 } else { names.len() };
    names.insert(place, name.to_string());
    let mut seen = Vec::new();
    names.retain(|name| {
        let new = !seen.contains(name);
        seen.push(name.clone());
        new
    });
    names
}

/// The words of a line, up to a comment or to something that is not text.
fn words(line: &[u8]) -> impl Iterator<Item = &str> {
    let end = line.iter().position(|byte| matches!(byte, b'#' | b';')).unwrap_or(line.len());
    line[..end].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).map_while(|word| core::str::from_utf8(word).ok())
}

#[cfg(test)]
mod tests;
