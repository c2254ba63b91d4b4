//! Which listeners of a name server are open on one thread.

use super::service::Service;
use super::shared::Role;
use super::{Answering, authority, datagrams, stream};
use crate::resolver::Recursive;
use crate::server::{Server, Worker};
use decide::config::{Config, DnsLimits};
use decide::step::{Step, Texts, ZoneStep};
use host::Endpoint;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};

/// Connections that the kernel may hold for a listener.
const BACKLOG: u32 = 1024;

/// The doors of one thread, and the services behind them.
#[derive(Default)]
pub(crate) struct Doors {
    services: BTreeMap<Role, Rc<Service>>,
    open: BTreeMap<(Role, SocketAddr), Rc<Door>>,
}

/// One address at work, by UDP and TCP.
pub(super) struct Door {
    closed: Cell<bool>,
    /// Its tasks, by place.
    waiting: RefCell<BTreeMap<u64, Waker>>,
    places: Cell<u64>,
}

impl Door {
    fn new() -> Rc<Door> {
        // Those of the two listeners are taken.
        Rc::new(Door { closed: Cell::new(false), waiting: RefCell::default(), places: Cell::new(2) })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// A place for one more task.
    pub(super) fn place(&self) -> u64 {
        self.places.set(self.places.get() + 1);
        self.places.get()
    }

    /// Has the task woken when the door closes.
    pub(super) fn wait(&self, place: u64, cx: &Context<'_>) {
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.get(&place).is_some_and(|waker| waker.will_wake(cx.waker())) {
            waiting.insert(place, cx.waker().clone());
        }
    }

    pub(super) fn leave(&self, place: u64) {
        self.waiting.borrow_mut().remove(&place);
    }

    fn close(&self) {
        self.closed.set(true);
        let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
        waiting.into_values().for_each(Waker::wake);
    }
}

/// A listener that may still take something in: the server has not drained before.
pub(super) struct Ajar(Arc<Server>);

impl Ajar {
    fn new(server: &Arc<Server>) -> Ajar {
        server.doors.fetch_add(1, Ordering::SeqCst);
        Ajar(server.clone())
    }
}

impl Drop for Ajar {
    fn drop(&mut self) {
        self.0.doors.fetch_sub(1, Ordering::SeqCst);
        self.0.room.raise();
    }
}

/// Where a role listens, and under which limits, if the configuration has it.
fn wanted(config: &Config, role: Role) -> Option<(&[SocketAddr], &DnsLimits)> {
    match role {
        Role::Authority => config.dns.as_ref().map(|dns| (&*dns.listeners, &dns.limits)),
        Role::Resolver => config.resolver.as_ref().map(|resolver| (&*resolver.listeners, &resolver.limits)),
    }
}

/// Who answers in a role.
fn answering(worker: &Rc<Worker>, role: Role) -> Box<dyn Answering> {
    match role {
        Role::Authority => Box::new(authority::Authority::new(worker)),
        Role::Resolver => Box::new(Recursive::new(worker)),
    }
}

impl Doors {
    /// Opens what is new in the configuration, and closes what is gone. The error is of the first that could not be opened; the others
    /// are.
    pub(crate) fn follow(&mut self, worker: &Rc<Worker>) -> io::Result<()> {
        let snapshot = worker.snapshot();
        self.open.retain(|(role, at), door| {
            let stays = wanted(&snapshot.config, *role).is_some_and(|(listeners, _)| listeners.contains(at));
            if !stays {
                door.close();
            }
            stays
        });
        let mut failed = Ok(());
        for role in [Role::Authority, Role::Resolver] {
            let Some((listeners, limits)) = wanted(&snapshot.config, role) else { continue };
            let service = self.service(worker, role, limits);
            for at in listeners {
                let Entry::Vacant(place) = self.open.entry((role, *at)) else { continue };
                match open(worker, *at, &service) {
                    Ok(door) => drop(place.insert(door)),
                    Err(error) => failed = failed.and(Err(error)),
                }
            }
        }
        failed
    }

    /// The service of a role, which stays over reloads; its limits follow.
    fn service(&mut self, worker: &Rc<Worker>, role: Role, limits: &DnsLimits) -> Rc<Service> {
        if let Some(service) = self.services.get(&role) {
            service.obey(limits);
            return service.clone();
        }
        let service = Service::new(worker, role, limits.clone(), answering(worker, role));
        self.services.insert(role, service.clone());
        service
    }

    /// Closes all of them.
    pub(crate) fn close(&self) {
        self.open.values().for_each(|door| door.close());
    }
}

fn open(worker: &Rc<Worker>, at: SocketAddr, service: &Rc<Service>) -> io::Result<Rc<Door>> {
    let host = &worker.host;
    let (datagrams, listener) = (host.listen_for_datagrams(at)?, host.listen(&Endpoint::Ip(at), BACKLOG)?);
    if worker.index == 0 {
        let mut texts = Texts::default();
        let step = ZoneStep::NamesListening { at: texts.keep(at.to_string().as_bytes()), role: service.role.word() };
        worker.server.tell_with(host.calendar(), Step::Zone(step), &texts);
    }
    let door = Door::new();
    host.spawn(datagrams::serve(Ajar::new(&worker.server), at, datagrams, service.clone(), door.clone()));
    host.spawn(stream::accept(Ajar::new(&worker.server), at, listener, service.clone(), door.clone()));
    Ok(door)
}

/// Tells that an address could not be opened; it is tried again.
pub(crate) fn tell_paused(worker: &Worker, error: &io::Error) {
    let mut texts = Texts::default();
    let step = ZoneStep::NamesPaused { why: texts.keep(error.to_string().as_bytes()) };
    worker.server.tell_with(worker.host.calendar(), Step::Zone(step), &texts);
}
