use super::*;
use decide::address::Address;
use decide::pool;
use decide::time::Duration;

fn backend(name: &str, address: &str, admin: &str, health: &str) -> BackendStatus {
    let text = str::to_owned;
    BackendStatus {
        name: text(name),
        address: text(address),
        admin: text(admin),
        health: text(health),
        weight: 1,
        share: 100,
        ..BackendStatus::default()
    }
}

fn certificate(name: &str, names: &[&str]) -> CertificateStatus {
    CertificateStatus { name: name.to_owned(), names: names.iter().map(ToString::to_string).collect(), ..CertificateStatus::default() }
}

fn order(wait: Option<u64>, why: &str) -> Option<OrderStatus> {
    Some(OrderStatus { wait, why: why.to_owned() })
}

fn names() -> Vec<NameStatus> {
    vec![
        NameStatus {
            role: "authority".to_owned(),
            addresses: vec!["192.0.2.53:53".to_owned(), "[2001:db8::53]:53".to_owned()],
            zones: 1200,
            queries: 5_000_000,
            tcp: 400,
            no_name: 30_000,
            refused: 17,
            malformed: 5,
            limited: 1000,
            ..NameStatus::default()
        },
        NameStatus {
            role: "resolver".to_owned(),
            addresses: vec!["127.0.0.1:53".to_owned()],
            queries: 20,
            failed: 2,
            ..NameStatus::default()
        },
    ]
}

fn status() -> Status {
    let app = vec![
        BackendStatus { in_flight: 3, requests: 1_204_331, failures: 12, ..backend("a1", "127.0.0.1:3000", "ready", "up") },
        BackendStatus { share: 35, weight: 10, ..backend("a2", "127.0.0.1:3001", "ready", "up") },
        BackendStatus { ejected: Some(90), ejections: 2, ..backend("[::1]:3002", "[::1]:3002", "ready", "up") },
        backend("a4", "unix:/run/a4.sock", "drain", "up"),
        BackendStatus { ejected: Some(3), ..backend("a5", "a5.internal:80", "ready", "down") },
        BackendStatus { weight: 0, ..backend("a6", "a6.internal:80", "ready", "unknown") },
        backend("a7", "a7.internal:80", "ready", "unknown"),
    ];
    let listener = |address: &str, sites: &[&str], paused| ListenerStatus {
        address: address.to_owned(),
        sites: sites.iter().map(ToString::to_string).collect(),
        paused,
    };
    Status {
        name: "throughline".to_owned(),
        version: "0.1.0".to_owned(),
        generation: 3,
        uptime: 7500,
        draining: false,
        listeners: vec![listener("127.0.0.1:8080", &["main", "api"], false), listener("[::1]:8080", &["main"], true)],
        connections: Connections { open: 12, limit: 10_000, total: 4531 },
        requests: Requests { in_flight: 3, total: 1_204_400, client_errors: 57, server_errors: 2 },
        tunnels: TunnelStatus { open: 1500, websockets: 1200 },
        leading: LeadingStatus::default(),
        names: names(),
        certificates: vec![
            CertificateStatus { left: Some(0), ..certificate("/etc/ssl/old.pem", &["old.test", "*.old.test"]) },
            CertificateStatus {
                left: Some(61 * 86_400 + 3 * 3600),
                order: order(Some(31 * 86_400), "of its age"),
                ..certificate("acme/a", &["a.test"])
            },
            CertificateStatus {
                left: Some(6 * 86_400),
                order: order(None, "of its age"),
                ..certificate("acme/b", &["b.test", "1.b.test", "2.b.test", "3.b.test", "4.b.test"])
            },
            CertificateStatus { order: order(Some(75), "it failed"), ..certificate("acme/c", &["c.test"]) },
        ],
        cache: CacheStatus { objects: 2000, bytes: 3 << 20, memory: 256 << 20, hits: 9000, misses: 100, collapsed: 40 },
        journal: JournalStatus {
            directory: Some("/var/lib/throughline/journal".to_owned()),
            accepted: 1042,
            durable: Some(1041),
            applied: 1040,
            bytes: 5 << 20,
            size: 256 << 20,
            failing: false,
        },
        pools: vec![
            PoolStatus {
                name: "app".to_owned(),
                algorithm: "fastest".to_owned(),
                queued: 4,
                retries: 1000,
                backends: app,
                ..PoolStatus::default()
            },
            PoolStatus { name: "old".to_owned(), algorithm: "random".to_owned(), panic: true, ..PoolStatus::default() },
        ],
    }
}

