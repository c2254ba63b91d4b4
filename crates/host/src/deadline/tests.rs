use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

#[test]
fn a_limit_that_was_moved_later_fires_once_at_its_last_place() {
    let timers = Timers::default();
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let waker = Waker::from(count.clone());
    let mut cx = Context::from_waker(&waker);
    let mut limit = timers.deadline();
    limit.set(at(10));
    limit.set(at(50));
    assert!(limit.poll_passed(&mut cx).is_pending());
    assert_eq!(timers.next(), Some(at(10)), "the first entry stays until it comes up");
    timers.fire(at(10));
    assert_eq!(count.0.load(Ordering::SeqCst), 0);
    assert_eq!(timers.next(), Some(at(50)));
    timers.fire(at(49));
    assert!(limit.poll_passed(&mut cx).is_pending());
    timers.fire(at(50));
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert!(limit.poll_passed(&mut cx).is_ready());
    assert_eq!(timers.next(), None);
}

#[test]
fn a_limit_that_was_moved_earlier_fires_there_and_not_again() {
    let timers = Timers::default();
    let mut cx = Context::from_waker(Waker::noop());
    let mut limit = timers.deadline();
    limit.set(at(100));
    limit.set(at(20));
    assert_eq!(timers.next(), Some(at(20)));
    timers.fire(at(20));
    assert!(limit.poll_passed(&mut cx).is_ready());
    limit.set(at(500));
    timers.fire(at(100));
    assert!(limit.poll_passed(&mut cx).is_pending(), "the stale entry at 100 says nothing");
    timers.fire(at(500));
    assert!(limit.poll_passed(&mut cx).is_ready());
}

#[test]
fn limits_that_come_and_go_leave_nothing_behind() {
    let timers = Timers::default();
    let mut stays = timers.deadline();
    stays.set(at(7));
    for n in 0..100_000 {
        timers.deadline().set(at(1_000_000 + n));
    }
    assert!(timers.0.borrow().due.len() < 100, "{} entries", timers.0.borrow().due.len());
    assert_eq!(timers.next(), Some(at(7)), "and what is still set is not lost");
}

#[test]
fn a_cleared_or_dropped_limit_never_fires() {
    let timers = Timers::default();
    let mut cx = Context::from_waker(Waker::noop());
    let mut cleared = timers.deadline();
    cleared.set(at(10));
    cleared.clear();
    let mut dropped = timers.deadline();
    dropped.set(at(10));
    drop(dropped);
    let mut successor = timers.deadline();
    timers.fire(at(1000));
    assert!(cleared.poll_passed(&mut cx).is_pending());
    assert!(successor.poll_passed(&mut cx).is_pending(), "the slot's next owner inherits nothing");
}

#[test]
fn a_limit_that_is_set_again_to_the_same_time_at_every_poll_passes() {
    let timers = Timers::default();
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let waker = Waker::from(count.clone());
    let mut cx = Context::from_waker(&waker);
    let mut limit = timers.deadline();
    let mut poll = |limit: &mut Deadline| {
        limit.set(at(10));
        limit.poll_passed(&mut cx)
    };
    assert!(poll(&mut limit).is_pending());
    assert!(poll(&mut limit).is_pending());
    timers.fire(at(10));
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert!(poll(&mut limit).is_ready());
    assert_eq!(timers.next(), None, "or its task would be woken for ever");
    limit.set(at(20));
    assert!(limit.poll_passed(&mut cx).is_pending(), "a new limit is not the old one");
}
