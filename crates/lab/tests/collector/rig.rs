//! An edge that collects, routers one millisecond away, and whoever holds the tables.

use decide::config::{BgpSession, Collector, Pop, RouteSource};
use decide::steer::{Route, SourceId};
use decide::step::{Step, Texts, Value};
use decide::time::{Calendar, Duration, Instant};
use lab::{VirtualHost, VirtualStream, World};
use node::collector::{Batch, Collectors, Told};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use wire::bgp::{self, Agreed, Capability, Family, NewAttributes, Notification, Open, Prefix, Segment, SegmentKind};
use wire::network::Network;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const WIDE: Agreed = Agreed { four_octets: true, long: false, paths_v4: false, paths_v6: false, own: false };

/// Whoever holds the tables: by source, what is in each.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) of: BTreeMap<SourceId, (String, BTreeMap<Network, Route>)>,
    /// What was taken, in words, with the second.
    pub(crate) taken: Vec<String>,
}

pub(crate) struct Rig<'w> {
    pub(crate) world: &'w World,
    pub(crate) edge: VirtualHost,
    pub(crate) router: VirtualHost,
    pub(crate) collectors: Arc<Collectors>,
    pub(crate) tables: Rc<RefCell<Tables>>,
    pub(crate) log: Arc<Log>,
}

impl<'w> Rig<'w> {
    pub(crate) fn new(world: &'w World, wanted: &[Collector]) -> Rig<'w> {
        world.bound(20_000_000, Instant::ZERO + 24 * 3600 * SECOND);
        let (edge, router) = (world.host("edge", "10.0.0.2 fd00::2"), world.host("router", "10.0.0.9 fd00::9"));
        let log = Arc::new(Log::default());
        let collectors = Collectors::new(log.clone());
        collectors.configure(&[pop("fra"), pop("ams")], wanted);
        let tables: Rc<RefCell<Tables>> = Rc::default();
        edge.spawn(collectors.clone().run(edge.host()));
        let (queue, held, host) = (collectors.clone(), tables.clone(), edge.host());
        edge.spawn(async move {
            loop {
                for batch in queue.queue().take().await {
                    held.borrow_mut().take(batch, host.now());
                }
            }
        });
        Rig { world, edge, router, collectors, tables, log }
    }

    /// Runs until a second.
    pub(crate) fn until(&self, secs: u64) {
        let at = Instant::ZERO + Duration::from_secs(secs);
        self.world.run(async { self.world.sleep(at.since(self.world.now())).await }).expect("the scenario comes to its end");
    }

    /// What the only table has, as networks.
    pub(crate) fn networks(&self) -> Vec<String> {
        let tables = self.tables.borrow();
        assert!(tables.of.len() <= 1, "several tables");
        tables.of.values().flat_map(|(_, table)| table.keys()).map(Network::to_string).collect()
    }

    /// The state of the only collector.
    pub(crate) fn state(&self) -> &'static str {
        self.collectors.status()[0].state
    }
}

impl Tables {
    fn take(&mut self, batch: Batch, now: Instant) {
        let words = match batch {
            Batch::Opened(source) => {
                let words = format!("opened {} {}", source.pop, source.name);
                self.of.insert(source.id, (source.name.clone(), BTreeMap::new()));
                words
            }
            Batch::Whole(id, whole) => {
                assert!(whole.iter().is_sorted_by(|one, other| one.0 < other.0), "in order, each once");
                let words = format!("whole {}", whole.len());
                self.of.get_mut(&id).expect("it was opened").1 = whole.iter().collect();
                words
            }
            Batch::Changes(changes) => {
                assert!(changes.is_sorted_by(|one, other| one.network < other.network), "in order, each once");
                for change in &changes {
                    let table = &mut self.of.get_mut(&change.source).expect("it was opened").1;
                    match change.route {
                        Some(route) => drop(table.insert(change.network, route)),
                        None => drop(table.remove(&change.network)),
                    }
                }
                format!("changes {}", changes.len())
            }
            Batch::Gone(id) => {
                self.of.get_mut(&id).expect("it was opened").1.clear();
                "gone".to_string()
            }
        };
        self.taken.push(format!("{} {words}", now.as_nanos() / 1_000_000_000));
    }
}

/// What was told, as text with the second.
#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<String>>);

impl Told for Log {
    fn told(&self, at: Calendar, step: Step, texts: &Texts) {
        let mut words = format!("{} {}", (at.0 - lab::EPOCH.0).as_secs(), step.name());
        step.fields(|_, value| {
            words.push(' ');
            words.push_str(&match value {
                Value::Text(text) => String::from_utf8_lossy(texts.get(text)).into_owned(),
                Value::Word(word) => word.to_string(),
                Value::Number(number) => number.to_string(),
                Value::Span(span) => format!("{}s", span.as_secs()),
                Value::Flag(flag) => flag.to_string(),
                other => format!("{other:?}"),
            });
        });
        self.0.lock().expect("no panic while it is held").push(words);
    }
}

