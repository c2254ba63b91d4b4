//! The name server over real sockets: asked by dig and kdig, by UDP and TCP, and by who means no good.

use crate::support::PATIENCE;
use crate::support::edge::{BINARY, Edge};
use crate::support::peers::find;
use crate::support::place::Place;
use crate::support::ports::free_address;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use wire::dns::{Message, Name, Query, RecordType, ResponseCode};

/// A zone with one long set.
fn config(at: SocketAddr, more: &str) -> String {
    let texts: Vec<String> = (0..40).map(|number| format!("\"\\\"{number:040}\\\"\"")).collect();
    format!(
        "[server]\nworkers = 2\n[dns]\nat = [\"{at}\"]\n{more}\n[zone.\"example.test\"]\n\
         [[zone.\"example.test\".record]]\nname = \"@\"\ntype = \"SOA\"\n\
         values = [\"ns.example.test. host.example.test. 7 3600 600 86400 60\"]\n\
         [[zone.\"example.test\".record]]\nname = \"@\"\ntype = \"NS\"\nvalues = [\"ns.example.test.\"]\n\
         [[zone.\"example.test\".record]]\nname = \"ns\"\ntype = \"A\"\nvalues = [\"192.0.2.53\"]\n\
         [[zone.\"example.test\".record]]\nname = \"www\"\ntype = \"A\"\nvalues = [\"192.0.2.80\"]\n\
         [[zone.\"example.test\".record]]\nname = \"long\"\ntype = \"TXT\"\norder = \"fixed\"\nvalues = [{}]\n",
        texts.join(", ")
    )
}

fn serve(more: &str) -> (Edge, SocketAddr) {
    let at = free_address();
    let place = Place::new();
    let path = place.file("edge.toml", format!("[admin]\nat = \"off\"\n{}", config(at, more)));
    let edge = Edge::start(place, Command::new(BINARY).args(["serve", &path]), 1);
    (edge, at)
}

