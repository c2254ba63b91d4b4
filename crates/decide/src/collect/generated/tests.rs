use super::*;
use crate::collect::MrtFile;
use alloc::collections::BTreeMap;
use wire::bgp::Message;

const SMALL: Generated = Generated { seed: 3, v4: 4000, v6: 1000, pops: 4, systems: 300 };

#[test]
fn as_many_networks_as_wanted_in_order_and_the_same_again() {
    let networks = SMALL.networks();
    assert_eq!(networks.len(), 5000);
    assert!(networks.is_sorted_by(|one, other| one < other));
    assert_eq!(networks.iter().filter(|network| network.address().is_ipv4()).count(), 4000);
    assert_eq!(networks, SMALL.networks());
    assert_ne!(networks, Generated { seed: 4, ..SMALL }.networks());
    let with = |bits| networks.iter().filter(|network| network.address().is_ipv4() && network.bits() == bits).count();
    assert!((2200..2600).contains(&with(24)) && (350..550).contains(&with(22)) && with(25) == 0, "{} {}", with(24), with(22));
    let odd = |network: &&Network| matches!(network.address(), IpAddr::V4(address) if matches!(address.octets()[0], 0 | 10 | 127 | 224..));
    assert_eq!(networks.iter().find(odd), None);
}

#[test]
fn each_place_is_the_nearest_to_some_systems() {
    let networks = SMALL.networks();
    let mut nearest = BTreeMap::new();
    for network in &networks {
        let best = (0..4).filter_map(|pop| Some((SMALL.route(pop, network)?.path_len, pop))).min();
        *nearest.entry(best.map(|(_, pop)| pop)).or_insert(0) += 1;
    }
    assert!((0..4).all(|pop| nearest.get(&Some(pop)).is_some_and(|count| *count > 300)), "{nearest:?}");
    let missing = networks.iter().filter(|network| SMALL.route(1, network).is_none()).count();
    assert!((10..50).contains(&missing), "{missing}");
    let systems: alloc::collections::BTreeSet<u32> = networks.iter().map(|network| SMALL.system(network)).collect();
    assert!(systems.len() > 100 && systems.iter().all(|system| (1..=300).contains(system)), "{}", systems.len());
}

#[test]
fn file_and_messages_say_what_the_table_says() {
    let table = SMALL.table(2);
    let mut file = MrtFile::new(None, 10_000);
    SMALL.mrt(2, &mut |record| file.push(record).expect("good"));
    let tables = file.finish();
    assert_eq!((tables.fault, tables.counts.damaged), (None, 0));
    assert_eq!(tables.best().iter().collect::<Vec<_>>(), table);
    for agreed in [Agreed { four_octets: true, ..Agreed::default() }, Agreed::default()] {
        let mut told = Vec::new();
        let mut messages = 0;
        SMALL.updates(2, &agreed, &mut |message| {
            let Ok(Message::Update(update)) = Message::read(message, &agreed) else { panic!("an UPDATE") };
            assert_eq!(update.faults(), &[]);
            let route = crate::collect::route_of(&update.attributes, true);
            told.extend(update.announcements().map(|prefix| (prefix.network, route)));
            messages += 1;
        });
        told.sort_by_key(|(network, _)| *network);
        assert_eq!(told, table);
        assert!(messages < table.len() / 2, "{messages}");
    }
}

#[test]
fn another_reader_finds_the_same_in_the_file() {
    let mut file = Vec::new();
    SMALL.mrt(1, &mut |record| file.extend_from_slice(record));
    let elements = bgpkit_parser::BgpkitParser::from_reader(&file[..]).disable_warnings();
    let read: Vec<_> = elements
        .into_iter()
        .map(|element| {
            let path = element.as_path.as_ref().expect("a way");
            let network = Network::of(element.prefix.prefix.addr(), element.prefix.prefix.prefix_len());
            (network, path.route_len(), path.get_origin_opt().map(u32::from), element.local_pref)
        })
        .collect();
    let table = SMALL.table(1).into_iter();
    let expected: Vec<_> =
        table.map(|(network, route)| (network, usize::from(route.path_len), Some(route.origin_as), Some(route.local_pref))).collect();
    assert_eq!(read, expected);
}
