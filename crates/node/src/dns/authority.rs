//! The authoritative role: answers out of the zones.

use super::given::{Gift, Kept, Turns, client_of};
use super::reasons::Reasons;
use super::signing::{self, Keys};
use super::{Answered, Answering, Asker, reasons, transfer};
use crate::server::{Snapshot, Worker};
use decide::steer::Answer;
use decide::zone::{Asked, Prepared, Reply, Rule, Set, Zones};
use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use wire::dns::server::{AnswerWriter, QueryView, Section, bit};
use wire::dns::{Name, RecordType, ResponseCode};

const REFUSED: ResponseCode = ResponseCode(5);
const NOT_AUTH: ResponseCode = ResponseCode(9);
/// RFC 8914 §4.21: the zone is not ours.
const NOT_AUTHORITATIVE: u16 = 20;

/// The zones of this server, on one worker.
pub(super) struct Authority {
    worker: Rc<Worker>,
    turns: RefCell<Turns>,
    rule: Cell<&'static str>,
    /// Of the answer before, where they were wanted.
    reasons: Cell<Option<Reasons>>,
    /// The keys of the configuration of this generation.
    keys: RefCell<(u64, Rc<Keys>)>,
}

impl Authority {
    pub(super) fn new(worker: &Rc<Worker>) -> Authority {
        let keys = RefCell::new((0, Rc::new(Keys::of(None))));
        Authority { worker: worker.clone(), turns: RefCell::default(), rule: Cell::new(""), reasons: Cell::new(None), keys }
    }

    /// The keys that queries may be signed with.
    fn keys(&self, snapshot: &Snapshot) -> Rc<Keys> {
        let mut keys = self.keys.borrow_mut();
        if keys.0 != snapshot.generation {
            *keys = (snapshot.generation, Rc::new(Keys::of(snapshot.config.dns.as_ref())));
        }
        keys.1.clone()
    }

    /// Answers a query that is signed with `key` (index into the keys of the configuration), or not signed.
    fn plain(&self, query: &QueryView<'_>, (asker, told): (&Asker, bool), key: Option<usize>, answer: &mut AnswerWriter<'_>) -> Answered {
        let held = self.worker.snapshot();
        let Some(zones) = held.zones.as_ref().map(|served| served.at(asker.at)) else {
            self.rule.set(Rule::Refused.name());
            answer.set_code(REFUSED);
            return Answered::Now;
        };
        if transfer::is_for(query.kind) {
            self.rule.set("transfer");
            return transfer::answer(&self.worker, (&held, zones), query, asker, key, answer);
        }
        let client = client_of(query, asker);
        let kept = told.then(Kept::default);
        let (host, worker) = (&self.worker.host, self.worker.index);
        let mut gift = Gift { host, snapshot: &held, asker, client, turns: &self.turns, kept, worker, counted: 0 };
        if let Some(name) = reasons::asked_for(query, asker, &held.config, zones) {
            self.rule.set("why");
            reasons::answer(zones, &name, query, &gift, answer);
            return Answered::Now;
        }
        if !self.prepared(zones, query, &mut gift, answer) {
            answer.reset();
            self.looked_up(zones, query, &mut gift, answer);
        }
        if let Some(kept) = gift.kept.take() {
            self.reasons.set(reasons::of_answer(zones, query, &gift, kept));
        }
        Answered::Now
    }

    /// Answers with what was written beforehand, if that answers the question.
    fn prepared(&self, zones: &Zones, query: &QueryView<'_>, gift: &mut Gift<'_>, answer: &mut AnswerWriter<'_>) -> bool {
        let snapshot = gift.snapshot;
        let dnssec_ok = query.edns.is_some_and(|edns| edns.dnssec_ok);
        match zones.prepared(query.name(), query.kind, dnssec_ok, gift) {
            Some(Prepared::Tail(tail)) => {
                answer.set_code(tail.code);
                if tail.authoritative {
                    answer.set_flags(bit::AUTHORITATIVE);
                }
                tail.write(answer)
            }
            Some(Prepared::Nearest { steering, ttl, .. }) => {
                let Answer { pop, scope } = gift.led(steering);
                self.rule.set(Rule::Exact.name());
                answer.set_flags(bit::AUTHORITATIVE);
                answer.set_scope(scope_of(query, scope));
                place(query, &snapshot.config.pops[usize::from(pop)].addresses, ttl, answer)
            }
            None => false,
        }
    }

