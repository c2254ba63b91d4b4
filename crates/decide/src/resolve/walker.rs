//! The machine of all lookups: it takes what came in, and is drained of what is to be done. Lookups that want the same of the same zone
//! share the question.

use super::cache::Known;
use super::context::{Context, listed};
use super::exchange::MOST_QUERIES;
use super::judge::{Alias, Judged, Verdict};
use super::question::{Asked, Over, Question, QuestionId, Settled, State};
use super::settings::{Limits, Subnet};
use super::walk::{Outcome, Walk, WalkId};
use super::zone::Zone;
use crate::step::DnsStep;
use crate::time::{Duration, Instant};
use alloc::collections::{BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use wire::dns::{Data, Name, Query, Record, RecordType};

/// RFC 8020 §2 says that nothing is below such a name, and some servers are wrong about it.
const PART_DENIED: &str = "a part of the name is denied: the whole is asked for to be sure";

/// How lookups are done.
pub(super) struct Plan {
    /// Resolvers are asked, and believed.
    pub(super) recursive: bool,
    /// Servers are asked in the order in which they are named, and not the fastest first.
    pub(super) in_order: bool,
    /// Where servers listen that a referral names.
    pub(super) port: u16,
    pub(super) subnet: Option<Subnet>,
    pub(super) minimise: bool,
    pub(super) limits: Limits,
    /// How often one server is asked one question.
    pub(super) tries: u8,
}

/// A query to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Its number: what comes back is told with it.
    pub exchange: u64,
    /// To whom.
    pub to: SocketAddr,
    /// How.
    pub over: Over,
    /// The message.
    pub message: Vec<u8>,
}

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Todo {
    /// Send this, and listen for what comes back.
    Send(Transmit),
    /// Listen no more.
    Close(u64),
}

/// What is to be done inside.
enum Work {
    Proceed(WalkId),
    Next(QuestionId),
    Hear(WalkId, QuestionId, Settled),
}

/// The machine.
pub(super) struct Walker {
    pub(super) plan: Plan,
    /// Where a lookup begins if nothing nearer is known.
    start: Zone,
    pub(super) walks: Vec<Walk>,
    pub(super) questions: Vec<Question>,
    work: VecDeque<Work>,
    todo: VecDeque<Todo>,
    exchanges: u64,
    /// This machine has no route to addresses of IPv6.
    pub(super) no_v6: bool,
}

impl Walker {
    pub(super) fn new(plan: Plan, start: Zone) -> Walker {
        Walker {
            plan,
            start,
            walks: Vec::new(),
            questions: Vec::new(),
            work: VecDeque::new(),
            todo: VecDeque::new(),
            exchanges: 0,
            no_v6: false,
        }
    }

    /// Begins a lookup. [`Walker::run`] is to be called after it.
    pub(super) fn begin(&mut self, name: Name, kind: RecordType, parent: Option<(QuestionId, Name)>, cx: &mut Context<'_>) -> WalkId {
        let (within, depth) = parent.as_ref().map_or((0, 0), |(question, _)| {
            let question = &self.questions[*question];
            (question.lookup, question.depth + 1)
        });
        let id = self.walks.len();
        let (text, kind_text) = (cx.text(&name), cx.text(&kind));
        cx.tell(DnsStep::LookupBegan { lookup: number(id), within, name: text, kind: kind_text });
        self.walks.push(Walk {
            kind,
            names: alloc::vec![name],
            chain: Vec::new(),
            ttl: Duration::MAX,
            parents: parent.into_iter().collect(),
            depth,
            zone: Zone { name: Name::root(), servers: Vec::new() },
            known: 0,
            parts: 0,
            whole: false,
            began: cx.now,
            outcome: None,
        });
        self.work.push_back(Work::Proceed(id));
        id
    }

    /// How a lookup ended, if it has.
    pub(super) fn outcome(&self, walk: WalkId) -> Option<&Outcome> {
        self.walks[walk].outcome.as_ref()
    }

    /// The aliases on the way to where a lookup is.
    pub(super) fn chain(&self, walk: WalkId) -> Vec<Record> {
        self.walks[walk].chain.clone()
    }

    /// Resolvers are to be asked, and there are none.
    pub(super) fn has_nobody_to_ask(&self) -> bool {
        self.start.servers.is_empty()
    }

