use super::*;

fn head(target: &str, fields: &[(&str, &str)]) -> RequestHead {
    let mut head = RequestHead { target: target.as_bytes().to_vec(), ..RequestHead::default() };
    for (name, value) in fields {
        head.fields.push(name.as_bytes(), value.as_bytes());
    }
    head
}

#[test]
fn the_value_named_is_the_one_hashed() {
    let head = head(
        "/shop?user=7&user=8&empty=&x",
        &[("X-Tenant", "blue"), ("Cookie", "a=1; session=abc=d"), ("x-tenant", "red"), ("Cookie", "late=2")],
    );
    let source = Some("192.0.2.7".parse().unwrap());
    let of = |wanted: HashKey| of(&wanted, &head, source);
    let text = |text: &str| Some(hash_key(text.as_bytes()));
    assert_eq!(of(HashKey::Header("x-TENANT".into())), text("blue"));
    assert_eq!(of(HashKey::Cookie("session".into())), text("abc=d"));
    assert_eq!(of(HashKey::Cookie("late".into())), text("2"));
    assert_eq!(of(HashKey::Path), text("/shop"));
    assert_eq!(of(HashKey::Query("user".into())), text("7"));
    assert_eq!(of(HashKey::Query("empty".into())), text(""));
    assert_eq!(of(HashKey::Source), Some(hash_key(&[192, 0, 2, 7])));
    for missing in
        [HashKey::Header("no".into()), HashKey::Cookie("sess".into()), HashKey::Cookie("Session".into()), HashKey::Query("x".into())]
    {
        assert_eq!(of(missing.clone()), None, "{missing:?}");
    }
}

#[test]
fn a_client_is_the_same_in_either_family_and_none_has_no_key() {
    assert_eq!(of_source("::ffff:192.0.2.7".parse().unwrap()), of_source("192.0.2.7".parse().unwrap()));
    assert_ne!(of_source("2001:db8::1".parse().unwrap()), of_source("2001:db8::2".parse().unwrap()));
    assert_eq!(of(&HashKey::Source, &head("/", &[]), None), None);
}

#[test]
fn only_the_hashing_algorithms_want_a_key() {
    assert_eq!(wanted(&Algorithm::SourceHash), Some(&HashKey::Source));
    assert_eq!(wanted(&Algorithm::Hash(HashKey::Path)), Some(&HashKey::Path));
    assert_eq!(wanted(&Algorithm::RoundRobin), None);
}
