//! What has become of a page's resources, as it is told.

use super::{Numbered, Outcome, Task};
use crate::fetch::line::{End, Line};
use crate::fetch::telling::Telling;
use crate::page::Resource;
use decide::fetch::url::Target;
use decide::step::{Bytes, PageStep};
use decide::time::{Duration, Instant};

pub(super) struct Tally<'a, 'w> {
    telling: &'a mut Telling<'w>,
    began: Instant,
    connections: u64,
    /// Connections that nobody uses at the moment.
    idle: Vec<Numbered>,
    good: u64,
    bad: u64,
    size: u64,
    blocked: Duration,
}

impl<'a, 'w> Tally<'a, 'w> {
    pub(super) fn new(telling: &'a mut Telling<'w>, page: &Target, kept: Option<Line>) -> Tally<'a, 'w> {
        let began = telling.now();
        let mut tally = Tally { telling, began, connections: 1, idle: Vec::new(), good: 0, bad: 0, size: 0, blocked: Duration::ZERO };
        if let Some(line) = kept {
            tally.tell_connection(1, page, &line, true, Duration::ZERO);
            tally.idle.push((1, line));
        }
        tally
    }

    fn tell_connection(&mut self, connection: u64, target: &Target, line: &Line, kept: bool, took: Duration) {
        let origin = self.telling.keep(format!("{}://{}", target.scheme(), target.authority()));
        let remote = self.telling.keep(&line.remote);
        let version = line.speaks();
        self.telling.step(PageStep::PageConnection { connection, origin, remote, version, kept, took }.into());
    }

    /// A new connection is there; gives it a number.
    pub(super) fn opened(&mut self, target: &Target, line: &Line, took: Duration) -> u64 {
        self.connections += 1;
        self.tell_connection(self.connections, target, line, false, took);
        self.connections
    }

    /// One of those that nobody uses.
    pub(super) fn idle(&mut self, target: &Target) -> Option<Numbered> {
        let at = self.idle.iter().position(|(_, line)| line.origin.same_origin(target))?;
        let (number, mut line) = self.idle.remove(at);
        if line.is_usable() {
            return Some((number, line));
        }
        self.over(number, line, End::Ours);
        None
    }

    /// Nobody uses it any more.
    pub(super) fn rest(&mut self, line: Numbered) {
        self.idle.push(line);
    }

    /// It can be used no more. Only of the page's own connection this is told.
    pub(super) fn over(&mut self, number: u64, line: Line, end: End) {
        if number == 1 {
            drop(line.close(end, self.telling));
        }
    }

    pub(super) fn fetched(&mut self, task: &Task, resources: &[Resource], outcome: &Outcome) {
        let here = outcome.fault.is_empty() && outcome.status < 400;
        self.good += u64::from(here);
        self.bad += u64::from(!here);
        self.size += outcome.size;
        if resources[task.resource].blocks {
            self.blocked = self.telling.now().since(self.began);
        }
        let step = outcome.step(task, resources, self.telling);
        self.telling.step(step.into());
    }

    /// Some were not asked for.
    pub(super) fn left(&mut self, resources: u64, why: &'static str) {
        if resources > 0 {
            self.telling.step(PageStep::ResourcesLeft { resources, why }.into());
        }
    }

    /// All is over. What is not told of by then was not here in time. The page's own connection, if it can be used.
    pub(super) fn finish(mut self, wanted: u64) -> Option<Line> {
        self.left(wanted.saturating_sub(self.good + self.bad), "time");
        let took = self.telling.now().since(self.began);
        let (good, bad, blocked) = (self.good, self.bad, self.blocked);
        self.telling.step(PageStep::PageFetched { good, bad, size: Bytes(self.size), took, blocked }.into());
        self.idle.into_iter().find(|(number, _)| *number == 1).map(|(_, line)| line)
    }
}
