//! A mutation fuzzer that runs on stable Rust: the inputs of all situations, changed at random, against what must hold for every input.
//! The same few thousand inputs in every test run; `FUZZ_SECONDS=600 cargo test …` goes on for that long from a seed that it prints. See
//! `fuzz/README.md`.

use crate::driver::{CLIENT, SETTINGS, frames, tell};
use crate::situations::cases;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wire::http::{Fields, Known, RequestHead, ResponseHead};
use wire::websocket::{
    DeflateParameters, Delivery, Role, Settings, agree_deflate, check_answer, check_opening, offered_protocols, write_answer,
};

/// A small generator of its own, so that a seed means the same inputs for ever.
pub(crate) struct Random(u64);

impl Random {
    /// A number from zero up to, but without, `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }
}

/// Changes an input in one to four places.
fn mutate(random: &mut Random, seed: &[u8], other: &[u8], words: &[&[u8]]) -> Vec<u8> {
    let mut input = seed.to_vec();
    for _ in 0..=random.below(4) {
        // Headers stand at the start, and there most is decided.
        let reach = if random.below(2) == 0 { input.len().min(16) } else { input.len() };
        let at = random.below(reach + 1);
        let end = (at + random.below(12)).min(input.len());
        match random.below(7) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 if at < input.len() => input[at] = random.below(256) as u8,
            2 => drop(input.drain(at..end)),
            3 => drop(input.splice(at..at, words[random.below(words.len())].iter().copied())),
            4 => drop(input.splice(at..end, words[random.below(words.len())].iter().copied())),
            5 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            _ => {
                input.truncate(at);
                input.extend_from_slice(&other[random.below(other.len())..]);
            }
        }
    }
    input
}

/// Runs `check` on inputs until the time is up, or for a fixed number of them.
#[allow(clippy::print_stderr, reason = "the seed is what repeats a failure")]
pub(crate) fn run(seeds: &[Vec<u8>], words: &[&[u8]], rounds: usize, mut check: impl FnMut(&mut Random, &[u8])) {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse::<u64>().ok());
    let seed = match (seconds, std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok())) {
        (_, Some(seed)) => seed,
        (Some(_), None) => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64),
        (None, None) => 1,
    };
    eprintln!("FUZZ_SEED={seed}");
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut random = Random(seed);
    let mut round = 0usize;
    while end.map_or(round < rounds, |end| !round.is_multiple_of(256) || Instant::now() < end) {
        let (seed, other) = (random.below(seeds.len()), random.below(seeds.len()));
        let input = mutate(&mut random, &seeds[seed], &seeds[other], words);
        check(&mut random, &input);
        round += 1;
    }
    eprintln!("{round} inputs");
}

/// What is worth putting between frames: their first bytes and the forms of lengths, for both roles.
pub(crate) const WORDS: &[&[u8]] = &[
    &[0x81, 0x00],
    &[0x01, 0x00],
    &[0x80, 0x00],
    &[0x00, 0x00],
    &[0xc1, 0x01, 0x00],
    &[0x89, 0x00],
    &[0x88, 0x00],
    &[0x88, 0x02, 0x03, 0xe8],
    &[0x81, 0x80, 0, 0, 0, 0],
    &[0x00, 0x80, 1, 2, 3, 4],
    &[0x80, 0x81, 0, 0, 0, 0, 0x61],
    &[0xc2, 0x81, 0, 0, 0, 0, 0],
    &[0x89, 0x80, 0, 0, 0, 0],
    &[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8],
    &[0x82, 0x7e, 0x00, 0x7e],
    &[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0],
    &[0xff],
    &[0xc3],
    &[0xf0, 0x9f, 0x98, 0x80],
    &[0x00, 0x00, 0xff, 0xff],
    &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
    &[0xf2, 0x00, 0x11, 0x00, 0x00],
];

/// The inputs of the situations, but for the long ones, which would spend the time on their filling.
pub(crate) fn seeds(from_client: bool) -> Vec<Vec<u8>> {
    cases().iter().map(|case| case.input(from_client)).filter(|input| input.len() < 2000).collect()
}

