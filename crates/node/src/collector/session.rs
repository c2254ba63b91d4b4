//! BGP sessions: connections for `decide::collect::session`.

use super::door::Guest;
use super::line::{Heard, Line, words};
use super::outlet::Outlet;
use super::{One, give_way};
use crate::signal::Listening;
use decide::collect::session::{Output, Session, Terms};
use decide::config::BgpSession;
use decide::step::CollectorStep;
use decide::time::{Duration, Instant};
use host::{Connecting, Deadline, Endpoint, Stream};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use wire::network::Network;

/// That messages are damaged is told once in so long.
const TOLD_EVERY: Duration = Duration::from_secs(60);
/// What a router is told at the end goes out within this time, or not at all.
const FAREWELL: Duration = Duration::from_secs(2);

/// Deliveries on their way into the queue.
type Giving = Pin<Box<dyn Future<Output = ()>>>;

/// One session, at work.
struct Work<'a> {
    one: &'a One,
    bgp: &'a BgpSession,
    session: Session,
    outlet: Rc<Outlet>,
    guest: Option<Rc<Guest>>,
    connecting: Option<Connecting>,
    line: Option<Line>,
    /// An earlier connection that is still to be told that it is over.
    leaving: Option<(Line, Instant)>,
    giving: Option<Giving>,
    deadline: Deadline,
    damaged: Damaged,
    /// Why the session is not established.
    why: String,
}

/// Messages with mistakes that were not told of yet.
#[derive(Default)]
pub(super) struct Damaged {
    messages: u64,
    told: Option<Instant>,
}

impl Damaged {
    /// One more.
    pub(super) fn count(&mut self, one: &One, source: &str, what: &str) {
        let now = one.all.host.now();
        self.messages += 1;
        if self.told.is_some_and(|told| now.since(told) < TOLD_EVERY) {
            return;
        }
        let messages = std::mem::take(&mut self.messages);
        self.told = Some(now);
        one.tell(|pop, keep| CollectorStep::UpdatesDamaged { pop, source: keep(source), messages, why: keep(what) });
    }
}

/// What is next.
enum Event {
    End,
    Arrived,
    Connected(io::Result<Stream>),
    Line(Heard),
    Left,
    Given,
    Time,
}

/// Collects until it is to end.
pub(super) async fn collect(one: &One, bgp: &BgpSession) {
    let host = &one.all.host;
    let Some(outlet) = Outlet::new(&one.all, &one.wanted.pop, &one.wanted.name()) else {
        one.becomes("refused", Some("there are too many sources of routing tables"));
        one.end.after(0).await;
        return;
    };
    let terms = Terms {
        passive: bgp.listen.is_some(),
        local_as: bgp.local_as,
        router_as: bgp.router_as,
        identifier: bgp.identifier,
        hold: bgp.hold_time,
        most: one.wanted.most,
        keep: one.wanted.keep,
    };
    outlet.becomes("lost", "no session yet");
    let router = bgp.router.ip();
    let guest = bgp.listen.map(|at| one.all.wait_at(at, vec![Network::of(router, 128)]));
    let session = Session::new(terms, host.now());
    let (deadline, why) = (host.deadline(), String::new());
    let (connecting, line, leaving, giving, damaged) = (None, None, None, None, Damaged::default());
    Work { one, bgp, session, outlet, guest, connecting, line, leaving, giving, deadline, damaged, why }.run().await;
}

