use super::{Decoder, Fault, Undone};
use decide::content::Layer::{self, Brotli, Deflate, Gzip, Zstd};
use decide::time::{Duration, Instant};
use std::io::Write;

fn wrapped(layer: Layer, content: &[u8]) -> Vec<u8> {
    match layer {
        Gzip => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            writer.write_all(content).expect("a vector takes all");
            writer.finish().expect("a vector takes all")
        }
        Deflate => {
            let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            writer.write_all(content).expect("a vector takes all");
            writer.finish().expect("a vector takes all")
        }
        Brotli => {
            let mut out = Vec::new();
            let mut writer = brotli::CompressorWriter::new(&mut out, 4096, 5, 22);
            writer.write_all(content).expect("a vector takes all");
            drop(writer);
            out
        }
        Zstd => zstd::bulk::compress(content, 3).expect("memory"),
    }
}

fn undo(layers: &[Layer], bytes: &[u8], step: usize) -> (Vec<u8>, Vec<Undone>) {
    let mut decoder = Decoder::new(layers);
    let mut out = Vec::new();
    for piece in bytes.chunks(step) {
        decoder.push(piece, &|| Instant::ZERO, &mut |piece| out.extend_from_slice(piece));
    }
    (out, decoder.finish())
}

/// Text with some sense in it, and a tail without.
fn content(length: usize) -> Vec<u8> {
    let mut number = 7_u32;
    let mut noise = || {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (number >> 24) as u8
    };
    let text = (0..length).map(|at| b"the quick brown fox "[at % 20]);
    text.enumerate().map(|(at, byte)| if at % 50 == 0 || at > length - length / 8 { noise() } else { byte }).collect()
}

const ALL: [Layer; 4] = [Gzip, Deflate, Brotli, Zstd];

#[test]
fn every_layer_comes_off_however_it_is_cut() {
    for length in [0, 1, 1000, 300_000] {
        let content = content(length);
        for layer in ALL {
            let bytes = wrapped(layer, &content);
            for step in [1, 7, 4096, 1 << 20] {
                let (out, undone) = undo(&[layer], &bytes, step);
                assert!(out == content, "{layer:?} of {length} by {step}");
                assert_eq!(undone, [Undone { layer, before: bytes.len() as u64, after: length as u64, fault: None, took: Duration::ZERO }]);
            }
        }
    }
}

#[test]
fn layers_on_layers_come_off_in_order() {
    let content = content(5000);
    let bytes = ALL.iter().fold(content.clone(), |bytes, layer| wrapped(*layer, &bytes));
    let (out, undone) = undo(&ALL, &bytes, 333);
    assert!(out == content);
    assert_eq!(undone.iter().map(|one| one.layer).collect::<Vec<_>>(), [Zstd, Brotli, Deflate, Gzip]);
    assert!(undone.windows(2).all(|two| two[0].after == two[1].before));
}

#[test]
fn deflate_without_its_wrapping_is_understood() {
    let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(b"as some servers send it").expect("a vector takes all");
    let bytes = writer.finish().expect("a vector takes all");
    assert_eq!(undo(&[Deflate], &bytes, 1).0, b"as some servers send it");
}

#[test]
fn members_and_frames_follow_each_other() {
    for layer in [Gzip, Zstd] {
        let bytes = [wrapped(layer, b"one "), wrapped(layer, b"two")].concat();
        for step in [1, 100] {
            let (out, undone) = undo(&[layer], &bytes, step);
            assert_eq!((&*out, undone[0].fault), (b"one two".as_slice(), None), "{layer:?}");
        }
    }
    let padded = [wrapped(Gzip, b"one"), vec![0; 512]].concat();
    assert_eq!(undo(&[Gzip], &padded, 100).1[0].fault, None);
}

#[test]
fn what_is_torn_corrupt_or_too_long_is_told() {
    let content = content(10_000);
    for layer in ALL {
        let bytes = wrapped(layer, &content);
        let (out, undone) = undo(&[layer], &bytes[..bytes.len() - 3], 100);
        assert_eq!(undone[0].fault, Some(Fault::Torn), "{layer:?}");
        assert!(content.starts_with(&out), "what came out before the end is right");
        let fault = undo(&[layer], b"not encoded at all, whatever the field says", 100).1[0].fault;
        assert!(fault.is_some(), "{layer:?}");
        let longer = [bytes, b"tail".to_vec()].concat();
        let fault = undo(&[layer], &longer, 100).1[0].fault;
        assert!(fault.is_some(), "{layer:?} with a tail");
    }
    assert_eq!(undo(&[Gzip], b"", 1).1[0].fault, None);
}

#[test]
fn a_bomb_comes_out_in_pieces() {
    let zeros = vec![0; 4 << 20];
    for layer in ALL {
        let bytes = wrapped(layer, &zeros);
        let (mut total, mut largest) = (0, 0);
        let mut decoder = Decoder::new(&[layer]);
        decoder.push(&bytes, &|| Instant::ZERO, &mut |piece| {
            total += piece.len();
            largest = largest.max(piece.len());
        });
        let undone = decoder.finish();
        assert_eq!((total, undone[0].fault), (zeros.len(), None), "{layer:?}");
        assert!(largest <= super::ROOM, "{layer:?}: {largest}");
    }
}
