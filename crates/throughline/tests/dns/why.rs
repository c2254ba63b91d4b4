//! Why an answer is what it is, told by the built binary over its admin side, by its command, in its log and in its metrics.

use crate::ask::{Ask, Asker};
use crate::servers::somewhere;
use crate::support::PATIENCE;
use crate::support::client::Client;
use crate::support::edge::{BINARY, Edge};
use crate::support::message::Response;
use crate::support::place::Place;
use domain::base::iana::Rtype;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Command, Output};
use std::time::Instant;
use wire::bgp::{Agreed, NewAttributes, Origin, Segment, SegmentKind, write_attributes};
use wire::mrt::{NewEntry, Peer, write_peers, write_rib};
use wire::network::Network;

const OPERATOR: &str = "the-token-of-the-operator-0123456789abcdef0";
const OWNER: &str = "the-token-of-the-owner-0123456789abcdef0123";
const ZONE: &str = r#"
[[zone."example.test".record]]
name = "@"
type = "SOA"
values = ["ns host 1 3600 600 86400 60"]
[[zone."example.test".record]]
name = "@"
type = "NS"
values = ["ns"]
[[zone."example.test".record]]
name = "ns"
type = "A"
values = ["192.0.2.53"]
[[zone."example.test".record]]
name = "www"
steer = "cdn"
[[zone."example.test".record]]
name = "two"
type = "A"
values = ["192.0.2.1", "192.0.2.2"]
"#;

/// A server that leads whoever asks from this machine by the routing table of `sin`.
struct Server {
    edge: Edge,
    names: SocketAddr,
    token: String,
}

/// What the router of a place says: it has a way to this machine's own network.
fn table() -> Vec<u8> {
    let address = Ipv4Addr::new(192, 0, 2, 13);
    let router = Peer { identifier: address, address: IpAddr::V4(address), system: 64_496 };
    let mut file = Vec::new();
    write_peers(1, router.identifier, &[router], &mut file);
    let new = NewAttributes {
        origin: Some(Origin::Igp),
        path: Some(vec![Segment { kind: SegmentKind::Sequence, systems: vec![64_497, 64_500] }]),
        next_hop: Some(address),
        local_pref: Some(200),
        ..NewAttributes::default()
    };
    let mut attributes = Vec::new();
    write_attributes(&new, &Agreed { four_octets: true, ..Agreed::default() }, &mut attributes);
    let entry = NewEntry { peer: 0, originated: 1, path: 0, attributes: &attributes };
    write_rib(1, 0, &Network::parse("127.0.0.0/8").expect("a network"), false, &[entry], &mut file);
    file
}

