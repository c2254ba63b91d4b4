//! Where addresses are said to be.

use crate::atlas;
use crate::rig::{AMS, FRA, Rig, SIN, config};
use decide::config::{Config, Geography, Layer};
use lab::World;

const PATH: &str = "/var/city.mmdb";

fn located() -> Config {
    let mut config = config();
    config.pops[0].location = Some((523_700, 48_900));
    config.pops[1].location = Some((501_100, 86_800));
    config.pops[2].location = Some((13_500, 1_038_200));
    config.geography = Some(Geography { path: PATH.to_string() });
    config
}

fn cities() -> Vec<u8> {
    atlas::file(&[
        ("192.0.2.0/24", Some((51.92, 4.48))),
        ("198.51.100.0/24", Some((48.14, 11.58))),
        ("203.0.113.0/24", Some((3.15, 101.69))),
        ("100.64.0.0/10", None),
        ("2001:db8::/32", Some((-6.2, 106.8))),
    ])
}

#[test]
fn a_client_goes_where_it_is_nearest_and_else_to_the_first() {
    World::twice(1, |world| {
        let rig = Rig::new(world, located());
        rig.dns.edge.put_file(PATH, &cities());
        rig.until(8);
        let clients = ["192.0.2.9", "198.51.100.9", "203.0.113.9", "100.64.0.9", "172.16.0.9"];
        assert_eq!(clients.map(|client| rig.place(client)), [AMS, FRA, SIN, AMS, AMS]);
        let layers = [Layer::Geography, Layer::Geography, Layer::Geography, Layer::Default, Layer::Default];
        assert_eq!(clients.map(|client| rig.layer(client)), layers);
        assert_eq!(rig.layer("2001:db8::9"), Layer::Geography);
        let present = rig.dns.server.snapshot().steering(0).present();
        assert_eq!(present.answer("2001:db8::9".parse().expect("an address")).pop, 2);
        // What routers say goes before it.
        rig.routers[2].tells(1, &["198.51.100.0/25"]);
        rig.until(11);
        assert_eq!(["198.51.100.9", "198.51.100.200"].map(|client| rig.place(client)), [SIN, FRA]);
        let status = rig.leading.geography().expect("it is wanted");
        assert_eq!((status.state, status.networks), ("read", 4));
        assert!(rig.log.steps("geography-loaded")[0].contains(" /var/city.mmdb 4 "));
        rig.close();
    });
}

#[test]
fn a_bad_file_leaves_the_last_good_one_and_says_why() {
    World::twice(2, |world| {
        let rig = Rig::new(world, located());
        rig.until(2);
        assert_eq!(rig.leading.geography().expect("it is wanted").state, "absent");
        rig.dns.edge.put_file(PATH, &cities());
        rig.until(15);
        assert_eq!(rig.place("203.0.113.9"), SIN);
        let good = cities();
        let nowhere = atlas::file(&[("192.0.2.0/24", None)]);
        let mut torn = good.clone();
        torn.drain(40..400);
        let bad: [&[u8]; 5] = [b"", b"<html>not found</html>", &good[..good.len() / 2], &nowhere, &torn];
        for (number, bytes) in (1_u64..).zip(bad) {
            rig.dns.edge.put_file(PATH, bytes);
            rig.until(15 + number * 20);
            let status = rig.leading.geography().expect("it is wanted");
            assert_eq!((status.state, status.networks, status.why.is_empty()), ("refused", 4, false), "{number}");
            assert_eq!(rig.place("203.0.113.9"), SIN);
        }
        assert_eq!(rig.log.steps("geography-refused").len(), 1 + bad.len(), "{:?}", rig.log.steps("geography-refused"));
        rig.dns.edge.remove_file(PATH);
        rig.until(140);
        assert_eq!((rig.place("203.0.113.9"), rig.leading.geography().expect("it is wanted").state), (SIN.to_string(), "absent"));
        // The other way round.
        rig.dns.edge.put_file(PATH, &atlas::file(&[("203.0.113.0/24", Some((51.92, 4.48)))]));
        rig.until(160);
        assert_eq!(rig.place("203.0.113.9"), AMS);
        // A reload keeps it, and another takes it out.
        let mut config = located();
        config.pops.reverse();
        config.steerings[0].pops = vec![0, 1, 2];
        config.collectors.iter_mut().for_each(|collector| collector.pop = 2 - collector.pop);
        rig.reload(config.clone());
        assert_eq!(rig.place("203.0.113.9"), AMS);
        config.geography = None;
        rig.reload(config);
        rig.until(165);
        assert_eq!((rig.place("203.0.113.9"), rig.leading.geography()), (SIN.to_string(), None));
        rig.close();
        rig.log.steps("geography-refused")
    });
}
