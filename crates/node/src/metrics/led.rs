//! Who was led where: by a steering, for the name server and for the redirect.

use super::cells::{Counter, PerWorker, Shared};
use super::counts::LED_BY;
use decide::steer::{Answer, Settled};
use std::net::IpAddr;
use std::sync::Arc;

/// For whom a steering decides.
pub const LED_VIA: [&str; 2] = ["dns", "redirect"];

/// Lengths of scopes, of either family.
const SCOPES: usize = 129;

/// The counters of a steering.
pub(super) struct LedCells {
    workers: PerWorker<LedPart>,
    moved: Shared,
    lost: Shared,
}

/// What one worker counts.
struct LedPart {
    /// By [`LED_VIA`] and [`LED_BY`].
    layers: [[Counter; LED_BY.len()]; LED_VIA.len()],
    /// Of answers by DNS: by family and length.
    scopes: [[Counter; SCOPES]; 2],
}

impl Default for LedPart {
    fn default() -> LedPart {
        LedPart { layers: Default::default(), scopes: std::array::from_fn(|_| std::array::from_fn(|_| Counter::default())) }
    }
}

/// The counters of a place of a steering, by [`LED_VIA`].
pub(super) struct LedPlaceCells(PerWorker<[Counter; LED_VIA.len()]>);

/// The counters of a steering of one configuration.
pub(super) struct Led {
    pub(super) cells: Arc<LedCells>,
    /// By the index of a place in the configuration; `None` for places of other steerings.
    pub(super) places: Vec<Option<Arc<LedPlaceCells>>>,
}

/// What a steering has decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LedCounts {
    /// Which.
    pub steering: String,
    /// Clients led, by [`LED_VIA`] and [`LED_BY`].
    pub layers: [[u64; LED_BY.len()]; LED_VIA.len()],
    /// The same by place, and [`LED_VIA`].
    pub places: Vec<(String, [u64; LED_VIA.len()])>,
    /// Answers by DNS, of IPv4 and of IPv6: how many had a scope of so many bits.
    pub scopes: [Vec<u64>; 2],
    /// Networks that moved, because another place is preferred.
    pub moved: u64,
    /// Networks that moved, because their place has no route to them any more.
    pub lost: u64,
}

impl LedCells {
    pub(super) fn new(workers: usize) -> LedCells {
        LedCells { workers: PerWorker::new(workers), moved: Shared::default(), lost: Shared::default() }
    }

    pub(super) fn moved(&self, settled: &Settled) {
        self.moved.add(settled.moved.into());
        self.lost.add(settled.lost.into());
    }

    pub(super) fn counts(&self, steering: &str) -> LedCounts {
        let layers = std::array::from_fn(|via| self.workers.sums(|part| &part.layers[via]));
        let scopes = [0, 1].map(|family| self.workers.sums(|part| &part.scopes[family]).to_vec());
        let (moved, lost) = (self.moved.get(), self.lost.get());
        LedCounts { steering: steering.to_string(), layers, places: Vec::new(), scopes, moved, lost }
    }
}

impl LedPlaceCells {
    pub(super) fn new(workers: usize) -> LedPlaceCells {
        LedPlaceCells(PerWorker::new(workers))
    }

    pub(super) fn counts(&self) -> [u64; LED_VIA.len()] {
        self.0.sums(|part| part)
    }
}

impl Led {
    /// The name server leads a client. Called by the worker `worker` and no other thread.
    pub(super) fn by_dns(&self, worker: usize, client: IpAddr, answer: Answer, layer: u8) {
        let part = self.cells.workers.of(worker);
        part.layers[0][usize::from(layer)].add(1);
        part.scopes[usize::from(client.to_canonical().is_ipv6())][usize::from(answer.scope)].add(1);
        self.at_place(worker, answer.pop.into(), 0);
    }

    /// A redirect does; `layer` is a word of [`LED_BY`]. Called by the worker `worker` and no other thread.
    pub(super) fn by_redirect(&self, worker: usize, pop: usize, layer: &str) {
        if let Some(layer) = LED_BY.iter().position(|known| *known == layer) {
            self.cells.workers.of(worker).layers[1][layer].add(1);
        }
        self.at_place(worker, pop, 1);
    }

    fn at_place(&self, worker: usize, pop: usize, via: usize) {
        if let Some(Some(place)) = self.places.get(pop) {
            place.0.of(worker)[via].add(1);
        }
    }
}
