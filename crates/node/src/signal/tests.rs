use super::*;
use std::sync::Arc;
use std::task::Wake;

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicU64);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Count {
    fn woken(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn waiting(signal: &Signal) -> usize {
    signal.waiting.lock().expect("no panic").by_place.len()
}

#[test]
fn a_change_wakes_everyone_once_and_changes_meanwhile_are_one() {
    let (signal, count) = (Signal::default(), Arc::new(Count::default()));
    let waker = Waker::from(count.clone());
    let cx = Context::from_waker(&waker);
    let mut all: Vec<_> = (0..3).map(|_| Listening::to(&signal, 0)).collect();
    for listening in &mut all {
        assert_eq!((listening.poll(&cx), listening.poll(&cx)), (Poll::Pending, Poll::Pending));
    }
    assert_eq!(waiting(&signal), 3, "asked twice, each waits once");
    signal.raise();
    signal.raise();
    assert_eq!((count.woken(), waiting(&signal)), (3, 0));
    for listening in &mut all {
        assert_eq!((listening.poll(&cx), listening.poll(&cx)), (Poll::Ready(2), Poll::Pending));
    }
    signal.raise();
    assert_eq!(count.woken(), 6);
}

#[test]
fn a_change_before_the_wait_is_not_lost() {
    let signal = Signal::default();
    let seen = signal.number();
    signal.raise();
    assert_eq!(Listening::to(&signal, seen).poll(&Context::from_waker(Waker::noop())), Poll::Ready(1));
}

#[test]
fn who_waits_no_more_leaves_nothing_behind() {
    let (signal, one, other) = (Arc::new(Signal::default()), Arc::new(Count::default()), Arc::new(Count::default()));
    let (first, second) = (Waker::from(one.clone()), Waker::from(other.clone()));
    let mut listening = Listening::to(signal.clone(), 0);
    assert_eq!(listening.poll(&Context::from_waker(&first)), Poll::Pending);
    // Handed to another task, it wakes that one only.
    assert_eq!(listening.poll(&Context::from_waker(&second)), Poll::Pending);
    let mut gone = Listening::to(signal.clone(), 0);
    assert_eq!(gone.poll(&Context::from_waker(&first)), Poll::Pending);
    drop((gone, first));
    assert_eq!((waiting(&signal), Arc::strong_count(&one)), (1, 1));
    signal.raise();
    assert_eq!((one.woken(), other.woken()), (0, 1));
}
