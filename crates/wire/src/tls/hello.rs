//! What a ClientHello offers and a ServerHello chooses (RFC 8446 §4.1), in the numbers of the registries. Only what people ask about.

use alloc::string::String;
use alloc::vec::Vec;

const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const ALPN: u16 = 16;
const PRE_SHARED_KEY: u16 = 41;
const SUPPORTED_VERSIONS: u16 = 43;
const KEY_SHARE: u16 = 51;

/// The `random` of a ServerHello that is a HelloRetryRequest (RFC 8446 §4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
    0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The host asked for.
    pub server_name: Option<String>,
    /// Versions, best first.
    pub versions: Vec<u16>,
    /// Cipher suites, best first.
    pub suites: Vec<u16>,
    /// Key exchange groups, best first.
    pub groups: Vec<u16>,
    /// Groups that a key is sent for already.
    pub shares: Vec<u16>,
    /// Protocols, best first.
    pub alpn: Vec<Vec<u8>>,
    /// A ticket is presented.
    pub ticket: bool,
}

/// The choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerHello {
    /// The version.
    pub version: u16,
    /// The cipher suite.
    pub suite: u16,
    /// The key exchange group, if this names one.
    pub group: Option<u16>,
    /// It asks for another ClientHello, with a key for this group.
    pub retry: bool,
}

impl ClientHello {
    /// Reads the body of the message; `None` where it is none.
    pub fn parse(body: &[u8]) -> Option<ClientHello> {
        let mut rest = Rest(body);
        rest.take(2 + 32)?;
        rest.short()?;
        let suites = numbers(rest.long()?)?;
        rest.short()?;
        let mut hello = ClientHello { suites, ..ClientHello::default() };
        for_extensions(&mut rest, |kind, content| hello.extension(kind, content))?;
        Some(hello)
    }

    fn extension(&mut self, kind: u16, content: &[u8]) -> Option<()> {
        let mut rest = Rest(content);
        match kind {
            SERVER_NAME => {
                let mut names = Rest(rest.long()?);
                if names.take(1)? == [0] {
                    self.server_name = String::from_utf8(names.long()?.to_vec()).ok();
                }
            }
            SUPPORTED_VERSIONS => self.versions = numbers(rest.short()?)?,
            SUPPORTED_GROUPS => self.groups = numbers(rest.long()?)?,
            KEY_SHARE => {
                let mut shares = Rest(rest.long()?);
                while !shares.0.is_empty() {
                    self.shares.push(shares.number()?);
                    shares.long()?;
                }
            }
            ALPN => {
                let mut protocols = Rest(rest.long()?);
                while !protocols.0.is_empty() {
                    self.alpn.push(protocols.short()?.to_vec());
                }
            }
            PRE_SHARED_KEY => self.ticket = true,
            _ => {}
        }
        Some(())
    }

    /// Appends the body of the message, with empty keys: what it shows, not what it does.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[3, 3]);
        out.extend_from_slice(&[0; 33]);
        long(out, |out| put_all(&self.suites, out));
        out.extend_from_slice(&[1, 0]);
        long(out, |out| {
            if let Some(name) = &self.server_name {
                extension(SERVER_NAME, out, |out| {
                    long(out, |out| {
                        out.push(0);
                        long(out, |out| out.extend_from_slice(name.as_bytes()));
                    });
                });
            }
            extension(SUPPORTED_GROUPS, out, |out| long(out, |out| put_all(&self.groups, out)));
            extension(ALPN, out, |out| long(out, |out| self.alpn.iter().for_each(|name| short(out, |out| out.extend_from_slice(name)))));
            extension(SUPPORTED_VERSIONS, out, |out| short(out, |out| put_all(&self.versions, out)));
            extension(KEY_SHARE, out, |out| {
                long(out, |out| {
                    for group in &self.shares {
                        out.extend_from_slice(&group.to_be_bytes());
                        long(out, |_| {});
                    }
                });
            });
            if self.ticket {
                extension(PRE_SHARED_KEY, out, |_| {});
            }
        });
    }
}

impl ServerHello {
    /// Reads the body of the message; `None` where it is none.
    pub fn parse(body: &[u8]) -> Option<ServerHello> {
        let mut rest = Rest(body);
        let version = rest.number()?;
        let retry = rest.take(32)? == RETRY;
        rest.short()?;
        let suite = rest.number()?;
        rest.take(1)?;
        let mut hello = ServerHello { version, suite, group: None, retry };
        // One of TLS 1.2 may end here.
        if !rest.0.is_empty() {
            for_extensions(&mut rest, |kind, content| {
                match kind {
                    SUPPORTED_VERSIONS => hello.version = Rest(content).number()?,
                    KEY_SHARE => hello.group = Some(Rest(content).number()?),
                    _ => {}
                }
                Some(())
            })?;
        }
        Some(hello)
    }

    /// Appends the body of the message, with empty keys.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[3, 3]);
        out.extend_from_slice(if self.retry { &RETRY } else { &[0; 32] });
        out.push(0);
        out.extend_from_slice(&self.suite.to_be_bytes());
        out.push(0);
        long(out, |out| {
            extension(SUPPORTED_VERSIONS, out, |out| out.extend_from_slice(&self.version.to_be_bytes()));
            if let Some(group) = self.group {
                extension(KEY_SHARE, out, |out| out.extend_from_slice(&group.to_be_bytes()));
            }
        });
    }
}

fn for_extensions(rest: &mut Rest<'_>, mut each: impl FnMut(u16, &[u8]) -> Option<()>) -> Option<()> {
    let mut extensions = Rest(rest.long()?);
    while !extensions.0.is_empty() {
        let kind = extensions.number()?;
        each(kind, extensions.long()?)?;
    }
    Some(())
}

fn numbers(bytes: &[u8]) -> Option<Vec<u16>> {
    bytes.len().is_multiple_of(2).then(|| bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect())
}

fn put_all(numbers: &[u16], out: &mut Vec<u8>) {
    numbers.iter().for_each(|number| out.extend_from_slice(&number.to_be_bytes()));
}

fn extension(kind: u16, out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&kind.to_be_bytes());
    long(out, content);
}

/// Content after its length in two bytes.
fn long(out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0, 0]);
    content(out);
    let len = (out.len() - at - 2) as u16;
    out[at..at + 2].copy_from_slice(&len.to_be_bytes());
}

/// Content after its length in one byte.
fn short(out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.push(0);
    content(out);
    out[at] = (out.len() - at - 1) as u8;
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// What stands behind its length in one byte,
    fn short(&mut self) -> Option<&'a [u8]> {
        let len = self.take(1)?[0];
        self.take(usize::from(len))
    }

    /// and in two.
    fn long(&mut self) -> Option<&'a [u8]> {
        let len = self.number()?;
        self.take(usize::from(len))
    }
}

#[cfg(test)]
mod tests;
