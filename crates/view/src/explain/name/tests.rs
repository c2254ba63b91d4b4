use super::*;
use decide::config::{Pop, Steering};
use decide::steer::{Answer, Origin, Route, SourceId};
use decide::time::Duration;
use decide::zone::{Choice, How, Rule, SetId, Why};
use std::borrow::Cow;
use wire::dns::{Data, Name, RecordType, ResponseCode};

fn pop(name: &str, capacity: u64) -> Pop {
    Pop { name: name.to_string(), addresses: Vec::new(), pool: None, capacity, location: None, url: None }
}

fn candidate(pop: u16, why: &'static str, chosen: bool) -> Candidate {
    Candidate { pop, healthy: true, share: 0, shed: false, route: None, time: None, metres: None, chosen, why }
}

fn decision() -> Decision {
    let route = |path_len| Some((SourceId(0), Route { local_pref: 100, path_len, origin: Origin::Igp, med: 0, origin_as: 64_500 }));
    Decision {
        answer: Answer { pop: 0, scope: 22 },
        layer: Layer::Topology,
        prefix: Network::parse("192.0.0.0/20").ok(),
        version: 7,
        unit: None,
        candidates: vec![
            Candidate { route: route(2), ..candidate(0, "path-length", true) },
            Candidate { route: route(3), ..candidate(1, "path-length", false) },
        ],
        passed: vec![(Layer::Measured, "no-data")],
        notes: vec!["held"],
    }
}

const TEXT: &str = "\
name       cdn.example A
client     192.0.0.0/16, by its first address 192.0.2.0
zone       example
rule       exact: the name has such records; decided at cdn.example in zone example; \
           the place nearest to the client (the same for its /22), with 1 such addresses
steering   cdn, version 7 of its tables
layer      measured   passed: no-data, it knows nothing of this client
           topology   decides, by 192.0.0.0/20
           not asked  geography
place      => fra  path-length: the shortest AS path
                   healthy, local-pref 100, path length 2, origin igp, med 0, load 34 of 50 (68 %)
              sin  path-length: a longer AS path
                   healthy, local-pref 100, path length 3, origin igp, med 0
note       held: the tables say another place by now; the network moves when its hold is over and a move is free
scope      /22: the same for all of 192.0.0.0/22; for others of the client's network it may be another
not known  the table of sin: absent
=>         NOERROR, authoritative
           cdn.example 30 A 192.0.2.11
";

fn expected(sentence: &str) -> serde_json::Value {
    serde_json::json!({
        "schema": "throughline.explain-dns/1", "name": "cdn.example", "type": "A", "client": "192.0.2.0", "subnet": "192.0.0.0/16",
        "zone": "example", "at": "cdn.example", "rule": "exact", "sentence": sentence, "aliases": 0, "scope": 22,
        "choices": [{
            "steering": "cdn", "place": "fra", "layer": "topology", "prefix": "192.0.0.0/20", "version": 7, "scope": 22,
            "passed": [{ "layer": "measured", "why": "no-data" }], "notes": "held",
            "candidates": [
                { "place": "fra", "chosen": true, "why": "path-length", "healthy": true, "capacity": 50, "local_pref": 100,
                  "path_length": 2, "origin": "igp", "med": 0 },
                { "place": "sin", "chosen": false, "why": "path-length", "healthy": true, "local_pref": 100, "path_length": 3,
                  "origin": "igp", "med": 0 },
            ],
        }],
        "loads": [{ "place": "fra", "load": 34, "capacity": 50 }],
        "code": "NOERROR", "authoritative": true,
        "answer": [{ "name": "cdn.example", "type": "A", "ttl": 30, "data": "192.0.2.11" }], "authority": [], "additional": [],
        "missing": ["the table of sin: absent"], "source": "server",
    })
}

#[test]
fn an_answer_is_told_with_every_place() {
    let name = Name::parse("cdn.example").expect("a name");
    let zone = Name::parse("example").expect("a name");
    let asked = Asked { name: &name, kind: RecordType::A, dnssec_ok: false };
    let how = How::Nearest { pop: 0, addresses: vec!["192.0.2.11".parse().expect("an address")], scope: 22 };
    let why = Why {
        rule: Rule::Exact,
        zone: Some(&zone),
        at: Some(&name),
        aliases: 0,
        choices: vec![Choice { set: SetId(0), how }],
        weighed: Vec::new(),
    };
    let data = Cow::Owned(vec![Data::A("192.0.2.11".parse().expect("an address"))]);
    let set = Set { owner: Cow::Borrowed(&name), kind: RecordType::A, ttl: 30, data, needed: false };
    let (answer, authority, additional) = (vec![set], Vec::new(), Vec::new());
    let reply = Reply { code: ResponseCode(0), authoritative: true, answer, authority, additional, scope: Some(22), why };
    let mut config = crate::access_log::tests::config();
    config.pops = vec![pop("fra", 50), pop("sin", 0)];
    config.steerings = vec![Steering {
        name: "cdn".to_string(),
        pops: vec![0, 1],
        layers: vec![Layer::Measured, Layer::Topology, Layer::Geography, Layer::Default],
        hold: Duration::ZERO,
        moves_per_minute: 1,
        measured_gain: 0,
        measure: None,
    }];
    let mut texts = Texts::default();
    let row = decision().fields("cdn", &config.pops, &mut texts);
    let choices = texts.list([row]);
    let explained = NameExplained {
        asked: &asked,
        client: "192.0.2.0".parse().expect("an address"),
        subnet: Network::parse("192.0.0.0/16").ok(),
        reply: &reply,
        steered: vec![NameSteered { steering: 0, decision: decision() }],
        loads: &[Some(34)],
        missing: &["the table of sin: absent".to_string()],
        choices,
        texts: &texts,
        source: "server",
    };
    assert_eq!(super::name(&explained, &config), TEXT);
    let json: serde_json::Value = serde_json::from_str(&crate::explain::name_json(&explained, &config)).expect("it is JSON");
    assert_eq!(json, expected(&reply.why.to_string()));
}
