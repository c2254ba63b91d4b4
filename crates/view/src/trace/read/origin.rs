//! Which step a row was read from. Readers of single stations need not think of it: what a step has added tells.

use super::Reader;

/// How much was read: legs, stations of the last leg, rows of its last station, rows of the server's side.
pub(super) type Size = (usize, usize, usize, usize);

impl Reader<'_> {
    pub(super) fn size(&mut self) -> Size {
        self.touched = None;
        let stations = self.read.legs.last().map_or(0, |leg| leg.stations.len());
        let served = self.served();
        (self.read.legs.len(), stations, self.station().map_or(0, |station| station.rows.len()), served)
    }

    fn served(&self) -> usize {
        self.read.legs.last().and_then(|leg| leg.server.as_ref()).map_or(0, |server| server.rows.len())
    }

    /// Notes the step with the first row it has added, or the older row it has added to, or with its station alone.
    pub(super) fn originate(&mut self, number: usize, before: Size) {
        let touched = self.touched;
        let (legs, stations, rows, served) = before;
        if self.served() > served
            && let Some(server) = self.read.legs.last_mut().and_then(|leg| leg.server.as_mut())
        {
            server.steps.push((number, Some(served)));
            return;
        }
        let same = self.read.legs.len() == legs && self.read.legs.last().is_some_and(|leg| leg.stations.len() == stations);
        let first = if same { rows } else { 0 };
        if let Some(station) = self.station() {
            let row = if station.rows.len() > first { Some(first) } else { touched };
            station.steps.push((number, row));
        }
    }
}
