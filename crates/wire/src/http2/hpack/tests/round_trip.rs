//! What our encoder wrote our decoder reads, whatever sizes of the table are agreed upon on the way.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub(super) enum Write {
    Pseudo(Pseudo, Vec<u8>),
    Status(u16),
    Known(Known, Vec<u8>),
    Field(Vec<u8>, Vec<u8>),
}

impl Write {
    pub(super) fn write(&self, encoder: &mut Encoder, out: &mut Vec<u8>) {
        match self {
            Write::Pseudo(pseudo, value) => encoder.pseudo(*pseudo, value, out),
            Write::Status(status) => encoder.status(*status, out),
            Write::Known(known, value) => encoder.known(*known, value, out),
            Write::Field(name, value) => encoder.field(name, value, out),
        }
    }

    pub(super) fn line(&self) -> (Vec<u8>, Vec<u8>) {
        let (name, value) = match self {
            Write::Pseudo(pseudo, value) => (pseudo.text().as_bytes(), value.clone()),
            Write::Status(status) => (&b":status"[..], status.to_string().into_bytes()),
            Write::Known(known, value) => (known.name().as_bytes(), value.clone()),
            Write::Field(name, value) => (&name[..], value.clone()),
        };
        (name.to_ascii_lowercase(), value)
    }
}

/// Few values, so that they repeat, and any.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let few = ["/", "GET", "gzip", "text/html; charset=utf-8", "a", ""];
    prop_oneof![
        6 => prop::sample::select(few.to_vec()).prop_map(|value| value.as_bytes().to_vec()),
        2 => proptest::collection::vec(any::<u8>(), 0..60),
        1 => proptest::collection::vec(any::<u8>(), 900..1200),
    ]
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let ours: Vec<Vec<u8>> = names::OWN.iter().map(|own| own.name().to_vec()).filter(|name| name[0] != b':').collect();
    prop_oneof![
        3 => prop::sample::select(ours.clone()),
        1 => prop::sample::select(ours).prop_map(|name| name.to_ascii_uppercase()),
        1 => "[a-zA-Z0-9-]{1,40}".prop_map(String::into_bytes),
    ]
}

pub(super) fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        1 => (prop::sample::select(&Pseudo::ALL[..]), value()).prop_map(|(pseudo, value)| Write::Pseudo(pseudo, value)),
        1 => (100..600u16).prop_map(Write::Status),
        3 => (prop::sample::select(Known::ALL), value()).prop_map(|(known, value)| Write::Known(known, value)),
        3 => (name(), value()).prop_map(|(name, value)| Write::Field(name, value)),
    ]
}

/// Blocks, each with the sizes of the table that the peer has announced before it.
pub(super) fn blocks() -> impl Strategy<Value = Vec<(Vec<u32>, Vec<Write>)>> {
    let sizes = prop_oneof![
        4 => Just(Vec::new()),
        1 => proptest::collection::vec(prop_oneof![0..300u32, 0..10_000u32], 1..4),
    ];
    proptest::collection::vec((sizes, proptest::collection::vec(write(), 0..20)), 1..20)
}

proptest! {
    #[test]
    fn what_was_written_is_read(blocks in blocks()) {
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new(4096));
        for (sizes, writes) in blocks {
            sizes.into_iter().for_each(|size| encoder.set_max_table_bytes(size));
            let mut block = Vec::new();
            encoder.begin(&mut block);
            writes.iter().for_each(|write| write.write(&mut encoder, &mut block));
            let read: Vec<_> = decode(&mut decoder, &block).unwrap().into_iter().map(|line| (line.0.into_bytes(), line.1)).collect();
            let written: Vec<_> = writes.iter().map(Write::line).collect();
            prop_assert_eq!(read, written);
        }
    }

    /// Whatever the callback refuses, the table is what it would be otherwise.
    #[test]
    fn a_refusal_changes_nothing_for_later_blocks(blocks in blocks(), refusals in proptest::collection::vec(0..20usize, 20)) {
        let (mut encoder, mut whole, mut refusing) = (Encoder::new(), Decoder::new(4096), Decoder::new(4096));
        for ((sizes, writes), refusal) in blocks.into_iter().zip(refusals) {
            sizes.into_iter().for_each(|size| encoder.set_max_table_bytes(size));
            let mut block = Vec::new();
            encoder.begin(&mut block);
            writes.iter().for_each(|write| write.write(&mut encoder, &mut block));
            let lines = decode(&mut whole, &block).unwrap();
            let mut told = Vec::new();
            let refused = refusing.decode(&block, |header| {
                told.push(line(header));
                if told.len() > refusal { Err(()) } else { Ok(()) }
            });
            prop_assert_eq!(refused, Ok(if lines.len() > refusal { Err(()) } else { Ok(()) }));
            prop_assert_eq!(&told[..], &lines[..lines.len().min(refusal + 1)]);
        }
    }
}
