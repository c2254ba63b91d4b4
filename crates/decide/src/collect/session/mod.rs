//! One BGP session with a router, which tells us its table and is told nothing (RFC 4271 §8), without I/O.
//!
//! Whoever drives it tells what happens on the connection ([`Session::connected`], [`Session::received`], …), and after each call does what
//! [`Session::poll`] wants until it wants nothing, hands on what [`Session::delivery`] gives, and calls [`Session::timeout`] at
//! [`Session::timer`].

mod ending;
mod opening;
mod state;

use super::update::{self, Told};
use super::{Backoff, Delivery, Intake, IntakeTimer};
use crate::random::Random;
use crate::time::{Duration, Instant};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::net::Ipv4Addr;
use ending::Ending;
use state::{Agreed, State};
use wire::bgp::{Framer, Message, Open, Update, write_keepalive};

/// A connection is tried for so long.
const CONNECT: Duration = Duration::from_secs(30);
/// The first word of a router is waited for so long: RFC 4271 §8.2.2 proposes a large hold time of four minutes.
const FIRST_WORD: Duration = Duration::from_secs(240);

/// What we want of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The router connects; else we do.
    pub passive: bool,
    /// Our autonomous system.
    pub local_as: u32,
    /// The router's.
    pub router_as: u32,
    /// Our identifier.
    pub identifier: Ipv4Addr,
    /// What we propose: 0, or 3 seconds and more.
    pub hold: Duration,
    /// Networks that are taken; with more, the session ends.
    pub most: usize,
    /// How long its table outlives it.
    pub keep: Duration,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Connect to the router; if a connection is being tried, give it up first.
    Connect,
    /// Give up the connection that is being tried.
    GiveUp,
    /// Send this.
    Send(Vec<u8>),
    /// Close the connection, once what was to be sent is out.
    Close,
    /// It is established.
    Up(Up),
    /// It is over, or did not come about.
    Down(Down),
    /// A message had mistakes that the session outlives: what, and what was done.
    Damaged(String),
}

/// An established session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Up {
    /// The router's identifier.
    pub identifier: Ipv4Addr,
    /// What it will tell.
    pub families: &'static str,
    /// The hold time agreed on; zero: none.
    pub hold: Duration,
    /// Since the connection.
    pub took: Duration,
}

/// The end of a session, or of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    /// Why, and who ended it.
    pub why: String,
    /// It had been established.
    pub established: bool,
    /// Until it is tried again; zero where the router is waited for.
    pub wait: Duration,
}

/// What a session waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The next attempt.
    Retry,
    /// The connection is tried no longer.
    Connect,
    /// The router has been silent for too long.
    Hold,
    /// A sign of life is due.
    Keepalive,
    /// About its table.
    Table(IntakeTimer),
}

/// One session.
#[derive(Debug)]
pub struct Session {
    terms: Terms,
    state: State,
    backoff: Backoff,
    intake: Intake,
    framer: Framer,
    out: VecDeque<Output>,
}

impl Session {
    /// It begins at once: the first thing it wants is a connection, where it is not the router that brings one.
    pub fn new(terms: Terms, now: Instant) -> Session {
        let intake = Intake::new(terms.most, terms.keep);
        let mut session =
            Session { terms, state: State::Active, backoff: Backoff::default(), intake, framer: Framer::default(), out: VecDeque::new() };
        session.state = session.begin(now);
        session
    }

    /// What is to be done next.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// What becomes of the table; `all`: changes too that are still few.
    pub fn delivery(&mut self, all: bool) -> Option<Delivery> {
        self.intake.poll(all)
    }

