use super::*;
use crate::random::SplitMix;
use alloc::string::String;
use alloc::vec;

#[test]
fn probes_vary_evenly_around_the_interval() {
    let mut random = SplitMix::new(8);
    let interval = Duration::from_secs(10);
    let gaps = [(); 4000].map(|()| next_probe(interval, 20, &mut random));
    assert!(gaps.iter().all(|gap| (Duration::from_secs(8)..=Duration::from_secs(12)).contains(gap)));
    let mut quarters = [0_u64; 4];
    gaps.iter().for_each(|gap| quarters[(gap.as_millis() as usize - 8000).min(3999) / 1000] += 1);
    let statistic: f64 = quarters.iter().map(|count| (*count as f64 - 1000.0) * (*count as f64 - 1000.0) / 1000.0).sum();
    assert!(statistic < 16.27, "{statistic}: {quarters:?}");
}

#[test]
fn without_jitter_the_interval_is_exact_and_no_setting_overflows() {
    let mut random = SplitMix::new(8);
    assert_eq!(next_probe(Duration::from_secs(5), 0, &mut random), Duration::from_secs(5));
    assert_eq!(next_probe(Duration::ZERO, 100, &mut random), Duration::ZERO);
    let longest = next_probe(Duration::MAX, u32::MAX, &mut random);
    assert!(longest <= Duration::from_nanos(u64::MAX / 2));
}

fn http(statuses: &[(u16, u16)], contains: &str) -> Probe {
    Probe::Http { target: "/up".into(), host: String::new(), statuses: statuses.to_vec(), contains: contains.into(), load_from_body: false }
}

#[test]
fn an_answer_is_judged_by_status_and_text() {
    assert_eq!(judge(&Probe::Connect, 0, b""), Ok(()));
    let probe = http(&[(200, 204), (301, 301)], "");
    for (status, good) in [(199, false), (200, true), (204, true), (205, false), (301, true), (500, false)] {
        assert_eq!(judge(&probe, status, b"").is_ok(), good, "{status}");
    }
    let probe = http(&[(200, 299)], "ready");
    assert_eq!(judge(&probe, 200, b"all ready."), Ok(()));
    assert!(judge(&probe, 200, b"all read").unwrap_err().contains("body"));
    assert!(judge(&probe, 500, b"ready").unwrap_err().contains("status"));
}

#[test]
fn only_the_first_64_kib_are_looked_at() {
    let mut body = vec![b'.'; BODY_BYTES];
    body[BODY_BYTES - 5..].copy_from_slice(b"ready");
    assert_eq!(judge(&http(&[(200, 200)], "ready"), 200, &body), Ok(()));
    body.insert(0, b'.');
    assert!(judge(&http(&[(200, 200)], "ready"), 200, &body).is_err());
}
