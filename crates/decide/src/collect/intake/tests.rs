use super::*;
use crate::steer::Origin;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use proptest::prelude::*;

fn at(secs: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(secs)
}

fn route(med: u32) -> Route {
    Route { local_pref: 100, path_len: 1, origin: Origin::Igp, med, origin_as: 65_001 }
}

fn network(number: u8) -> Network {
    Network::of(core::net::Ipv4Addr::new(10, number, 0, 0).into(), 16)
}

/// All that is ready, in words: networks by number, changes with their MED.
fn given(intake: &mut Intake) -> String {
    let mut words = String::new();
    while let Some(delivery) = intake.poll(true) {
        words += &match delivery {
            Delivery::Whole(whole, loaded) => format!("whole {} {};", whole.len(), loaded.end.word()),
            Delivery::Changes(changes) => {
                let each: Vec<_> = changes.iter().map(|(_, route)| route.map_or(-1, |route| i64::from(route.med))).collect();
                format!("changes {each:?};")
            }
            Delivery::Gone => String::from("gone;"),
        };
    }
    words
}

fn live(networks: u8) -> Intake {
    let mut intake = Intake::new(100, Duration::from_secs(300));
    intake.up(at(0));
    (0..networks).for_each(|number| intake.take(network(number), Some(route(1)), at(1)));
    intake.whole(at(1));
    assert_eq!(given(&mut intake), format!("whole {networks} end-of-rib;"));
    intake
}

#[test]
fn nothing_is_handed_on_before_the_table_is_whole() {
    let mut intake = Intake::new(100, Duration::from_secs(300));
    assert_eq!(intake.timer(), None);
    intake.up(at(0));
    intake.take(network(1), Some(route(1)), at(3));
    assert_eq!(given(&mut intake), "");
    assert_eq!(intake.timer(), Some((at(13), IntakeTimer::Whole)));
    intake.timeout(at(12));
    assert_eq!(given(&mut intake), "");
    intake.timeout(at(13));
    assert_eq!(given(&mut intake), "whole 1 quiet;");
    assert_eq!(intake.timer(), None);
}

#[test]
fn then_changes_are_each_network_once_in_order() {
    let mut intake = live(3);
    intake.take(network(2), Some(route(7)), at(2));
    intake.take(network(1), Some(route(8)), at(2));
    intake.take(network(2), None, at(2));
    assert_eq!(intake.poll(false), None);
    assert_eq!(given(&mut intake), "changes [8, -1];");
}

#[test]
fn a_lost_source_leaves_its_table_for_a_while() {
    let mut intake = live(3);
    intake.take(network(2), None, at(9));
    intake.down(at(10));
    assert!(intake.is_kept());
    assert_eq!(given(&mut intake), "changes [-1];");
    assert_eq!(intake.timer(), Some((at(310), IntakeTimer::Keep)));
    intake.timeout(at(310));
    assert_eq!(given(&mut intake), "gone;");
    assert_eq!((intake.timer(), intake.is_kept()), (None, false));
}

#[test]
fn a_table_that_comes_back_replaces_the_old_one_at_once() {
    let mut intake = live(3);
    intake.down(at(10));
    intake.up(at(20));
    intake.take(network(9), Some(route(1)), at(21));
    assert_eq!(given(&mut intake), "");
    intake.whole(at(21));
    assert_eq!(given(&mut intake), "whole 1 end-of-rib;");
    intake.timeout(at(400));
    assert_eq!(given(&mut intake), "");
}

#[test]
fn a_source_that_flaps_does_not_keep_its_old_table_for_ever() {
    let mut intake = live(3);
    for lost in [10, 100, 200, 300] {
        intake.down(at(lost));
        intake.up(at(lost + 5));
    }
    // The time is over, but a new table is coming.
    intake.timeout(at(311));
    assert_eq!(given(&mut intake), "");
    intake.down(at(312));
    assert_eq!(given(&mut intake), "gone;");
}

#[test]
fn a_source_that_was_never_whole_leaves_nothing() {
    let mut intake = Intake::new(100, Duration::from_secs(300));
    intake.up(at(0));
    intake.take(network(1), Some(route(1)), at(1));
    intake.down(at(2));
    assert_eq!((given(&mut intake), intake.timer()), (String::new(), None));
    intake.end();
    assert_eq!(given(&mut intake), "");
}

#[test]
fn many_changes_are_handed_on_in_pieces() {
    let mut intake = live(1);
    for number in 0..10_000u32 {
        intake.take(Network::of(core::net::Ipv4Addr::from_bits(number << 8).into(), 24), Some(route(0)), at(1));
    }
    let sizes: Vec<_> = core::iter::from_fn(|| intake.poll(false))
        .map(|delivery| if let Delivery::Changes(changes) = delivery { changes.len() } else { 0 })
        .collect();
    assert_eq!(sizes, [BATCH, BATCH]);
    assert!(matches!(intake.poll(true), Some(Delivery::Changes(rest)) if rest.len() == 10_000 - 2 * BATCH));
}

proptest! {
    #[test]
    fn the_last_words_are_those_of_a_map(said in prop::collection::vec((0u8..40, prop::option::of(0u32..100)), 0..200)) {
        let mut map = BTreeMap::new();
        let mut list = vec![];
        for (number, med) in said {
            map.insert(network(number), med.map(route));
            list.push((network(number), med.map(route)));
        }
        last_words(&mut list);
        prop_assert_eq!(list, map.into_iter().collect::<Vec<_>>());
    }
}
