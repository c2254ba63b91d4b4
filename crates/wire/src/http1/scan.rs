//! Searches for the byte that ends a part of a head, eight bytes at a time.

/// Where the first control character stands (under 0x20, or DEL), or the end.
#[inline(always)]
pub(super) fn control_at(text: &[u8]) -> usize {
    // Both kinds are ASCII: a byte with its top bit set is none of them.
    let controls = |word: u64| (word.wrapping_sub(ONES * 0x20) | ((word & !TOPS) + ONES)) & !word & TOPS;
    first(text, controls, |byte| byte.is_ascii_control())
}

/// Where the first byte stands that no request target holds, or the end. A target may hold visible ASCII but `#`. RFC 3986 has fewer
/// characters, but browsers send `|`, `^`, `{`, `"` and others as they are, and none of them can end the target.
#[inline(always)]
pub(crate) fn target_end(text: &[u8]) -> usize {
    let ends = |word: u64| {
        let hash = word ^ (ONES * b'#' as u64);
        (word | word.wrapping_sub(ONES * 0x21) | word.wrapping_add(ONES) | hash.wrapping_sub(ONES)) & TOPS
    };
    first(text, ends, |byte| !byte.is_ascii_graphic() || byte == b'#')
}

/// Where the first colon stands, if it is near: in one of the first four words, as nearly all field names end there. `None` says nothing.
#[inline(always)]
pub(super) fn colon_near(line: &[u8]) -> Option<usize> {
    let (words, _) = line.as_chunks::<8>();
    for (place, word) in words.iter().take(4).enumerate() {
        let zero = u64::from_le_bytes(*word) ^ (ONES * b':' as u64);
        let colons = zero.wrapping_sub(ONES) & !zero & TOPS;
        if colons != 0 {
            return Some(place * 8 + colons.trailing_zeros() as usize / 8);
        }
    }
    None
}

/// The lowest bit of every byte of a word.
const ONES: u64 = u64::from_ne_bytes([1; 8]);
/// The top ones.
const TOPS: u64 = ONES << 7;

/// Where the first byte stands that is looked for, or the end. `in_word` sets the top bits of such bytes. It may set one wrongly above a
/// right one, as a borrow or a carry does, but not below: the lowest is all that is used.
#[inline(always)]
fn first(text: &[u8], in_word: impl Fn(u64) -> u64, is: impl Fn(u8) -> bool) -> usize {
    let mut at = 0;
    while let Some(word) = text[at..].first_chunk::<8>() {
        let found = in_word(u64::from_le_bytes(*word));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while at < text.len() && !is(text[at]) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests;
