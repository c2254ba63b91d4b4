//! Names and places: a zone with its root and top-level servers, three caches in front of the application servers, and how clients are led
//! to them. All of it is on this machine, at addresses of the loopback that stand for machines far apart.

use super::config::{public_routes, route};
use super::https::replace;
use super::nearest::{Around, THROUGH};
use super::{ports, tables, zones};
use crate::settings::{self, forward_defaults, listener_defaults, match_defaults, site_defaults};
use decide::address::Address;
use decide::config::{Action, Config, FieldEdits, Forward, HostPattern, Match, PathMatch, Route, Site};
use decide::resolve::{RootServer, write_root_servers};
use host::Endpoint;
use host::os::{self, Bound};
use std::fs::DirBuilder;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// The zone.
pub(super) const ZONE: &str = "throughline.test";
/// The name in it that leads to the nearest place; also that of the steering.
pub(super) const STEERED: &str = "www";
/// The name in it of the site that redirects to the nearest place.
pub(super) const REDIRECTOR: &str = "go";

/// A place, and whose clients it is nearest to.
pub struct Place {
    /// Its name.
    pub name: &'static str,
    /// Where it is.
    pub address: Ipv4Addr,
    /// A network for documentation (RFC 5737), to which its router has the shortest way.
    pub clients: &'static str,
}

/// The first is the default's: it has whoever is in no table.
pub const PLACES: [Place; 3] = [
    Place { name: "oslo", address: Ipv4Addr::new(127, 0, 0, 11), clients: "192.0.2.0/24" },
    Place { name: "lyon", address: Ipv4Addr::new(127, 0, 0, 12), clients: "198.51.100.0/24" },
    Place { name: "rome", address: Ipv4Addr::new(127, 0, 0, 13), clients: "203.0.113.0/24" },
];

const ROOT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 53);
const TOP_LEVEL: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 54);

/// Where all of it is.
pub struct Places {
    /// The site's own listener, its port chosen.
    pub http: Address,
    /// Addresses that are held for this process already.
    pub held: Vec<Bound>,
    /// The server of the zone, of the root, of the top-level domain.
    pub(super) name_servers: [SocketAddr; 3],
    /// The files with the tables of the places' routers.
    pub(super) tables: Vec<String>,
    port: u16,
}

impl Places {
    /// With the site at `http` and the name server at `dns`; the places listen at the port of the site. The error is half a sentence: why
    /// there are none.
    pub fn new(http: &Address, dns: SocketAddr, directory: Option<&Path>) -> Result<Places, String> {
        let own = PLACES.iter().map(|place| place.address).chain([ROOT, TOP_LEVEL]);
        if let Some(missing) = own.into_iter().find(|ip| UdpSocket::bind((*ip, 0)).is_err()) {
            return Err(format!("this machine has no address {missing}"));
        }
        let directory = directory.ok_or("there is no home directory to keep routing tables in")?;
        let mut held = Vec::new();
        let (http, port) = site_and_places(http, &mut held).map_err(|error| format!("the places have no port: {error}"))?;
        let servers = [dns.ip(), ROOT.into(), TOP_LEVEL.into()];
        let names = ports::together(&servers, dns.port(), os::bind_with_datagrams, &mut held)
            .map_err(|error| format!("the name servers have no port: {error}"))?;
        let name_servers = servers.map(|ip| SocketAddr::new(ip, names));
        let tables = keep(directory, &name_servers[1]).map_err(|error| format!("cannot write to {}: {error}", directory.display()))?;
        Ok(Places { http, held, name_servers, tables, port })
    }

    /// Where a place listens.
    pub(super) fn edge(&self, place: &Place) -> SocketAddr {
        SocketAddr::new(place.address.into(), self.port)
    }

    /// What a page needs to know of them.
    pub fn around(&self) -> Around {
        let port = match &self.http {
            Address::Ip(at) => at.port(),
            _ => self.port,
        };
        Around { names: self.name_servers[0], port: self.port, redirector: SocketAddr::new(self.site(), port) }
    }

