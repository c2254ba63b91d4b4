//! One router that tells of its peers by BMP (RFC 7854), as a station hears it, without I/O.
//!
//! A router may tell of several tables. Where it tells of its own (RFC 9069), that is taken, and no other: it is what the router goes by.
//! Else each peer's table counts, behind the policy where the router tells that, before it where it does not. What it sends on to others
//! (RFC 8671) is never taken.
//!
//! Whoever drives it tells what happens ([`Station::connected`], [`Station::received`], …), and after each call does what [`Station::poll`]
//! wants until it wants nothing, hands on what [`Station::delivery`] gives, and calls [`Station::timeout`] at [`Station::timer`].

use super::paths::Paths;
use super::update::{self, Told};
use super::{Delivery, Intake};
use crate::time::{Duration, Instant};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::mem;
use core::net::IpAddr;
use wire::bgp::{self, Family};
use wire::bmp::{Framer, Information, MESSAGE_BYTES, Message, Peer, PeerKind, PeerUp};

/// Peers of one router; of what is beyond, nothing is taken.
const MOST_PEERS: usize = 256;

/// A peer, as long as the router has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerName {
    /// `None`: it is the router's own table.
    address: Option<IpAddr>,
    distinguisher: u64,
}

impl PeerName {
    fn of(peer: &Peer) -> PeerName {
        PeerName { address: (peer.kind != PeerKind::OwnTable).then_some(peer.address), distinguisher: peer.distinguisher }
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{address}")?,
            None => f.write_str("loc-rib")?,
        }
        // RFC 4364 §4.2: what tells parts of the router apart.
        if self.distinguisher == 0 { Ok(()) } else { write!(f, " rd {:x}", self.distinguisher) }
    }
}

/// Which table of a peer, the least wanted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rib {
    /// What the peer sent.
    PrePolicy,
    /// What the router made of it.
    PostPolicy,
    /// What the router goes by.
    LocRib,
}

impl Rib {
    fn of(peer: &Peer) -> Rib {
        match (peer.kind, peer.post_policy) {
            (PeerKind::OwnTable, _) => Rib::LocRib,
            (_, true) => Rib::PostPolicy,
            (_, false) => Rib::PrePolicy,
        }
    }

    /// The word in logs.
    pub const fn word(self) -> &'static str {
        match self {
            Rib::PrePolicy => "pre-policy",
            Rib::PostPolicy => "post-policy",
            Rib::LocRib => "loc-rib",
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The router has presented itself.
    Presented {
        /// What it calls itself.
        name: String,
        /// What it says it is.
        description: String,
    },
    /// A peer is up, or another of its tables is taken from now on.
    PeerUp(PeerName, Rib),
    /// A peer is down: why.
    PeerDown(PeerName, String),
    /// Nothing is known of a peer any more.
    Forgotten(PeerName),
    /// A message had mistakes that cost only itself.
    Damaged(PeerName, String),
    /// The router has more networks than are taken of it, or more peers.
    Beyond(PeerName),
    /// Close the connection: why.
    Close(String),
}

/// One router.
#[derive(Debug)]
pub struct Station {
    most: usize,
    keep: Duration,
    framer: Framer,
    connected: bool,
    peers: BTreeMap<PeerName, Monitored>,
    out: VecDeque<Output>,
}

#[derive(Debug)]
struct Monitored {
    rib: Rib,
    up: bool,
    agreed: bgp::Agreed,
    /// Families that it will tell the whole of, IPv4 and IPv6; and those it has.
    awaited: [bool; 2],
    ended: [bool; 2],
    intake: Intake,
    /// Where the router tells several paths to a network.
    paths: Paths,
    /// Networks in its table, as whoever holds it counts them.
    networks: u64,
    /// That it has too many was told.
    beyond: bool,
}

impl Station {
    /// A router that has not connected: so many networks are taken of all its peers together.
    pub fn new(most: usize, keep: Duration) -> Station {
        Station { most, keep, framer: Framer::new(MESSAGE_BYTES), connected: false, peers: BTreeMap::new(), out: VecDeque::new() }
    }

    /// It has connected, once more perhaps.
    pub fn connected(&mut self, now: Instant) {
        self.lost(now);
        self.framer = Framer::new(MESSAGE_BYTES);
        self.connected = true;
    }

    /// Its connection has ended.
    pub fn closed(&mut self, now: Instant) {
        self.lost(now);
    }

    /// It is not wanted any more.
    pub fn stop(&mut self) {
        self.connected = false;
        self.peers.values_mut().for_each(|peer| (peer.up, ()) = (false, peer.intake.end()));
    }

