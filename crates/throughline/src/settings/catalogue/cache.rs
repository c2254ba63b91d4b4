//! The settings of the cache.

use super::Absent::{Is, Means};
use super::Kind::{Bool, Choice, Size, Texts};
use super::{KIB, MANY, MIB, Section, Shape, TIME, TIME_OR_ZERO, count, entry, percent};

pub(super) static CACHE: Section = Section {
    header: "[cache]",
    doc: "Where the answers of routes with `cache` are stored.",
    entries: &[entry(
        "memory",
        Size { min: MIB, max: 1024 * 1024 * MIB },
        Is(r#""256 MiB""#),
        r#""4 GiB""#,
        "Memory for all of it: contents, heads, keys, the index, what allocation wastes, and answers that come in.",
    )],
};

pub(super) static ROUTE_CACHE: Section = Section {
    header: "[site.route.cache]",
    doc: "How the backends' answers are stored, where RFC 9111 leaves a choice. `cache = true` is short for all defaults.",
    entries: &[
        entry(
            "targeted",
            Texts { each: Shape::Token, min: 0 },
            Is(r#"["CDN-Cache-Control"]"#),
            r#"["Edge-Cache-Control", "CDN-Cache-Control"]"#,
            "Fields that count in place of `Cache-Control` (RFC 9213), the first in rank first.",
        ),
        entry(
            "heuristic-percent",
            percent(100),
            Is("10"),
            "0",
            "An answer that does not say how long it is fresh is so for this part of the time since `Last-Modified`; 0 for never.",
        ),
        entry("heuristic-max", TIME, Is(r#""1d""#), r#""1h""#, "The most that comes to."),
        entry(
            "default-ttl",
            TIME_OR_ZERO,
            Is(r#""0s""#),
            r#""30s""#,
            "How long an answer is fresh that says nothing and has no `Last-Modified`; `\"0s\"` for not at all.",
        ),
        entry(
            "stale-while-revalidate",
            TIME_OR_ZERO,
            Is(r#""0s""#),
            r#""1m""#,
            "Serve an answer that has been stale for no longer than this, and have it validated meanwhile, unless it says otherwise.",
        ),
        entry(
            "stale-if-error",
            TIME_OR_ZERO,
            Is(r#""0s""#),
            r#""1h""#,
            "Serve an answer that has been stale for no longer than this where the backends fail, unless it says otherwise.",
        ),
        entry(
            "stale-beside-s-maxage",
            Bool,
            Is("false"),
            "true",
            "Obey an answer's own stale times beside its `s-maxage`, which by the letter forbids both.",
        ),
        entry(
            "obey-requests",
            Bool,
            Is("false"),
            "true",
            "Obey the `Cache-Control` of requests: any client can then send all of its requests through.",
        ),
        entry(
            "set-cookie",
            Choice(&["refuse", "strip", "explicit"]),
            Is(r#""refuse""#),
            r#""strip""#,
            "An answer with `Set-Cookie` is not stored, stored without it, or stored with it where it says how long it is fresh.",
        ),
        entry(
            "query",
            Texts { each: Shape::Any, min: 0 },
            Means("all of it"),
            r#"["page", "lang"]"#,
            "The only query parameters that tell one answer from another.",
        ),
        entry(
            "ignore-query",
            Texts { each: Shape::Any, min: 1 },
            Means("none"),
            r#"["utm_source", "utm_medium"]"#,
            "Query parameters that do not tell one answer from another.",
        ),
        entry("sort-query", Bool, Is("false"), "true", "The order of query parameters does not tell one answer from another."),
        entry(
            "accept-encoding",
            Choice(&["reduced", "sorted", "exact"]),
            Is(r#""reduced""#),
            r#""exact""#,
            "How `Accept-Encoding` is compared: `reduced` is which of br, zstd and gzip it takes, and backends are asked with that.",
        ),
        entry("accept-language", Choice(&["sorted", "exact"]), Is(r#""sorted""#), r#""exact""#, "How `Accept-Language` is compared."),
        entry(
            "content-language",
            Bool,
            Is("false"),
            "true",
            "An answer in the one language that a request wants most serves it, whatever else it would take.",
        ),
        entry(
            "max-object",
            Size { min: KIB, max: 1024 * 1024 * MIB },
            Is(r#""16 MiB""#),
            r#""1 MiB""#,
            "The longest content that is stored; a longer one passes. Never more than an eighth of `[cache]` `memory`.",
        ),
        entry(
            "refuse-disguised",
            Bool,
            Is("true"),
            "false",
            "Do not store a page under a path that ends like a picture, a style or a script.",
        ),
        entry(
            "tag-fields",
            Texts { each: Shape::Token, min: 0 },
            Is(r#"["Surrogate-Key", "Cache-Tag"]"#),
            r#"["X-Tags"]"#,
            "Fields in which backends name tags for purges.",
        ),
        entry("collapse", Bool, Is("true"), "false", "Requests for what another request has just asked for wait for its answer."),
        entry("collapse-wait", TIME, Is(r#""5s""#), r#""1s""#, "The longest wait; whoever has waited so long asks for itself."),
        entry("collapse-most", count(1, MANY), Is("10000"), "100", "The most that wait for one answer."),
        entry(
            "remember-uncacheable",
            TIME_OR_ZERO,
            Is(r#""2m""#),
            r#""10s""#,
            "Nobody waits for an answer that could not be stored when it last came, for so long.",
        ),
    ],
};
