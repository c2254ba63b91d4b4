//! Another configuration, while clients are led.

use crate::rig::{AMS, FRA, Rig, SIN, config};
use decide::config::{Config, Layer};
use lab::World;

/// Places in another order; all that goes by their indices goes with them.
fn reversed() -> Config {
    let mut config = config();
    config.pops.reverse();
    config.steerings[0].pops = vec![2, 1, 0];
    config.collectors.iter_mut().for_each(|collector| collector.pop = 2 - collector.pop);
    config
}

#[test]
fn places_in_another_order_keep_their_tables_and_their_health() {
    World::twice(1, |world| {
        let rig = Rig::new(world, config());
        rig.routers[0].tells(3, &["198.51.100.0/24"]);
        rig.routers[1].tells(1, &["198.51.100.0/24"]);
        rig.routers[2].tells(1, &["203.0.113.0/24"]);
        rig.edges[1].well.set(false);
        rig.until(10);
        assert_eq!(["198.51.100.9", "203.0.113.9"].map(|client| rig.place(client)), [AMS, SIN]);
        rig.reload(reversed());
        // At once, before anybody has looked at anything.
        assert_eq!(["198.51.100.9", "203.0.113.9"].map(|client| rig.place(client)), [AMS, SIN]);
        rig.until(15);
        assert_eq!(["198.51.100.9", "203.0.113.9"].map(|client| rig.place(client)), [AMS, SIN]);
        rig.edges[1].well.set(true);
        rig.until(20);
        assert_eq!(rig.place("198.51.100.9"), FRA);
        assert_eq!(rig.routers.iter().map(|router| router.sessions.get()).collect::<Vec<_>>(), [1, 1, 1], "no session has ended");
        // And what comes from now on belongs to the same places.
        rig.routers[2].tells(1, &["192.0.2.0/24"]);
        rig.until(23);
        assert_eq!(rig.place("192.0.2.9"), SIN);
        rig.close();
    });
}

#[test]
fn a_place_with_another_name_is_another_and_the_rest_stays() {
    World::twice(2, |world| {
        let rig = Rig::new(world, config());
        rig.routers[1].tells(1, &["198.51.100.0/24"]);
        rig.routers[2].tells(1, &["203.0.113.0/24"]);
        rig.until(10);
        let mut renamed = config();
        renamed.pops[1].name = "muc".to_string();
        rig.reload(renamed);
        assert_eq!(rig.place("203.0.113.9"), SIN);
        rig.until(20);
        assert_eq!(["198.51.100.9", "203.0.113.9"].map(|client| rig.place(client)), [FRA, SIN]);
        assert_eq!(rig.routers.iter().map(|router| router.sessions.get()).collect::<Vec<_>>(), [1, 2, 1]);
        // A place that is taken out has no clients at once; its table goes, and may not come to whoever has its number now.
        let mut fewer = config();
        fewer.pops.remove(1);
        fewer.collectors.remove(1);
        fewer.collectors[1].pop = 1;
        fewer.steerings[0].pops = vec![0, 1];
        rig.reload(fewer);
        rig.routers[1].tells(1, &["100.64.0.0/24"]);
        assert_eq!(["198.51.100.9", "203.0.113.9"].map(|client| rig.place(client)), [AMS, SIN]);
        rig.until(25);
        assert_eq!(["198.51.100.9", "203.0.113.9", "100.64.0.9"].map(|client| rig.place(client)), [AMS, SIN, AMS]);
        assert_eq!(rig.layer("100.64.0.9"), Layer::Default);
        rig.close();
    });
}

/// Other rules do not set free what is held back.
#[test]
fn what_is_held_back_outlives_a_reload() {
    World::twice(3, |world| {
        let mut config = config();
        config.steerings[0].moves_per_minute = 10;
        let rig = Rig::new(world, config.clone());
        let networks: Vec<String> = (0..40).map(|third| format!("100.64.{third}.0/24")).collect();
        let networks: Vec<&str> = networks.iter().map(String::as_str).collect();
        rig.routers[1].tells(2, &networks);
        rig.routers[2].tells(3, &networks);
        rig.until(5);
        rig.routers[2].tells(1, &networks);
        rig.until(10);
        config.steerings[0].measured_gain = 20;
        rig.reload(config);
        rig.until(15);
        let there = (0..40).filter(|third| rig.place(&format!("100.64.{third}.7")) == SIN).count();
        assert_eq!((there, rig.dns.server.snapshot().steering(0).deferred()), (10, 30));
        rig.close();
    });
}

/// A place that has no edges any more counts as healthy, as the settings say.
#[test]
fn a_lost_place_whose_pool_is_taken_from_it_serves_again() {
    World::twice(4, |world| {
        let rig = Rig::new(world, config());
        rig.routers[1].tells(1, &["198.51.100.0/24"]);
        rig.edges[1].well.set(false);
        rig.until(10);
        assert_eq!(rig.place("198.51.100.9"), AMS);
        let mut without = config();
        without.pops[1].pool = None;
        rig.reload(without);
        rig.until(13);
        assert_eq!(rig.place("198.51.100.9"), FRA);
        rig.close();
    });
}
