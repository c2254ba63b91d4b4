use super::*;
use crate::http::Known;
use crate::http2::hpack::{Name, Pseudo};
use alloc::string::String;

/// What a block holds, a line for each field.
fn read(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<String>, HpackError> {
    let mut lines = Vec::new();
    let note = |header: Header<'_>| {
        let value = String::from_utf8_lossy(header.value);
        lines.push(match header.name {
            Name::Pseudo(pseudo) => alloc::format!("{pseudo:?} {value}"),
            Name::Field(known, name) => alloc::format!("{known:?} {} {value}", String::from_utf8_lossy(name)),
        });
        Ok::<(), ()>(())
    };
    decoder.decode(block, note).map(|_| lines)
}

fn error(block: &[u8]) -> Option<HpackError> {
    read(&mut Decoder::new(4096), block).err()
}

/// A literal that goes into the table, of strings under 127 octets.
fn entry(name: &str, value: &str) -> Vec<u8> {
    let mut block = alloc::vec![0x40, name.len() as u8];
    block.extend_from_slice(name.as_bytes());
    block.push(value.len() as u8);
    block.extend_from_slice(value.as_bytes());
    block
}

#[test]
fn indices_are_those_of_entries() {
    assert_eq!(error(&[0x80]), Some(HpackError::IndexZero));
    assert_eq!(error(&[0xbe]), Some(HpackError::IndexPastTable));
    assert_eq!(error(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Some(HpackError::IndexPastTable));
    // As the name of a literal of each kind: 62.
    assert_eq!(error(&[0x7e, 0x00]), Some(HpackError::IndexPastTable));
    assert_eq!(error(&[0x0f, 0x2f, 0x00]), Some(HpackError::IndexPastTable));
    assert_eq!(error(&[0x1f, 0x2f, 0x00]), Some(HpackError::IndexPastTable));
    let mut decoder = Decoder::new(4096);
    assert_eq!(read(&mut decoder, &entry("a", "b")).unwrap(), ["Other a b"]);
    assert_eq!(read(&mut decoder, &[0xbe]).unwrap(), ["Other a b"]);
    assert_eq!(read(&mut decoder, &[0xbf]), Err(HpackError::IndexPastTable));
}

#[test]
fn a_block_does_not_end_within_a_field() {
    let whole = [&entry("name", "value")[..], &[0x82], &[0x04, 0x82, 0x60, 0x7f]].concat(); // "/a"
    let ends = [0, 12, 13, whole.len()];
    for len in 0..=whole.len() {
        assert_eq!(error(&whole[..len]).is_none(), ends.contains(&len), "{len}");
    }
    assert_eq!(error(&whole[..1]), Some(HpackError::BlockTruncated));
    assert_eq!(error(&whole[..4]), Some(HpackError::StringTruncated));
    assert_eq!(error(&[0xff]), Some(HpackError::BlockTruncated));
    assert_eq!(error(&[0x3f, 0x80]), Some(HpackError::BlockTruncated));
}

#[test]
fn the_table_is_resized_at_the_start_of_a_block_only() {
    assert_eq!(error(&[0x20]), None);
    assert_eq!(error(&[0x20, 0x3f, 0xe1, 0x1f, 0x82]), None);
    assert_eq!(error(&[0x82, 0x20]), Some(HpackError::ResizeLate));
    assert_eq!(error(&[0x20, 0x82, 0x20]), Some(HpackError::ResizeLate));
    assert_eq!(error(&[&entry("a", "b")[..], &[0x20]].concat()), Some(HpackError::ResizeLate));
}

#[test]
fn the_table_is_not_set_above_what_was_announced() {
    // 4096, 4097.
    assert_eq!(error(&[0x3f, 0xe1, 0x1f]), None);
    assert_eq!(error(&[0x3f, 0xe2, 0x1f]), Some(HpackError::ResizeTooLarge));
    let mut large = Decoder::new(65536);
    assert_eq!(read(&mut large, &[0x3f, 0xe1, 0xff, 0x03]), Ok(Vec::new()));
    assert_eq!(read(&mut large, &[0x3f, 0xe2, 0xff, 0x03]), Err(HpackError::ResizeTooLarge));
    // Small ones begin as all do: the peer has not read of it yet.
    let mut none = Decoder::new(0);
    read(&mut none, &entry("a", "b")).unwrap();
    assert_eq!(read(&mut none, &[0xbe]).unwrap(), ["Other a b"]);
    assert_eq!(read(&mut none, &[0x21]), Err(HpackError::ResizeTooLarge));
    assert_eq!(read(&mut none, &[0x20, 0xbe]), Err(HpackError::IndexPastTable));
}

#[test]
fn a_smaller_table_evicts_the_oldest() {
    let mut decoder = Decoder::new(4096);
    // 34 octets each.
    let block: Vec<u8> = ["a", "b", "c"].into_iter().flat_map(|name| entry(name, "1")).collect();
    read(&mut decoder, &block).unwrap();
    // To 70, which two of them fit into; 4096 brings none back.
    assert_eq!(read(&mut decoder, &[0x3f, 0x27, 0x3f, 0xe1, 0x1f, 0xbe, 0xbf]).unwrap(), ["Other c 1", "Other b 1"]);
    assert_eq!(read(&mut decoder, &[0xc0]), Err(HpackError::IndexPastTable));
}

#[test]
fn a_name_may_come_from_the_entry_that_is_evicted() {
    let mut decoder = Decoder::new(4096);
    let mut block = alloc::vec![0x3f, 0x06]; // 37
    block.extend(entry("name", "1"));
    // RFC 7541 §4.4
    block.extend([0x7e, 1, b'2', 0xbe]);
    assert_eq!(read(&mut decoder, &block).unwrap(), ["Other name 1", "Other name 2", "Other name 2"]);
    // One that does not fit is told, and is not there.
    assert_eq!(read(&mut decoder, &[0x7e, 2, b'2', b'3', 0xbe]), Err(HpackError::IndexPastTable));
}

#[test]
fn names_are_recognised_wherever_they_come_from() {
    let mut decoder = Decoder::new(4096);
    let block = [
        &[0x82, 0x76, 1, b'x'][..], // GET, then server
        &entry("x-request-id", "7"),
        &entry(":protocol", "websocket"),
        &entry(":new", "1"),
        &entry("Server", "no lower case"),
        &[0xbe, 0xbf, 0xc0, 0xc1, 0xc2],
    ];
    let first =
        ["Method GET", "Server server x", "XRequestId x-request-id 7", "Protocol websocket", "Unknown 1", "Other Server no lower case"];
    let again = ["Other Server no lower case", "Unknown 1", "Protocol websocket", "XRequestId x-request-id 7", "Server server x"];
    assert_eq!(read(&mut decoder, &block.concat()).unwrap(), [&first[..], &again].concat());
}

#[test]
fn only_what_is_never_indexed_is_sensitive() {
    let mut sensitive = Vec::new();
    let block = [0x82, 0x10, 1, b'a', 0, 0x00, 1, b'b', 0, 0x40, 1, b'c', 0, 0x1f, 0x11, 0];
    let note = |header: Header<'_>| {
        sensitive.push(header.sensitive);
        Ok::<(), ()>(())
    };
    assert_eq!(Decoder::new(4096).decode(&block, note), Ok(Ok(())));
    assert_eq!(sensitive, [false, true, false, false, true]);
}

