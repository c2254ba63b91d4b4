use super::*;
use alloc::format;
use proptest::collection::vec;
use proptest::prelude::*;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn an_empty_file_means_the_defaults() {
    let servers = [NameServer { address: ip("127.0.0.1"), zone: None }].into();
    let defaults = ResolvConf { servers, search: [].into(), ndots: 1, timeout: Duration::from_secs(5), attempts: 2 };
    assert_eq!(ResolvConf::parse(b""), defaults);
    assert_eq!(ResolvConf::parse(b"# nameserver 192.0.2.1\n;search a\n nameserver 192.0.2.2\nnameserver nonsense\n\xff\n"), defaults);
}

#[test]
fn every_line_that_counts() {
    let file = b"domain first.example\nsearch  a.example\tb.example. # and no more\nnameserver 192.0.2.1 ; ours\n\
        nameserver 2001:db8::1\r\nnameserver fe80::1%eth0\noptions ndots:3 timeout:2 rotate attempts:4 inet6";
    let conf = ResolvConf::parse(file);
    let server = |address: &str, zone: Option<&str>| NameServer { address: ip(address), zone: zone.map(Into::into) };
    assert_eq!(conf.servers, [server("192.0.2.1", None), server("2001:db8::1", None), server("fe80::1", Some("eth0"))]);
    assert_eq!(conf.search, ["a.example", "b.example."]);
    assert_eq!((conf.ndots, conf.timeout, conf.attempts), (3, Duration::from_secs(2), 4));
    assert_eq!(ResolvConf::parse(b"search a b\ndomain c d").search, ["c"]);
}

#[test]
fn options_stay_within_their_limits() {
    let limits = |file: &str| {
        let conf = ResolvConf::parse(file.as_bytes());
        (conf.ndots, conf.timeout.as_secs(), conf.attempts)
    };
    assert_eq!(limits("options ndots:0 timeout:0 attempts:0"), (0, 1, 1));
    assert_eq!(limits("options ndots:16 timeout:31 attempts:6"), (15, 30, 5));
    assert_eq!(limits("options ndots:4294967295 timeout:256 attempts:300"), (15, 30, 5));
    assert_eq!(limits("options ndots: timeout:-1 attempts:4294967296"), (1, 5, 2));
}

#[test]
fn hosts_are_found_by_any_of_their_names() {
    let file = b"127.0.0.1\tlocalhost\n::1 localhost ip6-localhost # loopback shop\n192.0.2.7  db.example  DB\n\
        192.0.2.8 db.example\n192.0.2.7 db.example\nfe80::1%lo0 db.example\n# 192.0.2.9 db\nnot-an-address db\n";
    let find = |name| addresses_in_hosts(file, name);
    assert_eq!(find("localhost"), [ip("127.0.0.1"), ip("::1")]);
    assert_eq!(find("db"), [ip("192.0.2.7")]);
    assert_eq!(find("Db.Example"), [ip("192.0.2.7"), ip("192.0.2.8")]);
    for none in ["shop", "loopback", "192.0.2.7", "", "db.exampl"] {
        assert_eq!(find(none), [] as [IpAddr; 0], "{none}");
    }
}

fn written(conf: &ResolvConf) -> String {
    let mut file = String::new();
    for server in &conf.servers {
        let zone = server.zone.as_ref().map(|zone| format!("%{zone}")).unwrap_or_default();
        file += &format!("nameserver {}{zone}\n", server.address);
    }
    file += &format!("search {}\n", conf.search.join(" "));
    file + &format!("options ndots:{} timeout:{} attempts:{}\n", conf.ndots, conf.timeout.as_secs(), conf.attempts)
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        servers in vec((any::<IpAddr>(), proptest::option::of("[a-z0-9]{1,8}")), 1..4),
        search in vec("[a-z0-9.-]{1,20}", 0..4),
        (ndots, timeout, attempts) in (0..=15u8, 1..=30u64, 1..=5u8),
    ) {
        let servers = servers.into_iter().map(|(address, zone)| NameServer { address, zone }).collect();
        let conf = ResolvConf { servers, search, ndots, timeout: Duration::from_secs(timeout), attempts };
        prop_assert_eq!(ResolvConf::parse(written(&conf).as_bytes()), conf);
    }

    #[test]
    fn any_bytes_are_read(
        file in vec(prop_oneof![
            any::<u8>().prop_map(|byte| [byte].to_vec()),
            "(nameserver|search|options|ndots:|\n|#| |::1|192.0.2.1|%)".prop_map(String::into_bytes),
        ], 0..40),
        name in "[a-z.]{0,6}",
    ) {
        let file = file.concat();
        let conf = ResolvConf::parse(&file);
        prop_assert!(!conf.servers.is_empty() && conf.attempts > 0 && !conf.timeout.is_zero());
        addresses_in_hosts(&file, &name);
    }
}

#[test]
fn the_order_of_trying() {
    let search = ["shop.example".to_string(), "example.".to_string()];
    let of = |name, ndots| candidates(name, &search, ndots);
    assert_eq!(of("db", 1), ["db.shop.example", "db.example", "db"]);
    assert_eq!(of("db.eu", 1), ["db.eu", "db.eu.shop.example", "db.eu.example"]);
    assert_eq!(of("db.eu", 2), ["db.eu.shop.example", "db.eu.example", "db.eu"]);
    assert_eq!(of("db", 0), ["db", "db.shop.example", "db.example"]);
    assert_eq!(of("db.", 5), ["db"]);
}

#[test]
fn no_name_is_tried_twice() {
    let search = ["a".to_string(), ".".to_string(), "a.".to_string()];
    assert_eq!(candidates("db", &search, 1), ["db.a", "db"]);
    assert_eq!(candidates("db", &[], 1), ["db"]);
}

#[test]
fn the_line_of_the_hosts_file_is_told() {
    let file = b"# names\n127.0.0.1 localhost\n192.0.2.1 other www # the first\n\n2001:db8::1 WWW\n192.0.2.1 www\n";
    assert_eq!(lines_in_hosts(file, "www"), [(3, ip("192.0.2.1")), (5, ip("2001:db8::1"))]);
}
