use super::*;
use decide::time::Duration;
use serde_json::json;

fn problem(value: serde_json::Value) -> Error {
    Error::Api(serde_json::from_value(value).expect("a problem document"))
}

#[test]
fn what_the_authority_says_is_told_with_its_subproblems() {
    let error = problem(json!({
        "type": "urn:ietf:params:acme:error:malformed",
        "detail": "Some of the identifiers were rejected",
        "subproblems": [
            {
                "type": "urn:ietf:params:acme:error:rejectedIdentifier",
                "detail": "not here",
                "identifier": {"type": "dns", "value": "a.test"}
            },
            {"detail": "too new"}
        ]
    }));
    let trouble = Trouble::of("create an order", &error);
    let expected = "cannot create an order: the authority says: Some of the identifiers were rejected (malformed); \
                    a.test: not here (rejectedIdentifier); another name: too new";
    assert_eq!(trouble, Trouble::of_names(expected.to_string()));
}

#[test]
fn what_would_hit_any_name_concerns_the_authority() {
    let kind = |kind: &str| problem(json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "status": 403 }));
    for (error, of_authority) in [
        (kind("unauthorized"), false),
        (kind("rateLimited"), false),
        (kind("serverInternal"), true),
        (kind("accountDoesNotExist"), true),
        (problem(json!({ "status": 503 })), true),
        (problem(json!({})), false),
        (Error::Timeout(None), false),
        (Error::Other("connection refused".into()), true),
    ] {
        let trouble = Trouble::of("create an order", &error);
        assert_eq!(trouble.of_authority, of_authority, "{trouble:?}");
    }
    assert!(Trouble::of("create an order", &kind("accountDoesNotExist")).no_account);
}

#[test]
fn the_later_of_two_times_to_come_back_counts() {
    let at = |seconds| Some(Calendar(Duration::from_secs(seconds)));
    let trouble = Trouble { not_until: at(5), ..Trouble::of_names(String::new()) };
    assert_eq!(trouble.clone().until(at(7)).not_until, at(7));
    assert_eq!(trouble.clone().until(at(3)).not_until, at(5));
    assert_eq!(trouble.until(None).not_until, at(5));
}

#[test]
fn nothing_that_others_wrote_moves_the_cursor_or_fills_the_log() {
    let hostile = problem(json!({ "detail": format!("a\n\u{1b}[2Jb{}", "x".repeat(5000)) }));
    let told = Trouble::of("x", &hostile).why;
    assert!(told.contains("a  [2Jb") && told.ends_with('…'), "{told}");
    assert!(told.chars().count() < LONGEST + 100);
    assert!(!Trouble::of("x", &problem(json!({ "detail": "ü\u{85}" }))).why.contains('…'));
}
