//! Why an answer is what it is: as texts at `_why.NAME`, for those who may ask, and for `explain`. Both take the ways of the answer itself.

use super::authority::scope_of;
use super::given::{Gift, Turns};
use super::{Asker, Transport};
use crate::server::Snapshot;
use decide::config::{Config, Source};
use decide::steer::Decision;
use decide::zone::{Asked, Reply, Zones};
use host::Host;
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use wire::dns::server::{AnswerWriter, QueryView, Section, bit};
use wire::dns::{Name, RecordType};

const LABEL: &[u8] = b"\x04_why";
/// A text of a record has no more (RFC 1035 §3.3.14).
const LONGEST_TEXT: usize = 255;

/// A steering that was asked for an answer, and what it decided.
pub struct Steered {
    /// Which (index into [`Config::steerings`]).
    pub steering: usize,
    /// What it decided, and why.
    pub decision: Decision,
}

impl Snapshot {
    /// What the name server would answer to a client, and why. Nothing moves by it: no set has its turn. `None`: there are no zones.
    pub fn explain_name<'a>(&'a self, host: &Host, asked: &Asked<'a>, client: IpAddr) -> Option<(Reply<'a>, Vec<Steered>)> {
        let (at, zones) = self.zones.as_ref()?.about(asked.name);
        let at = at.or_else(|| self.config.dns.as_ref()?.listeners.first().copied())?;
        let asker = Asker { from: SocketAddr::new(client, 0), at, transport: Transport::Udp, now: host.now() };
        let turns = RefCell::new(Turns::default());
        Some(reasoned(zones, asked, &mut Gift { host, snapshot: self, asker: &asker, client, turns: &turns }))
    }
}

fn reasoned<'a>(zones: &'a Zones, asked: &Asked<'a>, gift: &mut Gift<'_>) -> (Reply<'a>, Vec<Steered>) {
    let reply = zones.answer(asked, gift);
    let steered = reply.why.choices.iter().filter_map(|choice| match zones.set(choice.set).source {
        Source::Steering(steering) => Some(Steered { steering, decision: gift.snapshot.steering(steering).present().decide(gift.client) }),
        _ => None,
    });
    let steered = steered.collect();
    (reply, steered)
}

/// The name whose reasons are asked for, by somebody who may; one of ours: nothing is said in anybody else's name.
pub(super) fn asked_for(query: &QueryView<'_>, asker: &Asker, config: &Config, zones: &Zones) -> Option<Name> {
    let (_, rest) = query.name().split_at_checked(LABEL.len()).filter(|(label, _)| label.eq_ignore_ascii_case(LABEL))?;
    let dns = config.dns.as_ref().filter(|_| query.kind == RecordType::TXT)?;
    let may = dns.why.iter().any(|network| network.contains(asker.from.ip()));
    let name = if may { Name::from_wire(rest)? } else { return None };
    zones.zone_of(&name).map(|_| name)
}

/// Answers with the reasons. It takes the same ways as the answer itself: its sets have their turn by it.
pub(super) fn answer(zones: &Zones, name: &Name, query: &QueryView<'_>, gift: &mut Gift<'_>, answer: &mut AnswerWriter<'_>) {
    let kind = if gift.client.is_ipv4() { RecordType::A } else { RecordType::AAAA };
    let (reply, steered) = reasoned(zones, &Asked { name, kind, dnssec_ok: false }, gift);
    let mut lines = vec![format!("{kind} for {}: {}", gift.client, reply.why)];
    let config = &gift.snapshot.config;
    let place = |pop: u16| config.pops.get(usize::from(pop)).map_or_else(|| "?".to_string(), |pop| pop.name.clone());
    for Steered { steering, decision } in &steered {
        lines.extend(decision.lines(&config.steerings[*steering].name, &place));
    }
    answer.set_flags(bit::AUTHORITATIVE);
    if let Some(scope) = reply.scope {
        answer.set_scope(scope_of(query, scope));
    }
    for line in &lines {
        let fits = answer.record(Section::Answer, query.name(), RecordType::TXT, 0, |data| {
            for text in line.as_bytes().chunks(LONGEST_TEXT) {
                data.bytes(&[u8::try_from(text.len()).expect("cut to fit")]);
                data.bytes(text);
            }
            true
        });
        if !fits {
            return answer.truncate();
        }
    }
}
