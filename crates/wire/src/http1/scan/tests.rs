use super::*;
use alloc::vec;
use alloc::vec::Vec;

/// Every byte at every place of short texts, among bytes that are near it in value or make words borrow and carry.
fn each_text(mut check: impl FnMut(&[u8])) {
    for len in 1..20 {
        for at in 0..len {
            for byte in 0..=255u8 {
                for fill in [b'a', b'9', 0x80, 0xff] {
                    let mut text: Vec<u8> = vec![fill; len];
                    text[at] = byte;
                    check(&text);
                    if at + 1 < len {
                        text[at + 1] = byte.wrapping_add(1);
                        check(&text);
                    }
                }
            }
        }
    }
}

#[test]
fn control_characters_are_found_where_they_are() {
    each_text(|text| {
        let defined = text.iter().position(u8::is_ascii_control).unwrap_or(text.len());
        assert_eq!(control_at(text), defined, "{text:?}");
    });
}

#[test]
fn targets_end_where_they_should() {
    each_text(|text| {
        let defined = text.iter().position(|byte| !(0x21..0x7f).contains(byte) || *byte == b'#').unwrap_or(text.len());
        assert_eq!(target_end(text), defined, "{text:?}");
    });
}

#[test]
fn a_near_colon_is_the_first_one_or_none() {
    each_text(|text| {
        let whole_words = &text[..text.len() / 8 * 8];
        assert_eq!(colon_near(text), whole_words.iter().position(|byte| *byte == b':'), "{text:?}");
    });
    let mut far = [b'a'; 48];
    far[32] = b':';
    assert_eq!(colon_near(&far), None);
    far[31] = b':';
    assert_eq!(colon_near(&far), Some(31));
}
