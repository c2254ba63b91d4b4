//! Edges, a shield and an origin exactly as docs/guide/tiers has them, each a process of its own.

use crate::support::client::Client;
use crate::support::edge::{BINARY, Edge};
use crate::support::message::{Response, all};
use crate::support::place::Place;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

const NAMES: [&str; 6] = ["origin", "shield", "edge-1", "edge-2", "edge-3", "edge-4"];

fn start(name: &str) -> Edge {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/tiers").join(format!("{name}.toml"));
    Edge::start(Place::new(), Command::new(BINARY).arg("serve").arg(file), 2)
}

/// Asked on a connection of its own: an edge may be gone, and come back.
fn get(at: SocketAddr, path: &str, fields: &str) -> Response {
    let mut client = Client::connect(at);
    client.send(format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\n{fields}Connection: close\r\n\r\n"));
    client.response().expect("an answer")
}

fn asked(origin: &Edge) -> u64 {
    let metrics = Client::connect(origin.at(1)).get("/metrics").text();
    let line = metrics.lines().find(|line| line.starts_with("throughline_listener_requests_total{listener=\"127.0.0.1:8106\"}"));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("the count is there: {metrics}"))
}

fn program(arguments: &[&str]) -> String {
    let output = Command::new(BINARY).args(arguments).output().expect("the binary runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_configuration_in_the_guide_does_what_the_guide_says() {
    let [origin, shield, edges @ ..] = NAMES.map(start);
    let mut edges = Vec::from(edges);
    // From every edge at once, the origin is asked once.
    let texts: Vec<_> = std::thread::scope(|scope| {
        let at: Vec<_> = edges.iter().map(|edge| edge.at(0)).collect();
        let clients: Vec<_> = (0..40).map(|number| at[number % 4]).map(|at| scope.spawn(move || get(at, "/a", "").text())).collect();
        clients.into_iter().map(|client| client.join().expect("no panic")).collect()
    });
    assert!(texts.iter().all(|text| text == "the page\n"), "{texts:?}");
    assert_eq!(asked(&origin), 1);
    // The caches are told of in order, and the edge that keeps it is the one that explain names.
    let explained = program(&["explain", "cache", "--admin", "127.0.0.1:8191", "http://shop.example/b"]);
    let owner = explained.lines().find_map(|line| line.strip_prefix("peers      pool pop: ")?.split([' ', ',']).next()).expect("an owner");
    assert!(explained.contains("shield     pool shield: 127.0.0.1:8105 ("), "{explained}");
    let other = (0..4).find(|number| owner != format!("edge-{}", number + 1)).expect("three of four");
    let first = get(edges[other].at(0), "/b", "");
    let members: Vec<_> = all(&first.fields, "Cache-Status").iter().map(|value| value.split(';').next().unwrap_or_default()).collect();
    assert_eq!(members, ["shield", owner, &format!("edge-{}", other + 1)]);
    // Purged as the guide says, nothing old is left.
    let sides = ["8195", "8191", "8192", "8193", "8194"].map(|port| format!("127.0.0.1:{port}"));
    let admins = sides.iter().flat_map(|at| ["--admin", at.as_str()]);
    let purged = program(&["ctl", "purge", "--prefix", "http://shop.example/"].into_iter().chain(admins).collect::<Vec<_>>());
    assert_eq!(purged.lines().count(), 5, "{purged}");
    let before = asked(&origin);
    (0..4).for_each(|number| assert_eq!(get(edges[number].at(0), "/a", "").text(), "the page\n"));
    assert_eq!(asked(&origin), before + 1);
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
