//! A client, and the machine that runs the server, one millisecond apart.

#[path = "../proxy/support/config.rs"]
#[expect(dead_code, reason = "the proxy's scenarios use more of it")]
mod config;

pub(crate) use config::backend;
use decide::config::{Config, Dns, DnsLimits, Zone, ZoneRecord};
use decide::step::{Journey, Step, Texts, Value};
use decide::time::{Calendar, Duration, Instant};
use host::Stream;
use lab::{VirtualHost, World};
use node::{Reader, Server, Snapshot};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use wire::dns::{Edns, Message, Name, Query, Record, RecordType};

/// Where the name server listens.
pub(crate) const AT: &str = "10.0.0.2:53";

pub(crate) fn limits() -> DnsLimits {
    DnsLimits {
        datagram: 1232,
        cookies: true,
        cookie_secrets: Vec::new(),
        rate: 0,
        slip: 2,
        connections: 100,
        connections_per_address: 10,
        idle_timeout: Duration::from_secs(10),
    }
}

/// A configuration with no zone, and nothing else but what every one has.
pub(crate) fn dns(limits: DnsLimits) -> Config {
    let mut config = config::config(1);
    config.dns = Some(Dns { listeners: vec![at()], limits, zones: Vec::new(), keys: Vec::new(), why: Vec::new() });
    config
}

/// A zone out of lines with absolute names.
pub(crate) fn zone(apex: &str, lines: &str) -> Zone {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let record = |line: &str| {
        let record = Record::parse(line, Duration::from_secs(300)).unwrap_or_else(|| panic!("no record: {line}"));
        ZoneRecord { owner: record.owner, ttl: u32::try_from(record.ttl.as_secs()).expect("seconds"), data: record.data }
    };
    let name = Name::parse(apex).expect("a name");
    Zone { name, at: Vec::new(), records: lines.map(record).collect(), sets: Vec::new(), transfer: Vec::new(), notify: Vec::new() }
}

pub(crate) fn at() -> SocketAddr {
    AT.parse().expect("an address")
}

pub(crate) struct Rig<'w> {
    pub(crate) world: &'w World,
    pub(crate) client: VirtualHost,
    pub(crate) edge: VirtualHost,
    pub(crate) server: Arc<Server>,
}

impl<'w> Rig<'w> {
    pub(crate) fn new(world: &'w World, config: Config) -> Rig<'w> {
        Rig::read(world, config, Vec::new())
    }

    /// One whose steps are read.
    pub(crate) fn read(world: &'w World, config: Config, readers: Vec<Arc<dyn Reader>>) -> Rig<'w> {
        world.bound(5_000_000, Instant::ZERO + Duration::from_secs(24 * 3600));
        let (client, edge) = (world.host("client", "10.0.0.1 fd00::1"), world.host("edge", "10.0.0.2 fd00::2"));
        let server = Server::new(&edge.host(), config, 1, BTreeMap::new(), readers);
        let (working, host) = (server.clone(), edge.host());
        edge.spawn(async move { working.work(host, 0).await.expect("its listeners open") });
        Rig { world, client, edge, server }
    }

    pub(crate) fn run<F: Future>(&self, scenario: F) -> F::Output {
        self.world.run(scenario).expect("the scenario comes to its end")
    }

    /// What comes back for one datagram within five seconds.
    pub(crate) async fn udp(&self, query: &[u8]) -> Option<Vec<u8>> {
        self.udp_at(at(), query).await
    }

    /// The same of another listener.
    pub(crate) async fn udp_at(&self, at: SocketAddr, query: &[u8]) -> Option<Vec<u8>> {
        let own = SocketAddr::new(self.client.address(), 0);
        let socket = self.client.datagrams_at(own).expect("a free port");
        socket.send_to(query, at).expect("sent");
        let mut receive = Box::pin(socket.receive());
        let mut late = Box::pin(self.world.sleep(Duration::from_secs(5)));
        poll_fn(|cx| match receive.as_mut().poll(cx) {
            std::task::Poll::Ready(got) => std::task::Poll::Ready(got.ok().map(|(bytes, _)| bytes)),
            std::task::Poll::Pending => late.as_mut().poll(cx).map(|()| None),
        })
        .await
    }

    /// The same, read.
    pub(crate) async fn ask(&self, query: &[u8]) -> Option<Message> {
        let answer = self.udp(query).await?;
        Some(Message::read(&answer).expect("a message"))
    }

    /// A connection to the name server.
    pub(crate) async fn connect(&self) -> Tcp {
        self.connect_at(at()).await
    }

    /// The same to another listener.
    pub(crate) async fn connect_at(&self, at: SocketAddr) -> Tcp {
        let stream = self.client.host().connect(&host::Endpoint::Ip(at)).await.expect("connected");
        Tcp { stream, came: Vec::new() }
    }

    /// Ends a scenario: drains the server, and proves that nothing is left open.
    pub(crate) fn close(&self) {
        self.server.drain(self.edge.host().calendar());
        self.run(self.server.drained());
        self.run(self.world.sleep(Duration::from_secs(1)));
        assert_eq!(self.edge.open_descriptors(), 0, "the edge holds sockets");
    }

    /// What the authority counted.
    pub(crate) fn counts(&self) -> node::metrics::NameCounts {
        self.server.metrics().counts().names.swap_remove(0)
    }
}

/// What was told, a line for each step. It wants to be told of every query.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<String>>);

impl Told {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().expect("no panic while it is held").clone()
    }
}

impl Reader for Told {
    fn journey(&self, _: &mut Journey, _: &Arc<Snapshot>) {}

