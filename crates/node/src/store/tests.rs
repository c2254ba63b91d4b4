use super::*;
use decide::cache::{Directives, Life, Purge, Selecting, Times};
use decide::time::Calendar;
use std::io::IoSlice;
use std::task::{Context, Waker};
use wire::http::{Fields, ResponseHead};

pub(super) const MEMORY: u64 = 8 << 20;

fn bound(memory: u64) -> config::Cache {
    let feed = config::Feed { rate: 1, simultaneous: 1, jobs: 1, urls: 1, content: 1 };
    config::Cache { memory, feed, id: None, hot: config::Hot { requests: 0, window: Duration::from_secs(1) } }
}

pub(super) fn store() -> Arc<Store> {
    Store::seeded(Seed::new([1, 2]), Slabs::in_memory(2), &bound(MEMORY))
}

fn policy() -> Policy {
    use decide::cache::{AcceptEncoding, Collapse, KeyRules, Normalise, SetCookie};
    Policy {
        key: KeyRules::default(),
        vary: Normalise { accept_encoding: AcceptEncoding::Sorted, accept_language: false, content_language: false },
        targeted: Vec::new(),
        heuristic_percent: 0,
        heuristic_most: Duration::ZERO,
        assumed: Duration::ZERO,
        stale_while_revalidate: Duration::ZERO,
        stale_if_error: Duration::ZERO,
        stale_beside_s_maxage: false,
        obey_requests: false,
        set_cookie: SetCookie::Refuse,
        partial: false,
        refuse_disguised: true,
        largest: 1 << 20,
        tag_fields: Vec::new(),
        follow_links: false,
        encodings: Vec::new(),
        collapse: Collapse { enabled: true, longest: Duration::from_secs(5), most: 10, uncacheable: Duration::from_secs(60) },
    }
}

/// An answer of this content under this URL.
pub(super) fn object(url: &str, content: &[u8], born: Sequence) -> Object {
    object_of(url, vec![Piece::Memory(content.into())], born)
}

pub(super) fn object_of(url: &str, content: Vec<Piece>, born: Sequence) -> Object {
    let mut head = ResponseHead { status: 200, ..ResponseHead::default() };
    head.fields.push(b"Cache-Control", b"max-age=60");
    head.fields.push(b"Content-Type", b"text/html; charset=utf-8");
    let policy = policy();
    let at = Times { requested: Calendar::default(), received: Calendar::default() };
    let life = Life::of(&head, &head.fields, &Directives::of(&head.fields, &policy), at, &policy);
    Object {
        selecting: Selecting::of(&head.fields, &Fields::new(), &policy.vary).expect("no Vary"),
        head,
        life,
        date: Calendar::default(),
        content: Arc::new(Content::of(content, &Arc::default())),
        parts: None,
        coded: Arc::default(),
        trailers: None,
        names: Arc::new(Names { site: "shop".into(), url: url.as_bytes().into(), tags: Box::default() }),
        born,
        stale_since: None,
        cleared: AtomicU64::new(0),
    }
}

#[test]
fn however_much_is_stored_the_bound_holds() {
    let store = store();
    let mut stored = 0;
    for number in 0..20_000_u32 {
        let url = format!("http://shop.example/{number}");
        let content = vec![b'x'; 100 + (number as usize * 7919) % 8000];
        let object = object(&url, &content, store.sequence());
        stored += object.memory() as u64;
        store.put(url.as_bytes(), Arc::new(object));
        assert!(store.bytes() <= MEMORY, "{} after {number}", store.bytes());
    }
    assert!(stored > 10 * MEMORY, "{stored}: more than has room");
    assert!(store.bytes() > MEMORY / 2 && store.objects() > 500, "{} bytes, {} objects", store.bytes(), store.objects());
    store.configure(&bound(MEMORY / 4));
    assert!(store.bytes() <= MEMORY / 4, "{} after the bound became a quarter", store.bytes());
}

#[test]
fn the_weight_is_what_the_parts_take() {
    let object = object("http://shop.example/", &[b'x'; 10_000], Sequence(0));
    let parts = object.content.len() as usize + object.head.fields.memory() + object.names.url.len() + size_of::<Object>();
    assert!(object.memory() > parts && object.memory() < 2 * parts, "{} of {parts}", object.memory());
}

