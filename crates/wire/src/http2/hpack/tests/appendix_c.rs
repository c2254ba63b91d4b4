//! RFC 7541 appendix C, both ways: each example is put together from the fields and representations that its explanation names, which must
//! give the octets of the example, and the octets are decoded, which must give the fields and the table again.

use super::super::reader::{write_integer, write_plain};
use super::*;

/// A representation (RFC 7541 §6).
enum Put {
    Indexed(usize),
    IntoTable(usize, &'static str),
    IntoTableNamed(&'static str, &'static str),
    Passing(usize, &'static str),
    NeverNamed(&'static str, &'static str),
}
use Put::*;

fn write(puts: &[Put], coded: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let string = |text: &str, out: &mut Vec<u8>| {
        if coded {
            write_integer(huffman::encoded_len(text.as_bytes()), 0x7f, 0x80, out);
            huffman::encode(text.as_bytes(), out);
        } else {
            write_plain(text.as_bytes(), out);
        }
    };
    for put in puts {
        match put {
            Indexed(index) => write_integer(*index, 0x7f, 0x80, &mut out),
            IntoTable(name, value) => {
                write_integer(*name, 0x3f, 0x40, &mut out);
                string(value, &mut out);
            }
            Passing(name, value) => {
                write_integer(*name, 0x0f, 0x00, &mut out);
                string(value, &mut out);
            }
            IntoTableNamed(name, value) | NeverNamed(name, value) => {
                out.push(if matches!(put, NeverNamed(..)) { 0x10 } else { 0x40 });
                string(name, &mut out);
                string(value, &mut out);
            }
        }
    }
    out
}

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

struct Example {
    puts: &'static [Put],
    plain: &'static str,
    coded: &'static str,
    fields: &'static [(&'static str, &'static str)],
    /// The table afterwards, newest first, and its size.
    table: &'static [(&'static str, &'static str)],
    size: usize,
}

/// What is in the dynamic table, newest first, and its size: asked for as a peer would.
fn table_of(decoder: &mut Decoder) -> (Pairs, usize) {
    let mut table = Vec::new();
    while let Ok(lines) = decode(decoder, &[0x80 | (62 + table.len() as u8)]) {
        table.extend(lines.into_iter().map(|(name, value, _)| (name.into_bytes(), value)));
    }
    let size = table.iter().map(|(name, value)| name.len() + value.len() + 32).sum();
    (table, size)
}

/// Runs blocks of one connection, with tables of `max_size`, coded or not.
fn run(examples: &[Example], max_size: usize, coded: bool) {
    let mut decoder = Decoder::new(4096);
    // The RFC takes the size as agreed upon; on the wire it is a block's beginning.
    let mut block = Vec::new();
    write_integer(max_size, 0x1f, 0x20, &mut block);
    for example in examples {
        let expected = octets(if coded { example.coded } else { example.plain });
        assert_eq!(write(example.puts, coded), expected);
        block.extend_from_slice(&expected);
        let fields: Vec<Line> = decode(&mut decoder, &block).unwrap();
        let wanted: Vec<Line> = example.fields.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec(), false)).collect();
        assert_eq!(fields, wanted);
        let (table, size) = table_of(&mut decoder);
        let wanted: Pairs = example.table.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
        assert_eq!((table, size), (wanted, example.size));
        block.clear();
    }
}

#[test]
fn c_1_integers() {
    let mut out = Vec::new();
    write_integer(10, 0x1f, 0, &mut out);
    write_integer(1337, 0x1f, 0, &mut out);
    write_integer(42, 0xff, 0, &mut out);
    assert_eq!(out, [10, 31, 154, 10, 42]);
    let mut reader = reader::Reader::new(&out);
    assert_eq!([0x1f, 0x1f, 0xff].map(|mask| reader.integer(mask)), [Ok(10), Ok(1337), Ok(42)]);
    assert_eq!(reader.peek(), None);
}

#[test]
fn c_2_representations() {
    let one = |puts: &'static [Put], plain, field, table: &'static [_], size| {
        let example = Example { puts, plain, coded: "", fields: field, table, size };
        run(&[example], 4096, false);
    };
    let custom = &[("custom-key", "custom-header")];
    one(
        &[IntoTableNamed("custom-key", "custom-header")],
        "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
        custom,
        custom,
        55,
    );
    one(&[Passing(4, "/sample/path")], "040c 2f73 616d 706c 652f 7061 7468", &[(":path", "/sample/path")], &[], 0);
    one(&[Indexed(2)], "82", &[(":method", "GET")], &[], 0);
}

