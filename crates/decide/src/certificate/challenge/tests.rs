use super::*;

#[test]
fn a_challenge_that_is_set_stays_whatever_fails() {
    for failures in [0, 1, 7, u32::MAX] {
        assert_eq!(preference(AcmeChallenge::Http01, failures), [Challenge::Http01]);
        assert_eq!(preference(AcmeChallenge::TlsAlpn01, failures), [Challenge::TlsAlpn01]);
    }
}

#[test]
fn where_either_will_do_they_take_turns() {
    let first = |failures| preference(AcmeChallenge::Either, failures)[0];
    assert_eq!([first(0), first(1), first(2), first(3)].map(|first| first == Challenge::Http01), [true, false, true, false]);
    for failures in 0..2 {
        let both = preference(AcmeChallenge::Either, failures);
        assert!(both.contains(&Challenge::Http01) && both.contains(&Challenge::TlsAlpn01));
    }
}
