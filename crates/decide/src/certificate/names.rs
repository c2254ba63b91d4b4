//! For which names of a site a certificate is ordered.

use crate::config::HostPattern;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

/// One certificate that is wanted: a site's, for all of its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The site's name.
    pub site: String,
    /// The names, in lower case, sorted, each once; at least one.
    pub names: Vec<String>,
}

/// Why a host of a site gets no certificate. Its text says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// `*.example.com`; holds the suffix with its dot.
    Wildcard(String),
    /// Any host: there is no name to order for.
    Any,
    /// An IP address.
    Address(String),
    /// Nothing that DNS could hold.
    NotAName(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // RFC 8555 §7.1.3 and RFC 8737 §3: no authority validates a wildcard by the challenges of one host.
            Refused::Wildcard(suffix) => write!(
                f,
                "*{suffix}: a certificate for a wildcard needs the challenge dns-01, which does not work yet; name the hosts one by \
                 one, or give the site a certificate of your own"
            ),
            Refused::Any => f.write_str("a site for any host has no name to order a certificate for; name its hosts"),
            Refused::Address(address) => {
                write!(f, "{address}: certificates are ordered for names, not for addresses; give the site a certificate of your own")
            }
            Refused::NotAName(text) => write!(f, "{text}: not a host name that a certificate could be ordered for"),
        }
    }
}

/// The certificate for the site of this name and with these hosts, `None` if no host can have one, and what is left out, with the reasons.
pub fn wanted(site: &str, hosts: &[HostPattern]) -> (Option<Wanted>, Vec<Refused>) {
    let (mut names, mut refused) = (Vec::new(), Vec::new());
    for host in hosts {
        match orderable(host) {
            Ok(name) => names.push(name),
            Err(reason) => refused.push(reason),
        }
    }
    names.sort();
    names.dedup();
    let wanted = (!names.is_empty()).then(|| Wanted { site: site.to_owned(), names });
    (wanted, refused)
}

/// The name that a certificate can be ordered for.
fn orderable(host: &HostPattern) -> Result<String, Refused> {
    let text = match host {
        HostPattern::Exact(text) => text,
        HostPattern::Wildcard(suffix) => return Err(Refused::Wildcard(suffix.clone())),
        HostPattern::Any => return Err(Refused::Any),
    };
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if bare.parse::<Ipv4Addr>().is_ok() || bare.parse::<Ipv6Addr>().is_ok() {
        return Err(Refused::Address(text.clone()));
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    if is_host_name(&name) { Ok(name) } else { Err(Refused::NotAName(text.to_owned())) }
}

/// RFC 1123 §2.1: letters, digits and inner hyphens; RFC 1035 §2.3.4: labels of at most 63 bytes, 253 in all.
fn is_host_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests;
