//! How urgent a response is to the client (RFC 9218).

/// The two parameters of RFC 9218 §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Priority {
    /// 0, the most urgent, to 7.
    pub(super) urgency: u8,
    /// The client can use a part: such responses share what there is.
    pub(super) incremental: bool,
}

impl Priority {
    /// RFC 9218 §4.1, §4.2
    pub(super) const DEFAULT: Priority = Priority { urgency: 3, incremental: false };

    /// Reads a `Priority` field value, or that of a PRIORITY_UPDATE frame. What is not understood is passed over: nothing but an order
    /// hangs on it (RFC 9218 §4).
    pub(super) fn parse(value: &[u8]) -> Priority {
        let mut priority = Priority::DEFAULT;
        for member in members(value) {
            // Parameters of a member mean nothing to us.
            let item = &member[..memchr::memchr(b';', member).unwrap_or(member.len())];
            match item.trim_ascii() {
                [b'u', b'=', digit @ b'0'..=b'7'] => priority.urgency = digit - b'0',
                b"i" | b"i=?1" => priority.incremental = true,
                b"i=?0" => priority.incremental = false,
                _ => {}
            }
        }
        priority
    }
}

/// The members of a structured dictionary (RFC 9651 §3.2): a comma inside a string or an inner list is none between members.
fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped, mut listed) = (false, false, false);
    value.split(move |byte| {
        let (was_quoted, was_escaped) = (quoted, escaped);
        escaped = was_quoted && *byte == b'\\' && !was_escaped;
        match byte {
            b'"' if !was_escaped => quoted = !was_quoted,
            b'(' if !was_quoted => listed = true,
            b')' if !was_quoted => listed = false,
            _ => {}
        }
        *byte == b',' && !was_quoted && !listed
    })
}

#[cfg(test)]
mod tests;
