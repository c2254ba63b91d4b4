//! From the host of a URL to addresses.

use super::Request;
use super::limit::Limit;
use super::telling::Telling;
use crate::resolve;
use decide::fetch::fault::{Fault, Station};
use decide::fetch::url::Target;
use decide::resolve::{Mode, Settings, Trouble};
use decide::step::Step;
use decide::time::Duration;
use host::Host;
use std::net::{IpAddr, SocketAddr};

/// Where to connect to, in the order that the names came in.
pub(super) async fn addresses(
    host: &Host,
    request: &Request,
    target: &Target,
    limit: &Limit,
    telling: &mut Telling<'_>,
) -> Result<Vec<SocketAddr>, Fault> {
    let name = target.host();
    if let Some(there) = request.connect {
        tell(telling, name, &[there.ip()], "given", Duration::ZERO, Duration::ZERO);
        return Ok(vec![there]);
    }
    let given = request.given.iter().find(|given| given.name == name && given.port == target.port());
    let (known, source) = match (target.address(), given) {
        (_, Some(given)) => (given.addresses.clone(), "given"),
        (Some(address), None) => (vec![address], "written"),
        (None, None) => return looked_up(host, request, target, limit, telling).await,
    };
    tell(telling, name, &known, source, Duration::ZERO, Duration::ZERO);
    Ok(known.into_iter().map(|address| SocketAddr::new(address, target.port())).collect())
}

async fn looked_up(
    host: &Host,
    request: &Request,
    target: &Target,
    limit: &Limit,
    telling: &mut Telling<'_>,
) -> Result<Vec<SocketAddr>, Fault> {
    let (name, began) = (target.host(), telling.now());
    // The lookup has a limit of its own; this one is behind it.
    let most = request.names.limits.time * 2;
    let late = || Fault::of_name(name, &Trouble::Unanswered("nobody answered".to_string()));
    // RFC 9460 §9.5 makes an HTTPS record a reason to leave `http`; whoever traces a URL wants to see that URL.
    let settings = Settings { service: request.names.service && target.is_secure(), ..request.names.clone() };
    let asking = resolve::resolve(host, &settings, name, target.port(), &mut telling.journey);
    let resolved = limit.within(host, Station::Name, most, asking, late).await;
    telling.show();
    let resolved = resolved?.map_err(|trouble| Fault::of_name(name, &trouble))?;
    let took = telling.now().since(began);
    let endpoints = resolved.endpoints(target.port(), !request.http1_only && !target.is_socket());
    let source = if matches!(settings.mode, Mode::Iterative { .. }) { "walk" } else { "resolver" };
    let mut addresses: Vec<IpAddr> = endpoints.iter().map(SocketAddr::ip).collect();
    addresses.dedup();
    tell(telling, name, &addresses, source, resolved.ttl, took);
    if endpoints.is_empty() { Err(Fault::of_name(name, &Trouble::NoAddress)) } else { Ok(endpoints) }
}

fn tell(telling: &mut Telling<'_>, name: &str, addresses: &[IpAddr], source: &'static str, ttl: Duration, took: Duration) {
    let list: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    let (name, addresses) = (telling.keep(name), telling.keep(list.join(", ")));
    telling.step(Step::NameResolved { name, addresses, source, ttl, took });
}
