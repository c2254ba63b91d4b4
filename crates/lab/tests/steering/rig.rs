//! Three places with a router and an edge each, and the program that leads to them.

use crate::collecting::{SECOND, Speaker, WIDE, ends_of_rib, network};
use crate::support::{self, backend, dns, limits, option_of, with_option, zone};
use decide::config::{BgpSession, Collector, Config, DynamicSet, HealthCheck, Layer, Pop, Probe, RouteSource, Source, Steering};
use decide::step::{Journey, Step, Texts, Value};
use decide::time::{Calendar, Duration, Instant};
use lab::peer::{Act, serve};
use lab::{VirtualHost, World};
use node::collector::Collectors;
use node::steering::Leading;
use node::{Reader, Server, Snapshot};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use wire::bgp::{self, NewAttributes, Prefix, Segment, SegmentKind};
use wire::dns::{Data, Message, Name};

pub(crate) const AMS: &str = "192.0.2.11";
pub(crate) const FRA: &str = "192.0.2.12";
pub(crate) const SIN: &str = "192.0.2.13";

pub(crate) struct Rig<'w> {
    pub(crate) dns: support::Rig<'w>,
    pub(crate) leading: Arc<Leading>,
    pub(crate) log: Arc<Log>,
    pub(crate) routers: Vec<Router>,
    pub(crate) edges: Vec<Edge>,
}

/// Places `ams`, `fra` and `sin`, in this order, each with a pool of one edge and a router; what a router told is kept for a minute.
pub(crate) fn config() -> Config {
    let mut config = dns(limits());
    let names = ["ams", "fra", "sin"];
    let mut zone =
        zone("example", "example. SOA ns.example. host.example. 7 3600 600 86400 60\nexample. NS ns.example.\nns.example. A 192.0.2.53\n");
    zone.sets = vec![DynamicSet { owner: Name::parse("cdn.example").expect("a name"), ttl: 5, source: Source::Steering(0) }];
    config.dns.as_mut().expect("there is one").zones.push(zone);
    let first = config.pools[0].clone();
    config.pools = (1..=3).map(|place| edges_of(&first, names[place - 1], place)).collect();
    config.pops = (0..3).map(|place| pop(names[place], place)).collect();
    config.collectors = (0..3).map(collector).collect();
    config.steerings = vec![Steering {
        name: "cdn".to_string(),
        pops: vec![0, 1, 2],
        layers: vec![Layer::Measured, Layer::Topology, Layer::Geography],
        hold: Duration::ZERO,
        moves_per_minute: 1_000_000,
        measured_gain: 10,
        measure: None,
    }];
    config
}

fn edges_of(pool: &decide::config::Pool, name: &str, place: usize) -> decide::config::Pool {
    let probe = Probe::Http {
        target: "/load".to_string(),
        host: String::new(),
        statuses: vec![(200, 299)],
        contains: String::new(),
        load_from_body: true,
    };
    let health = Some(HealthCheck { probe, interval: SECOND, jitter: 0, timeout: SECOND, rise: 2, fall: 2 });
    decide::config::Pool { name: format!("{name}-edges"), backends: vec![backend(&format!("10.0.1.{place}:80"))], health, ..pool.clone() }
}

pub(crate) fn pop(name: &str, place: usize) -> Pop {
    let addresses = vec![IpAddr::from([192, 0, 2, 11 + place as u8])];
    let url = Some(format!("https://{name}.example"));
    Pop { name: name.to_string(), addresses, pool: Some(place), capacity: 0, location: None, url }
}

fn router_of(place: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 2, place as u8 + 1)
}

fn collector(place: usize) -> Collector {
    let session = BgpSession {
        router: SocketAddr::from((router_of(place), 179)),
        listen: None,
        local_as: 65_000,
        router_as: 65_001,
        identifier: Ipv4Addr::new(10, 0, 0, 2),
        hold_time: 90 * SECOND,
    };
    Collector { pop: place, source: RouteSource::Bgp(session), keep: 60 * SECOND, most_prefixes: 1_000_000 }
}

