use super::*;
use alloc::collections::BTreeSet;
use alloc::format;

#[test]
fn the_table_is_whole() {
    let names: BTreeSet<&str> = Breach::ALL.iter().map(|breach| breach.name()).collect();
    assert_eq!(names.len(), Breach::ALL.len(), "two breaches share a name");
    for breach in Breach::ALL {
        let error = ConnectionError::from(*breach);
        assert!(!error.code().name().is_empty() && error.code() != ErrorCode::NO_ERROR, "{breach:?}");
        assert!(error.sentence().ends_with('.') && error.sentence().len() > 20, "{breach:?}");
        assert!(error.section().starts_with("RFC ") && error.section().contains('§'), "{breach:?}");
    }
}

#[test]
fn codes_are_those_of_the_registry() {
    assert_eq!((ErrorCode::REFUSED_STREAM.0, ErrorCode::ENHANCE_YOUR_CALM.0, ErrorCode::HTTP_1_1_REQUIRED.0), (7, 11, 13));
    assert_eq!((ErrorCode(8).name(), ErrorCode(14).name()), ("CANCEL", ""));
    assert_eq!(format!("{:?} {:?}", ErrorCode(0), ErrorCode(0xff)), "NO_ERROR 0xff");
}
