//! Every setting, once: key, kind, default, unit, one line of doc, an example.
//!
//! The tree starts at [`ROOT`]. Reading a file, the defaults, the reference pages and the JSON schema all walk it; a setting that is
//! not here does not exist, and no default is written anywhere else.

mod acme;
mod cache;

use super::value::Shape;
use acme::ACME;
use cache::{CACHE, ROUTE_CACHE};

/// A table of the config file: what it is called and what may stand in it.
#[derive(Debug)]
pub struct Section {
    /// As it is written in a file, with `NAME` for what the owner chooses: `[pool.NAME.health]`.
    pub header: &'static str,
    /// What it is about, in one line.
    pub doc: &'static str,
    /// Its keys, in the order of the reference.
    pub entries: &'static [Entry],
}

/// One setting.
#[derive(Debug)]
pub struct Entry {
    /// The key in its section.
    pub key: &'static str,
    /// What may be written.
    pub kind: Kind,
    /// What holds if it is not written.
    pub absent: Absent,
    /// What it does, in one line.
    pub doc: &'static str,
    /// A value as it may be written; empty for sections, whose entries have examples of their own.
    pub example: &'static str,
    /// Where it has a meaning.
    pub only: Only,
}

/// What may be written for a setting.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number in this range (inclusive); `unit` is for readers, empty where it counts things.
    Integer { min: u64, max: u64, unit: &'static str },
    /// One of these numbers.
    OneOf(&'static [u64]),
    /// A text with a unit of time: `"250ms"`; `"0s"` only where `zero` allows it.
    Duration { zero: bool },
    /// A text with a unit of size: `"64 KiB"`, in this range of bytes (inclusive).
    Size { min: u64, max: u64 },
    /// A text of this shape.
    Text(Shape),
    /// A list of at least `min` texts of this shape.
    Texts { each: Shape, min: usize },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of status codes and ranges of them: `[200, "300-399"]`.
    Statuses,
    /// A table of field names and values; with `many`, a value may be a list.
    Fields { many: bool },
    /// A table of names and the value each must have, or `true` where being there is enough.
    Conditions { names: Shape },
    /// A list whose items are an address or a table of this section.
    Backends(&'static Section),
    /// A table of its own.
    Table(&'static Section),
    /// `true` for a table of this section with all its defaults, the table itself, or `false` for none.
    Switch(&'static Section),
    /// Any number of tables, in order.
    Tables(&'static Section),
    /// Tables by a name that the owner chooses.
    Named(&'static Section),
}

/// What holds if a setting is not written.
#[derive(Clone, Copy, Debug)]
pub enum Absent {
    /// It must be written.
    Required,
    /// This value, as TOML.
    Is(&'static str),
    /// No value; this says in words what then happens.
    Means(&'static str),
}

/// Where a setting has a meaning.
#[derive(Clone, Copy, Debug)]
pub enum Only {
    /// Everywhere in its section.
    Always,
    /// If `key` of the same section has one of these values; with no values, if it is written at all.
    With { key: &'static str, one_of: &'static [&'static str] },
    /// Not in an owner's file: only in the configuration this program brings along.
    Embedded,
}

const fn entry(key: &'static str, kind: Kind, absent: Absent, example: &'static str, doc: &'static str) -> Entry {
    Entry { key, kind, absent, doc, example, only: Only::Always }
}

const fn section(key: &'static str, kind: Kind, absent: Absent, doc: &'static str) -> Entry {
    entry(key, kind, absent, "", doc)
}

impl Entry {
    const fn only(self, key: &'static str, one_of: &'static [&'static str]) -> Entry {
        Entry { only: Only::With { key, one_of }, ..self }
    }
}

const fn count(min: u64, max: u64) -> Kind {
    Kind::Integer { min, max, unit: "" }
}

const fn percent(max: u64) -> Kind {
    Kind::Integer { min: 0, max, unit: "%" }
}

const TIME: Kind = Kind::Duration { zero: false };
const TIME_OR_ZERO: Kind = Kind::Duration { zero: true };
const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
/// Whatever counts in 32 bits.
const MANY: u64 = u32::MAX as u64;

use Absent::{Is, Means, Required};
use Kind::{Bool, Choice, Conditions, Fields, Size, Statuses, Text, Texts};

/// The file as a whole.
pub static ROOT: Section = Section {
    header: "the file",
    doc: "The sections of a config file.",
    entries: &[
        section("server", Kind::Table(&SERVER), Means("all defaults"), "The process as a whole."),
        section("admin", Kind::Table(&ADMIN), Means("all defaults"), "The admin side: metrics and status."),
        section("cache", Kind::Table(&CACHE), Means("all defaults"), "Where the answers of routes with `cache` are stored."),
        section("limits", Kind::Table(&LIMITS), Means("all defaults"), "Caps and timers that guard the client side."),
        section("log", Kind::Table(&LOG), Means("no access log"), "The access log; writing the section turns it on."),
        section("listener", Kind::Tables(&LISTENER), Required, "An address clients connect to."),
        section("certificate", Kind::Tables(&CERTIFICATE), Means("no certificates"), "What listeners with TLS present."),
        section(
            "acme",
            Kind::Table(&ACME),
            Means("no authority"),
            "The authority that certificates are ordered from, by ACME (RFC 8555), for sites with `certificate = \"acme\"`.",
        ),
        section("tls", Kind::Table(&TLS), Means("all defaults"), "What holds for every listener with TLS."),
        section("site", Kind::Tables(&SITE), Required, "A group of host names and what they serve."),
        section("pool", Kind::Named(&POOL), Means("no pools"), "A group of backends and how to choose one."),
    ],
};

static SERVER: Section = Section {
    header: "[server]",
    doc: "The process as a whole.",
    entries: &[
        entry("workers", count(0, 1024), Is("0"), "4", "Worker threads; 0 for one per core."),
        entry(
            "drain-timeout",
            TIME_OR_ZERO,
            Is(r#""30s""#),
            r#""2m""#,
            "How long requests in flight may take to end once the process drains; then they are cut.",
        ),
        entry("name", Text(Shape::Token), Is(r#""throughline""#), r#""edge-1""#, "The name in `Via`, `Proxy-Status` and `Server`."),
        entry(
            "max-connections",
            count(1, 10_000_000),
            Is("20000"),
            "50000",
            "Client connections at once, over all listeners; further ones wait in the backlog.",
        ),
    ],
};

static ADMIN: Section = Section {
    header: "[admin]",
    doc: "The admin side: metrics and status.",
    entries: &[entry(
        "at",
        Text(Shape::AdminAddress),
        Is(r#""127.0.0.1:8090""#),
        r#""unix:/run/throughline/admin.sock""#,
        "Where the admin side listens; `\"off\"` for nowhere. Whoever reaches it may read everything it shows: keep it on loopback.",
    )],
};

static LIMITS: Section = Section {
    header: "[limits]",
    doc: "Caps and timers that guard the client side.",
    entries: &[
        entry("head-bytes", Size { min: KIB, max: 16 * MIB }, Is(r#""32 KiB""#), r#""64 KiB""#, "Bytes of a request or response head."),
        entry("head-fields", count(1, 65_535), Is("100"), "200", "Number of header fields in a head."),
        entry("target-bytes", Size { min: 64, max: MIB }, Is(r#""8 KiB""#), r#""4 KiB""#, "Bytes of a request target (the URL)."),
        entry("head-timeout", TIME, Is(r#""10s""#), r#""5s""#, "From the first byte of a request to the end of its head."),
        entry("idle-timeout", TIME, Is(r#""60s""#), r#""75s""#, "A connection may wait this long for its first or next request."),
        entry("body-timeout", TIME, Is(r#""60s""#), r#""30s""#, "A request body may pause this long."),
        entry(
            "body-min-rate",
            Size { min: 0, max: 1024 * MIB },
            Is(r#""240 B""#),
            r#""1 KiB""#,
            "Least bytes per second of a request body, once `body-timeout` has passed; `\"0\"` for no least rate.",
        ),
        entry("send-timeout", TIME, Is(r#""60s""#), r#""30s""#, "A client may take this long to accept any byte of an answer."),
        entry(
            "send-min-rate",
            Size { min: 0, max: 1024 * MIB },
            Is(r#""240 B""#),
            r#""1 KiB""#,
            "Least bytes per second of an HTTP/2 connection while its client keeps its windows shut; `\"0\"` for no least rate.",
        ),
        entry("http2-streams", count(1, 10_000), Is("128"), "250", "Requests that an HTTP/2 client may have open at once."),
        entry(
            "http2-stream-window",
            Size { min: 1024, max: 1024 * MIB },
            Is(r#""256 KiB""#),
            r#""1 MiB""#,
            "Bytes of one body that the far end of an HTTP/2 connection may send ahead of their use.",
        ),
        entry(
            "http2-connection-window",
            Size { min: 65_535, max: 1024 * MIB },
            Is(r#""1 MiB""#),
            r#""4 MiB""#,
            "The same of all bodies on the connection together.",
        ),
        entry("tunnel-timeout", TIME, Is(r#""60s""#), r#""10m""#, "A tunnel (a WebSocket) may be silent in both directions this long."),
        entry(
            "requests-per-connection",
            count(1, MANY),
            Is("10000"),
            "1000",
            "Requests on one connection; then it is closed after the answer.",
        ),
        entry("handshake-timeout", TIME, Is(r#""10s""#), r#""5s""#, "From the connection to the end of its TLS handshake."),
        entry(
            "handshakes-per-address",
            count(1, MANY),
            Is("100"),
            "20",
            "TLS handshakes that one client address (of IPv6: one /64) may have under way on each worker; further connections are closed.",
        ),
    ],
};

static LOG: Section = Section {
    header: "[log]",
    doc: "The access log; writing the section turns it on.",
    entries: &[
        entry(
            "to",
            Text(Shape::FilePath),
            Is(r#""-""#),
            r#""/var/log/throughline/access.log""#,
            "A file to append to, or `-` for standard output.",
        ),
        entry(
            "format",
            Choice(&["json", "combined"]),
            Is(r#""json""#),
            r#""combined""#,
            "`json`: one object a line with every step; `combined`: Apache's format.",
        ),
        entry(
            "queue",
            count(1, 10_000_000),
            Is("8192"),
            "65536",
            "Lines held while the writer is busy; beyond it they are counted and dropped.",
        ),
    ],
};

static LISTENER: Section = Section {
    header: "[[listener]]",
    doc: "An address clients connect to.",
    entries: &[
        entry("at", Text(Shape::ListenAddress), Required, r#""[::]:8080""#, "Where it listens: an IP address and port, or a Unix socket."),
        entry(
            "sites",
            Texts { each: Shape::Name, min: 1 },
            Means("all sites"),
            r#"["shop"]"#,
            "The sites served here, by name (the first host of a site is its name unless it has one).",
        ),
        entry("backlog", count(1, 65_535), Is("1024"), "4096", "Pending connections the kernel may hold."),
        entry("tls", Bool, Is("false"), "true", "Connections are secured by TLS, with the certificate of the name asked for."),
        entry(
            "protocols",
            Texts { each: Shape::Protocol, min: 1 },
            Is(r#"["h2", "http/1.1"]"#),
            r#"["http/1.1"]"#,
            "What is spoken, the most wanted first: `h2`, `http/1.1`. Without TLS, `h2` is for clients that begin with it.",
        ),
    ],
};

static CERTIFICATE: Section = Section {
    header: "[[certificate]]",
    doc: "What listeners with TLS present: by the name asked for, else the first. Read again soon after its files change.",
    entries: &[
        entry(
            "chain",
            Text(Shape::FilePath),
            Required,
            r#""/etc/ssl/example.com/fullchain.pem""#,
            "A PEM file with the certificate and behind it those between it and its authority.",
        ),
        entry(
            "key",
            Text(Shape::FilePath),
            Means("in the file of the chain"),
            r#""/etc/ssl/example.com/privkey.pem""#,
            "A PEM file with its private key.",
        ),
    ],
};

const VERSIONS: &[&str] = &["1.2", "1.3"];

static TLS: Section = Section {
    header: "[tls]",
    doc: "What holds for every listener with TLS.",
    entries: &[
        entry("min-version", Choice(VERSIONS), Is(r#""1.2""#), r#""1.3""#, "The oldest version of TLS that is spoken."),
        entry(
            "client-certificates",
            Choice(&["off", "optional", "required"]),
            Is(r#""off""#),
            r#""required""#,
            "Whether clients are asked for a certificate; one without is turned away where it is `required`.",
        ),
        entry(
            "client-ca",
            Text(Shape::FilePath),
            Means("nobody: it must be written"),
            r#""/etc/ssl/clients-ca.pem""#,
            "A PEM file with the authorities that sign clients' certificates.",
        )
        .only("client-certificates", &["optional", "required"]),
        entry(
            "tickets",
            Bool,
            Is("true"),
            "false",
            "Clients may come back with a session ticket, which spares them the certificate; not where they are asked for theirs.",
        ),
        entry(
            "ticket-lifetime",
            Kind::Duration { zero: false },
            Is(r#""12h""#),
            r#""1h""#,
            "A session ticket may be used this long; the keys that seal tickets are made anew twice in that time.",
        ),
        entry("look-interval", TIME, Is(r#""1m""#), r#""10s""#, "How often the files of certificates are looked at for changes."),
        entry(
            "key-log",
            Bool,
            Is("false"),
            "true",
            "Write the secrets of every connection to the file that the environment's `SSLKEYLOGFILE` names: who has it can read them all.",
        ),
    ],
};

static SITE: Section = Section {
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

static ROUTE: Section = Section {
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
        section("redirect", Kind::Table(&REDIRECT), Means("another action"), "Action: send the client elsewhere."),
        section("answer", Kind::Table(&ANSWER), Means("another action"), "Action: a fixed answer."),
        section("files", Kind::Table(&FILES), Means("another action"), "Action: files below a directory."),
        Entry {
            only: Only::Embedded,
            ..entry("application", Text(Shape::Name), Means("another action"), r#""demo""#, "Action: code in this process, by name.")
        },
        section(
            "cache",
            Kind::Switch(&ROUTE_CACHE),
            Means("nothing is stored"),
            "Store the backends' answers and give them again: `cache = true`, or a table that says by which rules.",
        )
        .only("pool", &[]),
        section("rewrite", Kind::Table(&REWRITE), Means("unchanged"), "Changes to the request before it is forwarded."),
        section("response", Kind::Table(&RESPONSE), Means("unchanged"), "Changes to the fields of the answer."),
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

/// The algorithms, in the order of `decide::config::Algorithm`.
const ALGORITHMS: &[&str] = &[
    "round-robin",
    "random",
    "weighted-round-robin",
    "weighted-random",
    "source-hash",
    "hash",
    "consistent-hash",
    "least-connections",
    "fastest",
    "load-aware",
];

static POOL: Section = Section {
    header: "[pool.NAME]",
    doc: "A group of backends and how to choose one.",
    entries: &[
        entry(
            "backends",
            Kind::Backends(&BACKEND),
            Required,
            r#"["127.0.0.1:3000", { at = "127.0.0.1:3001", weight = 2, name = "b" }]"#,
            "Where requests go: addresses, or tables with `at`, `weight` and `name`.",
        ),
        entry(
            "protocol",
            Choice(&["http/1.1", "h2"]),
            Is(r#""http/1.1""#),
            r#""h2""#,
            "What they speak: `h2` is HTTP/2, many requests on one connection, as gRPC needs it.",
        ),
        entry("algorithm", Choice(ALGORITHMS), Is(r#""round-robin""#), r#""least-connections""#, "How one is chosen."),
        entry(
            "hash-key",
            Text(Shape::HashKey),
            Is(r#""source""#),
            r#""header:x-user""#,
            "What the hash is taken of: `source`, `path`, `header:NAME`, `cookie:NAME` or `query:NAME`.",
        )
        .only("algorithm", &["hash", "consistent-hash"]),
        entry("virtual-nodes", count(1, 10_000), Is("160"), "100", "Points on the ring per unit of weight.")
            .only("algorithm", &["consistent-hash"]),
        entry(
            "bounded-load",
            percent(100_000),
            Is("0"),
            "125",
            "Most load of one backend, relative to the average, before its keys move on: above 100, or 0 for no bound.",
        )
        .only("algorithm", &["consistent-hash"]),
        entry("sample-above", count(0, MANY), Is("16"), "8", "With more backends than this, the better of two drawn at random is taken.")
            .only("algorithm", &["least-connections"]),
        entry("decay", TIME, Is(r#""10s""#), r#""5s""#, "Time after which an observed response time weighs 1/e.")
            .only("algorithm", &["fastest"]),
        entry("expires", TIME, Is(r#""10s""#), r#""30s""#, "A load report older than this is ignored.").only("algorithm", &["load-aware"]),
        entry(
            "slow-start",
            TIME_OR_ZERO,
            Is(r#""0s""#),
            r#""30s""#,
            "A backend that joins or recovers gets its full share only after this long.",
        ),
        entry(
            "panic-percent",
            percent(100),
            Is("50"),
            "30",
            "With a smaller share of healthy backends than this, health is ignored and all are used; 0 for never.",
        ),
        entry("max-in-flight", count(0, MANY), Is("0"), "100", "Requests in flight per backend; 0 for no limit."),
        entry(
            "queue",
            count(0, MANY),
            Is("1024"),
            "64",
            "Requests waiting for a backend once all are at their limit; beyond it 503 at once.",
        ),
        entry("queue-timeout", TIME_OR_ZERO, Is(r#""5s""#), r#""1s""#, "How long one waits there."),
        entry("connect-timeout", TIME, Is(r#""3s""#), r#""500ms""#, "To connect, name resolution included."),
        entry("response-timeout", TIME, Is(r#""60s""#), r#""10s""#, "From the last byte of the request to the first byte of the answer."),
        entry("transfer-timeout", TIME, Is(r#""60s""#), r#""30s""#, "A body may pause this long, in either direction."),
        entry("keep-alive", TIME_OR_ZERO, Is(r#""60s""#), r#""20s""#, "An idle connection to a backend is kept this long."),
        entry("keep-alive-connections", count(0, 100_000), Is("256"), "16", "Idle connections kept per backend and core."),
        section("tls", Kind::Table(&POOL_TLS), Means("no TLS"), "TLS to its backends; writing the section turns it on."),
        section("health", Kind::Table(&HEALTH), Means("no probes"), "Probes; writing the section turns them on."),
        section("ejection", Kind::Table(&EJECTION), Means("all defaults"), "What is concluded from real traffic."),
        section("retry", Kind::Table(&RETRY), Means("all defaults"), "Second tries."),
    ],
};

static BACKEND: Section = Section {
    header: "[[pool.NAME.backends]]",
    doc: "One server of a pool. A plain address in the list is short for a table with `at` alone.",
    entries: &[
        entry(
            "at",
            Text(Shape::BackendAddress),
            Required,
            r#""app.internal:3000""#,
            "An IP address or a name, and a port; or a Unix socket.",
        ),
        entry("weight", count(0, 65_535), Is("1"), "2", "Its share relative to the others; 0 takes no new requests."),
        entry("name", Text(Shape::Name), Means("its address"), r#""b""#, "Its name in logs, metrics and `ctl`."),
    ],
};

static POOL_TLS: Section = Section {
    header: "[pool.NAME.tls]",
    doc: "TLS to its backends; writing the section turns it on.",
    entries: &[
        entry(
            "verify",
            Bool,
            Is("true"),
            "false",
            "Take only backends whose certificate has the right name and is signed by an authority; without it, anybody's.",
        ),
        entry(
            "ca",
            Text(Shape::FilePath),
            Means("the authorities that this machine trusts"),
            r#""/etc/ssl/internal-ca.pem""#,
            "A PEM file with the only authorities that may sign the backends' certificates.",
        ),
        entry(
            "server-name",
            Text(Shape::HostName),
            Means("the host or IP address of each backend"),
            r#""app.internal""#,
            "The name that backends are asked for, and that their certificates must have.",
        ),
        entry(
            "certificate",
            Text(Shape::FilePath),
            Means("none is presented"),
            r#""/etc/ssl/edge/fullchain.pem""#,
            "A PEM file with the certificate presented to backends that ask for one.",
        ),
        entry("key", Text(Shape::FilePath), Means("in the file of the certificate"), r#""/etc/ssl/edge/privkey.pem""#, "Its private key.")
            .only("certificate", &[]),
        entry("min-version", Choice(VERSIONS), Is(r#""1.2""#), r#""1.3""#, "The oldest version of TLS that is spoken."),
    ],
};

static HEALTH: Section = Section {
    header: "[pool.NAME.health]",
    doc: "Probes; writing the section turns them on. Exactly one of `http` and `connect` says what is asked.",
    entries: &[
        entry("http", Text(Shape::Target), Means("`connect` is set"), r#""/healthz""#, "`GET` of this target."),
        entry("connect", Bool, Means("`http` is set"), "true", "A connection is enough."),
        entry("host", Text(Shape::HostPort), Means("the backend's address"), r#""app.example.com""#, "The `Host` of the probe.")
            .only("http", &[]),
        entry("statuses", Statuses, Is(r#"["200-299"]"#), r#"[200, "300-399"]"#, "An answer with one of these statuses is a success.")
            .only("http", &[]),
        entry(
            "contains",
            Text(Shape::Any),
            Means("any body"),
            r#""ready""#,
            "And with this text somewhere in the first 64 KiB of its body.",
        )
        .only("http", &[]),
        entry("load-from-body", Bool, Is("false"), "true", "The body is a number: the backend's load, for the algorithm `load-aware`.")
            .only("http", &[]),
        entry("interval", TIME, Is(r#""5s""#), r#""1s""#, "Between two probes of one backend."),
        entry("jitter", percent(100), Is("10"), "20", "By how much the interval varies at random."),
        entry("timeout", TIME, Is(r#""2s""#), r#""500ms""#, "An answer later than this is a failure."),
        entry("rise", count(1, 1000), Is("2"), "1", "Successes in a row that make a backend healthy."),
        entry("fall", count(1, 1000), Is("3"), "2", "Failures in a row that make it unhealthy."),
    ],
};

static EJECTION: Section = Section {
    header: "[pool.NAME.ejection]",
    doc: "What is concluded from real traffic: a backend that fails is left out for a while.",
    entries: &[
        entry("failures", count(0, 100_000), Is("5"), "3", "Failures in a row that eject a backend; 0 for never."),
        entry("count-5xx", Bool, Is("false"), "true", "Count answers of 500 and above as failures."),
        entry("base", TIME, Is(r#""10s""#), r#""30s""#, "The first ejection; it doubles with each that follows soon."),
        entry("max", TIME, Is(r#""5m""#), r#""10m""#, "The longest ejection."),
        entry("max-percent", percent(100), Is("50"), "30", "At most this share of a pool is ejected at once, but at least one if not 0."),
    ],
};

static RETRY: Section = Section {
    header: "[pool.NAME.retry]",
    doc: "Second tries, where they are safe.",
    entries: &[
        entry("attempts", count(0, 16), Is("1"), "2", "Tries after the first; 0 for none."),
        entry("budget-percent", percent(1000), Is("20"), "10", "Retries, relative to the requests of the last ten seconds."),
        entry("budget-min", count(0, MANY), Is("10"), "3", "Retries per second that are always allowed."),
        entry(
            "statuses",
            Statuses,
            Is("[]"),
            "[502, 503]",
            "Answers of a backend with these statuses are tried again too, where the method is idempotent.",
        ),
    ],
};

impl Kind {
    /// The section that this kind of value is made of, if it is.
    pub fn section(self) -> Option<&'static Section> {
        match self {
            Kind::Table(section) | Kind::Switch(section) | Kind::Tables(section) | Kind::Named(section) | Kind::Backends(section) => {
                Some(section)
            }
            _ => None,
        }
    }
}

/// All sections, each before those in it.
pub fn sections() -> impl Iterator<Item = &'static Section> {
    let mut waiting = vec![&ROOT];
    std::iter::from_fn(move || {
        let section = waiting.pop()?;
        waiting.extend(section.entries.iter().rev().filter_map(|entry| entry.kind.section()));
        Some(section)
    })
}
