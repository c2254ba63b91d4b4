//! `[[site.route]]` and what stands in it.

use super::Absent::{Is, Means, Required};
use super::Kind::{Bool, Choice, Conditions, Fields, Size, Text, Texts};
use super::encoding::{COMPRESS, EARLY_HINTS};
use super::{Entry, KIB, Kind, MANY, MIB, Only, Section, Shape, TIME, TIME_OR_ZERO, count, entry, percent, section};

pub(super) static ROUTE: Section = Section {
    header: "[[site.route]]",
    doc: "A rule: for which requests, and what then happens. The most specific rule that holds is taken.",
    entries: &[
        entry("name", Text(Shape::Name), Means("its path"), r#""api""#, "Its name in logs and in `explain`."),
        entry(
            "path",
            Text(Shape::PathPattern),
            Means("any path"),
            r#""/api/*""#,
            "`/x` is that path only; `/x/*` is `/x` and everything below it.",
        ),
        entry("methods", Texts { each: Shape::Method, min: 1 }, Means("any method"), r#"["GET", "HEAD"]"#, "One of these methods."),
        entry(
            "headers",
            Conditions { names: Shape::Token },
            Means("no condition"),
            r#"{ "x-beta" = "1", authorization = true }"#,
            "All of these fields with these values; `true`: it is enough that the field is there.",
        ),
        entry(
            "query",
            Conditions { names: Shape::Any },
            Means("no condition"),
            "{ debug = true }",
            "All of these query parameters with these values; `true`: it is enough that it is there.",
        ),
        entry("pool", Text(Shape::Name), Means("another action"), r#""app""#, "Action: forward to a backend of this pool."),
        section(
            "proxy",
            Kind::Table(&PROXY),
            Means("another action"),
            "Action: be a forward proxy, which sends requests wherever its clients say.",
        ),
        section("redirect", Kind::Table(&REDIRECT), Means("another action"), "Action: send the client elsewhere."),
        section("answer", Kind::Table(&ANSWER), Means("another action"), "Action: a fixed answer."),
        section("files", Kind::Table(&FILES), Means("another action"), "Action: files below a directory."),
        entry(
            "steer",
            Text(Shape::Name),
            Means("another action"),
            r#""cdn""#,
            "Action: send the client to the place that is nearest to it, by this steering; path and query stay.",
        ),
        entry("status", Kind::OneOf(&[302, 307]), Is("302"), "307", "Of `steer`: the status code; with 307 the method stays too.")
            .only("steer", &[]),
        entry(
            "measure",
            Text(Shape::Name),
            Means("another action"),
            r#""cdn""#,
            "Action: let clients measure which place of this steering is nearest. Its `path` is `/.throughline/*`.",
        ),
        Entry {
            only: Only::Embedded,
            ..entry("application", Text(Shape::Name), Means("another action"), r#""demo""#, "Action: code in this process, by name.")
        },
        section(
            "cache",
            Kind::Switch(&ROUTE_CACHE),
            Means("nothing is stored"),
            "Store the answers and give them again, beside `pool` or `proxy`: `cache = true`, or a table that says by which rules.",
        ),
        entry(
            "peers",
            Text(Shape::Name),
            Means("no peers"),
            r#""pop""#,
            "The pool of this place's caches, this one too: a miss asks the one that the object belongs to, which alone asks further.",
        )
        .only("pool", &[]),
        entry(
            "shield",
            Text(Shape::Name),
            Means("no shield"),
            r#""shield""#,
            "The pool of caches that are asked before the route's own pool; that one is asked directly while none of them can be.",
        )
        .only("pool", &[]),
        section(
            "compress",
            Kind::Switch(&COMPRESS),
            Means("nothing is compressed here"),
            "Compress answers for clients that take it: `compress = true`, or a table that says which, and how.",
        ),
        section(
            "early-hints",
            Kind::Switch(&EARLY_HINTS),
            Means("none are sent"),
            "While a backend is asked, tell clients what the page will need by the `Link` fields of its last answer.",
        )
        .only("pool", &[]),
        section("rewrite", Kind::Table(&REWRITE), Means("unchanged"), "Changes to the request before it is forwarded."),
        section("response", Kind::Table(&RESPONSE), Means("unchanged"), "Changes to the fields of the answer."),
    ],
};

static ROUTE_CACHE: Section = Section {
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
            "How `Accept-Encoding` is compared where answers vary by it; `reduced`: which of br, zstd and gzip; backends get it so.",
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
            "parts",
            Bool,
            Is("true"),
            "false",
            "Store the parts that ranges bring, and join those of one strong `ETag`; together they take no more than `max-object`.",
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
            "prefetch-links",
            Bool,
            Is("false"),
            "true",
            "Fetch what answers name in `Link` as `preload`, `modulepreload` or `prefetch`, of its origin, 32 of each at the most.",
        ),
        entry(
            "fetch-encodings",
            Texts { each: Shape::FieldValue, min: 1 },
            Is(r#"["gzip, deflate, br, zstd", "identity"]"#),
            r#"["gzip"]"#,
            "What no client has asked for is asked with each of these as `Accept-Encoding`, until an answer serves them all.",
        ),
        entry(
            "remember-uncacheable",
            TIME_OR_ZERO,
            Is(r#""2m""#),
            r#""10s""#,
            "Nobody waits for an answer that could not be stored when it last came, for so long.",
        ),
    ],
};

static PROXY: Section = Section {
    header: "[site.route.proxy]",
    doc: "A forward proxy: plain requests by absolute URI, which `cache` may store, and tunnels by CONNECT, which nobody reads.",
    entries: &[
        entry(
            "allow",
            Texts { each: Shape::Network, min: 1 },
            Required,
            r#"["10.0.0.0/8", "fd00::/8"]"#,
            "The clients that may use it, as networks. Whoever comes by a Unix socket may.",
        ),
        entry("connect-ports", Texts { each: Shape::Port, min: 0 }, Is(r#"["443"]"#), r#"["443", "8443"]"#, "Ports that CONNECT may name."),
        entry(
            "private",
            Texts { each: Shape::Network, min: 0 },
            Is("[]"),
            r#"["10.1.0.0/16"]"#,
            "Networks it may connect to although they are private, loopback, link-local, multicast or reserved.",
        ),
        entry(
            "deny-hosts",
            Texts { each: Shape::HostPattern, min: 0 },
            Is("[]"),
            r#"["*.ads.example"]"#,
            "Hosts that nobody may ask; `*.` stands for all names below.",
        ),
        entry("destinations", count(1, 65_535), Is("256"), "1000", "Servers that connections are kept to, at the most."),
        entry("connect-timeout", TIME, Is(r#""5s""#), r#""2s""#, "To connect to a server, name resolution included."),
    ],
};

static REDIRECT: Section = Section {
    header: "[site.route.redirect]",
    doc: "Send the client elsewhere.",
    entries: &[
        entry(
            "to",
            Text(Shape::Location),
            Required,
            r#""https://{host}{path}{query}""#,
            "The `Location`; may hold `{scheme}`, `{host}`, `{path}` and `{query}` (with its `?`, or nothing).",
        ),
        // RFC 9110 §15.4: the others of 3xx do not send a client to another place.
        entry("status", Kind::OneOf(&[301, 302, 303, 307, 308]), Is("302"), "308", "Its status code."),
    ],
};

static ANSWER: Section = Section {
    header: "[site.route.answer]",
    doc: "A fixed answer.",
    entries: &[
        entry("status", count(200, 599), Is("200"), "404", "Its status code."),
        entry(
            "content-type",
            Text(Shape::FieldValue),
            Is(r#""text/plain; charset=utf-8""#),
            r#""application/json""#,
            "Its `Content-Type`.",
        ),
        entry("body", Text(Shape::Any), Is(r#""""#), r#""no such page\n""#, "Its body."),
    ],
};

static FILES: Section = Section {
    header: "[site.route.files]",
    doc: "Files below a directory.",
    entries: &[
        entry("root", Text(Shape::FilePath), Required, r#""/srv/www""#, "The directory. Nothing outside it is ever served."),
        entry(
            "index",
            Texts { each: Shape::FileName, min: 0 },
            Is(r#"["index.html"]"#),
            r#"["index.html", "index.htm"]"#,
            "Names tried for a directory, in order.",
        ),
        entry(
            "precompressed",
            Bool,
            Is("false"),
            "true",
            "Serve `name.br`, `name.zst` or `name.gz` beside `name` to clients that accept it.",
        ),
        entry(
            "strip-prefix",
            Text(Shape::Path),
            Means("nothing is taken off"),
            r#""/static""#,
            "Taken off the path before it is looked up under the root.",
        ),
        entry("cache-control", Text(Shape::FieldValue), Means("no such field"), r#""public, max-age=3600""#, "`Cache-Control` on answers."),
    ],
};

static REWRITE: Section = Section {
    header: "[site.route.rewrite]",
    doc: "Changes to the request before it is forwarded, in this order: remove, set, add.",
    entries: &[
        entry("path", Text(Shape::Path), Means("unchanged"), r#""/v2""#, "Replaces the matched prefix, or the whole of an exact path."),
        entry("remove", Texts { each: Shape::FieldName, min: 0 }, Is("[]"), r#"["x-internal"]"#, "Fields taken out."),
        entry("set", Fields { many: false }, Is("{}"), r#"{ "x-edge" = "1" }"#, "Fields that replace any of their name."),
        entry("add", Fields { many: true }, Is("{}"), r#"{ "x-tag" = ["a", "b"] }"#, "Fields added; a list adds one field for each item."),
    ],
};

static RESPONSE: Section = Section {
    header: "[site.route.response]",
    doc: "Changes to the fields of the answer, in this order: remove, set, add.",
    entries: &[
        entry("remove", Texts { each: Shape::FieldName, min: 0 }, Is("[]"), r#"["x-powered-by"]"#, "Fields taken out."),
        entry("set", Fields { many: false }, Is("{}"), r#"{ "x-frame-options" = "DENY" }"#, "Fields that replace any of their name."),
        entry("add", Fields { many: true }, Is("{}"), r#"{ vary = "accept" }"#, "Fields added; a list adds one field for each item."),
    ],
};
