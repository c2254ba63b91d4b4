//! `[acme]`.

use super::Absent::{Is, Means, Required};
use super::Kind::{Bool, Choice, Text, Texts};
use super::{Kind, Section, Shape, entry, section};

pub(super) static ACME: Section = Section {
    header: "[acme]",
    doc: "The authority that certificates are ordered from, by ACME (RFC 8555), for sites with `certificate = \"acme\"`.",
    entries: &[
        entry(
            "terms-agreed",
            Bool,
            Is("false"),
            "true",
            "You have read the authority's terms of service and agree to them; nothing is ordered otherwise.",
        ),
        entry(
            "contacts",
            Texts { each: Shape::Mail, min: 0 },
            Is("[]"),
            r#"["owner@example.com"]"#,
            "Mail addresses that the authority may write to.",
        ),
        entry(
            "directory",
            Text(Shape::HttpsUrl),
            Is(r#""https://acme-v02.api.letsencrypt.org/directory""#),
            r#""https://acme-staging-v02.api.letsencrypt.org/directory""#,
            "The URL of the authority's directory; the default is Let's Encrypt's, the example its staging authority for trials.",
        ),
        entry(
            "challenge",
            Choice(&["either", "http-01", "tls-alpn-01"]),
            Is(r#""either""#),
            r#""tls-alpn-01""#,
            "How a host is shown to be yours: `http-01` on port 80, `tls-alpn-01` on port 443; the authority must reach a listener there.",
        ),
        entry(
            "state",
            Text(Shape::FilePath),
            Means("`$XDG_STATE_HOME/throughline`, else `~/.local/state/throughline`"),
            r#""/var/lib/throughline""#,
            "The directory that keeps accounts, keys and certificates over a restart.",
        ),
        entry(
            "ca",
            Text(Shape::FilePath),
            Means("the authorities that this machine trusts"),
            r#""/etc/ssl/internal-ca.pem""#,
            "A PEM file with the authorities that vouch for the directory's own TLS.",
        ),
        entry(
            "profile",
            Text(Shape::Token),
            Means("the authority's default"),
            r#""shortlived""#,
            "The kind of certificate to ask for, by the authority's name for it.",
        ),
        section(
            "external-account",
            Kind::Table(&EXTERNAL_ACCOUNT),
            Means("none"),
            "An account that you have with the authority already, where it asks for one.",
        ),
    ],
};

static EXTERNAL_ACCOUNT: Section = Section {
    header: "[acme.external-account]",
    doc: "An account that you have with the authority already, where it asks for one.",
    entries: &[
        entry("key-id", Text(Shape::Printable), Required, r#""kid-1""#, "The name of its key, from the authority."),
        entry(
            "key",
            Text(Shape::Base64Url),
            Required,
            r#""bm90LWEtcmVhbC1rZXk""#,
            "The key, as the authority hands it out: keep the file from others' eyes.",
        ),
    ],
};
