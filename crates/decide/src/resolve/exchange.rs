//! One query and what comes back for it.

use super::context::{Context, listed};
use super::judge::{self, Judged, Verdict};
use super::question::{Asked, Over, QuestionId, Settled, State};
use super::settings::Subnet;
use super::walker::Walker;
use crate::step::{Bytes, DnsStep};
use crate::time::Duration;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use wire::dns::{ClientSubnet, Edns, LARGEST_DATAGRAM, Message, Query, ResponseCode};

/// A server is not waited for shorter than this, however fast it was.
const SHORTEST_WAIT: Duration = Duration::from_millis(300);
/// So many messages that are not the answer look like an attempt to forge it: the question goes on over TCP (RFC 5452 §9.3).
const MOST_STRAYS: u32 = 8;
/// So often one question is asked in all (RFC 9520 §3.1 is about restraint).
pub(super) const MOST_QUERIES: u32 = 16;
/// The server speaks a version of EDNS older than any (RFC 6891 §6.1.3).
const BADVERS: ResponseCode = ResponseCode(16);
/// Records that are not believed are told up to so many of one message.
const MOST_TOLD: usize = 16;

/// Why an exchange came to nothing outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nobody listens there.
    Refused,
    /// There is no way there.
    Unreachable,
    /// Anything else, in words.
    Other(String),
}

impl Walker {
    /// Sends a question to a server.
    pub(super) fn send(&mut self, id: QuestionId, server: SocketAddr, over: Over, edns: bool, why: &'static str, cx: &mut Context<'_>) {
        let exchange = self.next_exchange();
        let question = &mut self.questions[id];
        question.asked += 1;
        let tries = question.tries.entry(server).or_insert(Some(0));
        let before = tries.unwrap_or_default();
        *tries = tries.map(|count| count.saturating_add(1));
        let (query, zone) = (question.query.clone(), question.zone.name.clone());
        let lookup = question.lookup;
        let called = question.zone.called(server).map_or_else(String::new, ToString::to_string);
        let step = DnsStep::AskedNameServer {
            lookup,
            server: cx.text(&server),
            called: cx.text(&called),
            zone: cx.text(&zone),
            name: cx.text(&query.name),
            kind: cx.text(&query.kind),
            over: over.word(),
            why,
        };
        cx.tell(step);
        let id_of_message = (cx.random.next() >> 48) as u16;
        let wait = self.patience(server, before, cx);
        let asked = Asked { exchange, server, id: id_of_message, over, edns, since: cx.now, limit: cx.now + wait, strays: 0 };
        // A part of the name is asked for to learn of zones, and those are the same for everybody.
        let told = if self.questions[id].minimised { None } else { self.plan.subnet };
        let message = self.message(query, id_of_message, edns, told);
        self.transmit(id, asked, message);
    }

    fn message(&self, query: Query, id: u16, edns: bool, subnet: Option<Subnet>) -> Vec<u8> {
        let subnet = subnet.map(|subnet| ClientSubnet { address: subnet.masked(), source: subnet.prefix, scope: 0 });
        let edns = edns.then(|| Edns { size: LARGEST_DATAGRAM, subnet, ..Edns::default() });
        Message::query(id, query, self.plan.recursive, edns).write().expect("a query is far below 64 KiB")
    }

    /// How long to wait for a server: longer each time it is asked again. A resolver has its own walk to do.
    fn patience(&self, server: SocketAddr, before: u8, cx: &Context<'_>) -> Duration {
        let longest = self.plan.limits.patience;
        let wait = match cx.cache.server(server, cx.now).pace {
            Some(pace) if !self.plan.recursive => (pace * 3).clamp(SHORTEST_WAIT, longest),
            _ => longest,
        };
        wait * (1 << before.min(2))
    }

    /// A message came for an exchange, from `from`.
    pub(super) fn came(&mut self, exchange: u64, from: SocketAddr, bytes: &[u8], cx: &mut Context<'_>) {
        let Some((id, asked)) = self.exchange(exchange) else { return };
        let read = if from == asked.server { Message::read(bytes).map_err(|_| "unreadable") } else { Err("source") };
        let stray = match &read {
            Err(why) => Some(*why),
            Ok(message) => misfit(message, &asked, &self.questions[id].query),
        };
        match (stray, read) {
            (None, Ok(message)) => self.answered(id, asked, &message, bytes.len(), cx),
            // It has the id that nobody else knows: it is the server's own fault, and nothing better will come.
            (Some("unreadable"), _) if bytes.starts_with(&asked.id.to_be_bytes()) => {
                self.failed(id, asked, "its answer cannot be read", false, cx);
            }
            (why, _) => self.stray(id, asked, from, why.unwrap_or("unreadable"), cx),
        }
    }

