//! The decisions behind each required and each optimal test of the public HTTP cache suite (github.com/http-tests/cache-tests), by its id:
//! what comes in when, and what must come of it. The waits of the suite are three seconds each.
//!
//! What belongs to a running program, and not to a decision, is left to its own run of the suite: bytes of messages, closing of
//! connections, passing on of interim responses.

mod cases;

use super::scenario::play;
use super::*;
use cases::Kind::{self, Optimal, Required};
use cases::tests;

/// What a correct cache does not do. The suite calls none of it required.
const NOT_DONE: &[(&str, &str)] = &[
    ("conditional-lm-fresh-no-lm", "RFC 9111 §4.3.2 has Date stand in for Last-Modified, and it is later than what the client names"),
    ("partial-store-partial-reuse-partial", "Content-Range promises six bytes and five come: the last one asked for is not there"),
    ("partial-store-partial-reuse-partial-absent", "the same"),
    ("partial-store-partial-reuse-partial-suffix", "the same"),
    ("partial-store-partial-complete", "without a strong validator the rest could not be joined (RFC 9111 §3.4), so it is not asked for"),
];

#[test]
fn the_public_suite() {
    // Its way to select a variant by language is the owner's choice.
    let policy = Policy { vary: Normalise { content_language: true, ..policy().vary }, ..policy() };
    let tests = tests();
    let failed: Vec<(&str, String)> =
        tests.iter().filter_map(|test| play(policy.clone(), &test.scenario).err().map(|why| (&test.id[..], why))).collect();
    let unexpected: Vec<_> = failed.iter().filter(|(id, _)| NOT_DONE.iter().all(|(known, _)| known != id)).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    for (id, _) in NOT_DONE {
        assert!(failed.iter().any(|(failed, _)| failed == id), "{id} holds by now");
        assert!(tests.iter().any(|test| test.id == *id && test.kind == Optimal), "{id} is no optional test");
    }
    let count = |kind: Kind| tests.iter().filter(|test| test.kind == kind).count();
    // One required and three optimal tests are about interim responses: see below.
    assert_eq!((count(Required), count(Optimal)), (160, 103));
}

#[test]
fn interim_responses_are_not_stored() {
    // interim-102, interim-103, interim-no-header-reuse, interim-not-cached
    for status in [100, 102, 103, 199] {
        let interim = response(status, &["Cache-Control: max-age=100000", "X-My-Header: test"]);
        assert_eq!(store(&get(&[]), &interim, &policy()), (Storing::Refused, Rule::StatusFinal));
    }
    let last = response(200, &["Cache-Control: max-age=100000"]);
    assert_eq!(store(&get(&[]), &last, &policy()), (Storing::Whole, Rule::Storable));
}
