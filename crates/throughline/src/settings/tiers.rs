//! Who is asked before the pool of a route: the peers and the shield.

use super::build::Pools;
use super::mistake::Mistakes;
use super::read::{Given, Table, bare};
use decide::config::{Cache, Config, Peers, Tiers};

/// `peers` and `shield` of a route.
pub(super) fn tiers(table: &Table, pools: &Pools<'_>, cache: &Cache, mistakes: &mut Mistakes<'_>) -> Tiers {
    for key in ["peers", "shield"] {
        if let Some(given) = table.given(key)
            && table.given("pool").is_some()
            && table.table_if("cache").is_none()
        {
            mistakes.error(&given.key, format!("{key:?} has no meaning without \"cache\": nothing is stored")).help("write cache = true");
        }
    }
    let named = |key: &str, mistakes: &mut Mistakes<'_>| {
        let (name, given) = (table.text_if(key)?, table.given(key)?);
        let pool = pools.index(&name, given, mistakes)?;
        if table.text_if("pool").is_some_and(|origin| origin == name) {
            mistakes.error(&given.span, format!("{name:?} is the pool of the route itself"));
        }
        Some(pool)
    };
    let shield = named("shield", mistakes);
    let peers = named("peers", mistakes);
    let this = peers.and_then(|pool| this(table, pool, pools, cache, mistakes));
    Tiers { peers: peers.zip(this).map(|(pool, this)| Peers { pool, this }), shield }
}

/// Which of the peers is this cache itself; the first, in a configuration that is refused because it does not say so.
fn this(table: &Table, pool: usize, pools: &Pools<'_>, cache: &Cache, mistakes: &mut Mistakes<'_>) -> Option<usize> {
    let (given, peers) = (table.given("peers")?, pools.table(pool));
    if peers.text("algorithm") != "consistent-hash" {
        let message = format!("{} is shared out by {:?}: each object has its edge only on a ring", peers.header, peers.text("algorithm"));
        mistakes.error(&given.span, message).help(format!("write algorithm = \"consistent-hash\" in {}", peers.header));
    }
    let names = pools.backends(pool);
    let Some(id) = &cache.id else {
        mistakes.error(&given.span, "nothing says which of the peers this one is").help("write its name as `id` under [cache]");
        return Some(0);
    };
    let this = names.iter().position(|name| name == id);
    if this.is_none() {
        let message = format!("no backend of {} is called {id:?}, which is this cache's `id`", peers.header);
        mistakes.error(&given.span, message).nearest(id, names.iter().map(String::as_str));
    }
    this.or(Some(0))
}

impl Pools<'_> {
    /// The pool that an entry names.
    pub(super) fn index(&self, name: &str, given: &Given, mistakes: &mut Mistakes<'_>) -> Option<usize> {
        let found = self.names.iter().position(|pool| *pool == name);
        if found.is_none() {
            let mistake = mistakes.error(&given.span, format!("unknown pool {name:?}")).nearest(name, self.names.iter().copied());
            if mistake.help.is_none() {
                mistake.help(format!("declare it: [pool.{}]", bare(name)));
            }
        }
        found
    }
}

/// Whether this backend of a pool is this cache itself, among its peers: no request is ever sent to it.
pub(super) fn is_this(config: &Config, pool: usize, backend: usize) -> bool {
    let mut peers = config.sites.iter().flat_map(|site| &site.routes).filter_map(|route| route.tiers.peers);
    peers.any(|peers| (peers.pool, peers.this) == (pool, backend))
}

/// Whether a route asks this pool before its own.
pub(super) fn uses(tiers: &Tiers, pool: usize) -> bool {
    tiers.shield == Some(pool) || tiers.peers.is_some_and(|peers| peers.pool == pool)
}
