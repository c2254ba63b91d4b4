//! The tree and the JSON.

use crate::support::{command, json, saying, trace, url};
use serde_json::Value;
use std::collections::BTreeMap;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: \x1b[31mred\r\n\r\nhi";

/// Every step has the fields that the published schema gives it, of the types that it gives, and no others.
#[test]
fn the_json_is_what_its_schema_says() {
    let text = include_str!("../../../../docs/guide/trace.schema.json");
    let schema: Value = serde_json::from_str(text).expect("the schema is JSON");
    let kinds = schema["$defs"]["step"]["oneOf"].as_array().expect("steps");
    let by_name: BTreeMap<&str, &Value> =
        kinds.iter().map(|kind| (kind["properties"]["step"]["const"].as_str().expect("a name"), kind)).collect();
    let refused = "http://127.0.0.1:1/".to_string();
    for target in [url("http", saying(OK), "/a/../b"), refused] {
        let (code, journey) = json(&[&target]);
        for required in schema["required"].as_array().expect("names") {
            assert!(!journey[required.as_str().expect("a name")].is_null(), "{required} is missing: {journey}");
        }
        assert!(journey.as_object().expect("an object").keys().all(|key| !schema["properties"][key].is_null()), "{journey}");
        assert_eq!(journey["exit"], code);
        for step in journey["legs"].as_array().expect("legs").iter().flat_map(|leg| leg["steps"].as_array().expect("steps")) {
            let kind = by_name[step["step"].as_str().expect("a name")];
            let fields = step.as_object().expect("an object");
            assert_eq!(fields.len(), kind["required"].as_array().expect("names").len(), "{step}");
            for (name, value) in fields {
                let fits = match kind["properties"][name]["type"].as_str() {
                    Some("integer") => value.is_u64(),
                    Some("number") => value.is_number(),
                    Some("boolean") => value.is_boolean(),
                    Some("string") | None => value.is_string(),
                    other => panic!("{other:?}"),
                };
                assert!(fits, "{name} in {step}");
            }
        }
    }
}

#[test]
fn the_tree_keeps_to_its_width_and_to_ascii_controls() {
    let target = url("http", saying(OK), "/a/rather/long/path/so/that/something/has/to/be/wrapped?with=a&query=too");
    for width in [40, 60, 80, 140] {
        let width_text = width.to_string();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_throughline"))
            .args(["trace", "-v", "--width", &width_text, &target])
            .output()
            .expect("it runs");
        let text = String::from_utf8(output.stdout).expect("it is UTF-8");
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(longest <= width, "{longest} columns:\n{text}");
        assert!(!text.contains('\x1b'), "no colour where nobody has a terminal:\n{text}");
    }
}

#[test]
fn colour_can_be_had_and_what_a_server_sends_cannot_colour() {
    let target = url("http", saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nServer-Timing: \"a\xc2\x9b31m\"\r\n\r\n"), "/");
    let output = command(&["--colour", "always", &target]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("\x1b[1m"));
    assert!(!text.contains('\u{9b}'), "{text:?}");
    let ran = trace(&["--colour", "never", "-v", &target]);
    assert!(!ran.out.contains('\x1b'));
}
