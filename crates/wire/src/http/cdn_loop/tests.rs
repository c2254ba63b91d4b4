extern crate std;

use super::*;
use alloc::string::String;
use proptest::prelude::*;
use std::vec;

fn read(lines: &[&'static str]) -> Result<Vec<(&'static str, &'static str)>, Malformed> {
    let text = |bytes| core::str::from_utf8(bytes).expect("a text");
    let members = members(lines.iter().map(|line| line.as_bytes()))?;
    Ok(members.iter().map(|member| (text(member.id), text(member.parameters))).collect())
}

// RFC 8586 §2: its own examples.
#[test]
fn the_examples_of_the_rfc() {
    assert_eq!(
        read(&["foo123.foocdn.example, barcdn.example; trace=\"abcdef\"", "AnotherCDN; abc=123; def=\"456\""]),
        Ok(vec![("foo123.foocdn.example", ""), ("barcdn.example", "trace=\"abcdef\""), ("AnotherCDN", "abc=123; def=\"456\""),])
    );
}

#[test]
fn hosts_ports_and_pseudonyms() {
    for id in ["a.example:443", "a.example:", "[2001:db8::1]", "[2001:db8::1]:80", "edge-1", "#1", "a%20b", "`x`", "10.0.0.1:8080", "a=b"] {
        assert!(is_id(id.as_bytes()), "{id}");
        assert_eq!(read(&[id]), Ok(vec![(id, "")]), "{id}");
    }
    for id in ["", "a b", "a,b", "a;b", "[::1", "[]", "a:b", "#1:80", "\"a\"", "a/b", "ä", "a%2`"] {
        assert_eq!(is_id(id.as_bytes()), id == "a%2`", "{id}");
    }
}

#[test]
fn empty_members_and_space() {
    assert_eq!(read(&[", a ,,\tb\t;\tx=1 , "]), Ok(vec![("a", ""), ("b", "x=1")]));
    assert_eq!(read(&["", " "]), Ok(vec![]));
    assert_eq!(read(&["a; x=\"1, b\", c"]), Ok(vec![("a", "x=\"1, b\""), ("c", "")]));
    assert_eq!(read(&["a;x=\"\\\"\",c"]), Ok(vec![("a", "x=\"\\\"\""), ("c", "")]));
}

#[test]
fn what_breaks_the_grammar() {
    for line in
        ["a b", "a;", "a; ", "a;x", "a;x=", "a;x =1", "a;=1", "a;x=\"1", "a;x=\"\\", "a;x=\"\u{1}\"", "\"a\"", "a;x=1;", ";x=1", "a:x"]
    {
        assert_eq!(read(&[line]), Err(Malformed), "{line}");
    }
    // Two lines are each a list of their own: quotes do not reach from one into the other.
    assert_eq!(read(&["a;x=\"", "\""]), Err(Malformed));
}

#[test]
fn ids_are_compared_without_case() {
    let member = CdnInfo { id: b"Edge.Example", parameters: b"" };
    assert!(member.is("edge.example"));
    assert!(!member.is("edge.exampl"));
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        ids in proptest::collection::vec("[A-Za-z0-9.-]{1,12}(:[0-9]{0,5})?|\\[[0-9a-f:]{2,9}\\]|[#^`|a-z]{1,5}", 0..6),
        parameters in proptest::collection::vec("([a-z]{1,4}=([a-z0-9]{1,4}|\"[ a-z,;]{0,6}\"))?", 6),
    ) {
        let given: Vec<_> =
            ids.iter().zip(&parameters).map(|(id, more)| CdnInfo { id: id.as_bytes(), parameters: more.as_bytes() }).collect();
        let mut line = Vec::new();
        given.iter().for_each(|member| write(member, &mut line));
        prop_assert_eq!(members(core::iter::once(&line[..])), Ok(given));
    }

    #[test]
    fn no_bytes_make_it_panic(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..4)) {
        if let Ok(read) = members(lines.iter().map(Vec::as_slice)) {
            for member in read {
                prop_assert!(is_id(member.id));
            }
        }
    }

    #[test]
    fn a_member_behind_well_formed_lines_is_found(lines in proptest::collection::vec("[a-z0-9;=\", ]{0,12}", 0..4)) {
        let bytes = |line: &String| line.as_bytes().to_vec();
        let before: Vec<Vec<u8>> = lines.iter().map(bytes).collect();
        prop_assume!(members(before.iter().map(Vec::as_slice)).is_ok());
        // As lines, and as the one line that another makes of them.
        let mut joined = before.join(&b", "[..]);
        if !joined.is_empty() {
            joined.extend_from_slice(b", ");
        }
        joined.extend_from_slice(b"own.id");
        let found = members(core::iter::once(&joined[..])).expect("a list of lists is a list");
        prop_assert!(found.last().is_some_and(|last| last.is("OWN.ID")));
    }
}
