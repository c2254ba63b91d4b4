use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug, PartialEq)]
enum Owned {
    Message(u8, Vec<u8>),
    Alert(bool, u8),
    Change,
    Sealed(usize),
}

fn read(pieces: &[&[u8]]) -> Vec<Owned> {
    let (mut reader, mut all) = (Reader::default(), Vec::new());
    for piece in pieces {
        reader.push(piece, |seen| {
            all.push(match seen {
                Seen::Message { kind, body } => Owned::Message(kind, body.to_vec()),
                Seen::Alert { fatal, description } => Owned::Alert(fatal, description),
                Seen::ChangeCipherSpec => Owned::Change,
                Seen::Sealed { bytes } => Owned::Sealed(bytes),
            });
        });
    }
    all
}

#[test]
fn what_follows_a_change_of_keys_is_sealed() {
    let mut bytes = Vec::new();
    write_record(Kind::ALERT, &[2, 40], &mut bytes);
    write_record(Kind::CHANGE_CIPHER_SPEC, &[1], &mut bytes);
    write_record(Kind::HANDSHAKE, &[0; 40], &mut bytes);
    write_record(Kind::APPLICATION_DATA, &[0; 7], &mut bytes);
    assert_eq!(read(&[&bytes]), [Owned::Alert(true, 40), Owned::Change, Owned::Sealed(45), Owned::Sealed(12)]);
}

#[test]
fn what_is_no_tls_is_not_looked_at() {
    assert_eq!(read(&[b"HTTP/1.1 400 Bad Request\r\n"]), []);
    assert_eq!(read(&[&[22, 3, 3, 255, 255], &[1; 100]]), []);
}

proptest! {
    #[test]
    fn messages_are_read_however_they_are_cut(
        messages in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..300)), 1..5),
        record in 1_usize..200,
        piece in 1_usize..200,
    ) {
        let (mut stream, mut bytes) = (Vec::new(), Vec::new());
        for (kind, body) in &messages {
            write_message(*kind, body, &mut stream);
        }
        stream.chunks(record).for_each(|content| write_record(Kind::HANDSHAKE, content, &mut bytes));
        let pieces: Vec<&[u8]> = bytes.chunks(piece).collect();
        let expected: Vec<Owned> = messages.into_iter().map(|(kind, body)| Owned::Message(kind, body)).collect();
        prop_assert_eq!(read(&pieces), expected);
    }

    #[test]
    fn nothing_breaks_it(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..8)) {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        read(&pieces);
    }
}
