//! A journey while it grows.

use super::Watcher;
use super::content::Content;
use decide::fetch::fault::Fault;
use decide::step::{Journey, JourneyId, Step, Text};
use decide::time::Instant;
use host::Host;

/// Adds steps at the time they happen, and shows each.
pub(super) struct Telling<'w> {
    host: Host,
    pub(super) journey: Journey,
    watcher: &'w mut dyn Watcher,
    /// What the body is read by; without it the body goes on as it is.
    pub(super) content: Option<Content>,
}

impl<'w> Telling<'w> {
    pub(super) fn new(host: &Host, watcher: &'w mut dyn Watcher) -> Telling<'w> {
        use decide::random::Random;
        let id = JourneyId(u128::from(host.rng().next()) << 64 | u128::from(host.rng().next()));
        let mut journey = Journey::default();
        (journey.id, journey.began, journey.calendar) = (id, host.now_afresh(), host.calendar());
        Telling { host: host.clone(), journey, watcher, content: None }
    }

    pub(super) fn now(&self) -> Instant {
        self.host.now_afresh()
    }

    pub(super) fn keep(&mut self, text: impl AsRef<[u8]>) -> Text {
        self.journey.keep(text.as_ref())
    }

    pub(super) fn step(&mut self, step: Step) {
        self.step_at(self.now(), step);
    }

    pub(super) fn step_at(&mut self, at: Instant, step: Step) {
        self.journey.add(at, step);
        self.watcher.step(&self.journey);
    }

    /// Steps were added by somebody else.
    pub(super) fn show(&mut self) {
        self.watcher.step(&self.journey);
    }

    pub(super) fn progress(&mut self, bytes: u64) {
        self.watcher.progress(&self.journey, bytes);
    }

    pub(super) fn body(&mut self, piece: &[u8]) -> std::io::Result<()> {
        match &mut self.content {
            Some(content) => content.take(piece, &mut |piece| self.watcher.body(piece)),
            None => self.watcher.body(piece),
        }
    }

    pub(super) fn text(&mut self, text: &str, html: bool) {
        self.watcher.text(text, html);
    }

    pub(super) fn stopped(&mut self, fault: &Fault) {
        let sentence = self.keep(fault.sentence());
        let (station, side) = (fault.station.name(), fault.whose.word());
        self.step(Step::Stopped { station, side, fault: fault.word, sentence, exit: u16::from(fault.station.exit()) });
    }

    /// The journey, to be looked at by others.
    pub(super) fn into_journey(self) -> Journey {
        self.journey
    }
}