impl Work<'_> {
    async fn run(mut self) {
        let mut end = Listening::to(&*self.one.end, 0);
        let came = self.guest.as_ref().map(|guest| guest.came.clone());
        let mut came = came.as_deref().map(|came| Listening::to(came, 0));
        loop {
            self.obey();
            self.hand_on();
            self.show();
            let event = poll_fn(|cx| {
                if end.poll(cx).is_ready() {
                    return Poll::Ready(Event::End);
                }
                if came.as_mut().is_some_and(|came| came.poll(cx).is_ready()) {
                    return Poll::Ready(Event::Arrived);
                }
                self.poll(cx)
            })
            .await;
            let now = self.one.all.host.now();
            let mut random = self.one.all.host.rng();
            match event {
                Event::End => break,
                Event::Arrived => self.arrived(now),
                Event::Connected(Ok(stream)) => {
                    self.line = Some(Line::new(stream));
                    self.session.connected(now);
                }
                Event::Connected(Err(error)) => self.session.failed(&words(&error), now, &mut random),
                Event::Line(Heard::Bytes(length)) => {
                    if let Some(line) = &self.line {
                        self.session.received(line.bytes(length), now, &mut random);
                    }
                    give_way().await;
                }
                Event::Line(Heard::Ended(why)) => {
                    self.line = None;
                    self.session.closed(&why, now, &mut random);
                }
                Event::Line(Heard::Sent) => self.line = None,
                Event::Left => self.leaving = None,
                Event::Given => self.session.counted(self.outlet.source.networks(), now, &mut random),
                Event::Time => self.session.timeout(self.giving.is_none(), now, &mut random),
            }
        }
        self.end().await;
    }

    /// The first of what can happen. What came is read before a time passes: silence that was not silence ends nothing.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if let Some(giving) = &mut self.giving
            && giving.as_mut().poll(cx).is_ready()
        {
            self.giving = None;
            return Poll::Ready(Event::Given);
        }
        if let Some(connecting) = &mut self.connecting
            && let Poll::Ready(connected) = connecting.as_mut().poll(cx)
        {
            self.connecting = None;
            return Poll::Ready(Event::Connected(connected));
        }
        if let Some(line) = &mut self.line
            && let Poll::Ready(heard) = line.poll(cx, self.giving.is_none())
        {
            return Poll::Ready(Event::Line(heard));
        }
        let now = self.one.all.host.now();
        if let Some((line, until)) = &mut self.leaving
            && (line.poll(cx, false).is_ready() || *until <= now)
        {
            return Poll::Ready(Event::Left);
        }
        let timer = self.session.timer().map(|(at, _)| at);
        match timer.into_iter().chain(self.leaving.as_ref().map(|(_, until)| *until)).min() {
            Some(at) => {
                self.deadline.set(at);
                self.deadline.poll_passed(cx).map(|()| Event::Time)
            }
            None => Poll::Pending,
        }
    }

    /// A connection came in, or the door has news.
    fn arrived(&mut self, now: Instant) {
        let Some(guest) = self.guest.clone() else { return };
        if let Some(trouble) = guest.trouble() {
            self.why = trouble;
        } else if self.session.state() == "Active" {
            self.why = String::from("the router has not connected");
        }
        let Some((_, stream)) = guest.take() else { return };
        let mut line = Line::new(stream);
        if self.session.another() {
            // What the old connection is told, before the new one takes its place.
            self.obey();
            self.line = Some(line);
            self.session.connected(now);
        } else {
            line.send(&Session::collision());
            line.close();
            self.leaving = Some((line, now + FAREWELL));
        }
    }

    /// Does what the session wants.
    fn obey(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Connect => self.connecting = Some(self.one.all.host.connect(&Endpoint::Ip(self.bgp.router))),
                Output::GiveUp => self.connecting = None,
                Output::Send(bytes) => {
                    if let Some(line) = self.line.as_mut().filter(|line| !line.is_closing()) {
                        line.send(&bytes);
                    }
                }
                Output::Close => {
                    if let Some(mut line) = self.line.take() {
                        line.close();
                        self.leaving = Some((line, self.one.all.host.now() + FAREWELL));
                    }
                }
                Output::Up(up) => {
                    self.why.clear();
                    self.outlet.becomes("loading", "");
                    self.one.tell(|pop, keep| CollectorStep::SessionUp {
                        pop,
                        router: keep(&self.bgp.router.to_string()),
                        identifier: keep(&up.identifier.to_string()),
                        families: keep(up.families),
                        hold: up.hold,
                        took: up.took,
                    });
                }
                Output::Down(down) => {
                    let (established, wait) = (down.established, down.wait);
                    // Before it is told: who is told finds it in what is shown.
                    self.outlet.becomes(if self.session.intake().is_held() { "kept" } else { "lost" }, &down.why);
                    self.one.tell(|pop, keep| CollectorStep::SessionDown {
                        pop,
                        router: keep(&self.bgp.router.to_string()),
                        why: keep(&down.why),
                        established,
                        wait,
                    });
                    self.why = down.why;
                }
                Output::Damaged(what) => self.damaged.count(self.one, &self.outlet.source.name, &what),
            }
        }
    }

    /// Begins to hand on what the table has become, unless that is still going on.
    fn hand_on(&mut self) {
        if self.giving.is_some() {
            return;
        }
        let deliveries: Vec<_> = std::iter::from_fn(|| self.session.delivery(true)).collect();
        if !deliveries.is_empty() {
            let (outlet, why) = (self.outlet.clone(), self.why.clone());
            self.giving = Some(Box::pin(async move {
                for delivery in deliveries {
                    outlet.give(delivery, &why).await;
                }
            }));
        }
    }

    fn show(&self) {
        self.one.becomes(self.session.state(), Some(&self.why));
    }

    /// It is over: the router is told, and the table goes.
    async fn end(mut self) {
        self.session.stop();
        self.obey();
        if let Some(giving) = self.giving.take() {
            giving.await;
        }
        self.why = "it is not collected any more".to_string();
        self.hand_on();
        if let Some(giving) = self.giving.take() {
            giving.await;
        }
        let host = &self.one.all.host;
        if let Some((mut line, until)) = self.leaving.take() {
            let mut deadline = host.deadline();
            deadline.set(until);
            poll_fn(|cx| if line.poll(cx, false).is_ready() { Poll::Ready(()) } else { deadline.poll_passed(cx) }).await;
        }
    }
}
