//! Changes that are held back.

use super::prefixes::Table;
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::network::Network;

/// Networks that stay with a place although the routing tables prefer another by now. It counts for a client if the tables know no longer
/// network around him; and as long as the place may be chosen, and has a way there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held(Table);

impl Held {
    /// Networks, and the small number of the place of each.
    pub(super) fn new(mut networks: Vec<(Network, u8)>) -> Held {
        networks.sort_by_key(|(network, _)| *network);
        let mut table = Table::default();
        networks.into_iter().for_each(|(network, place)| table.push(network, u32::from(place)));
        Held(table)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is held back.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn lookup(&self, address: IpAddr) -> Option<(Network, u8)> {
        self.0.lookup(address).map(|(network, place)| (network, place as u8))
    }

    pub(super) fn table(&self) -> &Table {
        &self.0
    }
}