#[test]
fn a_purge_is_met_by_what_was_asked_for_before_it_and_by_nothing_after() {
    let store = store();
    let standing = |born| store.standing(&object("http://shop.example/a/b", b"", born));
    let before = store.sequence();
    let purging = |which, purge| Purging { which, site: None, purge };
    store.purge(&purging(Purged::Prefix("http://shop.example/a/".into()), Purge::Hard), Calendar::default());
    let between = store.sequence();
    assert_eq!((standing(before), standing(between)), (Standing::Gone, Standing::Current));
    store.purge(&purging(Purged::Url("http://shop.example/a/b".into()), Purge::Soft), Calendar::default());
    assert_eq!((standing(before), standing(between)), (Standing::Gone, Standing::StaleSince(Calendar::default())));
    assert_eq!(standing(store.sequence()), Standing::Current);
    let kept = object("http://shop.example/other", b"", before);
    assert_eq!(store.standing(&kept), Standing::Current);
    assert_eq!(kept.cleared.load(Ordering::Relaxed), store.sequence().0, "it is not looked at twice");
}

#[test]
fn marks_that_nothing_can_meet_are_forgotten() {
    let store = store();
    for number in 0..3 * MANY_MARKS {
        let purging = Purging { which: Purged::Url(format!("http://shop.example/{number}")), site: None, purge: Purge::Hard };
        store.purge(&purging, Calendar::default());
    }
    assert!(store.purges.read().expect("it is free").len() < MANY_MARKS);
}

fn asking<'a>(request: &'a RequestHead, policy: &'a Policy) -> Asking<'a> {
    Asking { key: b"k", request, policy, like: None, found: None, now: Instant::ZERO, calendar: Calendar::default() }
}

/// Content on its way to the store.
fn storing(largest: u64) -> Told {
    let object = object("http://shop.example/", b"", Sequence(0));
    let stored = Some(Storing { object, largest, keep: true, partial: false, trailers: true });
    Told::Coming(Arc::new(Coming {
        head: ResponseHead { status: 200, ..ResponseHead::default() },
        length: None,
        stored,
        rule: Rule::Storable,
        part: None,
        around: Around::default(),
    }))
}

fn write(writer: &mut Writer, bytes: &[u8]) -> bool {
    writer.poll_write(&Context::from_waker(Waker::noop()), &[IoSlice::new(bytes)]).is_ready()
}

#[test]
fn the_second_waits_and_reads_from_the_beginning_what_the_first_asked_for() {
    let (store, policy, request) = (store(), policy(), RequestHead::default());
    let Joined::Lead(mut writer, _first) = store.join(&asking(&request, &policy), &mut Record::off()) else { panic!("it leads") };
    let Joined::Wait(mut second, _) = store.join(&asking(&request, &policy), &mut Record::off()) else { panic!("it waits") };
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(second.poll_told(cx).is_pending());
    writer.tell(storing(1 << 20), Vec::new());
    assert!(write(&mut writer, b"hello") && second.poll_told(cx).is_ready());
    let Joined::Read(mut third, _) = store.join(&asking(&request, &policy), &mut Record::off()) else { panic!("it reads") };
    for reader in [&mut second, &mut third] {
        assert!(matches!(reader.poll_next(cx, 0), std::task::Poll::Ready(Flow::Piece(Piece::Memory(piece), 0)) if *piece == *b"hello"));
        assert!(reader.poll_next(cx, 5).is_pending());
    }
    writer.finish(&Fields::new());
    assert!(matches!(third.poll_next(cx, 5), std::task::Poll::Ready(Flow::End)));
    assert!(matches!(store.join(&asking(&request, &policy), &mut Record::off()), Joined::Again));
    assert_eq!(store.variants(b"k").expect("it is stored").objects()[0].content.from(0).len(), 5);
    assert_eq!(store.filling.get(), 0);
}

