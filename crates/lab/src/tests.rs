use crate::{Answer, EPOCH, Pieces, Reach, VirtualHost, VirtualStream, Why, World};
use decide::random::Random;
use decide::time::{Duration, Instant};
use host::{Endpoint, File, Host, Opened, Stream};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice};
use std::rc::Rc;
use std::task::Poll;

const MS: Duration = Duration::from_millis(1);

fn at_ms(ms: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(ms)
}

/// A world of two hosts, 30 ms apart.
fn pair(seed: u64) -> (World, VirtualHost, VirtualHost) {
    let world = World::new(seed);
    let client = world.host("client", "10.0.0.1 fd00::1");
    let server = world.host("server", "10.0.0.2 fd00::2");
    world.link(&client, &server).latency(30 * MS);
    (world, client, server)
}

/// Sends back what comes, as a program that knows only its host.
async fn echo(host: Host, at: Endpoint) {
    let mut listener = host.listen(&at, 16).expect("listening");
    loop {
        let (mut stream, _) = poll_fn(|cx| listener.poll_accept(cx)).await.expect("accepted");
        host.spawn(async move {
            let mut piece = [0; 1000];
            loop {
                match poll_fn(|cx| stream.poll_read(cx, &mut piece)).await {
                    Ok(0) | Err(_) => return,
                    Ok(len) => send(&mut stream, &piece[..len]).await.expect("written"),
                }
            }
        });
    }
}

async fn send(stream: &mut Stream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let len = poll_fn(|cx| stream.poll_write(cx, &[IoSlice::new(bytes)])).await?;
        bytes = &bytes[len..];
    }
    Ok(())
}

async fn read_exactly(stream: &mut Stream, len: usize) -> Vec<u8> {
    let mut all = vec![0; len];
    let mut filled = 0;
    while filled < len {
        match poll_fn(|cx| stream.poll_read(cx, &mut all[filled..])).await.expect("readable") {
            0 => panic!("the stream ended after {filled} bytes"),
            read => filled += read,
        }
    }
    all
}

/// A connection between the lab's own kinds of streams.
async fn connected(client: &VirtualHost, server: &VirtualHost) -> (VirtualStream, VirtualStream) {
    let mut listener = server.listen(&server.at(80), 16).expect("listening");
    let near = client.connect(&server.at(80)).await.expect("connected");
    let (far, _) = listener.accept().await.expect("accepted");
    (near, far)
}

#[test]
fn an_echo_takes_its_round_trips_to_the_nanosecond() {
    let (world, client, server) = pair(1);
    server.spawn(echo(server.host(), server.at(80)));
    let host = client.host();
    let times = world.run(async {
        let mut stream = host.connect(&server.at(80)).await.expect("connected");
        let connected = host.now();
        send(&mut stream, b"hello").await.expect("written");
        assert_eq!(read_exactly(&mut stream, 5).await, b"hello");
        (connected, host.now())
    });
    assert_eq!(times, Ok((Instant::from_nanos(60_000_000), Instant::from_nanos(120_000_000))));
}

#[test]
fn a_minutes_limit_passes_at_its_nanosecond_and_the_calendar_goes_along() {
    let (world, client, server) = pair(1);
    let (host, other) = (client.host(), server.host());
    world
        .run(async {
            let mut limit = host.deadline();
            limit.set(host.now() + Duration::new(60, 7));
            other.sleep(Duration::from_nanos(1)).await;
            assert_eq!(host.now().as_nanos(), 1);
            poll_fn(|cx| limit.poll_passed(cx)).await;
        })
        .expect("an end");
    assert_eq!(host.now().as_nanos(), 60_000_000_007);
    assert_eq!(host.calendar().0, EPOCH.0 + Duration::new(60, 7));
}

