//! HPACK (RFC 7541) without the product's code: an encoder that only writes literals, or what a test writes by hand, and a whole decoder.

use std::collections::VecDeque;

/// Names and values, in their order.
pub(crate) type Fields = Vec<(String, String)>;

/// A block of literals without indexing and without Huffman coding (§6.2.2): every byte of a name or value can be sent.
pub(crate) fn literals(fields: &Fields) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| literal(0x00, name, value)).collect()
}

/// One literal with a new name; `kind` is 0x00 without indexing, 0x40 with it, 0x10 never indexed.
pub(crate) fn literal(kind: u8, name: &str, value: &str) -> Vec<u8> {
    let mut out = vec![kind];
    for text in [name, value] {
        integer(0x00, 7, text.len(), &mut out);
        out.extend_from_slice(text.as_bytes());
    }
    out
}

/// An integer with a prefix of so many bits, in an octet whose other bits are `first` (§5.1).
pub(crate) fn integer(first: u8, bits: u32, value: usize, out: &mut Vec<u8>) {
    let most = (1 << bits) - 1;
    let low = |value: usize| u8::try_from(value).expect("it fits its bits");
    if value < most {
        return out.push(first | low(value));
    }
    out.push(first | low(most));
    let mut rest = value - most;
    while rest >= 0x80 {
        out.push(0x80 | low(rest % 0x80));
        rest /= 0x80;
    }
    out.push(low(rest));
}

/// The decoder of one connection.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The newest first.
    table: VecDeque<(Vec<u8>, Vec<u8>)>,
    /// What the table may take, by the last update; `None` until there was one.
    most: Option<usize>,
}

/// The size of the table until a setting says otherwise (RFC 9113 §6.5.2): the tests set no other.
const TABLE: usize = 4096;

impl Decoder {
    /// Decodes a whole block.
    pub(crate) fn decode(&mut self, mut block: &[u8]) -> Result<Fields, String> {
        let from = &mut block;
        let mut fields = Vec::new();
        while let Some(&first) = from.first() {
            let (name, value) = match first {
                0x80.. => self.entry(take_integer(from, 7)?)?,
                0x40.. => {
                    let field = self.literal(from, 6)?;
                    self.insert(field.clone());
                    field
                }
                0x20.. => {
                    let most = take_integer(from, 5)?;
                    if most > TABLE || !fields.is_empty() {
                        return Err(format!("a table of {most} bytes after {} fields", fields.len()));
                    }
                    self.most = Some(most);
                    self.evict();
                    continue;
                }
                _ => self.literal(from, 4)?,
            };
            let text = |bytes| String::from_utf8(bytes).map_err(|error| format!("not text: {error}"));
            fields.push((text(name)?, text(value)?));
        }
        Ok(fields)
    }

    fn literal(&self, from: &mut &[u8], bits: u32) -> Result<(Vec<u8>, Vec<u8>), String> {
        let name = match take_integer(from, bits)? {
            0 => take_string(from)?,
            index => self.entry(index)?.0,
        };
        Ok((name, take_string(from)?))
    }

    /// §2.3.3.
    fn entry(&self, index: usize) -> Result<(Vec<u8>, Vec<u8>), String> {
        let known = STATIC.get(index.wrapping_sub(1)).map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        let dynamic = || self.table.get(index.checked_sub(STATIC.len() + 1)?).cloned();
        known.or_else(dynamic).ok_or_else(|| format!("no entry has the index {index}"))
    }

    fn insert(&mut self, field: (Vec<u8>, Vec<u8>)) {
        self.table.push_front(field);
        self.evict();
    }

    /// §4.3, §4.4.
    fn evict(&mut self) {
        let size = |(name, value): &(Vec<u8>, Vec<u8>)| name.len() + value.len() + 32;
        while self.table.iter().map(size).sum::<usize>() > self.most.unwrap_or(TABLE) {
            self.table.pop_back();
        }
    }
}

fn take_octet(from: &mut &[u8]) -> Result<u8, String> {
    let (first, rest) = from.split_first().ok_or("the block ends too early")?;
    *from = rest;
    Ok(*first)
}

