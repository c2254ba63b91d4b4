mod answers;
mod differences;
mod made;
mod settling;
mod sharing;
mod tables;
mod words;

use crate::config::Layer;
use crate::steer::{Origin, Route, SourceId, Steering, Tables};
use alloc::sync::Arc;
use alloc::vec;
use wire::network::Network;

/// A steering by routes alone, in which these networks are nearest to these places, and the others have longer ways.
fn made_steering(maker: &mut made::Maker, networks: &[(&str, u16)]) -> Steering {
    let mut rib = crate::steer::Rib::new();
    for pop in 1..=maker.places as u16 {
        rib.assign(SourceId(pop), pop);
        let route = |path_len| Route { local_pref: 100, path_len, origin: Origin::Igp, med: 0, origin_as: 1 };
        let table = networks.iter().map(|(network, near)| (Network::parse(network).unwrap(), route(1 + u16::from(*near != pop))));
        rib = rib.replace(SourceId(pop), &table.collect());
    }
    let places = Arc::new(maker.places_with(vec![Layer::Topology, Layer::Default]));
    Steering::new(1, places, Tables { rib: Arc::new(rib), ..Tables::default() }, Default::default())
}