#[test]
fn c_2_3_never_indexed() {
    let block = octets("1008 7061 7373 776f 7264 0673 6563 7265 74");
    assert_eq!(write(&[NeverNamed("password", "secret")], false), block);
    let mut decoder = Decoder::new(4096);
    assert_eq!(decode(&mut decoder, &block), Ok(alloc::vec![("password".to_string(), b"secret".to_vec(), true)]));
    assert_eq!(table_of(&mut decoder), (Vec::new(), 0));
}

const REQUESTS: &[Example] = &[
    Example {
        puts: &[Indexed(2), Indexed(6), Indexed(4), IntoTable(1, "www.example.com")],
        plain: "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        coded: "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        fields: &[(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")],
        table: &[(":authority", "www.example.com")],
        size: 57,
    },
    Example {
        puts: &[Indexed(2), Indexed(6), Indexed(4), Indexed(62), IntoTable(24, "no-cache")],
        plain: "8286 84be 5808 6e6f 2d63 6163 6865",
        coded: "8286 84be 5886 a8eb 1064 9cbf",
        fields: &[
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
            ("cache-control", "no-cache"),
        ],
        table: &[("cache-control", "no-cache"), (":authority", "www.example.com")],
        size: 110,
    },
    Example {
        puts: &[Indexed(2), Indexed(7), Indexed(5), Indexed(63), IntoTableNamed("custom-key", "custom-value")],
        plain: "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
        coded: "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
        fields: &[
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/index.html"),
            (":authority", "www.example.com"),
            ("custom-key", "custom-value"),
        ],
        table: &[("custom-key", "custom-value"), ("cache-control", "no-cache"), (":authority", "www.example.com")],
        size: 164,
    },
];

#[test]
fn c_3_requests_plain() {
    run(REQUESTS, 4096, false);
}

#[test]
fn c_4_requests_coded() {
    run(REQUESTS, 4096, true);
}

const COOKIE: &str = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";

const RESPONSES: &[Example] = &[
    Example {
        puts: &[
            IntoTable(8, "302"),
            IntoTable(24, "private"),
            IntoTable(33, "Mon, 21 Oct 2013 20:13:21 GMT"),
            IntoTable(46, "https://www.example.com"),
        ],
        plain: "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 \
                7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        coded: "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 \
                e9ae 82ae 43d3",
        fields: &[
            (":status", "302"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("location", "https://www.example.com"),
        ],
        table: &[
            ("location", "https://www.example.com"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("cache-control", "private"),
            (":status", "302"),
        ],
        size: 222,
    },
    Example {
        puts: &[IntoTable(8, "307"), Indexed(65), Indexed(64), Indexed(63)],
        plain: "4803 3330 37c1 c0bf",
        coded: "4883 640e ffc1 c0bf",
        fields: &[
            (":status", "307"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("location", "https://www.example.com"),
        ],
        table: &[
            (":status", "307"),
            ("location", "https://www.example.com"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("cache-control", "private"),
        ],
        size: 222,
    },
    Example {
        puts: &[
            Indexed(8),
            Indexed(65),
            IntoTable(33, "Mon, 21 Oct 2013 20:13:22 GMT"),
            Indexed(64),
            IntoTable(26, "gzip"),
            IntoTable(55, COOKIE),
        ],
        plain: "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 \
                444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e \
                3d31",
        coded: "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b \
                3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
        fields: &[
            (":status", "200"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:22 GMT"),
            ("location", "https://www.example.com"),
            ("content-encoding", "gzip"),
            ("set-cookie", COOKIE),
        ],
        table: &[("set-cookie", COOKIE), ("content-encoding", "gzip"), ("date", "Mon, 21 Oct 2013 20:13:22 GMT")],
        size: 215,
    },
];

#[test]
fn c_5_responses_plain() {
    run(RESPONSES, 256, false);
}

#[test]
fn c_6_responses_coded() {
    run(RESPONSES, 256, true);
}

#[test]
fn the_encoder_says_the_same_in_its_own_way() {
    for (examples, max_size) in [(REQUESTS, 4096), (RESPONSES, 256)] {
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new(4096));
        encoder.set_max_table_bytes(max_size);
        for example in examples {
            let mut block = Vec::new();
            encoder.begin(&mut block);
            for (name, value) in example.fields {
                match Pseudo::of(name.as_bytes()) {
                    Pseudo::Unknown => encoder.field(name.as_bytes(), value.as_bytes(), &mut block),
                    Pseudo::Status => encoder.status(value.parse().unwrap(), &mut block),
                    pseudo => encoder.pseudo(pseudo, value.as_bytes(), &mut block),
                }
            }
            let fields: Vec<Line> = decode(&mut decoder, &block).unwrap();
            let wanted: Vec<Line> =
                example.fields.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec(), *name == "set-cookie")).collect();
            assert_eq!(fields, wanted);
        }
    }
}
