mod broken;

use super::record::tests::any_record;
use super::*;
use decide::cache::Purge;
use decide::time::Duration;
use node::{Purged, Purging};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, Waker};

/// A state directory of a test's own, gone when the test ends.
struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("throughline-journal-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory for the test");
        Place(path)
    }

    fn settings(&self, size: u64) -> config::Journal {
        config::Journal { state: self.0.display().to_string(), size }
    }

    /// The file with this name, and what is in it.
    fn file(&self, name: &str) -> PathBuf {
        self.0.join("journal").join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.join("journal")).expect("a directory");
        let mut names: Vec<String> = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
        names.sort();
        names
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const SIZE: u64 = 64 << 20;

fn name(kind: &str, number: u64) -> String {
    format!("{kind}-{number:020}")
}

/// What was told, and may still be.
type Told = Arc<Mutex<Vec<Event>>>;

/// Opens it; also what was told, and what a start does again.
fn opened(settings: &config::Journal) -> (Journal, Told, Vec<(u64, Record)>) {
    let events = Told::default();
    let told = events.clone();
    let journal = Journal::open(Some(settings.clone()), Arc::new(move |event| told.lock().expect("no panic").push(event)));
    let journal = journal.expect("a directory of our own");
    let mut missed = Vec::new();
    journal.replay(|sequence, _, record| missed.push((sequence, record))).expect("a directory of our own");
    (journal, events, missed)
}

fn events(of: &Mutex<Vec<Event>>) -> Vec<Event> {
    of.lock().expect("no panic").clone()
}

