//! The language of the scenarios, as `scenarios/resolve/README.md` describes it.

use decide::config::{DnsLimits, Resolver};
use decide::resolve::{Limits, Mode, RootServer, Settings, Subnet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use wire::dns::{ExtendedError, Name, Query, Record, RecordType};
use wire::network::Network;

/// A scenario.
pub(crate) struct Script {
    pub(crate) settings: Settings,
    pub(crate) lookups: Vec<(String, u16, Duration)>,
    pub(crate) hosts: String,
    pub(crate) resolv_conf: String,
    pub(crate) servers: Vec<Server>,
    /// What clients ask of the recursive role.
    pub(crate) asks: Vec<Ask>,
    /// The role.
    pub(crate) resolver: Resolver,
}

/// What a client asks.
pub(crate) struct Ask {
    pub(crate) from: IpAddr,
    pub(crate) query: Query,
    pub(crate) recursion_desired: bool,
    pub(crate) at: Duration,
}

/// A name server.
pub(crate) struct Server {
    pub(crate) address: IpAddr,
    pub(crate) zones: Vec<Zone>,
    /// It walks for others: it answers from all its zones, without their cuts.
    pub(crate) resolver: bool,
    pub(crate) tcp: bool,
    /// It does not understand EDNS, and says FORMERR.
    pub(crate) plain: bool,
    pub(crate) delay: Duration,
    /// It is silent from then on.
    pub(crate) dies: Duration,
    pub(crate) specials: Vec<Special>,
}

pub(crate) struct Zone {
    pub(crate) origin: Name,
    pub(crate) records: Vec<Record>,
}

/// What a server does about a question besides what is right.
#[derive(Clone)]
pub(crate) struct Special {
    pub(crate) name: Option<Name>,
    pub(crate) kind: Option<RecordType>,
    pub(crate) over: Option<&'static str>,
    /// Only so often.
    pub(crate) times: u32,
    pub(crate) replies: Vec<Reply>,
}

/// A message that a server sends.
#[derive(Clone)]
pub(crate) enum Reply {
    /// What its zones say.
    Normal,
    Made(Box<Made>),
}

#[derive(Clone, Default)]
pub(crate) struct Made {
    pub(crate) code: u16,
    pub(crate) authoritative: bool,
    pub(crate) recursion: bool,
    pub(crate) authentic: bool,
    pub(crate) truncated: bool,
    /// Its id is another.
    pub(crate) wrong_id: bool,
    /// It is about another name.
    pub(crate) question: Option<Name>,
    pub(crate) no_question: bool,
    /// It does not say that it is an answer.
    pub(crate) query: bool,
    /// It says it is from elsewhere.
    pub(crate) from: Option<SocketAddr>,
    /// It is cut to so many bytes.
    pub(crate) cut: Option<usize>,
    pub(crate) scope: Option<u8>,
    pub(crate) errors: Vec<ExtendedError>,
    pub(crate) answer: Vec<Record>,
    pub(crate) authority: Vec<Record>,
    pub(crate) additional: Vec<Record>,
}

/// Reads a scenario.
pub(crate) fn parse(text: &str) -> Result<Script, String> {
    let mut script = Script {
        settings: Settings {
            mode: Mode::Iterative { roots: Vec::new(), port: 53 },
            subnet: None,
            service: false,
            minimise: true,
            limits: Limits::default(),
        },
        lookups: Vec::new(),
        hosts: String::new(),
        resolv_conf: String::new(),
        servers: Vec::new(),
        asks: Vec::new(),
        resolver: resolver(),
    };
    let mut now = Duration::ZERO;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        if verb == "wait" {
            now += span(rest).ok_or_else(|| format!("line {number}: {line}"))?;
            continue;
        }
        take(&mut script, verb, rest.trim(), now).ok_or_else(|| format!("line {number}: {line}"))?;
    }
    match &script.settings.mode {
        Mode::Recursive { servers } => script.resolver.forward.clone_from(servers),
        Mode::Iterative { roots, .. } => script.resolver.roots.clone_from(roots),
    }
    Ok(script)
}

fn take(script: &mut Script, verb: &str, rest: &str, now: Duration) -> Option<()> {
    match verb {
        "lookup" => {
            let (name, port) = rest.split_once(' ').unwrap_or((rest, "443"));
            script.lookups.push((name.to_string(), port.parse().ok()?, now));
        }
        "recursive" => {
            let servers = rest.split_whitespace().map(|word| word.parse().ok()).collect::<Option<Vec<IpAddr>>>()?;
            script.settings.mode = Mode::Recursive { servers: servers.into_iter().map(|ip| SocketAddr::new(ip, 53)).collect() };
        }
        "ask" => script.asks.push(ask(rest, now)?),
        "root" => {
            let (name, address) = rest.split_once(' ')?;
            let Mode::Iterative { roots, .. } = &mut script.settings.mode else { return None };
            roots.push(RootServer { name: name.to_string(), address: SocketAddr::new(address.parse().ok()?, 53) });
        }
        "set" => set(script, rest)?,
        "hosts" => script.hosts += &format!("{rest}\n"),
        "resolv.conf" => script.resolv_conf += &format!("{rest}\n"),
        "server" => script.servers.push(Server {
            address: rest.parse().ok()?,
            zones: Vec::new(),
            resolver: false,
            tcp: true,
            plain: false,
            delay: Duration::ZERO,
            dies: Duration::MAX,
            specials: Vec::new(),
        }),
        _ => return server(script.servers.last_mut()?, verb, rest),
    }
    Some(())
}

