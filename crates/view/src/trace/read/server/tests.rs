use super::*;
use serde_json::json;

fn words(name: &str, fields: Value) -> (&'static str, String, Tone) {
    let said = say(name, &Fields(&fields));
    (said.label, said.text, said.tone)
}

#[test]
fn why_a_client_is_led_to_a_place() {
    let led = |layer, prefix, client| {
        let fields = json!({ "pop": "sin", "layer": layer, "prefix": prefix, "version": 7, "client": client });
        let (label, text, tone) = words("redirected-to-pop", fields);
        assert!(label == "nearest" && tone == Tone::Plain);
        text
    };
    let network = "192.0.2.0/24";
    assert_eq!(led("topology", network, "192.0.2.1"), "sin for 192.0.2.1, by the topology of 192.0.2.0/24 (tables version 7)");
    assert_eq!(
        led("measured", network, "192.0.2.1"),
        "sin for 192.0.2.1, by what clients of 192.0.2.0/24 have measured (tables version 7)"
    );
    assert_eq!(led("default", "", ""), "sin for a client without an address, by default (tables version 7)");
    assert_eq!(led("next-best", "", "192.0.2.1"), "sin for 192.0.2.1, the one decided on has no url (tables version 7)");
}

#[test]
fn places_that_it_was_not_are_named() {
    let place = |name: &str, why: &str| json!({ "place": name, "chosen": name == "sin", "why": why });
    let led = |others: &[&str]| {
        let candidates: Vec<Value> = others.iter().map(|name| place(name, "med")).chain([place("sin", "med")]).collect();
        let fields = json!({ "pop": "sin", "layer": "default", "version": 7, "client": "192.0.2.1", "candidates": candidates });
        let (_, text, _) = words("redirected-to-pop", fields);
        text.strip_prefix("sin for 192.0.2.1, by default (tables version 7)").map(str::to_string)
    };
    assert_eq!(led(&[]).as_deref(), Some(""));
    assert_eq!(led(&["fra", "a\u{1b}"]).as_deref(), Some("; not fra (med), a\\u{1b} (med)"));
    assert_eq!(led(&["a", "b", "c", "d", "e", "f"]).as_deref(), Some("; not a (med), b (med), c (med), d (med), nor 2 more"));
}

#[test]
fn what_became_of_a_report() {
    let taken = words("report-taken", json!({ "network": "192.0.2.0/24", "times": "fra 12.3, sin 180.0" }));
    assert_eq!(taken, ("measured", "of 192.0.2.0/24, in ms: fra 12.3, sin 180.0".to_string(), Tone::Plain));
    let (_, text, tone) = words("report-refused", json!({ "status": 409, "why": "used" }));
    assert!(text.starts_with("refused, 409") && text.ends_with(": used") && tone == Tone::Bad, "{text}");
}
