//! The scenarios of `scenarios/zone`, asked of NSD and Knot: our own lookup is held against the same files beside itself.

use crate::support::PATIENCE;
use crate::support::peers::{Server, find, free_address};
use crate::support::place::Place;
use std::collections::BTreeSet;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use wire::dns::{Edns, Message, Name, Query, Record, RecordType, zone_file};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/zone")
}

/// A question of a scenario, and what is written below it.
struct Case {
    name: Name,
    kind: RecordType,
    dnssec_ok: bool,
    lines: Vec<String>,
}

struct Scenario {
    file: String,
    zones: Vec<String>,
    cases: Vec<Case>,
}

fn scenarios() -> Vec<Scenario> {
    let files = std::fs::read_dir(folder()).expect("the scenarios").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "queries")).collect();
    files.sort();
    files.iter().map(|path| scenario(path)).collect()
}

fn scenario(path: &Path) -> Scenario {
    let text = std::fs::read_to_string(path).expect("a scenario");
    let zones = text.lines().next().and_then(|line| line.strip_prefix("zones: ")).expect("the first line says which zones");
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().skip(1).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(question) = line.strip_prefix("? ") {
            let words: Vec<_> = question.split(' ').collect();
            let (name, kind) = (Name::parse(words[0]).expect("a name"), RecordType::parse(words[1]).expect("a type"));
            cases.push(Case { name, kind, dnssec_ok: words.get(2) == Some(&"do"), lines: Vec::new() });
        } else {
            cases.last_mut().expect("a question").lines.push(line.to_string());
        }
    }
    let file = path.file_name().expect("a file").to_string_lossy().into_owned();
    Scenario { file, zones: zones.split_whitespace().map(str::to_string).collect(), cases }
}

/// The name of a zone: that of its first record.
fn apex(file: &str) -> String {
    let text = std::fs::read(folder().join(file)).expect("a zone file");
    let (entries, _) = zone_file::read(&text, &Name::root(), 0);
    entries[0].owner.to_string()
}

fn nsd(place: &Place, zones: &[String]) -> Option<(Server, SocketAddr)> {
    let (program, at, folder) = (find("nsd")?, free_address(), place.path().display().to_string());
    let mut config = format!(
        "server:\n ip-address: {}@{}\n username: \"\"\n chroot: \"\"\n database: \"\"\n zonesdir: \"{}\"\n pidfile: \"{folder}/pid\"\n \
         xfrdfile: \"\"\n zonelistfile: \"{folder}/list\"\n xfrdir: \"{folder}\"\n server-count: 1\n minimal-responses: yes\n \
         rrl-ratelimit: 0\nremote-control:\n control-enable: no\n",
        at.ip(),
        at.port(),
        self::folder().display()
    );
    zones.iter().for_each(|file| config += &format!("zone:\n name: \"{}\"\n zonefile: \"{file}\"\n", apex(file)));
    let config = place.file("nsd.conf", config);
    Some((Server::start(&program, &["-d", "-c", &config], at), at))
}

fn knot(place: &Place, zones: &[String]) -> Option<(Server, SocketAddr)> {
    let (program, at, folder) = (find("knotd")?, free_address(), place.path().display().to_string());
    let mut config = format!(
        "server:\n  rundir: \"{folder}\"\n  listen: {}@{}\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n\
         database:\n  storage: \"{folder}\"\n\
         template:\n  - id: default\n    storage: \"{}\"\n    zonefile-sync: -1\n    journal-content: none\nzone:\n",
        at.ip(),
        at.port(),
        self::folder().display()
    );
    zones.iter().for_each(|file| config += &format!("  - domain: \"{}\"\n    file: \"{file}\"\n", apex(file)));
    let config = place.file("knot.conf", config);
    let server = Server::start(&program, &["-c", &config], at);
    // It listens before its zones are loaded.
    let began = std::time::Instant::now();
    let soa = |file: &String| ask(at, &Name::parse(&apex(file)).expect("a name"), RecordType::SOA, false).code.0 == 0;
    while !zones.iter().all(soa) {
        assert!(began.elapsed() < PATIENCE, "Knot does not load its zones");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Some((server, at))
}

fn ask(at: SocketAddr, name: &Name, kind: RecordType, dnssec_ok: bool) -> Message {
    let edns = Edns { size: 4096, dnssec_ok, ..Edns::default() };
    let query = Message::query(7, Query { name: name.clone(), kind }, false, Some(edns)).write().expect("a query");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    socket.send_to(&query, at).expect("it is sent");
    let mut bytes = [0; 65_535];
    let len = socket.recv(&mut bytes).expect("an answer");
    Message::read(&bytes[..len]).expect("an answer that can be read")
}

/// Code and bits first, then the records, in no order. What only helps is not compared: additional addresses of names elsewhere.
fn told(message: &Message) -> (String, BTreeSet<String>) {
    let line = |section: &str, record: &Record| {
        let ttl = u32::try_from(record.ttl.as_secs()).expect("a time to live");
        format!("{section} {}", zone_file::in_file(&record.owner, ttl, &record.data).to_string().replacen('\t', " ", 4))
    };
    let answer = message.answer.iter().map(|record| line("an", record));
    let authority = message.authority.iter().map(|record| line("au", record));
    let first = format!("{}{}", message.code, if message.flags.authoritative { " aa" } else { "" });
    (first, answer.chain(authority).map(|line| line.to_ascii_lowercase()).collect())
}

fn compare(peer: &str, at: SocketAddr, scenario: &Scenario, differ: &mut Vec<String>) {
    for case in &scenario.cases {
        let (first, records) = told(&ask(at, &case.name, case.kind, case.dnssec_ok));
        let excused = case.lines.iter().any(|line| line.strip_prefix("~ ").is_some_and(|why| why.starts_with(peer)));
        let ours = case.lines.iter().skip(1).filter(|line| line.starts_with("an ") || line.starts_with("au "));
        let ours: BTreeSet<_> = ours.map(|line| line.to_ascii_lowercase()).collect();
        if !excused && (first != case.lines[0] || records != ours) {
            let (file, name, kind) = (&scenario.file, &case.name, case.kind);
            differ.push(format!("{file}: {name} {kind}\n  {peer}: {first} {records:#?}\n  here: {} {ours:#?}", case.lines[0]));
        }
    }
}

#[test]
fn peers_agree() {
    let mut differ = Vec::new();
    for scenario in scenarios() {
        let place = Place::new();
        let peers = [("nsd", nsd(&place, &scenario.zones)), ("knot", knot(&place, &scenario.zones))];
        for (peer, running) in &peers {
            let Some((_, at)) = running else { continue };
            compare(peer, *at, &scenario, &mut differ);
        }
    }
    assert!(differ.is_empty(), "{} answers differ:\n{}", differ.len(), differ.join("\n"));
}
