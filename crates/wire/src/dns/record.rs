//! Resource records: those that lead to an address, read; the others as they came.

pub(super) mod bytes;

use super::Name;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;
use core::time::Duration;
use domain::base::iana::Rtype;

/// The type of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordType(pub u16);

impl RecordType {
    /// An IPv4 address.
    pub const A: RecordType = RecordType(1);
    /// A name server of a zone.
    pub const NS: RecordType = RecordType(2);
    /// The name is an alias.
    pub const CNAME: RecordType = RecordType(5);
    /// The start of a zone.
    pub const SOA: RecordType = RecordType(6);
    /// A mail server.
    pub const MX: RecordType = RecordType(15);
    /// Texts.
    pub const TXT: RecordType = RecordType(16);
    /// An IPv6 address.
    pub const AAAA: RecordType = RecordType(28);
    /// All names below are aliases.
    pub const DNAME: RecordType = RecordType(39);
    /// Another name, that an address has.
    pub const PTR: RecordType = RecordType(12);
    /// What kind of machine it is.
    pub const HINFO: RecordType = RecordType(13);
    /// A service, with its port.
    pub const SRV: RecordType = RecordType(33);
    /// What EDNS says (RFC 6891); in no zone.
    pub const OPT: RecordType = RecordType(41);
    /// The key of a zone below, told by the zone above (RFC 4034 §5).
    pub const DS: RecordType = RecordType(43);
    /// A signature (RFC 4034 §3).
    pub const RRSIG: RecordType = RecordType(46);
    /// The next name, and the types of this one (RFC 4034 §4).
    pub const NSEC: RecordType = RecordType(47);
    /// A key of the zone (RFC 4034 §2).
    pub const DNSKEY: RecordType = RecordType(48);
    /// The same as [`RecordType::NSEC`], of hashed names (RFC 5155 §3).
    pub const NSEC3: RecordType = RecordType(50);
    /// How names are hashed (RFC 5155 §4).
    pub const NSEC3PARAM: RecordType = RecordType(51);
    /// A service.
    pub const SVCB: RecordType = RecordType(64);
    /// A service that is a web server.
    pub const HTTPS: RecordType = RecordType(65);

    /// The whole zone, or what has changed in it; only asked for.
    pub const AXFR: RecordType = RecordType(252);
    /// Any type; only asked for (RFC 8482).
    pub const ANY: RecordType = RecordType(255);

    /// Reads a type: `A`, `AAAA`, `TYPE65`.
    pub fn parse(text: &str) -> Option<RecordType> {
        Rtype::from_str(text).ok().map(|rtype| RecordType(rtype.to_int()))
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Rtype::from_int(self.0), f)
    }
}

impl fmt::Debug for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A record of class IN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose.
    pub owner: Name,
    /// How long it may be used. With the highest bit set it is zero (RFC 2181 §8).
    pub ttl: Duration,
    /// What it says.
    pub data: Data,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// A name server of the zone.
    Ns(Name),
    /// The name that the owner is an alias for.
    Cname(Name),
    /// The name below which the names below the owner are found.
    Dname(Name),
    /// The start of a zone.
    Soa(Soa),
    /// A mail server.
    Mx {
        /// The lower, the better.
        preference: u16,
        /// Its name.
        exchange: Name,
    },
    /// Texts.
    Txt(Vec<Vec<u8>>),
    /// A service.
    Svcb(Binding),
    /// A service that is a web server.
    Https(Binding),
    /// Anything else, as it came.
    Other(RecordType, Vec<u8>),
}

/// The start of a zone, with all its times in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soa {
    /// The first of its servers.
    pub primary: Name,
    /// The mailbox of who is responsible.
    pub mailbox: Name,
    /// The zone's version.
    pub serial: u32,
    /// How often secondaries look.
    pub refresh: u32,
    /// How soon they look again after a failure.
    pub retry: u32,
    /// How long they serve without news.
    pub expire: u32,
    /// How long an absence may be believed (RFC 2308 §4).
    pub minimum: u32,
}

