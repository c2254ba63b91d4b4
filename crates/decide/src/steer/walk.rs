//! The decision for one client, layer by layer, with all reasons. It is slow and plain on purpose: it does not read the map, nor the
//! rankings that the map is made of, so that a test can hold one against the other.

use super::bits::Bits;
use super::decision::{Answer, Candidate, Decision};
use super::geography::metres;
use super::overlay::gains;
use super::places::{prefix_hash, sheds, tie};
use super::ranking::preference;
use super::route::Route;
use super::{Steering, Tables};
use crate::config::Layer;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::net::IpAddr;
use wire::network::Network;

pub(super) fn decide(steering: &Steering, client: IpAddr) -> Decision {
    let client = client.to_canonical();
    let mut walk = Walk::of(steering, client);
    let (layer, chosen) = walk.layers(0);
    let words: Vec<&'static str> = (0..walk.candidates.len()).map(|number| walk.why(layer, chosen, number)).collect();
    for (number, why) in words.into_iter().enumerate() {
        walk.candidates[number].why = why;
        walk.candidates[number].chosen = number == chosen;
    }
    if layer == Layer::Topology && walk.held == Some(chosen) {
        walk.notes.push("held");
    }
    Decision {
        answer: Answer { pop: walk.candidates[chosen].pop, scope: steering.map.lookup(client).1 },
        layer,
        prefix: walk.network(layer),
        version: steering.version,
        unit: walk.unit,
        candidates: walk.candidates,
        passed: walk.passed,
        notes: walk.notes,
    }
}

struct Walk<'a> {
    steering: &'a Steering,
    candidates: Vec<Candidate>,
    able: Vec<bool>,
    /// The network of each table.
    route: Option<Network>,
    measured: Option<Network>,
    location: Option<Network>,
    unit: Option<Network>,
    /// Of the places, the one that a change is held back for.
    held: Option<usize>,
    passed: Vec<(Layer, &'static str)>,
    notes: Vec<&'static str>,
}

