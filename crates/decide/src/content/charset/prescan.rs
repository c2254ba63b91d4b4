//! Looking for the encoding that a document names, before it is parsed (WHATWG HTML §13.2.3.2).

use super::named;
use alloc::vec::Vec;
use encoding_rs::Encoding;

/// The encoding that the first `meta` element with a known one names.
pub(super) fn meta(text: &[u8]) -> Option<&'static Encoding> {
    let mut rest = text;
    while let Some(start) = rest.iter().position(|byte| *byte == b'<') {
        rest = &rest[start..];
        rest = match rest {
            // `<!-->` is a whole comment: its end may share the dashes of its beginning.
            [b'<', b'!', b'-', b'-', ..] => after(&rest[2..], b"-->")?,
            [b'<', b'!' | b'?', ..] => after(rest, b">")?,
            [b'<', b'/', letter, ..] if letter.is_ascii_alphabetic() => skip_attributes(&rest[2..])?,
            [b'<', b'/', ..] => after(rest, b">")?,
            [b'<', letter, ..] if letter.is_ascii_alphabetic() => {
                let inside = &rest[1..];
                if is_meta(inside) {
                    let (found, after) = read_meta(&inside[4..]);
                    if found.is_some() {
                        return found;
                    }
                    after
                } else {
                    skip_attributes(inside)?
                }
            }
            _ => &rest[1..],
        };
    }
    None
}

fn is_meta(inside: &[u8]) -> bool {
    inside.len() > 4 && inside[..4].eq_ignore_ascii_case(b"meta") && (is_space(inside[4]) || inside[4] == b'/')
}

/// The encoding that the attributes of a `meta` element name, and what follows them.
fn read_meta(text: &[u8]) -> (Option<&'static Encoding>, &[u8]) {
    let mut rest = text;
    let mut seen: Vec<Vec<u8>> = Vec::new();
    let (mut is_pragma, mut from_content, mut charset) = (false, None, None);
    while let Some((name, value, after)) = attribute(rest) {
        rest = after;
        if seen.contains(&name) {
            continue;
        }
        match &*name {
            b"http-equiv" => is_pragma = value == b"content-type",
            b"content" => from_content = in_content(&value).and_then(named),
            b"charset" => charset = Some(named(&value)),
            _ => {}
        }
        seen.push(name);
    }
    // `charset` is believed by itself; `content` only together with the pragma.
    let found = match charset {
        Some(found) => found,
        None if is_pragma => from_content,
        None => None,
    };
    (found, rest)
}

/// The name in `text/html; charset=…` as it stands in `content` (HTML §2.5.6).
fn in_content(value: &[u8]) -> Option<&[u8]> {
    let mut rest = value;
    loop {
        let at = rest.windows(7).position(|seven| seven.eq_ignore_ascii_case(b"charset"))?;
        rest = skip_space(&rest[at + 7..]);
        let [b'=', after @ ..] = rest else { continue };
        let after = skip_space(after);
        return match after {
            [quote @ (b'"' | b'\''), quoted @ ..] => Some(&quoted[..quoted.iter().position(|byte| byte == quote)?]),
            _ => {
                let end = after.iter().position(|byte| is_space(*byte) || *byte == b';').unwrap_or(after.len());
                (end > 0).then(|| &after[..end])
            }
        };
    }
}

/// The name in `<?xml version="1.0" encoding="…"?>`.
pub(super) fn xml_declaration(text: &[u8]) -> Option<&'static Encoding> {
    let inside = text.strip_prefix(b"<?xml")?;
    let inside = &inside[..inside.iter().position(|byte| *byte == b'>')?];
    let at = inside.windows(8).position(|eight| eight == b"encoding")?;
    let rest = skip_space(&inside[at + 8..]).strip_prefix(b"=")?;
    let (quote, quoted) = skip_space(rest).split_first()?;
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let label = &quoted[..quoted.iter().position(|byte| byte == quote)?];
    // A byte in a label that is no letter of it makes it none.
    if label.iter().any(|byte| *byte <= b' ') { None } else { named(label) }
}

/// One attribute: its name and value in lower case, and what follows it. `None`: the element ends here.
fn attribute(text: &[u8]) -> Option<(Vec<u8>, Vec<u8>, &[u8])> {
    let start = text.iter().position(|byte| !is_space(*byte) && *byte != b'/')?;
    let mut rest = &text[start..];
    if rest[0] == b'>' {
        return None;
    }
    // A name may begin with `=`, and ends before any other.
    let end = rest.iter().skip(1).position(|byte| is_space(*byte) || matches!(byte, b'/' | b'>' | b'=')).map_or(rest.len(), |at| at + 1);
    let name = rest[..end].to_ascii_lowercase();
    rest = skip_space(&rest[end..]);
    let [b'=', after @ ..] = rest else { return Some((name, Vec::new(), rest)) };
    rest = skip_space(after);
    match rest {
        [quote @ (b'"' | b'\''), quoted @ ..] => {
            let end = quoted.iter().position(|byte| byte == quote)?;
            Some((name, quoted[..end].to_ascii_lowercase(), &quoted[end + 1..]))
        }
        _ => {
            let end = rest.iter().position(|byte| is_space(*byte) || *byte == b'>').unwrap_or(rest.len());
            Some((name, rest[..end].to_ascii_lowercase(), &rest[end..]))
        }
    }
}

/// What follows a tag whose name this begins with. `None`: it does not end in these bytes.
fn skip_attributes(text: &[u8]) -> Option<&[u8]> {
    let mut rest = &text[text.iter().position(|byte| is_space(*byte) || *byte == b'>')?..];
    while let Some((_, _, after)) = attribute(rest) {
        rest = after;
    }
    Some(rest)
}

fn after<'a>(text: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(end.len()).position(|window| window == end)?;
    Some(&text[at + end.len()..])
}

fn skip_space(text: &[u8]) -> &[u8] {
    &text[text.iter().position(|byte| !is_space(*byte)).unwrap_or(text.len())..]
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}
