//! What a handshake came to.

use super::certificate::Facts;
use decide::step::{Journey, Step};
use decide::time::Duration;
use rustls::{CommonState, HandshakeKind, ProtocolVersion};

/// What was agreed, in the words of the step that tells of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Secured {
    pub(crate) version: &'static str,
    pub(crate) group: &'static str,
    pub(crate) cipher: &'static str,
    /// Empty where the client offered no protocol.
    pub(crate) alpn: &'static str,
    /// The name the client asked for; empty where it asked for none.
    pub(crate) server_name: Box<str>,
    /// Nothing was signed: the client came back with a ticket.
    pub(crate) resumed: bool,
    /// Whose certificate the client presented; empty where it presented none.
    pub(crate) client: Box<str>,
    pub(crate) took: Duration,
}

impl Secured {
    pub(super) fn of(state: &CommonState, server_name: Option<Box<str>>, took: Duration) -> Secured {
        let client = state.peer_certificates().and_then(|chain| chain.first()).map(|leaf| match Facts::of(leaf) {
            Some(facts) => facts.subject.into_boxed_str(),
            None => Box::from("a certificate that cannot be read"),
        });
        Secured {
            version: match state.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
                _ => "TLSv1.2",
            },
            group: state.negotiated_key_exchange_group().and_then(|group| group.name().as_str()).unwrap_or(""),
            cipher: state.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or(""),
            alpn: match state.alpn_protocol() {
                Some(b"h2") => "h2",
                Some(b"http/1.1") => "http/1.1",
                Some(super::ACME_PROTOCOL) => "acme-tls/1",
                _ => "",
            },
            server_name: server_name.unwrap_or_default(),
            resumed: state.handshake_kind() == Some(HandshakeKind::Resumed),
            client: client.unwrap_or_default(),
            took,
        }
    }

    /// Adds it to the journey of one of the connection's requests.
    pub(crate) fn tell(&self, journey: &mut Journey) {
        let (server_name, client) = (journey.keep(self.server_name.as_bytes()), journey.keep(self.client.as_bytes()));
        let Secured { version, group, cipher, alpn, resumed, took, .. } = *self;
        journey.add(journey.began, Step::Secured { version, group, cipher, alpn, server_name, resumed, client, took });
    }
}
