//! The table against a map of maps that is plainly right.

use super::made::Maker;
use crate::steer::{Change, Rib, Route, SourceId};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use wire::network::Network;

type Model = BTreeMap<Network, BTreeMap<SourceId, Route>>;

fn change(model: &mut Model, change: &Change) {
    let row = model.entry(change.network).or_default();
    match change.route {
        Some(route) => row.insert(change.source, route),
        None => row.remove(&change.source),
    };
    model.retain(|_, row| !row.is_empty());
}

fn read(rib: &Rib) -> Model {
    rib.networks().map(|(network, row)| (network, rib.row(row).map(|(source, route)| (source, *route)).collect())).collect()
}

#[test]
fn changes_replacements_and_losses_make_the_table_that_a_plain_map_has() {
    for seed in 0..150 {
        let mut maker = Maker::new(seed);
        let (mut rib, mut model) = (Rib::new(), Model::new());
        for _ in 0..8 {
            let changes = maker.changes(20);
            let source = SourceId(maker.below(3) as u16);
            match maker.below(4) {
                0 => {
                    rib = rib.clear(source);
                    model.iter_mut().for_each(|(_, row)| row.retain(|other, _| *other != source));
                }
                1 => {
                    let table: Vec<(Network, Route)> = changes.iter().filter_map(|change| Some((change.network, change.route?))).collect();
                    model.iter_mut().for_each(|(_, row)| row.retain(|other, _| *other != source));
                    for (network, route) in &table {
                        change(&mut model, &Change { source, network: *network, route: Some(*route) });
                    }
                    rib = rib.replace(source, &table.into_iter().collect());
                }
                _ => {
                    changes.iter().for_each(|one| change(&mut model, one));
                    rib = rib.apply(&changes);
                }
            }
            model.retain(|_, row| !row.is_empty());
            assert_eq!(read(&rib), model, "seed {seed}");
            assert!(rib.networks().map(|(network, _)| network).is_sorted_by(|one, next| one < next));
            let v4 = model.keys().filter(|network| network.address().is_ipv4()).count();
            assert_eq!(rib.len(), (v4, model.len() - v4));
        }
    }
}

#[test]
fn equal_rows_are_kept_once() {
    for seed in 0..80 {
        let mut maker = Maker::new(seed);
        let mut rib = maker.rib();
        for _ in 0..6 {
            rib = rib.apply(&maker.changes(200));
            let table = maker.changes(100).into_iter().filter_map(|change| Some((change.network, change.route?))).collect();
            rib = rib.replace(SourceId(maker.below(4) as u16), &table);
        }
        let rows = rib.different().0 as u32;
        let told = |(source, route): (SourceId, &Route)| alloc::format!("{source:?} {route:?}");
        let different: BTreeSet<Vec<String>> = (0..rows).map(|row| rib.row(row).map(told).collect()).collect();
        assert_eq!(different.len(), rows as usize, "seed {seed}");
        let used: BTreeSet<u32> = rib.networks().map(|(_, row)| row).collect();
        assert!(rows as usize <= used.len() + used.len() / 4 + 64, "seed {seed}: {rows} rows for {} in use", used.len());
    }
}

#[test]
fn the_order_of_changes_to_different_things_does_not_matter() {
    for seed in 0..80 {
        let mut maker = Maker::new(seed);
        let rib = maker.rib();
        let mut changes = maker.changes(30);
        let mut seen = BTreeSet::new();
        changes.retain(|change| seen.insert((change.network, change.source)));
        let at_once = rib.apply(&changes);
        for at in (1..changes.len()).rev() {
            changes.swap(at, maker.below(at as u64 + 1) as usize);
        }
        let in_two = changes.len() / 2;
        assert!(rib.apply(&changes) == at_once, "seed {seed}");
        assert!(rib.apply(&changes[..in_two]).apply(&changes[in_two..]) == at_once, "seed {seed}");
        assert!(changes.iter().fold(rib, |rib, change| rib.apply(&[*change])) == at_once, "seed {seed}");
    }
}

#[test]
fn the_longest_network_is_found() {
    for seed in 0..150 {
        let mut maker = Maker::new(seed);
        let steering = maker.steering();
        let rib = &steering.tables().rib;
        for address in maker.addresses(&steering).into_iter().step_by(3) {
            let longest = rib.networks().filter(|(network, _)| network.contains(address)).max_by_key(|(network, _)| network.bits());
            assert_eq!(rib.lookup(address), longest, "seed {seed}: {address}");
            if let Some((network, row)) = longest {
                assert_eq!(rib.exactly(network), Some(row));
            }
        }
    }
}
