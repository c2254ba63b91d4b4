use super::super::tests::text;
use super::*;
use alloc::format;
use proptest::prelude::*;

fn keyed(scheme: &str, authority: &str, target: &str, rules: &KeyRules) -> String {
    let mut out = Vec::new();
    key(&Uri { scheme, authority: authority.as_bytes(), target: target.as_bytes() }, rules, &mut out);
    text(&out)
}

fn plain(scheme: &str, authority: &str, target: &str) -> String {
    keyed(scheme, authority, target, &KeyRules::default())
}

#[test]
fn a_key_is_method_scheme_host_path_and_query() {
    assert_eq!(plain("https", "www.example", "/a/B?x=1&y"), "GET https://www.example/a/B?x=1&y");
    for (scheme, authority, target) in [
        ("http", "www.example", "/a?x=1"),
        ("https", "example", "/a?x=1"),
        ("https", "www.example:8443", "/a?x=1"),
        ("https", "www.example", "/A?x=1"),
        ("https", "www.example", "/a?X=1"),
        ("https", "www.example", "/a?x=1&"),
        ("https", "www.example", "/a"),
        ("https", "www.example", "/a?"),
    ] {
        assert_ne!(plain(scheme, authority, target), plain("https", "www.example", "/a?x=1"), "{scheme} {authority} {target}");
    }
}

#[test]
fn equal_uris_have_one_key() {
    // RFC 3986 §6.2.2.1, §6.2.3; RFC 9110 §4.2.3
    assert_eq!(plain("https", "WWW.Example:443", ""), plain("https", "www.example", "/"));
    assert_eq!(plain("http", "www.example:80", "/"), plain("http", "www.example:", "/"));
    assert_ne!(plain("https", "www.example:80", "/"), plain("https", "www.example", "/"));
    assert_eq!(plain("https", "[2001:DB8::443]", "/"), "GET https://[2001:db8::443]/");
    assert_eq!(plain("https", "[2001:db8::1]:443", "/"), "GET https://[2001:db8::1]/");
}

#[test]
fn an_owner_says_which_parameters_count() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).into()).collect();
    let rules = |parameters, sort| KeyRules { parameters, sort };
    let query = |rules: &KeyRules| keyed("https", "a", "/?b=2&utm=x&a=1&b=1&c", rules).replace("GET https://a/", "");
    assert_eq!(query(&rules(Parameters::All, false)), "?b=2&utm=x&a=1&b=1&c");
    assert_eq!(query(&rules(Parameters::All, true)), "?a=1&b=2&b=1&c&utm=x", "values of one name keep their order");
    assert_eq!(query(&rules(Parameters::Except(names(&["utm"])), false)), "?b=2&a=1&b=1&c");
    assert_eq!(query(&rules(Parameters::Only(names(&["a", "c"])), true)), "?a=1&c");
    assert_eq!(query(&rules(Parameters::Only(names(&["z"])), false)), "", "with none of them the query does not count");
    assert_eq!(query(&rules(Parameters::Only(Vec::new()), false)), "");
}

proptest! {
    #[test]
    fn keys_of_different_targets_differ(one in "[a-c/?&=]{0,8}", other in "[a-c/?&=]{0,8}") {
        let (one, other) = (format!("/{one}"), format!("/{other}"));
        prop_assert_eq!(plain("https", "a", &one) == plain("https", "a", &other), one == other);
    }

    #[test]
    fn sorting_is_settled(query in "[abc=&]{0,16}") {
        let rules = KeyRules { parameters: Parameters::All, sort: true };
        let once = keyed("https", "a", &format!("/?{query}"), &rules);
        let again = keyed("https", "a", once.strip_prefix("GET https://a").expect("its beginning"), &rules);
        prop_assert_eq!(once, again);
    }
}
