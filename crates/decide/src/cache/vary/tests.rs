use super::super::tests::{after, fields, policy, text};
use super::*;
use alloc::format;
use alloc::string::String;
use proptest::prelude::*;

const EXACT: Normalise = Normalise { accept_encoding: AcceptEncoding::Exact, accept_language: false, content_language: false };

/// Whether a response with this `Vary` that the first request got is for the second too.
fn selects(vary: &str, first: &[&str], second: &[&str], normalise: &Normalise) -> bool {
    let response = fields(&[&format!("Vary: {vary}")]);
    let selecting = Selecting::of(&response, &fields(first), normalise).expect("no `*`");
    selecting.match_request(&fields(second), &response, normalise)
}

#[test]
fn all_nominated_fields_match_4_1() {
    let exact = |vary, first: &[&str], second: &[&str]| selects(vary, first, second, &EXACT);
    assert!(exact("A", &["A: 1"], &["a: 1", "B: 2"]));
    assert!(!exact("A", &["A: 1"], &["A: 2"]) && !exact("A", &["A: a"], &["A: A"]));
    // Absent in both, in one; an empty field is not an absent one.
    assert!(exact("A, B", &["A: 1"], &["A: 1"]));
    assert!(!exact("A", &["A: 1"], &[]) && !exact("A", &[], &["A: 1"]) && !exact("A", &[], &["A:"]));
    assert!(exact("", &["A: 1"], &["A: 2"]));
    assert!(exact("a, A,, a", &["A: 1"], &["A: 1"]));
}

#[test]
fn lines_are_combined_and_white_space_does_not_count() {
    let exact = |first: &[&str], second: &[&str]| selects("A", first, second, &EXACT);
    assert!(exact(&["A: 1, 2"], &["A: 1", "A: 2"]));
    assert!(exact(&["A: 1,2"], &["A:  1 \t, 2 "]));
    assert!(!exact(&["A: 1, 2"], &["A: 2", "A: 1"]), "order counts");
    assert!(!exact(&["A: 1 2"], &["A: 12"]));
    // Inside quotes nothing is changed.
    assert!(!exact(&["A: \"1, 2\""], &["A: \"1,2\""]));
    assert!(!exact(&["A: \"\\\", 2\""], &["A: \"\\\",2\""]));
    assert!(exact(&["A: \"x\" , 1"], &["A: \"x\",1"]));
}

#[test]
fn any_means_never_4_1() {
    for vary in [&["Vary: *"][..], &["Vary: *, *"], &["Vary: , *"], &["Vary: a", "Vary: b,*"]] {
        assert_eq!(Selecting::of(&fields(vary), &fields(&["A: 1"]), &EXACT), None, "{vary:?}");
    }
    let many = |count: usize| format!("Vary: {}", (0..count).map(|at| format!("a{at},")).collect::<String>());
    assert!(Selecting::of(&fields(&[&many(MOST_NAMES)]), &Fields::new(), &EXACT).is_some());
    assert!(Selecting::of(&fields(&[&many(MOST_NAMES + 1)]), &Fields::new(), &EXACT).is_none());
}

#[test]
fn sets_of_weighted_words() {
    let sorted = policy().vary;
    for (vary, one, other, same) in [
        ("Accept-Language", "en, de", "DE,en", true),
        ("Accept-Language", "en;q=0.5, de", "de;q=1.0,en; q=0.50", true),
        ("Accept-Language", "en;q=0.5, de", "en, de;q=0.5", false),
        ("Accept-Language", "en, en;q=0.1", "en", true),
        ("Accept-Encoding", "gzip, br", "br,gzip", true),
        ("Accept-Encoding", "gzip, br", "gzip", false),
        ("Accept-Encoding", "gzip;q=0", "gzip", false),
        // What is malformed is compared as it is.
        ("Accept-Encoding", "gzip;x=1, br", "br, gzip;x=1", false),
        ("Accept-Encoding", "gzip;x=1, br", "gzip;x=1,br", true),
        ("Accept", "a/b, c/d", "c/d, a/b", false),
    ] {
        let line = |value| format!("{vary}: {value}");
        assert_eq!(selects(vary, &[&line(one)], &[&line(other)], &sorted), same, "{vary}: {one} / {other}");
    }
    assert!(!selects("Accept-Language", &["Accept-Language: en, de"], &["Accept-Language: de, en"], &EXACT));
}