    fn exchange(&self, exchange: u64) -> Option<(QuestionId, Asked)> {
        self.questions.iter().enumerate().find_map(|(id, question)| question.asked(exchange).map(|asked| (id, asked)))
    }

    /// RFC 5452 §9.1: it is as if it had not come; the true answer may still be on its way.
    fn stray(&mut self, id: QuestionId, asked: Asked, from: SocketAddr, why: &'static str, cx: &mut Context<'_>) {
        let step = DnsStep::DnsMessageDropped { lookup: self.questions[id].lookup, from: cx.text(&from), why };
        cx.tell(step);
        if asked.over == Over::Tcp {
            return self.failed(id, asked, "what came over the connection is not the answer", false, cx);
        }
        if let State::Asked(asked) = &mut self.questions[id].state {
            asked.strays += 1;
            if asked.strays >= MOST_STRAYS {
                let (server, edns) = (asked.server, asked.edns);
                self.send(id, server, Over::Tcp, edns, "strays", cx);
            }
        }
    }

    fn answered(&mut self, id: QuestionId, asked: Asked, message: &Message, size: usize, cx: &mut Context<'_>) {
        let took = cx.now.since(asked.since);
        cx.cache.answered(asked.server, took, cx.now);
        self.questions[id].answered = true;
        self.tell_answer(id, asked, message, size, cx);
        if message.flags.truncated {
            if asked.over == Over::Tcp {
                return self.failed(id, asked, "its answer is cut off even over TCP", false, cx);
            }
            let step =
                DnsStep::DnsAnswerTruncated { lookup: self.questions[id].lookup, server: cx.text(&asked.server), size: Bytes(size as u64) };
            cx.tell(step);
            return self.send(id, asked.server, Over::Tcp, asked.edns, "truncated", cx);
        }
        if asked.edns && (message.code.may_be_without_edns() || message.code == BADVERS) {
            cx.cache.is_plain(asked.server, cx.now);
            return self.send(id, asked.server, asked.over, false, "without-edns", cx);
        }
        if !matches!(message.code.0, 0 | 3) {
            let why = alloc::format!("it says {}", message.code);
            return self.failed(id, asked, &why, false, cx);
        }
        let question = &self.questions[id];
        let judged = if self.plan.recursive {
            judge::of_resolver(message, &question.query)
        } else {
            judge::of_server(message, &question.query, &question.zone.name, self.plan.port)
        };
        tell_judged(question.lookup, &question.zone.name, &judged, cx);
        match judged.verdict {
            Verdict::Lame(why) => self.failed(id, asked, why, false, cx),
            _ => self.settle(id, Settled::Judged(judged), cx),
        }
    }

    fn tell_answer(&self, id: QuestionId, asked: Asked, message: &Message, size: usize, cx: &mut Context<'_>) {
        let lookup = self.questions[id].lookup;
        let server = cx.text(&asked.server);
        let flags = [(message.flags.authoritative, "aa"), (message.flags.recursion_available, "ra"), (message.flags.authentic, "ad")];
        let flags = listed(flags.into_iter().filter(|(set, _)| *set).map(|(_, word)| word));
        let step = DnsStep::NameServerAnswered {
            lookup,
            server,
            code: cx.text(&message.code),
            flags: cx.text(&flags),
            answers: message.answer.len() as u64,
            authority: message.authority.len() as u64,
            additional: message.additional.len() as u64,
            size: Bytes(size as u64),
            took: cx.now.since(asked.since),
        };
        cx.tell(step);
        let Some(edns) = &message.edns else { return };
        for error in &edns.errors {
            let (meaning, text) = (cx.text(&error.meaning()), cx.text(&error.text));
            cx.tell(DnsStep::ExtendedDnsError { lookup, server, code: error.code, meaning, text });
        }
        if let Some(subnet) = &edns.subnet {
            let told = cx.text(&format_args!("{}/{}", subnet.address, subnet.source));
            cx.tell(DnsStep::SubnetScoped { lookup, server, subnet: told, scope: subnet.scope.into() });
        }
    }

