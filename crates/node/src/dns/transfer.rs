//! Hands a whole zone to another name server (AXFR, RFC 5936). Who may have it is decided in [`decide::transfer`].
//!
//! A query for what has changed (IXFR, RFC 1995) is answered with the whole zone too, or with its SOA alone where the other side has this
//! version already: §2 and §4 leave that to the server, which then needs no memory of older versions.

use super::{Answered, Asker, Messages, Transport};
use crate::server::{Snapshot, Worker};
use decide::step::{Bytes, Step, Text, Texts, TransferStep};
use decide::time::Instant;
use decide::transfer;
use decide::zone::{Cursor, Zones};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wire::dns::server::{AnswerWriter, OptWriter, QueryView, Section, bit};
use wire::dns::{Data, Message, RecordType, ResponseCode};

/// Transfers under way at once, over all workers. Who is one too many is told that the server failed, and comes again.
const MOST: usize = 64;
/// A message is ended behind the record that takes it beyond: pointers to names reach no farther (RFC 1035 §4.1.4).
const ENOUGH: usize = 0x3fff;
/// No message is longer.
const LONGEST: usize = 65_535;
/// What a signature may need, with the longest names.
const SIGNATURE: usize = 700;

const FORMAT_ERROR: ResponseCode = ResponseCode(1);
const SERVER_FAILED: ResponseCode = ResponseCode(2);
const REFUSED: ResponseCode = ResponseCode(5);
const NOT_AUTHORITATIVE: ResponseCode = ResponseCode(9);

/// Codes of RFC 8914.
const PROHIBITED: u16 = 18;
const NOT_OURS: u16 = 20;
const NOT_READY: u16 = 14;

/// Changes since a version.
const IXFR: RecordType = RecordType(251);

/// How many transfers are under way.
#[derive(Default)]
pub(crate) struct Transfers(Arc<AtomicUsize>);

impl Transfers {
    fn begin(&self) -> Option<Under> {
        let under = Under(self.0.clone());
        (self.0.fetch_add(1, Ordering::SeqCst) < MOST).then_some(under)
    }
}

/// One of them.
struct Under(Arc<AtomicUsize>);

impl Drop for Under {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether a query is for this.
pub(crate) fn is_for(kind: RecordType) -> bool {
    kind == RecordType::AXFR || kind == IXFR
}

/// Answers a query for a whole zone, signed with `key` (index into the keys of the configuration).
pub(crate) fn answer(
    worker: &Rc<Worker>,
    (snapshot, zones): (&Arc<Snapshot>, &Arc<Zones>),
    query: &QueryView<'_>,
    asker: &Asker,
    key: Option<usize>,
    answer: &mut AnswerWriter<'_>,
) -> Answered {
    let refuse = |answer: &mut AnswerWriter<'_>, code, (number, why)| {
        answer.set_code(code);
        answer.set_error(number, why);
        refused(worker, query, asker, code, why);
        Answered::Now
    };
    let found = zones.zones().iter().position(|zone| zone.name.as_wire().eq_ignore_ascii_case(query.name()));
    let (Some(zone), Some(dns)) = (found, &snapshot.config.dns) else {
        return refuse(answer, NOT_AUTHORITATIVE, (NOT_OURS, "no such zone is served here"));
    };
    let name = &zones.zones()[zone].name;
    let Some(wanted) = dns.zones.iter().find(|wanted| wanted.name == *name) else {
        return refuse(answer, NOT_AUTHORITATIVE, (NOT_OURS, "no such zone is served here"));
    };
    if let Err(not_for) = transfer::may(wanted, asker.from.ip(), key) {
        return refuse(answer, REFUSED, (PROHIBITED, not_for.why()));
    }
    let alone = asker.transport == Transport::Udp || (query.kind == IXFR && has_this(query, zones.zones()[zone].soa.serial));
    if query.kind == RecordType::AXFR && asker.transport == Transport::Udp {
        // RFC 5936 §4.2: not by UDP.
        answer.set_code(FORMAT_ERROR);
        return Answered::Now;
    }
    let Some((ttl, soa)) = zones.start(zone) else { return refuse(answer, SERVER_FAILED, (NOT_READY, "the zone has no SOA")) };
    if alone {
        // RFC 1995 §2 and §4: it has this version already, or is to come by TCP.
        answer.set_flags(bit::AUTHORITATIVE);
        if !answer.record(Section::Answer, name.as_wire(), RecordType::SOA, ttl, |data| data.data(soa)) {
            answer.truncate();
        }
        return Answered::Now;
    }
    let Some(under) = worker.server.names.transfers.begin() else {
        return refuse(answer, SERVER_FAILED, (NOT_READY, "too many transfers are under way"));
    };
    let sent = Sent { serial: zones.zones()[zone].soa.serial, records: 0, messages: 0, bytes: 0, began: worker.host.now() };
    let (worker, snapshot, zones) = (worker.clone(), snapshot.clone(), zones.clone());
    let (query, to, state) = (query.bytes().to_vec(), asker.from, State::Start);
    Answered::Stream(Box::new(Transfer { worker, snapshot, zones, zone, query, to, key, state, sent, _under: under }))
}

/// Whether the one who asks has version `ours` already, or a newer one (RFC 1995 §3: its SOA is in the authority section).
fn has_this(query: &QueryView<'_>, ours: u32) -> bool {
    let read = Message::read(query.bytes()).ok();
    let theirs = read.iter().flat_map(|message| &message.authority).find_map(|record| match &record.data {
        Data::Soa(soa) => Some(soa.serial),
        _ => None,
    });
    theirs.is_some_and(|theirs| !transfer::is_newer(ours, theirs))
}

