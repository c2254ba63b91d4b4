use super::*;
use crate::collect::Delivery;
use crate::random::SplitMix;
use alloc::string::ToString;
use alloc::vec;
use wire::bgp::{self, Capability, Family, NewAttributes, Notification, Prefix, Segment, SegmentKind};
use wire::network::Network;

const IDENTIFIER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 9);

fn at(secs: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(secs)
}

fn terms() -> Terms {
    Terms {
        passive: false,
        local_as: 65_000,
        router_as: 65_001,
        identifier: Ipv4Addr::new(192, 0, 2, 1),
        hold: Duration::from_secs(90),
        most: 100,
        keep: Duration::from_secs(300),
    }
}

/// A session, its randomness, and what it has wanted so far in words.
struct Play {
    session: Session,
    random: SplitMix,
    sent: Vec<Vec<u8>>,
}

impl Play {
    fn new(terms: Terms) -> Play {
        Play { session: Session::new(terms, at(0)), random: SplitMix::new(1), sent: vec![] }
    }

    /// Up to the end of the handshake, at 0 s.
    fn established(terms: Terms) -> Play {
        let mut play = Play::new(terms);
        play.session.connected(at(0));
        play.hears(0, &theirs());
        play.hears(0, &keepalive());
        play.wants();
        assert_eq!(play.session.state(), "Established");
        play
    }

    fn hears(&mut self, secs: u64, bytes: &[u8]) {
        self.session.received(bytes, at(secs), &mut self.random);
    }

    /// Lets all timers fire up to a time.
    fn until(&mut self, secs: u64) {
        while let Some((due, _)) = self.session.timer().filter(|(due, _)| *due <= at(secs)) {
            self.session.timeout(true, due, &mut self.random);
        }
    }

    /// What it wants now, in words.
    fn wants(&mut self) -> String {
        let mut words = Vec::new();
        while let Some(output) = self.session.poll() {
            words.push(match output {
                Output::Connect => "connect".to_string(),
                Output::GiveUp => "give up".to_string(),
                Output::Close => "close".to_string(),
                Output::Damaged(what) => format!("damaged: {what}"),
                Output::Up(up) => format!("up {} {} {}s", up.identifier, up.families, up.hold.as_secs()),
                Output::Down(down) => {
                    let again = if down.wait.is_zero() { "" } else { ", again later" };
                    format!("down{}: {}{again}", if down.established { "" } else { " before it was up" }, down.why)
                }
                Output::Send(bytes) => {
                    let message = bgp::Message::read(&bytes, &bgp::Agreed { four_octets: true, ..bgp::Agreed::default() });
                    let words = match message.expect("what we send can be read") {
                        bgp::Message::Notification(notice) => format!("send {}/{}", notice.code, notice.subcode),
                        message => format!("send {}", message.name()),
                    };
                    self.sent.push(bytes);
                    words
                }
            });
        }
        words.join("; ")
    }

    fn delivered(&mut self) -> String {
        let mut words = Vec::new();
        while let Some(delivery) = self.session.delivery(true) {
            words.push(match delivery {
                Delivery::Whole(whole, loaded) => format!("whole {} {}", whole.len(), loaded.end.word()),
                Delivery::Changes(changes) => {
                    let each = changes.iter().map(|(network, route)| format!("{network}{}", if route.is_some() { "" } else { " gone" }));
                    each.collect::<Vec<_>>().join(", ")
                }
                Delivery::Gone => "gone".to_string(),
            });
        }
        words.join("; ")
    }
}

fn open(change: impl FnOnce(&mut bgp::Open)) -> Vec<u8> {
    let mut open = bgp::Open {
        system: 65_001,
        hold_seconds: 30,
        identifier: IDENTIFIER,
        capabilities: vec![
            Capability::Multiprotocol(Family::IPV4),
            Capability::Multiprotocol(Family::IPV6),
            Capability::RouteRefresh,
            Capability::FourOctets(65_001),
        ],
    };
    change(&mut open);
    let mut bytes = vec![];
    open.write(&mut bytes).expect("it fits");
    bytes
}

fn theirs() -> Vec<u8> {
    open(|_| {})
}

fn notification(code: u8, subcode: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![];
    Notification { code, subcode, data: data.to_vec() }.write(&mut bytes);
    bytes
}

fn prefixes(texts: &[&str]) -> Vec<Prefix> {
    texts.iter().map(|text| Prefix::of(Network::parse(text).expect("a network"))).collect()
}

