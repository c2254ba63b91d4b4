//! Listeners of one thread: opened and closed as the configuration says, and accepting while there is room.

use crate::pool;
use crate::proxy::greet;
use crate::server::{Server, Worker};
use crate::{dns, feed};
use decide::step::{ListenerRef, Step};
use decide::time::Duration;
use host::{Endpoint, Host, Listener, Stream};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Poll, Waker};

/// Accepting pauses this long when the machine has no descriptor left.
const PAUSE: Duration = Duration::from_millis(100);

/// The place of a listener in the configuration that holds; its connections share it, because a reload may move it.
pub(crate) type Place = Rc<Cell<Option<ListenerRef>>>;

impl Server {
    /// Works on the calling thread until the server is drained. `index` is below the number of workers, and each is used once.
    pub async fn work(self: Arc<Self>, host: Host, index: usize) -> io::Result<()> {
        let worker = Worker::new(host, self, index);
        let server = &worker.server;
        let doors = Rc::new(RefCell::new(Doors::default()));
        worker.doors.replace(Rc::downgrade(&doors));
        let mut started = false;
        loop {
            let seen = server.changed.number();
            if server.is_draining() {
                break;
            }
            let (failed, names_failed) = match go_over(&worker, &doors) {
                (Some((_, error)), _) | (None, Some(error)) if !started => return Err(error),
                failed => failed,
            };
            if !started && worker.index == 0 {
                worker.host.spawn(feed::run(worker.clone()));
                worker.host.spawn(dns::notify::run(worker.clone()));
            }
            started = true;
            // There may be a higher limit than the one that somebody waits under, and a door that waits may have been closed.
            server.room.raise();
            pool::start_tasks(&worker);
            if let Some((listener, _)) = &failed {
                worker.tell(Step::AcceptPaused { listener: *listener, pause: PAUSE });
            }
            if let Some(error) = &names_failed {
                dns::tell_paused(&worker, error);
            }
            match failed.is_none() && names_failed.is_none() {
                true => drop(server.changed.after(seen).await),
                false => changed_or_paused(&worker, seen).await,
            }
        }
        worker.follow();
        doors.borrow().listeners.values().for_each(Door::close);
        doors.borrow().names.close();
        worker.open.wake_all();
        server.room.raise();
        server.drained().await;
        Ok(())
    }
}

/// What is open on one thread.
#[derive(Default)]
pub(crate) struct Doors {
    listeners: BTreeMap<Endpoint, Rc<Door>>,
    names: dns::Doors,
}

/// The first listener that could not be opened, and what kept one of the name server closed.
type Failed = (Option<(ListenerRef, io::Error)>, Option<io::Error>);

/// Goes over to the server's present configuration: at once with snapshot and listeners, whose places are those of the snapshot.
fn go_over(worker: &Rc<Worker>, doors: &RefCell<Doors>) -> Failed {
    worker.follow();
    let mut doors = doors.borrow_mut();
    let failed = reconcile(worker, &mut doors.listeners).err();
    (failed, doors.names.follow(worker).err())
}

/// Does so before something new begins, if there is another configuration. Whoever was told that it holds may be here before this thread's
/// own task, which was woken to go over to it, has had its turn.
pub(crate) fn catch_up(worker: &Rc<Worker>) {
    if worker.is_behind()
        && !worker.server.is_draining()
        && let Some(doors) = worker.doors.borrow().upgrade()
    {
        // What cannot be opened is told by that task, and tried again.
        let _ = go_over(worker, &doors);
    }
}

async fn changed_or_paused(worker: &Worker, seen: u64) {
    let mut changed = pin!(worker.server.changed.after(seen));
    let mut paused = pin!(worker.host.sleep(PAUSE));
    poll_fn(|cx| match changed.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending => paused.as_mut().poll(cx),
    })
    .await;
}

