//! The lookup of RFC 1034 §4.3.2: from a question to the records of all three sections.

use super::dynamic::Draw;
use super::node::{Held, Node, Place, What};
use super::{Asked, Given, MOST_ALIASES, Reply, Rule, Set, Why, Zone, Zones, dynamic, extra};
use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;
use wire::dns::{Data, Name, RecordType, ResponseCode};

const NO_ERROR: ResponseCode = ResponseCode(0);
const FORMAT_ERROR: ResponseCode = ResponseCode(1);
const NO_NAME: ResponseCode = ResponseCode(3);
const NOT_IMPLEMENTED: ResponseCode = ResponseCode(4);
const REFUSED: ResponseCode = ResponseCode(5);
/// What would be the name is too long (RFC 2136 §2.2, RFC 6672 §2.2).
const YX_DOMAIN: ResponseCode = ResponseCode(6);

pub(super) fn answer<'a>(zones: &'a Zones, asked: &Asked<'a>, given: &mut dyn Given) -> Reply<'a> {
    let mut walk = Walk { zones, asked: *asked, given, reply: nothing() };
    match unasked(asked.kind) {
        Some(code) => {
            walk.reply.code = code;
            walk.reply.why.rule = Rule::NotAsked;
        }
        None => walk.run(),
    }
    walk.reply
}

/// An answer that refuses.
pub(super) fn nothing<'a>() -> Reply<'a> {
    let why = Why { rule: Rule::Refused, zone: None, at: None, aliases: 0, choices: Vec::new(), weighed: Vec::new() };
    let (answer, authority, additional) = (Vec::new(), Vec::new(), Vec::new());
    Reply { code: REFUSED, authoritative: false, answer, authority, additional, scope: None, why }
}

/// What a zone answers for what it does not have.
pub(super) fn absence(zones: &Zones, zone: usize) -> Reply<'_> {
    let zone = &zones.zones[zone];
    let mut reply = nothing();
    (reply.code, reply.authoritative) = (NO_ERROR, true);
    let apex = &zones.nodes[zone.apex];
    let soa = apex.held(RecordType::SOA).map(|held| Set { ttl: zone.negative_ttl(), ..plain(apex, held) });
    reply.authority.extend(soa);
    reply
}

/// What is said to types that are none of records. A transfer does not come here: over TCP it is served elsewhere, over UDP it is refused.
fn unasked(kind: RecordType) -> Option<ResponseCode> {
    match kind.0 {
        // 0 is reserved (RFC 6895 §3.1); OPT, TKEY and TSIG stand in messages only; NXNAME is never asked for (RFC 9824 §3.4).
        0 | 41 | 128 | 249 | 250 => Some(FORMAT_ERROR),
        251 | 252 => Some(REFUSED),
        // MAILB and MAILA are obsolete (RFC 6895 §3.1).
        253 | 254 => Some(NOT_IMPLEMENTED),
        _ => None,
    }
}

/// A lookup under way.
struct Walk<'a, 'g> {
    zones: &'a Zones,
    asked: Asked<'a>,
    given: &'g mut dyn Given,
    reply: Reply<'a>,
}

