//! What went wrong in a TLS connection, and whose doing it was.

use decide::forward::ProxyError;
use decide::step::Side;
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};
use std::io;

/// Why a handshake came to nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Trouble {
    /// The connection failed, or ended.
    Connection,
    /// It ended before a byte came: somebody looked whether the port is open.
    Nothing,
    /// The first bytes are not TLS; they look like HTTP.
    NotTls,
    /// By the rules of TLS.
    Tls(Error),
}

impl Trouble {
    pub(super) fn into_io(self) -> io::Error {
        match self {
            Trouble::Connection | Trouble::Nothing => io::ErrorKind::UnexpectedEof.into(),
            Trouble::NotTls => io::ErrorKind::InvalidData.into(),
            Trouble::Tls(error) => io::Error::new(io::ErrorKind::InvalidData, error),
        }
    }

    /// A backend's handshake: what it is called.
    pub(super) fn of_backend(&self) -> ProxyError {
        match self {
            Trouble::Connection | Trouble::Nothing => ProxyError::ConnectionTerminated,
            Trouble::NotTls => ProxyError::TlsProtocolError,
            Trouble::Tls(error) => match error {
                Error::InvalidCertificate(_) | Error::NoCertificatesPresented | Error::InvalidCertRevocationList(_) => {
                    ProxyError::TlsCertificateError
                }
                Error::AlertReceived(_) => ProxyError::TlsAlertReceived,
                _ => ProxyError::TlsProtocolError,
            },
        }
    }

    /// A client's handshake: why it failed, and on whose side.
    pub(crate) fn of_client(&self) -> (&'static str, Side) {
        let error = match self {
            Trouble::Connection | Trouble::Nothing => {
                return ("the client closed the connection before the handshake was over", Side::Client);
            }
            Trouble::NotTls => return ("the client spoke HTTP without TLS", Side::Client),
            Trouble::Tls(error) => error,
        };
        let why = match error {
            Error::AlertReceived(alert) => alert_sentence(*alert),
            Error::NoApplicationProtocol => "the client speaks none of the listener's protocols",
            Error::NoCertificatesPresented => "the client presented no certificate",
            Error::InvalidCertificate(flaw) => certificate_sentence(flaw),
            Error::PeerIncompatible(why) => incompatible_sentence(why),
            Error::InvalidMessage(_) => "the client sent what is not TLS",
            Error::DecryptError => "the client sent what cannot be decrypted",
            Error::PeerSentOversizedRecord => "the client sent a record that is too long",
            Error::PeerMisbehaved(_) | Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
                "the client broke a rule of TLS"
            }
            // The resolver's refusal comes as one of these.
            Error::General(_) => return ("there is no certificate for the name that the client asked for", Side::Us),
            _ => return ("something went wrong here", Side::Us),
        };
        (why, Side::Client)
    }
}

/// The name of an alert (RFC 8446 §6).
pub(crate) fn alert_name(alert: AlertDescription) -> String {
    alert.as_str().map_or_else(|| format!("number {}", u8::from(alert)), str::to_string)
}

/// What the client thinks of us.
fn alert_sentence(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::UnknownCA => "the client does not know who signed the certificate",
        AlertDescription::BadCertificate => "the client finds the certificate bad",
        AlertDescription::CertificateExpired => "the client finds the certificate expired",
        AlertDescription::CertificateUnknown => "the client does not take the certificate",
        AlertDescription::CertificateRevoked => "the client finds the certificate revoked",
        AlertDescription::UnsupportedCertificate => "the client does not know this kind of certificate",
        AlertDescription::ProtocolVersion => "the client does not speak this version of TLS",
        AlertDescription::HandshakeFailure => "the client found nothing to agree on",
        AlertDescription::CloseNotify | AlertDescription::UserCanceled => "the client gave up",
        _ => "the client broke off with an alert",
    }
}

fn certificate_sentence(flaw: &CertificateError) -> &'static str {
    match flaw {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the client's certificate has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "the client's certificate is not valid yet",
        CertificateError::UnknownIssuer => "the client's certificate is signed by somebody who is not trusted",
        CertificateError::Revoked => "the client's certificate is revoked",
        CertificateError::BadSignature => "the client does not have the key of its certificate",
        _ => "the client's certificate is no good",
    }
}

fn incompatible_sentence(why: &PeerIncompatible) -> &'static str {
    match why {
        PeerIncompatible::NoCipherSuitesInCommon => "the client knows none of our cipher suites",
        PeerIncompatible::NoKxGroupsInCommon => "the client knows none of our key exchange groups",
        PeerIncompatible::NoSignatureSchemesInCommon | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            "the client knows none of our signature schemes"
        }
        PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired
        | PeerIncompatible::SupportedVersionsExtensionRequired => "the client's version of TLS is too old",
        _ => "the client cannot do what TLS asks for",
    }
}