impl Log {
    /// The steps of this name.
    pub(crate) fn steps(&self, name: &str) -> Vec<String> {
        let log = self.0.lock().expect("no panic while it is held");
        log.iter().filter(|words| words.split(' ').nth(1) == Some(name)).cloned().collect()
    }
}

pub(crate) fn pop(name: &str) -> Pop {
    Pop { name: name.to_string(), addresses: vec![], pool: None, capacity: 0, location: None, url: None }
}

/// A session with the router at port 179, that we open; hold time 90 s, its table kept for 300 s.
pub(crate) fn session() -> Collector {
    let bgp = BgpSession {
        router: SocketAddr::from(([10, 0, 0, 9], 179)),
        listen: None,
        local_as: 65_000,
        router_as: 65_001,
        identifier: Ipv4Addr::new(10, 0, 0, 2),
        hold_time: Duration::from_secs(90),
    };
    Collector { pop: 0, source: RouteSource::Bgp(bgp), keep: Duration::from_secs(300), most_prefixes: 1_000_000 }
}

/// The same, and the router opens it.
pub(crate) fn awaited() -> Collector {
    let mut collector = session();
    if let RouteSource::Bgp(bgp) = &mut collector.source {
        bgp.listen = Some(SocketAddr::from(([10, 0, 0, 2], 179)));
    }
    collector
}

/// A router's end of a session.
pub(crate) struct Speaker {
    pub(crate) stream: VirtualStream,
    framer: bgp::Framer,
}

impl Speaker {
    pub(crate) fn on(stream: VirtualStream) -> Speaker {
        Speaker { stream, framer: bgp::Framer::default() }
    }

    /// Waits for a connection, and takes it up to `Established`.
    pub(crate) async fn accept(listener: &mut lab::VirtualListener) -> Speaker {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut speaker = Speaker::on(stream);
        assert!(speaker.begin(90).await, "a session");
        speaker
    }

    /// Says who it is, and agrees; whether it came to that.
    pub(crate) async fn begin(&mut self, hold_seconds: u16) -> bool {
        let capabilities =
            vec![Capability::Multiprotocol(Family::IPV4), Capability::Multiprotocol(Family::IPV6), Capability::FourOctets(65_001)];
        let open = Open { system: 65_001, hold_seconds, identifier: Ipv4Addr::new(10, 0, 0, 9), capabilities };
        let mut bytes = Vec::new();
        open.write(&mut bytes).expect("it fits");
        self.send(&bytes).await;
        let open = self.heard().await.as_deref() == Some("OPEN");
        self.keepalive().await;
        open && self.heard().await.as_deref() == Some("KEEPALIVE")
    }

    /// Sends; a connection that is over is none of its business.
    pub(crate) async fn send(&self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    pub(crate) async fn keepalive(&self) {
        let mut bytes = Vec::new();
        bgp::write_keepalive(&mut bytes);
        self.send(&bytes).await;
    }

    /// The next message, in words; `None` at the end.
    pub(crate) async fn heard(&mut self) -> Option<String> {
        loop {
            match self.framer.message(&WIDE).expect("what we send can be read") {
                Some(bgp::Message::Notification(Notification { code, subcode, .. })) => return Some(format!("{code}/{subcode}")),
                Some(message) => return Some(message.name().to_string()),
                None => {}
            }
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece).await {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.framer.push(&piece[..length]),
            }
        }
    }
}

/// An UPDATE of IPv4 networks.
pub(crate) fn update(withdrawn: &[&str], announced: &[&str]) -> Vec<u8> {
    let prefixes = |texts: &[&str]| texts.iter().map(|text| Prefix::of(network(text))).collect::<Vec<_>>();
    write(&prefixes(withdrawn), &prefixes(announced))
}

pub(crate) fn write(withdrawn: &[Prefix], announced: &[Prefix]) -> Vec<u8> {
    let attributes = NewAttributes {
        origin: Some(bgp::Origin::Igp),
        path: Some(vec![Segment { kind: SegmentKind::Sequence, systems: vec![65_001, 65_100] }]),
        next_hop: Some(Ipv4Addr::new(10, 0, 0, 9)),
        ..NewAttributes::default()
    };
    let attributes = if announced.is_empty() { NewAttributes::default() } else { attributes };
    let mut bytes = Vec::new();
    bgp::write_update(withdrawn, &attributes, announced, &WIDE, &mut bytes).expect("it fits");
    bytes
}

/// Both families have been told.
pub(crate) fn ends_of_rib() -> Vec<u8> {
    let attributes = NewAttributes { unreach: Some((Family::IPV6, vec![])), ..NewAttributes::default() };
    let mut bytes = update(&[], &[]);
    bgp::write_update(&[], &attributes, &[], &WIDE, &mut bytes).expect("it fits");
    bytes
}

pub(crate) fn network(text: &str) -> Network {
    Network::parse(text).expect("a network")
}
