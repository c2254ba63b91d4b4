//! The whole table of one source in place of what it had told before.

use super::bits::Bits;
use super::intern::Index;
use super::prefixes::{PrefixTable, Table};
use super::route::{Route, SourceId};
use super::rows::{Rows, row_hash};
use alloc::vec;
use alloc::vec::Vec;

/// Stands for no row, no route, and for a cell that no row has yet.
const NONE: u32 = u32::MAX;
/// Stands for no answer yet: no route has this place, or else they would not fit into memory.
const UNASKED: u32 = u32::MAX - 1;

/// Rows as they are made anew: only what some network has is taken over, so that nothing is left to be dropped, and rows stand in the order
/// in which a sweep over the networks meets them.
pub(super) struct Renewal<'a> {
    source: SourceId,
    old: &'a Rows,
    routes: &'a [Route],
    new: Rows,
    /// The new number of each old cell.
    kept: Vec<u32>,
    /// The number of the cell of each route.
    came: Vec<u32>,
    known: Index,
    members: Vec<u32>,
    /// For each old row the route that came with it last, and what became of both: networks of a row mostly share the new route too.
    answers: Vec<(u32, u32)>,
    /// For each route what becomes of it alone.
    alone: Vec<u32>,
}

impl<'a> Renewal<'a> {
    /// Of a source that says these routes.
    pub(super) fn new(source: SourceId, old: &'a Rows, routes: &'a [Route]) -> Renewal<'a> {
        Renewal {
            source,
            old,
            routes,
            new: Rows::default(),
            kept: vec![NONE; old.cells()],
            came: vec![NONE; routes.len()],
            known: Index::with_room(old.len()),
            members: Vec::new(),
            answers: vec![(UNASKED, NONE); old.len()],
            alone: vec![NONE; routes.len()],
        }
    }

    /// The networks of both, with their new rows; `told` has the places of routes.
    pub(super) fn table(&mut self, old: &Table, told: &Table) -> Table {
        Table { v4: self.family(&old.v4, &told.v4), v6: self.family(&old.v6, &told.v6) }
    }

    /// The rows.
    pub(super) fn rows(mut self) -> Rows {
        self.new.shrink();
        self.new
    }

    fn family<A: Bits>(&mut self, old: &PrefixTable<A>, told: &PrefixTable<A>) -> PrefixTable<A> {
        // Routers mostly know the same networks.
        let most = old.len().max(told.len());
        let mut new = PrefixTable::with_room(most + most / 16);
        let (mut at, mut next) = (0, 0);
        loop {
            let stands = (at < old.len()).then(|| (old.addresses[at], old.bits[at]));
            let comes = (next < told.len()).then(|| (told.addresses[next], told.bits[next]));
            let network = match (stands, comes) {
                (Some(stands), Some(comes)) => stands.min(comes),
                (Some(network), None) | (None, Some(network)) => network,
                (None, None) => break,
            };
            let (mut row, mut route) = (NONE, NONE);
            if stands == Some(network) {
                row = old.values[at];
                at += 1;
            }
            if comes == Some(network) {
                route = told.values[next];
                next += 1;
            }
            let row = self.row(row, route);
            if row != NONE {
                new.push(network.0, network.1, row);
            }
        }
        new.shrink();
        new
    }

    /// What becomes of an old row, or of none, with this route of the source, or with none.
    fn row(&mut self, old: u32, route: u32) -> u32 {
        if old == NONE {
            if self.alone[route as usize] == NONE {
                self.alone[route as usize] = self.made(old, route);
            }
            return self.alone[route as usize];
        }
        if self.answers[old as usize].0 != route {
            self.answers[old as usize] = (route, self.made(old, route));
        }
        self.answers[old as usize].1
    }

    fn made(&mut self, old: u32, route: u32) -> u32 {
        let Renewal { source, new, kept, members, .. } = self;
        members.clear();
        let mut mine = (route != NONE).then(|| number(&mut self.came[route as usize], new, (*source, self.routes[route as usize])));
        let before = if old == NONE { &[][..] } else { self.old.members(old) };
        for cell in before {
            let held = self.old.cell(*cell);
            if held.0 > *source {
                members.extend(mine.take());
            }
            // What it has said before is void.
            if held.0 != *source {
                members.push(number(&mut kept[*cell as usize], new, held));
            }
        }
        members.extend(mine);
        if members.is_empty() {
            return NONE;
        }
        let row = new.len() as u32;
        let found = self.known.number(row_hash(members), row, |row| new.members(row) == &members[..]);
        if found == row {
            new.push(members);
        }
        found
    }
}

fn number(known: &mut u32, rows: &mut Rows, cell: (SourceId, Route)) -> u32 {
    if *known == NONE {
        *known = rows.add(cell);
    }
    *known
}