#[test]
fn a_writer_is_held_back_by_a_reader_that_does_not_read() {
    let (world, client, server) = pair(1);
    let written = Rc::new(Cell::new(0));
    world
        .run(async {
            let (near, far) = connected(&client, &server).await;
            let count = written.clone();
            client.spawn(async move {
                let bytes = vec![7; 10_000];
                while count.get() < 1 << 20 {
                    let len = bytes.len().min((1 << 20) - count.get());
                    let len = poll_fn(|cx| near.poll_write(cx, &[IoSlice::new(&bytes[..len])])).await.expect("written");
                    count.set(count.get() + len);
                }
            });
            world.sleep(Duration::from_secs(10)).await;
            assert_eq!(written.get(), 65536, "the window, and not a byte more");
            let mut piece = vec![0; 3000];
            let mut read = 0;
            loop {
                match far.read(&mut piece).await.expect("readable") {
                    0 => break,
                    len => read += len,
                }
                assert!(written.get() - read <= 65536);
            }
            assert_eq!(read, 1 << 20);
        })
        .expect("an end");
}

#[test]
fn what_is_written_at_once_and_in_torn_pieces_is_the_same_bytes() {
    let run = |seed, pieces| {
        let (world, client, server) = pair(seed);
        world.link(&client, &server).pieces(pieces);
        let reads = world
            .run(async {
                let (near, far) = connected(&client, &server).await;
                let sent: Vec<u8> = (0..=255).cycle().take(5000).collect();
                let copy = sent.clone();
                client.spawn(async move { near.write_all(&copy).await.expect("written") });
                let (mut all, mut reads, mut piece) = (Vec::new(), Vec::new(), [0; 8192]);
                loop {
                    match far.read(&mut piece).await.expect("readable") {
                        0 => break,
                        len => {
                            all.extend_from_slice(&piece[..len]);
                            reads.push(len);
                        }
                    }
                }
                assert_eq!(all, sent);
                reads
            })
            .expect("an end");
        (reads, world.trace())
    };
    assert_eq!(run(1, Pieces::Whole).0, [5000]);
    assert_eq!(run(1, Pieces::Of(2000)).0, [2000, 2000, 1000]);
    let torn = run(1, Pieces::Torn(700));
    assert!(torn.0.len() > 5 && torn.0.iter().all(|len| *len <= 700));
    assert_eq!(run(1, Pieces::Torn(700)), torn, "the same seed, the same bytes at the same times");
    assert_ne!(run(2, Pieces::Torn(700)).0, torn.0);
}

#[test]
fn a_bandwidth_is_shared_by_all_connections_of_a_link() {
    let (world, client, server) = pair(1);
    world.link(&client, &server).bandwidth(Some(100_000));
    let ends = world
        .run(async {
            let (one, first) = connected(&client, &server).await;
            let (two, second) = connected(&client, &server).await;
            let began = world.now();
            one.write_all(&[1; 10_000]).await.expect("written");
            two.write_all(&[2; 5_000]).await.expect("written");
            let mut piece = [0; 20_000];
            assert_eq!(first.read(&mut piece).await.expect("readable"), 10_000);
            let first = world.now().since(began);
            assert_eq!(second.read(&mut piece).await.expect("readable"), 5_000);
            (first, world.now().since(began))
        })
        .expect("an end");
    assert_eq!(ends, (130 * MS, 180 * MS));
}

#[test]
fn a_kill_resets_its_connections_after_the_latency_and_drops_its_tasks() {
    let (world, client, server) = pair(1);
    let mark = Rc::new(());
    let mut streams = Vec::new();
    let held = mark.clone();
    server.spawn(async move {
        let _held = held;
        std::future::pending::<()>().await;
    });
    world
        .run(async {
            let (near, far) = connected(&client, &server).await;
            far.write_all(b"last words").await.expect("written");
            world.sleep(MS).await;
            server.kill();
            let killed = world.now();
            assert_eq!(Rc::strong_count(&mark), 1, "the task is gone at once");
            let mut piece = [0; 100];
            assert_eq!(near.read(&mut piece).await.expect("what came before"), 10);
            assert_eq!(near.read(&mut piece).await.expect_err("reset").kind(), ErrorKind::ConnectionReset);
            assert_eq!(world.now().since(killed), 30 * MS);
            assert_eq!(near.read(&mut piece).await.expect("told once"), 0);
            assert_eq!(near.write_all(b"x").await.expect_err("closed").kind(), ErrorKind::BrokenPipe);
            assert_eq!(client.connect(&server.at(80)).await.err().map(|error| error.kind()), Some(ErrorKind::ConnectionRefused));
            server.spawn(echo(server.host(), server.at(80)));
            streams.push(client.connect(&server.at(80)).await.expect("it was started again"));
            drop(far);
        })
        .expect("an end");
}

