use super::cookie::{self, Verdict};
use super::*;
use crate::time::{Duration, Instant};
use alloc::vec::Vec;
use core::net::IpAddr;

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    core::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hexadecimal"))
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// The paper's own vectors: the key is 00 … 0f, the message 00, 01, … of each length.
#[test]
fn siphash_is_that_of_the_paper() {
    let key = core::array::from_fn(|at| at as u8);
    let message: Vec<u8> = (0..15).collect();
    assert_eq!(siphash_2_4(&key, &[]), 0x726f_db47_dd0e_0e31);
    assert_eq!(siphash_2_4(&key, &message), 0xa129_ca61_49be_45e5);
}

/// RFC 9018 appendix A.
#[test]
fn cookies_are_those_of_the_rfc() {
    let secret = bytes("e5e973e5a6b2a43f48e7dc849e37bfcf");
    let client = bytes("2464c4abcf10c957");
    // A.1: a new cookie. A.2: the same client a while later.
    let made = cookie::make(&secret, client, ip("198.51.100.100"), 1_559_731_985);
    assert_eq!(made, bytes("010000005cf79f111f8130c3eee29480"));
    let later = cookie::make(&secret, client, ip("198.51.100.100"), 1_559_734_385);
    assert_eq!(later, bytes("010000005cf7a871d4a564a1442aca77"));
    assert_eq!(cookie::judge(&[secret], client, &made, ip("198.51.100.100"), 1_559_734_385), Verdict::Old);
    assert_eq!(cookie::judge(&[secret], client, &later, ip("198.51.100.100"), 1_559_734_385), Verdict::Good);
    // A.3: with something in the reserved field, which is hashed as it came.
    let other = bytes("fc93fc62807ddb86");
    let shown: [u8; 16] = bytes("01abcdef5cf78f71a314227b6679ebf5");
    assert_eq!(cookie::judge(&[secret], other, &shown, ip("203.0.113.203"), 1_559_727_985), Verdict::Good);
    assert_eq!(cookie::make(&secret, other, ip("203.0.113.203"), 1_559_734_700), bytes("010000005cf7a9acf73a7810aca2381e"));
    // A.4: IPv6, and a secret that has been replaced.
    let (old, new) = (bytes("dd3bdf9344b678b185a6f5cb60fca715"), bytes("445536bcd2513298075a5d379663c962"));
    let client = bytes("22681ab97d52c298");
    let shown: [u8; 16] = bytes("010000005cf7c57926556bd0934c72f8");
    let address = ip("2001:db8:220:1:59de:d0f4:8769:82b8");
    assert_eq!(cookie::judge(&[new, old], client, &shown, address, 1_559_741_961), Verdict::Good);
    assert_eq!(cookie::judge(&[new], client, &shown, address, 1_559_741_961), Verdict::Bad);
    assert_eq!(cookie::make(&new, client, address, 1_559_741_961), bytes("010000005cf7c609a6bb79d16625507a"));
}

#[test]
fn a_cookie_is_good_for_its_client_and_for_an_hour() {
    let (secret, client, address, now) = ([7; 16], [1; 8], ip("192.0.2.1"), 5_000_u32);
    let made = cookie::make(&secret, client, address, now);
    let judged = |at: u32| cookie::judge(&[secret], client, &made, address, at);
    assert_eq!([judged(now), judged(now + 1800), judged(now - 300)], [Verdict::Good; 3]);
    assert_eq!([judged(now + 1801), judged(now + 3600)], [Verdict::Old; 2]);
    assert_eq!([judged(now + 3601), judged(now - 301)], [Verdict::Bad; 2]);
    assert_eq!(cookie::judge(&[secret], [2; 8], &made, address, now), Verdict::Bad);
    assert_eq!(cookie::judge(&[secret], client, &made, ip("192.0.2.2"), now), Verdict::Bad);
    assert_eq!(cookie::judge(&[[8; 16]], client, &made, address, now), Verdict::Bad);
    for at in 0..16 {
        let mut forged = made;
        forged[at] ^= 1;
        assert_eq!(cookie::judge(&[secret], client, &forged, address, now), Verdict::Bad, "{at}");
        assert_eq!(cookie::judge(&[secret], client, &made[..at], address, now), Verdict::Bad);
    }
    // Over the end of the count.
    let made = cookie::make(&secret, client, address, u32::MAX);
    assert_eq!(cookie::judge(&[secret], client, &made, address, 10), Verdict::Good);
    assert_ne!(cookie::secret_of(&secret, 1), cookie::secret_of(&secret, 2));
}

#[test]
fn a_network_has_its_rate_and_a_second_to_begin_with() {
    let rates = Rates::new([3; 16]);
    let at = |ms: u64| Instant::from_nanos(ms * 1_000_000);
    let allowed = |client: &str, answers, ms: u64| (0..100).filter(|_| rates.allow(10, ip(client), answers, at(ms))).count();
    assert_eq!(allowed("192.0.2.1", Answers::Data, 0), 10);
    assert_eq!(allowed("192.0.2.200", Answers::Data, 0), 0, "one network");
    assert_eq!(allowed("192.0.3.1", Answers::Data, 0), 10, "another");
    assert_eq!(allowed("192.0.2.1", Answers::NoName, 0), 10, "another kind");
    assert_eq!(allowed("192.0.2.1", Answers::Data, 500), 5);
    assert_eq!(allowed("192.0.2.1", Answers::Data, 550), 0);
    assert_eq!(allowed("192.0.2.1", Answers::Data, 60_000), 10);
    assert_eq!(allowed("2001:db8:0:100::1", Answers::Data, 0), 10);
    assert_eq!(allowed("2001:db8:0:1ff::1", Answers::Data, 0), 0, "the same /56");
    assert_eq!(allowed("2001:db8:0:200::1", Answers::Data, 0), 10);
}

#[test]
fn a_crowd_of_networks_does_not_open_the_gate_for_one() {
    let rates = Rates::new([3; 16]);
    let victim = ip("198.51.100.7");
    let mut allowed = 0;
    for round in 0..200_u32 {
        let now = Instant::ZERO + Duration::from_millis(u64::from(round) * 5);
        for other in 0..100_u32 {
            rates.allow(10, IpAddr::from(((round * 100 + other) << 8).to_be_bytes()), Answers::Data, now);
        }
        allowed += u32::from(rates.allow(10, victim, Answers::Data, now));
    }
    // One second: what it has to begin with, and what it earns.
    assert!((19..=21).contains(&allowed), "{allowed}");
}
