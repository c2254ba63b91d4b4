use super::*;
use alloc::collections::BTreeSet;

#[test]
fn the_table_is_whole() {
    let names: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Rule::ALL.len(), "two rules share a name");
    for rule in Rule::ALL {
        let rejection = Rejection::from(*rule);
        assert!(matches!(rejection.status(), 400 | 413 | 414 | 417 | 431 | 501 | 505), "{rule:?}");
        assert!(rejection.sentence().ends_with('.') && rejection.sentence().len() > 20, "{rule:?}");
        assert!(rejection.section().starts_with("RFC ") && rejection.section().contains('§'), "{rule:?}");
    }
}
