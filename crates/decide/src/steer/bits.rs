//! Addresses as numbers, so that one sweep, one search and one table serve both families.

use super::prefixes::{PrefixTable, Table};
use core::fmt::Debug;
use core::net::IpAddr;

/// An address of one family.
pub(super) trait Bits: Copy + Ord + Debug + Sized {
    /// How many bits it has.
    const WIDTH: u8;
    /// The first address of all.
    const FIRST: Self;
    /// The last.
    const LAST: Self;
    /// Where no table knows a network as long as this, clients are parted by so many bits: see [`super::Steering`] on shedding.
    const UNIT: u8;
    /// Bits of the network that weighs one: /24 and /48.
    const WEIGHED: u8;

    /// The first address of the network of so many bits around this one.
    fn first(self, bits: u8) -> Self;
    /// The last.
    fn last(self, bits: u8) -> Self;
    /// How many leading bits two addresses share.
    fn shared(self, other: Self) -> u8;
    /// The address behind.
    fn next(self) -> Option<Self>;
    /// The address before.
    fn previous(self) -> Option<Self>;
    /// So many leading bits, less than all.
    fn leading(self, bits: u8) -> usize;
    /// Of zero or more, how many trailing bits are zero.
    fn trailing(self) -> u8;
    /// As a number to hash.
    fn folded(self) -> u64;
    /// How many addresses there are from this one to another behind it.
    fn count(self, last: Self) -> f64;
    /// As others write it.
    fn ip(self) -> IpAddr;
    /// This family's half of a table.
    fn of(table: &Table) -> &PrefixTable<Self>;
}

macro_rules! bits {
    ($kind:ty, $width:literal, $unit:literal, $weighed:literal, $half:ident, $folded:expr) => {
        impl Bits for $kind {
            const WIDTH: u8 = $width;
            const FIRST: Self = 0;
            const LAST: Self = <$kind>::MAX;
            const UNIT: u8 = $unit;
            const WEIGHED: u8 = $weighed;

            fn first(self, bits: u8) -> Self {
                self & <$kind>::MAX.checked_shl($width - u32::from(bits)).unwrap_or(0)
            }
            fn last(self, bits: u8) -> Self {
                self | <$kind>::MAX.checked_shr(u32::from(bits)).unwrap_or(0)
            }
            fn shared(self, other: Self) -> u8 {
                (self ^ other).leading_zeros() as u8
            }
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn previous(self) -> Option<Self> {
                self.checked_sub(1)
            }
            fn leading(self, bits: u8) -> usize {
                self.checked_shr($width - u32::from(bits)).unwrap_or(0) as usize
            }
            fn trailing(self) -> u8 {
                self.trailing_zeros() as u8
            }
            fn folded(self) -> u64 {
                $folded(self)
            }
            fn count(self, last: Self) -> f64 {
                (last - self) as f64 + 1.0
            }
            fn ip(self) -> IpAddr {
                IpAddr::from(self.to_be_bytes())
            }
            fn of(table: &Table) -> &PrefixTable<Self> {
                &table.$half
            }
        }
    };
}

bits!(u32, 32, 12, 24, v4, |address: u32| u64::from(address));
// The halves are told apart, and an IPv6 address is never the same number as an IPv4 one by design, only by chance.
bits!(u128, 128, 16, 48, v6, |address: u128| crate::balance::hash::mix(!(address >> 64) as u64) ^ address as u64);
