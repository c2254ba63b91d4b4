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
    watcher: Seen<'w>,
    /// What the body is read by; without it the body goes on as it is.
    pub(super) content: Option<Content>,
}

/// Who sees it.
enum Seen<'w> {
    By(&'w mut dyn Watcher),
    /// Nobody: it is no part of what was asked for. The body is kept here, up to so many bytes.
    Aside(Vec<u8>, usize),
}

impl Seen<'_> {
    fn body(&mut self, piece: &[u8]) -> std::io::Result<()> {
        match self {
            Seen::By(watcher) => watcher.body(piece),
            Seen::Aside(body, most) if body.len() + piece.len() > *most => Err(std::io::Error::other("it is too long")),
            Seen::Aside(body, _) => {
                body.extend_from_slice(piece);
                Ok(())
            }
        }
    }
}

impl<'w> Telling<'w> {
    pub(super) fn new(host: &Host, watcher: &'w mut dyn Watcher) -> Telling<'w> {
        use decide::random::Random;
        // Zero is no name of a journey (Trace Context §3.2.2.3).
        let id = JourneyId(u128::from(host.rng().next()) << 64 | u128::from(host.rng().next().max(1)));
        let mut journey = Journey::default();
        (journey.id, journey.began, journey.calendar) = (id, host.now_afresh(), host.calendar());
        Telling { host: host.clone(), journey, watcher: Seen::By(watcher), content: None }
    }

    /// For a question of our own, whose answer has no more than so many bytes.
    pub(super) fn aside(host: &Host, most: usize) -> Telling<'w> {
        Telling { host: host.clone(), journey: Journey::default(), watcher: Seen::Aside(Vec::new(), most), content: None }
    }

    /// The answer to that question.
    pub(super) fn into_body(self) -> Vec<u8> {
        match self.watcher {
            Seen::By(_) => Vec::new(),
            Seen::Aside(body, _) => body,
        }
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
        self.show();
    }

    /// Steps were added by somebody else.
    pub(super) fn show(&mut self) {
        if let Seen::By(watcher) = &mut self.watcher {
            watcher.step(&self.journey);
        }
    }

    pub(super) fn progress(&mut self, bytes: u64) {
        if let Seen::By(watcher) = &mut self.watcher {
            watcher.progress(&self.journey, bytes);
        }
    }

    pub(super) fn body(&mut self, piece: &[u8]) -> std::io::Result<()> {
        let Telling { content, watcher, .. } = self;
        match content {
            Some(content) => content.take(piece, &mut |piece| watcher.body(piece)),
            None => watcher.body(piece),
        }
    }

    pub(super) fn text(&mut self, text: &str, html: bool) {
        if let Seen::By(watcher) = &mut self.watcher {
            watcher.text(text, html);
        }
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
