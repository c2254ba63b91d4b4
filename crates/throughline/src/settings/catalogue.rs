//! Every setting, once: key, kind, default, unit, one line of doc, an example.
//!
//! The tree starts at [`ROOT`]. Reading a file, the defaults, the reference pages and the JSON schema all walk it; a setting that is
//! not here does not exist, and no default is written anywhere else.

mod acme;
mod dns;
mod encoding;
mod pool;
mod route;
mod site;
mod steering;

use super::value::Shape;
use acme::ACME;
use dns::{DNS, KEY, RESOLVER, ZONE};
use pool::POOL;
use site::SITE;
use steering::{COLLECTOR, GEOGRAPHY, POP, STEERING};

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

const TOKENS: Kind = Kind::Texts { each: Shape::TokenHash, min: 0 };
const A_TOKEN: &str = r#"["sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"]"#;
const TIME: Kind = Kind::Duration { zero: false };
const TIME_OR_ZERO: Kind = Kind::Duration { zero: true };
const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
/// Whatever counts in 32 bits.
const MANY: u64 = u32::MAX as u64;

use Absent::{Is, Means, Required};
use Kind::{Bool, Choice, Size, Text, Texts};

/// The file as a whole.
pub static ROOT: Section = Section {
    header: "the file",
    doc: "The sections of a config file.",
    entries: &[
        section("server", Kind::Table(&SERVER), Means("all defaults"), "The process as a whole."),
        section("admin", Kind::Table(&ADMIN), Means("all defaults"), "The admin side: metrics and status."),
        section("cache", Kind::Table(&CACHE), Means("all defaults"), "Where the answers of routes with `cache` are stored."),
        section("limits", Kind::Table(&LIMITS), Means("all defaults"), "Caps and timers that guard the client side."),
        section("journal", Kind::Table(&JOURNAL), Means("in memory: a restart forgets what was pushed"), "Purges and pushes on disk."),
        section("log", Kind::Table(&LOG), Means("no access log"), "The access log; writing the section turns it on."),
        section("listener", Kind::Tables(&LISTENER), Means("no web server"), "An address clients connect to."),
        section("certificate", Kind::Tables(&CERTIFICATE), Means("no certificates"), "What listeners with TLS present."),
        section(
            "acme",
            Kind::Table(&ACME),
            Means("no authority"),
            "The authority that certificates are ordered from, by ACME (RFC 8555), for sites with `certificate = \"acme\"`.",
        ),
        section("tls", Kind::Table(&TLS), Means("all defaults"), "What holds for every listener with TLS."),
        section("site", Kind::Tables(&SITE), Means("no web server"), "A group of host names and what they serve."),
        section("pool", Kind::Named(&POOL), Means("no pools"), "A group of backends and how to choose one."),
        section("dns", Kind::Table(&DNS), Means("no name server"), "The authoritative name server."),
        section("zone", Kind::Named(&ZONE), Means("no zones"), "A zone that it serves."),
        section("key", Kind::Named(&KEY), Means("no keys"), "A secret that two name servers share."),
        section("pop", Kind::Named(&POP), Means("no places"), "A place that clients are led to."),
        section("steering", Kind::Named(&STEERING), Means("nobody is led"), "How clients are led to places."),
        section("collector", Kind::Tables(&COLLECTOR), Means("no routing tables"), "Where the routing table of a place comes from."),
        section("geography", Kind::Table(&GEOGRAPHY), Means("nothing says so"), "Where addresses are said to be."),
        section("resolver", Kind::Table(&RESOLVER), Means("no recursive role"), "Names looked up for others."),
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
        entry(
            "name",
            Text(Shape::Token),
            Is(r#""throughline""#),
            r#""edge-1""#,
            "The name in `Via`, `Proxy-Status`, `Cache-Status` and `Server`.",
        ),
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
    entries: &[
        entry(
            "at",
            Text(Shape::AdminAddress),
            Is(r#""127.0.0.1:8090""#),
            r#""unix:/run/throughline/admin.sock""#,
            "Where the admin side listens; `\"off\"` for nowhere. Without tokens whoever reaches it may do all: keep it on loopback.",
        ),
        entry(
            "tokens",
            TOKENS,
            Is("[]"),
            A_TOKEN,
            "Hashes of tokens that may do everything; `throughline ctl token` makes one. With any, here or at a site, none comes without.",
        ),
    ],
};

static JOURNAL: Section = Section {
    header: "[journal]",
    doc: "The log of purges and pushes, on disk before they are accepted, and read again at the start; writing the section turns it on.",
    entries: &[
        entry(
            "state",
            Text(Shape::FilePath),
            Required,
            r#""/var/lib/throughline""#,
            "The directory that keeps it, in a directory of its own there. One process at a time may have it.",
        ),
        entry(
            "size",
            Size { min: MIB, max: 1024 * 1024 * MIB },
            Is(r#""256 MiB""#),
            r#""4 GiB""#,
            "The most it may take. Beyond that, the content that was pushed first is not stored again after a restart.",
        ),
    ],
};

static CACHE: Section = Section {
    header: "[cache]",
    doc: "Where the answers of routes with `cache` are stored.",
    entries: &[
        entry(
            "memory",
            Size { min: MIB, max: 1024 * 1024 * MIB },
            Is(r#""256 MiB""#),
            r#""4 GiB""#,
            "Memory for all of it: contents, heads, keys, the index, what allocation wastes, and answers that come in. Contents of 64 KiB \
             and more are in memory that the kernel sends from: shared memory in `free`, and not in the resident size of the process.",
        ),
        entry("prefetch-rate", count(1, 1_000_000), Is("50"), "200", "URLs a second that one prefetch begins at the most."),
        entry(
            "prefetch-simultaneous",
            count(1, 10_000),
            Is("16"),
            "4",
            "URLs under way at once, of all prefetches and followed links together; notices that URLs changed have as many of their own.",
        ),
        entry(
            "jobs",
            count(1, 10_000),
            Is("32"),
            "8",
            "Prefetches and notices that are remembered; where all are under way, no other begins.",
        ),
        entry("job-urls", count(1, 1_000_000), Is("50_000"), "1_000", "URLs of one prefetch or notice; 16 MiB of them at the most."),
        entry(
            "push-content",
            Size { min: KIB, max: 1024 * MIB },
            Is(r#""16 MiB""#),
            r#""64 MiB""#,
            "Bytes of one content that is pushed, in so many bytes of memory beside the cache while it comes in.",
        ),
        entry(
            "id",
            Text(Shape::CacheId),
            Means("the server's name and a random number, drawn at the start"),
            r#""edge-1""#,
            "What this cache is called in `CDN-Loop` (RFC 8586) and `Cache-Status`, and which of a route's `peers` it is; no two share it.",
        ),
        entry(
            "hot-requests",
            count(0, MANY),
            Is("10"),
            "100",
            "An object of another peer that is asked for more often than this within `hot-window` is stored here too.",
        ),
        entry("hot-window", TIME, Is(r#""1m""#), r#""10s""#, "The time for that."),
    ],
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
        entry(
            "queries",
            count(0, MANY),
            Is("0"),
            "1000",
            "Of so many queries to the name server one gets a line, with what decided and among what: `1` for each of them, `0` for none.",
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
