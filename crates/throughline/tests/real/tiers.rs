//! Edges, a shield and an origin as docs/guide/tiers has them but for their ports, each a process of its own.

use crate::support::PATIENCE;
use crate::support::client::Client;
use crate::support::edge::{BINARY, Edge};
use crate::support::message::{Response, all};
use crate::support::place::Place;
use crate::support::ports::free_addresses;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

const NAMES: [&str; 6] = ["origin", "shield", "edge-1", "edge-2", "edge-3", "edge-4"];

/// The guide's ports: of edges 1 to 4, shield and origin, and then of their admin sides in the same order.
const WRITTEN: [u16; 12] = [8101, 8102, 8103, 8104, 8105, 8106, 8191, 8192, 8193, 8194, 8195, 8196];

/// Starts one with ports that are free in place of the guide's.
fn start(name: &str, ports: &[SocketAddr; 12]) -> Edge {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/tiers").join(format!("{name}.toml"));
    let mut text = std::fs::read_to_string(file).expect("it is in the guide");
    for (written, port) in WRITTEN.iter().zip(ports) {
        text = text.replace(&format!("127.0.0.1:{written}"), &port.to_string());
    }
    // No edge of a slow machine is taken for one that is gone.
    let text = text.replace("connect-timeout = \"1s\"", "connect-timeout = \"1h\"");
    let place = Place::new();
    let path = place.file("tier.toml", text);
    Edge::start(place, Command::new(BINARY).args(["serve", &path]), 2)
}

/// Asked on a connection of its own: an edge may be gone, and come back.
fn get(at: SocketAddr, path: &str, fields: &str) -> Response {
    let mut client = Client::connect(at);
    client.send(format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\n{fields}Connection: close\r\n\r\n"));
    client.response().expect("an answer")
}

/// Waits until the origin has counted so many requests: it does so behind the answer to each.
fn await_asked(origin: &Edge, count: u64) {
    let series = format!("throughline_listener_requests_total{{listener=\"{}\"}} ", origin.at(0));
    let began = Instant::now();
    loop {
        let metrics = Client::connect(origin.at(1)).get("/metrics").text();
        let asked = metrics.lines().find_map(|line| line.strip_prefix(&series)?.parse::<u64>().ok());
        let asked = asked.unwrap_or_else(|| panic!("the count is there: {metrics}"));
        assert!(asked <= count && began.elapsed() < PATIENCE, "it was asked {asked} times and not {count}");
        if asked == count {
            return;
        }
    }
}

fn program(arguments: &[&str]) -> String {
    let output = Command::new(BINARY).args(arguments).output().expect("the binary runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_configuration_in_the_guide_does_what_the_guide_says() {
    let ports = free_addresses();
    let [origin, shield, edges @ ..] = NAMES.map(|name| start(name, &ports));
    let mut edges = Vec::from(edges);
    // From every edge at once, the origin is asked once.
    let texts: Vec<_> = std::thread::scope(|scope| {
        let at: Vec<_> = edges.iter().map(|edge| edge.at(0)).collect();
        let clients: Vec<_> = (0..40).map(|number| at[number % 4]).map(|at| scope.spawn(move || get(at, "/a", "").text())).collect();
        clients.into_iter().map(|client| client.join().expect("no panic")).collect()
    });
    assert!(texts.iter().all(|text| text == "the page\n"), "{texts:?}");
    await_asked(&origin, 1);
    // The caches are told of in order, and the edge that keeps it is the one that explain names.
    let explained = program(&["explain", "cache", "--admin", &ports[6].to_string(), "http://shop.example/b"]);
    let owner = explained.lines().find_map(|line| line.strip_prefix("peers      pool pop: ")?.split([' ', ',']).next()).expect("an owner");
    assert!(explained.contains(&format!("shield     pool shield: {} (", ports[4])), "{explained}");
    let other = (0..4).find(|number| owner != format!("edge-{}", number + 1)).expect("three of four");
    let first = get(edges[other].at(0), "/b", "");
    let members: Vec<_> = all(&first.fields, "Cache-Status").iter().map(|value| value.split(';').next().unwrap_or_default()).collect();
    assert_eq!(members, ["shield", owner, &format!("edge-{}", other + 1)]);
    // Purged as the guide says, nothing old is left.
    let sides = [10, 6, 7, 8, 9].map(|number: usize| ports[number].to_string());
    let admins = sides.iter().flat_map(|at| ["--admin", at.as_str()]);
    let purged = program(&["ctl", "purge", "--prefix", "http://shop.example/"].into_iter().chain(admins).collect::<Vec<_>>());
    assert_eq!(purged.lines().count(), 5, "{purged}");
    // Once for /a, once for /b.
    await_asked(&origin, 2);
    (0..4).for_each(|number| assert_eq!(get(edges[number].at(0), "/a", "").text(), "the page\n"));
    await_asked(&origin, 3);
    // A circle is found, whatever its client says.
    let circle = get(edges[0].at(0), "/c", "CDN-Loop: edge-1\r\nConnection: cdn-loop\r\n");
    assert_eq!(circle.status, 508);
    // An edge that is killed is done without, and so is the shield.
    drop(edges.remove(1));
    drop(shield);
    for number in 0..30 {
        for edge in &edges {
            assert_eq!(get(edge.at(0), &format!("/later/{number}"), "").text(), "the page\n");
        }
    }
}
