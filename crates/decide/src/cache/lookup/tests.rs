use super::super::tests::{get, policy, request};
use super::*;
use crate::cache::Policy;

fn admitted(request: &RequestHead) -> (Admission, Rule) {
    admission(request, &mut Record::off())
}

#[test]
fn only_readings_are_looked_up() {
    assert_eq!(admitted(&get(&[])), (Admission::Lookup, Rule::Method));
    assert_eq!(admitted(&request(Method::Head, "/", &[])), (Admission::Lookup, Rule::Method));
    for method in [Method::Post, Method::Put, Method::Options, Method::Trace, Method::Connect, Method::of("get")] {
        assert_eq!(admitted(&request(method, "/", &[])), (Admission::Forward, Rule::Method));
    }
}

#[test]
fn what_only_the_origin_can_judge_goes_there() {
    for line in ["If-Match: \"a\"", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT"] {
        assert_eq!(admitted(&get(&[line])), (Admission::Forward, Rule::OriginsCondition));
    }
    assert_eq!(admitted(&get(&["Upgrade: websocket"])), (Admission::Forward, Rule::UpgradeAsked));
    assert_eq!(admitted(&get(&["If-None-Match: \"a\"", "Range: bytes=0-1", "Cookie: a=b"])).0, Admission::Lookup);
}

#[test]
fn who_wants_nothing_from_the_origin_gets_nothing() {
    let refused =
        |lines: &[&str], policy: &Policy, found| refuses_origin(&Wishes::of(&get(lines).fields, policy), found, &mut Record::off());
    let obeying = Policy { obey_requests: true, ..policy() };
    let line = &["Cache-Control: only-if-cached"][..];
    for found in [None, Some(Reuse::MustValidate), Some(Reuse::StaleIfError)] {
        assert!(refused(line, &obeying, found));
        assert!(!refused(&[], &obeying, found) && !refused(line, &policy(), found));
    }
    for found in [Reuse::Fresh, Reuse::StaleAllowed, Reuse::StaleWhileRevalidate] {
        assert!(!refused(line, &obeying, Some(found)));
    }
}
