//! What one version changes of another: which networks move from where to where, how much that is, and who has too much then.

use super::Steering;
use super::bits::Bits;
use super::map::Runs;
use super::prefixes::Cursor;
use super::weights::Weights;
use alloc::vec;
use alloc::vec::Vec;
use wire::network::Network;

/// The comparison of two versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// What moves, in the order of addresses, as the widest networks. Networks that no router has told of and that count nothing are left
    /// out.
    pub moves: Vec<Move>,
    /// The same between each two places, in the order of their indices.
    pub flows: Vec<Flow>,
    /// What each place of either version has, in the order of their indices.
    pub loads: Vec<Load>,
}

/// What moves from one place to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// From where (index into [`crate::config::Config::pops`]).
    pub from: u16,
    /// To where.
    pub to: u16,
    /// How much, of IPv4 and of IPv6.
    pub weight: [f64; 2],
    /// How many of [`Diff::moves`] these are.
    pub moves: usize,
}

impl Flow {
    /// All of it.
    pub fn whole(&self) -> f64 {
        self.weight.iter().sum()
    }
}

/// A network that moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// Which.
    pub network: Network,
    /// From where (index into [`crate::config::Config::pops`]).
    pub from: u16,
    /// To where.
    pub to: u16,
    /// How much it counts.
    pub weight: f64,
}

/// What a place has before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Which place.
    pub pop: u16,
    /// The weight it has, of IPv4 and of IPv6.
    pub before: [f64; 2],
    /// The weight it will have.
    pub after: [f64; 2],
    /// The load that it has, as it was told; or, where weights are given and no loads, its weight.
    pub load: Option<f64>,
    /// The load it will have: with each part of a place's weight goes the same part of its load; where both families have weight there,
    /// each stands for half of it, because nobody counts requests by network. With weights that are given, the families count as they
    /// weigh.
    pub expected: Option<f64>,
    /// What it can bear; 0: no bound.
    pub capacity: u64,
}

impl Load {
    /// Whether it will have more than it can bear.
    pub fn overloads(&self) -> bool {
        self.capacity > 0 && self.expected.is_some_and(|load| load > self.capacity as f64)
    }

    /// All of its weight, before and after.
    pub fn weights(&self) -> (f64, f64) {
        (self.before.iter().sum(), self.after.iter().sum())
    }
}

impl Diff {
    /// Between two versions. The loads are those of the moment, by the index of a place in [`crate::config::Config::pops`]; none need be
    /// known.
    pub fn between(old: &Steering, new: &Steering, weights: &Weights, loads: &[Option<u64>]) -> Diff {
        let mut pops: Vec<u16> = old.places.pops().chain(new.places.pops()).collect();
        pops.sort_unstable();
        pops.dedup();
        let mut count = Count { pops: &pops, moves: Vec::new(), matrix: vec![[0.0; 2]; pops.len() * pops.len()] };
        count.family(old, new, weights, 0, (&old.map.v4, &new.map.v4));
        count.family(old, new, weights, 1, (&old.map.v6, &new.map.v6));
        let (flows, loads) = (count.flows(), count.loads(new, weights, loads));
        Diff { moves: count.moves, flows, loads }
    }

    /// The places that will have more than they can bear.
    pub fn overloaded(&self) -> impl Iterator<Item = &Load> + '_ {
        self.loads.iter().filter(|load| load.overloads())
    }

    /// The weight that moves.
    pub fn moved(&self) -> f64 {
        self.moves.iter().map(|moved| moved.weight).sum()
    }
}

struct Count<'a> {
    pops: &'a [u16],
    moves: Vec<Move>,
    /// Weight by where it was (row) and where it will be (column), of each family.
    matrix: Vec<[f64; 2]>,
}

/// A stretch of addresses that moves alike.
#[derive(Clone, Copy)]
struct Stretch<A> {
    first: A,
    last: A,
    from: u16,
    to: u16,
    /// What one address counts.
    density: f64,
}

