//! The journal of the server that runs: opened, its missed records done again, and what happens to it told.

use crate::journal::{Event, Journal, Record};
use decide::step::{Bytes, Step, Texts};
use decide::time::Calendar;
use host::Host;
use node::Server;
use std::sync::Arc;
use std::time::SystemTime;

/// Opens the journal of the configuration and does again what is still of use of it: before any request is served, so that what was
/// accepted holds for all of them. The error is a sentence.
pub(super) fn open(server: &Arc<Server>, host: &Host) -> Result<Arc<Journal>, String> {
    let settings = server.snapshot().config.journal.clone();
    let teller = server.clone();
    let kept = settings.is_some();
    let journal = Journal::open(settings, Arc::new(move |event| tell(&teller, event)))?;
    let began = host.now();
    let replayed = journal.replay(|sequence, at, record| {
        server.purges_go_on_at(sequence - 1);
        match record {
            Record::Purge(purging) => drop(server.purge(at, &purging)),
            Record::Push(_) | Record::Changed { .. } | Record::Done { .. } => {}
        }
    })?;
    server.purges_go_on_at(replayed.last);
    if kept {
        let took = host.now().since(began);
        server.tell(host.calendar(), Step::JournalReplayed { records: replayed.records, sequence: replayed.last, took });
    }
    Ok(Arc::new(journal))
}

fn tell(server: &Server, event: Event) {
    let at = Calendar(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
    let mut texts = Texts::default();
    let step = match event {
        Event::Cut { file, bytes } => Step::JournalCut { file: texts.keep(file.as_bytes()), bytes: Bytes(bytes) },
        Event::Damaged(what) => Step::JournalDamaged { what: texts.keep(what.as_bytes()) },
        Event::Failed(why) => Step::JournalFailed { why: texts.keep(why.as_bytes()) },
        Event::Recovered { sequence } => Step::JournalRecovered { sequence },
        Event::Trimmed(contents) => Step::JournalTrimmed { contents },
    };
    server.tell_with(at, step, &texts);
}
