//! One source's way into the queue: numbered, counted and told.

use super::source::Source;
use super::{All, Batch};
use decide::collect::Delivery;
use decide::steer::Change;
use decide::step::CollectorStep;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

pub(super) struct Outlet {
    all: Rc<All>,
    pub(super) source: Arc<Source>,
    /// Whoever holds the tables knows of it.
    opened: Cell<bool>,
}

impl Outlet {
    /// For a new source; `None` where there are too many.
    pub(super) fn new(all: &Rc<All>, pop: &str, name: &str) -> Option<Rc<Outlet>> {
        let source = all.collectors.sources.open(pop, name, all.host.calendar())?;
        Some(Rc::new(Outlet { all: all.clone(), source, opened: Cell::new(false) }))
    }

    /// Hands one thing on; waits while there is no room. `why` says what a table is gone for.
    pub(super) async fn give(&self, delivery: Delivery, why: &str) {
        let (source, queue) = (&self.source, &self.all.collectors.queue);
        let pop = source.pop.as_str();
        match delivery {
            Delivery::Whole(whole, loaded) => {
                if !self.opened.replace(true) {
                    queue.give(Batch::Opened(source.clone())).await;
                }
                queue.give(Batch::Whole(source.id, whole)).await;
                source.count(loaded.networks as u64);
                source.becomes("live", "", self.all.host.calendar());
                self.all.tell(pop, |pop, keep| CollectorStep::TableLoaded {
                    pop,
                    source: keep(&source.name),
                    networks: loaded.networks as u64,
                    beyond: loaded.beyond,
                    end: loaded.end.word(),
                    took: loaded.took,
                });
            }
            Delivery::Changes(changes) => {
                let change = |(network, route)| Change { source: source.id, network, route };
                queue.give(Batch::Changes(changes.into_iter().map(change).collect())).await;
            }
            Delivery::Gone => {
                queue.give(Batch::Gone(source.id)).await;
                source.count(0);
                source.becomes("lost", why, self.all.host.calendar());
                self.all.tell(pop, |pop, keep| CollectorStep::TableCleared { pop, source: keep(&source.name), why: keep(why) });
            }
        }
        source.changed(self.all.host.calendar());
    }

    /// The source's state, in a word.
    pub(super) fn becomes(&self, state: &'static str, why: &str) {
        self.source.becomes(state, why, self.all.host.calendar());
    }
}

impl Drop for Outlet {
    /// Its table is gone, and its number free.
    fn drop(&mut self) {
        self.all.collectors.sources.close(&self.source);
    }
}
