use super::*;

const GOOD: &str = r#"
[[listener]]
at = "127.0.0.1:8080"

[[site]]
hosts = ["a.test"]

[[site.route]]
pool = "app"

[pool.app]
backends = ["127.0.0.1:3000", "127.0.0.1:3001"]
"#;

#[test]
fn a_good_file_is_summed_up() {
    let loaded = settings::load_with(GOOD, "edge.toml", &[]).expect("no mistakes");
    assert_eq!(summary("edge.toml", &loaded), "edge.toml: ok: 1 listener, 1 site, 1 pool (2 backends), admin on 127.0.0.1:8090");
    let unused = GOOD.replace("[pool.app]", "[pool.spare]\nbackends = [\"127.0.0.1:3002\"]\n\n[pool.app]") + "\n[admin]\nat = \"off\"\n";
    let loaded = settings::load_with(&unused, "edge.toml", &[]).expect("a warning alone");
    assert_eq!(summary("edge.toml", &loaded), "edge.toml: ok: 1 listener, 1 site, 2 pools (3 backends), 1 warning");
}

#[test]
fn mistakes_and_warnings_are_counted_apart() {
    let bad = GOOD.replace("pool = \"app\"", "pool = \"ap\"\nnonsense = 1\nmethods = 3");
    let found = settings::load_with(&bad, "edge.toml", &[]).expect_err("three mistakes");
    let errors = found.iter().filter(|mistake| mistake.severity == Severity::Error).count();
    assert_eq!(errors, 3, "{found:#?}");
    assert!(tally(&found).starts_with("3 mistakes"), "{}", tally(&found));
    assert_eq!(tally(&found[..1]), "1 mistake");
}
