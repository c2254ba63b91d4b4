//! Routers that tell of their peers by BMP: connections for `decide::collect::station`. The router speaks, and the station only listens.

use super::line::{Heard, Line};
use super::outlet::Outlet;
use super::session::Damaged;
use super::{One, give_way};
use crate::signal::{Listening, Signal};
use decide::collect::Delivery;
use decide::collect::station::{Output, PeerName, Station};
use decide::step::CollectorStep;
use decide::time::Duration;
use host::{Deadline, Stream};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use wire::network::Network;

/// Routers of one collector; more are turned away.
const MOST_ROUTERS: usize = 64;
/// A router that says nothing at all after it has connected is let go after this long. What comes later may be hours apart: BMP has no
/// keepalives (RFC 7854 §3.2).
const FIRST_WORD: Duration = Duration::from_secs(30);

/// Where a router's task finds the router's newest connection.
#[derive(Default)]
struct Mailbox {
    stream: RefCell<Option<Stream>>,
    came: Signal,
}

type Routers = Rc<RefCell<BTreeMap<IpAddr, Rc<Mailbox>>>>;

/// Collects until it is to end.
pub(super) async fn collect(one: &Rc<One>, at: SocketAddr, routers: &[Network]) {
    let guest = one.all.wait_at(at, routers.to_vec());
    let mut end = Listening::to(&*one.end, 0);
    let mut came = Listening::to(&*guest.came, 0);
    let mailboxes: Routers = Rc::default();
    loop {
        one.becomes("listening", Some(&guest.trouble().unwrap_or_default()));
        let ended = poll_fn(|cx| if end.poll(cx).is_ready() { Poll::Ready(true) } else { came.poll(cx).map(|_| false) }).await;
        if ended {
            return;
        }
        while let Some((router, stream)) = guest.take() {
            let mut open = mailboxes.borrow_mut();
            if !open.contains_key(&router) && open.len() >= MOST_ROUTERS {
                one.tell(|_, keep| CollectorStep::RouterTurnedAway {
                    router: keep(&router.to_string()),
                    why: keep("as many routers of this collector are connected as may be"),
                });
                continue;
            }
            let mailbox = open.entry(router).or_insert_with(|| {
                let mailbox = Rc::<Mailbox>::default();
                one.all.host.spawn(attend(one.clone(), router, mailbox.clone(), mailboxes.clone()));
                mailbox
            });
            *mailbox.stream.borrow_mut() = Some(stream);
            mailbox.came.raise();
        }
    }
}

/// One router, from its first connection until nothing of it is left.
async fn attend(one: Rc<One>, router: IpAddr, mailbox: Rc<Mailbox>, routers: Routers) {
    let station = Station::new(one.wanted.most, one.wanted.keep);
    let deadline = one.all.host.deadline();
    let (line, giving, why) = (None, None, String::new());
    let work = Work {
        one: &one,
        router,
        station,
        outlets: BTreeMap::new(),
        line,
        silent: false,
        giving,
        deadline,
        damaged: Damaged::default(),
        why,
    };
    work.run(&mailbox).await;
    routers.borrow_mut().remove(&router);
}

/// Deliveries on their way into the queue.
type Giving = Pin<Box<dyn Future<Output = ()>>>;

struct Work<'a> {
    one: &'a Rc<One>,
    router: IpAddr,
    station: Station,
    outlets: BTreeMap<PeerName, Rc<Outlet>>,
    line: Option<Line>,
    /// It has connected, and said nothing yet.
    silent: bool,
    giving: Option<Giving>,
    deadline: Deadline,
    damaged: Damaged,
    /// Why the last connection ended.
    why: String,
}

enum Event {
    End,
    Arrived,
    Line(Heard),
    Given,
    Time,
}

