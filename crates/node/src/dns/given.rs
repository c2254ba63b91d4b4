//! What an answer depends on besides the zones, for one query.

use super::Asker;
use crate::server::Snapshot;
use decide::config::Layer;
use decide::random::Random;
use decide::steer::{Answer, Steering};
use decide::zone::{Given, Member, Nearest, SetId};
use host::Host;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
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
    /// All that was given, where the reasons of the answer are to be told; `None` costs nothing.
    pub(super) kept: Option<Kept>,
    /// The worker that counts.
    pub(super) worker: usize,
    /// Steerings that are counted, the first of them in the lowest bit.
    pub(super) counted: u64,
}

/// What one query was given: by it the same answer is found once more, with its reasons.
#[derive(Default)]
pub(super) struct Kept {
    random: VecDeque<u64>,
    turns: Vec<(SetId, u64)>,
    pools: Vec<(usize, Vec<Member>)>,
    healthy: Vec<(IpAddr, bool)>,
    steered: Vec<(usize, Arc<Steering>)>,
}

/// Whom an answer is for: the subnet that is told, or else who asks (RFC 7871 §7.2.1).
pub(super) fn client_of(query: &QueryView<'_>, asker: &Asker) -> IpAddr {
    query.edns.and_then(|edns| edns.subnet?.address).unwrap_or_else(|| asker.from.ip())
}

impl Gift<'_> {
    /// Where a steering leads the client. It is counted once for a query, however often it is asked.
    pub(super) fn led(&mut self, steering: usize) -> Answer {
        let decided = self.decided(steering);
        let bit = 1u64.checked_shl(u32::try_from(steering).unwrap_or(u32::MAX)).unwrap_or(0);
        if self.counted & bit == 0 {
            self.snapshot.counters().led_by_dns(self.worker, steering, self.client, decided);
            self.counted |= bit;
        }
        decided.0
    }

    fn decided(&mut self, steering: usize) -> (Answer, Layer) {
        let live = self.snapshot.steering(steering);
        let Some(kept) = &mut self.kept else { return live.answer(self.client) };
        let known = kept.steered.iter().find(|(known, _)| *known == steering);
        // The next question to it is answered by the same version, whatever is published meanwhile.
        let present = known.map_or_else(|| live.present(), |(_, version)| version.clone());
        let decided = (present.answer(self.client), present.layer(self.client));
        if known.is_none() {
            kept.steered.push((steering, present));
        }
        decided
    }

    fn next_turn(&mut self, set: SetId) -> u64 {
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

    /// The turn that a set has next.
    fn turn_to_come(&self, set: SetId) -> u64 {
        let of = self.turns.borrow();
        of.turns.get(set.0).copied().filter(|_| of.generation == self.snapshot.generation).unwrap_or(0)
    }

    fn members(&self, pool: usize) -> Vec<Member> {
        self.snapshot.pools[pool].members(self.asker.now)
    }

    fn answers(&self, address: IpAddr) -> bool {
        let members = |pool: &Arc<crate::Pool>| pool.members(self.asker.now);
        let mut here = self.snapshot.pools.iter().flat_map(members).filter(|member| member.address == address).peekable();
        // Nobody checks it, or somebody finds it well.
        here.peek().is_none() || here.any(|member| member.healthy)
    }

    fn addresses(&self, answer: Answer) -> Nearest {
        let Answer { pop, scope } = answer;
        Nearest { pop, addresses: self.snapshot.config.pops[usize::from(pop)].addresses.clone(), scope }
    }
}

impl Given for Gift<'_> {
    fn random(&mut self) -> u64 {
        let random = self.host.rng().next();
        if let Some(kept) = &mut self.kept {
            kept.random.push_back(random);
        }
        random
    }

    fn turn(&mut self, set: SetId) -> u64 {
        let turn = self.next_turn(set);
        if let Some(kept) = &mut self.kept {
            kept.turns.push((set, turn));
        }
        turn
    }

    fn pool(&mut self, pool: usize) -> Vec<Member> {
        let members = self.members(pool);
        if let Some(kept) = &mut self.kept {
            kept.pools.push((pool, members.clone()));
        }
        members
    }

    fn is_healthy(&mut self, address: IpAddr) -> bool {
        let healthy = self.answers(address);
        if let Some(kept) = &mut self.kept {
            kept.healthy.push((address, healthy));
        }
        healthy
    }

    fn nearest(&mut self, steering: usize) -> Nearest {
        let answer = self.led(steering);
        self.addresses(answer)
    }
}

/// The same query once more: what it was given it is given again. What it was not given then is as it is now, and nothing moves by it.
pub(super) struct Again<'g, 'a> {
    pub(super) gift: &'g Gift<'a>,
    pub(super) kept: Kept,
}

impl Again<'_, '_> {
    /// The version of a steering that answered.
    pub(super) fn version(&self, steering: usize) -> Option<Arc<Steering>> {
        self.kept.steered.iter().find(|(known, _)| *known == steering).map(|(_, version)| version.clone())
    }
}

impl Given for Again<'_, '_> {
    fn random(&mut self) -> u64 {
        self.kept.random.pop_front().unwrap_or_else(|| self.gift.host.rng().next())
    }

    fn turn(&mut self, set: SetId) -> u64 {
        let known = self.kept.turns.iter().find(|(known, _)| *known == set);
        known.map_or_else(|| self.gift.turn_to_come(set), |(_, turn)| *turn)
    }

    fn pool(&mut self, pool: usize) -> Vec<Member> {
        let known = self.kept.pools.iter().find(|(known, _)| *known == pool);
        known.map_or_else(|| self.gift.members(pool), |(_, members)| members.clone())
    }

    fn is_healthy(&mut self, address: IpAddr) -> bool {
        let known = self.kept.healthy.iter().find(|(known, _)| *known == address);
        known.map_or_else(|| self.gift.answers(address), |(_, healthy)| *healthy)
    }

    fn nearest(&mut self, steering: usize) -> Nearest {
        let version = self.version(steering).unwrap_or_else(|| {
            let present = self.gift.snapshot.steering(steering).present();
            self.kept.steered.push((steering, present.clone()));
            present
        });
        self.gift.addresses(version.answer(self.gift.client))
    }

    fn weighs(&self) -> bool {
        true
    }
}
