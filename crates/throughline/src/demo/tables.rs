//! Routing tables of the places, made up: what their routers would say if the networks of clients were where the demo puts them.

use super::places::{PLACES, Place};
use std::net::IpAddr;
use wire::bgp::{Agreed, NewAttributes, Origin, Segment, SegmentKind, write_attributes};
use wire::mrt::{NewEntry, Peer, write_peers, write_rib};
use wire::network::Network;

/// When all of this came: the beginning of 2026, so that the files are the same at every start.
const MADE_AT: u32 = 1_767_225_600;
/// Systems for documentation (RFC 5398): the places' own, those of the networks of clients, and what lies between.
const OWN_SYSTEM: u32 = 64_496;
const CLIENTS_SYSTEM: u32 = 64_500;
const BETWEEN_SYSTEM: u32 = 64_505;

/// The table of a place's router as a file (RFC 6396): the way to its own clients is the shortest.
pub(super) fn table(place: &Place) -> Vec<u8> {
    let own = PLACES.iter().position(|other| other.name == place.name).unwrap_or(0);
    let router = Peer { identifier: place.address, address: IpAddr::V4(place.address), system: OWN_SYSTEM + number(own) };
    let mut file = Vec::new();
    write_peers(MADE_AT, router.identifier, &[router], &mut file);
    let wide = Agreed { four_octets: true, ..Agreed::default() };
    for (sequence, of) in PLACES.iter().enumerate() {
        let network = Network::parse(of.clients).expect("a network");
        // The places lie on a ring: each step on it is one more system on the way.
        let apart = own.abs_diff(sequence).min(PLACES.len() - own.abs_diff(sequence));
        let mut systems: Vec<u32> = (0..2 * apart).map(|hop| BETWEEN_SYSTEM + number(hop)).collect();
        systems.push(CLIENTS_SYSTEM + number(sequence));
        let new = NewAttributes {
            origin: Some(Origin::Igp),
            path: Some(vec![Segment { kind: SegmentKind::Sequence, systems }]),
            next_hop: Some(place.address),
            local_pref: Some(100),
            ..NewAttributes::default()
        };
        let mut attributes = Vec::new();
        write_attributes(&new, &wide, &mut attributes);
        let entry = NewEntry { peer: 0, originated: MADE_AT, path: 0, attributes: &attributes };
        write_rib(MADE_AT, number(sequence), &network, false, &[entry], &mut file);
    }
    file
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("there are few places")
}
