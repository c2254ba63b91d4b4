//! From the bytes of a query to those of its answer.

use super::shared::{Common, Role};
use super::told::{self, Ending};
use super::{Answered, Answering, Asker, Later, Messages, Transport};
use crate::metrics::NamePart;
use crate::server::Worker;
use decide::config::DnsLimits;
use decide::guard::Answers;
use decide::guard::cookie::{self, Secret, Verdict};
use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use wire::dns::server::{AnswerWriter, OptWriter, QueryView, Section, bit};
use wire::dns::{Message, Record, ResponseCode};

const NO_ERROR: ResponseCode = ResponseCode(0);
const NO_NAME: ResponseCode = ResponseCode(3);
const REFUSED: ResponseCode = ResponseCode(5);
/// RFC 7873 §8.
const BAD_COOKIE: ResponseCode = ResponseCode(23);
const CLASS_IN: u16 = 1;
const CLASS_ANY: u16 = 255;
/// A datagram of this many bytes gets through everywhere (RFC 1035 §4.2.1).
const LEAST_DATAGRAM: usize = 512;
/// The longest message (RFC 1035 §4.2.2).
const LONGEST_MESSAGE: usize = 65_535;
/// Of the server's name in an answer (RFC 5001), so that there is room for the rest.
const LONGEST_NSID: usize = 64;

/// One worker's part of a name server in one role.
pub(super) struct Service {
    pub(super) worker: Rc<Worker>,
    pub(super) role: Role,
    pub(super) common: Arc<Common>,
    limits: RefCell<DnsLimits>,
    answering: Box<dyn Answering>,
    /// Answers that were over the limit; every so-manyth is sent after all.
    over: Cell<u32>,
    /// Queries since one was told.
    untold: Cell<u32>,
    secrets: Cell<(u64, [Secret; 2])>,
}

/// What is still to be done for a query.
pub(super) enum Outcome {
    /// Nothing.
    Done,
    /// Its answer takes time.
    Later(Waiting),
    /// Its answer is more than one message.
    Stream(Box<dyn Messages>),
}

/// A query whose answer takes time.
pub(super) struct Waiting {
    query: Vec<u8>,
    asker: Asker,
    pub(super) answer: Later,
}

/// What a client's cookie shows.
struct Proof {
    /// Both parts, for the answer.
    cookies: Option<[u8; 24]>,
    /// The client is where it says.
    proven: bool,
}

impl Service {
    pub(super) fn new(worker: &Rc<Worker>, role: Role, limits: DnsLimits, answering: Box<dyn Answering>) -> Rc<Service> {
        let common = worker.server.names.of(role).clone();
        // No day is the last of them.
        let secrets = Cell::new((u64::MAX, [[0; 16]; 2]));
        let limits = RefCell::new(limits);
        Rc::new(Service { worker: worker.clone(), role, common, limits, answering, over: Cell::new(0), untold: Cell::new(0), secrets })
    }

