//! Drives a connection as its callers do, and tells what came of it.

use wire::websocket::{Connection, Delivery, Event, Kind, Role, Settings, Violation};

/// Small enough that a case at a limit is short.
pub(crate) const SETTINGS: Settings =
    Settings { message_bytes: 70_000, output_bytes: 1 << 20, delivery: Delivery::Whole, only: None, deflate: None };

/// A client whose masks are the same in every run.
pub(crate) const CLIENT: Role = Role::Client { mask_seed: [42; 32] };

/// What the peer has said, as far as it is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

/// What came of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) said: Vec<Said>,
    /// The rule that was broken.
    pub(crate) broken: Option<Violation>,
    /// What was answered.
    pub(crate) output: Vec<u8>,
}

/// The kind of an unfinished message, and what has come of it.
type Begun = Option<(Kind, Vec<u8>)>;

/// Gives the parts to a fresh connection, each as far as it is taken.
pub(crate) fn tell<'a>(role: Role, settings: &Settings, parts: impl IntoIterator<Item = &'a [u8]>) -> Told {
    let mut connection = Connection::new(role, settings);
    let mut told = Told::default();
    let mut begun = None;
    for part in parts {
        if told.broken.is_none() {
            told.broken = hear(&mut connection, part, settings, &mut begun, &mut told.said).err();
        }
    }
    told.output = connection.output().to_vec();
    told
}

/// Gives one part to a connection and adds what comes of it.
pub(crate) fn hear(
    connection: &mut Connection,
    part: &[u8],
    settings: &Settings,
    begun: &mut Begun,
    said: &mut Vec<Said>,
) -> Result<(), Violation> {
    let mut at = 0;
    loop {
        let (taken, event) = connection.receive(&part[at..])?;
        at += taken;
        let Some(event) = event else { break };
        said.extend(match event {
            Event::Data { kind, data, last } => {
                assert!(last || settings.delivery == Delivery::Pieces && !data.is_empty());
                let (_, whole) = begun.get_or_insert((kind, Vec::new()));
                whole.extend_from_slice(&data);
                assert!(whole.len() <= settings.message_bytes, "the cap holds");
                if last { begun.take().map(message) } else { None }
            }
            Event::Ping(payload) => Some(Said::Ping(payload)),
            Event::Pong(payload) => Some(Said::Pong(payload)),
            Event::Close(close) => Some(Said::Close(close.map(|close| (close.code.number(), close.reason)))),
        });
    }
    assert_eq!(at, part.len(), "without an event all is taken");
    Ok(())
}

fn message((kind, data): (Kind, Vec<u8>)) -> Said {
    match kind {
        Kind::Text => Said::Text(String::from_utf8(data).expect("a text is UTF-8")),
        Kind::Binary => Said::Binary(data),
    }
}

/// A frame, written from the picture in RFC 6455 §5.2 and nothing else: its first byte, its payload, and whether a client sends it.
pub(crate) fn frame(first: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mut out = vec![first];
    let mask_bit = if masked { 0x80 } else { 0 };
    let len = payload.len();
    if len < 126 {
        out.push(mask_bit | len as u8);
    } else if len < 65536 {
        out.push(mask_bit | 126);
        out.extend([(len >> 8) as u8, len as u8]);
    } else {
        out.push(mask_bit | 127);
        out.extend((0..8).rev().map(|place| (len as u64 >> (8 * place)) as u8));
    }
    if !masked {
        out.extend_from_slice(payload);
        return out;
    }
    let key = [0x37, 0xfa, 0x21, 0x3d];
    out.extend(key);
    out.extend(payload.iter().enumerate().map(|(place, byte)| byte ^ key[place % 4]));
    out
}

/// The frames of an output, first byte and payload of each. Fails unless they are whole and masked as they should be.
pub(crate) fn frames(mut output: &[u8], masked: bool) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = output {
        let (len, rest) = match second & 0x7f {
            126 => (usize::from(rest[0]) << 8 | usize::from(rest[1]), &rest[2..]),
            127 => (rest[..8].iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), &rest[8..]),
            len => (usize::from(len), rest),
        };
        assert_eq!(second & 0x80 != 0, masked);
        let (key, rest) = if masked { rest.split_at(4) } else { (&[0; 4][..], rest) };
        let payload = rest[..len].iter().enumerate().map(|(place, byte)| byte ^ key[place % 4]).collect();
        frames.push((*first, payload));
        output = &rest[len..];
    }
    assert!(output.is_empty(), "a frame is whole");
    frames
}
