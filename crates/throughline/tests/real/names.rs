//! Names of a private tree: NSD serves its root, a top level and a zone, each on an address of its own; the command walks through it, and
//! Unbound, asked as a resolver, says the same.

use crate::support::PATIENCE;
use crate::support::edge::BINARY;
use crate::support::peers::{Server, find};
use crate::support::place::Place;
use crate::support::ports::free_addresses;
use serde_json::Value;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wire::dns::{Message, Name, Query, RecordType};

const ROOT: &str = "\
. 3600 SOA a.root. admin.root. 1 3600 600 86400 300
. 3600 NS a.root.
a.root. 3600 A 127.0.53.1
test. 3600 NS ns.test.
ns.test. 3600 A 127.0.53.2
";
const TOP: &str = "\
test. 3600 SOA ns.test. admin.test. 1 3600 600 86400 300
test. 3600 NS ns.test.
ns.test. 3600 A 127.0.53.2
example.test. 3600 NS ns.example.test.
ns.example.test. 3600 A 127.0.53.3
";
const ZONE: &str = "\
example.test. 3600 SOA ns.example.test. admin.example.test. 1 3600 600 86400 60
example.test. 3600 NS ns.example.test.
ns.example.test. 3600 A 127.0.53.3
www.example.test. 300 CNAME web.example.test.
web.example.test. 120 A 127.0.0.1
web.example.test. 120 HTTPS 1 . alpn=h2 port=8443
deep.a.b.example.test. 60 A 127.0.0.9
old.example.test. 60 DNAME new.example.test.
x.new.example.test. 60 AAAA ::1
*.wild.example.test. 60 A 127.0.0.7
empty.example.test. 60 TXT \"no address\"
both.example.test. 60 CNAME far.example.test.
far.example.test. 90 CNAME web.example.test.
lost.example.test. 60 CNAME nowhere.example.test.
mail.example.test. 60 MX 10 web.example.test.
_sip._udp.example.test. 60 SRV 1 2 5060 web.example.test.
9.example.test. 60 PTR deep.a.b.example.test.
9.example.test. 60 NAPTR 1 2 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b!\" web.example.test.
caa.example.test. 60 CAA 0 issue \"ca.example\"
";

/// The tree, and what asks in it.
pub(crate) struct Tree {
    pub(crate) place: Place,
    pub(crate) servers: Vec<Server>,
    port: u16,
    unbound: Option<(Server, SocketAddr)>,
}

impl Tree {
    pub(crate) fn start() -> Option<Tree> {
        let (nsd, unbound) = (find("nsd")?, find("unbound")?);
        let place = Place::new();
        let [at, resolver] = free_addresses();
        let port = at.port();
        let mut many = String::from(ZONE);
        (1..=100).for_each(|number| many += &format!("big.example.test. 60 A 127.1.0.{number}\n"));
        let zones = [(".", ROOT, 1), ("test", TOP, 2), ("example.test", many.as_str(), 3)];
        let start = |(name, zone, number): (&str, &str, u8)| {
            let folder = place.path().join(format!("nsd{number}"));
            std::fs::create_dir_all(&folder).expect("a directory of our own");
            place.file(&format!("nsd{number}/zone"), zone);
            let (folder, address) = (folder.display(), SocketAddr::from(([127, 0, 53, number], port)));
            let config = format!(
                "server:\n ip-address: 127.0.53.{number}@{port}\n username: \"\"\n database: \"\"\n chroot: \"\"\n \
                 zonesdir: \"{folder}\"\n \
                 pidfile: \"{folder}/pid\"\n xfrdfile: \"\"\n zonelistfile: \"{folder}/list\"\n xfrdir: \"{folder}\"\n server-count: 1\n\
                 remote-control:\n control-enable: no\nzone:\n name: \"{name}\"\n zonefile: zone\n"
            );
            let config = place.file(&format!("nsd{number}/nsd.conf"), config);
            let server = Server::start(&nsd, &["-d", "-c", &config], address);
            await_name_server(address);
            server
        };
        let servers = zones.map(start).into();
        place.file("root.hints", format!("; a root of our own\n. NS a.root.\na.root. A 127.0.53.1#{port}\n"));
        let config = format!(
            "server:\n interface: {ip}@{own}\n username: \"\"\n chroot: \"\"\n directory: \"{folder}\"\n pidfile: \"\"\n use-syslog: no\n \
             do-not-query-localhost: no\n module-config: \"iterator\"\n num-threads: 1\n do-ip6: no\n local-zone: \"test.\" nodefault\n\
             stub-zone:\n name: \"test\"\n stub-addr: 127.0.53.2@{port}\n\
             stub-zone:\n name: \"example.test\"\n stub-addr: 127.0.53.3@{port}\nremote-control:\n control-enable: no\n",
            ip = resolver.ip(),
            own = resolver.port(),
            folder = place.path().display(),
        );
        let config = place.file("unbound.conf", config);
        let unbound = Some((Server::start(&unbound, &["-d", "-c", &config], resolver), resolver));
        await_name_server(resolver);
        Some(Tree { place, servers, port, unbound })
    }