#[test]
fn the_table_is_readable() {
    let expected = "\
throughline 0.1.0, up 2 h 5 min, configuration 3
  listeners      127.0.0.1:8080 (main, api)
                 [::1]:8080 (main), paused: no descriptors left
  connections    12 open of at most 10,000, 4,531 since the start
  requests       3 in flight, 1,204,400 since the start, 4xx 57, 5xx 2
  dns authority  192.0.2.53:53, [2001:db8::53]:53 (1,200 zones)
                 5,000,000 queries, 400 by TCP; NXDOMAIN 30,000, REFUSED 17, SERVFAIL 0; malformed 5, limited 1,000
  dns resolver   127.0.0.1:53
                 20 queries, 0 by TCP; NXDOMAIN 0, REFUSED 0, SERVFAIL 2; malformed 0, limited 0
  tunnels        1,500 open, 1,200 of them WebSockets
  cache          2,000 stored in 3,072 KiB of 256 MiB, hits 9,000, misses 100, of them collapsed 40
  journal        number 1,040 applied of 1,042, 1,041 on disk, 5,120 KiB of 256 MiB in /var/lib/throughline/journal

  certificate       names                                  holds for  ordered
  /etc/ssl/old.pem  old.test, *.old.test                   expired
  acme/a            a.test                                 61 d 3 h   in 31 d 0 h: of its age
  acme/b            b.test, 1.b.test, 2.b.test and 2 more  6 d 0 h    now: of its age
  acme/c            c.test                                 none yet   in 1 min 15 s: it failed

pool app, fastest, 3 of 7 available, waiting 4, retries 1,000
  backend     address            state                  weight  in flight   requests  failures  ejections
  a1          127.0.0.1:3000     up                          1          3  1,204,331        12          0
  a2          127.0.0.1:3001     up, slow start      10 at 35%          0          0         0          0
  [::1]:3002                     ejected 1 min 30 s          1          0          0         0          2
  a4          unix:/run/a4.sock  drain                       1          0          0         0          0
  a5          a5.internal:80     down                        1          0          0         0          0
  a6          a6.internal:80     weight 0                    0          0          0         0          0
  a7          a7.internal:80     unknown                     1          0          0         0          0

pool old, random, 0 of 0 available, PANIC: too few are healthy, health is ignored
  backend  address  state  weight  in flight  requests  failures  ejections
";
    let text = table(&status(), Paint::Plain);
    assert_eq!(text, expected);
    assert!(text.lines().all(|line| line.chars().count() <= 120));
}

#[test]
fn a_journal_in_memory_says_so() {
    let shown = |journal| table(&Status { journal, ..status() }, Paint::Plain);
    let nothing = shown(JournalStatus::default());
    assert!(!nothing.contains("journal"), "{nothing}");
    let some = shown(JournalStatus { accepted: 7, applied: 7, ..JournalStatus::default() });
    assert!(some.contains("  journal        number 7 applied of 7, in memory only: a restart forgets it\n"), "{some}");
    let failing = shown(JournalStatus { failing: true, ..status().journal });
    assert!(failing.contains("/journal, FAILING: purges and pushes are refused\n"), "{failing}");
}

#[test]
fn colour_is_added_only_where_asked_and_moves_nothing() {
    let coloured = table(&status(), Paint::Colour);
    for (state, colour) in
        [("up", 32), ("unknown", 33), ("up, slow start", 33), ("down", 31), ("drain", 31), ("none yet", 31), ("6 d 0 h", 33)]
    {
        assert!(coloured.contains(&format!("\x1b[{colour}m{state}\x1b[0m")), "{state}");
    }
    let bare = [31, 32, 33, 0].iter().fold(coloured, |text, colour| text.replace(&format!("\x1b[{colour}m"), ""));
    assert_eq!(bare, table(&status(), Paint::Plain));
}

