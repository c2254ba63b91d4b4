use super::*;
use alloc::collections::BTreeSet;

#[test]
fn the_table_is_whole() {
    let names: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Rule::ALL.len(), "two rules share a name");
    for rule in Rule::ALL {
        assert!(matches!(rule.status(), 400 | 413 | 414 | 417 | 431), "{rule:?}");
        assert!(rule.sentence().ends_with('.') && rule.sentence().len() > 20, "{rule:?}");
        assert!(rule.section().starts_with("RFC ") && rule.section().contains('§'), "{rule:?}");
    }
}
