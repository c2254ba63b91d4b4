use super::*;
use proptest::prelude::*;

/// Tag, name and value.
type Listed = (u32, Vec<u8>, Vec<u8>);

fn all(table: &Table<u32>) -> Vec<Listed> {
    (0..).map_while(|age| table.get(age)).map(|found| (found.tag, found.name.to_vec(), found.value.to_vec())).collect()
}

#[test]
fn an_entry_counts_thirty_two_octets_more_than_it_holds() {
    let mut table = Table::new(100);
    table.insert(1, b"name", b"of a length of 30, if I see it");
    assert_eq!(table.size, 66);
    // 34 are left.
    table.insert(2, b"a", b"b");
    assert_eq!((table.size, all(&table).len()), (100, 2));
    table.insert(3, b"", b"");
    assert_eq!((table.size, all(&table).iter().map(|entry| entry.0).collect::<Vec<_>>()), (66, alloc::vec![3, 2]));
}

#[test]
fn an_entry_larger_than_the_table_empties_it() {
    let mut table = Table::new(64);
    table.insert(1, b"a", b"b");
    assert!(table.fits(16, 16) && !table.fits(16, 17));
    table.insert(2, &[b'n'; 16], &[b'v'; 17]);
    assert_eq!((table.size, all(&table)), (0, Vec::new()));
    table.insert(3, &[b'n'; 16], &[b'v'; 16]);
    assert_eq!(table.size, 64);
}

#[test]
fn a_name_is_taken_from_the_entry_that_goes() {
    let mut table = Table::new(64);
    for value in 0..1000u32 {
        let name = alloc::format!("n{value:07}");
        table.insert(value, name.as_bytes(), b"first");
        table.insert_alike(0, b"second and more");
        assert_eq!(all(&table), [(value, name.into_bytes(), b"second and more".to_vec())]);
    }
}

#[test]
fn memory_is_bounded_and_given_back() {
    let mut table = Table::new(4096);
    for turn in 0..100_000usize {
        let len = turn * 7919 % 4000;
        table.insert(0, &b"a-name"[..turn % 6], &alloc::vec![b'v'; len]);
        assert!(table.text.capacity() <= 3 * 4096 && table.entries.len() <= 4096 / OVERHEAD);
    }
    table.set_max_size(0);
    assert_eq!((table.text.capacity(), table.entries.capacity()), (0, 0));
}

#[derive(Clone, Debug)]
enum Act {
    Insert(Vec<u8>, Vec<u8>),
    Alike(usize, Vec<u8>),
    Resize(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let text = || proptest::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        5 => (text(), text()).prop_map(|(name, value)| Act::Insert(name, value)),
        5 => (0..4usize, text()).prop_map(|(age, value)| Act::Alike(age, value)),
        1 => (0..300usize).prop_map(Act::Resize),
    ]
}

proptest! {
    /// The definition: a list of pairs, of which the last ones go.
    #[test]
    fn entries_come_and_go_as_defined(acts in proptest::collection::vec(act(), 0..200)) {
        let mut table = Table::new(200);
        let (mut list, mut max_size): (Vec<Listed>, _) = (Vec::new(), 200);
        let sum = |list: &[Listed]| list.iter().map(|(_, name, value)| name.len() + value.len() + 32).sum::<usize>();
        for (number, act) in (0..).zip(acts) {
            let mut room = 0;
            let entry = match act {
                Act::Insert(name, value) => Some((number, name, value)),
                Act::Alike(age, value) => list.get(age).cloned().map(|(tag, name, _)| {
                    table.insert_alike(age, &value);
                    (tag, name, value)
                }),
                Act::Resize(size) => {
                    table.set_max_size(size);
                    max_size = size;
                    None
                }
            };
            if let Some((tag, name, value)) = &entry {
                room = name.len() + value.len() + 32;
                if *tag == number {
                    table.insert(*tag, name, value);
                }
            }
            while !list.is_empty() && sum(&list) + room > max_size {
                list.pop();
            }
            list.splice(0..0, entry.filter(|_| room <= max_size));
            prop_assert_eq!(all(&table), list.clone());
            prop_assert_eq!(table.size, sum(&list));
        }
    }
}
