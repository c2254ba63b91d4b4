//! Places and how clients are led to them: their sections made parts of the model.

use super::build::Pools;
use super::disk::Disk;
use super::dns::secret;
use super::mistake::Mistakes;
use super::read::{At, Given, Table, bare};
use super::rules::place;
use super::value;
use decide::config::{
    Action, BgpSession, Collector, Config, Geography, HostPattern, Layer, Measure, Pop, RouteSource, Secret, Site, Steering,
};
use decide::time::Duration;
use std::net::{Ipv4Addr, SocketAddr};

/// The shortest key that signs, in bytes (RFC 2104 §3: not shorter than the hash).
const SHORTEST_KEY: usize = 32;

/// `[pop.NAME]`.
pub(super) fn pops(root: &Table, pools: &Pools<'_>, mistakes: &mut Mistakes<'_>) -> Vec<Pop> {
    let mut pop = |(name, table): &(At<String>, Table)| {
        let pool = table.text_if("pool").zip(table.given("pool")).and_then(|(name, given)| pools.index(&name, given, mistakes));
        let capacity = table.number("capacity");
        if let Some(given) = table.given("capacity")
            && pool.is_none()
            && capacity > 0
        {
            mistakes.warning(&given.span, "without \"pool\" nobody says what the load is: this has no effect");
        }
        Pop {
            name: name.it.clone(),
            addresses: table.texts("addresses").iter().filter_map(|text| text.it.parse().ok()).collect(),
            pool,
            capacity,
            location: table.text_if("location").and_then(|text| value::coordinates(&text).ok()),
            url: table.text_if("url").and_then(|text| value::origin(&text).ok()),
        }
    };
    root.named("pop").iter().map(&mut pop).collect()
}