fn run(program: &str, at: SocketAddr, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(find(program)?);
    command.args([&format!("@{}", at.ip()), "-p", &at.port().to_string(), "+timeout=60"]).args(arguments).stdin(Stdio::null());
    let output = command.output().expect("it runs");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn query(name: &str) -> Vec<u8> {
    let question = Query { name: Name::parse(name).expect("a name"), kind: RecordType::A };
    Message::query(77, question, false, None).write().expect("short")
}

fn ask(socket: &UdpSocket, bytes: &[u8]) -> Message {
    socket.send(bytes).expect("sent");
    let mut answer = [0; 4096];
    let len = socket.recv(&mut answer).expect("an answer");
    Message::read(&answer[..len]).expect("a message")
}

/// Whether what comes next is an answer to the query of this number, with one record.
fn is_answer(socket: &UdpSocket, id: u16) -> bool {
    let mut answer = [0; 4096];
    let len = socket.recv(&mut answer).expect("an answer");
    Message::read(&answer[..len]).is_ok_and(|message| message.id == id && message.answer.len() == 1)
}

/// A connection on which a query was answered.
fn asked(at: SocketAddr, query: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(at).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    let len = u16::try_from(query.len()).expect("it fits").to_be_bytes();
    stream.write_all(&[&len, query].concat()).expect("it is sent");
    let mut len = [0; 2];
    stream.read_exact(&mut len).expect("an answer");
    stream.read_exact(&mut vec![0; usize::from(u16::from_be_bytes(len))]).expect("all of it");
    stream
}

fn socket(at: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    socket.connect(at).expect("an address");
    socket
}

#[test]
fn dig_and_kdig_are_answered_by_udp_and_tcp() {
    let (_edge, at) = serve("");
    let Some(text) = run("dig", at, &["www.example.test", "A", "+norec", "+nsid", "+subnet=198.51.100.0/24"]) else { return };
    for wanted in ["status: NOERROR", " aa", "192.0.2.80", "; COOKIE: ", "(good)", "; CLIENT-SUBNET: 198.51.100.0/24/0", "; NSID: "] {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    assert!(!text.contains("WARNING") && !text.contains(";; Warning"), "{text}");
    // What does not fit is asked again by TCP.
    let text = run("dig", at, &["long.example.test", "TXT", "+bufsize=512"]).expect("it is there");
    assert!(text.contains("Truncated, retrying in TCP mode") && text.contains("ANSWER: 40"), "{text}");
    let text = run("dig", at, &["www.example.test", "A", "+tcp", "+keepopen"]).expect("it is there");
    assert!(text.contains("192.0.2.80") && text.contains("(TCP)"), "{text}");
    let text = run("dig", at, &["nowhere.example.test", "A"]).expect("it is there");
    assert!(text.contains("status: NXDOMAIN") && text.contains("SOA"), "{text}");
    let text = run("dig", at, &["elsewhere.test", "A"]).expect("it is there");
    assert!(text.contains("status: REFUSED") && text.contains("EDE: 20"), "{text}");
    let text = run("dig", at, &["www.example.test", "A", "+edns=3", "+noednsneg"]).expect("it is there");
    assert!(text.contains("status: BADVERS"), "{text}");
    let Some(text) = run("kdig", at, &["www.example.test", "A", "+tcp", "+cookie"]) else { return };
    assert!(text.contains("192.0.2.80") && text.contains("COOKIE"), "{text}");
}

#[test]
fn a_batch_of_queries_is_answered_each() {
    let (_edge, at) = serve("rate = 0");
    let sockets: Vec<UdpSocket> = (0..8).map(|_| socket(at)).collect();
    // Not more at once than a socket of the server surely holds, whoever is asked first: what is more the kernel may drop.
    for _ in 0..10 {
        for socket in &sockets {
            for _ in 0..10 {
                socket.send(&query("www.example.test")).expect("sent");
            }
        }
        for socket in &sockets {
            for _ in 0..10 {
                let mut answer = [0; 512];
                let len = socket.recv(&mut answer).expect("an answer");
                assert_eq!(Message::read(&answer[..len]).expect("a message").answer.len(), 1);
            }
        }
    }
}

#[test]
fn what_means_no_good_does_no_harm() {
    let (mut edge, at) = serve("rate = 0\nconnections-per-address = 4\nidle-timeout = \"1h\"");
    let asking = socket(at);
    // Every length and many bytes: whatever comes of them, the next query is answered.
    let good = query("www.example.test");
    let last = [&[0, 78], &good[2..]].concat();
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let stranger = socket(at);
    for number in 0..3000 {
        // All of it is looked at: the server is asked now and then by the same socket, before the kernel drops what is too much at once.
        if number % 50 == 0 {
            stranger.send(&last).expect("sent");
            while !is_answer(&stranger, 78) {}
        }
        let mut bytes = good.clone();
        for _ in 0..=next() % 4 {
            let place = next() % bytes.len();
            bytes[place] = next() as u8;
        }
        bytes.truncate(1 + next() % bytes.len());
        stranger.send(&bytes).expect("sent");
    }
    stranger.send(&vec![0xc0; 9000]).expect("sent");
    stranger.send(&last).expect("sent");
    while !is_answer(&stranger, 78) {}
    assert_eq!(ask(&asking, &good).answer.len(), 1);
    // Connections that say half a message. Four of them were let in, for they were answered before.
    let mut idle: Vec<TcpStream> = (0..4).map(|_| asked(at, &good)).collect();
    idle.extend((0..4).filter_map(|_| TcpStream::connect(at).ok()));
    idle.iter_mut().for_each(|stream| drop(stream.write_all(&[0, 200, 1, 2, 3])));
    let closed = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        stream.read(&mut [0; 16]).map_or(true, |count| count == 0)
    };
    assert!(idle.iter_mut().skip(4).all(closed), "the fifth of one address and those after it are turned away");
    assert_eq!(ask(&asking, &good).answer.len(), 1);
    assert_eq!(ask(&asking, &query("elsewhere.test")).code, ResponseCode(5));
    edge.signal("TERM");
    assert!(edge.ended(PATIENCE).is_some_and(|status| status.success()), "idle connections do not hold the end up");
}

#[test]
fn a_taken_port_and_a_wildcard_are_told_in_a_sentence() {
    let held = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let at = held.local_addr().expect("bound");
    let place = Place::new();
    let fails = |at: SocketAddr, wanted: &str| {
        let path = place.file("edge.toml", format!("[admin]\nat = \"off\"\n{}", config(at, "")));
        let output = Command::new(BINARY).args(["serve", &path]).stdin(Stdio::null()).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(wanted), "{text}");
    };
    fails(at, "another program is listening there");
    fails(SocketAddr::from(([0, 0, 0, 0], at.port())), "is every address at once");
}