impl<'w> Rig<'w> {
    pub(crate) fn new(world: &'w World, config: Config) -> Rig<'w> {
        world.bound(20_000_000, Instant::ZERO + 24 * 3600 * SECOND);
        let (client, edge) = (world.host("client", "10.0.0.1 fd00::1"), world.host("edge", "10.0.0.2 fd00::2"));
        let edges = (0..3).map(|place| Edge::start(world.host(&format!("e{place}"), &format!("10.0.1.{}", place + 1)))).collect();
        let routers = (0..3).map(|place| Router::start(world.host(&format!("r{place}"), &router_of(place).to_string()))).collect();
        let log = Arc::new(Log::default());
        let server = Server::new(&edge.host(), config, 1, BTreeMap::new(), vec![log.clone()]);
        let collectors = Collectors::new(server.clone());
        let leading = Leading::new(server.clone(), collectors.clone());
        let (working, host) = (server.clone(), edge.host());
        edge.spawn(async move { working.work(host, 0).await.expect("its listeners open") });
        edge.spawn(collectors.run(edge.host()));
        edge.spawn(leading.clone().run(edge.host()));
        let rig = Rig { dns: support::Rig { world, client, edge, server }, leading, log, routers, edges };
        rig.collect();
        rig
    }

    /// What the process does after a reload.
    fn collect(&self) {
        let config = &self.dns.server.snapshot().config;
        self.leading.collectors().configure(&config.pops, &config.collectors);
    }

    pub(crate) fn reload(&self, config: Config) {
        self.dns.server.reload(&self.dns.edge.host(), config);
        self.collect();
    }

    /// Runs until a second.
    pub(crate) fn until(&self, secs: u64) {
        let at = Instant::ZERO + Duration::from_secs(secs);
        self.dns.run(async { self.dns.world.sleep(at.since(self.dns.world.now())).await });
    }

    /// Where the name server leads somebody, and for how wide a network that holds. What `explain` shows is the same.
    pub(crate) fn answer(&self, client: &str) -> (String, u8) {
        let client: Ipv4Addr = client.parse().expect("an address");
        let asked = with_option("cdn.example", 8, &[&[0, 1, 32, 0][..], &client.octets()].concat());
        let answer = self.dns.run(self.dns.udp(&asked)).expect("an answer");
        let scope = option_of(&answer, 8).expect("a subnet")[3];
        let message = Message::read(&answer).expect("a message");
        let [Data::A(address)] = message.answer.iter().map(|record| record.data.clone()).collect::<Vec<_>>()[..] else {
            panic!("{client}: {message:?}")
        };
        let snapshot = self.dns.server.snapshot();
        let decided = snapshot.steering(0).present().decide(client.into());
        assert_eq!(snapshot.config.pops[usize::from(decided.answer.pop)].addresses, [IpAddr::from(address)], "explain says otherwise");
        assert_eq!(decided.answer.scope, scope);
        (address.to_string(), scope)
    }

    /// Only where.
    pub(crate) fn place(&self, client: &str) -> String {
        self.answer(client).0
    }

    /// The layer that decides.
    pub(crate) fn layer(&self, client: &str) -> Layer {
        self.dns.server.snapshot().steering(0).present().decide(client.parse().expect("an address")).layer
    }

    /// Ends it, and proves that nothing is left open.
    pub(crate) fn close(&self) {
        self.leading.stop();
        self.routers.iter().for_each(|router| router.up.set(false));
        self.until(self.dns.world.now().as_nanos() / 1_000_000_000 + 5);
        self.dns.close();
    }
}

/// A router: it tells everything that it was given to tell, and anew to whoever connects again.
pub(crate) struct Router {
    said: Rc<RefCell<Vec<Vec<u8>>>>,
    pub(crate) up: Rc<Cell<bool>>,
    pub(crate) sessions: Rc<Cell<usize>>,
}

impl Router {
    fn start(machine: VirtualHost) -> Router {
        let router = Router { said: Rc::default(), up: Rc::new(Cell::new(true)), sessions: Rc::default() };
        let (said, up, sessions) = (router.said.clone(), router.up.clone(), router.sessions.clone());
        let on = machine.clone();
        machine.spawn(async move {
            let host = on.host();
            loop {
                while !up.get() {
                    host.sleep(SECOND).await;
                }
                let mut listener = on.listen(&on.at(179), 8).expect("an address of this host");
                let (stream, _) = listener.accept().await.expect("a connection");
                let mut speaker = Speaker::on(stream);
                if !speaker.begin(90).await {
                    continue;
                }
                sessions.set(sessions.get() + 1);
                let (mut told, mut quiet, mut open) = (0, 0, true);
                while up.get() && open {
                    let new = said.borrow()[told..].concat();
                    speaker.send(&new).await;
                    if told == 0 {
                        speaker.send(&ends_of_rib()).await;
                    }
                    told = said.borrow().len();
                    quiet += 1;
                    if quiet % 200 == 0 {
                        speaker.keepalive().await;
                    }
                    open = is_open_after(&mut speaker, host.sleep(SECOND / 10)).await;
                }
            }
        });
        router
    }

