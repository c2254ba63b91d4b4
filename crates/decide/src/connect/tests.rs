use super::*;
use alloc::vec;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn ms(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

#[test]
fn families_take_turns_and_ipv6_begins() {
    let given = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2"].map(ip);
    assert_eq!(order(&given), ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"].map(ip));
    assert_eq!(order(&[ip("192.0.2.1"); 40]).len(), MOST_ATTEMPTS);
    assert!(order(&[]).is_empty());
}

#[test]
fn the_next_begins_when_the_first_has_had_its_time() {
    let [a, b] = ["2001:db8::1", "192.0.2.1"].map(ip);
    let mut race = Race::new(vec![a, b]);
    assert_eq!(race.next(ms(0)), Next::Start { attempt: 0, address: a, why: Why::First });
    assert_eq!(race.next(ms(0)), Next::Wait(ms(250)));
    assert_eq!(race.next(ms(249)), Next::Wait(ms(250)));
    assert_eq!(race.next(ms(250)), Next::Start { attempt: 1, address: b, why: Why::NoAnswerYet });
    assert_eq!(race.next(ms(250)), Next::WaitForAnswers);
    race.failed();
    assert_eq!(race.next(ms(300)), Next::WaitForAnswers);
    race.failed();
    assert_eq!(race.next(ms(300)), Next::Lost);
}

#[test]
fn a_failure_ends_the_wait_once() {
    let all = ["2001:db8::1", "192.0.2.1", "192.0.2.2"].map(ip);
    let mut race = Race::new(all.to_vec());
    assert!(matches!(race.next(ms(0)), Next::Start { attempt: 0, .. }));
    race.failed();
    assert_eq!(race.next(ms(1)), Next::Start { attempt: 1, address: all[1], why: Why::OneFailed });
    assert_eq!(race.next(ms(1)), Next::Wait(ms(251)));
}

#[test]
fn nowhere_to_go_is_lost_at_once() {
    assert_eq!(Race::new(vec![]).next(ms(0)), Next::Lost);
}