    /// An exchange came to nothing outside.
    pub(super) fn broke(&mut self, exchange: u64, failure: &Failure, cx: &mut Context<'_>) {
        let Some((id, asked)) = self.exchange(exchange) else { return };
        match failure {
            Failure::Refused => self.failed(id, asked, "nobody listens there", false, cx),
            Failure::Unreachable => {
                self.no_v6 |= asked.server.is_ipv6();
                self.failed(id, asked, "there is no way there from here", false, cx);
            }
            Failure::Other(why) => self.failed(id, asked, why, false, cx),
        }
    }

    /// The time is `cx.now`: answers that are late are waited for no longer.
    pub(super) fn time_passed(&mut self, cx: &mut Context<'_>) {
        for id in 0..self.questions.len() {
            if let State::Asked(asked) = self.questions[id].state
                && asked.limit <= cx.now
            {
                cx.cache.was_silent(asked.server, cx.now.since(asked.since), cx.now);
                self.failed(id, asked, "no answer came in time", true, cx);
            }
        }
    }

    /// A server gave nothing; whether it may be asked `again`.
    fn failed(&mut self, id: QuestionId, asked: Asked, why: &str, again: bool, cx: &mut Context<'_>) {
        let question = &mut self.questions[id];
        let (lookup, zone) = (question.lookup, question.zone.name.clone());
        question.failure = alloc::format!("{}: {why}", asked.server);
        if !again || asked.over == Over::Tcp {
            question.tries.insert(asked.server, None);
        }
        let step = DnsStep::NameServerFailed {
            lookup,
            server: cx.text(&asked.server),
            zone: cx.text(&zone),
            why: cx.text(&why),
            took: cx.now.since(asked.since),
        };
        cx.tell(step);
        self.go_on(id);
    }
}

/// What a message has that does not belong to the query.
fn misfit(message: &Message, asked: &Asked, query: &Query) -> Option<&'static str> {
    if message.id != asked.id {
        return Some("id");
    }
    if !message.flags.response || message.flags.opcode != 0 {
        return Some("not-an-answer");
    }
    // A server that could not read the question has none to repeat.
    let repeats_nothing = !matches!(message.code.0, 0 | 3) && message.question.is_none();
    (!repeats_nothing && message.question.as_ref() != Some(query)).then_some("question")
}

/// Tells what an answer says, besides its records.
fn tell_judged(lookup: u64, zone: &wire::dns::Name, judged: &Judged, cx: &mut Context<'_>) {
    for (record, why) in judged.rejected.iter().take(MOST_TOLD) {
        let record = cx.text(record);
        cx.tell(DnsStep::DnsRecordRejected { lookup, record, why });
    }
    if let Verdict::Referral { zone: to, ttl } = &judged.verdict {
        let step = DnsStep::Referred {
            lookup,
            zone: cx.text(zone),
            to: cx.text(&to.name),
            servers: cx.text(&listed(to.servers.iter().filter_map(|server| server.name.as_ref()))),
            glue: to.servers.iter().map(|server| server.addresses.len() as u64).sum(),
            ttl: *ttl,
        };
        cx.tell(step);
    }
    for (record, why) in judged.rejected_glue.iter().take(MOST_TOLD) {
        let record = cx.text(record);
        cx.tell(DnsStep::GlueRejected { lookup, record, why });
    }
}

impl Subnet {
    /// Its address with the bits beyond the prefix cleared (RFC 7871 §6).
    fn masked(&self) -> IpAddr {
        let bits = |all: u32| all.saturating_sub(self.prefix.into());
        match self.address {
            IpAddr::V4(v4) => {
                IpAddr::V4(v4.to_bits().checked_shr(bits(32)).and_then(|kept| kept.checked_shl(bits(32))).unwrap_or(0).into())
            }
            IpAddr::V6(v6) => {
                IpAddr::V6(v6.to_bits().checked_shr(bits(128)).and_then(|kept| kept.checked_shl(bits(128))).unwrap_or(0).into())
            }
        }
    }
}
