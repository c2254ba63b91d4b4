//! What all routers say of one network, kept once for all networks of which they say the same: networks of one origin mostly share a row.

use super::intern::{Index, Memory};
use super::route::{Route, SourceId};
use crate::balance::hash::mix;
use alloc::vec;
use alloc::vec::Vec;

/// Rows of cells, a cell being one router's route. A row names each router at most once, in their order; there are only as many cells in it
/// as routers that know the network.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    cells: Vec<(SourceId, Route)>,
    /// The cells of all rows, one row behind the other.
    members: Vec<u32>,
    /// Where each row begins, and, as the last, where the last one ends.
    begins: Vec<u32>,
}

impl Default for Rows {
    fn default() -> Self {
        Rows { cells: Vec::new(), members: Vec::new(), begins: vec![0] }
    }
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.begins.len() - 1
    }

    pub(super) fn cells(&self) -> usize {
        self.cells.len()
    }

    /// The cells of one row.
    pub(super) fn members(&self, row: u32) -> &[u32] {
        &self.members[self.begins[row as usize] as usize..self.begins[row as usize + 1] as usize]
    }

    /// The routes of one row, in the order of their routers.
    pub(super) fn row(&self, row: u32) -> impl Iterator<Item = &(SourceId, Route)> + '_ {
        self.members(row).iter().map(|cell| &self.cells[*cell as usize])
    }

    pub(super) fn bytes(&self) -> usize {
        self.cells.capacity() * size_of::<(SourceId, Route)>() + (self.members.capacity() + self.begins.capacity()) * 4
    }

    pub(super) fn cell(&self, cell: u32) -> (SourceId, Route) {
        self.cells[cell as usize]
    }

    /// Adds a cell that is not there yet.
    pub(super) fn add(&mut self, cell: (SourceId, Route)) -> u32 {
        let number = self.cells.len() as u32;
        assert!(number < 1 << 31, "two thousand million different routes do not fit into memory");
        self.cells.push(cell);
        number
    }

    /// Adds a row that is not there yet.
    pub(super) fn push(&mut self, members: &[u32]) {
        self.members.extend_from_slice(members);
        self.begins.push(u32::try_from(self.members.len()).expect("four thousand million routes do not fit into memory"));
    }

    /// These rows alone, in the order of their numbers; and the new number of each.
    fn kept(&self, used: &[bool]) -> (Rows, Vec<u32>) {
        let mut kept = Rows::default();
        let mut cells = vec![u32::MAX; self.cells.len()];
        let mut numbers = vec![u32::MAX; self.len()];
        let mut members = Vec::new();
        for row in (0..self.len()).filter(|row| used[*row]) {
            members.clear();
            for cell in self.members(row as u32) {
                let new = &mut cells[*cell as usize];
                if *new == u32::MAX {
                    *new = kept.cells.len() as u32;
                    kept.cells.push(self.cells[*cell as usize]);
                }
                members.push(*new);
            }
            numbers[row] = kept.len() as u32;
            kept.push(&members);
        }
        kept.shrink();
        (kept, numbers)
    }

    /// Gives back the room that is not used.
    pub(super) fn shrink(&mut self) {
        self.cells.shrink_to_fit();
        self.members.shrink_to_fit();
        self.begins.shrink_to_fit();
    }
}

/// Rows that grow: what a change makes of a row is found, or added.
pub(super) struct Weaving {
    rows: Rows,
    known_cells: Index,
    known_rows: Index,
    memory: Memory,
    members: Vec<u32>,
    /// The last cell, and its number: neighbours mostly have the same.
    last: Option<((SourceId, Route), u32)>,
}

impl Weaving {
    /// On the rows that there are.
    pub(super) fn on(rows: Rows) -> Weaving {
        let mut known_cells = Index::with_room(rows.cells.len());
        for (number, cell) in rows.cells.iter().enumerate() {
            known_cells.number(cell_hash(cell), number as u32, |_| false);
        }
        let mut known_rows = Index::with_room(rows.len());
        for row in 0..rows.len() as u32 {
            known_rows.number(row_hash(rows.members(row)), row, |_| false);
        }
        Weaving { rows, known_cells, known_rows, memory: Memory::new(), members: Vec::new(), last: None }
    }

    /// What becomes of a row, or of none, when one router's route changes. `None`: nobody has a route any more.
    pub(super) fn change(&mut self, row: Option<u32>, source: SourceId, route: Option<Route>) -> Option<u32> {
        // A question is the row and the cell; of a route that is gone, the router, told from a cell by the highest bit.
        let cell = route.map(|route| self.cell((source, route)));
        let last = cell.unwrap_or(1 << 31 | u32::from(source.0));
        let question = u64::from(row.unwrap_or(u32::MAX)) << 32 | u64::from(last);
        if let Some(answer) = self.memory.recall(question) {
            return (answer != u32::MAX).then_some(answer);
        }
        let changed = self.woven(row, source, cell);
        self.memory.keep(question, changed.unwrap_or(u32::MAX));
        changed
    }

    fn woven(&mut self, row: Option<u32>, source: SourceId, cell: Option<u32>) -> Option<u32> {
        let Weaving { rows, known_rows, members, .. } = self;
        members.clear();
        let old = row.map_or(&[][..], |row| rows.members(row));
        let router = |cell: &u32| rows.cells[*cell as usize].0;
        members.extend(old.iter().filter(|cell| router(cell) < source));
        members.extend(cell);
        members.extend(old.iter().filter(|cell| router(cell) > source));
        if members.is_empty() {
            return None;
        }
        let new = rows.len() as u32;
        let same = |row| rows.members(row) == &members[..];
        let found = known_rows.number(row_hash(members), new, same);
        if found == new {
            rows.push(members);
        }
        Some(found)
    }

    fn cell(&mut self, cell: (SourceId, Route)) -> u32 {
        if let Some((last, number)) = &self.last
            && *last == cell
        {
            return *number;
        }
        let Weaving { rows, known_cells, .. } = self;
        let new = rows.cells.len() as u32;
        let same = |number: u32| rows.cells[number as usize] == cell;
        let found = known_cells.number(cell_hash(&cell), new, same);
        if found == new {
            rows.add(cell);
        }
        self.last = Some((cell, found));
        found
    }

    /// The rows, and, where those are dropped that no network has any more, the new numbers of those that stay. They are dropped where they
    /// are more than a fifth.
    pub(super) fn done(self, used: &[bool]) -> (Rows, Option<Vec<u32>>) {
        let living = used.iter().filter(|used| **used).count();
        if self.rows.len() <= living + living / 4 + 64 {
            return (self.rows, None);
        }
        drop((self.known_cells, self.known_rows));
        let (rows, numbers) = self.rows.kept(used);
        (rows, Some(numbers))
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

fn cell_hash((source, route): &(SourceId, Route)) -> u64 {
    let first = u64::from(route.origin_as) << 32 | u64::from(route.med);
    let second = u64::from(route.local_pref) << 32 | u64::from(route.path_len) << 16 | u64::from(source.0);
    mix(mix(first ^ route.origin as u64) ^ second)
}

pub(super) fn row_hash(members: &[u32]) -> u64 {
    mix(members
        .iter()
        .fold(members.len() as u64, |hash, cell| (hash.rotate_left(5) ^ u64::from(*cell)).wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}