    /// Ends all lookups that have not ended.
    pub(super) fn abandon(&mut self, why: &'static str, cx: &mut Context<'_>) {
        for id in 0..self.walks.len() {
            // Those of servers' addresses have no end of their own.
            if self.walks[id].parents.is_empty() {
                self.finish(id, Outcome::TooMuch(why), cx);
            }
        }
    }

    /// What is to be done outside; to be called until it is `None`, after every input.
    pub(super) fn next_todo(&mut self) -> Option<Todo> {
        self.todo.pop_front()
    }

    /// When the first answer is late.
    pub(super) fn limit(&self) -> Option<Instant> {
        self.questions.iter().filter_map(|question| if let State::Asked(asked) = &question.state { Some(asked.limit) } else { None }).min()
    }

    /// Does what is to be done inside.
    pub(super) fn run(&mut self, cx: &mut Context<'_>) {
        while let Some(work) = self.work.pop_front() {
            match work {
                // It was given up meanwhile.
                Work::Proceed(walk) | Work::Hear(walk, ..) if self.walks[walk].outcome.is_some() => {}
                Work::Proceed(walk) => self.proceed(walk, cx),
                Work::Next(question) => self.next(question, cx),
                Work::Hear(walk, question, settled) => self.hear(walk, question, settled, cx),
            }
        }
    }

    /// Looks for what is known of a name, or for whom to ask.
    fn proceed(&mut self, id: WalkId, cx: &mut Context<'_>) {
        let (name, kind) = (self.walks[id].name().clone(), self.walks[id].kind);
        for of in [kind, RecordType::CNAME] {
            let Some((known, ttl)) = cx.cache.find(&name, of, cx.now) else { continue };
            let known = known.clone();
            if of != kind && !matches!(known, Known::Records(_)) {
                continue;
            }
            return self.remember(id, of, known, ttl, cx);
        }
        // RFC 4035 §3.1.4.1: a DS record is on the upper side of the cut, with the servers of the zone above.
        let from = if kind == RecordType::DS { name.parent() } else { Some(name) };
        let near = from.filter(|_| !self.plan.recursive).and_then(|from| cx.cache.zone_above(&from, cx.now).cloned());
        let why = match (&near, self.plan.recursive) {
            (_, true) => "resolver",
            (Some(_), _) => "cache",
            (None, _) => "root-hints",
        };
        let zone = near.unwrap_or_else(|| self.start.clone());
        let text = cx.text(&zone.name);
        cx.tell(DnsStep::StartedAtZone { lookup: number(id), zone: text, servers: zone.servers.len() as u64, why });
        self.walks[id].enter(zone);
        self.ask(id, cx);
    }

    /// Uses what was learned before.
    fn remember(&mut self, id: WalkId, of: RecordType, known: Known, ttl: Duration, cx: &mut Context<'_>) {
        let (name, lookup) = (self.walks[id].name().clone(), number(id));
        let what = match &known {
            Known::Records(records) => listed(records.iter().map(|record| &record.data)),
            Known::NoName(_) => String::from("no-such-name"),
            Known::NoData(_) => String::from("no-such-record"),
            Known::Failed(why) => why.clone(),
        };
        let (text, kind, what) = (cx.text(&name), cx.text(&of), cx.text(&what));
        cx.tell(DnsStep::FoundInDnsCache { lookup, name: text, kind, what, ttl });
        match known {
            Known::Records(records) => {
                let records = holding(records, ttl);
                if of == self.walks[id].kind {
                    let ttl = self.walks[id].ttl.min(ttl);
                    return self.finish(id, Outcome::Records { records, ttl }, cx);
                }
                let to = target(&records).expect("what is kept as CNAME is one").clone();
                let dname = records.into_iter().find(|record| record.data.kind() == RecordType::DNAME);
                if self.follow(id, Alias { from: name, to, by: "CNAME", ttl, dname }, cx) {
                    self.work.push_back(Work::Proceed(id));
                }
            }
            Known::NoName(soa) => self.finish(id, Outcome::NoName(soa.map(|soa| Record { ttl, ..soa })), cx),
            Known::NoData(soa) => self.finish(id, Outcome::NoData(soa.map(|soa| Record { ttl, ..soa })), cx),
            Known::Failed(why) => self.finish(id, Outcome::Failed(why), cx),
        }
    }

