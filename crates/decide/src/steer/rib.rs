//! One table of all networks that any router has told of, and what each router says of each.

use super::bits::Bits;
use super::prefixes::{PrefixTable, Table};
use super::renewal::Renewal;
use super::route::{Change, Route, SourceId};
use super::router_table::RouterTable;
use super::rows::{Rows, Weaving};
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::network::Network;

/// The routing tables of all places. It does not change: a change makes another one, while the first still serves.
#[derive(Clone, Debug, Default)]
pub struct Rib {
    table: Table,
    rows: Rows,
    /// Whose router each source is, by its number.
    places: Vec<Option<u16>>,
}

impl Rib {
    /// Without any route.
    pub fn new() -> Rib {
        Rib::default()
    }

    /// From now on this source is a router of that place (index into [`crate::config::Config::pops`]). Routes of sources without a place
    /// count for nothing.
    pub fn assign(&mut self, source: SourceId, pop: u16) {
        let index = usize::from(source.0);
        if self.places.len() <= index {
            self.places.resize(index + 1, None);
        }
        self.places[index] = Some(pop);
    }

    /// From now on this source is nobody's: its routes count for nothing.
    pub fn unassign(&mut self, source: SourceId) {
        if let Some(place) = self.places.get_mut(usize::from(source.0)) {
            *place = None;
        }
    }

    /// Whose router a source is.
    pub fn place(&self, source: SourceId) -> Option<u16> {
        self.places.get(usize::from(source.0)).copied().flatten()
    }

    /// With this whole table of one source in place of what it had told before.
    pub fn replace(&self, source: SourceId, table: &RouterTable) -> Rib {
        let mut renewal = Renewal::new(source, &self.rows, &table.routes);
        let table = renewal.table(&self.table, &table.networks);
        Rib { table, rows: renewal.rows(), places: self.places.clone() }
    }

    /// With these changes made. Of two for one network of one source, the later one holds.
    pub fn apply(&self, changes: &[Change]) -> Rib {
        let mut changes = changes.to_vec();
        changes.sort_by_key(|change| change.network);
        self.merge(changes.into_iter())
    }

    /// Without anything that a source has told.
    pub fn clear(&self, source: SourceId) -> Rib {
        self.replace(source, &RouterTable::default())
    }

    /// The longest network around an address, and the number of its row.
    pub fn lookup(&self, address: IpAddr) -> Option<(Network, u32)> {
        self.table.lookup(address)
    }

    /// The number of the row of exactly this network.
    pub fn exactly(&self, network: Network) -> Option<u32> {
        self.table.exactly(network)
    }

    /// What the routers say, in their order; the number is one that this same table gave.
    pub fn row(&self, row: u32) -> impl Iterator<Item = (SourceId, &Route)> + '_ {
        self.rows.row(row).map(|(source, route)| (*source, route))
    }

    /// All networks in order, IPv4 first, each with the number of its row.
    pub fn networks(&self) -> impl Iterator<Item = (Network, u32)> + '_ {
        self.table.networks()
    }

    /// How many networks each source has, of those that have any; in order.
    pub fn counts(&self) -> Vec<(SourceId, u64)> {
        let mut uses: Vec<u64> = Vec::new();
        for (_, row) in self.networks() {
            let row = row as usize;
            if uses.len() <= row {
                uses.resize(row + 1, 0);
            }
            uses[row] += 1;
        }
        let mut counts: Vec<(SourceId, u64)> = Vec::new();
        for (row, uses) in uses.into_iter().enumerate().filter(|(_, uses)| *uses > 0) {
            for (source, _) in self.row(row as u32) {
                match counts.binary_search_by_key(&source, |(source, _)| *source) {
                    Ok(at) => counts[at].1 += uses,
                    Err(at) => counts.insert(at, (source, uses)),
                }
            }
        }
        counts
    }

    /// Networks of IPv4, and of IPv6.
    pub fn len(&self) -> (usize, usize) {
        (self.table.v4.len(), self.table.v6.len())
    }

    /// Whether no router has told of any network.
    pub fn is_empty(&self) -> bool {
        self.table.len() == 0
    }

    /// Sources that have a place, and the place of each.
    pub fn sources(&self) -> impl Iterator<Item = (SourceId, u16)> + '_ {
        self.places.iter().enumerate().filter_map(|(source, pop)| pop.map(|pop| (SourceId(source as u16), pop)))
    }

    /// Rows, and routes in them: equal ones are counted once.
    pub fn different(&self) -> (usize, usize) {
        (self.rows.len(), self.rows.cells())
    }

    /// So much memory it takes.
    pub fn bytes(&self) -> usize {
        self.table.bytes() + self.rows.bytes()
    }

    /// The place of each source, by its number.
    pub(super) fn places(&self) -> &[Option<u16>] {
        &self.places
    }

    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    /// Changes in the order of their networks.
    fn merge(&self, changes: impl Iterator<Item = Change>) -> Rib {
        let mut weaving = Weaving::on(self.rows.clone());
        let mut changes = changes.peekable();
        let v4 = merged(&self.table.v4, &mut changes, &mut weaving, |address| match address {
            IpAddr::V4(address) => Some(address.to_bits()),
            IpAddr::V6(_) => None,
        });
        let v6 = merged(&self.table.v6, &mut changes, &mut weaving, |address| match address {
            IpAddr::V6(address) => Some(address.to_bits()),
            IpAddr::V4(_) => None,
        });
        let mut table = Table { v4, v6 };
        let mut used = vec![false; weaving.len()];
        table.v4.values.iter().chain(&table.v6.values).for_each(|row| used[*row as usize] = true);
        let (rows, numbers) = weaving.done(&used);
        if let Some(numbers) = numbers {
            table.v4.values.iter_mut().chain(&mut table.v6.values).for_each(|row| *row = numbers[*row as usize]);
        }
        Rib { table, rows, places: self.places.clone() }
    }
}

/// Two tables are equal where every router says the same of every network; how the rows are numbered is nobody's business.
impl PartialEq for Rib {
    fn eq(&self, other: &Rib) -> bool {
        self.places == other.places
            && self.table.len() == other.table.len()
            && self
                .networks()
                .zip(other.networks())
                .all(|((network, row), (others, other_row))| network == others && self.row(row).eq(other.row(other_row)))
    }
}

fn merged<A: Bits>(
    old: &PrefixTable<A>,
    changes: &mut core::iter::Peekable<impl Iterator<Item = Change>>,
    weaving: &mut Weaving,
    family: impl Fn(IpAddr) -> Option<A>,
) -> PrefixTable<A> {
    let mut new = PrefixTable::with_room(old.len() + changes.size_hint().0.min(old.len() / 8));
    let mut next = 0;
    loop {
        let stands = (next < old.len()).then(|| (old.addresses[next], old.bits[next]));
        let changes_next = changes.peek().and_then(|change| Some((family(change.network.address())?, change.network.bits())));
        let at = match (stands, changes_next) {
            (Some(stands), Some(changes)) => stands.min(changes),
            (Some(at), None) | (None, Some(at)) => at,
            (None, None) => break,
        };
        let mut row = None;
        if stands == Some(at) {
            row = Some(old.values[next]);
            next += 1;
        }
        if changes_next == Some(at) {
            let same = |change: &Change| family(change.network.address()) == Some(at.0) && change.network.bits() == at.1;
            while let Some(change) = changes.next_if(same) {
                row = weaving.change(row, change.source, change.route);
            }
        }
        if let Some(row) = row {
            new.push(at.0, at.1, row);
        }
    }
    new
}
