use super::*;
use alloc::collections::BTreeSet;

#[test]
fn the_table_is_whole() {
    let names: BTreeSet<&str> = HpackError::ALL.iter().map(|error| error.name()).collect();
    assert_eq!(names.len(), HpackError::ALL.len(), "two errors share a name");
    for error in HpackError::ALL {
        assert!(error.sentence().ends_with('.') && error.sentence().len() > 20, "{error:?}");
        assert!(error.section().starts_with("RFC ") && error.section().contains('§'), "{error:?}");
    }
}
