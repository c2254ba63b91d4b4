use super::*;

const AT_ONCE: Instant = Instant::ZERO;

fn start(of: &[&str]) -> Start {
    let missing = of.iter().map(|pop| (*pop).to_string()).collect();
    Start { began: AT_ONCE, goes_on: !of.is_empty(), missing }
}

#[test]
fn the_first_tables_hold_nothing_back() {
    let mut start = start(&["a", "b"]);
    assert!(start.is_free(false, AT_ONCE));
    start.came("a");
    assert!(start.is_free(true, AT_ONCE));
    start.came("b");
    assert!(start.is_free(true, AT_ONCE), "all of them take effect");
    assert!(!start.is_free(true, AT_ONCE), "what comes later is a change");
}

#[test]
fn a_table_that_never_comes_is_not_waited_for() {
    let mut start = start(&["a"]);
    assert!(start.is_free(true, AT_ONCE));
    assert!(start.is_free(true, AT_ONCE + STARTING));
    assert!(!start.is_free(true, AT_ONCE + STARTING));
}

#[test]
fn without_collectors_every_change_is_one() {
    assert!(!start(&[]).is_free(true, AT_ONCE));
}
