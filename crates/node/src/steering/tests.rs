use super::{GATHERING, STARTING, Start};
use decide::time::{Duration, Instant};

const MILLI: Duration = Duration::from_millis(1);

fn start(of: &[&str]) -> Start {
    let missing = of.iter().map(|pop| (*pop).to_string()).collect();
    Start { began: Instant::ZERO, goes_on: !of.is_empty(), missing, published_at: None }
}

#[test]
fn the_first_tables_hold_nothing_back_and_are_taken_together() {
    let mut start = start(&["a", "b", "c"]);
    assert!(!start.waits(Instant::ZERO), "the first version is made at once");
    assert!(start.published(Instant::ZERO));
    start.missing.remove("a");
    let soon = Instant::ZERO + MILLI;
    assert!(start.waits(soon));
    assert!(!start.waits(Instant::ZERO + GATHERING), "but what is there is used after a while");
    assert!(start.published(Instant::ZERO + GATHERING));
    start.missing.clear();
    let then = Instant::ZERO + GATHERING + MILLI;
    assert!(!start.waits(then), "all are there");
    assert!(start.published(then), "and all of them take effect");
    assert!(!start.published(then + MILLI), "what comes later is a change");
}

#[test]
fn a_table_that_never_comes_is_not_waited_for() {
    let mut start = start(&["a"]);
    start.published(Instant::ZERO);
    let late = Instant::ZERO + STARTING;
    assert!(!start.waits(late));
    assert!(start.published(late));
    assert!(!start.published(late));
}

#[test]
fn without_collectors_every_change_is_one() {
    let mut start = start(&[]);
    assert!(!start.waits(Instant::ZERO) && !start.published(Instant::ZERO));
}
