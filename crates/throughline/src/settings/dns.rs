//! Name servers: their sections made parts of the model.

use super::build::Pools;
use super::disk::{Disk, unreadable};
use super::mistake::Mistakes;
use super::read::{At, Span, Table};
use super::rules::place;
use super::steering::named_steering;
use super::value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use decide::address::Address;
use decide::config::{
    Config, Dns, DnsLimits, DynamicSet, Order, Resolver, Secret, Source, TransferTo, TsigAlgorithm, TsigKey, Zone, ZoneRecord,
};
use decide::resolve::{RootServer, root_servers};
use decide::zone::Level;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use wire::dns::zone_file::{self, Entry};
use wire::dns::{Data, Name, RecordType};

/// `[dns]`, with its zones and keys.
pub(super) fn dns(root: &Table, pools: &Pools<'_>, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Option<Dns> {
    let keys: Vec<TsigKey> = root.named("key").iter().map(|(name, table)| key(name, table, disk, mistakes)).collect();
    let names = Names {
        pools,
        keys: root.named("key").iter().map(|(name, _)| name.it.as_str()).collect(),
        steerings: root.named("steering").iter().map(|(name, _)| name.it.as_str()).collect(),
    };
    let zones: Vec<Zone> = root.named("zone").iter().filter_map(|(name, table)| zone(name, table, &names, disk, mistakes)).collect();
    let Some(table) = root.table_if("dns") else {
        if let Some((name, _)) = root.named("zone").first() {
            mistakes.error(&name.span, "no name server serves this zone").help("write [dns] with at = [\"192.0.2.53:53\"]");
        }
        return None;
    };
    if root.named("zone").is_empty() {
        mistakes.warning(&table.span, "the name server has no zone: it refuses every question").help("write [zone.\"example.com\"]");
    }
    let why = table.texts("why").iter().filter_map(|text| value::network(&text.it).ok()).collect();
    Some(Dns { listeners: listeners(table, mistakes), limits: limits(table, disk, mistakes), zones, keys, why })
}

/// `[resolver]`.
pub(super) fn resolver(root: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Option<Resolver> {
    let table = root.table_if("resolver")?;
    let forward = addresses(table, "forward");
    if !forward.is_empty() && table.text_if("root").is_some() {
        mistakes
            .warning(&place(table, "root"), "no root is asked, because the resolvers in `forward` are")
            .help("leave one of the two out");
    }
    let own = addresses(table, "at");
    for text in table.texts("forward") {
        if let Ok(at) = value::socket_address(&text.it)
            && own.contains(&at)
        {
            mistakes.error(&text.span, format!("{at} is this resolver itself: questions would go round in circles"));
        }
    }
    Some(Resolver {
        listeners: listeners(table, mistakes),
        limits: limits(table, disk, mistakes),
        clients: table.texts("allow").iter().filter_map(|text| value::network(&text.it).ok()).collect(),
        forward,
        roots: roots(table, disk, mistakes),
        cache_entries: table.number("entries"),
        max_ttl: table.duration("max-ttl"),
        serve_stale: table.duration("serve-stale"),
        lookups: table.number("lookups"),
    })
}

/// The servers of a root of one's own.
fn roots(table: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Vec<RootServer> {
    let Some(path) = table.text_if("root") else { return Vec::new() };
    let span = place(table, "root");
    let text = match disk.read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            mistakes.error(&span, format!("cannot read {path}: {}", unreadable(&error)));
            return Vec::new();
        }
    };
    root_servers(&text).unwrap_or_else(|mistake| {
        mistakes.error(&span, format!("{path}: {mistake}"));
        Vec::new()
    })
}

fn addresses(table: &Table, key: &str) -> Vec<SocketAddr> {
    table.texts(key).iter().filter_map(|text| value::socket_address(&text.it).ok()).collect()
}