impl<'a> Walk<'a, '_> {
    fn run(&mut self) {
        let mut name = Cow::Borrowed(self.asked.name);
        while let Some(next) = self.step(&name) {
            self.reply.why.aliases += 1;
            // RFC 1034 §3.6.2: aliases that lead round end somewhere, and what was found of them is the answer.
            let round = self.reply.answer.iter().any(|set| set.kind == RecordType::CNAME && *set.owner == *next);
            if round || self.reply.why.aliases > MOST_ALIASES {
                self.reply.why.rule = Rule::AliasLoop;
                return;
            }
            name = next;
        }
    }

    /// Looks one name up. `Some` is the name that it is an alias for.
    fn step(&mut self, name: &Cow<'a, Name>) -> Option<Cow<'a, Name>> {
        let Some((found, exact)) = self.zones.find(name.as_wire()) else {
            if self.reply.why.aliases > 0 {
                self.end(Rule::Alias, None);
            }
            return None;
        };
        let (at, exact) = match (exact, self.asked.kind) {
            (true, RecordType::DS) => self.parents_side(found).unwrap_or((found, true)),
            _ => (found, exact),
        };
        if self.reply.why.aliases == 0 {
            self.reply.code = NO_ERROR;
            self.reply.authoritative = true;
        }
        let node = &self.zones.nodes[at];
        match node.place {
            // RFC 4035 §3.1.4.1: of all that is at a delegation, the DS records are the parent's to give.
            Place::Cut if exact && self.asked.kind == RecordType::DS => self.found(node, name, Rule::Exact),
            Place::Cut => self.refer(node),
            Place::BelowCut(cut) => self.refer(&self.zones.nodes[cut]),
            Place::BelowDname(above) => self.redirect(&self.zones.nodes[above], name),
            Place::Apex | Place::Inside if exact => self.found(node, name, Rule::Exact),
            Place::Apex | Place::Inside if node.held(RecordType::DNAME).is_some() => self.redirect(node, name),
            Place::Apex | Place::Inside => match node.wildcard {
                Some(wildcard) => self.found(&self.zones.nodes[wildcard], name, Rule::Wildcard),
                None => self.absent(node),
            },
        }
    }

    /// Where a DS record of this name is to be found, if the name is a zone's own, and the zone above is one of ours. What it says of a
    /// name that it does not delegate, NSD and Knot say too.
    fn parents_side(&self, apex: usize) -> Option<(usize, bool)> {
        let node = &self.zones.nodes[apex];
        let parent = (node.place == Place::Apex).then(|| node.name.parent()).flatten()?;
        let (above, _) = self.zones.find(parent.as_wire())?;
        self.zones.find_in(self.zones.nodes[above].zone, node.name.as_wire())
    }

    fn end(&mut self, rule: Rule, at: Option<&'a Node>) {
        self.reply.why.rule = rule;
        self.reply.why.at = at.map(|node| &node.name);
        self.reply.why.zone = at.map(|node| &self.zones.zones[node.zone].name);
    }

    /// The node stands for the name: its own, or a wildcard.
    fn found(&mut self, node: &'a Node, owner: &Cow<'a, Name>, rule: Rule) -> Option<Cow<'a, Name>> {
        let kind = self.asked.kind;
        match kind {
            RecordType::ANY => return self.found_any(node, owner),
            RecordType::RRSIG => return self.found_signatures(node, owner, rule),
            _ => {}
        }
        if let Some(held) = node.held(RecordType::CNAME).filter(|_| kind != RecordType::CNAME && node.held(kind).is_none()) {
            let data = self.records(held)?;
            let [Data::Cname(target)] = &*data else { return None };
            let target = target.clone();
            self.end(Rule::Alias, Some(node));
            self.answer_with(node, held, owner.clone(), data);
            return Some(Cow::Owned(target));
        }
        let data = node.held(kind).and_then(|held| Some((held, self.records(held)?)));
        match data {
            Some((held, data)) => {
                self.end(rule, Some(node));
                self.answer_with(node, held, owner.clone(), data);
            }
            None => self.no_data(node, rule),
        }
        None
    }

    /// RFC 8482 §4.1: one set is enough. It is one of those that there are, so that nobody takes for true what is made up.
    fn found_any(&mut self, node: &'a Node, owner: &Cow<'a, Name>) -> Option<Cow<'a, Name>> {
        // The smallest number first: A, NS, CNAME, SOA. What signs other records says nothing by itself.
        let held = node.sets.iter().find_map(|held| Some((held, self.records(held)?)));
        match held {
            Some((held, data)) => {
                self.end(Rule::Any(held.kind), Some(node));
                self.answer_with(node, held, owner.clone(), data);
            }
            None => self.no_data(node, Rule::Exact),
        }
        None
    }

    /// Signatures alone: those of one set, for the same reason.
    fn found_signatures(&mut self, node: &'a Node, owner: &Cow<'a, Name>, rule: Rule) -> Option<Cow<'a, Name>> {
        match node.sets.iter().find(|held| !held.signatures.is_empty()) {
            Some(held) => {
                self.end(rule, Some(node));
                let set = signatures(held, owner);
                self.reply.answer.push(set);
            }
            None => self.no_data(node, rule),
        }
        None
    }

    /// The records of a set now, if it has any.
    fn records(&mut self, held: &'a Held) -> Option<Cow<'a, [Data]>> {
        match &held.what {
            What::Fixed(data) => Some(Cow::Borrowed(data)),
            What::Dynamic(set) => {
                let Draw { data, choices, weighed, scope } = dynamic::draw(self.zones.set(*set), *set, held.kind, self.given);
                self.reply.why.choices.extend(choices);
                self.reply.why.weighed.extend(weighed);
                // Of two scopes the narrower holds for both.
                self.reply.scope = self.reply.scope.max(scope);
                Some(data).filter(|data| !data.is_empty())
            }
        }
    }

    fn answer_with(&mut self, node: &'a Node, held: &'a Held, owner: Cow<'a, Name>, data: Cow<'a, [Data]>) {
        let set = Set { owner: owner.clone(), kind: held.kind, ttl: held.ttl, data, needed: false };
        extra::add(self.zones, node.zone, &set, self.asked.dnssec_ok, &mut self.reply);
        self.reply.answer.push(set);
        if self.asked.dnssec_ok && !held.signatures.is_empty() {
            self.reply.answer.push(signatures(held, &owner));
        }
    }

    /// RFC 6672 §3.2: everything below the owner of a DNAME is an alias.
    fn redirect(&mut self, node: &'a Node, name: &Name) -> Option<Cow<'a, Name>> {
        let held = node.held(RecordType::DNAME)?;
        let [Data::Dname(target)] = node.fixed(RecordType::DNAME) else { return None };
        let owner = Cow::Borrowed(&node.name);
        self.end(Rule::Alias, Some(node));
        if !self.reply.answer.iter().any(|set| set.kind == RecordType::DNAME && *set.owner == node.name) {
            self.answer_with(node, held, owner.clone(), Cow::Borrowed(node.fixed(RecordType::DNAME)));
        }
        let Some(made) = name.replace_end(&node.name, target) else {
            self.reply.code = YX_DOMAIN;
            self.reply.why.rule = Rule::TooLong;
            return None;
        };
        // §3.1: the alias of this one name, for those who know nothing of trees, with the same time to live.
        let (owner, data) = (Cow::Owned(name.clone()), Cow::Owned(vec![Data::Cname(made.clone())]));
        self.reply.answer.push(Set { owner, kind: RecordType::CNAME, ttl: held.ttl, data, needed: false });
        // Below itself it would lead to ever longer names, and a short question to a long answer: this is where NSD stops too.
        if target.is_within(&node.name) {
            self.reply.why.rule = Rule::AliasLoop;
            return None;
        }
        // Who asks for the alias has it. §3.2 would go on; no other server does.
        (self.asked.kind != RecordType::CNAME).then_some(Cow::Owned(made))
    }

    /// RFC 1034 §4.3.2 3b: others have it, and this is where they are.
    fn refer(&mut self, cut: &'a Node) -> Option<Cow<'a, Name>> {
        let held = cut.held(RecordType::NS)?;
        self.end(Rule::Delegation, Some(cut));
        // Of the alias that led here, the last word was ours all the same (RFC 6604 §2.1).
        self.reply.authoritative = self.reply.why.aliases > 0;
        let set = plain(cut, held);
        extra::add(self.zones, cut.zone, &set, self.asked.dnssec_ok, &mut self.reply);
        self.reply.authority.push(set);
        if self.asked.dnssec_ok && self.zones.zones[cut.zone].signed {
            // RFC 4035 §3.1.4: the DS records, or what says that there are none.
            let proof = cut.held(RecordType::DS).or_else(|| cut.held(RecordType::NSEC));
            self.prove(cut, proof);
        }
        None
    }

    fn absent(&mut self, encloser: &'a Node) -> Option<Cow<'a, Name>> {
        self.reply.code = NO_NAME;
        self.end(Rule::NoName, Some(encloser));
        self.negative(encloser.zone);
        None
    }

    fn no_data(&mut self, node: &'a Node, rule: Rule) {
        self.end(if rule == Rule::Wildcard { Rule::WildcardNoData } else { Rule::NoData }, Some(node));
        self.negative(node.zone);
        // What only this client's place lacks, or lacks for now, is not believed absent for longer than it would be believed there.
        let changes = |held: &&Held| matches!(held.what, What::Dynamic(_)) && [held.kind, RecordType::ANY].contains(&self.asked.kind);
        if let Some(least) = node.sets.iter().filter(changes).map(|held| held.ttl).min() {
            self.reply.authority.iter_mut().for_each(|set| set.ttl = set.ttl.min(least));
        }
        if self.asked.dnssec_ok {
            self.prove(node, node.held(RecordType::NSEC));
        }
    }

    /// RFC 2308 §3: how long an absence may be believed is said by the SOA record in the authority section.
    fn negative(&mut self, zone: usize) {
        self.reply.authority.extend(absence(self.zones, zone).authority);
        let Zone { apex, .. } = self.zones.zones[zone];
        let apex = &self.zones.nodes[apex];
        let signed = apex.held(RecordType::SOA).filter(|held| self.asked.dnssec_ok && !held.signatures.is_empty());
        let ttl = self.zones.zones[zone].negative_ttl();
        self.reply.authority.extend(signed.map(|held| Set { ttl, ..signatures(held, &Cow::Borrowed(&apex.name)) }));
    }

    fn prove(&mut self, node: &'a Node, held: Option<&'a Held>) {
        let Some(held) = held else { return };
        self.reply.authority.push(plain(node, held));
        if !held.signatures.is_empty() {
            self.reply.authority.push(signatures(held, &Cow::Borrowed(&node.name)));
        }
    }
}

fn plain<'a>(node: &'a Node, held: &'a Held) -> Set<'a> {
    let data = Cow::Borrowed(node.fixed(held.kind));
    Set { owner: Cow::Borrowed(&node.name), kind: held.kind, ttl: held.ttl, data, needed: false }
}

pub(super) fn signatures<'a>(held: &'a Held, owner: &Cow<'a, Name>) -> Set<'a> {
    let data = Cow::Borrowed(held.signatures.as_slice());
    Set { owner: owner.clone(), kind: RecordType::RRSIG, ttl: held.ttl, data, needed: false }
}