    /// Whether there is nothing to wait for: no connection, and no table that is held.
    pub fn is_over(&self) -> bool {
        !self.connected && self.peers.is_empty()
    }

    /// Bytes that came.
    pub fn received(&mut self, bytes: &[u8], now: Instant) {
        let mut framer = mem::replace(&mut self.framer, Framer::new(MESSAGE_BYTES));
        framer.push(bytes);
        while self.connected {
            match framer.message() {
                Ok(Some(message)) => self.message(message, now),
                Ok(None) => break,
                Err(fault) => {
                    self.out.push_back(Output::Close(format!("it sent {fault}")));
                    self.lost(now);
                }
            }
        }
        self.framer = framer;
        // From a router that never stops telling, whoever drives us hears of nothing else.
        self.timeout(now);
    }

    /// What is to be done next.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// What becomes of a peer's table. When there is nothing more, peers of which nothing is left are forgotten.
    pub fn delivery(&mut self) -> Option<(PeerName, Delivery)> {
        let next = self.peers.iter_mut().find_map(|(name, peer)| Some((*name, peer.intake.poll(true)?)));
        if next.is_none() {
            let out = &mut self.out;
            self.peers.retain(|name, peer| {
                let stays = peer.up || peer.intake.is_held();
                if !stays {
                    out.push_back(Output::Forgotten(*name));
                }
                stays
            });
        }
        next
    }

    /// Whether a peer's table outlives it.
    pub fn is_kept(&self, name: PeerName) -> bool {
        self.peers.get(&name).is_some_and(|peer| peer.intake.is_kept())
    }

    /// Whoever holds the tables has so many networks of this peer.
    pub fn counted(&mut self, name: PeerName, networks: u64) {
        if let Some(peer) = self.peers.get_mut(&name) {
            peer.networks = networks;
        }
    }

    /// When [`Station::timeout`] is to be called.
    pub fn timer(&self) -> Option<Instant> {
        self.peers.values().filter_map(|peer| Some(peer.intake.timer()?.0)).min()
    }

    /// A time has come; too early does nothing.
    pub fn timeout(&mut self, now: Instant) {
        self.peers.values_mut().for_each(|peer| peer.intake.timeout(now));
    }

    fn lost(&mut self, now: Instant) {
        self.connected = false;
        for peer in self.peers.values_mut().filter(|peer| peer.up) {
            peer.up = false;
            peer.intake.down(now);
        }
    }

    fn message(&mut self, message: Message<'_>, now: Instant) {
        match message {
            Message::Monitoring { peer, update } => self.monitored(&peer, update, now),
            Message::PeerUp(up) => self.up(&up, now),
            Message::PeerDown { peer, reason } => {
                let name = PeerName::of(&peer);
                if let Some(monitored) = self.peers.get_mut(&name).filter(|monitored| monitored.up && !peer.outgoing) {
                    monitored.up = false;
                    monitored.intake.down(now);
                    self.out.push_back(Output::PeerDown(name, reason.to_string()));
                }
            }
            Message::Initiation(told) => {
                let text = |kind| told.text(kind).map(clean).unwrap_or_default();
                self.out.push_back(Output::Presented { name: text(Information::NAME), description: text(Information::DESCRIPTION) });
            }
            Message::Termination(told) => {
                let reason = told.reason().unwrap_or("without a reason");
                self.out.push_back(Output::Close(format!("the router ended it: {reason}")));
                self.lost(now);
            }
            Message::Statistics { .. } | Message::Mirroring(_) | Message::Unknown(_) => {}
        }
    }

    fn up(&mut self, up: &PeerUp<'_>, now: Instant) {
        let (peer, name) = (&up.peer, PeerName::of(&up.peer));
        if peer.outgoing || matches!(peer.kind, PeerKind::Other(_)) {
            return;
        }
        let rib = Rib::of(peer);
        if rib == Rib::LocRib {
            self.own_table();
        } else if self.has_own_table() {
            return;
        }
        if !self.peers.contains_key(&name) && self.peers.len() >= MOST_PEERS {
            return self.out.push_back(Output::Beyond(name));
        }
        let both = |family| [&up.sent, &up.received].iter().all(|open| open.as_ref().is_ok_and(|open| open.has(family)));
        self.begin(name, rib, up.agreed(), [both(Family::IPV4), both(Family::IPV6)], now);
    }

