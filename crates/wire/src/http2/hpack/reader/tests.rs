use super::*;
use proptest::prelude::*;

fn read(octets: &[u8], mask: u8) -> Result<(u32, usize), HpackError> {
    let mut reader = Reader::new(octets);
    reader.integer(mask).map(|value| (value, octets.len() - reader.rest.len()))
}

#[test]
fn integers_end_at_thirty_two_bits() {
    assert_eq!(read(&[0x7f, 0x80, 0xff, 0xff, 0xff, 0x0f], 0x7f), Ok((u32::MAX, 6)));
    assert_eq!(read(&[0x7f, 0x81, 0xff, 0xff, 0xff, 0x0f], 0x7f), Err(HpackError::IntegerTooLarge));
    assert_eq!(read(&[0x7f, 0xff, 0xff, 0xff, 0xff, 0x7f], 0x7f), Err(HpackError::IntegerTooLarge));
    assert_eq!(read(&[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00], 0x7f), Err(HpackError::IntegerTooLarge));
}

#[test]
fn integers_are_not_padded_with_zeros_without_end() {
    assert_eq!(read(&[0x1f, 0x80, 0x80, 0x80, 0x80, 0x00], 0x1f), Ok((31, 6)));
    assert_eq!(read(&[0x1f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 0x1f), Err(HpackError::IntegerTooLarge));
}

#[test]
fn a_block_may_not_end_in_an_integer_or_a_string() {
    for octets in [&[][..], &[0x1f], &[0x1f, 0x80], &[0x1f, 0xff, 0xff, 0xff, 0xff]] {
        assert_eq!(read(octets, 0x1f), Err(HpackError::BlockTruncated), "{octets:?}");
    }
    assert_eq!(Reader::new(&[]).string(), Err(HpackError::BlockTruncated));
    assert_eq!(Reader::new(&[3, b'a', b'b']).string(), Err(HpackError::StringTruncated));
    assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x07]).string(), Err(HpackError::StringTruncated));
    assert_eq!(Reader::new(&[0]).string(), Ok(Text::Plain(b"")));
}

proptest! {
    #[test]
    fn integers_come_back(value: u32, prefix in 1..=8u32, others: u8) {
        let mask = (0xffu32 >> (8 - prefix)) as u8;
        let mut out = Vec::new();
        write_integer(value as usize, mask, others & !mask, &mut out);
        prop_assert_eq!(out[0] & !mask, others & !mask);
        prop_assert_eq!(read(&out, mask), Ok((value, out.len())));
    }

    #[test]
    fn strings_come_back(text: Vec<u8>) {
        let mut out = Vec::new();
        write_plain(&text, &mut out);
        let plain = out.len();
        write_shorter(&text, &mut out);
        prop_assert!(out.len() - plain <= plain);
        let mut reader = Reader::new(&out);
        prop_assert_eq!(reader.string(), Ok(Text::Plain(&text)));
        match reader.string().unwrap() {
            Text::Plain(plain) => prop_assert_eq!(plain, &text),
            Text::Huffman(coded) => {
                let mut decoded = Vec::new();
                prop_assert_eq!(huffman::decode(coded, &mut decoded), Ok(()));
                prop_assert_eq!(&decoded, &text);
            }
        }
        prop_assert_eq!(reader.peek(), None);
    }
}
