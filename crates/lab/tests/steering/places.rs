//! Places that are lost, loaded beyond what they bear, and measured.

use crate::collecting::SECOND;
use crate::rig::{AMS, FRA, Rig, SIN, config};
use decide::config::{Action, Layer, Measure, PathMatch, Route, Secret};
use lab::peer::{Act, connect};
use lab::{VirtualHost, World};

#[test]
fn a_place_whose_probes_fail_loses_its_clients_and_gets_them_back() {
    World::twice(1, |world| {
        let rig = Rig::new(world, config());
        rig.routers[0].tells(3, &["198.51.100.0/24"]);
        rig.routers[1].tells(1, &["198.51.100.0/24"]);
        rig.until(10);
        assert_eq!(rig.place("198.51.100.9"), FRA);
        rig.edges[1].well.set(false);
        rig.until(15);
        assert_eq!((rig.place("198.51.100.9"), rig.layer("198.51.100.9")), (AMS.to_string(), Layer::Topology));
        assert_eq!(rig.leading.places().iter().map(|place| place.healthy).collect::<Vec<_>>(), [true, false, true]);
        // Nobody is left: health is not looked at, and the best way decides.
        rig.edges[0].well.set(false);
        rig.edges[2].well.set(false);
        rig.until(20);
        assert_eq!((rig.place("198.51.100.9"), rig.place("203.0.113.9")), (FRA.to_string(), AMS.to_string()));
        rig.edges.iter().for_each(|edge| edge.well.set(true));
        rig.until(25);
        assert_eq!(rig.place("198.51.100.9"), FRA);
        let told =
            |name: &str| rig.log.steps(name).iter().map(|step| step.split(' ').nth(2).expect("a place").to_string()).collect::<Vec<_>>();
        assert_eq!((told("pop-lost")[0].as_str(), told("pop-lost").len(), told("pop-back").len()), ("fra", 3, 3));
        rig.close();
        (rig.log.steps("pop-lost"), rig.log.steps("pop-back"))
    });
}

#[test]
fn a_load_beyond_what_a_place_bears_sheds_networks_that_stay_shed() {
    World::twice(2, |world| {
        let mut config = config();
        config.pops[1].capacity = 100;
        let rig = Rig::new(world, config);
        let networks: Vec<String> = (0..100).map(|third| format!("100.64.{third}.0/24")).collect();
        let networks: Vec<&str> = networks.iter().map(String::as_str).collect();
        rig.routers[1].tells(1, &networks);
        rig.routers[2].tells(2, &networks);
        let shed = |rig: &Rig<'_>| (0..100).filter(|third| rig.place(&format!("100.64.{third}.7")) == SIN).collect::<Vec<_>>();
        rig.until(10);
        assert_eq!(shed(&rig), Vec::<i32>::new());
        // Twice what it bears: 45 in a hundred stay, by hash.
        rig.edges[1].load.set(2.0);
        rig.until(13);
        let first = shed(&rig);
        assert!((40..=70).contains(&first.len()), "{}", first.len());
        let status = rig.leading.places()[1].clone();
        assert_eq!((status.load, status.capacity, status.shed), (Some(200), 100, 550));
        // The load is what it ought to be: the same ones stay where they are.
        rig.edges[1].load.set(0.9);
        rig.until(60);
        assert_eq!(shed(&rig), first);
        // More again: more of them, and the same ones among them.
        rig.edges[1].load.set(1.3);
        rig.until(80);
        let second = shed(&rig);
        assert!(second.len() > first.len() && first.iter().all(|network| second.contains(network)));
        // It falls: a step a minute, until all are back.
        rig.edges[1].load.set(0.1);
        rig.until(300);
        let third = shed(&rig);
        assert!(third.len() < second.len() && third.iter().all(|network| second.contains(network)), "{third:?}");
        rig.until(2400);
        assert_eq!((shed(&rig), rig.leading.places()[1].shed), (vec![], 0));
        assert!(rig.log.steps("pop-sheds")[0].ends_with(" fra 0 550 200 100"), "{:?}", rig.log.steps("pop-sheds"));
        rig.close();
        (first, second, third)
    });
}

/// What one who waits for a whole answer is told.
fn told(rig: &Rig<'_>, from: &VirtualHost, request: String) -> String {
    let client = connect(from, &rig.dns.edge.at(80), vec![Act::send(request), Act::Finish, Act::AwaitEnd]);
    rig.dns.run(client.over());
    client.text()
}

#[test]
fn what_clients_measure_changes_the_answers_of_their_network_and_grows_old() {
    World::twice(3, |world| {
        let mut config = config();
        config.steerings[0].measure = Some(Measure {
            key: Some(Secret(vec![7; 32])),
            lifetime: 30 * SECOND,
            reports_per_minute: 10,
            half_life: 60 * SECOND,
            least_reports: 3,
            prefixes: 100,
        });
        let routes = &mut config.sites[0].routes;
        let mut measure = Route { name: "measure".to_string(), action: Action::Measure(0), ..routes[0].clone() };
        measure.when.path = PathMatch::Prefix("/.throughline".to_string());
        routes.insert(0, measure);
        let rig = Rig::new(world, config);
        rig.routers[1].tells(1, &["198.51.100.0/24"]);
        rig.until(5);
        assert_eq!(rig.place("198.51.100.9"), FRA);
        for host in 1..=3 {
            let client = world.host(&format!("c{host}"), &format!("198.51.100.{host}"));
            let get = "GET /.throughline/probe.js HTTP/1.1\r\nHost: cdn.example\r\nConnection: close\r\n\r\n";
            let script = told(&rig, &client, get.to_string());
            let leave = script.split("\"leave\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a leave");
            let body = format!("{{\"leave\":\"{leave}\",\"times\":{{\"fra\":90,\"sin\":10}}}}");
            let head = "POST /.throughline/report HTTP/1.1\r\nHost: cdn.example\r\nConnection: close\r\nContent-Type: application/json";
            let answer = told(&rig, &client, format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
            assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
        }
        rig.until(8);
        assert_eq!((rig.place("198.51.100.9"), rig.layer("198.51.100.9")), (SIN.to_string(), Layer::Measured));
        assert_eq!(rig.answer("198.51.100.9").1, 24);
        assert_eq!(rig.place("203.0.113.9"), AMS);
        // Their place is lost: what they measured leads nowhere else.
        rig.edges[2].well.set(false);
        rig.until(13);
        assert_eq!(rig.place("198.51.100.9"), FRA);
        rig.edges[2].well.set(true);
        rig.until(20);
        assert_eq!(rig.place("198.51.100.9"), SIN);
        // Nobody reports any more.
        rig.until(3600);
        assert_eq!((rig.place("198.51.100.9"), rig.layer("198.51.100.9")), (FRA.to_string(), Layer::Topology));
        rig.close();
    });
}
