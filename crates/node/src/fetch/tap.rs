//! The bytes below TLS as steps: what was offered, which messages passed, and how much that nobody else can read.

use super::telling::Telling;
use crate::tls::{Passed, alert_name};
use decide::step::{Bytes, Step};
use rustls::{AlertDescription, NamedGroup, ProtocolVersion};
use wire::tls::hello::{ClientHello, ServerHello};
use wire::tls::{Reader, Seen, message_name};

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// What frames a message in a record, and the record.
const FRAMING_BYTES: usize = 9;

/// Both directions of a handshake.
#[derive(Default)]
pub(super) struct Tapped {
    up: Reader,
    down: Reader,
    /// An alert in clear.
    pub(super) alert: Option<String>,
}

/// A thing that passed, kept until the reader lets go of its bytes.
enum Told {
    Offer(ClientHello, usize),
    Message(&'static str, usize),
    Alert(String),
}

impl Tapped {
    /// Tells of some bytes.
    pub(super) fn see(&mut self, passed: &Passed, telling: &mut Telling<'_>) {
        let (reader, from, bytes) = match passed {
            Passed::Out(bytes) => (&mut self.up, "client", bytes),
            Passed::In(bytes) => (&mut self.down, "server", bytes),
        };
        let mut all = Vec::new();
        reader.push(bytes, |seen| all.extend(told(&seen)));
        for one in all {
            let (message, size) = match one {
                Told::Message(message, size) => (message, size),
                Told::Offer(hello, size) => {
                    offer(&hello, telling);
                    ("ClientHello", size)
                }
                Told::Alert(name) => {
                    self.alert = Some(name);
                    ("Alert", 7)
                }
            };
            telling.step(Step::TlsMessage { from, message, size: Bytes(size as u64) });
        }
    }
}

fn told(seen: &Seen<'_>) -> Option<Told> {
    Some(match seen {
        Seen::Message { kind: CLIENT_HELLO, body } => match ClientHello::parse(body) {
            Some(hello) => Told::Offer(hello, body.len() + FRAMING_BYTES),
            None => Told::Message("ClientHello", body.len() + FRAMING_BYTES),
        },
        Seen::Message { kind: SERVER_HELLO, body } => {
            let retry = ServerHello::parse(body).is_some_and(|hello| hello.retry);
            Told::Message(if retry { "HelloRetryRequest" } else { "ServerHello" }, body.len() + FRAMING_BYTES)
        }
        Seen::Message { kind, body } => Told::Message(message_name(*kind), body.len() + FRAMING_BYTES),
        Seen::Alert { description, .. } => Told::Alert(alert_name(AlertDescription::from(*description))),
        Seen::ChangeCipherSpec => Told::Message("ChangeCipherSpec", 6),
        Seen::Sealed { bytes } => Told::Message("sealed", *bytes),
    })
}

fn offer(hello: &ClientHello, telling: &mut Telling<'_>) {
    let versions: Vec<String> = hello.versions.iter().map(|version| version_name(*version)).collect();
    let groups = |all: &[u16]| -> String { all.iter().map(|group| group_name(*group)).collect::<Vec<_>>().join(", ") };
    let alpn: Vec<String> = hello.alpn.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let server_name = telling.keep(hello.server_name.as_deref().unwrap_or_default());
    let (versions, alpn) = (telling.keep(versions.join(", ")), telling.keep(alpn.join(", ")));
    let (groups, shares) = (telling.keep(groups(&hello.groups)), telling.keep(groups(&hello.shares)));
    let suites = u16::try_from(hello.suites.len()).unwrap_or(u16::MAX);
    telling.step(Step::TlsOffered { server_name, versions, groups, shares, suites, alpn, ticket: hello.ticket });
}

fn version_name(version: u16) -> String {
    match ProtocolVersion::from(version) {
        ProtocolVersion::TLSv1_3 => "TLSv1.3".to_string(),
        ProtocolVersion::TLSv1_2 => "TLSv1.2".to_string(),
        _ => format!("0x{version:04x}"),
    }
}

fn group_name(group: u16) -> String {
    NamedGroup::from(group).as_str().map_or_else(|| format!("0x{group:04x}"), str::to_string)
}
