//! What the OPT record of a query says (RFC 6891 §6.1).

use super::{Mistake, u16_at};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const SUBNET: u16 = 8;
const COOKIE: u16 = 10;
const NSID: u16 = 3;
const KEEPALIVE: u16 = 11;

/// The OPT record of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdnsView<'a> {
    /// The largest datagram that the client takes; what is below 512 counts as that (§6.2.3).
    pub size: u16,
    /// The version; 0 is the only one there is.
    pub version: u8,
    /// Signatures are wanted (RFC 3225).
    pub dnssec_ok: bool,
    /// Whom the answer is for (RFC 7871).
    pub subnet: Option<SubnetView<'a>>,
    /// The client's cookie, and ours that it has learned (RFC 7873).
    pub cookie: Option<CookieView<'a>>,
    /// The server's name is wanted (RFC 5001).
    pub nsid: bool,
    /// The client asks how long a connection may idle (RFC 7828).
    pub keepalive: bool,
}

/// A client's subnet in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubnetView<'a> {
    /// The option as it came, which an answer repeats but for the scope (RFC 7871 §7.2.1).
    pub option: &'a [u8],
    /// Its first address. `None`: the client wants nothing about it told, nor used (a prefix of no bits).
    pub address: Option<IpAddr>,
    /// Bits that are told.
    pub source: u8,
}

/// Cookies in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieView<'a> {
    /// The client's.
    pub client: [u8; 8],
    /// Ours, 8 to 32 bytes, or nothing.
    pub server: &'a [u8],
}

impl<'a> EdnsView<'a> {
    /// Reads the fields of an OPT record, and its options. A mistake in an option leaves the others.
    pub(super) fn read(class: u16, ttl: [u8; 4], mut options: &'a [u8]) -> (EdnsView<'a>, Option<Mistake>) {
        let dnssec_ok = ttl[2] & 0x80 != 0;
        let mut edns =
            EdnsView { size: class.max(512), version: ttl[1], dnssec_ok, subnet: None, cookie: None, nsid: false, keepalive: false };
        if edns.version > 0 {
            // What a newer version means by its options is not known (RFC 6891 §6.1.3).
            return (edns, Some(Mistake::Version));
        }
        let mut mistake = None;
        while !options.is_empty() {
            let (Some(code), Some(len)) = (u16_at(options, 0), u16_at(options, 2)) else { return (edns, Some(Mistake::Edns)) };
            let Some((data, rest)) = options[4..].split_at_checked(usize::from(len)) else { return (edns, Some(Mistake::Edns)) };
            options = rest;
            match edns.option(code, data) {
                Ok(()) => {}
                Err(wrong) => mistake = mistake.or(Some(wrong)),
            }
        }
        (edns, mistake)
    }

    fn option(&mut self, code: u16, data: &'a [u8]) -> Result<(), Mistake> {
        match code {
            SUBNET if self.subnet.is_some() => return Err(Mistake::Subnet),
            SUBNET => self.subnet = Some(SubnetView::read(data).ok_or(Mistake::Subnet)?),
            // RFC 7873 §5.2: of several, the first counts.
            COOKIE if self.cookie.is_some() => {}
            COOKIE => self.cookie = Some(CookieView::read(data).ok_or(Mistake::Cookie)?),
            NSID => self.nsid = true,
            KEEPALIVE => self.keepalive = true,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> SubnetView<'a> {
    /// RFC 7871 §6 and §7.2.1: what is wrongly formed is rejected: an unknown family, a scope in a query, more or fewer bytes than the
    /// prefix needs, bits beyond it.
    fn read(option: &'a [u8]) -> Option<SubnetView<'a>> {
        let family = u16_at(option, 0)?;
        let (&source, &scope) = (option.get(2)?, option.get(3)?);
        let address = &option[4..];
        if scope != 0 || address.len() != usize::from(source).div_ceil(8) {
            return None;
        }
        if source % 8 != 0 && address.last().is_some_and(|last| last << (source % 8) != 0) {
            return None;
        }
        let first = match family {
            1 if source <= 32 => IpAddr::from(Ipv4Addr::from(filled::<4>(address))),
            2 if source <= 128 => IpAddr::from(Ipv6Addr::from(filled::<16>(address))),
            // The form in which some clients say that nothing is told of them.
            0 if source == 0 => IpAddr::from(Ipv4Addr::UNSPECIFIED),
            _ => return None,
        };
        Some(SubnetView { option, address: (source > 0).then_some(first), source })
    }
}

/// Zeros behind what there is.
fn filled<const N: usize>(address: &[u8]) -> [u8; N] {
    let mut all = [0; N];
    all[..address.len()].copy_from_slice(address);
    all
}

impl<'a> CookieView<'a> {
    /// RFC 7873 §4 and §5.2.2: eight bytes of the client's, then none or 8 to 32 of the server's.
    fn read(option: &'a [u8]) -> Option<CookieView<'a>> {
        let (client, server) = option.split_first_chunk::<8>()?;
        matches!(server.len(), 0 | 8..=32).then_some(CookieView { client: *client, server })
    }
}
