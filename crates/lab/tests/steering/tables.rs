//! Routing tables: from the routers to the answers.

use crate::collecting::SECOND;
use crate::rig::{AMS, FRA, Rig, SIN, config};
use decide::config::Layer;
use lab::World;

#[test]
fn each_client_goes_where_the_way_is_shortest_and_follows_it() {
    World::twice(1, |world| {
        let rig = Rig::new(world, config());
        rig.routers[0].tells(1, &["203.0.113.0/24"]);
        rig.routers[0].tells(3, &["198.51.100.0/24"]);
        rig.routers[1].tells(2, &["198.51.100.0/24", "203.0.113.0/24"]);
        rig.routers[2].tells(1, &["100.64.0.0/16"]);
        rig.until(5);
        assert_eq!(["203.0.113.9", "198.51.100.9", "100.64.3.9", "172.16.0.9"].map(|client| rig.place(client)), [AMS, FRA, SIN, AMS]);
        assert_eq!(["203.0.113.9", "172.16.0.9"].map(|client| rig.layer(client)), [Layer::Topology, Layer::Default]);
        assert_eq!(rig.answer("198.51.100.9").1, 24);
        // A longer network splits the scope; within two seconds.
        rig.routers[2].tells(1, &["198.51.100.128/25"]);
        rig.until(7);
        assert_eq!((rig.answer("198.51.100.9"), rig.answer("198.51.100.200")), ((FRA.to_string(), 25), (SIN.to_string(), 25)));
        rig.routers[2].withdraws(&["198.51.100.128/25"]);
        rig.routers[1].withdraws(&["198.51.100.0/24"]);
        rig.until(9);
        assert_eq!((rig.place("198.51.100.9"), rig.place("198.51.100.200")), (AMS.to_string(), AMS.to_string()));
        let sources = rig.leading.collectors().sources();
        assert_eq!(
            sources.iter().map(|source| (source.state, source.networks)).collect::<Vec<_>>(),
            [("live", 2), ("live", 1), ("live", 1)]
        );
        let published = rig.log.steps("steering-published");
        assert!(published.last().expect("a version").contains(" cdn "), "{published:?}");
        rig.close();
        published
    });
}

/// What the log and the metrics have of an answer.
#[test]
fn an_answer_is_told_with_every_place_and_counted() {
    World::twice(7, |world| {
        let rig = Rig::new(world, config());
        rig.routers[0].tells(3, &["198.51.100.0/24"]);
        rig.routers[1].tells(2, &["198.51.100.0/24"]);
        rig.until(5);
        assert_eq!(["198.51.100.9", "172.16.0.9"].map(|client| rig.place(client)), [FRA, AMS]);
        let told = rig.log.steps("query-answered");
        let version = rig.dns.server.snapshot().steering(0).present().version();
        let of_route = |place: &str, chosen: bool, length: u16| {
            format!(
                "{{\"place\":\"{place}\",\"chosen\":{chosen},\"why\":\"path-length\",\"healthy\":true,\"local_pref\":100,\
                 \"path_length\":{length},\"origin\":\"igp\",\"med\":0}}"
            )
        };
        let wanted = format!(
            "[{{\"name\":\"cdn.example\",\"steering\":\"cdn\",\"place\":\"fra\",\"layer\":\"topology\",\
             \"prefix\":\"198.51.100.0/24\",\"version\":{version},\"scope\":24,\
             \"passed\":[{{\"layer\":\"measured\",\"why\":\"no-data\"}}],\"candidates\":[{},{},\
             {{\"place\":\"sin\",\"chosen\":false,\"why\":\"no-route\",\"healthy\":true}}]}}]",
            of_route("ams", false, 3),
            of_route("fra", true, 2),
        );
        assert!(told[0].ends_with(&wanted), "{}\n{wanted}", told[0]);
        assert!(told[1].contains("\"place\":\"ams\",\"layer\":\"default\",\"version\""), "{}", told[1]);
        let counts = rig.dns.server.metrics().counts().led.swap_remove(0);
        assert_eq!(counts.places, [("ams".to_string(), [1, 0]), ("fra".to_string(), [1, 0]), ("sin".to_string(), [0, 0])]);
        assert_eq!(counts.layers[0], [0, 1, 0, 1, 0], "topology and default");
        assert_eq!((counts.scopes[0][24], counts.scopes[0].iter().sum::<u64>()), (1, 2));
        rig.close();
        told
    });
}

