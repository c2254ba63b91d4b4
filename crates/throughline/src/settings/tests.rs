mod arbitrary;
mod entries;
mod mistakes;
mod pages;
mod paper;

use super::*;
use decide::config::PathMatch;
use decide::time::Duration;
use paper::Paper;

/// As small as a config file can be.
const SMALL: &str = r#"
[[listener]]
at = "127.0.0.1:8080"

[[site]]

[[site.route]]
pool = "app"

[pool.app]
backends = ["127.0.0.1:3000"]
"#;

#[test]
fn a_small_file_gets_every_default() {
    let loaded = load_with(SMALL, "small.toml", &[]).expect("it is right");
    let config = loaded.config;
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.admin, admin_defaults());
    assert_eq!(config.limits, limits_defaults());
    assert_eq!(config.server, server_defaults());
    assert_eq!(config.access_log, None);
    let at = |text| Address::parse(text).expect("an address");
    assert_eq!(config.listeners, [listener_defaults(at("127.0.0.1:8080"), vec![0])]);
    let backends = vec![backend_defaults(at("127.0.0.1:3000"))];
    assert_eq!(config.pools, [Pool { name: "app".to_string(), backends, ..pool_defaults() }]);
    let site = &config.sites[0];
    assert_eq!(*site, Site { routes: site.routes.clone(), ..site_defaults() });
    assert_eq!((site.routes.len(), &site.routes[0].when.path, &site.routes[0].action), (1, &PathMatch::Any, &Action::Pool(0)));
    assert_eq!(config.limits.idle_timeout, Duration::from_secs(60));
}

/// Mistakes as they are shown, first lines only.
fn shown(mistakes: &[Mistake]) -> String {
    let first = |mistake: &Mistake| mistake.to_string().lines().next().unwrap_or_default().to_string();
    mistakes.iter().map(first).collect::<Vec<_>>().join("\n")
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

#[test]
fn the_one_liner_is_a_small_file() {
    let config = from_to(&[address("127.0.0.1:8080")], &[address("127.0.0.1:3000"), address("127.0.0.1:3001")]);
    let text = SMALL.replace("[\"127.0.0.1:3000\"]", "[\"127.0.0.1:3000\", \"127.0.0.1:3001\"]").replace("app", "to");
    assert_eq!(Ok(config), load(&text, "small.toml"));
}

#[test]
fn defaults_of_parts_are_what_their_sections_mean() {
    let text = format!("{SMALL}[pool.app.health]\nconnect = true\n[log]\n").replace("[[site.route]]\n", "[[site.route]]\npath = \"/\"\n");
    let text = text.replace("[pool.app]", "[[site.route]]\nfiles = { root = \"\" }\n[pool.app]").replace("root = \"\"", "root = \"/srv\"");
    let config = load(&text, "t.toml").unwrap_or_else(|mistakes| panic!("{}", shown(&mistakes)));
    let pool = &config.pools[0];
    assert_eq!(pool.health, Some(health_defaults(decide::config::Probe::Connect)));
    assert_eq!((&pool.ejection, &pool.retry), (&ejection_defaults(), &retry_defaults()));
    assert_eq!(config.access_log, Some(access_log_defaults()));
    assert_eq!((config.sites[0].show, config.sites[0].forward), (show_defaults(), forward_defaults()));
    let files = decide::config::Files { root: "/srv".to_string(), ..files_defaults() };
    assert_eq!(config.sites[0].routes[1].action, Action::Files(files));
    assert_eq!(config.sites[0].routes[1].when, match_defaults());
}

#[test]
fn the_admin_side_can_be_off_or_elsewhere() {
    let admin = |at: &str| load_with(&format!("{SMALL}[admin]\nat = \"{at}\"\n"), "t.toml", &[]).expect("it is right").admin;
    assert_eq!(admin("off"), None);
    assert_eq!(admin("unix:/run/a.sock"), Some(address("unix:/run/a.sock")));
    assert_eq!(admin_defaults(), Some(address("127.0.0.1:8090")));
}

#[test]
fn edits_keep_the_order_written() {
    let rewrite = "rewrite = { set = { z = \"1\", a = \"2\" }, add = { m = [\"x\", \"y\"], b = \"z\" } }\n";
    let config = load(&SMALL.replace("pool = \"app\"\n", &format!("pool = \"app\"\n{rewrite}")), "t.toml").expect("it is right");
    let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
    let fields = &config.sites[0].routes[0].request.fields;
    assert_eq!(fields.set, [pair("z", "1"), pair("a", "2")]);
    assert_eq!(fields.add, [pair("m", "x"), pair("m", "y"), pair("b", "z")]);
}

#[test]
fn pools_keep_the_order_written_and_routes_point_at_them() {
    let text = SMALL.replace("\"app\"", "\"b\"").replace("[pool.app]", "[pool.c]\nbackends = [\"127.0.0.1:1\"]\n[pool.b]");
    let config = load(&text, "t.toml").expect("it is right");
    assert_eq!(config.pools.iter().map(|pool| pool.name.as_str()).collect::<Vec<_>>(), ["c", "b"]);
    assert_eq!(config.sites[0].routes[0].action, Action::Pool(1));
}

/// Round robin is the default, but not of what is to stay as written, nor of what is signed; of a set nothing is given twice.
#[test]
fn addresses_rotate_where_nothing_speaks_against_it() {
    let file = r#"
[dns]
at = ["127.0.0.1:5300"]

[zone."example.com"]
file = "/etc/signed.zone"

[[zone."example.com".record]]
name = "fixed"
type = "A"
values = ["192.0.2.1", "192.0.2.2"]
order = "fixed"
"#;
    let loaded = load_on(&format!("{file}{SMALL}"), "t.toml", &[], &Paper(|_| true)).expect("it is right");
    let zone = &loaded.config.dns.expect("it is there").zones[0];
    let [set] = &zone.sets[..] else { panic!("{:?}", zone.sets) };
    let decide::config::Source::Values { values, .. } = &set.source else { panic!("{set:?}") };
    assert_eq!((set.owner.to_string(), set.ttl, values.len()), ("www.example.com".to_string(), 60, 2));
    let plain = |owner: &str| zone.records.iter().filter(|record| record.owner.to_string() == owner).count();
    assert_eq!((plain("fixed.example.com"), plain("signed.example.com"), plain("twice.example.com")), (2, 3, 1));
}