    /// What holds now.
    pub(super) fn limits(&self) -> Ref<'_, DnsLimits> {
        self.limits.borrow()
    }

    /// Goes on under these limits.
    pub(super) fn obey(&self, limits: &DnsLimits) {
        limits.clone_into(&mut self.limits.borrow_mut());
        self.secrets.set((u64::MAX, [[0; 16]; 2]));
    }

    /// The counters that this worker writes.
    pub(super) fn cells(&self) -> &NamePart {
        self.common.cells.of(self.worker.index)
    }

    /// Appends the answer to a query, if there is one at once.
    pub(super) fn respond(&self, bytes: &[u8], asker: &Asker, out: &mut Vec<u8>) -> Outcome {
        let start = out.len();
        self.cells().asked(asker.transport == Transport::Tcp);
        let view = match QueryView::read(bytes) {
            Ok(view) => view,
            Err(reject) => {
                self.cells().malformed.add(1);
                // What is malformed says nothing that could prove anything.
                if reject.mistake.code().is_some() && self.is_allowed(asker, Answers::Error) {
                    reject.write(bytes, out);
                }
                return Outcome::Done;
            }
        };
        let proof = self.prove(&view, asker);
        let name = self.name(&view);
        let mut answer = self.begin(&view, asker, &proof, &name, out);
        let answered = match self.screen(&view) {
            Some(code) => {
                answer.set_code(code);
                Answered::Now
            }
            None => self.answering.answer(&view, asker, self.is_next_told(), &mut answer),
        };
        match answered {
            Answered::Now => self.end(&view, asker, &proof, answer),
            Answered::Signed(signing) => {
                self.end(&view, asker, &proof, answer);
                let mut message = out.split_off(start);
                if !message.is_empty() {
                    signing.sign(&self.worker.host, &mut message);
                }
                out.append(&mut message);
            }
            Answered::Later(later) => {
                answer.abandon();
                return Outcome::Later(Waiting { query: bytes.to_vec(), asker: *asker, answer: later });
            }
            Answered::Stream(messages) => {
                answer.abandon();
                return Outcome::Stream(messages);
            }
        }
        Outcome::Done
    }

    /// Appends the answer to a query that took time.
    pub(super) fn complete(&self, waiting: &Waiting, message: &Message, out: &mut Vec<u8>) {
        let Waiting { query, asker, .. } = waiting;
        let Ok(view) = QueryView::read(query) else { return };
        let proof = self.prove(&view, asker);
        let name = self.name(&view);
        let mut answer = self.begin(&view, asker, &proof, &name, out);
        put(message, &mut answer);
        self.end(&view, asker, &proof, answer);
    }

    /// What is answered before any role is asked.
    fn screen(&self, view: &QueryView<'_>) -> Option<ResponseCode> {
        if let Some(mistake) = view.mistake {
            self.cells().malformed.add(1);
            return mistake.code();
        }
        if !view.has_question() {
            // RFC 7873 §5.4: only the cookie was wanted.
            return Some(NO_ERROR);
        }
        (!matches!(view.class, CLASS_IN | CLASS_ANY)).then_some(REFUSED)
    }

    fn begin<'a>(
        &self,
        view: &'a QueryView<'a>,
        asker: &Asker,
        proof: &Proof,
        name: &'a Option<String>,
        out: &'a mut Vec<u8>,
    ) -> AnswerWriter<'a> {
        let limits = self.limits.borrow();
        let own = usize::from(limits.datagram).max(LEAST_DATAGRAM);
        let limit = match asker.transport {
            Transport::Udp => usize::from(view.size()).min(own),
            Transport::Tcp => LONGEST_MESSAGE,
        };
        // RFC 7828 §3.2.2, §3.3.2: over TCP, for whom asked.
        let keepalive = (asker.transport == Transport::Tcp && view.edns.is_some_and(|edns| edns.keepalive))
            .then(|| u16::try_from(limits.idle_timeout.as_millis() / 100).unwrap_or(u16::MAX));
        let size = u16::try_from(own).unwrap_or(u16::MAX);
        let nsid = name.as_ref().map(|name| &name.as_bytes()[..name.len().min(LONGEST_NSID)]);
        AnswerWriter::new(out, view, limit, OptWriter { size, cookie: proof.cookies, nsid, keepalive })
    }

    /// The server's name, where it is asked for.
    fn name(&self, view: &QueryView<'_>) -> Option<String> {
        view.edns.filter(|edns| edns.nsid).map(|_| self.worker.snapshot().config.server.name.clone())
    }

    /// Lets an answer out, or what is let out in its place.
    fn end(&self, view: &QueryView<'_>, asker: &Asker, proof: &Proof, mut answer: AnswerWriter<'_>) {
        if !proof.proven && !self.is_within(asker, kind_of(&answer)) {
            if !self.slips() {
                self.cells().limited.add(1);
                return answer.abandon();
            }
            self.cells().slipped.add(1);
            answer.reset();
            if proof.cookies.is_some() {
                // It can show next time that its address is its own (RFC 7873 §5.2.3).
                answer.set_code(BAD_COOKIE);
            } else {
                answer.truncate();
            }
        }
        let cells = self.cells();
        cells.answered(answer.code().0, answer.is_truncated());
        cells.subnets.add(u64::from(view.edns.is_some_and(|edns| edns.subnet.is_some())));
        let (code, truncated, scope) = (answer.code(), answer.is_truncated(), answer.scope());
        let size = answer.finish();
        if self.is_told() {
            told::tell(self, view, asker, Ending { code, truncated, scope, size, reasons: self.answering.reasons() });
        }
    }

    /// Whether somebody wants to be told of the query that is answered next.
    fn is_next_told(&self) -> bool {
        let every = self.worker.server.told_queries;
        every > 0 && self.untold.get() + 1 >= every
    }

    /// Whether somebody wants to be told of this query.
    fn is_told(&self) -> bool {
        let every = self.worker.server.told_queries;
        if every == 0 {
            return false;
        }
        self.untold.set(self.untold.get() + 1);
        let told = self.untold.get() >= every;
        if told {
            self.untold.set(0);
        }
        told
    }

    /// What a client's cookie shows, and what it is given.
    fn prove(&self, view: &QueryView<'_>, asker: &Asker) -> Proof {
        let tcp = asker.transport == Transport::Tcp;
        let nothing = Proof { cookies: None, proven: tcp };
        if !self.limits.borrow().cookies {
            return nothing;
        }
        let Some(shown) = view.edns.and_then(|edns| edns.cookie) else { return nothing };
        let seconds = self.worker.host.calendar().0.as_secs();
        let secrets = self.secrets(seconds / 86_400);
        // RFC 9018 §4.3: the count wraps.
        let now = (seconds & u64::from(u32::MAX)) as u32;
        let (client, address) = (shown.client, asker.from.ip());
        let verdict = cookie::judge(&secrets, client, shown.server, address, now);
        let mut cookies = [0; 24];
        cookies[..8].copy_from_slice(&client);
        match (verdict, <[u8; 16]>::try_from(shown.server)) {
            (Verdict::Good, Ok(server)) => cookies[8..].copy_from_slice(&server),
            _ => cookies[8..].copy_from_slice(&cookie::make(&secrets[0], client, address, now)),
        }
        let proven = verdict != Verdict::Bad;
        self.cells().cookies.add(u64::from(proven));
        Proof { cookies: Some(cookies), proven: tcp || proven }
    }

    fn secrets(&self, day: u64) -> [Secret; 2] {
        let (of, secrets) = self.secrets.get();
        if of == day {
            return secrets;
        }
        let secrets = shared_secrets(&self.limits.borrow()).unwrap_or_else(|| self.common.secrets(day));
        self.secrets.set((day, secrets));
        secrets
    }

    /// Whether the limit has room for one more answer to whoever has proven nothing.
    fn is_within(&self, asker: &Asker, answers: Answers) -> bool {
        let rate = self.limits.borrow().rate;
        rate == 0 || self.common.rates().allow(rate, asker.from.ip(), answers, asker.now)
    }

    /// The same for an answer that nothing can be sent in place of: it is counted as limited if not.
    fn is_allowed(&self, asker: &Asker, answers: Answers) -> bool {
        let allowed = asker.transport == Transport::Tcp || self.is_within(asker, answers);
        self.cells().limited.add(u64::from(!allowed));
        allowed
    }

    /// Whether this one of those over the limit is sent, cut.
    fn slips(&self) -> bool {
        let slip = self.limits.borrow().slip;
        if slip == 0 {
            return false;
        }
        self.over.set(self.over.get().wrapping_add(1));
        self.over.get().is_multiple_of(slip)
    }
}

