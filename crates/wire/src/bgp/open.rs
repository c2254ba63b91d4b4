//! How a session begins (RFC 4271 §4.2), and what both sides can (RFC 5492).

use super::{AS_TRANS, Family, Fault, Flaw, frame};
use crate::cursor::Cursor;
use alloc::vec::Vec;
use core::net::Ipv4Addr;

/// Who one is and what one can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The autonomous system; the one of four bytes where that is told (RFC 6793).
    pub system: u32,
    /// Silence after which the session ends, in seconds; 0: never.
    pub hold_seconds: u16,
    /// The router's identifier.
    pub identifier: Ipv4Addr,
    /// What one can.
    pub capabilities: Vec<Capability>,
}

/// Something that one side can (RFC 5492).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Networks of this family (RFC 4760).
    Multiprotocol(Family),
    /// To send all networks once more (RFC 2918).
    RouteRefresh,
    /// Messages longer than 4096 bytes (RFC 8654).
    LongMessages,
    /// Systems of four bytes, and which one it is (RFC 6793).
    FourOctets(u32),
    /// Several paths of a network, for each family: [`SEVERAL_PATHS_RECEIVE`] and so on (RFC 7911).
    SeveralPaths(Vec<(Family, u8)>),
    /// Any other.
    Other {
        /// Its code.
        code: u8,
        /// What it says.
        value: Vec<u8>,
    },
}

/// One can receive several paths (RFC 7911 §4).
pub const SEVERAL_PATHS_RECEIVE: u8 = 1;
/// One can send them.
pub const SEVERAL_PATHS_SEND: u8 = 2;
/// One can both.
pub const SEVERAL_PATHS_BOTH: u8 = 3;

const CAPABILITIES: u8 = 2;
const EXTENDED: u8 = 255;

const MULTIPROTOCOL: u8 = 1;
const ROUTE_REFRESH: u8 = 2;
const LONG_MESSAGES: u8 = 6;
const FOUR_OCTETS: u8 = 65;
const SEVERAL_PATHS: u8 = 69;

/// How messages to one side are written, by what both said in their OPENs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// Systems have four bytes (RFC 6793).
    pub four_octets: bool,
    /// Messages may have up to 65,535 bytes (RFC 8654).
    pub long: bool,
    /// Before each network of IPv4 stands which path it is (RFC 7911).
    pub paths_v4: bool,
    /// The same for IPv6.
    pub paths_v6: bool,
    /// It is the router's own table, and not a session: a network of the router's own may come without AS_PATH, which only a session has to
    /// have (RFC 4271 §5.1.2 speaks of what is sent to a peer). GoBGP tells it so.
    pub own: bool,
}

impl Agreed {
    /// What the one that sent `ours` can expect of the one that sent `theirs`.
    pub fn of(ours: &Open, theirs: &Open) -> Agreed {
        let four = |open: &Open| open.capabilities.iter().any(|capability| matches!(capability, Capability::FourOctets(_)));
        let paths = |open: &Open, family: Family, direction: u8| {
            open.capabilities.iter().any(|capability| match capability {
                Capability::SeveralPaths(families) => families.iter().any(|(of, can)| *of == family && can & direction != 0),
                _ => false,
            })
        };
        let both = |family| paths(ours, family, SEVERAL_PATHS_RECEIVE) && paths(theirs, family, SEVERAL_PATHS_SEND);
        Agreed {
            four_octets: four(ours) && four(theirs),
            // RFC 8654 §4: who said that it takes long messages may get them.
            long: ours.capabilities.contains(&Capability::LongMessages),
            paths_v4: both(Family::IPV4),
            paths_v6: both(Family::IPV6),
            own: false,
        }
    }

    /// Whether networks of a family have the path before them.
    pub(super) fn paths(&self, v6: bool) -> bool {
        if v6 { self.paths_v6 } else { self.paths_v4 }
    }
}

impl Open {
    /// Whether networks of this family can be told. Who says nothing of families speaks of IPv4 (RFC 4760 §8).
    pub fn has(&self, family: Family) -> bool {
        let mut told = self.capabilities.iter().filter_map(|capability| match capability {
            Capability::Multiprotocol(family) => Some(*family),
            _ => None,
        });
        let silent = family == Family::IPV4 && told.clone().next().is_none();
        silent || told.any(|told| told == family)
    }

    pub(super) fn read(body: &[u8]) -> Result<Open, Fault> {
        let short = Flaw::OpenLength.resets();
        let mut cursor = Cursor(body);
        let version = cursor.u8().ok_or(short)?;
        if version != 4 {
            return Err(Flaw::Version(version).resets());
        }
        let system = cursor.u16().ok_or(short)?;
        let hold_seconds = cursor.u16().ok_or(short)?;
        let identifier = cursor.v4().ok_or(short)?;
        let capabilities = parameters(cursor).ok_or(short)??;
        let wide = capabilities.iter().find_map(|capability| match capability {
            Capability::FourOctets(system) => Some(*system),
            _ => None,
        });
        let system = wide.unwrap_or(u32::from(system));
        let flaw = match (system, hold_seconds, identifier) {
            (0, ..) => Some(Flaw::SystemZero),
            (_, 1 | 2, _) => Some(Flaw::HoldTime(hold_seconds)),
            (.., Ipv4Addr::UNSPECIFIED) => Some(Flaw::Identifier),
            _ => None,
        };
        flaw.map_or(Ok(Open { system, hold_seconds, identifier, capabilities }), |flaw| Err(flaw.resets()))
    }

