//! Which objects are asked for often: counted in a bounded table of counters, however many objects there are.
//!
//! It is a count-min sketch (Cormode, Muthukrishnan 2005) with conservative update (Estan, Varghese 2002): an object has one counter in
//! each row, and its count is the least of them. Others may share a counter, so a count may be too high and is never too low.

use crate::balance::hash::mix;
use crate::time::{Duration, Instant};
use alloc::vec;
use alloc::vec::Vec;

const ROWS: usize = 4;
/// Counters of a row. With 16 bits each, two windows take 64 KiB.
const COLUMNS: usize = 4096;

/// Counts of the current window and the one before.
#[derive(Clone, Debug)]
pub struct Popularity {
    began: Instant,
    current: Vec<u16>,
    before: Vec<u16>,
}

impl Default for Popularity {
    fn default() -> Popularity {
        Popularity { began: Instant::ZERO, current: vec![0; ROWS * COLUMNS], before: vec![0; ROWS * COLUMNS] }
    }
}

impl Popularity {
    /// Counts one request for the object of this key (a hash that clients cannot foresee), and returns how many there were in the last
    /// `window`, as far as two windows beside each other tell: those of the one before count by how much of it is within.
    pub fn count(&mut self, key: u64, now: Instant, window: Duration) -> u64 {
        self.turn(now, window);
        let places = places(key);
        let least = least(&self.current, &places);
        for place in places {
            let counter = &mut self.current[place];
            // Conservative: only the counters that hold the count itself.
            if *counter == least {
                *counter = counter.saturating_add(1);
            }
        }
        self.within(key, now, window)
    }

    /// The same without counting.
    pub fn within(&mut self, key: u64, now: Instant, window: Duration) -> u64 {
        self.turn(now, window);
        let places = places(key);
        let (current, before) = (u64::from(least(&self.current, &places)), u64::from(least(&self.before, &places)));
        let (whole, gone) = (window.as_nanos().max(1), now.since(self.began).as_nanos());
        let left = u64::try_from(u128::from(before) * whole.saturating_sub(gone) / whole).unwrap_or(before);
        current + left
    }

    /// Goes over to the window that `now` is in.
    fn turn(&mut self, now: Instant, window: Duration) {
        let gone = now.since(self.began);
        if gone < window {
            return;
        }
        core::mem::swap(&mut self.current, &mut self.before);
        self.current.fill(0);
        if gone < window + window {
            self.began = self.began + window;
        } else {
            self.before.fill(0);
            self.began = now;
        }
    }
}

fn places(key: u64) -> [usize; ROWS] {
    core::array::from_fn(|row| {
        let place = mix(key ^ mix(row as u64 + 1)) % COLUMNS as u64;
        row * COLUMNS + place as usize
    })
}

fn least(counters: &[u16], places: &[usize; ROWS]) -> u16 {
    places.iter().map(|place| counters[*place]).min().unwrap_or_default()
}

#[cfg(test)]
mod tests;
