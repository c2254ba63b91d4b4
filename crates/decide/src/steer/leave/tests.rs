use super::*;
use proptest::prelude::*;

const LIFETIME: Duration = Duration::from_secs(100);

fn at(secs: u64) -> Calendar {
    Calendar(Duration::from_secs(secs))
}

#[test]
fn a_leave_is_used_once_and_while_it_is_good() {
    let mut used = Used::default();
    let leave = Leave { until: 100, nonce: 7 };
    assert_eq!(used.check(&leave, LIFETIME, at(100)), Err(NotGood::Over));
    assert_eq!(used.check(&leave, LIFETIME, at(99)), Ok(()));
    used.note(&leave);
    assert_eq!(used.check(&leave, LIFETIME, at(0)), Err(NotGood::Used));
    assert_eq!(used.check(&Leave { nonce: 8, ..leave }, LIFETIME, at(99)), Ok(()));
    // Once it is over it need not be remembered: that it is over is in it.
    assert_eq!(used.check(&leave, LIFETIME, at(100)), Err(NotGood::Over));
    assert_eq!((used.until.len(), used.by_end.len()), (0, 0));
}

#[test]
fn what_was_used_is_never_forgotten_while_it_is_good() {
    let mut used = Used::default();
    for nonce in 0..MOST_USED as u128 {
        used.note(&Leave { until: 100 + (nonce % 2) as u64, nonce });
    }
    let another = Leave { until: 200, nonce: u128::MAX };
    assert_eq!(used.check(&another, LIFETIME, at(99)), Err(NotGood::Full));
    assert_eq!(used.check(&Leave { until: 100, nonce: 0 }, LIFETIME, at(99)), Err(NotGood::Used));
    assert_eq!(used.check(&another, LIFETIME, at(100)), Ok(()));
    assert_eq!(used.until.len(), MOST_USED / 2);
}

#[test]
fn a_clock_that_steps_makes_no_used_leave_good_again() {
    let mut used = Used::default();
    let leave = Leave { until: 1000, nonce: 7 };
    assert_eq!(used.check(&leave, LIFETIME, at(900)), Ok(()));
    used.note(&leave);
    // Ahead, so that it is forgotten, and back.
    assert_eq!(used.check(&Leave { until: 1090, nonce: 8 }, LIFETIME, at(1050)), Ok(()));
    assert_eq!(used.check(&leave, LIFETIME, at(950)), Err(NotGood::Over));
    assert_eq!(used.check(&Leave { until: 1050, nonce: 9 }, LIFETIME, at(950)), Ok(()));
    // One that was given by a clock far ahead is not good until then.
    assert_eq!(used.check(&Leave { until: 1_000_000, nonce: 10 }, LIFETIME, at(950)), Err(NotGood::Over));
    assert_eq!(used.check(&Leave { until: 1060, nonce: 11 }, LIFETIME, at(950)), Ok(()), "a small step back costs nobody his leave");
}

#[test]
fn what_is_signed_names_the_network_and_the_steering() {
    let leave = Leave { until: 1, nonce: 2 };
    let signed = |steering, client: &str| leave.signed(steering, client.parse().expect("an address"));
    assert_eq!(signed("cdn", "192.0.2.1"), signed("cdn", "::ffff:192.0.2.200"));
    assert_ne!(signed("cdn", "192.0.2.1"), signed("cdn", "192.0.3.1"));
    assert_ne!(signed("cdn", "192.0.2.1"), signed("cdn2", "192.0.2.1"));
    assert_eq!(signed("cdn", "2001:db8:0:ff::1"), signed("cdn", "2001:db8::1"));
    assert_ne!(signed("cdn", "2001:db8:0:100::1"), signed("cdn", "2001:db8::1"));
}

proptest! {
    #[test]
    fn what_is_written_is_read(until: u64, nonce: u128, signature: [u8; SIGNATURE]) {
        let leave = Leave { until, nonce };
        prop_assert_eq!(Leave::read(&leave.text(&signature)), Some((leave, signature)));
    }

    #[test]
    fn other_texts_are_none(text in "[0-9a-fA-F+ é]{0,120}") {
        if let Some((leave, signature)) = Leave::read(&text) {
            prop_assert_eq!(leave.text(&signature), text);
        }
    }
}
