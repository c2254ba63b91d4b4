//! The Huffman code for strings (RFC 7541 §5.2, appendix B).

use super::HpackError;
use alloc::vec::Vec;

/// Bits of the code of every octet, and of the symbol for the end of the string. They are the whole code: codes of one length count up
/// with the symbol, and a length begins where the shorter ones left off.
const BITS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28, //
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, //
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, //
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, //
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, //
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, //
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, //
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, //
    30,
];

const END_OF_STRING: u16 = 256;
const LONGEST: usize = 30;
/// Codes of at most this many bits are those of what fields are made of, nearly always.
const SHORT: usize = 8;

/// All codes, in their own order.
struct Code {
    /// Symbols by length of code, then by themselves.
    symbols: [u16; 257],
    /// Where the symbols of each length begin in that.
    first_symbol: [u16; LONGEST + 2],
    /// The first code of each length.
    first_code: [u32; LONGEST + 2],
    /// By symbol: its code.
    codes: [u32; 257],
}

static CODE: Code = Code::new();

impl Code {
    const fn new() -> Code {
        let mut code = Code { symbols: [0; 257], first_symbol: [0; LONGEST + 2], first_code: [0; LONGEST + 2], codes: [0; 257] };
        let (mut next, mut bits, mut at) = (0u32, 1, 0);
        while bits <= LONGEST {
            next <<= 1;
            code.first_code[bits] = next;
            code.first_symbol[bits] = at as u16;
            let mut symbol = 0;
            while symbol < BITS.len() {
                if BITS[symbol] as usize == bits {
                    code.symbols[at] = symbol as u16;
                    code.codes[symbol] = next;
                    at += 1;
                    next += 1;
                }
                symbol += 1;
            }
            bits += 1;
        }
        assert!(next == 1 << LONGEST, "every row of bits is a code, or the beginning of one");
        code.first_symbol[LONGEST + 1] = at as u16;
        code
    }
}

/// What a code begins with, by its first eight bits.
#[derive(Clone, Copy)]
struct Step {
    symbol: u8,
    /// Bits of the code; zero where it has more than eight.
    bits: u8,
}

static STEPS: [Step; 1 << SHORT] = {
    let mut steps = [Step { symbol: 0, bits: 0 }; 1 << SHORT];
    let code = Code::new();
    let mut symbol = 0;
    while symbol < 256 {
        let bits = BITS[symbol] as usize;
        if bits <= SHORT {
            let first = (code.codes[symbol] as usize) << (SHORT - bits);
            let mut at = 0;
            while at < 1 << (SHORT - bits) {
                steps[first + at] = Step { symbol: symbol as u8, bits: bits as u8 };
                at += 1;
            }
        }
        symbol += 1;
    }
    steps
};

/// Appends the text of a coded string. After an error what was appended is of no use.
pub(super) fn decode(coded: &[u8], out: &mut Vec<u8>) -> Result<(), HpackError> {
    let start = out.len();
    // The shortest code has five bits. A place is written to and then counted: one more than there are symbols.
    out.resize(start + coded.len() * 8 / 5 + 1, 0);
    let mut bits = Bits { rest: coded, window: 0, count: 0 };
    let mut at = start;
    loop {
        bits.refill();
        if bits.count < 32 {
            break;
        }
        // Of at least 57 bits, seven short codes; of 32 at the end of the input, the four that are surely there.
        let mut rounds = bits.count / SHORT as u32;
        while rounds > 0 {
            let step = STEPS[(bits.window >> 56) as usize];
            if step.bits == 0 {
                break;
            }
            out[at] = step.symbol;
            at += 1;
            bits.skip(u32::from(step.bits));
            rounds -= 1;
        }
        if rounds > 0 {
            bits.refill();
            if bits.count < LONGEST as u32 {
                break;
            }
            out[at] = bits.long_symbol()?;
            at += 1;
        }
    }
    // Fewer bits than any code may need: the end is near, and with it the padding.
    while let Some(symbol) = bits.last_symbols()? {
        out[at] = symbol;
        at += 1;
    }
    out.truncate(at);
    Ok(())
}

/// Bits of a coded string, the next one on top of the window. Below those that count the window is never looked at.
struct Bits<'c> {
    rest: &'c [u8],
    window: u64,
    count: u32,
}