/// Where a service is (RFC 9460).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// 0: an alias (§2.4.2); else the lower, the better.
    pub priority: u16,
    /// The name that serves; the root stands for the owner (§2.5).
    pub target: Name,
    /// Parameters by number, ascending.
    pub params: Vec<(u16, Vec<u8>)>,
}

impl Data {
    /// Its type.
    pub fn kind(&self) -> RecordType {
        match self {
            Data::A(_) => RecordType::A,
            Data::Aaaa(_) => RecordType::AAAA,
            Data::Ns(_) => RecordType::NS,
            Data::Cname(_) => RecordType::CNAME,
            Data::Dname(_) => RecordType::DNAME,
            Data::Soa(_) => RecordType::SOA,
            Data::Mx { .. } => RecordType::MX,
            Data::Txt(_) => RecordType::TXT,
            Data::Svcb(_) => RecordType::SVCB,
            Data::Https(_) => RecordType::HTTPS,
            Data::Other(kind, _) => *kind,
        }
    }

    /// The address, if it is one.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Data::A(address) => Some((*address).into()),
            Data::Aaaa(address) => Some((*address).into()),
            _ => None,
        }
    }
}

/// The numbers of parameters (RFC 9460 §14.3.2).
pub(super) mod key {
    pub(crate) const MANDATORY: u16 = 0;
    pub(crate) const ALPN: u16 = 1;
    pub(crate) const NO_DEFAULT_ALPN: u16 = 2;
    pub(crate) const PORT: u16 = 3;
    pub(crate) const IPV4HINT: u16 = 4;
    pub(crate) const ECH: u16 = 5;
    pub(crate) const IPV6HINT: u16 = 6;
    pub(crate) const OHTTP: u16 = 8;
}

impl Binding {
    fn param(&self, key: u16) -> Option<&[u8]> {
        self.params.iter().find(|(number, _)| *number == key).map(|(_, value)| value.as_slice())
    }

    /// The protocols it speaks, in its order of preference; those whose names are not text are left out.
    pub fn alpn(&self) -> Vec<String> {
        let mut rest = self.param(key::ALPN).unwrap_or_default();
        let mut names = Vec::new();
        while let Some((len, more)) = rest.split_first() {
            let Some((name, more)) = more.split_at_checked(usize::from(*len)) else { break };
            names.extend(core::str::from_utf8(name).ok().map(String::from));
            rest = more;
        }
        names
    }

    /// It does not speak HTTP/1.1 (§7.1.1).
    pub fn no_default_alpn(&self) -> bool {
        self.param(key::NO_DEFAULT_ALPN).is_some()
    }

    /// Its port, if it is not the usual one.
    pub fn port(&self) -> Option<u16> {
        self.param(key::PORT).and_then(|value| value.try_into().ok()).map(u16::from_be_bytes)
    }

    /// It takes encrypted ClientHellos.
    pub fn has_ech(&self) -> bool {
        self.param(key::ECH).is_some()
    }

    /// Addresses that may be used until those of the target are known (§7.3).
    pub fn hints(&self) -> Vec<IpAddr> {
        let v4 = self.param(key::IPV4HINT).unwrap_or_default().chunks_exact(4).map(|four| <[u8; 4]>::try_from(four).map(IpAddr::from));
        let v6 = self.param(key::IPV6HINT).unwrap_or_default().chunks_exact(16).map(|all| <[u8; 16]>::try_from(all).map(IpAddr::from));
        v4.chain(v6).flatten().collect()
    }

    /// Whether it demands nothing that we do not know (§8): else it is as if it were not there.
    pub fn is_understood(&self) -> bool {
        let mandatory = self.param(key::MANDATORY).unwrap_or_default();
        mandatory.chunks(2).all(|two| <[u8; 2]>::try_from(two).is_ok_and(|two| u16::from_be_bytes(two) <= key::IPV6HINT))
    }
}
