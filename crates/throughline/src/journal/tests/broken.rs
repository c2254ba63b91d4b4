//! Files that a crash, a full disk or a bad one has left.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// The bytes of a log with these batches in it.
fn log_of(batches: &[Vec<Record>]) -> Vec<u8> {
    let place = Place::new();
    let (journal, ..) = opened(&place.settings(SIZE));
    for batch in batches {
        accepted(&journal, batch.clone());
    }
    drop(journal);
    fs::read(place.file(&name("log", 1))).expect("the log")
}

/// What a start makes of a log of these bytes: what is done again, the last number, and what is told.
fn started(log: &[u8]) -> (Vec<(u64, Record)>, u64, Vec<Event>) {
    let place = Place::new();
    fs::create_dir_all(place.0.join("journal")).expect("a directory");
    fs::write(place.file(&name("log", 1)), log).expect("a file");
    let (journal, told, missed) = opened(&place.settings(SIZE));
    let last = journal.state().accepted;
    assert_eq!(accepted(&journal, vec![push(999, 1)]), last + 1, "and it goes on");
    drop(journal);
    let (_, quiet, again) = opened(&place.settings(SIZE));
    assert_eq!((events(&quiet), again.len()), (Vec::new(), missed.len() + 1), "nothing is told twice");
    (missed, last, events(&told))
}

/// Contents, each of use to the end.
fn contents(count: u64) -> Vec<Vec<Record>> {
    (1..=count).map(|number| vec![push(number, 30)]).collect()
}

#[test]
fn any_beginning_of_the_bytes_holds_a_beginning_of_the_records() {
    let log = log_of(&contents(4));
    let whole = started(&log).0;
    assert_eq!(whole.len(), 4);
    let mut seen = 0;
    for end in 0..=log.len() {
        let (missed, last, told) = started(&log[..end]);
        assert_eq!(missed, whole[..missed.len()], "{end}");
        assert_eq!(last, missed.len() as u64);
        assert!(missed.len() >= seen, "{end}");
        seen = missed.len();
        let cut: Vec<u64> =
            told.iter().map(|event| if let Event::Cut { bytes, .. } = event { *bytes } else { panic!("{event:?}") }).collect();
        assert!(cut.len() <= 1 && cut.iter().all(|bytes| *bytes <= end as u64), "{end}: {told:?}");
    }
    assert_eq!(seen, 4);
}

#[test]
fn what_the_disk_has_lost_is_told_and_content_before_it_is_not_trusted() {
    let log = log_of(&contents(5));
    let len = (log.len() - frame::FILE_HEAD) / 5;
    let place = |number: usize| frame::FILE_HEAD + (number - 1) * len;
    let mut broken = log.clone();
    broken[place(3) + 70] ^= 1;
    let (missed, last, told) = started(&broken);
    assert_eq!(missed, [(4, push(4, 30)), (5, push(5, 30))]);
    assert_eq!(last, 5);
    let [Event::Damaged(what)] = &told[..] else { panic!("{told:?}") };
    assert!(what.contains("numbers 3 to 3 are lost; 2 pushed contents are not stored again"), "{what}");
    // The last: nobody can tell whether it had been whole.
    let mut broken = log.clone();
    broken[place(5) + 70] ^= 1;
    let (missed, last, told) = started(&broken);
    assert_eq!((missed.len(), last), (4, 4));
    assert!(matches!(told[..], [Event::Cut { .. }]), "{told:?}");
    // Its length broken too, so that nothing tells where the next begins.
    let mut broken = log.clone();
    broken[place(2) + 5] ^= 0x40;
    assert_eq!(started(&broken).0.len(), 3);
}

#[test]
fn of_a_write_that_was_never_acknowledged_a_beginning_holds() {
    let log = log_of(&[vec![push(1, 30)], vec![push(2, 30), push(3, 30), push(4, 30)]]);
    let len = (log.len() - frame::FILE_HEAD) / 4;
    let mut torn = log.clone();
    // Pages of one write may come to the disk in any order.
    torn[frame::FILE_HEAD + 2 * len + 20] ^= 1;
    let (missed, last, told) = started(&torn);
    assert_eq!((missed.len(), last), (2, 2));
    assert_eq!(told.iter().map(|event| matches!(event, Event::Cut { bytes, .. } if *bytes == 2 * len as u64)).collect::<Vec<_>>(), [true]);
}

#[test]
fn a_missing_file_is_told_and_a_broken_one_put_aside() {
    let place = Place::new();
    let (journal, ..) = opened(&place.settings(SIZE));
    for batch in contents(3) {
        accepted(&journal, batch);
    }
    drop(journal);
    let (journal, ..) = opened(&place.settings(SIZE));
    accepted(&journal, vec![push(4, 30)]);
    drop(journal);
    let base = place.file(&name("base", 3));
    let mut bytes = fs::read(&base).expect("the base");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&base, &bytes).expect("a file of ours");
    let (journal, told, missed) = opened(&place.settings(SIZE));
    assert_eq!(missed, [(4, push(4, 30))]);
    assert!(matches!(&events(&told)[..], [Event::Damaged(what)] if what.contains("2 pushed contents")), "{:?}", events(&told));
    assert!(place.names().contains(&format!("{}.broken-1", name("base", 3))), "{:?}", place.names());
    drop(journal);
    fs::rename(place.file(&name("base", 4)), place.file("elsewhere")).expect("a file of ours");
    let (journal, told, missed) = opened(&place.settings(SIZE));
    assert_eq!((missed, journal.state().accepted), (Vec::new(), 4));
    assert!(matches!(&events(&told)[..], [Event::Damaged(what)] if what.contains("numbers 1 to 4 are missing")), "{:?}", events(&told));
}

