//! The situations that a well-known fuzzing suite puts endpoints in, written anew from the RFCs' sentences: framing, pings, reserved bits,
//! opcodes, fragments, UTF-8, closing, limits, compression. Each is tried in both roles, in both deliveries, whole and byte by byte.

use crate::driver::{CLIENT, SETTINGS, Said, Told, frame, frames, tell};
use std::borrow::Cow;
use wire::websocket::{Connection, DeflateParameters, Delivery, Role, Settings, Violation};

/// What the peer is heard to say.
#[derive(Clone, Copy, Debug)]
enum Say {
    Text(&'static str),
    Binary(&'static [u8]),
    Ping(&'static [u8]),
    Pong(&'static [u8]),
    Close(Option<(u16, &'static str)>),
}

impl Say {
    fn owned(self) -> Said {
        match self {
            Say::Text(text) => Said::Text(text.into()),
            Say::Binary(data) => Said::Binary(data.into()),
            Say::Ping(payload) => Said::Ping(payload.into()),
            Say::Pong(payload) => Said::Pong(payload.into()),
            Say::Close(close) => Said::Close(close.map(|(code, reason)| (code, reason.into()))),
        }
    }
}

/// One situation.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Where the sentence stands.
    section: &'static str,
    /// The sentence, in our words.
    sentence: &'static str,
    /// The frames that are sent: first byte and payload.
    frames: Vec<(u8, Cow<'static, [u8]>)>,
    said: Vec<Said>,
    broken: Option<Violation>,
    deflate: Option<DeflateParameters>,
}

impl Case {
    /// What is sent, by a client or by a server.
    pub(crate) fn input(&self, masked: bool) -> Vec<u8> {
        self.frames.iter().flat_map(|(first, payload)| frame(*first, payload, masked)).collect()
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings { deflate: self.deflate, ..SETTINGS }
    }
}

/// Section, sentence, frames, what is heard, what is broken.
type Row = (&'static str, &'static str, &'static [(u8, &'static [u8])], &'static [Say], Option<Violation>);

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let of = |rows: &[Row], deflate| -> Vec<Case> {
        let case = |(section, sentence, frames, said, broken): &Row| Case {
            section,
            sentence,
            frames: frames.iter().map(|(first, payload)| (*first, Cow::Borrowed(*payload))).collect(),
            said: said.iter().map(|say| say.owned()).collect(),
            broken: *broken,
            deflate,
        };
        rows.iter().map(case).collect()
    };
    let mut cases =
        [MESSAGES, PINGS, RESERVED, OPCODES, FRAGMENTS, TEXTS, CLOSES].iter().flat_map(|rows| of(rows, None)).collect::<Vec<_>>();
    cases.extend(of(COMPRESSED, Some(DeflateParameters::default())));
    cases.extend(sizes());
    cases.extend(texts_that_are_not());
    cases.extend(close_codes());
    cases
}

const HEL: (u8, &[u8]) = (0x01, b"Hel");
const LO: (u8, &[u8]) = (0x80, b"lo");
const HELLO: (u8, &[u8]) = (0x81, b"Hello");
const HEARD: Say = Say::Text("Hello");

const MESSAGES: &[Row] = &[
    ("RFC 6455 §5.6", "a text", &[HELLO], &[HEARD], None),
    ("RFC 6455 §5.6", "bytes of any value", &[(0x82, b"\x00\xff\xfe")], &[Say::Binary(b"\x00\xff\xfe")], None),
    ("RFC 6455 §5.6", "a text of nothing", &[(0x81, b"")], &[Say::Text("")], None),
    ("RFC 6455 §5.6", "bytes of nothing", &[(0x82, b"")], &[Say::Binary(b"")], None),
    ("RFC 6455 §6.2", "one message after another", &[HELLO, (0x82, b"a"), HELLO], &[HEARD, Say::Binary(b"a"), HEARD], None),
];

const PINGS: &[Row] = &[
    ("RFC 6455 §5.5.2", "a ping without payload", &[(0x89, b"")], &[Say::Ping(b"")], None),
    ("RFC 6455 §5.5.2", "a ping with a payload", &[(0x89, b"Hello")], &[Say::Ping(b"Hello")], None),
    ("RFC 6455 §5.5.2", "which need not be text", &[(0x89, b"\x00\xff\xfe\xfd")], &[Say::Ping(b"\x00\xff\xfe\xfd")], None),
    ("RFC 6455 §5.5", "the longest one", &[(0x89, &[0xfe; 125])], &[Say::Ping(&[0xfe; 125])], None),
    ("RFC 6455 §5.5", "a longer one", &[(0x89, &[0xfe; 126])], &[], Some(Violation::ControlTooLong)),
    ("RFC 6455 §5.5", "one with a long length", &[(0x89, &[0xfe; 66_000])], &[], Some(Violation::ControlTooLong)),
    ("RFC 6455 §5.5.3", "a pong that nobody asked for", &[(0x8a, b"")], &[Say::Pong(b"")], None),
    ("RFC 6455 §5.5.3", "with a payload, and then a ping", &[(0x8a, b"a"), (0x89, b"b")], &[Say::Pong(b"a"), Say::Ping(b"b")], None),
    ("RFC 6455 §5.5", "a pong too long", &[(0x8a, &[0; 126])], &[], Some(Violation::ControlTooLong)),
    (
        "RFC 6455 §5.5.3",
        "ten pings, ten pongs",
        &[
            (0x89, b"0"),
            (0x89, b"1"),
            (0x89, b"2"),
            (0x89, b"3"),
            (0x89, b"4"),
            (0x89, b"5"),
            (0x89, b"6"),
            (0x89, b"7"),
            (0x89, b"8"),
            (0x89, b"9"),
        ],
        &[
            Say::Ping(b"0"),
            Say::Ping(b"1"),
            Say::Ping(b"2"),
            Say::Ping(b"3"),
            Say::Ping(b"4"),
            Say::Ping(b"5"),
            Say::Ping(b"6"),
            Say::Ping(b"7"),
            Say::Ping(b"8"),
            Say::Ping(b"9"),
        ],
        None,
    ),
];

const RSV: Option<Violation> = Some(Violation::ReservedBits);

const RESERVED: &[Row] = &[
    ("RFC 6455 §5.2", "the first reserved bit in a text", &[(0xc1, b"Hello")], &[], RSV),
    ("RFC 6455 §5.2", "the second in a text that follows one", &[HELLO, (0xa1, b"Hello"), (0x89, b"")], &[HEARD], RSV),
    ("RFC 6455 §5.2", "the third", &[HELLO, (0x91, b"Hello"), (0x89, b"")], &[HEARD], RSV),
    ("RFC 6455 §5.2", "first and second in bytes", &[(0xe2, b"\x00")], &[], RSV),
    ("RFC 6455 §5.2", "first and third in a ping", &[HELLO, (0xd9, b"")], &[HEARD], RSV),
    ("RFC 6455 §5.2", "second and third in a pong", &[(0xba, b"")], &[], RSV),
    ("RFC 6455 §5.2", "all three in a close", &[(0xf8, b"")], &[], RSV),
    ("RFC 6455 §5.2", "in a message of nothing", &[(0xc2, b"")], &[], RSV),
    ("RFC 6455 §5.2", "in a continuation", &[HEL, (0xc0, b"lo")], &[], RSV),
];

const OPCODE: Option<Violation> = Some(Violation::Opcode);

const OPCODES: &[Row] = &[
    ("RFC 6455 §5.2", "opcode 3", &[(0x83, b"")], &[], OPCODE),
    ("RFC 6455 §5.2", "opcode 4 with a payload", &[(0x84, b"a")], &[], OPCODE),
    ("RFC 6455 §5.2", "opcode 5 after a text", &[HELLO, (0x85, b""), (0x89, b"")], &[HEARD], OPCODE),
    ("RFC 6455 §5.2", "opcode 6", &[HELLO, (0x86, b"a"), (0x89, b"")], &[HEARD], OPCODE),
    ("RFC 6455 §5.2", "opcode 7", &[HELLO, (0x87, b"a"), (0x89, b"")], &[HEARD], OPCODE),
    ("RFC 6455 §5.2", "opcode 11, a control frame", &[(0x8b, b"")], &[], OPCODE),
    ("RFC 6455 §5.2", "opcode 12", &[(0x8c, b"a")], &[], OPCODE),
    ("RFC 6455 §5.2", "opcode 13", &[HELLO, (0x8d, b""), (0x89, b"")], &[HEARD], OPCODE),
    ("RFC 6455 §5.2", "opcode 14", &[HELLO, (0x8e, b"a"), (0x89, b"")], &[HEARD], OPCODE),
    ("RFC 6455 §5.2", "opcode 15 within a message", &[HEL, (0x8f, b"a"), LO], &[], OPCODE),
];

const ALONE: Option<Violation> = Some(Violation::ContinuationAlone);
const INTERRUPTED: Option<Violation> = Some(Violation::MessageInterrupted);
const FRAGMENTED: Option<Violation> = Some(Violation::ControlFragmented);

const FRAGMENTS: &[Row] = &[
    ("RFC 6455 §5.4", "a text in two frames", &[HEL, LO], &[HEARD], None),
    ("RFC 6455 §5.4", "bytes in three", &[(0x02, b"a"), (0x00, b"b"), (0x80, b"c")], &[Say::Binary(b"abc")], None),
    ("RFC 6455 §5.4", "the first of them empty", &[(0x01, b""), (0x80, b"Hello")], &[HEARD], None),
    ("RFC 6455 §5.4", "the last of them empty", &[(0x01, b"Hello"), (0x00, b""), (0x80, b"")], &[HEARD], None),
    ("RFC 6455 §5.4", "all of them empty", &[(0x01, b""), (0x00, b""), (0x80, b"")], &[Say::Text("")], None),
    ("RFC 6455 §5.4", "a ping between them", &[HEL, (0x89, b"p"), LO], &[Say::Ping(b"p"), HEARD], None),
    (
        "RFC 6455 §5.4",
        "several control frames between them",
        &[(0x01, b"H"), (0x89, b"1"), (0x00, b"el"), (0x8a, b"2"), (0x89, b"3"), (0x80, b"lo")],
        &[Say::Ping(b"1"), Say::Pong(b"2"), Say::Ping(b"3"), HEARD],
        None,
    ),
    ("RFC 6455 §5.5.1", "a close between them", &[HEL, (0x88, b"\x03\xe8"), LO], &[Say::Close(Some((1000, "")))], None),
    ("RFC 6455 §5.5", "a ping in two frames", &[(0x09, b"a"), (0x80, b"b")], &[], FRAGMENTED),
    ("RFC 6455 §5.5", "a pong in two frames", &[(0x0a, b"a"), (0x80, b"b")], &[], FRAGMENTED),
    ("RFC 6455 §5.5", "a close in two frames", &[(0x08, b"\x03"), (0x80, b"\xe8")], &[], FRAGMENTED),
    ("RFC 6455 §5.4", "a last continuation of nothing", &[LO, HELLO], &[], ALONE),
    ("RFC 6455 §5.4", "a continuation of nothing", &[(0x00, b"lo"), HELLO], &[], ALONE),
    ("RFC 6455 §5.4", "of a message that has ended", &[HELLO, LO], &[HEARD], ALONE),
    ("RFC 6455 §5.4", "of one that had ended in fragments", &[HEL, LO, (0x00, b"a")], &[HEARD], ALONE),
    ("RFC 6455 §5.4", "a text within a text", &[HEL, HELLO], &[], INTERRUPTED),
    ("RFC 6455 §5.4", "the first frame of a text within a text", &[HEL, HEL, LO], &[], INTERRUPTED),
    ("RFC 6455 §5.4", "bytes within a text", &[HEL, (0x82, b"a")], &[], INTERRUPTED),
    ("RFC 6455 §5.4", "also after the pings that may be there", &[HEL, (0x89, b""), (0x02, b"a")], &[Say::Ping(b"")], INTERRUPTED),
];

const NOT_UTF8: Option<Violation> = Some(Violation::TextNotUtf8);

const TEXTS: &[Row] = &[
    ("RFC 6455 §8.1", "characters of all lengths", &[(0x81, "aµ€😀\u{10ffff}".as_bytes())], &[Say::Text("aµ€😀\u{10ffff}")], None),
    ("RFC 6455 §5.6", "cut within a character", &[(0x01, b"\xe2\x82"), (0x80, b"\xac")], &[Say::Text("€")], None),
    (
        "RFC 6455 §5.6",
        "every byte a frame of its own",
        &[(0x01, b"\xf0"), (0x00, b"\x9f"), (0x89, b"p"), (0x00, b"\x98"), (0x00, b""), (0x80, b"\x80")],
        &[Say::Ping(b"p"), Say::Text("😀")],
        None,
    ),
    ("RFC 6455 §8.1", "it ends within a character", &[(0x81, b"a\xe2\x82")], &[], NOT_UTF8),
    ("RFC 6455 §8.1", "also where it ends with an empty frame", &[(0x01, b"\xe2\x82"), (0x80, b"")], &[], NOT_UTF8),
    ("RFC 6455 §8.1", "the next frame does not go on with it", &[(0x01, b"\xe2\x82"), (0x80, b"a")], &[], NOT_UTF8),
    ("RFC 6455 §8.1", "wrong before the last frame has come", &[(0x01, b"\xce\xba\xf4\x90"), (0x89, b"")], &[], NOT_UTF8),
    ("RFC 6455 §8.1", "wrong, and yet only begun", &[(0x01, b"a\xed\xa0")], &[], NOT_UTF8),
    ("RFC 6455 §8.1", "bytes are no text", &[(0x82, b"\xff\xed\xa0\x80")], &[Say::Binary(b"\xff\xed\xa0\x80")], None),
];

const CLOSES: &[Row] = &[
    ("RFC 6455 §5.5.1", "a close without a reason", &[(0x88, b"")], &[Say::Close(None)], None),
    ("RFC 6455 §5.5.1", "with half a code", &[(0x88, b"\x03")], &[], Some(Violation::CloseLength)),
    ("RFC 6455 §5.5.1", "with a code", &[(0x88, b"\x03\xe8")], &[Say::Close(Some((1000, "")))], None),
    ("RFC 6455 §5.5.1", "with a reason", &[(0x88, "\u{3}éà".as_bytes())], &[], Some(Violation::CloseCodeInvalid)),
    (
        "RFC 6455 §5.5.1",
        "in characters of several bytes",
        &[(0x88, b"\x03\xe9\xc3\xa9t\xc3\xa9")],
        &[Say::Close(Some((1001, "été")))],
        None,
    ),
    ("RFC 6455 §5.5.1", "whose reason is no UTF-8", &[(0x88, b"\x03\xe8a\xff")], &[], Some(Violation::CloseReasonNotUtf8)),
    ("RFC 6455 §5.5.1", "which ends within a character", &[(0x88, b"\x03\xe8a\xc3")], &[], Some(Violation::CloseReasonNotUtf8)),
    ("RFC 6455 §5.5", "too long", &[(0x88, &[b'a'; 126])], &[], Some(Violation::ControlTooLong)),
    ("RFC 6455 §5.5.1", "what follows a close is not read", &[(0x88, b""), HELLO, (0x89, b"p")], &[Say::Close(None)], None),
    ("RFC 6455 §5.5.1", "a second close neither", &[(0x88, b""), (0x88, b"\x03\xe8")], &[Say::Close(None)], None),
    ("RFC 6455 §5.5.1", "nor what is wrong", &[(0x88, b""), (0xff, b"")], &[Say::Close(None)], None),
];

/// "Hello", as RFC 7692 §7.2.3 compresses it.
const SMALL: &[u8] = &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
const COMPRESSED_BIT: Option<Violation> = Some(Violation::CompressedBit);
const DATA: Option<Violation> = Some(Violation::DeflateData);

const COMPRESSED: &[Row] = &[
    ("RFC 7692 §7.2.3.1", "a compressed text", &[(0xc1, SMALL)], &[HEARD], None),
    ("RFC 7692 §7.2.3.1", "compressed bytes", &[(0xc2, SMALL)], &[Say::Binary(b"Hello")], None),
    ("RFC 7692 §7.2.3.1", "in two frames", &[(0x41, &[0xf2, 0x48, 0xcd]), (0x80, &[0xc9, 0xc9, 0x07, 0x00])], &[HEARD], None),
    (
        "RFC 7692 §6.1",
        "with a ping and an empty frame between them",
        &[(0x41, &[0xf2, 0x48, 0xcd]), (0x89, b"p"), (0x00, b""), (0x00, &[0xc9, 0xc9, 0x07]), (0x80, &[0x00])],
        &[Say::Ping(b"p"), HEARD],
        None,
    ),
    ("RFC 7692 §7.2.3.2", "twice the same", &[(0xc1, SMALL), (0xc1, SMALL)], &[HEARD, HEARD], None),
    (
        "RFC 7692 §7.2.3.2",
        "with a reference to the first",
        &[(0xc1, SMALL), (0xc1, &[0xf2, 0x00, 0x11, 0x00, 0x00])],
        &[HEARD, HEARD],
        None,
    ),
    (
        "RFC 7692 §7.2.3.3",
        "a block without compression",
        &[(0xc1, &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00])],
        &[HEARD],
        None,
    ),
    ("RFC 7692 §7.2.3.4", "a block marked as the last", &[(0xc1, &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00])], &[HEARD], None),
    (
        "RFC 7692 §7.2.3.5",
        "two blocks",
        &[(0xc1, &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00])],
        &[HEARD],
        None,
    ),
    ("RFC 7692 §7.2.3.6", "nothing, compressed", &[(0xc1, &[0x00])], &[Say::Text("")], None),
    ("RFC 7692 §6.1", "a message that is not compressed", &[HELLO, (0xc1, SMALL), HEL, LO], &[HEARD, HEARD, HEARD], None),
    ("RFC 7692 §6.1", "the bit in a continuation", &[(0x41, &[0xf2, 0x48]), (0xc0, &[0xcd])], &[], COMPRESSED_BIT),
    ("RFC 7692 §6.1", "the bit in a continuation only", &[HEL, (0xc0, b"lo")], &[], COMPRESSED_BIT),
    ("RFC 7692 §6.1", "the bit in a ping", &[(0xc9, b"")], &[], COMPRESSED_BIT),
    ("RFC 7692 §6.1", "the bit in a pong", &[(0xca, b"")], &[], COMPRESSED_BIT),
    ("RFC 7692 §6.1", "the bit in a close", &[(0xc8, b"")], &[], COMPRESSED_BIT),
    ("RFC 6455 §5.2", "the other reserved bits keep no meaning", &[(0xa1, b"Hello")], &[], RSV),
    ("RFC 6455 §5.2", "even with it", &[(0xd1, SMALL)], &[], RSV),
    ("RFC 7692 §7.2.2", "what does not inflate", &[(0xc2, b"Hello")], &[], DATA),
    ("RFC 7692 §7.2.2", "what breaks off", &[(0xc1, &[0xf2, 0x48, 0xcd])], &[], DATA),
    ("RFC 7692 §7.2.2", "a compressed message of no bytes", &[(0xc1, b"")], &[], DATA),
    (
        "RFC 6455 §8.1",
        "a text that is none when it is inflated",
        &[(0xc1, &[0x00, 0x02, 0x00, 0xfd, 0xff, 0xc3, 0x28, 0x00])],
        &[],
        NOT_UTF8,
    ),
];

/// RFC 6455 §5.2: every size at which the form of a length changes, and what is over the cap.
fn sizes() -> Vec<Case> {
    let mut cases = Vec::new();
    let case = |sentence, frames, said, broken| Case { section: "RFC 6455 §5.2", sentence, frames, said, broken, deflate: None };
    for size in [1, 124, 125, 126, 127, 128, 65_535, 65_536, 70_000] {
        let (text, data) = ("*".repeat(size), vec![0xfe; size]);
        cases.push(case("a text of any size", vec![(0x81, text.clone().into_bytes().into())], vec![Said::Text(text)], None));
        cases.push(case("bytes of any size", vec![(0x82, data.clone().into())], vec![Said::Binary(data)], None));
    }
    let data = vec![1; 70_001];
    let cut = |step: usize| {
        let last = data.len().div_ceil(step) - 1;
        let first_byte = |place| u8::from(place == last) << 7 | if place == 0 { 2 } else { 0 };
        data.chunks(step).enumerate().map(|(place, part)| (first_byte(place), part.to_vec().into())).collect::<Vec<_>>()
    };
    for step in [1300, 10_000, 70_000, 70_001] {
        cases.push(case("one byte over the cap", cut(step), Vec::new(), Some(Violation::MessageTooLarge)));
    }
    let whole = data[..70_000].to_vec();
    let fits = whole.chunks(1300).enumerate().map(|(place, part)| (if place == 0 { 2 } else { 0 }, part.to_vec().into()));
    let frames = fits.chain([(0x80, Cow::Borrowed(&b""[..]))]).collect();
    cases.push(case("many fragments up to the cap", frames, vec![Said::Binary(whole)], None));
    cases
}

/// RFC 3629 §3, §4: surrogates, overlong forms, what is above the last character, bytes that no text has, sequences cut short.
fn texts_that_are_not() -> Vec<Case> {
    let wrong: [&[u8]; 26] = [
        b"\x80",
        b"\xbf",
        b"\x80\xbf\x80",
        b"\xc0\x80",
        b"\xc0\xaf",
        b"\xc1\xbf",
        b"\xe0\x80\xaf",
        b"\xe0\x9f\xbf",
        b"\xf0\x80\x80\xaf",
        b"\xf0\x8f\xbf\xbf",
        b"\xed\xa0\x80",
        b"\xed\xaf\xbf",
        b"\xed\xb0\x80",
        b"\xed\xbf\xbf",
        b"\xed\xa0\x80\xed\xb0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xfc\x84\x80\x80\x80\x80",
        b"\xfe",
        b"\xff",
        b"\xfe\xfe\xff\xff",
        b"\xc3 ",
        b"\xe2\x82 ",
        b"\xf0\x9f\x98 ",
        b"\xf0\x9f\x98\xf0\x9f\x98\x80",
    ];
    let mut cases = Vec::new();
    for part in wrong {
        let text = [b"before ", part, b" after"].concat();
        let frames = text.chunks(5).enumerate().map(|(place, part)| (u8::from(place == 0), part.to_vec().into()));
        let (section, sentence) = ("RFC 6455 §8.1", "what is no UTF-8, cut into frames");
        let frames = frames.chain([(0x80, Cow::Borrowed(&b""[..]))]).collect();
        cases.push(Case { section, sentence, frames, said: Vec::new(), broken: NOT_UTF8, deflate: None });
    }
    cases
}

fn close_codes() -> Vec<Case> {
    let valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
    let invalid = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
    let case = |code: u16, said: Vec<Said>, broken| {
        let payload = [&code.to_be_bytes()[..], b"why"].concat();
        Case { section: "RFC 6455 §7.4", sentence: "a code of a close", frames: vec![(0x88, payload.into())], said, broken, deflate: None }
    };
    let accepted = valid.map(|code| case(code, vec![Said::Close(Some((code, "why".into())))], None));
    let refused = invalid.map(|code| case(code, Vec::new(), Some(Violation::CloseCodeInvalid)));
    accepted.into_iter().chain(refused).collect()
}

#[test]
fn all_of_them() {
    for case in cases() {
        for (role, from_client) in [(Role::Server, true), (CLIENT, false)] {
            let input = case.input(from_client);
            for delivery in [Delivery::Whole, Delivery::Pieces] {
                let settings = Settings { delivery, ..case.settings() };
                let mut ways = vec![tell(role, &settings, [&input[..]])];
                ways.push(tell(role, &settings, input.chunks(1)));
                ways.push(tell(role, &settings, input.chunks(7)));
                for told in ways {
                    let Case { section, sentence, frames, .. } = &case;
                    let shown = || format!("{section}, {sentence}: {:.200}", format!("{frames:x?}"));
                    assert_eq!((&told.said, told.broken), (&case.said, case.broken), "{}", shown());
                    assert_eq!(replies(&told, !from_client), expected_replies(&told), "{}", shown());
                }
            }
        }
    }
}

fn replies(told: &Told, masked: bool) -> Vec<(u8, Vec<u8>)> {
    frames(&told.output, masked)
}

/// RFC 6455 §5.5.3: a pong for every ping, with its payload. §5.5.1, §7.1.7: a close for a close, with its code, or for what was broken.
fn expected_replies(told: &Told) -> Vec<(u8, Vec<u8>)> {
    let reply = |said: &Said| match said {
        Said::Ping(payload) => Some((0x8a, payload.clone())),
        Said::Close(close) => Some((0x88, close.as_ref().map(|(code, _)| code.to_be_bytes().to_vec()).unwrap_or_default())),
        _ => None,
    };
    let mut replies: Vec<_> = told.said.iter().filter_map(reply).collect();
    if let Some(rule) = told.broken {
        replies.push((0x88, [&rule.code().number().to_be_bytes(), rule.sentence().as_bytes()].concat()));
    }
    replies
}

#[test]
fn masks_go_one_way() {
    // RFC 6455 §5.1
    let bare = frame(0x81, b"Hello", false);
    assert_eq!(tell(Role::Server, &SETTINGS, [&bare[..]]).broken, Some(Violation::MaskMissing));
    let masked = frame(0x81, b"Hello", true);
    assert_eq!(tell(CLIENT, &SETTINGS, [&masked[..]]).broken, Some(Violation::MaskPresent));
    for first in [0x88, 0x89, 0x8a] {
        assert_eq!(tell(Role::Server, &SETTINGS, [&frame(first, b"", false)[..]]).broken, Some(Violation::MaskMissing));
        assert_eq!(tell(CLIENT, &SETTINGS, [&frame(first, b"", true)[..]]).broken, Some(Violation::MaskPresent));
    }
}

#[test]
fn lengths_in_a_longer_form() {
    // RFC 6455 §5.2
    let inputs: [(&[u8], Violation); 4] = [
        (&[0x82, 126, 0, 5, 1, 2, 3, 4, 5], Violation::LengthNotMinimal),
        (&[0x82, 127, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5], Violation::LengthNotMinimal),
        (&[0x82, 127, 0, 0, 0, 0, 0, 0, 0x80, 0], Violation::LengthNotMinimal),
        (&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], Violation::LengthTopBit),
    ];
    for (input, rule) in inputs {
        assert_eq!(tell(CLIENT, &SETTINGS, [input]).broken, Some(rule), "{input:?}");
        assert_eq!(tell(CLIENT, &SETTINGS, input.chunks(1)).broken, Some(rule), "{input:?}");
    }
}