    /// Puts the next question of a lookup, or joins the one that is being asked already.
    fn ask(&mut self, id: WalkId, cx: &mut Context<'_>) {
        let minimise = self.plan.minimise && !self.plan.recursive;
        let walk = &mut self.walks[id];
        let mut name = walk.next_name(minimise);
        while name != *walk.name() {
            match cx.cache.find(&name, RecordType::A, cx.now) {
                Some((Known::NoName(_), _)) => walk.whole = true,
                Some((Known::Records(_) | Known::NoData(_), _)) => walk.known = name.depth(),
                _ => break,
            }
            name = walk.next_name(minimise);
        }
        let minimised = name != *walk.name();
        // RFC 9156 §2.1: the type is hidden too, and A is what every server can answer.
        let kind = if minimised { RecordType::A } else { walk.kind };
        let query = Query { name, kind };
        let (zone, depth) = (walk.zone.clone(), walk.depth);
        let open = |question: &Question| {
            !matches!(question.state, State::Settled)
                && question.query == query
                && question.zone.name == zone.name
                && question.minimised == minimised
        };
        if let Some(same) = self.questions.iter().position(open) {
            if self.depends_on(id, same) {
                return self.finish(id, Outcome::Failed(String::from("it needs its own answer")), cx);
            }
            return self.questions[same].waiting.push(id);
        }
        self.questions.push(Question {
            lookup: number(id),
            depth,
            zone,
            query,
            minimised,
            waiting: alloc::vec![id],
            tries: super::zone::Tries::new(),
            asked: 0,
            failure: String::new(),
            answered: false,
            sought: BTreeSet::new(),
            state: State::Choosing,
        });
        self.work.push_back(Work::Next(self.questions.len() - 1));
    }

    /// Whether a question waits, over any number of lookups, for one of these lookups.
    fn depends_on(&self, walk: WalkId, question: QuestionId) -> bool {
        self.around(&[walk]).1.contains(&question)
    }

    /// Whether a lookup waits, over any number of questions, for this one.
    fn waits_for(&self, walk: WalkId, question: QuestionId) -> bool {
        self.around(&self.questions[question].waiting).0.contains(&walk)
    }

    /// All lookups and questions that wait for one of these lookups, themselves included.
    fn around(&self, walks: &[WalkId]) -> (BTreeSet<WalkId>, BTreeSet<QuestionId>) {
        let mut seen: (BTreeSet<WalkId>, BTreeSet<QuestionId>) = Default::default();
        let mut open = walks.to_vec();
        while let Some(walk) = open.pop() {
            if !seen.0.insert(walk) {
                continue;
            }
            for (question, _) in &self.walks[walk].parents {
                if seen.1.insert(*question) {
                    open.extend(&self.questions[*question].waiting);
                }
            }
        }
        seen
    }

    /// A question is settled: all who wait for it hear of it, and what can be kept is kept.
    pub(super) fn settle(&mut self, id: QuestionId, settled: Settled, cx: &mut Context<'_>) {
        let question = &mut self.questions[id];
        if let State::Asked(asked) = &question.state {
            self.todo.push_back(Todo::Close(asked.exchange));
        }
        question.state = State::Settled;
        match &settled {
            Settled::Judged(judged) => keep(&question.query, judged, self.plan.subnet.is_some(), cx),
            Settled::Failed { why, .. } if !question.minimised => {
                cx.cache.keep_failure(&question.query.name, question.query.kind, why, cx.now)
            }
            Settled::Failed { .. } | Settled::TooMuch(_) => {}
        }
        for walk in core::mem::take(&mut question.waiting) {
            self.work.push_back(Work::Hear(walk, id, settled.clone()));
        }
    }