    fn event(&self, _: Calendar, step: Step, texts: &Texts, _: &Arc<Snapshot>) {
        let mut line = step.name().to_string();
        step.fields(|name, value| {
            line += &match value {
                Value::Text(text) => format!(" {name}={}", String::from_utf8_lossy(texts.get(text))),
                Value::Word(word) => format!(" {name}={word}"),
                Value::Number(number) | Value::Bytes(number) => format!(" {name}={number}"),
                Value::List(list) => {
                    let mut json = String::new();
                    decide::step::json::list(texts, list, &|_| String::new(), &mut json);
                    format!(" {name}={json}")
                }
                other => format!(" {name}={other:?}"),
            };
        });
        self.0.lock().expect("no panic while it is held").push(line);
    }

    fn queries(&self) -> u32 {
        1
    }
}

/// A client's end of a TCP connection.
pub(crate) struct Tcp {
    pub(crate) stream: Stream,
    came: Vec<u8>,
}

impl Tcp {
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let count = poll_fn(|cx| self.stream.poll_write(cx, &[IoSlice::new(rest)])).await.expect("written");
            rest = &rest[count..];
        }
    }

    /// Sends a message with its length before it.
    pub(crate) async fn send(&mut self, message: &[u8]) {
        let len = u16::try_from(message.len()).expect("a message").to_be_bytes();
        self.write(&[&len[..], message].concat()).await;
    }

    /// The next message; `None` at the end of the connection.
    pub(crate) async fn receive(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(len) = self.came.first_chunk().map(|len: &[u8; 2]| usize::from(u16::from_be_bytes(*len)))
                && self.came.len() >= 2 + len
            {
                return Some(self.came.drain(..2 + len).skip(2).collect());
            }
            let mut piece = [0; 1024];
            match poll_fn(|cx| self.stream.poll_read(cx, &mut piece)).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.came.extend_from_slice(&piece[..count]),
            }
        }
    }
}

pub(crate) fn query(name: &str, kind: RecordType) -> Vec<u8> {
    with(7, name, kind, None)
}

pub(crate) fn with(id: u16, name: &str, kind: RecordType, edns: Option<Edns>) -> Vec<u8> {
    let query = Query { name: Name::parse(name).expect("a name"), kind };
    Message::query(id, query, false, edns).write().expect("short")
}

/// A query whose OPT record has these options.
pub(crate) fn with_option(name: &str, code: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = with(7, name, RecordType::A, Some(Edns { size: 4096, ..Edns::default() }));
    let at = bytes.len() - 2;
    let len = |len: usize| u16::try_from(len).expect("short").to_be_bytes();
    bytes[at..].copy_from_slice(&len(data.len() + 4));
    bytes.extend_from_slice(&code.to_be_bytes());
    bytes.extend_from_slice(&len(data.len()));
    bytes.extend_from_slice(data);
    bytes
}

/// An option of a message's OPT record, which is its last record.
pub(crate) fn option_of(message: &[u8], code: u16) -> Option<Vec<u8>> {
    let at = message.windows(3).rposition(|window| window == [0, 0, 41])?;
    let mut options = &message[at + 11..];
    while let Some((&[code_high, code_low, len_high, len_low], rest)) = options.split_first_chunk::<4>() {
        let (data, rest) = rest.split_at(usize::from(u16::from_be_bytes([len_high, len_low])));
        if u16::from_be_bytes([code_high, code_low]) == code {
            return Some(data.to_vec());
        }
        options = rest;
    }
    None
}