/// One listener at work.
pub(crate) struct Door {
    place: Place,
    closed: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Door {
    fn close(self: &Rc<Door>) {
        self.closed.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Opens what is new in the configuration, closes what is gone, and tells the rest its place. The error is the first listener that could
/// not be opened; the others are. At the start that ends the process; at a reload it was tried before the configuration was accepted, and
/// is tried again.
fn reconcile(worker: &Rc<Worker>, doors: &mut BTreeMap<Endpoint, Rc<Door>>) -> Result<(), (ListenerRef, io::Error)> {
    let snapshot = worker.snapshot();
    let listeners = &snapshot.config.listeners;
    let wanted: Vec<Endpoint> = listeners.iter().map(|listener| Endpoint::of(&listener.at).expect("a listener is no name")).collect();
    let before = doors.len();
    doors.retain(|at, door| {
        let stays = wanted.contains(at);
        if !stays {
            door.place.set(None);
            door.close();
        }
        stays
    });
    if doors.len() < before {
        // Connections of a listener that is gone are ended as in a drain.
        worker.open.wake_all();
    }
    let mut failed = None;
    for ((number, listener), at) in (0u16..).zip(listeners).zip(wanted) {
        let place = ListenerRef(number);
        if let Some(door) = doors.get(&at) {
            door.place.set(Some(place));
            continue;
        }
        let open = match worker.host.listen(&at, listener.backlog) {
            Ok(open) => open,
            Err(error) => {
                failed.get_or_insert((place, error));
                continue;
            }
        };
        if worker.index == 0 {
            worker.tell(Step::Listening { listener: place });
        }
        let door = Rc::new(Door { place: Rc::new(Cell::new(Some(place))), closed: Cell::new(false), waker: RefCell::default() });
        let guard = Ajar::new(worker);
        worker.host.spawn(accept(guard, open, door.clone()));
        doors.insert(at, door);
    }
    failed.map_or(Ok(()), Err)
}

/// A door that may still let someone in: the server has not drained before it is shut.
struct Ajar {
    worker: Rc<Worker>,
}

impl Ajar {
    fn new(worker: &Rc<Worker>) -> Ajar {
        worker.server.doors.fetch_add(1, Ordering::SeqCst);
        Ajar { worker: worker.clone() }
    }
}

impl Drop for Ajar {
    fn drop(&mut self) {
        self.worker.server.doors.fetch_sub(1, Ordering::SeqCst);
        self.worker.server.room.raise();
    }
}

async fn accept(ajar: Ajar, mut listener: Listener, door: Rc<Door>) {
    let worker = &ajar.worker;
    loop {
        room(worker, &door).await;
        let accepted = poll_fn(|cx| {
            if !has_room(worker, &door) {
                return Poll::Ready(None);
            }
            match listener.poll_accept(cx) {
                // What waited when the door closed is still let in.
                Poll::Pending if door.closed.get() => Poll::Ready(None),
                Poll::Pending => {
                    *door.waker.borrow_mut() = Some(cx.waker().clone());
                    Poll::Pending
                }
                Poll::Ready(result) => Poll::Ready(Some(result)),
            }
        })
        .await;
        match accepted {
            None if door.closed.get() => return,
            // Another door let the last one in while this one waited.
            None => {}
            Some(Ok((stream, peer))) => enter(worker, stream, peer, door.place.clone()),
            Some(Err(error)) if is_of_connection(&error) => {}
            Some(Err(_)) => {
                // Descriptors or memory are exhausted (EMFILE, ENFILE, ENOBUFS, ENOMEM): the connection stays in the backlog meanwhile.
                if let Some(listener) = door.place.get() {
                    worker.tell(Step::AcceptPaused { listener, pause: PAUSE });
                }
                worker.host.sleep(PAUSE).await;
            }
        }
    }
}

/// Waits until the process may have one connection more.
async fn room(worker: &Worker, door: &Door) {
    loop {
        let seen = worker.server.room.number();
        if has_room(worker, door) {
            return;
        }
        worker.server.room.after(seen).await;
    }
}

/// A door that was closed lets in whoever waits already, and then no one.
fn has_room(worker: &Worker, door: &Door) -> bool {
    worker.server.connections() < worker.snapshot().config.server.max_connections || door.closed.get()
}

/// The error is of the connection that was to be accepted, not of the listener.
pub(crate) fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted | NotConnected)
}

fn enter(worker: &Rc<Worker>, stream: Stream, peer: Endpoint, place: Place) {
    catch_up(worker);
    worker.server.accepted.fetch_add(1, Ordering::Relaxed);
    let counted = Counted::within(worker);
    greet::greet(worker, counted, stream, peer, place);
}

/// A connection that counts as open.
pub(crate) struct Counted {
    worker: Rc<Worker>,
    pub(crate) number: u64,
}

impl Counted {
    /// One more.
    pub(crate) fn within(worker: &Rc<Worker>) -> Counted {
        worker.server.connections.fetch_add(1, Ordering::SeqCst);
        Counted { worker: worker.clone(), number: worker.open.add() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.worker.open.remove(self.number);
        let server = &self.worker.server;
        let before = server.connections.fetch_sub(1, Ordering::SeqCst);
        if server.is_draining() || before >= self.worker.snapshot().config.server.max_connections {
            server.room.raise();
        }
    }
}