#[test]
fn an_exit_ends_streams_in_order() {
    let (world, client, server) = pair(1);
    server.spawn(echo(server.host(), server.at(80)));
    world
        .run(async {
            let near = client.connect(&server.at(80)).await.expect("connected");
            near.write_all(b"a").await.expect("written");
            let mut piece = [0; 10];
            assert_eq!(near.read(&mut piece).await.expect("echoed"), 1);
            server.exit();
            assert_eq!(near.read(&mut piece).await.expect("the end, not an error"), 0);
        })
        .expect("an end");
    assert_eq!(server.open_descriptors(), 0);
}

#[test]
fn closing_with_something_unread_resets_and_writing_to_a_closed_end_does() {
    let (world, client, server) = pair(1);
    world
        .run(async {
            let mut piece = [0; 10];
            let (near, far) = connected(&client, &server).await;
            near.write_all(b"unread").await.expect("written");
            world.sleep(100 * MS).await;
            drop(far);
            assert_eq!(near.read(&mut piece).await.expect_err("reset").kind(), ErrorKind::ConnectionReset);
            let (near, far) = connected(&client, &server).await;
            drop(far);
            assert_eq!(near.read(&mut piece).await.expect("the end"), 0);
            near.write_all(b"x").await.expect("half-closed is open for writing");
            world.sleep(60 * MS).await;
            // RFC 9293 §3.10.7.4: the reset answers data for which nobody is left; Linux tells it as a broken pipe after the end.
            assert_eq!(near.write_all(b"x").await.expect_err("reset").kind(), ErrorKind::BrokenPipe);
        })
        .expect("an end");
}

#[test]
fn half_close_lets_the_other_direction_go_on() {
    let (world, client, server) = pair(1);
    world
        .run(async {
            let (near, far) = connected(&client, &server).await;
            near.write_all(b"ask").await.expect("written");
            near.shutdown();
            let mut piece = [0; 10];
            assert_eq!(far.read(&mut piece).await.expect("asked"), 3);
            assert_eq!(far.read(&mut piece).await.expect("ended"), 0);
            far.write_all(b"answer").await.expect("written");
            assert_eq!(near.read(&mut piece).await.expect("answered"), 6);
            assert_eq!(near.write_all(b"more").await.expect_err("shut").kind(), ErrorKind::BrokenPipe);
        })
        .expect("an end");
}

#[test]
fn without_a_listener_and_by_a_fault_connecting_is_refused_after_a_round_trip() {
    let (world, client, server) = pair(1);
    let refused = async || client.connect(&server.at(80)).await.err().map(|error| (error.kind(), world.now()));
    world
        .run(async {
            assert_eq!(refused().await, Some((ErrorKind::ConnectionRefused, at_ms(60))));
            server.spawn(echo(server.host(), server.at(80)));
            let stream = client.connect(&server.at(80)).await.expect("connected");
            world.link(&client, &server).refuse();
            assert_eq!(refused().await, Some((ErrorKind::ConnectionRefused, at_ms(180))));
            stream.write_all(b"still").await.expect("what exists goes on");
            assert_eq!(stream.read(&mut [0; 5]).await.expect("echoed"), 5);
            world.link(&client, &server).mend();
            client.connect(&server.at(80)).await.expect("connected");
            let nowhere = Endpoint::Ip("10.9.9.9:80".parse().expect("an address"));
            assert_eq!(client.connect(&nowhere).await.err().map(|error| error.kind()), Some(ErrorKind::HostUnreachable));
        })
        .expect("an end");
}