impl Bits<'_> {
    /// Fills the window up to at least 57 bits, or with all that is left.
    #[inline(always)]
    fn refill(&mut self) {
        if let Some(next) = self.rest.first_chunk::<8>() {
            // As many whole octets as there is room for; the bits below them are those of the next octet, and come again.
            self.window |= u64::from_be_bytes(*next) >> self.count;
            let octets = (63 - self.count) / 8;
            self.rest = &self.rest[octets as usize..];
            self.count += octets * 8;
        } else {
            self.refill_end();
        }
    }

    fn refill_end(&mut self) {
        // What the last full refill left below the bits that count are bits of the same octet: `|` changes nothing in them.
        while self.count <= 56
            && let Some((&octet, rest)) = self.rest.split_first()
        {
            self.window |= u64::from(octet) << (56 - self.count);
            self.rest = rest;
            self.count += 8;
        }
    }

    #[inline(always)]
    fn skip(&mut self, bits: u32) {
        self.window <<= bits;
        self.count -= bits;
    }

    /// The symbol of a code of more than eight bits, of which the window holds enough.
    fn long_symbol(&mut self) -> Result<u8, HpackError> {
        let (symbol, bits) = long_code(self.window);
        self.skip(bits);
        // RFC 7541 §5.2
        if symbol == END_OF_STRING { Err(HpackError::HuffmanEndOfString) } else { Ok(symbol as u8) }
    }

    /// The next symbol when the window holds all that is left; `None` at the end, which must be right.
    fn last_symbols(&mut self) -> Result<Option<u8>, HpackError> {
        self.refill();
        // Padded on with ones, a window without a whole code in it reads as a longer code than there are bits.
        let window = if self.count == 64 { self.window } else { self.window | (u64::MAX >> self.count) };
        let step = STEPS[(window >> 56) as usize];
        let (symbol, bits) = if step.bits == 0 { long_code(window) } else { (u16::from(step.symbol), u32::from(step.bits)) };
        if bits <= self.count {
            self.skip(bits);
            return if symbol == END_OF_STRING { Err(HpackError::HuffmanEndOfString) } else { Ok(Some(symbol as u8)) };
        }
        // RFC 7541 §5.2: padding is the beginning of the code for the end of the string, ones, and shorter than an octet.
        if window != u64::MAX {
            Err(HpackError::HuffmanPaddingBits)
        } else if self.count > 7 {
            Err(HpackError::HuffmanPaddingLength)
        } else {
            Ok(None)
        }
    }
}

/// Reads a code of more than eight bits from the top of a window of at least thirty.
#[cold]
fn long_code(window: u64) -> (u16, u32) {
    for bits in SHORT + 1..LONGEST {
        let code = (window >> (64 - bits)) as u32;
        let place = code.wrapping_sub(CODE.first_code[bits]);
        let symbols = CODE.first_symbol[bits + 1] - CODE.first_symbol[bits];
        if place < u32::from(symbols) {
            return (CODE.symbols[CODE.first_symbol[bits] as usize + place as usize], bits as u32);
        }
    }
    let place = (window >> (64 - LONGEST)) as u32 - CODE.first_code[LONGEST];
    (CODE.symbols[CODE.first_symbol[LONGEST] as usize + place as usize], LONGEST as u32)
}

/// Octets that a text takes when it is coded.
pub(super) fn encoded_len(text: &[u8]) -> usize {
    let bits: usize = text.iter().map(|octet| BITS_OF[*octet as usize] as usize).sum();
    bits.div_ceil(8)
}

static BITS_OF: [u8; 257] = BITS;

/// Appends a text, coded and padded.
pub(super) fn encode(text: &[u8], out: &mut Vec<u8>) {
    let (mut window, mut count) = (0u64, 0u32);
    for &octet in text {
        let bits = u32::from(BITS_OF[octet as usize]);
        // Fewer than 32 bits wait, and no code has more than 30.
        window = window << bits | u64::from(CODE.codes[octet as usize]);
        count += bits;
        if count >= 32 {
            count -= 32;
            out.extend_from_slice(&((window >> count) as u32).to_be_bytes());
        }
    }
    // RFC 7541 §5.2: filled up with ones.
    let octets = count.div_ceil(8);
    let padding = octets * 8 - count;
    let last = ((window << padding | ((1 << padding) - 1)) << (32 - octets * 8)) as u32;
    out.extend_from_slice(&last.to_be_bytes()[..octets as usize]);
}

#[cfg(test)]
mod tests;
