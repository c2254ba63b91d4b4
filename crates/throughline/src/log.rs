//! The readers of steps that write: the access log, and what the process itself has to say.

mod access;

pub use access::Access;

use decide::step::{Journey, OwnerStep, Step, Texts, ZoneStep};
use decide::time::Calendar;
use node::{Reader, Snapshot};
use std::io::Write;
use std::sync::Arc;
use std::time::SystemTime;

/// Writes the steps that belong to no request to standard error, one line each.
pub struct Events;

impl Reader for Events {
    fn journey(&self, _journey: &mut Journey, _snapshot: &Arc<Snapshot>) {}

    fn reads_steps(&self) -> bool {
        false
    }

    fn event(&self, at: Calendar, step: Step, texts: &Texts, snapshot: &Arc<Snapshot>) {
        let is_told = match step {
            // `serve` itself says where it listens when it starts.
            Step::Listening { .. } => snapshot.generation > 1,
            // A job may have tens of thousands: only what went wrong is worth a line of each.
            Step::Owner(OwnerStep::Fed { outcome, .. }) => matches!(outcome, "failed" | "not-stored" | "unserved"),
            // Whoever wants them has them in the access log.
            Step::Zone(ZoneStep::QueryAnswered { .. }) => false,
            _ => true,
        };
        if is_told {
            write(&view::event::line(at, &step, texts, &snapshot.config));
        }
    }
}

/// Writes a line about the process itself to standard error, with the time before it.
pub fn note(line: &str) {
    let now = Calendar(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
    write(&format!("{} {line}", view::event::timestamp(now)));
}

/// One write for the whole line, so that those of several threads do not mix. If standard error is gone, there is nobody left to tell.
fn write(line: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}