    /// What an answer means for a lookup.
    fn hear(&mut self, id: WalkId, question: QuestionId, settled: Settled, cx: &mut Context<'_>) {
        let (minimised, part) = (self.questions[question].minimised, self.questions[question].query.name.clone());
        // What many have asked together is told once.
        let first = self.questions[question].lookup == number(id);
        match settled {
            Settled::Failed { answered: true, .. } if minimised => {
                self.ask_whole(id, &part, first.then_some("its servers do not answer for a part of the name"), cx)
            }
            Settled::Failed { why, .. } => self.finish(id, Outcome::Failed(why), cx),
            Settled::TooMuch(why) => self.finish(id, Outcome::TooMuch(why), cx),
            Settled::Judged(Judged { verdict: Verdict::Referral { zone, .. }, .. }) => {
                self.walks[id].enter(zone);
                self.ask(id, cx);
            }
            Settled::Judged(judged) if minimised => match judged.verdict {
                Verdict::NoName(_) => self.ask_whole(id, &part, first.then_some(PART_DENIED), cx),
                _ if judged.aliases.first().is_some_and(|alias| alias.by == "DNAME") => {
                    self.ask_whole(id, &part, first.then_some("all names below a part of it are aliases"), cx);
                }
                _ => {
                    if first {
                        let (name, zone) = (cx.text(&part), cx.text(&self.walks[id].zone.name));
                        cx.tell(DnsStep::NoZoneCut { lookup: number(id), name, zone });
                    }
                    self.walks[id].known = part.depth();
                    self.ask(id, cx);
                }
            },
            Settled::Judged(judged) => {
                for alias in judged.aliases {
                    if !self.follow(id, alias, cx) {
                        return;
                    }
                }
                match judged.verdict {
                    Verdict::Records(records) => {
                        // RFC 2181 §5.2: the records of a set hold equally long.
                        let least = least(&records);
                        let ttl = least.min(self.walks[id].ttl);
                        self.finish(id, Outcome::Records { records: holding(records, least), ttl }, cx);
                    }
                    Verdict::NoName(soa) => self.finish(id, Outcome::NoName(soa), cx),
                    Verdict::NoData(soa) => self.finish(id, Outcome::NoData(soa), cx),
                    _ => self.work.push_back(Work::Proceed(id)),
                }
            }
        }
    }

    fn ask_whole(&mut self, id: WalkId, part: &Name, told: Option<&'static str>, cx: &mut Context<'_>) {
        if let Some(why) = told {
            let name = cx.text(part);
            cx.tell(DnsStep::MinimisationEnded { lookup: number(id), name, why });
        }
        self.walks[id].whole = true;
        self.ask(id, cx);
    }

    /// Goes on with what an alias stands for. False: it leads nowhere, and the lookup has ended.
    fn follow(&mut self, id: WalkId, alias: Alias, cx: &mut Context<'_>) -> bool {
        let (from, to) = (cx.text(&alias.from), cx.text(&alias.to));
        cx.tell(DnsStep::AliasFollowed { lookup: number(id), from, to, by: alias.by, ttl: alias.ttl });
        let most = usize::try_from(self.plan.limits.aliases).unwrap_or(usize::MAX);
        let walk = &mut self.walks[id];
        let outcome = if walk.names.contains(&alias.to) {
            Outcome::Failed(String::from("its aliases go round in a circle"))
        } else if walk.names.len() > most {
            Outcome::TooMuch("it has too many aliases")
        } else {
            walk.ttl = walk.ttl.min(alias.ttl);
            walk.chain.extend(as_records(&alias));
            walk.names.push(alias.to);
            (walk.whole, walk.parts) = (false, 0);
            return true;
        };
        self.finish(id, outcome, cx);
        false
    }

    /// A lookup has ended.
    pub(super) fn finish(&mut self, id: WalkId, outcome: Outcome, cx: &mut Context<'_>) {
        let walk = &mut self.walks[id];
        if walk.outcome.is_some() {
            return;
        }
        let (lookup, took) = (number(id), cx.now.since(walk.began));
        let (name, kind) = (cx.text(walk.name()), cx.text(&walk.kind));
        let holds = |soa: &Option<Record>| soa.as_ref().map_or(Duration::ZERO, |soa| soa.ttl);
        let step = match &outcome {
            Outcome::Records { records, ttl } => {
                let records = cx.text(&listed(records.iter().map(|record| &record.data)));
                DnsStep::RecordsFound { lookup, name, kind, records, ttl: *ttl, took }
            }
            Outcome::NoName(soa) => DnsStep::RecordsAbsent { lookup, name, kind, why: "no-such-name", ttl: holds(soa), took },
            Outcome::NoData(soa) => DnsStep::RecordsAbsent { lookup, name, kind, why: "no-such-record", ttl: holds(soa), took },
            Outcome::Failed(why) => DnsStep::LookupFailed { lookup, name, kind, why: cx.text(why), took },
            Outcome::TooMuch(why) => DnsStep::LookupFailed { lookup, name, kind, why: cx.text(why), took },
        };
        cx.tell(step);
        let parents = walk.parents.clone();
        let addresses: Vec<IpAddr> = match &outcome {
            Outcome::Records { records, .. } => records.iter().filter_map(|record| record.data.address()).collect(),
            _ => Vec::new(),
        };
        walk.outcome = Some(outcome);
        for (question, server) in parents {
            self.server_looked_up(question, &server, id, &addresses, cx);
        }
    }