    /// The table.
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// Its state, as RFC 4271 §8.2.2 calls it.
    pub fn state(&self) -> &'static str {
        self.state.name()
    }

    /// Whether the router has been told who we are, and may speak.
    pub fn has_connection(&self) -> bool {
        matches!(self.state, State::OpenSent { .. } | State::OpenConfirm { .. } | State::Established { .. })
    }

    /// There is a connection with the router.
    pub fn connected(&mut self, now: Instant) {
        if matches!(self.state, State::Connect { .. } | State::Active) {
            self.framer = Framer::default();
            self.out.push_back(Output::Send(opening::written(&self.terms)));
            self.state = State::OpenSent { began: now, hold: now + FIRST_WORD };
        }
    }

    /// The connection could not be had.
    pub fn failed(&mut self, why: &str, now: Instant, random: &mut dyn Random) {
        if matches!(self.state, State::Connect { .. }) {
            self.over(format!("it cannot be reached: {why}"), now, random);
        }
    }

    /// The connection has ended.
    pub fn closed(&mut self, why: &str, now: Instant, random: &mut dyn Random) {
        if self.has_connection() {
            self.over(format!("the router closed the connection: {why}"), now, random);
        }
    }

    /// The router connects once more, while a connection is there. Whether the new one takes the place of the old, which is then to be
    /// closed; [`Session::connected`] follows. If not, [`Session::collision`] says what to send before the new one is closed.
    pub fn another(&mut self) -> bool {
        match self.state {
            // RFC 4271 §6.8: an established session is not given up for a connection that knocks; if it is dead, its hold time tells.
            State::Established { .. } => false,
            // Both were opened by the router, so that no identifiers can choose; it would not open a second if the first were good to it.
            State::OpenSent { .. } | State::OpenConfirm { .. } => {
                self.out.push_back(Output::Send(Session::collision()));
                self.out.push_back(Output::Close);
                self.state = State::Active;
                true
            }
            State::Active => true,
            State::Idle { .. } | State::Connect { .. } => false,
        }
    }

    /// What a connection that is not wanted is told.
    pub fn collision() -> Vec<u8> {
        ending::cease(7)
    }

    /// What a router is told that no session waits for.
    pub fn rejected() -> Vec<u8> {
        ending::cease(5)
    }

    /// Bytes that came.
    pub fn received(&mut self, bytes: &[u8], now: Instant, random: &mut dyn Random) {
        let mut framer = mem::take(&mut self.framer);
        framer.push(bytes);
        while self.has_connection() {
            match framer.message(&self.state.wire()) {
                Ok(None) => break,
                Ok(Some(message)) => self.message(message, now, random),
                Err(fault) => self.end(&Ending::fault(&fault), now, random),
            }
        }
        self.framer = framer;
        // From a router that never stops telling, whoever drives us hears of nothing else: what is due is done all the same.
        self.intake.timeout(now);
        if self.state.timer().is_some_and(|(at, timer)| timer == Timer::Keepalive && at <= now) {
            self.timeout(false, now, random);
        }
    }

    /// Whoever holds the tables has so many networks of this one: with more than are taken, the session ends (RFC 4486 §4, 6/1).
    pub fn counted(&mut self, networks: u64, now: Instant, random: &mut dyn Random) {
        if matches!(self.state, State::Established { .. }) && networks > self.terms.most as u64 {
            self.end(&Ending::too_many(self.terms.most), now, random);
        }
    }

    /// It is not wanted any more: says so, and closes.
    pub fn stop(&mut self) {
        if self.has_connection() {
            self.out.push_back(Output::Send(ending::cease(2)));
            self.out.push_back(Output::Close);
        }
        self.state = State::Active;
        self.intake.end();
    }

    /// When [`Session::timeout`] is to be called, and why.
    pub fn timer(&self) -> Option<(Instant, Timer)> {
        let table = self.intake.timer().map(|(at, timer)| (at, Timer::Table(timer)));
        self.state.timer().into_iter().chain(table).min()
    }

    /// A time has come; too early does nothing. `silent`: nothing has come that was not given to [`Session::received`]; else silence is not
    /// held against the router.
    pub fn timeout(&mut self, silent: bool, now: Instant, random: &mut dyn Random) {
        self.intake.timeout(now);
        let Some((at, timer)) = self.state.timer() else { return };
        if at > now {
            return;
        }
        match timer {
            Timer::Retry => self.state = self.begin(now),
            Timer::Connect => {
                self.out.push_back(Output::GiveUp);
                self.over(format!("it cannot be reached: no answer within {} s", CONNECT.as_secs()), now, random);
            }
            // Only of an established session is anything left unread.
            Timer::Hold if !silent && matches!(self.state, State::Established { .. }) => self.state.heard(now),
            Timer::Hold => self.end(&Ending::silence(), now, random),
            Timer::Keepalive => {
                self.out.push_back(Output::Send(keepalive()));
                self.state.told(now, random);
            }
            Timer::Table(_) => {}
        }
    }

    fn begin(&mut self, now: Instant) -> State {
        if self.terms.passive {
            return State::Active;
        }
        self.out.push_back(Output::Connect);
        State::Connect { until: now + CONNECT }
    }

    fn message(&mut self, message: Message<'_>, now: Instant, random: &mut dyn Random) {
        // Whatever it says shows that it is there.
        self.state.heard(now);
        match (mem::replace(&mut self.state, State::Active), message) {
            (state, Message::Notification(notification)) => {
                self.state = state;
                self.over(format!("the router ended it: {notification}"), now, random);
            }
            (State::OpenSent { began, .. }, Message::Open(theirs)) => self.opened(began, &theirs, now, random),
            (State::OpenConfirm { agreed }, Message::Keepalive) => self.established(agreed, now),
            (State::Established { agreed, since }, Message::Update(update)) => {
                self.state = State::Established { agreed, since };
                self.update(&update, now, random);
            }
            // A router may ask for what we never tell: there is nothing to send (RFC 2918 §4).
            (state @ State::Established { .. }, Message::Keepalive | Message::RouteRefresh { .. }) => self.state = state,
            (state, message) => {
                let ending = Ending::unexpected(state.name(), message.name());
                self.state = state;
                self.end(&ending, now, random);
            }
        }
    }

    /// The router has said who it is.
    fn opened(&mut self, began: Instant, theirs: &Open, now: Instant, random: &mut dyn Random) {
        match opening::agree(&self.terms, theirs, began) {
            Ok(mut agreed) => {
                self.out.push_back(Output::Send(keepalive()));
                agreed.start(now, random);
                self.state = State::OpenConfirm { agreed };
            }
            Err(ending) => {
                self.state = State::OpenSent { began, hold: now };
                self.end(&ending, now, random);
            }
        }
    }

    fn established(&mut self, agreed: Agreed, now: Instant) {
        self.out.push_back(Output::Up(Up {
            identifier: agreed.identifier,
            families: agreed.families.words(),
            hold: agreed.hold,
            took: now.since(agreed.began),
        }));
        self.intake.up(now);
        self.state = State::Established { agreed, since: now };
    }

    fn update(&mut self, update: &Update<'_>, now: Instant, random: &mut dyn Random) {
        let State::Established { agreed, .. } = &mut self.state else { return };
        let internal = self.terms.local_as == self.terms.router_as;
        let Told { damaged, end } = update::tell(update, internal, &mut |prefix, route| self.intake.take(prefix.network, route, now));
        self.out.extend(damaged.map(Output::Damaged));
        if let Some(family) = end {
            agreed.ended = agreed.ended.with(family);
            if agreed.ended.cover(agreed.families) {
                self.intake.whole(now);
            }
        }
        if self.intake.beyond() > 0 {
            self.end(&Ending::too_many(self.terms.most), now, random);
        }
    }

    /// We end it: the router is told why.
    fn end(&mut self, ending: &Ending, now: Instant, random: &mut dyn Random) {
        self.out.push_back(Output::Send(ending.bytes()));
        self.over(ending.words(), now, random);
    }

    /// It is over.
    fn over(&mut self, why: String, now: Instant, random: &mut dyn Random) {
        let (established, lasted) = match &self.state {
            State::Established { since, .. } => (true, now.since(*since)),
            _ => (false, Duration::ZERO),
        };
        if self.has_connection() {
            self.out.push_back(Output::Close);
        }
        if established {
            self.intake.down(now);
        }
        let wait = if self.terms.passive { Duration::ZERO } else { self.backoff.failed(lasted, random) };
        self.state = if self.terms.passive { State::Active } else { State::Idle { until: now + wait } };
        self.out.push_back(Output::Down(Down { why, established, wait }));
    }
}

fn keepalive() -> Vec<u8> {
    let mut bytes = Vec::new();
    write_keepalive(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests;
