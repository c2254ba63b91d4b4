//! What a forward proxy may reach, and for whom: networks, and which addresses are nobody's business outside this place.

use crate::config::HostPattern;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::network::Network;

/// Why an address is not one that the whole Internet reaches (the special-purpose registries of RFC 6890, and multicast); `None` if it is.
pub fn why_private(address: IpAddr) -> Option<&'static str> {
    match address.to_canonical() {
        IpAddr::V4(address) => why_private_v4(address),
        IpAddr::V6(address) => why_private_v6(address),
    }
}

fn why_private_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, ..] => Some("it means this machine"),
        [127, ..] => Some("it is a loopback address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("it is a private address"),
        [169, 254, ..] => Some("it is a link-local address"),
        // RFC 6598
        [100, 64..=127, ..] => Some("it is an address behind a carrier's NAT"),
        [192, 0, 0, _] | [192, 0, 2, _] | [198, 18..=19, ..] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] => {
            Some("it is reserved for a special purpose")
        }
        [224..=239, ..] => Some("it is a multicast address"),
        [240..=255, ..] => Some("it is reserved"),
        _ => None,
    }
}

fn why_private_v6(address: Ipv6Addr) -> Option<&'static str> {
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        why_private_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("it means this machine"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("it is a loopback address"),
        // RFC 6052: an IPv4 address behind a translator is what counts.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        // RFC 3056
        [0x2002, high, low, ..] => inner(high, low),
        // RFC 2928, Teredo among it; RFC 3849, RFC 9637; RFC 5180
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("it is reserved for a special purpose"),
        [0xfc00..=0xfdff, ..] => Some("it is a unique local address"),
        [0xfe80..=0xfebf, ..] => Some("it is a link-local address"),
        [0xff00..=0xffff, ..] => Some("it is a multicast address"),
        // RFC 4291 §2.4, RFC 3587: what is given out for the Internet.
        [0x2000..=0x3fff, ..] => None,
        _ => Some("it is reserved"),
    }
}

/// Whether an address may be connected to: the whole Internet reaches it, or the owner allows it.
pub fn may_connect(address: IpAddr, private: &[Network]) -> Result<(), &'static str> {
    match why_private(address) {
        Some(why) if !private.iter().any(|network| network.contains(address)) => Err(why),
        _ => Ok(()),
    }
}

/// Whether a host (no port; an IPv6 literal in brackets) is one of these. Case and a final dot do not count.
pub fn is_listed(host: &str, patterns: &[HostPattern]) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    patterns.iter().any(|pattern| match pattern {
        HostPattern::Exact(exact) => *exact == host,
        HostPattern::Wildcard(suffix) => host.len() > suffix.len() && host.ends_with(suffix.as_str()),
        HostPattern::Any => true,
    })
}

/// Ports below this are for well-known services, most of which take an HTTP request for commands of their own (mail, above all).
pub const FIRST_OPEN_PORT: u16 = 1024;

/// Whether a plain request may go to a port.
pub const fn is_web_port(port: u16) -> bool {
    port == 80 || port >= FIRST_OPEN_PORT
}

#[cfg(test)]
mod tests;