#[test]
fn a_blackhole_never_answers_until_the_request_is_sent_again_or_given_up() {
    let (world, client, server) = pair(1);
    server.spawn(echo(server.host(), server.at(80)));
    server.blackhole();
    let mender = server.clone();
    world.at(at_ms(150_000), move || mender.mend());
    world
        .run(async {
            let error = client.connect(&server.at(80)).await.err().map(|error| error.kind());
            assert_eq!((error, world.now()), (Some(ErrorKind::TimedOut), at_ms(127_000)));
            client.connect(&server.at(80)).await.expect("mended");
            assert_eq!(world.now(), at_ms(127_000 + 31_000 + 60), "the request of 31 seconds after the first");
        })
        .expect("an end");
}

#[test]
fn a_stall_freezes_what_is_on_its_way_and_it_goes_on() {
    let (world, client, server) = pair(1);
    let link = world.link(&client, &server);
    let (stall, mend) = (link.clone(), link.clone());
    world
        .run(async {
            let (near, far) = connected(&client, &server).await;
            let began = world.now();
            near.write_all(b"before").await.expect("written");
            world.at(began + 10 * MS, move || _ = stall.stall());
            world.at(began + 1000 * MS, move || _ = mend.mend());
            world.sleep(500 * MS).await;
            near.write_all(b"during").await.expect("written");
            let mut piece = [0; 100];
            assert_eq!(far.read(&mut piece).await.expect("readable"), 6);
            assert_eq!(world.now().since(began), 1020 * MS, "20 ms of its way were left");
            assert_eq!(far.read(&mut piece).await.expect("readable"), 6);
            assert_eq!((world.now().since(began), &piece[..6]), (1030 * MS, &b"during"[..]));
        })
        .expect("an end");
}

#[test]
fn a_stalled_host_neither_hears_nor_is_heard() {
    let (world, client, server) = pair(1);
    world
        .run(async {
            let (near, far) = connected(&client, &server).await;
            near.write_all(b"in").await.expect("written");
            far.write_all(b"out").await.expect("written");
            server.stall();
            world.sleep(1000 * MS).await;
            server.mend();
            let mended = world.now();
            assert_eq!(near.read(&mut [0; 9]).await.expect("readable"), 3);
            assert_eq!(world.now().since(mended), 30 * MS);
            assert_eq!(far.read(&mut [0; 9]).await.expect("readable"), 2);
            assert_eq!(world.now().since(mended), 30 * MS);
        })
        .expect("an end");
}

#[test]
fn a_connection_that_is_asked_for_in_a_stall_is_made_after_it() {
    for (mended, made) in [(500, 560), (1500, 1560)] {
        let (world, client, server) = pair(1);
        server.spawn(echo(server.host(), server.at(80)));
        world.link(&client, &server).stall();
        let link = world.link(&client, &server);
        world.at(at_ms(mended), move || _ = link.mend());
        world
            .run(async {
                let stream = client.connect(&server.at(80)).await.expect("connected");
                assert_eq!(world.now(), at_ms(made));
                // The request was sent twice by then, and the second is nothing new.
                stream.write_all(b"x").await.expect("written");
                assert_eq!(stream.read(&mut [0; 2]).await.expect("echoed"), 1);
                world.sleep(5000 * MS).await;
            })
            .expect("an end");
        assert_eq!(server.open_descriptors(), 2);
    }
}

#[test]
fn a_slow_host_is_slow_to_all_others() {
    let (world, client, server) = pair(1);
    let third = world.host("third", "10.0.0.3");
    world.links(&server).latency(100 * MS).back().latency(50 * MS);
    server.spawn(echo(server.host(), server.at(80)));
    for (from, made) in [(&client, 150), (&third, 300)] {
        let connected = world.run(async { from.connect(&server.at(80)).await.map(|_| world.now()) });
        assert_eq!(connected.expect("an end").expect("connected"), at_ms(made));
    }
}

