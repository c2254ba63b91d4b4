//! `CDN-Loop` (RFC 8586): which caches a request has passed, so that one that comes round again is found.
//!
//! The field is read by its exact grammar. One that breaks it hides what follows: whoever reads the lines as one list would no longer find
//! the members that we add behind it.

use alloc::vec::Vec;

/// One member (`cdn-info`, RFC 8586 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CdnInfo<'a> {
    /// A host name with an optional port, or a pseudonym.
    pub id: &'a [u8],
    /// Its parameters as they are written, without the first semicolon; empty for none. They are for whoever wrote them.
    pub parameters: &'a [u8],
}

impl CdnInfo<'_> {
    /// Whether it is this cache. Host names have no case, and of two pseudonyms that differ in nothing else one is better not used.
    pub fn is(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id.as_bytes())
    }
}

/// The field breaks its grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The members of all lines of the field, in order.
pub fn members<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Vec<CdnInfo<'a>>, Malformed> {
    let mut members = Vec::new();
    for line in lines {
        let mut rest = line;
        // RFC 9110 §5.6.1.2: a recipient takes empty members, and skips them.
        while !rest.is_empty() {
            rest = skip_space(rest);
            if !rest.is_empty() && rest[0] != b',' {
                let (member, after) = member(rest)?;
                members.push(member);
                rest = skip_space(after);
            }
            match rest.split_first() {
                None => {}
                Some((b',', after)) => rest = after,
                Some(_) => return Err(Malformed),
            }
        }
    }
    Ok(members)
}

/// Whether a text can stand as an id in the field.
pub fn is_id(text: &[u8]) -> bool {
    id(text).is_ok_and(|(_, rest)| rest.is_empty())
}

/// Appends a member as one of a list that may have begun already.
pub fn write(member: &CdnInfo<'_>, out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.extend_from_slice(b", ");
    }
    out.extend_from_slice(member.id);
    if !member.parameters.is_empty() {
        out.extend_from_slice(b"; ");
        out.extend_from_slice(member.parameters);
    }
}

// cdn-info = cdn-id *( OWS ";" OWS parameter )
fn member(text: &[u8]) -> Result<(CdnInfo<'_>, &[u8]), Malformed> {
    let (id, mut rest) = id(text)?;
    let (mut first, mut end) = (None, 0);
    while let Some(after) = skip_space(rest).strip_prefix(b";") {
        let after = skip_space(after);
        first.get_or_insert(text.len() - after.len());
        rest = parameter(after)?;
        end = text.len() - rest.len();
    }
    let parameters = first.map_or(&[][..], |first| &text[first..end]);
    Ok((CdnInfo { id, parameters }, rest))
}

// cdn-id = ( uri-host [ ":" port ] ) / pseudonym. A registered name (RFC 3986 §3.2.2) may hold `,` and `;` by its own grammar; here they
// end it.
fn id(text: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let end = if text.first() == Some(&b'[') { literal(text)? } else { run(text, |byte| is_token(byte) || is_name(byte)) };
    let (host, rest) = text.split_at(end);
    let literal = host.first() == Some(&b'[');
    let name = literal || is_registered_name(host);
    if end == 0 || !(name || host.iter().all(|byte| is_token(*byte))) {
        return Err(Malformed);
    }
    match rest.split_first() {
        Some((b':', port)) if name => {
            let end = end + 1 + run(port, |byte| byte.is_ascii_digit());
            Ok(text.split_at(end))
        }
        _ => Ok((host, rest)),
    }
}

// RFC 3986 §3.2.2: IP-literal. What is between the brackets is compared and never used as an address: its characters are enough.
fn literal(text: &[u8]) -> Result<usize, Malformed> {
    let inside = run(&text[1..], |byte| byte == b':' || is_name(byte));
    match text.get(1 + inside) {
        Some(b']') if inside > 0 => Ok(inside + 2),
        _ => Err(Malformed),
    }
}

// RFC 3986 §3.2.2: reg-name, where `%` begins two hexadecimal digits.
fn is_registered_name(text: &[u8]) -> bool {
    let escaped = |at: usize| text.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    text.iter().enumerate().all(|(at, byte)| is_name(*byte) && (*byte != b'%' || escaped(at)))
}

// RFC 9110 §5.6.6: parameter = token "=" ( token / quoted-string )
fn parameter(text: &[u8]) -> Result<&[u8], Malformed> {
    let name = run(text, is_token);
    let value = text[name..].strip_prefix(b"=").filter(|_| name > 0).ok_or(Malformed)?;
    if let Some(quoted) = value.strip_prefix(b"\"") {
        return after_quotes(quoted);
    }
    match run(value, is_token) {
        0 => Err(Malformed),
        end => Ok(&value[end..]),
    }
}

// RFC 9110 §5.6.4
fn after_quotes(text: &[u8]) -> Result<&[u8], Malformed> {
    let is_text = |byte: u8| matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
    let mut rest = text;
    loop {
        rest = match rest {
            [b'"', after @ ..] => return Ok(after),
            [b'\\', byte, after @ ..] if is_text(*byte) => after,
            [b'\\', ..] => return Err(Malformed),
            [byte, after @ ..] if is_text(*byte) => after,
            _ => return Err(Malformed),
        };
    }
}

fn skip_space(text: &[u8]) -> &[u8] {
    &text[run(text, |byte| matches!(byte, b' ' | b'\t'))..]
}

/// How many bytes from the first on are such.
fn run(text: &[u8], is: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|byte| !is(*byte)).unwrap_or(text.len())
}

// RFC 9110 §5.6.2
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

// RFC 3986 §2.2, §2.3 without the two that separate members and parameters.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+=".contains(&byte)
}

#[cfg(test)]
mod tests;
