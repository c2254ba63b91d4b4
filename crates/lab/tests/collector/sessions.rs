//! BGP sessions.

use crate::rig::{Rig, SECOND, Speaker, awaited, ends_of_rib, session, update, write};
use decide::config::RouteSource;
use decide::time::Duration;
use lab::{VirtualHost, World};
use std::cell::Cell;
use std::future::pending;
use std::net::Ipv4Addr;
use std::rc::Rc;
use wire::bgp::Prefix;
use wire::network::Network;

/// A router that takes every session, tells this table, and sends keepalives for `alive`, then nothing.
fn router(machine: &VirtualHost, table: &'static [&'static str], alive: Duration) -> Rc<Cell<usize>> {
    let sessions = Rc::new(Cell::new(0));
    let (host, counted) = (machine.host(), sessions.clone());
    let mut listener = machine.listen(&machine.at(179), 8).expect("an address of this host");
    machine.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let (on, counted) = (host.clone(), counted.clone());
            host.spawn(async move {
                let mut speaker = Speaker::on(stream);
                if !speaker.begin(90).await {
                    return;
                }
                counted.set(counted.get() + 1);
                speaker.send(&update(&[], table)).await;
                speaker.send(&ends_of_rib()).await;
                let end = on.now() + alive;
                while on.now() < end {
                    on.sleep(20 * SECOND).await;
                    speaker.keepalive().await;
                }
                // It hangs until its far end closes.
                while speaker.heard().await.is_some() {}
            });
        }
    });
    sessions
}

#[test]
fn a_table_comes_changes_and_goes_when_its_router_has_been_gone_for_long_enough() {
    World::twice(1, |world| {
        let rig = Rig::new(world, &[session()]);
        let (machine, host) = (rig.router.clone(), rig.router.host());
        let mut listener = machine.listen(&machine.at(179), 8).expect("an address of this host");
        machine.spawn(async move {
            let speaker = Speaker::accept(&mut listener).await;
            speaker.send(&update(&[], &["10.1.0.0/16", "10.2.0.0/16"])).await;
            speaker.send(&ends_of_rib()).await;
            host.sleep(5 * SECOND).await;
            speaker.send(&update(&["10.1.0.0/16"], &["10.3.0.0/16"])).await;
            host.sleep(5 * SECOND).await;
            drop(listener);
        });
        rig.until(2);
        assert_eq!((rig.networks(), rig.state()), (vec!["10.1.0.0/16".into(), "10.2.0.0/16".into()], "Established"));
        rig.until(6);
        assert_eq!(rig.networks(), ["10.2.0.0/16", "10.3.0.0/16"]);
        assert_eq!(rig.collectors.sources()[0].state, "live");
        // The connection ends at 10 s, and what the router told stays until 310 s.
        rig.until(309);
        assert_eq!(rig.networks(), ["10.2.0.0/16", "10.3.0.0/16"]);
        assert_eq!(rig.collectors.sources()[0].state, "kept");
        rig.until(311);
        assert_eq!(rig.networks(), [""; 0]);
        assert_eq!(rig.collectors.sources()[0].state, "lost");
        assert_eq!(rig.tables.borrow().taken, ["0 opened fra bgp 10.0.0.9:179", "0 whole 2", "5 changes 2", "310 gone"]);
        assert_eq!(rig.log.steps("routing-session-up"), ["0 routing-session-up fra 10.0.0.9:179 10.0.0.9 ipv4 ipv6 90s 0s"]);
        assert_eq!(rig.log.steps("routing-table-loaded"), ["0 routing-table-loaded fra bgp 10.0.0.9:179 2 0 end-of-rib 0s"]);
        let downs = rig.log.steps("routing-session-down");
        assert!(downs[0].starts_with("10 routing-session-down fra 10.0.0.9:179 the router closed the connection: end of stream true"));
        // Attempts are up to two minutes apart.
        assert!((5..=10).contains(&downs.len()), "{downs:?}");
        assert!(downs[1].contains("it cannot be reached: connection refused"));
        assert_eq!(rig.log.steps("routing-table-cleared").len(), 1);
    });
}

#[test]
fn silence_ends_a_session_and_the_table_that_comes_back_replaces_the_old_one() {
    World::twice(2, |world| {
        let rig = Rig::new(world, &[session()]);
        let sessions = router(&rig.router, &["10.1.0.0/16"], 60 * SECOND);
        rig.until(149);
        assert_eq!((sessions.get(), rig.state()), (1, "Established"));
        // The last keepalive is at 60 s.
        rig.until(160);
        assert_eq!((sessions.get(), rig.state()), (2, "Established"));
        assert!(rig.log.steps("routing-session-down")[0].starts_with("150 "));
        assert!(rig.log.steps("routing-session-down")[0].contains("we ended it: hold timer expired (4/0); the router was silent true"));
        rig.until(200);
        assert_eq!(rig.networks(), ["10.1.0.0/16"]);
        assert!(!rig.tables.borrow().taken.iter().any(|taken| taken.contains("gone")));
    });
}

