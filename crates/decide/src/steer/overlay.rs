//! What clients have measured, as decisions read it.

use super::prefixes::Table;
use crate::time::Duration;
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::network::Network;

/// Round-trip times by network. It does not change; who collects reports makes another one from time to time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredTable {
    table: Table,
    /// Place (index into [`crate::config::Config::pops`]) and microseconds.
    times: Vec<(u16, u32)>,
    /// Where those of each network begin, and, as the last, where the last one's end.
    begins: Vec<u32>,
}

impl Default for MeasuredTable {
    fn default() -> Self {
        MeasuredTable { table: Table::default(), times: Vec::new(), begins: vec![0] }
    }
}

impl MeasuredTable {
    /// Of networks and the times to places (indices into [`crate::config::Config::pops`]). Of a network that is there twice, or a place
    /// within one, the first holds.
    pub fn new(mut networks: Vec<(Network, Vec<(u16, Duration)>)>) -> MeasuredTable {
        networks.sort_by_key(|(network, _)| *network);
        networks.dedup_by_key(|(network, _)| *network);
        let mut measured = MeasuredTable::default();
        for (network, mut times) in networks {
            times.sort_by_key(|(pop, _)| *pop);
            times.dedup_by_key(|(pop, _)| *pop);
            measured.table.push(network, measured.begins.len() as u32 - 1);
            measured.times.extend(times.iter().map(|(pop, time)| (*pop, u32::try_from(time.as_micros()).unwrap_or(u32::MAX))));
            measured.begins.push(measured.times.len() as u32);
        }
        measured
    }

    /// How many networks.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether nothing is measured.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The longest network around an address, and the times from there.
    pub fn lookup(&self, address: IpAddr) -> Option<(Network, impl Iterator<Item = (u16, Duration)> + '_)> {
        let (network, value) = self.table.lookup(address)?;
        Some((network, self.times(value).iter().map(|(pop, time)| (*pop, Duration::from_micros(u64::from(*time))))))
    }

    pub(super) fn times(&self, value: u32) -> &[(u16, u32)] {
        &self.times[self.begins[value as usize] as usize..self.begins[value as usize + 1] as usize]
    }

    pub(super) fn table(&self) -> &Table {
        &self.table
    }
}

/// A time is so much better than another, in percent, that clients move for it.
pub(super) fn gains(better: u32, than: u32, percent: u32) -> bool {
    better < than && u64::from(better) * 100 <= u64::from(than) * u64::from(100_u32.saturating_sub(percent))
}