/// However an input is cut, the same comes of it; whatever comes of it keeps to the cap, and is answered in whole frames.
fn check(random: &mut Random, input: &[u8], role: Role, deflate: Option<DeflateParameters>) {
    let delivery = [Delivery::Whole, Delivery::Pieces][random.below(2)];
    let settings = Settings { deflate, delivery, message_bytes: [20, 1000][random.below(2)], ..SETTINGS };
    let whole = tell(role, &settings, [input]);
    let mut parts = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let (part, after) = rest.split_at(1 + random.below(rest.len().min(9)));
        parts.push(part);
        rest = after;
    }
    let cut = tell(role, &settings, parts);
    assert_eq!(cut.said, whole.said, "{input:x?}");
    match deflate {
        // Of several things wrong in one compressed frame, another may be met first.
        Some(_) => assert_eq!(cut.broken.is_some(), whole.broken.is_some(), "{input:x?}"),
        None => assert_eq!(cut.broken, whole.broken, "{input:x?}"),
    }
    let replies = frames(&whole.output, matches!(role, Role::Client { .. }));
    let closes = replies.iter().filter(|(first, _)| *first == 0x88).count();
    assert!(closes <= 1 && replies.iter().all(|(first, _)| matches!(first, 0x88 | 0x8a)), "{input:x?}");
    assert_eq!(replies.last().is_some_and(|(first, _)| *first == 0x88), closes == 1, "nothing follows a close: {input:x?}");
}

#[test]
fn servers() {
    run(&seeds(true), WORDS, 4000, |random, input| check(random, input, Role::Server, None));
}

#[test]
fn clients() {
    run(&seeds(false), WORDS, 4000, |random, input| check(random, input, CLIENT, None));
}

#[test]
fn with_deflate() {
    run(&seeds(false), WORDS, 4000, |random, input| {
        let deflate = DeflateParameters {
            server_no_context_takeover: random.below(2) == 0,
            server_max_window_bits: Some(8 + random.below(8) as u8),
            ..DeflateParameters::default()
        };
        check(random, input, CLIENT, Some(deflate));
    });
}

/// What is worth putting into the fields of a handshake.
const FIELD_WORDS: &[&[u8]] = &[
    b",",
    b";",
    b"=",
    b"\"",
    b"\\",
    b" ",
    b"permessage-deflate",
    b"; server_max_window_bits=10",
    b"; client_max_window_bits",
    b"; server_no_context_takeover",
    b"; client_no_context_takeover",
    b", permessage-deflate; client_max_window_bits=9",
    b"15",
    b"8",
];

#[test]
fn handshakes() {
    let seeds = [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=12",
        "x; a=\"b\\c\", permessage-deflate; server_max_window_bits=9, permessage-deflate",
        "chat, superchat",
    ];
    let seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    run(&seeds, FIELD_WORDS, 4000, |random, input| {
        // A parsed head has no control characters and no white space around its values.
        let value: Vec<u8> = input.iter().copied().filter(|byte| !byte.is_ascii_control()).collect();
        let mut request = RequestHead::default();
        request.fields.push_known(Known::Upgrade, b"websocket");
        request.fields.push_known(Known::Connection, b"Upgrade");
        request.fields.push(b"Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ==");
        request.fields.push(b"Sec-WebSocket-Version", b"13");
        let name: &[u8] = if random.below(4) == 0 { b"Sec-WebSocket-Protocol" } else { b"Sec-WebSocket-Extensions" };
        request.fields.push(name, value.trim_ascii());
        let Ok(key) = check_opening(&request) else { return };
        let bits = |random: &mut Random| [None, Some(8 + random.below(8) as u8)][random.below(2)];
        let ours = DeflateParameters {
            server_max_window_bits: bits(random),
            client_max_window_bits: bits(random),
            ..DeflateParameters::default()
        };
        let deflate = agree_deflate(&request.fields, &ours);
        let protocol = offered_protocols(&request.fields).last();
        let mut fields = Fields::new();
        write_answer(Some(key), protocol, deflate.as_ref(), &mut fields);
        let answer = ResponseHead { status: 101, fields, ..ResponseHead::default() };
        let accepted = check_answer(&request.fields, &answer).expect("our own answer to a valid opening");
        assert_eq!(accepted.protocol, protocol);
        // Both ends know the same windows, or the client's is the smaller one that it has hinted at.
        let (ours, theirs) = (deflate.unwrap_or_default(), accepted.deflate.unwrap_or_default());
        assert_eq!(accepted.deflate.is_some(), deflate.is_some());
        assert_eq!(ours.server_max_window_bits, theirs.server_max_window_bits);
        assert_eq!(ours.server_no_context_takeover, theirs.server_no_context_takeover);
        assert!(theirs.client_max_window_bits.unwrap_or(15) <= ours.client_max_window_bits.unwrap_or(15));
    });
}