/// Every agreement, messages of many sizes, both ways: each comes as it was sent.
#[test]
fn compression_of_all_sizes() {
    let text = |size: usize| (0..size).map(|place| char::from(b'a' + (place * place / 7 % 26) as u8)).collect::<String>();
    for bits in [None, Some(8), Some(9), Some(12), Some(15)] {
        for takeover in [false, true] {
            let deflate = DeflateParameters {
                server_no_context_takeover: !takeover,
                client_no_context_takeover: takeover,
                server_max_window_bits: bits,
                client_max_window_bits: bits.map(|bits| 23 - bits),
            };
            let settings = Settings { deflate: Some(deflate), ..SETTINGS };
            let (mut server, mut client) = (Connection::new(Role::Server, &settings), Connection::new(CLIENT, &settings));
            for size in [0, 16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536] {
                for text in [text(size), text(size), "*".repeat(size)] {
                    for by_server in [true, false] {
                        let (from, to) = if by_server { (&mut server, &mut client) } else { (&mut client, &mut server) };
                        from.text(&text).expect("open");
                        let output = from.output().to_vec();
                        from.written(output.len());
                        assert!(output.len() <= size + size / 256 * 8 + 20, "{} for {size}", output.len());
                        let mut said = Vec::new();
                        crate::driver::hear(to, &output, &settings, &mut None, &mut said).expect("valid");
                        assert_eq!(said, [Said::Text(text.clone())], "{deflate:?}");
                    }
                }
            }
        }
    }
}
