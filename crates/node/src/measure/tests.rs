use super::report::{Refusal, Report, read};
use super::*;
use decide::config::Pop;
use serde_json::Value;

fn pop(name: &str, url: Option<&str>) -> Pop {
    let url = url.map(ToString::to_string);
    Pop { name: name.to_string(), addresses: Vec::new(), pool: None, capacity: 0, location: None, url }
}

fn pops() -> Vec<Pop> {
    vec![
        pop("fra", Some("https://fra.example/")),
        pop("other", Some("https://other.example")),
        pop("\"\n</script>", None),
        pop("sin", None),
    ]
}

fn reading(body: &str) -> Result<Report, Refusal> {
    read(body.as_bytes(), &pops(), &[0, 2, 3])
}

#[test]
fn a_report_is_read() {
    let times = vec![(0, Duration::from_micros(12_300)), (3, Duration::from_millis(180))];
    let report = Report { leave: "x".to_string(), times };
    assert_eq!(reading(r#" {"leave":"x", "times": {"fra":12.3,"sin":180} } "#), Ok(report));
}

#[test]
fn what_is_no_report_is_told_so() {
    let malformed = [
        "",
        "1",
        "[]",
        "{}",
        r#"{"leave":"x"}"#,
        r#"{"leave":"x","times":[]}"#,
        r#"{"leave":"x","times":{}}"#,
        r#"{"leave":1,"times":{"fra":1}}"#,
        r#"{"leave":"x","times":{"fra":"1"}}"#,
        r#"{"leave":"x","times":{"fra":null}}"#,
        r#"{"leave":"x","times":{"fra":1},"more":1}"#,
        r#"{"leave":"x","times":{"fra":1}} {}"#,
        r#"{"leave":"x","times":{"fra":1e999}}"#,
        r#"{"leave":"x","times":{"fra":NaN}}"#,
        r#"{"leave":"x","times":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}}"#,
    ];
    for body in malformed {
        assert_eq!(reading(body), Err(Refusal::Malformed), "{body}");
    }
    assert_eq!(read(b"\xff", &pops(), &[0]), Err(Refusal::Malformed));
    assert_eq!(reading(&"[".repeat(4000)), Err(Refusal::Malformed));
    assert_eq!(reading(r#"{"leave":"x","times":{"nowhere":1}}"#), Err(Refusal::UnknownPlace));
    assert_eq!(reading(r#"{"leave":"x","times":{"other":1}}"#), Err(Refusal::UnknownPlace), "a place of another steering");
    for time in ["-1", "1e300"] {
        assert_eq!(reading(&format!(r#"{{"leave":"x","times":{{"fra":{time}}}}}"#)), Err(Refusal::Impossible), "{time}");
    }
}

#[test]
fn the_script_is_small_and_is_given_what_can_be_measured() {
    let mut pops = pops();
    pops[2].url = Some("https://\"</script>.example".to_string());
    let text = script("0a", &pops, [3, 2, 0, 9].into_iter());
    assert!(text.len() < 3500 && include_str!("probe.js").len() < 3 * 1024, "{} bytes", text.len());
    let given = text.rsplit_once(")(").and_then(|(_, rest)| rest.strip_suffix(");\n")).expect("a call");
    let expected = serde_json::json!({ "leave": "0a", "places": [
        ["\"\n</script>", "https://\"</script>.example"], ["fra", "https://fra.example"]
    ] });
    assert_eq!(serde_json::from_str::<Value>(given).expect("JSON"), expected);
    let many: Vec<Pop> = (0..50).map(|number| pop(&format!("p{number}"), Some("https://x.example"))).collect();
    assert_eq!(script("0a", &many, 0..50).matches("x.example").count(), MOST_PLACES);
}

#[test]
fn every_refusal_is_counted() {
    use Refusal::*;
    let all = [Method, CrossSite, Body, Malformed, UnknownPlace, NoAddress, Forged, Over, Used, Full, Again, TooMany, Impossible, Off];
    let words: Vec<&str> = all.iter().map(|refusal| refusal.told().1).collect();
    assert_eq!(words, crate::metrics::REPORTS[1..]);
    assert!(all.iter().all(|refusal| (400..600).contains(&refusal.told().0)));
}
