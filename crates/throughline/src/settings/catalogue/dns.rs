//! `[dns]`, `[zone.NAME]`, `[key.NAME]`, `[resolver]`.

use super::Absent::{Is, Means, Required};
use super::Kind::{Bool, Choice, Size, Text, Texts};
use super::{Entry, Kind, MANY, Section, Shape, TIME, TIME_OR_ZERO, count, entry, section};

const DATAGRAM: Entry = entry(
    "datagram",
    Size { min: 512, max: 4096 },
    Is(r#""1232 B""#),
    r#""1400 B""#,
    "The largest answer over UDP; a longer one is fetched by TCP. What is larger than 1232 may be cut on its way, and forged.",
);
const COOKIES: Entry = entry("cookies", Bool, Is("true"), "false", "Cookies (RFC 7873): who comes back with one has shown its address.");
const COOKIE_SECRETS: Entry = entry(
    "cookie-secret-file",
    Text(Shape::FilePath),
    Means("secrets of this process's own, a new one each day"),
    r#""/etc/throughline/cookie.secret""#,
    "A file with the secret of cookies that all servers behind one address share (RFC 9018), as 32 hexadecimal digits; a second line holds \
     one whose cookies are good too: the one before, or the next.",
);
const RATE: Entry = entry(
    "rate",
    count(0, MANY),
    Is("200"),
    "50",
    "Answers a second, of one kind, over UDP to one network (/24, of IPv6 /56) that has shown no cookie; 0 for no limit.",
);
const RATE_OF_CLIENTS: Entry = entry(
    "rate",
    count(0, MANY),
    Is("0"),
    "1000",
    "Answers a second, of one kind, over UDP to one network (/24, of IPv6 /56) that has shown no cookie; 0 for no limit.",
);
const SLIP: Entry = entry(
    "slip",
    count(0, 100),
    Is("2"),
    "1",
    "Of what is beyond `rate`, every so-manyth answer is sent empty and truncated, so that a real client comes back by TCP; 0 for none.",
);
const CONNECTIONS: Entry = entry("connections", count(1, 1_000_000), Is("1000"), "200", "TCP connections at once.");
const PER_ADDRESS: Entry =
    entry("connections-per-address", count(1, 1_000_000), Is("50"), "10", "The same from one address, of IPv6 from one /64.");
const IDLE: Entry = entry("idle-timeout", TIME, Is(r#""10s""#), r#""30s""#, "A TCP connection may be silent this long.");

pub(super) static DNS: Section = Section {
    header: "[dns]",
    doc: "The authoritative name server, for the zones that are written; writing the section turns it on.",
    entries: &[
        entry(
            "at",
            Texts { each: Shape::SocketAddress, min: 1 },
            Required,
            r#"["192.0.2.53:53", "[2001:db8::53]:53"]"#,
            "Where it listens, by UDP and by TCP. One address each: answers leave from the address that was asked.",
        ),
        entry(
            "why",
            Texts { each: Shape::Network, min: 0 },
            Is("[]"),
            r#"["127.0.0.0/8"]"#,
            "Who may ask for a TXT record of `_why.NAME`: which place a client is led to, and every reason.",
        ),
        DATAGRAM,
        COOKIES,
        COOKIE_SECRETS,
        RATE,
        SLIP,
        CONNECTIONS,
        PER_ADDRESS,
        IDLE,
    ],
};

pub(super) static RESOLVER: Section = Section {
    header: "[resolver]",
    doc: "The recursive role: names looked up for others; writing the section turns it on.",
    entries: &[
        entry("at", Texts { each: Shape::SocketAddress, min: 1 }, Required, r#"["127.0.0.1:53"]"#, "Where it listens, by UDP and by TCP."),
        entry(
            "allow",
            Texts { each: Shape::Network, min: 1 },
            Is(r#"["127.0.0.0/8", "::1"]"#),
            r#"["10.0.0.0/8"]"#,
            "Who may ask; everybody else is refused.",
        ),
        entry(
            "forward",
            Texts { each: Shape::SocketAddress, min: 0 },
            Is("[]"),
            r#"["9.9.9.9:53"]"#,
            "Resolvers that are asked to walk; with none, this one walks itself, from the root.",
        ),
        entry(
            "root",
            Text(Shape::FilePath),
            Means("the public root"),
            r#""/etc/throughline/root.hints""#,
            "A file with the names and addresses of the root servers, for a root of your own; all other servers then listen at \
             the port of the first.",
        ),
        entry("entries", count(100, 100_000_000), Is("100_000"), "10_000", "Answers that are kept, at the most."),
        entry("max-ttl", TIME, Is(r#""1d""#), r#""1h""#, "No answer is kept longer, whatever it says."),
        entry(
            "serve-stale",
            TIME_OR_ZERO,
            Is(r#""1d""#),
            r#""0s""#,
            "An answer that is out of date is given for so long where no newer one is to be had (RFC 8767); `\"0s\"` for never.",
        ),
        entry(
            "lookups",
            count(1, 1_000_000),
            Is("1000"),
            "100",
            "Names that are looked up at once; for one more, the client is told that this server failed.",
        ),
        DATAGRAM,
        COOKIES,
        COOKIE_SECRETS,
        RATE_OF_CLIENTS,
        SLIP,
        CONNECTIONS,
        PER_ADDRESS,
        IDLE,
    ],
};

pub(super) static KEY: Section = Section {
    header: "[key.NAME]",
    doc: "A secret that two name servers share (TSIG, RFC 8945). Its name is part of what is signed.",
    entries: &[
        entry(
            "algorithm",
            Choice(&["hmac-sha256", "hmac-sha384", "hmac-sha512"]),
            Is(r#""hmac-sha256""#),
            r#""hmac-sha512""#,
            "How it signs.",
        ),
        entry(
            "secret-file",
            Text(Shape::FilePath),
            Required,
            r#""/etc/throughline/transfer.key""#,
            "The file that holds the secret, in base64; nobody but this program's user should be able to read it.",
        ),
    ],
};

pub(super) static ZONE: Section = Section {
    header: "[zone.NAME]",
    doc: "A zone that is served, by its name: `[zone.\"example.com\"]`.",
    entries: &[
        entry(
            "file",
            Text(Shape::FilePath),
            Means("no file: the records are those written here"),
            r#""/etc/throughline/example.com.zone""#,
            "A zone file (RFC 1035 §5). It is read again at a reload; one with a mistake changes nothing.",
        ),
        entry(
            "at",
            Texts { each: Shape::SocketAddress, min: 1 },
            Means("each address of `[dns] at`"),
            r#"["10.0.0.53:53"]"#,
            "Where it is served, of the addresses in `[dns] at`; at the others its names are refused like those of strangers.",
        ),
        entry("ttl", TIME, Is(r#""1h""#), r#""5m""#, "How long answers may be kept whose record does not say."),
        entry(
            "rotate",
            Bool,
            Is("true"),
            "false",
            "Several addresses of one name are given in turn: each answer begins with the next (DNS round robin).",
        ),
        entry(
            "transfer",
            Texts { each: Shape::TransferTo, min: 0 },
            Is("[]"),
            r#"["192.0.2.54 key transfer"]"#,
            "Who may have the whole zone (AXFR): a network, and the key that the request is signed with.",
        ),
        entry(
            "notify",
            Texts { each: Shape::NotifyTo, min: 0 },
            Is("[]"),
            r#"["192.0.2.54:53 key transfer"]"#,
            "Who is told that the zone has changed (RFC 1996), and the key that signs it.",
        ),
        section("record", Kind::Tables(&RECORD), Means("no further records"), "Records beside those of the file."),
    ],
};

static RECORD: Section = Section {
    header: "[[zone.NAME.record]]",
    doc: "Records of one name and type. Several of these for one name and type are one set.",
    entries: &[
        entry(
            "name",
            Text(Shape::RecordName),
            Required,
            r#""www""#,
            "The name below the zone's; `@` for the zone's own; one with a dot at its end is whole.",
        ),
        entry("type", Text(Shape::RecordType), Means("A and AAAA, with `pool` or `steer`"), r#""A""#, "The type of `values`."),
        entry("ttl", TIME, Means("`ttl` of the zone"), r#""30s""#, "How long an answer may be kept."),
        entry(
            "values",
            Texts { each: Shape::Any, min: 1 },
            Means("the addresses come from `pool` or `steer`"),
            r#"["192.0.2.80", "192.0.2.81"]"#,
            "What the records say, each as in a zone file.",
        ),
        entry(
            "pool",
            Text(Shape::Name),
            Means("no pool"),
            r#""app""#,
            "The addresses are those of this pool's backends that are healthy; of all, if none is.",
        ),
        entry(
            "steer",
            Text(Shape::Name),
            Means("no steering"),
            r#""app""#,
            "The addresses are those of the place that this steering leads the client to.",
        ),
        entry(
            "order",
            Choice(&["rotate", "fixed", "weighted", "first"]),
            Is(r#""rotate""#),
            r#""weighted""#,
            "How several are given: each answer begins with the next, as written, one drawn by weight, or the first that is healthy.",
        ),
        entry("weight", count(0, 65_535), Is("1"), "3", "The weight of each of these `values` beside others of the set.")
            .only("order", &["weighted"]),
    ],
};
