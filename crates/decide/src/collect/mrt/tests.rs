use super::*;
use crate::collect::Generated;
use crate::steer::Origin;
use alloc::vec;
use core::net::Ipv4Addr;
use proptest::prelude::*;
use wire::bgp::{self, Agreed, NewAttributes, Prefix, Segment, SegmentKind, write_attributes, write_update};
use wire::mrt::{Flaw, NewEntry, OldEntry, Peer, write_message, write_old_entries, write_peers, write_rib, write_state};

const WIDE: Agreed = Agreed { four_octets: true, long: true, paths_v4: false, paths_v6: false, own: false };

fn network(text: &str) -> Network {
    Network::parse(text).expect("a network")
}

fn peer(number: u8) -> Peer {
    let address = Ipv4Addr::new(192, 0, 2, number);
    Peer { identifier: address, address: IpAddr::V4(address), system: 65000 + u32::from(number) }
}

fn new(systems: &[u32]) -> NewAttributes<'static> {
    NewAttributes {
        origin: Some(bgp::Origin::Igp),
        path: Some(vec![Segment { kind: SegmentKind::Sequence, systems: systems.to_vec() }]),
        next_hop: Some(Ipv4Addr::LOCALHOST),
        ..NewAttributes::default()
    }
}

fn attributes(systems: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_attributes(&new(systems), &WIDE, &mut bytes);
    bytes
}

fn route(systems: &[u32]) -> Route {
    let origin_as = systems.last().copied().unwrap_or(0);
    Route { local_pref: 100, path_len: systems.len() as u16, origin: Origin::Igp, med: 0, origin_as }
}

fn entry(peer: u16, attributes: &[u8]) -> NewEntry<'_> {
    NewEntry { peer, originated: 0, path: 0, attributes }
}

fn read(file: &[u8], peer: Option<IpAddr>, most: usize) -> MrtTables {
    let mut reading = MrtFile::new(peer, most);
    for part in file.chunks(100) {
        if reading.push(part).is_err() {
            break;
        }
    }
    reading.finish()
}

fn list(table: &RouterTable) -> Vec<(Network, Route)> {
    table.iter().collect()
}

/// A table of two peers.
fn two_peers() -> Vec<u8> {
    let mut file = Vec::new();
    write_peers(0, Ipv4Addr::LOCALHOST, &[peer(1), peer(2)], &mut file);
    let (near, far) = (attributes(&[65001, 7]), attributes(&[65002, 8, 7]));
    write_rib(0, 0, &network("10.0.0.0/8"), false, &[entry(0, &near), entry(1, &far)], &mut file);
    write_rib(0, 1, &network("10.1.0.0/16"), false, &[entry(1, &far)], &mut file);
    write_rib(0, 2, &network("2001:db8::/32"), false, &[entry(0, &far), entry(1, &near)], &mut file);
    file
}

#[test]
fn a_table_of_two_peers() {
    let tables = read(&two_peers(), None, 100);
    let (near, far) = (route(&[65001, 7]), route(&[65002, 8, 7]));
    let first = vec![(network("10.0.0.0/8"), near), (network("2001:db8::/32"), far)];
    let second = vec![(network("10.0.0.0/8"), far), (network("10.1.0.0/16"), far), (network("2001:db8::/32"), near)];
    let table = |number, networks: &[(Network, Route)]| MrtTable {
        peer: peer(number).address,
        system: peer(number).system,
        networks: networks.iter().copied().collect(),
    };
    assert_eq!(tables.tables, [table(1, &first), table(2, &second)]);
    assert_eq!((tables.counts.records, tables.counts.entries, tables.fault), (4, 5, None));
    assert_eq!(list(&tables.best()), [(network("10.0.0.0/8"), near), (network("10.1.0.0/16"), far), (network("2001:db8::/32"), near)]);
    // One of them only.
    let tables = read(&two_peers(), Some(peer(2).address), 100);
    assert_eq!(tables.tables, [table(2, &second)]);
    assert_eq!((tables.counts.entries, tables.counts.other_peers), (5, 2));
    assert_eq!(list(&tables.best()), second);
    assert_eq!(read(&two_peers(), Some(peer(9).address), 100).tables, []);
}