    /// A table of a peer will be told.
    fn begin(&mut self, name: PeerName, rib: Rib, agreed: bgp::Agreed, awaited: [bool; 2], now: Instant) {
        let left = self.left(name);
        let monitored = self.peers.entry(name).or_insert_with(|| Monitored {
            rib,
            up: false,
            agreed,
            awaited,
            ended: [false; 2],
            intake: Intake::new(left, self.keep),
            paths: Paths::new(left),
            networks: 0,
            beyond: false,
        });
        (monitored.agreed, monitored.awaited) = (agreed, awaited);
        // A router may say it once for each table of a peer.
        if !mem::replace(&mut monitored.up, true) {
            monitored.begin(rib, left, now);
            self.out.push_back(Output::PeerUp(name, rib));
        }
    }

    fn monitored(&mut self, peer: &Peer, bytes: &[u8], now: Instant) {
        let (name, rib) = (PeerName::of(peer), Rib::of(peer));
        if peer.outgoing || rib != Rib::LocRib && self.has_own_table() {
            return;
        }
        if rib == Rib::LocRib && !self.has_own_table() {
            // RFC 9069 §4.4 wants it announced; GoBGP 3 does not.
            self.own_table();
            self.begin(name, rib, bgp::Agreed::default(), [true; 2], now);
        }
        let left = self.left(name);
        let Some(monitored) = self.peers.get_mut(&name).filter(|monitored| monitored.up) else {
            return self.out.push_back(Output::Damaged(name, "routes of a peer that is not up, which are passed over".to_string()));
        };
        if rib < monitored.rib {
            return;
        }
        if rib > monitored.rib {
            monitored.begin(rib, left, now);
            self.out.push_back(Output::PeerUp(name, rib));
        }
        match bgp::Message::read(bytes, &peer.agreed(monitored.agreed)) {
            Ok(bgp::Message::Update(update)) => {
                let damaged = monitored.take(&update, left, now);
                self.out.extend(damaged.map(|damaged| Output::Damaged(name, damaged)));
                let too_many = monitored.intake.beyond() > 0 || monitored.paths.beyond() || left == 0;
                if too_many && !mem::replace(&mut monitored.beyond, true) {
                    self.out.push_back(Output::Beyond(name));
                }
            }
            Ok(other) => self.out.push_back(Output::Damaged(name, format!("{} in place of an UPDATE: it is passed over", other.name()))),
            Err(fault) => self.out.push_back(Output::Damaged(name, format!("{}: the message is passed over", fault.flaw))),
        }
    }

    /// The router tells its own table: nothing else counts.
    fn own_table(&mut self) {
        for (_, peer) in self.peers.iter_mut().filter(|(name, _)| name.address.is_some()) {
            peer.up = false;
            peer.intake.end();
        }
    }

    fn has_own_table(&self) -> bool {
        self.peers.iter().any(|(name, peer)| name.address.is_none() && peer.up)
    }

    /// How many networks may still be taken of a peer.
    fn left(&self, name: PeerName) -> usize {
        let others: u64 = self.peers.iter().filter(|(other, _)| **other != name).map(|(_, peer)| peer.networks).sum();
        self.most.saturating_sub(usize::try_from(others).unwrap_or(usize::MAX))
    }
}

impl Monitored {
    /// Its whole table will be told.
    fn begin(&mut self, rib: Rib, most: usize, now: Instant) {
        (self.rib, self.ended, self.beyond) = (rib, [false; 2], false);
        self.paths = Paths::new(most);
        self.intake.bound(most);
        self.intake.up(now);
    }

    fn take(&mut self, update: &bgp::Update<'_>, left: usize, now: Instant) -> Option<String> {
        // With more than may be taken, only what makes it fewer is heeded.
        let full = !self.intake.is_loading() && self.networks >= left as u64;
        let several = self.agreed.paths_v4 || self.agreed.paths_v6;
        let (intake, paths) = (&mut self.intake, &mut self.paths);
        // What the router has made of the peer's word counts, its preference first of all.
        let Told { damaged, end } = update::tell(update, true, &mut |prefix, route| {
            let route = if several { paths.say(&prefix, route) } else { route };
            if !full || route.is_none() {
                intake.take(prefix.network, route, now);
            }
        });
        if let Some(family) = end {
            self.ended[usize::from(family == Family::IPV6)] = true;
            if self.ended.iter().zip(self.awaited).all(|(ended, awaited)| *ended >= awaited) {
                self.intake.whole(now);
            }
        }
        damaged
    }
}

/// A text of a router's, without what a terminal would obey, and not for ever.
fn clean(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(255).collect()
}

#[cfg(test)]
mod tests;