#[test]
fn a_lossy_way_and_a_stalled_one() {
    World::twice(3, |world| {
        let rig = Rig::new(world, &[session()]);
        router(&rig.router, &["10.1.0.0/16"], 3600 * SECOND);
        rig.until(10);
        // Shorter than the hold time: nothing happens.
        rig.router.stall();
        rig.until(70);
        rig.router.mend();
        rig.until(100);
        assert_eq!((rig.state(), rig.log.steps("routing-session-down").len()), ("Established", 0));
        // Longer: the session ends by its hold time, and comes back.
        rig.router.blackhole();
        rig.until(300);
        assert!(rig.log.steps("routing-session-down")[0].contains("hold timer expired"));
        assert_eq!(rig.networks(), ["10.1.0.0/16"]);
        rig.router.mend();
        rig.until(460);
        assert_eq!((rig.state(), rig.networks()), ("Established", vec!["10.1.0.0/16".to_string()]));
        // A reset in the middle of everything.
        rig.router.cut(lab::Reach::Open);
        rig.until(600);
        assert_eq!(rig.state(), "Established");
        assert!(!rig.tables.borrow().taken.iter().any(|taken| taken.contains("gone")), "{:?}", rig.tables.borrow().taken);
    });
}

#[test]
fn a_router_that_flaps_is_tried_less_and_less() {
    World::twice(4, |world| {
        let rig = Rig::new(world, &[session()]);
        let machine = rig.router.clone();
        let mut listener = machine.listen(&machine.at(179), 8).expect("an address of this host");
        machine.spawn(async move {
            loop {
                // Established, and gone at once.
                drop(Speaker::accept(&mut listener).await);
            }
        });
        rig.until(1200);
        let ups = rig.log.steps("routing-session-up").len();
        assert!((12..=20).contains(&ups), "{ups}");
        assert_eq!(rig.networks(), [""; 0]);
    });
}

#[test]
fn a_router_may_open_the_session() {
    World::twice(5, |world| {
        let rig = Rig::new(world, &[awaited()]);
        rig.until(1);
        assert_eq!(rig.state(), "Active");
        let (edge, stranger) = (rig.edge.at(179), world.host("stranger", "10.0.0.66"));
        let router = rig.router.clone();
        let scenario = async {
            // A stranger is not let in.
            let mut speaker = Speaker::on(stranger.connect(&edge).await.expect("connected"));
            assert_eq!(speaker.heard().await, None);
            // Two connections: the later one counts.
            let mut first = Speaker::on(router.connect(&edge).await.expect("connected"));
            assert_eq!(first.heard().await.as_deref(), Some("OPEN"));
            let mut second = Speaker::on(router.connect(&edge).await.expect("connected"));
            assert_eq!(first.heard().await.as_deref(), Some("6/7"));
            assert_eq!(first.heard().await, None);
            assert!(second.begin(0).await);
            second.send(&update(&[], &["10.1.0.0/16"])).await;
            second.send(&ends_of_rib()).await;
            // Now it is established, and a third is turned away.
            let mut third = Speaker::on(router.connect(&edge).await.expect("connected"));
            assert_eq!(third.heard().await.as_deref(), Some("6/7"));
            assert_eq!(third.heard().await, None);
            world.sleep(1000 * SECOND).await;
            assert_eq!((rig.state(), rig.networks()), ("Established", vec!["10.1.0.0/16".to_string()]));
            drop(second);
            world.sleep(SECOND).await;
            assert_eq!(rig.state(), "Active");
        };
        world.run(scenario).expect("the scenario comes to its end");
        assert_eq!(rig.log.steps("routing-router-turned-away").len(), 1);
    });
}

#[test]
fn a_listener_that_cannot_be_opened_is_told_and_goes_with_its_collector() {
    World::twice(6, |world| {
        let mut wanted = awaited();
        if let RouteSource::Bgp(bgp) = &mut wanted.source {
            bgp.listen = Some(([10, 0, 0, 200], 179).into());
        }
        let rig = Rig::new(world, &[wanted]);
        rig.until(20);
        let status = &rig.collectors.status()[0];
        assert!(status.why.starts_with("cannot listen at 10.0.0.200:179: "), "{status:?}");
        rig.collectors.configure(&[crate::rig::pop("fra")], &[awaited()]);
        rig.until(30);
        let status = rig.collectors.status();
        assert_eq!((status.len(), status[0].state, status[0].why.as_str()), (1, "Active", "the router has not connected"));
    });
}