/// `ask NAME TYPE [from ADDRESS] [no-recursion]`.
fn ask(rest: &str, at: Duration) -> Option<Ask> {
    let mut words = rest.split_whitespace();
    let query = Query { name: Name::parse(words.next()?)?, kind: RecordType::parse(words.next()?)? };
    let mut ask = Ask { from: [10, 9, 9, 9].into(), query, recursion_desired: true, at };
    while let Some(word) = words.next() {
        match word {
            "from" => ask.from = words.next()?.parse().ok()?,
            "no-recursion" => ask.recursion_desired = false,
            _ => return None,
        }
    }
    Some(ask)
}

/// The role, as long as nothing is said of it.
fn resolver() -> Resolver {
    let limits = DnsLimits {
        datagram: 1232,
        cookies: false,
        cookie_secrets: Vec::new(),
        rate: 0,
        slip: 0,
        connections: 10,
        connections_per_address: 10,
        idle_timeout: Duration::from_secs(10),
    };
    Resolver {
        listeners: Vec::new(),
        limits,
        clients: vec![Network::of([10, 0, 0, 0].into(), 8)],
        forward: Vec::new(),
        roots: Vec::new(),
        cache_entries: 1000,
        max_ttl: Duration::from_secs(86_400),
        serve_stale: Duration::ZERO,
        lookups: 100,
    }
}

fn set(script: &mut Script, rest: &str) -> Option<()> {
    let settings = &mut script.settings;
    let (key, value) = rest.split_once(' ')?;
    let number = || value.parse::<u32>().ok();
    match key {
        "service" => settings.service = value == "on",
        "minimise" => settings.minimise = value == "on",
        "subnet" => {
            let (address, prefix) = value.split_once('/')?;
            settings.subnet = Some(Subnet { address: address.parse().ok()?, prefix: prefix.parse().ok()? });
        }
        "queries" => settings.limits.queries = number()?,
        "aliases" => settings.limits.aliases = number()?,
        "depth" => settings.limits.depth = number()?,
        "unknown-servers" => settings.limits.unknown_servers = number()?,
        "time" => settings.limits.time = span(value)?,
        "serve-stale" => script.resolver.serve_stale = span(value)?,
        "max-ttl" => script.resolver.max_ttl = span(value)?,
        "lookups" => script.resolver.lookups = value.parse().ok()?,
        "cache-entries" => script.resolver.cache_entries = value.parse().ok()?,
        _ => return None,
    }
    Some(())
}

fn server(server: &mut Server, verb: &str, rest: &str) -> Option<()> {
    match verb {
        "zone" => server.zones.push(Zone { origin: Name::parse(rest)?, records: Vec::new() }),
        "resolver" => server.resolver = true,
        "no-tcp" => server.tcp = false,
        "plain" => server.plain = true,
        "delay" => server.delay = span(rest)?,
        "dies" => server.dies = span(rest)?,
        "when" => server.specials.push(special(rest)?),
        "silent" => server.specials.last_mut()?.replies.clear(),
        "normal" => server.specials.last_mut()?.replies.push(Reply::Normal),
        "reply" => server.specials.last_mut()?.replies.push(Reply::Made(Box::new(reply(rest)?))),
        "answer" => made(server)?.answer.push(Record::parse(rest, Duration::from_secs(60))?),
        "authority" => made(server)?.authority.push(Record::parse(rest, Duration::from_secs(60))?),
        "additional" => made(server)?.additional.push(Record::parse(rest, Duration::from_secs(60))?),
        "error" => {
            let (code, text) = rest.split_once(' ').unwrap_or((rest, ""));
            made(server)?.errors.push(ExtendedError { code: code.parse().ok()?, text: text.to_string() });
        }
        // A record of the zone.
        _ => server.zones.last_mut()?.records.push(Record::parse(&format!("{verb} {rest}"), Duration::from_secs(3600))?),
    }
    Some(())
}

fn made(server: &mut Server) -> Option<&mut Made> {
    match server.specials.last_mut()?.replies.last_mut()? {
        Reply::Made(made) => Some(made),
        Reply::Normal => None,
    }
}

/// `when NAME TYPE [udp|tcp] [N times]`, with `*` for any name or type.
fn special(rest: &str) -> Option<Special> {
    let mut words = rest.split_whitespace();
    let name = words.next()?;
    let kind = words.next()?;
    let mut special = Special {
        name: if name == "*" { None } else { Some(Name::parse(name)?) },
        kind: if kind == "*" { None } else { Some(RecordType::parse(kind)?) },
        over: None,
        times: u32::MAX,
        replies: Vec::new(),
    };
    for word in words {
        match word {
            "udp" => special.over = Some("udp"),
            "tcp" => special.over = Some("tcp"),
            "once" => special.times = 1,
            _ => return None,
        }
    }
    Some(special)
}

fn reply(rest: &str) -> Option<Made> {
    let mut made = Made::default();
    for word in rest.split_whitespace() {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "aa" => made.authoritative = true,
            "ra" => made.recursion = true,
            "ad" => made.authentic = true,
            "tc" => made.truncated = true,
            "wrong-id" => made.wrong_id = true,
            "question" => made.question = Some(Name::parse(value)?),
            "query" => made.query = true,
            "no-question" => made.no_question = true,
            "from" => made.from = Some(value.parse().ok()?),
            "cut" => made.cut = Some(value.parse().ok()?),
            "scope" => made.scope = Some(value.parse().ok()?),
            "NOERROR" => made.code = 0,
            "FORMERR" => made.code = 1,
            "SERVFAIL" => made.code = 2,
            "NXDOMAIN" => made.code = 3,
            "REFUSED" => made.code = 5,
            "BADVERS" => made.code = 16,
            _ => return None,
        }
    }
    Some(made)
}

fn span(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(number) => number.parse().ok().map(Duration::from_millis),
        None => text.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
    }
}
