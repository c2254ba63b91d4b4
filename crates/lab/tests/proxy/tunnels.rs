//! Connections after 101.

use crate::support::{MS, Rig, SECOND, accepted, answered, at_ms, config, ended, released, statuses};
use lab::World;
use lab::peer::{Act, Record, Seen};

const UPGRADE: &str = "GET /chat HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n";
const SWITCHED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n";

/// A backend that upgrades and then does this.
fn upgrading(rig: &Rig<'_>, then: Vec<Act>) -> Record {
    let acts: Vec<_> = [vec![Act::send(SWITCHED)], then].concat();
    rig.serve(0, move |_| acts.clone())
}

fn client(then: Vec<Act>) -> Vec<Act> {
    [vec![Act::send(UPGRADE), Act::await_bytes("\r\n\r\n")], then].concat()
}

#[test]
fn bytes_pass_both_ways_and_the_upgrade_fields_with_them() {
    World::twice(1, |world| {
        let rig = Rig::new(world, config(1));
        let backend = upgrading(&rig, vec![Act::await_bytes("ping"), Act::send("pong"), Act::AwaitEnd, Act::Close]);
        let client = rig.ask(client(vec![Act::Wait(SECOND), Act::send("ping"), Act::await_bytes("pong"), Act::Close]));
        rig.run_until(at_ms(5_000));
        assert_eq!(statuses(&client), [101]);
        assert!(client.text().contains("Upgrade: chat\r\n") && client.text().ends_with("\r\n\r\npong"), "{}", client.text());
        assert!(backend.requests()[0].1.contains("Upgrade: chat\r\n") && backend.text().ends_with("\r\n\r\nping"));
        // The client closes at 1012 ms; the backend's own end is at the edge at 1015 ms.
        assert_eq!(rig.log.only("tunnel-closed"), "1015 tunnel-closed 4 4 client");
        assert_eq!(rig.log.only("delivered").split(' ').nth(2), Some("101"));
        rig.close();
    });
}

#[test]
fn a_minute_of_silence_in_both_directions_ends_a_tunnel() {
    World::twice(2, |world| {
        let rig = Rig::new(world, config(1));
        let backend = upgrading(&rig, vec![Act::Hang]);
        let client = rig.ask(client(vec![Act::WaitUntil(at_ms(30_002)), Act::send("x"), Act::Hang]));
        rig.run_until(at_ms(90_002));
        assert_eq!(rig.server.connections(), 1);
        rig.run_until(at_ms(90_010));
        // The last byte came at 30 003 ms.
        assert_eq!((ended(&client), released(&backend)), (Some(90_004), Some(90_004)));
        assert_eq!(rig.log.only("tunnel-closed"), "90003 tunnel-closed 1 0 idle");
        assert_eq!((rig.server.connections(), rig.server.requests_in_flight()), (0, 0));
    });
}

#[test]
fn a_heartbeat_in_one_direction_every_50_seconds_holds_a_tunnel_for_an_hour() {
    for from_client in [true, false] {
        World::twice(3, |world| {
            let rig = Rig::new(world, config(1));
            let beats: Vec<_> = (0..72).flat_map(|_| [Act::Wait(50 * SECOND), Act::send("beat")]).collect();
            let (up, down) = if from_client { (beats, vec![Act::Hang]) } else { (vec![Act::Hang], beats) };
            let backend = upgrading(&rig, down);
            let client = rig.ask(client(up));
            rig.run_until(at_ms(3_600_020));
            assert_eq!((rig.server.connections(), ended(&client), released(&backend)), (1, None, None));
            // Then it stops, and a minute after the last beat the tunnel ends.
            rig.run_until(at_ms(3_661_000));
            let beats = if from_client { &backend } else { &client };
            assert_eq!(beats.text().matches("beat").count(), 72);
            assert_eq!(rig.server.connections(), 0);
            assert!(rig.log.only("tunnel-closed").ends_with("idle"));
        });
    }
}

