//! What every format of the log says of a request, gathered from its steps.

use decide::step::{BackendRef, Journey, RouteRef, Step, Text};
use decide::time::{Calendar, Duration};

/// The facts; a text that is missing is empty.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts<'a> {
    pub(super) peer: &'a [u8],
    pub(super) method: &'a [u8],
    pub(super) host: &'a [u8],
    pub(super) target: &'a [u8],
    pub(super) version: &'static str,
    pub(super) agent: &'a [u8],
    pub(super) referer: &'a [u8],
    pub(super) route: Option<RouteRef>,
    /// The last one tried.
    pub(super) backend: Option<BackendRef>,
    /// As delivered, or as a refusal says; 0 if neither is there.
    pub(super) status: u16,
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) took: Duration,
    /// The coding made here; empty if none was.
    pub(super) encoding: &'static str,
}

impl<'a> Facts<'a> {
    pub(super) fn of(journey: &'a Journey) -> Self {
        let text = |text: Text| journey.text(text);
        let mut facts = Facts::default();
        for (_, step) in journey.steps() {
            match *step {
                Step::Accepted { peer, .. } => facts.peer = text(peer),
                Step::Asked { method, host, target, version, agent, referer } => {
                    let (method, host, target, agent, referer) = (text(method), text(host), text(target), text(agent), text(referer));
                    facts = Facts { method, host, target, version, agent, referer, ..facts };
                }
                Step::Routed { route, .. } => facts.route = Some(route),
                Step::EncodingChosen { coding, .. } if coding != "identity" => facts.encoding = coding,
                Step::Picked { backend, .. } => facts.backend = Some(backend),
                Step::Refused { status, .. } | Step::Unrouted { status, .. } => facts.status = status,
                Step::Delivered { status, received, sent, took, .. } => {
                    let status = if status == 0 { facts.status } else { status };
                    facts = Facts { status, received: received.0, sent: sent.0, took, ..facts };
                }
                _ => {}
            }
        }
        facts
    }
}

/// A time in the calendar, in parts of fixed width.
pub(crate) struct Date([u8; 29]);

impl Date {
    pub(crate) fn of(at: Calendar) -> Self {
        Self(decide::date::format_imf(at))
    }

    pub(crate) fn year(&self) -> &str {
        self.part(12..16)
    }

    /// `Jan` to `Dec`
    pub(crate) fn month(&self) -> &str {
        self.part(8..11)
    }

    /// 1 to 12
    pub(crate) fn month_number(&self) -> usize {
        "JanFebMarAprMayJunJulAugSepOctNovDec".find(self.month()).expect("a month of the format") / 3 + 1
    }

    pub(crate) fn day(&self) -> &str {
        self.part(5..7)
    }

    /// `08:49:37`
    pub(crate) fn clock(&self) -> &str {
        self.part(17..25)
    }

    fn part(&self, range: std::ops::Range<usize>) -> &str {
        std::str::from_utf8(&self.0[range]).expect("a date is ASCII")
    }
}
