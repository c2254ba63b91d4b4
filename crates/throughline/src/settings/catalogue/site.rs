//! `[[site]]` and what stands in it, but for its routes.

use super::Absent::{Is, Means, Required};
use super::Kind::{Bool, Choice, Size, Text, Texts};
use super::route::ROUTE;
use super::{A_TOKEN, Kind, Section, Shape, TIME_OR_ZERO, TOKENS, entry, section};

pub(super) static SITE: Section = Section {
    header: "[[site]]",
    doc: "A group of host names and what they serve.",
    entries: &[
        entry("name", Text(Shape::Name), Means("its first host"), r#""blog""#, "Its name in logs and metrics."),
        entry(
            "hosts",
            Texts { each: Shape::HostPattern, min: 1 },
            Is(r#"["*"]"#),
            r#"["example.com", "*.example.com"]"#,
            "The hosts it answers to: a name, `*.` and a suffix, or `*` for any.",
        ),
        entry(
            "certificate",
            Choice(&["files", "acme"]),
            Is(r#""files""#),
            r#""acme""#,
            "`files`: one of `[[certificate]]`; `acme`: one for all its hosts is ordered as `[acme]` says, and renewed in time.",
        ),
        entry("max-body", Size { min: 0, max: i64::MAX as u64 }, Is(r#""100 MiB""#), r#""10 MiB""#, "Largest request body; 413 above it."),
        entry(
            "hsts",
            TIME_OR_ZERO,
            Means("no such field"),
            r#""365d""#,
            "Tell browsers that come by TLS to come by nothing else for this long (`Strict-Transport-Security`).",
        ),
        entry("https-redirect", Bool, Is("false"), "true", "Send who comes without TLS to the same address with it (308)."),
        entry(
            "tokens",
            TOKENS,
            Is("[]"),
            A_TOKEN,
            "Hashes of its owners' tokens: over the admin side they may change and explain what is stored for this site, and nothing else.",
        ),
        entry(
            "trace-tokens",
            TOKENS,
            Is("[]"),
            A_TOKEN,
            "Hashes of tokens whose holders see, with `throughline trace --token-file`, what is done here with their requests.",
        ),
        section("show", Kind::Table(&SHOW), Means("all defaults"), "What answers show of the path."),
        section("forward", Kind::Table(&FORWARD), Means("all defaults"), "What backends are told of the client."),
        section("route", Kind::Tables(&ROUTE), Required, "A rule: for which requests, and what then happens."),
    ],
};

static SHOW: Section = Section {
    header: "[site.show]",
    doc: "What answers show of the path.",
    entries: &[
        entry("server-timing", Bool, Is("false"), "true", "`Server-Timing` on every answer."),
        entry("proxy-status", Bool, Is("false"), "true", "`Proxy-Status` (RFC 9209) on answers made for a backend."),
        entry("request-id", Bool, Is("false"), "true", "`X-Request-Id` on every answer."),
    ],
};

static FORWARD: Section = Section {
    header: "[site.forward]",
    doc: "What backends are told of the client.",
    entries: &[
        entry("x-forwarded", Bool, Is("true"), "false", "Send `X-Forwarded-For`, `-Host` and `-Proto`."),
        entry("forwarded", Bool, Is("false"), "true", "Send `Forwarded` (RFC 7239)."),
        entry(
            "trust-client",
            Bool,
            Is("false"),
            "true",
            "Keep what the client itself sent in these fields and append; only if a trusted proxy is in front.",
        ),
        entry("keep-host", Bool, Is("true"), "false", "Send the client's `Host`; otherwise the backend's own address."),
    ],
};
