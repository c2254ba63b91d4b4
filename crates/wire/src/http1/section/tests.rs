use super::*;
use alloc::vec::Vec;

/// The definition, one byte at a time.
fn slow_text_end(input: &[u8], at: usize) -> usize {
    (at..input.len()).find(|at| !matches!(input[*at], b'\t' | 0x20..=0x7e | 0x80..)).unwrap_or(input.len())
}

#[test]
fn every_byte_stops_text_at_every_place_as_defined() {
    for len in 0..20 {
        for at in 0..len {
            for byte in 0..=255u8 {
                for fill in [b'a', b'\t', 0xff, 0x80] {
                    let mut text: Vec<u8> = alloc::vec![fill; len];
                    text[at] = byte;
                    assert_eq!(text_end(&text, 0), slow_text_end(&text, 0), "{text:?}");
                    assert_eq!(text_end(&text, at), slow_text_end(&text, at), "{text:?}");
                }
            }
        }
    }
}

#[test]
fn two_stops_in_one_word_give_the_first() {
    for first in [0u8, 1, 0x0d, 0x1f, 0x7f] {
        for second in [0u8, 0x0a, 0x20, 0x21, 0x7e, 0x80] {
            let text = [b'a', first, second, b'b', b'c', b'd', b'e', b'f', b'g'];
            assert_eq!(text_end(&text, 0), 1);
            let swapped = [b'a', second, first, b'b', b'c', b'd', b'e', b'f', b'g'];
            assert_eq!(text_end(&swapped, 0), slow_text_end(&swapped, 0));
        }
    }
}

#[test]
fn a_line_is_cut_where_it_should_be() {
    let input = b"A:  b\tc \t\r\n\r\n";
    let Ok(Line::Field { name, value, next }) = read_line(input, 0) else { panic!("a field") };
    assert_eq!((&input[name], &input[value], next), (&b"A"[..], &b"b\tc"[..], 11));
    assert!(matches!(read_line(input, 11), Ok(Line::End { next: 13 })));
    for len in 0..11 {
        assert!(matches!(read_line(&input[..len], 0), Err(Stop::More)), "{len}");
    }
}

#[test]
fn lists_are_split_at_commas() {
    assert_eq!(members(b"a, b\t ,,c").collect::<Vec<_>>(), [&b"a"[..], b"b", b"", b"c"]);
    assert!(is_token_text(b"100-continue") && !is_token_text(b"") && !is_token_text(b"a b"));
}