/// `[steering.NAME]`.
pub(super) fn steerings(root: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Vec<Steering> {
    let names: Vec<&str> = root.named("pop").iter().map(|(name, _)| name.it.as_str()).collect();
    root.named("steering").iter().map(|(name, table)| steering(name, table, &names, root, disk, mistakes)).collect()
}

fn steering(name: &At<String>, table: &Table, names: &[&str], root: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Steering {
    let mut pops = Vec::new();
    for text in table.texts("pops") {
        match pop(&text, names, mistakes) {
            Some(pop) if pops.contains(&pop) => drop(mistakes.warning(&text.span, format!("place {:?} is named twice", text.it))),
            found => pops.extend(found),
        }
    }
    if table.given("pops").is_none() {
        pops = (0..names.len()).collect();
    }
    if names.is_empty() {
        mistakes.error(&name.span, "there is no place to lead anybody to").help("write [pop.NAME]");
    } else if pops.len() > Steering::MOST_POPS {
        let message = format!("{} places: the most is {}", pops.len(), Steering::MOST_POPS);
        mistakes.error(&place(table, "pops"), message);
        pops.truncate(Steering::MOST_POPS);
    }
    let layers: Vec<Layer> = table.texts("layers").iter().filter_map(|text| value::layer(&text.it).ok()).collect();
    for (at, text) in table.texts("layers").iter().enumerate() {
        if layers.get(at).is_some_and(|layer| layers[..at].contains(layer)) {
            mistakes.error(&text.span, format!("layer {:?} is named twice", text.it));
        }
        if text.it == "geography" && !text.span.is_empty() && root.table_if("geography").is_none() {
            mistakes
                .warning(&text.span, "nothing says where addresses are: this layer has no answer")
                .help("write [geography] with a file");
        }
    }
    Steering {
        name: name.it.clone(),
        pops,
        layers,
        hold: table.duration("hold"),
        moves_per_minute: table.number("moves-per-minute"),
        measured_gain: table.number("measured-gain"),
        measure: table.table_if("measure").map(|table| measure(table, disk, mistakes)),
    }
}

/// The place that a text names.
fn pop(text: &At<String>, names: &[&str], mistakes: &mut Mistakes<'_>) -> Option<usize> {
    let found = names.iter().position(|name| *name == text.it);
    if found.is_none() {
        let mistake = mistakes.error(&text.span, format!("unknown place {:?}", text.it)).nearest(&text.it, names.iter().copied());
        if mistake.help.is_none() {
            mistake.help(format!("declare it: [pop.{}]", bare(&text.it)));
        }
    }
    found
}

fn measure(table: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Measure {
    let key = match secret(table, "key-file", disk, mistakes) {
        Some(key) if key.len() < SHORTEST_KEY => {
            mistakes.error(&place(table, "key-file"), format!("a key of {} bytes is too short: write {SHORTEST_KEY} or more", key.len()));
            Some(key)
        }
        key => key,
    };
    Measure {
        key: key.map(Secret),
        lifetime: table.duration("lifetime"),
        reports_per_minute: table.number("reports-per-minute"),
        half_life: table.duration("half-life"),
        least_reports: table.number("least-reports"),
        prefixes: table.number("networks"),
    }
}

/// `[[collector]]`.
pub(super) fn collectors(root: &Table, mistakes: &mut Mistakes<'_>) -> Vec<Collector> {
    let names: Vec<&str> = root.named("pop").iter().map(|(name, _)| name.it.as_str()).collect();
    root.tables("collector").iter().filter_map(|table| collector(table, &names, mistakes)).collect()
}

fn collector(table: &Table, names: &[&str], mistakes: &mut Mistakes<'_>) -> Option<Collector> {
    let name = table.text_if("pop").zip(table.given("pop")).map(|(it, given)| At { it, span: given.span.clone() });
    let pop = name.and_then(|name| pop(&name, names, mistakes));
    let sources = ["mrt", "bmp", "bgp"];
    let source = match super::build::one_of(table, "where the table comes from", &sources, &sources, mistakes)? {
        "mrt" => RouteSource::Mrt { path: table.text("mrt"), peer: table.text_if("peer").and_then(|text| text.parse().ok()) },
        "bmp" => RouteSource::Bmp {
            at: address(table, "bmp")?,
            router: table.texts("router").iter().filter_map(|text| value::network(&text.it).ok()).collect(),
        },
        _ => RouteSource::Bgp(session(table, mistakes)?),
    };
    Some(Collector { pop: pop?, source, keep: table.duration("keep"), most_prefixes: table.number("prefixes") })
}

fn address(table: &Table, key: &str) -> Option<SocketAddr> {
    value::socket_address(&table.text_if(key)?).ok()
}

fn session(table: &Table, mistakes: &mut Mistakes<'_>) -> Option<BgpSession> {
    let hold_time = table.duration("hold-time");
    // RFC 4271 §4.2
    if !hold_time.is_zero() && (hold_time < Duration::from_secs(3) || hold_time > Duration::from_secs(65_535)) {
        mistakes.error(&place(table, "hold-time"), "a hold time is from 3 to 65535 seconds, or \"0s\" for none");
    }
    let identifier = table.text("identifier").parse().unwrap_or(Ipv4Addr::UNSPECIFIED);
    Some(BgpSession {
        router: address(table, "bgp")?,
        listen: address(table, "listen"),
        local_as: table.number("local-as"),
        router_as: table.number("router-as"),
        identifier,
        hold_time,
    })
}

/// Ties each route that leads clients to places, or lets them measure, to the steering it names.
pub(super) fn actions(root: &Table, sites: &mut [Site], mistakes: &mut Mistakes<'_>) {
    let names: Vec<&str> = root.named("steering").iter().map(|(name, _)| name.it.as_str()).collect();
    let mut index = |table: &Table, key: &str| {
        let named = table.text_if(key).zip(table.given(key));
        named.and_then(|(name, given)| named_steering(&name, given, &names, mistakes)).unwrap_or(0)
    };
    for (table, site) in root.tables("site").iter().zip(sites) {
        for (table, route) in table.tables("route").iter().zip(&mut site.routes) {
            match &mut route.action {
                Action::Steer { steering, .. } => *steering = index(table, "steer"),
                Action::Measure(steering) => *steering = index(table, "measure"),
                _ => {}
            }
        }
    }
}

/// What routes that lead clients to places have to lead to, and that they lead nobody in a circle.
pub(super) fn check_routes(root: &Table, config: &Config, mistakes: &mut Mistakes<'_>) {
    for (table, site) in root.tables("site").iter().zip(&config.sites) {
        for (table, route) in table.tables("route").iter().zip(&site.routes) {
            let Action::Steer { steering, .. } = route.action else { continue };
            // A name that is no steering's stands for the first.
            let named = config.steerings.get(steering).filter(|steering| table.text_if("steer").as_ref() == Some(&steering.name));
            let Some(steering) = named else { continue };
            let pops = || steering.pops.iter().filter_map(|pop| config.pops.get(*pop));
            let dark: Vec<&str> = pops().filter(|pop| pop.url.is_none()).map(|pop| pop.name.as_str()).collect();
            let help = "write the url of each [pop.NAME]";
            if !dark.is_empty() && dark.len() == steering.pops.len() {
                let message = format!("no place of steering {:?} has a \"url\": there is nowhere to lead to", steering.name);
                mistakes.error(&place(table, "steer"), message).help(help);
            } else if let [name, ..] = dark[..] {
                let message = format!("place {name:?} has no \"url\": clients that are nearest to it are led to another");
                mistakes.warning(&place(table, "steer"), message).help(help);
            }
            let own = |pop: &&Pop| pop.url.as_deref().is_some_and(|url| site.hosts.contains(&HostPattern::Exact(host(url).to_string())));
            if let Some(pop) = config.pops.iter().find(own) {
                let message = format!("this site is place {:?} too: who was led there is answered 508 here", pop.name);
                mistakes.warning(&place(table, "steer"), message).help("give the place a site of its own, which serves");
            }
        }
    }
}

/// The host of a place's URL, without its port.
fn host(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, authority)| authority);
    authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(authority, |(host, _)| host)
}

/// The steering that an entry names.
pub(super) fn named_steering(name: &str, given: &Given, steerings: &[&str], mistakes: &mut Mistakes<'_>) -> Option<usize> {
    let found = steerings.iter().position(|steering| *steering == name);
    if found.is_none() {
        let mistake = mistakes.error(&given.span, format!("unknown steering {name:?}")).nearest(name, steerings.iter().copied());
        if mistake.help.is_none() {
            mistake.help(format!("declare it: [steering.{}]", bare(name)));
        }
    }
    found
}

/// `[geography]`.
pub(super) fn geography(root: &Table) -> Option<Geography> {
    root.table_if("geography").map(|table| Geography { path: table.text("file") })
}
