//! What a lookup is told, and what it gives back.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

/// How a name is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who does the walk.
    pub mode: Mode,
    /// A subnet to tell the servers, as if a client in it had asked (RFC 7871).
    pub subnet: Option<Subnet>,
    /// Whether the HTTPS record of the name is asked for too (RFC 9460).
    pub service: bool,
    /// Whether servers on the way are told no more of the name than they need (RFC 9156). Iterative only.
    pub minimise: bool,
    /// How much may be spent.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { mode: Mode::Recursive { servers: Vec::new() }, subnet: None, service: true, minimise: true, limits: Limits::default() }
    }
}

/// Who does the walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A resolver.
    Recursive {
        /// Whom to ask, in this order; empty: those of `/etc/resolv.conf`.
        servers: Vec<SocketAddr>,
    },
    /// We do, from the root on.
    Iterative {
        /// The servers of the root; empty: those of the public one.
        roots: Vec<RootServer>,
        /// Where all the other servers listen: 53.
        port: u16,
    },
}

/// A server of the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootServer {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
}

/// A subnet, as told to name servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// An address in it.
    pub address: IpAddr,
    /// How many of its bits are told.
    pub prefix: u8,
}

/// How much one lookup may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All in all.
    pub time: Duration,
    /// How long one server may take whose pace is not known.
    pub patience: Duration,
    /// Queries, all in all: what a hostile zone can make us send.
    pub queries: u32,
    /// How many aliases are followed.
    pub aliases: u32,
    /// How deep a lookup of a server's address may stand in another.
    pub depth: u32,
    /// Of how many servers of a zone the address is looked up (NXNSAttack).
    pub unknown_servers: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { time: Duration::from_secs(20), patience: Duration::from_secs(1), queries: 100, aliases: 16, depth: 5, unknown_servers: 5 }
    }
}

/// What a name means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The absolute name that had the answer, without the dot at its end: what was asked for, or that with a search domain behind it.
    pub name: String,
    /// The addresses of the name, or of what it is an alias for; IPv4 first, each family in the order of its answer. May be empty where
    /// `services` have addresses.
    pub addresses: Vec<IpAddr>,
    /// How long all of this may be used.
    pub ttl: Duration,
    /// The services of HTTPS records, best first (RFC 9460).
    pub services: Vec<Service>,
}

impl Resolved {
    /// Where to connect to for a URL with this port, best first: where a service says that speaks what we speak over TCP, then at the
    /// addresses of the name (RFC 9460 §3). `http2`: we speak HTTP/2 besides HTTP/1.1.
    pub fn endpoints(&self, port: u16, http2: bool) -> Vec<SocketAddr> {
        let mut found = Vec::new();
        let speaks = |service: &&Service| !service.no_default_alpn || http2 && service.alpn.iter().any(|name| name == "h2");
        let mut add = |addresses: &[IpAddr], port: u16| {
            for address in addresses {
                let endpoint = SocketAddr::new(*address, port);
                if !found.contains(&endpoint) {
                    found.push(endpoint);
                }
            }
        };
        for service in self.services.iter().filter(speaks) {
            let elsewhere = service.target != self.name;
            let addresses = if elsewhere { &service.addresses } else { &self.addresses };
            add(if addresses.is_empty() { &service.hints } else { addresses }, service.port.unwrap_or(port));
        }
        add(&self.addresses, port);
        found
    }
}

/// A service of an HTTPS record in its service mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// The lower, the better.
    pub priority: u16,
    /// Whose addresses are to be used, without the dot at its end.
    pub target: String,
    /// Where to connect to, if not to the port of the URL.
    pub port: Option<u16>,
    /// The protocols it speaks besides HTTP/1.1: `h2`, `h3`.
    pub alpn: Vec<String>,
    /// It does not speak HTTP/1.1.
    pub no_default_alpn: bool,
    /// It takes encrypted ClientHellos.
    pub ech: bool,
    /// Addresses that may be used until those of the target are known.
    pub hints: Vec<IpAddr>,
    /// The addresses of the target, where it is another than the name itself.
    pub addresses: Vec<IpAddr>,
}

/// Why there is no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It cannot be a name of DNS: an empty or too long label, or too long in all.
    NotAName,
    /// There is no such name.
    NoSuchName,
    /// The name is there, and has no address.
    NoAddress,
    /// No server gave an answer that can be used; why the last one did not.
    Unanswered(String),
    /// More than [`Limits`] allow.
    TooMuch(&'static str),
    /// This machine could not ask.
    Machine(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::NotAName => {
                f.write_str("it cannot be a name of DNS: look at its labels, each has 1 to 63 letters, and all have at most 253")
            }
            Trouble::NoSuchName => f.write_str("there is no such name: is it spelled right?"),
            Trouble::NoAddress => f.write_str("the name is there, but it has no address"),
            Trouble::Unanswered(why) => write!(f, "no name server gave an answer: {why}"),
            Trouble::TooMuch(what) => write!(f, "the lookup was given up: {what}"),
            Trouble::Machine(why) => write!(f, "this machine could not ask: {why}"),
        }
    }
}

#[cfg(test)]
mod tests;
