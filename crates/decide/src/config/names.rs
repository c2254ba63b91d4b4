//! From the indices in steps to the names in the configuration the journey began under. An index it does not have is shown as a number.

use super::Config;
use crate::step::{BackendRef, CertificateRef, ListenerRef, RouteRef, SiteRef, Value};
use alloc::format;
use alloc::string::{String, ToString};
use core::net::IpAddr;

/// What a value that stands for a thing of the configuration is called; nothing for all others.
pub fn of(config: &Config, value: Value) -> String {
    match value {
        Value::Listener(at) => listener(config, at),
        Value::Route(at) => route(config, at),
        Value::Backend(at) => backend(config, at),
        Value::Site(at) => site(config, at),
        Value::Certificate(at) => certificate(config, at),
        _ => String::new(),
    }
}

/// A listener's address.
pub fn listener(config: &Config, at: ListenerRef) -> String {
    config.listeners.get(usize::from(at.0)).map_or_else(|| at.0.to_string(), |listener| listener.at.to_string())
}

/// `site/route`; a route that is named by its path begins with the slash already.
pub fn route(config: &Config, at: RouteRef) -> String {
    let site = config.sites.get(usize::from(at.site));
    let route = site.and_then(|site| site.routes.get(usize::from(at.route)));
    let (site, route) = (name(site.map(|site| &site.name), at.site), name(route.map(|route| &route.name), at.route));
    let slash = if route.starts_with('/') { "" } else { "/" };
    format!("{site}{slash}{route}")
}

/// `pool/backend`
pub fn backend(config: &Config, at: BackendRef) -> String {
    let pool = config.pools.get(usize::from(at.pool));
    let backend = pool.and_then(|pool| pool.backends.get(usize::from(at.backend)));
    format!("{}/{}", name(pool.map(|pool| &pool.name), at.pool), name(backend.map(|backend| &backend.name), at.backend))
}

/// A site's name.
pub fn site(config: &Config, at: SiteRef) -> String {
    name(config.sites.get(usize::from(at.0)).map(|site| &site.name), at.0)
}

/// A certificate's name.
pub fn certificate(config: &Config, at: CertificateRef) -> String {
    name(config.certificates.get(usize::from(at.0)).map(|certificate| &certificate.name), at.0)
}

/// `unix` where there is no address, as in `accepted`.
pub fn client(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "unix".to_string(), |address| address.to_string())
}

fn name(known: Option<&String>, index: u16) -> String {
    known.cloned().unwrap_or_else(|| index.to_string())
}
