use crate::store::tests::{MEMORY, object, store};
use crate::store::{Form, Object, Reader, Store, Wanted, Writer};
use decide::cache::Rule;
use decide::files::Coding;
use std::io::IoSlice;
use std::sync::Arc;
use std::task::{Context, Waker};
use wire::http::Fields;

const URL: &str = "http://shop.example/a";

fn stored(store: &Arc<Store>, content: &[u8]) -> Arc<Object> {
    let object = Arc::new(object(URL, content, store.sequence()));
    store.put(URL.as_bytes(), object.clone());
    object
}

fn form(store: &Arc<Store>, object: &Object, coding: Coding, largest: u64) -> Form {
    store.form(&Wanted { key: URL.as_bytes(), object, coding, largest, rule: Rule::Fresh })
}

fn missing(form: Form) -> (Writer, Reader) {
    match form {
        Form::Missing(writer, reader) => (writer, reader),
        _ => panic!("nobody has made it"),
    }
}

fn write(writer: &mut Writer, bytes: &[u8]) -> bool {
    writer.poll_write(&Context::from_waker(Waker::noop()), &[IoSlice::new(bytes)]).is_ready()
}

#[test]
fn it_is_made_once_and_then_there_and_its_memory_counts() {
    let store = store();
    let object = stored(&store, &[b'x'; 10_000]);
    let before = store.bytes();
    let (mut writer, reader) = missing(form(&store, &object, Coding::Gzip, 10_000));
    assert!(write(&mut writer, &[b'y'; 2_000]));
    let Form::Coming(other) = form(&store, &object, Coding::Gzip, 10_000) else { panic!("it is being made") };
    assert!(reader.is_first() && !other.is_first());
    missing(form(&store, &object, Coding::Zstd, 10_000));
    writer.before = 10_000;
    writer.finish(&Fields::new());
    drop(writer);
    let Form::Stored(content) = form(&store, &object, Coding::Gzip, 10_000) else { panic!("it is there") };
    assert_eq!(content.len(), 2_000);
    assert_eq!(object.coded.lengths().collect::<Vec<_>>(), [(Coding::Gzip, 2_000)]);
    let with = store.bytes();
    assert!(with >= before + 2_000, "{before} and {with}");
    // Whoever freshens it keeps it, and whoever drops it drops both.
    let fresh = Arc::new(object.same());
    store.replace(URL.as_bytes(), &object, fresh.clone());
    assert!(matches!(form(&store, &fresh, Coding::Gzip, 10_000), Form::Stored(_)));
    assert!(store.bytes() >= before + 2_000, "{before} and {}", store.bytes());
    drop((object, content, reader, other));
    store.discard(URL.as_bytes(), &fresh);
    drop(fresh);
    assert_eq!((store.bytes(), store.filling()), (0, 0));
}

#[test]
fn what_is_given_up_is_made_by_the_next() {
    let store = store();
    let object = stored(&store, &[b'x'; 10_000]);
    let (mut writer, first) = missing(form(&store, &object, Coding::Brotli, 10_000));
    assert!(write(&mut writer, b"half"));
    drop(writer);
    let (mut writer, second) = missing(form(&store, &object, Coding::Brotli, 10_000));
    writer.before = 10_000;
    assert!(write(&mut writer, b"whole"));
    writer.finish(&Fields::new());
    drop(writer);
    assert!(matches!(form(&store, &object, Coding::Brotli, 10_000), Form::Stored(content) if content.len() == 5));
    // As long as somebody reads what was given up, it counts.
    drop((first, second));
    assert_eq!(store.filling(), 0);
}

#[test]
fn what_is_no_shorter_is_not_made_again() {
    let store = store();
    let object = stored(&store, b"short");
    let (mut writer, _reader) = missing(form(&store, &object, Coding::Gzip, 10_000));
    assert!(write(&mut writer, b"longer than that"));
    writer.before = 5;
    writer.finish(&Fields::new());
    assert!(matches!(form(&store, &object, Coding::Gzip, 10_000), Form::NotShorter));
    assert_eq!(object.coded.lengths().count(), 0);
}

#[test]
fn what_has_no_room_is_for_the_one_who_reads_it() {
    let store = store();
    let object = stored(&store, &[b'x'; 10_000]);
    let (mut writer, reader) = missing(form(&store, &object, Coding::Gzip, 1_000));
    assert!(write(&mut writer, &[b'y'; 2_000]), "it passes");
    assert!(matches!(form(&store, &object, Coding::Gzip, 1_000), Form::NoRoom));
    writer.finish(&Fields::new());
    drop((writer, reader));
    missing(form(&store, &object, Coding::Gzip, MEMORY));
    assert_eq!(store.filling(), 0);
}