#[test]
fn a_name_cannot_write_on_the_terminal() {
    let mut hostile = status();
    hostile.pools[0].backends[0].name = "a\x1b[2J\n".to_owned();
    hostile.name = "x\r".to_owned();
    assert!(!table(&hostile, Paint::Plain).contains(|character: char| character.is_control() && character != '\n'));
}

#[test]
fn json_goes_both_ways_and_forgives_what_is_missing() {
    let json = status().to_json();
    assert!(!json.contains('\n'));
    assert_eq!(Status::from_json(&json).unwrap(), status());
    let old = Status::from_json(r#"{"name":"x","pools":[{"name":"p"}],"news":1}"#).unwrap();
    assert_eq!((old.name.as_str(), old.pools[0].name.as_str(), old.generation), ("x", "p", 0));
    assert!(Status::from_json("{\"generation\":\"x\"}").is_err());
}

#[test]
fn a_backend_of_a_pool_becomes_a_line() {
    let from = pool::BackendStatus {
        name: "a".to_owned(),
        address: Address::parse("[::1]:80").unwrap(),
        admin: pool::Admin::Maintenance,
        health: pool::Health::Down,
        ejected_for: Some(Duration::from_millis(1)),
        weight: 5,
        share: 350,
        in_flight: 2,
        failures: 9,
        totals: pool::Totals { started: 10, succeeded: 6, failed: 3, client_gone: 1, ejections: 1 },
    };
    let expected = BackendStatus {
        ejected: Some(1),
        weight: 5,
        share: 35,
        in_flight: 2,
        requests: 10,
        failures: 3,
        ejections: 1,
        ..backend("a", "[::1]:80", "maintenance", "down")
    };
    assert_eq!(BackendStatus::from(&from), expected);
}

#[test]
fn how_clients_are_led() {
    let text = |text: &str| text.to_owned();
    let place = |name: &str, healthy, load, capacity, shed| PlaceStatus { name: text(name), healthy, load, capacity, shed };
    let leading = LeadingStatus {
        places: vec![place("fra", true, Some(412), 400, 97), place("ams", false, None, 0, 0), place("sin", true, Some(20), 1_000, 0)],
        steerings: vec![SteeringStatus { name: text("cdn"), version: 1_204, ipv4: 900_012, ipv6: 200_001, measured: 17, held: 3_000 }],
        collectors: vec![CollectorStatus {
            name: text("bgp 192.0.2.1:179"),
            place: text("fra"),
            state: text("Established"),
            seconds: 75,
            why: String::new(),
        }],
        tables: vec![TableStatus {
            source: text("bgp 192.0.2.1:179"),
            place: text("fra"),
            state: text("kept"),
            seconds: 30,
            networks: 900_012,
            changed: Some(2),
            why: text("the router closed the connection"),
        }],
        geography: Some(GeographyStatus {
            file: text("/var/city.mmdb"),
            state: text("refused"),
            seconds: 5,
            networks: 4_000_000,
            why: text("it is torn"),
        }),
    };
    let expected = "
  place  state   load  capacity   shed
  fra    sheds    412       400  9.7 %
  ams    down       -         -      -
  sin    serves    20     1,000      -

  steering  version     IPv4     IPv6  measured  held back
  cdn         1,204  900,012  200,001        17      3,000

  collector          place  state        for         why
  bgp 192.0.2.1:179  fra    Established  1 min 15 s

  routing table      place  state  for   networks  changed  why
  bgp 192.0.2.1:179  fra    kept   30 s   900,012  2 s ago  the router closed the connection

  geography       state    for   networks  why
  /var/city.mmdb  refused  5 s  4,000,000  it is torn
";
    let shown = table(&Status { leading: leading.clone(), ..Status::default() }, Paint::Plain);
    assert!(shown.ends_with(expected), "{shown}");
    let coloured = table(&Status { leading, ..Status::default() }, Paint::Colour);
    assert!(
        coloured.contains("\x1b[31mdown") && coloured.contains("\x1b[33mkept") && coloured.contains("\x1b[32mEstablished"),
        "{coloured}"
    );
}
