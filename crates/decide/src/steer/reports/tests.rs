use super::*;
use crate::config::Secret;
use alloc::format;
use alloc::vec;
use proptest::prelude::*;

const HALF_LIFE: Duration = Duration::from_secs(600);

fn rules() -> Measure {
    Measure {
        key: Some(Secret(vec![7; 32])),
        lifetime: Duration::from_secs(60),
        reports_per_minute: 1000,
        half_life: HALF_LIFE,
        least_reports: 3,
        prefixes: 1000,
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn at(secs: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(secs)
}

fn believed(table: &[Believed], network: &str) -> Option<Vec<(u16, u64)>> {
    let (_, times) = table.iter().find(|(known, _)| format!("{known}") == network)?;
    Some(times.iter().map(|(pop, time)| (*pop, u64::try_from(time.as_millis()).expect("short"))).collect())
}

#[test]
fn three_voices_are_believed_and_two_are_not() {
    let mut reports = Reports::new(&rules());
    for (host, time) in [(1, 30), (2, 20)] {
        let network = reports.take(address(&format!("192.0.2.{host}")), &[(0, ms(time)), (1, ms(80))], at(0));
        assert_eq!(network, Ok(Network::parse("192.0.2.0/24").expect("a network")));
        assert_eq!(reports.table(at(0)), []);
    }
    reports.take(address("192.0.2.3"), &[(0, ms(9000))], at(0)).expect("taken");
    let table = reports.table(at(1));
    // Of the second place only two tell.
    assert_eq!(believed(&table, "192.0.2.0/24"), Some(vec![(0, 30)]));
    assert_eq!(table.len(), 1, "one network is not enough for a wider one: {table:?}");
}

#[test]
fn an_address_is_one_voice() {
    let mut reports = Reports::new(&rules());
    let one = address("192.0.2.1");
    reports.take(one, &[(0, ms(10))], at(0)).expect("taken");
    assert_eq!(reports.take(one, &[(0, ms(1))], at(59)), Err(NotTaken::Again));
    reports.take(one, &[(0, ms(1))], at(60)).expect("a minute later");
    assert_eq!(reports.table(at(60)), []);
    // Within a /64 a machine takes whatever address it likes.
    reports.take(address("2001:db8::1"), &[(0, ms(10))], at(0)).expect("taken");
    assert_eq!(reports.take(address("2001:db8::2"), &[(0, ms(10))], at(0)), Err(NotTaken::Again));
    assert_eq!(reports.take(address("::ffff:192.0.2.1"), &[(0, ms(1))], at(61)), Err(NotTaken::Again));
}

#[test]
fn wider_networks_decide_where_each_tells_little() {
    let mut reports = Reports::new(&rules());
    for (third, time) in [(0, 10), (1, 20), (2, 30)] {
        reports.take(address(&format!("192.0.{third}.1")), &[(0, ms(time))], at(0)).expect("taken");
    }
    let table = reports.table(at(0));
    assert_eq!(believed(&table, "192.0.0.0/20"), Some(vec![(0, 20)]));
    assert_eq!(believed(&table, "192.0.0.0/16"), Some(vec![(0, 20)]));
    assert_eq!(table.len(), 2);
    // A network of many voices is one voice in a wider one.
    for host in 2..20 {
        reports.take(address(&format!("192.0.0.{host}")), &[(0, ms(1))], at(0)).expect("taken");
    }
    let table = reports.table(at(0));
    assert_eq!(believed(&table, "192.0.0.0/20"), Some(vec![(0, 20)]));
    assert_eq!(believed(&table, "192.0.0.0/24"), Some(vec![(0, 1)]));
    assert!(table.is_sorted_by_key(|(network, _)| *network));
}

#[test]
fn what_is_old_weighs_less_and_is_forgotten() {
    let mut reports = Reports::new(&rules());
    for host in 1..=4 {
        reports.take(address(&format!("192.0.2.{host}")), &[(0, ms(50))], at(0)).expect("taken");
    }
    // Four that are old weigh one and a quarter together: two that have just spoken weigh more.
    for host in 5..=6 {
        reports.take(address(&format!("192.0.2.{host}")), &[(0, ms(10))], at(1000)).expect("taken");
    }
    assert_eq!(believed(&reports.table(at(1000)), "192.0.2.0/24"), Some(vec![(0, 10)]));
    assert_eq!(believed(&reports.table(at(10)), "192.0.2.0/24"), Some(vec![(0, 50)]), "that much was known then");
    assert_eq!(reports.table(at(2400)), [], "two are too few");
    assert_eq!(reports.table(at(3400)), []);
    assert_eq!(reports.networks(), 0);
    assert_eq!(
        [0, 300, 600, 1200, 2399, 2400].map(|age| weight(Duration::from_secs(age), HALF_LIFE)),
        [65536, 49152, 32768, 16384, 4103, 0]
    );
}

#[test]
fn reports_of_a_network_are_bounded() {
    let mut reports = Reports::new(&Measure { reports_per_minute: 2, ..rules() });
    let mut take = |host: u8, secs| reports.take(address(&format!("192.0.2.{host}")), &[(0, ms(10))], at(secs)).map(|_| ());
    assert_eq!((take(1, 0), take(2, 1), take(3, 59)), (Ok(()), Ok(()), Err(NotTaken::TooMany)));
    assert_eq!(take(3, 60), Ok(()));
    assert_eq!(reports.take(address("192.0.3.1"), &[(0, ms(10))], at(59)).map(|_| ()), Ok(()), "another network");
}

#[test]
fn reports_that_say_nothing_are_not_taken() {
    let mut reports = Reports::new(&rules());
    let whole: [&[(u16, Duration)]; 4] =
        [&[], &[(0, Duration::ZERO)], &[(0, ms(5)), (1, Duration::from_secs(11))], &[(1, ms(5)), (1, ms(5))]];
    for times in whole {
        assert_eq!(reports.take(address("192.0.2.1"), times, at(0)), Err(NotTaken::Impossible), "{times:?}");
    }
    assert_eq!(reports.networks(), 0);
}

#[test]
fn a_block_cannot_push_out_the_others() {
    let mut reports = Reports::new(&Measure { prefixes: 128, ..rules() });
    for host in 1..=3 {
        reports.take(address(&format!("192.0.2.{host}")), &[(0, ms(10))], at(0)).expect("taken");
    }
    // All that one who has a /32 of IPv6 can say, later than everybody.
    for number in 0..5000_u16 {
        let from = address(&format!("2001:db8:{number:x}::1"));
        reports.take(from, &[(0, ms(1))], at(1)).expect("taken");
        assert!(reports.networks() <= 1 + LEAST_OF_BLOCK);
    }
    assert_eq!(believed(&reports.table(at(2)), "192.0.2.0/24"), Some(vec![(0, 10)]));
}

#[test]
fn the_memory_is_bounded_and_what_was_silent_longest_goes() {
    let mut reports = Reports::new(&Measure { prefixes: 20, ..rules() });
    for number in 0..200_u8 {
        reports.take(address(&format!("{number}.0.0.1")), &[(0, ms(1))], at(number.into())).expect("taken");
    }
    let left: Vec<IpAddr> = reports.networks.keys().map(Network::address).collect();
    assert_eq!((left.len(), left[0], left[19]), (20, address("180.0.0.0"), address("199.0.0.0")));
    reports.configure(&Measure { prefixes: 5, ..rules() });
    assert_eq!((reports.networks(), reports.oldest.len(), reports.blocks.len()), (5, 5, 5));
}

/// What somebody sends: from which address, which time for which place, and when.
type Sent = (u8, u8, u16, u64, u64);

fn sent(hosts: core::ops::Range<u8>) -> impl Strategy<Value = Vec<Sent>> {
    prop::collection::vec((0_u8..6, hosts, 0_u16..3, 1_u64..10_000, 0_u64..3000), 0..60)
}

fn play(reports: &mut Reports, mut all: Vec<Sent>) -> u64 {
    all.sort_by_key(|(.., secs)| *secs);
    for (network, host, pop, time, secs) in &all {
        let _ = reports.take(IpAddr::from([10, 0, *network, *host]), &[(*pop, ms(*time))], at(*secs));
    }
    all.last().map_or(0, |(.., secs)| *secs)
}

proptest! {
    /// Whatever a forger sends, prefixes that he is not in stay as they are.
    #[test]
    fn nobody_moves_a_network_that_he_is_not_in(
        honest in sent(0..255),
        forged in prop::collection::vec((1_u64..10_000, 0_u64..3000), 0..100),
    ) {
        let (mut without, mut with) = (Reports::new(&rules()), Reports::new(&rules()));
        let mut all = honest.clone();
        all.extend(forged.iter().map(|(time, secs)| (200, 7, 0, *time, *secs)));
        play(&mut without, honest);
        play(&mut with, all);
        let own = Network::of([10, 0, 200, 7].into(), 24);
        let others = |table: Vec<Believed>| -> Vec<Believed> {
            table.into_iter().filter(|(network, _)| network.bits() == 24 && *network != own).collect()
        };
        prop_assert_eq!(others(without.table(at(3000))), others(with.table(at(3000))));
    }

    /// What an address sends within a minute of its report changes nothing.
    #[test]
    fn an_address_counts_once_whatever_it_sends(
        honest in sent(0..255),
        more in prop::collection::vec((0_u16..3, 1_u64..10_000, 0_u64..60), 0..50),
    ) {
        let mut reports = Reports::new(&rules());
        let last = play(&mut reports, honest);
        let from = IpAddr::from([10, 0, 0, 7]);
        let now = last + 60;
        reports.take(from, &[(0, ms(10))], at(now)).expect("it was silent for a minute");
        let mut then = reports.clone();
        for (pop, time, secs) in more {
            prop_assert_eq!(then.take(from, &[(pop, ms(time))], at(now + secs)), Err(NotTaken::Again));
        }
        prop_assert_eq!(reports.table(at(now + 60)), then.table(at(now + 60)));
    }

    /// Where the honest have more weight, a time that is believed is between two that they have said.
    #[test]
    fn the_lesser_part_cannot_leave_what_the_others_say(
        honest in prop::collection::vec(1_u64..5000, 4..8),
        forged in prop::collection::vec(1_u64..10_000, 0..4),
        forged_first: bool,
    ) {
        let mut reports = Reports::new(&rules());
        let (mut hosts, mut say) = (1..255_u8, Vec::new());
        let mut voices = |times: &[u64]| times.iter().for_each(|time| say.push((hosts.next().expect("few"), *time)));
        voices(if forged_first { &forged } else { &honest });
        voices(if forged_first { &honest } else { &forged });
        for (host, time) in say {
            reports.take(IpAddr::from([192, 0, 2, host]), &[(0, ms(time))], at(5)).expect("taken");
        }
        let table = reports.table(at(5));
        let time = believed(&table, "192.0.2.0/24").expect("enough")[0].1;
        prop_assert!(honest.iter().min() <= Some(&time) && Some(&time) <= honest.iter().max());
    }

    /// What is remembered agrees with itself and stays within its bounds.
    #[test]
    fn nothing_grows(all in prop::collection::vec((any::<[u8; 4]>(), 0_u64..5000), 0..300), prefixes in 1_usize..40) {
        let mut reports = Reports::new(&Measure { prefixes, ..rules() });
        for (from, secs) in all {
            let _ = reports.take(IpAddr::from(from), &[(0, ms(1))], at(secs));
            let of_blocks: usize = reports.blocks.values().map(BTreeSet::len).sum();
            prop_assert_eq!((reports.networks.len(), reports.oldest.len()), (of_blocks, of_blocks));
            prop_assert!(of_blocks <= prefixes);
            let agree = reports.oldest.iter().all(|(newest, network)| reports.networks[network].newest == *newest);
            prop_assert!(agree && reports.networks.values().all(|heard| heard.voices.len() <= VOICES.1 as usize));
        }
    }
}