#[test]
fn what_is_too_long_waits_for_its_slowest_reader_and_is_not_stored() {
    let (store, policy, request) = (store(), policy(), RequestHead::default());
    let Joined::Lead(mut writer, mut reader) = store.join(&asking(&request, &policy), &mut Record::off()) else { panic!("it leads") };
    writer.tell(storing(100_000), Vec::new());
    let piece = [b'x'; 50_000];
    let mut written = 0;
    while write(&mut writer, &piece) {
        written += 50_000;
        assert!(written < 1_000_000, "nothing holds it back");
    }
    assert!(store.filling.get() >= 100_000, "what the reader has not had counts");
    let cx = &mut Context::from_waker(Waker::noop());
    let mut read = 0;
    while let std::task::Poll::Ready(Flow::Piece(piece, at)) = reader.poll_next(cx, read) {
        read += piece.len() - at;
    }
    assert_eq!(read, written);
    assert!(write(&mut writer, &piece), "it goes on when the reader has caught up");
    assert_eq!(store.filling.get(), 0, "it no longer counts as what is to be stored");
    drop(reader);
    assert!(writer.is_abandoned(cx), "nobody is left");
    drop(writer);
    assert!(store.variants(b"k").is_none());
}

#[test]
fn what_comes_in_has_its_share_of_the_memory_and_no_more() {
    let (store, policy) = (store(), policy());
    let mut writers = Vec::new();
    for number in 0..100 {
        let key = format!("k{number}");
        let request = RequestHead::default();
        let asking = Asking { key: key.as_bytes(), ..asking(&request, &policy) };
        let Joined::Lead(mut writer, reader) = store.join(&asking, &mut Record::off()) else { panic!("it leads") };
        writer.tell(storing(1 << 20), Vec::new());
        write(&mut writer, &[b'x'; 100_000]);
        writers.push((writer, reader));
        assert!(store.filling.get() <= MEMORY / FILLING_SHARE);
    }
    assert!(store.filling.get() > MEMORY / FILLING_SHARE - 100_000);
    drop(writers);
    assert_eq!(store.filling.get(), 0);
}

#[test]
fn what_slow_clients_hold_takes_the_room_of_what_comes_in() {
    let (store, policy) = (store(), policy());
    let mut held = Vec::new();
    for number in 0..200 {
        let key = format!("k{number}");
        let request = RequestHead::default();
        let asking = Asking { key: key.as_bytes(), ..asking(&request, &policy) };
        let Joined::Lead(mut writer, reader) = store.join(&asking, &mut Record::off()) else { panic!("it leads") };
        writer.tell(storing(1 << 20), Vec::new());
        write(&mut writer, &[b'x'; 200_000]);
        writer.finish(&Fields::new());
        // A client that has read nothing yet.
        held.push(reader);
        assert!(store.contents.get() + store.filling.get() <= MEMORY, "{} after {number}", store.contents.get());
    }
    assert!(store.contents.get() > MEMORY / 2);
    drop(held);
    assert!(store.contents.get() <= store.storage.bytes());
}

#[test]
fn nobody_joins_what_was_asked_before_a_purge() {
    let (store, policy, request) = (store(), policy(), RequestHead::default());
    let Joined::Lead(_writer, _reader) = store.join(&asking(&request, &policy), &mut Record::off()) else { panic!("it leads") };
    store.purge(&Purging { which: Purged::All, site: Some("shop".into()), purge: Purge::Hard }, Calendar::default());
    assert!(matches!(store.join(&asking(&request, &policy), &mut Record::off()), Joined::Lead(..)));
}

#[test]
fn a_mark_is_kept_as_long_as_something_may_still_meet_it() {
    let store = store();
    let (mut writer, _reader) = store.ask_alone(b"k");
    writer.tell(storing(1 << 20), Vec::new());
    let purging = |url: &str| Purging { which: Purged::Url(url.into()), site: None, purge: Purge::Hard };
    store.purge(&purging("http://shop.example/"), Calendar::default());
    for number in 0..3 * MANY_MARKS {
        store.purge(&purging(&format!("http://shop.example/{number}")), Calendar::default());
    }
    writer.finish(&Fields::new());
    assert!(store.variants(b"k").is_none(), "the purge that came while it was under way has met it");
}

#[test]
fn the_number_of_the_first_reader_is_given_once() {
    let (store, policy, request) = (store(), policy(), RequestHead::default());
    let Joined::Lead(_writer, first) = store.join(&asking(&request, &policy), &mut Record::off()) else { panic!("it leads") };
    assert!(first.is_first());
    drop(first);
    let Joined::Wait(second, _) = store.join(&asking(&request, &policy), &mut Record::off()) else { panic!("it waits") };
    assert!(!second.is_first(), "what is not stored is for the one whose request was sent");
}
