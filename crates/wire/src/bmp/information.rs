//! What a router says of itself, and what it counts (RFC 7854 §4.4, §4.8).

use crate::bgp::Family;
use crate::cursor::Cursor;

/// Values with their kinds, found to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Information<'a>(Cursor<'a>);

impl<'a> Information<'a> {
    /// Free text (§4.4), in a termination too (§4.5).
    pub const TEXT: u16 = 0;
    /// What system it is, in an initiation.
    pub const DESCRIPTION: u16 = 1;
    /// Its name, in an initiation.
    pub const NAME: u16 = 2;
    /// Why it closes, a number in a termination (§4.5).
    pub const REASON: u16 = 1;
    /// A table's name (RFC 9069 §4.4).
    pub const TABLE: u16 = 3;

    pub(super) fn read(bytes: &'a [u8]) -> Option<Information<'a>> {
        let mut rest = Cursor(bytes);
        while !rest.is_empty() {
            rest.u16()?;
            rest.counted()?;
        }
        Some(Information(Cursor(bytes)))
    }

    /// The first value of a kind, as text; `None` where there is none, or it is no text.
    pub fn text(&self, kind: u16) -> Option<&'a str> {
        { *self }.find(|(of, _)| *of == kind).and_then(|(_, value)| core::str::from_utf8(value).ok())
    }

    /// Why a router closes, in words (§4.5).
    pub fn reason(&self) -> Option<&'static str> {
        let value = { *self }.find(|(kind, _)| *kind == Self::REASON).map(|(_, value)| value)?;
        Some(match value {
            [0, 0] => "administratively closed",
            [0, 1] => "unspecified",
            [0, 2] => "out of resources",
            [0, 3] => "redundant connection",
            [0, 4] => "permanently closed",
            _ => "an unknown reason",
        })
    }
}

impl<'a> Iterator for Information<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.u16()?, self.0.counted()?))
    }
}

/// Counts, found to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics<'a>(Information<'a>);

/// A count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistic {
    /// What is counted (§4.8).
    pub kind: u16,
    /// Of which family, where it is of one.
    pub family: Option<Family>,
    /// How many.
    pub value: u64,
}

impl Statistic {
    /// Networks in the table before policy.
    pub const BEFORE_POLICY: u16 = 7;
    /// Networks in the router's own table.
    pub const OWN_TABLE: u16 = 8;
}

impl<'a> Statistics<'a> {
    pub(super) fn read(bytes: &'a [u8], count: u32) -> Option<Statistics<'a>> {
        let all = Information::read(bytes)?;
        (u32::try_from(all.count()) == Ok(count)).then_some(Statistics(all))
    }
}

/// Those whose form is known; others are passed over (§4.8).
impl Iterator for Statistics<'_> {
    type Item = Statistic;

    fn next(&mut self) -> Option<Statistic> {
        loop {
            let (kind, value) = self.0.next()?;
            let mut cursor = Cursor(value);
            let family = if value.len() == 11 { Some(Family { address: cursor.u16()?, subsequent: cursor.u8()? }) } else { None };
            match value.len() {
                4 => return Some(Statistic { kind, family, value: u64::from(cursor.u32()?) }),
                8 | 11 => return Some(Statistic { kind, family, value: cursor.u64()? }),
                _ => {}
            }
        }
    }
}
