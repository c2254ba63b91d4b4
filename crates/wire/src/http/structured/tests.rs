extern crate std;

use super::*;
use alloc::format;
use alloc::vec;
use proptest::prelude::*;
use sfv::{FieldType, Parser};

fn read(text: &str) -> Result<Dictionary, Malformed> {
    Dictionary::parse([text.as_bytes()].into_iter())
}

fn plain(bare: Bare) -> Member {
    Member::Item(Item { bare, parameters: Vec::new() })
}

#[test]
fn every_type_of_rfc_8941() {
    let text = r#"a=-1, b=0.50, c="x \"\\", d=*t/1:2, e=:aGk=:, f=?0, g, h=(1 "two";q=1);p, i;x=y"#;
    let one = |key: &str| read(text).expect("well formed").get(key).cloned().expect("the key");
    assert_eq!(one("a"), plain(Bare::Integer(-1)));
    assert_eq!(one("b"), plain(Bare::Decimal(500)));
    assert_eq!(one("c"), plain(Bare::String("x \"\\".into())));
    assert_eq!(one("d"), plain(Bare::Token("*t/1:2".into())));
    assert_eq!(one("e"), plain(Bare::Bytes(b"hi".to_vec())));
    assert_eq!(one("f"), plain(Bare::Boolean(false)));
    assert_eq!(one("g"), plain(Bare::Boolean(true)));
    let second = Item { bare: Bare::String("two".into()), parameters: vec![("q".into(), Bare::Integer(1))] };
    let first = Item { bare: Bare::Integer(1), parameters: Vec::new() };
    assert_eq!(one("h"), Member::List(vec![first, second], vec![("p".into(), Bare::Boolean(true))]));
    assert_eq!(one("h").bare(), None);
    assert_eq!(one("i").bare(), Some(&Bare::Boolean(true)));
}

#[test]
fn a_key_that_comes_again_keeps_its_place_and_loses_its_value() {
    let read = read("a=1, b, a=2;x=1;y;x=3").expect("well formed");
    let keys: Vec<&str> = read.members.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["a", "b"]);
    let parameters = vec![("x".into(), Bare::Integer(3)), ("y".into(), Bare::Boolean(true))];
    assert_eq!(read.get("a"), Some(&Member::Item(Item { bare: Bare::Integer(2), parameters })));
}

#[test]
fn the_lines_of_a_field_are_one_value() {
    let both = Dictionary::parse([&b"a=1"[..], b" b "].into_iter());
    assert_eq!(both, read("a=1, b"));
    assert_eq!(Dictionary::parse(core::iter::empty()), Ok(Dictionary::default()));
    // RFC 8941 §4.2: an empty line among others leaves a comma with nothing beside it.
    assert_eq!(Dictionary::parse([&b"a"[..], b""].into_iter()), Err(Malformed));
}

#[test]
fn what_breaks_the_grammar_is_no_value() {
    for text in [
        "a,",
        ",a",
        "a,,b",
        "A=1",
        "1=a",
        "a =1",
        "a= 1",
        "a=",
        "a=&",
        "a b",
        "a=1 2",
        "a=\"x",
        "a=\"\\x\"",
        "a=\"\u{e9}\"",
        "a=\"\t\"",
        "a=1.",
        "a=.1",
        "a=1.2345",
        "a=--1",
        "a=-",
        "a=1234567890123456",
        "a=1234567890123.1",
        "a=?2",
        "a=?",
        "a=:aGk",
        "a=:a:",
        "a=:#:",
        "a=:aG=k:",
        "a=(1 2",
        "a=(1,2)",
        "a=(1\t2)",
        "a;",
        "a; =1",
        "a;B",
        "a;b=",
        "\ta",
        "a=((1))",
        "&&&&&",
        "max-age=1, &&&&&",
    ] {
        assert_eq!(read(text), Err(Malformed), "{text}");
    }
}