/// A router that is gone leaves its table for as long as it is kept; then clients fall to who is left, or to the next layer. What was gone
/// comes back, and outlives a reload then.
#[test]
fn a_router_that_is_gone() {
    World::twice(2, |world| {
        let rig = Rig::new(world, config());
        rig.routers[1].tells(1, &["198.51.100.0/24", "203.0.113.0/24"]);
        rig.routers[2].tells(2, &["203.0.113.0/24"]);
        rig.until(5);
        rig.routers[1].up.set(false);
        rig.until(64);
        assert_eq!((rig.place("198.51.100.9"), rig.layer("198.51.100.9")), (FRA.to_string(), Layer::Topology));
        assert_eq!(rig.leading.collectors().sources()[1].state, "kept");
        rig.until(68);
        assert_eq!((rig.place("198.51.100.9"), rig.layer("198.51.100.9")), (AMS.to_string(), Layer::Default));
        assert_eq!(rig.place("203.0.113.9"), SIN);
        rig.routers[1].up.set(true);
        rig.until(200);
        assert_eq!((rig.place("198.51.100.9"), rig.leading.collectors().sources()[1].networks), (FRA.to_string(), 2));
        let mut others = config();
        others.pops.insert(0, crate::rig::pop("new", 0));
        others.steerings[0].pops = vec![1, 2, 3];
        others.collectors.iter_mut().for_each(|collector| collector.pop += 1);
        rig.reload(others);
        rig.until(203);
        assert_eq!((rig.place("198.51.100.9"), rig.leading.collectors().sources()[1].networks), (FRA.to_string(), 2));
        rig.close();
    });
}

/// So many networks move in a minute, each stays for as long as the hold says, and those that wait get their turn.
#[test]
fn a_change_of_all_ways_moves_few_at_a_time() {
    World::twice(3, |world| {
        let mut config = config();
        config.steerings[0].moves_per_minute = 10;
        let rig = Rig::new(world, config);
        let networks: Vec<String> = (0..40).map(|third| format!("100.64.{third}.0/24")).collect();
        let networks: Vec<&str> = networks.iter().map(String::as_str).collect();
        rig.routers[1].tells(2, &networks);
        rig.routers[2].tells(3, &networks);
        let count = |rig: &Rig<'_>, place: &str| (0..40).filter(|third| rig.place(&format!("100.64.{third}.7")) == place).count();
        rig.until(5);
        assert_eq!(count(&rig, FRA), 40);
        rig.routers[2].tells(1, &networks);
        let mut there = Vec::new();
        for minute in 0..6 {
            rig.until(8 + minute * 65);
            there.push((count(&rig, SIN), rig.dns.server.snapshot().steering(0).deferred()));
            assert_eq!(count(&rig, AMS), 0);
        }
        // A draw by hash decides who moves: about as many as may.
        assert!(there.iter().zip(1..).all(|((moved, left), minutes)| *moved <= 10 * minutes && moved + *left as usize == 40), "{there:?}");
        assert!(there[0].0 >= 5 && there[5].0 == 40, "{there:?}");
        rig.close();
    });
}

/// A route that comes and goes every three seconds moves its clients once in a while, and not with it.
#[test]
fn a_route_that_flaps_is_held() {
    World::twice(4, |world| {
        let mut config = config();
        config.steerings[0].hold = 60 * SECOND;
        let rig = Rig::new(world, config);
        rig.routers[1].tells(2, &["198.51.100.0/24"]);
        rig.routers[2].tells(3, &["198.51.100.0/24"]);
        let mut moves = Vec::new();
        let mut last = FRA.to_string();
        rig.until(5);
        for second in 5..305 {
            match second % 6 {
                0 => rig.routers[2].tells(1, &["198.51.100.0/24"]),
                3 => rig.routers[2].tells(3, &["198.51.100.0/24"]),
                _ => {}
            }
            rig.until(second);
            let place = rig.place("198.51.100.9");
            if place != last {
                moves.push(second);
                last = place;
            }
        }
        assert!((2..=5).contains(&moves.len()) && moves.windows(2).all(|pair| pair[1] - pair[0] >= 60), "{moves:?}");
        rig.close();
        moves
    });
}

/// A router that changes something every tenth of a second costs no more than a version each second.
#[test]
fn changes_without_end_make_one_version_a_second() {
    World::twice(5, |world| {
        let rig = Rig::new(world, config());
        rig.until(5);
        let before = rig.dns.server.snapshot().steering(0).present().version();
        for tenth in 0..100_u32 {
            rig.routers[0].tells(1 + tenth % 2, &["198.51.100.0/24"]);
            rig.dns.run(world.sleep(SECOND / 10));
        }
        rig.until(20);
        let versions = rig.dns.server.snapshot().steering(0).present().version() - before;
        assert!((5..=12).contains(&versions), "{versions} versions in ten seconds");
        rig.close();
    });
}