    /// Where the resolver of others listens.
    pub(crate) fn resolver(&self) -> SocketAddr {
        self.unbound.as_ref().expect("it runs").1
    }

    fn walk(&self, url: &str) -> Traced {
        trace(&[url, "--dns-root", &self.place.at("root.hints"), "--dns-port", &self.port.to_string()])
    }

    fn ask(&self, url: &str) -> Traced {
        let (_, at) = self.unbound.as_ref().expect("it runs");
        trace(&[url, "--dns-server", &at.to_string()])
    }
}

/// Waits until a name server answers: it listens before it is ready.
fn await_name_server(at: SocketAddr) {
    let question = Query { name: Name::parse("test").expect("a name"), kind: RecordType::SOA };
    let query = Message::query(7, question, false, None).write().expect("it fits");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_read_timeout(Some(Duration::from_millis(500))).expect("a time limit");
    socket.connect(at).expect("an address");
    let began = Instant::now();
    while socket.send(&query).is_err() || socket.recv(&mut [0; 512]).is_err() {
        assert!(began.elapsed() < PATIENCE, "no answer at {at}");
    }
}

/// What the command says.
struct Traced(Value);

fn trace(arguments: &[&str]) -> Traced {
    let mut command = Command::new(BINARY);
    command.arg("trace").args(arguments).args(["--json", "--max-time", "120s"]);
    let output = command.stdin(Stdio::null()).output().expect("it runs");
    Traced(serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr))))
}

impl Traced {
    fn steps(&self, name: &str) -> Vec<&Value> {
        let steps = self.0["legs"][0]["steps"].as_array().expect("steps");
        steps.iter().filter(|step| step["step"] == name).collect()
    }

    /// The addresses of the name; empty if there are none.
    fn addresses(&self) -> Vec<IpAddr> {
        let told = self.steps("name-resolved");
        let list = told.first().and_then(|step| step["addresses"].as_str()).unwrap_or_default();
        let mut addresses: Vec<IpAddr> = list.split(", ").filter_map(|address| address.parse().ok()).collect();
        addresses.sort();
        addresses
    }

    fn words(&self, step: &str, field: &str) -> Vec<String> {
        self.steps(step).iter().map(|step| step[field].as_str().expect("a text").to_string()).collect()
    }
}

#[test]
fn a_walk_through_servers_of_others_goes_from_the_root_to_the_host() {
    let Some(tree) = Tree::start() else { return };
    let walk = tree.walk("http://www.example.test:9/");
    assert_eq!(walk.words("referred", "to"), ["test", "example.test"]);
    // One that does not answer soon is asked again.
    let mut asked = walk.words("asked-name-server", "name");
    asked.dedup();
    assert_eq!(asked[..3], ["test", "example.test", "www.example.test"], "no server is told more than it needs");
    assert_eq!(walk.addresses(), ["127.0.0.1".parse::<IpAddr>().expect("an address")]);
    let big = tree.walk("http://big.example.test:9/");
    assert_eq!(big.addresses().len(), 100);
    assert_eq!(big.steps("dns-answer-truncated").len(), 1);
    assert!(big.words("asked-name-server", "over").contains(&"tcp".to_string()));
    let service = tree.walk("https://web.example.test/");
    assert_eq!(service.words("service-told", "record"), ["1 . alpn=h2 port=8443"]);
    assert_eq!(service.words("connect-started", "address")[0], "127.0.0.1:8443");
}

#[test]
fn the_walk_and_a_resolver_of_others_say_the_same() {
    let Some(tree) = Tree::start() else { return };
    let names = ["www", "web", "deep.a.b", "x.old", "any.wild", "empty", "nope", "a.b", "y.old", "big"];
    for name in names {
        let url = format!("http://{name}.example.test:9/");
        let (walked, asked) = (tree.walk(&url), tree.ask(&url));
        assert_eq!(walked.addresses(), asked.addresses(), "{name}");
        let why = |traced: &Traced| {
            let mut why = traced.words("records-absent", "why");
            why.sort();
            why
        };
        assert_eq!(why(&walked), why(&asked), "{name}");
        assert_eq!(walked.0["fault"], asked.0["fault"], "{name}");
    }
}

#[test]
fn where_nobody_listens_the_lookup_ends_at_once() {
    let [nobody] = free_addresses();
    let traced = trace(&["http://www.example.test/", "--dns-server", &nobody.to_string()]);
    assert_eq!(traced.0["station"], "Name");
    assert_eq!(traced.words("name-server-failed", "why"), ["nobody listens there", "nobody listens there"]);
}