#[test]
fn a_file_that_is_cut_off_or_damaged_gives_what_came_before() {
    let file = two_peers();
    let cut = read(&file[..file.len() - 1], None, 100);
    assert!(matches!(cut.fault, Some(Fault { flaw: Flaw::Torn, .. })));
    assert_eq!(cut.tables.iter().map(|table| table.networks.len()).collect::<Vec<_>>(), [1, 2]);
    let html = read(b"<html><head></head></html>", None, 100);
    assert_eq!((html.fault.map(|fault| fault.flaw), html.tables), (Some(Flaw::Foreign), vec![]));
    // A record whose parts do not fit, and attributes that are damaged, cost themselves only.
    let mut damaged = file.clone();
    let peers = 12 + 4 + 2 + 2 + 2 * 13;
    damaged[peers + 12 + 4] = 99;
    let tables = read(&damaged, None, 100);
    assert_eq!((tables.counts.malformed_records, tables.counts.entries, tables.fault), (1, 3, None));
    let mut damaged = file;
    damaged[peers + 12 + 4 + 2 + 2 + 8 + 3] = 9;
    let tables = read(&damaged, None, 100);
    assert_eq!((tables.counts.damaged, tables.counts.entries), (1, 5));
    assert_eq!(tables.tables[0].networks.len(), 1);
}

#[test]
fn peers_that_are_not_presented_and_families_that_are_not_read_are_counted() {
    let mut file = two_peers();
    write_rib(0, 3, &network("10.9.0.0/16"), false, &[entry(7, &attributes(&[1]))], &mut file);
    let begin = file.len();
    write_rib(0, 3, &network("10.9.0.0/16"), false, &[entry(0, &attributes(&[1]))], &mut file);
    // RIB_GENERIC
    file[begin + 7] = 6;
    let counts = read(&file, None, 100).counts;
    assert_eq!((counts.strangers, counts.other_records), (1, 1));
}

#[test]
fn the_old_form_and_paths_side_by_side() {
    let mut narrow = Vec::new();
    write_attributes(&new(&[65001, 70_000]), &Agreed::default(), &mut narrow);
    let old = OldEntry { network: network("10.0.0.0/8"), originated: 0, peer: peer(1).address, system: 65001, attributes: &narrow };
    let mut file = Vec::new();
    write_old_entries(0, 0, false, &[old, OldEntry { system: 65009, ..old }], &mut file);
    let tables = read(&file, None, 100);
    assert_eq!(
        tables.tables.iter().map(|table| (table.system, list(&table.networks))).collect::<Vec<_>>(),
        [(65001, vec![(network("10.0.0.0/8"), route(&[65001, 70_000]))]), (65009, vec![(network("10.0.0.0/8"), route(&[65001, 70_000]))]),]
    );
    // Several paths of one peer: the best counts, in whatever order they come.
    let mut file = Vec::new();
    write_peers(0, Ipv4Addr::LOCALHOST, &[peer(1)], &mut file);
    let paths = [attributes(&[1, 2, 3]), attributes(&[4]), attributes(&[5, 6])];
    let entries: Vec<_> = paths.iter().enumerate().map(|(path, bytes)| NewEntry { path: path as u32, ..entry(0, bytes) }).collect();
    write_rib(0, 0, &network("10.0.0.0/8"), true, &entries, &mut file);
    assert_eq!(list(&read(&file, None, 100).tables[0].networks), [(network("10.0.0.0/8"), route(&[4]))]);
}

fn message(peer: &Peer, withdrawn: &[&str], systems: &[u32], announced: &[&str], file: &mut Vec<u8>) {
    let prefixes = |texts: &[&str]| texts.iter().map(|text| Prefix::of(network(text))).collect::<Vec<_>>();
    let mut update = Vec::new();
    let attributes = if announced.is_empty() { NewAttributes::default() } else { new(systems) };
    write_update(&prefixes(withdrawn), &attributes, &prefixes(announced), &WIDE, &mut update).expect("fits");
    write_message(0, Some(7), &exchange(peer, &update), file);
}

fn exchange<'a>(peer: &Peer, message: &'a [u8]) -> Exchange<'a> {
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    Exchange { peer: peer.address, system: peer.system, local, local_system: 65000, sent: false, agreed: WIDE, message }
}

#[test]
fn what_changed_is_replayed() {
    let mut file = two_peers();
    message(&peer(1), &["10.0.0.0/8"], &[1, 2], &["10.2.0.0/16", "10.3.0.0/16"], &mut file);
    message(&peer(1), &[], &[1, 3], &["10.3.0.0/16"], &mut file);
    message(&peer(1), &["10.2.0.0/16"], &[], &[], &mut file);
    // What was sent to a peer is not what it said; a message that ends the session is no change.
    let mut update = Vec::new();
    write_update(&[], &new(&[9]), &[Prefix::of(network("10.9.0.0/16"))], &WIDE, &mut update).expect("fits");
    write_message(0, None, &Exchange { sent: true, ..exchange(&peer(1), &update) }, &mut file);
    let tables = read(&file, None, 100);
    assert_eq!(
        list(&tables.tables[0].networks),
        [(network("10.3.0.0/16"), route(&[1, 3])), (network("2001:db8::/32"), route(&[65002, 8, 7]))]
    );
    assert_eq!((tables.counts.other_records, tables.tables[1].networks.len()), (1, 3));
    // A session that ends takes its table with it.
    let Exchange { peer: address, system, local, local_system, .. } = exchange(&peer(1), &[]);
    let state = State { peer: address, system, local, local_system, old: State::ESTABLISHED, new: 1 };
    write_state(0, &state, &mut file);
    message(&peer(1), &[], &[1], &["10.4.0.0/16"], &mut file);
    assert_eq!(list(&read(&file, None, 100).tables[0].networks), [(network("10.4.0.0/16"), route(&[1]))]);
}