#[test]
fn what_is_not_wanted_any_more_says_goodbye_and_what_stays_is_not_touched() {
    World::twice(7, |world| {
        let mut other = session();
        if let RouteSource::Bgp(bgp) = &mut other.source {
            bgp.router.set_port(1179);
        }
        let rig = Rig::new(world, &[session(), other.clone()]);
        let heard: Rc<Cell<bool>> = Rc::default();
        router(&rig.router, &["10.1.0.0/16"], 3600 * SECOND);
        let (machine, told) = (rig.router.clone(), heard.clone());
        let mut listener = machine.listen(&machine.at(1179), 8).expect("an address of this host");
        machine.spawn(async move {
            let mut speaker = Speaker::accept(&mut listener).await;
            speaker.send(&update(&[], &["10.9.0.0/16"])).await;
            speaker.send(&ends_of_rib()).await;
            told.set(speaker.heard().await.as_deref() == Some("6/2"));
        });
        rig.until(2);
        assert_eq!(rig.tables.borrow().of.values().map(|(_, table)| table.len()).sum::<usize>(), 2);
        rig.collectors.configure(&[crate::rig::pop("fra")], &[session()]);
        rig.until(3);
        assert!(heard.get());
        assert_eq!((rig.collectors.status().len(), rig.collectors.sources().len()), (1, 1));
        assert_eq!((rig.state(), rig.log.steps("routing-session-up").len()), ("Established", 2));
        assert_eq!(rig.tables.borrow().of.values().map(|(_, table)| table.len()).sum::<usize>(), 1);
        rig.collectors.stop();
        rig.until(10);
        assert!(rig.collectors.status().is_empty() && rig.collectors.sources().is_empty());
        assert_eq!(rig.edge.open_descriptors(), 0);
    });
}

/// A whole table at once, then withdrawn and told again ten times over: all arrives, in pieces with a bound, and the session lives.
#[test]
fn a_storm() {
    let counts = World::twice(8, |world| {
        let rig = Rig::new(world, &[session()]);
        let machine = rig.router.clone();
        let mut listener = machine.listen(&machine.at(179), 8).expect("an address of this host");
        let prefix = |number: u32| Prefix::of(Network::of(Ipv4Addr::from_bits(number << 8).into(), 24));
        machine.spawn(async move {
            let speaker = Speaker::accept(&mut listener).await;
            let all: Vec<Prefix> = (0x01_0000..0x01_0000 + 20_000).map(prefix).collect();
            for chunk in all.chunks(500) {
                speaker.send(&write(&[], chunk)).await;
            }
            speaker.send(&ends_of_rib()).await;
            for _ in 0..10 {
                for chunk in all.chunks(500) {
                    speaker.send(&write(chunk, &[])).await;
                }
                for chunk in all.chunks(500) {
                    speaker.send(&write(&[], chunk)).await;
                }
            }
            pending::<()>().await;
        });
        rig.until(60);
        assert_eq!(rig.state(), "Established");
        let taken = rig.tables.borrow().taken.clone();
        (rig.networks().len(), taken.len())
    });
    assert_eq!(counts.0, 20_000);
    assert!(counts.1 > 20);
}

#[test]
fn half_a_message_and_garbage() {
    World::twice(9, |world| {
        let rig = Rig::new(world, &[session()]);
        let (machine, host) = (rig.router.clone(), rig.router.host());
        let mut listener = machine.listen(&machine.at(179), 8).expect("an address of this host");
        machine.spawn(async move {
            // Half an OPEN, and the end.
            let (stream, _) = listener.accept().await.expect("a connection");
            let _ = stream.write_all(&[0xFF; 17]).await;
            drop(stream);
            // Something else altogether.
            let (stream, _) = listener.accept().await.expect("a connection");
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            host.sleep(SECOND).await;
            drop(stream);
            // A session that breaks off inside of an update.
            let speaker = Speaker::accept(&mut listener).await;
            let bytes = update(&[], &["10.1.0.0/16"]);
            speaker.send(&bytes[..bytes.len() - 3]).await;
            speaker.stream.reset();
            let speaker = Speaker::accept(&mut listener).await;
            speaker.send(&update(&[], &["10.2.0.0/16"])).await;
            speaker.send(&ends_of_rib()).await;
            pending::<()>().await;
        });
        rig.until(60);
        assert_eq!((rig.state(), rig.networks()), ("Established", vec!["10.2.0.0/16".to_string()]));
        let downs = rig.log.steps("routing-session-down");
        assert_eq!(downs.len(), 3, "{downs:?}");
        assert!(downs[1].contains("message header error: connection not synchronized (1/1); no marker where a message should begin"));
    });
}