#[test]
fn nothing_overtakes_when_the_latency_falls() {
    let (world, client, server) = pair(1);
    world
        .run(async {
            let (near, far) = connected(&client, &server).await;
            let began = world.now();
            near.write_all(b"first").await.expect("written");
            world.link(&client, &server).latency(MS);
            near.write_all(b"second").await.expect("written");
            let mut piece = [0; 5];
            far.read(&mut piece).await.expect("readable");
            assert_eq!((&piece, world.now().since(began)), (b"first", 30 * MS));
        })
        .expect("an end");
}

#[test]
fn one_direction_can_stall_alone() {
    let (world, client, server) = pair(1);
    world
        .run(async {
            let (near, far) = connected(&client, &server).await;
            world.link(&client, &server).there().stall();
            near.write_all(b"lost").await.expect("written");
            far.write_all(b"heard").await.expect("written");
            let mut piece = [0; 10];
            assert_eq!(near.read(&mut piece).await.expect("readable"), 5);
            let silent = poll_fn(|cx| Poll::Ready(far.poll_read(cx, &mut piece).is_pending())).await;
            assert!(silent);
        })
        .expect("an end");
}

#[test]
fn a_cut_resets_both_ends_and_new_connections_meet_what_was_said() {
    let (world, client, server) = pair(1);
    world
        .run(async {
            let (near, far) = connected(&client, &server).await;
            near.write_all(b"lost on the way").await.expect("written");
            world.link(&client, &server).cut(Reach::Refuse);
            for end in [&near, &far] {
                assert_eq!(end.read(&mut [0; 5]).await.expect_err("cut").kind(), ErrorKind::ConnectionReset);
            }
            let _listener = server.listen(&server.at(80), 1).expect("listening");
            assert_eq!(client.connect(&server.at(80)).await.err().map(|error| error.kind()), Some(ErrorKind::ConnectionRefused));
        })
        .expect("an end");
}

#[test]
fn a_full_backlog_makes_the_client_ask_again() {
    let (world, client, server) = pair(1);
    world
        .run(async {
            let mut listener = server.listen(&server.at(80), 1).expect("listening");
            let _first = client.connect(&server.at(80)).await.expect("connected");
            let (from, to) = (client.clone(), server.at(80));
            let second = Rc::new(Cell::new(None));
            let (when, host) = (second.clone(), client.host());
            client.spawn(async move {
                let _stream = from.connect(&to).await.expect("connected");
                when.set(Some(host.now()));
                std::future::pending::<()>().await;
            });
            world.sleep(500 * MS).await;
            listener.accept().await.expect("the first");
            listener.accept().await.expect("the second");
            assert_eq!(second.get(), Some(at_ms(60 + 1000 + 60)));
        })
        .expect("an end");
}

#[test]
fn connections_that_nobody_accepted_are_reset_with_their_listener() {
    let (world, client, server) = pair(1);
    world
        .run(async {
            let listener = server.listen(&server.at(80), 5).expect("listening");
            let near = client.connect(&server.at(80)).await.expect("connected");
            world.sleep(100 * MS).await;
            drop(listener);
            assert_eq!(near.read(&mut [0; 5]).await.expect_err("reset").kind(), ErrorKind::ConnectionReset);
        })
        .expect("an end");
    assert_eq!((server.open_descriptors(), world.connections()), (0, 0));
}

#[test]
fn listeners_of_one_address_share_connections_and_ports_are_given_out() {
    let (world, client, server) = pair(1);
    let any = Endpoint::Ip("0.0.0.0:80".parse().expect("an address"));
    let ours = Endpoint::Ip("10.0.0.1:80".parse().expect("an address"));
    assert_eq!(server.listen(&ours, 1).err().map(|error| error.kind()), Some(ErrorKind::AddrNotAvailable));
    world
        .run(async {
            let (mut one, mut two) = (server.listen(&any, 5).expect("listening"), server.listen(&any, 5).expect("listening"));
            let free = server.listen(&server.at(0), 5).expect("listening");
            assert_eq!(server.listening(), [any.clone(), any.clone(), server.at(49152)]);
            drop(free);
            let (_a, _b) = (client.connect(&server.at(80)).await, client.connect(&server.at(80)).await);
            let (_, first) = two.accept().await.expect("accepted");
            let (_, second) = one.accept().await.expect("accepted");
            assert_eq!((first, second), (client.at(32768), client.at(32769)));
        })
        .expect("an end");
}

