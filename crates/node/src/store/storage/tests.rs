//! What every storage does, whatever it keeps answers in.

use super::super::memory::Memory;
use super::super::object::{Object, Piece};
use super::super::slab::Slabs;
use super::super::{Seed, tests};
use super::*;
use std::sync::Arc;

const BYTES: u64 = 4 << 20;

fn storages() -> [Box<dyn Storage>; 1] {
    [Box::new(Memory::new(BYTES, Seed::new([1, 2]), Slabs::in_memory(1)))]
}

fn variants(storage: &dyn Storage, key: &str, content: &[u8], born: Sequence) -> Variants {
    let mut growing = storage.grow(Some(content.len() as u64));
    growing.push(content);
    let pieces: Vec<Piece> = growing.pieces().to_vec();
    let object = tests::object_of(key, pieces, born);
    Variants::new(key.as_bytes(), vec![Arc::new(object)])
}

fn object(variants: &Variants) -> &Object {
    &variants.objects()[0]
}

#[test]
fn what_is_put_is_there_until_it_is_removed() {
    for storage in storages() {
        let storage = &*storage;
        assert!(storage.get(b"k").is_none() && storage.oldest().is_none());
        drop(storage.put(b"k", variants(storage, "k", b"one", Sequence(7))));
        drop(storage.put(b"l", variants(storage, "l", &[b'x'; 100_000], Sequence(5))));
        assert_eq!(object(&storage.peek(b"k").expect("it is there")).content.len(), 3);
        assert_eq!(object(&storage.get(b"l").expect("it is there")).content.len(), 100_000);
        assert_eq!((storage.keys(), storage.oldest()), (2, Some(Sequence(5))));
        let before = storage.bytes();
        assert_eq!(storage.remove(b"l").0.len(), 1);
        assert!(storage.bytes() + 100_000 < before && storage.peek(b"l").is_none());
    }
}

#[test]
fn whatever_is_put_the_bound_holds_and_what_goes_is_handed_on() {
    for storage in storages() {
        let storage = &*storage;
        let mut gone = 0;
        for number in 0..500 {
            let key = number.to_string();
            gone += storage.put(key.as_bytes(), variants(storage, &key, &[b'x'; 40_000], Sequence(0))).0.len();
            assert!(storage.bytes() <= BYTES);
        }
        assert!(storage.keys() > 50);
        assert_eq!(storage.keys() + gone, 500);
        storage.resize(BYTES / 4);
        assert!(storage.bytes() <= BYTES / 4);
    }
}
