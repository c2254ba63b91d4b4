use super::*;
use alloc::collections::BTreeSet;

#[test]
fn the_table_of_the_handshake_is_whole() {
    let names: BTreeSet<&str> = HandshakeRule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), HandshakeRule::ALL.len(), "two rules share a name");
    for rule in HandshakeRule::ALL {
        assert!(matches!(rule.status(), 400 | 426 | 502), "{rule:?}");
        is_a_rule(rule.sentence(), rule.section());
    }
}

#[test]
fn the_table_of_the_connection_is_whole() {
    let names: BTreeSet<&str> = Violation::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Violation::ALL.len(), "two rules share a name");
    for rule in Violation::ALL {
        assert!(matches!(rule.code().number(), 1002 | 1003 | 1007 | 1009), "{rule:?}");
        // It is the reason of the close frame.
        assert!(rule.sentence().len() <= 123, "{rule:?}");
        is_a_rule(rule.sentence(), rule.section());
    }
}

fn is_a_rule(sentence: &str, section: &str) {
    assert!(sentence.ends_with('.') && sentence.len() > 20, "{sentence}");
    assert!(section.starts_with("RFC ") && section.contains('§'), "{section}");
}

#[test]
fn what_goes_with_426() {
    for rule in HandshakeRule::ALL {
        let asks_for_version = rule.fields().contains(&("Sec-WebSocket-Version", "13"));
        assert_eq!(asks_for_version, rule.status() == 426, "{rule:?}");
        // RFC 9110 §7.8: `Upgrade` comes with a `Connection` that lists it.
        assert_eq!(rule.fields().len(), if asks_for_version { 3 } else { 0 }, "{rule:?}");
    }
}
