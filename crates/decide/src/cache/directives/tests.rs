use super::super::tests::{fields, policy};
use super::*;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use proptest::prelude::*;

fn read(lines: &[&str]) -> Directives {
    Directives::of(&fields(lines), &policy())
}

fn cache_control(value: &str) -> Directives {
    read(&[&format!("Cache-Control: {value}")])
}

fn of(seconds: u64) -> Seconds {
    Seconds::Of(Duration::from_secs(seconds))
}

fn listed(names: &[&str]) -> Extent {
    Extent::Listed(names.iter().map(|name| name.as_bytes().into()).collect())
}

#[test]
fn every_directive_in_any_case() {
    let all = "No-Store, NO-CACHE, private, public, must-revalidate, proxy-revalidate, must-understand, immutable, no-transform, \
               max-age=1, \
               s-maxage=2, stale-while-revalidate=3, stale-if-error=4, extension, other=\"x\"";
    assert_eq!(
        cache_control(all),
        Directives {
            source: Source::CacheControl,
            no_store: true,
            no_cache: Extent::Whole,
            private: Extent::Whole,
            public: true,
            must_revalidate: true,
            proxy_revalidate: true,
            must_understand: true,
            no_transform: true,
            immutable: true,
            max_age: of(1),
            s_maxage: of(2),
            stale_while_revalidate: of(3),
            stale_if_error: of(4),
        }
    );
    assert_eq!(read(&[]), Directives::default());
    assert_eq!(read(&["Pragma: no-cache", "Surrogate-Control: no-store"]), Directives::default(), "neither means anything");
}

#[test]
fn numbers_of_seconds_1_2_2() {
    for (value, expected) in [
        ("60", of(60)),
        ("\"60\"", of(60)),
        ("\"6\\0\"", of(60)),
        ("0060", of(60)),
        ("2147483648", of(1 << 31)),
        // More than fits is the most.
        ("99999999999999999999999", of(1 << 31)),
        ("", Seconds::Invalid),
        ("\"\"", Seconds::Invalid),
        ("-1", Seconds::Invalid),
        ("+1", Seconds::Invalid),
        ("1.0", Seconds::Invalid),
        ("1s", Seconds::Invalid),
        (" 1", Seconds::Invalid),
        ("'1'", Seconds::Invalid),
        ("\"1\"x", Seconds::Invalid),
        ("\"1", Seconds::Invalid),
        ("1 2", Seconds::Invalid),
    ] {
        assert_eq!(cache_control(&format!("max-age={value}")).max_age, expected, "{value}");
    }
    assert_eq!(cache_control("max-age").max_age, Seconds::Invalid);
    assert_eq!(cache_control("max-age =1").max_age, Seconds::Invalid);
    assert_eq!(cache_control("maxage=1").max_age, Seconds::Absent);
}

#[test]
fn of_several_values_the_first_is_used_4_2_1() {
    assert_eq!(cache_control("max-age=1, max-age=2").max_age, of(1));
    assert_eq!(read(&["Cache-Control: max-age=1", "Cache-Control: max-age=2"]).max_age, of(1));
    assert_eq!(cache_control("max-age=x, max-age=2").max_age, Seconds::Invalid);
}

#[test]
fn what_stands_in_quotes_is_no_directive() {
    let read = cache_control("extension=\"no-store, max-age=1, \\\", private\", max-age=2");
    assert_eq!(read, Directives { source: Source::CacheControl, max_age: of(2), ..Directives::default() });
}

#[test]
fn a_broken_directive_never_makes_more_cacheable() {
    for value in
        ["no-store=x", "no-store;", "no-store =1", "x=\"y, no-store", "\", no-store", ",, ,no-store,,", "=, no-store", "a b, no-store"]
    {
        assert!(cache_control(value).no_store, "{value}");
    }
    for value in ["no-cache=", "no-cache=\"\"", "no-cache=\"a\"b", "no-cache=\"a b\"", "no-cache =\"a\"", "no-cache=\"a", "no-cache=\",\""]
    {
        assert_eq!(cache_control(value).no_cache, Extent::Whole, "{value}");
    }
    for value in ["public ;", "public =1", "immutable x", "stale-if-error =9", "must-understand\"\""] {
        let read = cache_control(value);
        assert_eq!(read, Directives { source: Source::CacheControl, ..Directives::default() }, "{value}");
    }
}

#[test]
fn fields_can_be_listed_5_2_2_4() {
    assert_eq!(cache_control("no-cache=\"Set-Cookie, X-A\"").no_cache, listed(&["set-cookie", "x-a"]));
    assert_eq!(cache_control("private=Set-Cookie").private, listed(&["set-cookie"]), "a token is read alike");
    assert_eq!(cache_control("private=\"a\", private=\"b\"").private, listed(&["a", "b"]));
    // The stricter holds, in either order.
    assert_eq!(cache_control("private=\"a\", private").private, Extent::Whole);
    assert_eq!(cache_control("private, private=\"a\"").private, Extent::Whole);
    assert!(cache_control("private=\"Set-Cookie\"").private.lists(b"set-cookie"));
    assert!(!cache_control("private").private.lists(b"set-cookie"));
}