    /// Answers by looking the name up.
    fn looked_up(&self, zones: &Zones, query: &QueryView<'_>, gift: &mut Gift<'_>, answer: &mut AnswerWriter<'_>) {
        let Some(name) = Name::from_wire(query.name()) else { return };
        let dnssec_ok = query.edns.is_some_and(|edns| edns.dnssec_ok);
        let reply = zones.answer(&Asked { name: &name, kind: query.kind, dnssec_ok }, gift);
        self.rule.set(reply.why.rule.name());
        if reply.why.rule == Rule::Refused {
            answer.set_error(NOT_AUTHORITATIVE, "");
        }
        if let Some(scope) = reply.scope {
            answer.set_scope(scope_of(query, scope));
        }
        write(&reply, answer);
    }
}

impl Answering for Authority {
    fn answer(&self, query: &QueryView<'_>, asker: &Asker, told: bool, answer: &mut AnswerWriter<'_>) -> Answered {
        if told {
            // Those of one that was not sent after all.
            self.reasons.set(None);
        }
        if query.is_notify() {
            // Nobody is our primary (RFC 1996 §3.10): every zone comes from the configuration.
            self.rule.set("notify");
            answer.set_code(NOT_AUTH);
            return Answered::Now;
        }
        if query.tsig.is_none() {
            return self.plain(query, (asker, told), None, answer);
        }
        self.rule.set("signature");
        let keys = self.keys(&self.worker.snapshot());
        signing::answer(&keys, &self.worker.host, query, answer, |key, answer| self.plain(query, (asker, told), Some(key), answer))
    }

    fn reasons(&self) -> Reasons {
        // A rule before the lookup has no more to say.
        self.reasons.take().unwrap_or_else(|| Reasons { rule: self.rule.get(), ..Reasons::default() })
    }
}

/// RFC 7871 §7.1.2: who wants nothing told of his clients gets an answer for everybody.
pub(super) fn scope_of(query: &QueryView<'_>, scope: u8) -> u8 {
    match query.edns.and_then(|edns| edns.subnet) {
        Some(subnet) if subnet.address.is_some() => scope,
        _ => 0,
    }
}

/// The addresses of a place, of the family that is asked for. False where there is none.
fn place(query: &QueryView<'_>, addresses: &[IpAddr], ttl: u32, answer: &mut AnswerWriter<'_>) -> bool {
    let of_kind = addresses.iter().filter(|address| address.is_ipv4() == (query.kind == RecordType::A));
    let mut count = 0;
    for address in of_kind {
        let written = match address {
            IpAddr::V4(v4) => answer.address(query.kind, ttl, &v4.octets()),
            IpAddr::V6(v6) => answer.address(query.kind, ttl, &v6.octets()),
        };
        if !written {
            answer.truncate();
            return true;
        }
        count += 1;
    }
    count > 0
}

/// Writes an answer as far as it fits: what answers must, what is beside need not, but for addresses without which a referral does not lead
/// on (RFC 2181 §9, RFC 9471 §3.1).
fn write(reply: &Reply<'_>, answer: &mut AnswerWriter<'_>) {
    answer.set_code(reply.code);
    if reply.authoritative {
        answer.set_flags(bit::AUTHORITATIVE);
    }
    for (section, sets) in [(Section::Answer, &reply.answer), (Section::Authority, &reply.authority)] {
        if !sets.iter().all(|set| put(set, section, answer)) {
            return answer.truncate();
        }
    }
    for set in &reply.additional {
        if !put(set, Section::Additional, answer) && set.needed {
            return answer.truncate();
        }
    }
}

/// Adds a set, whole or not at all.
fn put(set: &Set<'_>, section: Section, answer: &mut AnswerWriter<'_>) -> bool {
    let mark = answer.mark();
    let whole = set.data.iter().all(|data| answer.record(section, set.owner.as_wire(), set.kind, set.ttl, |to| to.data(data)));
    if !whole {
        answer.back_to(mark);
    }
    whole
}
