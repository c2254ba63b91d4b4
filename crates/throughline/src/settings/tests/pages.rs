//! The pages made from the catalogue are those in the tree, and the example beside them is right.

use super::*;
use std::path::PathBuf;

fn guide(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide").join(name)
}

fn is_in_the_tree(name: &str, made: &str) {
    let path = guide(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, made).expect("the guide can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(made.lines()).position(|(a, b)| a != b).unwrap_or(found.lines().count().min(made.lines().count()));
    assert!(found == made, "docs/guide/{name} differs from the catalogue from line {}; UPDATE=1 cargo test writes it", differs + 1);
}

#[test]
fn the_reference_is_in_the_tree() {
    is_in_the_tree("settings.md", &reference());
}

#[test]
fn the_schema_is_in_the_tree() {
    is_in_the_tree("settings.schema.json", &schema());
}

/// The example of the guide.
pub(super) fn edge() -> String {
    std::fs::read_to_string(guide("edge.toml")).expect("the guide has an example")
}

#[test]
fn the_example_is_without_a_mistake() {
    let text = edge();
    let loaded =
        load_on(&text, "edge.toml", &[], &Paper(|root| root == "/srv/www")).unwrap_or_else(|mistakes| panic!("{}", shown(&mistakes)));
    assert_eq!(shown(&loaded.warnings), "");
    let config = loaded.config;
    assert_eq!(config.listeners.iter().map(|listener| listener.sites.clone()).collect::<Vec<_>>(), [vec![0, 1], vec![1], vec![0, 1]]);
    assert_eq!(config.pools.iter().map(|pool| (pool.name.as_str(), pool.backends.len())).collect::<Vec<_>>(), [("app", 3), ("beta", 1)]);
    let routes: Vec<&str> = config.sites[0].routes.iter().map(|route| route.name.as_str()).collect();
    assert_eq!(routes, ["/api/*", "beta", "/shop/*", "/old/*", "/robots.txt", "*"]);
}

#[test]
fn the_example_shows_every_section() {
    let text = edge();
    let written = |section: &catalogue::Section| {
        let key = section.header.trim_matches(['[', ']']).rsplit('.').next().unwrap_or_default();
        let (before, behind) = section.header.split_once("NAME").unwrap_or((section.header, ""));
        let is_header =
            |line: &str| line.trim_start_matches("# ").strip_prefix(before).is_some_and(|name| behind.is_empty() || name.contains(behind));
        text.lines().any(is_header) || text.contains(&format!("\n{key} = "))
    };
    let missing: Vec<&str> = catalogue::sections().skip(1).filter(|section| !written(section)).map(|section| section.header).collect();
    assert_eq!(missing, [""; 0]);
}
