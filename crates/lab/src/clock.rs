//! Virtual time.

use decide::time::{Calendar, Duration, Instant};
use std::sync::atomic::{AtomicU64, Ordering};

/// What every host's calendar says when the world begins: 2026-01-01T00:00:00Z.
pub const EPOCH: Calendar = Calendar(Duration::from_secs(1_767_225_600));

/// The world's clock, which is every host's own clock too. It stands still while tasks run.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicU64);

impl Clock {
    pub(crate) fn now(&self) -> Instant {
        Instant::from_nanos(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn calendar(&self) -> Calendar {
        Calendar(EPOCH.0 + self.now().since(Instant::ZERO))
    }

    /// Steps to `at`.
    pub(crate) fn advance(&self, at: Instant) {
        let before = self.0.swap(at.as_nanos(), Ordering::Relaxed);
        assert!(before <= at.as_nanos(), "time goes forward");
    }
}