fn update(withdrawn: &[&str], announced: &[&str]) -> Vec<u8> {
    let attributes = NewAttributes {
        origin: Some(bgp::Origin::Igp),
        path: Some(vec![Segment { kind: SegmentKind::Sequence, systems: vec![65_001, 4_200_000_000] }]),
        next_hop: Some(IDENTIFIER),
        local_pref: Some(7),
        med: Some(5),
        ..NewAttributes::default()
    };
    let attributes = if announced.is_empty() { NewAttributes::default() } else { attributes };
    let mut bytes = vec![];
    let agreed = bgp::Agreed { four_octets: true, ..bgp::Agreed::default() };
    bgp::write_update(&prefixes(withdrawn), &attributes, &prefixes(announced), &agreed, &mut bytes).expect("it fits");
    bytes
}

fn end_of_rib_v6() -> Vec<u8> {
    let attributes = NewAttributes { unreach: Some((Family::IPV6, vec![])), ..NewAttributes::default() };
    let mut bytes = vec![];
    bgp::write_update(&[], &attributes, &[], &bgp::Agreed::default(), &mut bytes).expect("it fits");
    bytes
}

/// What each state does with each message (RFC 4271 §8.2.2), by what it wants then, and the state that follows.
#[test]
fn every_state_and_message() {
    let messages: [(&str, Vec<u8>); 5] = [
        ("OPEN", theirs()),
        ("UPDATE", update(&[], &["10.0.0.0/8"])),
        ("NOTIFICATION", notification(6, 4, &[])),
        ("KEEPALIVE", keepalive()),
        ("ROUTE-REFRESH", [&[0xFF; 16][..], &[0, 23, 5, 0, 1, 0, 1]].concat()),
    ];
    let ended = "close; down before it was up: the router ended it: cease: administrative reset (6/4), again later -> Idle";
    let wrong = |subcode: u8, state: &str, name: &str| {
        format!(
            "send 5/{subcode}; close; down before it was up: we ended it: finite state machine error: unexpected message in {state} \
             (5/{subcode}); {name} does not belong there, again later -> Idle"
        )
    };
    let expected: [[String; 5]; 3] = [
        [
            "send KEEPALIVE -> OpenConfirm".into(),
            wrong(1, "OpenSent", "UPDATE"),
            ended.into(),
            wrong(1, "OpenSent", "KEEPALIVE"),
            wrong(1, "OpenSent", "ROUTE-REFRESH"),
        ],
        [
            wrong(2, "OpenConfirm", "OPEN"),
            wrong(2, "OpenConfirm", "UPDATE"),
            ended.into(),
            "up 192.0.2.9 ipv4 ipv6 30s -> Established".into(),
            wrong(2, "OpenConfirm", "ROUTE-REFRESH"),
        ],
        [
            wrong(3, "Established", "OPEN").replace("down before it was up", "down"),
            " -> Established".into(),
            ended.replace("down before it was up", "down"),
            " -> Established".into(),
            " -> Established".into(),
        ],
    ];
    for (steps, row) in expected.iter().enumerate() {
        for ((name, bytes), expected) in messages.iter().zip(row) {
            let mut play = Play::new(terms());
            play.session.connected(at(0));
            [theirs(), keepalive()].iter().take(steps).for_each(|bytes| play.hears(0, bytes));
            play.wants();
            let state = play.session.state();
            play.hears(1, bytes);
            let found = format!("{} -> {}", play.wants(), play.session.state());
            assert_eq!(found, *expected, "{name} in {state}");
        }
    }
}

