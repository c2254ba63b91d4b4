use super::*;
use crate::steer::Origin;
use alloc::collections::BTreeMap;
use alloc::vec;
use core::net::{Ipv4Addr, Ipv6Addr};
use proptest::prelude::*;

fn route(med: u32) -> Route {
    Route { local_pref: 100, path_len: 1, origin: Origin::Igp, med, origin_as: 65_001 }
}

fn network(number: u8) -> Network {
    let address = match number % 4 {
        0 => Ipv6Addr::new(0x2001, 0xdb8, u16::from(number), 0, 0, 0, 0, 0).into(),
        _ => Ipv4Addr::new(10, number / 2, 0, 0).into(),
    };
    Network::of(address, 16 + number % 2 * 32)
}

fn list(table: &RouterTable) -> Vec<(Network, Route)> {
    table.iter().collect()
}

#[test]
fn what_is_told_in_order_is_kept_as_it_came() {
    let mut said = Said::default();
    for number in 0..200 {
        said.say(Network::of(Ipv4Addr::new(10, number, 0, 0).into(), 16), Some(route(u32::from(number / 2))));
    }
    assert!(!said.unsettled);
    assert_eq!((said.words(), said.routes.len()), (200, 100));
    assert_eq!((said.settle(150), said.words()), (50, 150));
    assert_eq!(said.finish().len(), 150);
}

#[test]
fn of_several_ways_that_are_told_together_the_best_counts() {
    let mut said = Said::default();
    let (one, other) = (network(1), network(4));
    assert!(!said.say_also(one, &route(3)));
    said.say(one, Some(route(3)));
    assert!(said.say_also(one, &route(5)) && said.say_also(one, &route(2)) && said.say_also(one, &route(4)));
    assert!(!said.say_also(other, &route(1)));
    said.say(other, None);
    assert!(!said.say_also(other, &route(1)));
    assert_eq!(list(&said.finish()), [(one, route(2))]);
}

#[test]
fn routes_that_no_network_has_any_more_are_forgotten() {
    let mut said = Said::default();
    for round in 0..50 {
        (0..100).for_each(|med| said.say(network(1), Some(route(round * 100 + med))));
        said.settle(10);
        assert_eq!((said.words(), said.routes.len()), (1, 1));
    }
    assert_eq!(list(&said.finish()), [(network(1), route(4999))]);
}

proptest! {
    #[test]
    fn the_last_words_are_those_of_a_map(
        words in prop::collection::vec((0u8..40, prop::option::of(0u32..20)), 0..200),
        settle in prop::collection::vec(any::<bool>(), 200),
        most in 0usize..40,
    ) {
        let (mut map, mut said) = (BTreeMap::new(), Said::default());
        for ((number, med), settle) in words.into_iter().zip(settle) {
            match med {
                Some(med) => drop(map.insert(network(number), route(med))),
                None => drop(map.remove(&network(number))),
            }
            said.say(network(number), med.map(route));
            if settle {
                said.settle(usize::MAX);
                prop_assert_eq!(said.words(), map.len());
            }
        }
        let whole: Vec<_> = map.into_iter().collect();
        prop_assert_eq!(said.settle(most), whole.len().saturating_sub(most));
        prop_assert_eq!(list(&said.finish()), &whole[..whole.len().min(most)]);
    }

    #[test]
    fn two_tables_as_one_have_the_better_way_to_each_network(
        one in prop::collection::vec((0u8..30, 0u32..5), 0..30),
        other in prop::collection::vec((0u8..30, 0u32..5), 0..30),
    ) {
        let table = |list: Vec<(u8, u32)>| list.into_iter().map(|(number, med)| (network(number), route(med))).collect::<RouterTable>();
        let (one, other) = (table(one), table(other));
        let mut all = vec![];
        all.extend(one.iter().chain(other.iter()));
        all.sort_by_key(|(network, route)| (*network, preference(route)));
        all.dedup_by_key(|(network, _)| *network);
        prop_assert_eq!(list(&one.or_better(&other)), all);
    }
}
