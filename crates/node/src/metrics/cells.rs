//! Where counting happens: without a lock, an allocation or, in a worker's own cells, an instruction that other cores notice.

use super::counts::{
    BackendCounts, CLASSES, ENCODED, FED_BY, FED_OUTCOMES, HANDSHAKES, HistogramCounts, LATENCY_BOUNDS, LED_BY, ListenerCounts, NOTIFIED,
    PUSHED_BY, PoolCounts, ProcessCounts, REPORTS, SIDES, SiteCounts, TRANSFERS,
};
use decide::forward::ProxyError;
use decide::step::{Bytes, NearestStep, TransferStep};
use decide::time::{Calendar, Duration};
use std::sync::atomic::{AtomicU64, Ordering};

/// A counter that one thread writes and every thread may read.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// A load and a store are enough, because no other thread writes; two writers would lose counts.
    pub(crate) fn add(&self, more: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A counter that any thread writes: for what is rare.
#[derive(Default)]
pub(super) struct Shared(AtomicU64);

impl Shared {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Spans of time by [`LATENCY_BOUNDS`]; the last bucket is for all above.
#[derive(Default)]
pub(super) struct Histogram {
    buckets: [Counter; LATENCY_BOUNDS.len() + 1],
    nanos: Counter,
}

impl Histogram {
    pub(super) fn observe(&self, span: Duration) {
        self.buckets[LATENCY_BOUNDS.partition_point(|bound| *bound < span)].add(1);
        self.nanos.add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX));
    }
}

/// One worker's cells, on cache lines that it shares with nobody (two at a time are fetched together).
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Lines<T>(T);

/// The cells of every worker.
pub(super) struct PerWorker<T>(Box<[Lines<T>]>);

impl<T: Default> PerWorker<T> {
    pub(super) fn new(workers: usize) -> Self {
        Self((0..workers).map(|_| Lines::default()).collect())
    }

    pub(super) fn of(&self, worker: usize) -> &T {
        &self.0[worker].0
    }

    pub(super) fn sum(&self, counter: impl Fn(&T) -> &Counter) -> u64 {
        self.0.iter().map(|lines| counter(&lines.0).get()).sum()
    }

    pub(super) fn sums<const N: usize>(&self, counters: impl Fn(&T) -> &[Counter; N]) -> [u64; N] {
        std::array::from_fn(|at| self.sum(|cells| &counters(cells)[at]))
    }

    pub(super) fn histogram(&self, histogram: impl Fn(&T) -> &Histogram) -> HistogramCounts {
        let buckets = self.sums(|cells| &histogram(cells).buckets);
        HistogramCounts { buckets, sum: Duration::from_nanos(self.sum(|cells| &histogram(cells).nanos)) }
    }
}

/// Gives a type of cells its constructor and the way to one worker's part.
macro_rules! per_worker {
    ($cells:ident of $part:ident $(, $shared:ident)*) => {
        impl $cells {
            pub(super) fn new(workers: usize) -> Self {
                Self { workers: PerWorker::new(workers), $($shared: Default::default(),)* }
            }

            /// The part that this worker writes, and nobody else.
            pub(super) fn of(&self, worker: usize) -> &$part {
                self.workers.of(worker)
            }
        }
    };
}

/// A site's counters.
pub(super) struct SiteCells {
    workers: PerWorker<SitePart>,
    pub(super) certificates_issued: Shared,
    pub(super) certificates_failed: Shared,
}

#[derive(Default)]
pub(super) struct SitePart {
    pub(super) requests: [Counter; CLASSES.len()],
    pub(super) refused: [Counter; SIDES.len()],
    pub(super) broken_off: [Counter; SIDES.len()],
    pub(super) received: Counter,
    pub(super) sent: Counter,
    pub(super) tunnels: Counter,
    pub(super) cache_hits: Counter,
    pub(super) cache_misses: Counter,
    pub(super) collapsed: Counter,
    pub(super) cache_stored: Counter,
    pub(super) encoded: [Counter; ENCODED.len()],
    pub(super) encoded_from: Counter,
    pub(super) encoded_to: Counter,
    pub(super) encode_nanos: Counter,
    pub(super) hinted: Counter,
    led: [Counter; LED_BY.len()],
    reports: [Counter; REPORTS.len()],
    pub(super) duration: Histogram,
}

