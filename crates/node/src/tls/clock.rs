//! The time as rustls asks for it.

use decide::time::{Calendar, Duration};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the calendar said when a worker last began to work on a handshake. rustls' configurations are shared by all workers and know no
/// host; a handshake's worker tells its own host's time first.
#[derive(Debug, Default)]
pub(super) struct Clock(AtomicU64);

impl Clock {
    pub(super) fn tell(&self, now: Calendar) {
        self.0.store(u64::try_from(now.0.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> Calendar {
        Calendar(Duration::from_nanos(self.0.load(Ordering::Relaxed)))
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(self.now().0))
    }
}
