//! Networks of addresses: a first address and how many of its bits the others share (RFC 4632).

use core::fmt;
use core::net::IpAddr;

/// A network, as `10.0.0.0/8` or `2001:db8::/32`; an address alone is a network of one. In order, what is within a network follows it, and
/// IPv4 is before IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotANetwork {
    /// It is none.
    Malformed,
    /// It has bits set behind its prefix: which network is meant is not clear. This one has none.
    HostBits(Network),
}

impl Network {
    /// The network of so many bits that has this address in it. More bits than the address has are as many as it has.
    pub fn of(address: IpAddr, bits: u8) -> Network {
        let bits = bits.min(if address.is_ipv4() { 32 } else { 128 });
        Network { address: first(address, bits), bits }
    }

    /// Its first address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// How many bits its addresses share.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// Whether all of another network, of the same family, is in it.
    pub fn covers(&self, other: &Network) -> bool {
        self.bits <= other.bits && self.address == first(other.address, self.bits) && self.address.is_ipv4() == other.address.is_ipv4()
    }

    /// Reads one.
    pub fn parse(text: &str) -> Result<Network, NotANetwork> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| NotANetwork::Malformed)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let plain = |bits: &str| (!bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit())).then(|| bits.parse().ok()).flatten();
        let bits = bits.map_or(Some(most), plain).filter(|bits| *bits <= most).ok_or(NotANetwork::Malformed)?;
        let network = Network { address: first(address, bits), bits };
        if network.address == address { Ok(network) } else { Err(NotANetwork::HostBits(network)) }
    }

    /// Whether an address is in it. An IPv4 address is the same in either family (RFC 4291 §2.5.5.2).
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && first(address, self.bits) == self.address
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// The address with all bits behind the prefix cleared.
fn first(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4((address.to_bits() & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)).into()),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)).into()),
    }
}

#[cfg(test)]
mod tests;