#[test]
fn unix_sockets_and_loopback_stay_inside_their_host() {
    let (world, client, server) = pair(1);
    let path = Endpoint::Unix("/run/app.sock".to_string());
    let inside = Endpoint::Ip("[::1]:80".parse().expect("an address"));
    server.spawn(echo(server.host(), path.clone()));
    server.spawn(echo(server.host(), inside.clone()));
    server.blackhole();
    world
        .run(async {
            for to in [&path, &inside] {
                let mut stream = server.host().connect(to).await.expect("connected");
                send(&mut stream, b"x").await.expect("written");
                assert_eq!(read_exactly(&mut stream, 1).await, b"x");
                let refused = client.host().connect(to).await.err().map(|error| error.kind());
                assert_eq!(refused, Some(ErrorKind::ConnectionRefused));
            }
        })
        .expect("an end");
}

#[test]
fn names_have_the_addresses_of_the_table_and_change_with_it() {
    let (world, client, server) = pair(1);
    let host = client.host();
    world.names().set("app.internal", "10.0.0.2 fd00::2", Duration::from_secs(5));
    world
        .run(async {
            let names = host.resolve("app.internal").await.expect("known");
            assert_eq!((names.addresses[0], names.addresses.len(), names.ttl), (server.address(), 2, Duration::from_secs(5)));
            assert_eq!(host.now(), at_ms(1));
            world.names().answer("app.internal", Answer::Failing);
            assert_eq!(host.resolve("app.internal").await.expect_err("failing").kind(), ErrorKind::Other);
            assert_eq!(host.resolve("nobody").await.expect_err("unknown").kind(), ErrorKind::NotFound);
            world.names().answer("app.internal", Answer::Silent);
            let (mut answer, mut limit) = (host.resolve("app.internal"), host.deadline());
            limit.set(host.now() + Duration::from_secs(30));
            poll_fn(|cx| {
                assert!(answer.as_mut().poll(cx).is_pending());
                limit.poll_passed(cx)
            })
            .await;
        })
        .expect("an end");
}

#[test]
fn files_are_a_tree_that_nothing_leaves() {
    let (world, client, _) = pair(1);
    client.put_file("/srv/site/css/a.css", b"body{}");
    client.put_file("/srv/secret", b"no");
    let host = client.host();
    let open = |path| host.open("/srv/site/", path);
    let Ok(Opened::File(found)) = open("css/a.css") else { panic!("a file") };
    let mut bytes = [0; 10];
    assert_eq!((found.size, found.file.read_at(1, &mut bytes).expect("readable")), (6, 5));
    assert!(matches!(found.file, File::Memory(_)) && found.modified == world_epoch(&world));
    assert!(matches!(open(""), Ok(Opened::Directory)) && matches!(open("css"), Ok(Opened::Directory)));
    assert!(matches!(open("../secret"), Ok(Opened::Nothing)) && matches!(open("missing"), Ok(Opened::Nothing)));
    assert_eq!(host.open("/nowhere", "a").expect_err("no root").kind(), ErrorKind::NotFound);
}

fn world_epoch(world: &World) -> decide::time::Calendar {
    decide::time::Calendar(EPOCH.0 + world.now().since(Instant::ZERO))
}

