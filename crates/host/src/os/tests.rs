use super::*;
use crate::{Endpoint, File};
use decide::time::Duration;
use std::future::poll_fn;
use std::io::IoSlice;

fn loopback() -> Endpoint {
    Endpoint::Ip("127.0.0.1:0".parse().expect("an address"))
}

/// An address of one test alone: a port that it gives back is free then, and not another test's.
fn own(address: &str) -> Endpoint {
    Endpoint::Ip(format!("{address}:0").parse().expect("an address"))
}

#[test]
fn bytes_go_both_ways_over_tcp_and_the_far_ends_end_is_seen() {
    let bound = bind(&loopback()).expect("a free port");
    let at = bound.endpoint.clone();
    let (asked, answered) = run(|host| async move {
        let mut listener = host.listen(&at, 16).expect("listening");
        let mut client = host.connect(&at).await.expect("connected");
        let (mut server, _) = poll_fn(|cx| listener.poll_accept(cx)).await.expect("accepted");
        assert!(client.is_quiet() && server.is_quiet());
        poll_fn(|cx| client.poll_write(cx, &[IoSlice::new(b"pi"), IoSlice::new(b"ng")])).await.expect("written");
        poll_fn(|cx| client.poll_shutdown(cx)).await.expect("shut down");
        let asked = read_all(&mut server).await;
        poll_fn(|cx| server.poll_send_file(cx, &File::Memory(b"..pong"[..].into()), 2, 4)).await.expect("sent");
        drop(server);
        (asked, read_all(&mut client).await)
    })
    .expect("an event loop");
    assert_eq!((asked.as_slice(), answered.as_slice()), (&b"ping"[..], &b"pong"[..]));
}

async fn read_all(stream: &mut Stream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut piece = [0; 3];
    loop {
        match poll_fn(|cx| stream.poll_read(cx, &mut piece)).await.expect("readable") {
            0 => return all,
            n => all.extend_from_slice(&piece[..n]),
        }
    }
}

/// The far end of an exchange, and what came of one datagram to it.
fn exchange(far: std::net::SocketAddr, answer: impl FnOnce()) -> io::Result<Vec<u8>> {
    run(|host| async move {
        let mut socket = host.datagrams(far)?;
        poll_fn(|cx| socket.poll_send(cx, b"ping")).await?;
        answer();
        let mut buffer = [0; 16];
        let (len, from) = poll_fn(|cx| socket.poll_receive(cx, &mut buffer)).await?;
        assert_eq!(from, far);
        Ok(buffer[..len].to_vec())
    })
    .expect("an event loop")
}

#[test]
fn a_datagram_is_answered_and_strangers_are_not_heard() {
    let [server, stranger] = [0, 1].map(|_| std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port"));
    let far = server.local_addr().expect("bound");
    let answer = move || {
        let mut buffer = [0; 16];
        let (_, from) = server.recv_from(&mut buffer).expect("the question");
        stranger.send_to(b"forged", from).expect("sent");
        server.send_to(b"pong", from).expect("sent");
    };
    assert_eq!(exchange(far, answer).expect("the answer"), b"pong");
}

#[test]
fn a_port_where_nobody_listens_is_an_error_at_once() {
    // No port that the kernel gives to anybody who asks for any.
    let nobody = "127.0.0.1:1".parse().expect("an address");
    assert_eq!(exchange(nobody, || ()).expect_err("nobody is there").kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_taken_port_is_an_error_before_any_thread_listens() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = Endpoint::Ip(taken.local_addr().expect("bound"));
    assert_eq!(bind(&at).expect_err("taken").kind(), io::ErrorKind::AddrInUse);
}

#[test]
fn a_port_that_was_bound_is_nobody_elses_before_anybody_listens() {
    let bound = bind(&own("127.0.71.1")).expect("a free port");
    assert_eq!(bind(&bound.endpoint).expect_err("it is taken").kind(), io::ErrorKind::AddrInUse);
    let at = bound.endpoint.clone();
    run(|host| async move {
        let mut listener = host.listen(&at, 16).expect("it is ours");
        host.connect(&at).await.expect("connected");
        poll_fn(|cx| listener.poll_accept(cx)).await.expect("it came to who listens");
    })
    .expect("an event loop");
    let Endpoint::Ip(address) = bound.endpoint else { unreachable!("it is an IP port") };
    drop(bound);
    std::net::TcpListener::bind(address).expect("it is free again");
}

#[test]
fn what_was_given_up_a_moment_ago_can_be_taken_again_while_its_listeners_close() {
    run(|host| async move {
        let bound = bind(&own("127.0.71.2")).expect("a free port");
        let at = bound.endpoint.clone();
        let listener = host.listen(&at, 16).expect("listening");
        drop(bound);
        assert_eq!(bind(&at).expect_err("a listener is open").kind(), io::ErrorKind::AddrInUse);
        let again = bind_again(&at).expect("it is our own");
        drop(listener);
        assert_eq!(bind(&at).expect_err("it is held").kind(), io::ErrorKind::AddrInUse);
        let other = host.listen(&at, 16).expect("listening");
        drop((again, other));
        // Another program is told from our own listeners.
        let Endpoint::Ip(address) = at else { panic!("an IP address stays one") };
        let _taken = std::net::TcpListener::bind(address).expect("it is free");
        assert_eq!(bind_again(&at).expect_err("it is taken").kind(), io::ErrorKind::AddrInUse);
    })
    .expect("an event loop");
}

#[test]
fn a_deadline_passes_when_its_time_has_come_and_not_before() {
    let took = run(|host| async move {
        let began = host.now();
        host.sleep(Duration::from_millis(20)).await;
        host.now().since(began)
    })
    .expect("an event loop");
    assert!(took >= Duration::from_millis(20), "{took:?}");
}

#[test]
fn a_link_out_of_the_root_is_nothing_and_one_inside_is_followed() {
    let root = std::env::temp_dir().join(format!("throughline-host-{}", std::process::id()));
    let inside = root.join("site");
    std::fs::create_dir_all(&inside).expect("a directory");
    std::fs::write(root.join("secret"), "no").expect("a file");
    std::fs::write(inside.join("page"), "yes").expect("a file");
    for (to, link) in [("../secret", "out"), ("page", "in"), ("/etc/hostname", "absolute")] {
        let _ = std::os::unix::fs::symlink(to, inside.join(link));
    }
    let site = inside.to_str().expect("UTF-8");
    let is_file = |path| matches!(files::open(site, path), Ok(Opened::File(_)));
    assert!(is_file("page") && is_file("in"));
    assert!(!is_file("out") && !is_file("absolute") && !is_file("../secret") && !is_file("missing"));
    assert!(matches!(files::open(site, ""), Ok(Opened::Directory)));
    std::fs::remove_dir_all(&root).expect("removed");
}