fn hash(token: &str) -> String {
    let digits: String = node::token::hash(token.as_bytes()).0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

impl Server {
    fn start() -> Server {
        let (place, names) = (Place::new(), somewhere());
        let (routes, log) = (place.file("sin.mrt", table()), place.at("access.log"));
        let token = place.file("token", OPERATOR);
        let config = format!(
            "[admin]\nat = \"127.0.0.1:0\"\ntokens = [\"{}\"]\n[log]\nto = \"{log}\"\nformat = \"json\"\nqueries = 1\n\
             [[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\ntokens = [\"{}\"]\n[[site.route]]\npool = \"app\"\n\
             [pool.app]\nbackends = [\"127.0.0.1:1\"]\n\
             [dns]\nat = [\"{names}\"]\nrate = 0\n[zone.\"example.test\"]\n{ZONE}\n\
             [steering.cdn]\npops = [\"fra\", \"sin\"]\nlayers = [\"topology\"]\nhold = \"0s\"\n\
             [pop.fra]\naddresses = [\"192.0.2.12\"]\n[pop.sin]\naddresses = [\"192.0.2.13\"]\ncapacity = 5\n\
             [[collector]]\npop = \"sin\"\nmrt = \"{routes}\"\n",
            hash(OPERATOR),
            hash(OWNER),
        );
        let edge = Edge::with_place(place, &config);
        edge.await_error(0, " ipv4=1 ");
        Server { edge, names, token }
    }

    fn admin(&self) -> SocketAddr {
        self.edge.at(1)
    }

    fn get(&self, target: &str, token: Option<&str>) -> Response {
        let mut client = Client::connect(self.admin());
        let shown = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
        client.send(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{shown}\r\n"));
        client.response().expect("an answer of the admin side")
    }

    /// What an operator is answered; the status is as told.
    fn said(&self, target: &str, status: u16) -> String {
        let answer = self.get(target, Some(OPERATOR));
        let text = String::from_utf8(answer.body).expect("text");
        assert_eq!(answer.status, status, "{target}: {text}");
        text
    }

    fn json(&self, target: &str) -> Value {
        let answer = self.get(target, Some(OPERATOR));
        assert_eq!(answer.field("Content-Type"), Some("application/json"));
        serde_json::from_slice(&answer.body).expect("it is JSON")
    }

    fn explain(&self, arguments: &[&str]) -> Output {
        let admin = self.admin().to_string();
        let mut command = Command::new(BINARY);
        command.args(["explain", arguments[0], "--admin", &admin, "--token-file", &self.token]).args(&arguments[1..]);
        command.output().expect("the binary runs")
    }

    /// The log's lines of queries, once there are so many.
    fn queries(&self, count: usize) -> Vec<Value> {
        let began = Instant::now();
        loop {
            let text = std::fs::read_to_string(self.edge.place.at("access.log")).unwrap_or_default();
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            let lines: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
            let queries: Vec<Value> = lines.into_iter().filter(|line| line["step"] == "query-answered").collect();
            if queries.len() >= count {
                return queries;
            }
            assert!(began.elapsed() < PATIENCE, "{text}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

fn ask(server: &Server, name: &str) -> Vec<String> {
    let said = Asker::of(server.names).ask(&Ask { name: name.to_owned(), kind: Rtype::A, edns: None });
    said.answer.into_iter().collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn the_log_the_admin_side_and_the_command_say_the_same() {
    let server = Server::start();
    let answer = ask(&server, "www.example.test.");
    assert!(answer.len() == 1 && answer[0].contains("192.0.2.13"), "{answer:?}");
    let told = server.queries(1).swap_remove(0);
    let explained = server.json("/explain/dns?name=www.example.test&client=127.0.0.1&json");
    assert_eq!(told["choices"], explained["choices"], "{told:#} {explained:#}");
    let choice = &told["choices"][0];
    assert_eq!((&choice["place"], &choice["layer"], &choice["prefix"]), (&"sin".into(), &"topology".into(), &"127.0.0.0/8".into()));
    let sin = &choice["candidates"][1];
    assert_eq!(
        (&sin["why"], &sin["local_pref"], &sin["path_length"], &sin["capacity"]),
        (&"only-route".into(), &200.into(), &2.into(), &5.into())
    );
    assert_eq!((&told["scope"], &told["rule"]), (&0.into(), &"exact".into()), "who tells no subnet is told no scope");
    // The command shows the token, and asks the same.
    let command = server.explain(&["dns", "www.example.test", "--client", "127.0.0.1", "--json"]);
    assert_eq!(serde_json::from_slice::<Value>(&command.stdout).expect("JSON")["choices"], explained["choices"]);
    let people = text(&server.explain(&["dns", "www.example.test", "--client", "127.0.0.1"]).stdout);
    assert!(people.contains("=> sin  only-route: no other has a route there"), "{people}");
    // What has its turn.
    let first = ask(&server, "two.example.test.");
    assert_eq!(first.len(), 2, "{first:?}");
    let told = server.queries(2).swap_remove(1);
    assert_eq!((&told["choices"][0]["order"], &told["choices"][0]["candidates"][0]["given"]), (&"rotate".into(), &1.into()), "{told:#}");
}

#[test]
fn the_metrics_count_who_is_led_where() {
    let server = Server::start();
    for _ in 0..3 {
        ask(&server, "www.example.test.");
    }
    let metrics = server.said("/metrics", 200);
    for sample in [
        "throughline_steering_led_total{steering=\"cdn\",place=\"sin\",via=\"dns\"} 3\n",
        "throughline_steering_led_total{steering=\"cdn\",place=\"fra\",via=\"dns\"} 0\n",
        "throughline_steering_led_by_total{steering=\"cdn\",via=\"dns\",layer=\"topology\"} 3\n",
        "throughline_steering_scope_bits_bucket{steering=\"cdn\",family=\"ipv4\",le=\"8\"} 3\n",
        "throughline_steering_scope_bits_count{steering=\"cdn\",family=\"ipv4\"} 3\n",
        "throughline_steering_moves_total{steering=\"cdn\",why=\"lost\"} 0\n",
        "throughline_routing_table_networks{place=\"sin\",",
        "throughline_routing_table_state_age_seconds{place=\"sin\",",
        "throughline_dns_transfers_total{result=\"served\"} 0\n",
    ] {
        assert!(metrics.contains(sample), "{sample}{metrics}");
    }
    let explained = server.json("/explain/steer?json&without=sin");
    assert_eq!((&explained["schema"], &explained["without"]), (&"throughline.explain-steer/1".into(), &"sin".into()));
    assert_eq!(explained["flows"][0]["to"], "fra", "{explained:#}");
    let command = server.explain(&["steer", "--without", "sin", "--json"]);
    assert_eq!(serde_json::from_slice::<Value>(&command.stdout).expect("JSON"), explained);
}

#[test]
fn who_may_not_ask_and_what_makes_no_sense_is_said() {
    let server = Server::start();
    for target in ["/explain/dns?name=www.example.test", "/explain/steer"] {
        assert_eq!(server.get(target, None).status, 401, "{target}");
        assert_eq!(server.get(target, Some("another-token-0123456789abcdef0123456789abc")).status, 401, "{target}");
        // What concerns the whole server is none of an owner's business.
        assert_eq!(server.get(target, Some(OWNER)).status, 403, "{target}");
    }
    for (target, status, why) in [
        ("/explain/dns", 400, "say which name"),
        ("/explain/dns?name=a..b", 400, "is no name"),
        ("/explain/dns?name=www.example.test&client=nowhere", 400, "is no address"),
        ("/explain/dns?name=www.example.test&client=192.0.2.1/24", 400, "is no address"),
        ("/explain/dns?name=www.example.test&type=NOTYPE", 400, "is no type"),
        ("/explain/dns?name=www.example.test&what=else", 400, "what"),
        ("/explain/steer?steering=none", 400, "steerings: cdn"),
        ("/explain/steer?without=none", 400, "places: fra, sin"),
        ("/explain/steer?width=wide", 400, "is no width"),
        ("/explain/steer?html&json", 400, "not both"),
        ("/explain/nothing", 404, "GET / lists"),
    ] {
        let said = server.said(target, status);
        assert!(said.contains(why), "{target}: {said}");
    }
    // A name of somebody else is no mistake: it is what the name server would say.
    let other = server.json("/explain/dns?name=www.elsewhere.test&json");
    assert_eq!((&other["code"], &other["rule"], &other["choices"]), (&"REFUSED".into(), &"refused".into(), &Value::Array(Vec::new())));
    let missing = server.json("/explain/dns?name=nothing.example.test&json");
    assert_eq!((&missing["code"], &missing["rule"]), (&"NXDOMAIN".into(), &"no-name".into()));
    // Weights come as content, and a bad one is told with its line.
    let mut client = Client::connect(server.admin());
    let body = "192.0.2.0/24 heavy\n";
    client.send(format!(
        "POST /explain/steer HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {OPERATOR}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    let refused = client.response().expect("an answer");
    assert_eq!(refused.status, 400);
    assert!(text(&refused.body).contains("the weights, line 1"), "{}", text(&refused.body));
    let failed = server.explain(&["dns", "a..b"]);
    assert!(!failed.status.success() && text(&failed.stderr).contains("is no name"), "{failed:?}");
}
