use crate::config::Layer;
use crate::steer::{Answer, Candidate, Decision, Origin, Route, SourceId};
use crate::time::Duration;
use alloc::string::ToString;
use alloc::vec;
use wire::network::Network;

fn candidate(pop: u16, why: &'static str, chosen: bool) -> Candidate {
    Candidate { pop, healthy: true, share: 0, shed: false, route: None, time: None, metres: None, chosen, why }
}

#[test]
fn a_decision_is_one_line_and_one_for_each_place() {
    let route = Route { local_pref: 100, path_len: 2, origin: Origin::Igp, med: 5, origin_as: 64_500 };
    let near = Candidate {
        route: Some((SourceId(0), route)),
        time: Some(Duration::from_micros(12_345)),
        metres: Some(301_900),
        ..candidate(0, "path-length", true)
    };
    let far = Candidate { healthy: false, share: 6554, shed: true, ..candidate(1, "unhealthy", false) };
    let decision = Decision {
        answer: Answer { pop: 0, scope: 22 },
        layer: Layer::Topology,
        prefix: Some(Network::parse("192.0.2.0/24").unwrap()),
        version: 7,
        unit: None,
        candidates: vec![near, far],
        passed: vec![(Layer::Measured, "little-gain")],
        notes: vec!["held"],
    };
    let lines = decision.lines("cdn", &|pop| ["fra", "sin"][usize::from(pop)].to_string());
    let expected = [
        "steering cdn: fra by topology, version 7, scope /22, prefix 192.0.2.0/24, measured passed: little-gain, held",
        "place fra: chosen: path-length, healthy, local-pref 100, path length 2, origin igp, med 5, 12.34 ms, 301 km",
        "place sin: not chosen: unhealthy, unhealthy, sheds 10.1 % of networks, this one too",
    ];
    assert_eq!(lines, expected);
}

/// Whatever word a decision gives has its meaning.
#[test]
fn every_word_means_something() {
    let mut seen = 0;
    for seed in 0..200 {
        let mut maker = super::made::Maker::new(seed);
        let steering = maker.steering();
        for into in 0..64 {
            let decision = steering.decide(maker.address(into));
            for candidate in &decision.candidates {
                assert_ne!(candidate.meaning(), "", "{}", candidate.why);
            }
            assert!(
                decision.notes.iter().zip(decision.remarks()).all(|(note, remark)| remark.starts_with(note) && remark.len() > note.len())
            );
            assert!(decision.passed.iter().all(|(_, why)| *Decision::passed_because(why) != **why));
            seen += decision.passed.len();
        }
    }
    assert!(seen > 0);
}