/// A transfer under way: of one version of the zone, whatever happens to it meanwhile.
struct Transfer {
    worker: Rc<Worker>,
    snapshot: Arc<Snapshot>,
    zones: Arc<Zones>,
    zone: usize,
    query: Vec<u8>,
    to: SocketAddr,
    key: Option<usize>,
    state: State,
    sent: Sent,
    _under: Under,
}

/// What is next.
#[derive(Clone, Copy)]
enum State {
    Start,
    Records(Cursor),
    /// All is written; it is told when the last message has gone.
    Written,
    Told,
}

/// What has gone out.
struct Sent {
    serial: u32,
    records: u64,
    messages: u64,
    bytes: u64,
    began: Instant,
}

impl Messages for Transfer {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        if matches!(self.state, State::Written | State::Told) {
            if matches!(self.state, State::Written) {
                self.tell_end();
            }
            return false;
        }
        let before = out.len();
        let Ok(query) = QueryView::read(&self.query) else { return false };
        let size = self.snapshot.config.dns.as_ref().map_or(0, |dns| dns.limits.datagram);
        let opt = OptWriter { size, ..OptWriter::default() };
        let mut message = AnswerWriter::new(out, &query, LONGEST - SIGNATURE, opt);
        message.set_flags(bit::AUTHORITATIVE);
        let (state, records) = fill(&self.zones, self.zone, self.state, &mut message);
        message.finish();
        if records == 0 {
            // A record that no message has room for.
            out.truncate(before);
            return false;
        }
        self.state = state;
        self.sent.records += records;
        self.sent.messages += 1;
        self.sent.bytes += (out.len() - before) as u64;
        true
    }
}

/// Writes records into a message until it has enough; returns what is next, and how many were written.
fn fill(zones: &Zones, zone: usize, mut state: State, message: &mut AnswerWriter<'_>) -> (State, u64) {
    let (name, room) = (&zones.zones()[zone].name, message.room());
    let mut records = 0;
    let start = |message: &mut AnswerWriter<'_>| {
        zones
            .start(zone)
            .is_some_and(|(ttl, soa)| message.record(Section::Answer, name.as_wire(), RecordType::SOA, ttl, |data| data.data(soa)))
    };
    if matches!(state, State::Start) {
        if !start(message) {
            return (state, 0);
        }
        (records, state) = (1, State::Records(Cursor::default()));
    }
    let State::Records(from) = state else { return (state, records) };
    for (behind, owner, ttl, data) in zones.records_from(zone, from) {
        let has_enough = room - message.room() >= ENOUGH;
        if has_enough || !message.record(Section::Answer, owner.as_wire(), data.kind(), ttl, |writer| writer.data(data)) {
            return (state, records);
        }
        state = State::Records(behind);
        records += 1;
    }
    if start(message) { (State::Written, records + 1) } else { (state, records) }
}

impl Transfer {
    fn tell_end(&mut self) {
        self.state = State::Told;
        let mut texts = Texts::default();
        let (zone, to) = self.named(&mut texts);
        let dns = self.snapshot.config.dns.as_ref();
        let key = self.key.and_then(|key| dns.and_then(|dns| dns.keys.get(key))).map(|key| key.name.to_string()).unwrap_or_default();
        let key = texts.keep(key.as_bytes());
        let Sent { serial, records, messages, bytes, began } = self.sent;
        let took = self.worker.host.now().since(began);
        let serial = serial.into();
        let step = TransferStep::Transferred { zone, to, key, serial, records, messages, bytes: Bytes(bytes), took };
        self.worker.server.tell_with(self.worker.host.calendar(), Step::Transfer(step), &texts);
    }

    fn named(&self, texts: &mut Texts) -> (Text, Text) {
        let name = self.zones.zones()[self.zone].name.to_string();
        (texts.keep(name.as_bytes()), texts.keep(self.to.to_string().as_bytes()))
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if matches!(self.state, State::Told) {
            return;
        }
        let mut texts = Texts::default();
        let (zone, to) = self.named(&mut texts);
        let why = format!("the connection ended after {} records, or was too slow", self.sent.records);
        let why = texts.keep(why.as_bytes());
        let step = Step::Transfer(TransferStep::TransferBroke { zone, to, why });
        self.worker.server.tell_with(self.worker.host.calendar(), step, &texts);
    }
}

/// Tells of a refusal: by TCP only, because anybody can send any number of datagrams in anybody's name.
fn refused(worker: &Worker, query: &QueryView<'_>, asker: &Asker, code: ResponseCode, why: &str) {
    if asker.transport == Transport::Udp {
        return;
    }
    let name = wire::dns::Name::from_wire(query.name()).map(|name| name.to_string()).unwrap_or_default();
    let mut texts = Texts::default();
    let (zone, from, why) = (texts.keep(name.as_bytes()), texts.keep(asker.from.to_string().as_bytes()), texts.keep(why.as_bytes()));
    let code = match code {
        REFUSED => "REFUSED",
        NOT_AUTHORITATIVE => "NOTAUTH",
        _ => "SERVFAIL",
    };
    let step = Step::Transfer(TransferStep::TransferRefused { zone, from, code, why });
    worker.server.tell_with(worker.host.calendar(), step, &texts);
}
