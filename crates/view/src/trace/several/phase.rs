//! What the phases of one journey took.

use crate::trace::Options;
use crate::trace::read::{self, Place};
use decide::step::{Journey, Step};
use decide::time::Duration;

/// From the beginning to the last step, but for what TLS needed to begin.
pub(super) const ALL: &str = "all";

/// Each phase with its time, of all legs together: the stations, where HTTP is the wait for the answer's first byte and the body. What
/// this program needs before TLS can begin (trusted authorities, random numbers) is nobody's on the way, and in no phase.
pub(super) fn taken(journey: &Journey) -> Vec<(&'static str, Duration)> {
    let read = read::read(journey, &Options { width: 0, colour: false, verbose: false, so_far: None });
    let mut taken: Vec<(&'static str, Duration)> = Vec::new();
    let mut add = |name: &'static str, span: Duration| match taken.iter_mut().find(|(known, _)| *known == name) {
        Some((_, sum)) => *sum += span,
        None => taken.push((name, span)),
    };
    let (mut prepared, mut first_byte, mut body) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for (_, step) in journey.steps() {
        match *step {
            Step::TlsPrepared { took, .. } => prepared += took,
            Step::HeadReceived { interim: false, took, .. } => first_byte += took,
            Step::BodyReceived { took, .. } => body += took,
            _ => {}
        }
    }
    for station in read.legs.iter().flat_map(|leg| &leg.stations) {
        let span = station.span.end.saturating_sub(station.span.start);
        match station.place {
            Place::Url => {}
            Place::Http => {
                add("first byte", std::mem::take(&mut first_byte));
                add("body", std::mem::take(&mut body));
            }
            place => add(place.name(), span),
        }
    }
    if let Some((_, tls)) = taken.iter_mut().find(|(name, _)| *name == Place::Tls.name()) {
        *tls = tls.saturating_sub(prepared);
    }
    taken.push((ALL, read.total.saturating_sub(prepared)));
    taken
}