/// RFC 8050 §4.2: one of several paths that goes leaves the others.
#[test]
fn what_changed_is_replayed_where_there_are_several_paths() {
    let several = Agreed { paths_v4: true, paths_v6: true, ..WIDE };
    let mut file = Vec::new();
    let mut says = |withdrawn: &[u32], announced: Option<(u32, &[u32])>| {
        let prefix = |path: u32| Prefix { network: network("10.0.0.0/8"), path };
        let withdrawn: Vec<Prefix> = withdrawn.iter().map(|path| prefix(*path)).collect();
        let attributes = announced.map_or(NewAttributes::default(), |(_, systems)| new(systems));
        let announced: Vec<Prefix> = announced.iter().map(|(path, _)| prefix(*path)).collect();
        let mut update = Vec::new();
        write_update(&withdrawn, &attributes, &announced, &several, &mut update).expect("fits");
        write_message(0, None, &Exchange { agreed: several, ..exchange(&peer(1), &update) }, &mut file);
        read(&file, None, 100).tables[0].networks.iter().next().map(|(_, route)| route.path_len)
    };
    assert_eq!(says(&[], Some((1, &[1, 2, 3]))), Some(3));
    assert_eq!(says(&[], Some((2, &[1, 2]))), Some(2));
    assert_eq!(says(&[2], None), Some(3));
    assert_eq!(says(&[1], None), None);
}

/// A table is no session: what is the router's own may have no way.
#[test]
fn a_network_of_the_routers_own() {
    let mut own = Vec::new();
    write_attributes(&NewAttributes { path: None, ..new(&[]) }, &WIDE, &mut own);
    let mut file = Vec::new();
    write_peers(0, Ipv4Addr::LOCALHOST, &[peer(1)], &mut file);
    write_rib(0, 0, &network("10.0.0.0/8"), false, &[entry(0, &own)], &mut file);
    let tables = read(&file, None, 100);
    assert_eq!((list(&tables.tables[0].networks), tables.counts.damaged), (vec![(network("10.0.0.0/8"), route(&[]))], 0));
}

#[test]
fn a_flood_is_bounded() {
    let plan = Generated { seed: 5, v4: 30_000, v6: 0, pops: 1, systems: 100 };
    let mut file = Vec::new();
    plan.mrt(0, &mut |record| file.extend_from_slice(record));
    let whole = plan.table(0);
    let tables = read(&file, None, 1000);
    assert_eq!(list(&tables.tables[0].networks), whole[..1000]);
    assert_eq!((tables.counts.beyond, tables.counts.entries), (whole.len() as u64 - 1000, whole.len() as u64));
    // The same few networks over and over are no more than they are.
    let mut file = Vec::new();
    for round in 0..30_000_u32 {
        message(&peer(1), &[], &[1 + round], &["10.0.0.0/8"], &mut file);
    }
    let tables = read(&file, None, 10);
    assert_eq!((list(&tables.tables[0].networks), tables.counts.beyond), (vec![(network("10.0.0.0/8"), route(&[30_000]))], 0));
    // More peers than there is room for.
    let peers: Vec<Peer> = (0..200).map(peer).collect();
    let mut file = Vec::new();
    write_peers(0, Ipv4Addr::LOCALHOST, &peers, &mut file);
    let bytes = attributes(&[1]);
    let entries: Vec<_> = (0..200).map(|peer| entry(peer, &bytes)).collect();
    write_rib(0, 0, &network("10.0.0.0/8"), false, &entries, &mut file);
    let tables = read(&file, None, 10);
    assert_eq!((tables.tables.len(), tables.counts.beyond), (MOST_PEERS, 200 - MOST_PEERS as u64));
}

proptest! {
    #[test]
    fn a_damaged_byte_does_no_harm(at in any::<prop::sample::Index>(), byte: u8) {
        let mut file = two_peers();
        message(&peer(1), &["10.0.0.0/8"], &[1, 2], &["10.2.0.0/16", "10.3.0.0/16"], &mut file);
        let at = at.index(file.len());
        file[at] = byte;
        let tables = read(&file, None, 2);
        for table in &tables.tables {
            prop_assert!(list(&table.networks).is_sorted_by(|one, other| one.0 < other.0) && table.networks.len() <= 2);
        }
        tables.best();
    }
}
