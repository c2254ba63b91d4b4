//! Certificates from a certificate authority, as an owner wants them.

use alloc::string::String;
use alloc::vec::Vec;

/// Where certificates come from by ACME (RFC 8555).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acme {
    /// The URL of the authority's directory; `https`.
    pub directory: String,
    /// Mail addresses that the authority may write to.
    pub contacts: Vec<String>,
    /// The owner has read the authority's terms of service and agrees to them.
    pub terms_agreed: bool,
    /// How control over a name is shown.
    pub challenge: AcmeChallenge,
    /// A PEM file of the certificates that the directory's own TLS is verified against; `None`: those of the system.
    pub ca: Option<String>,
    /// The directory that holds accounts, keys and certificates.
    pub state: String,
    /// The kind of certificate to ask for, by the authority's name for it; `None`: its default.
    pub profile: Option<String>,
    /// An account that the owner has with the authority already, where it asks for one.
    pub external_account: Option<ExternalAccount>,
}

/// How control over a name is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcmeChallenge {
    /// A file on port 80 (RFC 8555 §8.3).
    Http01,
    /// A certificate on port 443 (RFC 8737).
    TlsAlpn01,
    /// Whichever is offered and works.
    Either,
}

/// An account outside of ACME that the new account is bound to (RFC 8555 §7.3.4).
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalAccount {
    /// The key's name, from the authority.
    pub key_id: String,
    /// The secret that goes with it, in base64url, as authorities hand it out.
    pub key: String,
}

impl core::fmt::Debug for ExternalAccount {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // The secret stays out of logs.
        f.debug_struct("ExternalAccount").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
