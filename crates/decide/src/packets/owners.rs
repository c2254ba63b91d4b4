//! Whose a flow is: a connection's, an attempt's that came to nothing, or a question's to a name server.

use super::line::Line;
use super::{Role, Seen};
use crate::step::{DnsStep, Journey, Step, Text};
use crate::time::Instant;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::SocketAddr;
use wire::dns::Message;
use wire::packet::{Packet, Transport};

/// Two ends, and what is between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ends {
    pub(super) tcp: bool,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
}

/// Who a flow belongs to.
#[derive(Debug)]
pub(super) enum Owner {
    /// A connection.
    Line(Line),
    /// An attempt: the step that began it, and the one that ended it.
    Attempt(usize, Option<usize>),
    /// A name server's: the question asked last.
    Question(usize),
}

impl Owner {
    pub(super) fn of(&mut self, journey: &Journey, ends: &Ends, at: Instant, packet: &Packet<'_>, sent: bool, seen: &Seen) -> usize {
        match self {
            Owner::Line(line) => line.owner(at, sent, seen),
            Owner::Attempt(began, ended) => {
                if seen.role == Role::Reset {
                    ended.unwrap_or(*began)
                } else {
                    *began
                }
            }
            Owner::Question(step) => {
                // A socket may carry more questions than one.
                *step = asked(journey, ends, at, packet).unwrap_or(*step);
                *step
            }
        }
    }
}

/// What a journey tells of its ends, in the order in which it does.
pub(super) struct Known<'a> {
    journey: &'a Journey,
    /// Opened connections: step, our end where it is known, theirs.
    opened: Vec<(usize, Option<SocketAddr>, SocketAddr)>,
    /// Attempts that came to nothing: step, when, where to, and the step that says so. Each has one flow.
    attempts: Vec<(usize, Instant, SocketAddr, Option<usize>)>,
}

impl<'a> Known<'a> {
    pub(super) fn of(journey: &'a Journey) -> Known<'a> {
        let (mut opened, mut attempts) = (Vec::new(), Vec::new());
        for (index, (at, step)) in journey.steps().iter().enumerate() {
            match *step {
                Step::ConnectStarted { address, .. } => attempts.extend(address_of(journey, address).map(|to| (index, *at, to, None))),
                Step::ConnectFailed { address, .. } => {
                    let failed = address_of(journey, address);
                    let attempt = attempts.iter_mut().rev().find(|(_, _, to, ended)| Some(*to) == failed && ended.is_none());
                    if let Some((_, _, _, ended)) = attempt {
                        *ended = Some(index);
                    }
                }
                Step::ConnectionOpened { local, remote, .. } => {
                    let Some(remote) = address_of(journey, remote) else { continue };
                    attempts.retain(|(_, _, to, ended)| *to != remote || ended.is_some());
                    opened.push((index, address_of(journey, local), remote));
                }
                _ => {}
            }
        }
        Known { journey, opened, attempts }
    }

    /// The owner of a flow that was not seen before, and which end of its first packet is ours.
    pub(super) fn owner(&mut self, at: Instant, packet: &Packet<'_>) -> Option<(Ends, Owner)> {
        let (from, to) = packet.ports()?;
        let (from, to) = (SocketAddr::new(packet.ip.from, from), SocketAddr::new(packet.ip.to, to));
        let tcp = matches!(packet.transport, Transport::Tcp(_));
        let ways = [Ends { tcp, local: from, remote: to }, Ends { tcp, local: to, remote: from }];
        let known = |ends: &Ends| self.line(ends).map(|line| (*ends, Owner::Line(line)));
        if let Some(found) = ways.iter().filter(|ends| ends.tcp).find_map(known) {
            return Some(found);
        }
        // What is not a connection of ours begins with something that we send.
        let ends = ways[0];
        let attempt = self.attempts.iter().position(|(_, began, to, _)| tcp && *to == ends.remote && *began <= at);
        if let Some(place) = attempt {
            let (began, _, _, ended) = self.attempts.remove(place);
            return Some((ends, Owner::Attempt(began, ended)));
        }
        Some((ends, Owner::Question(asked(self.journey, &ends, at, packet)?)))
    }

    fn line(&self, ends: &Ends) -> Option<Line> {
        let is = |local: &Option<SocketAddr>, remote: &SocketAddr| *remote == ends.remote && *local == Some(ends.local);
        let (opened, _, _) = self.opened.iter().find(|(_, local, remote)| is(local, remote))?;
        Some(Line::of(self.journey, *opened))
    }
}

fn address_of(journey: &Journey, text: Text) -> Option<SocketAddr> {
    core::str::from_utf8(journey.text(text)).ok()?.parse().ok()
}

/// The step that tells of the question in a packet; the last before it, where it was asked more than once. Over TCP, where a packet may
/// hold no question, any that goes to this server.
fn asked(journey: &Journey, ends: &Ends, at: Instant, packet: &Packet<'_>) -> Option<usize> {
    // RFC 1035 §4.2.2: a length stands before the message.
    let message = if ends.tcp { packet.payload.get(2..) } else { Some(packet.payload) };
    let question = message.and_then(|bytes| Message::read(bytes).ok()).and_then(|message| message.question);
    if question.is_none() && !ends.tcp {
        return None;
    }
    let words = question.map(|question| (question.name.to_string(), question.kind.to_string()));
    let over_tcp = ends.tcp;
    let is = |step: &Step| match *step {
        Step::Dns(DnsStep::AskedNameServer { server, name, kind, over, .. }) => {
            let same = |text: Text, word: &str| journey.text(text).eq_ignore_ascii_case(word.as_bytes());
            (over == "tcp") == over_tcp
                && address_of(journey, server) == Some(ends.remote)
                && words.as_ref().is_none_or(|(asked, of_kind)| same(name, asked) && same(kind, of_kind))
        }
        _ => false,
    };
    let found = || journey.steps().iter().enumerate().filter(|(_, (_, step))| is(step));
    let before = found().rfind(|(_, (when, _))| *when <= at);
    before.or_else(|| found().next()).map(|(index, _)| index)
}
