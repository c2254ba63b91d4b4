//! Captures as a file that others open: pcapng (draft-ietf-opsawg-pcapng), as far as a capture of one journey needs it, and with the
//! secrets of its connections, so that what is in them can be read.
//!
//! Order of calls: [`begin`], [`interface`], [`secrets`] before the packets they are for, [`packet`] for each. [`blocks`] reads a file
//! back.

use alloc::vec::Vec;

/// Interfaces' frames begin with an Ethernet header.
pub const LINK_ETHERNET: u16 = 1;
/// Secrets in the format of NSS' key log, as browsers write it.
const TLS_KEY_LOG: u32 = 0x544c_534b;

const SECTION: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const SECRETS: u32 = 10;
const PACKET: u32 = 6;
const BYTE_ORDER: u32 = 0x1A2B_3C4D;

const COMMENT: u16 = 1;
const APPLICATION: u16 = 4;
const NAME: u16 = 2;
const RESOLUTION: u16 = 9;
const FLAGS: u16 = 2;

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It came.
    In,
    /// It was sent.
    Out,
}

/// The file's beginning; `application` is who writes it.
pub fn begin(application: &str, out: &mut Vec<u8>) {
    block(SECTION, out, |out| {
        out.extend(BYTE_ORDER.to_le_bytes());
        // Version 1.0; how long the section is, is not told.
        out.extend(1_u16.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(u64::MAX.to_le_bytes());
        option(APPLICATION, application.as_bytes(), out);
        end_of_options(out);
    });
}

/// An interface, numbered from 0 as they come. Times of its packets are in nanoseconds.
pub fn interface(link: u16, name: &str, out: &mut Vec<u8>) {
    block(INTERFACE, out, |out| {
        out.extend(link.to_le_bytes());
        out.extend([0; 6]);
        option(NAME, name.as_bytes(), out);
        option(RESOLUTION, &[9], out);
        end_of_options(out);
    });
}

/// Secrets of TLS connections, as a key log's lines.
pub fn secrets(key_log: &[u8], out: &mut Vec<u8>) {
    block(SECRETS, out, |out| {
        out.extend(TLS_KEY_LOG.to_le_bytes());
        out.extend(length(key_log).to_le_bytes());
        padded(key_log, out);
    });
}

/// A packet: on which interface, when in nanoseconds since 1970, which way, as much as was captured of how many bytes, and what there is to
/// say about it; may be empty.
pub fn packet(interface: u32, at: u64, way: Way, frame: &[u8], original: usize, comment: &str, out: &mut Vec<u8>) {
    block(PACKET, out, |out| {
        out.extend(interface.to_le_bytes());
        // The upper half comes first, whatever the byte order.
        out.extend(u32::try_from(at >> 32).expect("half").to_le_bytes());
        out.extend(u32::try_from(at & 0xFFFF_FFFF).expect("half").to_le_bytes());
        out.extend(length(frame).to_le_bytes());
        out.extend(u32::try_from(original).unwrap_or(u32::MAX).to_le_bytes());
        padded(frame, out);
        let flags: u32 = match way {
            Way::In => 1,
            Way::Out => 2,
        };
        option(FLAGS, &flags.to_le_bytes(), out);
        if !comment.is_empty() {
            option(COMMENT, comment.as_bytes(), out);
        }
        end_of_options(out);
    });
}

/// A block: its type, its length, what is in it, and its length again.
fn block(kind: u32, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.extend(kind.to_le_bytes());
    out.extend([0; 4]);
    body(out);
    let total = u32::try_from(out.len() - begin + 4).expect("a block is under 4 GiB").to_le_bytes();
    out.extend(total);
    out[begin + 4..begin + 8].copy_from_slice(&total);
}

/// Longer values are cut: an option counts its bytes in 16 bits.
fn option(code: u16, value: &[u8], out: &mut Vec<u8>) {
    let value = &value[..value.len().min(usize::from(u16::MAX))];
    out.extend(code.to_le_bytes());
    out.extend(u16::try_from(value.len()).expect("cut above").to_le_bytes());
    padded(value, out);
}

fn end_of_options(out: &mut Vec<u8>) {
    out.extend([0; 4]);
}

fn padded(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(bytes);
    out.extend(core::iter::repeat_n(0, (4 - bytes.len() % 4) % 4));
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("under 4 GiB")
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block<'a> {
    /// A section begins.
    Section,
    /// An interface, by its link type.
    Interface(u16),
    /// A key log.
    Secrets(&'a [u8]),
    /// A packet.
    Packet {
        /// On which interface.
        interface: u32,
        /// When, in the interface's units.
        at: u64,
        /// As much as was captured.
        frame: &'a [u8],
        /// How many bytes it had.
        original: u32,
    },
    /// Another, by its type.
    Other(u32),
}

/// The blocks of a file in the byte order that is written here. `None` stands for the place where it cannot be read any further.
pub fn blocks(file: &[u8]) -> impl Iterator<Item = Option<Block<'_>>> {
    let mut rest = Some(file);
    core::iter::from_fn(move || {
        let bytes = rest.filter(|bytes| !bytes.is_empty())?;
        let read = read_block(bytes);
        rest = read.as_ref().map(|(_, after)| *after);
        Some(read.map(|(block, _)| block))
    })
}

fn read_block(bytes: &[u8]) -> Option<(Block<'_>, &[u8])> {
    let four = |bytes: &[u8], at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (kind, total) = (four(bytes, 0)?, usize::try_from(four(bytes, 4)?).ok()?);
    if total < 12 || total % 4 != 0 || total > bytes.len() || four(bytes, total - 4)? != four(bytes, 4)? {
        return None;
    }
    let body = &bytes[8..total - 4];
    let counted = |from: usize, length: u32| body.get(from..)?.get(..usize::try_from(length).ok()?);
    let block = match kind {
        SECTION if four(body, 0)? == BYTE_ORDER => Block::Section,
        SECTION => return None,
        INTERFACE => Block::Interface(u16::try_from(four(body, 0)? & 0xFFFF).ok()?),
        SECRETS if four(body, 0)? == TLS_KEY_LOG => Block::Secrets(counted(8, four(body, 4)?)?),
        PACKET => Block::Packet {
            interface: four(body, 0)?,
            at: u64::from(four(body, 4)?) << 32 | u64::from(four(body, 8)?),
            frame: counted(20, four(body, 12)?)?,
            original: four(body, 16)?,
        },
        other => Block::Other(other),
    };
    Some((block, &bytes[total..]))
}

#[cfg(test)]
mod tests;