impl Count<'_> {
    fn at(&self, pop: u16) -> usize {
        self.pops.binary_search(&pop).unwrap_or(0)
    }

    fn family<A: Bits>(&mut self, old: &Steering, new: &Steering, weights: &Weights, family: usize, maps: (&Runs<A>, &Runs<A>)) {
        let mut ground = Ground::<A>::new(old, new, weights);
        let (mut run, mut new_run) = (0, 0);
        let mut waits: Option<Stretch<A>> = None;
        let mut at = A::FIRST;
        loop {
            let border = ground.go(at);
            let starts = [maps.0.runs.get(run + 1), maps.1.runs.get(new_run + 1)].map(|run| run.map(|run| run.start));
            let next = starts.into_iter().flatten().chain(border).min();
            let last = next.and_then(Bits::previous).unwrap_or(A::LAST);
            let from = old.places.pops[usize::from(maps.0.runs[run].place)].pop;
            let to = new.places.pops[usize::from(maps.1.runs[new_run].place)].pop;
            if let Some(density) = ground.density() {
                let cell = self.at(from) * self.pops.len() + self.at(to);
                self.matrix[cell][family] += density * at.count(last);
                if from != to {
                    waits = Some(self.longer(waits, Stretch { first: at, last, from, to, density }));
                }
            }
            let Some(next) = next else { break };
            run += usize::from(starts[0] == Some(next));
            new_run += usize::from(starts[1] == Some(next));
            at = next;
        }
        if let Some(stretch) = waits {
            self.tell(stretch);
        }
    }

    /// A stretch with the one before it, if they belong together; else that one is told.
    fn longer<A: Bits>(&mut self, before: Option<Stretch<A>>, stretch: Stretch<A>) -> Stretch<A> {
        let Some(before) = before else { return stretch };
        let alike = (before.from, before.to) == (stretch.from, stretch.to) && before.density == stretch.density;
        if alike && before.last.next() == Some(stretch.first) {
            return Stretch { first: before.first, ..stretch };
        }
        self.tell(before);
        stretch
    }

    /// The widest networks that a stretch is made of.
    fn tell<A: Bits>(&mut self, Stretch { mut first, last, from, to, density }: Stretch<A>) {
        loop {
            let mut bits = A::WIDTH - first.trailing();
            while first.last(bits) > last {
                bits += 1;
            }
            let end = first.last(bits);
            self.moves.push(Move { network: Network::of(first.ip(), bits), from, to, weight: density * first.count(end) });
            match end.next() {
                Some(next) if end < last => first = next,
                _ => break,
            }
        }
    }

    fn flows(&self) -> Vec<Flow> {
        let size = self.pops.len();
        let mut moves = vec![0; size * size];
        self.moves.iter().for_each(|moved| moves[self.at(moved.from) * size + self.at(moved.to)] += 1);
        let flow = |cell: usize| {
            let (from, to) = (self.pops[cell / size], self.pops[cell % size]);
            (moves[cell] > 0).then(|| Flow { from, to, weight: self.matrix[cell], moves: moves[cell] })
        };
        (0..size * size).filter_map(flow).collect()
    }

    fn loads(&self, new: &Steering, weights: &Weights, known: &[Option<u64>]) -> Vec<Load> {
        let by_weight = matches!(weights, Weights::Given(_));
        let size = self.pops.len();
        let sum = |cells: &mut dyn Iterator<Item = [f64; 2]>| cells.fold([0.0; 2], |sum, cell| [sum[0] + cell[0], sum[1] + cell[1]]);
        let mut loads: Vec<Load> = (0..size)
            .map(|at| {
                let pop = self.pops[at];
                let before = sum(&mut (0..size).map(|to| self.matrix[at * size + to]));
                let after = sum(&mut (0..size).map(|from| self.matrix[from * size + at]));
                let told = known.get(usize::from(pop)).copied().flatten().map(|load| load as f64);
                let load = if known.is_empty() && by_weight { Some(before[0] + before[1]) } else { told };
                let capacity = new.places.pops.iter().find(|place| place.pop == pop).map_or(0, |place| place.capacity);
                Load { pop, before, after, load, expected: load, capacity }
            })
            .collect();
        for (from, to) in (0..size).flat_map(|from| (0..size).map(move |to| (from, to))).filter(|(from, to)| from != to) {
            let part = part(self.matrix[from * size + to], loads[from].before, by_weight);
            if let Some(load) = loads[from].load.filter(|_| part > 0.0) {
                let goes = load * part;
                loads[from].expected = loads[from].expected.map(|expected| expected - goes);
                loads[to].expected = loads[to].expected.map(|expected| expected + goes);
            }
        }
        loads
    }
}

/// Which part of a whole, of both families.
fn part(some: [f64; 2], all: [f64; 2], by_weight: bool) -> f64 {
    if by_weight {
        let all = all[0] + all[1];
        return if all > 0.0 { (some[0] + some[1]) / all } else { 0.0 };
    }
    let families = all.iter().filter(|all| **all > 0.0).count();
    let parts = some.iter().zip(all).filter(|(_, all)| *all > 0.0).map(|(some, all)| some / all);
    parts.sum::<f64>() / families.max(1) as f64
}

/// What addresses count, in a sweep.
pub(super) struct Ground<'a, A> {
    given: Option<(&'a super::weights::Given, Cursor<'a, A>)>,
    known: [Cursor<'a, A>; 2],
    nothing_known: bool,
}

impl<'a, A: Bits> Ground<'a, A> {
    pub(super) fn new(old: &'a Steering, new: &'a Steering, weights: &'a Weights) -> Self {
        let ribs = [&old.tables.rib, &new.tables.rib];
        Ground {
            given: match weights {
                Weights::Blocks => None,
                Weights::Given(given) => Some((given, Cursor::new(A::of(&given.table)))),
            },
            known: ribs.map(|rib| Cursor::new(A::of(rib.table()))),
            nothing_known: ribs.iter().all(|rib| rib.is_empty()),
        }
    }

    /// On to an address; and where that may change what addresses count.
    pub(super) fn go(&mut self, at: A) -> Option<A> {
        let cursors = self.known.iter_mut().chain(self.given.as_mut().map(|(_, cursor)| cursor));
        cursors
            .filter_map(|cursor| {
                cursor.go(at);
                cursor.border()
            })
            .min()
    }

    /// What an address counts here; `None`: nothing, and nobody knows it.
    pub(super) fn density(&self) -> Option<f64> {
        let told = self.known.iter().any(|cursor| cursor.here().is_some());
        match &self.given {
            None => (told || self.nothing_known).then(|| 1.0 / A::FIRST.count(A::FIRST.last(A::WEIGHED))),
            Some((given, cursor)) => {
                let weighed = cursor.here().map(|_| cursor.all_here().map(|index| given.density::<A>(index)).sum());
                weighed.or(told.then_some(0.0))
            }
        }
    }
}
