use super::*;
use crate::settings;

const CONFIG: &str = r#"
[[listener]]
at = "127.0.0.1:8080"
[[site]]
name = "main"
hosts = ["*"]
[[site.route]]
steer = "cdn"
[pool.none]
backends = ["127.0.0.1:3000"]
[pop.fra]
addresses = ["192.0.2.11"]
url = "http://fra.example"
capacity = 5
[pop.sin]
addresses = ["192.0.2.12"]
url = "http://sin.example"
[steering.cdn]
pops = ["fra", "sin"]
[[collector]]
pop = "sin"
mrt = "/nowhere/at/all.mrt"
[[collector]]
pop = "fra"
bgp = "192.0.2.1:179"
local-as = 65000
router-as = 65001
identifier = "192.0.2.9"
"#;

fn config(text: &str) -> Config {
    settings::load(text, "edge.toml").unwrap_or_else(|found| panic!("{found:?}"))
}

fn wanted(without: Option<&str>) -> Wanted {
    let weights = weights_of("192.0.2.0/24 6\n198.51.100.0/24 2\n", "w").expect("weights");
    let shape = Shape::Table(Look { width: 80, colour: false, verbose: false });
    Wanted { steering: None, without: without.map(str::to_string), weights, shape }
}

#[test]
fn a_configuration_alone_tells_what_is_missing_and_who_overloads() {
    let text = rehearsed(&wanted(None), config(CONFIG), None).expect("a table");
    for line in [
        "not known  the table of fra, which its router tells: only a running server has it\n",
        "not known  the table of sin (mrt /nowhere/at/all.mrt): ",
        "  fra  default  -  networks  weight 100.0 %\n",
        "overload   fra will have 8 of the 5 that it can bear (160.0 %)\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    let text = rehearsed(&wanted(Some("fra")), config(CONFIG), None).expect("a table");
    assert!(text.contains("  fra → sin  2  networks  weight 100.0 %\n"), "{text}");
    let wrong = rehearsed(&wanted(Some("ber")), config(CONFIG), None);
    assert_eq!(wrong, Err("steering cdn has no place \"ber\"; places: fra, sin".to_string()));
}

#[test]
fn programs_are_told_the_same() {
    let wanted = Wanted { shape: Shape::Json { all: false }, ..wanted(Some("fra")) };
    let json = rehearsed(&wanted, config(CONFIG), None).expect("an object");
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(
        (&json["schema"], &json["steering"], &json["without"]),
        (&"throughline.explain-steer/1".into(), &"cdn".into(), &"fra".into())
    );
    assert_eq!(json["flows"], serde_json::json!([{ "from": "fra", "to": "sin", "networks": 2, "weight": { "ipv4": 8, "ipv6": 0 } }]));
    assert_eq!(json["places"][0]["after"], serde_json::json!({ "ipv4": 0, "ipv6": 0 }));
    assert_eq!((json["moving"].as_u64(), json["moves"].as_array().map(Vec::len)), (Some(2), Some(2)));
    assert_eq!(json["missing"].as_array().map(Vec::len), Some(2), "{json}");
}

/// Places are known by their names, whatever their order, and whoever comes or goes.
#[test]
fn two_configurations_are_compared_by_names() {
    let new = CONFIG.replace("pops = [\"fra\", \"sin\"]", "pops = [\"ber\", \"sin\"]");
    let new = new.replace("[pop.fra]", "[pop.ber]").replace("pop = \"fra\"", "pop = \"ber\"").replace("fra.example", "ber.example");
    let text = rehearsed(&wanted(None), config(CONFIG), Some((config(&new), ["old", "new"]))).expect("a table");
    assert!(text.contains("  fra → ber  2  networks  weight 100.0 %\n"), "{text}");
    assert!(text.contains("from       old\nto         new\n"), "{text}");
    let same = rehearsed(&wanted(None), config(CONFIG), Some((config(CONFIG), ["old", "new"]))).expect("a table");
    assert!(same.ends_with("=>         nothing moves\n"), "{same}");
}

#[test]
fn a_bad_weight_is_told_with_its_line() {
    assert_eq!(
        weights_of("192.0.2.0/24\n", "w.txt").map(drop),
        Err("w.txt, line 1: there has to be a weight, which is a number of zero or more".to_string())
    );
}

#[test]
fn the_policy_of_the_page_names_its_own_style() {
    use base64::Engine;
    let wanted = Wanted { shape: Shape::Page, ..wanted(Some("fra")) };
    let page = rehearsed(&wanted, config(CONFIG), None).expect("a page");
    let inner = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("an element");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, inner.as_bytes());
    let hash = base64::engine::general_purpose::STANDARD.encode(hash);
    assert!(page.contains(&format!("style-src 'sha256-{hash}'")), "crates/view/src/steering/style.sha256 has to be {hash}");
}
