//! From a host name to a site.

use super::record::{Record, SiteConsidered};
use crate::config::{Config, HostPattern, Listener};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::net::Ipv6Addr;

/// The hosts of one listener: an exact name first, then the longest wildcard, then any. Where two sites claim the same pattern, the one
/// written first has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts {
    /// Sorted by name.
    exact: Vec<(Box<str>, u16)>,
    /// Literals are compared as addresses: `[::1]` and `[0:0::1]` are one host.
    ipv6: Vec<(Ipv6Addr, u16)>,
    /// Suffixes, longest first.
    wildcard: Vec<(Box<str>, u16)>,
    any: Option<u16>,
    /// Every pattern in the order written, with its site's index and name: for the record.
    written: Vec<(HostPattern, u16, String)>,
}

impl Hosts {
    pub(super) fn build(listener: &Listener, config: &Config) -> Self {
        let mut hosts = Hosts::default();
        for site in &listener.sites {
            let index = u16::try_from(*site).expect("under 65536 sites");
            for pattern in &config.sites[*site].hosts {
                hosts.written.push((pattern.clone(), index, config.sites[*site].name.clone()));
                match pattern {
                    HostPattern::Exact(name) => match literal_as_written(name) {
                        Some(ip) => hosts.ipv6.push((ip, index)),
                        None => hosts.exact.push((lower(name), index)),
                    },
                    HostPattern::Wildcard(suffix) => hosts.wildcard.push((lower(suffix), index)),
                    HostPattern::Any => hosts.any = hosts.any.or(Some(index)),
                }
            }
        }
        // Stable sorts: of two equal patterns the one written first stays first.
        hosts.exact.sort_by(|a, b| a.0.cmp(&b.0));
        hosts.exact.dedup_by(|later, first| later.0 == first.0);
        hosts.wildcard.sort_by_key(|(suffix, _)| core::cmp::Reverse(suffix.len()));
        hosts
    }

    /// The site for `host` (no port, any case, a final dot ignored: RFC 9110 §4.2.3 compares hosts without case).
    pub(super) fn find(&self, host: &[u8]) -> Option<u16> {
        let host = without_final_dot(host);
        if let Some(ip) = literal(host) {
            return self.ipv6.iter().find(|(known, _)| *known == ip).map(|(_, site)| *site).or(self.any);
        }
        match self.exact.binary_search_by(|(name, _)| order_without_case(name, host)) {
            Ok(at) => Some(self.exact[at].1),
            Err(_) => self.wildcard.iter().find(|(suffix, _)| is_below(host, suffix)).map(|(_, site)| *site).or(self.any),
        }
    }

    /// Writes down every pattern of the listener and whether it holds.
    pub(super) fn explain(&self, host: &[u8], record: &mut Record) {
        let host = without_final_dot(host);
        for (pattern, site, name) in &self.written {
            let (text, holds) = match pattern {
                HostPattern::Exact(exact) => (exact.clone(), is_same(host, exact)),
                HostPattern::Wildcard(suffix) => (alloc::format!("*{suffix}"), is_below(host, &lower(suffix))),
                HostPattern::Any => (String::from("any host"), true),
            };
            record.sites.push(SiteConsidered { site: *site, name: name.clone(), pattern: text, holds });
        }
    }
}

fn is_same(host: &[u8], pattern: &str) -> bool {
    match literal_as_written(pattern) {
        Some(ip) => literal(host) == Some(ip),
        None => order_without_case(&lower(pattern), host) == Ordering::Equal,
    }
}

/// At least one label stands before the suffix (which begins with a dot).
fn is_below(host: &[u8], suffix: &str) -> bool {
    match host.len().checked_sub(suffix.len()) {
        None | Some(0) => false,
        Some(at) => host[0] != b'.' && host[at..].eq_ignore_ascii_case(suffix.as_bytes()),
    }
}

fn order_without_case(lower: &str, host: &[u8]) -> Ordering {
    lower.bytes().cmp(host.iter().map(u8::to_ascii_lowercase))
}

/// An IPv6 literal as it stands in an authority: in brackets (RFC 3986 §3.2.2).
fn literal(host: &[u8]) -> Option<Ipv6Addr> {
    let inner = host.strip_prefix(b"[")?.strip_suffix(b"]")?;
    core::str::from_utf8(inner).ok()?.parse().ok()
}

/// As an owner may write it: with or without the brackets.
fn literal_as_written(name: &str) -> Option<Ipv6Addr> {
    literal(name.as_bytes()).or_else(|| name.parse().ok())
}

fn without_final_dot(host: &[u8]) -> &[u8] {
    host.strip_suffix(b".").unwrap_or(host)
}

fn lower(name: &str) -> Box<str> {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase().into_boxed_str()
}