#[test]
fn a_scenario_that_waits_for_nothing_is_told_with_who_waits() {
    let (world, client, server) = pair(42);
    server.spawn(echo(server.host(), server.at(80)));
    let halted = world
        .run(async {
            let stream = client.connect(&server.at(80)).await.expect("connected");
            stream.read(&mut [0; 1]).await.expect("never")
        })
        .expect_err("nobody writes");
    assert_eq!((halted.why, halted.at, halted.pending.len()), (Why::NothingLeft, at_ms(90), 2));
    let text = halted.to_string();
    assert!(text.contains("seed 42") && text.contains("server: task 1, began at 0ns, last ran at 90ms"), "{text}");
}

#[test]
fn a_scenario_without_end_is_stopped_by_steps_and_by_time() {
    let (world, client, _) = pair(1);
    let host = client.host();
    let spin = || {
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        })
    };
    world.bound(1000, at_ms(5000));
    let ticks = async {
        loop {
            host.sleep(1000 * MS).await;
        }
    };
    assert_eq!(world.run(ticks).expect_err("time").why, Why::Time);
    assert_eq!(world.run(spin()).expect_err("steps").why, Why::Steps);
}

#[test]
fn a_hosts_randomness_is_its_own() {
    let draw = |seed, names: &[&str]| {
        let world = World::new(seed);
        let hosts: Vec<_> = names.iter().map(|name| world.host(name, "").host()).collect();
        (0..4).map(|_| hosts.last().expect("a host").rng().next()).collect::<Vec<_>>()
    };
    assert_eq!(draw(1, &["a", "b"]), draw(1, &["z", "y", "a", "b"]));
    assert_ne!(draw(1, &["a"]), draw(1, &["b"]));
    assert_ne!(draw(1, &["a"]), draw(2, &["a"]));
}

#[test]
fn idle_connections_cost_a_transfer_nothing() {
    let run = |idle: usize| {
        let (world, client, server) = pair(1);
        server.spawn(echo(server.host(), server.at(80)));
        world
            .run(async {
                let mut held = Vec::new();
                for _ in 0..idle {
                    held.push(client.connect(&server.at(80)).await.expect("connected"));
                }
                let mut stream = client.host().connect(&server.at(80)).await.expect("connected");
                let before = world.events();
                for _ in 0..100 {
                    send(&mut stream, &[1; 1000]).await.expect("written");
                    read_exactly(&mut stream, 1000).await;
                }
                world.events() - before
            })
            .expect("an end")
    };
    assert_eq!(run(10_000), run(0));
}

/// What a seed makes of a transfer: torn pieces, odd windows, slow lines, and stalls from before the handshake on.
fn troubled_transfer(world: &World) -> (u64, usize) {
    let (client, server) = (world.host("client", "10.0.0.1"), world.host("server", "10.0.0.2"));
    let dice = world.host("dice", "").host();
    let draw = |most: u64| dice.rng().below(most);
    let link = world.link(&client, &server);
    let window = 1 + usize::try_from(draw(2000)).expect("small");
    link.pieces(Pieces::Torn(1 + window / 3)).window(window).latency(Duration::from_micros(draw(800_000)));
    link.bandwidth(Some(5_000 + draw(100_000)));
    for _ in 0..draw(4) {
        let (begin, span) = (Duration::from_micros(draw(3_000_000)), Duration::from_micros(draw(3_000_000)));
        let (one, other) = (world.link(&client, &server), world.link(&client, &server));
        world.at(Instant::ZERO + begin, move || _ = one.stall());
        world.at(Instant::ZERO + begin + span, move || _ = other.mend());
    }
    let sent: Vec<u8> = (0..4_000).map(|_| dice.rng().next() as u8).collect();
    world
        .run(async {
            let (near, far) = connected(&client, &server).await;
            let (written, copy) = (Rc::new(Cell::new(0)), sent.clone());
            let count = written.clone();
            client.spawn(async move {
                while count.get() < copy.len() {
                    let rest = &copy[count.get()..];
                    let len = poll_fn(|cx| near.poll_write(cx, &[IoSlice::new(&rest[..1]), IoSlice::new(&rest[1..])])).await;
                    count.set(count.get() + len.expect("written"));
                }
            });
            let (mut all, mut piece) = (Vec::new(), [0; 700]);
            loop {
                match far.read(&mut piece).await.expect("readable") {
                    0 => break,
                    len => all.extend_from_slice(&piece[..len]),
                }
                assert!(written.get() - all.len() <= window);
            }
            assert!(all == sent, "every byte, in order");
            (world.now().as_nanos(), all.len())
        })
        .expect("an end")
}

