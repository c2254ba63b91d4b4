//! `[pool.NAME]` and what stands in it.

use super::Absent::{Is, Means, Required};
use super::Kind::{Bool, Choice, Statuses, Text};
use super::{Kind, MANY, Section, Shape, TIME, TIME_OR_ZERO, VERSIONS, count, entry, percent, section};

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

pub(super) static POOL: Section = Section {
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
