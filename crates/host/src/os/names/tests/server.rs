//! A name server for tests: UDP and TCP on one port of loopback.

use std::cell::RefCell;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

const A: u16 = 1;
const CNAME: u16 = 5;
pub(super) const AAAA: u16 = 28;
pub(super) const FORMERR: u16 = 1;
pub(super) const SERVFAIL: u16 = 2;
pub(super) const NXDOMAIN: u16 = 3;
pub(super) const TRUNCATED: u16 = 0x0200;

/// A question, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) id: u16,
    pub(super) name: String,
    pub(super) kind: u16,
    pub(super) recursion: bool,
    pub(super) edns_size: Option<u16>,
    pub(super) tcp: bool,
    pub(super) from: SocketAddr,
}

impl Query {
    fn read(message: &[u8], tcp: bool, from: SocketAddr) -> Query {
        let number = |at: usize| u16::from_be_bytes([message[at], message[at + 1]]);
        let mut name: Vec<&str> = Vec::new();
        let mut at = 12;
        while message[at] != 0 {
            let end = at + 1 + usize::from(message[at]);
            name.push(std::str::from_utf8(&message[at + 1..end]).expect("ASCII"));
            at = end;
        }
        // Behind the name: type, class; then the name, type and size of the OPT record.
        let edns_size = (number(10) == 1).then(|| number(at + 8));
        Query { id: number(0), name: name.join("."), kind: number(at + 1), recursion: message[2] & 1 == 1, edns_size, tcp, from }
    }

    /// The answer, with flags or a response code.
    pub(super) fn answer(&self, flags: u16, records: &[Vec<u8>]) -> Vec<u8> {
        let count = u16::try_from(records.len()).expect("few");
        let header = [self.id, 0x8180 | flags, 1, count, 0, 0].map(u16::to_be_bytes).concat();
        [header, labels(&self.name), self.kind.to_be_bytes().into(), vec![0, 1], records.concat()].concat()
    }

    /// The header alone.
    pub(super) fn failed_without_question(&self, code: u16) -> Vec<u8> {
        [self.id, 0x8180 | code, 0, 0, 0, 0].map(u16::to_be_bytes).concat()
    }
}

pub(super) fn v4(owner: &str, ttl: u32, address: &str) -> Vec<u8> {
    record(owner, A, ttl, &address.parse::<Ipv4Addr>().expect("IPv4").octets())
}

pub(super) fn v6(owner: &str, ttl: u32, address: &str) -> Vec<u8> {
    record(owner, AAAA, ttl, &address.parse::<Ipv6Addr>().expect("IPv6").octets())
}

pub(super) fn alias(owner: &str, ttl: u32, to: &str) -> Vec<u8> {
    record(owner, CNAME, ttl, &labels(to))
}

fn record(owner: &str, kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(data.len()).expect("short");
    [&labels(owner)[..], &kind.to_be_bytes(), &[0, 1], &ttl.to_be_bytes(), &len.to_be_bytes(), data].concat()
}

fn labels(name: &str) -> Vec<u8> {
    let label = |label: &str| [&[u8::try_from(label.len()).expect("a label")], label.as_bytes()].concat();
    let mut bytes: Vec<u8> = name.split('.').flat_map(label).collect();
    bytes.push(0);
    bytes
}

type Answering = Rc<RefCell<dyn FnMut(&Query) -> Vec<Vec<u8>>>>;

pub(super) struct Server {
    pub(super) at: SocketAddr,
    pub(super) asked: Rc<RefCell<Vec<Query>>>,
}

impl Server {
    /// Starts a server that sends these messages for each query; over TCP it then closes the connection.
    pub(super) async fn start(answer: impl FnMut(&Query) -> Vec<Vec<u8>> + 'static) -> Server {
        let (udp, tcp) = one_port_for_both().await;
        let at = udp.local_addr().expect("bound");
        let asked = Rc::new(RefCell::new(Vec::new()));
        let answer: Answering = Rc::new(RefCell::new(answer));
        tokio::task::spawn_local(serve_udp(udp, asked.clone(), answer.clone()));
        let shared = asked.clone();
        tokio::task::spawn_local(async move {
            while let Ok((stream, from)) = tcp.accept().await {
                serve_tcp(stream, from, &shared, &answer).await;
            }
        });
        Server { at, asked }
    }
}

/// The port that is free for UDP may be taken for TCP.
async fn one_port_for_both() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().expect("bound")).await {
            return (udp, tcp);
        }
    }
}

async fn serve_udp(socket: UdpSocket, asked: Rc<RefCell<Vec<Query>>>, answer: Answering) {
    let mut datagram = [0; 512];
    // A client that is gone shows as an error here; there may be others.
    loop {
        let Ok((len, from)) = socket.recv_from(&mut datagram).await else { continue };
        let query = Query::read(&datagram[..len], false, from);
        let messages = answer.borrow_mut()(&query);
        asked.borrow_mut().push(query);
        for message in messages {
            let _ = socket.send_to(&message, from).await;
        }
    }
}

async fn serve_tcp(mut stream: TcpStream, from: SocketAddr, asked: &RefCell<Vec<Query>>, answer: &Answering) {
    let mut query = vec![0; usize::from(stream.read_u16().await.expect("a length"))];
    stream.read_exact(&mut query).await.expect("a query");
    let query = Query::read(&query, true, from);
    let messages = answer.borrow_mut()(&query);
    asked.borrow_mut().push(query);
    for message in messages {
        stream.write_u16(u16::try_from(message.len()).expect("below 64 KiB")).await.expect("sent");
        stream.write_all(&message).await.expect("sent");
    }
}
