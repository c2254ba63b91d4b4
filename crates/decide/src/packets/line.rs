//! One connection of a journey, and which of its steps a packet of it belongs to.
//!
//! A capture's times are when somebody came to read it, which is late where the machine is busy. So what can be told by numbers is: the
//! opening by its roles, a handshake by its bytes, an acknowledgement by what it acknowledges, an answer by the request before it.

use super::{Role, Seen};
use crate::step::{Journey, Step};
use crate::time::Instant;
use alloc::vec::Vec;

/// The steps of a connection, by their place in the journey.
#[derive(Debug)]
pub(super) struct Line {
    opened: usize,
    /// Messages of the handshake, by side (the server's, ours), with the byte where each ends.
    messages: [Vec<(usize, u64)>; 2],
    secured: Option<usize>,
    exchanges: Vec<Exchange>,
    /// Of so many a packet of the request was seen.
    asked: usize,
    ended: Option<(usize, Instant)>,
    /// What the last packet of content belonged to, by side.
    last: [Option<usize>; 2],
}

/// A request, and what came of it.
#[derive(Debug)]
struct Exchange {
    asked: (usize, Instant),
    /// The last head of an answer.
    head: Option<(usize, Instant)>,
    body: Option<usize>,
    /// A packet of the answer was seen.
    begun: bool,
}

impl Line {
    /// The connection that the step at `opened` tells of. Until it ends, what is said is said of it.
    pub(super) fn of(journey: &Journey, opened: usize) -> Line {
        let mut line = Line {
            opened,
            messages: [Vec::new(), Vec::new()],
            secured: None,
            exchanges: Vec::new(),
            asked: 0,
            ended: None,
            last: [None; 2],
        };
        for (index, (at, step)) in journey.steps().iter().enumerate().skip(opened + 1) {
            match step {
                Step::TlsMessage { from, size, .. } => {
                    let messages = &mut line.messages[usize::from(*from == "client")];
                    let before = messages.last().map_or(0, |(_, end)| *end);
                    messages.push((index, before + size.0));
                }
                Step::Secured { .. } => line.secured = Some(index),
                Step::RequestSent { .. } => {
                    line.exchanges.push(Exchange { asked: (index, *at), head: None, body: None, begun: false });
                }
                Step::HeadReceived { .. } => line.exchange(|exchange| exchange.head = Some((index, *at))),
                Step::BodyReceived { .. } => line.exchange(|exchange| exchange.body = Some(index)),
                Step::ConnectionEnded { .. } => {
                    line.ended = Some((index, *at));
                    return line;
                }
                Step::ConnectionOpened { .. } => return line,
                _ => {}
            }
        }
        line
    }

    fn exchange(&mut self, change: impl FnOnce(&mut Exchange)) {
        if let Some(exchange) = self.exchanges.last_mut() {
            change(exchange);
        }
    }

    /// The step that a packet belongs to.
    pub(super) fn owner(&mut self, at: Instant, sent: bool, seen: &Seen) -> usize {
        let owner = match seen.role {
            Role::Syn | Role::SynAck | Role::Opened => self.opened,
            Role::Fin | Role::Reset => self.ended.map_or_else(|| self.latest(), |(ended, _)| ended),
            Role::Data => self.content(at, sent, seen),
            // A fragment or something else has no numbers to go by.
            Role::Ack | Role::DuplicateAck | Role::WindowFull | Role::Datagram | Role::Fragment | Role::Other => {
                return self.last[usize::from(!sent)].unwrap_or(self.opened);
            }
            Role::KeepAlive => return self.last[usize::from(sent)].unwrap_or(self.opened),
        };
        self.last[usize::from(sent)] = Some(owner);
        owner
    }

    fn content(&mut self, at: Instant, sent: bool, seen: &Seen) -> usize {
        if let Some(message) = self.message(sent, seen.seq) {
            return message;
        }
        // Packets are in their order, however late: a request comes before its answer, and the first that is left is the next.
        let unsent = self.exchanges.get(self.asked).filter(|exchange| sent && exchange.asked.1 <= at);
        if let Some(exchange) = unsent {
            self.asked += 1;
            return exchange.asked.0;
        }
        if let Some((ended, since)) = self.ended
            && sent
            && at >= since
        {
            return ended;
        }
        let before = self.secured.or(self.last_message()).unwrap_or(self.opened);
        let Some(exchange) = self.asked.checked_sub(1).and_then(|last| self.exchanges.get_mut(last)) else {
            return before;
        };
        if sent {
            return exchange.asked.0;
        }
        let first = !core::mem::replace(&mut exchange.begun, true);
        match (exchange.head, exchange.body) {
            (Some((head, when)), _) if first || at <= when => head,
            (_, Some(body)) => body,
            (Some((head, _)), None) => head,
            (None, None) => exchange.asked.0,
        }
    }

    /// The message of the handshake that a byte is of.
    fn message(&self, sent: bool, seq: u32) -> Option<usize> {
        // The SYN has the number 0; where it was not seen, all have.
        let byte = u64::from(seq.checked_sub(1)?);
        self.messages[usize::from(sent)].iter().find(|(_, end)| byte < *end).map(|(index, _)| *index)
    }

    fn last_message(&self) -> Option<usize> {
        self.messages.iter().filter_map(|side| side.last()).map(|(index, _)| *index).max()
    }

    /// The last step there is.
    fn latest(&self) -> usize {
        let exchange = self.exchanges.last();
        let exchange = exchange.map(|exchange| exchange.body.or(exchange.head.map(|(head, _)| head)).unwrap_or(exchange.asked.0));
        exchange.or(self.secured).or(self.last_message()).unwrap_or(self.opened)
    }
}