#[test]
fn encodings_can_be_reduced_to_those_that_matter() {
    let reduced = Normalise { accept_encoding: AcceptEncoding::Reduced, ..EXACT };
    let same = |one: &str, other: &str| {
        selects("Accept-Encoding", &[&format!("Accept-Encoding: {one}")], &[&format!("Accept-Encoding: {other}")], &reduced)
    };
    assert!(same("gzip, deflate, br", "br;q=0.9, x-gzip, sdch") && same("identity", "deflate") && !same("gzip", "gzip, br"));
    let forwarded = |value: &str| forwarded_accept_encoding(&fields(&[&format!("Accept-Encoding: {value}")])).map(|value| text(&value));
    assert_eq!(forwarded("gzip, deflate, br").as_deref(), Some("br, gzip"));
    assert_eq!(forwarded("deflate, gzip;q=0"), None);
    assert_eq!(forwarded_accept_encoding(&Fields::new()), None);
}

#[test]
fn a_language_that_is_wanted_most_is_enough_where_the_owner_says_so() {
    let choosing = Normalise { content_language: true, ..policy().vary };
    let response = fields(&["Vary: Accept-Language, A", "Content-Language: de"]);
    let selecting = Selecting::of(&response, &fields(&["Accept-Language: en, de"]), &choosing).expect("no `*`");
    let wants = |lines: &[&str]| selecting.match_request(&fields(lines), &response, &choosing);
    assert!(wants(&["Accept-Language: fr;q=0.5, DE"]) && wants(&["Accept-Language: de"]));
    for line in ["Accept-Language: fr, de;q=0.9", "Accept-Language: fr, de", "Accept-Language: de;q=0", "Accept-Language: de-AT", "X: y"] {
        assert!(!wants(&[line]), "{line}");
    }
    assert!(!wants(&["Accept-Language: de", "A: 1"]), "the other fields still count");
}

#[test]
fn of_several_the_most_recent_4_1() {
    let (plain, varied) = (fields(&[]), fields(&["Vary: A"]));
    let one = Selecting::of(&varied, &fields(&["A: 1"]), &EXACT).expect("no `*`");
    let any = Selecting::of(&plain, &Fields::new(), &EXACT).expect("no `*`");
    let chosen = |variants: &[(&Selecting, &Fields, u64)], lines: &[&str]| {
        let variants = variants.iter().map(|(selecting, of, date)| Variant { selecting, fields: of, date: after(*date) });
        select(variants, &fields(lines), &EXACT)
    };
    assert_eq!(chosen(&[(&one, &varied, 5), (&any, &plain, 3)], &["A: 1"]), Some(0));
    assert_eq!(chosen(&[(&one, &varied, 5), (&any, &plain, 7)], &["A: 1"]), Some(1));
    assert_eq!(chosen(&[(&one, &varied, 5), (&any, &plain, 3)], &["A: 2"]), Some(1));
    assert_eq!(chosen(&[(&one, &varied, 5)], &["A: 2"]), None);
    assert_eq!(chosen(&[], &[]), None);
}

#[test]
fn a_secondary_key_is_unambiguous() {
    let written = |vary: &str, lines: &[&str]| {
        let mut out = Vec::new();
        Selecting::of(&fields(&[vary]), &fields(lines), &EXACT).expect("no `*`").write(&mut out);
        text(&out)
    };
    assert_eq!(written("Vary: B, A", &["A: 1, 2"]), "a:1,2\nb\n");
    assert_eq!(written("Vary: A", &["A:"]), "a:\n");
    let response = fields(&["Vary: B, A"]);
    let names: Vec<String> = Selecting::of(&response, &Fields::new(), &EXACT).expect("no `*`").names().map(text).collect();
    assert_eq!(names, ["a", "b"]);
}

proptest! {
    /// Whatever the fields are, the request that selected a response selects it again, and equal secondary keys are equal matches.
    #[test]
    fn a_request_selects_what_it_got(
        vary in "[aAbB, ]{0,8}",
        one in prop::collection::vec(("[ab]", "[ -~]{0,12}"), 0..4),
        other in prop::collection::vec(("[ab]", "[ -~]{0,12}"), 0..4),
    ) {
        let head = |lines: &[(String, String)]| {
            let mut fields = Fields::new();
            lines.iter().for_each(|(name, value)| fields.push(name.as_bytes(), value.as_bytes()));
            fields
        };
        let (one, other, response) = (head(&one), head(&other), fields(&[&format!("Vary: {vary}")]));
        let of = |request| Selecting::of(&response, request, &EXACT).expect("no `*`");
        prop_assert!(of(&one).match_request(&one, &response, &EXACT));
        prop_assert_eq!(of(&one) == of(&other), of(&one).match_request(&other, &response, &EXACT));
    }
}