/// Whoever hands content over may put whole frames into it.
#[test]
fn content_cannot_pass_for_a_record() {
    let mut hidden = Vec::new();
    let stamp = frame::Stamp { sequence: 2, durable: 1, at: NOW };
    frame::write(&stamp, &purge(Purged::All), &frame::Salt::draw(), &mut hidden);
    let forged = Record::Push(Push { site: "evil".to_string(), body: hidden.repeat(3), ..Push::default() });
    let mut log = log_of(&[vec![push(1, 30)], vec![forged], vec![push(3, 30)]]);
    log[frame::FILE_HEAD + 200] ^= 1;
    let (missed, last, _) = started(&log);
    assert_eq!((missed, last), (vec![(3, push(3, 30))], 3));
}

#[test]
fn a_write_that_fails_leaves_nothing_and_is_made_good() {
    let place = Place::new();
    let shared = Arc::new(Shared::default());
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let told = events.clone();
    let tell: Tell = Arc::new(move |event| told.lock().expect("no panic").push(event));
    let (mut writer, _) = Writer::open(&place.settings(SIZE), shared.clone(), tell).expect("a directory of our own");
    let outcomes: Arc<Mutex<Vec<Result<u64, Refused>>>> = Arc::default();
    let waiting = |number: u64| {
        let outcomes = outcomes.clone();
        let done = Box::new(move |first| Box::new(move || outcomes.lock().expect("no panic").push(first)) as Telling);
        Waiting { records: vec![push(number, 30)], bytes: 100, at: NOW, done }
    };
    writer.accept(vec![waiting(1)]);
    // A file that takes nothing; and then one that cannot be opened either.
    writer.spoil(File::open(place.file(&name("log", 1))).expect("the log"));
    writer.accept(vec![waiting(2), waiting(3)]);
    writer.spoil(File::open(place.file(&name("log", 1))).expect("the log"));
    fs::rename(place.file(&name("log", 1)), place.file("away")).expect("a file of ours");
    writer.accept(vec![waiting(2)]);
    writer.accept(vec![waiting(2)]);
    assert!(shared.failing.load(Ordering::Relaxed));
    fs::rename(place.file("away"), place.file(&name("log", 1))).expect("a file of ours");
    writer.accept(vec![waiting(4)]);
    let outcomes = outcomes.lock().expect("no panic").clone();
    assert_eq!(outcomes.iter().map(|outcome| outcome.clone().ok()).collect::<Vec<_>>(), [Some(1), None, None, None, None, Some(2)]);
    let why = &outcomes[1].as_ref().expect_err("it was refused").why;
    assert!(why.starts_with("the journal cannot be written (") && why.ends_with("): nothing was done"), "{why}");
    let told = events.lock().expect("no panic").clone();
    assert!(matches!(&told[..], [Event::Failed(_), Event::Recovered { sequence: 2 }]), "once each: {told:?}");
    assert_eq!((shared.refused.load(Ordering::Relaxed), shared.applied.load(Ordering::Relaxed)), (4, 2));
    drop(writer);
    assert_eq!(opened(&place.settings(SIZE)).2, [(1, push(1, 30)), (2, push(4, 30))]);
}

#[test]
fn files_are_their_owners_alone() {
    let place = Place::new();
    let (journal, ..) = opened(&place.settings(SIZE));
    accepted(&journal, vec![push(1, 30)]);
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&place.0.join("journal")), 0o700);
    for name in place.names() {
        assert_eq!(mode(&place.file(&name)), 0o600, "{name}");
    }
}

proptest! {
    /// Whatever happens to a byte: no panic, and no record that was not written.
    #[test]
    fn a_changed_byte_makes_no_record(
        records in proptest::collection::vec(any_record(), 1..8),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let batches: Vec<Vec<Record>> = records.iter().map(|record| vec![record.clone()]).collect();
        let mut log = log_of(&batches);
        let at = at.index(log.len());
        log[at] ^= 1_u8 << bit;
        let place = Place::new();
        fs::create_dir_all(place.0.join("journal")).expect("a directory");
        fs::write(place.file(&name("log", 1)), &log).expect("a file");
        let (_, told, missed) = opened(&place.settings(SIZE));
        for (sequence, record) in missed {
            prop_assert_eq!(&record, &records[usize::try_from(sequence).expect("small") - 1]);
        }
        prop_assert!(!events(&told).is_empty(), "it is told");
    }
}
