//! Content codings undone while the content comes, layer by layer, in bounded memory.

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use decide::content::Layer;
use decide::time::{Duration, Instant};
use flate2::{Decompress, FlushDecompress, Status};
use std::io;
use zstd::stream::raw::{Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

/// Bytes that come out of a layer at a time, however many are in them.
const ROOM: usize = 32 << 10;
/// The largest window of zstd, as a power of two: 8 MiB, which every decoder must take (RFC 9659 §3).
const ZSTD_WINDOW_LOG: u32 = 23;

/// What is wrong with a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The bytes are none of this coding.
    Corrupt,
    /// The bytes end before the coding does.
    Torn,
    /// Bytes follow after the coding's end.
    Trailing,
}

impl Fault {
    /// What is wrong, in one word.
    pub const fn word(self) -> &'static str {
        match self {
            Fault::Corrupt => "corrupt",
            Fault::Torn => "torn",
            Fault::Trailing => "trailing",
        }
    }
}

/// What became of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undone {
    /// Which.
    pub layer: Layer,
    /// Bytes that went in.
    pub before: u64,
    /// Bytes that came out.
    pub after: u64,
    /// What was wrong with it, if anything.
    pub fault: Option<Fault>,
    /// The time that it took, without that of whoever took what came out.
    pub took: Duration,
}

/// Undoes the layers around content.
pub struct Decoder {
    /// The outermost first.
    layers: Vec<Stage>,
}

impl Decoder {
    /// For layers in the order in which they were put on.
    pub fn new(layers: &[Layer]) -> Decoder {
        Decoder { layers: layers.iter().rev().map(|layer| Stage::new(*layer)).collect() }
    }

    /// Takes the next bytes, and hands on what comes out at the other end, in pieces. Nothing more comes out after the first fault.
    pub fn push(&mut self, bytes: &[u8], clock: &dyn Fn() -> Instant, out: &mut dyn FnMut(&[u8])) {
        push_into(&mut self.layers, bytes, clock, out);
    }

    /// The content has ended: what became of the layers, in the order in which they were undone.
    pub fn finish(mut self) -> Vec<Undone> {
        self.layers.iter_mut().for_each(Stage::end);
        self.layers.iter().map(|stage| stage.undone).collect()
    }
}

fn push_into(layers: &mut [Stage], bytes: &[u8], clock: &dyn Fn() -> Instant, out: &mut dyn FnMut(&[u8])) {
    match layers.split_first_mut() {
        None => out(bytes),
        Some((stage, inner)) => {
            let (began, mut others) = (clock(), Duration::ZERO);
            stage.take(bytes, &mut |piece| {
                let handed = clock();
                push_into(inner, piece, clock, out);
                others += clock().since(handed);
            });
            stage.undone.took += clock().since(began).saturating_sub(others);
        }
    }
}

/// One layer while it is undone.
struct Stage {
    undone: Undone,
    coding: Coding,
    ended: bool,
    room: Box<[u8]>,
}

enum Coding {
    /// gzip; members may follow each other (RFC 1952 §2.2).
    Gzip(Box<Decompress>),
    /// What deflate means is told by its first two bytes, which are kept until both have come.
    DeflateUnknown(Vec<u8>),
    Deflate(Box<Decompress>),
    Brotli(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>),
    Zstd(Box<ZstdDecoder<'static>>),
    /// After a fault.
    Broken,
}

impl Stage {
    fn new(layer: Layer) -> Stage {
        let coding = match layer {
            Layer::Gzip => Coding::Gzip(Box::new(Decompress::new_gzip(15))),
            Layer::Deflate => Coding::DeflateUnknown(Vec::new()),
            Layer::Brotli => Coding::Brotli(Box::new(brotli_state())),
            Layer::Zstd => zstd_decoder().map_or(Coding::Broken, |decoder| Coding::Zstd(Box::new(decoder))),
        };
        Stage {
            undone: Undone { layer, before: 0, after: 0, fault: None, took: Duration::ZERO },
            coding,
            ended: false,
            room: vec![0; ROOM].into(),
        }
    }

    fn take(&mut self, bytes: &[u8], out: &mut dyn FnMut(&[u8])) {
        self.undone.before += bytes.len() as u64;
        if matches!(self.coding, Coding::Broken) {
            return;
        }
        let after = &mut self.undone.after;
        let mut counted = |piece: &[u8]| {
            *after += piece.len() as u64;
            out(piece);
        };
        let outcome = self.coding.undo(bytes, &mut self.ended, &mut self.room, &mut counted);
        if let Err(fault) = outcome {
            self.fail(fault);
        }
    }

    fn fail(&mut self, fault: Fault) {
        self.coding = Coding::Broken;
        self.undone.fault.get_or_insert(fault);
    }

