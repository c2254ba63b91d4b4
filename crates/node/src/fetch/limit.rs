//! How long a station may take.

use decide::fetch::fault::{Fault, Station};
use decide::time::{Duration, Instant};
use host::{Deadline, Host};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// From the first attempt to connect to the last one's end.
pub(super) const CONNECT: Duration = Duration::from_secs(30);
/// For a handshake.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(30);
/// A server may be silent for so long, or take nothing.
pub(super) const SILENCE: Duration = Duration::from_secs(60);

/// The user's own limit, which holds everywhere.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) most: Option<Duration>,
    pub(super) due: Option<Instant>,
}

impl Limit {
    pub(super) fn new(host: &Host, most: Option<Duration>) -> Limit {
        Limit { most, due: most.map(|most| host.now() + most) }
    }

    /// The user's limit, if it comes before this one.
    fn sooner(&self, due: Instant) -> Option<Instant> {
        self.due.filter(|own| *own <= due)
    }

    /// Waits for a future no longer than `span`, nor than the user allows. Which of the two has passed, `silent` and the user's limit tell
    /// in their own words.
    pub(super) async fn within<F: Future>(
        &self,
        host: &Host,
        station: Station,
        span: Duration,
        future: F,
        late: impl FnOnce() -> Fault,
    ) -> Result<F::Output, Fault> {
        let due = host.now() + span;
        let own = self.sooner(due);
        let mut deadline = host.deadline();
        deadline.set(own.unwrap_or(due));
        let mut future = pin!(future);
        let outcome = poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            deadline.poll_passed(cx).map(|()| None)
        })
        .await;
        outcome.ok_or_else(|| self.passed(station, own.is_some(), late))
    }

    fn passed(&self, station: Station, own: bool, late: impl FnOnce() -> Fault) -> Fault {
        match self.most {
            Some(most) if own => Fault::too_long(station, most),
            _ => late(),
        }
    }

    /// A limit for one wait after another, without a new timer for each.
    pub(super) fn repeated(&self, host: &Host) -> Repeated {
        Repeated { limit: *self, host: host.clone(), deadline: host.deadline() }
    }
}

/// See [`Limit::repeated`].
pub(super) struct Repeated {
    limit: Limit,
    host: Host,
    deadline: Deadline,
}

impl Repeated {
    /// Waits for what `poll` says, no longer than [`SILENCE`] nor than the user allows.
    pub(super) async fn wait<T>(
        &mut self,
        late: impl Fn() -> Fault,
        mut poll: impl FnMut(&mut std::task::Context<'_>) -> Poll<T>,
    ) -> Result<T, Fault> {
        let mut set = false;
        poll_fn(|cx| {
            if let Poll::Ready(output) = poll(cx) {
                return Poll::Ready(Ok(output));
            }
            let due = self.host.now() + SILENCE;
            if !std::mem::replace(&mut set, true) {
                self.deadline.set(self.limit.sooner(due).unwrap_or(due));
            }
            self.deadline.poll_passed(cx).map(|()| {
                let own = self.limit.due.is_some_and(|own| self.host.now() >= own);
                Err(self.limit.passed(Station::Http, own, &late))
            })
        })
        .await
    }
}