#[test]
fn what_a_router_may_say_of_itself() {
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("another system", open(|open| open.capabilities = vec![Capability::FourOctets(65_009)]), "2/2"),
        ("a system of two bytes", open(|open| open.capabilities.clear()), "up 192.0.2.9 ipv4 30s"),
        ("one second", open(|open| open.hold_seconds = 1), "2/6"),
        ("no hold time", open(|open| open.hold_seconds = 0), "up 192.0.2.9 ipv4 ipv6 0s"),
        ("a long hold time", open(|open| open.hold_seconds = 180), "up 192.0.2.9 ipv4 ipv6 90s"),
        ("no identifier", open(|open| open.identifier = Ipv4Addr::UNSPECIFIED), "2/3"),
        ("our identifier, from outside", open(|open| open.identifier = terms().identifier), "up 192.0.2.1 ipv4 ipv6 30s"),
        (
            "none of our families",
            open(|open| open.capabilities = vec![Capability::Multiprotocol(Family { address: 25, subsequent: 70 })]),
            "2/7",
        ),
        ("IPv6 only", open(|open| open.capabilities = vec![Capability::Multiprotocol(Family::IPV6)]), "up 192.0.2.9 ipv6 30s"),
        (
            "BGP-3",
            {
                let mut open = theirs();
                open[19] = 3;
                open
            },
            "2/1",
        ),
        ("no marker", vec![b'G'; 19], "1/1"),
        ("a length of 18", [&[0xFF; 16][..], &[0, 18, 1]].concat(), "1/2"),
        ("a length of 5000", [&[0xFF; 16][..], &[0x13, 0x88, 2]].concat(), "1/2"),
        ("type 9", [&[0xFF; 16][..], &[0, 19, 9]].concat(), "1/3"),
    ];
    for (name, bytes, expected) in cases {
        let mut play = Play::new(terms());
        play.session.connected(at(0));
        play.hears(0, &bytes);
        play.hears(0, &keepalive());
        let wants = play.wants();
        let end = play.sent.iter().rev().find_map(|bytes| {
            let message = bgp::Message::read(bytes, &bgp::Agreed::default()).ok()?;
            if let bgp::Message::Notification(notice) = message { Some(format!("{}/{}", notice.code, notice.subcode)) } else { None }
        });
        match end {
            Some(end) => assert_eq!(end, expected, "{name}: {wants}"),
            None => assert!(wants.ends_with(expected), "{name}: {wants}"),
        }
    }
}

#[test]
fn our_own_identifier_within_one_system_is_refused() {
    let mut play = Play::new(Terms { router_as: 65_000, ..terms() });
    play.session.connected(at(0));
    play.hears(0, &open(|open| (open.system, open.identifier, open.capabilities) = (65_000, terms().identifier, vec![])));
    assert!(play.wants().contains("bad BGP identifier (2/3); the router has our own identifier, 192.0.2.1"));
}

#[test]
fn silence_ends_it_after_the_hold_time_and_ours_never_lasts_as_long() {
    let mut play = Play::established(terms());
    play.until(29);
    let kept = play.wants();
    assert!(kept.matches("send KEEPALIVE").count() >= 2 && !kept.contains("close"), "{kept}");
    play.until(30);
    let wants = play.wants();
    assert!(wants.ends_with("send 4/0; close; down: we ended it: hold timer expired (4/0); the router was silent, again later"), "{wants}");
    // What was not read yet is not silence.
    let mut play = Play::established(terms());
    play.session.timeout(false, at(30), &mut play.random);
    play.session.timeout(false, at(30), &mut play.random);
    assert_eq!(play.session.state(), "Established");
}

#[test]
fn a_hold_time_of_zero_waits_for_ever_and_sends_no_keepalives() {
    let mut play = Play::new(terms());
    play.session.connected(at(0));
    play.hears(0, &open(|open| open.hold_seconds = 0));
    play.hears(0, &keepalive());
    play.hears(0, &update(&[], &[]));
    play.hears(0, &end_of_rib_v6());
    play.wants();
    assert_eq!(play.session.timer(), None);
    play.until(100_000);
    assert_eq!((play.wants().as_str(), play.session.state()), ("", "Established"));
}

#[test]
fn a_router_that_says_nothing_at_all_is_waited_for_four_minutes() {
    let mut play = Play::new(terms());
    play.session.connected(at(0));
    play.until(239);
    assert_eq!(play.wants(), "connect; send OPEN");
    play.until(240);
    assert!(play.wants().starts_with("send 4/0; close; down before it was up"));
}

#[test]
fn attempts_that_fail_are_further_and_further_apart() {
    let mut play = Play::new(terms());
    assert_eq!(play.wants(), "connect");
    play.session.failed("connection refused", at(0), &mut play.random);
    assert_eq!(play.wants(), "down before it was up: it cannot be reached: connection refused, again later");
    let (first, _) = play.session.timer().expect("a retry");
    play.session.timeout(true, first, &mut play.random);
    assert_eq!((play.wants().as_str(), play.session.state()), ("connect", "Connect"));
    // Nobody answers.
    play.session.timeout(true, first + CONNECT, &mut play.random);
    assert_eq!(play.wants(), "give up; down before it was up: it cannot be reached: no answer within 30 s, again later");
    let (second, timer) = play.session.timer().expect("a retry");
    assert_eq!(timer, Timer::Retry);
    assert!(second.since(first + CONNECT) > first.since(at(0)));
}

