//! What an answer depends on besides the zones, for one query.

use super::Asker;
use crate::server::Snapshot;
use decide::random::Random;
use decide::steer::Answer;
use decide::zone::{Given, Member, Nearest, SetId};
use host::Host;
use std::cell::RefCell;
use std::net::IpAddr;
use wire::dns::server::QueryView;

/// How many answers each dynamic set of a configuration has been in, on this worker.
#[derive(Default)]
pub(super) struct Turns {
    generation: u64,
    turns: Vec<u64>,
}

/// What one query is given.
pub(super) struct Gift<'a> {
    pub(super) host: &'a Host,
    pub(super) snapshot: &'a Snapshot,
    pub(super) asker: &'a Asker,
    /// Whom the answer is for.
    pub(super) client: IpAddr,
    pub(super) turns: &'a RefCell<Turns>,
}

/// Whom an answer is for: the subnet that is told, or else who asks (RFC 7871 §7.2.1).
pub(super) fn client_of(query: &QueryView<'_>, asker: &Asker) -> IpAddr {
    query.edns.and_then(|edns| edns.subnet?.address).unwrap_or_else(|| asker.from.ip())
}

impl Given for Gift<'_> {
    fn random(&mut self) -> u64 {
        self.host.rng().next()
    }

    fn turn(&mut self, set: SetId) -> u64 {
        let mut of = self.turns.borrow_mut();
        if of.generation != self.snapshot.generation {
            // Sets may have moved; where a set begins does not matter.
            *of = Turns { generation: self.snapshot.generation, turns: Vec::new() };
        }
        if of.turns.len() <= set.0 {
            of.turns.resize(set.0 + 1, 0);
        }
        let turn = of.turns[set.0];
        of.turns[set.0] = turn.wrapping_add(1);
        turn
    }

    fn pool(&mut self, pool: usize) -> Vec<Member> {
        self.snapshot.pools[pool].members(self.asker.now)
    }

    fn is_healthy(&mut self, address: IpAddr) -> bool {
        let members = |pool: &std::sync::Arc<crate::Pool>| pool.members(self.asker.now);
        let mut here = self.snapshot.pools.iter().flat_map(members).filter(|member| member.address == address).peekable();
        // Nobody checks it, or somebody finds it well.
        here.peek().is_none() || here.any(|member| member.healthy)
    }

    fn nearest(&mut self, steering: usize) -> Nearest {
        let Answer { pop, scope } = self.snapshot.steering(steering).answer(self.client);
        Nearest { pop, addresses: self.snapshot.config.pops[usize::from(pop)].addresses.clone(), scope }
    }
}
