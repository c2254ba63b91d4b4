//! Where routers connect: listeners that several collectors may share, each for its own routers.

use super::All;
use crate::signal::Signal;
use decide::step::CollectorStep;
use decide::time::{Duration, Instant};
use host::{Endpoint, Listener, Stream};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::task::Poll;
use wire::network::Network;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 64;
/// A listener that cannot be opened, and accepting that fails, are tried again after this long.
const PAUSE: Duration = Duration::from_secs(5);
/// That a connection was turned away is told once in so long.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// All listeners, by address.
#[derive(Default)]
pub(super) struct Doors(RefCell<BTreeMap<SocketAddr, Rc<Door>>>);

struct Door {
    guests: RefCell<Vec<Weak<Guest>>>,
    /// Raised when a guest has gone.
    left: Signal,
    /// Why it is not open.
    trouble: RefCell<Option<String>>,
}

/// A collector that waits at a door for its routers.
pub(super) struct Guest {
    door: Rc<Door>,
    routers: Vec<Network>,
    /// Connections that came and were not taken yet: of each router the last.
    arrived: RefCell<BTreeMap<IpAddr, Stream>>,
    /// Raised when one came, and when the door opens or could not be opened.
    pub(super) came: Rc<Signal>,
}

impl Guest {
    /// A connection that came, and whose.
    pub(super) fn take(&self) -> Option<(IpAddr, Stream)> {
        self.arrived.borrow_mut().pop_first()
    }

    /// Why nobody can come.
    pub(super) fn trouble(&self) -> Option<String> {
        self.door.trouble.borrow().clone()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.door.left.raise();
    }
}

impl All {
    /// Waits at an address for these routers, as long as what is returned lives.
    pub(super) fn wait_at(self: &Rc<All>, at: SocketAddr, routers: Vec<Network>) -> Rc<Guest> {
        let mut doors = self.doors.0.borrow_mut();
        let door = doors.entry(at).or_insert_with(|| {
            let door = Rc::new(Door { guests: RefCell::default(), left: Signal::default(), trouble: RefCell::default() });
            self.host.spawn(keep(self.clone(), at, door.clone()));
            door
        });
        let guest = Rc::new(Guest { door: door.clone(), routers, arrived: RefCell::default(), came: Rc::default() });
        door.guests.borrow_mut().push(Rc::downgrade(&guest));
        guest
    }
}

/// Keeps a door open until its last guest has gone.
async fn keep(all: Rc<All>, at: SocketAddr, door: Rc<Door>) {
    let mut accepting = pin!(attend(&all, at, &door));
    loop {
        let seen = door.left.number();
        door.guests.borrow_mut().retain(|guest| guest.strong_count() > 0);
        if door.guests.borrow().is_empty() {
            // Nobody can come in between: it is one thread.
            all.doors.0.borrow_mut().remove(&at);
            return;
        }
        let mut left = pin!(door.left.after(seen));
        poll_fn(|cx| if left.as_mut().poll(cx).is_ready() { Poll::Ready(()) } else { accepting.as_mut().poll(cx) }).await;
    }
}

/// Opens it, and lets routers in, for ever.
async fn attend(all: &All, at: SocketAddr, door: &Door) {
    let mut told = None;
    loop {
        let failed = match all.host.listen(&Endpoint::Ip(at), BACKLOG) {
            Ok(listener) => {
                door.news(None);
                accept(all, listener, door, &mut told).await
            }
            Err(error) => error,
        };
        door.news(Some(format!("cannot listen at {at}: {failed}")));
        all.host.sleep(PAUSE).await;
    }
}

async fn accept(all: &All, mut listener: Listener, door: &Door, told: &mut Option<Instant>) -> io::Error {
    loop {
        let (stream, from) = match poll_fn(|cx| listener.poll_accept(cx)).await {
            Ok(came) => came,
            // Of one connection, not of the listener.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => continue,
            Err(error) => return error,
        };
        let Some(address) = from.ip().map(|address| address.to_canonical()) else { continue };
        let guests: Vec<Rc<Guest>> = door.guests.borrow().iter().filter_map(Weak::upgrade).collect();
        let guest = guests.iter().find(|guest| guest.routers.iter().any(|network| network.contains(address)));
        match guest {
            Some(guest) => {
                guest.arrived.borrow_mut().insert(address, stream);
                guest.came.raise();
            }
            None => {
                drop(stream);
                let now = all.host.now();
                if told.is_none_or(|told: Instant| now.since(told) >= TOLD_EVERY) {
                    *told = Some(now);
                    all.tell("", |_, keep| CollectorStep::RouterTurnedAway {
                        router: keep(&from.to_string()),
                        why: keep("no collector waits for it at this address"),
                    });
                }
            }
        }
    }
}

impl Door {
    fn news(&self, trouble: Option<String>) {
        *self.trouble.borrow_mut() = trouble;
        self.guests.borrow().iter().filter_map(Weak::upgrade).for_each(|guest| guest.came.raise());
    }
}