#[test]
fn a_targeted_field_decides_alone_rfc_9213_2_2() {
    let two = Policy { targeted: vec!["Edge-Cache-Control".into(), "CDN-Cache-Control".into()], ..policy() };
    let read = |lines: &[&str]| Directives::of(&fields(lines), &two);
    let both = read(&["Cache-Control: no-store", "CDN-Cache-Control: max-age=2, private", "Edge-Cache-Control: max-age=1"]);
    assert_eq!(both, Directives { source: Source::Targeted(0), max_age: of(1), ..Directives::default() });
    // Empty or malformed, it is as if it were not there.
    for edge in ["Edge-Cache-Control:", "Edge-Cache-Control: max-age=1, &", "Edge-Cache-Control: Max-Age=1"] {
        assert_eq!(read(&[edge, "CDN-Cache-Control: max-age=2"]).source, Source::Targeted(1), "{edge}");
        assert_eq!(read(&[edge, "Cache-Control: max-age=2"]).source, Source::CacheControl, "{edge}");
    }
    // One that is not on the list changes nothing.
    assert_eq!(read(&["Other-Cache-Control: no-store"]), Directives::default());
    // Unknown members leave a policy of nothing.
    assert_eq!(
        read(&["CDN-Cache-Control: none", "Cache-Control: no-store"]),
        Directives { source: Source::Targeted(1), ..Directives::default() }
    );
}

#[test]
fn members_of_a_targeted_field_have_types_rfc_9213_2_1() {
    let read = |value: &str| read(&[&format!("CDN-Cache-Control: {value}")]);
    assert_eq!(read("max-age=60").max_age, of(60));
    for value in ["max-age=\"60\"", "max-age=60.0", "max-age=-1", "max-age", "max-age=(60)"] {
        assert_eq!(read(value).max_age, Seconds::Invalid, "{value}");
    }
    assert_eq!(read("max-age=60;x=1").max_age, of(60), "parameters are passed over");
    assert_eq!(read("max-age=1, max-age=2").max_age, of(2), "RFC 8941 §4.2.2: the last counts");
    assert!(read("no-store").no_store && read("no-store=?1").no_store);
    assert!(!read("no-store=?0, a").no_store && !read("no-store=1").no_store);
    assert_eq!(read("private=\"X-A\"").private, listed(&["x-a"]));
    assert_eq!(read("no-cache, must-revalidate").no_cache, Extent::Whole);
}

#[test]
fn wishes_count_where_the_owner_obeys_them() {
    let lines = fields(&["Cache-Control: no-cache, no-store, only-if-cached, max-age=1, min-fresh=2, max-stale=3, stale-if-error=4, x"]);
    assert_eq!(Wishes::of(&lines, &policy()), Wishes::default());
    let obeying = Policy { obey_requests: true, ..policy() };
    let all = Wishes {
        no_cache: true,
        no_store: true,
        only_if_cached: true,
        max_age: of(1),
        min_fresh: of(2),
        max_stale: Some(Duration::from_secs(3)),
        stale_if_error: of(4),
    };
    assert_eq!(Wishes::of(&lines, &obeying), all);
    let max_stale = |value: &str| Wishes::of(&fields(&[&format!("Cache-Control: {value}")]), &obeying).max_stale;
    // §5.2.1.2: without a limit, any time; with a broken one, none.
    assert_eq!(max_stale("max-stale"), Some(Duration::MAX));
    assert_eq!(max_stale("max-stale=x"), None);
    assert_eq!(max_stale("max-stale =1"), None);
}

/// A directive and what it is to be read as, written by the grammar.
fn element() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z-]{1,8}",
        ("[a-z-]{1,8}", "[a-z0-9]{1,4}").prop_map(|(name, value)| format!("{name}={value}")),
        ("[a-z-]{1,8}", "([ -!#-\\[\\]-~]|\\\\[\"\\\\a,]){0,8}").prop_map(|(name, value)| format!("{name}=\"{value}\"")),
    ]
}

proptest! {
    #[test]
    fn any_value_is_read_without_panic(value in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut lines = Fields::new();
        lines.push(b"Cache-Control", &value);
        lines.push(b"CDN-Cache-Control", &value);
        let obeying = Policy { obey_requests: true, ..policy() };
        let _ = (Directives::of(&lines, &policy()), Wishes::of(&lines, &obeying));
        lines.retain(|field| field.known == Known::CacheControl);
        let _ = Directives::of(&lines, &policy());
    }

    /// Whatever well-formed elements stand around them, directives are found.
    #[test]
    fn elements_do_not_hide_each_other(before in prop::collection::vec(element(), 0..4), after in prop::collection::vec(element(), 0..4)) {
        let mut elements = before;
        elements.push("no-store".into());
        elements.extend(after);
        prop_assert!(cache_control(&elements.join(" ,")).no_store);
    }

    /// Adding a restriction in front of anything at all leaves it in force.
    #[test]
    fn what_comes_first_is_not_undone(rest in "[ -~]{0,40}") {
        let read = cache_control(&format!("no-store, private, {rest}"));
        prop_assert!(read.no_store);
        prop_assert_eq!(read.private, Extent::Whole);
    }
}
