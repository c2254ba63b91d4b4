//! The forward proxy: its section, and the pool that stands for all it asks.

use super::defaults::pool_defaults;
use super::read::Table;
use super::value;
use decide::address::Address;
use decide::config::{Action, Backend, Destinations, ForwardProxy, Pool, Retry, Site};
use std::net::{Ipv4Addr, SocketAddr};

/// `[site.route.proxy]`; its pool is [made](pools) when all others are there.
pub(super) fn proxy(table: &Table) -> ForwardProxy {
    ForwardProxy {
        pool: 0,
        clients: table.texts("allow").iter().filter_map(|text| value::network(&text.it).ok()).collect(),
        connect_ports: table.texts("connect-ports").iter().filter_map(|text| value::port(&text.it)).collect(),
        denied: table.texts("deny-hosts").iter().filter_map(|text| value::host_pattern(&text.it).ok()).collect(),
    }
}

/// Gives each forward proxy a pool of its own, behind those that are written.
pub(super) fn pools(root: &Table, sites: &mut [Site], pools: &mut Vec<Pool>) {
    for (table, site) in root.tables("site").iter().zip(sites) {
        for (table, route) in table.tables("route").iter().zip(&mut site.routes) {
            let Action::Proxy(proxy) = &mut route.action else { continue };
            proxy.pool = pools.len();
            let plain = format!("{}/{}", site.name, route.name);
            let taken = |name: &String| pools.iter().any(|pool| pool.name == *name);
            let name = std::iter::successors(Some(plain), |name| Some(format!("{name}+"))).find(|name| !taken(name));
            pools.push(pool(name.expect("there is always a longer one"), &table.table("proxy")));
        }
    }
}

fn pool(name: String, table: &Table) -> Pool {
    let nowhere = Address::Ip(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0));
    let private = table.texts("private").iter().filter_map(|text| value::network(&text.it).ok()).collect();
    let defaults = pool_defaults();
    Pool {
        name,
        backends: vec![Backend { name: "destinations".to_string(), at: nowhere, weight: 1 }],
        connect_timeout: table.duration("connect-timeout"),
        // There is no other server to try.
        retry: Retry { attempts: 0, ..defaults.retry },
        destinations: Some(Destinations { most: table.number("destinations"), private }),
        ..defaults
    }
}