#[test]
fn one_that_waits_for_its_router_takes_the_newer_connection_until_it_is_established() {
    let mut play = Play::new(Terms { passive: true, ..terms() });
    assert_eq!((play.wants().as_str(), play.session.state(), play.session.timer()), ("", "Active", None));
    assert!(play.session.another());
    play.session.connected(at(0));
    play.hears(1, &theirs());
    play.wants();
    assert!(play.session.another());
    assert_eq!((play.wants().as_str(), play.session.state()), ("send 6/7; close", "Active"));
    play.session.connected(at(2));
    play.hears(2, &theirs());
    play.hears(2, &keepalive());
    assert!(!play.session.another());
    assert_eq!(play.session.state(), "Established");
    play.session.closed("end of stream", at(3), &mut play.random);
    assert!(play.wants().ends_with("close; down: the router closed the connection: end of stream"));
    assert_eq!(play.session.state(), "Active");
}

#[test]
fn the_table_is_whole_when_both_families_are_and_changes_follow() {
    let mut play = Play::established(terms());
    play.hears(1, &update(&[], &["10.0.0.0/8", "10.1.0.0/16"]));
    play.hears(1, &update(&["10.1.0.0/16"], &["10.2.0.0/16"]));
    play.hears(1, &update(&[], &[]));
    assert_eq!(play.delivered(), "");
    play.hears(2, &end_of_rib_v6());
    assert_eq!(play.delivered(), "whole 2 end-of-rib");
    play.hears(3, &update(&["10.0.0.0/8"], &["10.3.0.0/16"]));
    assert_eq!(play.delivered(), "10.0.0.0/8 gone, 10.3.0.0/16");
    play.hears(4, &notification(6, 2, b"\x0bback at ten\x1b"));
    assert_eq!(play.wants(), "close; down: the router ended it: cease: administrative shutdown (6/2): “back at ten”, again later");
    assert!(play.session.intake().is_kept());
}

#[test]
fn a_route_is_what_its_attributes_say_and_a_preference_from_outside_means_nothing() {
    for (router_as, local_pref) in [(65_001, 100), (65_000, 7)] {
        let mut play = Play::new(Terms { router_as, ..terms() });
        play.session.connected(at(0));
        play.hears(0, &open(|open| (open.system, open.capabilities) = (router_as, vec![Capability::FourOctets(router_as)])));
        play.hears(0, &[keepalive(), update(&[], &["10.0.0.0/8"]), update(&[], &[])].concat());
        let Some(Delivery::Whole(whole, _)) = play.session.delivery(true) else { panic!("no table: {}", play.wants()) };
        let (_, route) = whole.iter().next().expect("one network");
        assert_eq!((route.local_pref, route.path_len, route.med, route.origin_as), (local_pref, 2, 5, 4_200_000_000));
    }
}

#[test]
fn more_networks_than_are_taken_end_it() {
    let networks: Vec<String> = (0..200).map(|number| format!("10.0.{number}.0/24")).collect();
    let networks: Vec<&str> = networks.iter().map(String::as_str).collect();
    // While the table comes…
    let mut play = Play::established(Terms { most: 10, ..terms() });
    for _ in 0..200 {
        play.hears(1, &update(&[], &networks));
    }
    assert!(play.wants().starts_with("send 6/1; close; down: we ended it: cease: maximum number of prefixes reached (6/1); more than 10"));
    // … and when it has come, by the count of whoever holds it.
    let mut play = Play::established(Terms { most: 10, ..terms() });
    play.session.counted(10, at(1), &mut play.random);
    assert_eq!(play.wants(), "");
    play.session.counted(11, at(1), &mut play.random);
    assert!(play.wants().starts_with("send 6/1"));
}

#[test]
fn mistakes_that_a_session_outlives() {
    let mut play = Play::established(terms());
    let mut bytes = update(&[], &["10.0.0.0/8"]);
    let origin = bytes.windows(4).position(|window| window == [0x40, 1, 1, 0]).expect("the origin");
    bytes[origin + 3] = 9;
    play.hears(1, &bytes);
    assert_eq!(play.wants(), "damaged: the unknown origin 9: its networks count as withdrawn");
    assert_eq!(play.session.state(), "Established");
    // Networks that cannot be read end it.
    let last = bytes.len() - 2;
    bytes[last] = 77;
    play.hears(1, &bytes);
    assert!(play.wants().starts_with("send 3/10; close"));
}