    /// The lookup of a server's address has ended.
    fn server_looked_up(&mut self, id: QuestionId, server: &Name, walk: WalkId, addresses: &[IpAddr], cx: &mut Context<'_>) {
        let port = self.plan.port;
        let question = &mut self.questions[id];
        if let Some(known) = question.zone.servers.iter_mut().find(|known| known.name.as_ref() == Some(server)) {
            known.addresses.extend(addresses.iter().map(|address| SocketAddr::new(*address, port)));
            let has_addresses = !known.addresses.is_empty();
            if let State::Seeking { walks } = &mut question.state {
                walks.retain(|other| *other != walk);
                if !has_addresses && walks.is_empty() {
                    let (lookup, zone) = (question.lookup, question.zone.name.clone());
                    missing(lookup, server, &zone, "its lookup gave no address", cx);
                }
                if has_addresses || walks.is_empty() {
                    question.state = State::Choosing;
                    self.work.push_back(Work::Next(id));
                }
            }
        }
    }

    /// Takes the next server of a question, or looks up the address of one.
    pub(super) fn next(&mut self, id: QuestionId, cx: &mut Context<'_>) {
        if !matches!(self.questions[id].state, State::Choosing) {
            return;
        }
        let limits = self.plan.limits;
        if self.exchanges >= u64::from(limits.queries) {
            return self.settle(id, Settled::TooMuch("it would take more queries than one lookup may send"), cx);
        }
        if self.questions[id].asked >= MOST_QUERIES {
            return self.fail(id, cx);
        }
        if let Some(server) = self.choose(id, 1, cx) {
            let why = if self.questions[id].asked == 0 { "first" } else { "next-server" };
            return self.send(id, server, Over::Udp, !cx.cache.server(server, cx.now).plain, why, cx);
        }
        while let Some(server) = self.questions[id].unknown_server() {
            if self.seek(id, server, cx) {
                return;
            }
        }
        match self.choose(id, self.plan.tries, cx) {
            Some(server) => self.send(id, server, Over::Udp, !cx.cache.server(server, cx.now).plain, "again", cx),
            None => self.fail(id, cx),
        }
    }

    fn choose(&self, id: QuestionId, tries: u8, cx: &mut Context<'_>) -> Option<SocketAddr> {
        let question = &self.questions[id];
        let usable = |address: SocketAddr| !(self.no_v6 && address.is_ipv6());
        super::zone::choose(&question.zone, &question.tries, tries, self.plan.in_order, usable, (cx.cache, cx.now, cx.random))
    }

    /// Looks up the address of a server. False: that cannot be done.
    fn seek(&mut self, id: QuestionId, server: Name, cx: &mut Context<'_>) -> bool {
        let limits = self.plan.limits;
        let question = &mut self.questions[id];
        let (lookup, zone) = (question.lookup, question.zone.name.clone());
        let sought = question.sought.len();
        question.sought.insert(server.clone());
        let too_many = sought >= usize::try_from(limits.unknown_servers).unwrap_or(usize::MAX);
        if too_many {
            // Told once, for all that are left.
            while let Some(other) = question.unknown_server() {
                question.sought.insert(other);
            }
        }
        let why = if server.is_within(&zone) {
            "only the zone itself could tell its address"
        } else if too_many {
            "too many servers of this zone came without addresses: no more are looked up"
        } else if question.depth >= limits.depth {
            "too many lookups stand around this one"
        } else {
            let (text, zone) = (cx.text(&server), cx.text(&zone));
            cx.tell(DnsStep::ServerAddressSought { lookup, server: text, zone });
            let kinds: &[RecordType] = if self.no_v6 { &[RecordType::A] } else { &[RecordType::A, RecordType::AAAA] };
            let walks = kinds.iter().map(|kind| self.look_up_server(id, &server, *kind, cx)).collect();
            self.questions[id].state = State::Seeking { walks };
            return true;
        };
        missing(lookup, &server, &zone, why, cx);
        false
    }