impl<'a> Walk<'a> {
    fn of(steering: &'a Steering, client: IpAddr) -> Walk<'a> {
        let Tables { rib, measured, geography, held } = &steering.tables;
        let route = rib.lookup(client);
        let times = measured.lookup(client).map(|(network, times)| (network, times.collect::<Vec<_>>()));
        let location = geography.lookup(client);
        let candidate = |place: &super::places::Place| {
            let mine = |source: &super::route::SourceId| rib.place(*source) == Some(place.pop);
            let routes = route.iter().flat_map(|(_, row)| rib.row(*row)).filter(|(source, _)| mine(source));
            Candidate {
                pop: place.pop,
                healthy: steering.state.is_healthy(place.pop),
                share: steering.state.share(place.pop),
                shed: false,
                route: routes.map(|(source, route)| (source, *route)).min_by_key(|(_, route)| preference(route)),
                time: times.as_ref().and_then(|(_, times)| times.iter().find(|(pop, _)| *pop == place.pop)).map(|(_, time)| *time),
                metres: location.and_then(|(_, location)| Some(metres(place.location?, location))),
                chosen: false,
                why: "",
            }
        };
        let held = held.lookup(client).filter(|(network, _)| route.is_some_and(|(route, _)| route.bits() <= network.bits()));
        let mut walk = Walk {
            steering,
            candidates: steering.places.pops.iter().map(candidate).collect(),
            able: Vec::new(),
            route: route.map(|(network, _)| network),
            measured: times.as_ref().map(|(network, _)| *network),
            location: location.map(|(network, _)| network),
            unit: None,
            held: held.map(|(_, place)| usize::from(place)),
            passed: Vec::new(),
            notes: Vec::new(),
        };
        walk.find_able(client);
        walk
    }

    /// Who may be chosen: who is healthy and does not shed this client's network. Where that is nobody, shedding is not looked at; where
    /// nobody is healthy, health is not.
    fn find_able(&mut self, client: IpAddr) {
        let mut able: Vec<bool> = self.candidates.iter().map(|candidate| candidate.healthy).collect();
        if !able.contains(&true) {
            able.fill(true);
            self.notes.push("all-unhealthy");
        }
        self.able = able.clone();
        if self.candidates.iter().all(|candidate| candidate.share == 0) {
            return;
        }
        let uses = |layer| self.steering.places.layers.contains(&layer);
        let known = self.route.filter(|_| uses(Layer::Topology)).or(self.location.filter(|_| uses(Layer::Geography)));
        let least = if client.is_ipv4() { u32::UNIT } else { u128::UNIT };
        let unit = Network::of(client, known.map_or(0, |network| network.bits()).max(least));
        for (candidate, place) in self.candidates.iter_mut().zip(&self.steering.places.pops) {
            candidate.shed = sheds(network_hash(unit), place.salt, candidate.share);
        }
        able.iter_mut().zip(&self.candidates).for_each(|(able, candidate)| *able &= !candidate.shed);
        self.unit = Some(unit);
        if able.contains(&true) {
            self.able = able;
        } else {
            self.notes.push("all-shed");
        }
    }

    fn network(&self, layer: Layer) -> Option<Network> {
        match layer {
            Layer::Measured => self.measured,
            Layer::Topology => self.route,
            Layer::Geography => self.location,
            Layer::Default => None,
        }
    }

    /// The layer that decides, of those from this one on, and the place.
    fn layers(&mut self, from: usize) -> (Layer, usize) {
        let layer = self.steering.places.layers.get(from).copied().unwrap_or(Layer::Default);
        let best = match layer {
            Layer::Default => {
                return (layer, self.able.iter().position(|able| *able).unwrap_or(0));
            }
            Layer::Measured => self.best(|_, candidate| candidate.time),
            Layer::Topology => self.topology(),
            Layer::Geography => self.best(|_, candidate| candidate.metres),
        };
        let passes = match best {
            None if self.network(layer).is_none() => "no-data",
            None => "no-candidate",
            Some(best) if layer == Layer::Measured => return self.measured(from, best),
            Some(best) => return (layer, best),
        };
        self.passed.push((layer, passes));
        self.layers(from + 1)
    }

    /// The first of those who may be chosen and for whom a value is lowest.
    fn best<V: Ord>(&self, value: impl Fn(usize, &Candidate) -> Option<V>) -> Option<usize> {
        let able = self.candidates.iter().enumerate().filter(|(number, _)| self.able[*number]);
        able.filter_map(|(number, candidate)| Some((value(number, candidate)?, number))).min().map(|(_, number)| number)
    }

    fn topology(&self) -> Option<usize> {
        if let Some(held) = self.held
            && self.able[held]
            && self.candidates[held].route.is_some()
        {
            return Some(held);
        }
        let hash = network_hash(self.route?);
        let rank = |number: usize, route: &Route| (preference(route), Reverse(tie(hash, self.steering.places.pops[number].salt)));
        self.best(|number, candidate| candidate.route.as_ref().map(|(_, route)| rank(number, route)))
    }

    /// What is measured decides where it gains enough against what would be chosen otherwise.
    fn measured(&mut self, from: usize, best: usize) -> (Layer, usize) {
        let place = self.passed.len();
        let (layer, otherwise) = self.layers(from + 1);
        let microseconds = |number: usize| self.candidates[number].time.map(|time| u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
        let passes = match (microseconds(best), microseconds(otherwise)) {
            (Some(time), Some(others)) if best != otherwise && gains(time, others, self.steering.places.measured_gain) => {
                self.passed.truncate(place);
                return (Layer::Measured, best);
            }
            (_, Some(_)) => "little-gain",
            (_, None) => "not-measured",
        };
        self.passed.insert(place, (Layer::Measured, passes));
        (layer, otherwise)
    }

    fn why(&self, layer: Layer, chosen: usize, number: usize) -> &'static str {
        let candidate = &self.candidates[number];
        if number != chosen && !self.able[number] {
            return if candidate.healthy || self.notes.contains(&"all-unhealthy") { "sheds" } else { "unhealthy" };
        }
        match layer {
            Layer::Default => {
                if number == chosen {
                    "first"
                } else {
                    "later"
                }
            }
            Layer::Measured if number == chosen => "shortest-time",
            Layer::Measured => {
                if candidate.time.is_some() {
                    "slower"
                } else {
                    "not-measured"
                }
            }
            Layer::Geography if number == chosen => "nearest",
            Layer::Geography => {
                if candidate.metres.is_some() {
                    "farther"
                } else {
                    "no-location"
                }
            }
            Layer::Topology => self.why_route(chosen, number),
        }
    }

    fn why_route(&self, chosen: usize, number: usize) -> &'static str {
        let route = |number: usize| self.candidates[number].route.map(|(_, route)| route);
        let Some(mine) = route(number) else { return "no-route" };
        if self.held == Some(chosen) {
            return "held";
        }
        // The chosen one is told by what sets it apart from the next best, every other one by what sets it apart from the chosen one.
        let rivals = (0..self.candidates.len()).filter(|rival| *rival != number && self.able[*rival]).filter_map(route);
        let rival = if number == chosen { rivals.min_by_key(preference) } else { route(chosen) };
        rival.map_or("only-route", |rival| apart(&mine, &rival))
    }
}

/// The first thing in which two routes differ.
fn apart(route: &Route, other: &Route) -> &'static str {
    match () {
        () if route.local_pref != other.local_pref => "local-pref",
        () if route.path_len != other.path_len => "path-length",
        () if route.origin != other.origin => "origin",
        () if route.med != other.med => "med",
        () => "tie",
    }
}

pub(super) fn network_hash(network: Network) -> u64 {
    match network.address() {
        IpAddr::V4(address) => prefix_hash(address.to_bits(), network.bits()),
        IpAddr::V6(address) => prefix_hash(address.to_bits(), network.bits()),
    }
}