#[test]
fn after_a_refusal_the_table_stays_in_step() {
    let mut decoder = Decoder::new(4096);
    let mut told = 0;
    let block =
        [&[0x82, 0x84][..], &entry("a", "b"), &[0x00, 1, b'x', 1, b'y', 0x0f, 0x2f, 0x00, 0x10, 0x81, 0x1f, 0], &entry("server", "z")];
    let refuse = |_: Header<'_>| {
        told += 1;
        if told == 2 { Err("enough") } else { Ok(()) }
    };
    assert_eq!(decoder.decode(&block.concat(), refuse), Ok(Err("enough")));
    assert_eq!(told, 2);
    assert_eq!(read(&mut decoder, &[0xbe, 0xbf]).unwrap(), ["Server server z", "Other a b"]);
}

#[test]
fn after_a_refusal_what_is_wrong_in_the_block_is_still_found() {
    for (rest, error) in [
        (&[0x80][..], HpackError::IndexZero),
        (&[0xbe], HpackError::IndexPastTable),
        (&[0x0f, 0x2f, 0x00], HpackError::IndexPastTable),
        (&[0x00, 1], HpackError::StringTruncated),
        (&[0x04], HpackError::BlockTruncated),
        (&[0x20], HpackError::ResizeLate),
        (&[0x44, 0x81, 0x00], HpackError::HuffmanPaddingBits),
    ] {
        let block = [&[0x82], rest].concat();
        assert_eq!(Decoder::new(4096).decode(&block, |_| Err(())), Err(error), "{rest:?}");
    }
}

#[test]
fn strings_that_are_wrongly_coded_are_refused() {
    assert_eq!(error(&[0x04, 0x81, 0x00]), Some(HpackError::HuffmanPaddingBits));
    assert_eq!(error(&[0x04, 0x82, 0x07, 0xff]), Some(HpackError::HuffmanPaddingLength));
    assert_eq!(error(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff]), Some(HpackError::HuffmanEndOfString));
    assert_eq!(error(&[0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00]), Some(HpackError::HuffmanEndOfString));
}

#[test]
fn a_bomb_of_references_is_told_field_by_field_and_copied_nowhere() {
    let mut decoder = Decoder::new(4096);
    let value = "v".repeat(4000);
    let mut block = alloc::vec![0x40, 1, b'b', 0x7f, 0xa1, 0x1e];
    block.extend_from_slice(value.as_bytes());
    read(&mut decoder, &block).unwrap();
    let mut told = 0;
    let mut left = 64 * 1024;
    let within_limit = |header: Header<'_>| {
        told += 1;
        left = usize::checked_sub(left, header.value.len() + 32).ok_or(())?;
        Ok(())
    };
    assert_eq!(decoder.decode(&[0xbe; 16384], within_limit), Ok(Err(())));
    assert_eq!(told, 17);
}

#[test]
fn an_idle_decoder_keeps_no_large_scratch() {
    let mut decoder = Decoder::new(4096);
    let mut block = alloc::vec![0x04, 0xff, 0x82, 0x7f]; // 16385 octets, five bits for each "0"
    block.extend_from_slice(&[0; 16385]);
    let len = |header: Header<'_>| Err::<(), usize>(header.value.len());
    assert_eq!(decoder.decode(&block, len), Ok(Err(16385 * 8 / 5)));
    assert!(decoder.scratch.capacity() <= SCRATCH_KEPT_BYTES);
    assert_eq!(read(&mut decoder, &[0x84]).unwrap(), ["Path /"]);
}

#[test]
fn a_field_of_nothing_is_a_field() {
    assert_eq!(read(&mut Decoder::new(4096), &[0x00, 0, 0, 0x40, 0, 0, 0xbe]).unwrap(), ["Other  ", "Other  ", "Other  "]);
    assert_eq!(Kind::of(b""), Kind::Field(Known::Other));
    assert_eq!(Kind::of(b":"), Kind::Pseudo(Pseudo::Unknown));
}