fn take_integer(from: &mut &[u8], bits: u32) -> Result<usize, String> {
    let most = (1 << bits) - 1;
    let mut value = usize::from(take_octet(from)?) & most;
    let mut shift = 0;
    while value >= most {
        let octet = take_octet(from)?;
        value += usize::from(octet & 0x7f) << shift;
        shift += 7;
        if octet & 0x80 == 0 {
            break;
        }
        if shift > 28 {
            return Err("an integer without end".to_string());
        }
    }
    Ok(value)
}

fn take_string(from: &mut &[u8]) -> Result<Vec<u8>, String> {
    let huffman = from.first().is_some_and(|first| first & 0x80 != 0);
    let length = take_integer(from, 7)?;
    let (text, rest) = from.split_at_checked(length).ok_or("a string longer than its block")?;
    *from = rest;
    if huffman { unpack(text) } else { Ok(text.to_vec()) }
}

/// Huffman code to text (§5.2): bit by bit, since nothing here has to be fast.
fn unpack(packed: &[u8]) -> Result<Vec<u8>, String> {
    let codes = codes();
    let (mut text, mut code, mut bits) = (Vec::new(), 0u32, 0u8);
    for bit in packed.iter().flat_map(|octet| (0..8).rev().map(move |at| octet >> at & 1)) {
        (code, bits) = (code << 1 | u32::from(bit), bits + 1);
        if let Ok(found) = codes.binary_search_by_key(&(bits, code), |(bits, code, _)| (*bits, *code)) {
            text.push(u8::try_from(codes[found].2).map_err(|_| "the end-of-string symbol")?);
            (code, bits) = (0, 0);
        } else if bits > 30 {
            return Err("no symbol has this code".to_string());
        }
    }
    let padding = code == (1 << bits) - 1 && bits < 8;
    if padding { Ok(text) } else { Err(format!("{bits} bits of padding: {code:#b}")) }
}

/// Bits, code and symbol, in order: the code is canonical, so the lengths say it all.
fn codes() -> Vec<(u8, u32, usize)> {
    let mut symbols: Vec<(u8, usize)> = BITS.iter().enumerate().map(|(symbol, bits)| (*bits, symbol)).collect();
    symbols.sort_unstable();
    let (mut code, mut before) = (0u32, 0);
    let mut codes = Vec::new();
    for (bits, symbol) in symbols {
        code <<= bits - before;
        codes.push((bits, code, symbol));
        (code, before) = (code + 1, bits);
    }
    codes
}

/// Length in bits of the code of every octet and of the end of the string (Appendix B).
const BITS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28, 6, 10,
    10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6,
    7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23,
    21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22,
    22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28,
    27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27,
    26, 30,
];

/// Appendix A.
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&String::from_utf8_lossy(pair), 16).expect("two digits")).collect()
}

/// The three requests of RFC 7541 §C.4 in one decoder: Huffman code, the static and the dynamic table.
#[test]
fn the_examples_of_the_rfc_are_decoded() {
    let mut decoder = Decoder::default();
    let mut decode = |hex| {
        let fields = decoder.decode(&octets(hex)).expect("a block of the RFC");
        fields.into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
    };
    let first = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
    assert_eq!(decode("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"), first);
    assert_eq!(decode("8286 84be 5886 a8eb 1064 9cbf"), [&first[..], &["cache-control: no-cache"]].concat());
    let third = [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"];
    assert_eq!(decode("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"), third);
}

/// The codes are those of the RFC: its first, one of the middle and its last.
#[test]
fn the_code_is_that_of_the_rfc() {
    let codes = codes();
    assert_eq!(codes.first(), Some(&(5, 0x0, usize::from(b'0'))));
    assert!(codes.contains(&(21, 0x001f_ffdc, 153)), "{codes:?}");
    assert_eq!(codes.last(), Some(&(30, 0x3fff_ffff, 256)));
}

/// What is written by hand is what the RFC has in §C.1 and §C.2.
#[test]
fn integers_and_literals_are_those_of_the_rfc() {
    let written = |bits, value| {
        let mut out = Vec::new();
        integer(0, bits, value, &mut out);
        out
    };
    assert_eq!((written(5, 10), written(5, 1337), written(8, 42)), (vec![0x0a], vec![0x1f, 0x9a, 0x0a], vec![0x2a]));
    assert_eq!(literal(0x40, "custom-key", "custom-header"), octets("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572"));
}
