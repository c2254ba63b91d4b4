//! As much of WebSocket (RFC 6455) as an echo needs.

use super::message::{Request, bad};
use std::io::{self, BufRead, Read, Write};

/// What a frame carries (§5.2).
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// One whole, unfragmented frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) opcode: u8,
    pub(crate) payload: Vec<u8>,
}

/// Writes a frame; a client's are masked (§5.3).
pub(crate) fn write_frame(out: &mut impl Write, opcode: u8, payload: &[u8], mask: Option<[u8; 4]>) -> io::Result<()> {
    let mut frame = vec![0x80 | opcode];
    let masked = if mask.is_some() { 0x80 } else { 0 };
    match payload.len() {
        len @ 0..=125 => frame.push(masked | u8::try_from(len).expect("it is at most 125")),
        len @ 126..=0xffff => {
            frame.push(masked | 126);
            frame.extend_from_slice(&u16::try_from(len).expect("it is at most 65535").to_be_bytes());
        }
        len => {
            frame.push(masked | 127);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    frame.extend(mask.into_iter().flatten());
    let mask = mask.unwrap_or_default();
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out.write_all(&frame)
}

/// Reads a frame.
pub(crate) fn read_frame(from: &mut impl Read) -> io::Result<Frame> {
    let [first, second] = exactly::<2>(from)?;
    if first & 0xf0 != 0x80 {
        return Err(bad("a fragment or a reserved bit"));
    }
    let len = match second & 0x7f {
        126 => u64::from(u16::from_be_bytes(exactly(from)?)),
        127 => u64::from_be_bytes(exactly(from)?),
        len => u64::from(len),
    };
    let mask = if second & 0x80 == 0 { [0; 4] } else { exactly(from)? };
    let mut payload = vec![0; usize::try_from(len).map_err(|_| bad("a length"))?];
    from.read_exact(&mut payload)?;
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Ok(Frame { opcode: first & 0x0f, payload })
}

fn exactly<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The backend's side: the handshake (§4.2.2), then every message back until the close.
pub(crate) fn serve(request: &Request, reader: &mut impl BufRead, writer: &mut impl Write) -> io::Result<()> {
    let key = request.field("sec-websocket-key").ok_or_else(|| bad("no key"))?;
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
    writer.write_all(format!("{head}{}\r\n\r\n", accept(key)).as_bytes())?;
    loop {
        let frame = read_frame(reader)?;
        match frame.opcode {
            PING => write_frame(writer, PONG, &frame.payload, None)?,
            CLOSE => return write_frame(writer, CLOSE, &frame.payload, None),
            opcode => write_frame(writer, opcode, &frame.payload, None)?,
        }
    }
}

/// `Sec-WebSocket-Accept` for a key (§1.3).
pub(crate) fn accept(key: &str) -> String {
    base64(&sha1(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11").as_bytes()))
}

/// SHA-1 (FIPS 180-4 §6.1), for short messages.
fn sha1(message: &[u8]) -> [u8; 20] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend_from_slice(&(message.len() as u64 * 8).to_be_bytes());
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded.chunks_exact(64) {
        let mut words: Vec<u32> = block.chunks_exact(4).map(|word| u32::from_be_bytes(word.try_into().expect("four bytes"))).collect();
        for at in 16..80 {
            words.push((words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (round, word) in words.iter().enumerate() {
            let (mixed, constant) = match round / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6),
            };
            let next = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(constant).wrapping_add(*word);
            (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
        }
        for (sum, value) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(value);
        }
    }
    let mut digest = [0; 20];
    digest.chunks_exact_mut(4).zip(state).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_be_bytes()));
    digest
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - group.len()));
        for at in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// The example of RFC 6455 §1.3.
#[test]
fn accept_is_that_of_the_rfc() {
    assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
