//! Where something listens or is reached.

use alloc::string::{String, ToString};
use core::fmt;
use core::net::SocketAddr;

/// An address as an owner writes it: `127.0.0.1:80`, `[::1]:80`, `app.internal:3000`, `unix:/run/app.sock`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// An IP address and port.
    Ip(SocketAddr),
    /// A path in the file system.
    Unix(String),
    /// A name to be resolved, and a port: backends only.
    Name(String, u16),
}

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnAddress;

impl Address {
    /// Reads an address. A bare `:80` and a bare `80` are refused: which interface is a decision for the owner.
    pub fn parse(text: &str) -> Result<Address, NotAnAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.starts_with('/') && !path.contains('\0') { Ok(Address::Unix(path.to_string())) } else { Err(NotAnAddress) };
        }
        if let Ok(ip) = text.parse::<SocketAddr>() {
            return Ok(Address::Ip(ip));
        }
        let (name, port) = text.rsplit_once(':').ok_or(NotAnAddress)?;
        let port = port.parse::<u16>().map_err(|_| NotAnAddress)?;
        let label = |label: &str| {
            !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        let all_digits = name.split('.').all(|l| l.bytes().all(|b| b.is_ascii_digit()));
        if name.len() > 253 || all_digits || !name.trim_end_matches('.').split('.').all(label) {
            return Err(NotAnAddress);
        }
        Ok(Address::Name(name.to_ascii_lowercase(), port))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Ip(ip) => ip.fmt(f),
            Address::Unix(path) => write!(f, "unix:{path}"),
            Address::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}
