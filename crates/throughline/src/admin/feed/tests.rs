use super::*;

#[test]
fn a_field_is_a_name_and_a_value() {
    assert_eq!(field("Cache-Control: max-age=60 "), Ok(("Cache-Control".to_string(), "max-age=60".to_string())));
    assert_eq!(field("X-Empty:"), Ok(("X-Empty".to_string(), String::new())));
    for wrong in ["", ": x", "no colon", "a b: c", "X: a\r\nY: b", "X:\u{7f}"] {
        assert!(field(wrong).is_err(), "{wrong:?}");
    }
}