/// Waits for something that another thread does.
fn waited_for<T>(coming: impl Future<Output = T>) -> T {
    let mut coming = std::pin::pin!(coming);
    loop {
        match coming.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}

const NOW: Calendar = Calendar(Duration::from_secs(1_800_000_000));

/// The number of the last, once all are accepted and carried out.
fn accepted(journal: &Journal, records: Vec<Record>) -> u64 {
    waited_for(journal.append(records, NOW, |_| ())).expect("there is room").0
}

fn push(number: u64, body: usize) -> Record {
    let url = format!("http://shop.example/{number}");
    Record::Push(Push { site: "shop".to_string(), url, status: 200, body: vec![b'x'; body], ..Push::default() })
}

fn purge(which: Purged) -> Record {
    Record::Purge(Purging { which, site: None, purge: Purge::Hard })
}

#[test]
fn in_memory_it_counts_and_nothing_is_kept() {
    let journal = Journal::open(None, Arc::new(|_| {})).expect("nothing is needed for it");
    assert_eq!(journal.replay(|_, _, _| panic!("nothing was kept")), Ok(Replayed::default()));
    assert_eq!(accepted(&journal, vec![purge(Purged::All)]), 1);
    assert_eq!(accepted(&journal, vec![push(1, 10), push(2, 10)]), 3);
    assert_eq!(journal.state(), State { accepted: 3, applied: 3, ..State::default() });
    journal.close();
}

/// Told before it is counted, an owner who asks for the state at once would miss what was just accepted.
#[test]
fn what_is_told_is_in_the_state_already() {
    let place = Place::new();
    for settings in [None, Some(place.settings(SIZE))] {
        let shared = Arc::new(Shared::default());
        let (writer, settings) = match settings {
            None => (None, None),
            Some(settings) => (Writer::open(&settings, shared.clone(), Arc::new(|_| {})).ok(), Some(settings)),
        };
        let seen: Arc<Mutex<Vec<(u64, u64)>>> = Arc::default();
        let waiting = || {
            let (seen, shared) = (seen.clone(), shared.clone());
            let done = move |first: Result<u64, Refused>| {
                let first = first.expect("there is room");
                Box::new(move || seen.lock().expect("no panic").push((first, shared.applied.load(Ordering::Acquire)))) as Telling
            };
            Waiting { records: vec![push(1, 10), push(2, 10)], bytes: 100, at: NOW, done: Box::new(done) }
        };
        match writer.map(|(writer, _)| writer) {
            Some(mut writer) => writer.accept(vec![waiting(), waiting()]),
            None => {
                let journal = Journal { shared: shared.clone(), settings, missed: Mutex::default(), thread: Mutex::default() };
                journal.hand_over(waiting());
                journal.hand_over(waiting());
            }
        }
        assert_eq!(*seen.lock().expect("no panic"), [(1, 2), (3, 4)]);
    }
}

#[test]
fn a_restart_does_again_what_is_of_use_and_numbers_go_on() {
    let place = Place::new();
    let settings = place.settings(SIZE);
    let (journal, told, missed) = opened(&settings);
    assert_eq!(missed, []);
    let tag = || purge(Purged::Tag("x".to_string()));
    assert_eq!(accepted(&journal, vec![tag()]), 1);
    assert_eq!(accepted(&journal, vec![push(1, 100), push(2, 100)]), 3);
    assert_eq!(accepted(&journal, vec![tag(), purge(Purged::Url("http://shop.example/1".to_string()))]), 5);
    let changed = |number: u64| Record::Changed { site: None, url: format!("http://shop.example/c{number}"), soft: true };
    assert_eq!(accepted(&journal, vec![changed(1), changed(2), Record::Done { of: 6 }]), 8);
    let state = journal.state();
    assert_eq!((state.accepted, state.durable, state.applied, state.failing), (8, 8, 8, false));
    drop(journal);
    for _ in 0..3 {
        let (journal, told, missed) = opened(&settings);
        // Content 1 was purged for good. That purge is kept all the same: somebody may have stored it under another name.
        let numbers: Vec<u64> = missed.iter().map(|(sequence, _)| *sequence).collect();
        assert_eq!(numbers, [3, 4, 5, 7]);
        assert_eq!((&missed[0].1, &missed[3].1), (&push(2, 100), &changed(2)));
        assert_eq!((journal.state().accepted, journal.state().durable, journal.state().applied), (8, 8, 8));
        assert_eq!(events(&told), []);
        assert_eq!(place.names(), [name("base", 8), "lock".to_string(), name("log", 9)].map(|name| name).to_vec().as_slice());
    }
    let (journal, ..) = opened(&settings);
    assert_eq!(accepted(&journal, vec![purge(Purged::All)]), 9);
    drop(journal);
    assert_eq!(opened(&settings).2.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(), [7], "all content was purged");
    assert_eq!(events(&told), []);
}

#[test]
fn one_process_at_a_time() {
    let place = Place::new();
    let (journal, ..) = opened(&place.settings(SIZE));
    let second = Journal::open(Some(place.settings(SIZE)), Arc::new(|_| {})).err().expect("it is taken");
    assert!(second.starts_with("another process has the journal in /"), "{second}");
    drop(journal);
    opened(&place.settings(SIZE));
    let nowhere = config::Journal { state: "/dev/null/x".to_string(), size: SIZE };
    let unusable = Journal::open(Some(nowhere), Arc::new(|_| {})).err().expect("there is no such directory");
    assert!(unusable.starts_with("cannot use /dev/null/x/journal for the journal: "), "{unusable}");
}

#[test]
fn a_thousand_at_once_are_carried_out_in_the_order_of_their_numbers() {
    let place = Place::new();
    let (journal, ..) = opened(&place.settings(SIZE));
    let order: Arc<Mutex<Vec<u64>>> = Arc::default();
    let mut numbers: Vec<u64> = std::thread::scope(|scope| {
        let one = |thread: u64| {
            let (journal, order) = (&journal, order.clone());
            scope.spawn(move || {
                let each = (0..25).map(|number| {
                    let seen = order.clone();
                    let apply = move |first| seen.lock().expect("no panic").push(first);
                    let record = purge(Purged::Tag(format!("{thread}-{number}")));
                    // All are under way at once.
                    journal.append(vec![record], NOW, apply)
                });
                let waiting: Vec<_> = each.collect();
                waiting.into_iter().map(|one| waited_for(one).expect("there is room").0).collect::<Vec<u64>>()
            })
        };
        let threads: Vec<_> = (0..40).map(one).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    numbers.sort_unstable();
    let all: Vec<u64> = (1..=1000).collect();
    assert_eq!((&numbers, &*order.lock().expect("no panic")), (&all, &all));
}

#[test]
fn what_is_of_no_use_goes_and_what_is_too_much() {
    let place = Place::new();
    let size = 3 << 20;
    let (journal, told, _) = opened(&place.settings(size));
    let most = |journal: &Journal| {
        let on_disk: u64 = place.names().iter().map(|name| std::fs::metadata(place.file(name)).map_or(0, |file| file.len())).sum();
        // What is acknowledged may be tidied up just now.
        assert!(on_disk <= size && journal.state().bytes <= size, "{on_disk} of {size}");
    };
    for number in 0..200 {
        accepted(&journal, vec![push(number % 3, 100_000)]);
        most(&journal);
    }
    assert_eq!(events(&told), [], "newer content takes the place of older");
    for number in 0..60 {
        accepted(&journal, vec![push(number, 100_000)]);
        most(&journal);
    }
    let too_long = waited_for(journal.append(vec![push(0, 400_000)], NOW, |_| panic!("not accepted"))).expect_err("it is too long");
    assert!(too_long.too_long && too_long.why.contains("at most 393216 bytes"), "{too_long:?}");
    assert_eq!(journal.state().refused, 1);
    drop(journal);
    let (_, told_again, missed) = opened(&place.settings(size));
    let contents = |event: Event| if let Event::Trimmed(contents) = event { contents } else { panic!("{event:?}") };
    let trimmed: u64 = events(&told).into_iter().chain(events(&told_again)).map(contents).sum();
    assert!(trimmed > 0 && missed.len() as u64 + trimmed == 60, "{trimmed} and {}", missed.len());
    assert_eq!(missed.last().map(|(sequence, _)| *sequence), Some(260), "the newest are there");
}

#[test]
fn who_asked_and_left_is_served_all_the_same_and_after_the_end_nobody() {
    let place = Place::new();
    let (journal, ..) = opened(&place.settings(SIZE));
    drop(journal.append(vec![push(1, 10)], NOW, |_| ()));
    journal.close();
    assert_eq!(journal.state().applied, 1);
    assert_eq!(waited_for(journal.append(vec![push(2, 10)], NOW, |_| ())).map(|(number, ())| number), Err(ended()));
    drop(journal);
    assert_eq!(opened(&place.settings(SIZE)).2, [(1, push(1, 10))]);
}