#[test]
fn numbers_are_written_as_short_as_they_can_be() {
    let written = |bare| {
        let mut out = Vec::new();
        write_bare(&bare, &mut out);
        String::from_utf8(out).expect("ASCII")
    };
    assert_eq!(written(Bare::Decimal(500)), "0.5");
    assert_eq!(written(Bare::Decimal(-1_000)), "-1.0");
    assert_eq!(written(Bare::Decimal(12_345)), "12.345");
    assert_eq!(written(Bare::Decimal(-50)), "-0.05");
    assert_eq!(written(Bare::Integer(i64::MAX)), "999999999999999");
    assert_eq!(written(Bare::Integer(i64::MIN)), "-999999999999999");
    assert_eq!(written(Bare::String("a\"\u{e9}\n".into())), r#""a\"??""#);
    assert_eq!(written(Bare::Token("no token".into())), "\"no token\"");
    assert_eq!(written(Bare::Bytes(b"hello".to_vec())), ":aGVsbG8=:");
}

fn key() -> impl Strategy<Value = String> {
    "[a-z*][a-z0-9_.*-]{0,6}"
}

fn bare() -> impl Strategy<Value = Bare> {
    prop_oneof![
        (-MOST..=MOST).prop_map(Bare::Integer),
        (-MOST..=MOST).prop_map(Bare::Decimal),
        "[ -~]{0,12}".prop_map(Bare::String),
        "[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,8}".prop_map(Bare::Token),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(Bare::Bytes),
        any::<bool>().prop_map(Bare::Boolean),
    ]
}

fn parameters() -> impl Strategy<Value = Parameters> {
    proptest::collection::btree_map(key(), bare(), 0..3).prop_map(|map| map.into_iter().collect())
}

fn item() -> impl Strategy<Value = Item> {
    (bare(), parameters()).prop_map(|(bare, parameters)| Item { bare, parameters })
}

fn member() -> impl Strategy<Value = Member> {
    let list = (proptest::collection::vec(item(), 0..4), parameters()).prop_map(|(items, of_all)| Member::List(items, of_all));
    prop_oneof![item().prop_map(Member::Item), list]
}

fn dictionary() -> impl Strategy<Value = Dictionary> {
    proptest::collection::btree_map(key(), member(), 0..5).prop_map(|map| Dictionary { members: map.into_iter().collect() })
}

/// What the other parser makes of a text, as the text that it writes again.
fn oracle(text: &[u8]) -> Option<String> {
    let read = Parser::new(text).with_version(sfv::Version::Rfc8941).parse::<sfv::Dictionary>().ok()?;
    Some(read.serialize().unwrap_or_default())
}

fn ours(text: &[u8]) -> Option<String> {
    let read = Dictionary::parse([text].into_iter()).ok()?;
    let mut out = Vec::new();
    read.write(&mut out);
    // The oracle writes parameters without the blank, which is optional.
    let again = Dictionary::parse([&out[..]].into_iter());
    assert_eq!(again, Ok(read));
    Some(oracle(&out).expect("what we write, the oracle reads"))
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(dictionary in dictionary()) {
        let mut out = Vec::new();
        dictionary.write(&mut out);
        prop_assert_eq!(Dictionary::parse([&out[..]].into_iter()), Ok(dictionary));
    }

    #[test]
    fn a_list_that_is_written_is_read_again(dictionary in dictionary()) {
        let list: Vec<Member> = dictionary.members.into_iter().map(|(_, member)| member).collect();
        let mut out = Vec::new();
        write_list(&list, &mut out);
        prop_assert_eq!(parse_list([&out[..]].into_iter()), Ok(list));
    }

    #[test]
    fn lists_near_the_grammar_mean_what_they_mean_to_the_oracle(text in "[ab=(),;:?01.\" \\\\\t&A*/-]{0,24}") {
        let oracle = Parser::new(text.as_bytes()).with_version(sfv::Version::Rfc8941).parse::<sfv::List>().ok().map(|list| list.len());
        prop_assert_eq!(parse_list([text.as_bytes()].into_iter()).ok().map(|list| list.len()), oracle, "{}", format!("{text:?}"));
    }

    #[test]
    fn arbitrary_bytes_mean_what_they_mean_to_the_oracle(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(ours(&text), oracle(&text));
    }

    #[test]
    fn texts_near_the_grammar_mean_what_they_mean_to_the_oracle(text in "[ab=(),;:?01.\" \\\\\t&A*/-]{0,24}") {
        prop_assert_eq!(ours(text.as_bytes()), oracle(text.as_bytes()), "{}", format!("{text:?}"));
    }

    #[test]
    fn changed_texts_mean_what_they_mean_to_the_oracle(
        dictionary in dictionary(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut out = Vec::new();
        dictionary.write(&mut out);
        if !out.is_empty() {
            let at = at.index(out.len());
            out[at] = byte;
        }
        prop_assert_eq!(ours(&out), oracle(&out));
    }
}
