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

/// The parts of a time in the calendar, as text of fixed width.
pub(super) struct Parts {
    pub(super) year: String,
    /// `Jan` to `Dec`.
    pub(super) month: String,
    pub(super) day: String,
    /// `08:49:37`
    pub(super) clock: String,
}

impl Parts {
    pub(super) fn of(at: Calendar) -> Self {
        let date = decide::date::format_imf(at);
        let part = |from: usize, to: usize| date[from..to].iter().map(|byte| char::from(*byte)).collect();
        Self { year: part(12, 16), month: part(8, 11), day: part(5, 7), clock: part(17, 25) }
    }

    /// `01` to `12`.
    pub(super) fn month_number(&self) -> String {
        let at = "JanFebMarAprMayJunJulAugSepOctNovDec".find(&self.month).expect("a month of the format");
        format!("{:02}", at / 3 + 1)
    }
}
