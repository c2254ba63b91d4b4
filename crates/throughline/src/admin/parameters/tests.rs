use super::*;
use proptest::prelude::*;

#[test]
fn a_query_is_names_and_values() {
    let parameters = Parameters::of(Some(b"a=1&b=two%20words&c&a=2&&d=x=y+z")).expect("well encoded");
    assert_eq!((parameters.first("a"), parameters.first("b"), parameters.first("d")), (Some("1"), Some("two words"), Some("x=y+z")));
    assert_eq!(parameters.all("a").collect::<Vec<_>>(), ["1", "2"]);
    assert!(parameters.has("c") && !parameters.has("e"));
    assert!(parameters.only(&["a", "b", "c", "d"]).is_ok());
    assert_eq!(parameters.only(&["a", "b", "c"]), Err(bad("unknown parameter \"d\"; known here: a, b, c".to_string())));
}

#[test]
fn broken_encoding_is_refused() {
    for broken in ["%", "%4", "%zz", "%ff", "%+1", "a%"] {
        assert_eq!(decoded(broken.as_bytes()), None, "{broken}");
        assert!(Parameters::of(Some(broken.as_bytes())).is_err(), "{broken}");
    }
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_itself(text: String) {
        let encoded = encoded(&text);
        prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
        prop_assert_eq!(decoded(encoded.as_bytes()), Some(text));
    }
}
