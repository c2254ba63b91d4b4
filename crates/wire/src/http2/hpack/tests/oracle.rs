//! Against `loona-hpack`, another implementation.

use super::round_trip::{Write, blocks, write};
use super::*;
use loona_hpack::decoder::{DecoderError, IntegerDecodingError};
use proptest::prelude::*;

fn pairs(lines: Vec<Line>) -> Pairs {
    lines.into_iter().map(|(name, value, _)| (name.into_bytes(), value)).collect()
}

/// Octets of which many are blocks, or nearly.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let written = || {
        proptest::collection::vec(write(), 0..8).prop_map(|writes| {
            let (mut encoder, mut block) = (Encoder::new(), Vec::new());
            writes.iter().for_each(|write| write.write(&mut encoder, &mut block));
            block
        })
    };
    let changed = (written(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut block, at, octet)| {
        if !block.is_empty() {
            let at = at.index(block.len());
            block[at] = octet;
        }
        block
    });
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..100), written(), changed]
}

/// What a block is to both. `None` where they may differ: the oracle allows what we do not, or the other way round.
fn judged_alike(ours: &Result<Pairs, HpackError>, oracle: &Result<Pairs, DecoderError>) -> Option<bool> {
    match (ours, oracle) {
        // It reads integers of 28 bits only, and counts the octets otherwise.
        (_, Err(DecoderError::IntegerDecodingError(IntegerDecodingError::TooManyOctets))) => None,
        // It refuses a change of size that no field follows. RFC 7541 §4.2 wants one at the beginning of a block, and there it is.
        (Ok(_), Err(DecoderError::SizeUpdateAtEnd)) => None,
        // It takes a change of size anywhere else.
        (Err(HpackError::ResizeLate), _) => None,
        (Ok(ours), Ok(oracle)) => Some(ours.len() == oracle.len() && ours.iter().zip(oracle).all(|(ours, theirs)| is_same(ours, theirs))),
        (Err(_), Err(_)) => Some(true),
        _ => Some(false),
    }
}

/// `:` stands for a pseudo-header field that we do not know the name of, see [`line`]; other names are text to us here.
fn is_same(ours: &(Vec<u8>, Vec<u8>), theirs: &(Vec<u8>, Vec<u8>)) -> bool {
    let same_name = if ours.0 == b":" { theirs.0.starts_with(b":") } else { ours.0 == String::from_utf8_lossy(&theirs.0).as_bytes() };
    same_name && ours.1 == theirs.1
}

proptest! {
    #[test]
    fn it_reads_what_we_write(blocks in blocks()) {
        let (mut encoder, mut oracle) = (Encoder::new(), loona_hpack::Decoder::new());
        for (sizes, writes) in blocks {
            // It refuses a change of size without a field behind it.
            if writes.is_empty() {
                continue;
            }
            sizes.into_iter().for_each(|size| encoder.set_max_table_bytes(size));
            let mut block = Vec::new();
            encoder.begin(&mut block);
            writes.iter().for_each(|write| write.write(&mut encoder, &mut block));
            let read = oracle.decode(&block);
            prop_assert_eq!(read.unwrap(), writes.iter().map(Write::line).collect::<Pairs>());
        }
    }

    #[test]
    fn we_read_what_it_writes(blocks in blocks()) {
        let (mut encoder, mut decoder) = (loona_hpack::Encoder::new(), Decoder::new(4096));
        for (_, writes) in blocks {
            let written: Pairs = writes.iter().map(Write::line).collect();
            let block = encoder.encode(written.iter().map(|(name, value)| (&name[..], &value[..])));
            prop_assert_eq!(pairs(decode(&mut decoder, &block).unwrap()), written);
        }
    }

    /// Blocks of one connection, until one of them ends it.
    #[test]
    fn any_octets_are_the_same_to_both(blocks in proptest::collection::vec(octets(), 1..6)) {
        let (mut decoder, mut oracle) = (Decoder::new(4096), loona_hpack::Decoder::new());
        oracle.set_max_allowed_table_size(4096);
        for block in blocks {
            let ours = decode(&mut decoder, &block).map(pairs);
            // It does not survive a change of size that is cut off or too large.
            if matches!(ours, Err(HpackError::BlockTruncated | HpackError::IntegerTooLarge)) {
                break;
            }
            match judged_alike(&ours, &oracle.decode(&block)) {
                Some(alike) => prop_assert!(alike, "{:?} {:?}", block, ours),
                None => break,
            }
            if ours.is_err() {
                break;
            }
        }
    }
}
