//! Why an answer is what it is: as texts at `_why.NAME`, for those who may ask, and for `explain`. Both take the ways of the answer itself.

use super::authority::scope_of;
use super::given::{Again, Gift, Kept, Turns};
use super::{Asker, Transport};
use crate::server::Snapshot;
use decide::config::{Config, Source};
use decide::steer::Decision;
use decide::step::{List, Texts};
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
        let gift = Gift { host, snapshot: self, asker: &asker, client, turns: &turns, kept: None, worker: 0, counted: 0 };
        Some(reasoned(zones, asked, &mut Again { gift: &gift, kept: Kept::default() }))
    }

    /// What sets chose for an answer about this name, and among what, as a list of a step: [`Zones::told`].
    pub fn choices_told(&self, name: &Name, (reply, steered): (&Reply<'_>, &[Steered]), texts: &mut Texts) -> List {
        let Some(served) = &self.zones else { return List::default() };
        served.about(name).1.told(&reply.why, &self.config, |steering| decision_of(steered, steering), texts)
    }
}

fn decision_of(steered: &[Steered], steering: usize) -> Option<&Decision> {
    steered.iter().find(|known| known.steering == steering).map(|known| &known.decision)
}

/// The answer with its reasons, out of the versions that answer.
fn reasoned<'a>(zones: &'a Zones, asked: &Asked<'a>, again: &mut Again<'_, '_>) -> (Reply<'a>, Vec<Steered>) {
    let reply = zones.answer(asked, again);
    let mut steered: Vec<Steered> = Vec::new();
    for choice in &reply.why.choices {
        if let Source::Steering(steering) = zones.set(choice.set).source
            && decision_of(&steered, steering).is_none()
            && let Some(version) = again.version(steering)
        {
            steered.push(Steered { steering, decision: version.decide(again.gift.client) });
        }
    }
    (reply, steered)
}

/// Why an answer is as it is, for those who read the step of it.
#[derive(Default)]
pub(crate) struct Reasons {
    /// The list, and what it points to.
    pub(crate) texts: Texts,
    pub(crate) choices: List,
    /// The rule that decided.
    pub(crate) rule: &'static str,
}

/// Why the answer to a query was what it was, by what was given for it.
pub(super) fn of_answer(zones: &Zones, query: &QueryView<'_>, gift: &Gift<'_>, kept: Kept) -> Option<Reasons> {
    let name = Name::from_wire(query.name())?;
    let dnssec_ok = query.edns.is_some_and(|edns| edns.dnssec_ok);
    let (reply, steered) = reasoned(zones, &Asked { name: &name, kind: query.kind, dnssec_ok }, &mut Again { gift, kept });
    let mut texts = Texts::default();
    let config = &gift.snapshot.config;
    let choices = zones.told(&reply.why, config, |steering| decision_of(&steered, steering), &mut texts);
    Some(Reasons { texts, choices, rule: reply.why.rule.name() })
}

/// The name whose reasons are asked for, by somebody who may; one of ours: nothing is said in anybody else's name.
pub(super) fn asked_for(query: &QueryView<'_>, asker: &Asker, config: &Config, zones: &Zones) -> Option<Name> {
    let (_, rest) = query.name().split_at_checked(LABEL.len()).filter(|(label, _)| label.eq_ignore_ascii_case(LABEL))?;
    let dns = config.dns.as_ref().filter(|_| query.kind == RecordType::TXT)?;
    let may = dns.why.iter().any(|network| network.contains(asker.from.ip()));
    let name = if may { Name::from_wire(rest)? } else { return None };
    zones.zone_of(&name).map(|_| name)
}

/// Answers with the reasons of the answer that would be given now. Nothing moves by it: no set has its turn.
pub(super) fn answer(zones: &Zones, name: &Name, query: &QueryView<'_>, gift: &Gift<'_>, answer: &mut AnswerWriter<'_>) {
    let kind = if gift.client.is_ipv4() { RecordType::A } else { RecordType::AAAA };
    let asked = Asked { name, kind, dnssec_ok: false };
    let (reply, steered) = reasoned(zones, &asked, &mut Again { gift, kept: Kept::default() });
    let mut lines = vec![format!("{kind} for {}: {}", gift.client, reply.why)];
    let config = &gift.snapshot.config;
    let place = |pop: u16| config.pops.get(usize::from(pop)).map_or_else(|| "?".to_string(), |pop| pop.name.clone());
    for Steered { steering, decision } in &steered {
        lines.extend(decision.lines(&config.steerings[*steering].name, &place));
    }
    let sets = reply.why.weighed.iter().map(|weighed| (&zones.set(weighed.set).owner, &weighed.candidates));
    lines.extend(sets.flat_map(|(owner, candidates)| candidates.iter().map(move |candidate| format!("{owner} {}", candidate.line()))));
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