fn listeners(table: &Table, mistakes: &mut Mistakes<'_>) -> Vec<SocketAddr> {
    for text in table.texts("at") {
        if let Ok(at) = value::socket_address(&text.it)
            && at.ip().is_unspecified()
        {
            let message = format!("{at} is every address at once: an answer by UDP could leave from another than was asked");
            mistakes.error(&text.span, message).help("write each address");
        }
    }
    addresses(table, "at")
}

fn limits(table: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> DnsLimits {
    DnsLimits {
        datagram: table.number("datagram"),
        cookies: table.bool("cookies"),
        cookie_secrets: cookie_secrets(table, disk, mistakes),
        rate: table.number("rate"),
        slip: table.number("slip"),
        connections: table.number("connections"),
        connections_per_address: table.number("connections-per-address"),
        idle_timeout: table.duration("idle-timeout"),
    }
}

/// Secrets that cookies are made with: a line each, the first for new ones.
fn cookie_secrets(table: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Vec<Secret> {
    const KEY: &str = "cookie-secret-file";
    const HELP: &str = "`openssl rand -hex 16` makes one; a second line may hold another one whose cookies are good too";
    let Some(bytes) = secret(table, KEY, disk, mistakes) else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let secrets: Vec<Secret> = lines.iter().filter_map(|line| sixteen_bytes(line)).map(Secret).collect();
    if !table.bool("cookies") {
        mistakes.warning(&place(table, KEY), "no cookies are given, because `cookies` is off").help("leave one of the two out");
    }
    if !(1..=2).contains(&lines.len()) || secrets.len() != lines.len() {
        // Not what the lines say: they are secret.
        let message = "this file does not hold one or two lines of 32 hexadecimal digits each";
        mistakes.error(&place(table, KEY), message).help(HELP);
    }
    secrets
}

fn sixteen_bytes(line: &str) -> Option<Vec<u8>> {
    let number = u128::from_str_radix(line, 16).ok().filter(|_| line.len() == 32 && !line.starts_with('+'))?;
    Some(number.to_be_bytes().to_vec())
}

fn key(name: &At<String>, table: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> TsigKey {
    let parsed = Name::parse(&name.it);
    if parsed.is_none() {
        mistakes.error(&name.span, format!("{:?} cannot be the name of a key: it is sent as a domain name", name.it));
    }
    let algorithm = match table.text("algorithm").as_str() {
        "hmac-sha384" => TsigAlgorithm::Sha384,
        "hmac-sha512" => TsigAlgorithm::Sha512,
        _ => TsigAlgorithm::Sha256,
    };
    let secret = secret(table, "secret-file", disk, mistakes).map(|text| {
        let text: Vec<u8> = text.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
        STANDARD.decode(text).unwrap_or_else(|_| {
            mistakes
                .error(&place(table, "secret-file"), "what is in this file is not base64")
                .help("`tsig-keygen` and `keymgr tsig` make such a secret");
            Vec::new()
        })
    });
    TsigKey { name: parsed.unwrap_or_else(Name::root), algorithm, secret: Secret(secret.unwrap_or_default()) }
}

/// The bytes of a file that others should not read.
pub(super) fn secret(table: &Table, key: &str, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Option<Vec<u8>> {
    let (path, span) = (table.text_if(key)?, place(table, key));
    match disk.read(&path) {
        Ok(bytes) => {
            if disk.is_open_to_all(&path) {
                mistakes.warning(&span, format!("everybody on this machine may read {path}")).help(format!("chmod o= {path}"));
            }
            Some(bytes)
        }
        Err(error) => {
            mistakes.error(&span, format!("cannot read {path}: {}", unreadable(&error)));
            None
        }
    }
}

/// What shows only in the whole: an address that two want, a zone that is there twice.
pub(super) fn check(root: &Table, config: &Config, mistakes: &mut Mistakes<'_>) {
    let mut taken: Vec<(SocketAddr, &str)> = Vec::new();
    taken.extend(config.listeners.iter().filter_map(|listener| match listener.at {
        Address::Ip(at) => Some((at, "[[listener]]")),
        _ => None,
    }));
    for section in ["dns", "resolver"] {
        let Some(table) = root.table_if(section) else { continue };
        for text in table.texts("at") {
            let Ok(at) = value::socket_address(&text.it) else { continue };
            match taken.iter().find(|(other, _)| *other == at && at.port() != 0) {
                Some((_, header)) => drop(mistakes.error(&text.span, format!("{at} stands under {header} already"))),
                None => taken.push((at, if section == "dns" { "[dns]" } else { "[resolver]" })),
            }
        }
    }
    let mut seen: Vec<Name> = Vec::new();
    let listeners = config.dns.as_ref().map_or(&[][..], |dns| &dns.listeners);
    for (name, table) in root.named("zone") {
        for text in table.texts("at") {
            if let Ok(at) = value::socket_address(&text.it)
                && !listeners.is_empty()
                && !listeners.contains(&at)
            {
                let known = listeners.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ");
                mistakes.error(&text.span, format!("the name server does not listen at {at}")).help(format!("[dns] at has {known}"));
            }
        }
        let Some(apex) = Name::parse(&name.it) else { continue };
        if seen.contains(&apex) {
            mistakes.error(&name.span, format!("the zone {apex} is there already"));
        }
        seen.push(apex);
    }
}

/// What the entries of a zone may name.
struct Names<'t> {
    pools: &'t Pools<'t>,
    keys: Vec<&'t str>,
    steerings: Vec<&'t str>,
}

impl Names<'_> {
    fn key(&self, name: Option<&str>, span: &Span, mistakes: &mut Mistakes<'_>) -> Option<usize> {
        let name = name?;
        let found = self.keys.iter().position(|key| *key == name);
        if found.is_none() {
            mistakes.error(span, format!("unknown key {name:?}")).nearest(name, self.keys.iter().copied());
        }
        found
    }
}

fn zone(name: &At<String>, table: &Table, names: &Names<'_>, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Option<Zone> {
    let Some(apex) = Name::parse(&name.it) else {
        mistakes.error(&name.span, format!("{:?} is not the name of a zone", name.it)).expected("a name such as \"example.com\"");
        return None;
    };
    let mut zone =
        Zone { name: apex, at: addresses(table, "at"), records: Vec::new(), sets: Vec::new(), transfer: Vec::new(), notify: Vec::new() };
    for text in table.texts("transfer") {
        if let Ok((network, key)) = value::transfer_to(&text.it) {
            zone.transfer.push(TransferTo { network, key: names.key(key, &text.span, mistakes) });
        }
    }
    for text in table.texts("notify") {
        if let Ok((at, key)) = value::notify_to(&text.it) {
            zone.notify.push((at, names.key(key, &text.span, mistakes)));
        }
    }
    let mut places = from_file(table, &mut zone, disk, mistakes);
    let mut sets: Vec<Written> = Vec::new();
    for record in table.tables("record") {
        written(record, table, &zone.name, names, &mut sets, mistakes);
    }
    let mut fixed = Vec::new();
    for set in sets {
        let span = set.span.clone();
        if let What::Values { kind, .. } = set.what
            && set.order == Order::Fixed
        {
            fixed.push((set.owner.clone(), kind));
        }
        set.into_zone(&mut zone);
        places.resize(zone.records.len(), (span, String::new()));
    }
    whole(&zone, name, &places, mistakes);
    if table.bool("rotate") {
        rotate(&mut zone, &fixed);
    }
    Some(zone)
}

/// The records of the zone's file. Each stands at the name of the file, and at a line and column in it.
fn from_file(table: &Table, zone: &mut Zone, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Vec<(Span, String)> {
    let Some(path) = table.text_if("file") else { return Vec::new() };
    let span = place(table, "file");
    let text = match disk.read(&path) {
        Ok(text) => text,
        Err(error) => {
            mistakes.error(&span, format!("cannot read {path}: {}", unreadable(&error)));
            return Vec::new();
        }
    };
    let ttl = u32::try_from(table.duration("ttl").as_secs()).unwrap_or(u32::MAX >> 1);
    let (entries, wrong) = wire::dns::zone_file::read(&text, &zone.name, ttl);
    for mistake in wrong {
        mistakes.error(&span, format!("{path}:{}:{}: {}", mistake.line, mistake.column, mistake.what));
    }
    let places = entries.iter().map(|entry| (span.clone(), format!("{path}:{}:{}: ", entry.line, entry.column))).collect();
    zone.records = entries.into_iter().map(|Entry { owner, ttl, data, .. }| ZoneRecord { owner, ttl, data }).collect();
    places
}

/// What is wrong with a zone as a whole.
fn whole(zone: &Zone, name: &At<String>, places: &[(Span, String)], mistakes: &mut Mistakes<'_>) {
    for mistake in decide::zone::check(zone) {
        let (span, before) = mistake.record.and_then(|record| places.get(record)).cloned().unwrap_or((name.span.clone(), String::new()));
        let what = format!("{before}{}", mistake.what);
        match mistake.level {
            Level::Error => drop(mistakes.error(&span, what)),
            Level::Warning => drop(mistakes.warning(&span, what)),
        }
    }
}

/// DNS round robin: several addresses of one name are given in turn; but not those that are to stay as written, and those that are signed:
/// a signature goes with the records of a set, not with one of its turns.
fn rotate(zone: &mut Zone, fixed: &[(Name, RecordType)]) {
    let signed = |record: &ZoneRecord| match &record.data {
        // RFC 4034 §3.1.1: the type that is signed is the first of the data.
        Data::Other(RecordType::RRSIG, bytes) => {
            bytes.first_chunk().map(|kind| (record.owner.clone(), RecordType(u16::from_be_bytes(*kind))))
        }
        _ => None,
    };
    let stays: BTreeSet<(Name, RecordType)> = zone.records.iter().filter_map(signed).chain(fixed.iter().cloned()).collect();
    let key = |record: &ZoneRecord| (record.owner.clone(), record.data.kind());
    let turns = |record: &ZoneRecord| matches!(record.data.kind(), RecordType::A | RecordType::AAAA) && !stays.contains(&key(record));
    let (addresses, rest): (Vec<ZoneRecord>, Vec<ZoneRecord>) = std::mem::take(&mut zone.records).into_iter().partition(turns);
    zone.records = rest;
    let mut sets: BTreeMap<(Name, RecordType), Vec<ZoneRecord>> = BTreeMap::new();
    for record in addresses {
        let set = sets.entry(key(&record)).or_default();
        // RFC 2181 §5: a set has no record twice.
        if !set.iter().any(|before| before.data == record.data) {
            set.push(record);
        }
    }
    for ((owner, kind), records) in sets {
        match &records[..] {
            [_] => zone.records.extend(records),
            several => {
                // §5.2: of several times to live the least is safe.
                let ttl = several.iter().map(|record| record.ttl).min().unwrap_or(0);
                let values = records.into_iter().map(|record| (record.data, 1)).collect();
                zone.sets.push(DynamicSet { owner, ttl, source: Source::Values { kind, values, order: Order::Rotate } });
            }
        }
    }
}

/// One set as it is written, perhaps in several tables.
struct Written {
    span: Span,
    owner: Name,
    ttl: u32,
    order: Order,
    what: What,
}

enum What {
    Values { kind: RecordType, values: Vec<(Data, u32)> },
    Pool(usize),
    Steering(usize),
}

impl Written {
    fn into_zone(self, zone: &mut Zone) {
        let Written { owner, ttl, order, what, .. } = self;
        let source = match what {
            // Nothing to choose: records like all others.
            What::Values { values, .. } if values.len() == 1 || order == Order::Fixed => {
                zone.records.extend(values.into_iter().map(|(data, _)| ZoneRecord { owner: owner.clone(), ttl, data }));
                return;
            }
            What::Values { kind, values } => Source::Values { kind, values, order },
            What::Pool(pool) => Source::Pool { pool, order },
            What::Steering(steering) => Source::Steering(steering),
        };
        zone.sets.push(DynamicSet { owner, ttl, source });
    }
}

fn written(table: &Table, zone_table: &Table, zone: &Name, names: &Names<'_>, sets: &mut Vec<Written>, mistakes: &mut Mistakes<'_>) {
    let Some(owner) = owner(table, zone, mistakes) else { return };
    let ttl = table.duration_if("ttl").unwrap_or_else(|| zone_table.duration("ttl"));
    let ttl = u32::try_from(ttl.as_secs()).unwrap_or(u32::MAX >> 1);
    let order = match table.text("order").as_str() {
        "fixed" => Order::Fixed,
        "weighted" => Order::Weighted,
        "first" => Order::First,
        _ => Order::Rotate,
    };
    let Some(what) = what(table, zone, names, mistakes) else { return };
    let What::Values { kind, values } = what else {
        sets.push(Written { span: table.span.clone(), owner, ttl, order, what });
        return;
    };
    let same = |set: &&mut Written| set.owner == owner && matches!(&set.what, What::Values { kind: other, .. } if *other == kind);
    match sets.iter_mut().find(same) {
        Some(Written { order: before, ttl: other, what: What::Values { values: all, .. }, .. }) => {
            if *before != order || *other != ttl {
                let message = format!("the records of {owner} {kind} are one set, and this table has another \"order\" or \"ttl\"");
                mistakes.error(&table.span, message).help("write the same in each");
            }
            all.extend(values);
        }
        _ => sets.push(Written { span: table.span.clone(), owner, ttl, order, what: What::Values { kind, values } }),
    }
}

fn owner(table: &Table, zone: &Name, mistakes: &mut Mistakes<'_>) -> Option<Name> {
    let text = table.text_if("name")?;
    let whole = match text.as_str() {
        "@" => Some(zone.clone()),
        name if name.ends_with('.') => Name::parse(name),
        name if zone.is_root() => Name::parse(name),
        name => Name::parse(&format!("{name}.{zone}")),
    };
    let span = place(table, "name");
    match whole {
        Some(name) if name.is_within(zone) => Some(name),
        Some(name) => {
            mistakes.error(&span, format!("{name} is not in the zone {zone}"));
            None
        }
        None => {
            mistakes.error(&span, format!("{text:?} and the name of the zone are too long together"));
            None
        }
    }
}

fn what(table: &Table, zone: &Name, names: &Names<'_>, mistakes: &mut Mistakes<'_>) -> Option<What> {
    let sources = ["values", "pool", "steer"];
    match super::build::one_of(table, "what its records are", &sources, &sources, mistakes)? {
        "values" => values(table, zone, mistakes),
        "pool" => {
            let (name, given) = (table.text_if("pool")?, table.given("pool")?);
            names.pools.index(&name, given, mistakes).map(What::Pool)
        }
        _ => {
            let (name, given) = (table.text_if("steer")?, table.given("steer")?);
            named_steering(&name, given, &names.steerings, mistakes).map(What::Steering)
        }
    }
}

fn values(table: &Table, zone: &Name, mistakes: &mut Mistakes<'_>) -> Option<What> {
    let Some(kind) = table.text_if("type").and_then(|text| RecordType::parse(&text)) else {
        if table.given("type").is_none() {
            mistakes.error(&table.span, format!("{} does not say the type of its values", table.header)).expected("type = \"A\"");
        }
        return None;
    };
    let weight = table.number("weight");
    let mut values = Vec::new();
    for text in table.texts("values") {
        match zone_file::data(&text.it, kind, zone) {
            Ok(data) => values.push((data, weight)),
            Err(wrong) => {
                mistakes.error(&text.span, format!("{:?} is not what a record of type {kind} says: {}", text.it, wrong.what));
            }
        }
    }
    Some(What::Values { kind, values })
}
