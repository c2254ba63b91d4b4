//! `[pop.NAME]`, `[steering.NAME]`, `[[collector]]`, `[geography]`.

use super::Absent::{Is, Means, Required};
use super::Kind::{Text, Texts};
use super::{Kind, MANY, Section, Shape, TIME, TIME_OR_ZERO, count, entry, percent, section};

pub(super) static POP: Section = Section {
    header: "[pop.NAME]",
    doc: "A point of presence: a place with cache servers, which clients are led to.",
    entries: &[
        entry(
            "addresses",
            Texts { each: Shape::IpAddress, min: 1 },
            Required,
            r#"["192.0.2.10", "2001:db8::10"]"#,
            "The addresses that clients are given.",
        ),
        entry(
            "pool",
            Text(Shape::Name),
            Means("it counts as healthy, and its load is not known"),
            r#""app""#,
            "The pool of its edges. Where none of them is healthy, nobody is led there; what they report is its load.",
        ),
        entry(
            "capacity",
            count(0, 1_000_000_000_000),
            Is("0"),
            "400",
            "The load it bears, times 100: the sum of what its edges report; 400 for four that report 1.0 when full. Beyond it, \
             networks move to their next best place; 0: no bound.",
        ),
        entry(
            "location",
            Text(Shape::Coordinates),
            Means("it is nowhere: never the nearest by `geography`"),
            r#""50.11, 8.68""#,
            "Where it is: latitude and longitude in degrees.",
        ),
        entry(
            "url",
            Text(Shape::Origin),
            Means("no redirect leads there"),
            r#""https://fra.cdn.example.com""#,
            "Where a redirect leads that sends a client to this place.",
        ),
    ],
};

pub(super) static STEERING: Section = Section {
    header: "[steering.NAME]",
    doc: "How clients are led to places: by DNS (`steer` of a record), or by a redirect.",
    entries: &[
        entry(
            "pops",
            Texts { each: Shape::Name, min: 1 },
            Means("all places, in the order written"),
            r#"["app"]"#,
            "The places. Where nothing is known of a client, it goes to the first that is healthy.",
        ),
        entry(
            "layers",
            Texts { each: Shape::Layer, min: 0 },
            Is(r#"["measured", "topology", "geography"]"#),
            r#"["topology"]"#,
            "What is asked, in this order, until one has an answer: round-trip times that clients measured, routing tables, geography.",
        ),
        entry(
            "hold",
            TIME_OR_ZERO,
            Is(r#""5m""#),
            r#""1m""#,
            "A network that has moved for a change of routes stays this long before the next one moves it.",
        ),
        entry(
            "moves-per-minute",
            count(1, MANY),
            Is("20_000"),
            "1_000",
            "Networks that changes of routes move in a minute, at the most; what a lost place leaves behind moves at once.",
        ),
        entry(
            "measured-gain",
            percent(100),
            Is("10"),
            "20",
            "How much shorter a measured round trip must be than that to the place of the next layer, for it to decide.",
        ),
        section("measure", Kind::Switch(&MEASURE), Means("clients do not measure"), "How clients measure, and what of it is believed."),
    ],
};

static MEASURE: Section = Section {
    header: "[steering.NAME.measure]",
    doc: "Round-trip times that clients measure with the script of a route with `measure`.",
    entries: &[
        entry(
            "key-file",
            Text(Shape::FilePath),
            Means("a key drawn at the start"),
            r#""/etc/throughline/measure.key""#,
            "A file of 32 bytes or more that signs the leave to report; servers that share the work need the same.",
        ),
        entry("lifetime", TIME, Is(r#""2m""#), r#""30s""#, "How long after the script a report may come."),
        entry("reports-per-minute", count(1, MANY), Is("60"), "10", "Reports a minute that are taken of one network (/24, of IPv6 /56)."),
        entry("half-life", TIME, Is(r#""1h""#), r#""10m""#, "A report weighs half after this long."),
        entry(
            "least-reports",
            count(1, 64),
            Is("3"),
            "10",
            "Addresses of a network that must have reported before anything is decided by it.",
        ),
        entry(
            "networks",
            count(1, 100_000_000),
            Is("100_000"),
            "10_000",
            "Networks that are remembered; the ones heard of longest ago go first.",
        ),
    ],
};

pub(super) static COLLECTOR: Section = Section {
    header: "[[collector]]",
    doc: "Where the routing table of a place's router comes from: one of `mrt`, `bmp`, `bgp`.",
    entries: &[
        entry("pop", Text(Shape::Name), Required, r#""app""#, "Whose router it is."),
        entry(
            "mrt",
            Text(Shape::FilePath),
            Means("no file"),
            r#""/var/lib/throughline/fra.mrt""#,
            "A file of the router's table (RFC 6396), plain or gzip, which is read again whenever it changes.",
        ),
        entry(
            "peer",
            Text(Shape::IpAddress),
            Means("all of them, of each network the best route"),
            r#""192.0.2.1""#,
            "Of the peers in the file, only this one.",
        )
        .only("mrt", &[]),
        entry(
            "bmp",
            Text(Shape::SocketAddress),
            Means("no feed"),
            r#""192.0.2.53:11019""#,
            "Where this program listens for the router's feed (BMP, RFC 7854); several collectors may share an address.",
        ),
        entry(
            "router",
            Texts { each: Shape::Network, min: 1 },
            Is(r#"["127.0.0.0/8", "::1"]"#),
            r#"["192.0.2.1"]"#,
            "Where the router of the feed connects from; nobody else may tell routes.",
        )
        .only("bmp", &[]),
        entry(
            "bgp",
            Text(Shape::SocketAddress),
            Means("no session"),
            r#""192.0.2.1:179""#,
            "The router of a BGP session, which is told nothing.",
        ),
        entry(
            "listen",
            Text(Shape::SocketAddress),
            Means("this program connects"),
            r#""192.0.2.53:179""#,
            "Where this program waits for the router to connect.",
        )
        .only("bgp", &[]),
        entry("local-as", count(1, MANY), Is("64512"), "64496", "Our autonomous system in the session.").only("bgp", &[]),
        entry("router-as", count(1, MANY), Is("64512"), "64496", "The router's; the same as ours for a session inside one system.")
            .only("bgp", &[]),
        entry(
            "identifier",
            Text(Shape::Ipv4Address),
            Is(r#""127.0.0.1""#),
            r#""192.0.2.53""#,
            "Our identifier in the session; no two speakers that the router knows may share it.",
        )
        .only("bgp", &[]),
        entry(
            "hold-time",
            TIME_OR_ZERO,
            Is(r#""90s""#),
            r#""30s""#,
            "Silence after which the router counts as gone, 3 seconds or more; `\"0s\"` for never.",
        )
        .only("bgp", &[]),
        entry("keep", TIME_OR_ZERO, Is(r#""10m""#), r#""1h""#, "Where the router has gone, its last table holds for this long."),
        entry(
            "prefixes",
            count(1, 100_000_000),
            Is("3_000_000"),
            "100_000",
            "Networks that are taken of it, at the most; a session that tells of more is ended.",
        ),
    ],
};

pub(super) static GEOGRAPHY: Section = Section {
    header: "[geography]",
    doc: "Where addresses are said to be.",
    entries: &[entry(
        "file",
        Text(Shape::FilePath),
        Required,
        r#""/var/lib/GeoIP/GeoLite2-City.mmdb""#,
        "A file of the MaxMind DB format with locations, which is read again whenever it changes.",
    )],
};
