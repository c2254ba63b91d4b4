use super::*;
use decide::config::PathMatch;
use decide::time::Duration;

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