    /// The lookup of a server's address: the one that goes on already for another question, unless that waits for this one.
    fn look_up_server(&mut self, id: QuestionId, server: &Name, kind: RecordType, cx: &mut Context<'_>) -> WalkId {
        let same = |walk: &Walk| walk.outcome.is_none() && walk.kind == kind && walk.parents.iter().any(|(_, name)| name == server);
        let going_on = self.walks.iter().position(same).filter(|walk| !self.waits_for(*walk, id));
        match going_on {
            Some(walk) => {
                self.walks[walk].parents.push((id, server.clone()));
                walk
            }
            None => self.begin(server.clone(), kind, Some((id, server.clone())), cx),
        }
    }

    /// Nobody can answer a question.
    fn fail(&mut self, id: QuestionId, cx: &mut Context<'_>) {
        let question = &self.questions[id];
        let why = match question.failure.is_empty() {
            true => alloc::format!("no server of {} has an address that can be asked", question.zone.name),
            false => question.failure.clone(),
        };
        let answered = question.answered;
        self.settle(id, Settled::Failed { why, answered }, cx);
    }

    /// Counts a query, and puts it on its way.
    pub(super) fn transmit(&mut self, id: QuestionId, asked: Asked, message: Vec<u8>) {
        let question = &mut self.questions[id];
        if let State::Asked(before) = &question.state {
            self.todo.push_back(Todo::Close(before.exchange));
        }
        self.todo.push_back(Todo::Send(Transmit { exchange: asked.exchange, to: asked.server, over: asked.over, message }));
        question.state = State::Asked(asked);
    }

    pub(super) fn next_exchange(&mut self) -> u64 {
        self.exchanges += 1;
        self.exchanges
    }

    /// This server is done with: the next is to be asked.
    pub(super) fn go_on(&mut self, id: QuestionId) {
        let question = &mut self.questions[id];
        if let State::Asked(asked) = &question.state {
            self.todo.push_back(Todo::Close(asked.exchange));
        }
        question.state = State::Choosing;
        self.work.push_back(Work::Next(id));
    }
}

/// The number of a lookup in steps.
pub(super) fn number(walk: WalkId) -> u64 {
    walk as u64 + 1
}

fn missing(lookup: u64, server: &Name, zone: &Name, why: &'static str, cx: &mut Context<'_>) {
    let (server, zone) = (cx.text(server), cx.text(zone));
    cx.tell(DnsStep::ServerAddressMissing { lookup, server, zone, why });
}

/// RFC 6672 §3.1: a DNAME, if it is one, and the CNAME that it comes to for this name.
fn as_records(alias: &Alias) -> impl Iterator<Item = Record> {
    let cname = Record { owner: alias.from.clone(), ttl: alias.ttl, data: Data::Cname(alias.to.clone()) };
    alias.dname.clone().map(|dname| Record { ttl: alias.ttl, ..dname }).into_iter().chain([cname])
}

/// What a name is an alias for, by what is kept of it.
pub(super) fn target(records: &[Record]) -> Option<&Name> {
    records.iter().find_map(|record| if let Data::Cname(to) = &record.data { Some(to) } else { None })
}

/// Records that hold for so long.
pub(super) fn holding(records: Vec<Record>, ttl: Duration) -> Vec<Record> {
    records.into_iter().map(|record| Record { ttl, ..record }).collect()
}

fn least(records: &[Record]) -> Duration {
    records.iter().map(|record| record.ttl).min().unwrap_or_default()
}

/// Keeps what an answer says. One that was made for a subnet is not kept: it may be another for the next (RFC 7871 §7.3).
fn keep(query: &Query, judged: &Judged, for_subnet: bool, cx: &mut Context<'_>) {
    if let Verdict::Referral { zone, ttl } = &judged.verdict {
        return cx.cache.keep_zone(zone, *ttl, cx.now);
    }
    if for_subnet {
        return;
    }
    for alias in &judged.aliases {
        cx.cache.keep(&alias.from, RecordType::CNAME, Known::Records(as_records(alias).collect()), alias.ttl, cx.now);
    }
    let name = judged.aliases.last().map_or(&query.name, |alias| &alias.to);
    let (known, ttl) = match &judged.verdict {
        Verdict::Records(records) => (Known::Records(records.clone()), Some(least(records))),
        Verdict::NoName(soa) => (Known::NoName(soa.clone()), soa.as_ref().map(|soa| soa.ttl)),
        Verdict::NoData(soa) => (Known::NoData(soa.clone()), soa.as_ref().map(|soa| soa.ttl)),
        _ => return,
    };
    cx.cache.keep(name, query.kind, known, ttl.unwrap_or_default(), cx.now);
}