/// The secrets that several servers share, the one that cookies are made with first; the last of them is there twice if it is alone.
fn shared_secrets(limits: &DnsLimits) -> Option<[Secret; 2]> {
    let secret = |at: usize| limits.cookie_secrets.get(at).and_then(|secret| Secret::try_from(&secret.0[..]).ok());
    let first = secret(0)?;
    Some([first, secret(1).unwrap_or(first)])
}

/// Which limit an answer falls under.
fn kind_of(answer: &AnswerWriter<'_>) -> Answers {
    match answer.code() {
        NO_ERROR if answer.counts()[0] == 0 && answer.counts()[1] > 0 && !answer.is_authoritative() => Answers::Referral,
        NO_ERROR => Answers::Data,
        NO_NAME => Answers::NoName,
        _ => Answers::Error,
    }
}

/// Puts a message's sections into an answer, as far as they fit: what is asked for must, what is beside need not (RFC 2181 §9).
fn put(message: &Message, answer: &mut AnswerWriter<'_>) {
    let flags = [
        (message.flags.authoritative, bit::AUTHORITATIVE),
        (message.flags.recursion_available, bit::RECURSION_AVAILABLE),
        (message.flags.authentic, bit::AUTHENTIC),
        (message.flags.truncated, bit::TRUNCATED),
    ];
    answer.set_flags(flags.into_iter().filter(|(set, _)| *set).fold(0, |all, (_, bit)| all | bit));
    answer.set_code(message.code);
    if let Some(edns) = &message.edns {
        answer.set_scope(edns.subnet.map_or(0, |subnet| subnet.scope));
        if let Some(error) = edns.errors.first() {
            answer.set_error(error.code, error.text.clone());
        }
    }
    let all = |answer: &mut AnswerWriter<'_>, section, records: &[Record]| records.iter().all(|record| answer.add(section, record));
    if !all(answer, Section::Answer, &message.answer) || !all(answer, Section::Authority, &message.authority) {
        return answer.truncate();
    }
    let _ = all(answer, Section::Additional, &message.additional);
}
