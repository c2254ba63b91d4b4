use super::super::Gauge;
use super::super::object::Content;
use super::super::object::tests::read;
use super::*;

fn grown(slabs: &Arc<Slabs>, length: Option<u64>, pushes: &[Vec<u8>]) -> Growing {
    let mut growing = Growing::new(slabs.clone(), length);
    let mut seen: Vec<u64> = Vec::new();
    for bytes in pushes {
        let cost = growing.cost(bytes.len() as u64);
        assert!(cost >= bytes.len() as u64);
        let first = growing.push(bytes);
        let lengths: Vec<u64> = growing.pieces().iter().map(Piece::len).collect();
        assert_eq!(seen[..first], lengths[..first], "what is said to be as before is");
        seen = lengths;
    }
    growing
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n % 253) as u8).collect()
}

#[test]
fn content_is_the_same_wherever_it_lies() {
    let slabs = Arc::new(Slabs::in_memory(2));
    let all = bytes(3_000_001);
    for (len, step) in [(10, 3), (65_535, 65_535), (65_536, 65_536), (70_000, 1000), (1_048_576, 131_072), (3_000_001, 100_000)] {
        for length in [None, Some(len as u64)] {
            let pushes: Vec<Vec<u8>> = all[..len].chunks(step).map(<[u8]>::to_vec).collect();
            let growing = grown(&slabs, length, &pushes);
            let content = Content::of(growing.pieces().to_vec(), &Arc::default());
            drop(growing);
            assert_eq!(slabs.taken() > 0, len as u64 >= LONG_BYTES, "{len}");
            assert_eq!(read(&content, 0), all[..len], "{len} in steps of {step}, told {length:?}");
            assert_eq!(read(&content, len as u64 / 2), all[len / 2..len]);
            drop(content);
            assert_eq!(slabs.taken(), 0, "{len}: it is given back");
        }
    }
}

#[test]
fn what_lies_there_is_counted_in_whole_pages() {
    let slabs = Arc::new(Slabs::in_memory(1));
    let counted: Arc<Gauge> = Arc::default();
    for len in [LONG_BYTES, LONG_BYTES + 1, 5 << 20] {
        let growing = grown(&slabs, None, &[bytes(usize::try_from(len).expect("small"))]);
        let content = Content::of(growing.pieces().to_vec(), &counted);
        assert!(counted.get() > slabs.taken() && slabs.taken() >= len, "{} for {}", counted.get(), slabs.taken());
        drop((growing, content));
    }
    assert_eq!((counted.get(), slabs.taken()), (0, 0));
}

#[test]
fn without_a_file_it_lies_with_the_rest() {
    let growing = grown(&Arc::default(), Some(1 << 20), &[bytes(1 << 19), bytes(1 << 19)]);
    assert!(growing.pieces().iter().all(|piece| matches!(piece, Piece::Memory(_))));
    assert_eq!(read(&Content::of(growing.pieces().to_vec(), &Arc::default()), 0), [bytes(1 << 19), bytes(1 << 19)].concat());
}