impl SitePart {
    pub(super) fn encoded(&self, before: Bytes, after: Bytes, took: Duration, how: &str) {
        let how = ENCODED.iter().position(|known| *known == how).expect("every way stands there");
        self.encoded[how].add(1);
        self.encoded_from.add(before.0);
        self.encoded_to.add(after.0);
        self.encode_nanos.add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

impl SitePart {
    pub(super) fn nearest(&self, step: &NearestStep) {
        let (cells, words, word): (&[Counter], &[&str], _) = match step {
            NearestStep::RedirectedToPop { layer, .. } => (&self.led, &LED_BY, *layer),
            NearestStep::ReportTaken { .. } => (&self.reports, &REPORTS, "taken"),
            NearestStep::ReportRefused { why, .. } => (&self.reports, &REPORTS, *why),
        };
        let at = words.iter().position(|known| *known == word).expect("every word stands there");
        cells[at].add(1);
    }
}

per_worker!(SiteCells of SitePart, certificates_issued, certificates_failed);

impl SiteCells {
    pub(super) fn counts(&self, name: &str) -> SiteCounts {
        let cells = &self.workers;
        SiteCounts {
            name: name.to_string(),
            requests: cells.sums(|part| &part.requests),
            refused: cells.sums(|part| &part.refused),
            broken_off: cells.sums(|part| &part.broken_off),
            received: cells.sum(|part| &part.received),
            sent: cells.sum(|part| &part.sent),
            tunnels: cells.sum(|part| &part.tunnels),
            cache_hits: cells.sum(|part| &part.cache_hits),
            cache_misses: cells.sum(|part| &part.cache_misses),
            collapsed: cells.sum(|part| &part.collapsed),
            cache_stored: cells.sum(|part| &part.cache_stored),
            encoded: cells.sums(|part| &part.encoded),
            encoded_from: cells.sum(|part| &part.encoded_from),
            encoded_to: cells.sum(|part| &part.encoded_to),
            encode_time: Duration::from_nanos(cells.sum(|part| &part.encode_nanos)),
            hinted: cells.sum(|part| &part.hinted),
            led: cells.sums(|part| &part.led),
            reports: cells.sums(|part| &part.reports),
            duration: cells.histogram(|part| &part.duration),
            certificates_issued: self.certificates_issued.get(),
            certificates_failed: self.certificates_failed.get(),
        }
    }
}

/// A pool's counters.
pub(super) struct PoolCells {
    workers: PerWorker<PoolPart>,
}

#[derive(Default)]
pub(super) struct PoolPart {
    pub(super) retries: Counter,
    pub(super) no_backend: Counter,
    pub(super) queue_wait: Histogram,
}

per_worker!(PoolCells of PoolPart);

impl PoolCells {
    pub(super) fn counts(&self, name: &str) -> PoolCounts {
        let cells = &self.workers;
        PoolCounts {
            name: name.to_string(),
            retries: cells.sum(|part| &part.retries),
            no_backend: cells.sum(|part| &part.no_backend),
            queue_wait: cells.histogram(|part| &part.queue_wait),
        }
    }
}

/// A backend's counters.
pub(super) struct BackendCells {
    workers: PerWorker<BackendPart>,
    pub(super) went_up: Shared,
    pub(super) went_down: Shared,
    pub(super) ejections: Shared,
    pub(super) resolve_failures: Shared,
}

#[derive(Default)]
pub(super) struct BackendPart {
    pub(super) requests: Counter,
    pub(super) answers: [Counter; CLASSES.len()],
    /// In the order of [`ProxyError::ALL`].
    failures: [Counter; ProxyError::ALL.len()],
    pub(super) reused: Counter,
    pub(super) connect: Histogram,
    pub(super) answer_time: Histogram,
}

impl BackendPart {
    pub(super) fn failed(&self, error: &'static str) {
        if let Some(at) = ProxyError::ALL.iter().position(|known| known.name() == error) {
            self.failures[at].add(1);
        }
    }
}

per_worker!(BackendCells of BackendPart, went_up, went_down, ejections, resolve_failures);

impl BackendCells {
    pub(super) fn counts(&self, pool: &str, name: &str) -> BackendCounts {
        let cells = &self.workers;
        BackendCounts {
            pool: pool.to_string(),
            name: name.to_string(),
            requests: cells.sum(|part| &part.requests),
            answers: cells.sums(|part| &part.answers),
            failures: ProxyError::ALL.iter().map(|error| error.name()).zip(cells.sums(|part| &part.failures)).collect(),
            reused: cells.sum(|part| &part.reused),
            connect: cells.histogram(|part| &part.connect),
            answer_time: cells.histogram(|part| &part.answer_time),
            went_up: self.went_up.get(),
            went_down: self.went_down.get(),
            ejections: self.ejections.get(),
            resolve_failures: self.resolve_failures.get(),
        }
    }
}

/// A listener's counters.
pub(super) struct ListenerCells {
    workers: PerWorker<ListenerPart>,
    pauses: Shared,
    /// In milliseconds of the calendar.
    paused_until: AtomicU64,
}

#[derive(Default)]
pub(super) struct ListenerPart {
    pub(super) requests: Counter,
    pub(super) handshakes: [Counter; HANDSHAKES.len()],
    pub(super) failed_handshakes: [Counter; SIDES.len()],
}

per_worker!(ListenerCells of ListenerPart, pauses, paused_until);

impl ListenerCells {
    pub(super) fn paused(&self, at: Calendar, pause: Duration) {
        self.pauses.add(1);
        self.paused_until.fetch_max(u64::try_from((at.0 + pause).as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn counts(&self, address: &str) -> ListenerCounts {
        ListenerCounts {
            address: address.to_string(),
            requests: self.workers.sum(|part| &part.requests),
            handshakes: self.workers.sums(|part| &part.handshakes),
            failed_handshakes: self.workers.sums(|part| &part.failed_handshakes),
            pauses: self.pauses.get(),
            paused_until: Calendar(Duration::from_millis(self.paused_until.load(Ordering::Relaxed))),
        }
    }
}

/// The process's counters.
#[derive(Default)]
pub(super) struct ProcessCells {
    pub(super) reloads: Shared,
    pub(super) refused_reloads: Shared,
    pub(super) dropped_log_lines: Shared,
    pub(super) store_failures: Shared,
    pushed: [Shared; PUSHED_BY.len()],
    fed: [[Shared; FED_OUTCOMES.len()]; FED_BY.len()],
    transfers: [Shared; TRANSFERS.len()],
    notices: Shared,
    notified: [Shared; NOTIFIED.len()],
}

impl ProcessCells {
    pub(super) fn counts(&self) -> ProcessCounts {
        ProcessCounts {
            reloads: self.reloads.get(),
            refused_reloads: self.refused_reloads.get(),
            dropped_log_lines: self.dropped_log_lines.get(),
            store_failures: self.store_failures.get(),
            pushed: self.pushed.each_ref().map(Shared::get),
            fed: self.fed.each_ref().map(|outcomes| outcomes.each_ref().map(Shared::get)),
            transfers: self.transfers.each_ref().map(Shared::get),
            notices: self.notices.get(),
            notified: self.notified.each_ref().map(Shared::get),
        }
    }

    pub(super) fn pushed(&self, by: &'static str) {
        if let Some(at) = PUSHED_BY.iter().position(|known| *known == by) {
            self.pushed[at].add(1);
        }
    }

    /// Of zones that other servers have from us.
    pub(super) fn transfer(&self, step: &TransferStep) {
        match step {
            TransferStep::Transferred { .. } => self.transfers[0].add(1),
            TransferStep::TransferRefused { .. } => self.transfers[1].add(1),
            TransferStep::TransferBroke { .. } => self.transfers[2].add(1),
            TransferStep::Notified { notices, .. } => {
                self.notices.add(*notices);
                self.notified[0].add(1);
            }
            TransferStep::NotifyFailed { notices, .. } => {
                self.notices.add(*notices);
                self.notified[1].add(1);
            }
            // A mistake of the configuration, which is in the log.
            TransferStep::SerialStands { .. } => {}
        }
    }

    pub(super) fn fed(&self, by: &'static str, outcome: &'static str) {
        let at = FED_BY.iter().position(|known| *known == by).zip(FED_OUTCOMES.iter().position(|known| *known == outcome));
        if let Some((by, outcome)) = at {
            self.fed[by][outcome].add(1);
        }
    }
}