    /// Writes it, as a whole message; `None`, and nothing is written, where it has more capabilities than a message has room for.
    #[must_use]
    pub fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        let mut list = Vec::new();
        for capability in &self.capabilities {
            capability.write(&mut list)?;
        }
        let most = frame::MESSAGE_BYTES - frame::HEADER_BYTES - 16;
        let length = u16::try_from(list.len()).ok().filter(|length| usize::from(*length) <= most)?;
        frame::write(frame::OPEN, out, |out| {
            out.push(4);
            out.extend(u16::try_from(self.system).unwrap_or(AS_TRANS).to_be_bytes());
            out.extend(self.hold_seconds.to_be_bytes());
            out.extend(self.identifier.octets());
            match u8::try_from(length + 2) {
                Ok(2) => out.push(0),
                // 255 as the length of all would mark the longer form.
                Ok(all) if all < EXTENDED => out.extend([all, CAPABILITIES, all - 2]),
                // RFC 9072 §2
                _ => {
                    out.extend([EXTENDED, EXTENDED]);
                    out.extend((length + 3).to_be_bytes());
                    out.push(CAPABILITIES);
                    out.extend(length.to_be_bytes());
                }
            }
            out.extend_from_slice(&list);
        });
        Some(())
    }
}

/// The optional parameters; `None` where they do not fit.
fn parameters(mut cursor: Cursor<'_>) -> Option<Result<Vec<Capability>, Fault>> {
    let length = cursor.u8()?;
    // RFC 9072 §2: lengths of two bytes, where the first kind is 255 as well.
    let extended = length == EXTENDED && cursor.0.first() == Some(&EXTENDED);
    let length = if extended { cursor.take(1).and_then(|_| cursor.u16())? } else { u16::from(length) };
    if cursor.0.len() != usize::from(length) {
        return None;
    }
    let mut capabilities = Vec::new();
    while !cursor.is_empty() {
        let kind = cursor.u8()?;
        let length = if extended { cursor.u16()? } else { u16::from(cursor.u8()?) };
        let mut value = Cursor(cursor.take(usize::from(length))?);
        if kind != CAPABILITIES {
            return Some(Err(Flaw::Parameter(kind).resets()));
        }
        while !value.is_empty() {
            let code = value.u8()?;
            let length = value.u8()?;
            capabilities.push(Capability::read(code, value.take(usize::from(length))?));
        }
    }
    Some(Ok(capabilities))
}

impl Capability {
    /// One with a value that it cannot have is kept as it is (RFC 5492 §3: what is not understood is passed over).
    fn read(code: u8, value: &[u8]) -> Capability {
        match (code, value) {
            (MULTIPROTOCOL, [high, low, _, subsequent]) => {
                Capability::Multiprotocol(Family { address: u16::from_be_bytes([*high, *low]), subsequent: *subsequent })
            }
            (ROUTE_REFRESH, []) => Capability::RouteRefresh,
            (LONG_MESSAGES, []) => Capability::LongMessages,
            (FOUR_OCTETS, [a, b, c, d]) => Capability::FourOctets(u32::from_be_bytes([*a, *b, *c, *d])),
            (SEVERAL_PATHS, value) if value.len().is_multiple_of(4) => {
                let family = |entry: &[u8]| Family { address: u16::from_be_bytes([entry[0], entry[1]]), subsequent: entry[2] };
                Capability::SeveralPaths(value.chunks_exact(4).map(|entry| (family(entry), entry[3])).collect())
            }
            (code, value) => Capability::Other { code, value: value.to_vec() },
        }
    }

    fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        let begin = out.len();
        out.extend([0, 0]);
        let family = |family: &Family| [(family.address >> 8) as u8, family.address as u8];
        out[begin] = match self {
            Capability::Multiprotocol(of) => {
                let [high, low] = family(of);
                out.extend([high, low, 0, of.subsequent]);
                MULTIPROTOCOL
            }
            Capability::RouteRefresh => ROUTE_REFRESH,
            Capability::LongMessages => LONG_MESSAGES,
            Capability::FourOctets(system) => {
                out.extend(system.to_be_bytes());
                FOUR_OCTETS
            }
            Capability::SeveralPaths(families) => {
                for (of, can) in families {
                    let [high, low] = family(of);
                    out.extend([high, low, of.subsequent, *can]);
                }
                SEVERAL_PATHS
            }
            Capability::Other { code, value } => {
                out.extend_from_slice(value);
                *code
            }
        };
        out[begin + 1] = u8::try_from(out.len() - begin - 2).ok()?;
        Some(())
    }
}
