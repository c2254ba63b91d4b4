use super::*;
use alloc::string::String;
use proptest::prelude::*;

fn decoded(coded: &[u8]) -> Result<Vec<u8>, HpackError> {
    let mut out = b"before".to_vec();
    decode(coded, &mut out)?;
    Ok(out.split_off(6))
}

/// Ones and zeros to octets; what is missing of the last one is filled up with `padding`.
fn octets(bits: &str, padding: char) -> Vec<u8> {
    let mut bits: String = bits.chars().filter(|bit| *bit != ' ').collect();
    while !bits.len().is_multiple_of(8) {
        bits.push(padding);
    }
    (0..bits.len() / 8).map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).unwrap()).collect()
}

fn bits_of(symbol: usize) -> String {
    alloc::format!("{:0width$b}", CODE.codes[symbol], width = BITS[symbol] as usize)
}

/// The definition: a bit at a time, against every code.
fn slowly(coded: &[u8]) -> Result<Vec<u8>, HpackError> {
    let bits: String = coded.iter().map(|octet| alloc::format!("{octet:08b}")).collect();
    let (mut rest, mut out) = (&bits[..], Vec::new());
    while let Some(symbol) = (0..257).find(|symbol| rest.starts_with(&bits_of(*symbol))) {
        if symbol == 256 {
            return Err(HpackError::HuffmanEndOfString);
        }
        out.push(symbol as u8);
        rest = &rest[BITS[symbol] as usize..];
    }
    match rest {
        _ if rest.contains('0') => Err(HpackError::HuffmanPaddingBits),
        _ if rest.len() > 7 => Err(HpackError::HuffmanPaddingLength),
        _ => Ok(out),
    }
}

#[test]
fn codes_are_those_of_the_rfc() {
    // One of each length, as appendix B prints them.
    let printed = [
        (48, "00000"),
        (32, "010100"),
        (58, "1011100"),
        (38, "11111000"),
        (33, "11111110 00"),
        (39, "11111111 010"),
        (35, "11111111 1010"),
        (0, "11111111 11000"),
        (94, "11111111 111100"),
        (60, "11111111 1111100"),
        (92, "11111111 11111110 000"),
        (128, "11111111 11111110 0110"),
        (153, "11111111 11111110 11100"),
        (129, "11111111 11111111 010010"),
        (1, "11111111 11111111 1011000"),
        (9, "11111111 11111111 11101010"),
        (199, "11111111 11111111 11110110 0"),
        (192, "11111111 11111111 11111000 00"),
        (203, "11111111 11111111 11111011 110"),
        (2, "11111111 11111111 11111110 0010"),
        (10, "11111111 11111111 11111111 111100"),
        (256, "11111111 11111111 11111111 111111"),
    ];
    for (symbol, bits) in printed {
        assert_eq!(bits_of(symbol), bits.replace(' ', ""), "{symbol}");
    }
}

#[test]
fn every_symbol_comes_back() {
    for octet in 0..=255u8 {
        for len in 1..40 {
            let text = alloc::vec![octet; len];
            let mut coded = Vec::new();
            encode(&text, &mut coded);
            assert_eq!(coded.len(), encoded_len(&text));
            assert_eq!(coded, octets(&bits_of(octet as usize).repeat(len), '1'));
            assert_eq!(decoded(&coded), Ok(text));
        }
    }
    assert_eq!((encoded_len(b""), decoded(b"")), (0, Ok(Vec::new())));
}

#[test]
fn padding_is_ones_and_under_an_octet() {
    for text in ["", "a", "www", "0000000", "and a longer one, of more than one window", "\u{a0}"] {
        let bits: String = text.bytes().map(|octet| bits_of(octet as usize)).collect();
        let right = octets(&bits, '1');
        assert_eq!(decoded(&right), Ok(text.as_bytes().to_vec()), "{text}");
        if !bits.len().is_multiple_of(8) {
            let wrong = decoded(&octets(&bits, '0'));
            assert!(wrong == Err(HpackError::HuffmanPaddingBits) || wrong == slowly(&octets(&bits, '0')), "{text}");
        }
        for octets in 1..=2 {
            let mut long = right.clone();
            long.extend(core::iter::repeat_n(0xff, octets));
            assert_eq!(decoded(&long), Err(HpackError::HuffmanPaddingLength), "{text}");
        }
    }
    // "o" has five bits, and the three after it are not the first of any padding.
    assert_eq!(decoded(&octets("00111 110", '1')), Err(HpackError::HuffmanPaddingBits));
    assert_eq!(decoded(&octets("00111 11111111 111", '1')), Err(HpackError::HuffmanPaddingLength));
}

#[test]
fn the_end_of_a_string_is_not_coded() {
    let end = bits_of(256);
    for text in ["", "a", "www", "and a longer one, of more than one window"] {
        let bits: String = text.bytes().map(|octet| bits_of(octet as usize)).collect();
        for after in ["", "00000", "111", "0000000000000000000000000000000000000000000000000000000000000000"] {
            let coded = octets(&[&bits, &end[..], after].concat(), '1');
            assert_eq!(decoded(&coded), Err(HpackError::HuffmanEndOfString), "{text} {after}");
        }
    }
}

#[test]
fn a_symbol_may_not_be_cut_short() {
    for symbol in 0..256 {
        let bits = bits_of(symbol);
        for len in 1..bits.len() {
            let coded = octets(&["00000", &bits[..len]].concat(), '1');
            assert_eq!(decoded(&coded), slowly(&coded), "{symbol} {len}");
        }
    }
}

proptest! {
    #[test]
    fn texts_come_back(text: Vec<u8>) {
        let mut coded = Vec::new();
        encode(&text, &mut coded);
        prop_assert_eq!(coded.len(), encoded_len(&text));
        prop_assert_eq!(decoded(&coded), Ok(text));
    }

    #[test]
    fn any_octets_are_read_as_defined(coded: Vec<u8>) {
        prop_assert_eq!(decoded(&coded), slowly(&coded));
    }

    #[test]
    fn any_octets_near_the_end_of_the_string_are_read_as_defined(coded in proptest::collection::vec(prop_oneof![
        Just(0xffu8), Just(0xfe), Just(0xfc), Just(0x00), any::<u8>()
    ], 0..24)) {
        prop_assert_eq!(decoded(&coded), slowly(&coded));
    }
}
