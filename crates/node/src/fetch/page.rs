//! What a page asks for, fetched as a browser does: over the connection of the page where the server is the same, else over others; up to
//! six to a server that speaks HTTP/1.1, and one with a stream for each resource where HTTP/2 is spoken.
//!
//! - `site`: the connections to one server and the resources that come over them. `tally`: what has become of the resources.

mod site;
mod tally;

use super::Request;
use super::limit::Limit;
use super::line::Line;
use super::secure;
use super::telling::Telling;
use crate::buffer::Buffers;
use crate::page::{Resource, ResourceKind};
use crate::tls::Visitor;
use decide::fetch::url::{self, Target};
use decide::step::{Journey, JourneyId, PageStep};
use decide::time::Duration;
use host::Host;
use site::Site;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::Poll;
use tally::Tally;
use wire::http::Method;

/// All of a page's resources together may take so long.
const PAGE_TIME: Duration = Duration::from_secs(30);
/// A resource that is sent on more often than this is given up.
const MOST_REDIRECTS: usize = 10;

/// What fetching is done with.
pub(super) struct Fetching<'a, 'w> {
    pub(super) host: &'a Host,
    pub(super) request: &'a Request,
    pub(super) limit: Limit,
    pub(super) buffers: &'a Buffers,
    pub(super) visitor: &'a mut Option<Visitor>,
    pub(super) telling: &'a mut Telling<'w>,
}

/// A resource that is to be fetched.
struct Task {
    /// Its place among the document's.
    resource: usize,
    target: Target,
    /// What was asked for it, the present request last.
    trail: Vec<(Method, Target)>,
}

/// A connection with its number.
type Numbered = (u64, Line);

/// What all sites share.
struct Shared<'a, 't, 'w> {
    host: &'a Host,
    request: &'a Request,
    limit: Limit,
    buffers: &'a Buffers,
    visitor: Option<&'a Visitor>,
    /// The document's URL.
    page: &'a Target,
    /// What all its requests are called by.
    journey: JourneyId,
    resources: &'a [Resource],
    tally: &'a RefCell<Tally<'t, 'w>>,
    /// Redirected to other sites.
    elsewhere: RefCell<Vec<Task>>,
}

/// Sees nothing: the steps of a resource's connection and exchange are not those of the journey.
struct Nobody;

impl super::Watcher for Nobody {
    fn step(&mut self, _: &Journey) {}
    fn progress(&mut self, _: &Journey, _: u64) {}
    fn body(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

impl Fetching<'_, '_> {
    /// Fetches `most` of them, and gives the page's own connection back if it can be used still.
    pub(super) async fn all(self, page: &Target, resources: &[Resource], unlisted: u64, most: usize, kept: Option<Line>) -> Option<Line> {
        let Fetching { host, request, limit, buffers, visitor, telling } = self;
        let mut tasks = tasks(resources);
        let lazy = resources.len() - tasks.len();
        let beyond = tasks.len().saturating_sub(most);
        tasks.truncate(most);
        let wanted = tasks.len();
        let due = host.now() + PAGE_TIME;
        let limit = Limit {
            due: Some(limit.due.map_or(due, |own| own.min(due))),
            most: Some(limit.most.map_or(PAGE_TIME, |own| own.min(PAGE_TIME))),
        };
        let journey = telling.journey.id;
        let tally = RefCell::new(Tally::new(telling, page, kept));
        while !tasks.is_empty() {
            if let (None, Some(task)) = (&visitor, tasks.iter().find(|task| task.target.is_secure())) {
                *visitor = secure::visitor(request, &task.target, &mut Telling::new(host, &mut Nobody)).ok();
            }
            let shared = Shared {
                host,
                request,
                limit,
                buffers,
                visitor: visitor.as_ref(),
                page,
                journey,
                resources,
                tally: &tally,
                elsewhere: RefCell::default(),
            };
            let sites = Site::all(std::mem::take(&mut tasks));
            if !together(&shared, sites.iter().map(|site| boxed(site.fetch(&shared))).collect()).await {
                break;
            }
            tasks = shared.elsewhere.take();
        }
        let mut tally = tally.into_inner();
        tally.left(lazy as u64, "lazy");
        tally.left(beyond as u64 + unlisted, "limit");
        tally.finish(wanted as u64)
    }
}

/// What a browser asks for without anybody's doing, what is waited for first.
fn tasks(resources: &[Resource]) -> Vec<Task> {
    let wanted = resources.iter().enumerate().filter(|(_, one)| !one.lazy && one.kind != ResourceKind::Media);
    let mut all: Vec<Task> = wanted
        .filter_map(|(resource, one)| {
            let target = url::read(one.url.as_str(), None).ok()?.target;
            Some(Task { resource, trail: vec![(Method::Get, target.clone())], target })
        })
        .collect();
    all.sort_by_key(|task| !resources[task.resource].blocks);
    all
}

type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

fn boxed<'a>(future: impl Future<Output = ()> + 'a) -> Work<'a> {
    Box::pin(future)
}

/// Waits for all of them, no longer than there is time. False: it was over.
async fn together(shared: &Shared<'_, '_, '_>, mut all: Vec<Work<'_>>) -> bool {
    let mut deadline = shared.host.deadline();
    if let Some(due) = shared.limit.due {
        deadline.set(due);
    }
    poll_fn(|cx| {
        all.retain_mut(|work| work.as_mut().poll(cx).is_pending());
        if all.is_empty() {
            return Poll::Ready(true);
        }
        deadline.poll_passed(cx).map(|()| false)
    })
    .await
}

impl Task {
    fn found(&self, resources: &[Resource]) -> (u64, &'static str, bool) {
        let resource = &resources[self.resource];
        (self.resource as u64 + 1, resource.kind.word(), resource.blocks)
    }
}

/// What is told of a resource, but for what it is.
struct Outcome {
    status: u16,
    version: &'static str,
    connection: u64,
    size: u64,
    waited: Duration,
    took: Duration,
    fault: String,
}

impl Outcome {
    fn failed(connection: u64, took: Duration, fault: String) -> Outcome {
        Outcome { status: 0, version: "", connection, size: 0, waited: Duration::ZERO, took, fault }
    }

    fn step(&self, task: &Task, resources: &[Resource], telling: &mut Telling<'_>) -> PageStep {
        let (resource, kind, blocks) = task.found(resources);
        let (url, fault) = (telling.keep(task.target.shown()), telling.keep(&self.fault));
        PageStep::ResourceFetched {
            resource,
            kind,
            url,
            blocks,
            status: self.status,
            version: self.version,
            connection: self.connection,
            redirects: task.trail.len() as u64 - 1,
            size: decide::step::Bytes(self.size),
            waited: self.waited,
            took: self.took,
            fault,
        }
    }
}