    fn end(&mut self) {
        let torn = match self.coding {
            Coding::Broken => false,
            // Nothing at all is taken for nothing: so are empty answers sent that say they are encoded.
            _ => self.undone.before > 0 && !self.ended,
        };
        if torn {
            self.fail(Fault::Torn);
        }
    }
}

impl Coding {
    fn undo(&mut self, bytes: &[u8], ended: &mut bool, room: &mut [u8], out: &mut dyn FnMut(&[u8])) -> Result<(), Fault> {
        match self {
            Coding::Gzip(gzip) => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    if *ended {
                        // Padding of zeros is what some writers end with; another member begins as the first did.
                        let begins = rest.iter().position(|byte| *byte != 0).unwrap_or(rest.len());
                        rest = &rest[begins..];
                        match rest.first() {
                            None => return Ok(()),
                            Some(0x1F) => **gzip = Decompress::new_gzip(15),
                            Some(_) => return Err(Fault::Trailing),
                        }
                        *ended = false;
                    }
                    rest = inflate(gzip, rest, ended, room, out)?;
                }
                Ok(())
            }
            Coding::DeflateUnknown(first) => {
                first.extend_from_slice(bytes);
                let [one, two, ..] = **first else { return Ok(()) };
                // RFC 1950 §2.2: the method is 8, the window at most 7, and both bytes together a multiple of 31.
                let is_zlib = one & 0x0F == 8 && one >> 4 <= 7 && (u16::from(one) << 8 | u16::from(two)) % 31 == 0;
                let held = std::mem::take(first);
                *self = Coding::Deflate(Box::new(Decompress::new(is_zlib)));
                self.undo(&held, ended, room, out)
            }
            Coding::Deflate(deflate) => {
                if *ended && !bytes.is_empty() {
                    return Err(Fault::Trailing);
                }
                let rest = inflate(deflate, bytes, ended, room, out)?;
                if rest.is_empty() { Ok(()) } else { Err(Fault::Trailing) }
            }
            Coding::Brotli(brotli) => unbrotli(brotli, bytes, ended, room, out),
            Coding::Zstd(zstd) => unzstd(zstd, bytes, ended, room, out),
            Coding::Broken => Ok(()),
        }
    }
}

/// Inflates; returns what follows the end.
fn inflate<'a>(
    with: &mut Decompress,
    bytes: &'a [u8],
    ended: &mut bool,
    room: &mut [u8],
    out: &mut dyn FnMut(&[u8]),
) -> Result<&'a [u8], Fault> {
    let mut rest = bytes;
    loop {
        let (read, made) = (with.total_in(), with.total_out());
        let status = with.decompress(rest, room, FlushDecompress::None).map_err(|_| Fault::Corrupt)?;
        let read = usize::try_from(with.total_in() - read).expect("a part of a slice");
        let made = usize::try_from(with.total_out() - made).expect("a part of a slice");
        rest = &rest[read..];
        if made > 0 {
            out(&room[..made]);
        }
        match status {
            Status::StreamEnd => {
                *ended = true;
                return Ok(rest);
            }
            // Full room means that there may be more, though nothing is left to read.
            _ if rest.is_empty() && made < room.len() => return Ok(rest),
            _ if read == 0 && made == 0 => return Err(Fault::Corrupt),
            _ => {}
        }
    }
}

fn zstd_decoder() -> io::Result<ZstdDecoder<'static>> {
    let mut decoder = ZstdDecoder::new()?;
    decoder.set_parameter(zstd::zstd_safe::DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
    Ok(decoder)
}

fn brotli_state() -> BrotliState<StandardAlloc, StandardAlloc, StandardAlloc> {
    BrotliState::new(StandardAlloc::default(), StandardAlloc::default(), StandardAlloc::default())
}

fn unbrotli(
    with: &mut BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    bytes: &[u8],
    ended: &mut bool,
    room: &mut [u8],
    out: &mut dyn FnMut(&[u8]),
) -> Result<(), Fault> {
    let (mut left, mut read, mut total) = (bytes.len(), 0, 0);
    if *ended {
        return if bytes.is_empty() { Ok(()) } else { Err(Fault::Trailing) };
    }
    loop {
        let (mut free, mut made) = (room.len(), 0);
        let result = BrotliDecompressStream(&mut left, &mut read, bytes, &mut free, &mut made, room, &mut total, with);
        if made > 0 {
            out(&room[..made]);
        }
        match result {
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => return Ok(()),
            BrotliResult::ResultFailure => return Err(Fault::Corrupt),
            BrotliResult::ResultSuccess => {
                *ended = true;
                return if left == 0 { Ok(()) } else { Err(Fault::Trailing) };
            }
        }
    }
}

/// Frames may follow each other (RFC 8878 §3).
fn unzstd(
    with: &mut ZstdDecoder<'static>,
    bytes: &[u8],
    ended: &mut bool,
    room: &mut [u8],
    out: &mut dyn FnMut(&[u8]),
) -> Result<(), Fault> {
    let mut input = InBuffer::around(bytes);
    loop {
        let length = room.len();
        let mut output = OutBuffer::around(&mut *room);
        // Zero: a frame has ended, and all of it has come out.
        let left = with.run(&mut input, &mut output).map_err(|_| Fault::Corrupt)?;
        let made = output.as_slice();
        let full = made.len() == length;
        if !made.is_empty() {
            out(made);
        }
        *ended = left == 0;
        match (*ended, input.pos() == bytes.len()) {
            (true, true) => return Ok(()),
            (true, false) => with.reinit().map_err(|_| Fault::Corrupt)?,
            (false, true) if !full => return Ok(()),
            (false, _) => {}
        }
    }
}

#[cfg(test)]
mod tests;