#[test]
fn the_end_of_one_direction_passes_and_the_other_goes_on() {
    World::twice(4, |world| {
        let rig = Rig::new(world, config(1));
        let backend = upgrading(&rig, vec![Act::AwaitEnd, Act::Wait(30 * SECOND), Act::send("last words"), Act::Close]);
        let client = rig.ask(client(vec![Act::send("over"), Act::Finish]));
        rig.over(&client);
        assert!(client.text().ends_with("last words"));
        // The client ends its stream at 8 ms, which the backend sees at 10 ms.
        assert_eq!(released(&backend), Some(10));
        assert_eq!(ended(&client), Some(30_012));
        assert_eq!(rig.log.only("tunnel-closed"), "30011 tunnel-closed 4 10 client");
        rig.close();
    });
    World::twice(5, |world| {
        let rig = Rig::new(world, config(1));
        let backend = upgrading(&rig, vec![Act::Finish, Act::await_bytes("last words"), Act::Close]);
        let client = rig.ask(client(vec![Act::AwaitEnd, Act::Wait(30 * SECOND), Act::send("last words"), Act::Close]));
        rig.run(backend.until(|seen| *seen == Seen::Closed));
        assert_eq!((ended(&client), backend.text().ends_with("last words")), (Some(8), true));
        rig.close();
    });
}

#[test]
fn bytes_after_an_upgrade_request_before_its_101_are_400() {
    World::twice(6, |world| {
        let rig = Rig::new(world, config(1));
        let backend = upgrading(&rig, vec![Act::Hang]);
        let smuggled = "GET /admin HTTP/1.1\r\nHost: a.example\r\n\r\n";
        let at_once = rig.ask(vec![Act::send(format!("{UPGRADE}{smuggled}"))]);
        rig.over(&at_once);
        assert_eq!((statuses(&at_once), answered(&at_once), accepted(&backend)), (vec![400], Some(4), 0));
        rig.close();
    });
    World::twice(7, |world| {
        let rig = Rig::new(world, config(1));
        // The bytes come while the backend thinks.
        let backend = rig.serve(0, |_| vec![Act::Wait(SECOND), Act::send(SWITCHED), Act::Hang]);
        let later = rig.ask(vec![Act::send(UPGRADE), Act::Wait(500 * MS), Act::send("GET /admin HTTP/1.1\r\nHost: a\r\n\r\n")]);
        rig.over(&later);
        assert_eq!(statuses(&later), [400]);
        assert_eq!((backend.requests().len(), rig.log.steps("tunnelled").len()), (1, 0), "no byte of it was forwarded");
        rig.run_until(at_ms(10_000));
        assert_eq!((rig.server.connections(), rig.server.requests_in_flight()), (0, 0));
    });
}

#[test]
fn a_refused_upgrade_is_an_answer_like_any_other() {
    World::twice(8, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve_all();
        let client = rig.ask(vec![Act::send(UPGRADE), Act::await_bytes("b0"), Act::send(UPGRADE), Act::await_bytes("b0"), Act::Close]);
        rig.run(client.until(|seen| *seen == Seen::Closed));
        assert_eq!(statuses(&client), [200, 200]);
        rig.close();
    });
}

#[test]
fn a_tunnel_whose_far_end_does_not_read_holds_no_more_than_the_windows() {
    World::twice(9, |world| {
        let rig = Rig::new(world, config(1));
        upgrading(&rig, vec![Act::Pause, Act::Hang]);
        let client = rig.ask(client(vec![Act::send(vec![b'x'; 1_000_000])]));
        rig.run_until(at_ms(61_000));
        // The tunnel stood still for a minute, with the client's bytes stuck.
        assert_eq!(rig.server.connections(), 0);
        let closed = rig.log.only("tunnel-closed");
        let up: u64 = closed.split(' ').nth(2).and_then(|up| up.parse().ok()).expect("a number");
        assert!(closed.ends_with("idle") && (65_536..=200_000).contains(&up), "{closed}");
        assert!(released(&client).is_some());
    });
}
