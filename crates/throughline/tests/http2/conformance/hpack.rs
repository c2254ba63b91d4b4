//! What cannot be decoded: a connection error of type COMPRESSION_ERROR, since the table is lost (RFC 9113 §4.3).

use super::{Case, Talk, expect::Verdict};
use crate::frames::{COMPRESSION_ERROR, Frame, HEADER_TABLE_SIZE, HEADERS, WHOLE};
use crate::hpack::{integer, literals};

pub(super) const CASES: &[Case] = &[
    Case { name: "hpack/2.3.3/1", rule: "RFC 7541 §2.3.3", what: "an index beyond both tables", run: |talk| undecodable(talk, b"\xc6") },
    Case {
        name: "hpack/2.3.3/2",
        rule: "RFC 7541 §2.3.3",
        what: "a literal whose name has an index beyond both tables",
        run: |talk| undecodable(talk, b"\x7f\x07\x00"),
    },
    Case {
        name: "hpack/4.2/1",
        rule: "RFC 7541 §4.2",
        what: "a change of the size of the table at the end of a block",
        run: |talk| undecodable(talk, b"\x21"),
    },
    // In all three a literal whose name is x-test, in Huffman code.
    Case {
        name: "hpack/5.2/1",
        rule: "RFC 7541 §5.2",
        what: "Huffman code with more than seven bits of padding",
        run: |talk| undecodable(talk, b"\x00\x85\xf2\xb2\x4a\x84\xff\x84\x49\x50\x9f\xff"),
    },
    Case {
        name: "hpack/5.2/2",
        rule: "RFC 7541 §5.2",
        what: "Huffman code padded with zeros",
        run: |talk| undecodable(talk, b"\x00\x85\xf2\xb2\x4a\x84\xff\x83\x49\x50\x90"),
    },
    Case {
        name: "hpack/5.2/3",
        rule: "RFC 7541 §5.2",
        what: "Huffman code with the end-of-string symbol in it",
        run: |talk| undecodable(talk, b"\x00\x85\xf2\xb2\x4a\x84\xff\x87\x49\x51\xff\xff\xff\xfa\x7f"),
    },
    Case { name: "hpack/6.1/1", rule: "RFC 7541 §6.1", what: "the index 0", run: |talk| undecodable(talk, b"\x80") },
    Case {
        name: "hpack/6.3/1",
        rule: "RFC 7541 §6.3",
        what: "a table larger than SETTINGS_HEADER_TABLE_SIZE",
        run: |talk| {
            let most = talk.with.announced.get(&HEADER_TABLE_SIZE).copied().unwrap_or(4096);
            let mut block = Vec::new();
            integer(0x20, 5, most as usize + 1, &mut block);
            block.extend(literals(&talk.fields("GET", &[])));
            talk.send(&Frame::new(HEADERS, WHOLE, 1, block));
            talk.connection_error(&[COMPRESSION_ERROR])
        },
    },
];

/// A `GET` with this at the end of its block.
fn undecodable(talk: &mut Talk<'_>, representation: &[u8]) -> Verdict {
    let block = [&literals(&talk.fields("GET", &[])), representation].concat();
    talk.send(&Frame::new(HEADERS, WHOLE, 1, block));
    talk.connection_error(&[COMPRESSION_ERROR])
}
