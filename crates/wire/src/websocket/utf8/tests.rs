use super::*;
use alloc::vec::Vec;

fn judge<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Result<(), NotUtf8> {
    let mut utf8 = Utf8::default();
    for part in parts {
        utf8.push(part)?;
    }
    utf8.finish()
}

#[test]
fn however_it_is_cut() {
    let texts: [&[u8]; 8] = [
        b"",
        b"plain",
        "κόσμε".as_bytes(),
        "a\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}z".as_bytes(),
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"ab\xc0\xaf",
        b"\xe0\x80\x80",
    ];
    for text in texts {
        let valid = core::str::from_utf8(text).is_ok();
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let parts = [&text[..first], &text[first..second], &text[second..]];
                assert_eq!(judge(parts).is_ok(), valid, "{text:?} cut at {first} and {second}");
            }
        }
        assert_eq!(judge(text.chunks(1)).is_ok(), valid, "{text:?}");
    }
}

#[test]
fn a_wrong_byte_is_found_at_once() {
    // The start, and the byte that nothing can make right.
    let wrong: [(&[u8], u8); 9] = [
        (b"", 0x80),
        (b"", 0xc1),
        (b"", 0xf5),
        (b"\xc3", 0x41),
        (b"\xe0", 0x9f),
        (b"\xed", 0xa0),
        (b"\xf0", 0x8f),
        (b"\xf4", 0x90),
        (b"\xf4\x8f\xbf", 0xc0),
    ];
    for (start, byte) in wrong {
        let mut utf8 = Utf8::default();
        assert_eq!(utf8.push(start), Ok(()), "{start:?}");
        assert_eq!(utf8.push(&[byte]), Err(NotUtf8), "{start:?} and {byte}");
    }
}

#[test]
fn a_character_without_its_end() {
    for text in ["é", "€", "😀"] {
        let bytes: Vec<u8> = text.bytes().collect();
        for end in 1..bytes.len() {
            let mut utf8 = Utf8::default();
            assert_eq!(utf8.push(&bytes[..end]), Ok(()));
            assert_eq!(utf8.finish(), Err(NotUtf8), "{text} without its end");
        }
    }
}
