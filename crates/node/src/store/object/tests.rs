use super::*;

fn pieces(lengths: &[usize]) -> Vec<Piece> {
    let mut next = 0u8;
    let mut piece = |len: &usize| {
        Piece::Memory(Arc::from_iter((0..*len).map(|_| {
            next = next.wrapping_add(1);
            next
        })))
    };
    lengths.iter().map(&mut piece).collect()
}

/// Everything from `at` on.
pub(crate) fn read(content: &Content, mut at: u64) -> Vec<u8> {
    let mut read = Vec::new();
    loop {
        match content.from(at) {
            Stretch::Memory([]) => return read,
            Stretch::Memory(piece) => read.extend_from_slice(piece),
            Stretch::File(file, place, len) => {
                let mut piece = vec![0; usize::try_from(len).expect("a test's content")];
                let got = file.read_at(place, &mut piece).expect("it is there");
                assert!(got > 0, "it is all there");
                read.extend_from_slice(&piece[..got]);
                at += got as u64;
                continue;
            }
        }
        at = content.len().min(at + content.from(at).len());
    }
}

fn bytes(piece: &Piece) -> &[u8] {
    match piece {
        Piece::Memory(bytes) => bytes,
        Piece::Slab(..) => panic!("nothing long is in these tests"),
    }
}

#[test]
fn content_is_the_same_however_it_came() {
    for lengths in [vec![], vec![5], vec![1; 1000], vec![300_000, 7, 300_000], vec![1000; 1000], vec![16 * 1024; 40]] {
        let pieces = pieces(&lengths);
        let whole: Vec<u8> = pieces.iter().flat_map(bytes).copied().collect();
        let content = Content::of(pieces, &Arc::default());
        assert_eq!(content.len(), whole.len() as u64);
        for at in [0, 1, whole.len() / 2, whole.len()] {
            assert_eq!(read(&content, at as u64), whole[at.min(whole.len())..], "{lengths:?} from {at}");
        }
    }
}

#[test]
fn many_short_pieces_become_few() {
    let content = Content::of(pieces(&[100; 10_000]), &Arc::default());
    assert_eq!(content.pieces().len(), 1_000_000_usize.div_ceil(PIECE_BYTES));
    assert!(content.memory() < 1_000_000 * 9 / 8 + 1000, "{}", content.memory());
}