#[test]
fn bytes_come_whole_and_in_order_whatever_the_link_does_and_each_run_repeats_itself() {
    let ends: Vec<_> = (0..40).map(|seed| World::twice(seed, troubled_transfer)).collect();
    assert!(ends.windows(2).all(|pair| pair[0].0 != pair[1].0), "seeds differ");
}

#[test]
#[should_panic(expected = "seed 3: the runs part here")]
fn a_scenario_that_does_not_repeat_itself_is_found() {
    let runs = Cell::new(0);
    World::twice(3, |world| {
        let (client, server) = (world.host("client", "10.0.0.1"), world.host("server", "10.0.0.2"));
        runs.set(runs.get() + 1);
        world.link(&client, &server).latency(runs.get() * MS);
        assert!(world.run(client.connect(&server.at(80))).expect("an end").is_err());
    });
}

#[test]
fn a_killed_hosts_old_listener_does_not_touch_the_new_one() {
    let (world, client, server) = pair(1);
    world
        .run(async {
            let mut old = server.listen(&server.at(80), 1).expect("listening");
            server.kill();
            assert_eq!(old.accept().await.err().map(|error| error.kind()), Some(ErrorKind::NotConnected));
            let _new = server.listen(&server.at(80), 1).expect("listening");
            drop(old);
            client.connect(&server.at(80)).await.expect("connected");
        })
        .expect("an end");
}

#[test]
fn a_task_that_kills_its_own_host_runs_to_its_next_wait() {
    let (world, client, server) = pair(1);
    let (own, reached) = (server.clone(), Rc::new(Cell::new(0)));
    let count = reached.clone();
    server.spawn(async move {
        own.kill();
        count.set(1);
        own.host().sleep(MS).await;
        count.set(2);
    });
    world.run(client.host().sleep(100 * MS)).expect("an end");
    assert_eq!((reached.get(), Rc::strong_count(&reached)), (1, 1));
}

#[test]
fn descriptors_run_out_and_come_back() {
    let (world, client, server) = pair(1);
    world
        .run(async {
            let mut listener = server.listen(&server.at(80), 5).expect("listening");
            server.limit_descriptors(2);
            let near = client.connect(&server.at(80)).await.expect("connected");
            let _waits = client.connect(&server.at(80)).await.expect("connected");
            let (far, _) = listener.accept().await.expect("accepted");
            world.sleep(100 * MS).await;
            assert_eq!(listener.accept().await.err().and_then(|error| error.raw_os_error()), Some(24));
            drop((far, near));
            listener.accept().await.expect("the second, which had to wait");
        })
        .expect("an end");
}

#[test]
fn a_glance_at_an_idle_stream_does_not_take_the_readers_place() {
    let (world, client, server) = pair(1);
    let seen = Rc::new(RefCell::new(Vec::new()));
    world
        .run(async {
            let (near, far) = connected(&client, &server).await;
            let stream = Rc::new(RefCell::new(Stream::Virtual(Box::new(near))));
            let (reader, log) = (stream.clone(), seen.clone());
            client.spawn(async move {
                let mut piece = [0; 5];
                let len = poll_fn(|cx| reader.borrow_mut().poll_read(cx, &mut piece)).await.expect("readable");
                log.borrow_mut().extend_from_slice(&piece[..len]);
            });
            world.sleep(MS).await;
            assert!(stream.borrow_mut().is_quiet());
            far.write_all(b"now").await.expect("written");
            world.sleep(100 * MS).await;
        })
        .expect("an end");
    assert_eq!(*seen.borrow(), b"now");
}
