//! Every malformed message of the corpus is refused for the reason it was written for, however it arrives.

use crate::corpus::{self, Case, Kind};
use crate::driver::{LIMITS, Outcome, body, request, response};
use std::collections::BTreeSet;
use wire::http::Method;
use wire::http1::{Framing, Rule};

/// What becomes of the first `len` bytes, as nothing but the judgement.
fn judge(case: &Case, len: usize) -> Outcome<()> {
    let input = &case.input[..len];
    match &case.kind {
        Kind::Request => request(input, LIMITS).then(|_| Outcome::Whole(())),
        Kind::Response => response(input, &Method::Get, LIMITS).then(|_| Outcome::Whole(())),
        Kind::Chunked => body(Framing::Chunked, LIMITS, [input]).0.then(|_| Outcome::Whole(())),
    }
}

#[test]
fn each_case_breaks_its_rule() {
    let wrong: Vec<String> = corpus::malformed()
        .iter()
        .filter(|case| judge(case, case.input.len()) != Outcome::Refused(case.rule))
        .map(|case| {
            let text = String::from_utf8_lossy(&case.input[..case.input.len().min(100)]).into_owned();
            format!("{} {}: {text:?} gave {:?}, not {:?}", case.section, case.sentence, judge(case, case.input.len()), case.rule)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_part_of_a_case_is_taken_for_a_message() {
    for case in corpus::malformed() {
        let mut refused = false;
        for len in (0..=case.input.len()).rev().step_by(1 + case.input.len() / 600).collect::<Vec<_>>().into_iter().rev() {
            match judge(&case, len) {
                Outcome::Whole(()) => panic!("{}: {:?} was taken", case.sentence, String::from_utf8_lossy(&case.input[..len])),
                Outcome::Unfinished => assert!(!refused, "{}: what was refused is waited on again", case.sentence),
                Outcome::Refused(_) => refused = true,
            }
        }
        assert!(refused);
    }
}

#[test]
fn every_rule_has_a_case_and_every_case_a_source() {
    let cases = corpus::malformed();
    assert!(cases.len() >= 120, "{} cases", cases.len());
    let hit: BTreeSet<Rule> = cases.iter().map(|case| case.rule).collect();
    let missed: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !hit.contains(rule)).collect();
    assert!(missed.is_empty(), "{missed:?}");
    for case in &cases {
        assert!(case.section.contains('§') && case.sentence.len() >= 8, "{:?}", case.input);
    }
    let inputs: BTreeSet<(u8, &[u8])> = cases.iter().map(|case| (case.kind as u8, &case.input[..])).collect();
    assert_eq!(inputs.len(), cases.len(), "a case is there twice");
}

#[test]
fn the_valid_ones_are_taken() {
    for input in corpus::REQUESTS {
        assert!(matches!(request(input, LIMITS), Outcome::Whole(_)), "{:?}", String::from_utf8_lossy(input));
    }
    for input in corpus::RESPONSES {
        assert!(matches!(response(input, &Method::Get, LIMITS), Outcome::Whole(_)), "{:?}", String::from_utf8_lossy(input));
    }
    for input in corpus::CHUNKED {
        assert!(matches!(body(Framing::Chunked, LIMITS, [*input]).0, Outcome::Whole(_)), "{:?}", String::from_utf8_lossy(input));
    }
}