#[test]
fn one_that_is_not_wanted_any_more_says_so_and_takes_its_table_with_it() {
    let mut play = Play::established(terms());
    play.hears(1, &[update(&[], &["10.0.0.0/8"]), update(&[], &[]), end_of_rib_v6()].concat());
    assert_eq!(play.delivered(), "whole 1 end-of-rib");
    play.session.stop();
    assert_eq!((play.wants().as_str(), play.delivered().as_str()), ("send 6/2; close", "gone"));
}

/// Whatever comes, in whatever pieces: it ends or it goes on, and nothing panics.
#[test]
fn garbage() {
    let mut random = SplitMix::new(3);
    let good = [theirs(), keepalive(), update(&["10.1.0.0/16"], &["10.0.0.0/8"]), update(&[], &[]), end_of_rib_v6()].concat();
    for _ in 0..2_000 {
        let mut play = Play::new(terms());
        play.session.connected(at(0));
        let mut bytes = good.clone();
        for _ in 0..random.below(4) {
            let place = usize::try_from(random.below(bytes.len() as u64)).expect("small");
            bytes[place] = random.next() as u8;
        }
        while !bytes.is_empty() && play.session.has_connection() {
            let piece = usize::try_from(random.below(bytes.len() as u64 + 1)).expect("small");
            play.hears(1, &bytes.drain(..piece).collect::<Vec<_>>());
        }
        play.wants();
        play.until(1_000);
    }
}

/// Nothing but messages is heard of, for a hundred seconds.
#[test]
fn a_router_that_never_stops_telling_hears_that_we_are_there_and_is_used_in_the_end() {
    let mut play = Play::established(terms());
    let networks: Vec<String> = (0..100).map(|number| format!("10.{number}.0.0/16")).collect();
    let mut delivered = String::new();
    for secs in 1..=130 {
        let network = &*networks[secs as usize % 100];
        play.hears(secs, &if secs % 2 == 0 { update(&[network], &[]) } else { update(&[], &[network]) });
        delivered.push_str(&play.delivered());
    }
    let wants = play.wants();
    assert!(wants.matches("send KEEPALIVE").count() >= 9 && !wants.contains("close"), "{wants}");
    assert!(delivered.contains("whole 50 time"), "{delivered}");
}

/// RFC 4271 §5.1.2: what a router of our own system has of its own comes with a way through nobody.
#[test]
fn a_way_through_nobody_is_a_way() {
    let mut play = Play::new(Terms { router_as: 65_000, ..terms() });
    play.session.connected(at(0));
    play.hears(0, &open(|open| (open.system, open.capabilities) = (65_000, vec![])));
    play.hears(0, &keepalive());
    let own = NewAttributes {
        origin: Some(bgp::Origin::Igp),
        path: Some(vec![]),
        next_hop: Some(IDENTIFIER),
        local_pref: Some(300),
        ..NewAttributes::default()
    };
    let mut bytes = vec![];
    bgp::write_update(&[], &own, &prefixes(&["10.0.0.0/8"]), &bgp::Agreed::default(), &mut bytes).expect("it fits");
    play.hears(1, &bytes);
    play.hears(1, &update(&[], &[]));
    let Some(Delivery::Whole(whole, _)) = play.session.delivery(true) else { panic!("a table") };
    let [(_, route)] = whole.iter().collect::<Vec<_>>()[..] else { panic!("{whole:?}") };
    assert_eq!((route.local_pref, route.path_len, route.origin_as), (300, 0, 0));
}

/// RFC 8950: one that reaches us by IPv6 only may tell of IPv4 all the same.
#[test]
fn networks_of_ipv4_behind_a_next_hop_of_ipv6() {
    let said = opening::ours(&terms()).capabilities;
    assert!(said.contains(&Capability::Other { code: 5, value: vec![0, 1, 0, 1, 0, 2] }), "{said:?}");
    let mut play = Play::established(terms());
    let attributes = NewAttributes {
        origin: Some(bgp::Origin::Igp),
        path: Some(vec![Segment { kind: SegmentKind::Sequence, systems: vec![65_001] }]),
        reach: Some((Family::IPV4, "2001:db8::9".parse().expect("an address"), prefixes(&["10.0.0.0/8"]))),
        ..NewAttributes::default()
    };
    let mut bytes = vec![];
    let agreed = bgp::Agreed { four_octets: true, ..bgp::Agreed::default() };
    bgp::write_update(&[], &attributes, &[], &agreed, &mut bytes).expect("it fits");
    play.hears(1, &bytes);
    play.hears(1, &update(&[], &[]));
    play.hears(1, &end_of_rib_v6());
    assert_eq!(play.delivered(), "whole 1 end-of-rib");
}
