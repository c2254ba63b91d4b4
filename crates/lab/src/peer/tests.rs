use super::*;
use crate::World;
use std::io::ErrorKind;

const MS: Duration = Duration::from_millis(1);

fn at_ms(ms: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(ms)
}

/// A client and a server, 10 ms apart.
fn pair(world: &World) -> (VirtualHost, VirtualHost) {
    let (client, server) = (world.host("client", "10.0.0.1"), world.host("server", "10.0.0.2"));
    world.link(&client, &server).latency(10 * MS);
    (client, server)
}

#[test]
fn a_server_answers_by_its_script_and_both_records_have_the_times() {
    let (bytes, requests) = World::twice(1, |world| {
        let (client, server) = pair(world);
        let served = serve(&server, &server.at(80), |request| match request.number {
            0 => vec![Act::Wait(5000 * MS), Act::answer("slow")],
            _ => vec![Act::send("HTTP/1.1 200 OK\r\nContent-Le"), Act::Wait(MS), Act::send("ngth: 0\r\n\r\n"), Act::Close],
        });
        let acts = vec![Act::send("GET / HTTP/1.1\r\n\r\n"), Act::await_bytes("slow"), Act::Wait(100 * MS), Act::send("GET /2\r\n\r\n")];
        let record = connect(&client, &server.at(80), acts);
        world.run(record.until(|seen| *seen == Seen::Closed)).expect("an end");
        (record.of(0), served.requests())
    });
    assert_eq!(requests, [(at_ms(30), "GET / HTTP/1.1\r\n\r\n".to_string()), (at_ms(5150), "GET /2\r\n\r\n".to_string())]);
    let bytes_at = |ms, bytes: &str| (at_ms(ms), Seen::Bytes(bytes.as_bytes().to_vec()));
    assert_eq!(
        bytes,
        [
            (at_ms(20), Seen::Connected),
            bytes_at(5040, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow"),
            bytes_at(5160, "HTTP/1.1 200 OK\r\nContent-Le"),
            bytes_at(5161, "ngth: 0\r\n\r\n"),
            (at_ms(5161), Seen::End),
            (at_ms(5161), Seen::Closed),
        ]
    );
}

#[test]
fn a_server_that_hangs_sees_when_the_client_gives_up() {
    let world = World::new(1);
    let (client, server) = pair(&world);
    let served = serve(&server, &server.at(80), |_| vec![Act::Hang]);
    connect(&client, &server.at(80), vec![Act::send("GET /\r\n\r\n"), Act::Wait(60_000 * MS), Act::Close]);
    assert_eq!(world.run(served.over()), Ok(at_ms(60_030)));
    assert_eq!(served.requests().len(), 1);
}

#[test]
fn a_reset_is_seen_as_one_and_a_missing_listener_as_refused() {
    let world = World::new(1);
    let (client, server) = pair(&world);
    serve(&server, &server.at(80), |_| vec![Act::send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), Act::Wait(MS), Act::Reset]);
    let record = connect(&client, &server.at(80), vec![Act::send("GET /\r\n\r\n")]);
    let refused = connect(&client, &server.at(81), vec![Act::Hang]);
    assert_eq!(world.run(record.over()), Ok(at_ms(41)));
    assert!(record.text().ends_with("half"));
    assert_eq!(record.when(|seen| *seen == Seen::Failed(ErrorKind::ConnectionReset)), Some(at_ms(41)));
    assert_eq!(refused.of(0), [(at_ms(20), Seen::Failed(ErrorKind::ConnectionRefused))]);
}

#[test]
fn bodies_are_taken_before_the_answer_or_behind_it() {
    for chunked in [false, true] {
        for early in [false, true] {
            let world = World::new(1);
            let (client, server) = pair(&world);
            let served =
                serve(&server, &server.at(80), move |_| if early { vec![Act::answer("")] } else { vec![Act::TakeBody, Act::answer("")] });
            let (field, body) = if chunked { ("Transfer-Encoding: chunked", "2\r\nab\r\n0\r\n\r\n") } else { ("Content-Length: 2", "ab") };
            let head = format!("POST / HTTP/1.1\r\n{field}\r\n\r\n");
            let acts = vec![Act::send(&head), Act::Wait(1000 * MS), Act::send(body), Act::send(&head), Act::send(body), Act::Finish];
            let record = connect(&client, &server.at(80), acts);
            world.run(record.over()).expect("an end");
            assert_eq!(served.requests(), [(at_ms(30), head.clone()), (at_ms(1030), head)]);
            assert_eq!(record.when(|seen| matches!(seen, Seen::Bytes(_))), Some(at_ms(if early { 40 } else { 1040 })));
        }
    }
}

#[test]
fn a_client_that_does_not_read_holds_the_server_back_until_it_reads_again() {
    let world = World::new(1);
    let (client, server) = pair(&world);
    world.link(&client, &server).window(1000);
    let body = vec![b'x'; 5000];
    serve(&server, &server.at(80), move |_| vec![Act::answer(&body), Act::Close]);
    let acts = vec![Act::Pause, Act::send("GET /\r\n\r\n"), Act::Wait(10_000 * MS), Act::Resume];
    let record = connect(&client, &server.at(80), acts);
    world.run(record.over()).expect("an end");
    let bytes: Vec<_> = record.of(0).into_iter().filter(|(_, seen)| matches!(seen, Seen::Bytes(_))).collect();
    assert!(matches!(&bytes[0], (at, Seen::Bytes(first)) if *at == at_ms(10_020) && first.len() == 1000));
    assert_eq!(record.bytes().len(), 5000 + "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n".len());
}

#[test]
fn killing_the_server_fails_the_client() {
    let world = World::new(1);
    let (client, server) = pair(&world);
    serve(&server, &server.at(80), |_| vec![Act::Hang]);
    let record = connect(&client, &server.at(80), vec![Act::send("GET /\r\n\r\n")]);
    let killed = server.clone();
    world.at(at_ms(500), move || killed.kill());
    assert_eq!(world.run(record.over()), Ok(at_ms(510)));
    assert_eq!(record.when(|seen| matches!(seen, Seen::Failed(ErrorKind::ConnectionReset))), Some(at_ms(510)));
}
