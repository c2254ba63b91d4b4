//! From the name of a URL to its addresses and services: the hosts file, the search list, records of both families at once, and what HTTPS
//! records say (RFC 9460).

use super::context::Context;
use super::exchange::Failure;
use super::files;
use super::question::Over;
use super::root::{PUBLIC_ROOT, root_servers};
use super::settings::{Mode, Resolved, Service, Settings, Trouble};
use super::walk::{Outcome, WalkId};
use super::walker::{Plan, Todo, Transmit, Walker};
use super::zone::Zone;
use crate::step::DnsStep;
use crate::time::{Duration, Instant};
use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use wire::dns::{Binding, Data, Name, RecordType};
use wire::resolver_files::ResolvConf;

/// How long the rest is waited for once there are addresses: a network in which one type of record gets no answers must not hold up all.
const LAG: Duration = Duration::from_secs(1);
/// How many aliases of HTTPS records are followed (RFC 9460 §2.4.2 leaves it to us).
const MOST_SERVICE_ALIASES: u32 = 4;
/// Of how many services on other names the addresses are looked up.
const MOST_TARGETS: usize = 2;
/// How often a server of a zone is asked one question.
const TRIES: u8 = 2;

/// What came in.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// A message for an exchange.
    Came {
        /// Which.
        exchange: u64,
        /// Where the message is from.
        from: SocketAddr,
        /// The message.
        message: &'a [u8],
    },
    /// An exchange came to nothing.
    Broke {
        /// Which.
        exchange: u64,
        /// Why.
        failure: Failure,
    },
    /// The time of [`Lookup::limit`] has come.
    TimePassed,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<End> {
    /// Send this, each query from a port of its own, and hand in what comes back.
    Send(Transmit),
    /// Nothing more is wanted of this exchange.
    Close(u64),
    /// The end.
    Done(End),
}

/// What the files of the machine say. A missing file is an empty one.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// `/etc/hosts`.
    pub hosts: &'a [u8],
    /// `/etc/resolv.conf`.
    pub resolv_conf: &'a [u8],
}

/// The lookup of one name. Order of calls: [`Lookup::new`]; then [`Lookup::poll_output`] until it is `None`, wait for input or for
/// [`Lookup::limit`], [`Lookup::handle`], and again, until [`Output::Done`].
pub struct Lookup {
    walker: Walker,
    port: u16,
    service: bool,
    /// What the name may still stand for.
    candidates: VecDeque<Name>,
    /// The name itself, where it may stand for others.
    typed: Option<Name>,
    state: State,
    /// Why earlier candidates gave nothing.
    trouble: Option<Trouble>,
    until: Instant,
}

/// The lookups of one name.
struct Asking {
    name: Name,
    v4: WalkId,
    v6: WalkId,
    service: Option<WalkId>,
}

enum State {
    /// For the name, or for what an HTTPS record says is to be used in its place.
    Asking { asking: Asking, aliases: u32, before: Option<Resolved>, lag: Option<Instant> },
    /// For the names on which services are.
    Targets { resolved: Resolved, targets: Vec<Asking>, lag: Option<Instant> },
    /// The end, not told yet.
    Ended(Result<Resolved, Trouble>),
    /// The end.
    Over,
}

impl Lookup {
    /// Begins.
    pub fn new(settings: &Settings, name: &str, port: u16, files: &Files<'_>, cx: &mut Context<'_>) -> Lookup {
        let conf = ResolvConf::parse(files.resolv_conf);
        let (plan, start) = plan(settings, &conf);
        let mut lookup = Lookup {
            walker: Walker::new(plan, start),
            port,
            service: settings.service,
            candidates: VecDeque::new(),
            typed: None,
            state: State::Over,
            trouble: None,
            until: cx.now + settings.limits.time,
        };
        if let Some(found) = files::without_asking(files.hosts, name, cx) {
            lookup.state = State::Ended(Ok(found));
            return lookup;
        }
        lookup.candidates = files::candidates(name, &conf, &settings.mode);
        lookup.typed = Name::parse(name).filter(|_| lookup.candidates.len() > 1);
        lookup.trouble = lookup.candidates.is_empty().then_some(Trouble::NotAName);
        if lookup.walker.has_nobody_to_ask() {
            lookup.candidates.clear();
            lookup.trouble = Some(Trouble::Machine("/etc/resolv.conf names no server that can be asked from here".to_string()));
        }
        lookup.next_candidate(cx);
        lookup.run(cx);
        lookup
    }