    /// It has a way of so many systems to these networks.
    pub(crate) fn tells(&self, length: u32, networks: &[&str]) {
        self.says(&[], length, networks);
    }

    /// It has none any more.
    pub(crate) fn withdraws(&self, networks: &[&str]) {
        self.says(networks, 0, &[]);
    }

    fn says(&self, withdrawn: &[&str], length: u32, announced: &[&str]) {
        let prefixes = |texts: &[&str]| texts.iter().map(|text| Prefix::of(network(text))).collect::<Vec<_>>();
        let systems = (0..length).map(|system| 65_001 + system).collect();
        let attributes = NewAttributes {
            origin: Some(bgp::Origin::Igp),
            path: Some(vec![Segment { kind: SegmentKind::Sequence, systems }]),
            next_hop: Some(Ipv4Addr::new(10, 0, 2, 1)),
            ..NewAttributes::default()
        };
        let attributes = if announced.is_empty() { NewAttributes::default() } else { attributes };
        let mut bytes = Vec::new();
        bgp::write_update(&prefixes(withdrawn), &attributes, &prefixes(announced), &WIDE, &mut bytes).expect("it fits");
        self.said.borrow_mut().push(bytes);
    }
}

/// Reads what comes meanwhile; whether there may be more.
async fn is_open_after(speaker: &mut Speaker, pause: impl Future<Output = ()>) -> bool {
    let mut pause = pin!(pause);
    loop {
        let mut heard = pin!(speaker.heard());
        let heard = poll_fn(|cx| match heard.as_mut().poll(cx) {
            Poll::Ready(heard) => Poll::Ready(Some(heard)),
            Poll::Pending => pause.as_mut().poll(cx).map(|()| None),
        });
        match heard.await {
            None => return true,
            Some(None) => return false,
            Some(Some(_)) => {}
        }
    }
}

/// An edge, which answers probes with its load.
pub(crate) struct Edge {
    pub(crate) well: Rc<Cell<bool>>,
    pub(crate) load: Rc<Cell<f64>>,
}

impl Edge {
    fn start(machine: VirtualHost) -> Edge {
        let edge = Edge { well: Rc::new(Cell::new(true)), load: Rc::default() };
        let (well, load) = (edge.well.clone(), edge.load.clone());
        serve(&machine, &machine.at(80), move |_| match well.get() {
            true => vec![Act::answer(load.get().to_string())],
            false => vec![Act::send("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")],
        });
        edge
    }
}

/// What was told, as text with the second.
#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<String>>);

impl Reader for Log {
    fn journey(&self, _: &mut Journey, _: &Arc<Snapshot>) {}

    fn event(&self, at: Calendar, step: Step, texts: &Texts, _: &Arc<Snapshot>) {
        let mut words = format!("{} {}", (at.0 - lab::EPOCH.0).as_secs(), step.name());
        step.fields(|_, value| {
            words.push(' ');
            words.push_str(&match value {
                Value::Text(text) => String::from_utf8_lossy(texts.get(text)).into_owned(),
                Value::Word(word) => word.to_string(),
                Value::Number(number) => number.to_string(),
                Value::List(list) => {
                    let mut json = String::new();
                    decide::step::json::list(texts, list, &|_| String::new(), &mut json);
                    json
                }
                other => format!("{other:?}"),
            });
        });
        self.0.lock().expect("no panic while it is held").push(words);
    }

    fn queries(&self) -> u32 {
        1
    }
}

impl Log {
    /// The steps of this name.
    pub(crate) fn steps(&self, name: &str) -> Vec<String> {
        let log = self.0.lock().expect("no panic while it is held");
        log.iter().filter(|words| words.split(' ').nth(1) == Some(name)).cloned().collect()
    }
}
