//! Rust source without what is not code.

/// `text` with every comment and every string and character literal blanked. Length in bytes and line breaks stay, so that a position in
/// the one is a position in the other.
pub(super) fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = skip(bytes, at);
        if end == at {
            at += 1;
            continue;
        }
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8(out).expect("only whole literals and comments were blanked, and with spaces")
}

/// The end of the comment or literal that begins at `at`; `at` itself if none does.
fn skip(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    match rest {
        [b'/', b'/', ..] => at + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => at + block_comment(rest),
        [b'"', ..] => at + quoted(rest),
        [b'r' | b'b' | b'c', ..] if !continues_word(bytes, at) => at + prefixed(rest),
        [b'\'', ..] => at + character(rest),
        _ => at,
    }
}

fn continues_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && is_word(bytes[at - 1])
}

/// Whether a byte may stand in an identifier.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The length of a block comment; they nest.
fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a string that begins with its quote.
fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a literal that begins with `r`, `b`, `c`, `br` or `cr`; 0 if this is a word or a raw identifier.
fn prefixed(rest: &[u8]) -> usize {
    let letters = rest.iter().take_while(|byte| matches!(byte, b'r' | b'b' | b'c')).count();
    let raw = rest[..letters].contains(&b'r');
    let hashes = rest[letters..].iter().take_while(|&&byte| byte == b'#').count();
    match rest.get(letters + hashes) {
        Some(b'"') if raw => {
            let mut close = vec![b'"'];
            close.resize(1 + hashes, b'#');
            let inside = letters + hashes + 1;
            let found = rest[inside..].windows(close.len()).position(|window| window == close);
            found.map_or(rest.len(), |position| inside + position + close.len())
        }
        Some(b'"') if hashes == 0 => letters + quoted(&rest[letters..]),
        Some(b'\'') if rest[0] == b'b' && letters == 1 && hashes == 0 => 1 + character(&rest[1..]),
        _ => 0,
    }
}

/// The length of a character literal; 0 if this is a lifetime.
fn character(rest: &[u8]) -> usize {
    match rest {
        [_, b'\\', _, tail @ ..] => tail.iter().position(|&b| b == b'\'').map_or(0, |position| position + 4),
        _ => {
            let width = rest.get(1).map_or(0, |&first| match first {
                0xf0.. => 4,
                0xe0.. => 3,
                0xc0.. => 2,
                _ => 1,
            });
            if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 0 }
        }
    }
}