    /// The address that names of the site have.
    pub(super) fn site(&self) -> IpAddr {
        match self.http {
            Address::Ip(at) if !at.ip().is_unspecified() => at.ip(),
            _ => Ipv4Addr::LOCALHOST.into(),
        }
    }

    /// Adds them to the configuration of a site, which is the first, behind all listeners but the admin side's.
    pub fn add_to(&self, config: &mut Config) {
        let written = settings::load(&zones::text(self), "the embedded default").expect("what the demo writes is right");
        let pools = config.pools.len();
        config.pools.extend(written.pools);
        config.pops = written.pops;
        config.pops.iter_mut().for_each(|pop| pop.pool = pop.pool.map(|pool| pools + pool));
        (config.dns, config.steerings, config.collectors) = (written.dns, written.steerings, written.collectors);
        for listener in &mut config.listeners[..2] {
            listener.sites.push(config.sites.len());
        }
        config.sites.push(redirector());
        for place in &PLACES {
            config.listeners.push(listener_defaults(Address::Ip(self.edge(place)), vec![config.sites.len()]));
            let edge = edge(place, &config.sites[0]);
            config.sites.push(edge);
        }
    }
}

/// The site's listener and the port of the places: the same, unless the site takes the port at every address, or has none.
fn site_and_places(http: &Address, held: &mut Vec<Bound>) -> io::Result<(Address, u16)> {
    let places = PLACES.iter().map(|place| IpAddr::V4(place.address));
    let bind = |at| os::bind(&Endpoint::Ip(at));
    match http {
        Address::Ip(at) if !at.ip().is_unspecified() => {
            let all: Vec<IpAddr> = [at.ip()].into_iter().chain(places).collect();
            let port = ports::together(&all, at.port(), bind, held)?;
            Ok((Address::Ip(SocketAddr::new(at.ip(), port)), port))
        }
        other => Ok((other.clone(), ports::together(&places.collect::<Vec<_>>(), 0, bind, held)?)),
    }
}

/// A cache in front of the application servers. It says on every answer which it is.
fn edge(place: &Place, public: &Site) -> Site {
    let mut routes = public_routes();
    for route in &mut routes {
        let named = (THROUGH.to_string(), place.name.to_string());
        route.response.set.push(named.clone());
        route.request.fields.set.push(named);
    }
    routes.push(measured());
    Site { name: place.name.to_string(), routes, ..public.clone() }
}

/// Leads to the nearest place, by HTTP.
fn redirector() -> Site {
    let steer = Action::Steer { steering: 0, status: 302 };
    Site {
        name: REDIRECTOR.to_string(),
        hosts: vec![HostPattern::Exact(format!("{REDIRECTOR}.{ZONE}"))],
        // Whoever tries the demo plays the proxy in front, and says by X-Forwarded-For who the client is.
        forward: Forward { trust_client: true, ..forward_defaults() },
        routes: vec![measured(), route("*", steer, FieldEdits::default())],
        ..site_defaults()
    }
}

/// What browsers need to measure the places.
fn measured() -> Route {
    let when = Match { path: PathMatch::Prefix("/.throughline".to_string()), ..match_defaults() };
    Route { when, ..route("measure", Action::Measure(0), FieldEdits::default()) }
}

/// The file that tells `trace` of a root server at this port.
pub fn root_file(directory: &Path, port: u16) -> Option<String> {
    directory.join(format!("root-{port}.hints")).to_str().map(str::to_string)
}

/// Writes the routing tables, and where the root is. Gives the paths of the tables.
fn keep(directory: &Path, root: &SocketAddr) -> io::Result<Vec<String>> {
    let no_text = || io::Error::other("its name is not UTF-8");
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let servers = [RootServer { name: "a.root".to_string(), address: *root }];
    replace(&root_file(directory, root.port()).ok_or_else(no_text)?, write_root_servers(&servers).as_bytes())?;
    let table = |place: &Place| {
        let path = directory.join(format!("{}.mrt", place.name)).to_str().map(str::to_string).ok_or_else(no_text)?;
        replace(&path, &tables::table(place))?;
        Ok(path)
    };
    PLACES.iter().map(table).collect()
}

#[cfg(test)]
mod tests;
