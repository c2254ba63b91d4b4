use super::*;

fn pieces(lengths: &[usize]) -> Vec<Piece> {
    let mut next = 0u8;
    let mut piece = |len: &usize| {
        Piece::from_iter((0..*len).map(|_| {
            next = next.wrapping_add(1);
            next
        }))
    };
    lengths.iter().map(&mut piece).collect()
}

fn read(content: &Content, mut at: u64) -> Vec<u8> {
    let mut read = Vec::new();
    loop {
        let piece = content.from(at);
        if piece.is_empty() {
            return read;
        }
        read.extend_from_slice(piece);
        at += piece.len() as u64;
    }
}

#[test]
fn content_is_the_same_however_it_came() {
    for lengths in [vec![], vec![5], vec![1; 1000], vec![300_000, 7, 300_000], vec![1000; 1000], vec![16 * 1024; 40]] {
        let pieces = pieces(&lengths);
        let whole: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
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
