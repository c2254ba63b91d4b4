//! Where addresses are said to be, and how far that is.

use super::places::Places;
use super::prefixes::Table;
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::network::Network;

/// Latitude and longitude in degrees, each times 10,000.
pub type Location = (i32, i32);

/// Networks and their locations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Geography {
    table: Table,
    locations: Vec<Location>,
}

impl Geography {
    /// Of networks, each with an index into the locations; one whose index leads nowhere is left out, and of one that is there twice, the
    /// first holds. Networks may lie within one another: the longest says where an address is.
    pub fn new(mut networks: Vec<(Network, u32)>, locations: Vec<Location>) -> Geography {
        networks.retain(|(_, location)| (*location as usize) < locations.len());
        if !networks.is_sorted_by_key(|(network, _)| *network) {
            networks.sort_by_key(|(network, _)| *network);
        }
        networks.dedup_by_key(|(network, _)| *network);
        let mut table = Table::default();
        networks.into_iter().for_each(|(network, location)| table.push(network, location));
        Geography { table, locations }
    }

    /// How many networks.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether nothing is known of any address.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The longest network around an address, and where it is.
    pub fn lookup(&self, address: IpAddr) -> Option<(Network, Location)> {
        self.table.lookup(address).map(|(network, location)| (network, self.locations[location as usize]))
    }

    pub(super) fn table(&self) -> &Table {
        &self.table
    }
}

/// For each location the places that have one too, the nearest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Nearness {
    orders: Vec<u8>,
    places: usize,
}

impl Nearness {
    pub(super) fn of(geography: &Geography, places: &Places) -> Nearness {
        let located: Vec<(u8, Location)> =
            places.pops.iter().enumerate().filter_map(|(number, place)| Some((number as u8, place.location?))).collect();
        let mut orders = Vec::with_capacity(located.len() * geography.locations.len());
        let mut order = Vec::new();
        for location in &geography.locations {
            order.clear();
            order.extend(located.iter().map(|(number, place)| (metres(*place, *location), *number)));
            // At the same distance, in the order of the steering.
            order.sort_unstable();
            orders.extend(order.iter().map(|(_, number)| *number));
        }
        Nearness { orders, places: located.len() }
    }

    pub(super) fn order(&self, location: u32) -> &[u8] {
        &self.orders[location as usize * self.places..][..self.places]
    }

    pub(super) fn bytes(&self) -> usize {
        self.orders.capacity()
    }
}

/// The great circle between two locations (haversine, on a sphere of the Earth's mean radius; off by half a percent at the most). Whole
/// metres, so that equal is equal.
pub(super) fn metres(from: Location, to: Location) -> u32 {
    let radians = |tenthousandths: i32| f64::from(tenthousandths) / 10_000.0 * (core::f64::consts::PI / 180.0);
    let (from_latitude, to_latitude) = (radians(from.0), radians(to.0));
    let haversine = |angle: f64| libm::sin(angle / 2.0) * libm::sin(angle / 2.0);
    let between = haversine(to_latitude - from_latitude)
        + libm::cos(from_latitude) * libm::cos(to_latitude) * haversine(radians(to.1) - radians(from.1));
    (2.0 * 6_371_008.8 * libm::asin(libm::sqrt(between.clamp(0.0, 1.0)))) as u32
}