impl Work<'_> {
    async fn run(mut self, mailbox: &Mailbox) {
        let mut end = Listening::to(&*self.one.end, 0);
        let mut came = Listening::to(&mailbox.came, 0);
        loop {
            self.obey();
            self.hand_on();
            if self.station.is_over() && self.giving.is_none() && mailbox.stream.borrow().is_none() {
                return;
            }
            let event = poll_fn(|cx| {
                if end.poll(cx).is_ready() {
                    return Poll::Ready(Event::End);
                }
                if came.poll(cx).is_ready() {
                    return Poll::Ready(Event::Arrived);
                }
                self.poll(cx)
            })
            .await;
            let now = self.one.all.host.now();
            match event {
                Event::End => break,
                Event::Arrived => {
                    if let Some(stream) = mailbox.stream.borrow_mut().take() {
                        if self.line.is_some() {
                            self.lost("the router has connected once more");
                        }
                        self.station.connected(now);
                        (self.line, self.silent) = (Some(Line::new(stream)), true);
                        self.deadline.set(now + FIRST_WORD);
                    }
                }
                Event::Line(Heard::Bytes(length)) => {
                    self.silent = false;
                    if let Some(line) = &self.line {
                        self.station.received(line.bytes(length), now);
                    }
                    give_way().await;
                }
                Event::Line(Heard::Ended(why)) => self.lost(&format!("the router closed the connection: {why}")),
                Event::Line(Heard::Sent) => {}
                Event::Given => self.outlets.iter().for_each(|(name, outlet)| self.station.counted(*name, outlet.source.networks())),
                Event::Time if self.silent => self.lost("it said nothing"),
                Event::Time => self.station.timeout(now),
            }
        }
        self.end().await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if let Some(giving) = &mut self.giving
            && giving.as_mut().poll(cx).is_ready()
        {
            self.giving = None;
            return Poll::Ready(Event::Given);
        }
        if let Some(line) = &mut self.line
            && let Poll::Ready(heard) = line.poll(cx, self.giving.is_none())
        {
            return Poll::Ready(Event::Line(heard));
        }
        if !self.silent {
            let Some(at) = self.station.timer() else { return Poll::Pending };
            self.deadline.set(at);
        }
        self.deadline.poll_passed(cx).map(|()| Event::Time)
    }

    /// The connection is over.
    fn lost(&mut self, why: &str) {
        (self.line, self.silent) = (None, false);
        self.station.closed(self.one.all.host.now());
        self.one.tell(|pop, keep| CollectorStep::StationDown { pop, router: keep(&self.router.to_string()), why: keep(why) });
        for (name, outlet) in &self.outlets {
            outlet.becomes(if self.station.is_kept(*name) { "kept" } else { "lost" }, why);
        }
        why.clone_into(&mut self.why);
    }

    /// Does what the station wants.
    fn obey(&mut self) {
        while let Some(output) = self.station.poll() {
            match output {
                Output::Presented { name, description } => self.one.tell(|pop, keep| CollectorStep::StationUp {
                    pop,
                    router: keep(&self.router.to_string()),
                    name: keep(&name),
                    description: keep(&description),
                }),
                Output::PeerUp(name, rib) => {
                    let source = self.called(name);
                    if let Some(outlet) = self.outlet(name) {
                        outlet.becomes("loading", rib.word());
                    }
                    self.one.tell(|pop, keep| CollectorStep::PeerUp { pop, source: keep(&source), rib: rib.word() });
                }
                Output::PeerDown(name, why) => {
                    let (source, kept) = (self.called(name), self.station.is_kept(name));
                    if let Some(outlet) = self.outlet(name) {
                        outlet.becomes(if kept { "kept" } else { "lost" }, &why);
                    }
                    self.one.tell(|pop, keep| CollectorStep::PeerDown { pop, source: keep(&source), why: keep(&why) });
                }
                Output::Forgotten(name) => drop(self.outlets.remove(&name)),
                Output::Damaged(name, what) => {
                    let source = self.called(name);
                    self.damaged.count(self.one, &source, &what);
                }
                Output::Beyond(name) => {
                    let (source, most) = (self.called(name), self.one.wanted.most as u64);
                    self.one.tell(|pop, keep| CollectorStep::NetworksBeyond { pop, source: keep(&source), most });
                }
                Output::Close(why) => self.lost(&why),
            }
        }
    }

    fn called(&self, name: PeerName) -> String {
        format!("bmp {} {name}", self.router)
    }

    /// A peer's way into the queue; `None` where there are too many.
    fn outlet(&mut self, name: PeerName) -> Option<Rc<Outlet>> {
        if !self.outlets.contains_key(&name) {
            let outlet = Outlet::new(&self.one.all, &self.one.wanted.pop, &self.called(name))?;
            self.outlets.insert(name, outlet);
        }
        self.outlets.get(&name).cloned()
    }

    /// Begins to hand on what the tables have become, unless that is still going on.
    fn hand_on(&mut self) {
        if self.giving.is_some() {
            return;
        }
        let deliveries: Vec<(PeerName, Delivery)> = std::iter::from_fn(|| self.station.delivery()).collect();
        let ways: Vec<_> = deliveries.into_iter().filter_map(|(name, delivery)| Some((self.outlet(name)?, delivery))).collect();
        if !ways.is_empty() {
            let why = self.why.clone();
            self.giving = Some(Box::pin(async move {
                for (outlet, delivery) in ways {
                    outlet.give(delivery, &why).await;
                }
            }));
        }
        self.obey();
    }

    /// It is not collected any more: its tables go.
    async fn end(mut self) {
        self.station.stop();
        self.why = "it is not collected any more".to_string();
        while self.giving.is_some() || !self.station.is_over() {
            if let Some(giving) = self.giving.take() {
                giving.await;
            }
            self.hand_on();
        }
    }
}