    /// Takes what came in.
    pub fn handle(&mut self, input: Input<'_>, cx: &mut Context<'_>) {
        match input {
            Input::Came { exchange, from, message } => self.walker.came(exchange, from, message, cx),
            Input::Broke { exchange, failure } => self.walker.broke(exchange, &failure, cx),
            Input::TimePassed => self.time_passed(cx),
        }
        self.run(cx);
    }

    /// The next thing to be done; to be called until it is `None`, after every input.
    pub fn poll_output(&mut self) -> Option<Output<Result<Resolved, Trouble>>> {
        if let Some(todo) = self.walker.next_todo() {
            return Some(match todo {
                Todo::Send(transmit) => Output::Send(transmit),
                Todo::Close(exchange) => Output::Close(exchange),
            });
        }
        match core::mem::replace(&mut self.state, State::Over) {
            State::Ended(result) => Some(Output::Done(result)),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Until when to wait for input, and why so long.
    pub fn limit(&self) -> (Instant, &'static str) {
        let lag = match &self.state {
            State::Asking { lag, .. } | State::Targets { lag, .. } => *lag,
            State::Ended(_) | State::Over => None,
        };
        let answer = self.walker.limit().map(|at| (at, "a server is to answer"));
        let lag = lag.map(|at| (at, "there are addresses, and the rest may be late"));
        [answer, lag]
            .into_iter()
            .flatten()
            .fold((self.until, "the whole lookup may take no longer"), |least, other| if other.0 < least.0 { other } else { least })
    }

    fn time_passed(&mut self, cx: &mut Context<'_>) {
        self.walker.time_passed(cx);
        let late = match &self.state {
            State::Asking { lag, .. } | State::Targets { lag, .. } => lag.is_some_and(|lag| lag <= cx.now),
            State::Ended(_) | State::Over => false,
        };
        if late {
            self.walker.abandon("the addresses are there already", cx);
        }
        if self.until <= cx.now {
            self.candidates.clear();
            self.walker.abandon("the time for the whole lookup is over", cx);
        }
    }

    /// Goes on as far as it goes without input.
    fn run(&mut self, cx: &mut Context<'_>) {
        loop {
            self.walker.run(cx);
            match core::mem::replace(&mut self.state, State::Over) {
                State::Asking { asking, aliases, before, lag } if self.is_done(&asking) => {
                    let _ = lag;
                    self.addresses_are_there(&asking, aliases, before, cx);
                }
                State::Asking { asking, aliases, before, lag } => {
                    let lag = lag.or_else(|| self.has_addresses(&asking).then(|| cx.now + LAG));
                    self.state = State::Asking { asking, aliases, before, lag };
                    return;
                }
                State::Targets { resolved, targets, .. } if targets.iter().all(|target| self.is_done(target)) => {
                    self.targets_are_there(resolved, &targets);
                }
                State::Targets { resolved, targets, lag } => {
                    let lag = lag.or_else(|| (!resolved.addresses.is_empty()).then(|| cx.now + LAG));
                    self.state = State::Targets { resolved, targets, lag };
                    return;
                }
                over @ (State::Ended(_) | State::Over) => {
                    self.state = over;
                    return;
                }
            }
        }
    }

    fn is_done(&self, asking: &Asking) -> bool {
        [Some(asking.v4), Some(asking.v6), asking.service].into_iter().flatten().all(|walk| self.walker.outcome(walk).is_some())
    }

    fn has_addresses(&self, asking: &Asking) -> bool {
        [asking.v4, asking.v6].into_iter().any(|walk| matches!(self.walker.outcome(walk), Some(Outcome::Records { .. })))
    }

    /// Begins with what the name may stand for next; the end if there is nothing left.
    fn next_candidate(&mut self, cx: &mut Context<'_>) {
        let Some(name) = self.candidates.pop_front() else {
            self.state = State::Ended(Err(self.trouble.take().unwrap_or(Trouble::NoSuchName)));
            return;
        };
        if let Some(typed) = &self.typed {
            let why = if *typed == name { "as-it-is" } else { "search-list" };
            let name = cx.text(&name);
            cx.tell(DnsStep::NameTried { name, why });
        }
        let asking = self.ask(name, self.service, cx);
        self.state = State::Asking { asking, aliases: 0, before: None, lag: None };
    }

    fn ask(&mut self, name: Name, service: bool, cx: &mut Context<'_>) -> Asking {
        let v4 = self.walker.begin(name.clone(), RecordType::A, None, cx);
        let v6 = self.walker.begin(name.clone(), RecordType::AAAA, None, cx);
        let service = if service { self.service_name(&name) } else { None };
        let service = service.map(|name| self.walker.begin(name, RecordType::HTTPS, None, cx));
        Asking { name, v4, v6, service }
    }

    /// RFC 9460 §9.1: where the HTTPS record of a name and port is.
    fn service_name(&self, name: &Name) -> Option<Name> {
        match self.port {
            80 | 443 => Some(name.clone()),
            port => name.below("_https")?.below(&alloc::format!("_{port}")),
        }
    }

    /// All three lookups of a name have ended.
    fn addresses_are_there(&mut self, asking: &Asking, aliases: u32, before: Option<Resolved>, cx: &mut Context<'_>) {
        let mut resolved = Resolved { name: asking.name.to_string(), ttl: Duration::MAX, ..Resolved::default() };
        resolved.addresses = self.addresses(asking, &mut resolved.ttl);
        if let Some(before) = before {
            // RFC 9460 §3: where the alias leads to nothing, the name itself is used.
            resolved.name = before.name;
            if resolved.addresses.is_empty() {
                (resolved.addresses, resolved.ttl) = (before.addresses, before.ttl);
            }
        }
        let bindings = self.bindings(asking, &mut resolved.ttl);
        if let Some((owner, alias)) = bindings.iter().find(|(_, binding)| binding.priority == 0) {
            let usable = !alias.target.is_root() && alias.target != *owner && aliases < MOST_SERVICE_ALIASES;
            tell(owner, alias, if usable { "alias" } else { "of-no-use" }, cx);
            if usable {
                let asking = self.ask(alias.target.clone(), true, cx);
                self.state = State::Asking { asking, aliases: aliases + 1, before: Some(resolved), lag: None };
                return;
            }
        } else if !bindings.is_empty() {
            return self.use_services(asking, bindings, resolved, cx);
        }
        self.end(asking, resolved, cx);
    }

    fn use_services(&mut self, asking: &Asking, mut bindings: Vec<(Name, Binding)>, mut resolved: Resolved, cx: &mut Context<'_>) {
        bindings.sort_by_key(|(_, binding)| binding.priority);
        let mut names: Vec<Name> = Vec::new();
        for (owner, binding) in bindings {
            let understood = binding.is_understood();
            tell(&owner, &binding, if understood { "used" } else { "not-understood" }, cx);
            if !understood {
                continue;
            }
            // RFC 9460 §2.5.2: a dot stands for the owner, whose addresses are those of the name unless it has a prefix.
            let own = binding.target.is_root() || binding.target == asking.name;
            if !own && names.len() < MOST_TARGETS && !names.contains(&binding.target) {
                names.push(binding.target.clone());
            }
            resolved.services.push(service(&binding, if own { &asking.name } else { &binding.target }));
        }
        let targets: Vec<Asking> = names.into_iter().map(|name| self.ask(name, false, cx)).collect();
        if targets.is_empty() {
            return self.end(asking, resolved, cx);
        }
        self.state = State::Targets { resolved, targets, lag: None };
    }

    fn targets_are_there(&mut self, mut resolved: Resolved, targets: &[Asking]) {
        for target in targets {
            let mut ttl = resolved.ttl;
            let addresses = self.addresses(target, &mut ttl);
            let name = target.name.to_string();
            for service in resolved.services.iter_mut().filter(|service| service.target == name) {
                service.addresses.clone_from(&addresses);
            }
            resolved.ttl = ttl;
        }
        let found = !resolved.addresses.is_empty() || resolved.services.iter().any(|service| !service.addresses.is_empty());
        self.state = State::Ended(if found { Ok(resolved) } else { Err(Trouble::NoAddress) });
    }

    /// The end of a candidate.
    fn end(&mut self, asking: &Asking, resolved: Resolved, cx: &mut Context<'_>) {
        if !resolved.addresses.is_empty() {
            self.state = State::Ended(Ok(resolved));
            return;
        }
        let trouble = self.trouble_of(asking);
        // A server may refuse one domain of the search list, and know the next; if none is found, that is why.
        if !matches!(self.trouble, Some(Trouble::Unanswered(_) | Trouble::NoAddress)) || matches!(trouble, Trouble::Unanswered(_)) {
            self.trouble = Some(trouble);
        }
        self.next_candidate(cx);
    }

    fn trouble_of(&self, asking: &Asking) -> Trouble {
        let outcomes = [self.walker.outcome(asking.v4), self.walker.outcome(asking.v6)];
        let all: Vec<&Outcome> = outcomes.into_iter().flatten().collect();
        // RFC 8020 §2: a name that does not exist has nothing of any type, so one such answer is enough.
        if all.iter().any(|outcome| matches!(outcome, Outcome::NoName(_))) {
            return Trouble::NoSuchName;
        }
        all.into_iter()
            .find_map(|outcome| match outcome {
                Outcome::Failed(why) => Some(Trouble::Unanswered(why.clone())),
                Outcome::TooMuch(why) => Some(Trouble::TooMuch(why)),
                _ => None,
            })
            .unwrap_or(Trouble::NoAddress)
    }

    fn addresses(&self, asking: &Asking, ttl: &mut Duration) -> Vec<IpAddr> {
        let mut addresses = Vec::new();
        for walk in [asking.v4, asking.v6] {
            if let Some(Outcome::Records { records, ttl: holds }) = self.walker.outcome(walk) {
                *ttl = (*ttl).min(*holds);
                for address in records.iter().filter_map(|record| record.data.address()) {
                    if !addresses.contains(&address) {
                        addresses.push(address);
                    }
                }
            }
        }
        addresses
    }

    fn bindings(&self, asking: &Asking, ttl: &mut Duration) -> Vec<(Name, Binding)> {
        let Some(Outcome::Records { records, ttl: holds }) = asking.service.and_then(|walk| self.walker.outcome(walk)) else {
            return Vec::new();
        };
        *ttl = (*ttl).min(*holds);
        let binding = |record: &wire::dns::Record| match &record.data {
            Data::Https(binding) => Some((record.owner.clone(), binding.clone())),
            _ => None,
        };
        records.iter().filter_map(binding).collect()
    }
}

pub(super) fn plan(settings: &Settings, conf: &ResolvConf) -> (Plan, Zone) {
    let mut limits = settings.limits;
    let (recursive, port, tries, start) = match &settings.mode {
        Mode::Recursive { servers } => {
            limits.patience = conf.timeout;
            let named: Vec<SocketAddr> = if servers.is_empty() { files::servers(conf) } else { servers.clone() };
            (true, 53, conf.attempts, Zone::resolvers(&named))
        }
        Mode::Iterative { roots, port } if roots.is_empty() => {
            (false, *port, TRIES, Zone::root(&root_servers(PUBLIC_ROOT).expect("a test reads the file")))
        }
        Mode::Iterative { roots, port } => (false, *port, TRIES, Zone::root(roots)),
    };
    (Plan { recursive, in_order: recursive, port, subnet: settings.subnet, minimise: settings.minimise, limits, tries }, start)
}

fn service(binding: &Binding, target: &Name) -> Service {
    Service {
        priority: binding.priority,
        target: target.to_string(),
        port: binding.port(),
        alpn: binding.alpn(),
        no_default_alpn: binding.no_default_alpn(),
        ech: binding.has_ech(),
        hints: binding.hints(),
        addresses: Vec::new(),
    }
}

fn tell(owner: &Name, binding: &Binding, then: &'static str, cx: &mut Context<'_>) {
    let (name, record) = (cx.text(owner), cx.text(&Data::Https(binding.clone())));
    cx.tell(DnsStep::ServiceTold { name, record, then });
}

impl Transmit {
    /// The bytes as they travel: over a connection, the length goes before the message (RFC 7766 §8).
    pub fn bytes(&self) -> Vec<u8> {
        match self.over {
            Over::Udp => self.message.clone(),
            Over::Tcp => {
                let len = u16::try_from(self.message.len()).expect("a query is far below 64 KiB");
                [&len.to_be_bytes()[..], &self.message].concat()
            }
        }
    }
}
