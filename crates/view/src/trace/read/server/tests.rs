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
fn what_became_of_a_report() {
    let taken = words("report-taken", json!({ "network": "192.0.2.0/24", "times": "fra 12.3, sin 180.0" }));
    assert_eq!(taken, ("measured", "of 192.0.2.0/24, in ms: fra 12.3, sin 180.0".to_string(), Tone::Plain));
    let (_, text, tone) = words("report-refused", json!({ "status": 409, "why": "used" }));
    assert!(text.starts_with("refused, 409") && text.ends_with(": used") && tone == Tone::Bad, "{text}");
}
